/* SPDX-License-Identifier: MIT */
/*
 * entry.c - one value by its key: get, put, delete, exists, size, count, rename.
 *
 * Sizes come from length(), which reads the record's header only; the size column of V1 tables is written, never read: it lies
 * behind the value. Rows are of any storage class in files of strangers, so sizes of text are asked of the blob API.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define RENAME_IN_MEMORY_MAX (32u << 20)   /* above, a rename copies in chunks: UPDATE loads the value twice */
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
  switch (type != NULL ? type[0] : 'n')
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

  if (sqlite3_blob_open (vault->db, "main", vault->section->name, "value", id, 0, &blob) != SQLITE_OK)
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

/* The size and class of a value from typeof(value), length(value) in two columns of a row. */
int
kvault__row_read (kvault       *vault,
                  sqlite3_stmt *statement,
                  int64_t       id,
                  int           type_column,
                  uint64_t     *size,
                  kvault_class *value_class)
{
  *value_class = class_of ((const char *) sqlite3_column_text (statement, type_column));
  *size = (uint64_t) sqlite3_column_int64 (statement, type_column + 1);
  if (*value_class == KVAULT_CLASS_TEXT)
    return bytes_of_text (vault, id, size);
  return check_plausible (vault, *size);
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
  kvault__bind_bytes (statement, 1, key, key_size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      row->id = sqlite3_column_int64 (statement, 0);
      rc = kvault__row_read (vault, statement, row->id, 1, &row->size, &row->value_class);
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

int
kvault_exists (kvault     *vault,
               const void *key,
               size_t      key_size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (key, key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if ((rc = kvault__statement (vault, KVAULT__EXISTS, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW: rc = KVAULT_OK; break;
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
  kvault__row row;
  int rc;

  *size = 0;
  if ((rc = kvault__enter (vault)) == KVAULT_OK && (rc = kvault__row_find (vault, key, key_size, &row)) == KVAULT_OK)
    *size = row.size;
  return rc;
}

int
kvault_count (kvault   *vault,
              uint64_t *count)
{
  /* The quick way walks without asking whether to go on; kvault_interrupt() reaches it, is_cancelled cannot. */
  bool quick = vault->options.is_cancelled == NULL;
  sqlite3_stmt *statement;
  int rc;

  *count = 0;
  if ((rc = kvault__enter (vault)) != KVAULT_OK ||
      (rc = kvault__statement (vault, quick ? KVAULT__COUNT : KVAULT__COUNT_STEPWISE, &statement)) != KVAULT_OK)
    return rc;
  atomic_store (&vault->counting, quick);
  if (sqlite3_step (statement) == SQLITE_ROW)
    *count = (uint64_t) sqlite3_column_int64 (statement, 0);
  else
    rc = kvault__fail_db (vault, "%s", vault->name);
  atomic_store (&vault->counting, 0);
  kvault__statement_done (statement);
  return rc;
}

/* ---- get ---- */

/* Text is stored in the file's own encoding; a column would give it in another. */
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
copy_value (kvault       *vault,
            sqlite3_stmt *statement,
            void        **value,
            size_t       *value_size)
{
  const void *bytes = sqlite3_column_type (statement, 0) == SQLITE_BLOB ? sqlite3_column_blob (statement, 0)
                                                                        : sqlite3_column_text (statement, 0);
  size_t size = (size_t) sqlite3_column_bytes (statement, 0);
  char *copy;

  /* Reading the column is what loads a value's further pages: failures show here, as no memory or as an error code. */
  if (bytes == NULL && (size > 0 || sqlite3_errcode (vault->db) == SQLITE_NOMEM))
    return kvault__fail_db (vault, "%s", vault->name);
  copy = malloc (size + 1);
  if (copy == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory for a value of %zu bytes", vault->name, size);
  if (size > 0)
    memcpy (copy, bytes, size);
  copy[size] = '\0';
  *value = copy;
  *value_size = size;
  return KVAULT_OK;
}

int
kvault_get (kvault     *vault,
            const void *key,
            size_t      key_size,
            void      **value,
            size_t     *value_size)
{
  sqlite3_stmt *statement;
  int rc;

  *value = NULL;
  *value_size = 0;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (key, key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if ((rc = kvault__statement (vault, KVAULT__GET, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      rc = sqlite3_column_type (statement, 0) == SQLITE_TEXT ? copy_by_blob (vault, key, key_size, value, value_size)
                                                             : copy_value (vault, statement, value, value_size);
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

int
kvault__check_record (kvault     *vault,
                      const void *key,
                      size_t      key_size,
                      uint64_t    value_size)
{
  if (bad_bytes (key, key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if (key_size <= KVAULT__RECORD_MAX - KVAULT__RECORD_SLACK &&
      value_size <= KVAULT__RECORD_MAX - KVAULT__RECORD_SLACK - key_size)
    return KVAULT_OK;
  return kvault__fail (vault, KVAULT_ETOOBIG, "%s: key %s: with its value it would pass the limit of 1,000,000,000 bytes",
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

  if ((rc = kvault__statement (vault, KVAULT__PUT, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  kvault__bind_bytes (statement, 2, value, value_size);
  if (vault->section->kind == KVAULT_SECTION_V1)
    sqlite3_bind_int64 (statement, 3, (sqlite3_int64) value_size);
  return step_done (vault, statement, key, key_size);
}

int
kvault_put (kvault     *vault,
            const void *key,
            size_t      key_size,
            const void *value,
            size_t      value_size)
{
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (value, value_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no value");
  if ((rc = kvault__check_record (vault, key, key_size, value_size)) != KVAULT_OK)
    return rc;
  return kvault__put_bytes (vault, key, key_size, value, value_size);
}

int
kvault_delete (kvault     *vault,
               const void *key,
               size_t      key_size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (key, key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if ((rc = kvault__statement (vault, KVAULT__DELETE, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  if ((rc = step_done (vault, statement, key, key_size)) != KVAULT_OK)
    return rc;
  return sqlite3_changes (vault->db) > 0 ? KVAULT_OK : fail_not_found (vault, key, key_size);
}

int
kvault_delete_entry (kvault             *vault,
                     const kvault_entry *entry)
{
  sqlite3_stmt *statement;
  int rc;

  if (entry->key_class == KVAULT_CLASS_BLOB)
    return kvault_delete (vault, entry->key, entry->key_size);
  if ((rc = kvault__enter_write (vault)) != KVAULT_OK ||
      (rc = kvault__statement (vault, KVAULT__DELETE_ROW_OF_KEY, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, entry->id);
  kvault__bind_key (statement, 2, entry->key_class, entry->key, entry->key_size);
  if ((rc = step_done (vault, statement, entry->key, entry->key_size)) != KVAULT_OK)
    return rc;
  return sqlite3_changes (vault->db) > 0 ? KVAULT_OK : fail_not_found (vault, entry->key, entry->key_size);
}

/* ---- room for a value that is written in pieces ---- */

static int
step_returning_id (kvault              *vault,
                   kvault__statement_id which,
                   const void          *key,
                   size_t               key_size,
                   uint64_t             size,
                   int64_t             *id)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, which, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  sqlite3_bind_zeroblob64 (statement, 2, size);
  if (vault->section->kind == KVAULT_SECTION_V1)
    sqlite3_bind_int64 (statement, 3, (sqlite3_int64) size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW: *id = sqlite3_column_int64 (statement, 0); break;
    case SQLITE_DONE: rc = KVAULT_NOTFOUND; break;
    default: rc = fail_key (vault, key, key_size);
    }
  kvault__statement_done (statement);
  return rc;
}

/* Inside a transaction: a value of @size zeros at @key. An upsert would build the zeros in memory; these two do not. */
int
kvault__reserve (kvault     *vault,
                 const void *key,
                 size_t      key_size,
                 uint64_t    size,
                 int64_t    *id)
{
  int rc = step_returning_id (vault, KVAULT__RESERVE_UPDATE, key, key_size, size, id);

  return rc == KVAULT_NOTFOUND ? step_returning_id (vault, KVAULT__RESERVE_INSERT, key, key_size, size, id) : rc;
}

/* ---- rename ---- */

static int
run_on_row (kvault              *vault,
            kvault__statement_id which,
            int64_t              id,
            const void          *key,
            size_t               key_size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, which, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  if (which == KVAULT__RENAME_ROW)
    kvault__bind_bytes (statement, 2, key, key_size);
  return step_done (vault, statement, key, key_size);
}

static int
copy_chunks (kvault       *vault,
             sqlite3_blob *from,
             sqlite3_blob *to,
             char         *chunk,
             int           size)
{
  for (int at = 0; at < size; )
    {
      int n = size - at < (int) vault->options.chunk_size ? size - at : (int) vault->options.chunk_size;

      if (kvault__is_cancelled (vault))
        return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
      if (sqlite3_blob_read (from, chunk, n, at) != SQLITE_OK || sqlite3_blob_write (to, chunk, n, at) != SQLITE_OK)
        return kvault__fail_db (vault, "%s", vault->name);
      at += n;
    }
  return KVAULT_OK;
}

static int
rename_by_chunks (kvault            *vault,
                  const kvault__row *row,
                  const void        *new_key,
                  size_t             new_key_size)
{
  sqlite3_blob *from = NULL, *to = NULL;
  char *chunk = malloc (vault->options.chunk_size);
  int64_t id;
  int rc;

  if (chunk == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = kvault__reserve (vault, new_key, new_key_size, row->size, &id);
  if (rc == KVAULT_OK &&
      (sqlite3_blob_open (vault->db, "main", vault->section->name, "value", row->id, 0, &from) != SQLITE_OK ||
       sqlite3_blob_open (vault->db, "main", vault->section->name, "value", id, 1, &to) != SQLITE_OK))
    rc = kvault__fail_db (vault, "%s", vault->name);
  if (rc == KVAULT_OK)
    rc = copy_chunks (vault, from, to, chunk, (int) row->size);
  sqlite3_blob_close (from);
  if (sqlite3_blob_close (to) != SQLITE_OK && rc == KVAULT_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  free (chunk);
  return rc == KVAULT_OK ? run_on_row (vault, KVAULT__DELETE_ROW, row->id, NULL, 0) : rc;
}

static int
rename_row (kvault            *vault,
            const kvault__row *row,
            const void        *new_key,
            size_t             new_key_size)
{
  if (row->size <= RENAME_IN_MEMORY_MAX)
    return run_on_row (vault, KVAULT__RENAME_ROW, row->id, new_key, new_key_size);
  if (vault->section->kind == KVAULT_SECTION_V2 && row->value_class == KVAULT_CLASS_BLOB)
    return rename_by_chunks (vault, row, new_key, new_key_size);
  if (row->size * 2 > kvault__memory_available ())
    return kvault__fail (vault, KVAULT_ENOMEM,
                         "%s: in a table of the older shape a rename needs twice the value's %llu bytes of memory",
                         vault->name, (unsigned long long) row->size);
  return run_on_row (vault, KVAULT__RENAME_ROW, row->id, new_key, new_key_size);
}

static int
rename_inside (kvault     *vault,
               const void *key,
               size_t      key_size,
               const void *new_key,
               size_t      new_key_size,
               bool        replace)
{
  kvault__row row, other;
  int rc;

  if ((rc = kvault__row_find (vault, key, key_size, &row)) != KVAULT_OK ||
      (rc = kvault__check_record (vault, new_key, new_key_size, row.size)) != KVAULT_OK)
    return rc;
  if (key_size == new_key_size && (key_size == 0 || memcmp (key, new_key, key_size) == 0))
    return KVAULT_OK;
  rc = kvault__row_find (vault, new_key, new_key_size, &other);
  if (rc == KVAULT_OK && !replace)
    return kvault__fail (vault, KVAULT_EEXIST, "%s: there is a key %s already", vault->name,
                         kvault__describe_key (new_key, new_key_size).text);
  if (rc == KVAULT_OK)
    rc = run_on_row (vault, KVAULT__DELETE_ROW, other.id, NULL, 0);
  else if (rc == KVAULT_NOTFOUND)
    rc = KVAULT_OK;
  return rc == KVAULT_OK ? rename_row (vault, &row, new_key, new_key_size) : rc;
}

int
kvault_rename (kvault     *vault,
               const void *key,
               size_t      key_size,
               const void *new_key,
               size_t      new_key_size,
               int         replace)
{
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (bad_bytes (key, key_size) || bad_bytes (new_key, new_key_size))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if ((rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  return kvault__end (vault, rename_inside (vault, key, key_size, new_key, new_key_size, replace != 0));
}
