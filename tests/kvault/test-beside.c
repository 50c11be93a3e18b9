/* SPDX-License-Identifier: MIT */
/*
 * Every operation beside another process: one that reads all the while, one that has the file open and does nothing, one that never
 * stops writing. Each is done, or says who or what is in the way; there is no third state of the content, and a reader's own
 * does not change under it.
 */
#include "operations.h"

#include <sched.h>
#include <sqlite3.h>
#include <sys/mman.h>

#define DISK (64u << 20)

typedef struct {
  const char *name;
  void (*run) (KvChild *self, sqlite3 *db);   /* steps when it has begun, and goes on until it is told to stop */
  unsigned patience_ms;      /* that others have with it */
  const char *in_the_way;    /* what cannot be done beside it with a log, each between spaces; NULL: that depends */
} Neighbour;

/* Shared with the neighbour. */
static _Atomic bool *stop;

static void
note (const Neighbour *beside, const Operation *operation, const kvault_options *options)
{
  snprintf (kvtest_context, sizeof kvtest_context, "%s (%s) beside %s", operation->name, options->rollback_journal ? "journal" : "log",
            beside->name);
}

/* ---- who is beside ---- */

static sqlite3 *
open_bare (const char *path)
{
  sqlite3 *db;

  assert_int (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 10000);
  return db;
}

static int64_t
sum_of_sizes (sqlite3 *db)
{
  sqlite3_stmt *statement;
  int64_t sum;

  assert_int (sqlite3_prepare_v2 (db, "SELECT count(*) + total(length(value)) FROM kv", -1, &statement, NULL), ==, SQLITE_OK);
  assert_int (sqlite3_step (statement), ==, SQLITE_ROW);
  sum = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return sum;
}

static void
go_on_until_told (KvChild *self)
{
  kvtest_step (self);
  kvtest_await (self);
}

/* In one transaction from before the operation until after it. */
static void
read_on (KvChild *self, sqlite3 *db)
{
  int64_t sum;

  assert_int (sqlite3_exec (db, "BEGIN", NULL, NULL, NULL), ==, SQLITE_OK);
  sum = sum_of_sizes (db);
  go_on_until_told (self);
  assert_int (sum_of_sizes (db), ==, sum);
}

/* Has read, and could again: a lock it holds with a log only. */
static void
sit_idle (KvChild *self, sqlite3 *db)
{
  sum_of_sizes (db);
  go_on_until_told (self);
  sum_of_sizes (db);
}

/* To a table of its own. */
static void
write_on (KvChild *self, sqlite3 *db)
{
  static const char sql[] = "INSERT INTO noise VALUES (randomblob(3000)); DELETE FROM noise WHERE rowid < last_insert_rowid() - 9";

  assert_int (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  kvtest_step (self);
  while (!*stop)
    {
      sqlite3_exec (db, sql, NULL, NULL, NULL);
      sched_yield ();
    }
  kvtest_await (self);
}

static Neighbour neighbours[] = {
  { "a reader", read_on, 10, " checkpoint journal compact-swap " },
  { "an idle connection", sit_idle, 10, " journal compact-swap " },
  { "a writer", write_on, 200, NULL },
};

/* One process for all operations: when the first of them is prepared it is too late to start one. */
static void
live_beside (KvChild *self, void *data)
{
  const Neighbour *beside = data;

  for (;;)
    {
      sqlite3 *db;

      kvtest_await (self);
      db = open_bare (kvtest_path ("a.db"));
      beside->run (self, db);
      sqlite3_close (db);
      kvtest_step (self);
    }
}

/* ---- each operation ---- */

static char *
reset (void)
{
  char *path = operations_reset ();

  kvtest_sql (path, "CREATE TABLE noise (x)");
  return path;
}

/* The states before and after; false: it cannot be gone here. */
static bool
rehearse (const Operation *operation, const kvault_options *options, char *before, char *after)
{
  char *path = reset ();
  kvault *vault;
  int rc;

  strcpy (before, operations_contents (path));
  assert_ok (NULL, kvault_open (path, options, &vault, NULL));
  rc = operation->run (vault);
  if (rc != KVAULT_OK && !operations_cannot_be (operation, rc))
    assert_ok (vault, rc);
  kvault_close (vault);
  strcpy (after, operations_contents (path));
  return rc == KVAULT_OK;
}

static int
run_beside (KvChild *other, const Operation *operation, const kvault_options *options, const char *before, const char *after)
{
  char *path = reset ();
  const char *found;
  kvault *vault;
  int rc;

  kvtest_step (other);
  kvtest_await (other);
  while ((rc = kvault_open (path, options, &vault, NULL)) == KVAULT_EBUSY)   /* beside a writer */
    ;
  assert_int (rc, ==, KVAULT_OK);
  rc = operation->run (vault);
  if (rc != KVAULT_OK && rc != KVAULT_EBUSY)
    assert_ok (vault, rc);
  if (rc == KVAULT_EBUSY)
    assert_contains (kvault_errmsg (vault), "a.db");
  *stop = true;
  kvtest_step (other);
  kvtest_await (other);
  *stop = false;
  /* Nobody is in the way now. */
  assert_ok (vault, kvault_put (vault, "~", 1, "probe", 5));
  assert_ok (vault, kvault_delete (vault, "~", 1));
  assert_ok (vault, kvault_close (vault));
  found = operations_contents (path);
  if (rc == KVAULT_OK || strcmp (found, before) != 0)
    assert_str (found, after);
  if (operations_untidy () != NULL)
    kvtest_fail (__FILE__, __LINE__, "%s is left", operations_untidy ());
  if (rc != KVAULT_OK && kvtest_exists (operations_target ()))
    kvtest_fail (__FILE__, __LINE__, "%s is left", operations_target ());
  return rc;
}

static void
run_all (void *data)
{
  const Neighbour *beside = data;
  static char before[16384], after[16384];
  KvChild *other;

  stop = mmap (NULL, sizeof *stop, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true (stop != MAP_FAILED);
  other = kvtest_spawn (live_beside, data);
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);
      int n_done = 0, rc;

      options.busy_timeout_ms = beside->patience_ms;
      operations_prepare (&options);
      for (size_t i = 0; i < n_operations; i++)
        {
          kvault_options own = operations_options_for (&operations[i], &options);

          note (beside, &operations[i], &options);
          if (!rehearse (&operations[i], &own, before, after))
            continue;
          rc = run_beside (other, &operations[i], &own, before, after);
          if (beside->in_the_way != NULL && !rollback_journal)
            assert_true ((strstr (beside->in_the_way, kvtest_format (" %s ", operations[i].name)) != NULL) == (rc == KVAULT_EBUSY));
          if (strcmp (operations[i].name, "compact-swap") == 0)
            assert_int (rc, ==, KVAULT_EBUSY);
          n_done += rc == KVAULT_OK;
        }
      printf ("# beside %s: %d of %zu done with a %s\n", beside->name, n_done, n_operations, rollback_journal ? "journal" : "log");
    }
  kvtest_kill (other);
}

static void
beside_a_reader (void)
{
  kvtest_on_small_disk (kvtest_folder (), DISK, run_all, &neighbours[0]);   /* nobody waits for a disk there */
}

static void
beside_an_idle_connection (void)
{
  kvtest_on_small_disk (kvtest_folder (), DISK, run_all, &neighbours[1]);
}

static void
beside_a_writer (void)
{
  kvtest_on_small_disk (kvtest_folder (), DISK, run_all, &neighbours[2]);
}

static const KvTest tests[] = {
  { "/kvault/beside/a-reader", beside_a_reader },
  { "/kvault/beside/an-idle-connection", beside_an_idle_connection },
  { "/kvault/beside/a-writer", beside_a_writer },
};

KVTEST_MAIN (tests)
