/* SPDX-License-Identifier: MIT */
/* Values on their way to files: every byte of them, under safe names, in the folder and nowhere else, whole or not at all. */
#include "exporting.h"

#include "coffer-bundle-files.h"
#include "coffer-export-headers.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <kvault.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

      test_put_row (fixture, odd_keys[i].key, odd_keys[i].size, value, -1);
    }
  test_put_row (fixture, long_key, -1, "value of a long one", -1);
  export = test_new_export (fixture, NULL, &test_plain);
  g_assert_cmpint (test_run_export (export), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (export), "");
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
  test_assert_takes (test_folder_list (fixture->folder), "target v.db");
}

#define JPEG "\xff\xd8\xff\xe0\0\x10JFIF"

static void
takes_headers_off_or_not (Fixture       *fixture,
                          gconstpointer  data)
{
  static const char header[] = "\x89K\x01\0\0\0\0\0VK";
  g_autoptr(CofferExport) without = NULL, with = NULL;
  CofferExportOptions all = test_plain;
  g_autofree char *stored = g_malloc (10 + sizeof JPEG);
  g_autofree char *path = NULL, *content = NULL;
  gsize size;

  memcpy (stored, header, 10);
  memcpy (stored + 10, JPEG, sizeof JPEG);
  test_put_row (fixture, "p/pic", -1, stored, 10 + sizeof JPEG);
  test_put_row (fixture, "p/bare", -1, JPEG, sizeof JPEG);
  test_put_row (fixture, "p/named.dat", -1, JPEG, sizeof JPEG);
  without = test_new_export (fixture, "p/", &test_plain);
  g_assert_cmpint (test_run_export (without), ==, COFFER_TRANSFER_DONE);
  path = g_build_filename (fixture->target, "p", NULL);
  test_assert_takes (test_folder_list (path), "bare.jpg named.dat pic.jpg");
  g_clear_pointer (&path, g_free);
  path = g_build_filename (fixture->target, "p/pic.jpg", NULL);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  g_assert_cmpmem (content, size, JPEG, sizeof JPEG);
  g_clear_pointer (&content, g_free);
  g_clear_pointer (&path, g_free);

  all.headers = TRUE;
  all.endings = FALSE;
  with = test_new_export (fixture, "p/", &all);
  g_assert_cmpint (test_run_export (with), ==, COFFER_TRANSFER_DONE);
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

  test_put_row (fixture, "json", -1, "\x89\x4b\x01\x03\0\0\0\0\x56\x4b{}", 12);
  test_put_row (fixture, "raw", -1, "\x89\x4b raw after all", -1);
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
  CofferExportOptions options = test_plain;

  test_put_row (fixture, "k.txt", -1, "mine", -1);
  test_make_file (fixture, "k.txt", "theirs");
  numbered = test_new_export (fixture, "k", &options);
  g_assert_cmpint (test_run_export (numbered), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_read_file (fixture, "k.txt"), "theirs");
  test_assert_takes (test_read_file (fixture, "k (2).txt"), "mine");

  options.existing = COFFER_EXPORT_SKIP;
  skipped = test_new_export (fixture, "k", &options);
  g_assert_cmpint (test_run_export (skipped), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_read_file (fixture, "k.txt"), "theirs");
  test_assert_takes (test_describe_skips (skipped), "k.txt: A file is there already");
  g_assert_cmpuint (coffer_export_get_n_files (skipped), ==, 0);

  options.existing = COFFER_EXPORT_REPLACE;
  replaced = test_new_export (fixture, "k", &options);
  g_assert_cmpint (test_run_export (replaced), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_read_file (fixture, "k.txt"), "mine");
  test_assert_takes (test_folder_list (fixture->target), "k (2).txt k.txt");
}

static void
follows_no_link (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autofree char *link = g_build_filename (fixture->target, "a", NULL), *elsewhere = g_build_filename (fixture->folder, "elsewhere", NULL);
  g_autoptr(CofferExport) export = NULL;

  test_put_row (fixture, "a/b.txt", -1, "b", -1);
  test_put_row (fixture, "ab.txt", -1, "ab", -1);
  g_assert_no_errno (g_mkdir (elsewhere, 0700));
  g_assert_no_errno (symlink ("../elsewhere", link));
  export = test_new_export (fixture, "a", &test_plain);
  g_assert_cmpint (test_run_export (export), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (export), "a/b.txt: A link or a file is in the place of its folder");
  test_assert_takes (test_read_file (fixture, "ab.txt"), "ab");
  test_assert_takes (test_folder_list (elsewhere), "");
}

static void
fails_without_a_folder (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferExport) gone = NULL, locked = NULL;

  g_assert_no_errno (g_rmdir (fixture->target));
  g_free (fixture->target);
  fixture->target = g_build_filename (fixture->folder, "gone", "target", NULL);
  gone = test_new_export (fixture, NULL, &test_plain);
  g_assert_cmpint (test_run_export (gone), ==, COFFER_TRANSFER_FAILED);
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (gone))->message, ==, "The folder is gone");

  if (geteuid () == 0)   /* who may write everywhere */
    return;
  g_free (fixture->target);
  fixture->target = g_build_filename (fixture->folder, "locked", NULL);
  g_assert_no_errno (g_mkdir (fixture->target, 0500));
  locked = test_new_export (fixture, NULL, &test_plain);
  g_assert_cmpint (test_run_export (locked), ==, COFFER_TRANSFER_FAILED);
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (locked))->message, ==, "The folder cannot be written");
}

/* Begin one of some size, and wait until it is in the middle of a value. There it stays until test_stall (NULL). */
static CofferExport *
start_large (Fixture *fixture)
{
  CofferExport *export;

  test_put_zeros (fixture, 3, 30000000);
  export = test_new_export (fixture, "zero/", &test_plain);
  test_stall (fixture->target);
  coffer_transfer_start (COFFER_TRANSFER (export));
  test_wait_for (coffer_transfer_get_progress (COFFER_TRANSFER (export)).bytes > 0);
  return export;
}

static void
leaves_nothing_half (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(CofferExport) export = start_large (fixture);

  coffer_transfer_cancel (COFFER_TRANSFER (export));
  test_stall (NULL);
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_CANCELLED);
  g_assert_cmpuint (test_count_whole (fixture), ==, coffer_export_get_n_files (export));
  g_assert_cmpuint (test_count_whole (fixture), <, 3);
}

static void
goes_on_after_a_pause (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferExport) export = start_large (fixture);

  coffer_transfer_set_paused (COFFER_TRANSFER (export), TRUE);
  test_stall (NULL);
  test_run_for (50);
  coffer_transfer_set_paused (COFFER_TRANSFER (export), FALSE);
  test_hold (fixture->vault);   /* what only looks is stopped at once, and runs again */
  coffer_vault_resume (fixture->vault);
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (test_count_whole (fixture), ==, 3);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (export)).bytes, ==, 90000000);
}

static void
takes_all_of_a_prefix (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferExport) export = NULL;

  test_put_zeros (fixture, 2100, 1);
  export = test_new_export (fixture, "zero/", &test_plain);
  g_assert_cmpint (test_run_export (export), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_export_get_n_files (export), ==, 2100);
  test_assert_takes (test_folder_list (fixture->target), "zero");
}

static void
writes_the_file_that_was_chosen (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000001"), no_key = test_key ("nobody");
  g_autofree char *path = g_build_filename (fixture->target, "chosen", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path), vault = g_file_new_for_path (fixture->path);
  g_autoptr(CofferExport) good = NULL, bad = NULL, missing = NULL;

  test_make_file (fixture, "chosen", "theirs");
  fixture->vault = test_open (fixture->path);
  good = coffer_export_new_file (fixture->vault, key, file, &test_plain);
  g_assert_cmpint (test_run_export (good), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_read_file (fixture, "chosen"), "1");

  missing = coffer_export_new_file (fixture->vault, no_key, file, &test_plain);
  g_assert_cmpint (test_run_export (missing), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (missing), "nobody: Deleted or renamed meanwhile");
  test_assert_takes (test_read_file (fixture, "chosen"), "1");

  bad = coffer_export_new_file (fixture->vault, key, vault, &test_plain);
  g_assert_cmpint (test_run_export (bad), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (bad), "user:0000000001: It would replace a vault that is open here");
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

  test_put_row (fixture, "a/b/one", -1, "\x89PNG\r\n\x1a\n", -1);
  test_put_row (fixture, "a/b", -1, "beside it", -1);
  test_put_row (fixture, "a/../two.txt", -1, "2", -1);
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

/* Of keys with spaces between, which need not be there. */
static CofferBundleFiles *
new_files (Fixture         *fixture,
           CofferTransfers *transfers,
           const char      *names)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_auto(GStrv) split = g_strsplit (names, " ", -1);
  g_autoptr(CofferBundle) bundle = NULL;

  if (fixture->vault == NULL)
    fixture->vault = test_open (fixture->path);
  for (guint i = 0; split[i] != NULL; i++)
    g_ptr_array_add (keys, test_key (split[i]));
  bundle = coffer_bundle_new_keys (fixture->vault, keys);
  return coffer_bundle_files_new (bundle, transfers);
}

static void
left_out_cb (CofferBundleFiles *files,
             CofferExport      *export,
             GString           *told)
{
  g_autofree char *skips = test_describe_skips (export);

  g_string_append_printf (told, "%s|", skips);
}

static char *
list_names (GSList *list)
{
  GString *names = g_string_new (NULL);

  for (GSList *l = list; l != NULL; l = l->next)
    {
      g_autofree char *name = g_file_get_basename (l->data);

      g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "", name);
    }
  return g_string_free (names, FALSE);
}

/* How writing fails, which it must. */
static GError *
fail_to_write (CofferBundleFiles *files)
{
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;

  coffer_bundle_files_write_async (files, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_null (coffer_bundle_files_write_finish (files, result, &error));
  return error;
}

static void
tells_what_is_not_handed_over (Fixture       *fixture,
                               gconstpointer  data)
{
  const char *gone = "a/gone: Deleted or renamed meanwhile; b/gone: Deleted or renamed meanwhile|";
  g_autofree char *twice = g_strconcat (gone, gone, NULL);
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autoptr(CofferBundleFiles) files = NULL;
  g_autoptr(GString) told = g_string_new (NULL);

  test_put_row (fixture, "a/one", -1, "1", -1);
  test_put_row (fixture, "c.txt", -1, "c", -1);
  files = new_files (fixture, transfers, "a/gone a/one b/gone c.txt");
  g_signal_connect (files, "left-out", G_CALLBACK (left_out_cb), told);
  test_assert_takes (list_names (get_files (files, coffer_bundle_files_name_async, coffer_bundle_files_name_finish)), "a b c.txt");
  test_assert_takes (list_names (get_files (files, coffer_bundle_files_write_async, coffer_bundle_files_write_finish)), "a c.txt");
  g_assert_cmpstr (told->str, ==, gone);
  test_assert_takes (list_names (get_files (files, coffer_bundle_files_write_async, coffer_bundle_files_write_finish)), "a c.txt");
  g_assert_true (g_str_has_prefix (told->str, twice));
}

/* Linked in the place of kvault_open(), see meson.build. */
static gboolean hurries;

int __real_kvault_open (const char *path, const kvault_options *options, kvault **vault, kvault_error *error);
int __wrap_kvault_open (const char *path, const kvault_options *options, kvault **vault, kvault_error *error);

int
__wrap_kvault_open (const char           *path,
                    const kvault_options *options,
                    kvault              **vault,
                    kvault_error         *error)
{
  kvault_options hasty = *options;

  if (hurries)
    hasty.busy_timeout_ms = 200;
  return __real_kvault_open (path, &hasty, vault, error);
}

static gboolean
waits_for_another (CofferTransfers *transfers)
{
  g_autoptr(CofferTransfer) transfer = g_list_model_get_item (G_LIST_MODEL (transfers), 0);
  const char *what = transfer != NULL ? coffer_transfer_get_waits_for (transfer) : NULL;

  return what != NULL && strstr (what, "another program") != NULL;
}

/* Another program keeps the value from being read for longer than one try takes: it is waited for, not taken for one without an ending. */
static void
names_wait_for_another_program (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autoptr(CofferBundleFiles) files = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL;
  sqlite3 *db;
  GSList *list;

  hurries = TRUE;   /* a try is over after 0.2 seconds, not 5 */
  test_put_row (fixture, "one", -1, "\x89PNG\r\n\x1a\n", -1);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL), ==, SQLITE_OK);
  files = new_files (fixture, transfers, "one");
  test_assert_takes (list_names (get_files (files, coffer_bundle_files_name_async, coffer_bundle_files_name_finish)), "one.png");
  g_object_unref (files);
  files = new_files (fixture, transfers, "one");   /* whose lane has the file open now */
  g_assert_cmpint (sqlite3_exec (db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_bundle_files_name_async (files, test_store_result, &result);
  test_wait_for (result != NULL || waits_for_another (transfers));
  g_assert_null (result);
  g_assert_cmpint (sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  test_wait_for (result != NULL);
  list = coffer_bundle_files_name_finish (files, result, &error);
  g_assert_no_error (error);
  name = list_names (list);
  g_assert_cmpstr (name, ==, "one.png");
  hurries = FALSE;
}

static void
hands_over_what_comes_later (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autoptr(CofferBundleFiles) files = new_files (fixture, transfers, "gone.txt");
  g_autoptr(GString) told = g_string_new (NULL);
  g_autofree char *path = NULL, *content = NULL;
  g_autoptr(GError) error = NULL;
  GSList *list = get_files (files, coffer_bundle_files_name_async, coffer_bundle_files_name_finish);
  g_autoptr(GFile) folder = g_file_get_parent (list->data);

  g_signal_connect (files, "left-out", G_CALLBACK (left_out_cb), told);
  error = fail_to_write (files);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED);
  g_assert_cmpstr (told->str, ==, "gone.txt: Deleted or renamed meanwhile|");
  test_wait_for (!g_file_query_exists (folder, NULL));
  g_assert_true (coffer_bundle_files_is_promised (files));

  test_put_row (fixture, "gone.txt", -1, "back", -1);
  list = get_files (files, coffer_bundle_files_write_async, coffer_bundle_files_write_finish);
  g_assert_true (g_file_get_contents (g_file_peek_path (list->data), &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "back");
  g_assert_cmpstr (told->str, ==, "gone.txt: Deleted or renamed meanwhile|");
}

/* Cancelled in the middle of a value. */
static void
hands_over_after_a_cancel (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autoptr(CofferBundleFiles) files = NULL;
  g_autoptr(GAsyncResult) one = NULL, two = NULL;
  g_autoptr(GError) error = NULL, likewise = NULL;
  g_autoptr(GFile) folder = NULL;
  g_autoptr(GFileInfo) info = NULL;
  CofferTransfer *transfer;
  GSList *list;

  test_put_zeros (fixture, 2, 30000000);
  files = new_files (fixture, transfers, "zero/00001 zero/00002");
  list = get_files (files, coffer_bundle_files_name_async, coffer_bundle_files_name_finish);
  folder = g_file_get_parent (list->data);
  test_stall (g_file_peek_path (folder));
  coffer_bundle_files_write_async (files, test_store_result, &one);
  coffer_bundle_files_write_async (files, test_store_result, &two);
  test_wait_for ((transfer = coffer_bundle_files_get_transfer (files)) != NULL && coffer_transfer_get_progress (transfer).bytes > 0);
  coffer_transfer_cancel (transfer);
  test_stall (NULL);
  test_wait_for (one != NULL && two != NULL);
  g_assert_null (coffer_bundle_files_write_finish (files, one, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (coffer_bundle_files_write_finish (files, two, &likewise));
  g_assert_error (likewise, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (coffer_bundle_files_get_transfer (files));
  test_wait_for (!g_file_query_exists (folder, NULL));

  list = get_files (files, coffer_bundle_files_write_async, coffer_bundle_files_write_finish);
  g_assert_cmpuint (g_slist_length (list), ==, 2);
  info = g_file_query_info (list->next->data, G_FILE_ATTRIBUTE_STANDARD_SIZE, 0, NULL, NULL);
  g_assert_nonnull (info);
  g_assert_cmpint (g_file_info_get_size (info), ==, 30000000);
}

/* Who is told of the failure may ask again there and then. */
static void
ask_again_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      again)
{
  GError *error = NULL;

  coffer_bundle_files_write_finish (COFFER_BUNDLE_FILES (source), result, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  coffer_bundle_files_write_async (COFFER_BUNDLE_FILES (source), test_store_result, again);
}

static void
hands_over_to_who_asks_at_once (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autoptr(CofferBundleFiles) files = NULL;
  g_autoptr(GAsyncResult) again = NULL;
  g_autoptr(GError) error = NULL;
  CofferTransfer *transfer;
  GSList *list;

  test_put_row (fixture, "k.txt", -1, "k", -1);
  files = new_files (fixture, transfers, "k.txt");
  get_files (files, coffer_bundle_files_name_async, coffer_bundle_files_name_finish);
  test_hold (fixture->vault);   /* so that it does not end before it is cancelled */
  coffer_bundle_files_write_async (files, ask_again_cb, &again);
  test_wait_for ((transfer = coffer_bundle_files_get_transfer (files)) != NULL);
  coffer_transfer_cancel (transfer);
  coffer_vault_resume (fixture->vault);
  test_wait_for (again != NULL);
  list = coffer_bundle_files_write_finish (files, again, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_query_exists (list->data, NULL));
}

static void
finds_what_was_not_written (Fixture       *fixture,
                            gconstpointer  data)
{
  CofferExportOptions options = test_plain;
  g_autoptr(CofferExport) good = NULL, bad = NULL, large = NULL;

  options.verifies = TRUE;
  test_put_row (fixture, "k/one", -1, "value", -1);
  test_put_row (fixture, "k/empty", -1, "", -1);
  test_put_zeros (fixture, 1, 3000000);
  test_spoil (fixture->target);
  bad = test_new_export (fixture, "k", &options);
  g_assert_cmpint (test_run_export (bad), ==, COFFER_TRANSFER_DONE);
  large = test_new_export (fixture, "zero", &options);
  g_assert_cmpint (test_run_export (large), ==, COFFER_TRANSFER_DONE);
  test_spoil (NULL);
  test_assert_takes (test_describe_skips (bad), "k/one: What was written is not what is in the vault");
  test_assert_takes (test_describe_skips (large), "zero/00001: What was written is not what is in the vault");
  g_assert_null (test_read_file (fixture, "k/one.txt"));
  test_assert_takes (test_read_file (fixture, "k/empty"), "");
  good = test_new_export (fixture, "k", &options);
  g_assert_cmpint (test_run_export (good), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (good), "");
  test_assert_takes (test_read_file (fixture, "k/one.txt"), "value");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_EXPORT_ADD ("keeps-every-byte-of-odd-keys", keeps_every_byte_of_odd_keys);
  TEST_EXPORT_ADD ("takes-headers-off-or-not", takes_headers_off_or_not);
  TEST_EXPORT_ADD ("finds-headers", finds_headers);
  TEST_EXPORT_ADD ("leaves-what-is-there", leaves_what_is_there);
  TEST_EXPORT_ADD ("follows-no-link", follows_no_link);
  TEST_EXPORT_ADD ("fails-without-a-folder", fails_without_a_folder);
  TEST_EXPORT_ADD ("leaves-nothing-half", leaves_nothing_half);
  TEST_EXPORT_ADD ("goes-on-after-a-pause", goes_on_after_a_pause);
  TEST_EXPORT_ADD ("hands-over-once", hands_over_once);
  TEST_EXPORT_ADD ("tells-what-is-not-handed-over", tells_what_is_not_handed_over);
  TEST_EXPORT_ADD ("names-wait-for-another-program", names_wait_for_another_program);
  TEST_EXPORT_ADD ("hands-over-what-comes-later", hands_over_what_comes_later);
  TEST_EXPORT_ADD ("hands-over-after-a-cancel", hands_over_after_a_cancel);
  TEST_EXPORT_ADD ("hands-over-to-who-asks-at-once", hands_over_to_who_asks_at_once);
  TEST_EXPORT_ADD ("takes-all-of-a-prefix", takes_all_of_a_prefix);
  TEST_EXPORT_ADD ("writes-the-file-that-was-chosen", writes_the_file_that_was_chosen);
  TEST_EXPORT_ADD ("finds-what-was-not-written", finds_what_was_not_written);

  return g_test_run ();
}
