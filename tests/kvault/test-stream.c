/* SPDX-License-Identifier: MIT */
/* Values from and to descriptors, one and many: stream.c. */
#include "kvtest.h"

#include <fcntl.h>
#include <unistd.h>

#define MEBIBYTE 1048576u

static char *
file_of (const char *name, size_t size, uint64_t seed)
{
  char *path = kvtest_path (name);
  uint8_t *data = malloc (size + 1);

  kvtest_fill (data, size, seed);
  kvtest_write_file (path, data, size);
  free (data);
  return path;
}

static void
assert_is_file (kvault *vault, const char *key, const char *path)
{
  size_t size;
  uint8_t *data = kvtest_read_file (path, &size);

  assert_value (vault, key, strlen (key), data, size);
  free (data);
}

static void
stores_and_gives_files (void)
{
  static const size_t sizes[] = { 0, 1, 1000, MEBIBYTE, 20 * MEBIBYTE + 3 };

  for (int kind = KVAULT_SECTION_V1; kind <= KVAULT_SECTION_V2; kind++)
    {
      kvault *vault = kvtest_make ((kvault_section_kind) kind);

      for (size_t i = 0; i < KVTEST_N (sizes); i++)
        {
          char *path = file_of ("in", sizes[i], i), *out = kvtest_path ("out");
          int fd = open (path, O_RDONLY), to = open (out, O_CREAT | O_TRUNC | O_WRONLY, 0600);
          size_t n;
          uint8_t *copy;
          uint64_t written;

          assert_ok (vault, kvault_put_fd (vault, "key", 3, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL));
          assert_is_file (vault, "key", path);
          assert_ok (vault, kvault_get_fd (vault, "key", 3, to, NULL, NULL, &written));
          assert_int (written, ==, sizes[i]);
          copy = kvtest_read_file (out, &n);
          assert_value (vault, "key", 3, copy, n);
          free (copy);
          close (fd);
          close (to);
        }
      kvault_close (vault);
    }
}

static void
feed_pipe (KvChild *child, void *data)
{
  static char byte[70000];
  int *ends = data;

  (void) child;
  close (ends[0]);
  for (int i = 0; i < 300; i++)
    assert_int (write (ends[1], byte, sizeof byte), ==, sizeof byte);
}

static void
stores_what_a_pipe_delivers (void)
{
  kvault *vault;
  uint64_t size;
  int ends[2];
  KvChild *child;

  assert_int (pipe (ends), ==, 0);
  child = kvtest_spawn (feed_pipe, ends);
  close (ends[1]);
  vault = kvtest_make (KVAULT_SECTION_V2);
  assert_ok (vault, kvault_put_fd (vault, "key", 3, ends[0], KVAULT_SIZE_UNKNOWN, NULL, NULL));
  kvtest_join (child);
  assert_ok (vault, kvault_size (vault, "key", 3, &size));
  assert_int (size, ==, 300 * 70000);
  close (ends[0]);
  kvault_close (vault);
}

typedef struct {
  const char *path;
  uint64_t at;
} Shrink;

static int
shrink (const kvault_progress *progress, void *data)
{
  Shrink *file = data;

  if (progress->bytes >= file->at)
    assert_int (truncate (file->path, (off_t) file->at), ==, 0);
  return 0;
}

static int
cancel (const kvault_progress *progress, void *data)
{
  return progress->bytes >= *(uint64_t *) data;
}

static void
what_fails_midway_keeps_the_old_value (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  char *path = file_of ("in", 10 * MEBIBYTE, 1);
  Shrink file = { path, 3 * MEBIBYTE };
  uint64_t limit = 2 * MEBIBYTE;
  int fd = open (path, O_RDONLY), folder = open (kvtest_folder (), O_RDONLY);

  assert_ok (vault, kvault_put (vault, "key", 3, "old", 3));
  assert_result (vault, kvault_put_fd (vault, "key", 3, fd, KVAULT_SIZE_UNKNOWN, cancel, &limit), KVAULT_ECANCELLED);
  assert_value (vault, "key", 3, "old", 3);
  lseek (fd, 0, SEEK_SET);
  assert_result (vault, kvault_put_fd (vault, "key", 3, fd, KVAULT_SIZE_UNKNOWN, shrink, &file), KVAULT_ERANGE);
  assert_value (vault, "key", 3, "old", 3);
  assert_result (vault, kvault_put_fd (vault, "key", 3, folder, KVAULT_SIZE_UNKNOWN, NULL, NULL), KVAULT_EIO);
  assert_result (vault, kvault_put_fd (vault, "key", 3, -1, KVAULT_SIZE_UNKNOWN, NULL, NULL), KVAULT_EIO);
  assert_value (vault, "key", 3, "old", 3);
  close (fd);
  close (folder);
  kvault_close (vault);
}

static void
tells_when_what_goes_out_finds_no_room (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  int full = open ("/dev/full", O_WRONLY);
  uint64_t n;

  assert_ok (vault, kvault_put (vault, "key", 3, "value", 5));
  assert_result (vault, kvault_get_fd (vault, "key", 3, full, NULL, NULL, &n), KVAULT_EFULL);
  assert_int (n, ==, 0);
  assert_result (vault, kvault_get_fd (vault, "none", 4, full, NULL, NULL, &n), KVAULT_NOTFOUND);
  close (full);
  kvault_close (vault);
}

/* ---- Bulk mode ---- */

static char *
mode_of (const char *path)
{
  return kvtest_sql_text (path, "PRAGMA journal_mode");
}

static void
put_many (kvault *vault, int n, size_t size)
{
  char *value = calloc (1, size);

  for (int i = 0; i < n; i++)
    {
      char *key = kvtest_format ("%06d", i);

      assert_ok (vault, kvault_put (vault, key, strlen (key), value, size));
    }
  free (value);
}

static void
leaves_the_log_and_returns (void)
{
  kvault *vault = kvtest_create ("new.db");
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_stats stats;

  assert_ok (vault, kvault_bulk_begin (vault, 100 * MEBIBYTE));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.journal, ==, KVAULT_JOURNAL_ROLLBACK);
  assert_result (vault, kvault_begin (vault), KVAULT_EINVAL);
  assert_result (vault, kvault_commit (vault), KVAULT_EINVAL);
  put_many (vault, 100, MEBIBYTE);
  assert_ok (vault, kvault_bulk_end (vault));
  assert_str (mode_of (path), "wal");
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, 100);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE name = 'kvault_bulk'"), ==, 0);
  kvault_close (vault);
  assert_str (kvtest_integrity (path), "ok");
}

static void
stays_in_the_log_beside_others (void)
{
  kvault *vault = kvtest_create ("new.db");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_VIEW);
  kvault_stats stats;
  uint64_t n;

  assert_ok (other, kvault_count (other, &n));
  assert_ok (vault, kvault_bulk_begin (vault, 100 * MEBIBYTE));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.journal, ==, KVAULT_JOURNAL_WAL);
  put_many (vault, 10, 1000);
  assert_ok (vault, kvault_bulk_end (vault));
  assert_ok (other, kvault_count (other, &n));
  assert_int (n, ==, 10);
  assert_int (kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM sqlite_schema WHERE name = 'kvault_bulk'"), ==, 0);
  kvault_close (other);
  kvault_close (vault);
}

static void
giving_up_keeps_what_was_committed (void)
{
  kvault *vault = kvtest_create ("new.db");
  char *path = kvtest_format ("%s", kvault_location (vault));

  assert_ok (vault, kvault_bulk_begin (vault, 100 * MEBIBYTE));
  put_many (vault, 70, MEBIBYTE);
  kvault_rollback (vault);
  assert_str (mode_of (path), "wal");
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, 64);   /* the first 64 MiB */
  assert_ok (vault, kvault_bulk_begin (vault, 100 * MEBIBYTE));
  put_many (vault, 2, 1000);
  kvault_close (vault);
  assert_str (mode_of (path), "wal");
  assert_alone (path);
}

static void
import_for_ever (KvChild *child, void *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  assert_ok (vault, kvault_bulk_begin (vault, 1000 * MEBIBYTE));
  kvtest_step (child);
  for (;;)
    put_many (vault, 150, MEBIBYTE);
}

static void
a_killed_import_returns_at_the_next_opening (void)
{
  kvault *vault = kvtest_create ("new.db");
  char *path = kvtest_format ("%s", kvault_location (vault));
  uint64_t seed = 1;

  kvault_close (vault);
  for (int i = 0; i < 8; i++)
    {
      KvChild *child = kvtest_spawn (import_for_ever, path);

      kvtest_await (child);
      kvtest_sleep ((double) (kvtest_random (&seed) % 200) / 1000);
      kvtest_kill (child);
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      kvault_close (vault);
      assert_str (mode_of (path), "wal");
      assert_str (kvtest_integrity (path), "ok");
      assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv WHERE length(value) <> 1048576"), ==, 0);
      assert_int (kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE name = 'kvault_bulk'"), ==, 0);
    }
}

static const KvTest tests[] = {
  { "/kvault/stream/stores-and-gives-files", stores_and_gives_files },
  { "/kvault/stream/stores-what-a-pipe-delivers", stores_what_a_pipe_delivers },
  { "/kvault/stream/what-fails-midway-keeps-the-old-value", what_fails_midway_keeps_the_old_value },
  { "/kvault/stream/tells-when-what-goes-out-finds-no-room", tells_when_what_goes_out_finds_no_room },
  { "/kvault/stream/bulk/leaves-the-log-and-returns", leaves_the_log_and_returns },
  { "/kvault/stream/bulk/stays-in-the-log-beside-others", stays_in_the_log_beside_others },
  { "/kvault/stream/bulk/giving-up-keeps-what-was-committed", giving_up_keeps_what_was_committed },
  { "/kvault/stream/bulk/a-killed-import-returns-at-the-next-opening", a_killed_import_returns_at_the_next_opening },
};

KVTEST_MAIN (tests)
