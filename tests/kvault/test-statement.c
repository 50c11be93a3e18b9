/* SPDX-License-Identifier: MIT */
/* Prepared statements outlive changes of table and schema: statement.c. */
#include "kvtest.h"

static void
survives_a_changed_schema (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));

  for (unsigned i = 0; i < 10; i++)
    {
      assert_ok (vault, kvault_put (vault, "k", 1, &i, sizeof i));
      kvtest_sql (path, "CREATE TABLE other%u(x)", i);
      assert_value (vault, "k", 1, &i, sizeof i);
      kvtest_sql (path, "CREATE INDEX i%u ON other%u(x)", i, i);
    }
  kvault_close (vault);
}

static void
survives_a_vacuum (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *path = kvtest_format ("%s", kvault_location (vault));
  uint64_t count;

  for (unsigned i = 0; i < 500; i++)
    assert_ok (vault, kvault_put (vault, &i, sizeof i, &i, sizeof i));
  for (unsigned i = 0; i < 500; i += 2)
    assert_ok (vault, kvault_delete (vault, &i, sizeof i));
  kvtest_sql (path, "PRAGMA page_size=4096; VACUUM");
  for (unsigned i = 1; i < 500; i += 2)
    assert_value (vault, &i, sizeof i, &i, sizeof i);
  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, 251);
  kvault_close (vault);
}

static void
tells_a_dropped_table (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v086_two_tables.db"), KVAULT_ACCESS_WRITE);
  void *value;
  size_t size;
  uint64_t count;

  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_value (vault, "k", 1, "v", 1);
  kvtest_sql (kvault_location (vault), "DROP TABLE kv");
  assert_true (kvault_get (vault, "k", 1, &value, &size) < KVAULT_NOTFOUND);
  assert_true (kvault_errmsg (vault)[0] != '\0');
  assert_true (kvault_put (vault, "k", 1, "v", 1) < KVAULT_NOTFOUND);
  assert_true (kvault_count (vault, &count) < KVAULT_NOTFOUND);
  assert_ok (vault, kvault_use_table (vault, "thumbs"));
  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_value (vault, "k", 1, "v", 1);
  kvault_close (vault);
}

/* A table of the other shape came under the same name: no row may lose its size. */
static void
tells_a_changed_shape (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));
  int rc;

  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  kvtest_sql (path, "DROP TABLE kv;" KVTEST_V1 ("kv"));
  rc = kvault_put (vault, "k", 1, "v", 1);
  assert_true (rc == KVAULT_OK || kvault_errmsg (vault)[0] != '\0');
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv WHERE size IS NOT length(value)"),
              ==, 0);
}

static void
switches_tables_at_will (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v010_two_tables.db"), KVAULT_ACCESS_WRITE);

  for (unsigned i = 0; i < 500; i++)
    {
      const char *table = i % 2 ? "thumbs" : "originals";

      assert_ok (vault, kvault_use_table (vault, table));
      assert_str (kvault_table (vault), table);
      assert_ok (vault, kvault_put (vault, "k", 1, table, strlen (table)));
      assert_value (vault, "k", 1, table, strlen (table));
    }
  assert_ok (vault, kvault_use_table (vault, "originals"));
  assert_value (vault, "k", 1, "originals", 9);
  kvault_close (vault);
}

static void
readers_stay_with_their_table (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v010_two_tables.db"), KVAULT_ACCESS_WRITE);
  kvault_cursor *cursor;
  const kvault_entry *entry;
  kvault_blob *blob;
  char buf[9];
  unsigned n = 0;

  assert_ok (vault, kvault_use_table (vault, "originals"));
  assert_ok (vault, kvault_put (vault, "k", 1, "originals", 9));
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  assert_ok (vault, kvault_blob_open (vault, "k", 1, &blob));
  assert_ok (vault, kvault_use_table (vault, "thumbs"));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    n++;
  assert_int (n, ==, 5);
  assert_ok (vault, kvault_blob_read (blob, buf, 9, 0));
  assert_mem (buf, 9, "originals", 9);
  kvault_cursor_close (cursor);
  kvault_blob_close (blob);
  kvault_close (vault);
}

/* No statement is left in the middle of a row, holding a lock nobody asked for. */
static void
leaves_no_lock_behind (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault;
  void *value;
  size_t size;
  uint64_t number;

  kvtest_sql (path, "PRAGMA journal_mode=DELETE;" KVTEST_V2 ("kv"));
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_ok (vault, kvault_get (vault, "k", 1, &value, &size));
  kvault_free (value);
  assert_ok (vault, kvault_exists (vault, "k", 1));
  assert_ok (vault, kvault_size (vault, "k", 1, &number));
  assert_ok (vault, kvault_count (vault, &number));
  assert_result (vault, kvault_delete (vault, "no", 2), KVAULT_NOTFOUND);
  assert_result (vault, kvault_rename (vault, "no", 2, "k", 1, 0), KVAULT_NOTFOUND);
  assert_result (vault, kvault_rename (vault, "k", 1, "k2", 2, 0), KVAULT_OK);
  kvtest_hold_lock (path, "EXCLUSIVE"); /* fails if anybody reads or writes */
  kvtest_release_lock ();
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/statement/survives-a-changed-schema", survives_a_changed_schema },
  { "/kvault/statement/survives-a-vacuum", survives_a_vacuum },
  { "/kvault/statement/tells-a-dropped-table", tells_a_dropped_table },
  { "/kvault/statement/tells-a-changed-shape", tells_a_changed_shape },
  { "/kvault/statement/switches-tables-at-will", switches_tables_at_will },
  { "/kvault/statement/readers-stay-with-their-table", readers_stay_with_their_table },
  { "/kvault/statement/leaves-no-lock-behind", leaves_no_lock_behind },
};

KVTEST_MAIN (tests)
