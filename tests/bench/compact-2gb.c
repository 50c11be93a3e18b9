/* SPDX-License-Identifier: MIT */
/* Compacting a half-empty vault of 2 GB by swap and in place, against KohakuVault's optimize(): VACUUM with temp_store=MEMORY and a
 * page cache of 100 MB, in a write-ahead log. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEYS 20000
#define VALUE_SIZE 100000
#define ROUNDS 5
#define MEMORY_MB 64

static char *half_empty;

/* The same half-empty file for every run. */
static char *
copy_of_half_empty (void)
{
  char *path = strdup (bench_path ("compact.db"));

  bench_pause ();
  bench_copy (half_empty, path);
  bench_resume ();
  return path;
}

static void
discard (char *path)
{
  bench_pause ();
  bench_remove (path);
  sync ();   /* what is still to be written would weigh on the next run */
  free (path);
  bench_resume ();
}

static void
compact (kvault_vacuum_way way)
{
  const kvault_vacuum_options options = { .way = way };
  char *path = copy_of_half_empty ();
  kvault *vault = bench_open (path, KVAULT_ACCESS_WRITE, 0);

  if (kvault_vacuum (vault, &options, NULL) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  kvault_close (vault);
  discard (path);
}

static void
compact_by_swap (void *data)
{
  compact (KVAULT_VACUUM_SWAP);
}

static void
compact_in_place (void *data)
{
  compact (KVAULT_VACUUM_IN_PLACE);
}

static void
optimize_as_kohakuvault (void *data)
{
  char *path = copy_of_half_empty ();
  sqlite3 *db = bench_open_bare (path, 100000);

  bench_exec (db, "PRAGMA temp_store=MEMORY; PRAGMA journal_mode=WAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  sqlite3_close (db);
  discard (path);
}

/* Every other key of a vault is deleted: the free pages lie between the others. */
static void
make_half_empty (void)
{
  char *full, *unfinished;
  sqlite3 *db;

  half_empty = strdup (bench_path ("half-empty.db"));
  if (access (half_empty, F_OK) == 0)
    return;
  full = bench_vault (KVAULT_SECTION_V2, KEYS, VALUE_SIZE);
  unfinished = strdup (bench_path ("half-empty.new"));
  if (rename (full, unfinished) != 0)
    bench_die ("%s: %m", full);
  db = bench_open_bare (unfinished, 0);
  bench_exec (db, "DELETE FROM kv WHERE rowid % 2; PRAGMA wal_checkpoint(TRUNCATE)");
  sqlite3_close (db);
  if (rename (unfinished, half_empty) != 0)
    bench_die ("%s: %m", half_empty);
  free (unfinished);
  free (full);
}

int
main (void)
{
  static const BenchSide sides[] = {
    { "KohakuVault's way", optimize_as_kohakuvault, 0 },
    { "compact 2 GB, half empty, by swap", compact_by_swap, 4 },
    { "compact 2 GB, half empty, in place", compact_in_place, 1.2 },
  };
  int failed;

  make_half_empty ();
  failed = bench_memory ("  memory of it, by swap", compact_by_swap, NULL, MEMORY_MB);
  failed |= bench_memory ("  memory of it, in place", compact_in_place, NULL, MEMORY_MB);
  failed |= bench_compare_sides (sides, 3, ROUNDS, NULL);
  free (half_empty);
  return failed;
}
