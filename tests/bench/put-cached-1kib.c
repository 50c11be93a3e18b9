/* SPDX-License-Identifier: MIT */
/* Values of 1 KiB through the write-back cache (64 MiB, flushed every 16), against transactions of 16 MiB in plain C: keys
 * in order, where sorting them can gain nothing, and shuffled. */
#include "bench.h"

#include <stdbool.h>
#include <stdlib.h>

#define KEYS 100000
#define VALUE_SIZE 1024
#define CAPACITY (64u << 20)
#define FLUSH_THRESHOLD (16u << 20)

static bool shuffled;

/* Odd multiples modulo 2^32 meet every number once; the lowest of them are what is asked for. */
static size_t
nth_key (char     *key,
         unsigned  n)
{
  return bench_key (key, shuffled ? n * 2654435761u : n);
}

static void
put (void *data)
{
  const kvault_cache_options options = { CAPACITY, FLUSH_THRESHOLD, 0 };
  const char *path = bench_new_vault ("put.db");
  char value[VALUE_SIZE] = { 0 }, key[32];
  kvault *vault = bench_open (path, KVAULT_ACCESS_WRITE, 0);

  if (kvault_cache_enable (vault, &options) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  for (unsigned i = 0; i < KEYS; i++)
    if (kvault_put (vault, key, nth_key (key, i), value, sizeof value) != KVAULT_OK)
      bench_die ("%s", kvault_errmsg (vault));
  if (kvault_close (vault) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
}

static void
put_bare (void *data)
{
  const char *path = bench_new_vault ("put-bare.db");
  char value[VALUE_SIZE] = { 0 }, key[32];
  sqlite3 *db = bench_open_bare (path, 0);
  sqlite3_stmt *insert = bench_prepare (db, "INSERT INTO kv(key, value) VALUES (?, ?) "
                                            "ON CONFLICT(key) DO UPDATE SET value = excluded.value");
  size_t waiting = 0;

  bench_exec (db, "BEGIN IMMEDIATE");
  for (unsigned i = 0; i < KEYS; i++)
    {
      int key_size = (int) nth_key (key, i);

      sqlite3_bind_blob (insert, 1, key, key_size, NULL);
      sqlite3_bind_blob (insert, 2, value, sizeof value, NULL);
      if (sqlite3_step (insert) != SQLITE_DONE)
        bench_die ("%s", sqlite3_errmsg (db));
      sqlite3_reset (insert);
      waiting += (size_t) key_size + sizeof value;
      if (waiting >= FLUSH_THRESHOLD)
        {
          bench_exec (db, "COMMIT; BEGIN IMMEDIATE");
          waiting = 0;
        }
    }
  bench_exec (db, "COMMIT");
  sqlite3_finalize (insert);
  sqlite3_close (db);
}

int
main (void)
{
  int slow = bench_compare ("put 100,000 of 1 KiB, cache on, in order", put, put_bare, NULL, 0.9);

  shuffled = true;
  return slow | bench_compare ("put 100,000 of 1 KiB, cache on, shuffled", put, put_bare, NULL, 0.9);
}
