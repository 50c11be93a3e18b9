/* SPDX-License-Identifier: MIT */
/* What waits is written, once, in one transaction, whatever comes in between: flush.c. */
#include "shelved.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

#define KILLS 12             /* in CI, of each journal; at full size KILLS_FULL */
#define KILLS_FULL 100

/* ---- what is told of it ---- */

static void
a_failed_flush_is_told (void)
{
  kvault_shelf_stats done, failed;
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  shelved_lay (self.one, "a", "1234");
  assert_ok (self.one, kvault_shelf_flush (self.one));
  done = shelved_stats (&self);
  assert_int (done.last_flush_bytes, ==, 5);
  assert_int (done.flushes, ==, 1);
  shelved_lay (self.one, "b", "2");
  kvtest_sql (self.path, "DROP TABLE kv");
  assert_int (kvault_shelf_flush (self.one), !=, KVAULT_OK);
  failed = shelved_stats (&self);
  assert_int (failed.last_result, !=, KVAULT_OK);
  assert_int (failed.last_flush_bytes, ==, 0);
  assert_int (failed.flushes, ==, 1);
  assert_int (failed.entries, ==, 1);
  assert_contains (failed.last_error, "kv");
  kvault_shelf_discard (self.shelf);
  assert_int (shelved_stats (&self).entries, ==, 0);
  assert_int (shelved_stats (&self).last_result, !=, KVAULT_OK);   /* of the last flush: there was none since */
  assert_int (shelved_stats (&self).last_flush_unix_ms, ==, failed.last_flush_unix_ms);
  shelved_tear_down (&self);
}

/* What kept it is named until it is written, and no longer. */
static void
a_flush_that_works_again_is_told (void)
{
  Shelved self;
  kvault *hasty;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  shelved_lay (self.one, "a", "1");
  hasty = shelved_open_hasty (self.path, self.shelf);
  kvtest_hold_lock (self.path, "IMMEDIATE");
  assert_result (hasty, kvault_shelf_flush (hasty), KVAULT_EBUSY);
  assert_int (shelved_stats (&self).last_result, ==, KVAULT_EBUSY);
  assert_str (shelved_stats (&self).last_error, kvault_errmsg (hasty));
  kvtest_release_lock ();
  assert_ok (hasty, kvault_shelf_flush (hasty));
  assert_int (shelved_stats (&self).last_result, ==, KVAULT_OK);
  assert_str (shelved_stats (&self).last_error, "");
  kvault_close (hasty);
  shelved_tear_down (&self);
}

/* Somebody makes a table one that is not written to while values wait for it: they go on waiting, and go in once it may be. */
static void
a_table_that_became_read_only_is_not_written_to (void)
{
  Shelved self;
  kvault *vault;

  shelved_set_up_tables (&self);
  assert_ok (self.one, kvault_use_table (self.one, "other"));
  shelved_lay (self.one, "a", "1");
  kvtest_sql (self.path, "CREATE TRIGGER spy BEFORE INSERT ON other BEGIN SELECT 1; END");
  vault = shelved_open (self.path, self.shelf, NULL);
  assert_result (vault, kvault_shelf_flush (vault), KVAULT_EREADONLY);
  assert_contains (shelved_stats (&self).last_error, self.path);
  assert_int (shelved_stats (&self).entries, ==, 1);
  kvault_close (vault);
  assert_int (kvtest_sql_int (self.path, "SELECT count(*) FROM other"), ==, 0);
  kvtest_sql (self.path, "DROP TRIGGER spy");
  vault = shelved_open (self.path, self.shelf, NULL);
  assert_ok (vault, kvault_shelf_flush (vault));
  kvault_close (vault);
  assert_int (kvtest_sql_int (self.path, "SELECT count(*) FROM other"), ==, 1);
  shelved_tear_down (&self);
}

/* ---- what is written ---- */

/* A value in parts that is replaced by one from the shelf leaves none of them. */
static void
a_flush_leaves_no_parts_behind (void)
{
  static char large[50000];
  Shelved self;
  kvault *vault;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  assert_ok (NULL, kvault_open (self.path, &(kvault_options) { .whole_value_max = 5000, .chunk_size = 4096 }, &vault, NULL));
  assert_ok (vault, kvault_put (vault, "a", 1, large, sizeof large));
  kvault_close (vault);
  assert_int (kvtest_sql_int (self.path, "SELECT count(*) FROM kvault_parts"), >, 0);
  shelved_lay (self.one, "a", "1");
  assert_ok (self.one, kvault_shelf_flush (self.one));
  shelved_assert (self.one, "a", "1");
  assert_int (kvtest_sql_int (self.path, "SELECT count(*) FROM kvault_parts"), ==, 0);
  shelved_tear_down (&self);
}

/* For who saves what can be saved: the one file stays as it is, and so does the shelf. */
static void
it_can_be_copied_elsewhere (void)
{
  kvault *elsewhere;
  Shelved self;

  shelved_set_up_tables (&self);
  shelved_lay (self.one, "b", "2");
  shelved_lay (self.one, "a", "1");
  assert_ok (self.one, kvault_use_table (self.one, "other"));
  shelved_lay (self.one, "c", "3");
  elsewhere = kvtest_create ("elsewhere.db");
  shelved_put (elsewhere, "a", "older");
  assert_ok (elsewhere, kvault_shelf_copy (self.shelf, elsewhere));
  assert_str (shelved_walk (elsewhere, NULL), "a=1 b=2 ");
  kvault_close (elsewhere);
  assert_int (shelved_stats (&self).entries, ==, 3);
  assert_str (shelved_in_file (&self), "");
  shelved_tear_down (&self);
}

static void
a_flush_is_all_or_nothing (void)
{
  int n_whole = 0, n_failed = 0;

  for (int left = 0; n_whole == 0; left++)
    {
      kvault_options options = KVAULT_OPTIONS_INIT;
      int counter = left, rc;
      kvault_error error;
      kvault *vault;
      Shelved self;

      kvtest_remove (kvtest_folder ());
      kvtest_make_folder (kvtest_folder ());
      shelved_set_up_tables (&self);
      options.shelf = self.shelf;
      options.is_cancelled = kvtest_cancel_at_zero;
      options.is_cancelled_data = &counter;
      if (kvault_open (self.path, &options, &vault, &error) != KVAULT_OK)
        {
          shelved_tear_down (&self);
          continue;
        }
      shelved_put (self.two, "g1", "old");
      for (int i = 0; i < GROUP; i++)
        shelved_lay (self.two, kvtest_format ("g%d", i), "new");
      assert_ok (self.two, kvault_use_table (self.two, "other"));
      shelved_lay (self.two, "g", "new");
      if ((rc = kvault_shelf_flush (vault)) == KVAULT_OK)
        {
          n_whole++;
          assert_int (shelved_stats (&self).entries, ==, 0);
          assert_str (shelved_in_file (&self), "g0=new g1=new g2=new g3=new g4=new ");
        }
      else
        {
          n_failed++;
          assert_int (rc, ==, KVAULT_ECANCELLED);
          assert_int (shelved_stats (&self).entries, ==, GROUP + 1);
          assert_str (shelved_in_file (&self), "g1=old ");
          shelved_assert (self.two, "g", "new");
          shelved_assert (self.one, "g1", "new");
        }
      assert_int (kvtest_sql_int (self.path, "SELECT count(*) FROM other"), ==, n_whole);
      kvault_close (vault);
      shelved_tear_down (&self);
    }
  assert_int (n_failed, >, 3);
}

/* ---- while one waits for the lock, or writes ---- */

static void
throw_away_cb (void *data)
{
  Shelved *self = data;

  kvault_shelf_discard (self->shelf);
  kvtest_release_lock ();
}

static void
discarding_reaches_a_flush_that_waits (void)
{
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  shelved_put (self.one, "key", "old");
  shelved_lay (self.one, "key", "new");
  kvtest_hold_lock (self.path, "IMMEDIATE");
  self.hook = (ShelvedHook) { throw_away_cb, &self, 0 };
  assert_ok (self.one, kvault_shelf_flush (self.one));
  assert_true (self.hook.act == NULL);
  assert_str (shelved_in_file (&self), "key=old ");
  shelved_assert (self.one, "key", "old");
  shelved_tear_down (&self);
}

static void
throw_away_and_put_cb (void *data)
{
  Shelved *self = data;

  kvault_shelf_discard (self->shelf);
  shelved_lay (self->two, "later", "stays");
}

/* It has begun: what is thrown away is not written, and what came since is. */
static void
discarding_reaches_a_flush_that_writes (void)
{
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  for (int i = 0; i < GROUP; i++)
    shelved_lay (self.one, kvtest_format ("g%d", i), "1");
  self.hook = (ShelvedHook) { throw_away_and_put_cb, &self, 2 };
  assert_ok (self.one, kvault_shelf_flush (self.one));
  assert_true (self.hook.act == NULL);
  assert_str (shelved_in_file (&self), "later=stays ");
  assert_int (shelved_stats (&self).entries, ==, 0);
  shelved_tear_down (&self);
}

static void
take_cb (void *data)
{
  Shelved *self = data;

  kvault_taken_free (shelved_take (self->two, "g1"));
}

static void
taking_reaches_a_flush_that_writes (void)
{
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  for (int i = 0; i < 3; i++)
    shelved_lay (self.one, kvtest_format ("g%d", i), "1");
  self.hook = (ShelvedHook) { take_cb, &self, 2 };
  assert_ok (self.one, kvault_shelf_flush (self.one));
  assert_true (self.hook.act == NULL);
  assert_str (shelved_in_file (&self), "g0=1 g2=1 ");
  assert_int (shelved_stats (&self).entries, ==, 0);
  shelved_tear_down (&self);
}

static void
put_again_cb (void *data)
{
  Shelved *self = data;

  for (int i = 0; i < GROUP; i++)
    shelved_lay (self->two, kvtest_format ("g%d", i), "newer");
}

static void
what_comes_during_a_flush_stays (void)
{
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  for (int i = 0; i < GROUP; i++)
    shelved_lay (self.one, kvtest_format ("g%d", i), "1");
  self.hook = (ShelvedHook) { put_again_cb, &self, 2 };
  assert_ok (self.one, kvault_shelf_flush (self.one));
  assert_true (self.hook.act == NULL);
  assert_str (shelved_in_file (&self), "g0=1 g1=1 g2=1 g3=1 g4=1 ");
  shelved_assert (self.one, "g3", "newer");
  assert_int (shelved_stats (&self).entries, ==, GROUP);
  assert_int (shelved_stats (&self).new_keys, ==, 0);
  assert_int (shelved_stats (&self).replaced_bytes, ==, GROUP);
  assert_ok (self.two, kvault_shelf_flush (self.two));
  assert_str (shelved_in_file (&self), "g0=newer g1=newer g2=newer g3=newer g4=newer ");
  shelved_tear_down (&self);
}

/* ---- two flushes at once ---- */

static void
flush_and_delete_cb (void *data)
{
  Shelved *self = data;

  kvtest_release_lock ();
  assert_ok (self->two, kvault_shelf_flush (self->two));
  assert_ok (self->two, kvault_delete (self->two, "deleted", 7));
  shelved_put (self->two, "written", "newer");
}

/* The second one was quicker, and went on. */
static void
a_late_flush_undoes_nothing (void)
{
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  shelved_lay (self.one, "deleted", "1");
  shelved_lay (self.one, "written", "1");
  kvtest_hold_lock (self.path, "IMMEDIATE");
  self.hook = (ShelvedHook) { flush_and_delete_cb, &self, 0 };
  assert_ok (self.one, kvault_shelf_flush (self.one));
  assert_true (self.hook.act == NULL);
  assert_str (shelved_in_file (&self), "written=newer ");
  assert_int (shelved_stats (&self).flushes, ==, 1);
  shelved_tear_down (&self);
}

#define SEEN 200

typedef struct {
  const char *path;
  kvault_shelf *shelf;
  atomic_int n_ready, n_seen, ended, last;
} Race;

static void *
flush_thread (void *data)
{
  Race *race = data;
  kvault *vault = shelved_open (race->path, race->shelf, NULL);

  atomic_fetch_add (&race->n_ready, 1);
  while (!atomic_load (&race->ended))
    assert_ok (vault, kvault_shelf_flush (vault));
  kvault_close (vault);
  return NULL;
}

static void *
put_thread (void *data)
{
  Race *race = data;
  kvault *vault = shelved_open (race->path, race->shelf, NULL);

  while (atomic_load (&race->n_ready) < 2)
    kvtest_sleep (0.001);
  for (int i = 1; atomic_load (&race->n_seen) < SEEN; i++)
    {
      shelved_lay (vault, "key", kvtest_format ("%06d", i));
      atomic_store (&race->last, i);
      kvtest_sleep (0.0002);   /* the others are to come in between */
    }
  assert_ok (vault, kvault_shelf_flush (vault));
  atomic_store (&race->ended, 1);
  kvault_close (vault);
  return NULL;
}

/* SQLite's own waits longer each time, and would never have its turn. */
static int
wait_cb (void *data, int n_calls)
{
  kvtest_sleep (0.0001);
  return 1;
}

/* Numbers are put that grow, two flush, and somebody who knows of no shelf takes away what is in the file: what comes then is newer. */
static void
older_never_comes_after_newer (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  Race race = { .path = kvtest_format ("%s", kvault_location (vault)), .shelf = kvault_shelf_new () };
  pthread_t threads[3];
  sqlite3_stmt *statement;
  int seen = 0;
  sqlite3 *db;

  kvault_close (vault);
  assert_int (sqlite3_open_v2 (race.path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_handler (db, wait_cb, NULL);
  assert_int (sqlite3_prepare_v2 (db, "DELETE FROM kv RETURNING CAST(CAST(value AS TEXT) AS INTEGER)", -1, &statement, NULL), ==, SQLITE_OK);
  pthread_create (&threads[0], NULL, flush_thread, &race);
  pthread_create (&threads[1], NULL, flush_thread, &race);
  pthread_create (&threads[2], NULL, put_thread, &race);
  for (bool last = false; !last;)
    {
      last = atomic_load (&race.ended);
      while (sqlite3_step (statement) == SQLITE_ROW)
        {
          assert_int (sqlite3_column_int (statement, 0), >, seen);
          seen = sqlite3_column_int (statement, 0);
          atomic_fetch_add (&race.n_seen, 1);
        }
      sqlite3_reset (statement);
    }
  for (int i = 0; i < 3; i++)
    pthread_join (threads[i], NULL);
  assert_int (seen, ==, atomic_load (&race.last));
  sqlite3_finalize (statement);
  sqlite3_close (db);
  kvault_shelf_unref (race.shelf);
}

/* ---- killed ---- */

typedef struct {
  char *path;
  int told;                  /* the end of a pipe: every number that is flushed, as it is known to be */
} Victim;

static size_t
size_of_number (unsigned number)
{
  return 8 + number * 2654435761u % 20000;
}

static void
shelve_number (kvault *vault, const char *key, unsigned number)
{
  static char value[30000];

  memset (value, (int) (number & 0xff), size_of_number (number));
  snprintf (value, 8, "%07u", number);
  assert_ok (vault, kvault_shelf_put (vault, key, strlen (key), value, size_of_number (number)));
}

static void
flush_for_ever (KvChild *child, void *data)
{
  const Victim *victim = data;
  kvault_shelf *shelf = kvault_shelf_new ();
  kvault *vault = shelved_open (victim->path, shelf, NULL);
  unsigned number = (unsigned) kvtest_sql_int (victim->path, "SELECT coalesce(max(CAST(CAST(substr(value, 1, 7) AS TEXT) AS INTEGER)), 0) FROM kv");

  for (;;)
    {
      number++;
      for (int i = 0; i < GROUP; i++)
        shelve_number (vault, kvtest_format ("g%d", i), number);
      assert_ok (vault, kvault_shelf_flush (vault));
      assert_int (write (victim->told, &number, sizeof number), ==, sizeof number);
      shelve_number (vault, "waits", 1);   /* and is put aside again: it was never to be in the file */
      kvault_shelf_discard (shelf);
      if (child != NULL)
        kvtest_step (child);
      child = NULL;
    }
}

/* All of the group, of one flush, whole; that flush is the last one that was told, or the next. */
static void
assert_flushed (const char *path, unsigned told)
{
  unsigned n = 0, group = 0;
  sqlite3_stmt *statement;
  sqlite3 *db;

  assert_int (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  assert_int (sqlite3_prepare_v2 (db, "SELECT key, value FROM kv ORDER BY key", -1, &statement, NULL), ==, SQLITE_OK);
  for (; sqlite3_step (statement) == SQLITE_ROW; n++)
    {
      const unsigned char *value = sqlite3_column_blob (statement, 1);
      size_t size = (size_t) sqlite3_column_bytes (statement, 1);
      unsigned number;

      assert_int (*(const char *) sqlite3_column_blob (statement, 0), ==, 'g');
      assert_int (sscanf ((const char *) value, "%7u", &number), ==, 1);
      assert_int (size, ==, size_of_number (number));
      for (size_t i = 8; i < size; i++)
        assert_int (value[i], ==, number & 0xff);
      assert_true (n == 0 || number == group);
      group = number;
    }
  sqlite3_finalize (statement);
  sqlite3_close (db);
  assert_int (n, ==, GROUP);
  assert_true (group == told || group == told + 1);
  assert_str (kvtest_integrity (path), "ok");
}

static void
killed_in_a_flush (void)
{
  uint64_t seed = 7;

  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = KVAULT_OPTIONS_INIT;
      Victim victim = { .path = kvtest_path (rollback_journal ? "journal.db" : "log.db") };
      kvault *vault;

      options.access = KVAULT_ACCESS_CREATE_NEW;
      options.rollback_journal = rollback_journal;
      assert_int (kvault_open (victim.path, &options, &vault, NULL), ==, KVAULT_OK);
      kvault_close (vault);
      for (int i = 0; i < kvtest_times (KILLS, KILLS_FULL); i++)
        {
          unsigned number, told = 0;
          KvChild *child;
          int ends[2];

          snprintf (kvtest_context, sizeof kvtest_context, "kill %d, %s", i, rollback_journal ? "journal" : "log");
          assert_int (pipe (ends), ==, 0);
          victim.told = ends[1];
          child = kvtest_spawn (flush_for_ever, &victim);
          close (ends[1]);
          kvtest_await (child);
          kvtest_sleep ((double) (kvtest_random (&seed) % 30) / 1000);   /* any moment is a good one */
          kvtest_kill (child);
          while (read (ends[0], &number, sizeof number) == sizeof number)
            told = number;
          close (ends[0]);
          assert_int (told, >, 0);
          assert_flushed (victim.path, told);
        }
    }
}

static const KvTest tests[] = {
  { "/kvault/flush/a-failed-flush-is-told", a_failed_flush_is_told },
  { "/kvault/flush/a-flush-that-works-again-is-told", a_flush_that_works_again_is_told },
  { "/kvault/flush/a-table-that-became-read-only-is-not-written-to", a_table_that_became_read_only_is_not_written_to },
  { "/kvault/flush/a-flush-leaves-no-parts-behind", a_flush_leaves_no_parts_behind },
  { "/kvault/flush/it-can-be-copied-elsewhere", it_can_be_copied_elsewhere },
  { "/kvault/flush/a-flush-is-all-or-nothing", a_flush_is_all_or_nothing },
  { "/kvault/flush/discarding-reaches-a-flush-that-waits", discarding_reaches_a_flush_that_waits },
  { "/kvault/flush/discarding-reaches-a-flush-that-writes", discarding_reaches_a_flush_that_writes },
  { "/kvault/flush/taking-reaches-a-flush-that-writes", taking_reaches_a_flush_that_writes },
  { "/kvault/flush/what-comes-during-a-flush-stays", what_comes_during_a_flush_stays },
  { "/kvault/flush/a-late-flush-undoes-nothing", a_late_flush_undoes_nothing },
  { "/kvault/flush/older-never-comes-after-newer", older_never_comes_after_newer },
  { "/kvault/flush/killed-in-a-flush", killed_in_a_flush },
};

KVTEST_MAIN (tests)
