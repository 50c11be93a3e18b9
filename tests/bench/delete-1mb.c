/* SPDX-License-Identifier: MIT */
/* Every value of 1 MB of a file that KohakuVault made is deleted, a transaction each, against a DELETE in plain C. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 300
#define VALUE_SIZE 1000000

static char *full;

static char *
copy_of_full (const char *name)
{
  char *path = strdup (bench_path (name));

  bench_pause ();
  bench_copy (full, path);
  bench_resume ();
  return path;
}

static void
discard (char *path)
{
  bench_pause ();
  bench_remove (path);
  free (path);
  bench_resume ();
}

static void
delete (void *data)
{
  char *path = copy_of_full ("delete.db"), key[32];
  kvault *vault = bench_open (path, KVAULT_ACCESS_WRITE, 0);

  for (unsigned i = 0; i < KEYS; i++)
    if (kvault_delete (vault, key, bench_key (key, i)) != KVAULT_OK)
      bench_die ("%s", kvault_errmsg (vault));
  kvault_close (vault);
  discard (path);
}

static void
delete_bare (void *data)
{
  char *path = copy_of_full ("delete-bare.db"), key[32];
  sqlite3 *db = bench_open_bare (path, 0);
  sqlite3_stmt *delete = bench_prepare (db, "DELETE FROM kv WHERE key = ?");

  for (unsigned i = 0; i < KEYS; i++)
    {
      sqlite3_bind_blob (delete, 1, key, (int) bench_key (key, i), NULL);
      if (sqlite3_step (delete) != SQLITE_DONE || sqlite3_changes (db) != 1)
        bench_die ("%s", sqlite3_errmsg (db));
      sqlite3_reset (delete);
    }
  sqlite3_finalize (delete);
  sqlite3_close (db);
  discard (path);
}

int
main (void)
{
  int slow;

  full = bench_vault (KVAULT_SECTION_V2, KEYS, VALUE_SIZE);
  slow = bench_compare ("delete 300 of 1 MB", delete, delete_bare, NULL, 0.9);
  free (full);
  return slow;
}
