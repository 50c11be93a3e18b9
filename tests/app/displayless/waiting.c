/* SPDX-License-Identifier: MIT */
#include "waiting.h"

#include <sqlite3.h>

int
test_count_rows (const char *path,
                 const char *where)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count (*) FROM kv WHERE %s", where);
  sqlite3_stmt *statement;
  sqlite3 *db;
  int n;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 5000);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return n;
}

int
test_count_named (const char *path,
                  const char *name)
{
  g_autofree char *where = g_strdup_printf ("key = CAST ('%s' AS BLOB)", name);

  return test_count_rows (path, where);
}

CofferDeletion *
test_hide_key (CofferVault *vault,
               const char  *name)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferDeletion *deletion;

  g_ptr_array_add (keys, test_key (name));
  coffer_vault_hide_async (vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  deletion = coffer_vault_hide_finish (vault, result, &error);
  g_assert_no_error (error);
  return deletion;
}

void
test_show_deletion (CofferVault    *vault,
                    CofferDeletion *deletion,
                    gboolean        shows)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_show_deletion_async (vault, deletion, shows, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_show_deletion_finish (vault, result, &error));
  g_assert_no_error (error);
}

void
test_write_deletions (CofferVault   *vault,
                      CofferDeleted *deleted)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_write_deletions_async (vault, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_write_deletions_finish (vault, result, deleted, &error));
  g_assert_no_error (error);
}
