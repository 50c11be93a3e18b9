/* SPDX-License-Identifier: MIT */
/* Values on their way into an archive, and out of it again: whole or not at all, and nothing that is damaged. */
#include "exporting.h"

#include "coffer-deletion.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

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
  test_put_odd_keys (fixture);
  test_make_file (fixture, "all.tar", "theirs");
  export = new_archive (fixture, "all.tar", &test_listing);
  g_assert_cmpint (test_run_export (export), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (export), "");
  test_assert_takes (test_folder_list (fixture->target), "all.tar");
  unpack (fixture, "all.tar");
  plan = test_plan_target (fixture);
  again = test_open (path);
  test_edit (again);
  g_object_unref (test_import_target (again, plan));
  test_close (again);
  g_assert_cmpint (test_count_differences (fixture->path, path), ==, 0);
}

/* It has no name then. */
static void
finds_what_was_not_packed (Fixture       *fixture,
                           gconstpointer  name)
{
  CofferExportOptions options = test_listing;
  g_autoptr(CofferExport) good = NULL, bad = NULL;

  if (skip_without_archives ())
    return;
  test_put_row (fixture, "k/one", -1, "value", -1);
  test_put_zeros (fixture, 1, 3000000);
  options.verifies = TRUE;
  good = new_archive (fixture, name, &options);
  g_assert_cmpint (test_run_export (good), ==, COFFER_TRANSFER_DONE);
  if (g_str_has_suffix (name, ".tar"))
    unpack (fixture, name);
  bad = new_archive (fixture, name, &options);
  test_spoil (fixture->target);
  g_assert_cmpint (test_run_export (bad), ==, COFFER_TRANSFER_FAILED);
  test_spoil (NULL);
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (bad))->message, ==, "What was written is not what is in the vault");
}

/* It stays in the middle of a value until test_stall (NULL). */
static CofferExport *
start_large_archive (Fixture *fixture)
{
  CofferExport *export;

  test_put_zeros (fixture, 3, 30000000);
  export = new_archive (fixture, "all.tar", &test_listing);
  test_stall (fixture->target);
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
  test_stall (NULL);
  test_run_for (50);
  coffer_transfer_set_paused (COFFER_TRANSFER (export), FALSE);
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (export)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (export)), ==, COFFER_TRANSFER_DONE);
  unpack (fixture, "all.tar");
  g_assert_cmpuint (test_count_whole (fixture), ==, 3);
}

static void
leaves_no_half_archive (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferExport) cancelled = NULL, failed = NULL;

  if (skip_without_archives ())
    return;
  cancelled = start_large_archive (fixture);
  coffer_transfer_cancel (COFFER_TRANSFER (cancelled));
  test_stall (NULL);
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (cancelled)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (cancelled)), ==, COFFER_TRANSFER_CANCELLED);
  test_assert_takes (test_folder_list (fixture->target), "");

  test_limit_files (50000000);   /* room for a value, and not for the archive */
  failed = new_archive (fixture, "all.tar", &test_listing);
  g_assert_cmpint (test_run_export (failed), ==, COFFER_TRANSFER_FAILED);
  test_limit_files (G_MAXUINT64);
  g_assert_cmpstr (coffer_transfer_get_error (COFFER_TRANSFER (failed))->message, ==, "It is too large for a file there");
  test_assert_takes (test_folder_list (fixture->target), "");
}

/* Archives that are taken apart again */

static CofferImportPlan *
plan_archive (Fixture    *fixture,
              const char *name)
{
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferImportPlan *plan;

  coffer_import_plan_new_archive_async (file, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  plan = coffer_import_plan_new_finish (result, &error);
  g_assert_no_error (error);
  return plan;
}

/* Whether it is offered to take apart what somebody wants to add, and whether that is done unasked. */
static void
assert_offers (Fixture    *fixture,
               const char *name,
               gboolean    offers,
               gboolean    restores)
{
  g_autofree char *path = g_build_filename (fixture->target, name, NULL);
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(GFile) archive = NULL;
  gboolean found;

  g_ptr_array_add (files, g_file_new_for_path (path));
  coffer_import_plan_new_async (files, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  plan = coffer_import_plan_new_finish (result, NULL);
  archive = coffer_import_plan_dup_archive (plan, &found);
  g_assert_cmpint (archive != NULL, ==, offers);
  g_assert_cmpint (found, ==, restores);
  g_assert_cmpuint (coffer_import_plan_get_counts (plan).n_files, ==, 1);
}

static gssize
take_back (CofferImport *import)
{
  g_autoptr(GAsyncResult) result = NULL, written = NULL;
  g_autoptr(GError) error = NULL;
  gssize n;

  coffer_vault_take_back_async (coffer_import_get_vault (import), coffer_import_get_additions (import), NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  n = coffer_vault_take_back_finish (coffer_import_get_vault (import), result, &error);
  g_assert_no_error (error);
  coffer_vault_write_deletions_async (coffer_import_get_vault (import), NULL, NULL, test_store_result, &written);
  test_wait_for (written != NULL);
  g_assert_true (coffer_vault_write_deletions_finish (coffer_import_get_vault (import), written, NULL, &error));
  return n;
}

static void
pack (Fixture                   *fixture,
      const char                *name,
      const CofferExportOptions *options)
{
  g_autoptr(CofferExport) export = new_archive (fixture, name, options);

  g_assert_cmpint (test_run_export (export), ==, COFFER_TRANSFER_DONE);
}

/* What is there is the same, headers and all; taking back reads the archive once more. */
static void
unpacks_the_same_vault (Fixture       *fixture,
                        gconstpointer  name)
{
  g_autofree char *path = test_make_vault (fixture->folder, "again.db", 0);
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferImport) import = NULL, same = NULL;
  CofferVault *again;

  if (skip_without_archives ())
    return;
  test_put_odd_keys (fixture);
  pack (fixture, name, &test_listing);
  assert_offers (fixture, name, TRUE, TRUE);
  plan = plan_archive (fixture, name);
  g_assert_true (coffer_import_plan_get_restores (plan));
  test_assert_takes (test_describe_problems (plan), "");
  again = test_open (path);
  test_edit (again);
  import = test_import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 17);
  g_assert_cmpint (test_count_differences (fixture->path, path), ==, 0);
  same = test_import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_identical (same), ==, 17);
  g_assert_cmpint (take_back (import), ==, 17);
  g_assert_cmpint (test_count_differences (fixture->path, path), ==, 17);
  g_clear_object (&import);
  g_clear_object (&same);
  test_close (again);
}

static void
run_tar (Fixture    *fixture,
         const char *words)
{
  g_autofree char *line = g_strconcat ("tar -cf all.tar ", words, NULL);
  g_auto(GStrv) argv = NULL;
  g_autoptr(GError) error = NULL;
  int status;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  g_spawn_sync (fixture->target, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

/* As another program packed them, without a list. */
static void
unpacks_files_alone (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "again.db", 0);
  g_autofree char *link = g_build_filename (fixture->target, "link", NULL), *folder = g_build_filename (fixture->target, "sub", NULL);
  g_autofree char *expected = g_strdup_printf ("%s/all.tar/link: It is a link, which is not followed", fixture->target);
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferImport) import = NULL;
  CofferVault *again;

  if (skip_without_archives ())
    return;
  test_make_file (fixture, "a", "A");
  test_make_file (fixture, "cafe\xcc\x81", "not composed");
  g_assert_no_errno (g_mkdir (folder, 0700));
  test_make_file (fixture, "sub/b", "B");
  g_assert_no_errno (symlink ("/etc/passwd", link));
  run_tar (fixture, "a sub link cafe\xcc\x81");
  assert_offers (fixture, "all.tar", TRUE, FALSE);
  assert_offers (fixture, "a", FALSE, FALSE);
  plan = plan_archive (fixture, "all.tar");
  g_assert_cmpstr (coffer_import_plan_get_folder (plan), ==, "all");
  g_assert_cmpuint (coffer_import_plan_get_counts (plan).n_folders, ==, 1);
  g_assert_cmpuint (coffer_import_plan_get_counts (plan).n_files, ==, 3);
  test_assert_takes (test_describe_problems (plan), expected);
  again = test_open (path);
  test_edit (again);
  import = test_import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 3);
  g_clear_object (&import);
  test_close (again);
  test_put_row (fixture, "a", -1, "A", -1);
  test_put_row (fixture, "cafe\xcc\x81", -1, "not composed", -1);
  test_put_row (fixture, "sub/b", -1, "B", -1);
  g_assert_cmpint (test_count_differences (fixture->path, path), ==, 3);   /* those of the fixture */
}

static void
leaves_out_what_is_damaged (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "again.db", 0), *archive = g_build_filename (fixture->target, "all.zip", NULL);
  g_autofree char *content = NULL;
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferImport) import = NULL, changed = NULL;
  CofferVault *again;
  gsize size;

  if (skip_without_archives ())
    return;
  test_put_row (fixture, "one", -1, "the first value", -1);
  test_put_row (fixture, "two", -1, "the second value", -1);
  pack (fixture, "all.zip", &test_plain);
  g_assert_true (g_file_get_contents (archive, &content, &size, NULL));
  ((char *) memmem (content, size, "first value", 11))[2] ^= 1;
  g_assert_true (g_file_set_contents (archive, content, size, NULL));
  plan = plan_archive (fixture, "all.zip");
  g_assert_false (coffer_import_plan_get_restores (plan));
  again = test_open (path);
  test_edit (again);
  import = test_import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 4);
  g_assert_cmpuint (coffer_transfer_get_skips (COFFER_TRANSFER (import))->len, ==, 1);
  g_assert_cmpstr (((CofferTransferSkip *) coffer_transfer_get_skips (COFFER_TRANSFER (import))->pdata[0])->reason, ==, "It is damaged");

  test_make_file (fixture, "other", "1");
  run_tar (fixture, "other");
  g_clear_object (&plan);
  plan = plan_archive (fixture, "all.tar");
  test_make_file (fixture, "another", "2");
  run_tar (fixture, "another");
  changed = test_import_target (again, plan);
  g_assert_cmpuint (coffer_import_get_n_added (changed), ==, 0);
  g_assert_cmpstr (((CofferTransferSkip *) coffer_transfer_get_skips (COFFER_TRANSFER (changed))->pdata[0])->reason, ==,
                   "The archive has changed");
  g_clear_object (&import);
  g_clear_object (&changed);
  test_close (again);
}

/* What is in a damaged one can be told by what is before the damage. */
static void
tells_what_is_cut_off (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autofree char *archive = g_build_filename (fixture->target, "all.tar", NULL);
  g_autofree char *expected = g_strdup_printf ("%s: It is damaged: what may come after “b” is missing", archive);
  g_autoptr(CofferImportPlan) plan = NULL;

  if (skip_without_archives ())
    return;
  test_make_file (fixture, "a", "A");
  test_make_file (fixture, "b", "B");
  test_make_file (fixture, "c", "C");
  run_tar (fixture, "a b c");
  g_assert_no_errno (truncate (archive, 4 * 512 + 100));
  plan = plan_archive (fixture, "all.tar");
  g_assert_cmpuint (coffer_import_plan_get_counts (plan).n_files, ==, 2);
  test_assert_takes (test_describe_problems (plan), expected);
}

static void
unpacks_whole_values_when_cancelled (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "again.db", 0);
  g_autoptr(GBytes) prefix = g_bytes_new (NULL, 0);
  CofferImportRule rule = { prefix, TRUE, '/', TRUE };
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(CofferImport) import = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  CofferVault *again;
  guint n;

  if (skip_without_archives ())
    return;
  test_put_zeros (fixture, 6, 30000000);
  pack (fixture, "all.tar.zst", &test_listing);
  plan = plan_archive (fixture, "all.tar.zst");
  again = test_open (path);
  test_edit (again);
  coffer_import_plan_apply_async (plan, again, &rule, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  additions = coffer_import_plan_apply_finish (plan, result, NULL);
  g_clear_object (&result);
  import = coffer_import_new (again, additions, COFFER_CONFLICT_SKIP);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_for (coffer_additions_has_begun (additions));
  coffer_transfer_cancel (COFFER_TRANSFER (import));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (import)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_CANCELLED);
  n = coffer_import_get_n_added (import);
  g_assert_cmpuint (n, <, 9);
  g_assert_cmpuint (coffer_additions_count (additions, COFFER_ADDITION_WAITING), ==, 9 - n);
  g_assert_cmpint (test_count_differences (path, fixture->path), ==, 9 - n);
  g_assert_cmpint (take_back (import), ==, n);
  g_assert_cmpint (test_count_differences (path, fixture->path), ==, 9);
  g_clear_object (&import);
  test_close (again);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_EXPORT_ADD ("packs-the-same-vault", packs_the_same_vault);
  g_test_add ("/export/finds-what-was-not-packed/tar", Fixture, "all.tar", test_export_set_up, finds_what_was_not_packed, test_export_tear_down);
  g_test_add ("/export/finds-what-was-not-packed/zip", Fixture, "all.zip", test_export_set_up, finds_what_was_not_packed, test_export_tear_down);
  TEST_EXPORT_ADD ("packs-on-after-a-pause", packs_on_after_a_pause);
  g_test_add ("/export/unpacks-the-same-vault/zip", Fixture, "all.zip", test_export_set_up, unpacks_the_same_vault, test_export_tear_down);
  g_test_add ("/export/unpacks-the-same-vault/tar", Fixture, "all.tar", test_export_set_up, unpacks_the_same_vault, test_export_tear_down);
  g_test_add ("/export/unpacks-the-same-vault/zst", Fixture, "all.tar.zst", test_export_set_up, unpacks_the_same_vault, test_export_tear_down);
  TEST_EXPORT_ADD ("unpacks-files-alone", unpacks_files_alone);
  TEST_EXPORT_ADD ("leaves-out-what-is-damaged", leaves_out_what_is_damaged);
  TEST_EXPORT_ADD ("tells-what-is-cut-off", tells_what_is_cut_off);
  TEST_EXPORT_ADD ("unpacks-whole-values-when-cancelled", unpacks_whole_values_when_cancelled);
  TEST_EXPORT_ADD ("leaves-no-half-archive", leaves_no_half_archive);

  return g_test_run ();
}
