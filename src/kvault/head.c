/* SPDX-License-Identifier: MIT */
/*
 * head.c - the first bytes of many values.
 *
 * To open a value for reading SQLite prepares a statement, which costs several times what the few bytes do. So one reader is moved
 * from row to row. It holds a read transaction; it is kept only while a walk is open, which holds one as well, and let go of when the
 * walk comes to its end or is closed. Rows are of one state of the file with their keys: the look-up is open until the bytes are read.
 */
#include "internal.h"

#include <string.h>

void
kvault__head_let_go (kvault *vault)
{
  sqlite3_blob_close (vault->head);
  vault->head = NULL;
}

/* A reader whose row this handle changed is dead, and one that failed to move, too. */
static int
move_to (kvault *vault,
         int64_t id)
{
  if (vault->head != NULL && vault->head_section == vault->section && sqlite3_blob_reopen (vault->head, id) == SQLITE_OK)
    return KVAULT_OK;
  kvault__head_let_go (vault);
  vault->head_section = vault->section;
  if (sqlite3_blob_open (vault->db, "main", vault->section->name, kvault__value_column (vault->section), id, 0,
                         &vault->head) == SQLITE_OK)
    return KVAULT_OK;
  return kvault__fail_db (vault, "%s", vault->name);
}

static int
read_from (kvault   *vault,
           int64_t   id,
           void     *buf,
           size_t    room,
           size_t   *len,
           uint64_t *size)
{
  int rc = move_to (vault, id);
  int step;

  if (rc == KVAULT_OK)
    {
      *size = (uint64_t) sqlite3_blob_bytes (vault->head);
      *len = *size < room ? (size_t) *size : room;
      if ((step = sqlite3_blob_read (vault->head, buf, (int) *len, 0)) != SQLITE_OK)
        rc = kvault__fail_code (vault, step, "%s", vault->name);
    }
  if (rc != KVAULT_OK || vault->cursors == NULL)
    kvault__head_let_go (vault);
  return rc;
}

/* KVAULT_NOTFOUND: not a value that lies in the row of that id under that key. Most do. */
static int
read_in_row (kvault             *vault,
             const kvault_entry *entry,
             void               *buf,
             size_t              room,
             size_t             *len,
             uint64_t           *size)
{
  kvault__row row = { .id = entry->id };
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__FIND_ROW, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, entry->id);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      rc = kvault__is_key_of_row (statement, entry) ? kvault__row_read (vault, statement, 1, &row) : KVAULT_NOTFOUND;
      if (rc == KVAULT_OK && (row.large.id != 0 || (row.value_class != KVAULT_CLASS_BLOB && row.value_class != KVAULT_CLASS_TEXT)))
        rc = KVAULT_NOTFOUND;
      if (rc == KVAULT_OK)
        rc = read_from (vault, entry->id, buf, room, len, size);
      break;
    case SQLITE_DONE: rc = KVAULT_NOTFOUND; break;
    default: rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (entry->key, entry->key_size).text);
    }
  kvault__statement_done (statement);
  return rc;
}

static int
read_by_blob (kvault             *vault,
              const kvault_entry *entry,
              void               *buf,
              size_t              room,
              size_t             *len,
              uint64_t           *size)
{
  kvault_blob *blob;
  int rc = kvault_blob_open_entry (vault, entry, &blob);

  if (rc != KVAULT_OK)
    return rc;
  *size = kvault_blob_size (blob);
  *len = *size < room ? (size_t) *size : room;
  rc = kvault_blob_read (blob, buf, *len, 0);
  kvault_blob_close (blob);
  return rc;
}

int
kvault_head (kvault             *vault,
             const kvault_entry *entry,
             void               *buf,
             size_t              room,
             size_t             *len,
             uint64_t           *size)
{
  kvault__waiting waiting;
  int rc;

  *len = 0;
  *size = 0;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if ((entry->key == NULL && entry->key_size > 0) || (buf == NULL && room > 0))
    return kvault__fail (vault, KVAULT_EINVAL, "no key, or no room");
  rc = KVAULT_NOTFOUND;
  if (room <= KVAULT__STRIDE &&
      (entry->key_class != KVAULT_CLASS_BLOB || !kvault__cache_find (vault, entry->key, entry->key_size, &waiting)))
    rc = read_in_row (vault, entry, buf, room, len, size);
  if (rc == KVAULT_NOTFOUND)
    rc = read_by_blob (vault, entry, buf, room, len, size);
  if (rc != KVAULT_OK)
    {
      *len = 0;
      *size = 0;
    }
  return rc;
}
