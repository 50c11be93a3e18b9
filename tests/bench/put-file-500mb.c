/* SPDX-License-Identifier: MIT */
/* A file of 500 MB into a new vault and onto the disk, against copying it as `dd bs=1M conv=fsync` does: alone on the vault, where the
 * import leaves the write-ahead log, and beside another connection that keeps it.
 *
 * What that costs: 955 MB go to the disk, first into the log and, once that is synced, into the file; cp writes 477. And each byte is
 * copied five times by the system where cp does it twice: from the source, into the log, out of it for the sums of its frames (SQLite makes
 * them anew where a page was written again, as each page of a value is that began as zeros), out of it again, and into the file: 2.5 times
 * the processor's time of cp. To have the disk begin early with the log gains nothing: the sums are part of it, so 118 MB of it would be
 * written twice. */
#include "bench.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 500000000u
#define ROUNDS 5

static char *source;

static int
open_source (void)
{
  int fd = open (source, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    bench_die ("%s: %m", source);
  return fd;
}

static void
put_with (const char *path)
{
  kvault *vault = bench_open (path, KVAULT_ACCESS_WRITE, 0);
  int fd = open_source ();

  bench_resume ();
  if (kvault_bulk_begin (vault, SIZE) != KVAULT_OK || kvault_put_fd (vault, "key", 3, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL) != KVAULT_OK ||
      kvault_bulk_end (vault) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  bench_pause ();
  close (fd);
  kvault_close (vault);
}

static void
settle (const char *path)
{
  bench_remove (path);
  sync ();   /* what is still to be written would weigh on the next run */
}

static void
put (void *data)
{
  const char *path;

  bench_pause ();
  path = bench_new_vault ("put.db");
  put_with (path);
  settle (path);
  bench_resume ();
}

static void
put_beside (void *data)
{
  const char *path;
  sqlite3 *other;

  bench_pause ();
  path = bench_new_vault ("put.db");
  other = bench_open_bare (path, 0);
  bench_exec (other, "SELECT count(*) FROM kv");
  put_with (path);
  sqlite3_close (other);
  settle (path);
  bench_resume ();
}

static void
copy (void *data)
{
  const char *path = bench_path ("copy");
  char *chunk = malloc (1 << 20);
  int in = open_source (), out = open (path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  ssize_t n;

  while ((n = read (in, chunk, 1 << 20)) > 0)
    if (write (out, chunk, (size_t) n) != n)
      bench_die ("%s: %m", path);
  if (n < 0 || fsync (out) != 0)
    bench_die ("%s: %m", path);
  close (in);
  close (out);
  free (chunk);
  bench_pause ();
  settle (path);
  bench_resume ();
}

int
main (void)
{
  static const BenchSide sides[] = {
    { "cp + fsync", copy, 0 },
    { "put_file 500 MB, alone on the vault", put, 0.8 },
    { "put_file 500 MB, beside another", put_beside, 0.35 },
  };
  int failed;

  source = bench_file ("500mb", SIZE);
  failed = bench_memory ("  memory of it, alone", put, NULL, 32);
  failed |= bench_memory ("  memory of it, beside another", put_beside, NULL, 32);
  failed |= bench_compare_sides (sides, 3, ROUNDS, NULL);
  free (source);
  return failed;
}
