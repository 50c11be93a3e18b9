/* SPDX-License-Identifier: MIT */
/* Values on their way to files: every byte of them, under safe names, in the folder and nowhere else, whole or not at all. */
#include "displayless.h"

#include "coffer-bundle-files.h"
#include "coffer-export.h"
#include "coffer-export-headers.h"
#include "coffer-import.h"
#include "coffer-import-plan.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
  char *folder;
  char *target;      /* a folder in it */
  char *path;
  CofferVault *vault;
} Fixture;

static void
set_up (Fixture       *fixture,
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

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  g_assert_no_errno (nftw (fixture->folder, remove_cb, 16, FTW_DEPTH | FTW_PHYS));
  g_free (fixture->folder);
  g_free (fixture->target);
  g_free (fixture->path);
}

/* Before the vault is open. */
static void
put (Fixture    *fixture,
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

static void
put_zeros (Fixture *fixture,
           guint    n_values,
           guint    size)
{
  g_autofree char *sql = g_strdup_printf ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
                                          "INSERT INTO kv SELECT CAST(printf('zero/%%05d', i) AS BLOB), zeroblob(%u) FROM n",
                                          n_values, size);

  test_sql (fixture->path, sql);
}

/* Exporting */

static const CofferExportOptions plain = { .existing = COFFER_EXPORT_NUMBER, .endings = TRUE };

/* The vault's own keys of test_make_vault() are not among it. */
static CofferExport *
new_export (Fixture                   *fixture,
            const char                *prefix,
            const CofferExportOptions *options)
{
  g_autoptr(GBytes) bytes = prefix != NULL ? g_bytes_new (prefix, strlen (prefix)) : NULL;
  g_autoptr(GFile) folder = g_file_new_for_path (fixture->target);

  if (fixture->vault == NULL)
    fixture->vault = test_open (fixture->path);
  return coffer_export_new_prefix (fixture->vault, coffer_vault_get_table (fixture->vault), bytes, folder, options);
}

static CofferTransferState
run (CofferExport *export)
{
  coffer_transfer_start (COFFER_TRANSFER (export));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  return coffer_transfer_get_state (COFFER_TRANSFER (export));
}

static char *
describe_skips (CofferExport *export)
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

/* What is in a file of the target; NULL if there is none. */
static char *
read_file (Fixture    *fixture,
           const char *name)
{
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);
  char *content = NULL;

  g_file_get_contents (path, &content, NULL, NULL);
  return content;
}

static void
make_file (Fixture    *fixture,
           const char *name,
           const char *content)
{
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
}

#define assert_takes(expression, expected) \
  G_STMT_START { \
    g_autofree char *taken = (expression); \
    g_assert_cmpstr (taken, ==, expected); \
  } G_STMT_END

/* Files below the target, and what is in each. */
static GHashTable *walked;
static guint n_walked;

static int
walk_cb (const char        *path,
         const struct stat *file,
         int                flag,
         struct FTW        *ftw)
{
  char *content;

  if (flag != FTW_F)
    return 0;
  g_assert_true (g_utf8_validate (path, -1, NULL));
  g_assert_cmpint (path[ftw->base], !=, '.');
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_hash_table_add (walked, content);
  n_walked++;
  return 0;
}

static void
walk (Fixture *fixture)
{
  walked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  n_walked = 0;
  g_assert_no_errno (nftw (fixture->target, walk_cb, 16, FTW_PHYS));
}

static const struct {
  const char *key;
  gssize size;
} odd_keys[] = {
  { "", 0 }, { ".", -1 }, { "..", -1 }, { "../x", -1 }, { "a/../b", -1 }, { "a//b", -1 }, { "a/", -1 }, { "a", -1 }, { "/etc/passwd", -1 },
  { "A", -1 }, { "\xff\xfe", 2 }, { "\xff\xfd", 2 }, { "new\nline", -1 }, { "nul\0in", 6 }, { "q?", -1 }, { "q*", -1 }, { "q_", -1 },
  { ".hidden", -1 }, { "con", -1 }, { "con.txt", -1 }, { "end.", -1 }, { "end ", -1 }, { "\xe2\x80\xaegnp.exe", -1 },
};

static void
keeps_every_byte_of_odd_keys (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr(CofferExport) export = NULL;
  g_autofree char *long_key = g_strnfill (300, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (odd_keys); i++)
    {
      g_autofree char *value = g_strdup_printf ("value %u", i);

      put (fixture, odd_keys[i].key, odd_keys[i].size, value, -1);
    }
  put (fixture, long_key, -1, "value of a long one", -1);
  export = new_export (fixture, NULL, &plain);
  g_assert_cmpint (run (export), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (export), "");
  g_assert_cmpuint (coffer_export_get_n_files (export), ==, G_N_ELEMENTS (odd_keys) + 1 + 3);
  walk (fixture);
  g_assert_cmpuint (n_walked, ==, G_N_ELEMENTS (odd_keys) + 1 + 3);
  for (guint i = 0; i < G_N_ELEMENTS (odd_keys); i++)
    {
      g_autofree char *value = g_strdup_printf ("value %u", i);

      g_assert_true (g_hash_table_contains (walked, value));
    }
  g_assert_true (g_hash_table_contains (walked, "value of a long one"));
  g_hash_table_unref (walked);
  g_clear_object (&export);   /* which keeps the vault */
  test_close (g_steal_pointer (&fixture->vault));
  assert_takes (test_folder_list (fixture->folder), "target v.db");
}

#define JPEG "\xff\xd8\xff\xe0\0\x10JFIF"

static void
takes_headers_off_or_not (Fixture       *fixture,
                          gconstpointer  data)
{
  static const char header[] = "\x89K\x01\0\0\0\0\0VK";
  g_autoptr(CofferExport) without = NULL, with = NULL;
  CofferExportOptions all = plain;
  g_autofree char *stored = g_malloc (10 + sizeof JPEG);
  g_autofree char *path = NULL, *content = NULL;
  gsize size;

  memcpy (stored, header, 10);
  memcpy (stored + 10, JPEG, sizeof JPEG);
  put (fixture, "p/pic", -1, stored, 10 + sizeof JPEG);
  put (fixture, "p/bare", -1, JPEG, sizeof JPEG);
  put (fixture, "p/named.dat", -1, JPEG, sizeof JPEG);
  without = new_export (fixture, "p/", &plain);
  g_assert_cmpint (run (without), ==, COFFER_TRANSFER_DONE);
  path = g_build_filename (fixture->target, "p", NULL);
  assert_takes (test_folder_list (path), "bare.jpg named.dat pic.jpg");
  g_clear_pointer (&path, g_free);
  path = g_build_filename (fixture->target, "p/pic.jpg", NULL);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpmem (content, size, JPEG, sizeof JPEG);
  g_clear_pointer (&content, g_free);
  g_clear_pointer (&path, g_free);

  all.headers = TRUE;
  all.endings = FALSE;
  with = new_export (fixture, "p/", &all);
  g_assert_cmpint (run (with), ==, COFFER_TRANSFER_DONE);
  path = g_build_filename (fixture->target, "p/pic", NULL);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpmem (content, size, stored, 10 + sizeof JPEG);
}

static gboolean
ask_for_headers (Fixture    *fixture,
                 GPtrArray  *keys,
                 const char *name)
{
  g_autoptr(GAsyncResult) result = NULL;

  g_ptr_array_add (keys, test_key (name));
  coffer_export_find_headers_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_export_find_headers_finish (fixture->vault, result);
}

static void
finds_headers (Fixture       *fixture,
               gconstpointer  data)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  put (fixture, "json", -1, "\x89\x4b\x01\x03\0\0\0\0\x56\x4b{}", 12);
  put (fixture, "raw", -1, "\x89\x4b raw after all", -1);
  fixture->vault = test_open (fixture->path);
  g_assert_false (ask_for_headers (fixture, keys, "user:0000000001"));
  g_assert_false (ask_for_headers (fixture, keys, "raw"));
  g_assert_true (ask_for_headers (fixture, keys, "json"));
  coffer_keys_unref (keys);
}

static void
leaves_what_is_there (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(CofferExport) numbered = NULL, skipped = NULL, replaced = NULL;
  CofferExportOptions options = plain;

  put (fixture, "k.txt", -1, "mine", -1);
  make_file (fixture, "k.txt", "theirs");
  numbered = new_export (fixture, "k", &options);
  g_assert_cmpint (run (numbered), ==, COFFER_TRANSFER_DONE);
  assert_takes (read_file (fixture, "k.txt"), "theirs");
  assert_takes (read_file (fixture, "k (2).txt"), "mine");

  options.existing = COFFER_EXPORT_SKIP;
  skipped = new_export (fixture, "k", &options);
  g_assert_cmpint (run (skipped), ==, COFFER_TRANSFER_DONE);
  assert_takes (read_file (fixture, "k.txt"), "theirs");
  assert_takes (describe_skips (skipped), "k.txt: A file is there already");
  g_assert_cmpuint (coffer_export_get_n_files (skipped), ==, 0);

  options.existing = COFFER_EXPORT_REPLACE;
  replaced = new_export (fixture, "k", &options);
  g_assert_cmpint (run (replaced), ==, COFFER_TRANSFER_DONE);
  assert_takes (read_file (fixture, "k.txt"), "mine");
  assert_takes (test_folder_list (fixture->target), "k (2).txt k.txt");
}

static void
follows_no_link (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autofree char *link = g_build_filename (fixture->target, "a", NULL), *elsewhere = g_build_filename (fixture->folder, "elsewhere", NULL);
  g_autoptr(CofferExport) export = NULL;

  put (fixture, "a/b.txt", -1, "b", -1);
  put (fixture, "ab.txt", -1, "ab", -1);
  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  g_assert_no_errno (symlink ("../elsewhere", link));
  export = new_export (fixture, "a", &plain);
  g_assert_cmpint (run (export), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (export), "a/b.txt: A link or a file is in the place of its folder");
  assert_takes (read_file (fixture, "ab.txt"), "ab");
  assert_takes (test_folder_list (elsewhere), "");
}

static void
fails_without_a_folder (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferExport) gone = NULL, locked = NULL;

  g_assert_no_errno (g_rmdir (fixture->target));
  g_free (fixture->target);
  fixture->target = g_build_filename (fixture->folder, "gone", "target", NULL);
  gone = new_export (fixture, NULL, &plain);
  g_assert_cmpint (run (gone), ==, COFFER_TRANSFER_FAILED);
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (gone))->message, ==, "The folder is gone");

  if (geteuid () == 0)   /* who may write everywhere */
    return;
  g_free (fixture->target);
  fixture->target = g_build_filename (fixture->folder, "locked", NULL);
  g_assert_no_errno (g_mkdir (fixture->target, 0500));
  locked = new_export (fixture, NULL, &plain);
  g_assert_cmpint (run (locked), ==, COFFER_TRANSFER_FAILED);
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (locked))->message, ==, "The folder cannot be written");
}

/* Begin one of some size, and wait until it is in the middle of a value. */
static CofferExport *
start_large (Fixture *fixture)
{
  CofferExport *export;

  put_zeros (fixture, 3, 30000000);
  export = new_export (fixture, "zero/", &plain);
  coffer_transfer_start (COFFER_TRANSFER (export));
  test_wait_for (coffer_transfer_get_progress (COFFER_TRANSFER (export)).bytes > 0);
  return export;
}

/* Everything that is there has its whole size, and a name. */
static guint
count_whole (Fixture *fixture)
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

static void
leaves_nothing_half (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(CofferExport) export = start_large (fixture);

  coffer_transfer_cancel (COFFER_TRANSFER (export));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_CANCELLED);
  g_assert_cmpuint (count_whole (fixture), ==, coffer_export_get_n_files (export));
  g_assert_cmpuint (count_whole (fixture), <, 3);
}

static void
goes_on_after_a_pause (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferExport) export = start_large (fixture);

  coffer_transfer_set_paused (COFFER_TRANSFER (export), TRUE);
  test_run_for (50);
  coffer_transfer_set_paused (COFFER_TRANSFER (export), FALSE);
  test_hold (fixture->vault);   /* what only looks is stopped at once, and runs again */
  coffer_vault_resume (fixture->vault);
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (count_whole (fixture), ==, 3);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (export)).bytes, ==, 90000000);
}

static void
takes_all_of_a_prefix (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferExport) export = NULL;

  put_zeros (fixture, 2100, 1);
  export = new_export (fixture, "zero/", &plain);
  g_assert_cmpint (run (export), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_export_get_n_files (export), ==, 2100);
  assert_takes (test_folder_list (fixture->target), "zero");
}

static void
writes_the_file_that_was_chosen (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000001"), no_key = test_key ("nobody");
  g_autofree char *path = g_build_filename (fixture->target, "chosen", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path), vault = g_file_new_for_path (fixture->path);
  g_autoptr(CofferExport) good = NULL, bad = NULL, missing = NULL;

  make_file (fixture, "chosen", "theirs");
  fixture->vault = test_open (fixture->path);
  good = coffer_export_new_file (fixture->vault, key, file, &plain);
  g_assert_cmpint (run (good), ==, COFFER_TRANSFER_DONE);
  assert_takes (read_file (fixture, "chosen"), "1");

  missing = coffer_export_new_file (fixture->vault, no_key, file, &plain);
  g_assert_cmpint (run (missing), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (missing), "nobody: Deleted or renamed meanwhile");
  assert_takes (read_file (fixture, "chosen"), "1");

  bad = coffer_export_new_file (fixture->vault, key, vault, &plain);
  g_assert_cmpint (run (bad), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (bad), "user:0000000001: It would replace a vault that is open here");
}

/* There and back */

static const CofferExportOptions listing = { .existing = COFFER_EXPORT_NUMBER, .endings = TRUE, .lists = TRUE };

#define HEADER "\x89\x4b\x01\x03\0\0\0\0\x56\x4b"

static void
put_odd_keys (Fixture *fixture)
{
  g_autofree char *long_key = g_strnfill (4096, 'x'), *name = g_strnfill (255, 'n');

  put (fixture, "", 0, "empty", -1);
  put (fixture, "nul\0and\nnewline", 15, "", 0);
  put (fixture, "../../way out", -1, "1", -1);
  put (fixture, "\xff\xfe", 2, "2", -1);
  put (fixture, "A", -1, "3", -1);
  put (fixture, "a", -1, "4", -1);
  put (fixture, "blank ", -1, "5", -1);
  put (fixture, "dots..", -1, "6", -1);
  put (fixture, "coffer.json", -1, "{}", -1);
  put (fixture, long_key, 4096, "7", -1);
  put (fixture, name, 255, "8", -1);
  put (fixture, "picture", -1, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  put (fixture, "tree", -1, HEADER "{\"a\": 1}", 18);
  put (fixture, "tree/of nothing", -1, HEADER, 10);
}

static CofferImportPlan *
plan_target (Fixture *fixture)
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

static CofferImport *
import_target (CofferVault      *vault,
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

/* How many rows of the one are not in the other. */
static int
count_differences (const char *path,
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

static void
export_list (Fixture *fixture)
{
  g_autoptr(CofferExport) export = new_export (fixture, NULL, &listing);

  g_assert_cmpint (run (export), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (export), "");
}

static void
gives_back_the_same_vault (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "again.db", 0), *list = NULL;
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferImport) import = NULL;
  CofferVault *again;

  put_odd_keys (fixture);
  export_list (fixture);
  list = read_file (fixture, "coffer.json");
  g_assert_nonnull (strstr (list, "\"header\": \"894b010300000000564b\""));
  plan = plan_target (fixture);
  g_assert_true (coffer_import_plan_get_restores (plan));
  g_assert_cmpuint (coffer_import_plan_get_problems (plan)->len, ==, 0);
  g_assert_cmpuint (coffer_import_plan_get_counts (plan).n_files, ==, 17);

  again = test_open (path);
  test_edit (again);
  import = import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 17);
  g_clear_object (&import);
  import = import_target (again, plan);   /* what is there is the same, headers and all */
  g_assert_cmpuint (coffer_import_get_n_identical (import), ==, 17);
  g_clear_object (&import);
  test_close (again);
  g_assert_cmpint (count_differences (fixture->path, path), ==, 0);
}

static char *
describe_problems (CofferImportPlan *plan)
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

static void
stores_nothing_that_is_another_file (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "again.db", 0);
  g_autofree char *missing = g_build_filename (fixture->target, "user_0000000002.txt", NULL);
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferImport) import = NULL;
  CofferVault *again;

  put (fixture, "b", -1, "tail", -1);
  put (fixture, "c", -1, "longer", -1);
  export_list (fixture);
  g_assert_no_errno (g_unlink (missing));
  g_assert_no_errno (symlink ("/etc/passwd", missing));
  make_file (fixture, "c.txt", "other");
  make_file (fixture, "b.txt", "liar");
  make_file (fixture, "more", "1");
  plan = plan_target (fixture);
  assert_takes (describe_problems (plan), "c.txt: It is not what coffer.json says; "
                                          "user_0000000002.txt: It is missing, though coffer.json tells of it; "
                                          "more: coffer.json does not tell of it");
  again = test_open (path);
  test_edit (again);
  import = import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 2);
  g_assert_cmpuint (coffer_transfer_get_skips (COFFER_TRANSFER (import))->len, ==, 1);
  g_assert_cmpstr (((CofferTransferSkip *) coffer_transfer_get_skips (COFFER_TRANSFER (import))->pdata[0])->reason, ==,
                   "It is not what coffer.json says");
  g_clear_object (&import);
  test_close (again);
}

static void
believes_no_lie (Fixture       *fixture,
                 gconstpointer  data)
{
  static const struct { const char *content, *failure; } lies[] = {
    { "{\"coffer-manifest\": 1, \"values\": [", "It is damaged in line 1" },
    { "{\"coffer-manifest\": 1, \"values\": [\n{\"key\": \"k\", \"file\": \"../v.db\", \"size\": 1, \"sha256\": "
      "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}], \"count\": 1}", "It is damaged in line 2" },
    { "{\"coffer-manifest\": 2}", "A later version of Coffer made it" },
    { "{\"name\": \"mine\"}", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr(CofferImportPlan) plan = NULL;
      const char *failure;

      make_file (fixture, "coffer.json", lies[i].content);
      plan = plan_target (fixture);
      g_assert_false (coffer_import_plan_get_restores (plan));
      g_assert_cmpint (coffer_import_plan_has_list (plan, &failure), ==, lies[i].failure != NULL);
      g_assert_cmpstr (failure, ==, lies[i].failure);
      g_assert_cmpuint (coffer_import_plan_get_counts (plan).n_files, ==, 1);
    }
}

/* What was exported into a folder before can still be told apart by its list. */
static void
keeps_another_list (Fixture       *fixture,
                    gconstpointer  data)
{
  CofferExportOptions replacing = listing;
  g_autoptr(CofferExport) refused = NULL, replaced = NULL;

  replacing.existing = COFFER_EXPORT_REPLACE;
  make_file (fixture, "coffer.json", "theirs");
  refused = new_export (fixture, NULL, &listing);
  g_assert_cmpint (run (refused), ==, COFFER_TRANSFER_FAILED);
  assert_takes (test_folder_list (fixture->target), "coffer.json");
  assert_takes (read_file (fixture, "coffer.json"), "theirs");
  replaced = new_export (fixture, NULL, &replacing);
  g_assert_cmpint (run (replaced), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_export_get_n_files (replaced), ==, 3);
}

/* For other programs */

static GSList *
get_files (CofferBundleFiles *files,
           void             (*begin) (CofferBundleFiles *, GAsyncReadyCallback, gpointer),
           GSList          *(*finish) (CofferBundleFiles *, GAsyncResult *, GError **))
{
  g_autoptr(GAsyncResult) one = NULL, two = NULL;
  g_autoptr(GError) error = NULL;
  GSList *list;

  begin (files, test_store_result, &one);
  begin (files, test_store_result, &two);
  test_wait_for (one != NULL && two != NULL);
  list = finish (files, one, &error);
  g_assert_no_error (error);
  g_assert_true (finish (files, two, &error) == list);
  return list;
}

static void
hands_over_once (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(CofferBundle) bundle = NULL;
  g_autoptr(CofferBundleFiles) files = NULL;
  g_autofree char *first = NULL, *second = NULL, *content = NULL, *inner = NULL;
  GSList *list;

  put (fixture, "a/b/one", -1, "\x89PNG\r\n\x1a\n", -1);
  put (fixture, "a/b", -1, "beside it", -1);
  put (fixture, "a/../two.txt", -1, "2", -1);
  fixture->vault = test_open (fixture->path);
  g_ptr_array_add (keys, test_key ("a/b/one"));
  g_ptr_array_add (keys, test_key ("a/b"));
  g_ptr_array_add (keys, test_key ("a/../two.txt"));
  bundle = coffer_bundle_new_keys (fixture->vault, keys);
  files = coffer_bundle_files_new (bundle, transfers);
  list = get_files (files, coffer_bundle_files_name_async, coffer_bundle_files_name_finish);
  g_assert_cmpuint (g_slist_length (list), ==, 3);
  first = g_file_get_basename (list->data);
  second = g_file_get_basename (list->next->data);
  g_assert_cmpstr (first, ==, "b");
  g_assert_cmpstr (second, ==, "b.txt");
  g_assert_false (g_file_query_exists (list->data, NULL));
  g_assert_true (coffer_bundle_files_is_promised (files));
  g_assert_true (get_files (files, coffer_bundle_files_write_async, coffer_bundle_files_write_finish) == list);
  g_assert_false (coffer_bundle_files_is_promised (files));
  inner = g_build_filename (g_file_peek_path (list->data), "one.png", NULL);
  g_assert_true (g_file_test (inner, G_FILE_TEST_IS_REGULAR));
  g_assert_true (g_file_get_contents (g_file_peek_path (list->next->data), &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "beside it");
  g_assert_true (g_file_query_exists (list->next->next->data, NULL));
}

/* Archives */

/* All keys of the table. */
static GPtrArray *
list_keys (const char *path)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  sqlite3_stmt *statement;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT key FROM kv ORDER BY key", -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (sqlite3_column_blob (statement, 0), sqlite3_column_bytes (statement, 0));

      g_ptr_array_add (keys, coffer_key_new_written (bytes));
    }
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return keys;
}

static CofferExport *
new_archive (Fixture                   *fixture,
             const char                *name,
             const CofferExportOptions *options)
{
  g_autoptr(GPtrArray) keys = list_keys (fixture->path);
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);

  if (fixture->vault == NULL)
    fixture->vault = test_open (fixture->path);
  return coffer_export_new_archive (fixture->vault, keys, file, options);
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
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *path = spoiled != NULL ? g_file_read_link (link, NULL) : NULL;

  if (path != NULL && g_str_has_prefix (path, spoiled) && got > 0)
    ((char *) buffer)[got / 2] ^= 1;
  return got;
}

static void
finds_what_was_not_written (Fixture       *fixture,
                            gconstpointer  data)
{
  CofferExportOptions options = plain;
  g_autoptr(CofferExport) good = NULL, bad = NULL, large = NULL;

  options.verifies = TRUE;
  put (fixture, "k/one", -1, "value", -1);
  put (fixture, "k/empty", -1, "", -1);
  put_zeros (fixture, 1, 3000000);
  spoiled = fixture->target;
  bad = new_export (fixture, "k", &options);
  g_assert_cmpint (run (bad), ==, COFFER_TRANSFER_DONE);
  large = new_export (fixture, "zero", &options);
  g_assert_cmpint (run (large), ==, COFFER_TRANSFER_DONE);
  spoiled = NULL;
  assert_takes (describe_skips (bad), "k/one: What was written is not what is in the vault");
  assert_takes (describe_skips (large), "zero/00001: What was written is not what is in the vault");
  g_assert_null (read_file (fixture, "k/one.txt"));
  assert_takes (read_file (fixture, "k/empty"), "");
  good = new_export (fixture, "k", &options);
  g_assert_cmpint (run (good), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (good), "");
  assert_takes (read_file (fixture, "k/one.txt"), "value");
}

static gboolean
skip_without_archives (void)
{
  if (coffer_export_can_archive (NULL))
    return FALSE;
  g_test_skip ("built without libarchive");
  return TRUE;
}

static void
unpack (Fixture    *fixture,
        const char *name)
{
  char *argv[] = { (char *) "tar", (char *) "-xf", (char *) name, NULL };
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);
  g_autoptr(GError) error = NULL;
  int status;

  g_spawn_sync (fixture->target, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_assert_no_errno (g_unlink (path));
}

static void
packs_the_same_vault (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autofree char *path = NULL;
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferExport) export = NULL;
  CofferVault *again;

  if (skip_without_archives ())
    return;
  g_assert_true (coffer_export_can_archive ("A.ZIP"));
  g_assert_false (coffer_export_can_archive ("a.rar"));
  path = test_make_vault (fixture->folder, "again.db", 0);
  put_odd_keys (fixture);
  make_file (fixture, "all.tar", "theirs");
  export = new_archive (fixture, "all.tar", &listing);
  g_assert_cmpint (run (export), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (export), "");
  assert_takes (test_folder_list (fixture->target), "all.tar");
  unpack (fixture, "all.tar");
  plan = plan_target (fixture);
  again = test_open (path);
  test_edit (again);
  g_object_unref (import_target (again, plan));
  test_close (again);
  g_assert_cmpint (count_differences (fixture->path, path), ==, 0);
}

/* It has no name then. */
static void
finds_what_was_not_packed (Fixture       *fixture,
                           gconstpointer  name)
{
  CofferExportOptions options = listing;
  g_autoptr(CofferExport) good = NULL, bad = NULL;

  if (skip_without_archives ())
    return;
  put (fixture, "k/one", -1, "value", -1);
  put_zeros (fixture, 1, 3000000);
  options.verifies = TRUE;
  good = new_archive (fixture, name, &options);
  g_assert_cmpint (run (good), ==, COFFER_TRANSFER_DONE);
  if (g_str_has_suffix (name, ".tar"))
    unpack (fixture, name);
  bad = new_archive (fixture, name, &options);
  spoiled = fixture->target;
  g_assert_cmpint (run (bad), ==, COFFER_TRANSFER_FAILED);
  spoiled = NULL;
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (bad))->message, ==, "What was written is not what is in the vault");
}

static CofferExport *
start_large_archive (Fixture *fixture)
{
  CofferExport *export;

  put_zeros (fixture, 3, 30000000);
  export = new_archive (fixture, "all.tar", &listing);
  coffer_transfer_start (COFFER_TRANSFER (export));
  test_wait_for (coffer_transfer_get_progress (COFFER_TRANSFER (export)).bytes > 1000000);
  return export;
}

static void
packs_on_after_a_pause (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferExport) export = NULL;

  if (skip_without_archives ())
    return;
  export = start_large_archive (fixture);
  coffer_transfer_set_paused (COFFER_TRANSFER (export), TRUE);
  test_run_for (50);
  coffer_transfer_set_paused (COFFER_TRANSFER (export), FALSE);
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_DONE);
  unpack (fixture, "all.tar");
  g_assert_cmpuint (count_whole (fixture), ==, 3);
}

static void
leaves_no_half_archive (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferExport) cancelled = NULL, failed = NULL;
  struct rlimit before, limit;

  if (skip_without_archives ())
    return;
  cancelled = start_large_archive (fixture);
  coffer_transfer_cancel (COFFER_TRANSFER (cancelled));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (cancelled)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (cancelled)), ==, COFFER_TRANSFER_CANCELLED);
  assert_takes (test_folder_list (fixture->target), "");

  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &before));
  limit = before;
  limit.rlim_cur = 50000000;   /* room for a value, and not for the archive */
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  failed = new_archive (fixture, "all.tar", &listing);
  g_assert_cmpint (run (failed), ==, COFFER_TRANSFER_FAILED);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &before));
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (failed))->message, ==, "It is too large for a file there");
  assert_takes (test_folder_list (fixture->target), "");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/export/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("keeps-every-byte-of-odd-keys", keeps_every_byte_of_odd_keys);
  ADD ("takes-headers-off-or-not", takes_headers_off_or_not);
  ADD ("finds-headers", finds_headers);
  ADD ("leaves-what-is-there", leaves_what_is_there);
  ADD ("follows-no-link", follows_no_link);
  ADD ("fails-without-a-folder", fails_without_a_folder);
  ADD ("leaves-nothing-half", leaves_nothing_half);
  ADD ("goes-on-after-a-pause", goes_on_after_a_pause);
  ADD ("hands-over-once", hands_over_once);
  ADD ("takes-all-of-a-prefix", takes_all_of_a_prefix);
  ADD ("writes-the-file-that-was-chosen", writes_the_file_that_was_chosen);
  ADD ("gives-back-the-same-vault", gives_back_the_same_vault);
  ADD ("stores-nothing-that-is-another-file", stores_nothing_that_is_another_file);
  ADD ("believes-no-lie", believes_no_lie);
  ADD ("keeps-another-list", keeps_another_list);
  ADD ("packs-the-same-vault", packs_the_same_vault);
  ADD ("finds-what-was-not-written", finds_what_was_not_written);
  g_test_add ("/export/finds-what-was-not-packed/tar", Fixture, "all.tar", set_up, finds_what_was_not_packed, tear_down);
  g_test_add ("/export/finds-what-was-not-packed/zip", Fixture, "all.zip", set_up, finds_what_was_not_packed, tear_down);
  ADD ("packs-on-after-a-pause", packs_on_after_a_pause);
  ADD ("leaves-no-half-archive", leaves_no_half_archive);

  return g_test_run ();
}
