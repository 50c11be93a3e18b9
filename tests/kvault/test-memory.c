/* SPDX-License-Identifier: MIT */
/* How much memory large work takes, whatever the size: a process of its own does it, and its peak is what counts. */
#include "kvtest.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEBIBYTE ((uint64_t) 1 << 20)
#define VALUE_SIZE (160 * MEBIBYTE)   /* far more than any of the bounds */
#define STREAM_MAX (32 * MEBIBYTE)
#define COMPACT_MAX (64 * MEBIBYTE)

static void
skip_if_sanitized (void)
{
#ifdef __SANITIZE_ADDRESS__
  kvtest_skip ("the sanitizer keeps freed memory");
#endif
}

/* The most this process has taken so far. */
static void
assert_peak (uint64_t max)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  assert_int (usage.ru_maxrss * 1024, <=, max);
}

/* A file of holes reads as zeros and costs no disk. */
static int
open_source (void)
{
  int fd = open (kvtest_path ("source"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);

  assert_int (ftruncate (fd, (off_t) VALUE_SIZE), ==, 0);
  return fd;
}

static void
put_in_bulk (kvault *vault)
{
  int fd = open_source ();

  assert_ok (vault, kvault_bulk_begin (vault, VALUE_SIZE));
  assert_ok (vault, kvault_put_fd (vault, "key", 3, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL));
  assert_ok (vault, kvault_bulk_end (vault));
  close (fd);
}

static void
putting_a_file_alone (void)
{
  kvault *vault = kvtest_create ("new.db");

  skip_if_sanitized ();
  put_in_bulk (vault);
  assert_peak (STREAM_MAX);
  kvault_close (vault);
}

static void
putting_a_file_beside_others_and_over_another (void)
{
  kvault *vault = kvtest_create ("new.db");

  skip_if_sanitized ();
  kvtest_keep_open (kvault_location (vault));
  put_in_bulk (vault);
  put_in_bulk (vault);
  assert_peak (STREAM_MAX);
  kvault_close (vault);
}

static void
putting_from_a_pipe (void)
{
  kvault *vault = kvtest_create ("new.db");
  kvault_writer *writer;
  char *chunk = calloc (1, MEBIBYTE);

  skip_if_sanitized ();
  assert_ok (vault, kvault_writer_open (vault, "key", 3, KVAULT_SIZE_UNKNOWN, &writer));
  for (uint64_t at = 0; at < VALUE_SIZE; at += MEBIBYTE)
    assert_ok (vault, kvault_writer_write (writer, chunk, MEBIBYTE));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_peak (STREAM_MAX);
  kvault_close (vault);
}

static void
getting_into_a_file (void)
{
  kvault *vault = kvtest_create ("new.db");
  int fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  uint64_t n;

  skip_if_sanitized ();
  put_in_bulk (vault);
  assert_ok (vault, kvault_get_fd (vault, "key", 3, fd, NULL, NULL, &n));
  assert_int (n, ==, VALUE_SIZE);
  assert_peak (STREAM_MAX);
  close (fd);
  kvault_close (vault);
}

static void
compact (kvault_vacuum_way way)
{
  kvault *vault = kvtest_create ("new.db");
  char *value = calloc (1, MEBIBYTE);

  skip_if_sanitized ();
  assert_ok (vault, kvault_bulk_begin (vault, VALUE_SIZE));
  for (unsigned i = 0; i < VALUE_SIZE / MEBIBYTE; i++)
    assert_ok (vault, kvault_put (vault, &i, sizeof i, value, MEBIBYTE));
  assert_ok (vault, kvault_bulk_end (vault));
  for (unsigned i = 0; i < VALUE_SIZE / MEBIBYTE; i += 2)
    assert_ok (vault, kvault_delete (vault, &i, sizeof i));
  free (value);
  assert_ok (vault, kvault_vacuum (vault, &(kvault_vacuum_options) { .way = way }, NULL));
  assert_int (kvtest_file_size (kvault_location (vault)), <, VALUE_SIZE * 3 / 5);
  assert_peak (COMPACT_MAX);
  kvault_close (vault);
}

static void
compacting_by_swap (void)
{
  compact (KVAULT_VACUUM_SWAP);
}

static void
compacting_in_steps (void)
{
  compact (KVAULT_VACUUM_INCREMENTAL);
}

static void
compacting_in_place (void)
{
  compact (KVAULT_VACUUM_IN_PLACE);
}

static const KvTest tests[] = {
  { "/kvault/memory/putting-a-file-alone", putting_a_file_alone },
  { "/kvault/memory/putting-a-file-beside-others-and-over-another", putting_a_file_beside_others_and_over_another },
  { "/kvault/memory/putting-from-a-pipe", putting_from_a_pipe },
  { "/kvault/memory/getting-into-a-file", getting_into_a_file },
  { "/kvault/memory/compacting-by-swap", compacting_by_swap },
  { "/kvault/memory/compacting-in-steps", compacting_in_steps },
  { "/kvault/memory/compacting-in-place", compacting_in_place },
};

KVTEST_MAIN (tests)
