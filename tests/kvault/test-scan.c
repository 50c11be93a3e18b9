/* SPDX-License-Identifier: MIT */
/* Rows in the order of the file, and rows by their ids: scan.c. */
#include "kvtest-faults.h"
#include "kvtest.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#define LIMIT 4096u   /* of key and value: what is more goes into parts */

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

static kvault_cursor *
open_stored (kvault *vault)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED };
  kvault_cursor *cursor;

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  return cursor;
}

static size_t
count_stored (kvault *vault)
{
  kvault_cursor *cursor = open_stored (vault);
  const kvault_entry *entry;
  size_t n = 0;
  int rc;

  while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    n++;
  assert_result (vault, rc, KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
  return n;
}

/* A vault with keys of every class, see classes[]. */
static char *
make_classes (kvault_section_kind kind)
{
  char *path = kvtest_path (kind == KVAULT_SECTION_V1 ? "classes1.db" : "classes2.db");
  bool is_old = kind == KVAULT_SECTION_V1;
  static const struct { const char *id, *key, *value; } rows[] = {
    { "30", "x'6b'", "x'0102'" }, { "-7", "7", "x'01'" }, { "0", "'text'", "'h' || char(233)" }, { "31", "x''", "x''" },
    { "9223372036854775807", "2.5", "x'01'" }, { "33", "''", "3" }, { "-9223372036854775808", "x'ff'", "zeroblob(5000)" },
  };

  kvtest_sql (path, "%s", is_old ? KVTEST_V1 ("kv") : KVTEST_V2 ("kv"));
  for (size_t i = 0; i < KVTEST_N (rows); i++)
    kvtest_sql (path, "INSERT INTO kv (rowid, key, value%s) VALUES (%s, %s, %s%s)", is_old ? ", size" : "", rows[i].id, rows[i].key,
                rows[i].value, is_old ? ", 0" : "");
  return path;
}

typedef struct {
  int64_t id;
  const char *key;
  size_t key_size;
  kvault_class key_class;
  uint64_t value_size;
  kvault_class value_class;
} Row;

/* What make_classes() made, by id. */
static const Row classes[] = {
  { INT64_MIN, "\xff", 1, KVAULT_CLASS_BLOB, 5000, KVAULT_CLASS_BLOB },
  { -7, "7", 1, KVAULT_CLASS_INTEGER, 1, KVAULT_CLASS_BLOB },
  { 0, "text", 4, KVAULT_CLASS_TEXT, 3, KVAULT_CLASS_TEXT },   /* bytes, not characters */
  { 30, "k", 1, KVAULT_CLASS_BLOB, 2, KVAULT_CLASS_BLOB },
  { 31, "", 0, KVAULT_CLASS_BLOB, 0, KVAULT_CLASS_BLOB },
  { 33, "", 0, KVAULT_CLASS_TEXT, 1, KVAULT_CLASS_INTEGER },
  { INT64_MAX, "2.5", 3, KVAULT_CLASS_REAL, 1, KVAULT_CLASS_BLOB },
};

static void
assert_row (const kvault_entry *entry,
            const Row          *row)
{
  assert_int (entry->id, ==, row->id);
  assert_mem (entry->key, entry->key_size, row->key, row->key_size);
  assert_int (entry->key_class, ==, row->key_class);
  assert_int (entry->result, ==, KVAULT_OK);
  assert_int (entry->value_size, ==, row->value_size);
  assert_int (entry->value_class, ==, row->value_class);
}

/* ---- Walking ---- */

static void
check_walk (kvault                      *vault,
            const kvault_cursor_options *options)
{
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_cursor_open (vault, options, &cursor));
  for (size_t i = 0; i < KVTEST_N (classes); i++)
    {
      if (options->has_start &&
          (classes[i].id < options->start_id || (classes[i].id == options->start_id && (options->flags & KVAULT_CURSOR_AFTER) != 0)))
        continue;
      assert_ok (vault, kvault_cursor_next (cursor, &entry));
      assert_row (entry, &classes[i]);
    }
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
  assert_true (entry == NULL);
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
}

static void
gives_every_row_in_order (void)
{
  static const int64_t starts[] = { INT64_MIN, INT64_MIN + 1, -8, -7, -6, -1, 0, 1, 29, 30, 31, 32, 34, INT64_MAX - 1, INT64_MAX };
  static const unsigned flags[] = { 0, KVAULT_CURSOR_AFTER, KVAULT_CURSOR_IDS, KVAULT_CURSOR_AFTER | KVAULT_CURSOR_SIZES };

  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_open (make_classes (kinds[kind]), KVAULT_ACCESS_VIEW);

      assert_int (kvault_table_kind (vault), ==, kinds[kind]);
      for (size_t i = 0; i < KVTEST_N (flags); i++)
        {
          kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED | flags[i] };

          check_walk (vault, &options);
          options.has_start = 1;
          for (size_t j = 0; j < KVTEST_N (starts); j++)
            {
              options.start_id = starts[j];
              check_walk (vault, &options);
            }
        }
      kvault_close (vault);
    }
}

/* A list in pages: each cursor begins behind the last row of the one before. */
static void
goes_on_in_pages (void)
{
  kvault *vault = kvtest_open (make_classes (KVAULT_SECTION_V2), KVAULT_ACCESS_VIEW);

  for (size_t page = 1; page < 4; page++)
    {
      kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED };
      size_t n = 0;

      for (int rc = KVAULT_OK; rc == KVAULT_OK;)
        {
          kvault_cursor *cursor;
          const kvault_entry *entry;

          assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
          for (size_t i = 0; i < page && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK; i++)
            {
              assert_row (entry, &classes[n++]);
              options = (kvault_cursor_options) { .flags = KVAULT_CURSOR_STORED | KVAULT_CURSOR_AFTER, .has_start = 1, .start_id = entry->id };
            }
          kvault_cursor_close (cursor);
        }
      assert_int (n, ==, KVTEST_N (classes));
    }
  kvault_close (vault);
}

static void
walks_nothing (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_make (kinds[kind]);

      assert_int (count_stored (vault), ==, 0);
      kvault_close (vault);
    }
}

static void
refuses_what_it_has_no_use_for (void)
{
  static const kvault_cursor_options wrong[] = {
    { .flags = KVAULT_CURSOR_STORED | KVAULT_CURSOR_REVERSE },
    { .flags = KVAULT_CURSOR_STORED, .prefix = "a", .prefix_size = 1 },
    { .flags = KVAULT_CURSOR_STORED, .prefix = "" },
    { .flags = KVAULT_CURSOR_STORED, .start = "a", .start_size = 1, .has_start = 1 },
    { .flags = KVAULT_CURSOR_STORED, .start_size = 1, .has_start = 1 },
    { .flags = KVAULT_CURSOR_STORED, .start_class = KVAULT_CLASS_BLOB, .has_start = 1 },
    { .start_id = 1, .has_start = 1 },
  };
  kvault *vault = kvtest_create ("a.db");

  for (size_t i = 0; i < KVTEST_N (wrong); i++)
    {
      kvault_cursor *cursor = (kvault_cursor *) vault;

      assert_result (vault, kvault_cursor_open (vault, &wrong[i], &cursor), KVAULT_EINVAL);
      assert_true (cursor == NULL);
    }
  kvault_close (vault);
}

static kvault *
make_parts (kvault_section_kind kind)
{
  kvault_options options = { .whole_value_max = LIMIT };
  char *path, *zeros = calloc (1, 100000);
  kvault *vault = kvtest_make (kind);

  path = kvtest_format ("%s", kvault_location (vault));
  kvault_close (vault);
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_ok (vault, kvault_put (vault, "first", 5, zeros, 112));   /* as long as a marker */
  assert_ok (vault, kvault_put (vault, "parts", 5, zeros, 100000));
  assert_ok (vault, kvault_put (vault, "a last", 6, "v", 1));
  free (zeros);
  return vault;
}

static void
tells_the_size_of_parts (void)
{
  static const uint64_t sizes[] = { 112, 100000, 1 };

  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = make_parts (kinds[kind]);
      kvault_cursor *cursor = open_stored (vault);
      const kvault_entry *entry;
      kvault_entry same;

      for (size_t i = 0; i < 3; i++)
        {
          assert_ok (vault, kvault_cursor_next (cursor, &entry));
          assert_int (entry->value_size, ==, sizes[i]);
          assert_ok (vault, kvault_entry_by_id (vault, entry->id, KVAULT_CURSOR_SIZES, &same));
          assert_int (same.value_size, ==, sizes[i]);
          assert_mem (same.key, same.key_size, entry->key, entry->key_size);
        }
      kvault_cursor_close (cursor);
      kvault_close (vault);
    }
}

/* ---- What is read ---- */

static uint64_t
read_by_sql (const char *path)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  uint64_t before;
  int n = 0;

  assert_int (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  assert_int (sqlite3_prepare_v2 (db, "SELECT length(value) FROM kv", -1, &statement, NULL), ==, SQLITE_OK);
  before = kvtest_faults_bytes_read ();
  while (sqlite3_step (statement) == SQLITE_ROW)
    n++;
  assert_int (n, ==, 300);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return kvtest_faults_bytes_read () - before;
}

static uint64_t
read_by_walk (const char *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  uint64_t before = kvtest_faults_bytes_read ();

  assert_int (count_stored (vault), ==, 300);
  before = kvtest_faults_bytes_read () - before;
  kvault_close (vault);
  return before;
}

static void
reads_no_more_than_sizes_need (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault;
      char *path, *value = calloc (1, 100000);
      uint64_t wanted;

      if (kind == 0)
        kvtest_faults_install ();
      vault = kvtest_make (kinds[kind]);
      path = kvtest_format ("%s", kvault_location (vault));
      assert_ok (vault, kvault_begin (vault));
      for (unsigned i = 0; i < 300; i++)
        {
          char *key = kvtest_format ("%u some key", i * 7919 % 300);

          assert_ok (vault, kvault_put (vault, key, strlen (key), value, 100000));
        }
      assert_ok (vault, kvault_commit (vault));
      kvault_close (vault);
      free (value);
      wanted = read_by_sql (path);
      assert_int (wanted, >, 0);
      assert_int (wanted, <, kvtest_file_size (path) / 2);
      assert_int (read_by_walk (path), <=, wanted);
    }
}

/* ---- Damage ---- */

/* Nothing that is an index of the keys is left. */
static void
wreck_indexes (const char *path)
{
  size_t size, page_size = (size_t) kvtest_sql_int (path, "PRAGMA page_size");
  unsigned n = (unsigned) kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'kv'");
  unsigned pages[2];
  uint8_t *file;

  assert_true (n > 0 && n <= 2);
  for (unsigned i = 0; i < n; i++)
    pages[i] = (unsigned) kvtest_sql_int (path, kvtest_format ("SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND "
                                                               "tbl_name = 'kv' LIMIT 1 OFFSET %u", i));
  file = kvtest_read_file (path, &size);
  for (unsigned i = 0; i < n; i++)
    memset (file + (pages[i] - 1) * page_size, 0xa5, page_size);
  kvtest_write_file (path, file, size);
}

static char *
make_many (kvault_section_kind kind,
           unsigned            n)
{
  kvault *vault = kvtest_make (kind);
  char *path = kvtest_format ("%s", kvault_location (vault));

  assert_ok (vault, kvault_begin (vault));
  for (unsigned i = 0; i < n; i++)
    {
      char key[16];
      size_t size = (size_t) snprintf (key, sizeof key, "%05u", i * 7919 % n);

      assert_ok (vault, kvault_put (vault, key, size, key, size));
    }
  assert_ok (vault, kvault_commit (vault));
  kvault_close (vault);
  return path;
}

static void
read_value_of (kvault             *vault,
               const kvault_entry *entry)
{
  kvault_blob *blob;
  char bytes[5];

  assert_ok (vault, kvault_blob_open_entry (vault, entry, &blob));
  assert_int (kvault_blob_size (blob), ==, 5);
  assert_ok (vault, kvault_blob_read (blob, bytes, 5, 0));
  assert_mem (bytes, 5, entry->key, entry->key_size);
  kvault_blob_close (blob);
}

static void
needs_no_index (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      char *path = make_many (kinds[kind], 5000);
      kvault *vault;
      kvault_cursor *cursor;
      const kvault_entry *entry;
      kvault_entry same;
      unsigned n = 0;

      wreck_indexes (path);
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      cursor = open_stored (vault);
      for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
        {
          assert_int (entry->value_size, ==, 5);
          if (n % 50 != 0)
            continue;
          assert_ok (vault, kvault_entry_by_id (vault, entry->id, KVAULT_CURSOR_SIZES, &same));
          assert_mem (same.key, same.key_size, entry->key, entry->key_size);
          read_value_of (vault, &same);
        }
      kvault_cursor_close (cursor);
      assert_int (n, ==, 5000);
      assert_true (!kvault_is_damaged (vault));

      assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
      assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_ECORRUPT);
      kvault_cursor_close (cursor);
      assert_true (kvault_is_damaged (vault));
      assert_int (count_stored (vault), ==, 5000);
      kvault_close (vault);
    }
}

static void
deletes_nothing_without_its_index (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      char *path = make_many (kinds[kind], 100);
      kvault *vault;
      kvault_entry entry;

      wreck_indexes (path);
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      assert_ok (vault, kvault_entry_by_id (vault, 50, 0, &entry));
      assert_result (vault, kvault_delete_entry (vault, &entry), KVAULT_ECORRUPT);
      assert_int (count_stored (vault), ==, 100);
      kvault_close (vault);
    }
}

static void
assert_ends_in_damage (const char *path,
                       unsigned    most)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  kvault_cursor *cursor = open_stored (vault);
  const kvault_entry *entry;
  int64_t last = INT64_MIN;
  unsigned n = 0;
  int rc;

  for (; (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK; n++)
    {
      assert_int (entry->id, >, last);
      last = entry->id;
    }
  assert_result (vault, rc, KVAULT_ECORRUPT);
  assert_int (n, <=, most);
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_ECORRUPT);
  assert_true (kvault_is_damaged (vault));
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

static void
ends_where_rows_are_out_of_order (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      char *path = make_many (kinds[kind], 5000);

      kvtest_disorder (path, "kv");
      assert_ends_in_damage (path, 5000);
    }
}

/* The last child of the root is its first one: bytes 8 to 11, and the first that its cells' places, from byte 12 on, lead to. */
static void
ends_where_pages_lead_back (void)
{
  char *path = make_many (KVAULT_SECTION_V2, 20000);
  size_t size, page_size = (size_t) kvtest_sql_int (path, "PRAGMA page_size");
  unsigned root = (unsigned) kvtest_sql_int (path, "SELECT rootpage FROM sqlite_schema WHERE name = 'kv'");
  uint8_t *file = kvtest_read_file (path, &size), *page = file + (root - 1) * page_size;

  assert_int (page[0], ==, 5);
  memcpy (page + 8, page + (page[12] << 8 | page[13]), 4);
  kvtest_write_file (path, file, size);
  assert_ends_in_damage (path, 20000);
}

static void
ends_at_a_damaged_page (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("damaged/table_leaf_wrecked.db"), KVAULT_ACCESS_VIEW);
  kvault_cursor *cursor = open_stored (vault);
  const kvault_entry *entry;
  kvault_entry row;
  unsigned n = 0, bad = 0;
  int rc;

  while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    n++;
  assert_result (vault, rc, KVAULT_ECORRUPT);
  assert_int (n, <, 307);
  kvault_cursor_close (cursor);
  for (int64_t id = 1; id <= 307; id++)
    {
      rc = kvault_entry_by_id (vault, id, KVAULT_CURSOR_SIZES, &row);
      if (rc == KVAULT_ECORRUPT)
        bad++;
      else
        assert_result (vault, rc, KVAULT_OK);
    }
  assert_int (bad, ==, 84);
  kvault_close (vault);
}

/* ---- Others, and oneself, writing meanwhile ---- */

static void
shows_one_moment (void)
{
  kvault *vault = kvtest_open (make_many (KVAULT_SECTION_V2, 3000), KVAULT_ACCESS_WRITE);
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  kvault_cursor *cursor = open_stored (vault);
  const kvault_entry *entry;
  unsigned n = 0;

  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
    if (n % 100 == 0)
      assert_ok (other, kvault_put (other, &n, sizeof n, "", 0));
  assert_int (n, ==, 3000);
  kvault_cursor_close (cursor);
  assert_int (count_stored (vault), ==, 3030);
  kvault_close (other);
  kvault_close (vault);
}

static void
lets_the_same_handle_change_as_it_goes (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_open (make_many (kinds[kind], 3000), KVAULT_ACCESS_WRITE);
      kvault_cursor *cursor = open_stored (vault);
      const kvault_entry *entry;
      uint64_t left;
      unsigned n = 0;

      for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
        {
          kvault_entry copy = *entry;
          char key[5];

          memcpy (key, entry->key, 5);
          copy.key = key;
          if (n % 2 == 0)
            assert_ok (vault, kvault_delete_entry (vault, &copy));
          else
            assert_ok (vault, kvault_put (vault, key, 5, "another value", 13));
        }
      assert_int (n, ==, 3000);
      kvault_cursor_close (cursor);
      assert_ok (vault, kvault_count (vault, &left));
      assert_int (left, ==, 1500);
      kvault_close (vault);
    }
}

static void
stays_in_its_table (void)
{
  kvault *vault = kvtest_open (make_many (KVAULT_SECTION_V2, 10), KVAULT_ACCESS_WRITE);
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_cursor *cursor;
  const kvault_entry *entry;
  unsigned n = 1;

  kvault_close (vault);
  kvtest_sql (path, KVTEST_V1 ("other"));
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  cursor = open_stored (vault);
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_ok (vault, kvault_use_table (vault, "other"));
  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
    assert_int (entry->value_size, ==, 5);
  assert_int (n, ==, 10);
  kvault_cursor_close (cursor);
  assert_int (count_stored (vault), ==, 0);
  kvault_close (vault);
}

static void
lets_go_at_its_end (void)
{
  char *path = make_many (KVAULT_SECTION_V2, 10);
  kvault_options options = { .busy_timeout_ms = KVAULT_BUSY_NOWAIT };
  kvault *vault, *other;
  kvault_cursor *cursor;
  const kvault_entry *entry;
  kvault_entry row;

  kvtest_sql (path, "PRAGMA journal_mode=DELETE");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (NULL, kvault_open (path, &options, &other, NULL));
  assert_ok (vault, kvault_entry_by_id (vault, 3, KVAULT_CURSOR_SIZES, &row));
  assert_ok (other, kvault_put (other, "a", 1, "", 0));   /* one row holds nobody */
  cursor = open_stored (vault);
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_result (other, kvault_put (other, "b", 1, "", 0), KVAULT_EBUSY);
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    ;
  assert_ok (other, kvault_put (other, "b", 1, "", 0));
  assert_result (vault, kvault_let_go (vault), KVAULT_EBUSY);
  kvault_cursor_close (cursor);
  assert_ok (vault, kvault_let_go (vault));
  assert_ok (vault, kvault_entry_by_id (vault, 3, 0, &row));
  kvault_close (other);
  kvault_close (vault);
}

static void
can_be_cancelled (void)
{
  int left;
  kvault *vault = kvtest_cancellable (kvtest_open (make_many (KVAULT_SECTION_V2, 20000), KVAULT_ACCESS_WRITE), &left);
  kvault_cursor *cursor = open_stored (vault);
  const kvault_entry *entry;
  unsigned n = 0;
  int rc;

  left = 2;
  while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    n++;
  assert_result (vault, rc, KVAULT_ECANCELLED);
  assert_int (n, <, 20000);
  left = INT32_MAX;
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_ECANCELLED);
  kvault_cursor_close (cursor);
  assert_int (count_stored (vault), ==, 20000);
  kvault_close (vault);
}

typedef struct {
  kvault *vault;
  atomic_bool over;
} Interruption;

/* Again and again: one that comes between two steps is none. */
static void *
interrupt_until_over (void *data)
{
  Interruption *self = data;

  while (!atomic_load (&self->over))
    kvault_interrupt (self->vault);
  return NULL;
}

static void
can_be_interrupted (void)
{
  Interruption interruption = { .vault = kvtest_open (make_many (KVAULT_SECTION_V2, 20000), KVAULT_ACCESS_WRITE) };
  kvault *vault = interruption.vault;
  pthread_t thread;
  int rc;

  pthread_create (&thread, NULL, interrupt_until_over, &interruption);
  do
    {
      kvault_cursor *cursor = open_stored (vault);
      const kvault_entry *entry;

      while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
        ;
      kvault_cursor_close (cursor);
    }
  while (rc == KVAULT_NOTFOUND);
  atomic_store (&interruption.over, true);
  pthread_join (thread, NULL);
  assert_result (vault, rc, KVAULT_ECANCELLED);
  assert_int (count_stored (vault), ==, 20000);
  kvault_close (vault);
}

/* ---- The cache ---- */

static void
stores_first_what_waits (void)
{
  kvault *vault = kvtest_open (make_many (KVAULT_SECTION_V2, 10), KVAULT_ACCESS_WRITE);
  kvault_cursor *cursor;
  const kvault_entry *entry;
  kvault_entry row;
  kvault_cache_stats stats;
  unsigned n = 0;

  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_cache_lock (vault));
  assert_ok (vault, kvault_put (vault, "new", 3, "value", 5));
  cursor = open_stored (vault);
  kvault_cache_stats_get (vault, &stats);
  assert_int (stats.entries, ==, 0);

  /* Of these two one has a row. */
  assert_ok (vault, kvault_put (vault, "00003", 5, "a longer value", 14));
  assert_ok (vault, kvault_put (vault, "newer", 5, "value", 5));
  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
    {
      bool waits = entry->key_size == 5 && memcmp (entry->key, "00003", 5) == 0;

      assert_int (entry->value_size, ==, waits ? 14 : 5);
      assert_ok (vault, kvault_entry_by_id (vault, entry->id, KVAULT_CURSOR_SIZES, &row));
      assert_int (row.value_size, ==, waits ? 14 : 5);
    }
  assert_int (n, ==, 11);
  kvault_cursor_close (cursor);
  kvault_close (vault);
}

static void
says_why_it_cannot_store_what_waits (void)
{
  kvault *vault = kvtest_open (make_many (KVAULT_SECTION_V2, 10), KVAULT_ACCESS_WRITE);
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED };
  char *path = kvtest_format ("%s", kvault_location (vault)), *away = kvtest_path ("away.db");
  kvault_cursor *cursor;

  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_put (vault, "new", 3, "value", 5));
  assert_int (rename (path, away), ==, 0);
  assert_result (vault, kvault_cursor_open (vault, &options, &cursor), KVAULT_EMOVED);
  assert_true (cursor == NULL);
  assert_int (rename (away, path), ==, 0);
  assert_int (count_stored (vault), ==, 11);
  kvault_close (vault);
}

/* ---- One row ---- */

static void
finds_rows_by_their_ids (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_open (make_classes (kinds[kind]), KVAULT_ACCESS_VIEW);

      for (size_t i = KVTEST_N (classes); i-- > 0;)
        {
          kvault_entry entry;
          Row keys_only = classes[i];

          assert_ok (vault, kvault_entry_by_id (vault, classes[i].id, KVAULT_CURSOR_SIZES, &entry));
          assert_row (&entry, &classes[i]);
          assert_int (((const char *) entry.key)[entry.key_size], ==, '\0');
          assert_ok (vault, kvault_entry_by_id (vault, entry.id, KVAULT_CURSOR_IDS, &entry));
          keys_only.value_size = KVAULT_SIZE_UNKNOWN;
          keys_only.value_class = KVAULT_CLASS_BLOB;
          assert_row (&entry, &keys_only);
        }
      kvault_close (vault);
    }
}

static void
opens_and_deletes_what_it_finds (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    {
      kvault *vault = kvtest_open (make_classes (kinds[kind]), KVAULT_ACCESS_WRITE);

      for (size_t i = 0; i < KVTEST_N (classes); i++)
        {
          kvault_entry entry, again;
          kvault_blob *blob;

          assert_ok (vault, kvault_entry_by_id (vault, classes[i].id, KVAULT_CURSOR_SIZES, &entry));
          assert_ok (vault, kvault_blob_open_entry (vault, &entry, &blob));
          assert_int (kvault_blob_size (blob), ==, classes[i].value_size);
          kvault_blob_close (blob);
          assert_ok (vault, kvault_delete_entry (vault, &entry));
          assert_result (vault, kvault_delete_entry (vault, &entry), KVAULT_NOTFOUND);
          assert_result (vault, kvault_entry_by_id (vault, classes[i].id, 0, &again), KVAULT_NOTFOUND);
        }
      assert_int (count_stored (vault), ==, 0);
      kvault_close (vault);
    }
}

static void
says_that_a_row_is_not_there (void)
{
  kvault *vault = kvtest_open (make_classes (KVAULT_SECTION_V2), KVAULT_ACCESS_VIEW);
  kvault_entry entry;

  memset (&entry, 1, sizeof entry);
  assert_result (vault, kvault_entry_by_id (vault, 32, 0, &entry), KVAULT_NOTFOUND);
  assert_true (entry.key == NULL && entry.key_size == 0 && entry.id == 0);
  assert_contains (kvault_errmsg (vault), "32");
  memset (&entry, 1, sizeof entry);
  assert_result (vault, kvault_entry_by_id (vault, 30, KVAULT_CURSOR_REVERSE, &entry), KVAULT_EINVAL);
  assert_true (entry.key == NULL && entry.id == 0);
  assert_true (!kvault_is_damaged (vault));
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/scan/gives-every-row-in-order", gives_every_row_in_order },
  { "/kvault/scan/goes-on-in-pages", goes_on_in_pages },
  { "/kvault/scan/walks-nothing", walks_nothing },
  { "/kvault/scan/refuses-what-it-has-no-use-for", refuses_what_it_has_no_use_for },
  { "/kvault/scan/tells-the-size-of-parts", tells_the_size_of_parts },
  { "/kvault/scan/reads-no-more-than-sizes-need", reads_no_more_than_sizes_need },
  { "/kvault/scan/needs-no-index", needs_no_index },
  { "/kvault/scan/deletes-nothing-without-its-index", deletes_nothing_without_its_index },
  { "/kvault/scan/ends-where-rows-are-out-of-order", ends_where_rows_are_out_of_order },
  { "/kvault/scan/ends-where-pages-lead-back", ends_where_pages_lead_back },
  { "/kvault/scan/ends-at-a-damaged-page", ends_at_a_damaged_page },
  { "/kvault/scan/shows-one-moment", shows_one_moment },
  { "/kvault/scan/lets-the-same-handle-change-as-it-goes", lets_the_same_handle_change_as_it_goes },
  { "/kvault/scan/stays-in-its-table", stays_in_its_table },
  { "/kvault/scan/lets-go-at-its-end", lets_go_at_its_end },
  { "/kvault/scan/can-be-cancelled", can_be_cancelled },
  { "/kvault/scan/can-be-interrupted", can_be_interrupted },
  { "/kvault/scan/stores-first-what-waits", stores_first_what_waits },
  { "/kvault/scan/says-why-it-cannot-store-what-waits", says_why_it_cannot_store_what_waits },
  { "/kvault/scan/finds-rows-by-their-ids", finds_rows_by_their_ids },
  { "/kvault/scan/opens-and-deletes-what-it-finds", opens_and_deletes_what_it_finds },
  { "/kvault/scan/says-that-a-row-is-not-there", says_that_a_row_is_not_there },
};

KVTEST_MAIN (tests)
