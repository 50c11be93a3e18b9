/* SPDX-License-Identifier: MIT */
/* Values of 1 KiB, a transaction each, into a new vault, against a bare INSERT. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEYS 10000
#define VALUE_SIZE 1024

/* The same empty vault for both: as libkvault makes it, closed again. */
static char *
make_empty (const char *name)
{
  static const char *const sides[] = { "", "-wal", "-shm" };
  char *path = strdup (bench_path (name)), side[4200];

  for (unsigned i = 0; i < 3; i++)
    {
      snprintf (side, sizeof side, "%s%s", path, sides[i]);
      unlink (side);
    }
  kvault_close (bench_open (path, KVAULT_ACCESS_CREATE_NEW, 0));
  return path;
}

static void
put (void *data)
{
  char *path = make_empty ("put.db"), value[VALUE_SIZE] = { 0 };
  kvault *vault = bench_open (path, KVAULT_ACCESS_WRITE, 0);

  for (unsigned i = 0; i < KEYS; i++)
    {
      char key[32];

      if (kvault_put (vault, key, (size_t) snprintf (key, sizeof key, "user:%010u", i), value,
                      sizeof value) != KVAULT_OK)
        bench_die ("%s", kvault_errmsg (vault));
    }
  kvault_close (vault);
  free (path);
}

static void
put_bare (void *data)
{
  char *path = make_empty ("put-bare.db"), value[VALUE_SIZE] = { 0 };
  sqlite3 *db = bench_open_bare (path, 0);
  sqlite3_stmt *insert = bench_prepare (db, "INSERT INTO kv(key, value) VALUES (?, ?) "
                                            "ON CONFLICT(key) DO UPDATE SET value = excluded.value");

  for (unsigned i = 0; i < KEYS; i++)
    {
      char key[32];

      sqlite3_bind_blob (insert, 1, key, snprintf (key, sizeof key, "user:%010u", i), NULL);
      sqlite3_bind_blob (insert, 2, value, sizeof value, NULL);
      if (sqlite3_step (insert) != SQLITE_DONE)
        bench_die ("%s", sqlite3_errmsg (db));
      sqlite3_reset (insert);
    }
  sqlite3_finalize (insert);
  sqlite3_close (db);
  free (path);
}

int
main (void)
{
  return bench_compare ("put, 10,000 of 1 KiB", put, put_bare, NULL, 0.9);
}
