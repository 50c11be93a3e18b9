/* SPDX-License-Identifier: MIT */
/*
 * statement.c - statements prepared once for the table in use, and binding.
 *
 * A statement is borrowed with kvault__statement() and given back with kvault__statement_done(), which resets it and forgets
 * its bindings: they point to the caller's memory.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define MARKER KVAULT__MARKER_FROM ("l.id", "l.size", "l.token")
#define MARKER_OF_NEW KVAULT__MARKER_FROM ("id", "size", "token")

/* As for kvault__sql(). A pair is {V1, V2}; one entry serves all. */
static const struct {
  const char *v1;
  const char *v2;
} sql_of[KVAULT__N_STATEMENTS] = {
  [KVAULT__GET] = { "SELECT {value}, rowid FROM main.\"%w\" WHERE {key} = ?1" },
  [KVAULT__FIND] = { "SELECT rowid, typeof({value}), length({value}) FROM main.\"%w\" WHERE {key} = ?1" },
  [KVAULT__FIND_ROW] = { "SELECT {key}, typeof({value}), length({value}) FROM main.\"%w\" WHERE rowid = ?1" },
  [KVAULT__ROW_KEY] = { "SELECT key FROM main.\"%w\" WHERE rowid = ?1" },
  [KVAULT__EXISTS] = { "SELECT rowid FROM main.\"%w\" WHERE {key} = ?1" },
  [KVAULT__COUNT] = { "SELECT count(*) FROM main.\"%w\"" },
  [KVAULT__PUT] = {
    "INSERT INTO main.\"%w\" (key, value, size) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, size = excluded.size",
    "INSERT INTO main.\"%w\" (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  },
  /* Not with RETURNING: an UPDATE that has it loads the whole old value. */
  [KVAULT__RESERVE_UPDATE] = {
    "UPDATE main.\"%w\" SET value = ?2, size = ?3 WHERE key = ?1",
    "UPDATE main.\"%w\" SET value = ?2 WHERE key = ?1",
  },
  [KVAULT__RESERVE_INSERT] = {
    "INSERT INTO main.\"%w\" (key, value, size) VALUES (?1, ?2, ?3)",
    "INSERT INTO main.\"%w\" (key, value) VALUES (?1, ?2)",
  },
  [KVAULT__DELETE] = { "DELETE FROM main.\"%w\" WHERE key = ?1" },
  [KVAULT__DELETE_ROW] = { "DELETE FROM main.\"%w\" WHERE rowid = ?1" },
  [KVAULT__DELETE_ROW_OF_KEY] = { "DELETE FROM main.\"%w\" WHERE rowid = ?1 AND key = ?2" },
  [KVAULT__RENAME_ROW] = { "UPDATE main.\"%w\" SET key = ?2 WHERE rowid = ?1" },
  [KVAULT__VALUE_TEXT] = { "SELECT CAST({value} AS TEXT) FROM main.\"%w\" WHERE rowid = ?1" },
  /* Row ?1 is a marker that counts: its bytes are the ones that its row of kvault_large would write. */
  [KVAULT__LARGE_OF_ROW] = {
    "SELECT l.id, l.size, l.part FROM main.\"%w\" AS t"
    " JOIN main.kvault_large AS l ON l.id = CAST(substr(t.value, 29, 19) AS INTEGER)"
    " WHERE t.rowid = ?1 AND l.state = 1 AND l.tbl = ?2 AND l.key = t.key AND t.value = " MARKER,
  },
  [KVAULT__LARGE_INSERT] = {
    "INSERT INTO main.kvault_large (tbl, key, size, part, token, state, touched) VALUES (?1, ?2, 0, ?3, ?4, 0, ?5)",
  },
  [KVAULT__LARGE_LIVES] = {
    "UPDATE main.kvault_large SET size = ?2, state = 1 WHERE id = ?1 AND state = 0 RETURNING " MARKER_OF_NEW,
  },
  [KVAULT__LARGE_DIES] = { "UPDATE main.kvault_large SET state = 2 WHERE id = ?1" },
  [KVAULT__LARGE_RENAME] = { "UPDATE main.kvault_large SET key = ?2 WHERE id = ?1" },
  /* An id that no version gives would wrap around below and lead to another value's parts. */
  [KVAULT__LARGE_DYING] = { "SELECT id FROM main.kvault_large WHERE state = 2 AND id > 0 AND id < 1 << 39 LIMIT 1" },
  [KVAULT__LARGE_FORGET] = { "DELETE FROM main.kvault_large WHERE id = ?1 AND state = 2" },
  [KVAULT__LARGE_TOUCH] = { "UPDATE main.kvault_large SET touched = ?2 WHERE id = ?1 AND state = 0 AND token = ?3" },
  [KVAULT__LARGE_ABANDON] = { "UPDATE main.kvault_large SET state = 2 WHERE id = ?1 AND state = 0 AND token = ?2" },
  [KVAULT__PART_INSERT] = { "INSERT INTO main.kvault_parts (id, data) VALUES (?1, ?2)" },
  [KVAULT__PARTS_DELETE_SOME] = {
    "DELETE FROM main.kvault_parts WHERE id IN (SELECT id FROM main.kvault_parts"
    " WHERE id >= ?1 << 24 AND id < (?1 + 1) << 24 LIMIT 32)",
  },
  [KVAULT__BEGIN] = { "BEGIN IMMEDIATE" },
  [KVAULT__COMMIT] = { "COMMIT" },
  [KVAULT__ROLLBACK] = { "ROLLBACK" },
  [KVAULT__SAVEPOINT] = { "SAVEPOINT kvault" },
  [KVAULT__RELEASE] = { "RELEASE kvault" },
  [KVAULT__ROLLBACK_TO] = { "ROLLBACK TO kvault" },
  [KVAULT__DATA_VERSION] = { "PRAGMA main.data_version" },
  [KVAULT__PAGE_COUNT] = { "PRAGMA main.page_count" },
};

/* The columns a format speaks of. Those of a vault are named as in it. */
static const char *
column_of (const kvault_section *section,
           const char           *word,
           size_t                len)
{
  return len == 5 && memcmp (word, "{key}", len) == 0 ? kvault__key_column (section) : kvault__value_column (section);
}

/* SQL for a section: {key} and {value} are its columns, %w is its name, quoted by the double quotes around it. NULL: no memory. */
char *
kvault__sql (const kvault_section *section,
             const char           *format)
{
  sqlite3_str *named = sqlite3_str_new (NULL);
  const char *word, *rest = format;
  char *sql = NULL, *text;

  while ((word = strchr (rest, '{')) != NULL)
    {
      size_t len = strcspn (word, "}") + 1;

      sqlite3_str_append (named, rest, (int) (word - rest));
      sqlite3_str_appendall (named, column_of (section, word, len));
      rest = word + len;
    }
  sqlite3_str_appendall (named, rest);
  if ((text = sqlite3_str_finish (named)) != NULL)
    sql = sqlite3_mprintf (text, section->name);
  sqlite3_free (text);
  return sql;
}

int
kvault__statement (kvault              *vault,
                   kvault__statement_id id,
                   sqlite3_stmt       **statement)
{
  const char *format = sql_of[id].v1;
  char *sql;
  int rc;

  *statement = vault->statements[id];
  if (*statement != NULL)
    return KVAULT_OK;

  if (vault->section->kind != KVAULT_SECTION_V1 && sql_of[id].v2 != NULL)
    format = sql_of[id].v2;
  sql = kvault__sql (vault->section, format);
  if (sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = sqlite3_prepare_v3 (vault->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &vault->statements[id], NULL);
  sqlite3_free (sql);
  if (rc != SQLITE_OK)
    return kvault__fail_db (vault, "%s", vault->name);
  *statement = vault->statements[id];
  return KVAULT_OK;
}

void
kvault__statement_done (sqlite3_stmt *statement)
{
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
}

void
kvault__statements_finalize (kvault *vault)
{
  for (int i = 0; i < KVAULT__N_STATEMENTS; i++)
    {
      sqlite3_finalize (vault->statements[i]);
      vault->statements[i] = NULL;
    }
}

/* The bytes must stay until the statement is done. A NULL pointer would bind NULL, not an empty blob. */
void
kvault__bind_bytes (sqlite3_stmt *statement,
                    int           index,
                    const void   *bytes,
                    size_t        size)
{
  sqlite3_bind_blob64 (statement, index, size > 0 ? bytes : "", size, SQLITE_STATIC);
}

/* Whether the bytes are a number just as a cursor gives it: one key has one name. */
static bool
is_id (const void *key,
       size_t      key_size,
       int64_t    *id)
{
  char text[24], again[24];
  long long number;

  if (key_size == 0 || key_size >= sizeof text)
    return false;
  memcpy (text, key, key_size);
  text[key_size] = '\0';
  number = strtoll (text, NULL, 10);
  sqlite3_snprintf (sizeof again, again, "%lld", number);
  *id = number;
  return strlen (again) == key_size && memcmp (again, key, key_size) == 0;
}

/* The key of a row that is looked for by its bytes, which must stay until the statement is done. */
void
kvault__bind_bytes_of_key (const kvault *vault,
                           sqlite3_stmt *statement,
                           int           index,
                           const void   *key,
                           size_t        key_size)
{
  int64_t id;

  if (!kvault__has_ids_for_keys (vault->section))
    kvault__bind_bytes (statement, index, key, key_size);
  else if (is_id (key, key_size, &id))
    sqlite3_bind_int64 (statement, index, id);
  else
    sqlite3_bind_null (statement, index);   /* which equals nothing */
}

/* A key of any storage class. The bytes must stay until the statement is done. Numbers come as NUL-terminated decimal text, as
 * cursors give them. */
void
kvault__bind_key (sqlite3_stmt *statement,
                  int           index,
                  kvault_class  key_class,
                  const void   *key,
                  size_t        key_size)
{
  switch (key_class)
    {
    case KVAULT_CLASS_INTEGER:
      sqlite3_bind_int64 (statement, index, strtoll (key, NULL, 10));
      break;
    case KVAULT_CLASS_REAL:
      sqlite3_bind_double (statement, index, strtod (key, NULL));
      break;
    case KVAULT_CLASS_TEXT:
      sqlite3_bind_text64 (statement, index, key, key_size, SQLITE_STATIC, SQLITE_UTF8);
      break;
    case KVAULT_CLASS_NULL:
    case KVAULT_CLASS_BLOB:
    default:
      kvault__bind_bytes (statement, index, key, key_size);
    }
}
