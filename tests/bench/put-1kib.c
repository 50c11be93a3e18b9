/* SPDX-License-Identifier: MIT */
/* Values of 1 KiB, a transaction each, into a new vault, against an INSERT in plain C. */
#include "bench.h"

#define KEYS 10000
#define VALUE_SIZE 1024

static void
put (void *data)
{
  const char *path = bench_new_vault ("put.db");
  char value[VALUE_SIZE] = { 0 }, key[32];
  kvault *vault = bench_open (path, KVAULT_ACCESS_WRITE, 0);

  for (unsigned i = 0; i < KEYS; i++)
    if (kvault_put (vault, key, bench_key (key, i), value, sizeof value) != KVAULT_OK)
      bench_die ("%s", kvault_errmsg (vault));
  kvault_close (vault);
}

static void
put_bare (void *data)
{
  const char *path = bench_new_vault ("put-bare.db");
  char value[VALUE_SIZE] = { 0 }, key[32];
  sqlite3 *db = bench_open_bare (path, 0);
  sqlite3_stmt *insert = bench_prepare (db, "INSERT INTO kv(key, value) VALUES (?, ?) "
                                            "ON CONFLICT(key) DO UPDATE SET value = excluded.value");

  for (unsigned i = 0; i < KEYS; i++)
    {
      sqlite3_bind_blob (insert, 1, key, (int) bench_key (key, i), NULL);
      sqlite3_bind_blob (insert, 2, value, sizeof value, NULL);
      if (sqlite3_step (insert) != SQLITE_DONE)
        bench_die ("%s", sqlite3_errmsg (db));
      sqlite3_reset (insert);
    }
  sqlite3_finalize (insert);
  sqlite3_close (db);
}

int
main (void)
{
  return bench_compare ("put 10,000 of 1 KiB", put, put_bare, NULL, 0.9);
}
