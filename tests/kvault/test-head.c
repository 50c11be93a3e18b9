/* SPDX-License-Identifier: MIT */
/* The first bytes of values: head.c. */
#include "kvtest-faults.h"
#include "kvtest.h"

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

static void
assert_head (kvault             *vault,
             const kvault_entry *entry,
             const void         *value,
             size_t              value_size)
{
  static const size_t rooms[] = { 0, 1, 3, 100, 5000000 };
  static char buf[5000000];

  for (size_t i = 0; i < KVTEST_N (rooms); i++)
    {
      size_t n = 99, wanted = value_size < rooms[i] ? value_size : rooms[i];
      uint64_t size = 99;

      assert_ok (vault, kvault_head (vault, entry, rooms[i] > 0 ? buf : NULL, rooms[i], &n, &size));
      assert_int (size, ==, value_size);
      assert_mem (buf, n, value, wanted);
    }
}

#define assert_no_head(vault, entry, result) \
  do { \
    char buf[10]; \
    size_t n = 99; \
    uint64_t size = 99; \
    assert_result (vault, kvault_head (vault, entry, buf, sizeof buf, &n, &size), result); \
    assert_true (n == 0 && size == 0); \
  } while (0)

static kvault_entry
entry_of (const char *key)
{
  return (kvault_entry) { .key = key, .key_size = strlen (key), .key_class = KVAULT_CLASS_BLOB };
}

/* Each key but for the empty one is also the beginning of its value. */
static char *
make (kvault_section_kind kind,
      unsigned            n)
{
  kvault *vault = kvtest_make (kind);
  char *path = kvtest_format ("%s", kvault_location (vault)), *value = calloc (1, 100000);

  assert_ok (vault, kvault_put (vault, "", 0, "", 0));
  for (unsigned i = 1; i < n; i++)
    {
      char key[16];
      size_t size = (size_t) snprintf (key, sizeof key, "%u", i * 7919 % n);

      memcpy (value, key, size);
      assert_ok (vault, kvault_put (vault, key, size, value, size + i * 331 % 100000));
    }
  kvault_close (vault);
  free (value);
  return path;
}

static void
reads_beside_a_walk (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    for (unsigned flags = 0; flags < 2; flags++)
      {
        kvault *vault = kvtest_open (make (kinds[kind], 300), KVAULT_ACCESS_VIEW);
        kvault_cursor_options options = { .flags = flags == 0 ? KVAULT_CURSOR_SIZES : KVAULT_CURSOR_STORED };
        kvault_cursor *cursor;
        const kvault_entry *entry;
        unsigned n = 0;

        assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
        for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
          {
            char bytes[100];
            size_t len;
            uint64_t size;

            assert_ok (vault, kvault_head (vault, entry, bytes, sizeof bytes, &len, &size));
            assert_int (size, ==, entry->value_size);
            assert_int (len, ==, size < 100 ? size : 100);
            assert_mem (bytes, entry->key_size, entry->key, entry->key_size);
          }
        assert_int (n, ==, 300);
        kvault_cursor_close (cursor);
        kvault_close (vault);
        kvtest_remove (kvtest_path (kind == 0 ? "v1.db" : "v2.db"));
      }
}

static void
reads_values_of_every_class (void)
{
  static const struct { const char *value; size_t size; } values[] = {
    { "blob", 4 }, { "h\xc3\xa9", 3 }, { "-12", 3 }, { "2.5", 3 }, { "", 0 }, { "of a text key", 13 },
  };
  char *path = kvtest_path ("a.db");
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', CAST('blob' AS BLOB)), (x'62', 'h' || char(233)), (x'63', -12), "
                    "(7, 2.5), (x'', x''), ('text', 'of a text key')");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  for (int held = 0; held < 2; held++)
    {
      kvault_cursor *cursor = NULL;

      if (held)
        assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
      for (size_t i = 0; i < KVTEST_N (values); i++)
        {
          kvault_entry entry;

          assert_ok (vault, kvault_entry_by_id (vault, (int64_t) i + 1, 0, &entry));
          assert_head (vault, &entry, values[i].value, values[i].size);
        }
      kvault_cursor_close (cursor);
    }
  kvault_close (vault);
}

static void
reads_parts (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault_options options = { .whole_value_max = 4096 };
      kvault_entry entry = entry_of ("parts");
      uint8_t *value = malloc (4500000);
      kvault_cursor *cursor;
      kvault *vault = kvtest_make (kinds[kind]);
      char *path = kvtest_format ("%s", kvault_location (vault));

      kvault_close (vault);
      kvtest_fill (value, 4500000, kind);
      assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
      assert_ok (vault, kvault_put (vault, "parts", 5, value, 4500000));
      assert_head (vault, &entry, value, 4500000);
      entry.id = 1;
      assert_head (vault, &entry, value, 4500000);
      assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
      assert_head (vault, &entry, value, 4500000);
      assert_ok (vault, kvault_put (vault, "like a marker", 13, value, 112));
      entry = entry_of ("like a marker");
      entry.id = 2;
      assert_head (vault, &entry, value, 112);
      kvault_cursor_close (cursor);
      kvault_close (vault);
      free (value);
    }
}

static void
follows_a_key (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_entry entry = entry_of ("a");
  kvault_cursor *cursor;

  assert_ok (vault, kvault_put (vault, "b", 1, "in row 1", 8));
  assert_ok (vault, kvault_put (vault, "a", 1, "in row 2", 8));
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  for (entry.id = 0; entry.id < 4; entry.id++)
    assert_head (vault, &entry, "in row 2", 8);
  entry = entry_of ("c");
  entry.id = 1;
  assert_no_head (vault, &entry, KVAULT_NOTFOUND);
  entry.key = NULL;
  assert_no_head (vault, &entry, KVAULT_EINVAL);
  kvault_cursor_close (cursor);

  entry = (kvault_entry) { .key = "a", .key_size = 1, .key_class = KVAULT_CLASS_TEXT, .id = 2 };
  assert_no_head (vault, &entry, KVAULT_NOTFOUND);
  kvault_close (vault);
}

static void
reads_what_waits (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_entry old = entry_of ("old"), new = entry_of ("new");

  assert_ok (vault, kvault_put (vault, "old", 3, "value", 5));
  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_put (vault, "old", 3, "another one", 11));
  assert_ok (vault, kvault_put (vault, "new", 3, "", 0));
  old.id = 1;
  assert_head (vault, &old, "another one", 11);
  assert_head (vault, &new, "", 0);
  kvault_close (vault);
}

/* The reader that is kept stands on a row that goes, or changes, or is undone. */
static void
sees_what_its_handle_changes (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);
      kvault_entry a = entry_of ("a"), b = entry_of ("b");
      kvault_cursor *cursor;

      a.id = 1;
      b.id = 2;
      assert_ok (vault, kvault_put (vault, "a", 1, "of a", 4));
      assert_ok (vault, kvault_put (vault, "b", 1, "of b", 4));
      assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
      assert_head (vault, &a, "of a", 4);
      assert_ok (vault, kvault_put (vault, "a", 1, "newer", 5));
      assert_head (vault, &a, "newer", 5);
      assert_ok (vault, kvault_begin (vault));
      assert_ok (vault, kvault_put (vault, "a", 1, "for a moment", 12));
      assert_head (vault, &a, "for a moment", 12);
      kvault_rollback (vault);
      assert_head (vault, &a, "newer", 5);
      assert_ok (vault, kvault_delete (vault, "a", 1));
      assert_no_head (vault, &a, KVAULT_NOTFOUND);
      assert_head (vault, &b, "of b", 4);
      assert_ok (vault, kvault_clear (vault, NULL, NULL, &(uint64_t) { 0 }));
      assert_no_head (vault, &b, KVAULT_NOTFOUND);
      kvault_cursor_close (cursor);
      kvault_close (vault);
    }
}

static void
reads_of_the_table_in_use (void)
{
  char *path = kvtest_path ("a.db");
  kvault_entry entry = entry_of ("k");
  kvault_cursor *cursor;
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") KVTEST_V1 ("other") "INSERT INTO kv VALUES (x'6b', x'01');"
                    "INSERT INTO other VALUES (1, x'6b', x'0203', 2);");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  entry.id = 1;
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  for (int i = 0; i < 2; i++)
    {
      assert_ok (vault, kvault_use_table (vault, "kv"));
      assert_head (vault, &entry, "\1", 1);
      assert_ok (vault, kvault_use_table (vault, "other"));
      assert_head (vault, &entry, "\2\3", 2);
    }
  kvault_close (vault);   /* with its cursor, and the reader */
}

/* ---- What it holds ---- */

static void
holds_no_longer_than_a_walk (void)
{
  char *path = make (KVAULT_SECTION_V2, 10);
  kvault_options options = { .busy_timeout_ms = KVAULT_BUSY_NOWAIT };
  kvault_cursor_options with_ids = { .flags = KVAULT_CURSOR_IDS };
  kvault_entry row = { .key = "", .key_class = KVAULT_CLASS_BLOB, .id = 1 };
  kvault *vault, *other;

  kvtest_sql (path, "PRAGMA journal_mode=DELETE");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (NULL, kvault_open (path, &options, &other, NULL));
  for (int end = 0; end < 3; end++)
    {
      kvault_cursor *cursor;
      const kvault_entry *entry;
      char bytes[10];
      size_t n;
      uint64_t size;

      assert_ok (vault, kvault_head (vault, &row, bytes, 1, &n, &size));
      assert_ok (other, kvault_put (other, "a", 1, "", 0));   /* one that is read alone holds nobody */
      assert_ok (vault, kvault_cursor_open (vault, &with_ids, &cursor));
      assert_ok (vault, kvault_cursor_next (cursor, &entry));
      assert_ok (vault, kvault_head (vault, entry, bytes, 1, &n, &size));
      assert_result (other, kvault_put (other, "b", 1, "", 0), KVAULT_EBUSY);
      if (end == 0)
        while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
          assert_ok (vault, kvault_head (vault, entry, bytes, 1, &n, &size));
      else if (end == 1)
        kvault_cursor_close (cursor);
      else
        kvault_close (vault);
      assert_ok (other, kvault_put (other, "b", 1, "", 0));
      if (end == 0)
        kvault_cursor_close (cursor);
      if (end < 2)
        assert_ok (vault, kvault_let_go (vault));
    }
  kvault_close (other);
}

static uint64_t
read_by_walk (const char *path,
              size_t      room)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED };
  uint64_t before = kvtest_faults_bytes_read (), size;
  kvault_cursor *cursor;
  const kvault_entry *entry;
  char bytes[100];
  size_t n;

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    if (room > 0)
      assert_ok (vault, kvault_head (vault, entry, bytes, room, &n, &size));
  kvault_cursor_close (cursor);
  before = kvtest_faults_bytes_read () - before;
  kvault_close (vault);
  return before;
}

static void
reads_the_pages_of_the_rows_alone (void)
{
  kvtest_faults_install ();
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      char *path = make (kinds[kind], 300);

      assert_int (read_by_walk (path, 100), <=, read_by_walk (path, 0));
    }
}

/* ---- Damage ---- */

static void
tells_damage (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("damaged/table_leaf_wrecked.db"), KVAULT_ACCESS_VIEW);
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  unsigned n = 0, bad = 0;

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
    {
      char bytes[10];
      size_t len;
      uint64_t size;
      int rc = kvault_head (vault, entry, bytes, sizeof bytes, &len, &size);

      if (rc == KVAULT_ECORRUPT)
        bad++;
      else
        assert_result (vault, rc, KVAULT_OK);
    }
  assert_int (n, ==, 307);
  assert_int (bad, ==, 84);
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/head/reads-beside-a-walk", reads_beside_a_walk },
  { "/kvault/head/reads-values-of-every-class", reads_values_of_every_class },
  { "/kvault/head/reads-parts", reads_parts },
  { "/kvault/head/follows-a-key", follows_a_key },
  { "/kvault/head/reads-what-waits", reads_what_waits },
  { "/kvault/head/sees-what-its-handle-changes", sees_what_its_handle_changes },
  { "/kvault/head/reads-of-the-table-in-use", reads_of_the_table_in_use },
  { "/kvault/head/holds-no-longer-than-a-walk", holds_no_longer_than_a_walk },
  { "/kvault/head/reads-the-pages-of-the-rows-alone", reads_the_pages_of_the_rows_alone },
  { "/kvault/head/tells-damage", tells_damage },
};

KVTEST_MAIN (tests)
