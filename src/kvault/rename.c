/* SPDX-License-Identifier: MIT */
/*
 * rename.c - one value gets another key.
 *
 * The key is part of the record, so SQLite writes the value anew, and to do so an UPDATE has it in memory twice. Large values are
 * copied in chunks instead where the shape of the table allows, and those in parts keep them: only their marker moves.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define RENAME_IN_MEMORY_MAX (32u << 20)   /* above, a rename copies in chunks */

static int
rename_in_memory (kvault     *vault,
                  int64_t     id,
                  const void *new_key,
                  size_t      new_key_size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__RENAME_ROW, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  kvault__bind_bytes (statement, 2, new_key, new_key_size);
  if (sqlite3_step (statement) != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (new_key, new_key_size).text);
  kvault__statement_done (statement);
  return rc;
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
  return rc == KVAULT_OK ? kvault__delete_row (vault, row->id) : rc;
}

/* A longer key can push a value over the limit of a record. */
static int
rename_into_parts (kvault            *vault,
                   const kvault__row *row,
                   const void        *key,
                   size_t             key_size,
                   const void        *new_key,
                   size_t             new_key_size)
{
  char *chunk = malloc (vault->options.chunk_size);
  kvault_blob *blob = NULL;
  kvault__parts parts = { 0 };
  uint64_t at = 0;
  int rc;

  if (chunk == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if ((rc = kvault_blob_open (vault, key, key_size, &blob)) == KVAULT_OK)
    rc = kvault__parts_begin (vault, new_key, new_key_size, &parts);
  while (rc == KVAULT_OK && at < row->size)
    {
      size_t n = row->size - at < vault->options.chunk_size ? (size_t) (row->size - at) : vault->options.chunk_size;

      if ((rc = kvault_blob_read (blob, chunk, n, at)) == KVAULT_OK)
        rc = kvault__parts_write (vault, &parts, chunk, n);
      at += n;
    }
  kvault_blob_close (blob);
  free (chunk);
  if (rc == KVAULT_OK && (rc = kvault__parts_finish (vault, &parts, new_key, new_key_size)) == KVAULT_OK)
    rc = kvault__delete_row (vault, row->id);
  kvault__parts_end (vault, &parts);
  return rc;
}

typedef enum {
  RENAME_MARKER,      /* alone: the parts stay */
  RENAME_INTO_PARTS,
  RENAME_IN_MEMORY,   /* SQLite writes no page that comes out as it was: none of the value, if the key is as long */
  RENAME_BY_CHUNKS
} rename_way;

static rename_way
choose_way (kvault            *vault,
            const kvault__row *row,
            size_t             key_size,
            size_t             new_key_size)
{
  if (row->large.id != 0)
    return RENAME_MARKER;
  if (!kvault__is_whole (vault, new_key_size, row->size) && kvault__is_whole (vault, key_size, row->size))
    return RENAME_INTO_PARTS;
  if (row->size > RENAME_IN_MEMORY_MAX && vault->section->kind == KVAULT_SECTION_V2 && row->value_class == KVAULT_CLASS_BLOB)
    return RENAME_BY_CHUNKS;
  return RENAME_IN_MEMORY;
}

static int
rename_row (kvault            *vault,
            const kvault__row *row,
            const void        *key,
            size_t             key_size,
            const void        *new_key,
            size_t             new_key_size)
{
  int rc;

  switch (choose_way (vault, row, key_size, new_key_size))
    {
    case RENAME_MARKER:
      rc = rename_in_memory (vault, row->id, new_key, new_key_size);
      return rc == KVAULT_OK ? kvault__large_rename (vault, row->large.id, new_key, new_key_size) : rc;
    case RENAME_INTO_PARTS:
      return rename_into_parts (vault, row, key, key_size, new_key, new_key_size);
    case RENAME_BY_CHUNKS:
      return rename_by_chunks (vault, row, new_key, new_key_size);
    case RENAME_IN_MEMORY:
    default:
      rc = row->size > RENAME_IN_MEMORY_MAX ? kvault__check_memory (vault, row->size) : KVAULT_OK;
      return rc == KVAULT_OK ? rename_in_memory (vault, row->id, new_key, new_key_size) : rc;
    }
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

  if ((rc = kvault__row_find_shown (vault, key, key_size, &row)) != KVAULT_OK ||
      (rc = kvault__check_key (vault, new_key, new_key_size)) != KVAULT_OK)
    return rc;
  if (key_size == new_key_size && (key_size == 0 || memcmp (key, new_key, key_size) == 0))
    return KVAULT_OK;
  rc = kvault__row_find (vault, new_key, new_key_size, &other);
  if (rc == KVAULT_OK && !replace && !kvault__is_key_veiled (vault, other.id, new_key, new_key_size))
    return kvault__fail (vault, KVAULT_EEXIST, "%s: there is a key %s already", vault->name,
                         kvault__describe_key (new_key, new_key_size).text);
  if (rc == KVAULT_OK && (rc = kvault__veil_lift (vault, new_key, new_key_size)) == KVAULT_OK)
    rc = kvault__delete_row (vault, other.id);
  else if (rc == KVAULT_NOTFOUND)
    rc = KVAULT_OK;
  return rc == KVAULT_OK ? rename_row (vault, &row, key, key_size, new_key, new_key_size) : rc;
}

int
kvault__rename (kvault     *vault,
                const void *key,
                size_t      key_size,
                const void *new_key,
                size_t      new_key_size,
                bool        replace)
{
  int rc = kvault__begin (vault);

  return rc == KVAULT_OK ? kvault__end (vault, rename_inside (vault, key, key_size, new_key, new_key_size, replace)) : rc;
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

  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK)
    return rc;
  if ((key == NULL && key_size > 0) || (new_key == NULL && new_key_size > 0))
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  return kvault__rename (vault, key, key_size, new_key, new_key_size, replace != 0);
}

int
kvault_rename_cost (kvault     *vault,
                    const void *key,
                    size_t      key_size,
                    size_t      new_key_size,
                    uint64_t   *n_bytes)
{
  kvault__waiting waiting;
  kvault__row row;
  rename_way way;
  int rc;

  *n_bytes = 0;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (key == NULL && key_size > 0)
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  if (kvault__cache_find (vault, key, key_size, &waiting))
    {
      *n_bytes = key_size != new_key_size ? waiting.value_size : 0;   /* no large ones wait */
      return KVAULT_OK;
    }
  if ((rc = kvault__row_find_shown (vault, key, key_size, &row)) != KVAULT_OK)
    return rc;
  way = choose_way (vault, &row, key_size, new_key_size);
  if (way != RENAME_MARKER && (way != RENAME_IN_MEMORY || key_size != new_key_size))
    *n_bytes = row.size;
  return KVAULT_OK;
}
