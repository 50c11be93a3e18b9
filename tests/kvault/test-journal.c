/* SPDX-License-Identifier: MIT */
/* Between write-ahead log and rollback journal: journal.c. */
#include "kvtest.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <unistd.h>

static int
let_go (void *vault)
{
  return kvault_let_go (*(kvault **) vault);
}

static void
open_letting_go (const char *path, kvault **self, kvault_access access)
{
  kvault_options options = KVAULT_OPTIONS_INIT;

  options.access = access;
  options.let_go = let_go;
  options.let_go_data = self;
  options.busy_timeout_ms = 100;
  assert_ok (NULL, kvault_open (path, &options, self, NULL));
}

static kvault_journal
journal_of (kvault *vault)
{
  kvault_stats stats;

  assert_ok (vault, kvault_stats_get (vault, &stats));
  return stats.journal;
}

static void
changes_the_journal (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault, *reader;

  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"));
  open_letting_go (path, &vault, KVAULT_ACCESS_WRITE);
  open_letting_go (path, &reader, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_value (reader, "a", 1, "value", 5);
  assert_ok (vault, kvault_set_journal (vault, KVAULT_JOURNAL_WAL));
  assert_int (journal_of (vault), ==, KVAULT_JOURNAL_WAL);
  assert_ok (vault, kvault_set_journal (vault, KVAULT_JOURNAL_ROLLBACK));
  assert_int (journal_of (vault), ==, KVAULT_JOURNAL_ROLLBACK);
  assert_int (journal_of (reader), ==, KVAULT_JOURNAL_ROLLBACK);
  assert_int (access (kvtest_format ("%s-wal", path), F_OK), !=, 0);
  assert_ok (vault, kvault_put (vault, "b", 1, "value", 5));
  assert_value (reader, "b", 1, "value", 5);
  assert_ok (vault, kvault_set_journal (vault, KVAULT_JOURNAL_WAL));
  assert_int (journal_of (reader), ==, KVAULT_JOURNAL_WAL);
  assert_value (reader, "b", 1, "value", 5);
  assert_result (vault, kvault_set_journal (vault, 7), KVAULT_EINVAL);
  assert_result (reader, kvault_set_journal (reader, KVAULT_JOURNAL_ROLLBACK), KVAULT_EREADONLY);
  kvault_close (reader);
  kvault_close (vault);
}

/* An idle connection that has read is enough; who has it is named. */
static void
keeps_the_journal_beside_others (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *other;
  kvault *vault;

  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"));
  other = kvtest_spawn_holder (path, "SELECT count(*) FROM kv");
  vault = kvtest_open_waiting (path, 100);
  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_result (vault, kvault_set_journal (vault, KVAULT_JOURNAL_ROLLBACK), KVAULT_EBUSY);
  assert_contains (kvault_errmsg (vault), "process");
  assert_int (journal_of (vault), ==, KVAULT_JOURNAL_WAL);
  assert_ok (vault, kvault_put (vault, "b", 1, "value", 5));
  kvtest_release (other);
  assert_ok (vault, kvault_set_journal (vault, KVAULT_JOURNAL_ROLLBACK));
  kvault_close (vault);
}

static int
cancel (void *data)
{
  return *(bool *) data;
}

static void
stays_in_a_transaction_and_when_it_is_cancelled (void)
{
  char *path = kvtest_path ("a.db");
  kvault_options options = KVAULT_OPTIONS_INIT;
  bool cancelled = false;
  kvault *vault;

  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"));
  options.is_cancelled = cancel;
  options.is_cancelled_data = &cancelled;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_ok (vault, kvault_begin (vault));
  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_result (vault, kvault_set_journal (vault, KVAULT_JOURNAL_ROLLBACK), KVAULT_EBUSY);
  assert_ok (vault, kvault_commit (vault));
  assert_value (vault, "a", 1, "value", 5);
  cancelled = true;
  assert_result (vault, kvault_set_journal (vault, KVAULT_JOURNAL_ROLLBACK), KVAULT_ECANCELLED);
  cancelled = false;
  assert_int (journal_of (vault), ==, KVAULT_JOURNAL_WAL);
  assert_ok (vault, kvault_set_journal (vault, KVAULT_JOURNAL_ROLLBACK));
  kvault_close (vault);
}

/* ---- where no log can be used ---- */

static bool mmap_refused;

static void *
mmap_or_not (void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
  if (!mmap_refused)
    return mmap (address, size, protection, flags, fd, offset);
  errno = ENODEV;
  return MAP_FAILED;
}

/* As on 9P, FUSE with direct I/O and some network mounts: SQLite makes the index of the log, and cannot map it. */
static void
refuse_mmap (bool refused)
{
  sqlite3_vfs *vfs;

  assert_int (sqlite3_initialize (), ==, SQLITE_OK);
  vfs = sqlite3_vfs_find (NULL);
  assert_int (vfs->xSetSystemCall (vfs, "mmap", (sqlite3_syscall_ptr) mmap_or_not), ==, SQLITE_OK);
  mmap_refused = refused;
}

/* As it is opened where that is refused; and where it is not, it can be written. */
static void
assert_opens (const char *path, kvault_journal journal)
{
  kvault *vault;

  for (int refused = 1; refused >= 0; refused--)
    {
      refuse_mmap (refused);
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      assert_int (journal_of (vault), ==, journal);
      assert_value (vault, "a", 1, "value", 5);
      assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
      kvault_close (vault);
    }
  assert_alone (path);
}

static void
assert_opens_elsewhere (const char *path)
{
  kvault *vault;

  refuse_mmap (false);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_int (journal_of (vault), ==, KVAULT_JOURNAL_WAL);
  assert_value (vault, "a", 1, "value", 5);
  assert_ok (vault, kvault_put (vault, "b", 1, "value", 5));
  kvault_close (vault);
  assert_alone (path);
}

static void
takes_up_no_log_that_nobody_could_use (void)
{
  char *path = kvtest_path ("a.db");
  KvSnapshot *snapshot;
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', CAST('value' AS BLOB))");
  snapshot = kvtest_snapshot (kvtest_folder ());
  refuse_mmap (true);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_set_journal (vault, KVAULT_JOURNAL_WAL), KVAULT_EINVAL);
  assert_contains (kvault_errmsg (vault), "file system");
  assert_contains (kvault_errmsg (vault), "a.db");
  assert_ok (vault, kvault_set_journal (vault, KVAULT_JOURNAL_ROLLBACK));
  assert_unchanged (snapshot);
  kvault_close (vault);
  assert_opens (path, KVAULT_JOURNAL_ROLLBACK);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_set_journal (vault, KVAULT_JOURNAL_WAL));
  assert_int (journal_of (vault), ==, KVAULT_JOURNAL_WAL);
  kvault_close (vault);
}

static void
makes_vaults_without_a_log_there (void)
{
  kvault *vault;
  char *path;

  refuse_mmap (true);
  vault = kvtest_create ("a.db");
  path = kvtest_format ("%s", kvault_location (vault));
  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_int (kvtest_sql_int (path, "PRAGMA auto_vacuum"), ==, 2);
  kvault_close (vault);
  assert_opens (path, KVAULT_JOURNAL_ROLLBACK);
}

/* From a disk to another one, where that is refused. */
static void
backs_up_without_a_log_there (void)
{
  char *copy = kvtest_path ("copy.db");
  kvault *vault;

  refuse_mmap (false);
  vault = kvtest_create ("a.db");
  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_int (journal_of (vault), ==, KVAULT_JOURNAL_WAL);
  mmap_refused = true;
  assert_ok (vault, kvault_backup (vault, copy, NULL, NULL));
  mmap_refused = false;
  kvault_close (vault);
  assert_opens (copy, KVAULT_JOURNAL_ROLLBACK);
}

static void
make_and_die (KvChild *self, void *path)
{
  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"));
  kvtest_keep_open (path);
  kvtest_sql (path, "INSERT INTO kv VALUES (x'61', CAST('value' AS BLOB))");
  kvtest_step (self);
  kvtest_await (self);
}

/* With an empty log, or none, and with one that is full: by several handles at once. */
static void
views_what_has_a_log_and_leaves_nothing (void)
{
  for (int full = 0; full < 2; full++)
    {
      char *path = kvtest_path (full ? "full.db" : "empty.db");
      KvSnapshot *snapshot;
      kvault_vacuum_estimate estimate;
      kvault_error error;
      kvault *first, *second, *writer;

      if (full)
        {
          KvChild *child = kvtest_spawn (make_and_die, path);

          kvtest_await (child);
          kvtest_kill (child);
          assert_int (unlink (kvtest_format ("%s-shm", path)), ==, 0);
        }
      else
        kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', CAST('value' AS BLOB))");
      snapshot = kvtest_snapshot (kvtest_folder ());
      refuse_mmap (true);
      assert_result (NULL, kvault_open (path, NULL, &writer, &error), KVAULT_EREADONLY);
      assert_contains (error.message, "file system");
      assert_contains (error.message, path);
      assert_unchanged (snapshot);
      first = kvtest_open (path, KVAULT_ACCESS_VIEW);
      second = kvtest_open (path, KVAULT_ACCESS_VIEW);
      assert_unchanged (snapshot);
      assert_int (kvault_obstacle_get (first), ==, KVAULT_OBSTACLE_LOG);
      assert_int (kvault_obstacle_get (second), ==, KVAULT_OBSTACLE_LOG);
      assert_ok (second, kvault_vacuum_plan (second, NULL, &estimate));
      assert_int (estimate.possible, ==, KVAULT_EREADONLY);
      assert_contains (estimate.reason, "file system");
      assert_result (NULL, kvault_open (path, NULL, &writer, &error), KVAULT_EREADONLY);
      assert_contains (error.message, "file system");
      assert_value (first, "a", 1, "value", 5);
      assert_value (second, "a", 1, "value", 5);
      kvault_close (second);
      kvault_close (first);
      assert_unchanged (snapshot);
      assert_opens_elsewhere (path);
    }
}

/* What keeps keys from being written to the table is no reason. */
static void
a_locked_table_is_in_nobodys_way (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', x'01'); CREATE TABLE told (n);"
              "CREATE TRIGGER tell AFTER INSERT ON kv BEGIN INSERT INTO told VALUES (1); END");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_put (vault, "b", 1, "2", 1), KVAULT_EREADONLY);
  assert_ok (vault, kvault_set_journal (vault, KVAULT_JOURNAL_WAL));
  kvtest_sql (path, "INSERT INTO told VALUES (2)");
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
  assert_int (kvtest_file_size (kvtest_format ("%s-wal", path)), ==, 0);
  assert_ok (vault, kvault_checkpoint_alone (vault, NULL));
  assert_ok (vault, kvault_optimize (vault));
  assert_ok (vault, kvault_wipe (vault, NULL, NULL));
  assert_result (vault, kvault_vacuum (vault, NULL, NULL), KVAULT_EREADONLY);   /* rows might get other numbers */
  kvault_close (vault);
  assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), "wal");
  assert_int (kvtest_sql_int (path, "SELECT sum(n) FROM told"), ==, 2);

  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_result (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_PASSIVE, NULL), KVAULT_EREADONLY);
  assert_result (vault, kvault_wipe (vault, NULL, NULL), KVAULT_EREADONLY);
  assert_result (vault, kvault_set_journal (vault, KVAULT_JOURNAL_ROLLBACK), KVAULT_EREADONLY);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/journal/changes", changes_the_journal },
  { "/kvault/journal/stays-beside-others", keeps_the_journal_beside_others },
  { "/kvault/journal/stays-in-a-transaction-and-when-it-is-cancelled", stays_in_a_transaction_and_when_it_is_cancelled },
  { "/kvault/journal/takes-up-no-log-that-nobody-could-use", takes_up_no_log_that_nobody_could_use },
  { "/kvault/journal/makes-vaults-without-a-log-there", makes_vaults_without_a_log_there },
  { "/kvault/journal/backs-up-without-a-log-there", backs_up_without_a_log_there },
  { "/kvault/journal/views-what-has-a-log-and-leaves-nothing", views_what_has_a_log_and_leaves_nothing },
  { "/kvault/journal/a-locked-table-is-in-nobodys-way", a_locked_table_is_in_nobodys_way },
};

KVTEST_MAIN (tests)
