/* SPDX-License-Identifier: MIT */
#include "importing.h"

#include "coffer-deletion.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
test_import_set_up (Fixture       *fixture,
                    gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->files = g_build_filename (fixture->folder, "files", NULL);
  g_assert_no_errno (g_mkdir (fixture->files, 0700));
  fixture->path = test_make_vault (fixture->folder, "v.db", 3);
  fixture->vault = test_open (fixture->path);
  test_edit (fixture->vault);
}

static int
remove_cb (const char        *path,
           const struct stat *file,
           int                flag,
           struct FTW        *ftw)
{
  return remove (path);
}

void
test_import_tear_down (Fixture       *fixture,
                       gconstpointer  data)
{
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  g_assert_no_errno (nftw (fixture->folder, remove_cb, 16, FTW_DEPTH | FTW_PHYS));
  g_free (fixture->folder);
  g_free (fixture->files);
  g_free (fixture->path);
}

char *
test_make_file (Fixture    *fixture,
                const char *name,
                const char *content,
                gssize      size)
{
  char *path = g_build_filename (fixture->files, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_no_errno (g_mkdir_with_parents (folder, 0700));
  g_assert_true (g_file_set_contents (path, content, size, NULL));
  return path;
}

void
test_make_text (Fixture    *fixture,
                const char *name,
                const char *content)
{
  g_free (test_make_file (fixture, name, content, -1));
}

void
test_make_zeros (Fixture    *fixture,
                 const char *name,
                 off_t       size)
{
  g_autofree char *path = test_make_file (fixture, name, "", 0);

  g_assert_no_errno (truncate (path, size));
}

CofferImportPlan *
test_plan_files (const char *const *paths)
{
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferImportPlan *plan;

  for (guint i = 0; paths[i] != NULL; i++)
    g_ptr_array_add (files, g_file_new_for_path (paths[i]));
  coffer_import_plan_new_async (files, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  plan = coffer_import_plan_new_finish (result, &error);
  g_assert_no_error (error);
  return plan;
}

CofferImportPlan *
test_plan (const char *path)
{
  return test_plan_files ((const char *const[]) { path, NULL });
}

CofferAdditions *
test_apply (Fixture          *fixture,
            CofferImportPlan *planned,
            const char       *prefix)
{
  g_autoptr(GBytes) bytes = g_bytes_new (prefix, strlen (prefix));
  CofferImportRule rule = { bytes, TRUE, '/', coffer_import_plan_get_restores (planned) };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferAdditions *additions;

  coffer_import_plan_apply_async (planned, fixture->vault, &rule, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  additions = coffer_import_plan_apply_finish (planned, result, &error);
  g_assert_no_error (error);
  return additions;
}

CofferImport *
test_new_import (Fixture        *fixture,
                 const char     *path,
                 CofferConflict  conflict)
{
  g_autoptr(CofferImportPlan) planned = test_plan (path);
  g_autoptr(CofferAdditions) additions = test_apply (fixture, planned, "");

  return coffer_import_new (fixture->vault, additions, conflict);
}

void
test_wait_until_over (CofferImport *import)
{
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (import)));
}

CofferImport *
test_run_import (Fixture        *fixture,
                 CofferConflict  conflict)
{
  CofferImport *import = test_new_import (fixture, fixture->files, conflict);

  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  return import;
}

char *
test_describe_skips (CofferImport *import)
{
  GPtrArray *skips = coffer_transfer_get_skips (COFFER_TRANSFER (import));
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < skips->len; i++)
    {
      CofferTransferSkip *skip = g_ptr_array_index (skips, i);
      g_autofree char *name = g_path_get_basename (skip->name);

      g_string_append_printf (text, "%s%s: %s", i > 0 ? "; " : "", name, skip->reason);
    }
  return g_string_free (text, FALSE);
}

char *
test_ask (Fixture    *fixture,
          const char *sql)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  char *answer;

  g_assert_cmpint (sqlite3_open_v2 (fixture->path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 5000);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  answer = sqlite3_step (statement) == SQLITE_ROW ? g_strdup ((const char *) sqlite3_column_text (statement, 0)) : NULL;
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return answer;
}

CofferAdditions *
test_copy_values (Fixture    *fixture,
                  const char *source)
{
  static const struct { const char *key; guint64 size; } values[] = { { "a", 3 }, { "b", 0 }, { "c", 3000000 }, { "d", 3 } };
  CofferAdditions *additions = coffer_additions_new ("kv");
  g_autoptr(GAsyncResult) added = NULL;
  g_autoptr(GError) error = NULL;

  coffer_additions_set_source (additions, source, "kv");
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr(GBytes) key = g_bytes_new_static (values[i].key, 1);

      coffer_additions_append_value (additions, key, key, values[i].size);
    }
  coffer_additions_set_verifies (additions, TRUE);
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &added);
  test_wait_for (added != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, added, &error));
  g_assert_cmpuint (coffer_additions_count (additions, COFFER_ADDITION_ADDED), ==, 4);
  return additions;
}

char *
test_make_source (Fixture *fixture)
{
  char *path = test_make_vault (fixture->folder, "source.db", 1);

  test_sql (path, "INSERT INTO kv (key, value) VALUES (CAST('a' AS BLOB), CAST('aye' AS BLOB)), (CAST('b' AS BLOB), x''),"
            "(CAST('c' AS BLOB), randomblob(3000000)), (CAST('d' AS BLOB), CAST('dee' AS BLOB))");
  return path;
}

CofferMove *
test_new_move (Fixture         *fixture,
               CofferVault     *other,
               CofferAdditions *additions)
{
  g_autoptr(CofferAdditions) there = coffer_additions_new ("kv");

  coffer_additions_set_source (there, fixture->path, "kv");
  for (guint i = 0; i < 4; i++)
    {
      const CofferAddition *addition = coffer_additions_get (additions, i);

      coffer_additions_append_value (there, addition->key, addition->value, addition->size);
      coffer_additions_get (there, i)->state = COFFER_ADDITION_ADDED;
    }
  return coffer_move_new (other, there);
}

void
test_put (Fixture    *fixture,
          const char *key,
          const char *value)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO kv VALUES (CAST('%s' AS BLOB), CAST('%s' AS BLOB))", key, value);

  test_sql (fixture->path, sql);
}

void
test_make_conflicts (Fixture *fixture)
{
  test_put (fixture, "a.txt", "old");
  test_put (fixture, "a (2).txt", "2");
  test_put (fixture, "same", "same");
  test_make_text (fixture, "a.txt", "new");
  test_make_text (fixture, "b", "b");
  test_make_text (fixture, "same", "same");
}

void
test_make_many_files (Fixture *fixture,
                      guint    n,
                      gsize    size)
{
  g_autofree char *content = g_malloc (size);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("%04u", i);

      memset (content, 'a' + i % 26, size);
      g_free (test_make_file (fixture, name, content, size));
    }
}

guint
test_count_whole (Fixture *fixture,
                  gsize    size)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) || ' ' || coalesce(sum(length(value) = %u AND "
                                          "value = CAST(replace(hex(zeroblob(%u)), '00', "
                                          "char(97 + CAST(key AS TEXT) %% 26)) AS BLOB)), 0) FROM kv WHERE length(key) = 4",
                                          (guint) size, (guint) size);
  g_autofree char *answer = test_ask (fixture, sql);
  guint n, n_whole;

  g_assert_cmpint (sscanf (answer, "%u %u", &n, &n_whole), ==, 2);
  g_assert_cmpuint (n, ==, n_whole);
  return n;
}

guint
test_take_back (Fixture      *fixture,
                CofferImport *import)
{
  g_autoptr(GAsyncResult) result = NULL, written = NULL;
  g_autoptr(GError) error = NULL;
  gssize n;

  coffer_vault_take_back_async (fixture->vault, coffer_import_get_additions (import), NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  n = coffer_vault_take_back_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  coffer_vault_write_deletions_async (fixture->vault, NULL, NULL, test_store_result, &written);
  test_wait_for (written != NULL);
  g_assert_true (coffer_vault_write_deletions_finish (fixture->vault, written, NULL, &error));
  return n;
}
