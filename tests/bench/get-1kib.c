/* SPDX-License-Identifier: MIT */
/* Values of 1 KiB at random keys of 100,000, hot, against a SELECT in plain C: from the table, with the default page cache and with one
 * that holds everything, and with a write-back cache in which 10,000 other keys wait. */
#include "bench.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 100000
#define WAITING 10000
#define VALUE_SIZE 1024

typedef struct {
  kvault *vault;
  sqlite3_stmt *select;
} Getter;

static size_t
random_key (char     *key,
            uint64_t *seed)
{
  return bench_key (key, (unsigned) (bench_random (seed) % KEYS));
}

static void
get (void *data)
{
  Getter *getter = data;
  uint64_t seed = 1;

  for (unsigned i = 0; i < KEYS; i++)
    {
      char key[32];
      size_t size;
      void *value;

      if (kvault_get (getter->vault, key, random_key (key, &seed), &value, &size) != KVAULT_OK || size != VALUE_SIZE)
        bench_die ("%s: %s", key, kvault_errmsg (getter->vault));
      kvault_free (value);
    }
}

static void
get_bare (void *data)
{
  Getter *getter = data;
  uint64_t seed = 1;

  for (unsigned i = 0; i < KEYS; i++)
    {
      char key[32], *value;

      sqlite3_bind_blob (getter->select, 1, key, (int) random_key (key, &seed), NULL);
      if (sqlite3_step (getter->select) != SQLITE_ROW || sqlite3_column_bytes (getter->select, 0) != VALUE_SIZE)
        bench_die ("%s", key);
      value = malloc (VALUE_SIZE); /* a value that is the caller's, as kvault_get() gives */
      memcpy (value, sqlite3_column_blob (getter->select, 0), VALUE_SIZE);
      __asm__ volatile ("" : : "r" (value) : "memory");
      free (value);
      sqlite3_reset (getter->select);
    }
}

static void
let_others_wait (kvault *vault)
{
  uint64_t seed = 2;

  if (kvault_cache_enable (vault, NULL) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (vault));
  for (unsigned i = 0; i < WAITING; i++)
    {
      char key[33];
      size_t key_size = random_key (key, &seed);

      key[key_size++] = '+';
      if (kvault_put (vault, key, key_size, key, key_size) != KVAULT_OK)
        bench_die ("%s", kvault_errmsg (vault));
    }
}

static int
compare (const char *what,
         unsigned    page_cache_kib,
         bool        cache)
{
  char *path = bench_vault (KVAULT_SECTION_V2, KEYS, VALUE_SIZE);
  sqlite3 *db = bench_open_bare (path, page_cache_kib);
  Getter getter = { bench_open (path, KVAULT_ACCESS_WRITE, page_cache_kib), bench_prepare (db, "SELECT value FROM kv WHERE key = ?") };
  int slow;

  if (cache)
    let_others_wait (getter.vault);
  slow = bench_compare (what, get, get_bare, &getter, 0.9);
  kvault_cache_discard (getter.vault);
  kvault_close (getter.vault);
  sqlite3_finalize (getter.select);
  sqlite3_close (db);
  free (path);
  return slow;
}

int
main (void)
{
  int slow = compare ("get 100,000 of 1 KiB", 0, false);

  slow |= compare ("get 100,000 of 1 KiB, pages in memory", 200000, false);
  return slow | compare ("get 100,000 of 1 KiB, the same, cache on", 200000, true);
}
