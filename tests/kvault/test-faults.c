/* SPDX-License-Identifier: MIT */
/*
 * The n-th call to the disk fails, for every n until none is left to fail, in every operation: it says so, and afterwards the vault
 * holds what it held before, or what it was to hold. Leaks are the sanitizer's to find.
 */
#include "kvtest-faults.h"
#include "kvtest.h"

#define MEBIBYTE 1048576u
#define BIG (4 * MEBIBYTE + 100000)   /* two parts */

static kvault_options
options_with (bool rollback_journal)
{
  kvault_options options = KVAULT_OPTIONS_INIT;

  options.rollback_journal = rollback_journal;
  options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
  options.page_size = 4096;
  options.page_cache_kib = 64;      /* spills soon */
  options.whole_value_max = 128 * 1024;
  return options;
}

/* ---- What is tried ---- */

static int
put_small (kvault *vault)
{
  return kvault_put (vault, "new", 3, "value", 5);
}

static int
put_over (kvault *vault)
{
  static char value[120000] = "new";

  return kvault_put (vault, "k1", 2, value, sizeof value);
}

static int
delete_one (kvault *vault)
{
  return kvault_delete (vault, "k2", 2);
}

static int
rename_one (kvault *vault)
{
  return kvault_rename (vault, "k1", 2, "longer/key", 10, 0);
}

static int
stream (kvault *vault, size_t size)
{
  char *value = calloc (1, size);
  kvault_writer *writer;
  int rc = kvault_writer_open (vault, "stream", 6, KVAULT_SIZE_UNKNOWN, &writer);

  if (rc == KVAULT_OK && (rc = kvault_writer_write (writer, value, size)) == KVAULT_OK)
    rc = kvault_writer_commit (writer);
  kvault_writer_free (writer);
  free (value);
  return rc;
}

static int
stream_whole (kvault *vault)
{
  return stream (vault, 120000);
}

static int
stream_in_parts (kvault *vault)
{
  return stream (vault, BIG);
}

static int
delete_in_parts (kvault *vault)
{
  return kvault_delete (vault, "parts", 5);
}

static int
delete_many (kvault *vault)
{
  uint64_t n;

  return kvault_delete_prefix (vault, "k", 1, NULL, NULL, &n);
}

static int
rename_many (kvault *vault)
{
  uint64_t n;

  return kvault_rename_prefix (vault, "k", 1, "prefix/", 7, 0, NULL, NULL, &n);
}

static int
several (kvault *vault)
{
  int rc = kvault_begin (vault);

  if (rc != KVAULT_OK)
    return rc;
  for (int i = 0; i < 20 && rc == KVAULT_OK; i++)
    {
      char key[16];
      size_t size = (size_t) snprintf (key, sizeof key, "many%d", i);

      rc = kvault_put (vault, key, size, key, size);
    }
  if (rc == KVAULT_OK)
    rc = kvault_commit (vault);
  kvault_rollback (vault);
  return rc;
}

static int
flush_cache (kvault *vault)
{
  int rc = kvault_cache_enable (vault, NULL);

  for (int i = 0; i < 20 && rc == KVAULT_OK; i++)
    rc = kvault_put (vault, &"abcdefghijklmnopqrstuvwxyz"[i], 1, "value", 5);
  if (rc == KVAULT_OK && (rc = kvault_cache_flush (vault)) != KVAULT_OK)
    {
      kvault_cache_stats stats;

      kvault_cache_stats_get (vault, &stats);
      assert_int (stats.entries, ==, 20);
    }
  kvault_cache_discard (vault);
  return rc;
}

static int
bulk (kvault *vault)
{
  int rc = kvault_bulk_begin (vault, 100 * MEBIBYTE);

  if (rc == KVAULT_OK && (rc = kvault_put (vault, "bulk", 4, "value", 5)) == KVAULT_OK)
    rc = kvault_bulk_end (vault);
  kvault_rollback (vault);
  return rc;
}

static int
read_everything (kvault *vault)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_SIZES };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (vault, &options, &cursor);

  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      void *value;
      size_t size;

      if (entry->result != KVAULT_OK || (rc = kvault_get (vault, entry->key, entry->key_size, &value, &size)) != KVAULT_OK)
        {
          rc = entry->result != KVAULT_OK ? entry->result : rc;
          break;
        }
      kvault_free (value);
    }
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

typedef int (*Operation) (kvault *vault);

/* ---- Before and after ---- */

static void
make_vault (const char *path, const kvault_options *like)
{
  kvault_options options = *like;
  char *value = calloc (1, 200000);
  kvault *vault;

  options.access = KVAULT_ACCESS_CREATE;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  for (size_t i = 0; i < 6; i++)
    {
      char *key = kvtest_format ("k%zu", i);

      memset (value, (int) i + 'a', 100000);
      assert_ok (vault, kvault_put (vault, key, 2, value, i * i * 4000));
    }
  assert_ok (vault, kvault_put (vault, "parts", 5, value, 200000));
  kvault_close (vault);
  free (value);
}

/* Keys, sizes and sums of all values as one text. */
static char *
contents (const char *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  char *text = kvtest_format ("%8192s", "");
  char *end = text;
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    {
      uint64_t sum = 0;
      void *value;
      size_t size;

      assert_ok (vault, kvault_get (vault, entry->key, entry->key_size, &value, &size));
      for (size_t i = 0; i < size; i++)
        sum = sum * 31 + ((uint8_t *) value)[i];
      kvault_free (value);
      end += sprintf (end, "%.*s %zu %llx\n", (int) entry->key_size, (const char *) entry->key, size, (unsigned long long) sum);
    }
  kvault_cursor_close (cursor);
  kvault_close (vault);
  assert_str (kvtest_integrity (path), "ok");
  return text;
}

static void
copy_vault (const char *from, const char *to)
{
  static const char *const suffixes[] = { "-wal", "-shm", "-journal" };

  for (size_t i = 0; i < KVTEST_N (suffixes); i++)
    if (kvtest_exists (kvtest_format ("%s%s", to, suffixes[i])))
      kvtest_remove (kvtest_format ("%s%s", to, suffixes[i]));
  kvtest_copy_file (from, to);
}

static void
try_with_fault (const char *path, const kvault_options *options, Operation operation, const KvFault *fault, bool *struck)
{
  kvault *vault;
  kvault_error error;
  int rc;

  kvtest_faults_arm (fault);
  rc = kvault_open (path, options, &vault, &error);
  if (rc == KVAULT_OK)
    {
      rc = operation (vault);
      if (rc != KVAULT_OK)
        assert_true (kvault_errmsg (vault)[0] != '\0');
      assert_int (kvault_close (vault), ==, KVAULT_OK);
    }
  else
    assert_true (error.message[0] != '\0');
  *struck = kvtest_faults_struck ();
  kvtest_faults_arm (NULL);
  if (!*struck)
    assert_int (rc, ==, KVAULT_OK);
}

static void
fail_every_call (Operation operation, bool rollback_journal, KvFault fault)
{
  kvault_options options = options_with (rollback_journal);
  char *fresh = kvtest_path ("fresh.db"), *path = kvtest_path ("a.db");
  char *before, *after;
  bool struck = true;
  uint64_t step = 1;

  make_vault (fresh, &options);
  before = contents (fresh);
  copy_vault (fresh, path);
  try_with_fault (path, &options, operation, NULL, &struck);
  after = contents (path);
  struck = true;
  for (fault.at = 1; struck; fault.at += step)
    {
      char *now;

      copy_vault (fresh, path);
      try_with_fault (path, &options, operation, &fault, &struck);
      now = contents (path);
      if (strcmp (now, before) != 0)
        assert_str (now, after);
      if (fault.at >= 40)   /* long operations are alike in their middle */
        step = fault.at / 8;
    }
  printf ("# %llu calls\n", (unsigned long long) fault.at);
}

static void
run_all (KvFault fault)
{
  static const Operation operations[] = { put_small, put_over, delete_one, rename_one, stream_whole, stream_in_parts,
                                          delete_in_parts,
                                          delete_many, rename_many, several, flush_cache, bulk, read_everything };

  kvtest_faults_install ();
  for (size_t i = 0; i < KVTEST_N (operations); i++)
    for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
      fail_every_call (operations[i], rollback_journal != 0, fault);
}

static void
one_read_fails (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_READ });
}

static void
one_write_fails (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_WRITE, .cut_short = true });
}

static void
the_disk_is_full_from_then_on (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_WRITE, .lasting = true, .disk_full = true });
}

static void
syncs_and_truncations_fail_from_then_on (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_SYNC | KVFAULT_TRUNCATE, .lasting = true });
}

static void
one_lock_fails (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_LOCK });
}

static void
one_opening_or_deletion_fails (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_OPEN | KVFAULT_DELETE | KVFAULT_SHM });
}

static void
everything_fails_from_then_on (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_ALL, .lasting = true });
}

/* ---- What "done" means ---- */

static void
full_durability_leaves_nothing_unsynced (void)
{
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = options_with (rollback_journal != 0);
      char *path = kvtest_path (rollback_journal ? "rollback.db" : "wal.db");
      kvault *vault;

      if (rollback_journal == 0)
        kvtest_faults_install ();
      make_vault (path, &options);
      options.durability = KVAULT_DURABILITY_FULL;
      assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
      for (int i = 0; i < 20; i++)
        {
          uint64_t syncs = kvtest_faults_syncs ();

          assert_ok (vault, kvault_put (vault, &"abcdefghijklmnopqrst"[i], 1, "value", 5));
          assert_int (kvtest_faults_syncs (), >, syncs);
          assert_int (kvtest_faults_unsynced (), ==, 0);
        }
      assert_ok (vault, stream_in_parts (vault));
      assert_int (kvtest_faults_unsynced (), ==, 0);
      kvault_close (vault);
    }
}

static void
an_import_that_is_done_is_on_the_disk (void)
{
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = options_with (rollback_journal != 0);
      char *path = kvtest_path (rollback_journal ? "rollback.db" : "wal.db");
      kvault *vault;

      if (rollback_journal == 0)
        kvtest_faults_install ();
      make_vault (path, &options);
      assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
      for (int expected = 0; expected < 2; expected++)
        {
          assert_ok (vault, kvault_bulk_begin (vault, expected ? 100 * MEBIBYTE : 0));
          assert_ok (vault, stream_whole (vault));
          assert_ok (vault, kvault_bulk_end (vault));
          assert_int (kvtest_faults_unsynced (), ==, 0);
        }
      kvault_close (vault);
    }
}

static const KvTest tests[] = {
  { "/kvault/faults/one-read-fails", one_read_fails },
  { "/kvault/faults/one-write-fails", one_write_fails },
  { "/kvault/faults/the-disk-is-full-from-then-on", the_disk_is_full_from_then_on },
  { "/kvault/faults/syncs-and-truncations-fail-from-then-on", syncs_and_truncations_fail_from_then_on },
  { "/kvault/faults/one-lock-fails", one_lock_fails },
  { "/kvault/faults/one-opening-or-deletion-fails", one_opening_or_deletion_fails },
  { "/kvault/faults/everything-fails-from-then-on", everything_fails_from_then_on },
  { "/kvault/faults/full-durability-leaves-nothing-unsynced", full_durability_leaves_nothing_unsynced },
  { "/kvault/faults/an-import-that-is-done-is-on-the-disk", an_import_that_is_done_is_on_the_disk },
};

KVTEST_MAIN (tests)
