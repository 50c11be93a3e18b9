/* SPDX-License-Identifier: MIT */
/**
 * kvtest.h - the tests of the engine: a small TAP harness on libc and SQLite alone.
 *
 * A test program is functions, a table of them and KVTEST_MAIN. Every test runs in a process
 * of its own, with a time limit and an empty temporary folder that is removed afterwards: a
 * crash, a hang or a leak is that test's alone. `prog -l` lists, `prog NAME…` runs those whose
 * path contains NAME, `prog -n NAME` runs in this process, for a debugger.
 *
 * A failed assertion ends its process, also in one started by the helpers below; the parent
 * then fails too. Strings the helpers return live until the process ends.
 */
#pragma once

#include "sha256.h"

#include <kvault.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef struct {
  const char *path;      /* "/kvault/writer/detects-missing-bytes" */
  void (*run) (void);
} KvTest;

int kvtest_main (int argc, char **argv, const KvTest *tests, size_t n);
extern int kvtest_n_passed;   /* without those that were skipped */

#define KVTEST_N(array) (sizeof (array) / sizeof *(array))
#define KVTEST_MAIN(tests) \
  int main (int argc, char **argv) { return kvtest_main (argc, argv, tests, KVTEST_N (tests)); }

/* ---- Assertions ---------------------------------------------------------------------- */

_Noreturn void kvtest_fail (const char *file, int line, const char *format, ...)
  __attribute__ ((format (printf, 3, 4)));
/* Told with a failure: which case of many it is. */
extern char kvtest_context[256];
_Noreturn void kvtest_skip (const char *reason);
/* Where the test is; told if it fails or dies from here on. */
void kvtest_note (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

#define assert_true(condition) \
  ((condition) ? (void) 0 : kvtest_fail (__FILE__, __LINE__, "not true: %s", #condition))
#define assert_int(a, op, b) \
  do { \
    int64_t assert_a = (int64_t) (a), assert_b = (int64_t) (b); \
    if (!(assert_a op assert_b)) \
      kvtest_fail (__FILE__, __LINE__, "%s %s %s: %lld, %lld", #a, #op, #b, \
                   (long long) assert_a, (long long) assert_b); \
  } while (0)
#define assert_str(a, b) kvtest_assert_str (__FILE__, __LINE__, #a, a, b)
#define assert_contains(a, part) kvtest_assert_contains (__FILE__, __LINE__, a, part)
#define assert_mem(a, a_size, b, b_size) \
  kvtest_assert_mem (__FILE__, __LINE__, #a, a, a_size, b, b_size)
/* @vault tells what went wrong; NULL if there is none. */
#define assert_result(vault, call, result) \
  kvtest_assert_result (__FILE__, __LINE__, vault, #call, call, result)
#define assert_ok(vault, call) assert_result (vault, call, KVAULT_OK)

void kvtest_assert_str      (const char *file, int line, const char *what,
                             const char *a, const char *b);
void kvtest_assert_contains (const char *file, int line, const char *text, const char *part);
void kvtest_assert_mem      (const char *file, int line, const char *what, const void *a,
                             size_t a_size, const void *b, size_t b_size);
void kvtest_assert_result   (const char *file, int line, kvault *vault, const char *what,
                             int got, int expected);

/* ---- Files --------------------------------------------------------------------------- */

/* This test's empty folder, for everyone to read and enter. */
const char *kvtest_folder (void);
/* A path in it. */
char *kvtest_path (const char *name) __attribute__ ((returns_nonnull));
/* printf() into memory that lives as long as the process. */
char *kvtest_format (const char *format, ...)
  __attribute__ ((format (printf, 1, 2), returns_nonnull));
/* A fixture where it lies; read only through kvtest_fixture(). */
char *kvtest_data (const char *name) __attribute__ ((returns_nonnull));
/* Copies "hot/v010_hot_wal.db" and its side files to the test's folder. */
char *kvtest_fixture (const char *name) __attribute__ ((returns_nonnull));
/* The same to another folder. */
char *kvtest_fixture_in (const char *folder, const char *name) __attribute__ ((returns_nonnull));

uint8_t *kvtest_read_file  (const char *path, size_t *size);
void     kvtest_write_file (const char *path, const void *data, size_t size);
void     kvtest_copy_file  (const char *from, const char *to);
void     kvtest_make_folder (const char *path);
bool     kvtest_exists     (const char *path);
uint64_t kvtest_file_size  (const char *path);
void     kvtest_remove     (const char *path);   /* with all in it */

/* What a folder holds: names, modes, sizes, times and sums of all files. */
typedef struct KvSnapshot KvSnapshot;

KvSnapshot *kvtest_snapshot (const char *folder);
/* No file came, went or changed by a byte since. */
#define assert_unchanged(snapshot) kvtest_assert_unchanged (__FILE__, __LINE__, snapshot)
void kvtest_assert_unchanged (const char *file, int line, KvSnapshot *snapshot);

/* The only file whose name begins with @path's is @path: no -wal, -shm or -journal. */
#define assert_alone(path) kvtest_assert_alone (__FILE__, __LINE__, path)
void kvtest_assert_alone (const char *file, int line, const char *path);

/* The fixtures.json entry of every key, in the file's order. */
typedef struct {
  const char *file, *table, *key_hex;
  uint64_t size;
  const char *sha256;
} KvFixtureKey;

extern const KvFixtureKey kvtest_fixture_keys[];
extern const size_t kvtest_n_fixture_keys;

uint8_t *kvtest_unhex (const char *hex, size_t *size);

/* ---- SQLite, bare -------------------------------------------------------------------- */

/* What KohakuVault's two shapes are made by. */
#define KVTEST_V1(t) "CREATE TABLE " t " (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, " \
                     "value BLOB NOT NULL, size INTEGER NOT NULL);" \
                     "CREATE UNIQUE INDEX " t "_key_idx ON " t "(key);"
#define KVTEST_V2(t) "CREATE TABLE " t " (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"

void    kvtest_sql      (const char *path, const char *format, ...)
  __attribute__ ((format (printf, 2, 3)));
/* The first column of the first row. */
int64_t kvtest_sql_int  (const char *path, const char *sql);
char   *kvtest_sql_text (const char *path, const char *sql);
/* "name", with quotes in it doubled. */
char   *kvtest_quote     (const char *name);
/* A transaction of a bare connection: mode IMMEDIATE or EXCLUSIVE. One at a time. */
void    kvtest_hold_lock    (const char *path, const char *mode);
void    kvtest_release_lock (void);
/* A connection without checkpoints that stays open until the process ends. */
void    kvtest_keep_open    (const char *path);
/* Begins a transaction whose pages spill to the disk at once, and leaves it open: kill the
 * process now, and half a write is in the file or its log. */
void    kvtest_spill        (const char *path, const char *sql);
/* Makes the -shm of a log that has none, as a reader does that is killed. */
void    kvtest_make_index   (const char *path);
/* "ok", or what integrity_check says. */
char   *kvtest_integrity (const char *path);
void    kvtest_disorder  (const char *path, const char *table);   /* the last row of its first leaf page comes first */

/* ---- Vaults -------------------------------------------------------------------------- */

kvault *kvtest_open   (const char *path, kvault_access access);
kvault *kvtest_open_waiting (const char *path, unsigned timeout_ms);   /* for writing; waits so long for others */
kvault *kvtest_create (const char *name);          /* a new V2 vault in the test's folder */
/* "v1.db" or "v2.db" with an empty table kv, opened for writing. */
kvault *kvtest_make   (kvault_section_kind kind);
/* The same handle as of a program that can cancel: closes @vault and opens its file with this. */
kvault *kvtest_cancellable (kvault *vault, int *left);
/* kvault_options.is_cancelled that says no *@left times and then yes. The way to cancel in the middle: by how often was asked,
 * never by how long it took. */
int     kvtest_cancel_at_zero (void *left);
/* Opening fails with @code and a message that names the file. */
#define assert_refused(path, access, code) \
  kvtest_assert_refused (__FILE__, __LINE__, path, access, code)
void kvtest_assert_refused (const char *file, int line, const char *path, kvault_access access,
                            int code);
/* Every key, size and sum is that of fixtures.json. */
void kvtest_assert_fixture (kvault *vault, const char *file);
/* The value at @key is exactly these bytes. */
#define assert_value(vault, key, key_size, value, value_size) \
  kvtest_assert_value (__FILE__, __LINE__, vault, key, key_size, value, value_size)
void kvtest_assert_value (const char *file, int line, kvault *vault, const void *key,
                          size_t key_size, const void *value, size_t value_size);

/* ---- Numbers ------------------------------------------------------------------------- */

/* At full size by hand: COFFER_TEST_FULL=1. */
bool     kvtest_in_full (void);
/* How often to try what is left to chance: @few times, or in full. */
int      kvtest_times  (int few, int full);
/* The same numbers in every run. */
uint64_t kvtest_random (uint64_t *state);
void     kvtest_fill   (void *data, size_t size, uint64_t seed);
double   kvtest_now    (void);                     /* seconds, monotonic */
double   kvtest_cpu    (void);                     /* seconds that this process has computed, however busy the machine is */
void     kvtest_sleep  (double seconds);

/* ---- Other processes ----------------------------------------------------------------- */

/* Two ends that take turns: each waits for the other's step. */
typedef struct KvChild KvChild;
typedef void (*KvChildFunc) (KvChild *self, void *data);

KvChild *kvtest_spawn (KvChildFunc run, void *data);
void     kvtest_step  (KvChild *self);             /* tells the other side to go on */
void     kvtest_await (KvChild *self);             /* until the other side has stepped */
void     kvtest_join  (KvChild *self);             /* it must have succeeded */
void     kvtest_kill  (KvChild *self);             /* SIGKILL, and waits */
bool     kvtest_alive (KvChild *self);
/* One that has run @sql, text or NULL, on a connection of its own, and keeps that open. */
KvChild *kvtest_spawn_holder (const char *path, const char *sql);
void     kvtest_release (KvChild *self);           /* it goes on to its end: a step, and a join */

/* Run as somebody without rights; skips the test where that cannot be. */
void kvtest_as_nobody (void (*run) (void *data), void *data);
/* Run where @folder is mounted read-only; skips likewise. */
void kvtest_on_readonly_mount (const char *folder, void (*run) (void *data), void *data);
/* Run with an empty file system of @size bytes at @folder; skips likewise. */
void kvtest_on_small_disk (const char *folder, size_t size, void (*run) (void *data), void *data);
