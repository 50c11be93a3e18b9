/* SPDX-License-Identifier: MIT */
/* Values in parts, one key like any other: large.c. The limit is lowered: 1 MiB in place of a gigabyte. */
#include "kvtest.h"

#define MEBIBYTE 1048576u
#define LIMIT MEBIBYTE
#define LARGE (9 * MEBIBYTE + 12345)   /* three parts */

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

static kvault *
reopen (const char *path, kvault_access access)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.access = access;
  options.whole_value_max = LIMIT;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  return vault;
}

static kvault *
make (kvault_section_kind kind)
{
  kvault *plain = kvtest_make (kind);
  char *path = kvtest_format ("%s", kvault_location (plain));

  kvault_close (plain);
  return reopen (path, KVAULT_ACCESS_WRITE);
}

static uint8_t *
value_of (uint64_t seed, size_t size)
{
  uint8_t *value = malloc (size + 1);

  kvtest_fill (value, size, seed);
  return value;
}

static void
put (kvault *vault, const char *key, uint64_t seed, size_t size)
{
  uint8_t *value = value_of (seed, size);

  assert_ok (vault, kvault_put (vault, key, strlen (key), value, size));
  free (value);
}

static void
assert_is (kvault *vault, const char *key, uint64_t seed, size_t size)
{
  uint8_t *value = value_of (seed, size);

  assert_value (vault, key, strlen (key), value, size);
  free (value);
}

static int64_t
count (kvault *vault, const char *table)
{
  return kvtest_sql_int (kvault_location (vault), kvtest_format ("SELECT count(*) FROM %s", table));
}

static void
is_one_key_like_any_other (void)
{
  for (size_t i = 0; i < KVTEST_N (kinds); i++)
    {
      kvault *vault = make (kinds[i]);
      char *path = kvtest_format ("%s", kvault_location (vault));
      kvault_cursor_options options = { .flags = KVAULT_CURSOR_SIZES };
      kvault_totals_result totals;
      kvault_cursor *cursor;
      const kvault_entry *entry;
      uint64_t n;

      put (vault, "large", 1, LARGE);
      put (vault, "small", 2, 100);
      assert_is (vault, "large", 1, LARGE);
      assert_ok (vault, kvault_size (vault, "large", 5, &n));
      assert_int (n, ==, LARGE);
      assert_ok (vault, kvault_count (vault, &n));
      assert_int (n, ==, 2);
      assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
      assert_int (totals.bytes, ==, LARGE + 100);
      assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
      assert_ok (vault, kvault_cursor_next (cursor, &entry));
      assert_int (entry->value_size, ==, LARGE);
      kvault_cursor_close (cursor);
      kvault_close (vault);
      vault = reopen (path, KVAULT_ACCESS_VIEW);
      assert_is (vault, "large", 1, LARGE);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
      assert_alone (path);
    }
}

static void
shows_others_a_readable_marker (void)
{
  kvault *vault = make (KVAULT_SECTION_V1);
  const char *path = kvault_location (vault);

  put (vault, "large", 1, LARGE);
  assert_int (kvtest_sql_int (path, "SELECT length(value) FROM kv"), ==, 112);
  assert_int (kvtest_sql_int (path, "SELECT size FROM kv"), ==, 112);
  assert_contains (kvtest_sql_text (path, "SELECT CAST(value AS TEXT) FROM kv"),
                   kvtest_format ("libkvault large value v1 id=%019d size=%019d token=", 1, (int) LARGE));
  assert_int (kvtest_sql_int (path, "SELECT sum(length(data)) FROM kvault_parts"), ==, LARGE);
  kvault_close (vault);
}

static void
reads_any_range (void)
{
  uint8_t *value = value_of (1, LARGE), *got = malloc (LARGE);
  kvault *vault = make (KVAULT_SECTION_V2);
  kvault_blob *blob;
  uint64_t seed = 5;

  put (vault, "large", 1, LARGE);
  assert_ok (vault, kvault_blob_open (vault, "large", 5, &blob));
  assert_int (kvault_blob_size (blob), ==, LARGE);
  for (int i = 0; i < 200; i++)
    {
      size_t at = kvtest_random (&seed) % LARGE, n = kvtest_random (&seed) % (i % 2 ? 100 : LARGE);

      n = n < LARGE - at ? n : LARGE - at;
      assert_ok (vault, kvault_blob_read (blob, got, n, at));
      assert_mem (got, n, value + at, n);
    }
  assert_result (vault, kvault_blob_read (blob, got, 2, LARGE - 1), KVAULT_ERANGE);
  kvault_blob_close (blob);
  kvault_close (vault);
  free (value);
  free (got);
}

static void
overwriting_and_deleting_leave_no_parts (void)
{
  kvault *vault = make (KVAULT_SECTION_V2);
  uint64_t n;

  put (vault, "a", 1, LARGE);
  put (vault, "a", 2, LARGE - 7);
  assert_int (count (vault, "kvault_large"), ==, 1);
  assert_is (vault, "a", 2, LARGE - 7);
  put (vault, "a", 3, 10);
  assert_int (count (vault, "kvault_parts"), ==, 0);
  assert_int (count (vault, "kvault_large"), ==, 0);
  put (vault, "a", 4, LARGE);
  assert_ok (vault, kvault_delete (vault, "a", 1));
  assert_int (count (vault, "kvault_parts"), ==, 0);
  put (vault, "p/1", 5, LARGE);
  put (vault, "p/2", 6, 20);
  assert_ok (vault, kvault_delete_prefix (vault, "p/", 2, NULL, NULL, &n));
  assert_int (n, ==, 2);
  assert_int (count (vault, "kvault_parts"), ==, 0);
  kvault_close (vault);
}

static void
renaming_moves_the_marker_only (void)
{
  kvault *vault = make (KVAULT_SECTION_V1);
  uint64_t n;

  put (vault, "a", 1, LARGE);
  put (vault, "b", 2, LARGE);
  assert_result (vault, kvault_rename (vault, "a", 1, "b", 1, 0), KVAULT_EEXIST);
  assert_ok (vault, kvault_rename (vault, "a", 1, "b", 1, 1));
  assert_is (vault, "b", 1, LARGE);
  assert_int (count (vault, "kvault_large"), ==, 1);
  assert_ok (vault, kvault_rename_prefix (vault, "b", 1, "dir/b", 5, 0, NULL, NULL, &n));
  assert_is (vault, "dir/b", 1, LARGE);
  kvault_close (vault);
}

/* The limit is on the record, which has the key in it, too. */
static void
a_longer_key_turns_a_value_into_parts (void)
{
  for (size_t i = 0; i < KVTEST_N (kinds); i++)
    {
      kvault *vault = make (kinds[i]);
      char *path = kvtest_format ("%s", kvault_location (vault));
      kvault_check_result result;
      uint64_t n;

      put (vault, "key", 1, LIMIT - 3);
      put (vault, "there", 2, 100);
      assert_int (kvtest_sql_int (path, "SELECT max(length(value)) FROM kv"), ==, LIMIT - 3);
      assert_result (vault, kvault_rename (vault, "key", 3, "there", 5, 0), KVAULT_EEXIST);
      assert_ok (vault, kvault_rename (vault, "key", 3, "kez", 3, 0));
      assert_int (kvtest_sql_int (path, "SELECT max(length(value)) FROM kv"), ==, LIMIT - 3);
      assert_ok (vault, kvault_rename (vault, "kez", 3, "there", 5, 1));
      assert_int (kvtest_sql_int (path, "SELECT count(*) * 1000 + length(value) FROM kv"), ==, 1112);
      assert_is (vault, "there", 1, LIMIT - 3);
      assert_ok (vault, kvault_rename (vault, "there", 5, "k", 1, 0));   /* and stays so */
      assert_is (vault, "k", 1, LIMIT - 3);
      put (vault, "p/a", 3, LIMIT - 3);
      put (vault, "p/b", 4, LIMIT - 4);
      assert_ok (vault, kvault_rename_prefix (vault, "p/", 2, "p/q", 3, 0, NULL, NULL, &n));
      assert_is (vault, "p/qa", 3, LIMIT - 3);
      assert_is (vault, "p/qb", 4, LIMIT - 4);
      assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_large WHERE state = 1"), ==, 2);
      assert_ok (vault, kvault_check (vault, KVAULT_CHECK_FULL, NULL, NULL, NULL, NULL, &result));
      assert_int (result.findings, ==, 0);
      kvault_close (vault);
    }
}

static void
a_look_alike_is_what_it_seems (void)
{
  kvault *vault = make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));
  uint64_t size;

  put (vault, "large", 1, LARGE);
  kvault_close (vault);
  kvtest_sql (path, "INSERT INTO kv SELECT x'636f7079', value FROM kv");   /* "copy" */
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_size (vault, "copy", 4, &size));
  assert_int (size, ==, 112);
  assert_is (vault, "large", 1, LARGE);
  assert_ok (vault, kvault_delete (vault, "copy", 4));
  assert_is (vault, "large", 1, LARGE);
  put (vault, "text", 7, 112);
  assert_is (vault, "text", 7, 112);
  kvault_close (vault);
  kvtest_sql (path, "UPDATE kv SET value = x'6e6577' WHERE key = x'6c61726765'");   /* as KohakuVault overwrites */
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  assert_value (vault, "large", 5, "new", 3);
  kvault_close (vault);
}

static void
streams_in_without_knowing_the_size (void)
{
  static const size_t sizes[] = { LIMIT - 3, LIMIT - 2, 4 * MEBIBYTE, 8 * MEBIBYTE, 8 * MEBIBYTE + 1, LARGE };
  uint8_t *value = value_of (1, LARGE);

  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    for (int declared = 0; declared < 2; declared++)
      {
        kvault *vault = make (KVAULT_SECTION_V2);
        char *path = kvtest_format ("%s", kvault_location (vault));
        kvault_writer *writer;

        put (vault, "key", 2, LARGE);
        assert_ok (vault, kvault_writer_open (vault, "key", 3, declared ? sizes[i] : KVAULT_SIZE_UNKNOWN, &writer));
        for (size_t at = 0; at < sizes[i]; at += 300001)
          assert_ok (vault, kvault_writer_write (writer, value + at, sizes[i] - at < 300001 ? sizes[i] - at : 300001));
        assert_is (vault, "key", 2, LARGE);
        assert_ok (vault, kvault_writer_commit (writer));
        kvault_writer_free (writer);
        assert_value (vault, "key", 3, value, sizes[i]);
        assert_int (kvtest_sql_int (path, "SELECT length(value) = 112 FROM kv"), ==, sizes[i] + 3 > LIMIT);
        kvault_close (vault);
        kvtest_remove (path);
      }
  free (value);
}

static void
an_abandoned_stream_leaves_nothing (void)
{
  kvault *vault = make (KVAULT_SECTION_V2);
  uint8_t *value = value_of (1, LARGE);
  kvault_writer *writer;

  assert_ok (vault, kvault_writer_open (vault, "key", 3, KVAULT_SIZE_UNKNOWN, &writer));
  assert_ok (vault, kvault_writer_write (writer, value, LARGE));
  assert_int (count (vault, "kvault_parts"), ==, 2);
  assert_result (vault, kvault_exists (vault, "key", 3), KVAULT_NOTFOUND);
  kvault_writer_free (writer);
  assert_int (count (vault, "kvault_parts"), ==, 0);
  assert_int (count (vault, "kvault_large"), ==, 0);
  kvault_close (vault);
  free (value);
}

static void
change (kvault *vault, int way)
{
  switch (way)
    {
    case 0: put (vault, "other", 2, 10); break;
    case 1: put (vault, "other", 2, LARGE); break;
    case 2: assert_ok (vault, kvault_delete (vault, "there", 5)); break;
    case 3:
      assert_ok (vault, kvault_begin (vault));
      put (vault, "other", 2, 10);
      assert_ok (vault, kvault_commit (vault));
      break;
    default:
      assert_ok (vault, kvault_cache_enable (vault, NULL));
      put (vault, "other", 2, 10);
      assert_ok (vault, kvault_cache_flush (vault));
    }
}

/* A cancel that lasts, as after a signal, ends the deleting too. */
static void
the_next_change_removes_what_a_cancelled_one_left (void)
{
  uint8_t *value = value_of (1, LARGE);

  for (int way = 0; way < 5; way++)
    for (int again = 0; again < 2; again++)   /* with another handle */
      {
        int asks_left = INT32_MAX;
        kvault_options options = { .whole_value_max = LIMIT, .is_cancelled = kvtest_cancel_at_zero, .is_cancelled_data = &asks_left };
        kvault *vault = make (KVAULT_SECTION_V2);
        char *path = kvtest_format ("%s", kvault_location (vault));
        kvault_writer *writer;

        put (vault, "there", 3, 10);
        kvault_close (vault);
        assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
        assert_ok (vault, kvault_writer_open (vault, "key", 3, KVAULT_SIZE_UNKNOWN, &writer));
        assert_ok (vault, kvault_writer_write (writer, value, LARGE));
        asks_left = 0;
        kvault_writer_free (writer);
        assert_int (count (vault, "kvault_parts"), ==, 2);
        assert_int (count (vault, "kvault_large WHERE state = 2"), ==, 1);
        if (again)
          {
            kvault_close (vault);
            vault = reopen (path, KVAULT_ACCESS_WRITE);
          }
        asks_left = INT32_MAX;
        change (vault, way);
        assert_int (count (vault, "kvault_parts"), ==, way == 1 ? 3 : 0);
        assert_int (count (vault, "kvault_large"), ==, way == 1);
        if (way == 1)
          assert_is (vault, "other", 2, LARGE);
        kvault_close (vault);
        kvtest_remove (path);
      }
  free (value);
}

static void
a_transaction_taken_back_takes_the_parts_back (void)
{
  kvault *vault = make (KVAULT_SECTION_V2);

  assert_ok (vault, kvault_begin (vault));
  put (vault, "key", 1, LARGE);
  assert_is (vault, "key", 1, LARGE);
  kvault_rollback (vault);
  assert_result (vault, kvault_exists (vault, "key", 3), KVAULT_NOTFOUND);
  put (vault, "key", 2, LARGE);
  put (vault, "key", 3, 112);
  assert_is (vault, "key", 3, 112);
  kvault_close (vault);
}

static void
a_reader_keeps_the_value_it_opened (void)
{
  kvault *vault = make (KVAULT_SECTION_V2);
  kvault *other = reopen (kvault_location (vault), KVAULT_ACCESS_VIEW);
  uint8_t *value = value_of (1, LARGE), *got = malloc (LARGE);
  kvault_blob *blob;

  put (vault, "key", 1, LARGE);
  assert_ok (other, kvault_blob_open (other, "key", 3, &blob));
  put (vault, "key", 2, LARGE);
  assert_ok (other, kvault_blob_read (blob, got, LARGE, 0));
  assert_mem (got, LARGE, value, LARGE);
  kvault_blob_close (blob);
  assert_is (other, "key", 2, LARGE);
  /* Its own change is another matter: told, never mixed. */
  assert_ok (vault, kvault_blob_open (vault, "key", 3, &blob));
  put (vault, "key", 3, LARGE);
  assert_true (kvault_blob_read (blob, got, LARGE, 0) != KVAULT_OK);
  kvault_blob_close (blob);
  kvault_close (other);
  kvault_close (vault);
  free (value);
  free (got);
}

static void
a_lost_part_is_damage (void)
{
  kvault *vault = make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));
  void *value;
  size_t size;

  put (vault, "key", 1, LARGE);
  kvault_close (vault);
  kvtest_sql (path, "DELETE FROM kvault_parts WHERE id %% 4 = 1");
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_get (vault, "key", 3, &value, &size), KVAULT_ECORRUPT);
  assert_result (vault, kvault_put (vault, "x", 1, "1", 1), KVAULT_ECORRUPT);
  kvault_close (vault);
}

static void
keep_overwriting (KvChild *child, void *path)
{
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);

  kvtest_step (child);
  for (uint64_t seed = 0;; seed++)
    put (vault, "key", seed % 2, LARGE);
}

static void
survives_being_killed (void)
{
  kvault *vault = make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));
  uint64_t seed = 3;

  put (vault, "key", 0, LARGE);
  kvault_close (vault);
  for (int i = 0; i < 20; i++)
    {
      KvChild *child = kvtest_spawn (keep_overwriting, path);
      uint8_t *zero = value_of (0, LARGE), *one = value_of (1, LARGE);
      void *value;
      size_t size;

      kvtest_await (child);
      kvtest_sleep ((double) (kvtest_random (&seed) % 100) / 1000);
      kvtest_kill (child);
      vault = reopen (path, KVAULT_ACCESS_WRITE);
      assert_ok (vault, kvault_get (vault, "key", 3, &value, &size));
      assert_int (size, ==, LARGE);
      assert_true (memcmp (value, zero, LARGE) == 0 || memcmp (value, one, LARGE) == 0);
      kvault_free (value);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
      free (zero);
      free (one);
    }
}

/* The numbers of values in parts are given anew after a rollback. */
static void
a_rollback_ends_writers_and_harms_nobody (void)
{
  enum { SIZE = 9 << 20 };
  static const bool begun_before[] = { false, true };
  char *mine = malloc (SIZE), *others = malloc (SIZE);
  uint64_t size;

  memset (mine, 'm', SIZE);
  memset (others, 'o', SIZE);
  for (size_t i = 0; i < KVTEST_N (begun_before); i++)
    for (int commit = 0; commit < 2; commit++)
      {
        kvault *vault = make (KVAULT_SECTION_V2);
        kvault_writer *writer;

        assert_ok (vault, kvault_put (vault, "first", 5, others, SIZE));
        assert_ok (vault, kvault_writer_open (vault, "mine", 4, KVAULT_SIZE_UNKNOWN, &writer));
        if (begun_before[i])
          assert_ok (vault, kvault_writer_write (writer, mine, SIZE));
        assert_ok (vault, kvault_begin (vault));
        assert_ok (vault, kvault_writer_write (writer, mine, SIZE));
        kvault_rollback (vault);
        assert_ok (vault, kvault_put (vault, "others", 6, others, SIZE));
        if (commit)
          assert_result (vault, kvault_writer_commit (writer), KVAULT_ESTALE);
        kvault_writer_free (writer);
        assert_value (vault, "first", 5, others, SIZE);
        assert_value (vault, "others", 6, others, SIZE);
        assert_result (vault, kvault_exists (vault, "mine", 4), KVAULT_NOTFOUND);

        assert_ok (vault, kvault_begin (vault));   /* and one that is committed does no harm */
        assert_ok (vault, kvault_writer_open (vault, "mine", 4, KVAULT_SIZE_UNKNOWN, &writer));
        assert_ok (vault, kvault_writer_write (writer, mine, SIZE));
        assert_ok (vault, kvault_commit (vault));
        assert_ok (vault, kvault_writer_write (writer, mine, 1));
        assert_ok (vault, kvault_writer_commit (writer));
        kvault_writer_free (writer);
        assert_ok (vault, kvault_size (vault, "mine", 4, &size));
        assert_int (size, ==, SIZE + 1);
        assert_int (kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM kvault_large"), ==, 3);
        kvault_close (vault);
        kvtest_remove (kvtest_path ("v2.db"));
      }
  free (mine);
  free (others);
}

/* Found by a walk over the rows, and not by its number. */
static void
a_disordered_list_ends_no_call_never (void)
{
  kvault *vault = make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));
  uint8_t *value = value_of (1, 2 * LIMIT);

  for (int i = 0; i < 3; i++)
    assert_ok (vault, kvault_put (vault, &"abc"[i], 1, value, 2 * LIMIT));
  assert_int (kvault_close (vault), ==, KVAULT_OK);
  kvtest_sql (path, "PRAGMA journal_mode=DELETE; UPDATE kvault_large SET state = 2 WHERE id = 3");
  kvtest_disorder (path, "kvault_large");
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  kvault_delete (vault, "a", 1);   /* whatever it says */
  assert_true (kvault_is_damaged (vault));
  kvault_close (vault);
  free (value);
}

static const KvTest tests[] = {
  { "/kvault/large/is-one-key-like-any-other", is_one_key_like_any_other },
  { "/kvault/large/shows-others-a-readable-marker", shows_others_a_readable_marker },
  { "/kvault/large/reads-any-range", reads_any_range },
  { "/kvault/large/overwriting-and-deleting-leave-no-parts", overwriting_and_deleting_leave_no_parts },
  { "/kvault/large/renaming-moves-the-marker-only", renaming_moves_the_marker_only },
  { "/kvault/large/a-longer-key-turns-a-value-into-parts", a_longer_key_turns_a_value_into_parts },
  { "/kvault/large/a-look-alike-is-what-it-seems", a_look_alike_is_what_it_seems },
  { "/kvault/large/streams-in-without-knowing-the-size", streams_in_without_knowing_the_size },
  { "/kvault/large/an-abandoned-stream-leaves-nothing", an_abandoned_stream_leaves_nothing },
  { "/kvault/large/the-next-change-removes-what-a-cancelled-one-left", the_next_change_removes_what_a_cancelled_one_left },
  { "/kvault/large/a-transaction-taken-back-takes-the-parts-back", a_transaction_taken_back_takes_the_parts_back },
  { "/kvault/large/a-reader-keeps-the-value-it-opened", a_reader_keeps_the_value_it_opened },
  { "/kvault/large/a-lost-part-is-damage", a_lost_part_is_damage },
  { "/kvault/large/survives-being-killed", survives_being_killed },
  { "/kvault/large/a-rollback-ends-writers-and-harms-nobody", a_rollback_ends_writers_and_harms_nobody },
  { "/kvault/large/a-disordered-list-ends-no-call-never", a_disordered_list_ends_no_call_never },
};

KVTEST_MAIN (tests)
