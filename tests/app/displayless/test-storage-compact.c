/* SPDX-License-Identifier: MIT */
/* Compacting, as the window "Storage" does it: what is left, what is refused, and what is cancelled. */
#include "storing.h"

#include "coffer-deletion.h"
#include "coffer-storage-words.h"
#include "coffer-vault-private.h"
#include "coffer-vault-upkeep.h"
#include "waiting.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE 600000   /* of 100 us: a minute, and more */

static double farthest;
static guint last_step;

/* What goes on is not done: all that was foreseen may have been read by then. Nor does it go back, whatever step it is at. */
static void
look_at_fraction (CofferStorage *storage)
{
  double fraction = coffer_storage_get_fraction (storage);
  CofferStep step;

  if (coffer_storage_get_job (storage) == COFFER_STORAGE_IDLE)
    return;
  coffer_storage_get_step (storage, &step);
  g_assert_cmpfloat (fraction, <, 1);
  if (fraction >= 0)
    g_assert_cmpfloat (fraction, >=, farthest);
  farthest = MAX (farthest, fraction);
  g_assert_cmpuint (step.number, >=, last_step);
  last_step = step.number;
  if (step.number > 0)
    g_assert_cmpstr (coffer_storage_get_step_words (storage), !=, coffer_storage_get_job_words (storage));
}

static void
test_compact (Fixture       *fixture,
              gconstpointer  data)
{
  guint64 before = test_size_of (fixture->path, "");
  guint64 n_keys = test_ask_number (fixture->path, "SELECT count (*) FROM kv");
  guint64 parts[COFFER_N_PARTS];
  const CofferCompactResult *done;
  CofferSpace space;
  double seconds;

  test_wait_for_split (fixture);
  test_wait_for (coffer_storage_get_plan (fixture->storage) != NULL);
  g_assert_cmpuint (coffer_storage_get_plan (fixture->storage)->freed, >, 2900000);
  test_edit (fixture->vault);
  g_signal_connect (fixture->storage, "changed", G_CALLBACK (look_at_fraction), NULL);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_AUTO, FALSE);
  g_assert_cmpint (coffer_storage_get_job (fixture->storage), ==, COFFER_STORAGE_COMPACT);
  test_wait_for_job (fixture);
  done = coffer_storage_get_compacted (fixture->storage, &seconds, &space);
  g_assert_nonnull (done);
  g_assert_cmpuint (done->was.main_size + done->was.wal_size, ==, done->before);
  g_assert_cmpuint (done->was.free_size, >, 2900000);
  g_assert_cmpuint (done->is.main_size, ==, test_size_of (fixture->path, ""));
  g_assert_cmpuint (done->is.free_size, ==, 0);
  g_assert_cmpuint (done->was.keys, >=, n_keys);
  g_assert_cmpuint (done->is.keys, ==, done->was.keys);
  g_assert_true (done->pages_verified);
  g_assert_true (done->content_verified);
  g_assert_nonnull (coffer_storage_get_compacted_at (fixture->storage));
  g_assert_cmpuint (last_step, >, 1);
  g_assert_cmpuint (done->before, >=, before);
  g_assert_cmpuint (test_size_of (fixture->path, ""), <, before - 2900000);
  g_assert_cmpuint (test_ask_number (fixture->path, "SELECT count (*) FROM kv"), ==, n_keys);
  test_wait_for (coffer_storage_get_space (fixture->storage)->main_size < before);
  test_wait_for_split (fixture);
  test_assert_adds_up (fixture, parts);
  g_assert_cmpuint (parts[COFFER_PART_FREE], ==, 0);
}

static void
count_change (guint *n)
{
  (*n)++;
}

/* The compacted file has another inode, and is the same vault all the same: for the handle that did it, for those that open it next, and for
 * what was asked for before. */
static void
test_edit_after_swap (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(CofferUndo) history = coffer_undo_new (fixture->vault);
  guint64 n_keys = test_ask_number (fixture->path, "SELECT count (*) FROM kv");
  guint n_changes = 0;

  coffer_vault_set_table (fixture->vault, "kv");
  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GAsyncResult) early = NULL;
      g_autoptr(CofferDeletion) deletion = NULL;
      gulong handler = g_signal_connect_swapped (fixture->vault, "changed", G_CALLBACK (count_change), &n_changes);

      n_changes = 0;
      coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE);
      coffer_vault_optimize_async (fixture->vault, NULL, test_store_result, &early);
      test_wait_for_job (fixture);
      test_wait_for (early != NULL);
      g_assert_true (coffer_vault_optimize_finish (fixture->vault, early, NULL));
      g_assert_cmpuint (n_changes, ==, 1);   /* once: nothing is read anew as if it were another file */
      g_signal_handler_disconnect (fixture->vault, handler);

      if (i == 1)
        test_wait_for_split (fixture);   /* another lane has met the file first */
      test_rename_key (fixture, "user:0000000001", "moved");
      deletion = test_hide_key (fixture->vault, "moved");
      coffer_undo_push_deletion (history, deletion);
      g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 1);
      if (i == 2)
        test_wait_for_split (fixture);
      g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 1);
      test_undo (fixture->vault, history);
      coffer_vault_let_go (fixture->vault, COFFER_LANE_WRITE);
      test_rename_key (fixture, "moved", "user:0000000001");
    }
  g_assert_true (coffer_vault_get_editable (fixture->vault));
  g_assert_cmpuint (test_ask_number (fixture->path, "SELECT count (*) FROM kv"), ==, n_keys);
}

/* Cancelled before it begins, the file is what it was. */
static void
test_cancel (Fixture       *fixture,
             gconstpointer  data)
{
  guint64 before = test_size_of (fixture->path, "");
  CofferStorageJob job;
  CofferSpace space;
  double seconds;

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  test_hold (fixture->vault);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE);
  coffer_storage_cancel (fixture->storage);
  coffer_vault_resume (fixture->vault);
  test_wait_for_job (fixture);
  g_assert_error (coffer_storage_get_job_error (fixture->storage, &job), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (job, ==, COFFER_STORAGE_COMPACT);
  g_assert_null (coffer_storage_get_compacted (fixture->storage, &seconds, &space));
  g_assert_cmpuint (test_size_of (fixture->path, ""), ==, before);
}

/* As if a person did it in the moment in which it has just been done: cancelled in the "changed" of the last step, or by then. */
static void
cancel_when_smaller (Fixture *fixture,
                     guint64  size)
{
  for (guint i = 0; i < PATIENCE && test_size_of (fixture->path, "") >= size; i++)
    g_usleep (100);   /* the main loop stands still: what the lane did is not known yet */
  g_assert_cmpuint (test_size_of (fixture->path, ""), <, size);
  coffer_storage_cancel (fixture->storage);
  test_wait_for_job (fixture);
}

static void
test_cancelled_too_late (Fixture       *fixture,
                         gconstpointer  data)
{
  guint64 before = test_size_of (fixture->path, "");
  g_autofree char *path = g_build_filename (fixture->folder, "late.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  const CofferCompactResult *done;
  const char *problem;
  CofferStorageJob job;
  CofferSpace space;
  double seconds;

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE);
  cancel_when_smaller (fixture, before);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  done = coffer_storage_get_compacted (fixture->storage, &seconds, &space);
  g_assert_nonnull (done);
  g_assert_true (done->complete);
  test_wait_for_split (fixture);

  g_assert_true (coffer_storage_copy (fixture->storage, target));
  g_assert_false (coffer_storage_copy (fixture->storage, target));   /* one at a time */
  for (guint i = 0; i < PATIENCE && !g_file_test (path, G_FILE_TEST_EXISTS); i++)
    g_usleep (100);
  coffer_storage_cancel (fixture->storage);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_nonnull (coffer_storage_get_copied (fixture->storage, &problem));
}

/* While the file is written anew, no window of the program writes to it; one that comes meanwhile neither. */
static void
test_locks_others (Fixture       *fixture,
                   gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  CofferVault *late;

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  test_edit (other);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_IN_PLACE, FALSE);
  g_assert_false (coffer_vault_get_editable (fixture->vault));
  g_assert_false (coffer_vault_get_editable (other));
  g_assert_nonnull (coffer_vault_get_lock_reason (other));
  late = test_open (fixture->path);
  g_assert_true (coffer_vault_get_lock_reason (late) != NULL || coffer_storage_get_job (fixture->storage) == COFFER_STORAGE_IDLE);
  test_wait_for_job (fixture);
  g_assert_true (coffer_vault_get_editable (fixture->vault));
  g_assert_true (coffer_vault_get_editable (other));
  g_assert_null (coffer_vault_get_lock_reason (late));
  test_close (late);
  test_close (other);
}

/* A reader keeps the last step waiting, in which the log is moved: there is nothing to cancel then. */
static void
test_cannot_stop_the_end (Fixture       *fixture,
                          gconstpointer  data)
{
  const CofferCompactResult *done;
  sqlite3 *reader = NULL;
  CofferSpace space;
  CofferStep step;
  double seconds;

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  g_assert_cmpint (sqlite3_open (fixture->path, &reader), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (reader, "BEGIN; SELECT count (*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_IN_PLACE, FALSE);
  g_assert_true (coffer_storage_can_cancel (fixture->storage));
  do
    {
      g_main_context_iteration (NULL, TRUE);
      g_assert_cmpint (coffer_storage_get_job (fixture->storage), ==, COFFER_STORAGE_COMPACT);
      coffer_storage_get_step (fixture->storage, &step);
    }
  while (step.kind != COFFER_STEP_PLACE);
  g_assert_false (coffer_storage_can_cancel (fixture->storage));
  g_assert_nonnull (strstr (coffer_storage_get_step_words (fixture->storage), "cannot be stopped"));
  sqlite3_close (reader);
  test_wait_for_job (fixture);
  done = coffer_storage_get_compacted (fixture->storage, &seconds, &space);
  g_assert_nonnull (done);
  g_assert_true (done->content_verified);
}

static void
count_use (guint *n)
{
  ++*n;
}

/* What is done to the file by one window is known in all of them, by whatever name they have it open; and in one that comes later. */
static void
test_use_is_known_to_all (Fixture       *fixture,
                          gconstpointer  data)
{
  g_autofree char *name = g_build_filename (fixture->folder, "other-name.db", NULL);
  g_autofree char *path = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  CofferVault *other, *late;
  guint n = 0;

  test_wait_for_split (fixture);
  g_assert_no_errno (symlink (fixture->path, name));
  other = test_open (name);
  g_signal_connect_swapped (other, "used", G_CALLBACK (count_use), &n);
  test_edit (fixture->vault);
  coffer_storage_check (fixture->storage, FALSE);
  g_assert_cmpint (coffer_vault_get_use (other), ==, COFFER_VAULT_UNUSED);
  test_wait_for_job (fixture);

  g_assert_true (coffer_storage_copy (fixture->storage, target));
  g_assert_cmpint (coffer_vault_get_use (other), ==, COFFER_VAULT_COPIED);
  g_assert_cmpint (coffer_vault_get_use (fixture->vault), ==, COFFER_VAULT_COPIED);
  coffer_vault_begin_use (other, COFFER_VAULT_WRITTEN);   /* by both of them: the worse of it counts */
  g_assert_cmpint (coffer_vault_get_use (fixture->vault), ==, COFFER_VAULT_WRITTEN);
  coffer_vault_end_use (other, COFFER_VAULT_WRITTEN);
  test_wait_for_job (fixture);
  g_assert_cmpint (coffer_vault_get_use (other), ==, COFFER_VAULT_UNUSED);
  g_assert_cmpuint (n, ==, 4);

  coffer_storage_compact (fixture->storage, COFFER_COMPACT_STEPS, FALSE);   /* refused, when its turn comes */
  late = test_open (fixture->path);
  g_assert_cmpint (coffer_vault_get_use (other), ==, coffer_vault_get_use (late));
  g_assert_true (coffer_vault_get_use (late) == COFFER_VAULT_WRITTEN || coffer_storage_get_job (fixture->storage) == COFFER_STORAGE_IDLE);
  test_wait_for_job (fixture);
  g_assert_cmpint (coffer_vault_get_use (late), ==, COFFER_VAULT_UNUSED);
  test_close (late);
  test_close (other);
}

static void
cancel_at_first_step (CofferStorage *storage)
{
  CofferStep step;

  coffer_storage_get_step (storage, &step);
  if (coffer_storage_get_job (storage) == COFFER_STORAGE_COMPACT && step.bytes > 0)
    coffer_storage_cancel (storage);
}

/* Of steps that are done a cancel takes nothing back, and says how much it was. */
static void
test_keeps_steps (Fixture       *fixture,
                  gconstpointer  data)
{
  const CofferCompactResult *done;
  CofferStorageJob job;
  CofferSpace space;
  double seconds;
  guint64 n_pages;

  test_wait_for_split (fixture);
  test_sql (fixture->path, "PRAGMA auto_vacuum = 2; VACUUM; INSERT INTO kv VALUES (x'05', zeroblob (60000000)); INSERT INTO kv VALUES (x'06', x'07');"
                           "DELETE FROM kv WHERE key = x'05'");
  n_pages = test_ask_number (fixture->path, "PRAGMA freelist_count");
  test_edit (fixture->vault);
  g_signal_connect (fixture->storage, "changed", G_CALLBACK (cancel_at_first_step), NULL);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_STEPS, FALSE);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  done = coffer_storage_get_compacted (fixture->storage, &seconds, &space);
  g_assert_nonnull (done);
  g_assert_cmpuint (done->freed, ==,
                    (n_pages - test_ask_number (fixture->path, "PRAGMA freelist_count")) * test_ask_number (fixture->path, "PRAGMA page_size"));
  g_assert_cmpuint (done->freed, >, 0);
  g_assert_false (done->pages_verified);
  g_assert_cmpuint (done->was.free_size - done->is.free_size, ==, done->freed);   /* told of an unfinished one, too */
  if (done->complete)
    g_test_message ("it was faster than the cancel");
  else
    g_assert_true (done->cancelled);
}

static guint64
time_of_swap (CofferVault *vault,
              guint64      rate)
{
  const CofferDisk disk = { .write_rate = rate, .read_rate = rate };
  g_autoptr(CofferCompactPlans) plans = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_compact_plans_async (vault, &disk, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  plans = coffer_vault_compact_plans_finish (vault, result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (plans->ways[COFFER_COMPACT_SWAP]->duration_ms, ==, plans->ways[COFFER_COMPACT_SWAP]->duration_max_ms);
  return plans->ways[COFFER_COMPACT_SWAP]->duration_ms;
}

/* Of what is over at once nobody asks how fast the disk is. Of what is not, the time is that of this disk, and whoever only looks leaves
 * no trace of that. */
static void
test_measures_the_disk (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferVault) large = NULL;
  g_autoptr(CofferStorage) storage = NULL;
  g_autoptr(GAsyncResult) measured = NULL;
  g_autofree char *source = NULL;
  GStatBuf before, after;
  CofferDisk disk;
  gboolean can;

  test_wait_for (coffer_storage_get_plan (fixture->storage) != NULL);
  g_assert_cmpint (coffer_storage_get_disk (fixture->storage, &disk), ==, COFFER_DISK_NOT_TRIED);
  g_assert_null (coffer_storage_dup_time_source (fixture->storage));
  g_assert_cmpuint (time_of_swap (fixture->vault, 1000000), >, 10 * time_of_swap (fixture->vault, 20000000));

  test_sql (fixture->path, "INSERT INTO kv VALUES (x'05', zeroblob (90000000));"
                           "INSERT INTO kv VALUES (x'06', zeroblob (5000000)); DELETE FROM kv WHERE key = x'06'; PRAGMA wal_checkpoint (TRUNCATE)");
  g_assert_no_errno (g_stat (fixture->folder, &before));
  storage = coffer_storage_new (fixture->vault);
  test_wait_for (coffer_storage_get_disk (storage, &disk) > COFFER_DISK_BEING_MEASURED);
  coffer_disk_measure_async (coffer_vault_get_file (fixture->vault), NULL, test_store_result, &measured);
  test_wait_for (measured != NULL);
  can = coffer_disk_measure_finish (measured, &disk);
  g_assert_cmpint (coffer_storage_get_disk (storage, &disk), ==, can ? COFFER_DISK_MEASURED : COFFER_DISK_UNKNOWN);
  source = coffer_storage_dup_time_source (storage);
  g_assert_nonnull (source);
  test_wait_for ((coffer_storage_get_plan (storage)->duration_ms == coffer_storage_get_plan (storage)->duration_max_ms) == can);
  g_assert_no_errno (g_stat (fixture->folder, &after));
  g_assert_cmpint (before.st_mtim.tv_sec, ==, after.st_mtim.tv_sec);
  g_assert_cmpint (before.st_mtim.tv_nsec, ==, after.st_mtim.tv_nsec);
}

/* A file of two names cannot be swapped. What is left is told with its own numbers. */
static void
test_plans_what_is_left (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *other = g_build_filename (fixture->folder, "other-name", NULL);
  g_autoptr(CofferCompactPlans) plans = NULL;
  const CofferCompactPlan *plan;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_no_errno (link (fixture->path, other));
  coffer_vault_compact_plans_async (fixture->vault, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  plans = coffer_vault_compact_plans_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  plan = plans->ways[COFFER_COMPACT_AUTO];
  g_assert_true (plan->possible);
  g_assert_cmpint (plan->way, ==, COFFER_COMPACT_IN_PLACE);
  g_assert_true (plan->keeps_old);   /* there is room for it to come back */
  g_assert_cmpuint (plan->disk_free, >, plan->disk_needed);
  g_assert_cmpuint (plan->disk_needed + plan->temporary_needed, ==, 2 * plan->live);   /* whichever disks they are of */
  g_assert_cmpstr (plan->reason, ==, "The file has more than one name (hard links), and a new file could have only one of them");
  g_assert_no_errno (g_unlink (other));
}

/* Somebody has the file open, so that no new one may take its place. */
static void
test_refused (Fixture       *fixture,
              gconstpointer  data)
{
  guint64 before = test_size_of (fixture->path, "");
  CofferStorageJob job;
  sqlite3 *db = NULL;

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "SELECT count (*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE);
  test_wait_for_job (fixture);
  g_assert_nonnull (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_cmpuint (test_size_of (fixture->path, ""), ==, before);
  g_assert_cmpint (sqlite3_exec (db, "INSERT INTO kv VALUES (x'03', x'04')", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  g_assert_cmpuint (test_ask_number (fixture->path, "SELECT count (*) FROM kv WHERE key = x'03'"), ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_STORAGE_ADD ("compacts", test_compact);
  TEST_STORAGE_ADD ("edits-after-compacting", test_edit_after_swap);
  TEST_STORAGE_ADD ("compacting-can-be-cancelled", test_cancel);
  TEST_STORAGE_ADD ("compacting-beside-another-is-refused", test_refused);
  TEST_STORAGE_ADD ("cancelled-too-late-is-done", test_cancelled_too_late);
  TEST_STORAGE_ADD ("lets-nobody-write-meanwhile", test_locks_others);
  TEST_STORAGE_ADD ("cannot-stop-the-end", test_cannot_stop_the_end);
  TEST_STORAGE_ADD ("use-is-known-to-all", test_use_is_known_to_all);
  TEST_STORAGE_ADD ("keeps-finished-steps", test_keeps_steps);
  TEST_STORAGE_ADD ("measures-the-disk", test_measures_the_disk);
  TEST_STORAGE_ADD ("plans-what-is-left", test_plans_what_is_left);

  return g_test_run ();
}
