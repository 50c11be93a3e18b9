/* SPDX-License-Identifier: MIT */
/* The plain tables that indexes and columns keep their values in: read like a vault, by row id, and never written. */
#include "kvtest.h"

#include <fcntl.h>
#include <unistd.h>

#define MEBIBYTE 1048576u

#define TEXT_INDEX "CREATE VIRTUAL TABLE docs USING fts5(title, value_ref UNINDEXED);"
#define VALUES(t) "CREATE TABLE " t " (id INTEGER PRIMARY KEY, value BLOB);"
#define ROWS "INSERT INTO docs_values VALUES (9, x'39'), (10, x'6f6e65'), (7, x''), (-5, 'text'), (0, NULL), (100, 2.5)," \
             " (9223372036854775807, x'89'), (-9223372036854775808, 12);"

static const struct { int64_t id; const char *key, *value; size_t size; kvault_class value_class; } rows[] = {
  { INT64_MIN, "-9223372036854775808", "12", 2, KVAULT_CLASS_INTEGER },
  { -5, "-5", "text", 4, KVAULT_CLASS_TEXT },
  { 0, "0", "", 0, KVAULT_CLASS_NULL },
  { 7, "7", "", 0, KVAULT_CLASS_BLOB },
  { 9, "9", "9", 1, KVAULT_CLASS_BLOB },
  { 10, "10", "one", 3, KVAULT_CLASS_BLOB },
  { 100, "100", "2.5", 3, KVAULT_CLASS_REAL },
  { INT64_MAX, "9223372036854775807", "\x89", 1, KVAULT_CLASS_BLOB },
};

/* "a.db" with a vault, a text index and values. */
static char *
make (void)
{
  char *path = kvtest_path ("a.db");

  kvtest_sql (path, "%s", KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', x'6f6e65');" TEXT_INDEX VALUES ("docs_values") ROWS);
  return path;
}

static kvault *
open_values (const char   *path,
             kvault_access access)
{
  kvault *vault = kvtest_open (path, access);

  assert_ok (vault, kvault_use_table (vault, "docs_values"));
  return vault;
}

static const kvault_section *
find_section (kvault     *vault,
              const char *name)
{
  const kvault_section *sections;
  size_t n;

  assert_ok (vault, kvault_sections (vault, &sections, &n));
  for (size_t i = 0; i < n; i++)
    if (strcmp (sections[i].name, name) == 0)
      return &sections[i];
  return NULL;
}

/* ---- what is listed ---- */

static void
follow_their_section (void)
{
  static const struct { const char *name; kvault_section_kind kind; uint64_t count; const char *reason; } expected[] = {
    { "kv", KVAULT_SECTION_V2, 0, NULL },
    { "col_meta", KVAULT_SECTION_COLUMNS, 7, "columns" },
    { "col_chunks", KVAULT_SECTION_CHUNKS, 10, "columns" },
    { "docs", KVAULT_SECTION_TEXT, 20, "text index" },
    { "docs_values", KVAULT_SECTION_TEXT_VALUES, 20, "text index" },
    { "vecs", KVAULT_SECTION_VECTOR, 20, "vector index" },
    { "vecs_values", KVAULT_SECTION_VECTOR_VALUES, 20, "vector index" },
  };
  kvault *vault = kvtest_open (kvtest_fixture ("v086_all_vaults.db"), KVAULT_ACCESS_WRITE);
  const kvault_section *sections;
  uint64_t count;
  size_t n;

  assert_ok (vault, kvault_sections (vault, &sections, &n));
  assert_int (n, ==, KVTEST_N (expected));
  assert_str (kvault_table (vault), "kv");
  for (size_t i = 1; i < n; i++)
    {
      bool has_keys = expected[i].kind >= KVAULT_SECTION_TEXT_VALUES;

      assert_str (sections[i].name, expected[i].name);
      assert_int (sections[i].kind, ==, expected[i].kind);
      assert_contains (sections[i].reason, expected[i].reason);
      assert_int (sections[i].readable, ==, has_keys);
      assert_true (!sections[i].writable);
      assert_ok (vault, kvault_section_count (vault, sections[i].name, &count));
      assert_int (count, ==, expected[i].count);
      assert_result (vault, kvault_use_table (vault, sections[i].name), has_keys ? KVAULT_OK : KVAULT_ENOTVAULT);
      if (!has_keys)
        continue;
      assert_int (kvault_table_kind (vault), ==, expected[i].kind);
      assert_ok (vault, kvault_count (vault, &count));
      assert_int (count, ==, expected[i].count);
    }
  kvault_close (vault);
}

/* Between a section and its values others would stand in the order of bytes. */
static void
follow_whatever_the_names (void)
{
  static const char *const order[] = { "a", "a_values", "a-b", "a-b_values" };
  char *path = kvtest_path ("a.db");
  const kvault_section *sections;
  kvault *vault;
  size_t n;

  kvtest_sql (path, "CREATE VIRTUAL TABLE \"a-b\" USING fts5(x); CREATE VIRTUAL TABLE a USING fts5(x);"
                    VALUES ("\"a-b_values\"") VALUES ("a_values") VALUES ("a_values_values") VALUES ("_values")
                    VALUES ("b_values"));
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_sections (vault, &sections, &n));
  assert_int (n, ==, KVTEST_N (order));
  for (size_t i = 0; i < n; i++)
    assert_str (sections[i].name, order[i]);
  assert_str (kvault_table (vault), "a_values");
  kvault_close (vault);
}

/* ---- reading ---- */

static void
assert_row (const kvault_entry *entry,
            size_t              i)
{
  assert_mem (entry->key, entry->key_size, rows[i].key, strlen (rows[i].key));
  assert_int (entry->key_class, ==, KVAULT_CLASS_INTEGER);
  assert_int (entry->id, ==, rows[i].id);
  assert_int (entry->result, ==, KVAULT_OK);
  assert_int (entry->value_class, ==, rows[i].value_class);
  if (entry->value_class == KVAULT_CLASS_BLOB || entry->value_class == KVAULT_CLASS_TEXT)
    assert_int (entry->value_size, ==, rows[i].size);
}

static void
are_walked_in_the_order_of_numbers (void)
{
  static const unsigned flags[] = { KVAULT_CURSOR_SIZES, KVAULT_CURSOR_SIZES | KVAULT_CURSOR_REVERSE,
                                    KVAULT_CURSOR_SIZES | KVAULT_CURSOR_STORED };
  kvault *vault = open_values (make (), KVAULT_ACCESS_VIEW);
  const kvault_entry *entry;
  kvault_cursor *cursor;

  for (size_t k = 0; k < KVTEST_N (flags); k++)
    {
      kvault_cursor_options options = { .flags = flags[k] };

      assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
      for (size_t i = 0; i < KVTEST_N (rows); i++)
        {
          assert_ok (vault, kvault_cursor_next (cursor, &entry));
          assert_row (entry, flags[k] & KVAULT_CURSOR_REVERSE ? KVTEST_N (rows) - 1 - i : i);
        }
      assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
      kvault_cursor_close (cursor);
    }
  kvault_close (vault);
}

/* From each row on, as one who goes by pages does. */
static void
are_walked_from_any_of_them (void)
{
  kvault *vault = open_values (make (), KVAULT_ACCESS_VIEW);
  const kvault_entry *entry;
  kvault_cursor *cursor;

  for (size_t i = 0; i < KVTEST_N (rows); i++)
    for (unsigned flags = 0; flags < 4; flags++)
      {
        bool reverse = flags & 1, after = flags & 2;
        kvault_cursor_options options = {
          .start = rows[i].key, .start_size = strlen (rows[i].key), .has_start = 1, .start_class = KVAULT_CLASS_INTEGER,
          .flags = KVAULT_CURSOR_SIZES | (reverse ? KVAULT_CURSOR_REVERSE : 0) | (after ? KVAULT_CURSOR_AFTER : 0),
        };
        size_t first = !after ? i : reverse ? i - 1 : i + 1;

        assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
        assert_result (vault, kvault_cursor_next (cursor, &entry), first < KVTEST_N (rows) ? KVAULT_OK : KVAULT_NOTFOUND);
        if (entry != NULL)
          assert_row (entry, first);
        kvault_cursor_close (cursor);
      }
  kvault_close (vault);
}

static void
are_found_by_their_digits (void)
{
  static const char *const none[] = { "", "07", "+7", " 7", "7 ", "7.0", "-0", "-", "8", "0x7", "7e0", "x", "9223372036854775808",
                                      "-9223372036854775809", "99999999999999999999999999" };
  kvault *vault = open_values (make (), KVAULT_ACCESS_VIEW);
  kvault_entry entry;
  kvault_blob *blob;
  char buf[8];
  uint64_t size;
  size_t len;

  for (size_t i = 0; i < KVTEST_N (rows); i++)
    {
      size_t key_size = strlen (rows[i].key);

      assert_value (vault, rows[i].key, key_size, rows[i].value, rows[i].size);
      assert_ok (vault, kvault_exists (vault, rows[i].key, key_size));
      assert_ok (vault, kvault_blob_open (vault, rows[i].key, key_size, &blob));
      assert_int (kvault_blob_size (blob), ==, rows[i].size);
      assert_ok (vault, kvault_blob_read (blob, buf, rows[i].size, 0));
      assert_mem (buf, rows[i].size, rows[i].value, rows[i].size);
      kvault_blob_close (blob);
      assert_ok (vault, kvault_entry_by_id (vault, rows[i].id, KVAULT_CURSOR_SIZES, &entry));
      assert_row (&entry, i);
      assert_ok (vault, kvault_head (vault, &entry, buf, sizeof buf, &len, &size));
      assert_mem (buf, len, rows[i].value, rows[i].size);
      assert_ok (vault, kvault_blob_open_entry (vault, &entry, &blob));
      assert_int (kvault_blob_size (blob), ==, rows[i].size);
      kvault_blob_close (blob);
    }
  for (size_t i = 0; i < KVTEST_N (none); i++)
    {
      assert_result (vault, kvault_exists (vault, none[i], strlen (none[i])), KVAULT_NOTFOUND);
      assert_result (vault, kvault_blob_open (vault, none[i], strlen (none[i]), &blob), KVAULT_NOTFOUND);
    }
  assert_result (vault, kvault_exists (vault, "7\0", 2), KVAULT_NOTFOUND);
  kvault_close (vault);
}

static void
are_counted_and_have_no_prefixes (void)
{
  kvault *vault = open_values (make (), KVAULT_ACCESS_VIEW);
  kvault_totals_result totals;

  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_int (totals.keys, ==, KVTEST_N (rows));
  assert_int (totals.unreadable, ==, 0);
  assert_ok (vault, kvault_totals (vault, "1", 1, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 0);
  kvault_close (vault);
}

/* Bytes of a value, and of a chunk, are those in the file, header and all. */
static void
are_the_bytes_of_the_file (void)
{
  static const struct { const char *table, *key, *sql; } cases[] = {
    { "docs_values", "20", "SELECT hex(value) FROM docs_values WHERE id = 20" },
    { "vecs_values", "1", "SELECT hex(value) FROM vecs_values WHERE id = 1" },
    { "col_chunks", "10", "SELECT hex(data) FROM col_chunks WHERE rowid = 10" },
  };
  char *path = kvtest_fixture ("v086_all_vaults.db");
  char *hex[KVTEST_N (cases)];
  kvault_value_info info;
  kvault *vault;

  for (size_t i = 0; i < KVTEST_N (cases); i++)
    hex[i] = kvtest_sql_text (path, cases[i].sql);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  for (size_t i = 0; i < KVTEST_N (cases); i++)
    {
      size_t size;
      uint8_t *bytes = kvtest_unhex (hex[i], &size);

      assert_ok (vault, kvault_use_table (vault, cases[i].table));
      assert_value (vault, cases[i].key, strlen (cases[i].key), bytes, size);
      kvault_value_parse (kvault_table_kind (vault), bytes, size, &info);
      assert_int (info.has_header, ==, i == 0);
    }
  kvault_value_parse (KVAULT_SECTION_CHUNKS, "\x89K\1\4\0\0\0\0VK", 10, &info);
  assert_true (!info.has_header);
  kvault_close (vault);
}

static void
a_reader_notices_another_value (void)
{
  kvault *vault = open_values (make (), KVAULT_ACCESS_VIEW);
  kvault_blob *blob;
  char buf[3];

  assert_ok (vault, kvault_blob_open (vault, "10", 2, &blob));
  assert_ok (vault, kvault_blob_release (blob));
  kvtest_sql (kvault_location (vault), "INSERT INTO docs_values VALUES (11, x'02')");
  assert_ok (vault, kvault_blob_read (blob, buf, 3, 0));
  assert_mem (buf, 3, "one", 3);
  assert_ok (vault, kvault_blob_release (blob));
  kvtest_sql (kvault_location (vault), "UPDATE docs_values SET value = x'74776f' WHERE id = 10");
  assert_result (vault, kvault_blob_read (blob, buf, 3, 0), KVAULT_ESTALE);
  kvault_blob_close (blob);
  kvault_close (vault);
}

/* ---- never writing ---- */

static int
give_one (void        *data,
          const void **key,
          size_t      *key_size,
          const void **value,
          size_t      *value_size)
{
  bool *given = data;

  *key = *value = "1";
  *key_size = *value_size = 1;
  return *given ? KVAULT_NOTFOUND : (*given = true, KVAULT_OK);
}

static void
refuse_every_change (kvault *vault)
{
  kvault_entry entry = { .key = "7", .key_size = 1, .key_class = KVAULT_CLASS_INTEGER, .id = 7 };
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  kvault_writer *writer;
  bool given = false;
  uint64_t n;
  void *value;
  size_t size;

  assert_true (kvault_is_readonly (vault));
  assert_contains (kvault_readonly_reason (vault), "a text index refers to its rows");
  assert_result (vault, kvault_put (vault, "7", 1, "x", 1), KVAULT_EREADONLY);
  assert_contains (kvault_errmsg (vault), "a text index refers to its rows");
  assert_result (vault, kvault_put (vault, "new", 3, "x", 1), KVAULT_EREADONLY);
  assert_result (vault, kvault_delete (vault, "7", 1), KVAULT_EREADONLY);
  assert_result (vault, kvault_delete_entry (vault, &entry), KVAULT_EREADONLY);
  assert_result (vault, kvault_rename (vault, "7", 1, "8", 1, 0), KVAULT_EREADONLY);
  assert_result (vault, kvault_pop (vault, "7", 1, &value, &size), KVAULT_EREADONLY);
  assert_result (vault, kvault_setdefault (vault, "8", 1, "x", 1, &value, &size), KVAULT_EREADONLY);
  assert_result (vault, kvault_update (vault, give_one, &given, NULL, NULL), KVAULT_EREADONLY);
  assert_result (vault, kvault_delete_prefix (vault, "7", 1, NULL, NULL, &n), KVAULT_EREADONLY);
  assert_result (vault, kvault_rename_prefix (vault, "7", 1, "8", 1, 0, NULL, NULL, &n), KVAULT_EREADONLY);
  assert_result (vault, kvault_clear (vault, NULL, NULL, &n), KVAULT_EREADONLY);
  assert_result (vault, kvault_writer_open (vault, "7", 1, 1, &writer), KVAULT_EREADONLY);
  assert_result (vault, kvault_put_fd (vault, "7", 1, fd, 0, NULL, NULL), KVAULT_EREADONLY);
  assert_result (vault, kvault_begin (vault), KVAULT_EREADONLY);
  assert_result (vault, kvault_bulk_begin (vault, 0), KVAULT_EREADONLY);
  assert_result (vault, kvault_convert (vault, NULL, NULL), KVAULT_EREADONLY);
  close (fd);
}

static void
are_never_written (void)
{
  static const char content[] = "SELECT group_concat(id || quote(value)) FROM docs_values";
  char *path = make (), *before = kvtest_sql_text (path, content);
  kvault *vault = open_values (path, KVAULT_ACCESS_WRITE);

  refuse_every_change (vault);
  assert_ok (vault, kvault_use_table (vault, "kv"));
  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_put (vault, "b", 1, "two", 3));
  assert_ok (vault, kvault_use_table (vault, "docs_values"));
  refuse_every_change (vault);
  assert_ok (vault, kvault_use_table (vault, "kv"));
  assert_value (vault, "b", 1, "two", 3);
  assert_ok (vault, kvault_delete (vault, "a", 1));
  kvault_close (vault);
  assert_str (kvtest_sql_text (path, content), before);
  assert_str (kvtest_integrity (path), "ok");
}

static void
alone_make_no_vault (void)
{
  char *path = kvtest_path ("a.db");
  kvault_options options = { .access = KVAULT_ACCESS_CREATE, .table = "kv" };
  kvault_error error;
  kvault *vault;

  kvtest_sql (path, "%s", TEXT_INDEX VALUES ("docs_values") ROWS);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_str (kvault_table (vault), "docs_values");
  refuse_every_change (vault);
  kvault_close (vault);
  assert_result (NULL, kvault_open (path, &options, &vault, &error), KVAULT_ENOENT);
  options.table = NULL;
  assert_ok (NULL, kvault_open (path, &options, &vault, &error));
  assert_str (kvault_table (vault), "docs_values");
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE name = 'kv'"), ==, 0);
}

/* ---- strangers ---- */

/* Beside a sound vault, which stays one; @readable tells whether docs_values can be used, too. */
static void
meet (const char *sql,
      bool        readable)
{
  char *path = kvtest_path ("strange.db");
  const kvault_section *section;
  kvault_check_result checked;
  kvault *vault;

  kvtest_note ("%s", sql);
  kvtest_remove (path);
  kvtest_sql (path, "%s", KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', x'6f6e65');");
  kvtest_sql (path, "%s", sql);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_str (kvault_table (vault), "kv");
  section = find_section (vault, "docs_values");
  assert_int (section != NULL && section->readable, ==, readable);
  assert_result (vault, kvault_use_table (vault, "docs_values"), readable ? KVAULT_OK : KVAULT_ENOTVAULT);
  if (readable)
    {
      assert_true (!section->writable && section->reason != NULL);
      assert_value (vault, "10", 2, "one", 3);
      assert_result (vault, kvault_put (vault, "10", 2, "two", 3), KVAULT_EREADONLY);
      assert_result (vault, kvault_delete (vault, "10", 2), KVAULT_EREADONLY);
      assert_ok (vault, kvault_use_table (vault, "kv"));
    }
  assert_value (vault, "a", 1, "one", 3);
  assert_ok (vault, kvault_put (vault, "b", 1, "two", 3));
  assert_ok (vault, kvault_check (vault, KVAULT_CHECK_FULL, NULL, NULL, NULL, NULL, &checked));
  assert_int (checked.findings, ==, 0);
  assert_true (!kvault_is_damaged (vault));
  kvault_close (vault);
}

#define ROW "INSERT INTO docs_values (id, value) VALUES (10, x'6f6e65');"

static void
strangers_are_read_at_most (void)
{
  static const struct { const char *sql; bool readable; } tables[] = {
    { TEXT_INDEX VALUES ("docs_values") ROW, true },
    { TEXT_INDEX VALUES ("docs_values") ROW "CREATE TRIGGER t AFTER INSERT ON docs_values BEGIN DELETE FROM kv; END;"
      "CREATE TRIGGER u BEFORE DELETE ON docs_values BEGIN SELECT RAISE(IGNORE); END;", true },
    { TEXT_INDEX VALUES ("docs_values") ROW "CREATE UNIQUE INDEX i ON docs_values (value);"
      "CREATE INDEX j ON docs_values (length(value));", true },
    { TEXT_INDEX "CREATE TABLE docs_values (value BLOB, id INTEGER PRIMARY KEY AUTOINCREMENT);" ROW, true },
    { VALUES ("docs_values") ROW TEXT_INDEX, true },
    { TEXT_INDEX "CREATE VIEW docs_values AS SELECT 10 AS id, CAST ('one' AS BLOB) AS value;", false },
    { TEXT_INDEX "CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB);"
      "CREATE VIEW docs_values (id, value) AS SELECT * FROM t;", false },
    { TEXT_INDEX "CREATE VIRTUAL TABLE docs_values USING fts5(id, value);", false },
    { TEXT_INDEX "CREATE TABLE docs_values (id INTEGER PRIMARY KEY, value BLOB) WITHOUT ROWID;" ROW, false },
    { TEXT_INDEX "CREATE TABLE docs_values (id INTEGER PRIMARY KEY DESC, value BLOB);" ROW, false },
    { TEXT_INDEX "CREATE TABLE docs_values (id INT PRIMARY KEY, value BLOB);" ROW, false },
    { TEXT_INDEX "CREATE TABLE docs_values (id INTEGER UNIQUE, value BLOB);" ROW, false },
    { TEXT_INDEX "CREATE TABLE docs_values (id INTEGER PRIMARY KEY, value TEXT);" ROW, false },
    { TEXT_INDEX "CREATE TABLE docs_values (id INTEGER PRIMARY KEY, data BLOB, value INT);" ROW, false },
    { TEXT_INDEX "CREATE TABLE docs_values (id INTEGER PRIMARY KEY, value BLOB, more);" ROW, false },
    { TEXT_INDEX "CREATE TABLE docs_values (id INTEGER PRIMARY KEY, value BLOB, rowid AS (5));" ROW, false },
    { "CREATE VIRTUAL TABLE docs USING fts4(title);" VALUES ("docs_values") ROW, false },
    { "CREATE TABLE docs (title);" VALUES ("docs_values") ROW, false },
    { VALUES ("docs_values") ROW, false },
  };

  for (size_t i = 0; i < KVTEST_N (tables); i++)
    meet (tables[i].sql, tables[i].readable);
}

static void
strange_chunks_are_passed_by (void)
{
  static const struct { const char *sql; bool readable; } tables[] = {
    { "CREATE TABLE col_chunks (col_id INTEGER, chunk_idx INTEGER, data BLOB, PRIMARY KEY (col_id, chunk_idx))", true },
    { "CREATE TABLE col_chunks (col_id INTEGER, chunk_idx INTEGER, data BLOB, PRIMARY KEY (col_id, chunk_idx)) WITHOUT ROWID",
      false },
    { "CREATE TABLE col_chunks (rowid TEXT, data BLOB)", false },
    { "CREATE TABLE col_chunks (col_id INTEGER PRIMARY KEY, data TEXT)", false },
    { "CREATE VIEW col_chunks AS SELECT x'00' AS data", false },
    { "CREATE VIRTUAL TABLE col_chunks USING fts5(data)", false },
  };

  for (size_t i = 0; i < KVTEST_N (tables); i++)
    {
      char *path = kvtest_path (kvtest_format ("%zu.db", i));
      const kvault_section *section;
      kvault *vault;

      kvtest_sql (path, "%s", KVTEST_V2 ("kv") "CREATE TABLE col_meta (col_id INTEGER PRIMARY KEY, dtype TEXT)");
      kvtest_sql (path, "%s", tables[i].sql);
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      section = find_section (vault, "col_chunks");
      assert_int (section != NULL && section->readable && !section->writable, ==, tables[i].readable);
      assert_result (vault, kvault_use_table (vault, "col_chunks"), tables[i].readable ? KVAULT_OK : KVAULT_ENOTVAULT);
      kvault_close (vault);
    }
}

static char *
make_parts (void)
{
  kvault_options options = { .access = KVAULT_ACCESS_WRITE, .whole_value_max = MEBIBYTE };
  char *path = make (), *value = calloc (2, MEBIBYTE);
  kvault *vault;

  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_ok (vault, kvault_put (vault, "large", 5, value, 2 * MEBIBYTE));
  kvault_close (vault);
  free (value);
  return path;
}

/* A value in parts belongs to a vault: whatever else has the bytes of its marker has just these. */
static void
are_no_markers_of_large_values (void)
{
  char *path = make_parts ();
  kvault_check_result checked;
  kvault *vault;
  uint64_t size;

  kvtest_sql (path, "INSERT INTO docs_values SELECT 200, value FROM kv WHERE key = CAST ('large' AS BLOB);"
                    "UPDATE kvault_large SET tbl = 'docs_values', key = 200; DELETE FROM kv WHERE length(value) = 112;");
  vault = open_values (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_size (vault, "200", 3, &size));
  assert_int (size, ==, 112);
  assert_ok (vault, kvault_check (vault, 0, NULL, NULL, NULL, NULL, &checked));
  assert_int (checked.damages, ==, 0);
  assert_ok (vault, kvault_use_table (vault, "kv"));
  assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, NULL));
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT length(value) FROM docs_values WHERE id = 200"), ==, 112);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_parts"), ==, 0);
}

/* ---- a damaged file ---- */

typedef struct { size_t n_begun, n_bytes; } Saved;

static int
begin (const kvault_entry *entry,
       void               *data)
{
  Saved *saved = data;

  assert_row (&(kvault_entry) { .key = entry->key, .key_size = entry->key_size, .key_class = entry->key_class, .id = entry->id,
                                .value_class = rows[saved->n_begun].value_class, .value_size = rows[saved->n_begun].size },
              saved->n_begun);
  saved->n_begun++;
  return KVAULT_OK;
}

static int
take (const void *bytes,
      size_t      size,
      void       *data)
{
  ((Saved *) data)->n_bytes += size;
  return KVAULT_OK;
}

static int
end (int         result,
     const char *message,
     void       *data)
{
  assert_int (result, ==, KVAULT_OK);
  return KVAULT_OK;
}

static void
are_salvaged (void)
{
  kvault *vault = open_values (make (), KVAULT_ACCESS_SALVAGE);
  Saved saved = { 0 };
  kvault_salvage_sink sink = { .begin = begin, .write = take, .end = end, .data = &saved };

  assert_ok (vault, kvault_salvage (vault, &sink, NULL));
  assert_int (saved.n_begun, ==, KVTEST_N (rows));
  assert_int (saved.n_bytes, ==, 14);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/values/follow-their-section", follow_their_section },
  { "/kvault/values/follow-whatever-the-names", follow_whatever_the_names },
  { "/kvault/values/are-walked-in-the-order-of-numbers", are_walked_in_the_order_of_numbers },
  { "/kvault/values/are-walked-from-any-of-them", are_walked_from_any_of_them },
  { "/kvault/values/are-found-by-their-digits", are_found_by_their_digits },
  { "/kvault/values/are-counted-and-have-no-prefixes", are_counted_and_have_no_prefixes },
  { "/kvault/values/are-the-bytes-of-the-file", are_the_bytes_of_the_file },
  { "/kvault/values/a-reader-notices-another-value", a_reader_notices_another_value },
  { "/kvault/values/are-never-written", are_never_written },
  { "/kvault/values/alone-make-no-vault", alone_make_no_vault },
  { "/kvault/values/strangers-are-read-at-most", strangers_are_read_at_most },
  { "/kvault/values/strange-chunks-are-passed-by", strange_chunks_are_passed_by },
  { "/kvault/values/are-no-markers-of-large-values", are_no_markers_of_large_values },
  { "/kvault/values/are-salvaged", are_salvaged },
};

KVTEST_MAIN (tests)
