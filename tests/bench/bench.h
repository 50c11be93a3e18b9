/* SPDX-License-Identifier: MIT */
/**
 * bench.h - the engine against the same work in plain C on SQLite, in one run.
 *
 * Ratios are what counts: the sides run in turn on files alike, with the same page size, cache and
 * durability; a ratio is the median of the rounds' own, so that a machine busy with something
 * else for a while does not count. Each line says what was measured, against whom, the budget, and whether it is
 * met. Vaults are made once, in the build folder (COFFER_BENCH_FOLDER), and kept.
 */
#pragma once

#include <kvault.h>
#include <sqlite3.h>

/* One run; it measures itself only as far as it is called. Fails by bench_die(). */
typedef void (*BenchRun) (void *data);

/* One way to do the work. */
typedef struct {
  const char *name;
  BenchRun run;
  double budget;   /* times the speed of the first side, which has none */
} BenchSide;

/* Runs all sides in turn, @rounds times, and prints a line for each but the first; nonzero if one
 * is under its budget. */
int bench_compare_sides (const BenchSide *sides, unsigned n_sides, unsigned rounds, void *data);
/* Two sides, plain C first for the ratio, nine rounds; warms both up. */
int bench_compare (const char *what, BenchRun ours, BenchRun bare, void *data, double budget);

/* The most memory that a run takes, in a process of its own; nonzero if it is over the budget. No
 * handle may be open. */
int bench_memory (const char *what, BenchRun run, void *data, double budget_mb);

/* The time of a run, median of @rounds; nonzero if it is over the budget, if that is not 0. */
int bench_time (const char *what, BenchRun run, unsigned rounds, void *data, double budget_ms);

/* What a run does in between is not counted: its preparations. */
void bench_pause  (void);
void bench_resume (void);

_Noreturn void bench_die (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* A path in the folder of the benchmarks' own files; static until the next call. */
const char *bench_path (const char *name);

/* Copies a file and has the copy on the disk. */
void bench_copy   (const char *from, const char *to);
/* Removes a database with its side files. */
void bench_remove (const char *path);
/* Runs a line by the shell, and ends all if that fails. */
void bench_shell (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
/* Empties the files of a folder and takes it out of the way, until bench_clear_aside(): ext4 makes files slowly, for minutes, in a place where
 * many were deleted, which would weigh on whatever runs next. @path  not as bench_path() returns it, but a copy */
void bench_put_aside   (const char *path);
void bench_clear_aside (void);
/* Drops what the system keeps of a file in memory, so that the next read is cold. No handle may be
 * open on it. */
void bench_cool   (const char *path);
/* A file of @size random bytes; made unless it is there; the caller's to free(). */
char *bench_file  (const char *name, uint64_t size);

/* A vault of @n keys "user:0000012345" and values of @value_size, in KohakuVault's manner: 32
 * KiB pages, a write-ahead log, no page maps. Made unless it is there; the caller's to free(). */
char *bench_vault (kvault_section_kind kind, unsigned n, unsigned value_size);

/* An empty vault as libkvault makes it, closed again; static until the next bench_path(). */
const char *bench_new_vault (const char *name);

/* @page_cache_kib 0 is the default, 2,000. */
kvault *bench_open (const char *path, kvault_access access, unsigned page_cache_kib);
/* A bare connection with the settings that kvault_open() chooses. */
sqlite3      *bench_open_bare (const char *path, unsigned page_cache_kib);
sqlite3_stmt *bench_prepare   (sqlite3 *db, const char *sql);

void          bench_exec    (sqlite3 *db, const char *sql);

uint64_t bench_random (uint64_t *state);
/* "user:0000012345" into 32 bytes; its length. */
size_t bench_key (char *key, unsigned number);
