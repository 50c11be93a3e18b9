/* SPDX-License-Identifier: MIT */
/* Zeros over what deleted values left: wipe.c, against the bytes of the file and SQLite's own check. */
#include "kvtest.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET "a secret that was deleted "

static size_t
count_secrets (const char *path)
{
  size_t size, n = 0;
  uint8_t *bytes = kvtest_read_file (path, &size);

  for (uint8_t *at = bytes; (at = memmem (at, size - (size_t) (at - bytes), SECRET, strlen (SECRET))) != NULL; at++)
    n++;
  return n;
}

static void
put_secret (kvault *vault, const char *key, size_t size)
{
  char *value = malloc (size);

  for (size_t i = 0; i < size; i++)
    value[i] = SECRET[i % strlen (SECRET)];
  assert_ok (vault, kvault_put (vault, key, strlen (key), value, size));
  free (value);
}

/* Small ones, that share a page, and large ones, of which some go. @sql before the table is made. */
static kvault *
make_secrets (const char *name, const char *sql)
{
  char *path = kvtest_path (name);
  kvault *vault;

  kvtest_sql (path, "%s; " KVTEST_V2 ("kv"), sql);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_begin (vault));
  for (int i = 0; i < 40; i++)
    {
      put_secret (vault, kvtest_format ("small%02d", i), 300 + (size_t) i * 7);
      put_secret (vault, kvtest_format ("large%02d", i), 20000 + (size_t) i * 1000);
      assert_ok (vault, kvault_put (vault, kvtest_format ("kept%02d", i), 6, "keep this", 9));
    }
  assert_ok (vault, kvault_commit (vault));
  assert_ok (vault, kvault_begin (vault));
  for (int i = 0; i < 40; i++)
    {
      assert_ok (vault, kvault_delete (vault, kvtest_format ("small%02d", i), 7));
      assert_ok (vault, kvault_delete (vault, kvtest_format ("large%02d", i), 7));
    }
  assert_ok (vault, kvault_commit (vault));
  return vault;
}

static void
assert_whole (kvault *vault)
{
  char *path = kvtest_format ("%s", kvault_location (vault));

  for (int i = 0; i < 40; i++)
    assert_value (vault, kvtest_format ("kept%02d", i), 6, "keep this", 9);
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, 40);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), ==, 1);
}

static void
leaves_nothing_behind (void)
{
  static const char *const pragmas[] = {
    "PRAGMA journal_mode=WAL", "PRAGMA journal_mode=DELETE", "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL",
    "PRAGMA page_size=1024", "PRAGMA page_size=65536; PRAGMA journal_mode=WAL",
  };

  for (size_t i = 0; i < KVTEST_N (pragmas); i++)
    {
      kvault *vault = make_secrets (kvtest_format ("%zu.db", i), pragmas[i]);
      char *path = kvtest_format ("%s", kvault_location (vault));
      uint64_t size;

      assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
      assert_int (count_secrets (path), >, 1000);
      size = kvtest_file_size (path);
      assert_ok (vault, kvault_wipe (vault, NULL, NULL));
      assert_int (count_secrets (path), ==, 0);
      assert_int (kvtest_file_size (path), ==, size);
      /* the room is used as ever, and what is written then stays */
      put_secret (vault, "new", 50000);
      assert_ok (vault, kvault_wipe (vault, NULL, NULL));
      assert_int (count_secrets (path), >, 1000);
      assert_ok (vault, kvault_delete (vault, "new", 3));
      assert_whole (vault);
    }
}

/* A reader may still see what was deleted after it began; then nothing is touched. */
static void
waits_for_readers_of_before (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *reader;
  kvault *vault;
  size_t n;

  kvault_close (make_secrets ("a.db", "PRAGMA journal_mode=WAL"));
  n = count_secrets (path);
  assert_int (n, >, 1000);
  reader = kvtest_spawn_holder (path, "BEGIN; SELECT count(*) FROM kv");
  vault = kvtest_open_waiting (path, 50);
  assert_ok (vault, kvault_put (vault, "a", 1, "b", 1));
  assert_ok (vault, kvault_delete (vault, "a", 1));
  assert_result (vault, kvault_wipe (vault, NULL, NULL), KVAULT_EBUSY);
  assert_contains (kvault_errmsg (vault), "process");
  assert_int (count_secrets (path), ==, n);
  kvtest_release (reader);
  assert_ok (vault, kvault_wipe (vault, NULL, NULL));
  assert_int (count_secrets (path), ==, 0);
  assert_whole (vault);
}

static int
progress_cb (const kvault_progress *progress, void *data)
{
  uint64_t *last = data;

  assert_int (progress->bytes, >=, *last);
  assert_int (progress->bytes, <=, progress->bytes_total);
  *last = progress->bytes;
  return 0;
}

static int
count_down (void *n)
{
  return --*(int *) n < 0;
}

/* Stopped anywhere the vault is whole, and the next time does the rest. */
static void
can_be_cancelled (void)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  char *path = kvtest_path ("a.db");
  kvault *vault;
  uint64_t last = 0;
  int n_looks = INT_MAX, n_all;

  kvault_close (make_secrets ("a.db", "PRAGMA page_size=1024; PRAGMA journal_mode=WAL"));
  options.is_cancelled = count_down;
  options.is_cancelled_data = &n_looks;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_ok (vault, kvault_wipe (vault, progress_cb, &last));
  n_all = INT_MAX - n_looks;
  assert_int (n_all, >, 1000);
  assert_int (last, >, 0);
  n_looks = INT_MAX;
  assert_ok (vault, kvault_begin (vault));
  put_secret (vault, "again", 500000);
  assert_ok (vault, kvault_commit (vault));
  assert_ok (vault, kvault_delete (vault, "again", 5));
  for (int i = 1; i < 8; i++)
    {
      n_looks = n_all / 10 * i;
      assert_result (vault, kvault_wipe (vault, NULL, NULL), KVAULT_ECANCELLED);
      n_looks = INT_MAX;
      assert_value (vault, "kept07", 6, "keep this", 9);
    }
  assert_ok (vault, kvault_wipe (vault, NULL, NULL));
  assert_int (count_secrets (path), ==, 0);
  assert_whole (vault);
}

/* A free list that names a page in use is no list of free pages. */
static void
touches_no_damaged_file (void)
{
  kvault *vault = make_secrets ("a.db", "PRAGMA page_size=1024; PRAGMA journal_mode=DELETE");
  char *path = kvtest_format ("%s", kvault_location (vault));
  uint8_t trunk[4], wrong[4] = { 0, 0, 0, 2 };
  size_t n = count_secrets (path);
  FILE *file;

  kvault_close (vault);
  file = fopen (path, "r+b");
  assert_int (fseek (file, 32, SEEK_SET), ==, 0);
  assert_int (fread (trunk, 1, 4, file), ==, 4);
  assert_int (fseek (file, ((trunk[2] << 8 | trunk[3]) - 1) * 1024L + 8, SEEK_SET), ==, 0);
  assert_int (fwrite (wrong, 1, 4, file), ==, 4);
  fclose (file);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_wipe (vault, NULL, NULL), KVAULT_ECORRUPT);
  assert_int (count_secrets (path), ==, n);
  assert_value (vault, "kept07", 6, "keep this", 9);
  kvault_close (vault);
}

/* From then on deleted values are zeros, also when the handle has let go of the file in between. */
static void
switches_secure_delete (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));

  for (int on = 0; on < 2; on++)
    for (int lets_go = 0; lets_go < 2; lets_go++)
      {
        put_secret (vault, "a", 50000);
        if (lets_go)
          assert_ok (vault, kvault_let_go (vault));
        assert_ok (vault, kvault_set_secure_delete (vault, on));
        if (lets_go)
          assert_ok (vault, kvault_exists (vault, "a", 1));
        assert_ok (vault, kvault_delete (vault, "a", 1));
        assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
        assert_int (count_secrets (path) == 0, ==, on);
        assert_ok (vault, kvault_wipe (vault, NULL, NULL));
      }
  kvault_close (vault);
}

/* Pages that the handle has in memory are as they were before: it must not write those. */
static void
nothing_comes_back_with_the_next_write (void)
{
  static const char *const journals[] = { "WAL", "DELETE" };

  for (size_t i = 0; i < KVTEST_N (journals); i++)
    {
      kvault *vault = make_secrets (kvtest_format ("%zu.db", i), kvtest_format ("PRAGMA journal_mode=%s", journals[i]));
      char *path = kvtest_format ("%s", kvault_location (vault));

      assert_ok (vault, kvault_wipe (vault, NULL, NULL));
      assert_int (count_secrets (path), ==, 0);
      for (int k = 0; k < 40; k++)   /* each page with keys is written */
        assert_ok (vault, kvault_put (vault, kvtest_format ("kept%02d", k), 6, "keep THIS", 9));
      for (int k = 0; k < 40; k++)
        assert_ok (vault, kvault_put (vault, kvtest_format ("kept%02d", k), 6, "keep this", 9));
      assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
      assert_int (count_secrets (path), ==, 0);
      assert_whole (vault);
    }
}

/* Some programs keep a checksum at the end of each page. */
static void
passes_by_pages_with_something_else_in_them (void)
{
  char *path = kvtest_path ("a.db");
  KvSnapshot *snapshot;
  int reserve = 8;
  kvault *vault;
  sqlite3 *db;

  assert_int (sqlite3_open (path, &db), ==, SQLITE_OK);
  assert_int (sqlite3_file_control (db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve), ==, SQLITE_OK);
  assert_int (sqlite3_exec (db, KVTEST_V2 ("kv") "INSERT INTO kv VALUES ('a', randomblob(50000)); DELETE FROM kv", NULL, NULL, NULL), ==,
              SQLITE_OK);
  sqlite3_close (db);
  snapshot = kvtest_snapshot (kvtest_folder ());
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_wipe (vault, NULL, NULL), KVAULT_EINVAL);
  assert_contains (kvault_errmsg (vault), "a.db");
  kvault_close (vault);
  assert_unchanged (snapshot);
}

static const KvTest tests[] = {
  { "/kvault/wipe/leaves-nothing-behind", leaves_nothing_behind },
  { "/kvault/wipe/waits-for-readers-of-before", waits_for_readers_of_before },
  { "/kvault/wipe/nothing-comes-back-with-the-next-write", nothing_comes_back_with_the_next_write },
  { "/kvault/wipe/passes-by-pages-with-something-else-in-them", passes_by_pages_with_something_else_in_them },
  { "/kvault/wipe/can-be-cancelled", can_be_cancelled },
  { "/kvault/wipe/touches-no-damaged-file", touches_no_damaged_file },
  { "/kvault/wipe/switches-secure-delete", switches_secure_delete },
};

KVTEST_MAIN (tests)
