/* SPDX-License-Identifier: MIT */
/*
 * blob.c - random-access reads of one value.
 *
 * An open blob is an open read transaction: all reads come from one state of the file. In a file without page maps a first read far
 * into a value walks its chain of pages, and sqlite3_blob_read() cannot be interrupted; so the walk is done in strides of one
 * byte each, with a look at "cancelled" between them. The same goes for long reads, which are cut into chunks.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct kvault_blob {
  kvault *vault;
  kvault_blob *next;
  sqlite3_blob *blob;   /* NULL for a value that is kept here: one from the cache, or a number as text */
  char *copy;
  uint64_t size;
  uint64_t walked;      /* how far the chain of pages is known */
  kvault__large large;  /* of a value in parts: blob stands on part number `part` */
  uint64_t part;
};

static int
fail_part (kvault *vault)
{
  vault->damaged = true;
  return kvault__fail (vault, KVAULT_ECORRUPT, "%s: a large value has lost a part", vault->name);
}

static int
open_row (kvault            *vault,
          kvault_blob       *self,
          const kvault__row *row)
{
  sqlite3_stmt *statement;
  int rc;

  self->size = row->size;
  if (row->large.id != 0)
    {
      self->large = row->large;
      if (sqlite3_blob_open (vault->db, "main", "kvault_parts", "data", row->large.id << 24, 0, &self->blob) != SQLITE_OK)
        return fail_part (vault);
      return KVAULT_OK;
    }
  if (row->value_class == KVAULT_CLASS_BLOB || row->value_class == KVAULT_CLASS_TEXT)
    {
      if (sqlite3_blob_open (vault->db, "main", vault->section->name, "value", row->id, 0, &self->blob) != SQLITE_OK)
        return kvault__fail_db (vault, "%s", vault->name);
      self->size = (uint64_t) sqlite3_blob_bytes (self->blob);
      return KVAULT_OK;
    }

  if ((rc = kvault__statement (vault, KVAULT__VALUE_TEXT, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, row->id);
  if (sqlite3_step (statement) != SQLITE_ROW)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else if (sqlite3_column_text (statement, 0) != NULL &&
           (self->copy = strdup ((const char *) sqlite3_column_text (statement, 0))) == NULL)
    rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  self->size = self->copy != NULL ? strlen (self->copy) : 0;
  kvault__statement_done (statement);
  return rc;
}

static int
copy_waiting (kvault                *vault,
              kvault_blob           *self,
              const kvault__waiting *waiting)
{
  self->size = waiting->value_size;
  self->copy = malloc (waiting->value_size + 1);
  if (self->copy == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  memcpy (self->copy, waiting->value, waiting->value_size);
  return KVAULT_OK;
}

/* Of a row, or of an entry that waits in the cache. */
static int
add_blob (kvault                *vault,
          const kvault__row     *row,
          const kvault__waiting *waiting,
          kvault_blob          **blob)
{
  kvault_blob *self = calloc (1, sizeof *self);
  int rc;

  if (self == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  self->vault = vault;
  rc = waiting != NULL ? copy_waiting (vault, self, waiting) : open_row (vault, self, row);
  if (rc != KVAULT_OK)
    {
      sqlite3_blob_close (self->blob);
      free (self);
      return rc;
    }
  self->next = vault->blobs;
  vault->blobs = self;
  *blob = self;
  return KVAULT_OK;
}

/* Looking the row up and opening it are two statements; the first is kept open meanwhile, so both see one state of the file. */
static int
open_by_key (kvault       *vault,
             const void   *key,
             size_t        key_size,
             kvault_blob **blob)
{
  kvault__waiting waiting;
  sqlite3_stmt *statement;
  kvault__row row;
  int rc;

  if (kvault__cache_find (vault, key, key_size, &waiting))
    return add_blob (vault, NULL, &waiting, blob);
  if ((rc = kvault__statement (vault, KVAULT__EXISTS, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes (statement, 1, key, key_size);
  sqlite3_step (statement);
  if ((rc = kvault__row_find (vault, key, key_size, &row)) == KVAULT_OK)
    rc = add_blob (vault, &row, NULL, blob);
  kvault__statement_done (statement);
  return rc;
}

int
kvault_blob_open (kvault       *vault,
                  const void   *key,
                  size_t        key_size,
                  kvault_blob **blob)
{
  int rc;

  *blob = NULL;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (key == NULL && key_size > 0)
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  return open_by_key (vault, key, key_size, blob);
}

static bool
is_key_of_row (sqlite3_stmt       *row,
               const kvault_entry *entry)
{
  static const int type_of[] = { SQLITE_NULL, SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB };
  const void *key;

  if ((unsigned) entry->key_class > KVAULT_CLASS_BLOB || sqlite3_column_type (row, 0) != type_of[entry->key_class])
    return false;
  if (entry->key_class == KVAULT_CLASS_INTEGER)
    return sqlite3_column_int64 (row, 0) == strtoll (entry->key, NULL, 10);
  if (entry->key_class == KVAULT_CLASS_REAL)
    return sqlite3_column_double (row, 0) == strtod (entry->key, NULL);
  key = entry->key_class == KVAULT_CLASS_TEXT ? (const void *) sqlite3_column_text (row, 0) : sqlite3_column_blob (row, 0);
  return (size_t) sqlite3_column_bytes (row, 0) == entry->key_size &&
         (entry->key_size == 0 || memcmp (key, entry->key, entry->key_size) == 0);
}

int
kvault_blob_open_entry (kvault             *vault,
                        const kvault_entry *entry,
                        kvault_blob       **blob)
{
  kvault__row row = { .id = entry->id };
  kvault__waiting waiting;
  sqlite3_stmt *statement;
  int rc;

  *blob = NULL;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (entry->key_class == KVAULT_CLASS_BLOB && kvault__cache_find (vault, entry->key, entry->key_size, &waiting))
    return add_blob (vault, NULL, &waiting, blob);
  if ((rc = kvault__statement (vault, KVAULT__FIND_ROW, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, entry->id);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      if (is_key_of_row (statement, entry))
        {
          rc = kvault__row_read (vault, statement, 1, &row);
          if (rc == KVAULT_OK)
            rc = add_blob (vault, &row, NULL, blob);
          break;
        }
      /* fall through */
    case SQLITE_DONE:   /* the row is another's now; the key may have a new one */
      kvault__statement_done (statement);
      if (entry->key_class == KVAULT_CLASS_BLOB)
        return open_by_key (vault, entry->key, entry->key_size, blob);
      return kvault__fail (vault, KVAULT_NOTFOUND, "%s: no key %s", vault->name,
                           kvault__describe_key (entry->key, entry->key_size).text);
    default:
      rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (entry->key, entry->key_size).text);
    }
  kvault__statement_done (statement);
  return rc;
}

uint64_t
kvault_blob_size (const kvault_blob *blob)
{
  return blob->size;
}

/* Moves to the part that holds @offset and cuts @len at its end. A part that should be there and is not was lost: while the
 * blob is open nothing of one state of the file goes away, but for what this handle itself deletes. */
static int
enter_part (kvault_blob *self,
            uint64_t    *offset,
            size_t      *len)
{
  uint64_t part = *offset / self->large.part_size;
  int rc;

  *offset %= self->large.part_size;
  if (*len > self->large.part_size - *offset)
    *len = (size_t) (self->large.part_size - *offset);
  if (part != self->part)
    {
      rc = sqlite3_blob_reopen (self->blob, self->large.id << 24 | (int64_t) part);
      if (rc == SQLITE_ABORT)
        return kvault__fail (self->vault, KVAULT_ESTALE, "%s: the value was changed", self->vault->name);
      if (rc != SQLITE_OK)
        return fail_part (self->vault);
      self->part = part;
    }
  if (*offset + *len > (uint64_t) sqlite3_blob_bytes (self->blob))
    return fail_part (self->vault);
  return KVAULT_OK;
}

static int
read_piece (kvault_blob *self,
            void        *buf,
            size_t       len,
            uint64_t     offset)
{
  int rc = sqlite3_blob_read (self->blob, buf, (int) len, (int) offset);

  if (rc == SQLITE_ABORT)
    return kvault__fail (self->vault, KVAULT_ESTALE, "%s: the value was changed", self->vault->name);
  if (rc != SQLITE_OK)
    return kvault__fail_code (self->vault, rc, "%s", self->vault->name);
  if (offset + len > self->walked)
    self->walked = offset + len;
  return KVAULT_OK;
}

static int
fail_if_cancelled (kvault *vault)
{
  if (kvault__is_cancelled (vault))
    return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  return KVAULT_OK;
}

static int
walk_to (kvault_blob *self,
         uint64_t     offset)
{
  char byte;
  int rc;

  while (!self->vault->page_maps && self->large.id == 0 && offset > self->walked + KVAULT__STRIDE)
    if ((rc = fail_if_cancelled (self->vault)) != KVAULT_OK ||
        (rc = read_piece (self, &byte, 1, self->walked + KVAULT__STRIDE - 1)) != KVAULT_OK)
      return rc;
  return KVAULT_OK;
}

int
kvault_blob_read (kvault_blob *blob,
                  void        *buf,
                  size_t       len,
                  uint64_t     offset)
{
  kvault *vault = blob->vault;
  char *out = buf;
  int rc;

  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (offset > blob->size || len > blob->size - offset)
    return kvault__fail (vault, KVAULT_ERANGE, "%s: %zu bytes from %llu leave a value of %llu bytes", vault->name, len,
                         (unsigned long long) offset, (unsigned long long) blob->size);
  if (len == 0)
    return KVAULT_OK;
  if (blob->blob == NULL)
    {
      memcpy (out, blob->copy + offset, len);
      return KVAULT_OK;
    }

  if ((rc = walk_to (blob, offset)) != KVAULT_OK)
    return rc;
  while (len > 0)
    {
      size_t n = len < KVAULT__STRIDE ? len : KVAULT__STRIDE;
      uint64_t at = offset;

      if ((rc = fail_if_cancelled (vault)) != KVAULT_OK ||
          (blob->large.id != 0 && (rc = enter_part (blob, &at, &n)) != KVAULT_OK) ||
          (rc = read_piece (blob, out, n, at)) != KVAULT_OK)
        return rc;
      out += n;
      offset += n;
      len -= n;
    }
  return KVAULT_OK;
}

void
kvault__blob_detach (kvault_blob *blob)
{
  kvault_blob **link = &blob->vault->blobs;

  while (*link != blob)
    link = &(*link)->next;
  *link = blob->next;
  sqlite3_blob_close (blob->blob);
  free (blob->copy);
  free (blob);
}

void
kvault_blob_close (kvault_blob *blob)
{
  if (blob != NULL)
    kvault__blob_detach (blob);
}
