/* SPDX-License-Identifier: MIT */
/**
 * bench.h - the engine against the same work in plain C on SQLite, in one run.
 *
 * Ratios are what counts: both sides run in turn on the same file, with the same page size,
 * cache and durability; the ratio is the median of the rounds' own, so that a machine busy with
 * something else for a while does not count. Vaults are made once, in the build
 * folder (COFFER_BENCH_FOLDER), and kept.
 */
#pragma once

#include <kvault.h>
#include <sqlite3.h>

#define BENCH_ROUNDS 9

/* One run; it measures itself only as far as it is called. Fails by bench_die(). */
typedef void (*BenchRun) (void *data);

/* Runs both in turn and prints a line; nonzero if ours has less than @budget of its speed. */
int bench_compare (const char *what, BenchRun ours, BenchRun bare, void *data, double budget);

/* What a run does in between is not counted: its preparations. */
void bench_pause  (void);
void bench_resume (void);

_Noreturn void bench_die (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* A path in the folder of the benchmarks' own files; static until the next call. */
const char *bench_path (const char *name);

/* A vault of @n keys "user:0000012345" and values of @value_size, in KohakuVault's manner: 32
 * KiB pages, a write-ahead log, no page maps. Made unless it is there; the caller's to free(). */
char *bench_vault (kvault_section_kind kind, unsigned n, unsigned value_size);

/* @page_cache_kib 0 is the default, 2,000. */
kvault *bench_open (const char *path, kvault_access access, unsigned page_cache_kib);
/* A bare connection with the settings that kvault_open() chooses. */
sqlite3      *bench_open_bare (const char *path, unsigned page_cache_kib);
sqlite3_stmt *bench_prepare   (sqlite3 *db, const char *sql);

uint64_t bench_random (uint64_t *state);
