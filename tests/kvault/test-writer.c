/* SPDX-License-Identifier: MIT */
/* Values on their way in: whole or not at all: writer.c. */
#include "kvtest.h"

#include <dirent.h>
#include <signal.h>

#define MEBIBYTE 1048576u

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

static kvault_writer *
open_writer (kvault     *vault,
             const char *key,
             uint64_t    size)
{
  kvault_writer *writer;

  assert_ok (vault, kvault_writer_open (vault, key, strlen (key), size, &writer));
  return writer;
}

/* In pieces of odd sizes. */
static void
write_all (kvault        *vault,
           kvault_writer *writer,
           const uint8_t *value,
           size_t         size)
{
  uint64_t seed = size;

  for (size_t at = 0; at < size;)
    {
      size_t n = kvtest_random (&seed) % 300000;

      n = n < size - at ? n : size - at;
      assert_ok (vault, kvault_writer_write (writer, value + at, n));
      at += n;
    }
}

static void
stream (kvault        *vault,
        const char    *key,
        const uint8_t *value,
        size_t         size,
        uint64_t       declared)
{
  kvault_writer *writer = open_writer (vault, key, declared);

  write_all (vault, writer, value, size);
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
}

static void
stores_streams_of_every_size (void)
{
  static const size_t sizes[] = { 0, 1, 4095, 100000, 1048576, 8388607, 8388608, 8388609,
                                  20000000 };
  uint8_t *value = malloc (20000000);

  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      char *path = kvtest_format ("%s", kvault_location (vault));

      for (size_t i = 0; i < KVTEST_N (sizes); i++)
        {
          kvtest_fill (value, sizes[i], i);
          stream (vault, "declared", value, sizes[i], sizes[i]);
          assert_value (vault, "declared", 8, value, sizes[i]);
          stream (vault, "unknown", value, sizes[i], KVAULT_SIZE_UNKNOWN);
          assert_value (vault, "unknown", 7, value, sizes[i]);
        }
      if (kinds[kind] == KVAULT_SECTION_V1)
        assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv WHERE size = length(value)"),
                    ==, 2);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
      assert_alone (path);
    }
  free (value);
}

static void
detects_missing_bytes (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      kvault_writer *writer;

      assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
      writer = open_writer (vault, "k", 10);
      assert_ok (vault, kvault_writer_write (writer, "123456789", 9));
      assert_result (vault, kvault_writer_commit (writer), KVAULT_ERANGE);
      assert_value (vault, "k", 1, "old", 3);
      kvault_writer_free (writer);
      assert_value (vault, "k", 1, "old", 3);
      kvault_close (vault);
    }
}

static void
detects_excess_bytes (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      kvault_writer *writer;

      assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
      writer = open_writer (vault, "k", 10);
      assert_ok (vault, kvault_writer_write (writer, "1234567890", 10));
      assert_result (vault, kvault_writer_write (writer, "x", 1), KVAULT_ERANGE);
      assert_true (kvault_writer_commit (writer) != KVAULT_OK);
      kvault_writer_free (writer);

      writer = open_writer (vault, "k", 0);
      assert_result (vault, kvault_writer_write (writer, "x", 1), KVAULT_ERANGE);
      kvault_writer_free (writer);
      assert_value (vault, "k", 1, "old", 3);
      kvault_close (vault);
    }
}

static void
shows_nothing_before_commit (void)
{
  size_t size = 10 * MEBIBYTE;
  uint8_t *value = malloc (size);

  kvtest_fill (value, size, 1);
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_VIEW);
      kvault_writer *fresh, *over;
      uint64_t count, before, now;

      assert_ok (vault, kvault_put (vault, "over", 4, "old", 3));
      assert_ok (other, kvault_data_version (other, &before));
      fresh = open_writer (vault, "fresh", size);
      over = open_writer (vault, "over", KVAULT_SIZE_UNKNOWN);
      write_all (vault, fresh, value, size);
      write_all (vault, over, value, size);
      for (unsigned i = 0; i < 2; i++)
        {
          kvault *each = i == 0 ? vault : other;

          assert_result (each, kvault_exists (each, "fresh", 5), KVAULT_NOTFOUND);
          assert_value (each, "over", 4, "old", 3);
          assert_ok (each, kvault_count (each, &count));
          assert_int (count, ==, 1);
        }
      assert_ok (other, kvault_data_version (other, &now));
      assert_int (now, ==, before);
      assert_ok (vault, kvault_writer_commit (over));
      assert_value (other, "over", 4, value, size);
      assert_result (other, kvault_exists (other, "fresh", 5), KVAULT_NOTFOUND);
      assert_ok (vault, kvault_writer_commit (fresh));
      assert_value (other, "fresh", 5, value, size);
      assert_ok (other, kvault_data_version (other, &now));
      assert_int (now, !=, before);
      kvault_writer_free (fresh);
      kvault_writer_free (over);
      kvault_close (other);
      kvault_close (vault);
    }
  free (value);
}

static void
free_undoes (void)
{
  kvault *vault = kvtest_create ("a.db");
  size_t size = 9 * MEBIBYTE;
  uint8_t *value = calloc (1, size);
  kvault_writer *writer;
  KvSnapshot *before;

  assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
  before = kvtest_snapshot (kvtest_folder ());
  writer = open_writer (vault, "k", KVAULT_SIZE_UNKNOWN);
  write_all (vault, writer, value, size);
  kvault_writer_free (writer);
  writer = open_writer (vault, "k", 10);
  kvault_writer_free (writer);
  assert_unchanged (before);
  assert_value (vault, "k", 1, "old", 3);
  kvault_close (vault);
  free (value);
}

static void
closing_the_vault_undoes (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));

  assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
  assert_ok (vault, kvault_writer_write (open_writer (vault, "k", 3), "new", 3));
  kvault_close (vault);
  assert_alone (path);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_value (vault, "k", 1, "old", 3);
  kvault_close (vault);
}

static void
commits_once (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_writer *writer = open_writer (vault, "k", 3);

  assert_ok (vault, kvault_writer_write (writer, "new", 3));
  assert_ok (vault, kvault_writer_commit (writer));
  assert_ok (vault, kvault_put (vault, "k", 1, "newer", 5));
  assert_true (kvault_writer_commit (writer) != KVAULT_OK);
  assert_true (kvault_writer_write (writer, "x", 1) != KVAULT_OK);
  kvault_writer_free (writer);
  assert_value (vault, "k", 1, "newer", 5);
  kvault_close (vault);
}

static void
stays_with_its_table (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v086_two_tables.db"), KVAULT_ACCESS_WRITE);
  kvault_writer *writer = open_writer (vault, "new", 3);

  assert_ok (vault, kvault_use_table (vault, "thumbs"));
  assert_ok (vault, kvault_writer_write (writer, "new", 3));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_result (vault, kvault_exists (vault, "new", 3), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_use_table (vault, "kv"));
  assert_value (vault, "new", 3, "new", 3);
  kvault_close (vault);
}

static void
copies_its_key (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *key = strdup ("key");
  kvault_writer *writer = open_writer (vault, key, 1);

  memset (key, 'x', 3);
  free (key);
  assert_ok (vault, kvault_writer_write (writer, "v", 1));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_value (vault, "key", 3, "v", 1);
  kvault_close (vault);
}

static void
last_commit_wins (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_writer *first = open_writer (vault, "k", 5), *second = open_writer (vault, "k", 6);

  assert_ok (vault, kvault_writer_write (second, "second", 6));
  assert_ok (vault, kvault_writer_write (first, "first", 5));
  assert_ok (vault, kvault_writer_commit (second));
  assert_ok (vault, kvault_writer_commit (first));
  kvault_writer_free (first);
  kvault_writer_free (second);
  assert_value (vault, "k", 1, "first", 5);
  kvault_close (vault);
}

static void
refuses_keys_that_no_record_can_hold (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_writer *writer = (kvault_writer *) vault;
  uint8_t *key = calloc (1, 1000000000);

  assert_result (vault, kvault_writer_open (vault, key, 1000000000, 1, &writer), KVAULT_ETOOBIG);
  assert_true (writer == NULL);
  kvault_close (vault);
  free (key);
}

/* ---- Beside it on the disk ---- */

static unsigned
count_files (void)
{
  struct dirent **names;
  int n = scandir (kvtest_folder (), &names, NULL, NULL);

  for (int i = 0; i < n; i++)
    free (names[i]);
  free (names);
  return (unsigned) n;
}

static void
spools_without_a_name (void)
{
  kvault *vault = kvtest_create ("a.db");
  size_t size = 20 * MEBIBYTE;
  uint8_t *value = calloc (1, size);
  kvault_writer *writer;
  unsigned files;

  assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
  files = count_files ();
  writer = open_writer (vault, "k", KVAULT_SIZE_UNKNOWN);
  write_all (vault, writer, value, size);
  assert_int (count_files (), ==, files);
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_int (count_files (), ==, files);
  kvault_close (vault);
  free (value);
}

/* ---- Another process writes meanwhile ---- */

static void
write_with_patience_of_nobody (KvChild *self,
                               void    *path)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
  kvtest_await (self);
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  for (unsigned i = 0; i < 20; i++)
    assert_ok (vault, kvault_put (vault, "other", 5, &i, sizeof i));
  kvault_close (vault);
  kvtest_step (self);
}

static void
holds_no_lock_before_commit (void)
{
  for (unsigned journal = 0; journal < 2; journal++)
    {
      char *path = kvtest_path (journal ? "wal.db" : "delete.db");
      KvChild *child = kvtest_spawn (write_with_patience_of_nobody, path);
      size_t size = 10 * MEBIBYTE;
      uint8_t *value = calloc (1, size);
      kvault_writer *writer;
      kvault *vault;
      unsigned last = 19;

      kvtest_sql (path, "PRAGMA journal_mode=%s;" KVTEST_V2 ("kv"), journal ? "WAL" : "DELETE");
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      writer = open_writer (vault, "k", size);
      write_all (vault, writer, value, size);
      kvtest_step (child);
      kvtest_await (child);
      assert_ok (vault, kvault_writer_commit (writer));
      kvault_writer_free (writer);
      assert_value (vault, "other", 5, &last, sizeof last);
      assert_value (vault, "k", 1, value, size);
      kvault_close (vault);
      kvtest_join (child);
      free (value);
    }
}

static void
hold_the_write_lock (KvChild *self,
                     void    *path)
{
  kvault *vault;

  /* A bare transaction, so that nothing of the engine is in the way. */
  kvtest_await (self);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_close (vault);
  kvtest_hold_lock (path, "IMMEDIATE");
  kvtest_step (self);
  kvtest_await (self);
  kvtest_release_lock ();
  kvtest_step (self);
}

static void
commits_again_after_busy (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *child = kvtest_spawn (hold_the_write_lock, path);
  kvault_options options = KVAULT_OPTIONS_INIT;
  size_t size = 9 * MEBIBYTE;
  uint8_t *value = malloc (size);
  kvault_writer *writer;
  kvault *vault;

  kvtest_fill (value, size, 3);
  options.access = KVAULT_ACCESS_CREATE;
  options.busy_timeout_ms = 200;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
  writer = open_writer (vault, "k", size);
  write_all (vault, writer, value, size);
  kvtest_step (child);
  kvtest_await (child);
  assert_result (vault, kvault_writer_commit (writer), KVAULT_EBUSY);
  assert_value (vault, "k", 1, "old", 3);
  assert_result (vault, kvault_writer_commit (writer), KVAULT_EBUSY);
  kvtest_step (child);
  kvtest_await (child);
  assert_ok (vault, kvault_writer_commit (writer));
  assert_value (vault, "k", 1, value, size);
  kvault_writer_free (writer);
  kvault_close (vault);
  kvtest_join (child);
  free (value);
}

static void
commits_again_after_cancelling (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      char *path = kvtest_format ("%s", kvault_location (vault));
      kvault_options options = KVAULT_OPTIONS_INIT;
      size_t size = 30 * MEBIBYTE;
      uint8_t *value = malloc (size);
      kvault_writer *writer;
      int left = INT32_MAX, rc = KVAULT_ECANCELLED, tries = 0;

      kvtest_fill (value, size, 3);
      kvault_close (vault);
      options.is_cancelled = kvtest_cancel_at_zero;
      options.is_cancelled_data = &left;
      assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
      assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
      writer = open_writer (vault, "k", size);
      write_all (vault, writer, value, size);
      for (; rc != KVAULT_OK; tries++)
        {
          left = tries * 3;
          rc = kvault_writer_commit (writer);
          left = INT32_MAX;
          if (rc == KVAULT_OK)
            break;
          assert_result (vault, rc, KVAULT_ECANCELLED);
          assert_value (vault, "k", 1, "old", 3);
        }
      assert_int (tries, >, 1);
      assert_value (vault, "k", 1, value, size);
      kvault_writer_free (writer);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
      free (value);
    }
}

/* ---- kill -9 ---- */

#define KILLED_SIZE (12 * MEBIBYTE)
#define KILLS 6
#define KILLS_FULL 20

static void
commit_over_the_old (KvChild *self,
                     void    *path)
{
  uint8_t *value = malloc (KILLED_SIZE);
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_writer *writer = open_writer (vault, "k", KVAULT_SIZE_UNKNOWN);

  kvtest_fill (value, KILLED_SIZE, 2);
  write_all (vault, writer, value, KILLED_SIZE);
  kvtest_step (self);
  kvault_writer_commit (writer);
  kvault_writer_free (writer);
  kvault_close (vault);
  free (value);
  kvtest_step (self);
  kvtest_await (self);
}

/* 'o'ld or 'n'ew; anything else fails. */
static char
which_value (const char    *path,
             kvault_access  access,
             const uint8_t *old,
             const uint8_t *new)
{
  kvault *vault = kvtest_open (path, access);
  uint64_t count;
  size_t size;
  void *value;
  char which;

  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, 1);
  assert_ok (vault, kvault_get (vault, "k", 1, &value, &size));
  assert_int (size, ==, KILLED_SIZE);
  which = memcmp (value, old, size) == 0 ? 'o' : memcmp (value, new, size) == 0 ? 'n' : '?';
  kvault_free (value);
  kvault_close (vault);
  assert_true (which != '?');
  return which;
}

static void
killed_at_any_moment (kvault_section_kind  kind,
                      const char          *journal,
                      unsigned             rounds)
{
  char *path = kvtest_path (kvtest_format ("%u-%s.db", kind, journal));
  uint8_t *old = malloc (KILLED_SIZE), *new = malloc (KILLED_SIZE);
  unsigned n_old = 0, n_new = 0;
  double whole = 0.1;
  uint64_t seed = 1;
  kvault *vault;

  kvtest_fill (old, KILLED_SIZE, 1);
  kvtest_fill (new, KILLED_SIZE, 2);
  kvtest_sql (path, "PRAGMA journal_mode=%s;", journal);
  kvtest_sql (path, kind == KVAULT_SECTION_V1 ? KVTEST_V1 ("kv") : KVTEST_V2 ("kv"));
  for (unsigned i = 0; i < rounds; i++)
    {
      KvChild *child;
      double start;
      char seen;

      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      assert_ok (vault, kvault_put (vault, "k", 1, old, KILLED_SIZE));
      kvault_close (vault);

      child = kvtest_spawn (commit_over_the_old, path);
      kvtest_await (child);
      start = kvtest_now ();
      if (i == 0)
        {
          kvtest_await (child); /* how long a commit takes when let be */
          whole = kvtest_now () - start;
        }
      else
        kvtest_sleep (whole * 1.2 * (double) (kvtest_random (&seed) % 1000) / 1000);
      kvtest_kill (child);

      seen = which_value (path, KVAULT_ACCESS_VIEW, old, new);
      assert_int (which_value (path, KVAULT_ACCESS_WRITE, old, new), ==, seen);
      if (i == 0)
        assert_int (seen, ==, 'n');
      n_old += seen == 'o';
      n_new += seen == 'n';
    }
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "k", 1, "end", 3)); /* clears away an unused journal */
  kvault_close (vault);
  assert_alone (path);
  assert_str (kvtest_integrity (path), "ok");
  printf ("# %s, shape %d: %u old, %u new, %.0f ms a commit\n", journal, (int) kind, n_old, n_new,
          whole * 1000);
  free (old);
  free (new);
}

static void
survives_kills_in_wal (void)
{
  killed_at_any_moment (KVAULT_SECTION_V2, "WAL", kvtest_times (KILLS, KILLS_FULL));
  killed_at_any_moment (KVAULT_SECTION_V1, "WAL", kvtest_times (KILLS, KILLS_FULL) / 2);
}

static void
survives_kills_in_rollback (void)
{
  killed_at_any_moment (KVAULT_SECTION_V2, "DELETE", kvtest_times (KILLS, KILLS_FULL));
  killed_at_any_moment (KVAULT_SECTION_V1, "DELETE", kvtest_times (KILLS, KILLS_FULL) / 2);
}

/* ---- A full disk ---- */

static void
fill_the_disk (void *data)
{
  char *path = kvtest_path ("disk/a.db");
  size_t size = 14 * MEBIBYTE;
  uint8_t *value = calloc (20, MEBIBYTE);
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_CREATE);
  kvault_writer *writer = NULL;
  int rc;

  assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
  assert_result (vault, kvault_writer_open (vault, "k", 1, 500000000, &writer), KVAULT_EFULL);
  assert_true (writer == NULL);

  /* spool and value do not both fit */
  writer = open_writer (vault, "k", KVAULT_SIZE_UNKNOWN);
  rc = kvault_writer_write (writer, value, size);
  if (rc == KVAULT_OK)
    rc = kvault_writer_commit (writer);
  assert_result (vault, rc, KVAULT_EFULL);
  assert_value (vault, "k", 1, "old", 3);
  kvault_writer_free (writer);

  assert_result (vault, kvault_put (vault, "k", 1, value, 20 * MEBIBYTE), KVAULT_EFULL);
  assert_value (vault, "k", 1, "old", 3);
  assert_ok (vault, kvault_put (vault, "k", 1, "small", 5)); /* and it goes on */
  assert_value (vault, "k", 1, "small", 5);

  /* In the log it fits, into the file as well it does not: it stays where it is. */
  assert_ok (vault, kvault_put (vault, "k", 1, value, 10 * MEBIBYTE));
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_value (vault, "k", 1, value, 10 * MEBIBYTE);
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_value (vault, "k", 1, value, 10 * MEBIBYTE);
  kvault_close (vault);
  assert_str (kvtest_integrity (path), "ok");
  free (value);
}

static void
full_disks_change_nothing (void)
{
  char *disk = kvtest_path ("disk");

  kvtest_make_folder (disk);
  kvtest_on_small_disk (disk, 16 * MEBIBYTE, fill_the_disk, NULL);
}

/* More bytes than the disk holds arrive before anything is committed. */
static void
overflow_the_spool (void *data)
{
  kvault *vault = kvtest_open (kvtest_path ("disk/a.db"), KVAULT_ACCESS_CREATE);
  uint8_t *piece = calloc (1, MEBIBYTE);
  kvault_writer *writer = open_writer (vault, "k", KVAULT_SIZE_UNKNOWN);
  int rc = KVAULT_OK;

  for (unsigned i = 0; rc == KVAULT_OK && i < 40; i++)
    rc = kvault_writer_write (writer, piece, MEBIBYTE);
  assert_result (vault, rc, KVAULT_EFULL);
  assert_true (kvault_writer_write (writer, piece, 1) != KVAULT_OK);
  assert_true (kvault_writer_commit (writer) != KVAULT_OK);
  kvault_writer_free (writer);
  assert_result (vault, kvault_exists (vault, "k", 1), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1)); /* the room is back */
  kvault_close (vault);
  free (piece);
}

static void
full_spools_are_told (void)
{
  char *disk = kvtest_path ("disk");

  kvtest_make_folder (disk);
  kvtest_on_small_disk (disk, 16 * MEBIBYTE, overflow_the_spool, NULL);
}

static const KvTest tests[] = {
  { "/kvault/writer/stores-streams-of-every-size", stores_streams_of_every_size },
  { "/kvault/writer/detects-missing-bytes", detects_missing_bytes },
  { "/kvault/writer/detects-excess-bytes", detects_excess_bytes },
  { "/kvault/writer/shows-nothing-before-commit", shows_nothing_before_commit },
  { "/kvault/writer/free-undoes", free_undoes },
  { "/kvault/writer/closing-the-vault-undoes", closing_the_vault_undoes },
  { "/kvault/writer/commits-once", commits_once },
  { "/kvault/writer/stays-with-its-table", stays_with_its_table },
  { "/kvault/writer/copies-its-key", copies_its_key },
  { "/kvault/writer/last-commit-wins", last_commit_wins },
  { "/kvault/writer/refuses-keys-that-no-record-can-hold", refuses_keys_that_no_record_can_hold },
  { "/kvault/writer/spools-without-a-name", spools_without_a_name },
  { "/kvault/writer/holds-no-lock-before-commit", holds_no_lock_before_commit },
  { "/kvault/writer/commits-again-after-busy", commits_again_after_busy },
  { "/kvault/writer/commits-again-after-cancelling", commits_again_after_cancelling },
  { "/kvault/writer/survives-kills-in-wal", survives_kills_in_wal },
  { "/kvault/writer/survives-kills-in-rollback", survives_kills_in_rollback },
  { "/kvault/writer/full-disks-change-nothing", full_disks_change_nothing },
  { "/kvault/writer/full-spools-are-told", full_spools_are_told },
};

KVTEST_MAIN (tests)
