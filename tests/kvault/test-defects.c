/* SPDX-License-Identifier: MIT */
/*
 * What KohakuVault does wrong, by the number of the defect in its list, and libkvault must not.
 * Those of its cache, its packing and its Python side have no counterpart in this library.
 */
#include "kvtest.h"

#include <dirent.h>
#include <unistd.h>

#define MEBIBYTE 1048576u

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

static int
stream (kvault     *vault,
        const char *key,
        const void *value,
        size_t      size,
        uint64_t    declared)
{
  kvault_writer *writer;
  int rc = kvault_writer_open (vault, key, strlen (key), declared, &writer);

  if (rc == KVAULT_OK)
    rc = kvault_writer_write (writer, value, size);
  if (rc == KVAULT_OK)
    rc = kvault_writer_commit (writer);
  kvault_writer_free (writer);
  return rc;
}

/* 1: put_file never works and leaves a zero-filled value over the old one. */
static void
streams_replace_the_old_value (void)
{
  uint8_t *value = malloc (3 * MEBIBYTE);

  kvtest_fill (value, 3 * MEBIBYTE, 1);
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);

      assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
      assert_ok (vault, stream (vault, "k", value, 3 * MEBIBYTE, 3 * MEBIBYTE));
      assert_value (vault, "k", 1, value, 3 * MEBIBYTE);
      kvault_close (vault);
    }
  free (value);
}

/* 6: keys() stops silently at 10,000. */
static void
lists_more_than_ten_thousand (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_cursor *cursor;
  const kvault_entry *entry;
  unsigned n = 0;

  kvtest_sql (path, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
                    " INSERT INTO kv SELECT CAST(printf('%%05d', i) AS BLOB), x'' FROM n");
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    n++;
  assert_int (n, ==, 10001);
  kvault_close (vault);
}

/* 7: a prefix scan misses keys that go on with 0xFF. */
static void
prefixes_include_ff (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_cursor_options options = { .prefix = "img/", .prefix_size = 4 };
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_put (vault, "img/\xff\xfe", 6, "v", 1));
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_mem (entry->key, entry->key_size, "img/\xff\xfe", 6);
  kvault_close (vault);
}

/* 8: a put_file that fails midway destroys the old value. */
static void
failed_streams_keep_the_old_value (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);

      assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
      assert_result (vault, stream (vault, "k", "half", 4, 8), KVAULT_ERANGE);
      assert_value (vault, "k", 1, "old", 3);
      assert_result (vault, stream (vault, "new", "half", 4, 8), KVAULT_ERANGE);
      assert_result (vault, kvault_exists (vault, "new", 3), KVAULT_NOTFOUND);
      kvault_close (vault);
    }
}

/* 9: the same after a crash, and others see zeros while a stream runs. */
static void
stream_for_ever (KvChild *self,
                 void    *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  uint8_t *zeros = calloc (1, MEBIBYTE);
  kvault_writer *writer;

  assert_ok (vault, kvault_writer_open (vault, "k", 1, 100 * MEBIBYTE, &writer));
  for (unsigned i = 0; i < 20; i++)
    assert_ok (vault, kvault_writer_write (writer, zeros, MEBIBYTE));
  kvtest_step (self);
  kvtest_await (self);
}

static void
nobody_sees_half_a_stream (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  KvChild *child;
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
  kvault_close (vault);
  child = kvtest_spawn (stream_for_ever, path);
  kvtest_await (child);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_value (vault, "k", 1, "old", 3);
  kvault_close (vault);
  kvtest_kill (child);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_value (vault, "k", 1, "old", 3);
  kvault_close (vault);
  assert_alone (path);
}

/* 11: values over SQLite's limit. The limit is lowered; by hand, with the real one and ten gigabytes, it is the same. */
static void
no_value_is_too_long (void)
{
  size_t size = 12345678;
  uint8_t *value = malloc (size);
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  kvtest_fill (value, size, 11);
  options.access = KVAULT_ACCESS_CREATE;
  options.whole_value_max = 1000000;
  assert_int (kvault_open (kvtest_path ("a.db"), &options, &vault, NULL), ==, KVAULT_OK);
  assert_ok (vault, kvault_put (vault, "big", 3, value, size));
  assert_value (vault, "big", 3, value, size);
  kvault_close (vault);
  free (value);
}

/* 16: raw values that begin with 89 4B cannot be read. */
static void
raw_values_may_begin_like_a_header (void)
{
  static const uint8_t value[] = { 0x89, 'K', 1, 1, 0, 0, 0, 0, 'V', 'K', 0x80 };
  kvault *vault = kvtest_create ("a.db");

  for (size_t size = 0; size <= sizeof value; size++)
    {
      assert_ok (vault, kvault_put (vault, &size, sizeof size, value, size));
      assert_value (vault, &size, sizeof size, value, size);
    }
  kvault_close (vault);
}

/* 17: reading a stranger's vault runs code from it: here a pickle is bytes. */
static void
pickles_are_bytes (void)
{
  static const char value[] = "\x89K\1\1\0\0\0\0VKcos\nsystem\n(S'touch /tmp/owned'\ntR.";
  kvault *vault = kvtest_create ("a.db");
  kvault_value_info info;

  assert_ok (vault, kvault_put (vault, "k", 1, value, sizeof value - 1));
  assert_value (vault, "k", 1, value, sizeof value - 1);
  kvault_value_parse (KVAULT_SECTION_V2, value, sizeof value - 1, &info);
  assert_int (info.encoding, ==, KVAULT_ENCODING_PICKLE);
  kvault_close (vault);
}

/* 18: neither version can write the other's file. */
static void
writes_both_shapes (void)
{
  static const char *const files[] = { "v010_media.db", "v086_media_autopack.db" };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    {
      kvault *vault = kvtest_open (kvtest_fixture (files[i]), KVAULT_ACCESS_WRITE);

      assert_ok (vault, kvault_put (vault, "new", 3, "value", 5));
      assert_value (vault, "new", 3, "value", 5);
      assert_ok (vault, stream (vault, "new", "streamed", 8, KVAULT_SIZE_UNKNOWN));
      assert_value (vault, "new", 3, "streamed", 8);
      kvault_close (vault);
    }
}

/* 23: close() does not close the file. */
static void
closing_closes (void)
{
  char *path = kvtest_path ("a.db"), target[4096];
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_CREATE);
  struct dirent *each;
  DIR *open_files;

  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  kvault_close (vault);
  assert_alone (path);
  open_files = opendir ("/proc/self/fd");
  while ((each = readdir (open_files)) != NULL)
    {
      ssize_t n = readlinkat (dirfd (open_files), each->d_name, target, sizeof target - 1);

      target[n > 0 ? n : 0] = '\0';
      assert_true (strstr (target, kvtest_folder ()) == NULL);
    }
  closedir (open_files);
}

/* 24: exists() reports False for damage and every other error. */
static void
exists_tells_damage_from_absence (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("damaged/table_leaf_wrecked.db"),
                               KVAULT_ACCESS_WRITE);
  int rc = kvault_exists (vault, "row:00000", 9);
  void *value;
  size_t size;

  /* The index has the key, so it is there even if its row cannot be read. */
  assert_true (rc == KVAULT_OK || rc == KVAULT_ECORRUPT);
  assert_result (vault, kvault_get (vault, "row:00000", 9, &value, &size), KVAULT_ECORRUPT);
  assert_result (vault, kvault_exists (vault, "row:99999", 9), KVAULT_NOTFOUND);
  kvault_close (vault);
}

/* 25: just opening changes any SQLite file; a mistyped path makes a new vault. */
static void
opening_changes_nothing (void)
{
  static const char *const files[] = { "foreign/other_app.sqlite", "foreign/sqlite_no_tables.db",
                                       "foreign/empty_vault_v2.db", "v010_media.db",
                                       "v086_all_vaults.db" };
  kvault_access accesses[] = { KVAULT_ACCESS_WRITE, KVAULT_ACCESS_VIEW };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    for (size_t k = 0; k < KVTEST_N (accesses); k++)
      {
        char *path = kvtest_fixture (files[i]);
        KvSnapshot *before = kvtest_snapshot (kvtest_folder ());
        kvault *vault = NULL;

        kvault_open (path, &(kvault_options) { .access = accesses[k] }, &vault, NULL);
        kvault_close (vault);
        assert_unchanged (before);
        assert_refused (kvtest_path ("mistyped.db"), accesses[k], KVAULT_ENOENT);
        assert_unchanged (before);
      }
}

/* 26: the table name is pasted into SQL. */
static void
table_names_are_quoted (void)
{
  static const char *const names[] = { "my-table", "order", "kv; DROP TABLE victim; --",
                                       "x\"); DROP TABLE victim; --" };
  char *path = kvtest_path ("a.db");

  kvtest_sql (path, KVTEST_V2 ("victim"));
  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      kvault_options options = { .access = KVAULT_ACCESS_CREATE, .table = names[i] };
      kvault_error error;
      kvault *vault;

      assert_ok (NULL, kvault_open (path, &options, &vault, &error));
      assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
      assert_value (vault, "k", 1, "v", 1);
      assert_ok (vault, kvault_use_table (vault, "victim"));
      kvault_close (vault);
    }
}

/* 27: get_to_file ignores short writes: here a read is exact or an error. */
static void
reads_are_never_short (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_blob *blob;
  char buf[20];

  assert_ok (vault, kvault_put (vault, "k", 1, "0123456789", 10));
  assert_ok (vault, kvault_blob_open (vault, "k", 1, &blob));
  assert_result (vault, kvault_blob_read (blob, buf, 20, 0), KVAULT_ERANGE);
  kvault_close (vault);
}

/* 29: two identical unique indexes on key: new vaults have one. */
static void
new_vaults_have_one_index (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));

  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' "
                                    "AND tbl_name = 'kv'"), ==, 1);
}

/* 32: get_to_file takes the database's write lock. */
static void
reading_locks_no_writer_out (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault_options hasty = { .busy_timeout_ms = KVAULT_BUSY_NOWAIT };
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE), *other;
  uint8_t *value = malloc (2 * MEBIBYTE), *got = malloc (2 * MEBIBYTE);
  kvault_blob *blob;

  kvtest_fill (value, 2 * MEBIBYTE, 1);
  assert_ok (vault, kvault_put (vault, "k", 1, value, 2 * MEBIBYTE));
  assert_ok (vault, kvault_blob_open (vault, "k", 1, &blob));
  assert_ok (vault, kvault_blob_read (blob, got, MEBIBYTE, 0));
  assert_ok (NULL, kvault_open (path, &hasty, &other, NULL));
  assert_ok (other, kvault_put (other, "l", 1, "v", 1));
  assert_ok (vault, kvault_blob_read (blob, got + MEBIBYTE, MEBIBYTE, MEBIBYTE));
  assert_mem (got, 2 * MEBIBYTE, value, 2 * MEBIBYTE);
  kvault_close (other);
  kvault_close (vault);
  free (value);
  free (got);
}

static const KvTest tests[] = {
  { "/kvault/defect/01-streams-replace-the-old-value", streams_replace_the_old_value },
  { "/kvault/defect/06-lists-more-than-ten-thousand", lists_more_than_ten_thousand },
  { "/kvault/defect/07-prefixes-include-ff", prefixes_include_ff },
  { "/kvault/defect/08-failed-streams-keep-the-old-value", failed_streams_keep_the_old_value },
  { "/kvault/defect/09-nobody-sees-half-a-stream", nobody_sees_half_a_stream },
  { "/kvault/defect/11-no-value-is-too-long", no_value_is_too_long },
  { "/kvault/defect/16-raw-values-may-begin-like-a-header", raw_values_may_begin_like_a_header },
  { "/kvault/defect/17-pickles-are-bytes", pickles_are_bytes },
  { "/kvault/defect/18-writes-both-shapes", writes_both_shapes },
  { "/kvault/defect/23-closing-closes", closing_closes },
  { "/kvault/defect/24-exists-tells-damage-from-absence", exists_tells_damage_from_absence },
  { "/kvault/defect/25-opening-changes-nothing", opening_changes_nothing },
  { "/kvault/defect/26-table-names-are-quoted", table_names_are_quoted },
  { "/kvault/defect/27-reads-are-never-short", reads_are_never_short },
  { "/kvault/defect/29-new-vaults-have-one-index", new_vaults_have_one_index },
  { "/kvault/defect/32-reading-locks-no-writer-out", reading_locks_no_writer_out },
};

KVTEST_MAIN (tests)
