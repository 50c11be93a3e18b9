/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

_Noreturn void
bench_die (const char *format,
           ...)
{
  va_list arguments;

  va_start (arguments, format);
  vfprintf (stderr, format, arguments);
  va_end (arguments);
  fputc ('\n', stderr);
  exit (99);
}

/* Vigna's splitmix64. */
uint64_t
bench_random (uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

/* ---- Measuring ---- */

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static double paused, pause_start;

void
bench_pause (void)
{
  pause_start = now ();
}

void
bench_resume (void)
{
  paused += now () - pause_start;
}

static double
measure (BenchRun  run,
         void     *data)
{
  double start = now ();

  paused = 0;
  run (data);
  return now () - start - paused;
}

static int
compare_times (const void *a,
               const void *b)
{
  double left = *(const double *) a, right = *(const double *) b;

  return (left > right) - (left < right);
}

static double
median (double *times)
{
  qsort (times, BENCH_ROUNDS, sizeof *times, compare_times);
  return times[BENCH_ROUNDS / 2];
}

int
bench_compare (const char *what,
               BenchRun    ours,
               BenchRun    bare,
               void       *data,
               double      budget)
{
  double our_times[BENCH_ROUNDS], bare_times[BENCH_ROUNDS], ratios[BENCH_ROUNDS], ratio;

  ours (data); /* once for the caches */
  bare (data);
  for (unsigned i = 0; i < BENCH_ROUNDS; i++)
    if (i % 2 == 0)
      {
        our_times[i] = measure (ours, data);
        bare_times[i] = measure (bare, data);
      }
    else
      {
        bare_times[i] = measure (bare, data);
        our_times[i] = measure (ours, data);
      }
  for (unsigned i = 0; i < BENCH_ROUNDS; i++)
    ratios[i] = bare_times[i] / our_times[i];
  ratio = median (ratios);
  printf ("%-32s %9.1f ms   bare %9.1f ms   %.2f x speed (budget %.2f)%s\n", what,
          median (our_times) * 1000, median (bare_times) * 1000, ratio, budget,
          ratio < budget ? "  TOO SLOW" : "");
  fflush (stdout);
  return ratio < budget;
}

/* ---- Files ---- */

const char *
bench_path (const char *name)
{
  static char path[4096];
  const char *folder = getenv ("COFFER_BENCH_FOLDER");

  if (folder == NULL)
    bench_die ("COFFER_BENCH_FOLDER is not set");
  mkdir (folder, 0755);
  snprintf (path, sizeof path, "%s/%s", folder, name);
  return path;
}

sqlite3 *
bench_open_bare (const char *path,
                 unsigned    page_cache_kib)
{
  char settings[200];
  sqlite3 *db;

  snprintf (settings, sizeof settings, "PRAGMA cache_size=-%u; PRAGMA mmap_size=0; "
            "PRAGMA synchronous=NORMAL; PRAGMA secure_delete=OFF; PRAGMA cell_size_check=ON",
            page_cache_kib > 0 ? page_cache_kib : 2000);
  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK
      || sqlite3_exec (db, settings, NULL, NULL, NULL) != SQLITE_OK)
    bench_die ("%s: %s", path, sqlite3_errmsg (db));
  return db;
}

sqlite3_stmt *
bench_prepare (sqlite3    *db,
               const char *sql)
{
  sqlite3_stmt *statement;

  if (sqlite3_prepare_v3 (db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
    bench_die ("%s: %s", sql, sqlite3_errmsg (db));
  return statement;
}

kvault *
bench_open (const char    *path,
            kvault_access  access,
            unsigned       page_cache_kib)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error error;
  kvault *vault;

  options.access = access;
  options.page_cache_kib = page_cache_kib;
  if (kvault_open (path, &options, &vault, &error) != KVAULT_OK)
    bench_die ("%s", error.message);
  return vault;
}

static void
fill_vault (sqlite3             *db,
            kvault_section_kind  kind,
            unsigned             n,
            unsigned             value_size)
{
  sqlite3_stmt *insert = bench_prepare (db, kind == KVAULT_SECTION_V1
                                            ? "INSERT INTO kv(key, value, size) VALUES (?, ?, ?)"
                                            : "INSERT INTO kv(key, value) VALUES (?, ?)");
  uint8_t *value = malloc (value_size);
  uint64_t seed = 1;

  for (unsigned i = 0; i < n; i++)
    {
      char key[32];

      for (unsigned k = 0; k + 8 <= value_size; k += 8)
        {
          uint64_t word = bench_random (&seed);

          memcpy (value + k, &word, 8);
        }
      sqlite3_bind_blob (insert, 1, key, snprintf (key, sizeof key, "user:%010u", i), NULL);
      sqlite3_bind_blob (insert, 2, value, (int) value_size, NULL);
      if (kind == KVAULT_SECTION_V1)
        sqlite3_bind_int64 (insert, 3, value_size);
      if (sqlite3_step (insert) != SQLITE_DONE)
        bench_die ("%s", sqlite3_errmsg (db));
      sqlite3_reset (insert);
    }
  sqlite3_finalize (insert);
  free (value);
}

static void
make_vault (const char          *path,
            kvault_section_kind  kind,
            unsigned             n,
            unsigned             value_size)
{
  static const char begin[] = "PRAGMA page_size=32768; PRAGMA journal_mode=OFF; "
                              "PRAGMA synchronous=OFF; BEGIN;";
  static const char v1[] = "CREATE TABLE kv (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, "
                           "value BLOB NOT NULL, size INTEGER NOT NULL);"
                           "CREATE UNIQUE INDEX kv_key_idx ON kv(key);";
  static const char v2[] = "CREATE TABLE kohakuvault_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
                           "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);";
  sqlite3 *db = bench_open_bare (path, 200000);

  sqlite3_exec (db, begin, NULL, NULL, NULL);
  sqlite3_exec (db, kind == KVAULT_SECTION_V1 ? v1 : v2, NULL, NULL, NULL);
  fill_vault (db, kind, n, value_size);
  if (sqlite3_exec (db, "COMMIT; PRAGMA journal_mode=WAL;", NULL, NULL, NULL) != SQLITE_OK)
    bench_die ("%s: %s", path, sqlite3_errmsg (db));
  sqlite3_close (db);
}

char *
bench_vault (kvault_section_kind kind,
             unsigned            n,
             unsigned            value_size)
{
  char name[64], unfinished[4096];
  char *path;

  snprintf (name, sizeof name, "v%u-%u-of-%u.db", kind, n, value_size);
  path = strdup (bench_path (name));
  if (access (path, F_OK) != 0)
    {
      snprintf (unfinished, sizeof unfinished, "%s.new", path);
      unlink (unfinished);
      make_vault (unfinished, kind, n, value_size);
      if (rename (unfinished, path) != 0)
        bench_die ("%s: %m", path);
    }
  return path;
}
