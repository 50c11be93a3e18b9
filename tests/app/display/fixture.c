/* SPDX-License-Identifier: MIT */
/* The test data as these tests take it: copied once a program, never opened in place. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

static char *folder;
static GHashTable *copies;   /* name to path */

const char *
fixture_copy (const char *name)
{
  g_autoptr(GFile) source = NULL, dest = NULL;
  g_autoptr(GError) error = NULL;
  char *path;

  if (copies == NULL)
    {
      copies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      folder = g_dir_make_tmp ("coffer-test-XXXXXX", &error);
      g_assert_no_error (error);
    }
  if ((path = g_hash_table_lookup (copies, name)) != NULL)
    return path;

  source = g_file_new_build_filename (g_getenv ("COFFER_TEST_DATA"), name, NULL);
  dest = g_file_new_build_filename (folder, name, NULL);
  g_file_copy (source, dest, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  path = g_file_get_path (dest);
  g_hash_table_insert (copies, g_strdup (name), path);

  return path;
}

GBytes *
fixture_value (const char *key)
{
  const char *path = fixture_copy ("v010_media.db");
  sqlite3_stmt *statement;
  sqlite3 *database;
  GBytes *value;

  g_assert_cmpint (sqlite3_open_v2 (path, &database, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, "SELECT value FROM kv WHERE key = CAST(? AS BLOB)", -1, &statement, NULL),
                   ==, SQLITE_OK);
  sqlite3_bind_text (statement, 1, key, -1, SQLITE_STATIC);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  value = g_bytes_new (sqlite3_column_blob (statement, 0), sqlite3_column_bytes (statement, 0));
  sqlite3_finalize (statement);
  sqlite3_close (database);

  return value;
}

void
fixture_put (const char *key,
             GBytes     *value)
{
  const char *path = fixture_copy ("v010_media.db");
  sqlite3_stmt *statement;
  sqlite3 *database;

  g_assert_cmpint (sqlite3_open_v2 (path, &database, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, "INSERT INTO kv (key, value, size) VALUES (CAST(?1 AS BLOB), ?2, length(?2))", -1,
                                       &statement, NULL), ==, SQLITE_OK);
  sqlite3_bind_text (statement, 1, key, -1, SQLITE_STATIC);
  sqlite3_bind_blob64 (statement, 2, g_bytes_get_data (value, NULL), g_bytes_get_size (value), SQLITE_STATIC);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
  sqlite3_finalize (statement);
  sqlite3_close (database);
}

void
fixture_set_value (const char *key,
                   const char *text)
{
  char *sql = sqlite3_mprintf ("UPDATE kv SET value = CAST(%Q AS BLOB), size = length(CAST(%Q AS BLOB)) WHERE key = CAST(%Q AS BLOB)",
                               text, text, key);
  sqlite3 *database;

  g_assert_cmpint (sqlite3_open_v2 (fixture_copy ("v010_media.db"), &database, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_timeout (database, 5000);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_changes (database), ==, 1);
  sqlite3_free (sql);
  sqlite3_close (database);
}

void
fixture_remove_all (void)
{
  GHashTableIter iter;
  gpointer path;

  if (copies == NULL)
    return;

  g_hash_table_iter_init (&iter, copies);
  while (g_hash_table_iter_next (&iter, NULL, &path))
    g_remove (path);
  g_rmdir (folder);
  g_clear_pointer (&copies, g_hash_table_unref);
  g_clear_pointer (&folder, g_free);
}
