/* SPDX-License-Identifier: MIT */
/* Values from and to descriptors, one and many: stream.c. */
#include "kvtest.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/mman.h>
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
stores_a_value_of_another_handle (void)
{
  static const size_t sizes[] = { 0, 1, MEBIBYTE, 20 * MEBIBYTE + 3 };
  kvault *from = kvtest_make (KVAULT_SECTION_V2), *vault = kvtest_make (KVAULT_SECTION_V1);

  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    {
      uint8_t *value = malloc (sizes[i] + 1);
      kvault_blob *blob;

      memset (value, 'v', sizes[i]);
      assert_ok (from, kvault_put (from, "key", 3, value, sizes[i]));
      assert_ok (from, kvault_blob_open (from, "key", 3, &blob));
      assert_ok (vault, kvault_put_blob (vault, "copy", 4, blob, NULL, NULL));
      assert_value (vault, "copy", 4, value, sizes[i]);
      assert_value (from, "key", 3, value, sizes[i]);
      kvault_blob_close (blob);
      free (value);
    }
  kvault_close (vault);
  kvault_close (from);
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

/* The memory of this process, of which there is a hole behind the first half: a regular file that cannot be read to its end. */
static void
says_what_could_not_be_read (void)
{
  static const size_t sizes[] = { 16 * MEBIBYTE, 512 * 1024 };   /* read ahead; read as a whole */
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  int fd = open ("/proc/self/mem", O_RDONLY);

  assert_ok (vault, kvault_put (vault, "key", 3, "old", 3));
  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    {
      char *room = mmap (NULL, sizes[i], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

      assert_true (room != MAP_FAILED);
      assert_int (munmap (room + sizes[i] / 2, sizes[i] / 2), ==, 0);
      lseek (fd, (off_t) (uintptr_t) room, SEEK_SET);
      assert_result (vault, kvault_put_fd (vault, "key", 3, fd, sizes[i], NULL, NULL), KVAULT_EIO);
      assert_int (kvault_last_error (vault)->system_errno, ==, EIO);
      assert_value (vault, "key", 3, "old", 3);
      assert_int (lseek (fd, 0, SEEK_CUR), ==, (off_t) (uintptr_t) room);
      munmap (room, sizes[i] / 2);
    }
  close (fd);
  kvault_close (vault);
}

static uint64_t
bytes_written (void)
{
  FILE *file = fopen ("/proc/self/io", "re");
  unsigned long long n = 0;
  char line[100];

  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "wchar: %llu", &n) == 1)
      break;
  if (file != NULL)
    fclose (file);
  return n;
}

/* Each has two pages of the log or the file; none of the table, or of its index, is set aside for each. */
static void
stores_many_files_without_detours (void)
{
  enum { N = 200, SIZE = 50000, PAGE = 32768 };
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  char *path = file_of ("in", SIZE, 1);
  uint64_t before, written;
  int fd = open (path, O_RDONLY);

  assert_ok (vault, kvault_bulk_begin (vault, 0));
  before = bytes_written ();
  for (int i = 0; i < N; i++)
    {
      char *key = kvtest_format ("%06d", i);

      lseek (fd, 0, SEEK_SET);
      assert_ok (vault, kvault_put_fd (vault, key, strlen (key), fd, KVAULT_SIZE_UNKNOWN, NULL, NULL));
    }
  assert_ok (vault, kvault_bulk_end (vault));
  written = bytes_written () - before;
  assert_int (before, >, 0);
  assert_int (written, <, N * 3 * PAGE);
  assert_is_file (vault, "000199", path);
  close (fd);
  kvault_close (vault);
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

static void
gives_into_the_callers_memory (void)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  char *path = kvtest_path ("a.db");
  uint8_t *value = malloc (MEBIBYTE), *buf = malloc (MEBIBYTE + 1);
  uint64_t size = 7;
  kvault *vault;

  options.access = KVAULT_ACCESS_CREATE;
  options.whole_value_max = MEBIBYTE / 2;   /* the last is in parts */
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  kvtest_fill (value, MEBIBYTE, 1);
  assert_ok (vault, kvault_put (vault, "empty", 5, NULL, 0));
  assert_ok (vault, kvault_put (vault, "", 0, value, 100));
  assert_ok (vault, kvault_put (vault, "large", 5, value, MEBIBYTE));
  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_put (vault, "waits", 5, value, 50));
  assert_ok (vault, kvault_get_into (vault, "empty", 5, NULL, 0, &size));
  assert_int (size, ==, 0);
  assert_ok (vault, kvault_get_into (vault, NULL, 0, buf, 100, &size));
  assert_mem (buf, size, value, 100);
  assert_ok (vault, kvault_get_into (vault, "large", 5, buf, MEBIBYTE + 1, &size));
  assert_mem (buf, size, value, MEBIBYTE);
  assert_ok (vault, kvault_get_into (vault, "waits", 5, buf, MEBIBYTE, &size));
  assert_mem (buf, size, value, 50);
  memset (buf, '-', 100);
  assert_result (vault, kvault_get_into (vault, "", 0, buf, 99, &size), KVAULT_ERANGE);
  assert_int (size, ==, 100);
  assert_int (buf[0], ==, '-');
  assert_result (vault, kvault_get_into (vault, "large", 5, NULL, 0, &size), KVAULT_ERANGE);
  assert_int (size, ==, MEBIBYTE);
  assert_result (vault, kvault_get_into (vault, "none", 4, buf, 10, &size), KVAULT_NOTFOUND);
  assert_int (size, ==, 0);
  assert_result (vault, kvault_get_into (vault, "large", 5, NULL, 10, &size), KVAULT_EINVAL);
  assert_result (vault, kvault_get_into (vault, NULL, 5, buf, 10, &size), KVAULT_EINVAL);
  kvault_close (vault);
  free (value);
  free (buf);
}

#define PIECE (5 * MEBIBYTE)

/* Key i holds a value of the seed given, for i in a range. */
static void
assert_values (kvault *vault, unsigned from, unsigned to, uint64_t seed)
{
  uint8_t *value = malloc (PIECE);

  kvtest_fill (value, PIECE, seed);
  for (unsigned i = from; i < to; i++)
    assert_value (vault, &i, sizeof i, value, PIECE);
  free (value);
}

static void
count_committed (kvault *vault, unsigned n, bool give_up)
{
  uint8_t *value = malloc (PIECE);
  uint64_t committed = 0;

  kvtest_fill (value, PIECE, 2);
  assert_ok (vault, kvault_bulk_begin (vault, 0));
  for (unsigned i = 0; i < n; i++)
    {
      assert_ok (vault, kvault_put (vault, &i, sizeof i, value, PIECE));
      assert_int (kvault_bulk_committed (vault), >=, committed);
      committed = kvault_bulk_committed (vault);
      assert_int (committed, >=, i < 13 ? 0 : (i - 12) / 13 * 13);
    }
  if (give_up)
    kvault_rollback (vault);
  else
    assert_ok (vault, kvault_bulk_end (vault));
  assert_int (kvault_bulk_committed (vault), ==, give_up ? committed : n);
  free (value);
}

static void
tells_how_many_are_committed (void)
{
  kvault *vault = kvtest_create ("a.db");

  count_committed (vault, 20, false);
  assert_values (vault, 0, 20, 2);
  count_committed (vault, 30, true);
  assert_values (vault, 0, 26, 2);
  assert_int (kvault_bulk_committed (vault), ==, 26);
  assert_ok (vault, kvault_bulk_begin (vault, 0));
  assert_int (kvault_bulk_committed (vault), ==, 0);
  kvault_close (vault);
}

/* Put by turns in place of a value of the same size and under a new key. */
static unsigned
key_of_put (unsigned i)
{
  return i % 2 ? 100 + i : i / 2;
}

/* The first so many are there, and of the others the old value or none. */
static void
fill_a_disk (void *data)
{
  char *path = kvtest_format ("%s/a.db", (char *) data);
  kvault_options options = KVAULT_OPTIONS_INIT;
  uint8_t *value = malloc (PIECE);
  unsigned n = 80, put = 0, committed, key;
  int rc = KVAULT_OK;
  kvault *vault;

  options.access = KVAULT_ACCESS_CREATE_NEW;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  kvtest_fill (value, PIECE, 1);
  for (unsigned i = 0; i < n / 2; i++)
    assert_ok (vault, kvault_put (vault, &i, sizeof i, value, PIECE));
  kvtest_fill (value, PIECE, 2);
  assert_ok (vault, kvault_bulk_begin (vault, 0));   /* an unknown amount: it stays in its log */
  for (; put < n && rc == KVAULT_OK; put += rc == KVAULT_OK)
    {
      key = key_of_put (put);
      rc = kvault_put (vault, &key, sizeof key, value, PIECE);
    }
  assert_result (vault, rc, KVAULT_EFULL);
  committed = (unsigned) kvault_bulk_committed (vault);
  assert_int (committed, <, put);
  assert_result (vault, kvault_put (vault, "late", 4, "late", 4), KVAULT_EIO);   /* not as if nothing had happened */
  assert_result (vault, kvault_bulk_end (vault), KVAULT_EIO);
  assert_int (kvault_bulk_committed (vault), ==, committed);
  printf ("# %u of %u put are there\n", committed, put);
  for (unsigned i = 0; i < n; i++)
    {
      key = key_of_put (i);
      if (i < committed || i % 2 == 0)
        assert_values (vault, key, key + 1, i < committed ? 2 : 1);
      else
        assert_result (vault, kvault_exists (vault, &key, sizeof key), KVAULT_NOTFOUND);
    }
  kvault_close (vault);
  free (value);
}

static void
a_full_disk_leaves_those_that_were_committed (void)
{
  char *folder = kvtest_path ("small");

  kvtest_make_folder (folder);
  kvtest_on_small_disk (folder, 340 * MEBIBYTE, fill_a_disk, folder);
}

/* Another connection holds the lock when the value comes, and gives it up as soon as it is waited for. */
static int
let_go_of_the_lock (void *holder)
{
  sqlite3_exec (*(sqlite3 **) holder, "COMMIT", NULL, NULL, NULL);
  return 0;
}

static void
waits_for_other_writers (void)
{
  char *path = kvtest_path ("a.db");
  kvault_options options = KVAULT_OPTIONS_INIT;
  sqlite3 *holder = NULL;
  kvault *vault;
  int fd = open (file_of ("in", 3 * MEBIBYTE, 1), O_RDONLY);

  options.access = KVAULT_ACCESS_CREATE;
  options.is_cancelled = let_go_of_the_lock;
  options.is_cancelled_data = &holder;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_int (sqlite3_open (path, &holder), ==, SQLITE_OK);
  for (int pipe_like = 0; pipe_like < 2; pipe_like++)
    {
      assert_int (sqlite3_exec (holder, "BEGIN IMMEDIATE; INSERT OR REPLACE INTO kv VALUES (x'78', x'01')", NULL, NULL, NULL), ==, SQLITE_OK);
      lseek (fd, 0, SEEK_SET);
      assert_ok (vault, kvault_put_fd (vault, "file", 4, fd, pipe_like ? 3 * MEBIBYTE : KVAULT_SIZE_UNKNOWN, NULL, NULL));
      assert_int (sqlite3_get_autocommit (holder), ==, 1);
    }
  sqlite3_close (holder);
  close (fd);
  kvault_close (vault);
}

/* What a pipe brings counts as what a file does: groups are committed on the way. */
static void
a_bulk_import_from_pipes_is_committed_on_the_way (void)
{
  kvault *vault = kvtest_create ("new.db");
  char *path = file_of ("in", 20 * MEBIBYTE, 1);

  assert_ok (vault, kvault_bulk_begin (vault, 0));
  for (int i = 0; i < 5; i++)
    {
      char *command = kvtest_format ("cat '%s'", path);
      FILE *pipe = popen (command, "r");

      assert_ok (vault, kvault_put_fd (vault, kvtest_format ("%d", i), 1, fileno (pipe), KVAULT_SIZE_UNKNOWN, NULL, NULL));
      pclose (pipe);
    }
  assert_int (kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM kv"), ==, 4);   /* past 64 MB with the fourth */
  assert_ok (vault, kvault_bulk_end (vault));
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/stream/stores-and-gives-files", stores_and_gives_files },
  { "/kvault/stream/stores-a-value-of-another-handle", stores_a_value_of_another_handle },
  { "/kvault/stream/stores-what-a-pipe-delivers", stores_what_a_pipe_delivers },
  { "/kvault/stream/what-fails-midway-keeps-the-old-value", what_fails_midway_keeps_the_old_value },
  { "/kvault/stream/says-what-could-not-be-read", says_what_could_not_be_read },
  { "/kvault/stream/tells-when-what-goes-out-finds-no-room", tells_when_what_goes_out_finds_no_room },
  { "/kvault/stream/gives-into-the-callers-memory", gives_into_the_callers_memory },
  { "/kvault/stream/bulk/stores-many-files-without-detours", stores_many_files_without_detours },
  { "/kvault/stream/bulk/leaves-the-log-and-returns", leaves_the_log_and_returns },
  { "/kvault/stream/bulk/stays-in-the-log-beside-others", stays_in_the_log_beside_others },
  { "/kvault/stream/bulk/giving-up-keeps-what-was-committed", giving_up_keeps_what_was_committed },
  { "/kvault/stream/bulk/a-killed-import-returns-at-the-next-opening", a_killed_import_returns_at_the_next_opening },
  { "/kvault/stream/bulk/tells-how-many-are-committed", tells_how_many_are_committed },
  { "/kvault/stream/bulk/a-full-disk-leaves-those-that-were-committed", a_full_disk_leaves_those_that_were_committed },
  { "/kvault/stream/waits-for-other-writers", waits_for_other_writers },
  { "/kvault/stream/a-bulk-import-from-pipes-is-committed-on-the-way", a_bulk_import_from_pipes_is_committed_on_the_way },
};

KVTEST_MAIN (tests)
