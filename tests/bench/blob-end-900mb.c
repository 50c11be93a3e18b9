/* SPDX-License-Identifier: MIT */
/* The first read at the end of a value of 900 MB, cold, opening included: in a vault made here, and in plain C in a file as
 * KohakuVault makes it, without page maps. */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE 900000000u
#define PIECE (256 << 10)
#define ROUNDS 5

static char *path, *path_of_kohakuvault;

static void
make_vault (void)
{
  kvault *vault;
  char *source;
  int fd;

  path = strdup (bench_path ("900mb.db"));
  if (access (path, F_OK) == 0)
    return;
  source = bench_file ("900mb", SIZE);
  fd = open (source, O_RDONLY | O_CLOEXEC);
  vault = bench_open (bench_new_vault ("900mb.new"), KVAULT_ACCESS_WRITE, 0);
  if (fd < 0 || kvault_bulk_begin (vault, SIZE) != KVAULT_OK ||
      kvault_put_fd (vault, "user:0000000000", 15, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL) != KVAULT_OK || kvault_bulk_end (vault) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  kvault_close (vault);
  close (fd);
  unlink (source);
  free (source);
  if (rename (bench_path ("900mb.new"), path) != 0)
    bench_die ("%s: %m", path);
}

static void
cool (const char *file)
{
  bench_pause ();
  bench_cool (file);
  bench_resume ();
}

static void
read_end (void *data)
{
  char piece[PIECE];
  kvault_blob *blob;
  kvault *vault;

  cool (path);
  vault = bench_open (path, KVAULT_ACCESS_VIEW, 0);
  if (kvault_blob_open (vault, "user:0000000000", 15, &blob) != KVAULT_OK || kvault_blob_read (blob, piece, PIECE, SIZE - PIECE) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  kvault_blob_close (blob);
  kvault_close (vault);
}

static void
read_end_bare (void *data)
{
  char piece[PIECE];
  sqlite3_blob *blob;
  sqlite3 *db;

  cool (path_of_kohakuvault);
  db = bench_open_bare (path_of_kohakuvault, 0);
  if (sqlite3_blob_open (db, "main", "kv", "value", 1, 0, &blob) != SQLITE_OK || sqlite3_blob_read (blob, piece, PIECE, SIZE - PIECE) != SQLITE_OK)
    bench_die ("%s", sqlite3_errmsg (db));
  sqlite3_blob_close (blob);
  sqlite3_close (db);
}

int
main (void)
{
  int failed;

  make_vault ();
  path_of_kohakuvault = bench_vault (KVAULT_SECTION_V2, 1, SIZE);
  failed = bench_time ("first read at the end of 900 MB, cold", read_end, ROUNDS, NULL, 10);
  bench_time ("  the same in KohakuVault's file, plain C", read_end_bare, ROUNDS, NULL, 0);
  free (path);
  free (path_of_kohakuvault);
  return failed;
}
