/* SPDX-License-Identifier: MIT */
/*
 * All numbers of a vault's storage that need no look at its pages: the file, the log, who has it open, and what each way of compacting would
 * do. Of a file of 10 GB with 100,000 keys; most of it is a hole, since none of this may read it.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEYS 100000
#define VALUE_SIZE 100
#define FILE_SIZE (10ull << 30)
#define PAGE_SIZE 32768
#define COUNT_AT 28          /* SQLite's file format, "The Database Header": pages of the file */
#define BUDGET_MS 200
#define ROUNDS 9
#define MEMORY_MB 64

/* The same keys in a file that says it is longer. */
static char *
make_long (void)
{
  uint32_t n = (uint32_t) (FILE_SIZE / PAGE_SIZE);
  const unsigned char count[] = { (unsigned char) (n >> 24), (unsigned char) (n >> 16), (unsigned char) (n >> 8), (unsigned char) n };
  char *full = bench_vault (KVAULT_SECTION_V2, KEYS, VALUE_SIZE);
  char *path = strdup (bench_path ("storage.db"));
  int fd;

  bench_copy (full, path);
  fd = open (path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ftruncate (fd, (off_t) FILE_SIZE) != 0 || pwrite (fd, count, sizeof count, COUNT_AT) != sizeof count)
    bench_die ("%s: %m", path);
  close (fd);
  free (full);
  return path;
}

static void
look (void *path)
{
  kvault *vault = bench_open (path, KVAULT_ACCESS_VIEW, 0);
  kvault_holder holders[8];
  kvault_stats stats;
  size_t n;
  int rc = kvault_stats_get (vault, &stats);

  if (rc == KVAULT_OK)
    rc = kvault_holders (vault, holders, 8, &n);
  for (int way = KVAULT_VACUUM_AUTO; rc == KVAULT_OK && way <= KVAULT_VACUUM_IN_PLACE; way++)
    {
      kvault_vacuum_options options = { .way = (kvault_vacuum_way) way };
      kvault_vacuum_estimate estimate;

      rc = kvault_vacuum_plan (vault, &options, &estimate);
    }
  if (rc != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  if (stats.file_size != FILE_SIZE)
    bench_die ("the file is %llu bytes long", (unsigned long long) stats.file_size);
  kvault_close (vault);
}

int
main (void)
{
  char *path = make_long ();
  int failed = bench_time ("numbers of the storage of 10 GB, 100,000 keys", look, ROUNDS, path, BUDGET_MS);

  failed |= bench_memory ("  memory of it", look, path, MEMORY_MB);
  bench_remove (path);
  free (path);
  return failed;
}
