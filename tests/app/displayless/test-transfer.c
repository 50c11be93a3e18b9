/* SPDX-License-Identifier: MIT */
/* What else goes in runs: taking back, moves, changes, undoing; and how those of one vault wait for each other. */
#include "importing.h"

#include "coffer-change.h"
#include "coffer-take-back.h"
#include "coffer-transfers.h"
#include "coffer-undoing.h"
#include "waiting.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static CofferTakeBack *
start_taking_back (Fixture      *fixture,
                   CofferImport *import)
{
  CofferTakeBack *take_back = coffer_take_back_new (fixture->vault, coffer_import_get_additions (import));

  coffer_transfer_start (COFFER_TRANSFER (take_back));
  return take_back;
}

static void
assert_ends (CofferTakeBack      *take_back,
             CofferTransferState  state,
             guint                n)
{
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (take_back)));
  g_assert_no_error (coffer_transfer_get_error (COFFER_TRANSFER (take_back)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (take_back)), ==, state);
  g_assert_cmpuint (coffer_take_back_get_n (take_back), ==, n);
}

/* Of more than go in one transaction. */
static void
takes_back_as_a_transfer (Fixture       *fixture,
                          gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;
  g_autoptr(CofferTakeBack) take_back = NULL;
  CofferTransferProgress progress;

  test_make_many_files (fixture, 1200, 1000);
  import = test_run_import (fixture, COFFER_CONFLICT_SKIP);
  take_back = start_taking_back (fixture, import);
  g_assert_cmpstr (coffer_transfer_get_title (COFFER_TRANSFER (take_back)), ==, "Taking back 1200 keys");
  coffer_transfer_set_paused (COFFER_TRANSFER (take_back), TRUE);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (take_back)), ==, COFFER_TRANSFER_PAUSED);
  coffer_transfer_set_paused (COFFER_TRANSFER (take_back), FALSE);
  assert_ends (take_back, COFFER_TRANSFER_DONE, 1200);
  progress = coffer_transfer_get_progress (COFFER_TRANSFER (take_back));
  g_assert_cmpuint (progress.items, ==, progress.n_items);
  g_assert_cmpuint (progress.bytes, ==, progress.n_bytes);
  g_assert_cmpuint (progress.n_bytes, ==, 1000 * (guint64) progress.n_items);
  g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 1200);
  g_assert_cmpuint (test_count_whole (fixture, 1000), ==, 1200);   /* until that is written */
}

/* What it leaves is as it was added, and can be taken back still. */
static void
cancels_taking_back (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;
  g_autoptr(CofferTakeBack) waiting = NULL, paused = NULL, some = NULL, rest = NULL;
  CofferAdditions *additions;
  sqlite3 *other;
  guint n;

  test_make_many_files (fixture, 1200, 1000);
  import = test_run_import (fixture, COFFER_CONFLICT_SKIP);
  additions = coffer_import_get_additions (import);
  g_assert_cmpint (sqlite3_open (fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  waiting = start_taking_back (fixture, import);
  test_wait_for (coffer_transfer_get_progress (COFFER_TRANSFER (waiting)).items == 500);   /* compared, and not to be taken yet */
  coffer_transfer_cancel (COFFER_TRANSFER (waiting));
  assert_ends (waiting, COFFER_TRANSFER_CANCELLED, 0);

  paused = start_taking_back (fixture, import);
  coffer_transfer_set_paused (COFFER_TRANSFER (paused), TRUE);
  test_run_for (50);
  coffer_transfer_cancel (COFFER_TRANSFER (paused));
  assert_ends (paused, COFFER_TRANSFER_CANCELLED, 0);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 1200);
  g_assert_cmpint (sqlite3_close (other), ==, SQLITE_OK);

  some = start_taking_back (fixture, import);
  test_wait_for (coffer_transfer_get_progress (COFFER_TRANSFER (some)).items > 500);
  coffer_transfer_cancel (COFFER_TRANSFER (some));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (some)));
  n = coffer_take_back_get_n (some);
  g_assert_cmpuint (n, >=, 500);   /* or all, if it was quick */
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 1200 - n);
  g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, n);
  g_assert_cmpuint (test_count_whole (fixture, 1000), ==, 1200);
  rest = start_taking_back (fixture, import);
  assert_ends (rest, COFFER_TRANSFER_DONE, 1200 - n);
  g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 1200);
}

/* Beside another program that writes to the vault they are from: it waits, and says so. What was cancelled is in both, and may go yet. */
static void
moves_as_a_transfer (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autofree char *source = test_make_source (fixture);
  g_autoptr(CofferAdditions) additions = test_copy_values (fixture, source);
  g_autoptr(CofferVault) other = test_open (source);
  g_autoptr(CofferMove) move = test_new_move (fixture, other, additions);
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autoptr(CofferTakeBack) waiting = coffer_take_back_new_move (move, fixture->vault), going = coffer_take_back_new_move (move, fixture->vault);
  sqlite3 *db;

  test_edit (other);
  g_assert_cmpint (sqlite3_open (source, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_transfers_add (transfers, COFFER_TRANSFER (waiting));
  g_assert_true (coffer_transfers_find (transfers, other) == COFFER_TRANSFER (waiting));
  g_assert_true (coffer_transfers_find (transfers, fixture->vault) == COFFER_TRANSFER (waiting));
  test_wait_for (coffer_transfer_get_waits_for (COFFER_TRANSFER (waiting)) != NULL);
  coffer_transfer_cancel (COFFER_TRANSFER (waiting));
  assert_ends (waiting, COFFER_TRANSFER_CANCELLED, 0);
  g_assert_cmpuint (coffer_move_get_n_there (move), ==, 4);
  g_assert_cmpint (test_count_rows (source, "1"), ==, 5);   /* one of them is not moved */

  coffer_transfers_add (transfers, COFFER_TRANSFER (going));
  test_wait_for (coffer_transfer_get_progress (COFFER_TRANSFER (going)).items == 4);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  assert_ends (going, COFFER_TRANSFER_DONE, 4);
  g_assert_cmpuint (coffer_move_get_n_gone (move), ==, 4);
  g_assert_cmpint (test_count_rows (source, "1"), ==, 1);
  g_clear_pointer (&move, coffer_move_unref);
  g_clear_object (&waiting);
  g_clear_object (&going);
  test_close (g_steal_pointer (&other));
}

#define N_RENAMED 1300   /* more than go in two transactions */

static CofferChange *
new_renames (Fixture *fixture)
{
  g_autoptr(CofferRenames) renames = coffer_renames_new ("kv");

  for (guint i = 0; i < N_RENAMED; i++)
    {
      g_autofree char *text = g_strdup_printf ("old%04u", i), *new_text = g_strdup_printf ("renamed%04u", i);
      g_autoptr(GBytes) key = g_bytes_new (text, strlen (text)), new_key = g_bytes_new (new_text, strlen (new_text));
      g_autoptr(CofferKey) old = coffer_key_new_written (key);

      coffer_renames_add (renames, old, new_key);
    }
  return coffer_change_new_renames (fixture->vault, renames, 0);
}

static void
insert_old (Fixture *fixture)
{
  test_sql (fixture->path, "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 1299) "
                           "INSERT INTO kv (key, value) SELECT CAST(printf('old%04d', i) AS BLOB), x'01' FROM n");
}

static void
assert_change (CofferChange        *change,
               CofferTransferState  state)
{
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (change)));
  g_assert_no_error (coffer_transfer_get_error (COFFER_TRANSFER (change)));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (change)), ==, state);
}

/* It pauses while another program has the vault, and goes on; cancelled, it leaves the rest their names. */
static void
renames_as_a_transfer (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferChange) change = new_renames (fixture), back = NULL;
  CofferTransfer *transfer = COFFER_TRANSFER (change);
  sqlite3 *other;
  guint n;

  insert_old (fixture);
  g_assert_cmpint (sqlite3_open (fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_true (coffer_transfer_can_pause (transfer));
  coffer_transfer_start (transfer);
  coffer_transfer_set_paused (transfer, TRUE);
  test_run_for (50);
  g_assert_cmpint (coffer_transfer_get_state (transfer), ==, COFFER_TRANSFER_PAUSED);
  g_assert_cmpint (sqlite3_close (other), ==, SQLITE_OK);
  coffer_transfer_set_paused (transfer, FALSE);
  test_wait_for (coffer_transfer_get_progress (transfer).items >= 500);
  coffer_transfer_cancel (transfer);
  test_wait_for (!coffer_transfer_is_active (transfer));
  g_assert_no_error (coffer_transfer_get_error (transfer));
  n = coffer_renames_get_n_done (coffer_change_get_renames (change));
  g_assert_cmpuint (n, >=, 500);   /* or all, if it was quick */
  g_assert_cmpint (coffer_transfer_get_state (transfer), ==, n < N_RENAMED ? COFFER_TRANSFER_CANCELLED : COFFER_TRANSFER_DONE);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'renamed%'"), ==, n);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'old%'"), ==, N_RENAMED - n);

  back = coffer_change_new_renames (fixture->vault, coffer_change_get_renames (change), 0);   /* what is left of it */
  coffer_transfer_start (COFFER_TRANSFER (back));
  assert_change (back, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (back)).items, ==, N_RENAMED);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'renamed%'"), ==, N_RENAMED);
}

static void
assert_pauses (CofferUndoing *undoing,
               Fixture       *fixture,
               const char    *expected)
{
  CofferTransfer *transfer = COFFER_TRANSFER (undoing);
  sqlite3 *other;

  g_assert_cmpint (sqlite3_open (fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_true (coffer_transfer_can_pause (transfer));
  coffer_transfer_start (transfer);
  coffer_transfer_set_paused (transfer, TRUE);
  test_run_for (50);
  g_assert_cmpint (sqlite3_close (other), ==, SQLITE_OK);
  test_run_for (50);   /* nothing is done of it, though nobody keeps it from that */
  g_assert_cmpint (coffer_transfer_get_state (transfer), ==, COFFER_TRANSFER_PAUSED);
  g_assert_true (coffer_undo_get_busy (coffer_undoing_get_undo (undoing)));
  coffer_transfer_set_paused (transfer, FALSE);
  test_wait_for (!coffer_transfer_is_active (transfer));
  g_assert_no_error (coffer_undoing_get_failure (undoing));
  g_assert_cmpstr (coffer_undoing_get_text (undoing), ==, expected);
  g_assert_cmpint (coffer_transfer_get_state (transfer), ==, COFFER_TRANSFER_DONE);
  g_assert_false (coffer_undo_get_busy (coffer_undoing_get_undo (undoing)));
}

static void
undoes_renames_as_a_transfer (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr(CofferChange) change = new_renames (fixture);
  g_autoptr(CofferUndo) undo = coffer_undo_new (fixture->vault);
  g_autoptr(CofferUndoing) back = NULL, again = NULL;

  insert_old (fixture);
  coffer_transfer_start (COFFER_TRANSFER (change));
  assert_change (change, COFFER_TRANSFER_DONE);
  coffer_undo_push_renames (undo, coffer_change_get_renames (change));
  back = coffer_undoing_new (undo, fixture->vault, FALSE);
  g_assert_cmpstr (coffer_transfer_get_title (COFFER_TRANSFER (back)), ==, "Undo Rename of 1300 Keys");
  assert_pauses (back, fixture, "1300 keys have their old names again");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'old%'"), ==, N_RENAMED);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (back)).n_items, ==, N_RENAMED);
  again = coffer_undoing_new (undo, fixture->vault, TRUE);
  assert_pauses (again, fixture, "1300 keys renamed");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'renamed%'"), ==, N_RENAMED);
}

static void
undoes_an_import_as_a_transfer (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr(CofferUndo) undo = coffer_undo_new (fixture->vault);
  g_autoptr(CofferImport) import = NULL;
  g_autoptr(CofferUndoing) back = NULL, again = NULL, cancelled = NULL;

  test_make_conflicts (fixture);
  import = test_run_import (fixture, COFFER_CONFLICT_REPLACE);
  coffer_undo_push_additions (undo, coffer_import_get_additions (import));
  back = coffer_undoing_new (undo, fixture->vault, FALSE);
  assert_pauses (back, fixture, "2 keys taken back");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'new'"), ==, 0);   /* the other one is only hidden */
  again = coffer_undoing_new (undo, fixture->vault, TRUE);
  assert_pauses (again, fixture, "2 files added again");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) IN ('new', 'b')"), ==, 2);

  /* Cancelled while it pauses it ends, and can be tried again. */
  cancelled = coffer_undoing_new (undo, fixture->vault, FALSE);
  coffer_transfer_start (COFFER_TRANSFER (cancelled));
  coffer_transfer_set_paused (COFFER_TRANSFER (cancelled), TRUE);
  test_run_for (50);
  if (coffer_transfer_get_state (COFFER_TRANSFER (cancelled)) == COFFER_TRANSFER_PAUSED)
    coffer_transfer_cancel (COFFER_TRANSFER (cancelled));
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (cancelled)));
  g_assert_false (coffer_undo_get_busy (undo));
}

/* All of it or nothing: it cannot pause, and cancelled it leaves the value. */
static void
replaces_as_a_transfer (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "large", NULL), *content = g_malloc0 (3000000);
  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content, 3000000);
  g_autofree char *sum_before = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "old", -1);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GBytes) bytes = g_bytes_new_static ("x", 1);
  g_autoptr(CofferKey) key = coffer_key_new_written (bytes);
  g_autoptr(CofferChange) stopped = coffer_change_new_value (fixture->vault, "kv", key, file, sum_before, 3000000),
                          going = coffer_change_new_value (fixture->vault, "kv", key, file, sum_before, 3000000);
  sqlite3 *other;

  test_put (fixture, "x", "old");
  g_assert_true (g_file_set_contents (path, content, 3000000, NULL));
  g_assert_cmpint (sqlite3_open (fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_transfer_start (COFFER_TRANSFER (stopped));
  coffer_transfer_set_paused (COFFER_TRANSFER (stopped), TRUE);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (stopped)), ==, COFFER_TRANSFER_RUNNING);
  test_run_for (50);
  coffer_transfer_cancel (COFFER_TRANSFER (stopped));
  assert_change (stopped, COFFER_TRANSFER_CANCELLED);
  g_assert_null (coffer_change_get_checksum (stopped));
  g_assert_cmpint (sqlite3_close (other), ==, SQLITE_OK);
  test_assert_takes (test_ask (fixture, "SELECT CAST(value AS TEXT) FROM kv WHERE key = CAST('x' AS BLOB)"), "old");

  coffer_transfer_start (COFFER_TRANSFER (going));
  assert_change (going, COFFER_TRANSFER_DONE);
  g_assert_cmpstr (coffer_change_get_checksum (going), ==, sum);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (going)).bytes, ==, 3000000);
  test_assert_takes (test_ask (fixture, "SELECT length(value) FROM kv WHERE key = CAST('x' AS BLOB)"), "3000000");
  g_unlink (path);
}

/* Those to one vault run one after the other. */
static void
queue (Fixture       *fixture,
       gconstpointer  data)
{
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autofree char *one = test_make_file (fixture, "one", "1", -1), *two = test_make_file (fixture, "two", "2", -1);
  g_autoptr(CofferImport) first = test_new_import (fixture, one, COFFER_CONFLICT_ASK), second = test_new_import (fixture, two, COFFER_CONFLICT_ASK);

  coffer_transfers_add (transfers, COFFER_TRANSFER (first));
  coffer_transfers_add (transfers, COFFER_TRANSFER (second));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (first)), ==, COFFER_TRANSFER_RUNNING);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (second)), ==, COFFER_TRANSFER_WAITING);
  g_assert_true (coffer_transfers_find (transfers, fixture->vault) == COFFER_TRANSFER (first));
  test_wait_until_over (first);
  test_wait_until_over (second);
  g_assert_null (coffer_transfers_find (transfers, NULL));
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), "one=1 two=2");
}

/* Two windows have one file open. */
static void
queues_by_files (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autofree char *one = test_make_file (fixture, "one", "1", -1), *two = test_make_file (fixture, "two", "2", -1);
  Fixture window = { .vault = test_open (fixture->path) };
  CofferImport *first = test_new_import (fixture, one, COFFER_CONFLICT_ASK), *second = NULL;

  test_edit (window.vault);
  second = test_new_import (&window, two, COFFER_CONFLICT_ASK);
  coffer_transfers_add (transfers, COFFER_TRANSFER (first));
  coffer_transfers_add (transfers, COFFER_TRANSFER (second));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (first)), ==, COFFER_TRANSFER_RUNNING);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (second)), ==, COFFER_TRANSFER_WAITING);
  test_wait_until_over (first);
  test_wait_until_over (second);
  g_clear_object (&first);
  g_clear_object (&second);
  test_close (window.vault);
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), "one=1 two=2");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add ("/app/transfer/" path, Fixture, data, test_import_set_up, func, test_import_tear_down)
  ADD ("take-back/is-a-transfer", NULL, takes_back_as_a_transfer);
  ADD ("take-back/cancels", NULL, cancels_taking_back);
  ADD ("move/is-a-transfer", NULL, moves_as_a_transfer);
  ADD ("change/renames", NULL, renames_as_a_transfer);
  ADD ("undo/renames", NULL, undoes_renames_as_a_transfer);
  ADD ("undo/an-import", NULL, undoes_an_import_as_a_transfer);
  ADD ("change/replaces", NULL, replaces_as_a_transfer);
  ADD ("queue", NULL, queue);
  ADD ("queues-by-files", NULL, queues_by_files);

  return g_test_run ();
}
