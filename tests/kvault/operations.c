/* SPDX-License-Identifier: MIT */
#include "operations.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEBIBYTE 1048576u
#define BIG (4 * MEBIBYTE + 100000)   /* two parts */
#define MIDDLING 120000

static const char ramp[MIDDLING] = "a value";
static char *big;                     /* BIG bytes */
static kvault_shelf *shelf;
static int source = -1, drain = -1;   /* a file of MIDDLING bytes, and /dev/null */

/* ---- one value ---- */

static int
opening (kvault *vault)
{
  return KVAULT_OK;
}

static int
opening_again (kvault *vault)
{
  int rc = kvault_let_go (vault);

  return rc == KVAULT_OK ? kvault_exists (vault, "k1", 2) : rc;
}

static int
put_small (kvault *vault)
{
  return kvault_put (vault, "new", 3, "value", 5);
}

static int
put_over (kvault *vault)
{
  return kvault_put (vault, "k1", 2, ramp, sizeof ramp);
}

static int
put_over_parts (kvault *vault)
{
  return kvault_put (vault, "parts", 5, "small", 5);
}

static int
put_into_old (kvault *vault)
{
  int rc = kvault_use_table (vault, "old");

  if (rc == KVAULT_OK)
    rc = kvault_put (vault, "k1", 2, ramp, 60000);
  return rc;
}

static int
get_one (kvault *vault)
{
  void *value;
  size_t size;
  int rc = kvault_get (vault, "k5", 2, &value, &size);

  if (rc == KVAULT_OK)
    assert_int (size, ==, 100000);
  else
    assert_true (value == NULL && size == 0);
  kvault_free (value);
  return rc;
}

static int
get_parts (kvault *vault)
{
  void *value;
  size_t size;
  int rc = kvault_get (vault, "parts", 5, &value, &size);

  if (rc == KVAULT_OK)
    assert_int (size, ==, 200000);
  kvault_free (value);
  return rc;
}

static int
delete_one (kvault *vault)
{
  return kvault_delete (vault, "k2", 2);
}

static int
delete_parts (kvault *vault)
{
  return kvault_delete (vault, "parts", 5);
}

static int
delete_entry (kvault *vault)
{
  kvault_cursor_options options = { .prefix = "k4", .prefix_size = 2, .flags = KVAULT_CURSOR_IDS };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  kvault_entry copy;
  int rc = kvault_cursor_open (vault, &options, &cursor);

  if (rc != KVAULT_OK)
    return rc;
  if ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      copy = *entry;
      copy.key = "k4";
    }
  kvault_cursor_close (cursor);
  return rc == KVAULT_OK ? kvault_delete_entry (vault, &copy) : rc;
}

static int
rename_one (kvault *vault)
{
  return kvault_rename (vault, "k1", 2, "longer/key", 10, 0);
}

static int
rename_over (kvault *vault)
{
  return kvault_rename (vault, "k3", 2, "k5", 2, 1);
}

static int
rename_parts (kvault *vault)
{
  return kvault_rename (vault, "parts", 5, "other/parts", 11, 0);
}

/* ---- streams ---- */

static int
stream (kvault *vault, const char *value, size_t size)
{
  kvault_writer *writer;
  int rc = kvault_writer_open (vault, "stream", 6, KVAULT_SIZE_UNKNOWN, &writer);

  if (rc == KVAULT_OK && (rc = kvault_writer_write (writer, value, size)) == KVAULT_OK)
    rc = kvault_writer_commit (writer);
  kvault_writer_free (writer);
  return rc;
}

static int
stream_whole (kvault *vault)
{
  return stream (vault, ramp, sizeof ramp);
}

static int
stream_in_parts (kvault *vault)
{
  return stream (vault, big, BIG);
}

static int
put_from_file (kvault *vault)
{
  lseek (source, 0, SEEK_SET);
  return kvault_put_fd (vault, "file", 4, source, KVAULT_SIZE_UNKNOWN, NULL, NULL);
}

static int
put_from_pipe (kvault *vault)
{
  int ends[2], rc;

  assert_int (pipe2 (ends, O_CLOEXEC), ==, 0);
  assert_int (syscall (SYS_write, ends[1], ramp, 50000), ==, 50000);
  close (ends[1]);
  rc = kvault_put_fd (vault, "pipe", 4, ends[0], KVAULT_SIZE_UNKNOWN, NULL, NULL);
  close (ends[0]);
  return rc;
}

static int
get_to_file (kvault *vault)
{
  uint64_t n;
  int rc = kvault_get_fd (vault, "k5", 2, drain, NULL, NULL, &n);

  if (rc == KVAULT_OK)
    assert_int (n, ==, 100000);
  return rc;
}

static int
read_blob (kvault *vault)
{
  static char bytes[1000];
  kvault_blob *blob;
  int rc = kvault_blob_open (vault, "k5", 2, &blob);

  if (rc == KVAULT_OK && (rc = kvault_blob_read (blob, bytes, sizeof bytes, 0)) == KVAULT_OK)
    rc = kvault_blob_read (blob, bytes, sizeof bytes, 99000);
  kvault_blob_close (blob);
  return rc;
}

static int
release_blob (kvault *vault)
{
  static char bytes[1000];
  kvault_blob *blob;
  int rc = kvault_blob_open (vault, "k5", 2, &blob);

  if (rc == KVAULT_OK && (rc = kvault_blob_read (blob, bytes, sizeof bytes, 50000)) == KVAULT_OK &&
      (rc = kvault_blob_release (blob)) == KVAULT_OK && (rc = kvault_put (vault, "new", 3, "value", 5)) == KVAULT_OK)
    rc = kvault_blob_read (blob, bytes, sizeof bytes, 99000);
  if (rc == KVAULT_OK)
    assert_int (bytes[999], ==, 'f');
  kvault_blob_close (blob);
  return rc;
}

/* ---- several ---- */

static int
several (kvault *vault)
{
  int rc = kvault_begin (vault);

  for (int i = 0; i < 20 && rc == KVAULT_OK; i++)
    {
      char key[16];
      size_t size = (size_t) snprintf (key, sizeof key, "many%d", i);

      rc = kvault_put (vault, key, size, key, size);
    }
  if (rc == KVAULT_OK)
    rc = kvault_commit (vault);
  kvault_rollback (vault);
  return rc;
}

/* One who tries again what failed. A transaction that is gone by then takes nothing more. */
static int
several_stubbornly (kvault *vault)
{
  int rc = kvault_begin (vault), failure = KVAULT_OK;

  for (int i = 0; i < 20 && rc == KVAULT_OK; i++)
    {
      char key[16];
      size_t size = (size_t) snprintf (key, sizeof key, "many%d", i);

      if ((rc = kvault_put (vault, key, size, ramp, 6000)) != KVAULT_OK)
        {
          failure = rc;
          rc = kvault_put (vault, key, size, ramp, 6000);
        }
    }
  if (rc == KVAULT_OK && (rc = kvault_commit (vault)) == KVAULT_OK)
    return KVAULT_OK;
  kvault_rollback (vault);
  return failure != KVAULT_OK ? failure : rc;
}

static int
pop (kvault *vault)
{
  void *value;
  size_t size;
  int rc = kvault_pop (vault, "k3", 2, &value, &size);

  assert_true ((rc == KVAULT_OK) == (value != NULL));
  kvault_free (value);
  return rc;
}

static int
setdefault (kvault *vault)
{
  void *value;
  size_t size;
  int rc = kvault_setdefault (vault, "default", 7, ramp, 5000, &value, &size);

  assert_true (value == NULL);
  return rc;
}

static int
setdefault_there (kvault *vault)
{
  void *value;
  size_t size;
  int rc = kvault_setdefault (vault, "k3", 2, ramp, 5000, &value, &size);

  assert_true ((rc == KVAULT_OK) == (value != NULL));
  kvault_free (value);
  return rc;
}

static int
next_pair (void *data, const void **key, size_t *key_size, const void **value, size_t *value_size)
{
  int *n = data;

  *key = &"zyxwvu"[*n];
  *key_size = 1;
  *value = ramp;
  *value_size = 9000;
  return ++*n > 6 ? KVAULT_NOTFOUND : KVAULT_OK;
}

static int
update (kvault *vault)
{
  int n = 0;

  return kvault_update (vault, next_pair, &n, NULL, NULL);
}

static int
go_on (const kvault_progress *progress, void *data)
{
  return 0;
}

static int
delete_many (kvault *vault)
{
  uint64_t n;

  return kvault_delete_prefix (vault, "k", 1, go_on, NULL, &n);
}

static int
clear (kvault *vault)
{
  uint64_t n;

  return kvault_clear (vault, NULL, NULL, &n);
}

static int
rename_many (kvault *vault)
{
  uint64_t n;

  return kvault_rename_prefix (vault, "k", 1, "prefix/", 7, 0, NULL, NULL, &n);
}

static int
bulk (kvault *vault)
{
  int rc = kvault_bulk_begin (vault, 100 * MEBIBYTE);

  if (rc == KVAULT_OK && (rc = kvault_put (vault, "bulk", 4, ramp, 50000)) == KVAULT_OK)
    rc = kvault_bulk_end (vault);
  kvault_rollback (vault);
  return rc;
}

/* ---- the cache ---- */

static int
flush_cache (kvault *vault)
{
  int rc = kvault_cache_enable (vault, NULL);
  int n = 0;

  for (; n < 20 && rc == KVAULT_OK; n++)
    rc = kvault_put (vault, &"abcdefghijlmnopqrstuvwxyz"[n], 1, "value", 5);
  if (rc == KVAULT_OK && (rc = kvault_cache_flush (vault)) != KVAULT_OK)
    {
      kvault_cache_stats stats;

      kvault_cache_stats_get (vault, &stats);
      assert_int (stats.entries, ==, 20);
    }
  kvault_cache_discard (vault);
  return rc;
}

/* What could not be written still waits, all of it. */
static int
flush_shelf (kvault *vault)
{
  static const char *const keys[] = { "a", "b", "k1", "parts", "z" };
  kvault_shelf_stats stats;
  int rc = KVAULT_OK;

  for (size_t i = 0; i < KVTEST_N (keys) && rc == KVAULT_OK; i++)
    rc = kvault_shelf_put (vault, keys[i], strlen (keys[i]), ramp, 5000);
  if (rc == KVAULT_OK && (rc = kvault_shelf_flush (vault)) != KVAULT_OK)
    {
      kvault_shelf_stats_get (shelf, NULL, &stats);
      assert_int (stats.entries, ==, KVTEST_N (keys));
      assert_int (stats.last_result, ==, rc);
      assert_str (stats.last_error, kvault_errmsg (vault));
    }
  kvault_shelf_discard (shelf);
  return rc;
}

static int
unlock_cache (kvault *vault)
{
  kvault_cache_options options = { .capacity = 100000, .flush_threshold = 1000 };
  int rc = kvault_cache_enable (vault, &options);

  if (rc == KVAULT_OK && (rc = kvault_cache_lock (vault)) == KVAULT_OK &&
      (rc = kvault_put (vault, "cached", 6, ramp, 5000)) == KVAULT_OK && (rc = kvault_cache_unlock (vault)) == KVAULT_OK)
    rc = kvault_cache_disable (vault);
  kvault_cache_discard (vault);
  return rc;
}

/* ---- looking ---- */

static int
walk_with (kvault *vault, unsigned flags)
{
  kvault_cursor_options options = { .flags = flags };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (vault, &options, &cursor);
  int n = 0;

  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK && (rc = entry->result) == KVAULT_OK)
    n++;
  kvault_cursor_close (cursor);
  if (rc == KVAULT_NOTFOUND)
    assert_int (n, ==, 7);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

static int
walk (kvault *vault)
{
  return walk_with (vault, KVAULT_CURSOR_SIZES);
}

static int
walk_as_stored (kvault *vault)
{
  return walk_with (vault, KVAULT_CURSOR_STORED);
}

/* What waits is stored first; then all have rows. */
static int
walk_behind_cache (kvault *vault)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED };
  kvault_cursor *cursor = NULL;
  int rc = kvault_cache_enable (vault, NULL);

  if (rc == KVAULT_OK && (rc = kvault_put (vault, "new", 3, "value", 5)) == KVAULT_OK)
    rc = kvault_cursor_open (vault, &options, &cursor);
  kvault_cursor_close (cursor);
  kvault_cache_discard (vault);
  return rc;
}

static int
look_rows_up (kvault *vault)
{
  int rc = KVAULT_OK, n = 0;

  for (int64_t id = 1; id < 12 && (rc == KVAULT_OK || rc == KVAULT_NOTFOUND); id++)
    {
      kvault_entry entry;

      rc = kvault_entry_by_id (vault, id, KVAULT_CURSOR_SIZES, &entry);
      assert_true ((rc == KVAULT_OK) == (entry.key != NULL));
      if (rc == KVAULT_OK && (rc = entry.result) == KVAULT_OK)
        n++;
    }
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
    return rc;
  assert_int (n, ==, 7);
  return KVAULT_OK;
}

/* Of values of every kind: whole, in parts, and the same reader for the next. */
static int
read_heads (kvault *vault)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (vault, &options, &cursor);

  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      char bytes[100];
      size_t n;
      uint64_t size;

      rc = kvault_head (vault, entry, bytes, sizeof bytes, &n, &size);
      assert_true (rc == KVAULT_OK ? n <= size : n == 0 && size == 0);
    }
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

static int
open_from_walk (kvault *vault)
{
  kvault_entry entry = { .key = "k5", .key_size = 2, .key_class = KVAULT_CLASS_BLOB };
  kvault_blob *blob;
  int rc = kvault_blob_open_entry (vault, &entry, &blob);

  kvault_blob_close (blob);
  return rc;
}

static int
look_around (kvault *vault)
{
  kvault_totals_result totals;
  kvault_vacuum_estimate estimate;
  kvault_stats stats;
  uint64_t n;
  int rc;

  if ((rc = kvault_exists (vault, "k1", 2)) != KVAULT_OK || (rc = kvault_size (vault, "parts", 5, &n)) != KVAULT_OK ||
      (rc = kvault_count (vault, &n)) != KVAULT_OK || (rc = kvault_data_version (vault, &n)) != KVAULT_OK ||
      (rc = kvault_totals (vault, "k", 1, NULL, NULL, &totals)) != KVAULT_OK || (rc = kvault_stats_get (vault, &stats)) != KVAULT_OK)
    return rc;
  assert_int (totals.keys, ==, 6);
  return kvault_vacuum_plan (vault, NULL, &estimate);
}

/* What could not be read is a finding: then the handle writes no more. */
static int
check (kvault *vault, unsigned flags)
{
  kvault_check_result result;
  int rc = kvault_check (vault, flags, NULL, NULL, NULL, NULL, &result);

  if (rc != KVAULT_OK || result.damages == 0)
    return rc;
  assert_int (kvault_put (vault, "~", 1, NULL, 0), ==, KVAULT_ECORRUPT);
  return KVAULT_ECORRUPT;
}

static int
check_quick (kvault *vault)
{
  return check (vault, 0);
}

static int
check_full (kvault *vault)
{
  return check (vault, KVAULT_CHECK_FULL);
}

/* ---- upkeep ---- */

static int
checkpoint (kvault *vault)
{
  int rc = put_small (vault);

  for (int mode = KVAULT_CHECKPOINT_PASSIVE; mode <= KVAULT_CHECKPOINT_TRUNCATE && rc == KVAULT_OK; mode++)
    rc = kvault_checkpoint (vault, (kvault_checkpoint_mode) mode, NULL);
  return rc;
}

/* To the other one. */
static int
switch_journal (kvault *vault)
{
  kvault_stats stats;
  int rc = kvault_stats_get (vault, &stats);

  if (rc != KVAULT_OK)
    return rc;
  return kvault_set_journal (vault, stats.journal == KVAULT_JOURNAL_WAL ? KVAULT_JOURNAL_ROLLBACK : KVAULT_JOURNAL_WAL);
}

static int
wipe (kvault *vault)
{
  return kvault_wipe (vault, NULL, NULL);
}

static int
optimize (kvault *vault)
{
  return kvault_optimize (vault);
}

static int
split_tables (kvault *vault)
{
  const kvault_split_table *tables;
  kvault_split split;
  size_t n;

  return kvault_split_tables (vault, &split, &tables, &n, NULL, NULL);
}

static int
remove_orphans (kvault *vault)
{
  kvault_orphans_result result;

  return kvault_orphans_remove (vault, NULL, NULL, &result);
}

static int
convert (kvault *vault)
{
  int rc = kvault_use_table (vault, "old");

  return rc == KVAULT_OK ? kvault_convert (vault, NULL, NULL) : rc;
}

static int
compact (kvault *vault, kvault_vacuum_way way)
{
  kvault_vacuum_options options = { .way = way };

  return kvault_vacuum (vault, &options, NULL);
}

static int
compact_by_swap (kvault *vault)
{
  return compact (vault, KVAULT_VACUUM_SWAP);
}

static int
compact_in_steps (kvault *vault)
{
  return compact (vault, KVAULT_VACUUM_INCREMENTAL);
}

static int
compact_in_place (kvault *vault)
{
  return compact (vault, KVAULT_VACUUM_IN_PLACE);
}

static int
reclaim (kvault *vault)
{
  uint64_t freed;

  return kvault_reclaim (vault, 5, NULL, NULL, &freed);
}

char *
operations_target (void)
{
  return kvtest_path ("backup.db");
}

static int
backup (kvault *vault)
{
  static char *target;

  if (target == NULL)
    target = operations_target ();
  return kvault_backup (vault, target, NULL, NULL);
}

static int
take_key (const kvault_entry *entry, void *data)
{
  return 0;
}

static int
take_bytes (const void *bytes, size_t n, void *data)
{
  return 0;
}

static int
take_end (int result, const char *message, void *data)
{
  int *worst = data;

  if (*worst == KVAULT_OK)
    *worst = result;
  return 0;
}

static int
salvage (kvault *vault)
{
  int worst = KVAULT_OK, rc;
  kvault_salvage_sink sink = { take_key, take_bytes, take_end, &worst };
  kvault_salvage_result result;

  rc = kvault_salvage (vault, &sink, &result);
  return rc != KVAULT_OK ? rc : worst;   /* what could not be read was named */
}

const Operation operations[] = {
  { "open", opening, OPERATION_OPENS | OPERATION_READS },
  { "let-go", opening_again, OPERATION_READS },
  { "put", put_small, 0 },
  { "put-over", put_over, 0 },
  { "put-over-parts", put_over_parts, 0 },
  { "put-into-old", put_into_old, 0 },
  { "get", get_one, OPERATION_READS },
  { "get-parts", get_parts, OPERATION_READS },
  { "delete", delete_one, 0 },
  { "delete-parts", delete_parts, 0 },
  { "delete-entry", delete_entry, 0 },
  { "rename", rename_one, 0 },
  { "rename-over", rename_over, 0 },
  { "rename-parts", rename_parts, 0 },
  { "stream", stream_whole, 0 },
  { "stream-in-parts", stream_in_parts, OPERATION_LONG },
  { "put-fd", put_from_file, 0 },
  { "put-fd-pipe", put_from_pipe, 0 },
  { "get-fd", get_to_file, OPERATION_READS },
  { "blob", read_blob, OPERATION_READS },
  { "blob-release", release_blob, 0 },
  { "blob-open-entry", open_from_walk, OPERATION_READS },
  { "batch", several, 0 },
  { "batch-stubborn", several_stubbornly, 0 },
  { "pop", pop, 0 },
  { "setdefault", setdefault, 0 },
  { "setdefault-there", setdefault_there, OPERATION_READS },
  { "update", update, 0 },
  { "delete-prefix", delete_many, 0 },
  { "clear", clear, 0 },
  { "rename-prefix", rename_many, 0 },
  { "bulk", bulk, 0 },
  { "cache-flush", flush_cache, 0 },
  { "cache-unlock", unlock_cache, 0 },
  { "shelf-flush", flush_shelf, OPERATION_SHELF },
  { "cursor", walk, OPERATION_READS },
  { "cursor-stored", walk_as_stored, OPERATION_READS },
  { "cursor-stored-cache", walk_behind_cache, 0 },
  { "entry-by-id", look_rows_up, OPERATION_READS },
  { "head", read_heads, OPERATION_READS },
  { "look-around", look_around, OPERATION_READS },
  { "check", check_quick, OPERATION_READS },
  { "check-full", check_full, OPERATION_READS },
  { "checkpoint", checkpoint, 0 },
  { "journal", switch_journal, 0 },
  { "optimize", optimize, OPERATION_READS },
  { "split-tables", split_tables, OPERATION_READS },
  { "wipe", wipe, OPERATION_READS | OPERATION_LONG },
  { "orphans-remove", remove_orphans, OPERATION_READS },
  { "convert", convert, OPERATION_READS | OPERATION_LONG },
  { "compact-swap", compact_by_swap, OPERATION_READS | OPERATION_SWAPS | OPERATION_LONG },
  { "compact-steps", compact_in_steps, OPERATION_READS | OPERATION_LONG },
  { "compact-in-place", compact_in_place, OPERATION_READS | OPERATION_LONG },
  { "reclaim", reclaim, OPERATION_READS },
  { "backup", backup, OPERATION_READS | OPERATION_LONG },
  { "salvage", salvage, OPERATION_READS },
};
const size_t n_operations = KVTEST_N (operations);

const Operation *
operations_find (const char *name)
{
  for (size_t i = 0; i < n_operations; i++)
    if (strcmp (operations[i].name, name) == 0)
      return &operations[i];
  kvtest_fail (__FILE__, __LINE__, "no operation %s", name);
}

/* ---- before and after ---- */

kvault_options
operations_options (bool rollback_journal)
{
  kvault_options options = KVAULT_OPTIONS_INIT;

  options.rollback_journal = rollback_journal;
  options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
  options.page_size = 4096;
  options.page_cache_kib = 64;      /* spills soon */
  options.whole_value_max = 128 * 1024;
  options.chunk_size = 16384;
  return options;
}

kvault_options
operations_options_for (const Operation *operation, const kvault_options *options)
{
  kvault_options own = *options;

  if ((operation->flags & OPERATION_SHELF) != 0)
    own.shelf = shelf;
  return own;
}

static void
fill (kvault *vault)
{
  char value[200000];

  for (int i = 0; i < 6; i++)
    {
      char key[2] = { 'k', (char) ('0' + i) };

      memset (value, i + 'a', sizeof value);
      assert_ok (vault, kvault_put (vault, key, 2, value, (size_t) (i * i * 4000)));
    }
}

void
operations_prepare (const kvault_options *like)
{
  kvault_options options = *like;
  char *path = kvtest_path ("fresh.db");
  char *from = kvtest_path ("source");
  kvault *vault;

  if (kvtest_exists (path))
    kvtest_remove (path);
  options.access = KVAULT_ACCESS_CREATE;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  fill (vault);
  assert_ok (vault, kvault_put (vault, "parts", 5, ramp, sizeof ramp));
  assert_ok (vault, kvault_put (vault, "gone", 4, ramp, 100000));
  assert_ok (vault, kvault_delete (vault, "gone", 4));   /* pages to give back */
  kvault_close (vault);
  kvtest_sql (path, KVTEST_V1 ("old") "INSERT INTO old (key, value, size) VALUES (CAST('k1' AS BLOB), CAST(hex(zeroblob(10000)) AS BLOB), 20000)");
  options.access = KVAULT_ACCESS_WRITE;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  {
    char *long_value = calloc (1, 200000);

    assert_ok (vault, kvault_put (vault, "parts", 5, long_value, 200000));
    assert_ok (vault, kvault_put (vault, "orphan", 6, long_value, 200000));
    free (long_value);
  }
  kvault_close (vault);
  kvtest_sql (path, "DELETE FROM kv WHERE key = CAST('orphan' AS BLOB)");   /* as KohakuVault does */

  if (source >= 0)
    return;
  shelf = kvault_shelf_new ();
  big = calloc (1, BIG);
  kvtest_write_file (from, ramp, MIDDLING);
  source = open (from, O_RDONLY | O_CLOEXEC);
  drain = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  assert_true (source >= 0 && drain >= 0);
}

static void
remove_if_there (const char *name)
{
  char path[512];

  snprintf (path, sizeof path, "%s/%s", kvtest_folder (), name);
  unlink (path);
}

char *
operations_reset (void)
{
  static const char *const beside[] = { "a.db", "a.db-wal", "a.db-shm", "a.db-journal", ".a.db.kvault-compact", "backup.db",
                                        ".backup.db.kvault-compact" };
  static char *from, *to;

  if (to == NULL)
    {
      from = kvtest_path ("fresh.db");
      to = kvtest_path ("a.db");
    }
  for (size_t i = 0; i < KVTEST_N (beside); i++)
    remove_if_there (beside[i]);
  kvtest_copy_file (from, to);
  return to;
}

static uint64_t
sum_of (const uint8_t *value, size_t size)
{
  uint64_t sum = size, word;

  for (size_t i = 0; i + 8 <= size; i += 8)
    {
      memcpy (&word, value + i, 8);
      sum = (sum ^ word) * 0x9e3779b97f4a7c15 + i;
    }
  for (size_t i = size & ~(size_t) 7; i < size; i++)
    sum = (sum ^ value[i]) * 0x9e3779b97f4a7c15;
  return sum;
}

static char *
list_table (kvault *vault, char *end)
{
  kvault_cursor *cursor;
  const kvault_entry *entry;
  int rc;

  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      void *value;
      size_t size;

      assert_ok (vault, kvault_get (vault, entry->key, entry->key_size, &value, &size));
      end += sprintf (end, "%.*s %zu %llx\n", (int) entry->key_size, (const char *) entry->key, size,
                      (unsigned long long) sum_of (value, size));
      kvault_free (value);
    }
  assert_result (vault, rc, KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
  return end;
}

static void
assert_sound (const char *path)
{
  sqlite3 *db;
  sqlite3_stmt *statement;

  assert_int (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  assert_int (sqlite3_prepare_v2 (db, "PRAGMA integrity_check(3)", -1, &statement, NULL), ==, SQLITE_OK);
  assert_int (sqlite3_step (statement), ==, SQLITE_ROW);
  assert_str ((const char *) sqlite3_column_text (statement, 0), "ok");
  sqlite3_finalize (statement);
  sqlite3_close (db);
}

/* Byte 18 of the header: 2 with a log, 1 with a journal. */
static const char *
journal_of (const char *path)
{
  char head[19] = "";
  FILE *file = fopen (path, "re");

  assert_true (file != NULL && fread (head, 1, sizeof head, file) == sizeof head);
  fclose (file);
  return head[18] == 2 ? "log" : "journal";
}

const char *
operations_contents (const char *path)
{
  static char texts[2][16384];
  static int turn;
  char *text = texts[turn++ % 2];
  const kvault_section *sections;
  kvault_error error;
  kvault *vault;
  size_t n;
  char *end = text;

  if (kvault_open (path, NULL, &vault, &error) != KVAULT_OK)
    kvtest_fail (__FILE__, __LINE__, "%s", error.message);
  assert_ok (vault, kvault_sections (vault, &sections, &n));
  for (size_t i = 0; i < n; i++)
    {
      assert_ok (vault, kvault_use_table (vault, sections[i].name));
      end = list_table (vault, end + sprintf (end, "%s:\n", sections[i].name));
    }
  assert_int (kvault_close (vault), ==, KVAULT_OK);
  assert_sound (path);
  sprintf (end, "%s\n", journal_of (path));
  return text;
}

/* A failed write now and then leaves SQLite's journal without a head; it counts for nothing and is used again. */
static bool
begins_with_something (const char *path)
{
  FILE *file = fopen (path, "re");
  int first = file != NULL ? getc (file) : EOF;

  if (file != NULL)
    fclose (file);
  return first != EOF && first != 0;
}

const char *
operations_untidy (void)
{
  static const char *const never[] = { ".a.db.kvault-compact", ".a.db.kvault-compact-journal", ".a.db.kvault-compact-wal", "a.db-wal",
                                       "a.db-journal" };

  for (size_t i = 0; i < KVTEST_N (never); i++)
    {
      char path[512];

      snprintf (path, sizeof path, "%s/%s", kvtest_folder (), never[i]);
      if (i < 3 ? access (path, F_OK) == 0 : begins_with_something (path))
        return never[i];
    }
  return NULL;
}

bool
operations_cannot_be (const Operation *operation, int result)
{
  return (operation->flags & OPERATION_SWAPS) != 0 && result == KVAULT_EPERM;
}
