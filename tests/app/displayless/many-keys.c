/* SPDX-License-Identifier: MIT */
/* What the tests of lists that are not all keys in their order have in common: a vault of many keys, its list, questions to it. */
#include "many-keys.h"

#include "coffer-prints.h"
#include "coffer-vault-census.h"

#include <glib/gstdio.h>
#include <string.h>

static char *original;   /* the vault that is copied for each case */
static char *cache;

/* ---- who follows the rows ---- */

static void
edited_cb (Fixture          *fixture,
           const CofferEdit *edits,
           guint             n_edits)
{
  for (guint i = n_edits; i-- > 0;)
    {
      g_ptr_array_remove_range (fixture->mirror, edits[i].position, edits[i].removed);
      for (guint k = 0; k < edits[i].added; k++)
        g_ptr_array_insert (fixture->mirror, (gint) edits[i].position, g_strdup ("?"));
    }
  fixture->edited = TRUE;
}

static void
items_changed_cb (Fixture *fixture,
                  guint    position,
                  guint    removed,
                  guint    added)
{
  g_assert_cmpint (position + removed, <=, fixture->n_told);
  fixture->n_told = fixture->n_told - removed + added;
  g_assert_cmpint (g_list_model_get_n_items (G_LIST_MODEL (fixture->list)), ==, fixture->n_told);
  if (coffer_entry_list_is_editing (fixture->list))
    {
      /* whoever asks in the middle of it gets an entry for every row, and the same one twice */
      for (guint i = position > 2 ? position - 2 : 0; i < MIN (position + added + 2, fixture->n_told); i++)
        {
          g_autoptr(CofferEntry) entry = g_list_model_get_item (G_LIST_MODEL (fixture->list), i);
          g_autoptr(CofferEntry) again = g_list_model_get_item (G_LIST_MODEL (fixture->list), i);

          g_assert_true (entry != NULL && entry == again);
        }
      return;
    }
  g_ptr_array_remove_range (fixture->mirror, position, removed);
  for (guint k = 0; k < added; k++)
    g_ptr_array_insert (fixture->mirror, (gint) (position + k), g_strdup ("?"));
}

void
test_open_list (Fixture *fixture)
{
  fixture->vault = test_open (fixture->path);
  fixture->list = coffer_entry_list_new (fixture->vault);
  fixture->mirror = g_ptr_array_new_with_free_func (g_free);
  g_signal_connect_swapped (fixture->list, "edited", G_CALLBACK (edited_cb), fixture);
  g_signal_connect_swapped (fixture->list, "items-changed", G_CALLBACK (items_changed_cb), fixture);
}

void
test_close_list (Fixture *fixture)
{
  g_assert_finalize_object (fixture->list);
  test_close (fixture->vault);
  g_ptr_array_unref (fixture->mirror);
  fixture->n_told = 0;
}

/* ---- each case ---- */

static void
make_original (const char *folder)
{
  g_autoptr(GString) sql = g_string_new ("CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL); BEGIN;");

  original = g_build_filename (folder, "kv.db", NULL);
  for (guint i = 0; i < MANY / 2; i++)
    g_string_append_printf (sql,
                            "INSERT INTO kv VALUES (CAST('img/%05u.jpg' AS BLOB), x'ffd8ffe0' || zeroblob (%u)),"
                            "(CAST('doc/%05u.txt' AS BLOB), CAST('text %u' AS BLOB));",
                            i, i * 7919 % 1000, i, i);
  g_string_append (sql, "COMMIT;");
  test_sql (original, sql->str);
}

void
test_list_set_up (Fixture       *fixture,
                  gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_copy_file (fixture->folder, original);
  test_open_list (fixture);
}

void
test_list_tear_down (Fixture       *fixture,
                     gconstpointer  data)
{
  test_close_list (fixture);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

void
test_list_init (int    *argc,
                char ***argv)
{
  cache = test_folder_new ();
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (argc, argv, NULL);
  coffer_prints_set_most_in_memory (1);   /* as with many more keys */
  make_original (cache);
}

static void
remove_cache (void)
{
  g_autofree char *sizes = g_build_filename (cache, "coffer", "sizes", NULL);
  g_autofree char *coffer = g_build_filename (cache, "coffer", NULL);

  if (g_file_test (sizes, G_FILE_TEST_IS_DIR))
    test_folder_remove (g_steal_pointer (&sizes));
  g_rmdir (coffer);
  test_folder_remove (g_steal_pointer (&cache));
}

int
test_list_run (void)
{
  int status = g_test_run ();

  remove_cache ();
  g_clear_pointer (&original, g_free);
  return status;
}

/* ---- rows ---- */

void
test_wait_loaded (Fixture *fixture)
{
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
}

guint
test_get_n (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

CofferEntry *
test_get_entry (Fixture *fixture,
                guint    position)
{
  return g_list_model_get_item (G_LIST_MODEL (fixture->list), position);
}

char *
test_read_key (Fixture *fixture,
               guint    position)
{
  g_autoptr(CofferEntry) entry = test_get_entry (fixture, position);

  test_wait_for (coffer_entry_get_display_key (entry) != NULL);
  return g_strdup (coffer_entry_get_display_key (entry));
}

guint64
test_read_size (Fixture *fixture,
                guint    position)
{
  g_autoptr(CofferEntry) entry = test_get_entry (fixture, position);

  test_wait_for (coffer_entry_get_size (entry) != G_MAXUINT64);
  return coffer_entry_get_size (entry);
}

void
test_assert_key (Fixture    *fixture,
                 guint       position,
                 const char *expected)
{
  g_autofree char *key = test_read_key (fixture, position);

  g_assert_cmpstr (key, ==, expected);
}

/* ---- questions ---- */

void
test_search (Fixture         *fixture,
             CofferMatchMode  mode,
             const char      *text,
             guint            groups,
             guint64          min_size,
             guint64          max_size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferFilter) filter = coffer_filter_new (mode, text, groups, min_size, max_size, &error);

  g_assert_no_error (error);
  coffer_entry_list_set_filter (fixture->list, filter);
}

guint
test_find (Fixture    *fixture,
           const char *text)
{
  g_autoptr(GBytes) prefix = g_bytes_new (text, strlen (text));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint position;

  coffer_entry_list_find_async (fixture->list, prefix, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  position = coffer_entry_list_find_finish (fixture->list, result, &error);
  g_assert_no_error (error);
  return position;
}

CofferVaultTotals
test_measure (Fixture            *fixture,
              const CofferRanges *rows)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferVaultTotals totals;

  coffer_entry_list_measure_async (fixture->list, rows, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  coffer_entry_list_measure_finish (fixture->list, result, &totals, &error);
  g_assert_no_error (error);
  return totals;
}

CofferCensus *
test_take_census (Fixture  *fixture,
                  gboolean  with_types)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferCensus *census;

  coffer_vault_census_async (fixture->vault, "kv", with_types, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  census = coffer_vault_census_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  return census;
}

/* Behind the back of SQLite, but for the count of changes in the head of the file: nobody takes the page from memory. */
static void
write_page (Fixture    *fixture,
            const char *bytes)
{
  FILE *file = fopen (fixture->path, "r+");
  guint8 count[4];

  g_assert_no_errno (fseek (file, 24, SEEK_SET));
  g_assert_cmpuint (fread (count, sizeof count, 1, file), ==, 1);
  count[3]++;
  g_assert_no_errno (fseek (file, 24, SEEK_SET));
  g_assert_cmpuint (fwrite (count, sizeof count, 1, file), ==, 1);
  g_assert_no_errno (fseek (file, fixture->wrecked_at, SEEK_SET));
  g_assert_cmpuint (fwrite (bytes, sizeof fixture->wrecked, 1, file), ==, 1);
  fclose (file);
}

void
test_wreck_index_page (Fixture    *fixture,
                       const char *key)
{
  g_autofree char *content = NULL;
  char garbage[sizeof fixture->wrecked];
  gsize size;
  gsize at = 4096;

  g_assert_true (g_file_get_contents (fixture->path, &content, &size, NULL));
  while (content[at] != 10 || memmem (content + at, 4096, key, strlen (key)) == NULL)   /* a leaf of an index */
    at += 4096;
  fixture->wrecked_at = (long) at;
  memcpy (fixture->wrecked, content + at, sizeof fixture->wrecked);
  memset (garbage, 0xee, sizeof garbage);
  write_page (fixture, garbage);
}

void
test_mend_index_page (Fixture *fixture)
{
  write_page (fixture, fixture->wrecked);
}

void
test_wait_settled (const char *path)
{
  CofferFileState state;

  coffer_file_state_read (&state, path);
  while (!coffer_file_state_is_settled (&state))
    test_run_for (100);
}
