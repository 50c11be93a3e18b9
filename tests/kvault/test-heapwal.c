/* SPDX-License-Identifier: MIT */
/* A write-ahead log read with its index in memory, where nothing can be written: heapwal.c. */
#include "kvtest.h"

#include <unistd.h>

/* What a killed writer leaves: a log, and no index any more. */
static char *
make_log (const char  *name,
          KvChildFunc  write)
{
  char *folder = kvtest_path (name), *path = kvtest_format ("%s/a.db", folder);
  KvChild *child;

  kvtest_make_folder (folder);
  child = kvtest_spawn (write, path);
  kvtest_await (child);
  kvtest_kill (child);
  assert_int (unlink (kvtest_format ("%s-shm", path)), ==, 0);
  assert_int (kvtest_file_size (kvtest_format ("%s-wal", path)), >, 0);
  return path;
}

typedef struct {
  const char *path;
  unsigned keys;
  unsigned generation;   /* what every value begins with */
} Expected;

static void
check (void *data)
{
  const Expected *expected = data;
  kvault *vault = kvtest_open (expected->path, KVAULT_ACCESS_VIEW);
  kvault_totals_result totals;
  kvault_stats stats;

  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.frozen, !=, 0);
  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_int (totals.keys, ==, expected->keys);
  assert_int (totals.unreadable, ==, 0);
  for (unsigned i = 0; i < expected->keys; i++)
    {
      unsigned *value;
      size_t size;

      assert_ok (vault, kvault_get (vault, &i, sizeof i, (void **) &value, &size));
      assert_int (size, ==, 300);
      assert_int (*value, ==, expected->generation);
      kvault_free (value);
    }
  kvault_close (vault);
}

static void
check_readonly (const Expected *expected)
{
  char *folder = kvtest_format ("%.*s", (int) (strrchr (expected->path, '/') - expected->path),
                                expected->path);
  KvSnapshot *before = kvtest_snapshot (folder);

  kvtest_on_readonly_mount (folder, check, (void *) expected);
  kvtest_as_nobody (check, (void *) expected);
  assert_unchanged (before);
}

static void
put_generation (const char *path,
                unsigned    keys,
                unsigned    generation)
{
  kvtest_sql (path, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
                    "INSERT OR REPLACE INTO kv SELECT CAST(char(i) || x'000000' AS BLOB), "
                    "CAST(char(%u) || zeroblob(299) AS BLOB) FROM n", keys - 1, generation);
}

static void
begin (const char *path,
       unsigned    page_size)
{
  kvtest_sql (path, "PRAGMA page_size=%u; PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"), page_size);
  kvtest_keep_open (path); /* or the last one to close would fold the log in */
}

static void
write_and_stop (KvChild *self,
                void    *path)
{
  begin (path, 4096);
  put_generation (path, 100, 1);
  put_generation (path, 100, 2);
  kvtest_step (self);
  kvtest_await (self);
}

static void
sees_what_was_committed (void)
{
  check_readonly (&(Expected) { make_log ("place", write_and_stop), 100, 2 });
}

static void
write_and_die_midway (KvChild *self,
                      void    *path)
{
  begin (path, 512);
  put_generation (path, 100, 1);
  kvtest_spill (path, "UPDATE kv SET value = zeroblob(300); INSERT INTO kv SELECT "
                      "CAST(x'ff' || key AS BLOB), value FROM kv");
  kvtest_step (self);
  kvtest_await (self);
}

static void
passes_over_what_was_not (void)
{
  check_readonly (&(Expected) { make_log ("place", write_and_die_midway), 100, 1 });
}

/* A checkpoint lets the log begin again: old frames lie behind the new ones. */
static void
write_checkpoint_and_write (KvChild *self,
                            void    *path)
{
  begin (path, 512);
  put_generation (path, 100, 1);
  put_generation (path, 100, 2);
  kvtest_sql (path, "PRAGMA wal_checkpoint(RESTART)");
  kvtest_sql (path, "UPDATE kv SET value = CAST(char(3) || zeroblob(299) AS BLOB)");
  kvtest_step (self);
  kvtest_await (self);
}

static void
passes_over_frames_of_before (void)
{
  check_readonly (&(Expected) { make_log ("place", write_checkpoint_and_write), 100, 3 });
}

/* Folded into the main file, but the log still there. */
static void
write_and_checkpoint (KvChild *self,
                      void    *path)
{
  begin (path, 4096);
  put_generation (path, 100, 1);
  kvtest_sql (path, "PRAGMA wal_checkpoint(FULL)");
  kvtest_step (self);
  kvtest_await (self);
}

static void
reads_a_log_that_is_folded_in (void)
{
  check_readonly (&(Expected) { make_log ("place", write_and_checkpoint), 100, 1 });
}

/* The index is in segments of 4,096 frames; this needs several. */
static void
write_many_frames (KvChild *self,
                   void    *path)
{
  begin (path, 512);
  for (unsigned generation = 1; generation <= 110; generation++)
    put_generation (path, 100, generation);
  kvtest_step (self);
  kvtest_await (self);
}

static void
reads_long_logs (void)
{
  char *path = make_log ("place", write_many_frames);

  assert_int (kvtest_file_size (kvtest_format ("%s-wal", path)) / (512 + 24), >, 9000);
  check_readonly (&(Expected) { path, 100, 110 });
}

/* A log that was cut, or damaged: what comes after is as if it had not been committed. */
static void
stops_at_a_broken_frame (void)
{
  char *path = make_log ("place", write_and_stop), *log = kvtest_format ("%s-wal", path);
  size_t size;
  uint8_t *bytes = kvtest_read_file (log, &size);

  kvtest_write_file (log, bytes, size - 5000);
  check_readonly (&(Expected) { path, 100, 1 });
  bytes[size - 300] ^= 1;
  kvtest_write_file (log, bytes, size);
  check_readonly (&(Expected) { path, 100, 1 });
}

/* Of another file, or of no file: not for us. */
static void
passes_over_a_foreign_log (void)
{
  char *path = make_log ("place", write_and_checkpoint), *log = kvtest_format ("%s-wal", path);
  uint8_t noise[50000];

  kvtest_fill (noise, sizeof noise, 1);
  kvtest_write_file (log, noise, sizeof noise);
  check_readonly (&(Expected) { path, 100, 1 });
  kvtest_write_file (log, noise, 20);
  check_readonly (&(Expected) { path, 100, 1 });
}

static const KvTest tests[] = {
  { "/kvault/heapwal/sees-what-was-committed", sees_what_was_committed },
  { "/kvault/heapwal/passes-over-what-was-not", passes_over_what_was_not },
  { "/kvault/heapwal/passes-over-frames-of-before", passes_over_frames_of_before },
  { "/kvault/heapwal/reads-a-log-that-is-folded-in", reads_a_log_that_is_folded_in },
  { "/kvault/heapwal/reads-long-logs", reads_long_logs },
  { "/kvault/heapwal/stops-at-a-broken-frame", stops_at_a_broken_frame },
  { "/kvault/heapwal/passes-over-a-foreign-log", passes_over_a_foreign_log },
};

KVTEST_MAIN (tests)
