/* SPDX-License-Identifier: MIT */
#include "caching.h"

#include "coffer-vault-storage.h"

#include <string.h>

void
test_set_cache (Fixture *fixture,
                guint64  capacity,
                guint64  threshold,
                guint    interval_s)
{
  coffer_cache_set_options (fixture->cache, &(CofferCacheOptions) { TRUE, capacity, threshold, interval_s });
}

void
test_cache_set_up (Fixture       *fixture,
                   gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "v.db", N_KEYS);
  fixture->vault = test_open (fixture->path);
  test_edit (fixture->vault);
  fixture->cache = coffer_vault_get_cache (fixture->vault);
  test_set_cache (fixture, 1000000, 500000, NEVER);
  fixture->list = coffer_entry_list_new (fixture->vault);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
}

void
test_cache_tear_down (Fixture       *fixture,
                      gconstpointer  data)
{
  g_clear_object (&fixture->list);
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

CofferAdditions *
test_add_value_to (Fixture        *fixture,
                   CofferVault    *vault,
                   const char     *name,
                   gconstpointer   bytes,
                   gsize           size,
                   CofferConflict  conflict,
                   GError        **error)
{
  g_autofree char *path = g_build_filename (fixture->folder, "source", NULL);
  g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));
  CofferAdditions *additions = coffer_additions_new ("kv");
  gboolean done = TRUE;

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  coffer_additions_append (additions, path, NULL, key, size);
  coffer_additions_set_conflict (additions, conflict);
  while (done && coffer_additions_get_next (additions) < coffer_additions_get_n (additions))
    {
      g_autoptr(GAsyncResult) result = NULL;

      coffer_vault_add_async (vault, additions, NULL, test_store_result, &result);
      test_wait_for (result != NULL);
      done = coffer_vault_add_finish (vault, result, error);
    }
  return additions;
}

CofferAdditions *
test_add_value (Fixture        *fixture,
                const char     *name,
                gconstpointer   bytes,
                gsize           size,
                CofferConflict  conflict,
                GError        **error)
{
  return test_add_value_to (fixture, fixture->vault, name, bytes, size, conflict, error);
}

void
test_add_text (Fixture    *fixture,
               const char *name,
               const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferAdditions) additions = test_add_value (fixture, name, text, strlen (text), COFFER_CONFLICT_REPLACE, &error);

  g_assert_no_error (error);
}

void
test_add_text_to (Fixture     *fixture,
                  CofferVault *vault,
                  const char  *name,
                  const char  *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferAdditions) additions = test_add_value_to (fixture, vault, name, text, strlen (text), COFFER_CONFLICT_REPLACE, &error);

  g_assert_no_error (error);
}

guint64
test_n_waiting (Fixture *fixture)
{
  CofferCacheState state;

  coffer_cache_get_state (fixture->cache, &state);
  return state.n_entries;
}

gboolean
test_flush (CofferVault  *vault,
            GError      **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_flush_async (vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_flush_finish (vault, result, error);
}

guint
test_n_listed (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static gpointer
read_all (GInputStream           *stream,
          const CofferValueFacts *facts,
          gpointer                data,
          GCancellable           *cancellable,
          GError                **error)
{
  char *text = g_malloc0 (1000);
  gsize n;

  g_input_stream_read_all (stream, text, 999, &n, cancellable, error);
  return text;
}

char *
test_read_value (Fixture    *fixture,
                 const char *name)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferKey) key = test_key (name);

  coffer_vault_read_value_async (fixture->vault, key, read_all, NULL, NULL, g_free, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_read_value_finish (fixture->vault, result, NULL);
}

CofferInspection *
test_check (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferInspection *found;

  coffer_vault_check_async (vault, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  found = coffer_vault_check_finish (vault, result, &error);
  g_assert_no_error (error);
  return found;
}

char *
test_save_copy_but (Fixture      *fixture,
                    CofferVault  *vault,
                    char        **problem)
{
  char *path = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_backup_async (vault, target, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_backup_finish (vault, result, problem, &error));
  g_assert_no_error (error);
  return path;
}

char *
test_save_copy (Fixture     *fixture,
                CofferVault *vault)
{
  g_autofree char *problem = NULL;
  char *path = test_save_copy_but (fixture, vault, &problem);

  g_assert_cmpstr (problem, ==, "");
  return path;
}

gboolean
test_is_stale (Fixture *fixture)
{
  CofferCacheState state;

  coffer_cache_get_state (fixture->cache, &state);
  return state.is_stale;
}

void
test_search_for (CofferEntryList *list,
                 const char      *text)
{
  g_autoptr(CofferFilter) filter = coffer_filter_new (COFFER_MATCH_CONTAINS, text, 0, 0, G_MAXUINT64, NULL);

  coffer_entry_list_set_filter (list, filter);
  test_wait_for (!coffer_entry_list_get_loading (list));
}

void
test_assert_risk (Fixture    *fixture,
                  const char *expected)
{
  g_autofree char *risk = coffer_storage_dup_cache_risk (fixture->vault);

  g_assert_cmpstr (risk, ==, expected);
}
