/* SPDX-License-Identifier: MIT */
#include "storing.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

guint64
test_size_of (const char *path,
              const char *suffix)
{
  g_autofree char *name = g_strconcat (path, suffix, NULL);
  GStatBuf found;

  return g_stat (name, &found) == 0 ? (guint64) found.st_size : 0;
}

guint64
test_ask_number (const char *path,
                 const char *sql)
{
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  guint64 number;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 10000);   /* a lane may be letting go of the file just then */
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  number = (guint64) sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return number;
}

void
test_storage_set_up (Fixture       *fixture,
                     gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "storage.db", 2000);
  test_sql (fixture->path, "CREATE TABLE notes (text); INSERT INTO notes VALUES (zeroblob (100000));"
                           "INSERT INTO kv VALUES (x'00', zeroblob (3000000)); INSERT INTO kv VALUES (x'01', zeroblob (500000));"
                           "DELETE FROM kv WHERE key = x'00'");
  fixture->vault = test_open (fixture->path);
  fixture->storage = coffer_storage_new (fixture->vault);
}

void
test_storage_tear_down (Fixture       *fixture,
                        gconstpointer  data)
{
  g_object_unref (fixture->storage);
  test_close (fixture->vault);
  g_free (fixture->path);
  test_folder_remove (fixture->folder);
}

void
test_wait_for_split (Fixture *fixture)
{
  test_wait_for (coffer_storage_is_split (fixture->storage));
  test_wait_for (coffer_storage_get_holders (fixture->storage, NULL) != NULL);
}

void
test_wait_for_job (Fixture *fixture)
{
  test_wait_for (coffer_storage_get_job (fixture->storage) == COFFER_STORAGE_IDLE);
}

void
test_assert_adds_up (Fixture *fixture,
                     guint64  parts[COFFER_N_PARTS])
{
  guint64 total = coffer_storage_get_parts (fixture->storage, parts);
  guint64 sum = 0;

  for (guint i = 0; i < COFFER_N_PARTS; i++)
    sum += parts[i];
  g_assert_cmpuint (sum, ==, total);
  g_assert_cmpuint (total, ==, test_size_of (fixture->path, "") + test_size_of (fixture->path, "-wal"));
}

void
test_rename_key (Fixture    *fixture,
                 const char *from,
                 const char *to)
{
  g_autoptr(CofferKey) key = test_key (from);
  g_autoptr(GBytes) new_key = g_bytes_new (to, strlen (to));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_rename_async (fixture->vault, key, new_key, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_rename_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
}

void
test_undo (CofferVault *vault,
           CofferUndo  *history)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *words = NULL;

  coffer_undo_step_async (history, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  words = coffer_undo_step_finish (history, result, &error);
  g_assert_no_error (error);
}
