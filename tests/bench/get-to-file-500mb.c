/* SPDX-License-Identifier: MIT */
/* A value of 500 MB into a new file, hot, against `cat` of a file like it. */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE 500000000u
#define CAT_CHUNK (128 << 10)   /* what cat of coreutils 9.1 reads at once */

static char *source, *path;

static int
open_file (const char *name,
           int         flags)
{
  int fd = open (name, flags | O_CLOEXEC, 0644);

  if (fd < 0)
    bench_die ("%s: %m", name);
  return fd;
}

static void
make_vault (void)
{
  kvault *vault;
  int fd;

  path = strdup (bench_path ("500mb.db"));
  if (access (path, F_OK) == 0)
    return;
  fd = open_file (source, O_RDONLY);
  vault = bench_open (bench_new_vault ("500mb.new"), KVAULT_ACCESS_WRITE, 0);
  if (kvault_put_fd (vault, "key", 3, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  kvault_close (vault);
  close (fd);
  if (rename (bench_path ("500mb.new"), path) != 0)
    bench_die ("%s: %m", path);
}

static void
get (void *data)
{
  kvault *vault;
  uint64_t n;
  int fd;

  bench_pause ();
  unlink (bench_path ("copy"));
  bench_resume ();
  vault = bench_open (path, KVAULT_ACCESS_VIEW, 0);
  fd = open_file (bench_path ("copy"), O_CREAT | O_EXCL | O_WRONLY);
  if (kvault_get_fd (vault, "key", 3, fd, NULL, NULL, &n) != KVAULT_OK || n != SIZE)
    bench_die ("%s", kvault_errmsg (vault));
  close (fd);
  kvault_close (vault);
}

static void
cat (void *data)
{
  char *chunk = malloc (CAT_CHUNK);
  ssize_t n;
  int in, out;

  bench_pause ();
  unlink (bench_path ("copy"));
  bench_resume ();
  in = open_file (source, O_RDONLY);
  out = open_file (bench_path ("copy"), O_CREAT | O_EXCL | O_WRONLY);
  while ((n = read (in, chunk, CAT_CHUNK)) > 0)
    if (write (out, chunk, (size_t) n) != n)
      bench_die ("copy: %m");
  close (in);
  close (out);
  free (chunk);
}

int
main (void)
{
  static const BenchSide sides[] = { { "cat", cat, 0 }, { "get_to_file 500 MB", get, 0.8 } };
  int failed;

  source = bench_file ("500mb", SIZE);
  make_vault ();
  failed = bench_memory ("  memory of it", get, NULL, 32);
  cat (NULL);
  failed |= bench_compare_sides (sides, 2, 9, NULL);
  unlink (bench_path ("copy"));
  free (source);
  free (path);
  return failed;
}
