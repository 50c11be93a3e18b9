/* SPDX-License-Identifier: MIT */
/* Who else has the file open: who.c, as plans and checkpoints tell it. */
#include "kvtest.h"

#include <sqlite3.h>
#include <sys/prctl.h>
#include <unistd.h>

typedef struct {
  const char *path, *name, *sql;
} Other;

static void
sit_there (KvChild *self,
           void    *data)
{
  Other *other = data;
  pid_t pid = getpid ();
  sqlite3 *db;

  prctl (PR_SET_NAME, other->name);
  kvtest_write_file (kvtest_format ("%s.pid", other->path), &pid, sizeof pid);
  assert_int (sqlite3_open (other->path, &db), ==, SQLITE_OK);
  assert_int (sqlite3_exec (db, other->sql, NULL, NULL, NULL), ==, SQLITE_OK);
  kvtest_step (self);
  kvtest_await (self);
  sqlite3_close (db);
}

static pid_t
pid_of (const char *path)
{
  size_t size;
  pid_t pid;

  memcpy (&pid, kvtest_read_file (kvtest_format ("%s.pid", path), &size), sizeof pid);
  return pid;
}

static kvault_vacuum_estimate
plan_of (kvault *vault)
{
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_SWAP };
  kvault_vacuum_estimate estimate;

  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  return estimate;
}

static char *
make_vault (const char *name)
{
  char *path = kvtest_path (name);

  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', x'01')");
  return path;
}

/* A name is the process's own to choose: what it cannot be is a command to a terminal. */
static void
counts_and_names_other_processes (void)
{
  char *path = make_vault ("a.db");
  Other other = { .path = path, .name = "evil\033[2J\t", .sql = "SELECT 1" };
  KvChild *first = kvtest_spawn (sit_there, &other), *second;
  kvault_vacuum_estimate plan;
  kvault *vault;

  kvtest_await (first);
  second = kvtest_spawn (sit_there, &(Other) { .path = path, .name = "second", .sql = "SELECT 1" });
  kvtest_await (second);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_int (plan_of (vault).n_others, ==, 2);
  kvtest_release (second);
  plan = plan_of (vault);
  assert_int (plan.n_others, ==, 1);
  assert_str (plan.program, "evil?[2J?");
  kvtest_release (first);
  plan = plan_of (vault);
  assert_int (plan.n_others, ==, 0);
  assert_int (plan.pid, ==, 0);
  assert_str (plan.program, "");
  kvault_close (vault);
}

static void
counts_neither_itself_nor_other_files (void)
{
  char *path = make_vault ("a.db");
  Other other = { .path = make_vault ("a.db2"), .name = "other", .sql = "SELECT count(*) FROM kv" };
  KvChild *child = kvtest_spawn (sit_there, &other);
  kvault *vault, *second;

  kvtest_await (child);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  second = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_int (plan_of (vault).n_others, ==, 0);
  kvault_close (second);
  kvault_close (vault);
  kvtest_release (child);
}

static void
tells_what_others_do_with_the_log (void)
{
  static const struct { const char *sql; bool reader, writer; } cases[] = {
    { "BEGIN; SELECT count(*) FROM kv", true, false },
    { "BEGIN IMMEDIATE", true, true },
    { "SELECT count(*) FROM kv", false, false },
  };

  for (size_t i = 0; i < KVTEST_N (cases); i++)
    {
      char *path = make_vault (kvtest_format ("%zu.db", i));
      Other other = { .path = path, .name = "other", .sql = cases[i].sql };
      KvChild *child = kvtest_spawn (sit_there, &other);
      kvault_options options = { .busy_timeout_ms = KVAULT_BUSY_NOWAIT };
      kvault_checkpoint_result result;
      kvault *vault;
      bool busy = cases[i].reader || cases[i].writer;

      kvtest_await (child);
      assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
      if (!cases[i].writer)
        assert_ok (vault, kvault_put (vault, "b", 1, "2", 1));
      assert_result (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, &result), busy ? KVAULT_EBUSY : KVAULT_OK);
      assert_int (result.writer, ==, cases[i].writer);
      if (busy)
        {
          assert_int (result.reader || result.writer, ==, 1);
          assert_int (result.own, ==, 0);
          assert_int (result.pid, ==, pid_of (path));
          assert_contains (kvault_errmsg (vault), "other");
        }
      kvtest_release (child);
      assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, &result));
      kvault_close (vault);
    }
}

static void
try_to_write (KvChild *self,
              void    *path)
{
  sqlite3 *db;

  kvtest_await (self);
  assert_int (sqlite3_open (path, &db), ==, SQLITE_OK);
  assert_int (sqlite3_exec (db, "INSERT INTO kv VALUES (x'62', x'02')", NULL, NULL, NULL), ==, SQLITE_BUSY);
  sqlite3_close (db);
}

/* Opening and closing the file to look who has it would drop the locks that keep a reader's pages from being written over. */
static void
asking_drops_no_lock (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *child = kvtest_spawn (try_to_write, path);
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault *vault;

  kvtest_sql (path, "PRAGMA journal_mode=DELETE;" KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', x'01')");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  plan_of (vault);
  kvtest_release (child);
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/who/counts-and-names-other-processes", counts_and_names_other_processes },
  { "/kvault/who/counts-neither-itself-nor-other-files", counts_neither_itself_nor_other_files },
  { "/kvault/who/tells-what-others-do-with-the-log", tells_what_others_do_with_the_log },
  { "/kvault/who/asking-drops-no-lock", asking_drops_no_lock },
};

KVTEST_MAIN (tests)
