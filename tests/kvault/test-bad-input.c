/* SPDX-License-Identifier: MIT */
/* What a caller or a file should not bring, where no file of the engine is alone in meeting it. */
#include "kvtest.h"

#include <unistd.h>

static void
nothing_is_a_key_and_a_value_but_not_a_promise_of_bytes (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_cursor *cursor;
  kvault_writer *writer;
  kvault_blob *blob;
  uint64_t n;
  size_t size;
  void *value;

  assert_ok (vault, kvault_put (vault, NULL, 0, NULL, 0));
  assert_value (vault, NULL, 0, "", 0);
  assert_ok (vault, kvault_rename (vault, NULL, 0, "a", 1, 0));
  assert_result (vault, kvault_exists (vault, NULL, 0), KVAULT_NOTFOUND);
  assert_result (vault, kvault_get (vault, NULL, 0, &value, &size), KVAULT_NOTFOUND);
  assert_true (value == NULL && size == 0);

  assert_result (vault, kvault_put (vault, NULL, 1, "v", 1), KVAULT_EINVAL);
  assert_result (vault, kvault_put (vault, "k", 1, NULL, 1), KVAULT_EINVAL);
  assert_result (vault, kvault_get (vault, NULL, 1, &value, &size), KVAULT_EINVAL);
  assert_result (vault, kvault_exists (vault, NULL, 1), KVAULT_EINVAL);
  assert_result (vault, kvault_size (vault, NULL, 1, &n), KVAULT_EINVAL);
  assert_result (vault, kvault_delete (vault, NULL, 1), KVAULT_EINVAL);
  assert_result (vault, kvault_rename (vault, "a", 1, NULL, 1, 0), KVAULT_EINVAL);
  assert_result (vault, kvault_rename (vault, NULL, 1, "a", 1, 0), KVAULT_EINVAL);
  assert_result (vault, kvault_blob_open (vault, NULL, 1, &blob), KVAULT_EINVAL);
  assert_result (vault, kvault_writer_open (vault, NULL, 1, 1, &writer), KVAULT_EINVAL);
  assert_result (vault, kvault_delete_prefix (vault, NULL, 1, NULL, NULL, &n), KVAULT_EINVAL);
  assert_result (vault, kvault_cursor_open (vault, &(kvault_cursor_options) { .prefix_size = 1 }, &cursor), KVAULT_EINVAL);
  assert_result (vault, kvault_cursor_open (vault, &(kvault_cursor_options) { .start_size = 1, .has_start = 1 }, &cursor), KVAULT_EINVAL);
  assert_ok (vault, kvault_count (vault, &n));
  assert_int (n, ==, 1);
  kvault_close (vault);
  kvault_close (NULL);
  kvault_free (NULL);
  kvault_blob_close (NULL);
  kvault_cursor_close (NULL);
  kvault_writer_free (NULL);
}

/* At the limit a value is whole, one byte over it is in parts; a change from one to the other keeps the bytes. */
static void
a_value_may_cross_the_limit_in_either_direction (void)
{
  enum { LIMIT = 5000 };
  static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };
  static const size_t sizes[] = { LIMIT - 1, LIMIT, LIMIT + 1, LIMIT, LIMIT + 1, 0 };
  uint8_t value[LIMIT + 1];

  kvtest_fill (value, sizeof value, 5);
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      char *path = kvtest_format ("%s", kvault_location (vault));

      kvault_close (vault);
      assert_ok (NULL, kvault_open (path, &(kvault_options) { .whole_value_max = LIMIT }, &vault, NULL));
      for (size_t i = 0; i < KVTEST_N (sizes); i++)
        {
          uint64_t size;

          assert_ok (vault, kvault_put (vault, "k", 1, value, sizes[i]));
          assert_value (vault, "k", 1, value, sizes[i]);
          assert_ok (vault, kvault_size (vault, "k", 1, &size));
          assert_int (size, ==, sizes[i]);
          assert_int (kvtest_sql_int (path, "SELECT length(value) FROM kv"), ==, sizes[i] + 1 > LIMIT ? 112 : sizes[i]);   /* a byte of key */
          assert_ok (vault, kvault_rename (vault, "k", 1, "longer", 6, 0));
          assert_value (vault, "longer", 6, value, sizes[i]);
          assert_ok (vault, kvault_rename (vault, "longer", 6, "k", 1, 0));
        }
      assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_parts"), ==, 0);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
    }
}

/* Whatever fails on a handle: the next call that can succeed does, and the message is that of the last failure. */
static void
a_handle_works_on_after_every_error (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_blob *blob;
  char byte;

  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_result (vault, kvault_put (vault, NULL, 1, "v", 1), KVAULT_EINVAL);
  assert_value (vault, "k", 1, "v", 1);
  assert_result (vault, kvault_use_table (vault, "none"), KVAULT_ENOENT);
  assert_value (vault, "k", 1, "v", 1);
  assert_result (vault, kvault_commit (vault), KVAULT_EINVAL);
  assert_ok (vault, kvault_begin (vault));
  assert_result (vault, kvault_begin (vault), KVAULT_EINVAL);
  assert_result (vault, kvault_rename (vault, "k", 1, "k", 1, 0), KVAULT_OK);
  assert_ok (vault, kvault_put (vault, "l", 1, "w", 1));
  assert_ok (vault, kvault_commit (vault));
  assert_ok (vault, kvault_blob_open (vault, "k", 1, &blob));
  assert_result (vault, kvault_blob_read (blob, &byte, 1, 1), KVAULT_ERANGE);
  assert_ok (vault, kvault_blob_read (blob, &byte, 1, 0));
  kvault_blob_close (blob);
  assert_result (vault, kvault_rename (vault, "k", 1, "l", 1, 0), KVAULT_EEXIST);
  assert_value (vault, "l", 1, "w", 1);
  kvault_close (vault);
}

/* Every call ends with an error, or an answer from what is left; none crashes, hangs or writes to the rest. */
static void
use_everything (kvault *vault)
{
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault_check_result result;
  kvault_stats stats;
  kvault_blob *blob;
  uint64_t n;
  size_t size;
  void *value;
  char buf[100];

  for (int i = 0; i < 200; i += 20)
    {
      char *key = kvtest_format ("%03d", i);

      if (kvault_get (vault, key, 3, &value, &size) == KVAULT_OK)
        {
          assert_int (size, ==, 20000);
          kvault_free (value);
        }
      if (kvault_blob_open (vault, key, 3, &blob) == KVAULT_OK)
        kvault_blob_read (blob, buf, sizeof buf, 19900);
      kvault_blob_close (blob);
    }
  kvault_count (vault, &n);
  if (kvault_cursor_open (vault, &(kvault_cursor_options) { .flags = KVAULT_CURSOR_SIZES }, &cursor) == KVAULT_OK)
    while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
      ;
  kvault_cursor_close (cursor);
  kvault_stats_get (vault, &stats);
  kvault_check (vault, KVAULT_CHECK_FULL, NULL, NULL, NULL, NULL, &result);
  kvault_put (vault, "199", 3, "new", 3);
  kvault_delete (vault, "100", 3);
  kvault_rename (vault, "000", 3, "zzz", 3, 0);
  kvault_reclaim (vault, 0, NULL, NULL, &n);
  assert_int (kvault_put (vault, "more", 4, buf, sizeof buf), !=, KVAULT_OK);
}

static void
a_file_cut_short_under_a_handle_is_an_error_not_a_crash (void)
{
  static const char *const journals[] = { "wal", "delete" };
  static const kvault_access accesses[] = { KVAULT_ACCESS_WRITE, KVAULT_ACCESS_VIEW };
  static const int left[] = { 0, 50, 4096, 50 * 4096 + 17 };

  for (size_t i = 0; i < KVTEST_N (journals) * KVTEST_N (accesses) * KVTEST_N (left); i++)
    {
      char *path = kvtest_path (kvtest_format ("%zu.db", i));
      size_t size;
      void *value;
      kvault *vault;

      kvtest_sql (path, "PRAGMA page_size=4096; PRAGMA auto_vacuum=2; PRAGMA journal_mode=%s;" KVTEST_V2 ("kv")
                  "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199) "
                  "INSERT INTO kv SELECT CAST(printf('%%03d', i) AS BLOB), randomblob(20000) FROM n", journals[i % 2]);
      vault = kvtest_open (path, accesses[i / 2 % 2]);
      assert_ok (vault, kvault_get (vault, "000", 3, &value, &size));
      kvault_free (value);
      assert_int (truncate (path, left[i / 4]), ==, 0);
      use_everything (vault);
      kvault_close (vault);
    }
}

/* A file of somebody else's may have tables of any name; here and in option.table 4,096 bytes are enough. */
static void
names_of_any_length_are_listed_or_passed_by (void)
{
  static const size_t lengths[] = { 1, 4096, 4097, 10000 };
  char *path = kvtest_path ("a.db"), name[10001];
  const kvault_section *sections;
  kvault *vault;
  size_t n;

  kvtest_sql (path, KVTEST_V2 ("kv"));
  for (size_t i = 0; i < KVTEST_N (lengths); i++)
    {
      memset (name, 'n', lengths[i]);
      name[lengths[i]] = '\0';
      kvtest_sql (path, KVTEST_V2 ("%s"), name);
    }
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_sections (vault, &sections, &n));
  assert_int (n, >=, 3);
  for (size_t i = 0; i < n; i++)
    {
      assert_ok (vault, kvault_use_table (vault, sections[i].name));
      assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
      assert_value (vault, "k", 1, "v", 1);
    }
  kvault_close (vault);
  memset (name, 'm', 10000);
  name[10000] = '\0';
  assert_result (NULL, kvault_open (path, &(kvault_options) { .access = KVAULT_ACCESS_CREATE, .table = name }, &vault, NULL), KVAULT_EINVAL);
}

static const KvTest tests[] = {
  { "/kvault/bad-input/nothing-is-a-key-and-a-value-but-not-a-promise-of-bytes", nothing_is_a_key_and_a_value_but_not_a_promise_of_bytes },
  { "/kvault/bad-input/a-value-may-cross-the-limit-in-either-direction", a_value_may_cross_the_limit_in_either_direction },
  { "/kvault/bad-input/a-handle-works-on-after-every-error", a_handle_works_on_after_every_error },
  { "/kvault/bad-input/a-file-cut-short-under-a-handle-is-an-error-not-a-crash", a_file_cut_short_under_a_handle_is_an_error_not_a_crash },
  { "/kvault/bad-input/names-of-any-length-are-listed-or-passed-by", names_of_any_length_are_listed_or_passed_by },
};

KVTEST_MAIN (tests)
