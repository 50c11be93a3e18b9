/* SPDX-License-Identifier: MIT */
/* Moving the log, and who keeps it from being done: checkpoint.c. */
#include "kvtest.h"

#include <unistd.h>

static const kvault_checkpoint_mode modes[] = {
  KVAULT_CHECKPOINT_PASSIVE, KVAULT_CHECKPOINT_FULL, KVAULT_CHECKPOINT_RESTART, KVAULT_CHECKPOINT_TRUNCATE,
};

static uint64_t
log_size (kvault *vault)
{
  kvault_stats stats;

  assert_ok (vault, kvault_stats_get (vault, &stats));
  return stats.wal_size;
}

static void
moves_all_of_it (void)
{
  for (size_t i = 0; i < KVTEST_N (modes); i++)
    {
      kvault *vault = kvtest_create (kvtest_format ("%zu.db", i));
      kvault_checkpoint_result result;

      assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
      assert_int (log_size (vault), >, 0);
      assert_ok (vault, kvault_checkpoint (vault, modes[i], &result));
      assert_true (result.finished && !result.reader && !result.writer && !result.own);
      assert_int (result.frames, >, 0);
      assert_int (result.moved, ==, result.frames);
      assert_int (log_size (vault) == 0, ==, modes[i] == KVAULT_CHECKPOINT_TRUNCATE);
      assert_ok (vault, kvault_checkpoint (vault, modes[i], NULL));
      assert_result (vault, kvault_checkpoint (vault, 7, &result), KVAULT_EINVAL);
      assert_ok (vault, kvault_begin (vault));
      assert_result (vault, kvault_checkpoint (vault, modes[i], &result), KVAULT_EBUSY);
      kvault_rollback (vault);
      kvault_close (vault);
    }
}

static void
flushes_the_cache (void)
{
  kvault *vault = kvtest_create ("a.db");

  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
  assert_int (kvtest_sql_int (kvtest_path ("a.db"), "SELECT count(*) FROM kv"), ==, 1);
  kvault_close (vault);
}

static void
nothing_to_do_without_a_log (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault;
  kvault_checkpoint_result result;

  kvtest_sql (path, KVTEST_V2 ("kv"));
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  for (size_t i = 0; i < KVTEST_N (modes); i++)
    {
      assert_ok (vault, kvault_checkpoint (vault, modes[i], &result));
      assert_true (result.finished && result.frames == 0);
    }
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_result (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_PASSIVE, NULL), KVAULT_EREADONLY);
  kvault_close (vault);
}

static void
tells_of_readers (void)
{
  char *path = kvtest_path ("a.db");
  kvault_checkpoint_result result;
  KvChild *reader;
  kvault *vault;

  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"));
  reader = kvtest_spawn_holder (path, "BEGIN; SELECT count(*) FROM kv");
  vault = kvtest_open_waiting (path, 100);
  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_PASSIVE, &result));
  assert_true (!result.finished && result.reader && !result.writer);
  assert_int (result.moved, <, result.frames);
  assert_int (result.pid, !=, 0);
  assert_int (result.pid, !=, getpid ());
  for (size_t i = 1; i < KVTEST_N (modes); i++)
    {
      assert_result (vault, kvault_checkpoint (vault, modes[i], &result), KVAULT_EBUSY);
      assert_true (!result.finished && result.reader);
      assert_int (result.frames, >, 0);
      assert_contains (kvault_errmsg (vault), "reads from it");
      assert_contains (kvault_errmsg (vault), kvtest_format ("%lld", (long long) result.pid));
    }
  kvtest_release (reader);
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, &result));
  assert_true (result.finished && !result.reader);
  kvault_close (vault);
}

static void
tells_of_writers (void)
{
  char *path = kvtest_path ("a.db");
  kvault_checkpoint_result result;
  KvChild *writer;
  kvault *vault;

  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"));
  writer = kvtest_spawn_holder (path, "BEGIN IMMEDIATE");
  vault = kvtest_open_waiting (path, 100);
  assert_result (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_FULL, &result), KVAULT_EBUSY);
  assert_true (result.writer);
  assert_contains (kvault_errmsg (vault), "writes to it");
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_PASSIVE, &result));
  kvtest_release (writer);
  kvault_close (vault);
}

static void
tells_of_itself (void)
{
  kvault *vault = kvtest_create ("a.db"), *other;
  kvault_checkpoint_result result;
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_put (vault, "a", 1, "1", 1));
  other = kvtest_open_waiting (kvtest_path ("a.db"), 100);
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_ok (other, kvault_put (other, "b", 1, "2", 1));
  assert_result (other, kvault_checkpoint (other, KVAULT_CHECKPOINT_TRUNCATE, &result), KVAULT_EBUSY);
  assert_true (result.own && result.reader);
  assert_contains (kvault_errmsg (other), "this program");
  kvault_cursor_close (cursor);
  assert_ok (other, kvault_checkpoint (other, KVAULT_CHECKPOINT_TRUNCATE, &result));
  kvault_close (other);
  kvault_close (vault);
}

static void
optimize_adds_no_table (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_path ("a.db"), *before;

  for (int i = 0; i < 300; i++)
    assert_ok (vault, kvault_put (vault, kvtest_format ("%03d", i), 3, "value", 5));
  before = kvtest_sql_text (path, "SELECT group_concat(name || rootpage) FROM sqlite_schema");
  assert_ok (vault, kvault_exists (vault, "100", 3));
  assert_ok (vault, kvault_optimize (vault));
  assert_str (kvtest_sql_text (path, "SELECT group_concat(name || rootpage) FROM sqlite_schema"), before);
  kvtest_sql (path, "ANALYZE; DELETE FROM sqlite_stat1");
  assert_ok (vault, kvault_optimize (vault));
  kvault_close (vault);
}

static kvault_blob *paused;

/* As a player does: what it has open can be opened again. */
static int
close_and_let_go (void *vault)
{
  kvault_blob_close (paused);
  paused = NULL;
  return kvault_let_go (*(kvault **) vault);
}

static void
open_letting_go (const char *path, kvault **self)
{
  kvault_options options = KVAULT_OPTIONS_INIT;

  options.access = KVAULT_ACCESS_VIEW;
  options.let_go = close_and_let_go;
  options.let_go_data = self;
  options.busy_timeout_ms = 100;
  assert_ok (NULL, kvault_open (path, &options, self, NULL));
}

/* A value that is open keeps the log in use, until its reader is asked. */
static void
empties_the_log_alone (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault, *reader;
  kvault_checkpoint_result result;

  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"));
  vault = kvtest_open_waiting (path, 100);
  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  open_letting_go (path, &reader);
  assert_ok (reader, kvault_blob_open (reader, "a", 1, &paused));
  assert_ok (vault, kvault_put (vault, "b", 1, "value", 5));
  assert_result (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, &result), KVAULT_EBUSY);
  assert_true (result.own);
  assert_ok (vault, kvault_checkpoint_alone (vault, &result));
  assert_true (result.finished);
  assert_int (log_size (vault), ==, 0);
  assert_value (reader, "b", 1, "value", 5);
  kvault_close (reader);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/checkpoint/moves-all-of-it", moves_all_of_it },
  { "/kvault/checkpoint/flushes-the-cache", flushes_the_cache },
  { "/kvault/checkpoint/nothing-to-do-without-a-log", nothing_to_do_without_a_log },
  { "/kvault/checkpoint/tells-of-readers", tells_of_readers },
  { "/kvault/checkpoint/tells-of-writers", tells_of_writers },
  { "/kvault/checkpoint/tells-of-itself", tells_of_itself },
  { "/kvault/checkpoint/optimize-adds-no-table", optimize_adds_no_table },
  { "/kvault/checkpoint/empties-the-log-alone", empties_the_log_alone },
};

KVTEST_MAIN (tests)
