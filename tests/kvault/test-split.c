/* SPDX-License-Identifier: MIT */
/* What the pages belong to, against what dbstat and the file system say: split.c. */
#include "kvtest.h"

#include <sqlite3.h>

static void
splits_to_the_byte (void)
{
  static const char *const files[] = {
    "v010_media.db", "v010_odd_keys.db", "v086_all_vaults.db", "foreign/empty_vault_v2.db",
    "foreign/v2_page_1024_autovacuum.db",
  };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    {
      char *path = kvtest_fixture (files[i]);
      kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
      kvault_split split;

      assert_ok (vault, kvault_split_get (vault, &split, NULL, NULL));
      kvault_close (vault);
      assert_int (split.main_size, ==, kvtest_file_size (path));
      assert_int (split.file_size, ==, split.main_size);
      assert_int (split.values_size + split.keys_size + split.other_size + split.reclaimable_size, ==, split.main_size);
    }
}

static void
splits_as_dbstat_does (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault *vault;
  kvault_split split;

  kvtest_sql (path, "CREATE TABLE notes (text); INSERT INTO notes VALUES (zeroblob (300000)); DELETE FROM kv WHERE length (value) > 1000");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_split_get (vault, &split, NULL, NULL));
  assert_int (split.values_size, ==, kvtest_sql_int (path, "SELECT sum (pgsize) FROM dbstat WHERE name IN "
                                                     "(SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN "
                                                     "('notes', 'kohakuvault_meta') AND name NOT LIKE 'sqlite%')"));
  assert_int (split.keys_size, ==, kvtest_sql_int (path, "SELECT sum (pgsize) FROM dbstat WHERE name IN "
                                                   "(SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name <> 'kohakuvault_meta')"));
  assert_int (split.reclaimable_size, ==, kvtest_sql_int (path, "PRAGMA freelist_count") * kvtest_sql_int (path, "PRAGMA page_size"));
  assert_int (split.other_size, >=, 300000);
  kvault_close (vault);
}

static int
stop_cb (const kvault_progress *progress,
         void                  *data)
{
  assert_int (progress->bytes, <=, progress->bytes_total);
  return 1;
}

/* Each table is as large as dbstat says that it and its indexes are, and those of vaults are the values and the keys. */
static void
tells_tables_apart (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault *vault;
  kvault_split split;
  const kvault_split_table *tables;
  uint64_t values = 0, keys = 0, other = 0, last = INT64_MAX;
  size_t n;

  kvtest_sql (path, "CREATE TABLE \"it's\" (text, n INTEGER UNIQUE); INSERT INTO \"it's\" VALUES (zeroblob (3000000), 7)");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_split_tables (vault, &split, &tables, &n, NULL, NULL));
  assert_int (n, ==, kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite_%'"));
  assert_str (tables[0].name, "it's");
  for (size_t i = 0; i < n; i++)
    {
      char *table = sqlite3_mprintf ("SELECT sum (pgsize) FROM dbstat WHERE name = %Q", tables[i].name);
      char *index = sqlite3_mprintf ("SELECT ifnull (sum (pgsize), 0) FROM dbstat WHERE name IN "
                                     "(SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = %Q)", tables[i].name);

      assert_int (tables[i].table_size, ==, kvtest_sql_int (path, table));
      assert_int (tables[i].index_size, ==, kvtest_sql_int (path, index));
      assert_int (tables[i].table_size + tables[i].index_size, <=, last);
      last = tables[i].table_size + tables[i].index_size;
      if (!tables[i].is_vault)
        other += last;
      values += tables[i].is_vault ? tables[i].table_size : 0;
      keys += tables[i].is_vault ? tables[i].index_size : 0;
      sqlite3_free (table);
      sqlite3_free (index);
    }
  assert_int (values, ==, split.values_size);
  assert_int (keys, ==, split.keys_size);
  assert_int (other, <, split.other_size);
  assert_int (other, >, 3000000);
  assert_int (kvault_split_tables (vault, &split, &tables, &n, stop_cb, NULL), ==, KVAULT_ECANCELLED);
  assert_int (n, ==, 0);
  kvault_close (vault);
}

static void
splits_what_is_in_the_main_file (void)
{
  kvault *vault = kvtest_create ("a.db");
  uint8_t value[300000] = { 0 };
  kvault_split split;

  assert_ok (vault, kvault_put (vault, "k", 1, value, sizeof value));
  assert_ok (vault, kvault_split_get (vault, &split, NULL, NULL));
  assert_int (split.main_size, ==, kvtest_file_size (kvault_location (vault)));
  assert_int (split.file_size, >, split.main_size);
  assert_int (split.values_size + split.keys_size + split.other_size + split.reclaimable_size, ==, split.main_size);
  kvault_close (vault);
}

/* More pages are free in the log than the main file has: those of other tables are not free for that. */
static void
counts_no_page_as_free_that_is_used (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault *vault;
  kvault_split split;
  const kvault_split_table *tables;
  sqlite3 *writer;
  size_t n;

  kvtest_sql (path, "PRAGMA journal_mode = wal; CREATE TABLE notes (text); INSERT INTO notes VALUES (zeroblob (3000000))");
  assert_int (sqlite3_open (path, &writer), ==, SQLITE_OK);
  assert_int (sqlite3_exec (writer, "PRAGMA wal_autocheckpoint = 0; CREATE TABLE gone (text); INSERT INTO gone VALUES (zeroblob (9000000));"
                            "DROP TABLE gone", NULL, NULL, NULL), ==, SQLITE_OK);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_split_tables (vault, &split, &tables, &n, NULL, NULL));
  assert_str (tables[0].name, "notes");
  assert_int (tables[0].table_size, >, 3000000);
  assert_int (split.main_size, ==, kvtest_file_size (path));
  assert_int (split.file_size, >, split.main_size + 9000000 - 100000);
  assert_int (split.other_size, >=, tables[0].table_size);
  assert_int (split.values_size + split.keys_size + split.other_size + split.reclaimable_size, ==, split.main_size);
  kvault_close (vault);
  sqlite3_close (writer);
}

static void
splitting_can_be_stopped (void)
{
  char *path = kvtest_fixture ("v010_media.db");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  kvault_split split;

  assert_int (kvault_split_get (vault, &split, stop_cb, NULL), ==, KVAULT_ECANCELLED);
  assert_int (split.main_size, ==, 0);
  assert_ok (vault, kvault_split_get (vault, &split, NULL, NULL));
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/split/adds-up-to-the-byte", splits_to_the_byte },
  { "/kvault/split/agrees-with-dbstat", splits_as_dbstat_does },
  { "/kvault/split/tells-tables-apart", tells_tables_apart },
  { "/kvault/split/leaves-out-what-is-in-the-log", splits_what_is_in_the_main_file },
  { "/kvault/split/leaves-used-pages-out-of-the-free", counts_no_page_as_free_that_is_used },
  { "/kvault/split/can-be-stopped", splitting_can_be_stopped },
};

KVTEST_MAIN (tests)
