/* SPDX-License-Identifier: MIT */
/* Files that were added, taken back where that fails: a full disk, a file that is locked, a value that is not as it was stored, a process that
 * is killed. */
#include "undoing.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_REPLACED 700   /* more than are taken back in one transaction */
#define N_KILLS 10

static gboolean
is_checkpointed (const char *path)
{
  sqlite3 *db;
  int n_log = -1, n_moved = 0, rc;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  rc = sqlite3_wal_checkpoint_v2 (db, NULL, SQLITE_CHECKPOINT_RESTART, &n_log, &n_moved);
  sqlite3_close (db);
  return rc == SQLITE_OK && n_log == n_moved;
}

/* The log may not grow while the last of three long values is deleted: the first two are gone from the file, and added once more. */
static void
what_is_written_in_part_is_added_again (Fixture       *fixture,
                                        gconstpointer  data)
{
  const goffset size = 33 << 20;
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GError) error = NULL;

  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i), *path = g_build_filename (fixture->folder, name, NULL);

      test_append_file (fixture, additions, name, name);
      g_assert_no_errno (truncate (path, size));
      coffer_additions_get (additions, i)->size = size;
    }
  test_add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "3 keys taken back");

  test_wait_for (is_checkpointed (fixture->path));
  test_limit_files (170 << 10);   /* the lists of free pages: 110 KiB of two values, 250 of three */
  g_assert_false (test_write_out (fixture, NULL, &error));
  test_limit_files (G_MAXUINT64);
  g_assert_nonnull (error);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'file%'"), ==, 1);

  test_assert_step (fixture, TRUE, "3 files added again");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'file%' AND length(value) = 33 << 20"), ==, 3);
  test_assert_step (fixture, FALSE, "3 keys taken back");
  test_remove_files (fixture);
}

static void
replaced_values_survive_a_full_disk (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = test_add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);
  g_autoptr(GError) error = NULL;

  coffer_undo_push_additions (fixture->undo, additions);
  test_limit_files (100);
  g_assert_null (test_step (fixture, FALSE, &error));
  test_limit_files (G_MAXUINT64);
  g_assert_nonnull (error);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file'"), ==, 3);
  test_assert_step (fixture, FALSE, "3 keys taken back");
  test_write_deletions (fixture->vault, NULL);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file'"), ==, 0);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
  test_remove_files (fixture);
}

/* One is shown again, and the disk is full when the other is to be stored: the one can be taken back at once. */
static void
a_redo_that_fails_is_taken_back (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GError) error = NULL;

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)");
  test_append_file (fixture, additions, "file0", "new/0");
  test_append_file (fixture, additions, "file1", "user:0000000001");
  test_add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "2 keys taken back");

  test_limit_files (100);
  g_assert_null (test_step (fixture, TRUE, &error));
  test_limit_files (G_MAXUINT64);
  g_assert_nonnull (error);

  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Adding 1 File");
  test_assert_step (fixture, FALSE, "1 key taken back");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 1);
  test_assert_step (fixture, TRUE, "2 files added again");
  test_remove_files (fixture);
}

/* What was left alone when the rest was taken back is no reason to think that something is there again. */
static void
a_redo_that_does_nothing_stays (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GError) error = NULL;

  test_append_file (fixture, additions, "file0", "new/0");
  test_append_file (fixture, additions, "file1", "user:0000000001");
  test_add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('theirs' AS BLOB) WHERE key = CAST('new/0' AS BLOB)");
  test_assert_step (fixture, FALSE, "1 key taken back; 1 stays: its value or its file is another by now, or gone");

  test_limit_files (100);
  g_assert_null (test_step (fixture, TRUE, &error));
  test_limit_files (G_MAXUINT64);
  g_assert_nonnull (error);

  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_cmpstr (coffer_undo_get_redo_label (fixture->undo), ==, "_Redo Adding 1 File");
  test_assert_step (fixture, TRUE, "1 file added again");
  test_remove_files (fixture);
}

/* Over three keys, of which the disk, or somebody, makes something else before they are read back. */
static CofferAdditions *
add_wrong (Fixture *fixture)
{
  CofferAdditions *additions = coffer_additions_new ("kv");

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE key <= CAST('user:0000000002' AS BLOB)");
  test_append_file (fixture, additions, "file0", "user:0000000000");
  test_append_file (fixture, additions, "file1", "user:0000000001");
  test_append_file (fixture, additions, "file2", "user:0000000002");
  test_append_file (fixture, additions, "file3", "new");
  coffer_additions_set_verifies (additions, TRUE);
  test_add (fixture, additions);
  test_sql (fixture->path, "BEGIN; UPDATE kv SET value = CAST('WRONG' AS BLOB) WHERE key <= CAST('user:0000000001' AS BLOB) OR key = CAST('new' AS BLOB);"
                           "DELETE FROM kv WHERE key = CAST('user:0000000002' AS BLOB); COMMIT");
  test_verify (fixture, additions);
  g_assert_cmpuint (coffer_additions_count (additions, COFFER_ADDITION_FAILED), ==, 4);
  g_assert_cmpuint (coffer_additions_count_wrong (additions), ==, 4);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 3);   /* of the new one there may be no copy */
  return additions;
}

static void
what_is_not_as_stored_is_put_back (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = add_wrong (fixture);

  coffer_undo_push_additions (fixture->undo, additions);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('THEIR' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)");
  test_assert_step (fixture, FALSE, "2 keys taken back; 1 stays: its value or its file is another by now, or gone");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 2);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'THEIR'"), ==, 1);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'WRONG' AND key = CAST('new' AS BLOB)"), ==, 1);
  test_assert_step (fixture, TRUE, "2 files added again");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) IN ('file0', 'file2')"), ==, 2);
  test_remove_files (fixture);
}

#define BUSY_S 5   /* for which the engine waits for another program */

/* @words: NULL: one of them is there again by then */
static void
assert_cancelled (Fixture    *fixture,
                  gboolean    redo,
                  gboolean    at_once,
                  const char *words)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gint64 start = g_get_monotonic_time ();

  if (at_once)
    g_cancellable_cancel (cancellable);
  coffer_undo_step_async (fixture->undo, redo, NULL, cancellable, test_store_result, &result);
  if (words == NULL)
    test_wait_for (test_n_listed (fixture->list) == N_KEYS + 1);
  else
    test_run_for (50);
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL);
  text = coffer_undo_step_finish (fixture->undo, result, &error);
  if (words == NULL)
    g_assert_cmpstr (text, ==, "1 file added again");
  else
    {
      g_assert_null (text);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpstr (error->message, ==, words);
    }
  g_assert_cmpint (g_get_monotonic_time () - start, <, BUSY_S * G_USEC_PER_SEC);
}

/* Another program has the file. */
static void
waiting_is_cancelled (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = test_add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);
  sqlite3 *other;

  coffer_undo_push_additions (fixture->undo, additions);
  g_assert_cmpint (sqlite3_open (fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_cancelled (fixture, FALSE, FALSE, "Nothing was taken back");
  g_assert_cmpint (sqlite3_exec (other, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  test_assert_step (fixture, FALSE, "3 keys taken back");
  assert_cancelled (fixture, TRUE, TRUE, "Nothing was added again");
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_cancelled (fixture, TRUE, FALSE, NULL);   /* the key that was not there needs no leave */
  g_assert_cmpint (sqlite3_exec (other, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (other);
  test_assert_step (fixture, FALSE, "1 key taken back");
  test_assert_step (fixture, TRUE, "3 files added again");
  assert_cancelled (fixture, FALSE, TRUE, "Nothing was taken back");
  test_assert_step (fixture, FALSE, "3 keys taken back");
  test_remove_files (fixture);
}

static char *self_path;

#define VALUE(word) "CAST(replace(hex(zeroblob(1000)), '00', '" word "') AS BLOB)"

static CofferAdditions *
list_files (const char *folder)
{
  CofferAdditions *additions = coffer_additions_new ("kv");

  for (guint i = 0; i < N_REPLACED; i++)
    {
      g_autofree char *name = g_strdup_printf ("k%04u", i), *path = g_build_filename (folder, name, NULL);
      g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));

      coffer_additions_append (additions, path, NULL, key, 4000);
    }
  return additions;
}

/* What a process is, that is killed: "VAULT FOLDER" to import, to take back, to add again, and so on. */
G_NORETURN static void
run_child (char **argv)
{
  Fixture fixture = { .vault = test_open (argv[2]) };
  g_autoptr(CofferAdditions) additions = list_files (argv[3]);

  test_edit (fixture.vault);
  fixture.undo = coffer_undo_new (fixture.vault);
  while (coffer_additions_get_next (additions) < N_REPLACED)
    test_add (&fixture, additions);
  coffer_undo_push_additions (fixture.undo, additions);
  g_assert_cmpint (write (STDOUT_FILENO, "!", 1), ==, 1);
  for (gboolean redo = FALSE; ; redo = !redo)
    {
      g_autoptr(GError) error = NULL;

      g_free (test_step (&fixture, redo, &error));
      g_assert_no_error (error);
    }
}

/* One to whom that happens some time after he began. */
static void
kill_child (const char *path,
            const char *folder)
{
  const char *argv[] = { self_path, "--child", path, folder, NULL };
  g_autoptr(GError) error = NULL;
  char byte;
  GPid pid;
  int out, status;

  g_assert_true (g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &out, NULL, &error));
  g_assert_cmpint (read (out, &byte, 1), ==, 1);
  g_usleep (g_random_int_range (0, 100000));
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);   /* it did not fail before */
  close (out);
}

static void
values_are_whole_when_killed (void)
{
  char *folder = test_folder_new (), *files = g_build_filename (folder, "files", NULL);   /* freed with what is in them */
  g_autofree char *path = test_make_vault (folder, "v.db", 10);
  g_autoptr(GString) content = g_string_new (NULL);
  int n_new = 0;

  for (guint i = 0; i < 1000; i++)
    g_string_append (content, "new?");
  g_assert_no_errno (g_mkdir (files, 0700));
  for (guint i = 0; i < N_REPLACED; i++)
    {
      g_autofree char *name = g_strdup_printf ("k%04u", i), *file = g_build_filename (files, name, NULL);

      g_assert_true (g_file_set_contents_full (file, content->str, content->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    }
  for (guint i = 0; i < N_KILLS; i++)
    {
      test_sql (path, "BEGIN; WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 699) "
                      "REPLACE INTO kv (key, value) SELECT CAST(printf('k%04d', i) AS BLOB), " VALUE ("old!") " FROM n; COMMIT");
      kill_child (path, files);
      g_assert_cmpint (test_count_rows (path, "key >= CAST('k' AS BLOB) AND key < CAST('l' AS BLOB) AND value IN (" VALUE ("old!") ", " VALUE ("new?") ")"),
                       ==, N_REPLACED);
      g_assert_cmpint (test_count_rows (path, "1"), ==, N_REPLACED + 10);
      n_new += test_count_rows (path, "value = " VALUE ("new?"));
      g_assert_cmpint (test_count_rows (path, "(SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok')"), ==, N_REPLACED + 10);
    }
  g_test_message ("%d of %d were new", n_new, N_KILLS * N_REPLACED);
  test_folder_remove (files);
  test_folder_remove (folder);
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--child"))
    run_child (argv);
  self_path = argv[0];
  g_test_init (&argc, &argv, NULL);

  TEST_UNDO_ADD ("/undo/additions/replaced-values-survive-a-full-disk", replaced_values_survive_a_full_disk);
  TEST_UNDO_ADD ("/undo/additions/a-redo-that-fails-is-taken-back", a_redo_that_fails_is_taken_back);
  TEST_UNDO_ADD ("/undo/additions/a-redo-that-does-nothing-stays", a_redo_that_does_nothing_stays);
  TEST_UNDO_ADD ("/undo/additions/what-is-written-in-part-is-added-again", what_is_written_in_part_is_added_again);
  TEST_UNDO_ADD ("/undo/additions/what-is-not-as-stored-is-put-back", what_is_not_as_stored_is_put_back);
  TEST_UNDO_ADD ("/undo/additions/waiting-is-cancelled", waiting_is_cancelled);
  g_test_add_func ("/undo/additions/values-are-whole-when-killed", values_are_whole_when_killed);

  return g_test_run ();
}
