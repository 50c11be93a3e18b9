/* SPDX-License-Identifier: MIT */
/*
 * A writer is killed at any moment, while another process reads as KohakuVault does and a third one writes: nobody ever sees half of anything,
 * and what had been told as done is there afterwards.
 *
 * Every value tells its own story: it begins with a number, its length follows from that, and every byte of the rest is the
 * number's low byte. Keys of one transaction come and go together.
 */
#include "kvtest.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#define GROUP 5              /* keys "g0"… that change as one */
#define KILLS 10             /* of each work in CI; at full size KILLS_FULL */
#define KILLS_FULL 100
#define LARGE_MAX 20000      /* what is longer is in parts */

typedef struct {
  const char *path;
  void (*work) (kvault *vault, unsigned round);
  bool shows_markers;        /* KohakuVault sees a marker where a large value is */
} Writer;

/* ---- values that tell ---- */

static size_t
size_of_number (unsigned number)
{
  return 8 + number * 2654435761u % 60000;
}

static void
fill_value (char *value, unsigned number)
{
  memset (value, (int) (number & 0xff), size_of_number (number));
  snprintf (value, 8, "%07u", number % 10000000);
}

static bool
is_whole (const void *value, size_t size, unsigned *number)
{
  const unsigned char *bytes = value;

  if (size < 8 || sscanf (value, "%7u", number) != 1 || size != size_of_number (*number))
    return false;
  for (size_t i = 8; i < size; i++)
    if (bytes[i] != (*number & 0xff))
      return false;
  return true;
}

static int
put_number (kvault *vault, const char *key, unsigned number)
{
  static char value[70000];

  fill_value (value, number);
  return kvault_put (vault, key, strlen (key), value, size_of_number (number));
}

/* ---- what is done for ever ---- */

static void
put_singles (kvault *vault, unsigned round)
{
  char key[8];

  snprintf (key, sizeof key, "s%u", round % 7);
  put_number (vault, key, round);
}

static void
put_group (kvault *vault, unsigned round)
{
  if (kvault_begin (vault) != KVAULT_OK)
    return;
  for (int i = 0; i < GROUP; i++)
    put_number (vault, kvtest_format ("g%d", i), round);
  kvault_commit (vault);
  kvault_rollback (vault);
}

static void
flush_group (kvault *vault, unsigned round)
{
  kvault_cache_enable (vault, NULL);
  for (int i = 0; i < GROUP; i++)
    put_number (vault, kvtest_format ("g%d", i), round);
  kvault_cache_disable (vault);
}

static void
import_group (kvault *vault, unsigned round)
{
  if (kvault_bulk_begin (vault, 100u << 20) != KVAULT_OK)
    return;
  for (int i = 0; i < GROUP; i++)
    put_number (vault, kvtest_format ("g%d", i), round);
  kvault_bulk_end (vault);
  kvault_rollback (vault);
}

static void
delete_group (kvault *vault, unsigned round)
{
  uint64_t n;

  put_group (vault, round);
  kvault_delete_prefix (vault, "g", 1, NULL, NULL, &n);
}

/* There is one group at a time: the one that a killed writer left under "h" comes back first. */
static void
rename_group (kvault *vault, unsigned round)
{
  uint64_t n;

  if (kvault_rename_prefix (vault, "h", 1, "g", 1, 1, NULL, NULL, &n) != KVAULT_OK)
    return;
  put_group (vault, round);
  kvault_rename_prefix (vault, "g", 1, "h", 1, 1, NULL, NULL, &n);
}

static void
compact (kvault *vault, unsigned round, kvault_vacuum_way way)
{
  kvault_vacuum_options options = { .way = way };

  put_group (vault, round);
  kvault_vacuum (vault, &options, NULL);
}

static void
compact_by_swap (kvault *vault, unsigned round)
{
  compact (vault, round, KVAULT_VACUUM_SWAP);
}

static void
compact_in_steps (kvault *vault, unsigned round)
{
  compact (vault, round, KVAULT_VACUUM_INCREMENTAL);
}

static void
compact_in_place (kvault *vault, unsigned round)
{
  compact (vault, round, KVAULT_VACUUM_IN_PLACE);
}

static void
checkpoint_group (kvault *vault, unsigned round)
{
  put_group (vault, round);
  kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL);
}

/* Each copy in the place of the one before. */
static void
back_up_group (kvault *vault, unsigned round)
{
  put_group (vault, round);
  kvtest_remove (kvtest_path ("copy.db"));
  kvault_backup (vault, kvtest_path ("copy.db"), NULL, NULL);
}

/* What is killed in the middle leaves zeros where nothing was. */
static void
wipe_group (kvault *vault, unsigned round)
{
  put_group (vault, round);
  put_singles (vault, round);
  kvault_delete (vault, "s0", 2);
  kvault_wipe (vault, NULL, NULL);
}

/* Others have the file open all the time, so only the log can be taken up, and nobody can leave it again. */
static void
switch_journal (kvault *vault, unsigned round)
{
  put_group (vault, round);
  kvault_set_journal (vault, round % 2 != 0 ? KVAULT_JOURNAL_WAL : KVAULT_JOURNAL_ROLLBACK);
}

static void
write_for_ever (KvChild *self, void *data)
{
  const Writer *writer = data;
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.whole_value_max = writer->shows_markers ? LARGE_MAX : 0;
  options.busy_timeout_ms = 60000;
  assert_int (kvault_open (writer->path, &options, &vault, NULL), ==, KVAULT_OK);
  for (unsigned round = 1;; round++)
    {
      writer->work (vault, round);
      if (round == 1)
        kvtest_step (self);
    }
}

static void
write_beside (KvChild *self, void *data)
{
  const Writer *writer = data;
  kvault *vault = kvtest_open (writer->path, KVAULT_ACCESS_WRITE);

  for (unsigned round = 1;; round++)
    {
      put_number (vault, "beside", round);
      if (round == 1)
        kvtest_step (self);
      kvault_let_go (vault);   /* others may want the file for themselves */
      kvtest_sleep (0.002);
    }
}

/* ---- who looks on ---- */

/* One state of the file, by KohakuVault's statements. @markers: of 112 bytes, which are no value of ours. */
static void
look_once (sqlite3 *db, bool markers)
{
  unsigned group = 0, n_group = 0;
  sqlite3_stmt *statement;
  int rc;

  if (sqlite3_prepare_v2 (db, "SELECT key, value FROM kv ORDER BY key", -1, &statement, NULL) != SQLITE_OK)
    return;   /* locked just now */
  while ((rc = sqlite3_step (statement)) == SQLITE_ROW)
    {
      const char *key = sqlite3_column_blob (statement, 0);
      size_t size = (size_t) sqlite3_column_bytes (statement, 1);
      unsigned number = 0;

      if (!(markers && size == 112) && !is_whole (sqlite3_column_blob (statement, 1), size, &number))
        kvtest_fail (__FILE__, __LINE__, "%.2s is half-written: %zu bytes", key, size);
      if (key[0] != 'g' && key[0] != 'h')
        continue;
      if (n_group++ > 0 && number != 0 && group != 0 && number != group)
        kvtest_fail (__FILE__, __LINE__, "%.2s is of round %u, another one of %u", key, number, group);
      group = number != 0 ? number : group;
    }
  if (rc == SQLITE_DONE && n_group != 0 && n_group != GROUP)
    kvtest_fail (__FILE__, __LINE__, "%u of %d keys that belong together", n_group, GROUP);
  if (rc == SQLITE_CORRUPT)   /* no database: one that a compacted file has just replaced */
    kvtest_fail (__FILE__, __LINE__, "a reader found %s", sqlite3_errmsg (db));
  sqlite3_finalize (statement);
}

static void
look_on (KvChild *self, void *data)
{
  const Writer *writer = data;

  for (bool first = true;; first = false)
    {
      sqlite3 *db;

      if (sqlite3_open_v2 (writer->path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        {
          sqlite3_busy_timeout (db, 1000);
          for (int i = 0; i < 3; i++)
            look_once (db, writer->shows_markers);
        }
      sqlite3_close (db);
      if (first)
        kvtest_step (self);
    }
}

static void
assert_whole (const Writer *writer)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_cursor *cursor;
  const kvault_entry *entry;
  kvault *vault;

  options.busy_timeout_ms = 60000;   /* the others go on, however slow the machine */
  assert_int (kvault_open (writer->path, &options, &vault, NULL), ==, KVAULT_OK);
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    {
      unsigned number;
      void *value;
      size_t size;

      assert_ok (vault, kvault_get (vault, entry->key, entry->key_size, &value, &size));
      assert_true (is_whole (value, size, &number));
      kvault_free (value);
    }
  kvault_cursor_close (cursor);
  kvault_close (vault);
  assert_str (kvtest_integrity (writer->path), "ok");
}

/* A copy is there whole, or not at all; there is one now and then. */
static void
assert_copy_whole (void)
{
  char *path = kvtest_path ("copy.db");
  sqlite3 *db;

  if (!kvtest_exists (path))
    return;
  assert_int (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  look_once (db, false);
  sqlite3_close (db);
  assert_str (kvtest_integrity (path), "ok");
}

static void
kill_often (void (*work) (kvault *vault, unsigned round), bool parts)
{
  int kills = kvtest_times (KILLS, KILLS_FULL);
  uint64_t seed = 5;

  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = KVAULT_OPTIONS_INIT;
      Writer writer = { kvtest_path (rollback_journal ? "journal.db" : "log.db"), work, parts };
      KvChild *reader, *second;
      kvault *vault;

      options.access = KVAULT_ACCESS_CREATE_NEW;
      options.rollback_journal = rollback_journal;
      options.page_size = 4096;
      assert_int (kvault_open (writer.path, &options, &vault, NULL), ==, KVAULT_OK);
      kvault_close (vault);
      reader = kvtest_spawn (look_on, &writer);
      kvtest_await (reader);
      second = kvtest_spawn (write_beside, &writer);
      kvtest_await (second);
      for (int i = 0; i < kills; i++)
        {
          KvChild *child = kvtest_spawn (write_for_ever, &writer);

          snprintf (kvtest_context, sizeof kvtest_context, "kill %d, %s", i, rollback_journal ? "journal" : "log");
          kvtest_await (child);
          kvtest_sleep ((double) (kvtest_random (&seed) % 30) / 1000);   /* any moment is a good one */
          kvtest_kill (child);
          assert_true (kvtest_alive (reader) && kvtest_alive (second));
          assert_whole (&writer);
          assert_copy_whole ();
        }
      kvtest_kill (reader);
      kvtest_kill (second);
    }
}

static void
puts_are_whole (void)
{
  kill_often (put_singles, false);
}

static void
parts_are_whole (void)
{
  kill_often (put_singles, true);
}

static void
transactions_are_whole (void)
{
  kill_often (put_group, false);
}

static void
flushes_are_whole (void)
{
  kill_often (flush_group, false);
}

static void
imports_are_whole (void)
{
  kill_often (import_group, false);
}

static void
deletions_are_whole (void)
{
  kill_often (delete_group, false);
}

static void
renames_are_whole (void)
{
  kill_often (rename_group, false);
}

static void
swaps_are_whole (void)
{
  kill_often (compact_by_swap, false);
}

static void
steps_are_whole (void)
{
  kill_often (compact_in_steps, false);
}

static void
compacting_in_place_is_whole (void)
{
  kill_often (compact_in_place, false);
}

static void
checkpoints_are_whole (void)
{
  kill_often (checkpoint_group, false);
}

static void
backups_are_whole (void)
{
  kill_often (back_up_group, false);
}

static void
wipes_are_whole (void)
{
  kill_often (wipe_group, false);
}

static void
switches_are_whole (void)
{
  kill_often (switch_journal, false);
}

static const KvTest tests[] = {
  { "/kvault/kills/puts-are-whole", puts_are_whole },
  { "/kvault/kills/parts-are-whole", parts_are_whole },
  { "/kvault/kills/transactions-are-whole", transactions_are_whole },
  { "/kvault/kills/flushes-are-whole", flushes_are_whole },
  { "/kvault/kills/imports-are-whole", imports_are_whole },
  { "/kvault/kills/deletions-are-whole", deletions_are_whole },
  { "/kvault/kills/renames-are-whole", renames_are_whole },
  { "/kvault/kills/swaps-are-whole", swaps_are_whole },
  { "/kvault/kills/steps-are-whole", steps_are_whole },
  { "/kvault/kills/compacting-in-place-is-whole", compacting_in_place_is_whole },
  { "/kvault/kills/checkpoints-are-whole", checkpoints_are_whole },
  { "/kvault/kills/backups-are-whole", backups_are_whole },
  { "/kvault/kills/wipes-are-whole", wipes_are_whole },
  { "/kvault/kills/switches-are-whole", switches_are_whole },
};

KVTEST_MAIN (tests)
