/* SPDX-License-Identifier: MIT */
/* Which tables are vaults, under any name, and which only look like it; the one in use, and new ones: schema.c, table.c. */
#include "kvtest.h"

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

/* Every operation once, on the table in use. */
static void
exercise (kvault *vault)
{
  kvault_cursor_options options = { .prefix = "x", .prefix_size = 1,
                                    .flags = KVAULT_CURSOR_SIZES };
  kvault_totals_result totals;
  const kvault_entry *entry;
  kvault_writer *writer;
  kvault_cursor *cursor;
  kvault_blob *blob;
  uint64_t before, count;
  char buf[3];

  assert_ok (vault, kvault_count (vault, &before));
  assert_ok (vault, kvault_put (vault, "x", 1, "one", 3));
  assert_ok (vault, kvault_writer_open (vault, "xb", 2, 3, &writer));
  assert_ok (vault, kvault_writer_write (writer, "two", 3));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_ok (vault, kvault_rename (vault, "xb", 2, "xc", 2, 0));
  assert_ok (vault, kvault_blob_open (vault, "xc", 2, &blob));
  assert_ok (vault, kvault_blob_read (blob, buf, 3, 0));
  assert_mem (buf, 3, "two", 3);
  kvault_blob_close (blob);
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_mem (entry->key, entry->key_size, "x", 1);
  assert_int (entry->value_size, ==, 3);
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_mem (entry->key, entry->key_size, "xc", 2);
  kvault_cursor_close (cursor);
  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_int (totals.keys, ==, before + 2);
  assert_ok (vault, kvault_delete (vault, "x", 1));
  assert_ok (vault, kvault_delete (vault, "xc", 2));
  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, before);
}

/* ---- KohakuVault's sections ---- */

static void
finds_both_shapes (void)
{
  static const struct { const char *file, *table; kvault_section_kind kind; } files[] = {
    { "v010_media.db", "kv", KVAULT_SECTION_V1 }, { "v010_two_tables.db", "originals",
      KVAULT_SECTION_V1 }, { "v086_two_tables.db", "kv", KVAULT_SECTION_V2 },
    { "v086_media_autopack.db", "kv", KVAULT_SECTION_V2 },
    { "foreign/v2_page_1024_autovacuum.db", "kv", KVAULT_SECTION_V2 },
  };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    {
      kvault *vault = kvtest_open (kvtest_fixture (files[i].file), KVAULT_ACCESS_WRITE);

      assert_str (kvault_table (vault), files[i].table);
      assert_int (kvault_table_kind (vault), ==, files[i].kind);
      assert_int (find_section (vault, files[i].table)->kind, ==, files[i].kind);
      exercise (vault);
      kvault_close (vault);
    }
}

static void
lists_every_section (void)
{
  static const struct { const char *name; kvault_section_kind kind; uint64_t count; } expected[] = {
    { "kv", KVAULT_SECTION_V2, 2 }, { NULL, KVAULT_SECTION_COLUMNS, 7 },
    { "docs", KVAULT_SECTION_TEXT, 20 }, { "vecs", KVAULT_SECTION_VECTOR, 20 },
  };   /* and their values: test-values.c */
  kvault *vault = kvtest_open (kvtest_fixture ("v086_all_vaults.db"), KVAULT_ACCESS_VIEW);
  const kvault_section *sections;
  bool seen[KVTEST_N (expected)] = { false };
  size_t n;

  assert_ok (vault, kvault_sections (vault, &sections, &n));
  assert_str (sections[0].name, "kv");
  assert_true (sections[0].readable && sections[0].writable && sections[0].reason == NULL);
  for (size_t i = 1; i < n; i++)
    for (size_t k = 1; k < KVTEST_N (expected); k++)
      if (sections[i].kind == expected[k].kind)
        {
          uint64_t count;

          if (expected[k].name != NULL)
            assert_str (sections[i].name, expected[k].name);
          assert_true (!sections[i].readable);
          assert_true (sections[i].reason != NULL);
          assert_ok (vault, kvault_section_count (vault, sections[i].name, &count));
          assert_int (count, ==, expected[k].count);
          assert_result (vault, kvault_use_table (vault, sections[i].name), KVAULT_ENOTVAULT);
          seen[k] = true;
        }
  for (size_t k = 1; k < KVTEST_N (expected); k++)
    assert_true (seen[k]);
  assert_str (kvault_table (vault), "kv");
  kvault_close (vault);
}

/* KohakuVault's own books have columns named key and value too. */
static void
passes_other_tables_by (void)
{
  static const char *const others[] = { "kohakuvault_meta", "vecs_info", "docs_content", "docs_data", "sqlite_sequence" };
  kvault *vault = kvtest_open (kvtest_fixture ("v086_all_vaults.db"), KVAULT_ACCESS_VIEW);
  uint64_t count;

  for (size_t i = 0; i < KVTEST_N (others); i++)
    {
      assert_true (find_section (vault, others[i]) == NULL);
      assert_result (vault, kvault_use_table (vault, others[i]), KVAULT_ENOTVAULT);
    }
  assert_result (vault, kvault_use_table (vault, "nothing"), KVAULT_ENOENT);
  assert_contains (kvault_errmsg (vault), "nothing");
  assert_result (vault, kvault_section_count (vault, "nothing", &count), KVAULT_ENOENT);
  assert_str (kvault_table (vault), "kv");
  kvault_close (vault);
}

static void
prefers_kv_then_the_first (void)
{
  char *path = kvtest_path ("a.db");
  const kvault_section *sections;
  kvault *vault;
  size_t n;

  kvtest_sql (path, KVTEST_V2 ("zz") KVTEST_V1 ("b") KVTEST_V2 ("C"));
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_str (kvault_table (vault), "C");
  assert_ok (vault, kvault_sections (vault, &sections, &n));
  assert_int (n, ==, 3);
  assert_str (sections[0].name, "C");
  assert_str (sections[1].name, "b");
  assert_str (sections[2].name, "zz");
  kvault_close (vault);
}

static void
opens_the_table_asked_for (void)
{
  char *path = kvtest_fixture ("v010_two_tables.db");
  kvault_options options = { .table = "thumbs" };
  kvault_error error;
  kvault *vault;

  assert_ok (NULL, kvault_open (path, &options, &vault, &error));
  assert_str (kvault_table (vault), "thumbs");
  kvault_close (vault);
  options.table = "none";
  assert_result (NULL, kvault_open (path, &options, &vault, &error), KVAULT_ENOENT);
  assert_contains (error.message, "none");
  path = kvtest_fixture ("v086_all_vaults.db");
  options.table = "col_meta";
  assert_result (NULL, kvault_open (path, &options, &vault, &error), KVAULT_ENOTVAULT);
  assert_contains (error.message, "col_meta");
}

/* ---- Creation ---- */

static void
creates_the_newer_shape (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));

  assert_str (kvault_table (vault), "kv");
  exercise (vault);
  kvault_close (vault);
  assert_alone (path);
  assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), "wal");
  assert_int (kvtest_sql_int (path, "PRAGMA page_size"), ==, 32768);
  assert_int (kvtest_sql_int (path, "PRAGMA auto_vacuum"), ==, 2);
  assert_str (kvtest_sql_text (path, "SELECT group_concat(name || ' ' || type || ' ' || \"notnull\""
                                     " || ' ' || pk, ', ') FROM pragma_table_info('kv')"),
              "key BLOB 1 1, value BLOB 1 0");
  assert_str (kvtest_sql_text (path, "SELECT group_concat(name || ' ' || type || ' ' || pk, ', ') "
                                     "FROM pragma_table_info('kohakuvault_meta')"),
              "key TEXT 1, value TEXT 0");
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"),
              ==, 2);
  /* the lookups KohakuVault does */
  kvtest_sql (path, "INSERT INTO kv(key, value) VALUES (x'01', x'02') ON CONFLICT(key) DO UPDATE "
                    "SET value = excluded.value; INSERT OR REPLACE INTO kv VALUES (x'01', x'03');"
                    "CREATE TABLE IF NOT EXISTS kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT "
                    "NULL); CREATE TABLE IF NOT EXISTS kohakuvault_meta (key TEXT PRIMARY KEY, "
                    "value TEXT NOT NULL); INSERT INTO kohakuvault_meta VALUES ('f', 'g');");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_value (vault, "\1", 1, "\3", 1);
  kvault_close (vault);
}

static void
creates_as_told (void)
{
  static const uint32_t page_sizes[] = { 512, 1024, 4096, 65536 };
  kvault_options options = { .access = KVAULT_ACCESS_CREATE_NEW, .rollback_journal = 1,
                             .table = "it's \"mine\"" };

  for (size_t i = 0; i < KVTEST_N (page_sizes); i++)
    {
      char *path = kvtest_path (kvtest_format ("%u.db", page_sizes[i]));
      kvault_error error;
      kvault *vault;

      options.page_size = page_sizes[i];
      assert_ok (NULL, kvault_open (path, &options, &vault, &error));
      assert_str (kvault_table (vault), "it's \"mine\"");
      exercise (vault);
      kvault_close (vault);
      assert_int (kvtest_sql_int (path, "PRAGMA page_size"), ==, page_sizes[i]);
      assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), "delete");
      assert_int (kvtest_sql_int (path, "PRAGMA auto_vacuum"), ==, 2);
    }
}

static void
adds_a_table_to_a_file (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault_options options = { .access = KVAULT_ACCESS_CREATE, .table = "third" };
  kvault_error error;
  kvault *vault;

  assert_ok (NULL, kvault_open (path, &options, &vault, &error));
  assert_str (kvault_table (vault), "third");
  exercise (vault);
  assert_ok (vault, kvault_use_table (vault, "kv"));
  kvtest_assert_fixture (vault, "v086_two_tables.db");
  kvault_close (vault);
  options.table = "thumbs"; /* is there */
  assert_ok (NULL, kvault_open (path, &options, &vault, &error));
  assert_int (kvault_table_kind (vault), ==, KVAULT_SECTION_V2);
  kvault_close (vault);
}

static void
takes_an_empty_file_as_new (void)
{
  char *path = kvtest_fixture ("foreign/zero_bytes.db");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_CREATE);

  exercise (vault);
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "PRAGMA auto_vacuum"), ==, 2);
}

/* SQLite takes a file of one byte for an empty one. */
static void
a_file_of_one_byte_is_not_empty (void)
{
  kvault_access accesses[] = { KVAULT_ACCESS_CREATE, KVAULT_ACCESS_WRITE, KVAULT_ACCESS_VIEW, KVAULT_ACCESS_SALVAGE };
  char *path = kvtest_path ("one");
  KvSnapshot *before;

  kvtest_write_file (path, "x", 1);
  before = kvtest_snapshot (kvtest_folder ());
  for (size_t i = 0; i < KVTEST_N (accesses); i++)
    assert_refused (path, accesses[i], KVAULT_ENOTDB);
  assert_unchanged (before);
}

/* ---- Names ---- */

static const char *const names[] = {
  "my-table", "order", "select", "two words", "x\"; DROP TABLE kv; --", "'", "\"", "\"\"", "''",
  "[x]", "`x`", "tab\tle", "new\nline", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "1", "%s%n", "a.b",
  "main.kv", "key", "value", "\\", "; --", " ", "?1", ":x", "Kv2",
};

static void
takes_any_name_of_a_table (void)
{
  kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

  for (size_t kind = 0; kind < 2; kind++)
    {
      char *path = kvtest_path (kind ? "v2.db" : "v1.db");
      const kvault_section *sections;
      kvault *vault;
      size_t n;

      kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'01', x'02');");
      for (size_t i = 0; i < KVTEST_N (names); i++)
        {
          char *quoted = kvtest_quote (names[i]);

          if (kind == 0)
            kvtest_sql (path, "CREATE TABLE %s (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, "
                              "value BLOB NOT NULL, size INTEGER NOT NULL)", quoted);
          else
            kvtest_sql (path, "CREATE TABLE %s (key BLOB PRIMARY KEY NOT NULL, "
                              "value BLOB NOT NULL)", quoted);
        }
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      assert_ok (vault, kvault_sections (vault, &sections, &n));
      assert_int (n, ==, KVTEST_N (names) + 1);
      for (size_t i = 0; i < KVTEST_N (names); i++)
        {
          assert_true (find_section (vault, names[i]) != NULL);
          assert_ok (vault, kvault_use_table (vault, names[i]));
          assert_str (kvault_table (vault), names[i]);
          assert_int (kvault_table_kind (vault), ==, kinds[kind]);
          exercise (vault);
        }
      assert_ok (vault, kvault_use_table (vault, "kv"));
      assert_value (vault, "\1", 1, "\2", 1);
      kvault_close (vault);
      for (size_t i = 0; i < KVTEST_N (names); i++)
        {
          kvault_options options = { .access = KVAULT_ACCESS_VIEW, .table = names[i] };
          kvault_error error;

          assert_ok (NULL, kvault_open (path, &options, &vault, &error));
          kvault_close (vault);
        }
    }
}

/* SQLite takes names without regard to ASCII case; a name given so is the same table. */
static void
creates_no_second_table_of_another_case (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_options options = { .access = KVAULT_ACCESS_CREATE, .table = "KV" };
  char *path = kvtest_format ("%s", kvault_location (vault));
  int rc;

  kvault_close (vault);
  rc = kvault_open (path, &options, &vault, NULL);
  assert_true (rc == KVAULT_OK || rc == KVAULT_ENOENT || rc == KVAULT_EEXIST);
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"),
              ==, 2);
}

/* ---- Strangers ---- */

/* Opens the one table of a file that is not quite a vault. */
static kvault *
open_strange (const char *sql)
{
  char *path = kvtest_path ("strange.db");
  kvault *vault = NULL;

  kvtest_remove (path);
  kvtest_sql (path, "%s", sql);
  kvault_open (path, NULL, &vault, NULL);
  return vault;
}

/* Either no vault at all, or a section with the reason why it cannot be used in full. */
static void
assert_guarded (const char *sql)
{
  kvault *vault = open_strange (sql);
  const kvault_section *section;

  if (vault == NULL)
    {
      assert_refused (kvtest_path ("strange.db"), KVAULT_ACCESS_VIEW, KVAULT_ENOTVAULT);
      return;
    }
  section = find_section (vault, "kv");
  if (section == NULL || section->writable || section->reason == NULL)
    kvtest_fail (__FILE__, __LINE__, "taken without reserve: %s", sql);
  assert_true (kvault_is_readonly (vault));
  assert_str (kvault_readonly_reason (vault), section->reason);
  assert_result (vault, kvault_put (vault, "new", 3, "v", 1), KVAULT_EREADONLY);
  assert_result (vault, kvault_delete (vault, "a", 1), KVAULT_EREADONLY);
  if (section->readable)
    assert_value (vault, "a", 1, "one", 3);
  kvault_close (vault);
}

#define ROW "INSERT INTO kv(key, value) VALUES (x'61', x'6f6e65');"

static void
guards_against_strange_tables (void)
{
  static const char *const tables[] = {
    "CREATE TABLE t(k BLOB PRIMARY KEY NOT NULL, v BLOB NOT NULL);"
    "CREATE VIEW kv AS SELECT k AS key, v AS value FROM t;",
    "CREATE VIEW kv(key, value) AS SELECT x'61', randomblob(1000000000);",
    "CREATE VIRTUAL TABLE kv USING fts5(key, value);",
    "CREATE VIRTUAL TABLE kv USING fts4(key, value);",
    "CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL, "
    "g AS (length(value)));" ROW,
    "CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, source BLOB, value BLOB NOT NULL "
    "AS (x'6f6e65') STORED); INSERT INTO kv(key) VALUES (x'61');",
    KVTEST_V2 ("kv") ROW "CREATE TRIGGER t AFTER INSERT ON kv BEGIN DELETE FROM kv; END;",
    KVTEST_V2 ("kv") ROW "CREATE TRIGGER t BEFORE DELETE ON kv BEGIN SELECT RAISE(IGNORE); END;",
  };

  for (size_t i = 0; i < KVTEST_N (tables); i++)
    assert_guarded (tables[i]);
}

static void
tells_of_triggers (void)
{
  kvault *vault = open_strange (KVTEST_V1 ("kv") "CREATE TABLE log(x); CREATE TRIGGER t AFTER INSERT"
                                " ON kv BEGIN INSERT INTO log VALUES (new.key); END;");

  assert_contains (kvault_readonly_reason (vault), "trigger");
  kvault_close (vault);
}

/* Other peculiar tables may be written if that does what it says; never half. */
static void
assert_exact_or_readonly (const char *sql)
{
  kvault *vault = open_strange (sql);

  if (vault == NULL)
    {
      assert_refused (kvtest_path ("strange.db"), KVAULT_ACCESS_VIEW, KVAULT_ENOTVAULT);
      return;
    }
  if (find_section (vault, "kv")->readable)
    assert_value (vault, "a", 1, "one", 3);
  if (find_section (vault, "kv")->writable)
    exercise (vault);
  else
    assert_true (find_section (vault, "kv")->reason != NULL);
  kvault_close (vault);
}

static void
writes_peculiar_tables_exactly_or_not (void)
{
  static const char *const tables[] = {
    "CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;" ROW,
    "CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;" ROW,
    "CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL CHECK(length(value)<9));"
    ROW,
    "CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL, more DEFAULT 7);" ROW,
    "CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL, more NOT NULL "
    "DEFAULT (random()));" ROW,
    "CREATE TABLE kv(key BLOB COLLATE NOCASE PRIMARY KEY NOT NULL, value BLOB NOT NULL);" ROW,
    "CREATE TABLE kv(value BLOB NOT NULL, key BLOB PRIMARY KEY NOT NULL);" ROW,
    "CREATE TABLE kv(KEY BLOB PRIMARY KEY NOT NULL, Value BLOB NOT NULL);" ROW,
    "CREATE TABLE kv(key BLOB NOT NULL, value BLOB NOT NULL);" ROW,
    "CREATE TABLE kv(key BLOB UNIQUE, value BLOB);" ROW,
    "CREATE TABLE kv(key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL);" ROW,
    "CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value TEXT NOT NULL);" ROW,
    "CREATE TABLE kv(key INTEGER PRIMARY KEY, value BLOB NOT NULL);"
    "INSERT INTO kv VALUES (1, x'6f6e65');",
    KVTEST_V2 ("kv") ROW "CREATE INDEX i ON kv(value);",
    KVTEST_V2 ("kv") ROW "CREATE INDEX i ON kv(length(value));",
    KVTEST_V2 ("kv") ROW "CREATE UNIQUE INDEX i ON kv(value);",
    KVTEST_V2 ("kv") ROW "CREATE TABLE c(k REFERENCES kv(key) ON DELETE CASCADE);",
    "CREATE TABLE kv(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, "
    "size INTEGER NOT NULL); INSERT INTO kv VALUES (1, x'61', x'6f6e65', 3);",
    "CREATE TABLE kv(id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, value BLOB "
    "NOT NULL, size INTEGER NOT NULL); INSERT INTO kv VALUES (1, x'61', x'6f6e65', 3);",
    "CREATE TABLE kv(id, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, "
    "size INTEGER NOT NULL); INSERT INTO kv VALUES (1, x'61', x'6f6e65', 3);",
  };

  for (size_t i = 0; i < KVTEST_N (tables); i++)
    {
      printf ("# %s\n", tables[i]);
      assert_exact_or_readonly (tables[i]);
    }
}

/* TEXT is UTF-16 there. Keys and values are blobs all the same; a stray text is its bytes. */
static void
works_in_files_of_utf16 (void)
{
  static const char *const encodings[] = { "UTF-16le", "UTF-16be" };

  for (size_t i = 0; i < KVTEST_N (encodings); i++)
    {
      char *path = kvtest_path (kvtest_format ("%zu.db", i));
      kvault_blob *blob;
      uint64_t size;
      kvault *vault;
      void *value;
      size_t n;

      kvtest_sql (path, "PRAGMA encoding='%s';" "CREATE TABLE '\xc3\xa9t\xc3\xa9' (id INTEGER "
                        "PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT "
                        "NULL); INSERT INTO '\xc3\xa9t\xc3\xa9' VALUES (1, x'61', 'text', 4);", encodings[i]);
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      assert_str (kvault_table (vault), "\xc3\xa9t\xc3\xa9");
      exercise (vault);
      assert_ok (vault, kvault_size (vault, "a", 1, &size));
      assert_ok (vault, kvault_get (vault, "a", 1, &value, &n));
      assert_ok (vault, kvault_blob_open (vault, "a", 1, &blob));
      assert_int (size, ==, n);
      assert_int (size, ==, kvault_blob_size (blob));
      kvault_free (value);
      kvault_close (vault);
    }
}

/* ---- Bombs ---- */

static void
opens_beside_nested_views_at_once (void)
{
  char *path = kvtest_path ("bomb.db");

  kvtest_sql (path, KVTEST_V2 ("kv") "CREATE VIEW v0 AS SELECT 1 AS x;");
  for (unsigned i = 1; i <= 40; i++)   /* 2^40 steps for who prepares the last one */
    kvtest_sql (path, "CREATE VIEW v%u AS SELECT a.x FROM v%u AS a, v%u AS b", i, i - 1, i - 1);
  kvault_close (kvtest_open (path, KVAULT_ACCESS_VIEW));
}

/* Every second one is a vault. SQLite takes minutes for so many CREATEs: the rows of the schema are
 * written as they would be, but all tables of a kind share the root pages of one. */
static void
make_tables (const char *path,
             unsigned    n)
{
  kvtest_sql (path, KVTEST_V2 ("model") "CREATE TABLE other (a, b);"
                    "PRAGMA writable_schema=1;"
                    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 2 FROM n WHERE i < %u) "
                    "INSERT INTO sqlite_schema SELECT type, replace(name, 'model', "
                    "printf('t%%05d', i)), printf('t%%05d', i), rootpage, replace(sql, 'model', "
                    "printf('t%%05d', i)) FROM n, sqlite_schema AS s WHERE tbl_name = 'model' "
                    "ORDER BY i, s.rowid;"
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 2 FROM n WHERE i < %u) "
                    "INSERT INTO sqlite_schema SELECT type, printf('t%%05d', i), "
                    "printf('t%%05d', i), rootpage, replace(sql, 'other', printf('t%%05d', i)) "
                    "FROM n, sqlite_schema WHERE tbl_name = 'other';"
                    "DELETE FROM sqlite_schema WHERE tbl_name IN ('model', 'other');"
                    "PRAGMA schema_version=2;", n - 2, n - 1);
}

static void
opens_ten_thousand_tables_quickly (void)
{
  char *path = kvtest_path ("tables.db");
  const kvault_section *sections;
  kvault *vault;
  double start;
  size_t n;

  make_tables (path, 10000);
  start = kvtest_cpu ();
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  printf ("# opened in %.0f ms\n", (kvtest_cpu () - start) * 1000);
  assert_true (kvtest_cpu () - start < 20); /* for sanitizers; some 0.2 s without */
  assert_ok (vault, kvault_sections (vault, &sections, &n));
  assert_int (n, ==, 5000);
  assert_str (sections[0].name, "t00000");
  assert_str (sections[4999].name, "t09998");
  assert_ok (vault, kvault_use_table (vault, "t09998"));
  kvault_close (vault);
}

/* Of most tables the text alone tells what they are; not of these. */
static void
is_not_misled_by_the_text (void)
{
  static const struct { const char *sql; bool there, writable; } cases[] = {
    { "CREATE TABLE \"t\" (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)", true, true },
    { "CREATE TABLE t(key BLOB PRIMARY KEY NOT NULL,\n  value BLOB NOT NULL\n)", true, true },
    { "CREATE TABLE t (key BLOBPRIMARY KEY NOT NULL, value BLOB NOT NULL)", false, false },
    { "CREATE TABLE t (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID", true, false },
    { "CREATE TABLE t (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL, size INTEGER)", false, false },
    { "CREATE TABLE t (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL); CREATE INDEX i ON t (value)", true, false },
    { "CREATE TABLE t (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
      "CREATE TRIGGER i DELETE ON t BEGIN SELECT 1; END", true, false },
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    {
      char name[16];
      char *path;
      const kvault_section *sections;
      kvault *vault;
      size_t n;

      snprintf (name, sizeof name, "text%zu.db", i);
      path = kvtest_path (name);
      kvtest_sql (path, KVTEST_V2 ("\"a\"\"b\"") "%s", cases[i].sql);
      vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
      assert_ok (vault, kvault_sections (vault, &sections, &n));
      assert_int (n, ==, cases[i].there ? 2 : 1);
      assert_str (sections[0].name, "a\"b");
      assert_true (sections[0].writable);
      assert_true (!cases[i].there || sections[1].writable == cases[i].writable);
      kvault_close (vault);
    }
}

static void
opens_beside_broken_views (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "CREATE TABLE gone(x); CREATE VIEW broken AS SELECT * FROM gone;"
                    "PRAGMA legacy_alter_table=1; DROP TABLE gone;"
                    "CREATE VIEW unknown AS SELECT no_such_function(1);");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  exercise (vault);
  kvault_close (vault);
}

/* Limits keep a stranger's SQL short; they must not keep a person from a vault that shares its file
 * with tables and views of some size. */
static void
opens_beside_large_neighbours (void)
{
  char *path = kvtest_path ("a.db"), *sql = malloc (400000), *end;
  kvault *vault;

  end = sql + sprintf (sql, KVTEST_V2 ("kv") "CREATE TABLE wide (c0");
  for (unsigned i = 1; i < 1900; i++)
    end += sprintf (end, ", c%u INTEGER DEFAULT 0", i);
  end += sprintf (end, "); CREATE VIEW many AS SELECT 1");
  for (unsigned i = 0; i < 400; i++)
    end += sprintf (end, " UNION ALL SELECT %u", i);
  end += sprintf (end, "; CREATE VIEW deep AS SELECT 1");
  for (unsigned i = 0; i < 800; i++)
    end += sprintf (end, " + 1");
  end += sprintf (end, "; CREATE VIEW call AS SELECT coalesce(1");
  for (unsigned i = 0; i < 90; i++)
    end += sprintf (end, ", 1");
  end += sprintf (end, "); CREATE TABLE long (c /*");
  memset (end, 'x', 150000);
  end += 150000;
  sprintf (end, "*/);");
  kvtest_sql (path, "%s", sql);
  free (sql);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  exercise (vault);
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  kvault_close (vault);
}

static void
tells_a_malformed_schema (void)
{
  static const char *const rows[] = {
    "UPDATE sqlite_schema SET sql = 'CREATE TABLE oops(' WHERE name = 'other'",
    "UPDATE sqlite_schema SET sql = 'not even SQL' WHERE name = 'kv'",
    "UPDATE sqlite_schema SET rootpage = 999999 WHERE name = 'kv'",
    "INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name = 'other'",
  };

  for (size_t i = 0; i < KVTEST_N (rows); i++)
    {
      char *path = kvtest_path ("broken.db");
      kvault *vault = NULL;
      KvSnapshot *before;
      int rc;

      kvtest_remove (path);
      kvtest_sql (path, KVTEST_V2 ("kv") "CREATE TABLE other(x);");
      kvtest_sql (path, "PRAGMA writable_schema=1; %s; PRAGMA schema_version=99;", rows[i]);
      before = kvtest_snapshot (kvtest_folder ());
      rc = kvault_open (path, &(kvault_options) { .access = KVAULT_ACCESS_VIEW }, &vault, NULL);
      if (rc == KVAULT_OK) /* a root page that is not there shows when it is read */
        {
          void *value;
          size_t size;

          rc = kvault_get (vault, "k", 1, &value, &size);
          kvault_close (vault);
        }
      assert_int (rc, ==, KVAULT_ECORRUPT);
      assert_unchanged (before);
    }
}

/* The functions that a schema may call are the harmless ones; nothing is loaded or written. */
static void
runs_nothing_of_a_stranger (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault;

  kvtest_sql (path, "CREATE TABLE log(x); CREATE TABLE kv(key BLOB PRIMARY KEY NOT NULL, value BLOB "
                    "NOT NULL, CHECK(length(key) > 0));" ROW
                    "CREATE TRIGGER t INSERT ON kv BEGIN INSERT INTO log VALUES (1); END;"
                    "CREATE TRIGGER u DELETE ON kv BEGIN INSERT INTO log VALUES (2); END;");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_put (vault, "b", 1, "v", 1);
  kvault_delete (vault, "a", 1);
  assert_value (vault, "a", 1, "one", 3);
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM log"), ==, 0);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, 1);
}

static const KvTest tests[] = {
  { "/kvault/schema/finds-both-shapes", finds_both_shapes },
  { "/kvault/schema/lists-every-section", lists_every_section },
  { "/kvault/schema/passes-other-tables-by", passes_other_tables_by },
  { "/kvault/schema/prefers-kv-then-the-first", prefers_kv_then_the_first },
  { "/kvault/schema/opens-the-table-asked-for", opens_the_table_asked_for },
  { "/kvault/schema/creates-the-newer-shape", creates_the_newer_shape },
  { "/kvault/schema/creates-as-told", creates_as_told },
  { "/kvault/schema/adds-a-table-to-a-file", adds_a_table_to_a_file },
  { "/kvault/schema/takes-an-empty-file-as-new", takes_an_empty_file_as_new },
  { "/kvault/schema/a-file-of-one-byte-is-not-empty", a_file_of_one_byte_is_not_empty },
  { "/kvault/schema/takes-any-name-of-a-table", takes_any_name_of_a_table },
  { "/kvault/schema/creates-no-second-table-of-another-case",
    creates_no_second_table_of_another_case },
  { "/kvault/schema/guards-against-strange-tables", guards_against_strange_tables },
  { "/kvault/schema/tells-of-triggers", tells_of_triggers },
  { "/kvault/schema/writes-peculiar-tables-exactly-or-not",
    writes_peculiar_tables_exactly_or_not },
  { "/kvault/schema/works-in-files-of-utf16", works_in_files_of_utf16 },
  { "/kvault/schema/opens-beside-nested-views-at-once", opens_beside_nested_views_at_once },
  { "/kvault/schema/opens-ten-thousand-tables-quickly", opens_ten_thousand_tables_quickly },
  { "/kvault/schema/is-not-misled-by-the-text", is_not_misled_by_the_text },
  { "/kvault/schema/opens-beside-broken-views", opens_beside_broken_views },
  { "/kvault/schema/opens-beside-large-neighbours", opens_beside_large_neighbours },
  { "/kvault/schema/tells-a-malformed-schema", tells_a_malformed_schema },
  { "/kvault/schema/runs-nothing-of-a-stranger", runs_nothing_of_a_stranger },
};

KVTEST_MAIN (tests)
