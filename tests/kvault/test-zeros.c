/* SPDX-License-Identifier: MIT */
/* Pages of zeros that wait for their content: a large value is written once, and it shows nowhere else: zeros.c. */
#include "kvtest.h"
#include "kvtest-faults.h"

#include <fcntl.h>
#include <unistd.h>

#define MEBIBYTE ((size_t) 1 << 20)
#define SIZE (6 * MEBIBYTE + 12345)

static uint8_t *old_value, *new_value;

/* The new value has long runs of zeros, whose pages still wait when all has come. */
static void
make_values (void)
{
  old_value = malloc (SIZE);
  new_value = malloc (SIZE);
  kvtest_fill (old_value, SIZE, 1);
  kvtest_fill (new_value, SIZE, 2);
  memset (new_value + MEBIBYTE, 0, 2 * MEBIBYTE);
  memset (new_value + SIZE - MEBIBYTE, 0, MEBIBYTE);
}

static int
open_source (void)
{
  kvtest_write_file (kvtest_path ("source"), new_value, SIZE);
  return open (kvtest_path ("source"), O_RDONLY | O_CLOEXEC);
}

static kvault *
make_vault (const char *name,
            uint32_t    page_size,
            int         rollback_journal)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.access = KVAULT_ACCESS_CREATE_NEW;
  options.page_size = page_size;
  options.rollback_journal = rollback_journal;
  assert_ok (NULL, kvault_open (kvtest_path (name), &options, &vault, NULL));
  return vault;
}

static int
put_new (kvault *vault)
{
  int fd = open_source ();
  int rc = kvault_put_fd (vault, "key", 3, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL);

  close (fd);
  return rc;
}

static void
gives_back_what_came (void)
{
  make_values ();
  for (uint32_t page_size = 512; page_size <= 65536; page_size = page_size < 32768 ? page_size * 8 : page_size * 2)
    for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
      {
        char *name = kvtest_format ("%u-%d.db", page_size, rollback_journal), *path = kvtest_path (name);
        kvault *vault = make_vault (name, page_size, rollback_journal);

        assert_ok (vault, put_new (vault));
        assert_value (vault, "key", 3, new_value, SIZE);
        assert_ok (vault, kvault_put (vault, "key", 3, old_value, SIZE));
        assert_ok (vault, put_new (vault));             /* into the pages of the old one */
        assert_value (vault, "key", 3, new_value, SIZE);
        kvault_close (vault);
        assert_str (kvtest_integrity (path), "ok");
        vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
        assert_value (vault, "key", 3, new_value, SIZE);
        kvault_close (vault);
        kvtest_remove (path);
      }
}

/* Bytes that this process has given to write() and its like so far. */
static uint64_t
bytes_written (void)
{
  unsigned long long bytes = 0;
  char line[80];
  FILE *file = fopen ("/proc/self/io", "re");

  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    sscanf (line, "wchar: %llu", &bytes);
  if (file == NULL || bytes == 0)
    kvtest_skip ("the system does not count what is written");
  fclose (file);
  return bytes;
}

static void
writes_every_page_once (void)
{
  kvault *vault;
  uint64_t before;
  int fd;

  make_values ();
  vault = make_vault ("rollback.db", 0, 1);
  fd = open_source ();
  before = bytes_written ();
  assert_ok (vault, kvault_put_fd (vault, "key", 3, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL));
  assert_int (bytes_written () - before, <, SIZE * 3 / 2);   /* and what the page cache holds at the end */
  close (fd);
  kvault_close (vault);
}

/* kvault_options.is_cancelled, at the n-th asking. */
static int
count_down (void *left)
{
  return --*(int *) left <= 0;
}

/* In a transaction of its own and inside another one, whose other changes stay. */
static void
a_cancel_leaves_nothing (void)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  int left = INT32_MAX;

  make_values ();
  options.is_cancelled = count_down;
  options.is_cancelled_data = &left;
  for (int inside = 0; inside < 2; inside++)
    for (int at = 1; at <= 6; at++)
      {
        char *name = kvtest_format ("%d-%d.db", inside, at), *path = kvtest_path (name);
        kvault *vault = make_vault (name, 0, at % 2);

        assert_ok (vault, kvault_put (vault, "key", 3, old_value, SIZE));
        kvault_close (vault);
        assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
        if (inside)
          assert_ok (vault, kvault_begin (vault));
        left = at;
        assert_result (vault, put_new (vault), KVAULT_ECANCELLED);
        left = INT32_MAX;
        assert_value (vault, "key", 3, old_value, SIZE);
        if (inside)
          {
            assert_ok (vault, kvault_put (vault, "other", 5, new_value, SIZE));
            assert_ok (vault, kvault_commit (vault));
            assert_value (vault, "other", 5, new_value, SIZE);
          }
        kvault_close (vault);
        assert_str (kvtest_integrity (path), "ok");
        vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
        assert_value (vault, "key", 3, old_value, SIZE);
        kvault_close (vault);
        kvtest_remove (path);
      }
}

/* From the first write on, in growing steps, until nothing fails any more. */
static void
a_write_that_fails_keeps_the_old_value (void)
{
  make_values ();
  kvtest_faults_install ();
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      bool struck = true;

      for (unsigned at = 1; struck; at += 1 + at / 2)
        {
          KvFault fault = { .kinds = KVFAULT_WRITE | KVFAULT_SYNC | KVFAULT_TRUNCATE, .at = at, .disk_full = at % 2 == 0 };
          kvault *vault = make_vault ("faulty.db", 0, rollback_journal);
          char *path = kvtest_path ("faulty.db");
          int rc;

          assert_ok (vault, kvault_put (vault, "key", 3, old_value, SIZE));
          kvtest_faults_arm (&fault);
          rc = put_new (vault);
          struck = kvtest_faults_struck ();
          kvtest_faults_arm (NULL);
          assert_true (struck || rc == KVAULT_OK);
          kvault_close (vault);
          assert_str (kvtest_integrity (path), "ok");
          vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
          assert_value (vault, "key", 3, rc == KVAULT_OK ? new_value : old_value, SIZE);
          kvault_close (vault);
          kvtest_remove (path);
        }
    }
}

static const KvTest tests[] = {
  { "/kvault/zeros/gives-back-what-came", gives_back_what_came },
  { "/kvault/zeros/writes-every-page-once", writes_every_page_once },
  { "/kvault/zeros/a-cancel-leaves-nothing", a_cancel_leaves_nothing },
  { "/kvault/zeros/a-write-that-fails-keeps-the-old-value", a_write_that_fails_keeps_the_old_value },
};

KVTEST_MAIN (tests)
