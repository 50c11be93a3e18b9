/* SPDX-License-Identifier: MIT */
/*
 * entry.c - one value by its key: get, put, delete, exists, size, count.
 *
 * Sizes come from length(), which reads the record's header only; the size column of V1 tables is written, never read: it lies
 * behind the value. Rows are of any storage class in files of strangers, so sizes of text are asked of the blob API.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define DEFER_WORTH (4u << 20)             /* more than the page cache holds: its zeros would be written before its content */
#define PLAUSIBLE_SIZE (1u << 20)          /* sizes above are held against the size of the file */

static bool
bad_bytes (const void *bytes,
           size_t      size)
{
  return bytes == NULL && size > 0;
}

static int
fail_key (kvault     *vault,
          const void *key,
          size_t      key_size)
{
  return kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (key, key_size).text);
}

static int
fail_not_found (kvault     *vault,
                const void *key,
                size_t      key_size)
{
  return kvault__fail (vault, KVAULT_NOTFOUND, "%s: no key %s", vault->name, kvault__describe_key (key, key_size).text);
}

/* ---- looking a row up ---- */

static kvault_class
class_of (const char *type)
{
  switch (type[0])
    {
    case 'b': return KVAULT_CLASS_BLOB;
    case 't': return KVAULT_CLASS_TEXT;
    case 'i': return KVAULT_CLASS_INTEGER;
    case 'r': return KVAULT_CLASS_REAL;
    default: return KVAULT_CLASS_NULL;
    }
}

static int
bytes_of_text (kvault   *vault,
               int64_t   id,
               uint64_t *size)
{
  sqlite3_blob *blob = NULL;

  if (sqlite3_blob_open (vault->db, "main", vault->section->name, kvault__value_column (vault->section), id, 0, &blob) != SQLITE_OK)
    {
      kvault__fail_db (vault, "%s", vault->name);
      sqlite3_blob_close (blob);
      return vault->error.code;
    }
  *size = (uint64_t) sqlite3_blob_bytes (blob);
  sqlite3_blob_close (blob);
  return KVAULT_OK;
}

/* A damaged header can claim anything; believing it would mean to allocate it. */
static int
check_plausible (kvault  *vault,
                 uint64_t size)
{
  sqlite3_stmt *statement;
  int64_t pages = 0;
  int rc;

  if (size <= PLAUSIBLE_SIZE)
    return KVAULT_OK;
  if ((rc = kvault__statement (vault, KVAULT__PAGE_COUNT, &statement)) != KVAULT_OK)
    return rc;
  if (sqlite3_step (statement) == SQLITE_ROW)
    pages = sqlite3_column_int64 (statement, 0);
  kvault__statement_done (statement);
  if (size <= (uint64_t) pages * vault->page_size)
    return KVAULT_OK;
  vault->damaged = true;
  return kvault__fail (vault, KVAULT_ECORRUPT, "%s: a value claims to be longer than the file", vault->name);
}

/* What a row's value is, from typeof(value), length(value) in two columns of a statement; @row->id is set. */
int
kvault__row_read (kvault       *vault,
                  sqlite3_stmt *statement,
                  int           type_column,
                  kvault__row  *row)
{
  const char *type = (const char *) sqlite3_column_text (statement, type_column);
  int rc;

  row->large.id = 0;
  if (type == NULL)   /* no memory */
    return kvault__fail_db (vault, "%s", vault->name);
  row->value_class = class_of (type);
  row->size = (uint64_t) sqlite3_column_int64 (statement, type_column + 1);
  if (row->value_class == KVAULT_CLASS_TEXT)
    return bytes_of_text (vault, row->id, &row->size);
  if (row->size != KVAULT__MARKER_SIZE || row->value_class != KVAULT_CLASS_BLOB)
    return check_plausible (vault, row->size);
  rc = kvault__large_of_row (vault, row->id, &row->large);
  if (rc == KVAULT_OK)
    row->size = row->large.size;
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

int
kvault__row_find (kvault      *vault,
                  const void  *key,
                  size_t       key_size,
                  kvault__row *row)
{
  sqlite3_stmt *statement;
  int rc;

  if (bad_bytes (key, key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if ((rc = kvault__statement (vault, KVAULT__FIND, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes_of_key (vault, statement, 1, key, key_size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      row->id = sqlite3_column_int64 (statement, 0);
      rc = kvault__row_read (vault, statement, 1, row);
      break;
    case SQLITE_DONE:
      rc = fail_not_found (vault, key, key_size);
      break;
    default:
      rc = fail_key (vault, key, key_size);
    }
  kvault__statement_done (statement);
  return rc;
}

/* What a caller sees of it. */
int
kvault__row_find_shown (kvault      *vault,
                        const void  *key,
                        size_t       key_size,
                        kvault__row *row)
{
  int rc = kvault__row_find (vault, key, key_size, row);

  return rc == KVAULT_OK && kvault__is_key_veiled (vault, row->id, key, key_size) ? fail_not_found (vault, key, key_size) : rc;
}

int
kvault_exists (kvault     *vault,
               const void *key,
               size_t      key_size)
{
  kvault__waiting waiting;
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (key, key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if (kvault__cache_find (vault, key, key_size, &waiting))
    return KVAULT_OK;
  if ((rc = kvault__statement (vault, KVAULT__EXISTS, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes_of_key (vault, statement, 1, key, key_size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      if (kvault__is_key_veiled (vault, sqlite3_column_int64 (statement, 0), key, key_size))
        rc = fail_not_found (vault, key, key_size);
      break;
    case SQLITE_DONE: rc = fail_not_found (vault, key, key_size); break;
    default: rc = fail_key (vault, key, key_size);
    }
  kvault__statement_done (statement);
  return rc;
}

int
kvault_size (kvault     *vault,
             const void *key,
             size_t      key_size,
             uint64_t   *size)
{
  kvault__waiting waiting;
  kvault__row row;
  int rc;

  *size = 0;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (!bad_bytes (key, key_size) && kvault__cache_find (vault, key, key_size, &waiting))
    *size = waiting.value_size;
  else if ((rc = kvault__row_find_shown (vault, key, key_size, &row)) == KVAULT_OK)
    *size = row.size;
  return rc;
}

/* Adds the keys that wait in the cache and are not in the table yet. */
static int
count_waiting (kvault   *vault,
               uint64_t *count)
{
  kvault__waiting entry;
  kvault__row row;
  bool found = kvault__cache_next (vault, NULL, 0, true, false, &entry);
  int rc;

  for (; found; found = kvault__cache_next (vault, entry.key, entry.key_size, false, false, &entry))
    {
      rc = kvault__row_find_shown (vault, entry.key, entry.key_size, &row);
      if (rc == KVAULT_NOTFOUND)
        ++*count;
      else if (rc != KVAULT_OK)
        return rc;
    }
  return KVAULT_OK;
}

int
kvault_count (kvault   *vault,
              uint64_t *count)
{
  kvault__work work;
  sqlite3_stmt *statement;
  uint64_t n_hidden = 0;
  int rc;

  *count = 0;
  if ((rc = kvault__enter (vault)) != KVAULT_OK || (rc = kvault__statement (vault, KVAULT__COUNT, &statement)) != KVAULT_OK)
    return rc;
  kvault__work_init (&work, vault, NULL, NULL);
  kvault__work_watch (&work, vault->db, 0);   /* SQLite counts without asking whether to go on, but it reads pages */
  if (sqlite3_step (statement) == SQLITE_ROW)
    *count = (uint64_t) sqlite3_column_int64 (statement, 0);
  else
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__work_unwatch (&work);
  kvault__statement_done (statement);
  if (rc == KVAULT_OK)
    rc = kvault__veil_count_rows (vault, &n_hidden);
  *count -= n_hidden < *count ? n_hidden : *count;
  return rc == KVAULT_OK ? count_waiting (vault, count) : rc;
}

/* ---- get ---- */

/* For values in parts, and for text: it is stored in the file's own encoding, and a column would give it in another. */
static int
copy_by_blob (kvault     *vault,
              const void *key,
              size_t      key_size,
              void      **value,
              size_t     *value_size)
{
  kvault_blob *blob;
  uint64_t size;
  char *copy;
  int rc;

  if ((rc = kvault_blob_open (vault, key, key_size, &blob)) != KVAULT_OK)
    return rc;
  size = kvault_blob_size (blob);
  copy = size < SIZE_MAX ? malloc ((size_t) size + 1) : NULL;
  rc = copy != NULL ? kvault_blob_read (blob, copy, (size_t) size, 0)
                    : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory for a value of %llu bytes", vault->name,
                                     (unsigned long long) size);
  kvault_blob_close (blob);
  if (rc != KVAULT_OK)
    {
      free (copy);
      return rc;
    }
  copy[size] = '\0';
  *value = copy;
  *value_size = (size_t) size;
  return KVAULT_OK;
}

static int
copy_bytes (kvault     *vault,
            const void *bytes,
            size_t      size,
            void      **value,
            size_t     *value_size)
{
  char *copy = malloc (size + 1);

  if (copy == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory for a value of %zu bytes", vault->name, size);
  if (size > 0)
    memcpy (copy, bytes, size);
  copy[size] = '\0';
  *value = copy;
  *value_size = size;
  return KVAULT_OK;
}

static int
copy_value (kvault       *vault,
            sqlite3_stmt *statement,
            void        **value,
            size_t       *value_size)
{
  const void *bytes = sqlite3_column_type (statement, 0) == SQLITE_BLOB ? sqlite3_column_blob (statement, 0)
                                                                        : sqlite3_column_text (statement, 0);
  size_t size = (size_t) sqlite3_column_bytes (statement, 0);

  /* Reading the column is what loads a value's further pages: failures show here, as no memory or as an error code. */
  if (bytes == NULL && (size > 0 || sqlite3_errcode (vault->db) == SQLITE_NOMEM))
    return kvault__fail_db (vault, "%s", vault->name);
  return copy_bytes (vault, bytes, size, value, value_size);
}

/* The value of a row of KVAULT__GET. That it cannot be told whether the value is in parts is a failure: a marker is nobody's value. */
static int
give_value (kvault       *vault,
            sqlite3_stmt *statement,
            const void   *key,
            size_t        key_size,
            void        **value,
            size_t       *value_size)
{
  int type = sqlite3_column_type (statement, 0);
  kvault__large large;
  int rc = KVAULT_NOTFOUND;

  if (type == SQLITE_BLOB && sqlite3_column_bytes (statement, 0) == KVAULT__MARKER_SIZE)
    rc = kvault__large_of_row (vault, sqlite3_column_int64 (statement, 1), &large);
  if (type == SQLITE_TEXT || rc == KVAULT_OK)
    return copy_by_blob (vault, key, key_size, value, value_size);
  return rc == KVAULT_NOTFOUND ? copy_value (vault, statement, value, value_size) : rc;
}

int
kvault_get (kvault     *vault,
            const void *key,
            size_t      key_size,
            void      **value,
            size_t     *value_size)
{
  kvault__waiting waiting;
  sqlite3_stmt *statement;
  int rc;

  *value = NULL;
  *value_size = 0;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (key, key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if (kvault__cache_find (vault, key, key_size, &waiting))
    return copy_bytes (vault, waiting.value, waiting.value_size, value, value_size);
  if ((rc = kvault__statement (vault, KVAULT__GET, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes_of_key (vault, statement, 1, key, key_size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      rc = kvault__is_key_veiled (vault, sqlite3_column_int64 (statement, 1), key, key_size)
           ? fail_not_found (vault, key, key_size) : give_value (vault, statement, key, key_size, value, value_size);
      break;
    case SQLITE_DONE: rc = fail_not_found (vault, key, key_size); break;
    default: rc = fail_key (vault, key, key_size);
    }
  kvault__statement_done (statement);
  return rc;
}

void
kvault_free (void *memory)
{
  free (memory);
}

/* ---- put and delete ---- */

/* Whether a value fits into one record with its key, or goes into parts. */
bool
kvault__is_whole (const kvault *vault,
                  size_t        key_size,
                  uint64_t      value_size)
{
  size_t most = vault->options.whole_value_max;   /* a record has 32 bytes of other things, too, and that is the greatest of these */

  return key_size <= most && value_size <= most - key_size;
}

int
kvault__check_key (kvault     *vault,
                   const void *key,
                   size_t      key_size)
{
  if (bad_bytes (key, key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if (key_size <= KVAULT__RECORD_MAX - KVAULT__RECORD_SLACK - KVAULT__MARKER_SIZE)
    return KVAULT_OK;
  return kvault__fail (vault, KVAULT_ETOOBIG, "%s: key %s passes the limit of 1,000,000,000 bytes",
                       vault->name, kvault__describe_key (key, key_size).text);
}

static int
step_done (kvault       *vault,
           sqlite3_stmt *statement,
           const void   *key,
           size_t        key_size)
{
  int rc = sqlite3_step (statement) == SQLITE_DONE ? KVAULT_OK : fail_key (vault, key, key_size);

  kvault__statement_done (statement);
  return rc;
}

int
kvault__put_bytes (kvault     *vault,
                   const void *key,
                   size_t      key_size,
                   const void *value,
                   size_t      value_size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__veil_lift (vault, key, key_size)) != KVAULT_OK ||
      (rc = kvault__statement (vault, KVAULT__PUT, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  kvault__bind_bytes (statement, 2, value, value_size);
  if (vault->section->kind == KVAULT_SECTION_V1)
    sqlite3_bind_int64 (statement, 3, (sqlite3_int64) value_size);
  return step_done (vault, statement, key, key_size);
}

/* Inside an operation: what is at a key goes, its parts too. */
static int
drop_old_parts (kvault     *vault,
                const void *key,
                size_t      key_size)
{
  kvault__row old;
  bool has_large;
  int rc;

  if ((rc = kvault__has_large (vault, &has_large)) != KVAULT_OK || !has_large)
    return rc;
  rc = kvault__row_find (vault, key, key_size, &old);
  if (rc == KVAULT_NOTFOUND)
    return KVAULT_OK;
  return rc == KVAULT_OK && old.large.id != 0 ? kvault__large_drop (vault, old.large.id) : rc;
}

int
kvault__put_replacing (kvault     *vault,
                       const void *key,
                       size_t      key_size,
                       const void *value,
                       size_t      value_size)
{
  int rc = drop_old_parts (vault, key, key_size);

  return rc == KVAULT_OK ? kvault__put_bytes (vault, key, key_size, value, value_size) : rc;
}

static int
put_in_parts (kvault     *vault,
              const void *key,
              size_t      key_size,
              const void *value,
              size_t      value_size)
{
  kvault__parts parts;
  int rc;

  vault->stays = true;   /* only an open file says that they are somebody's */
  if ((rc = kvault__parts_begin (vault, key, key_size, &parts)) == KVAULT_OK &&
      (rc = kvault__parts_write (vault, &parts, value, value_size)) == KVAULT_OK)
    rc = kvault__parts_finish (vault, &parts, key, key_size);
  kvault__parts_end (vault, &parts);
  vault->stays = false;
  return rc;
}

/* Past the cache. Is not counted for a bulk import. */
int
kvault__put_through (kvault     *vault,
                     const void *key,
                     size_t      key_size,
                     const void *value,
                     size_t      value_size)
{
  bool has_large, veils = false;
  int rc;

  if (!kvault__is_whole (vault, key_size, value_size))
    return put_in_parts (vault, key, key_size, value, value_size);
  if ((rc = kvault__check_memory (vault, value_size)) != KVAULT_OK)
    return rc;
  do
    {
      if ((rc = kvault__has_large (vault, &has_large)) != KVAULT_OK)
        return rc;
      veils = kvault__veils (vault);   /* what is hidden is lifted under the lock, before this is committed */
      if (has_large || veils)
        break;
      kvault__may_give_way (vault);
      rc = kvault__put_bytes (vault, key, key_size, value, value_size);
    }
  while (kvault__gave_way (vault, &rc));
  if (!has_large && !veils)
    return rc == KVAULT_OK ? kvault__veil_lift_stored (vault, key, key_size) : rc;   /* hidden while this one waited for the lock */
  rc = kvault__begin (vault);
  return rc == KVAULT_OK ? kvault__end (vault, kvault__put_replacing (vault, key, key_size, value, value_size)) : rc;
}

int
kvault_put (kvault     *vault,
            const void *key,
            size_t      key_size,
            const void *value,
            size_t      value_size)
{
  bool waits = kvault__cache_takes (vault, key_size, value_size);
  int rc;

  if ((rc = waits ? kvault__enter_waiting (vault) : kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (value, value_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no value");
  if ((rc = kvault__check_key (vault, key, key_size)) != KVAULT_OK)
    return rc;
  if (waits)
    return kvault__cache_put (vault, key, key_size, value, value_size);
  if ((rc = kvault__put_through (vault, key, key_size, value, value_size)) != KVAULT_OK)
    return rc;
  kvault__cache_drop (vault, key, key_size);
  return vault->inside == 0 ? kvault__bulk_count (vault, value_size) : KVAULT_OK;
}

/* Looks at the length first: a marker's bytes are cheap to compare, those of another value are not. */
static int
large_of_any_row (kvault        *vault,
                  int64_t        id,
                  kvault__large *large)
{
  sqlite3_stmt *statement;
  bool may_be = false;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__FIND_ROW, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW: may_be = sqlite3_column_int64 (statement, 2) == KVAULT__MARKER_SIZE; break;
    case SQLITE_DONE: break;
    default: rc = kvault__fail_db (vault, "%s", vault->name);
    }
  kvault__statement_done (statement);
  if (rc != KVAULT_OK)
    return rc;
  return may_be ? kvault__large_of_row (vault, id, large) : KVAULT_NOTFOUND;
}

/* By key, whatever row that has. */
static int
delete_with_parts (kvault     *vault,
                   const void *key,
                   size_t      key_size)
{
  kvault__row row;
  int rc = kvault__row_find (vault, key, key_size, &row);

  return rc == KVAULT_OK ? kvault__delete_row (vault, row.id) : rc;
}

static int
delete_whole (kvault     *vault,
              const void *key,
              size_t      key_size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__DELETE, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  if ((rc = step_done (vault, statement, key, key_size)) != KVAULT_OK)
    return rc;
  return sqlite3_changes (vault->db) > 0 ? KVAULT_OK : fail_not_found (vault, key, key_size);
}

/* By row id, if that row still has the key. */
static int
delete_own_row (kvault             *vault,
                const kvault_entry *entry)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__DELETE_ROW_OF_KEY, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, entry->id);
  kvault__bind_key (statement, 2, entry->key_class, entry->key, entry->key_size);
  if ((rc = step_done (vault, statement, entry->key, entry->key_size)) != KVAULT_OK)
    return rc;
  return sqlite3_changes (vault->db) > 0 ? KVAULT_OK : fail_not_found (vault, entry->key, entry->key_size);
}

static int
delete_own_row_with_parts (kvault             *vault,
                           const kvault_entry *entry)
{
  kvault__large large;
  int has_parts = large_of_any_row (vault, entry->id, &large);   /* the marker goes with the row */
  int rc;

  if (has_parts != KVAULT_OK && has_parts != KVAULT_NOTFOUND)
    return has_parts;
  rc = delete_own_row (vault, entry);
  return rc == KVAULT_OK && has_parts == KVAULT_OK ? kvault__large_drop (vault, large.id) : rc;
}

/* The row is known, or believed to be. The index of the keys, were it damaged, might lead to another one. */
static int
delete_row_of (kvault             *vault,
               const kvault_entry *entry,
               bool                has_large)
{
  bool is_blob = entry->key_class == KVAULT_CLASS_BLOB;
  int rc = KVAULT_NOTFOUND;

  if (entry->id != 0 || !is_blob)
    rc = has_large ? delete_own_row_with_parts (vault, entry) : delete_own_row (vault, entry);
  if (rc != KVAULT_NOTFOUND || !is_blob)
    return rc;
  return has_large ? delete_with_parts (vault, entry->key, entry->key_size) : delete_whole (vault, entry->key, entry->key_size);
}

static int
delete_stored (kvault             *vault,
               const kvault_entry *entry)
{
  bool has_large;
  int rc;

  do
    {
      if ((rc = kvault__has_large (vault, &has_large)) != KVAULT_OK)
        return rc;
      if (has_large)
        return (rc = kvault__begin (vault)) == KVAULT_OK ? kvault__end (vault, delete_row_of (vault, entry, true)) : rc;
      kvault__may_give_way (vault);
      rc = delete_row_of (vault, entry, false);
    }
  while (kvault__gave_way (vault, &rc));
  return rc;
}

int
kvault_delete_entry (kvault             *vault,
                     const kvault_entry *entry)
{
  kvault__waiting waiting;
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (entry->key, entry->key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  rc = delete_stored (vault, entry);
  if ((rc != KVAULT_OK && rc != KVAULT_NOTFOUND) || entry->key_class != KVAULT_CLASS_BLOB || kvault__cache_is_mirror (vault) ||
      !kvault__cache_find (vault, entry->key, entry->key_size, &waiting))
    return rc;
  kvault__cache_drop (vault, entry->key, entry->key_size);
  return KVAULT_OK;
}

int
kvault_delete (kvault     *vault,
               const void *key,
               size_t      key_size)
{
  return kvault_delete_entry (vault, &(kvault_entry) { .key = key, .key_size = key_size, .key_class = KVAULT_CLASS_BLOB });
}

/* ---- room for a value that is written in pieces ---- */

static int
step_reserving (kvault              *vault,
                kvault__statement_id which,
                const void          *key,
                size_t               key_size,
                uint64_t             size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, which, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  sqlite3_bind_zeroblob64 (statement, 2, size);
  if (vault->section->kind == KVAULT_SECTION_V1)
    sqlite3_bind_int64 (statement, 3, (sqlite3_int64) size);
  if ((rc = step_done (vault, statement, key, key_size)) != KVAULT_OK)
    return rc;
  return sqlite3_changes (vault->db) > 0 ? KVAULT_OK : KVAULT_NOTFOUND;
}

/* Inside a transaction: a value of @size zeros at @key. An upsert would build the zeros in memory; these two do not. */
int
kvault__reserve (kvault     *vault,
                 const void *key,
                 size_t      key_size,
                 uint64_t    size,
                 int64_t    *id)
{
  kvault__row row;
  int rc;

  if ((rc = kvault__veil_lift (vault, key, key_size)) != KVAULT_OK || (rc = drop_old_parts (vault, key, key_size)) != KVAULT_OK)
    return rc;
  if (size >= DEFER_WORTH)
    kvault__defer_zeros (vault);
  rc = step_reserving (vault, KVAULT__RESERVE_UPDATE, key, key_size, size);
  if (rc == KVAULT_NOTFOUND)
    rc = step_reserving (vault, KVAULT__RESERVE_INSERT, key, key_size, size);
  if (rc == KVAULT_OK && (rc = kvault__row_find (vault, key, key_size, &row)) == KVAULT_OK)
    *id = row.id;
  return rc;
}

/* ---- rows by id, inside an operation ---- */

int
kvault__delete_row (kvault *vault,
                    int64_t id)
{
  sqlite3_stmt *statement;
  kvault__large large;
  bool has_large;
  int rc;

  if ((rc = kvault__has_large (vault, &has_large)) != KVAULT_OK)
    return rc;
  if (has_large)
    {
      rc = large_of_any_row (vault, id, &large);
      if (rc == KVAULT_OK)
        rc = kvault__large_drop (vault, large.id);
      if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
        return rc;
    }
  if ((rc = kvault__statement (vault, KVAULT__DELETE_ROW, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  if (sqlite3_step (statement) != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  if (rc != KVAULT_OK || sqlite3_changes (vault->db) > 0)
    return rc;
  vault->damaged = true;   /* it was found a moment ago: an index has it, and the table has not */
  return kvault__fail (vault, KVAULT_ECORRUPT, "%s: the file is damaged: a row that the index of the keys has is not there", vault->name);
}

/* Copies a key that is known to be @key_size bytes long. */
int
kvault__row_key (kvault  *vault,
                 int64_t  id,
                 void    *key,
                 size_t   key_size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__ROW_KEY, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  if (sqlite3_step (statement) != SQLITE_ROW)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else if ((size_t) sqlite3_column_bytes (statement, 0) != key_size)
    rc = kvault__fail (vault, KVAULT_ESTALE, "%s: a key changed", vault->name);
  else if (key_size > 0)
    memcpy (key, sqlite3_column_blob (statement, 0), key_size);
  kvault__statement_done (statement);
  return rc;
}
