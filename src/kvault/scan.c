/* SPDX-License-Identifier: MIT */
/*
 * scan.c - rows in the order they lie in the file, and one row by its id.
 *
 * The b-tree of the table is walked from its first leaf page to its last: each is read once, and no page of a value, nor of the index
 * of the keys, which may be damaged. What a row says of itself costs no look-up. Row ids grow on the way; where they do not, the pages of a damaged
 * table lead back, and a walk would never end.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_ID, VALUE_TYPE, VALUE_LENGTH, KEY };

/* ---- walking ---- */

int
kvault__scan_open (kvault__scan  *self,
                   kvault        *vault,
                   const int64_t *start,
                   bool           inclusive,
                   bool           keys)
{
  const char *low = start == NULL ? "" : inclusive ? " WHERE rowid >= ?1" : " WHERE rowid > ?1";
  char format[160];
  char *sql;
  int rc = KVAULT_OK;

  *self = (kvault__scan) { .vault = vault, .section = vault->section, .keys = keys, .reads_keys = keys || vault->options.veil != NULL };
  sqlite3_snprintf (sizeof format, format,
                    "SELECT rowid, typeof({value}), length({value})%s FROM main.\"%%w\" NOT INDEXED%s ORDER BY rowid",
                    self->reads_keys ? ", {key}" : "", low);
  if ((sql = kvault__sql (vault->section, format)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if (sqlite3_prepare_v2 (vault->db, sql, -1, &self->rows, NULL) != SQLITE_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else if (start != NULL)
    sqlite3_bind_int64 (self->rows, 1, *start);
  sqlite3_free (sql);
  return rc;
}

void
kvault__scan_close (kvault__scan *self)
{
  sqlite3_finalize (self->rows);
  self->rows = NULL;
}

static int
check_order (kvault__scan *self,
             int64_t       id)
{
  if (self->n_rows++ == 0 || id > self->last_id)
    {
      self->last_id = id;
      return KVAULT_OK;
    }
  self->vault->damaged = true;
  return kvault__fail (self->vault, KVAULT_ECORRUPT, "%s: the file is damaged: the pages of the table lead back", self->vault->name);
}

static int
read_key (kvault       *vault,
          kvault_entry *entry,
          sqlite3_stmt *row,
          int           column,
          char         *number,
          size_t        room)
{
  kvault__entry_read_key (entry, row, column, number, room);
  if (entry->key_size == 0 && sqlite3_errcode (vault->db) == SQLITE_NOMEM)
    return kvault__fail_db (vault, "%s", vault->name);
  return KVAULT_OK;
}

/* A newer value of the key may wait in the cache; on a shelf it is not told, as a walk in the order of the file is of the file. */
static int
read_value (kvault       *vault,
            kvault_entry *entry,
            sqlite3_stmt *row,
            int           type_column,
            bool          may_wait)
{
  kvault__waiting waiting;

  if (!may_wait || kvault__cache_is_mirror (vault) || entry->key_class != KVAULT_CLASS_BLOB || !kvault__cache_find (vault, entry->key, entry->key_size, &waiting))
    return kvault__entry_read_value (entry, vault, row, type_column);
  entry->value_size = waiting.value_size;
  entry->value_class = KVAULT_CLASS_BLOB;
  entry->result = KVAULT_OK;
  return KVAULT_OK;
}

static int
give_row (kvault__scan *self,
          kvault_entry *entry)
{
  kvault *vault = self->vault;
  const kvault_section *in_use = vault->section;
  int rc;

  entry->id = sqlite3_column_int64 (self->rows, ROW_ID);
  if ((rc = check_order (self, entry->id)) != KVAULT_OK)
    return rc;
  if (self->keys && (rc = read_key (vault, entry, self->rows, KEY, self->number, sizeof self->number)) != KVAULT_OK)
    return rc;
  kvault__table_switch (vault, self->section);
  rc = read_value (vault, entry, self->rows, VALUE_TYPE, self->keys && in_use == self->section);
  kvault__table_switch (vault, in_use);
  return rc;
}

/* A key lies in front of its value, so it costs no page that the size did not. */
static bool
is_hidden (const kvault__scan *self)
{
  char number[32];
  kvault_entry entry = { .id = sqlite3_column_int64 (self->rows, ROW_ID) };

  if (!self->reads_keys || !kvault__veils (self->vault))
    return false;
  kvault__entry_read_key (&entry, self->rows, KEY, number, sizeof number);
  return kvault__is_veiled (self->vault, self->section, &entry);
}

/* Without keys that of @entry stays as it is. KVAULT_NOTFOUND: there is no further row; not to be called again then. */
int
kvault__scan_next (kvault__scan *self,
                   kvault_entry *entry)
{
  int step;

  while ((step = sqlite3_step (self->rows)) == SQLITE_ROW && is_hidden (self))
    if (kvault__is_cancelled (self->vault))
      return kvault__fail (self->vault, KVAULT_ECANCELLED, "%s: cancelled", self->vault->name);
  switch (step)
    {
    case SQLITE_ROW:
      return give_row (self, entry);
    case SQLITE_DONE:
      sqlite3_reset (self->rows);   /* lets go of the file now, not at closing */
      return KVAULT_NOTFOUND;
    default:
      return kvault__fail_db (self->vault, "%s", self->vault->name);
    }
}

/* ---- one row ---- */

/* The statement ends before its caller sees the key: a row that is held would hold the file. */
static int
keep_key (kvault       *vault,
          kvault_entry *entry)
{
  unsigned char *copy = malloc (entry->key_size + 1);

  if (copy == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if (entry->key_size > 0)
    memcpy (copy, entry->key, entry->key_size);
  copy[entry->key_size] = '\0';   /* that of a number is taken as a string */
  free (vault->found_key);
  entry->key = vault->found_key = copy;
  return KVAULT_OK;
}

static int
read_row (kvault       *vault,
          sqlite3_stmt *row,
          bool          sizes,
          kvault_entry *entry)
{
  char number[32];
  int rc;

  if ((rc = read_key (vault, entry, row, 0, number, sizeof number)) == KVAULT_OK && sizes)
    rc = read_value (vault, entry, row, 1, true);
  return rc == KVAULT_OK ? keep_key (vault, entry) : rc;
}

int
kvault_entry_by_id (kvault       *vault,
                    int64_t       id,
                    unsigned      flags,
                    kvault_entry *entry)
{
  sqlite3_stmt *statement;
  int rc;

  *entry = (kvault_entry) { 0 };
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if ((flags & ~(unsigned) (KVAULT_CURSOR_IDS | KVAULT_CURSOR_SIZES)) != 0)
    return kvault__fail (vault, KVAULT_EINVAL, "flags that one row has no use for");
  if ((rc = kvault__statement (vault, KVAULT__FIND_ROW, &statement)) != KVAULT_OK)
    return rc;
  *entry = (kvault_entry) { .id = id, .value_size = KVAULT_SIZE_UNKNOWN, .value_class = KVAULT_CLASS_BLOB };
  sqlite3_bind_int64 (statement, 1, id);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      rc = read_row (vault, statement, (flags & KVAULT_CURSOR_SIZES) != 0, entry);
      if (rc == KVAULT_OK && kvault__is_veiled (vault, vault->section, entry))
        rc = kvault__fail (vault, KVAULT_NOTFOUND, "%s: row %lld is hidden", vault->name, (long long) id);
      break;
    case SQLITE_DONE: rc = kvault__fail (vault, KVAULT_NOTFOUND, "%s: no row %lld", vault->name, (long long) id); break;
    default: rc = kvault__fail_db (vault, "%s: row %lld", vault->name, (long long) id);
    }
  kvault__statement_done (statement);
  if (rc != KVAULT_OK)
    *entry = (kvault_entry) { 0 };
  return rc;
}
