/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_SIDES 4
#define MAX_ROUNDS 21

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

size_t
bench_key (char     *key,
           unsigned  number)
{
  return (size_t) snprintf (key, 32, "user:%010u", number);
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
median (double   *times,
        unsigned  n)
{
  qsort (times, n, sizeof *times, compare_times);
  return times[n / 2];
}

static int
verdict (bool met)
{
  puts (met ? "met" : "NOT MET");
  fflush (stdout);
  return !met;
}

static int
print_ratio (const BenchSide *side,
             const BenchSide *peer,
             double          *times,
             double          *peer_times,
             unsigned         rounds)
{
  double ratios[MAX_ROUNDS], sorted[MAX_ROUNDS], ratio;

  for (unsigned i = 0; i < rounds; i++)
    ratios[i] = peer_times[i] / times[i];
  memcpy (sorted, peer_times, rounds * sizeof *sorted);
  ratio = median (ratios, rounds);
  printf ("%-44s %9.1f ms   %s %9.1f ms   %6.2f x speed, budget %.2f: ", side->name, median (times, rounds) * 1000,
          peer->name, median (sorted, rounds) * 1000, ratio, side->budget);
  return verdict (ratio >= side->budget);
}

int
bench_compare_sides (const BenchSide *sides,
                     unsigned         n_sides,
                     unsigned         rounds,
                     void            *data)
{
  double times[MAX_SIDES][MAX_ROUNDS];
  int slow = 0;

  if (n_sides > MAX_SIDES || rounds > MAX_ROUNDS)
    bench_die ("too many sides or rounds");
  for (unsigned round = 0; round < rounds; round++)
    for (unsigned i = 0; i < n_sides; i++)   /* nobody is always first */
      {
        unsigned side = (round + i) % n_sides;

        times[side][round] = measure (sides[side].run, data);
      }
  for (unsigned i = 1; i < n_sides; i++)
    slow |= print_ratio (&sides[i], &sides[0], times[i], times[0], rounds);
  return slow;
}

int
bench_compare (const char *what,
               BenchRun    ours,
               BenchRun    bare,
               void       *data,
               double      budget)
{
  const BenchSide sides[] = { { "plain C", bare, 0 }, { what, ours, budget } };

  ours (data); /* once for the caches */
  bare (data);
  return bench_compare_sides (sides, 2, 9, data);
}

int
bench_memory (const char *what,
              BenchRun    run,
              void       *data,
              double      budget_mb)
{
  struct rusage usage;
  double megabytes;
  pid_t pid;
  int status;

  fflush (stdout);
  pid = fork ();
  if (pid == 0)
    {
      run (data);
      _exit (0);
    }
  if (pid < 0 || wait4 (pid, &status, 0, &usage) != pid || status != 0)
    bench_die ("%s: failed", what);
  megabytes = (double) usage.ru_maxrss / 1024;
  printf ("%-44s %9.1f MB of memory at most, budget %.0f: ", what, megabytes, budget_mb);
  return verdict (megabytes <= budget_mb);
}

int
bench_time (const char *what,
            BenchRun    run,
            unsigned    rounds,
            void       *data,
            double      budget_ms)
{
  double times[MAX_ROUNDS], ms;

  if (rounds > MAX_ROUNDS)
    bench_die ("too many rounds");
  for (unsigned i = 0; i < rounds; i++)
    times[i] = measure (run, data);
  ms = median (times, rounds) * 1000;
  printf ("%-44s %9.1f ms%s", what, ms, budget_ms > 0 ? "" : "\n");
  if (budget_ms <= 0)
    return 0;
  printf (", budget %.0f: ", budget_ms);
  return verdict (ms <= budget_ms);
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

void
bench_copy (const char *from,
            const char *to)
{
  int in = open (from, O_RDONLY | O_CLOEXEC), out = open (to, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  struct stat st;
  off_t at = 0;

  if (in < 0 || out < 0 || fstat (in, &st) != 0)
    bench_die ("%s: %m", to);
  while (at < st.st_size)
    if (sendfile (out, in, &at, (size_t) (st.st_size - at)) <= 0)
      bench_die ("%s: %m", to);
  if (fsync (out) != 0)
    bench_die ("%s: %m", to);
  close (in);
  close (out);
}

void
bench_remove (const char *path)
{
  static const char *const sides[] = { "", "-wal", "-shm", "-journal" };
  char name[4200];

  for (unsigned i = 0; i < sizeof sides / sizeof sides[0]; i++)
    {
      snprintf (name, sizeof name, "%s%s", path, sides[i]);
      unlink (name);
    }
}

void
bench_shell (const char *format,
             ...)
{
  va_list arguments;
  char line[9000];

  va_start (arguments, format);
  vsnprintf (line, sizeof line, format, arguments);
  va_end (arguments);
  if (system (line) != 0)
    bench_die ("%s: it failed", line);
}

void
bench_put_aside (const char *path)
{
  static unsigned n;

  bench_shell ("find '%s' -type f -exec truncate -s 0 '{}' + && mkdir -p '%s' && mv '%s' '%s/%u'", path, bench_path ("aside"), path,
               bench_path ("aside"), n++);
}

void
bench_clear_aside (void)
{
  bench_shell ("rm -rf '%s'", bench_path ("aside"));
}

void
bench_cool (const char *path)
{
  int fd = open (path, O_RDWR | O_CLOEXEC);

  if (fd < 0 || fsync (fd) != 0 || posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
    bench_die ("%s: %m", path);
  close (fd);
}

char *
bench_file (const char *name,
            uint64_t    size)
{
  char *path = strdup (bench_path (name)), unfinished[4200];
  uint64_t words[8192], seed = 1;
  FILE *file;

  if (access (path, F_OK) == 0)
    return path;
  snprintf (unfinished, sizeof unfinished, "%s.new", path);
  file = fopen (unfinished, "we");
  for (uint64_t at = 0; file != NULL && at < size; at += sizeof words)
    {
      for (unsigned i = 0; i < 8192; i++)
        words[i] = bench_random (&seed);
      fwrite (words, 1, size - at < sizeof words ? (size_t) (size - at) : sizeof words, file);
    }
  if (file == NULL || fclose (file) != 0 || rename (unfinished, path) != 0)
    bench_die ("%s: %m", path);
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

void
bench_exec (sqlite3    *db,
            const char *sql)
{
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    bench_die ("%s: %s", sql, sqlite3_errmsg (db));
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

const char *
bench_new_vault (const char *name)
{
  bench_remove (bench_path (name));
  kvault_close (bench_open (bench_path (name), KVAULT_ACCESS_CREATE_NEW, 0));
  return bench_path (name);
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
      sqlite3_bind_blob (insert, 1, key, (int) bench_key (key, i), NULL);
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
