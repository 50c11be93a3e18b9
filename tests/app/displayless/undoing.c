/* SPDX-License-Identifier: MIT */
#include "undoing.h"

#include "coffer-error.h"

#include <glib/gstdio.h>
#include <string.h>

void
test_undo_set_up (Fixture       *fixture,
                  gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "v.db", N_KEYS);
  fixture->vault = test_open (fixture->path);
  test_edit (fixture->vault);
  fixture->list = coffer_entry_list_new (fixture->vault);
  fixture->undo = coffer_undo_new (fixture->vault);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
}

void
test_undo_tear_down (Fixture       *fixture,
                     gconstpointer  data)
{
  g_object_unref (fixture->undo);
  g_object_unref (fixture->list);
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

guint
test_n_listed (CofferEntryList *list)
{
  return g_list_model_get_n_items (G_LIST_MODEL (list));
}

char *
test_name_of (guint number)
{
  return g_strdup_printf ("user:%010u", number);
}

CofferKey *
test_key_of (guint number)
{
  g_autofree char *name = test_name_of (number);

  return test_key (name);
}

CofferDeletion *
test_hide (Fixture *fixture,
           guint    from,
           guint    to)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferDeletion *deletion;

  for (guint i = from; i < to; i++)
    g_ptr_array_add (keys, test_key_of (i));
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  coffer_undo_push_deletion (fixture->undo, deletion);
  return deletion;
}

char *
test_step (Fixture  *fixture,
           gboolean  redo,
           GError  **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_undo_step_async (fixture->undo, redo, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_undo_step_finish (fixture->undo, result, error);
}

void
test_assert_step (Fixture    *fixture,
                  gboolean    redo,
                  const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = test_step (fixture, redo, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

void
test_assert_fails (Fixture  *fixture,
                   gboolean  redo,
                   int       code)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (test_step (fixture, redo, &error));
  g_assert_error (error, COFFER_ERROR, code);
}

gboolean
test_write_out (Fixture        *fixture,
                CofferDeleted  *deleted,
                GError        **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_write_deletions_async (fixture->vault, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_write_deletions_finish (fixture->vault, result, deleted, error);
}

void
test_append_file (Fixture         *fixture,
                  CofferAdditions *additions,
                  const char      *name,
                  const char      *key_text)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr(GBytes) key = g_bytes_new (key_text, strlen (key_text));

  g_assert_true (g_file_set_contents (path, name, -1, NULL));
  coffer_additions_append (additions, path, NULL, key, strlen (name));
}

void
test_add (Fixture         *fixture,
          CofferAdditions *additions)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_additions_set_conflict (additions, COFFER_CONFLICT_REPLACE);
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
}

CofferAdditions *
test_add_files (Fixture        *fixture,
                const char     *contents,
                CofferConflict  conflict)
{
  CofferAdditions *additions = coffer_additions_new ("kv");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_additions_set_conflict (additions, conflict);
  for (guint i = 0; i < 3; i++)   /* of which two are there */
    {
      g_autofree char *name = g_strdup_printf ("file%u", i), *path = g_build_filename (fixture->folder, name, NULL);
      g_autofree char *text = i < 2 ? g_strdup_printf ("user:000000000%u", i) : g_strdup ("new");
      g_autoptr(GBytes) key = g_bytes_new (text, strlen (text));

      g_assert_true (g_file_set_contents (path, contents, -1, NULL));
      coffer_additions_append (additions, path, NULL, key, strlen (contents));
    }
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  return additions;
}

void
test_remove_files (Fixture *fixture)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i), *path = g_build_filename (fixture->folder, name, NULL);

      g_unlink (path);
    }
}

void
test_verify (Fixture         *fixture,
             CofferAdditions *additions)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_verify_additions_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_verify_additions_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  g_assert_true (coffer_additions_is_verified (additions));
}
