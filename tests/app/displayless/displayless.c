/* SPDX-License-Identifier: MIT */
/* What the tests of app/vault share: folders, files, and waiting on the main loop. */
#include "displayless.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>

char *
test_folder_new (void)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp ("coffer-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

void
test_folder_remove (char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_remove (path);
    }
  g_assert_no_errno (g_rmdir (folder));
  g_free (folder);
}

void
test_limit_files (guint64 size)
{
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &limit));
  limit.rlim_cur = MIN (size, limit.rlim_max);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char *
test_folder_list (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (" ", (char **) names->pdata);
}

static gboolean
copy_file (const char *from,
           const char *to)
{
  g_autofree char *content = NULL;
  gsize size;

  if (!g_file_get_contents (from, &content, &size, NULL))
    return FALSE;
  return g_file_set_contents (to, content, size, NULL);
}

char *
test_copy_file (const char *folder,
                const char *from)
{
  g_autofree char *name = g_path_get_basename (from);
  char *to = g_build_filename (folder, name, NULL);

  g_assert_true (copy_file (from, to));
  return to;
}

char *
test_copy (const char *folder,
           const char *fixture)
{
  static const char *const beside[] = { "-wal", "-journal" };
  g_autofree char *from = g_build_filename (g_getenv ("COFFER_TEST_DATA"), fixture, NULL);
  char *to = test_copy_file (folder, from);

  for (guint i = 0; i < G_N_ELEMENTS (beside); i++)
    {
      g_autofree char *from_beside = g_strconcat (from, beside[i], NULL);
      g_autofree char *to_beside = g_strconcat (to, beside[i], NULL);

      copy_file (from_beside, to_beside);
    }
  return to;
}

void
test_sql (const char *path,
          const char *sql)
{
  sqlite3 *db = NULL;
  char *message = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 5000);
  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

char *
test_make_vault (const char *folder,
                 const char *name,
                 guint       n_keys)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autofree char *sql =
    g_strdup_printf ("PRAGMA page_size=32768; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
                     "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                     "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT %u)"
                     "INSERT INTO kv SELECT CAST(printf('user:%%010d', i) AS BLOB), CAST(i AS TEXT) || x'' FROM n WHERE i < %u;"
                     "UPDATE kv SET value = CAST(value AS BLOB);",
                     MAX (n_keys, 1), n_keys);

  test_sql (path, sql);
  return path;
}

static gboolean
wake_cb (gpointer data)
{
  return G_SOURCE_REMOVE;
}

void
test_iterate (void)
{
  guint id = g_timeout_add (20, wake_cb, NULL);

  g_main_context_iteration (NULL, TRUE);
  if (g_main_context_find_source_by_id (NULL, id) != NULL)
    g_source_remove (id);
}

void
test_run_for (guint ms)
{
  gint64 until = g_get_monotonic_time () + ms * 1000;

  while (g_get_monotonic_time () < until)
    test_iterate ();
}

void
test_store_result (GObject      *source,
                   GAsyncResult *result,
                   gpointer      data)
{
  GAsyncResult **place = data;

  g_assert_null (*place);
  *place = g_object_ref (result);
}

static CofferVault *
open_vault (const char *path,
            GError    **error)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_open_async (file, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_open_finish (result, error);
}

CofferVault *
test_open (const char *path)
{
  g_autoptr(GError) error = NULL;
  CofferVault *vault = open_vault (path, &error);

  g_assert_no_error (error);
  g_assert_true (COFFER_IS_VAULT (vault));
  return vault;
}

GError *
test_open_error (const char *path)
{
  GError *error = NULL;
  CofferVault *vault = open_vault (path, &error);

  g_assert_null (vault);
  g_assert_nonnull (error);
  return error;
}

void
test_edit (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_edit_async (vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_edit_finish (vault, result, &error));
  g_assert_no_error (error);
}

void
test_close (CofferVault *vault)
{
  gpointer alive = vault;

  g_object_add_weak_pointer (G_OBJECT (vault), &alive);
  coffer_vault_close (vault);
  g_object_unref (vault);
  test_wait_for (alive == NULL);
}

void
test_hold (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_hold_async (vault, test_store_result, &result);
  test_wait_for (result != NULL);
  coffer_vault_hold_finish (vault, result);
}

CofferKey *
test_key (const char *text)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));

  return coffer_key_new_written (bytes);
}
