/* SPDX-License-Identifier: MIT */
/* Values of 1 KiB at random keys of 100,000, hot, against a bare SELECT. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 100000
#define VALUE_SIZE 1024

typedef struct {
  kvault *vault;
  sqlite3_stmt *select;
} Getter;

static int
format_key (char     *key,
            uint64_t *seed)
{
  return snprintf (key, 32, "user:%010u", (unsigned) (bench_random (seed) % KEYS));
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

      if (kvault_get (getter->vault, key, (size_t) format_key (key, &seed), &value, &size)
          != KVAULT_OK || size != VALUE_SIZE)
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

      sqlite3_bind_blob (getter->select, 1, key, format_key (key, &seed), NULL);
      if (sqlite3_step (getter->select) != SQLITE_ROW
          || sqlite3_column_bytes (getter->select, 0) != VALUE_SIZE)
        bench_die ("%s", key);
      value = malloc (VALUE_SIZE); /* a value that is the caller's, as kvault_get() gives */
      memcpy (value, sqlite3_column_blob (getter->select, 0), VALUE_SIZE);
      __asm__ volatile ("" : : "r" (value) : "memory");
      free (value);
      sqlite3_reset (getter->select);
    }
}

static int
compare (const char *what,
         unsigned    page_cache_kib)
{
  char *path = bench_vault (KVAULT_SECTION_V2, KEYS, VALUE_SIZE);
  sqlite3 *db = bench_open_bare (path, page_cache_kib);
  Getter getter = { bench_open (path, KVAULT_ACCESS_WRITE, page_cache_kib),
                    bench_prepare (db, "SELECT value FROM kv WHERE key = ?") };
  int slow = bench_compare (what, get, get_bare, &getter, 0.9);

  kvault_close (getter.vault);
  sqlite3_finalize (getter.select);
  sqlite3_close (db);
  free (path);
  return slow;
}

/* With the default page cache every get reads pages; with a large one only the calls count. */
int
main (void)
{
  int slow = compare ("get, 100,000 of 1 KiB", 0);

  return slow | compare ("get, 100,000 of 1 KiB, cached", 200000);
}
