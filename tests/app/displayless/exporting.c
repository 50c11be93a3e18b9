/* SPDX-License-Identifier: MIT */
#include "exporting.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void
test_export_set_up (Fixture       *fixture,
                    gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->target = g_build_filename (fixture->folder, "target", NULL);
  g_assert_no_errno (g_mkdir (fixture->target, 0700));
  fixture->path = test_make_vault (fixture->folder, "v.db", 3);
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
test_export_tear_down (Fixture       *fixture,
                       gconstpointer  data)
{
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  g_assert_no_errno (nftw (fixture->folder, remove_cb, 16, FTW_DEPTH | FTW_PHYS));
  g_free (fixture->folder);
  g_free (fixture->target);
  g_free (fixture->path);
}

void
test_put_row (Fixture    *fixture,
              const char *key,
              gssize      key_size,
              const char *value,
              gssize      value_size)
{
  GString *sql = g_string_new ("INSERT INTO kv (key, value) VALUES (x'");

  for (gssize i = 0; i < (key_size < 0 ? (gssize) strlen (key) : key_size); i++)
    g_string_append_printf (sql, "%02x", (guchar) key[i]);
  g_string_append (sql, "', x'");
  for (gssize i = 0; i < (value_size < 0 ? (gssize) strlen (value) : value_size); i++)
    g_string_append_printf (sql, "%02x", (guchar) value[i]);
  g_string_append (sql, "')");
  test_sql (fixture->path, sql->str);
  g_string_free (sql, TRUE);
}

void
test_put_zeros (Fixture *fixture,
                guint    n_values,
                guint    size)
{
  g_autofree char *sql = g_strdup_printf ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
                                          "INSERT INTO kv SELECT CAST(printf('zero/%%05d', i) AS BLOB), zeroblob(%u) FROM n",
                                          n_values, size);

  test_sql (fixture->path, sql);
}

const CofferExportOptions test_plain = { .existing = COFFER_EXPORT_NUMBER, .endings = TRUE };

CofferExport *
test_new_export (Fixture                   *fixture,
                 const char                *prefix,
                 const CofferExportOptions *options)
{
  g_autoptr(GBytes) bytes = prefix != NULL ? g_bytes_new (prefix, strlen (prefix)) : NULL;
  g_autoptr(GFile) folder = g_file_new_for_path (fixture->target);

  if (fixture->vault == NULL)
    fixture->vault = test_open (fixture->path);
  return coffer_export_new_prefix (fixture->vault, coffer_vault_get_table (fixture->vault), bytes, folder, options);
}

CofferTransferState
test_run_export (CofferExport *export)
{
  coffer_transfer_start (COFFER_TRANSFER (export));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  return coffer_transfer_get_state (COFFER_TRANSFER (export));
}

char *
test_describe_skips (CofferExport *export)
{
  GPtrArray *skips = coffer_transfer_get_skips (COFFER_TRANSFER (export));
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < skips->len; i++)
    {
      CofferTransferSkip *skip = g_ptr_array_index (skips, i);

      g_string_append_printf (text, "%s%s: %s", i > 0 ? "; " : "", skip->name, skip->reason);
    }
  return g_string_free (text, FALSE);
}

char *
test_read_file (Fixture    *fixture,
                const char *name)
{
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);
  char *content = NULL;

  g_file_get_contents (path, &content, NULL, NULL);
  return content;
}

void
test_make_file (Fixture    *fixture,
                const char *name,
                const char *content)
{
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

guint
test_count_whole (Fixture *fixture)
{
  g_autofree char *folder = g_build_filename (fixture->target, "zero", NULL);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      struct stat file;

      g_assert_no_errno (stat (path, &file));
      g_assert_cmpint (file.st_size, ==, 30000000);
      g_assert_cmpuint (strlen (name), ==, 5);   /* what is begun anew has the same name, without a number */
      n++;
    }
  return n;
}

const CofferExportOptions test_listing = { .existing = COFFER_EXPORT_NUMBER, .endings = TRUE, .lists = TRUE };

void
test_put_odd_keys (Fixture *fixture)
{
  g_autofree char *long_key = g_strnfill (4096, 'x'), *name = g_strnfill (255, 'n');

  test_put_row (fixture, "", 0, "empty", -1);
  test_put_row (fixture, "nul\0and\nnewline", 15, "", 0);
  test_put_row (fixture, "../../way out", -1, "1", -1);
  test_put_row (fixture, "\xff\xfe", 2, "2", -1);
  test_put_row (fixture, "A", -1, "3", -1);
  test_put_row (fixture, "a", -1, "4", -1);
  test_put_row (fixture, "blank ", -1, "5", -1);
  test_put_row (fixture, "dots..", -1, "6", -1);
  test_put_row (fixture, "coffer.json", -1, "{}", -1);
  test_put_row (fixture, long_key, 4096, "7", -1);
  test_put_row (fixture, name, 255, "8", -1);
  test_put_row (fixture, "picture", -1, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  test_put_row (fixture, "tree", -1, HEADER "{\"a\": 1}", 18);
  test_put_row (fixture, "tree/of nothing", -1, HEADER, 10);
}

CofferImportPlan *
test_plan_target (Fixture *fixture)
{
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferImportPlan *plan;

  g_ptr_array_add (files, g_file_new_for_path (fixture->target));
  coffer_import_plan_new_async (files, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  plan = coffer_import_plan_new_finish (result, &error);
  g_assert_no_error (error);
  return plan;
}

CofferImport *
test_import_target (CofferVault      *vault,
                    CofferImportPlan *plan)
{
  g_autoptr(GBytes) prefix = g_bytes_new (NULL, 0);
  CofferImportRule rule = { prefix, TRUE, '/', coffer_import_plan_get_restores (plan) };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(GError) error = NULL;
  CofferImport *import;

  coffer_import_plan_apply_async (plan, vault, &rule, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  additions = coffer_import_plan_apply_finish (plan, result, &error);
  g_assert_no_error (error);
  import = coffer_import_new (vault, additions, COFFER_CONFLICT_SKIP);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (import)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  return import;
}

int
test_count_differences (const char *path,
                        const char *other)
{
  g_autofree char *attach = g_strdup_printf ("ATTACH '%s' AS other", other);
  const char *count = "SELECT (SELECT count(*) FROM (SELECT key, value FROM main.kv EXCEPT SELECT key, value FROM other.kv)) + "
                      "(SELECT count(*) FROM (SELECT key, value FROM other.kv EXCEPT SELECT key, value FROM main.kv))";
  sqlite3_stmt *statement;
  sqlite3 *db;
  int n;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, attach, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, count, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return n;
}

char *
test_describe_problems (CofferImportPlan *plan)
{
  GPtrArray *problems = coffer_import_plan_get_problems (plan);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++)
    {
      CofferImportProblem *problem = g_ptr_array_index (problems, i);

      g_string_append_printf (text, "%s%s: %s", i > 0 ? "; " : "", problem->path, problem->reason);
    }
  return g_string_free (text, FALSE);
}

static gboolean
is_below (const char *folder,
          int         fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *path = g_file_read_link (link, NULL);

  return path != NULL && g_str_has_prefix (path, folder);
}

/* As if the disk gave back something else than what was written to it: of files in the folder of an export, that have no name yet. */
static const char *spoiled;   /* NULL: none is */

ssize_t
pread (int     fd,
       void   *buffer,
       size_t  size,
       off_t   offset)
{
  ssize_t got = syscall (SYS_pread64, fd, buffer, size, offset);

  if (spoiled != NULL && is_below (spoiled, fd) && got > 0)
    ((char *) buffer)[got / 2] ^= 1;
  return got;
}

void
test_spoil (const char *folder)
{
  spoiled = folder;
}

static GMutex stall_mutex;
static GCond stall_cond;
static const char *stalled;   /* NULL: none is */
static gsize n_before;        /* bytes that are written all the same */

/* As if the disk stood still, in the middle of what is written to it. */
ssize_t
write (int         fd,
       const void *buffer,
       size_t      size)
{
  g_mutex_lock (&stall_mutex);
  if (stalled != NULL && is_below (stalled, fd))
    {
      while (stalled != NULL && n_before < size)
        g_cond_wait (&stall_cond, &stall_mutex);
      n_before -= MIN (n_before, size);
    }
  g_mutex_unlock (&stall_mutex);
  return syscall (SYS_write, fd, buffer, size);
}

void
test_stall (const char *folder)
{
  g_mutex_lock (&stall_mutex);
  stalled = folder;
  n_before = 4 << 20;
  g_cond_broadcast (&stall_cond);
  g_mutex_unlock (&stall_mutex);
}
