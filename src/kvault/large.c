/* SPDX-License-Identifier: MIT */
/*
 * large.c - values over SQLite's limit on a record, in parts.
 *
 * kvault.h has the layout. The value at the key is a marker of 112 bytes, which other programs see; it counts only if a live row of
 * kvault_large has this table, this key and these exact bytes, so a value of a person's own that looks like one, or a copy
 * of one at another key, is what it seems. Parts are written before the marker and die after it: state 0 is on its way in, 1 live,
 * 2 dying. A crash leaves rows of state 0 or 2, never a value with a part missing. Row ids of kvault_large are never reused, so
 * a part's id (large id << 24 | number) tells exactly whose it is.
 *
 * No triggers and no foreign keys: this is other people's file.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define PART_SIZE (4u << 20)       /* the longest lock and the coldest read are both short with it */

/* What was known may have been taken back with a transaction. */
void
kvault__forget_large (kvault *vault)
{
  vault->has_large = false;
  vault->no_large_at = UINT64_MAX;
}

/* There are values in parts, or were: a process that ended before it could sweep may have left some that die. The next
 * transaction looks after them. */
static void
note_large (kvault *vault)
{
  vault->sweep_due = vault->sweep_due || !vault->has_large;
  vault->has_large = true;
}

/* Whether the file has, or had, values in parts at all. Asked again only when somebody else has committed. That it cannot be told
 * is a failure like any other: inside a transaction SQLite may have taken all of it back. */
int
kvault__has_large (kvault *vault,
                   bool   *has)
{
  uint64_t version;
  int rc;

  *has = vault->has_large;
  if (*has)
    return KVAULT_OK;
  if ((rc = kvault__seen_version (vault, &version)) != KVAULT_OK || version == vault->no_large_at)
    return rc;
  if ((rc = kvault__own_find (vault, KVAULT__OWN_LARGE)) == KVAULT_OK)
    rc = kvault__own_find (vault, KVAULT__OWN_PARTS);
  *has = rc == KVAULT_OK;
  if (*has)
    note_large (vault);
  if (rc != KVAULT_NOTFOUND)
    return rc;
  vault->no_large_at = version;
  return KVAULT_OK;
}

/* KVAULT_OK: the value of this row is a marker that counts. KVAULT_NOTFOUND, without a message: it is what it seems. */
int
kvault__large_of_row (kvault        *vault,
                      int64_t        row_id,
                      kvault__large *large)
{
  sqlite3_stmt *statement;
  bool has_large;
  int rc;

  memset (large, 0, sizeof *large);
  if (!kvault__is_vault (vault->section))
    return KVAULT_NOTFOUND;
  if ((rc = kvault__has_large (vault, &has_large)) != KVAULT_OK || !has_large)
    return rc != KVAULT_OK ? rc : KVAULT_NOTFOUND;
  if ((rc = kvault__statement (vault, KVAULT__LARGE_OF_ROW, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, row_id);
  sqlite3_bind_text (statement, 2, vault->section->name, -1, SQLITE_STATIC);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      large->id = sqlite3_column_int64 (statement, 0);
      large->size = (uint64_t) sqlite3_column_int64 (statement, 1);
      large->part_size = (uint64_t) sqlite3_column_int64 (statement, 2);
      break;
    case SQLITE_DONE:
      rc = KVAULT_NOTFOUND;
      break;
    default:
      rc = kvault__fail_db (vault, "%s", vault->name);
    }
  kvault__statement_done (statement);
  if (rc == KVAULT_OK && (large->id <= 0 || large->id > KVAULT__LARGE_ID_MAX || large->part_size == 0 || large->part_size > INT32_MAX ||
                          large->size > large->part_size << 24))
    {
      vault->damaged = true;
      return kvault__fail (vault, KVAULT_ECORRUPT, "%s: the list of large values is damaged", vault->name);
    }
  return rc;
}

static int
run_with_id (kvault              *vault,
             kvault__statement_id which,
             int64_t              id)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, which, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  if (sqlite3_step (statement) != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  return rc;
}

/* Inside the transaction that takes the marker away. */
int
kvault__large_drop (kvault *vault,
                    int64_t id)
{
  vault->sweep_due = true;
  return run_with_id (vault, KVAULT__LARGE_DIES, id);
}

/* Inside the transaction that gives the marker another key. */
int
kvault__large_rename (kvault     *vault,
                      int64_t     id,
                      const void *new_key,
                      size_t      new_key_size)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__LARGE_RENAME, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  kvault__bind_bytes (statement, 2, new_key, new_key_size);
  if (sqlite3_step (statement) != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  return rc;
}

/* ---- sweeping ---- */

static int
dying_id (kvault  *vault,
          int64_t *id)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__LARGE_DYING, &statement)) != KVAULT_OK)
    return rc;
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW: *id = sqlite3_column_int64 (statement, 0); break;
    case SQLITE_DONE: rc = KVAULT_NOTFOUND; break;
    default: rc = kvault__fail_db (vault, "%s", vault->name);
    }
  kvault__statement_done (statement);
  return rc;
}

/* Some parts of a dead value, or of none; 0: there were no more, and it is forgotten. */
int
kvault__large_sweep_step (kvault   *vault,
                          int64_t   id,
                          uint64_t *n_deleted)
{
  int rc;

  *n_deleted = 0;
  if ((rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  if ((rc = run_with_id (vault, KVAULT__PARTS_DELETE_SOME, id)) == KVAULT_OK)
    *n_deleted = (uint64_t) sqlite3_changes64 (vault->db);
  if (rc == KVAULT_OK && *n_deleted == 0)
    rc = run_with_id (vault, KVAULT__LARGE_FORGET, id);
  return kvault__end (vault, rc);
}

/* Deletes the parts of values that are gone, in steps, so that nobody waits long. What fails here is done another time:
 * the values are gone already. */
void
kvault__large_sweep (kvault *vault)
{
  kvault_error error = vault->error;
  int64_t id = 0, forgotten = 0;
  bool has_large;
  uint64_t n;
  int rc;

  vault->sweeping = true;
  if ((rc = kvault__has_large (vault, &has_large)) == KVAULT_OK && !has_large)   /* they went with a transaction, or to somebody else */
    rc = KVAULT_NOTFOUND;
  while (rc == KVAULT_OK && !kvault__is_cancelled (vault) && (rc = dying_id (vault, &id)) == KVAULT_OK)
    if (id == forgotten)   /* a walk finds it, and its id does not: for ever */
      {
        vault->damaged = true;
        rc = KVAULT_ECORRUPT;
      }
    else if ((rc = kvault__large_sweep_step (vault, id, &n)) == KVAULT_OK && n == 0)
      forgotten = id;
  vault->sweeping = false;
  vault->sweep_due = rc != KVAULT_NOTFOUND;
  vault->error = error;
}

/* ---- writing ---- */

static int
insert_large (kvault        *vault,
              kvault__parts *parts,
              const void    *key,
              size_t         key_size)
{
  sqlite3_stmt *statement;
  int rc;

  if (getrandom (parts->token, sizeof parts->token, 0) != sizeof parts->token)
    return kvault__fail (vault, KVAULT_EIO, "%s: the system gives no random numbers", vault->name);
  if ((rc = kvault__statement (vault, KVAULT__LARGE_INSERT, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_text (statement, 1, vault->section->name, -1, SQLITE_STATIC);
  kvault__bind_bytes (statement, 2, key, key_size);
  sqlite3_bind_int64 (statement, 3, PART_SIZE);
  kvault__bind_bytes (statement, 4, parts->token, sizeof parts->token);
  sqlite3_bind_int64 (statement, 5, (sqlite3_int64) time (NULL));
  if (sqlite3_step (statement) == SQLITE_DONE)
    parts->id = sqlite3_last_insert_rowid (vault->db);
  else
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  if (rc == KVAULT_OK && (parts->id <= 0 || parts->id > KVAULT__LARGE_ID_MAX))   /* a row of somebody's has driven the numbers up */
    rc = kvault__fail (vault, KVAULT_ECORRUPT, "%s: the list of large values is damaged", vault->name);
  return rc;
}

/* Opens a place for a value in parts; it belongs to nobody yet. */
int
kvault__parts_begin (kvault        *vault,
                     const void    *key,
                     size_t         key_size,
                     kvault__parts *parts)
{
  int rc;

  memset (parts, 0, sizeof *parts);
  if ((parts->buffer = malloc (PART_SIZE)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if ((rc = kvault__begin (vault)) == KVAULT_OK)
    {
      if ((rc = kvault__own_create (vault, KVAULT__OWN_LARGE)) == KVAULT_OK)
        rc = kvault__own_create (vault, KVAULT__OWN_PARTS);
      if (rc == KVAULT_OK)
        rc = insert_large (vault, parts, key, key_size);
      rc = kvault__end (vault, rc);
    }
  if (rc == KVAULT_OK)
    {
      note_large (vault);
      parts->in_batch = vault->batch;
    }
  else
    {
      free (parts->buffer);
      parts->buffer = NULL;
      parts->id = 0;
    }
  return rc;
}

static int
insert_part (kvault        *vault,
             kvault__parts *parts)
{
  sqlite3_stmt *statement;
  int rc;

  if (parts->n_parts >= (int64_t) 1 << 24)
    return kvault__fail (vault, KVAULT_ETOOBIG, "%s: a value has at most 64 TiB", vault->name);
  if ((rc = kvault__statement (vault, KVAULT__PART_INSERT, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, parts->id << 24 | parts->n_parts);
  kvault__bind_bytes (statement, 2, parts->buffer, parts->used);
  if (sqlite3_step (statement) != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  if (rc == KVAULT_OK)
    {
      parts->n_parts++;
      parts->used = 0;
    }
  return rc;
}

/* Says that the value is still on its way, and finds that out: orphans.c may have taken it for abandoned. */
static int
touch (kvault        *vault,
       kvault__parts *parts)
{
  sqlite3_stmt *statement;
  int rc;

  if (parts->undone)
    return kvault__fail (vault, KVAULT_ESTALE, "%s: parts of the value were undone with the transaction they were in", vault->name);
  if ((rc = kvault__statement (vault, KVAULT__LARGE_TOUCH, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, parts->id);
  sqlite3_bind_int64 (statement, 2, (sqlite3_int64) time (NULL));
  kvault__bind_bytes (statement, 3, parts->token, sizeof parts->token);
  if (sqlite3_step (statement) != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else if (sqlite3_changes (vault->db) == 0)
    rc = kvault__fail (vault, KVAULT_ESTALE, "%s: another program took the value for abandoned and removed its parts", vault->name);
  kvault__statement_done (statement);
  return rc;
}

/* A transaction a part: no lock is held while a slow source delivers the next, and the log does not grow by the whole value. */
static int
write_part (kvault        *vault,
            kvault__parts *parts)
{
  int rc = kvault__begin (vault);

  if (rc != KVAULT_OK)
    return rc;
  parts->in_batch = parts->in_batch || vault->batch;
  if ((rc = touch (vault, parts)) == KVAULT_OK)
    rc = insert_part (vault, parts);
  return kvault__end (vault, rc);
}

/* The transaction of the caller's that was open is over. */
void
kvault__parts_settle (kvault__parts *parts,
                      bool           committed)
{
  parts->undone = parts->undone || (parts->in_batch && !committed);
  parts->in_batch = false;
}

int
kvault__parts_write (kvault        *vault,
                     kvault__parts *parts,
                     const void    *bytes,
                     size_t         len)
{
  const unsigned char *in = bytes;
  int rc;

  while (len > 0)
    {
      size_t n = PART_SIZE - parts->used < len ? PART_SIZE - parts->used : len;

      memcpy (parts->buffer + parts->used, in, n);
      parts->used += n;
      parts->size += n;
      in += n;
      len -= n;
      if (parts->used == PART_SIZE && (rc = write_part (vault, parts)) != KVAULT_OK)
        return rc;
    }
  return KVAULT_OK;
}

static int
make_live (kvault        *vault,
           kvault__parts *parts,
           const void    *key,
           size_t         key_size)
{
  sqlite3_stmt *statement;
  unsigned char marker[KVAULT__MARKER_SIZE];
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__LARGE_LIVES, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, parts->id);
  sqlite3_bind_int64 (statement, 2, (sqlite3_int64) parts->size);
  if (sqlite3_step (statement) == SQLITE_ROW && sqlite3_column_bytes (statement, 0) == KVAULT__MARKER_SIZE)
    memcpy (marker, sqlite3_column_blob (statement, 0), sizeof marker);
  else
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  return rc == KVAULT_OK ? kvault__put_replacing (vault, key, key_size, marker, sizeof marker) : rc;
}

/* Gives what was written to a key, in place of what is there: the one moment at which it becomes visible. */
int
kvault__parts_finish (kvault        *vault,
                      kvault__parts *parts,
                      const void    *key,
                      size_t         key_size)
{
  int rc;

  if ((rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  if ((rc = touch (vault, parts)) != KVAULT_OK)
    rc = kvault__end (vault, rc);
  else if (parts->used > 0)
    {
      /* Kept for a further try: a failed transaction takes the part back. */
      size_t used = parts->used;

      rc = insert_part (vault, parts);
      if (rc == KVAULT_OK)
        rc = make_live (vault, parts, key, key_size);
      if ((rc = kvault__end (vault, rc)) != KVAULT_OK && parts->used == 0)
        {
          parts->used = used;
          parts->n_parts--;
        }
    }
  else
    rc = kvault__end (vault, make_live (vault, parts, key, key_size));
  if (rc == KVAULT_OK)
    parts->id = 0;
  return rc;
}

static int
abandon (kvault        *vault,
         kvault__parts *parts)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__LARGE_ABANDON, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, parts->id);
  kvault__bind_bytes (statement, 2, parts->token, sizeof parts->token);
  if (sqlite3_step (statement) != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (statement);
  vault->sweep_due = true;
  return rc;
}

/* Frees the buffer; what was not finished dies. */
void
kvault__parts_end (kvault        *vault,
                   kvault__parts *parts)
{
  kvault_error error = vault->error;

  if (parts->id != 0 && kvault__begin (vault) == KVAULT_OK)
    kvault__end (vault, abandon (vault, parts));
  vault->error = error;
  free (parts->buffer);
  memset (parts, 0, sizeof *parts);
}
