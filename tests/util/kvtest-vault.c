/* SPDX-License-Identifier: MIT */
/* Vaults in tests, and the same files through bare SQLite. */
#include "kvtest-internal.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <unistd.h>

/* Logs are folded in only where a test says so, or the last one closes. */
static sqlite3 *
open_bare (const char *path)
{
  sqlite3 *db = NULL;

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
    kvtest_fail (__FILE__, __LINE__, "%s: %s", path, sqlite3_errmsg (db));
  sqlite3_busy_timeout (db, 10000);
  sqlite3_wal_autocheckpoint (db, 0);
  return db;
}

void
kvtest_sql (const char *path,
            const char *format,
            ...)
{
  sqlite3 *db = open_bare (path);
  va_list arguments;
  char *sql, *message = NULL;

  va_start (arguments, format);
  sql = sqlite3_vmprintf (format, arguments);
  va_end (arguments);
  if (sqlite3_exec (db, sql, NULL, NULL, &message) != SQLITE_OK)
    kvtest_fail (__FILE__, __LINE__, "%.200s: %s", sql, message);
  sqlite3_free (sql);
  sqlite3_close (db);
}

char *
kvtest_sql_text (const char *path,
                 const char *sql)
{
  sqlite3 *db = open_bare (path);
  sqlite3_stmt *statement = NULL;
  char *text;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK
      || sqlite3_step (statement) != SQLITE_ROW)
    kvtest_fail (__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg (db));
  text = kvtest_format ("%s", sqlite3_column_type (statement, 0) == SQLITE_NULL
                              ? "NULL" : (const char *) sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return text;
}

int64_t
kvtest_sql_int (const char *path,
                const char *sql)
{
  return atoll (kvtest_sql_text (path, sql));
}

char *
kvtest_quote (const char *name)
{
  char *quoted = sqlite3_mprintf ("\"%w\"", name);
  char *kept = kvtest_format ("%s", quoted);

  sqlite3_free (quoted);
  return kept;
}

static sqlite3 *lock_holder;

void
kvtest_hold_lock (const char *path,
                  const char *mode)
{
  char *sql = kvtest_format ("BEGIN %s", mode);

  lock_holder = open_bare (path);
  if (sqlite3_exec (lock_holder, sql, NULL, NULL, NULL) != SQLITE_OK)
    kvtest_fail (__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg (lock_holder));
}

void
kvtest_release_lock (void)
{
  sqlite3_exec (lock_holder, "COMMIT", NULL, NULL, NULL);
  sqlite3_close (lock_holder);
  lock_holder = NULL;
}

void
kvtest_keep_open (const char *path)
{
  static sqlite3 *db;   /* open on purpose, no leak */

  db = open_bare (path);
  if (sqlite3_exec (db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) != SQLITE_OK)
    kvtest_fail (__FILE__, __LINE__, "%s: %s", path, sqlite3_errmsg (db));
}

void
kvtest_spill (const char *path,
              const char *sql)
{
  sqlite3 *db = open_bare (path);
  char *all = kvtest_format ("PRAGMA cache_size=4; PRAGMA cache_spill=4; BEGIN; %s", sql);

  if (sqlite3_exec (db, all, NULL, NULL, NULL) != SQLITE_OK)
    kvtest_fail (__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg (db));
}

void
kvtest_make_index (const char *path)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      sqlite3 *db = open_bare (path);

      _exit (sqlite3_exec (db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) != 0);
    }
  kvtest_settle (pid);
}

char *
kvtest_integrity (const char *path)
{
  return kvtest_sql_text (path, "PRAGMA integrity_check");
}

static unsigned
big_endian (const uint8_t *bytes,
            unsigned       n)
{
  unsigned value = 0;

  while (n-- > 0)
    value = value << 8 | *bytes++;
  return value;
}

/* A leaf has its cells' places from byte 8 on, an inner page from byte 12, each of whose cells begins with a child. */
void
kvtest_disorder (const char *path,
                 const char *table)
{
  unsigned page = (unsigned) kvtest_sql_int (path, kvtest_format ("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table));
  size_t size, page_size = (size_t) kvtest_sql_int (path, "PRAGMA page_size");
  uint8_t *file = kvtest_read_file (path, &size), *at = file + (page - 1) * page_size;
  uint8_t last[2];
  unsigned n;

  while (at[0] == 5)
    at = file + (big_endian (at + big_endian (at + 12, 2), 4) - 1) * page_size;
  n = big_endian (at + 3, 2);
  memcpy (last, at + 8 + 2 * (n - 1), 2);
  memmove (at + 10, at + 8, 2 * (n - 1));
  memcpy (at + 8, last, 2);
  kvtest_write_file (path, file, size);
}

static kvault *
open_with (const char           *path,
           const kvault_options *options)
{
  kvault_error error = { 0 };
  kvault *vault = NULL;
  int rc = kvault_open (path, options, &vault, &error);

  if (rc != KVAULT_OK)
    kvtest_fail (__FILE__, __LINE__, "%s: %s: %s", path, kvault_result_name (rc), error.message);
  return vault;
}

kvault *
kvtest_open (const char    *path,
             kvault_access  access)
{
  return open_with (path, &(kvault_options) { .access = access });
}

kvault *
kvtest_open_waiting (const char *path,
                     unsigned    timeout_ms)
{
  return open_with (path, &(kvault_options) { .busy_timeout_ms = timeout_ms });
}

kvault *
kvtest_create (const char *name)
{
  return kvtest_open (kvtest_path (name), KVAULT_ACCESS_CREATE_NEW);
}

kvault *
kvtest_make (kvault_section_kind kind)
{
  char *path = kvtest_path (kind == KVAULT_SECTION_V1 ? "v1.db" : "v2.db");

  if (kind == KVAULT_SECTION_V2)
    return kvtest_open (path, KVAULT_ACCESS_CREATE_NEW);
  kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V1 ("kv"));
  return kvtest_open (path, KVAULT_ACCESS_WRITE);
}

int
kvtest_cancel_at_zero (void *left)
{
  int *n = left;

  return --*n < 0;
}

kvault *
kvtest_cancellable (kvault *vault,
                    int    *left)
{
  kvault_options options = { .is_cancelled = kvtest_cancel_at_zero, .is_cancelled_data = left };
  char *path = kvtest_format ("%s", kvault_location (vault));

  *left = INT32_MAX;
  kvault_close (vault);
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  return vault;
}

void
kvtest_assert_refused (const char    *file,
                       int            line,
                       const char    *path,
                       kvault_access  access,
                       int            code)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error error = { 0 };
  kvault *vault = (kvault *) &options;
  int rc;

  options.access = access;
  rc = kvault_open (path, &options, &vault, &error);
  if (rc != code)
    kvtest_fail (file, line, "%s: %s, not %s: %s", path, kvault_result_name (rc),
                 kvault_result_name (code), error.message);
  if (vault != NULL || error.code != code)
    kvtest_fail (file, line, "%s: the outputs do not say so", path);
  if (strstr (error.message, strrchr (path, '/') + 1) == NULL || strchr (error.message, '\n'))
    kvtest_fail (file, line, "not one line that names %s: \"%s\"", path, error.message);
  if (kvault_open (path, &options, &vault, NULL) != code)
    kvtest_fail (file, line, "%s: another answer without an error to fill", path);
}

uint8_t *
kvtest_unhex (const char *hex,
              size_t     *size)
{
  uint8_t *bytes;
  unsigned byte;

  *size = strlen (hex) / 2;
  bytes = kvtest_keep (malloc (*size + 1));
  for (size_t i = 0; i < *size; i++)
    {
      sscanf (hex + 2 * i, "%2x", &byte);
      bytes[i] = (uint8_t) byte;
    }
  bytes[*size] = '\0';   /* so that a key of text is a string */
  return bytes;
}

/* Through kvault_get() and, in pieces that fit nothing, through a blob. */
static void
check_key (kvault             *vault,
           const KvFixtureKey *expected)
{
  size_t key_size, value_size;
  uint8_t *key = kvtest_unhex (expected->key_hex, &key_size), piece[1021];
  char sum[SHA256_HEX_SIZE];
  kvault_blob *blob;
  uint64_t size;
  Sha256 sums;
  void *value;

  assert_ok (vault, kvault_exists (vault, key, key_size));
  assert_ok (vault, kvault_size (vault, key, key_size, &size));
  assert_int (size, ==, expected->size);
  assert_ok (vault, kvault_get (vault, key, key_size, &value, &value_size));
  assert_int (value_size, ==, expected->size);
  sha256_hex (value, value_size, sum);
  assert_str (sum, expected->sha256);
  assert_int (((char *) value)[value_size], ==, 0);
  kvault_free (value);

  assert_ok (vault, kvault_blob_open (vault, key, key_size, &blob));
  assert_int (kvault_blob_size (blob), ==, expected->size);
  sha256_init (&sums);
  for (uint64_t at = 0; at < size; at += sizeof piece)
    {
      size_t n = size - at < sizeof piece ? size - at : sizeof piece;

      assert_ok (vault, kvault_blob_read (blob, piece, n, at));
      sha256_update (&sums, piece, n);
    }
  sha256_finish (&sums, sum);
  assert_str (sum, expected->sha256);
  kvault_blob_close (blob);
}

void
kvtest_assert_fixture (kvault     *vault,
                       const char *file)
{
  char *table = kvtest_format ("%s", kvault_table (vault));
  const char *last = "";
  uint64_t count, n = 0;

  for (size_t i = 0; i < kvtest_n_fixture_keys; i++)
    {
      const KvFixtureKey *key = &kvtest_fixture_keys[i];

      if (strcmp (key->file, file) != 0)
        continue;
      if (strcmp (last, key->table) != 0)
        assert_ok (vault, kvault_use_table (vault, key->table));
      n = strcmp (last, key->table) == 0 ? n + 1 : 1;
      last = key->table;
      check_key (vault, key);
      if (i + 1 == kvtest_n_fixture_keys || strcmp (kvtest_fixture_keys[i + 1].file, file) != 0
          || strcmp (kvtest_fixture_keys[i + 1].table, last) != 0)
        {
          assert_ok (vault, kvault_count (vault, &count));
          assert_int (count, ==, n);
        }
    }
  assert_true (*last != '\0');
  assert_ok (vault, kvault_use_table (vault, table));
}

void
kvtest_assert_value (const char *file,
                     int         line,
                     kvault     *vault,
                     const void *key,
                     size_t      key_size,
                     const void *value,
                     size_t      value_size)
{
  void *got = NULL;
  size_t got_size = 0;
  int rc = kvault_get (vault, key, key_size, &got, &got_size);

  if (rc != KVAULT_OK)
    kvtest_fail (file, line, "%s: %s", kvault_result_name (rc), kvault_errmsg (vault));
  kvtest_assert_mem (file, line, "the value", got, got_size, value, value_size);
  kvault_free (got);
}
