/* SPDX-License-Identifier: MIT */
/* One value by its key, in tables of both shapes: entry.c. */
#include "kvtest.h"

#include <sys/mman.h>

#define MEBIBYTE 1048576u

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

/* The size column, where there is one, is that of each value. */
static void
assert_sizes_kept (kvault *vault)
{
  if (kvault_table_kind (vault) == KVAULT_SECTION_V1)
    assert_int (kvtest_sql_int (kvault_location (vault),
                                "SELECT count(*) FROM kv WHERE size != length(value)"), ==, 0);
}

static void
assert_count (kvault   *vault,
              uint64_t  expected)
{
  uint64_t count;

  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, expected);
}

static void
gives_back_what_was_put (kvault *vault)
{
  static const size_t sizes[] = { 0, 1, 2, 10, 255, 4095, 4096, 32768, 32769, 100000, 1048576,
                                  5000000 };
  uint8_t *value = malloc (5000000);

  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    {
      char *key = kvtest_format ("size:%zu", sizes[i]);
      uint64_t size;

      kvtest_fill (value, sizes[i], i);
      assert_ok (vault, kvault_put (vault, key, strlen (key), value, sizes[i]));
      assert_value (vault, key, strlen (key), value, sizes[i]);
      assert_ok (vault, kvault_size (vault, key, strlen (key), &size));
      assert_int (size, ==, sizes[i]);
      assert_ok (vault, kvault_exists (vault, key, strlen (key)));
    }
  assert_count (vault, KVTEST_N (sizes));
  assert_sizes_kept (vault);
  free (value);
}

static void
replaces_a_value (kvault *vault)
{
  static const size_t sizes[] = { 100, 100, 5, 200000, 0, 70000, 1 };
  uint8_t value[200000];

  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    {
      kvtest_fill (value, sizes[i], i);
      assert_ok (vault, kvault_put (vault, "k", 1, value, sizes[i]));
      assert_value (vault, "k", 1, value, sizes[i]);
      assert_count (vault, 1);
      assert_sizes_kept (vault);
    }
}

static void
takes_any_bytes_as_key (kvault *vault)
{
  static const size_t sizes[] = { 0, 1, 2, 4096, 32768, 1000000 };
  uint8_t *key = malloc (1000000);

  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    {
      kvtest_fill (key, sizes[i], 99 + i);
      assert_ok (vault, kvault_put (vault, key, sizes[i], &sizes[i], sizeof *sizes));
    }
  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    {
      kvtest_fill (key, sizes[i], 99 + i);
      assert_value (vault, key, sizes[i], &sizes[i], sizeof *sizes);
    }
  kvtest_fill (key, 1000000, 99 + 5);
  key[999999] ^= 1;
  assert_result (vault, kvault_exists (vault, key, 1000000), KVAULT_NOTFOUND);
  free (key);
  assert_count (vault, KVTEST_N (sizes));
}

static void
tells_keys_apart_by_every_byte (kvault *vault)
{
  static const struct { const char *bytes; size_t size; } keys[] = {
    { "", 0 }, { "\0", 1 }, { "\0\0", 2 }, { "a", 1 }, { "a\0", 2 }, { "a\0b", 3 }, { "A", 1 },
    { "a ", 2 }, { "\xff", 1 }, { "\xff\xff", 2 }, { "1", 1 }, { "1.0", 3 }, { "01", 2 },
    { "e\xcc\x81", 3 }, { "\xc3\xa9", 2 }, { "%", 1 }, { "_", 1 }, { "'", 1 }, { "\n", 1 },
  };

  for (size_t i = 0; i < KVTEST_N (keys); i++)
    assert_ok (vault, kvault_put (vault, keys[i].bytes, keys[i].size, &i, sizeof i));
  assert_count (vault, KVTEST_N (keys));
  for (size_t i = 0; i < KVTEST_N (keys); i++)
    assert_value (vault, keys[i].bytes, keys[i].size, &i, sizeof i);
  for (size_t i = 0; i < KVTEST_N (keys); i++)
    {
      assert_ok (vault, kvault_delete (vault, keys[i].bytes, keys[i].size));
      assert_result (vault, kvault_exists (vault, keys[i].bytes, keys[i].size), KVAULT_NOTFOUND);
      assert_count (vault, KVTEST_N (keys) - i - 1);
    }
}

static void
deletes_once (kvault *vault)
{
  void *value;
  size_t size;
  uint64_t number;

  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_ok (vault, kvault_put (vault, "kk", 2, "w", 1));
  assert_ok (vault, kvault_delete (vault, "k", 1));
  assert_result (vault, kvault_delete (vault, "k", 1), KVAULT_NOTFOUND);
  assert_result (vault, kvault_get (vault, "k", 1, &value, &size), KVAULT_NOTFOUND);
  assert_result (vault, kvault_size (vault, "k", 1, &number), KVAULT_NOTFOUND);
  assert_result (vault, kvault_exists (vault, "k", 1), KVAULT_NOTFOUND);
  assert_value (vault, "kk", 2, "w", 1);
}

static void
stores_blobs (kvault *vault)
{
  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_ok (vault, kvault_put (vault, "", 0, "", 0));
  assert_int (kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM kv WHERE "
                              "typeof(key) = 'blob' AND typeof(value) = 'blob'"), ==, 2);
  assert_int (kvtest_sql_int (kvault_location (vault),
                              "SELECT count(*) FROM kv WHERE key = x'6b' AND value = x'76'"),
              ==, 1);
}

/* ---- Limits ---- */

/* The value is memory that cannot be touched: it is refused before it is looked at. */
static void
refuses_keys_that_no_record_can_hold (kvault *vault)
{
  size_t size = 1000000001;
  void *nowhere = mmap (NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  KvSnapshot *before;

  assert_true (nowhere != MAP_FAILED);
  assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
  before = kvtest_snapshot (kvtest_folder ());
  assert_int (mprotect (nowhere, 4096, PROT_READ), ==, 0); /* a message shows how it begins */
  assert_result (vault, kvault_put (vault, nowhere, size, "v", 1), KVAULT_ETOOBIG);
  assert_value (vault, "k", 1, "old", 3);
  assert_unchanged (before);
  munmap (nowhere, size);
}

static void
stores_values_up_to_the_limit (kvault *vault)
{
  size_t size = 999999967; /* and 32 bytes for the record itself, one for the key */
  uint8_t *value;
  uint64_t got;

  if (getenv ("COFFER_TEST_LARGE") == NULL)
    kvtest_skip ("takes 4 GB; set COFFER_TEST_LARGE");
  value = calloc (1, size + 1);
  value[0] = 1;
  value[size - 1] = 2;
  assert_ok (vault, kvault_put (vault, "k", 1, value, size + 1));   /* in parts */
  assert_value (vault, "k", 1, value, size + 1);
  assert_ok (vault, kvault_put (vault, "k", 1, value, size));
  assert_ok (vault, kvault_size (vault, "k", 1, &got));
  assert_int (got, ==, size);
  assert_value (vault, "k", 1, value, size);
  assert_ok (vault, kvault_rename (vault, "k", 1, "longer", 6, 0));   /* into parts */
  assert_value (vault, "longer", 6, value, size);
  free (value);
}

/* ---- Other writers ---- */

static void
handles_see_each_other (kvault *vault)
{
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);

  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_value (other, "k", 1, "v", 1);
  assert_ok (other, kvault_put (other, "k", 1, "w", 1));
  assert_value (vault, "k", 1, "w", 1);
  assert_ok (vault, kvault_rename (vault, "k", 1, "l", 1, 0));
  assert_result (other, kvault_exists (other, "k", 1), KVAULT_NOTFOUND);
  assert_ok (other, kvault_delete (other, "l", 1));
  assert_count (vault, 0);
  kvault_close (other);
}

static void
views_refuse_every_change (kvault *vault)
{
  kvault *view;
  kvault_writer *writer = (kvault_writer *) vault;
  KvSnapshot *before;

  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  view = kvtest_open (kvault_location (vault), KVAULT_ACCESS_VIEW);
  before = kvtest_snapshot (kvtest_folder ());
  assert_result (view, kvault_put (view, "k", 1, "w", 1), KVAULT_EREADONLY);
  assert_result (view, kvault_put (view, "l", 1, "w", 1), KVAULT_EREADONLY);
  assert_result (view, kvault_delete (view, "k", 1), KVAULT_EREADONLY);
  assert_result (view, kvault_rename (view, "k", 1, "l", 1, 0), KVAULT_EREADONLY);
  assert_result (view, kvault_writer_open (view, "k", 1, 3, &writer), KVAULT_EREADONLY);
  assert_true (writer == NULL);
  assert_value (view, "k", 1, "v", 1);
  assert_unchanged (before);
  kvault_close (view);
}

/* ---- Both shapes ---- */

static void
in_both (void (*test) (kvault *vault))
{
  for (size_t i = 0; i < KVTEST_N (kinds); i++)
    {
      kvault *vault = kvtest_make (kinds[i]);
      char *path = kvtest_format ("%s", kvault_location (vault));

      assert_int (kvault_table_kind (vault), ==, kinds[i]);
      test (vault);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
      assert_alone (path);
    }
}

#define BOTH(name) static void name##_both (void) { in_both (name); }
BOTH (gives_back_what_was_put)
BOTH (replaces_a_value)
BOTH (takes_any_bytes_as_key)
BOTH (tells_keys_apart_by_every_byte)
BOTH (deletes_once)
BOTH (stores_blobs)
BOTH (refuses_keys_that_no_record_can_hold)
BOTH (stores_values_up_to_the_limit)
BOTH (handles_see_each_other)
BOTH (views_refuse_every_change)

/* ---- One shape ---- */

static void
never_believes_the_size_column (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V1);
  uint64_t size;

  assert_ok (vault, kvault_put (vault, "k", 1, "value", 5));
  kvtest_sql (kvault_location (vault), "UPDATE kv SET size = 999999");
  assert_ok (vault, kvault_size (vault, "k", 1, &size));
  assert_int (size, ==, 5);
  assert_value (vault, "k", 1, "value", 5);
  assert_ok (vault, kvault_rename (vault, "k", 1, "l", 1, 0));
  assert_value (vault, "l", 1, "value", 5);
  assert_ok (vault, kvault_put (vault, "l", 1, "other one", 9));
  assert_sizes_kept (vault);
  kvault_close (vault);
}

/* Storage classes other than BLOB: a TEXT value has bytes, and its length in characters lies. */
static void
reads_values_of_every_class (void)
{
  static const struct { const char *key; kvault_class value_class; } classes[] = {
    { "t", KVAULT_CLASS_TEXT }, { "i", KVAULT_CLASS_INTEGER }, { "r", KVAULT_CLASS_REAL }, { "e", KVAULT_CLASS_TEXT }, { "b", KVAULT_CLASS_BLOB },
  };
  char *path = kvtest_path ("odd.db");
  kvault *vault;
  uint64_t size;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'74', 'h' || char(233) || 'llo'), "
                    "(x'69', 42), (x'72', 1.5), (x'65', ''), (x'62', x'00');");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_size (vault, "t", 1, &size));
  assert_int (size, ==, 6);
  assert_value (vault, "t", 1, "h\xc3\xa9llo", 6);
  assert_value (vault, "e", 1, "", 0);
  assert_ok (vault, kvault_exists (vault, "i", 1));
  assert_value (vault, "i", 1, "42", 2);
  assert_ok (vault, kvault_size (vault, "i", 1, &size));
  assert_int (size, ==, 2);
  assert_value (vault, "r", 1, "1.5", 3);
  for (size_t i = 0; i < KVTEST_N (classes); i++)
    {
      kvault_blob *blob;

      assert_ok (vault, kvault_blob_open (vault, classes[i].key, 1, &blob));
      assert_int (kvault_blob_class (blob), ==, classes[i].value_class);
      kvault_blob_close (blob);
    }
  kvault_close (vault);
}

/* A key that is TEXT is not reached by its bytes, nor replaced, nor deleted. */
static void
leaves_text_keys_alone (void)
{
  char *path = kvtest_path ("odd.db");
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES ('k', x'01'), (7, x'02');");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_exists (vault, "k", 1), KVAULT_NOTFOUND);
  assert_result (vault, kvault_delete (vault, "k", 1), KVAULT_NOTFOUND);
  assert_result (vault, kvault_exists (vault, "7", 1), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_put (vault, "k", 1, "blob", 4));
  assert_value (vault, "k", 1, "blob", 4);
  assert_count (vault, 3);
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv WHERE key = 'k' AND value = x'01'"),
              ==, 1);
}

/* What its bytes do not reach, an entry does, if its row is still that key's. */
static void
deletes_by_entry (void)
{
  char *path = kvtest_path ("odd.db");
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS };
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'6b', x'01'), ('k', x'02'), "
                    "(7, x'03'), (2.5, x'04'), (0.1, x'05'), (-9223372036854775808, x'06'), "
                    "(1e300, x'07');");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  for (uint64_t left = 7; left > 0; left--)
    {
      const kvault_entry *entry;
      kvault_cursor *cursor;
      kvault_entry kept;
      uint64_t count;

      assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
      assert_ok (vault, kvault_cursor_next (cursor, &entry));
      kept = *entry;
      kept.key = kvtest_format ("%.*s", (int) entry->key_size, (const char *) entry->key);
      kvault_cursor_close (cursor);
      if (kept.key_class != KVAULT_CLASS_BLOB)
        {
          kvault_entry wrong = kept;

          wrong.id = 1 + kept.id % 7; /* another key's row */
          assert_result (vault, kvault_delete_entry (vault, &wrong), KVAULT_NOTFOUND);
        }
      assert_ok (vault, kvault_delete_entry (vault, &kept));
      assert_result (vault, kvault_delete_entry (vault, &kept), KVAULT_NOTFOUND);
      assert_ok (vault, kvault_count (vault, &count));
      assert_int (count, ==, left - 1);
    }
  kvault_close (vault);
}

/* In the index each key has the row of the other. */
static void
deletes_no_row_of_another_key (void)
{
  char *path = kvtest_path ("a.db"), *other = kvtest_path ("b.db");
  size_t size, page_size, root;
  uint8_t *file, *twisted;
  kvault_entry entry;
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv (rowid, key, value) VALUES (11, x'61', x'01'), (12, x'62', x'02')");
  kvtest_sql (other, KVTEST_V2 ("kv") "INSERT INTO kv (rowid, key, value) VALUES (12, x'61', x'01'), (11, x'62', x'02')");
  page_size = (size_t) kvtest_sql_int (path, "PRAGMA page_size");
  root = (size_t) kvtest_sql_int (path, "SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'kv'");
  twisted = kvtest_read_file (other, &size);
  file = kvtest_read_file (path, &size);
  memcpy (file + (root - 1) * page_size, twisted + (root - 1) * page_size, page_size);
  kvtest_write_file (path, file, size);

  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_entry_by_id (vault, 11, 0, &entry));
  assert_mem (entry.key, entry.key_size, "a", 1);
  assert_ok (vault, kvault_delete_entry (vault, &entry));
  kvault_close (vault);
  assert_str (kvtest_sql_text (path, "SELECT group_concat(hex(key)) FROM kv NOT INDEXED"), "62");
}

/* Somebody put the key anew meanwhile, and its row is another's. */
static void
deletes_a_key_that_has_another_row_now (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_entry entry = { .key = "a", .key_size = 1, .key_class = KVAULT_CLASS_BLOB, .id = 1 };
  uint64_t count;

  assert_ok (vault, kvault_put (vault, "b", 1, "in row 1", 8));
  assert_ok (vault, kvault_put (vault, "a", 1, "in row 2", 8));
  assert_ok (vault, kvault_delete_entry (vault, &entry));
  assert_result (vault, kvault_delete_entry (vault, &entry), KVAULT_NOTFOUND);
  assert_contains (kvault_errmsg (vault), "\"a\"");
  assert_value (vault, "b", 1, "in row 1", 8);
  entry.key = NULL;
  assert_result (vault, kvault_delete_entry (vault, &entry), KVAULT_EINVAL);
  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, 1);
  kvault_close (vault);
}

/* Where parts are: by the row, by the key, and a key that is no blob. */
static void
deletes_entries_with_their_parts (void)
{
  kvault_options options = { .access = KVAULT_ACCESS_CREATE_NEW, .whole_value_max = 4096 };
  char *path = kvtest_path ("a.db"), *value = calloc (1, 9000);
  kvault_entry entry;
  kvault *vault;

  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_ok (vault, kvault_put (vault, "a", 1, value, 9000));
  assert_ok (vault, kvault_put (vault, "b", 1, value, 9000));
  assert_ok (vault, kvault_put (vault, "c", 1, value, 112));
  kvault_close (vault);
  kvtest_sql (path, "INSERT INTO kv VALUES ('text', zeroblob(112))");
  options.access = KVAULT_ACCESS_WRITE;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  for (int64_t id = 4; id > 0; id--)
    {
      assert_ok (vault, kvault_entry_by_id (vault, id, 0, &entry));
      if (id == 2)
        entry.id = 1;
      assert_ok (vault, kvault_delete_entry (vault, &entry));
    }
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT (SELECT count(*) FROM kv) + (SELECT count(*) FROM kvault_large) + (SELECT count(*) FROM kvault_parts)"),
              ==, 0);
  assert_str (kvtest_integrity (path), "ok");
  free (value);
}

static const KvTest tests[] = {
  { "/kvault/entry/gives-back-what-was-put", gives_back_what_was_put_both },
  { "/kvault/entry/replaces-a-value", replaces_a_value_both },
  { "/kvault/entry/takes-any-bytes-as-key", takes_any_bytes_as_key_both },
  { "/kvault/entry/tells-keys-apart-by-every-byte", tells_keys_apart_by_every_byte_both },
  { "/kvault/entry/deletes-once", deletes_once_both },
  { "/kvault/entry/stores-blobs", stores_blobs_both },
  { "/kvault/entry/refuses-keys-that-no-record-can-hold", refuses_keys_that_no_record_can_hold_both },
  { "/kvault/entry/stores-values-up-to-the-limit", stores_values_up_to_the_limit_both },
  { "/kvault/entry/handles-see-each-other", handles_see_each_other_both },
  { "/kvault/entry/views-refuse-every-change", views_refuse_every_change_both },
  { "/kvault/entry/never-believes-the-size-column", never_believes_the_size_column },
  { "/kvault/entry/reads-values-of-every-class", reads_values_of_every_class },
  { "/kvault/entry/leaves-text-keys-alone", leaves_text_keys_alone },
  { "/kvault/entry/deletes-by-entry", deletes_by_entry },
  { "/kvault/entry/deletes-no-row-of-another-key", deletes_no_row_of_another_key },
  { "/kvault/entry/deletes-a-key-that-has-another-row-now", deletes_a_key_that_has_another_row_now },
  { "/kvault/entry/deletes-entries-with-their-parts", deletes_entries_with_their_parts },
};

KVTEST_MAIN (tests)
