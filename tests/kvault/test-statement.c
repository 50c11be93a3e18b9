/* SPDX-License-Identifier: MIT */
/* SQL is prepared once, outlives changes of table and schema, and never reads the size column: statement.c. */
#include "kvtest.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

/* ---- what the engine asks of SQLite ---- */

static unsigned n_prepared;
static unsigned n_sizes_read;

/* These stand before SQLite's own. */
int
sqlite3_prepare_v2 (sqlite3       *db,
                    const char    *sql,
                    int            size,
                    sqlite3_stmt **statement,
                    const char   **tail)
{
  int (*real) (sqlite3 *, const char *, int, sqlite3_stmt **, const char **) = dlsym (RTLD_NEXT, "sqlite3_prepare_v2");

  n_prepared++;
  return real (db, sql, size, statement, tail);
}

int
sqlite3_prepare_v3 (sqlite3       *db,
                    const char    *sql,
                    int            size,
                    unsigned       flags,
                    sqlite3_stmt **statement,
                    const char   **tail)
{
  int (*real) (sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **) = dlsym (RTLD_NEXT, "sqlite3_prepare_v3");

  n_prepared++;
  return real (db, sql, size, flags, statement, tail);
}

/* Asked about every column that a statement reads, whatever its words. */
static int
note_column (void       *data,
             int         action,
             const char *table,
             const char *column,
             const char *database,
             const char *trigger)
{
  n_sizes_read += action == SQLITE_READ && strcmp (table, "kv") == 0 && strcmp (column, "size") == 0;
  return SQLITE_OK;
}

int
sqlite3_open_v2 (const char  *name,
                 sqlite3    **db,
                 int          flags,
                 const char  *vfs)
{
  int (*real) (const char *, sqlite3 **, int, const char *) = dlsym (RTLD_NEXT, "sqlite3_open_v2");
  int rc = real (name, db, flags, vfs);

  if (rc == SQLITE_OK)
    sqlite3_set_authorizer (*db, note_column, NULL);
  return rc;
}

/* Everything a program does with one value; @i makes keys that are new in each round. */
static void
work_with_values (kvault   *vault,
                  unsigned  i)
{
  char *file = kvtest_path ("value"), bytes[5000] = { 0 };
  char *key = kvtest_format ("key%06u", i), *new_key = kvtest_format ("new%06u", i);
  kvault_writer *writer;
  kvault_blob *blob;
  uint64_t n, size;
  void *value, *old;
  size_t value_size;
  int fd = open (file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  assert_int (write (fd, bytes, sizeof bytes), ==, sizeof bytes);
  assert_ok (vault, kvault_put (vault, key, 9, "value", 5));
  assert_ok (vault, kvault_put (vault, key, 9, bytes, sizeof bytes));
  assert_value (vault, key, 9, bytes, sizeof bytes);
  assert_ok (vault, kvault_exists (vault, key, 9));
  assert_ok (vault, kvault_size (vault, key, 9, &size));
  assert_ok (vault, kvault_count (vault, &n));
  assert_ok (vault, kvault_setdefault (vault, key, 9, "other", 5, &old, &value_size));
  kvault_free (old);
  assert_ok (vault, kvault_rename (vault, key, 9, new_key, 9, 0));
  assert_result (vault, kvault_delete (vault, key, 9), KVAULT_NOTFOUND);
  lseek (fd, 0, SEEK_SET);
  assert_ok (vault, kvault_put_fd (vault, new_key, 9, fd, KVAULT_SIZE_UNKNOWN, NULL, NULL));
  assert_ok (vault, kvault_get_fd (vault, new_key, 9, fd, NULL, NULL, &n));
  assert_ok (vault, kvault_writer_open (vault, new_key, 9, 3, &writer));
  assert_ok (vault, kvault_writer_write (writer, "abc", 3));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_ok (vault, kvault_blob_open (vault, new_key, 9, &blob));
  assert_ok (vault, kvault_blob_read (blob, bytes, 3, 0));
  kvault_blob_close (blob);
  assert_ok (vault, kvault_begin (vault));
  assert_ok (vault, kvault_put (vault, "again", 5, "value", 5));
  assert_ok (vault, kvault_delete (vault, "again", 5));
  assert_ok (vault, kvault_commit (vault));
  assert_ok (vault, kvault_pop (vault, new_key, 9, &value, &value_size));
  kvault_free (value);
  close (fd);
}

static void
prepares_every_statement_once (void)
{
  for (kvault_section_kind kind = KVAULT_SECTION_V1; kind <= KVAULT_SECTION_V2; kind++)
    {
      kvault *vault = kvtest_make (kind);
      unsigned before;

      work_with_values (vault, 0);
      before = n_prepared;
      assert_int (before, >, 0);
      for (unsigned i = 1; i < 20; i++)
        work_with_values (vault, i);
      assert_int (n_prepared - before, ==, 0);
      kvault_close (vault);
    }
}

/* Each finds and decides by length(): the size column lies behind the value. Only kvault_check() looks whether it is right. */
static void
never_reads_the_size_column (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V1);
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_SIZES };
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault_totals_result totals;
  kvault_check_result result;
  kvault_stats stats;
  uint64_t n;

  work_with_values (vault, 0);
  for (unsigned i = 0; i < 100; i++)
    assert_ok (vault, kvault_put (vault, &i, sizeof i, "value", 5));
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    assert_int (entry->value_size, ==, 5);
  kvault_cursor_close (cursor);
  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_int (totals.bytes, ==, 500);
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_ok (vault, kvault_rename_prefix (vault, "\1", 1, "\377", 1, 0, NULL, NULL, &n));
  assert_ok (vault, kvault_delete_prefix (vault, "\377", 1, NULL, NULL, &n));
  assert_ok (vault, kvault_vacuum (vault, &(kvault_vacuum_options) { .way = KVAULT_VACUUM_SWAP }, NULL));
  assert_int (n_sizes_read, ==, 0);
  assert_ok (vault, kvault_check (vault, 0, NULL, NULL, NULL, NULL, &result));
  assert_int (n_sizes_read, >, 0);   /* so it would have been seen */
  kvault_close (vault);
}

/* ---- changes underneath ---- */

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
  { "/kvault/statement/prepares-every-statement-once", prepares_every_statement_once },
  { "/kvault/statement/never-reads-the-size-column", never_reads_the_size_column },
  { "/kvault/statement/survives-a-changed-schema", survives_a_changed_schema },
  { "/kvault/statement/survives-a-vacuum", survives_a_vacuum },
  { "/kvault/statement/tells-a-dropped-table", tells_a_dropped_table },
  { "/kvault/statement/tells-a-changed-shape", tells_a_changed_shape },
  { "/kvault/statement/switches-tables-at-will", switches_tables_at_will },
  { "/kvault/statement/readers-stay-with-their-table", readers_stay_with_their_table },
  { "/kvault/statement/leaves-no-lock-behind", leaves_no_lock_behind },
};

KVTEST_MAIN (tests)
