/* SPDX-License-Identifier: MIT */
/* Compacting a half-empty vault by swap, against KohakuVault's way: VACUUM with temp_store=MEMORY and a page cache of 100 MB, in a
 * write-ahead log. */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS 3000
#define VALUE_SIZE 100000
#define MEMORY_MAX (64 << 10)   /* KiB */

static const char *half_empty;

/* The same half-empty file for every run. */
static char *
copy_of (const char *name)
{
  char *path = strdup (bench_path (name));
  int from = open (half_empty, O_RDONLY), to = open (path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
  struct stat st;
  off_t at = 0;

  bench_pause ();
  if (from < 0 || to < 0 || fstat (from, &st) != 0)
    bench_die ("%s: %m", path);
  while (at < st.st_size)
    if (sendfile (to, from, &at, (size_t) (st.st_size - at)) <= 0)
      bench_die ("%s: %m", path);
  fsync (to);
  close (from);
  close (to);
  bench_resume ();
  return path;
}

static void
discard (char *path)
{
  bench_pause ();
  unlink (path);
  sync ();   /* it weighs on the next run otherwise */
  free (path);
  bench_resume ();
}

static void
compact (void *data)
{
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_SWAP };
  char *path = copy_of ("compact.db");
  kvault *vault = bench_open (path, KVAULT_ACCESS_WRITE, 0);

  if (kvault_vacuum (vault, &options, NULL) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  kvault_close (vault);
  discard (path);
}

static void
compact_as_kohakuvault (void *data)
{
  char *path = copy_of ("compact-bare.db");
  sqlite3 *db = bench_open_bare (path, 100000);

  if (sqlite3_exec (db, "PRAGMA temp_store=MEMORY; PRAGMA journal_mode=WAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) != SQLITE_OK)
    bench_die ("%s", sqlite3_errmsg (db));
  sqlite3_close (db);
  discard (path);
}

/* Every other key of a vault is deleted, as a transaction each would: the free pages lie between the others. */
static char *
make_half_empty (void)
{
  char *full = bench_vault (KVAULT_SECTION_V2, KEYS, VALUE_SIZE), *path = strdup (bench_path ("half-empty.db"));
  sqlite3 *db;

  half_empty = full;
  if (access (path, F_OK) != 0)
    {
      free (copy_of ("half-empty.db.new"));
      db = bench_open_bare (bench_path ("half-empty.db.new"), 0);
      if (sqlite3_exec (db, "DELETE FROM kv WHERE rowid % 2; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) != SQLITE_OK)
        bench_die ("%s", sqlite3_errmsg (db));
      sqlite3_close (db);
      if (rename (bench_path ("half-empty.db.new"), path) != 0)
        bench_die ("%s: %m", path);
    }
  free (full);
  return path;
}

int
main (void)
{
  char *path = make_half_empty ();
  struct rusage usage;
  int failed;

  half_empty = path;
  compact (NULL);
  getrusage (RUSAGE_SELF, &usage);
  failed = bench_compare ("compact, half of 300 MB, by swap", compact, compact_as_kohakuvault, NULL, 4);
  printf ("%-32s %9.1f MB at most (budget 64)%s\n", "  memory of it", (double) usage.ru_maxrss / 1024,
          usage.ru_maxrss > MEMORY_MAX ? "  TOO MUCH" : "");
  free (path);
  return failed || usage.ru_maxrss > MEMORY_MAX;
}
