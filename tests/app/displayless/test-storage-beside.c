/* SPDX-License-Identifier: MIT */
/* The jobs of the window "Storage" beside another process, and when another file takes the name. */
#include "storing.h"

#include "coffer-error.h"
#include "coffer-storage-upkeep.h"
#include "coffer-storage-words.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* A child of the test that reads, and goes on reading, until its input ends; then it says whether all it sees is as it was. */
G_NORETURN static void
run_reader (const char *path)
{
  static const char sql[] = "SELECT group_concat (key || length (value)) FROM (SELECT key, value FROM kv ORDER BY key)";
  g_autofree char *first = NULL;
  sqlite3_stmt *statement;
  sqlite3 *db;
  char byte;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN", NULL, NULL, NULL), ==, SQLITE_OK);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
      g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
      if (i == 1)
        _exit (g_strcmp0 (first, (const char *) sqlite3_column_text (statement, 0)) == 0 ? 0 : 1);
      first = g_strdup ((const char *) sqlite3_column_text (statement, 0));
      sqlite3_finalize (statement);
      g_assert_cmpint (write (STDOUT_FILENO, "!", 1), ==, 1);
      g_assert_cmpint (read (STDIN_FILENO, &byte, 1), ==, 0);
    }
  g_assert_not_reached ();
}

static GSubprocess *
spawn_reader (const char *path)
{
  g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr(GError) error = NULL;
  GSubprocess *child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDIN_PIPE, &error, own, "--reader", path, NULL);
  char byte;

  g_assert_no_error (error);
  g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (child), &byte, 1, NULL, NULL), ==, 1);
  return child;
}

static void
end_reader (GSubprocess *child)
{
  g_assert_true (g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, NULL));
  g_assert_true (g_subprocess_wait (child, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (child));
  g_assert_cmpint (g_subprocess_get_exit_status (child), ==, 0);
}

/* A log that another process keeps from being emptied: who that is is told, and once it is gone the log goes. By hand it is one of 1 GB. */
static void
test_pinned_log (Fixture       *fixture,
                 gconstpointer  data)
{
  const guint64 size = g_getenv ("COFFER_TEST_FULL") != NULL ? 995000000 : 20000000;
  g_autofree char *insert = g_strdup_printf ("INSERT INTO kv VALUES (x'02', zeroblob (%" G_GUINT64_FORMAT "))", size);
  const CofferCheckpoint *checkpoint;
  const char *name;
  g_autoptr(CofferLogHolder) holder = NULL;
  g_autoptr(GSubprocess) child = NULL;
  g_autofree char *words = NULL, *expected = NULL;
  CofferStorageJob job;
  GDateTime *when;

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  child = spawn_reader (fixture->path);
  test_sql (fixture->path, insert);
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_space (fixture->storage)->wal_waiting > size);

  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_TRUNCATE);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  checkpoint = coffer_storage_get_checkpoint (fixture->storage, &when);
  g_assert_false (checkpoint->finished);
  g_assert_true (checkpoint->reader);
  g_assert_false (checkpoint->own);
  g_assert_cmpint (checkpoint->pid, ==, atoi (g_subprocess_get_identifier (child)));
  g_assert_cmpstr (checkpoint->program, ==, "test-storage-be");   /* fifteen characters of it */
  g_assert_cmpuint (test_size_of (fixture->path, "-wal"), >, size);
  words = coffer_storage_dup_end_words (fixture->storage, COFFER_STORAGE_CHECKPOINT);
  expected = g_strdup_printf ("Log not emptied: test-storage-be (process %d) needs it", checkpoint->pid);
  g_assert_cmpstr (words, ==, expected);

  holder = g_object_ref (coffer_storage_get_log_holder (fixture->storage));
  g_assert_cmpint (coffer_log_holder_get_pid (holder, &name), ==, checkpoint->pid);
  g_assert_false (coffer_log_holder_is_unseen (holder));
  coffer_log_holder_set_watched (holder, FALSE);
  coffer_log_holder_look (holder);
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_plan (fixture->storage) != NULL);
  g_assert_true (coffer_storage_get_log_holder (fixture->storage) == holder);
  end_reader (child);   /* which nothing in the file tells of */
  test_wait_for (coffer_storage_get_log_holder (fixture->storage) == NULL || (coffer_log_holder_look (holder), FALSE));
  g_assert_false (coffer_log_holder_is_there (holder));
  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_TRUNCATE);
  test_wait_for_job (fixture);
  g_assert_true (coffer_storage_get_checkpoint (fixture->storage, &when)->finished);
  g_assert_null (coffer_storage_dup_end_words (fixture->storage, COFFER_STORAGE_CHECKPOINT));
  g_assert_cmpuint (test_size_of (fixture->path, "-wal"), ==, 0);
  test_wait_for (coffer_storage_get_space (fixture->storage)->wal_size == 0);
}

static void
stats_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_assert_true (coffer_vault_stats_finish (COFFER_VAULT (source), result, user_data, NULL));
}

/* Pages that are free in a log that is not moved are none of the main file's: so say the bar, and the page before it has looked at all pages, and
 * after. */
static void
test_free_in_log (Fixture       *fixture,
                  gconstpointer  data)
{
  CofferVaultStats stats = { 0 };
  guint64 parts[COFFER_N_PARTS], size;
  g_autoptr(GSubprocess) child = NULL;
  const CofferSpace *space;

  test_wait_for_split (fixture);
  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  child = spawn_reader (fixture->path);
  coffer_storage_measure (fixture->storage);
  coffer_storage_stop_measuring (fixture->storage);   /* and it is not begun again */
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'02', zeroblob (20000000)); DELETE FROM kv WHERE key = x'02'");
  size = test_size_of (fixture->path, "");
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_space (fixture->storage)->free_size > size && !coffer_storage_is_split (fixture->storage));
  space = coffer_storage_get_space (fixture->storage);
  test_assert_adds_up (fixture, parts);
  g_assert_cmpuint (parts[COFFER_PART_IN_USE], ==, MIN (space->file_size - space->free_size, size));
  coffer_vault_stats_async (fixture->vault, NULL, stats_cb, &stats);
  test_wait_for (stats.file_size > 0);
  g_assert_cmpuint (stats.main_free_size, ==, parts[COFFER_PART_FREE]);
  coffer_storage_measure (fixture->storage);
  test_wait_for_split (fixture);
  test_assert_adds_up (fixture, parts);
  g_assert_cmpuint (parts[COFFER_PART_FREE], >=, stats.main_free_size);
  end_reader (child);
}

/* What would be written beside a process that holds the log stays in the log: nothing is promised, and no more is told than it does. */
static void
test_promises_nothing (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(GSubprocess) child = NULL;
  const CofferCompactPlan *plan;
  g_autofree char *words = NULL;

  test_wait_for_split (fixture);
  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  child = spawn_reader (fixture->path);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'02', zeroblob (3000000)); DELETE FROM kv WHERE key = x'02'");
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_plan (fixture->storage) != NULL && coffer_storage_get_plan (fixture->storage)->log_held);
  for (CofferCompactWay way = COFFER_COMPACT_AUTO; way < COFFER_N_COMPACT_WAYS; way++)
    {
      plan = coffer_storage_get_way_plan (fixture->storage, way);
      g_assert_false (plan->possible);
      g_assert_true (plan->log_held);
      g_assert_cmpint (plan->pid, ==, atoi (g_subprocess_get_identifier (child)));
    }
  plan = coffer_storage_get_plan (fixture->storage);
  g_assert_cmpuint (plan->freed, ==, 0);
  words = coffer_storage_dup_others (plan);
  g_assert_true (g_str_has_prefix (words, "test-storage-be (process "));
  g_assert_true (g_str_has_suffix (words, ") holds the write-ahead log. Nothing comes back before it lets go; Checkpoint then."));
  end_reader (child);
  test_wait_for (!coffer_storage_get_plan (fixture->storage)->log_held);   /* without being asked for */
  g_assert_true (coffer_storage_get_plan (fixture->storage)->possible);
  g_assert_cmpuint (coffer_storage_get_plan (fixture->storage)->freed, >, 3000000);
}

static void
assert_freed (const CofferCompactResult *done,
              const char                *expected)
{
  g_autofree char *words = coffer_storage_dup_freed (done);

  g_assert_cmpstr (words, ==, expected);
}

static void
assert_others (guint64     log_size,
               const char *expected)
{
  char program[] = "python3";
  const CofferCompactPlan plan = { .freed = 100, .log_size = log_size, .n_others = 1, .pid = 7, .program = program };
  g_autofree char *words = coffer_storage_dup_others (&plan);

  g_assert_cmpstr (words, ==, expected);
}

static void
test_words (void)
{
  assert_freed (&(CofferCompactResult) { .complete = TRUE, .before = 5000, .after = 2000 }, "Freed 3.0\302\240kB");
  assert_freed (&(CofferCompactResult) { .complete = TRUE, .before = 5000, .after = 2000, .log_in_use = TRUE }, "Freed 3.0\302\240kB");
  assert_freed (&(CofferCompactResult) { .complete = TRUE, .before = 5000, .after = 9000, .log_in_use = TRUE }, "Nothing freed yet");
  assert_others (50, "python3 (process 7) has the vault open. Close it there for the quickest way.");
  assert_others (51, "python3 (process 7) has the vault open. Close it there for the quickest way. Most of it is the write-ahead log: Checkpoint "
                     "gives it back.");
}

/* Every job of the window beside a process that reads all the while: done or refused with words, and the reader sees what it saw. */
static void
test_beside_reader (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autoptr(GFile) copy = g_file_new_for_path (path);
  guint64 n_keys = test_ask_number (fixture->path, "SELECT count (*) FROM kv");

  test_wait_for_split (fixture);
  coffer_vault_set_table (fixture->vault, "kv");
  test_edit (fixture->vault);
  for (guint wal = 0; wal < 2; wal++)
    {
      g_autoptr(GSubprocess) child = NULL;

      test_hold (fixture->vault);
      test_sql (fixture->path, wal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE");
      coffer_vault_resume (fixture->vault);
      child = spawn_reader (fixture->path);
      for (guint i = 0; i < 8; i++)
        {
          CofferStorageJob job;
          const GError *error;

          switch (i)
            {
            case 0: coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_FULL); break;
            case 1: coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE); break;
            case 2: coffer_storage_compact (fixture->storage, COFFER_COMPACT_STEPS, FALSE); break;
            case 3: coffer_storage_compact (fixture->storage, COFFER_COMPACT_IN_PLACE, FALSE); break;
            case 4: coffer_storage_set_journal (fixture->storage, !wal); break;
            case 5: coffer_storage_wipe (fixture->storage); break;
            case 6: coffer_storage_check (fixture->storage, TRUE); break;
            default: g_assert_true (coffer_storage_copy (fixture->storage, copy)); break;
            }
          test_wait_for_job (fixture);
          error = coffer_storage_get_job_error (fixture->storage, &job);
          if (i == 1)
            g_assert_error (error, COFFER_ERROR, COFFER_ERROR_BUSY);
          else if (i >= 6)
            g_assert_no_error (error);
          if (i == 1)
            g_assert_nonnull (strstr (error->message, "test-storage"));
        }
      end_reader (child);
      g_assert_cmpuint (test_ask_number (path, "SELECT count (*) FROM kv"), ==, n_keys);
      g_assert_cmpuint (test_ask_number (fixture->path, "SELECT count (*) FROM kv"), ==, n_keys);
      g_assert_cmpuint (test_ask_number (fixture->path, "SELECT count (*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), ==, 1);
      g_unlink (path);
      test_rename_key (fixture, wal ? "moved" : "user:0000000001", wal ? "user:0000000001" : "moved");
    }
}

/* Of a file's bytes. */
static char *
sum_file (const char *path)
{
  g_autofree char *content = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content, size);
}

typedef struct {
  CofferStorage *storage;
  const char *from, *to;
} Replacing;

static void
replace_at_first_step (Replacing *replacing)
{
  CofferStep step;

  coffer_storage_get_step (replacing->storage, &step);
  if (replacing->from == NULL || coffer_storage_get_job (replacing->storage) == COFFER_STORAGE_IDLE || step.bytes == 0)
    return;
  g_assert_cmpint (g_rename (replacing->from, replacing->to), ==, 0);
  replacing->from = NULL;
}

static char *
copy_vault (Fixture    *fixture,
            const char *name)
{
  char *path = g_build_filename (fixture->folder, name, NULL);
  g_autofree char *sql = g_strdup_printf ("VACUUM INTO '%s'", path);

  g_unlink (path);
  test_sql (fixture->path, sql);
  test_sql (path, "INSERT INTO kv VALUES (x'04', zeroblob (3000000)); DELETE FROM kv WHERE key = x'04'");
  return path;
}

/* Another file takes the name while a job is at work on the one it had: nothing of the job gets into that. */
static void
test_replaced_meanwhile (Fixture       *fixture,
                         gconstpointer  data)
{
  static const char *const names[] = { "swap", "in place", "wipe" };

  test_sql (fixture->path, "INSERT INTO kv VALUES (x'03', randomblob (30000000))");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *other = copy_vault (fixture, "other.db");
      g_autofree char *work = copy_vault (fixture, "work.db");
      g_autofree char *sum = NULL;
      Replacing replacing = { NULL, other, work };
      CofferVault *vault;

      test_sql (other, "PRAGMA journal_mode = DELETE; DELETE FROM kv WHERE key = x'01'");
      sum = sum_file (other);
      vault = test_open (work);
      test_edit (vault);
      replacing.storage = coffer_storage_new (vault);
      test_wait_for (coffer_storage_is_split (replacing.storage));
      replacing.from = other;
      g_signal_connect_swapped (replacing.storage, "changed", G_CALLBACK (replace_at_first_step), &replacing);
      if (i == 2)
        coffer_storage_wipe (replacing.storage);
      else
        coffer_storage_compact (replacing.storage, i == 0 ? COFFER_COMPACT_SWAP : COFFER_COMPACT_IN_PLACE, FALSE);
      test_wait_for (coffer_storage_get_job (replacing.storage) == COFFER_STORAGE_IDLE);
      g_test_message ("%s: the file was replaced %s", names[i], replacing.from == NULL ? "meanwhile" : "too late");
      g_object_unref (replacing.storage);
      test_close (vault);
      if (replacing.from == NULL)
        {
          g_autofree char *now = sum_file (work);

          g_assert_cmpstr (now, ==, sum);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--reader"))
    run_reader (argv[2]);
  g_test_init (&argc, &argv, NULL);

  TEST_STORAGE_ADD ("tells-who-keeps-the-log", test_pinned_log);
  TEST_STORAGE_ADD ("free-pages-of-the-log-are-not-free-in-the-file", test_free_in_log);
  TEST_STORAGE_ADD ("promises-nothing-while-the-log-is-held", test_promises_nothing);
  g_test_add_func ("/storage/words-of-compacting-beside-others", test_words);
  TEST_STORAGE_ADD ("beside-a-process-that-reads", test_beside_reader);
  TEST_STORAGE_ADD ("leaves-alone-what-replaced-the-file", test_replaced_meanwhile);

  return g_test_run ();
}
