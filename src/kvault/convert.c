/* SPDX-License-Identifier: MIT */
/*
 * convert.c - a table of the older shape becomes one of the newer.
 *
 * One transaction: a table under a name that nobody has, the rows one after the other with their numbers, the old table dropped, the name
 * given to the new one. Whoever looks meanwhile sees the old table, and a kill leaves it. Values of some size go from blob to
 * blob in chunks, so memory stays small: the newer shape has nothing behind the value. Where it is worth it and nobody
 * else has the file open, it leaves its write-ahead log for the time, as a bulk import does.
 *
 * No byte of a value changes. Markers of values in parts go along, and their rows in kvault_large hold: table and key are the same.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define BY_STATEMENT_MAX (1u << 20)   /* longer values are copied in chunks */
#define TRIES 1000                    /* of names */

typedef struct {
  kvault *vault;
  kvault__work work;
  const char *table;
  char name[64];         /* of the new table until it has the old one's */
  int64_t n_rows, n_bytes;
  sqlite3_stmt *rows, *copy, *reserve;
} conversion;

/* ---- SQL ---- */

static int
prepare (conversion    *self,
         sqlite3_stmt **statement,
         const char    *format,
         ...)
{
  kvault *vault = self->vault;
  va_list args;
  char *sql;
  int rc = KVAULT_OK;

  va_start (args, format);
  sql = sqlite3_vmprintf (format, args);
  va_end (args);
  if (sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if (sqlite3_prepare_v2 (vault->db, sql, -1, statement, NULL) != SQLITE_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_free (sql);
  return rc;
}

static int
exec (conversion *self,
      const char *format,
      const char *one,
      const char *two)
{
  char *sql = sqlite3_mprintf (format, one, two);
  int rc = sql != NULL ? kvault__exec (self->vault, sql) : kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);

  sqlite3_free (sql);
  return rc;
}

static int
query_int (conversion *self,
           const char *format,
           const char *table,
           int64_t    *value)
{
  char *sql = sqlite3_mprintf (format, table);
  int rc = sql != NULL ? kvault__pragma_int (self->vault, sql, value)
                       : kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);

  sqlite3_free (sql);
  return rc;
}

/* ---- beforehand ---- */

/* What names the table in the schema of a stranger would name its columns, too. */
static int
check_users (conversion *self)
{
  sqlite3_stmt *statement = NULL;
  int rc = prepare (self, &statement, "SELECT name FROM main.sqlite_schema WHERE type IN ('view', 'trigger') AND instr(lower(sql), lower(?1))");

  if (rc != KVAULT_OK)
    return rc;
  sqlite3_bind_text (statement, 1, self->table, -1, SQLITE_STATIC);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      rc = kvault__fail (self->vault, KVAULT_EREADONLY, "%s: the view or trigger %s may need the table as it is", self->vault->name,
                         kvault__describe_key (sqlite3_column_text (statement, 0), (size_t) sqlite3_column_bytes (statement, 0)).text);
      break;
    case SQLITE_DONE:
      break;
    default:
      rc = kvault__fail_db (self->vault, "%s", self->vault->name);
    }
  sqlite3_finalize (statement);
  return rc;
}

/* Of what is copied: of a value in parts only the marker. */
static int
count_rows (conversion *self)
{
  sqlite3_stmt *statement = NULL;
  int rc = prepare (self, &statement, "SELECT count(*), total(length(value)) FROM main.\"%w\" NOT INDEXED", self->table);

  if (rc != KVAULT_OK)
    return rc;
  if (sqlite3_step (statement) == SQLITE_ROW)
    {
      self->n_rows = sqlite3_column_int64 (statement, 0);
      self->n_bytes = sqlite3_column_int64 (statement, 1);
    }
  else
    rc = kvault__fail_db (self->vault, "%s", self->vault->name);
  sqlite3_finalize (statement);
  self->work.progress.keys_total = (uint64_t) self->n_rows;
  self->work.progress.bytes_total = (uint64_t) self->n_bytes;
  return rc;
}

/* The new rows, in a log twice; the old pages again if they are to be wiped. */
static int
check_room (conversion *self,
            bool        logged)
{
  kvault *vault = self->vault;
  uint64_t copy = (uint64_t) self->n_bytes + (uint64_t) self->n_rows * 64 + (1u << 20);
  uint64_t needed = copy * (logged ? 2 : 1) + (vault->options.secure_delete ? copy : 0);
  char *folder = kvault__folder_of (vault->path);
  struct statvfs fs;
  int rc = KVAULT_OK;

  if (folder == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if (statvfs (folder, &fs) == 0 && (uint64_t) fs.f_bavail * fs.f_frsize < needed)
    rc = kvault__fail (vault, KVAULT_EFULL, "%s: converting table %s needs %llu bytes of disk, and %llu are free", vault->name,
                       kvault__describe_key (self->table, strlen (self->table)).text, (unsigned long long) needed,
                       (unsigned long long) fs.f_bavail * fs.f_frsize);
  free (folder);
  return rc;
}

/* ---- the new table ---- */

static int
find_name (conversion *self)
{
  int64_t taken = 1;
  int rc = KVAULT_OK;

  for (int i = 0; rc == KVAULT_OK && taken && i < TRIES; i++)
    {
      sqlite3_snprintf (sizeof self->name, self->name, "kvault_convert_%d", i);
      rc = query_int (self, "SELECT count(*) FROM main.sqlite_schema WHERE name = %Q COLLATE NOCASE", self->name, &taken);
    }
  return rc;
}

/* Tries at once what comes last: SQLite looks through the whole schema to rename a table, and there may be something in it that it cannot
 * read. With legacy_alter_table it looks less, and leaves views alone. */
static int
make_table (conversion *self)
{
  char trial[80];
  int rc;

  if ((rc = find_name (self)) != KVAULT_OK)
    return rc;
  sqlite3_snprintf (sizeof trial, trial, "%s_trial", self->name);
  if ((rc = exec (self, "CREATE TABLE main.\"%w\" (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)", self->name, NULL)) != KVAULT_OK ||
      (rc = exec (self, "ALTER TABLE main.\"%w\" RENAME TO \"%w\"", self->name, trial)) != KVAULT_OK)
    return rc;
  return exec (self, "ALTER TABLE main.\"%w\" RENAME TO \"%w\"", trial, self->name);
}

/* ---- the rows ---- */

static int
step (conversion   *self,
      sqlite3_stmt *statement)
{
  int rc = sqlite3_step (statement) == SQLITE_DONE ? KVAULT_OK : kvault__fail_db (self->vault, "%s", self->vault->name);

  kvault__statement_done (statement);
  return rc;
}

static int
copy_chunks (conversion   *self,
             sqlite3_blob *from,
             sqlite3_blob *to)
{
  kvault *vault = self->vault;
  int size = sqlite3_blob_bytes (from);
  char *chunk = malloc (vault->options.chunk_size);
  int rc = chunk != NULL ? KVAULT_OK : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);

  for (int at = 0; rc == KVAULT_OK && at < size; )
    {
      int n = size - at < (int) vault->options.chunk_size ? size - at : (int) vault->options.chunk_size;

      if ((rc = kvault__work_check (&self->work)) == KVAULT_OK &&
          (sqlite3_blob_read (from, chunk, n, at) != SQLITE_OK || sqlite3_blob_write (to, chunk, n, at) != SQLITE_OK))
        rc = kvault__fail_db (vault, "%s", vault->name);
      at += n;
      self->work.progress.bytes += (uint64_t) n;
    }
  free (chunk);
  return rc;
}

/* The row first, with zeros in place of the value, which nobody sees before the commit. */
static int
copy_in_chunks (conversion *self,
                int64_t     id,
                int64_t     size)
{
  kvault *vault = self->vault;
  sqlite3_blob *from = NULL, *to = NULL;
  int rc;

  sqlite3_bind_int64 (self->reserve, 1, id);
  sqlite3_bind_zeroblob64 (self->reserve, 2, (sqlite3_uint64) size);
  if ((rc = step (self, self->reserve)) != KVAULT_OK)
    return rc;
  if (sqlite3_blob_open (vault->db, "main", self->table, "value", id, 0, &from) != SQLITE_OK ||
      sqlite3_blob_open (vault->db, "main", self->name, "value", id, 1, &to) != SQLITE_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else
    rc = copy_chunks (self, from, to);
  sqlite3_blob_close (from);
  if (sqlite3_blob_close (to) != SQLITE_OK && rc == KVAULT_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  return rc;
}

static int
copy_row (conversion *self)
{
  int64_t id = sqlite3_column_int64 (self->rows, 0);
  int64_t size = sqlite3_column_int64 (self->rows, 1);
  bool is_blob = sqlite3_column_int (self->rows, 2) != 0;
  int rc;

  if (is_blob && size > BY_STATEMENT_MAX)
    rc = copy_in_chunks (self, id, size);
  else
    {
      sqlite3_bind_int64 (self->copy, 1, id);
      rc = step (self, self->copy);
      self->work.progress.bytes += (uint64_t) size;
    }
  self->work.progress.keys++;
  return rc == KVAULT_OK ? kvault__work_check (&self->work) : rc;
}

static int
copy_rows (conversion *self)
{
  int rc, got;

  if ((rc = prepare (self, &self->rows, "SELECT id, length(value), typeof(value) = 'blob' FROM main.\"%w\" NOT INDEXED ORDER BY id",
                     self->table)) != KVAULT_OK ||
      (rc = prepare (self, &self->copy, "INSERT INTO main.\"%w\" (rowid, key, value) SELECT id, key, value FROM main.\"%w\" WHERE id = ?1",
                     self->name, self->table)) != KVAULT_OK ||
      (rc = prepare (self, &self->reserve, "INSERT INTO main.\"%w\" (rowid, key, value) SELECT id, key, ?2 FROM main.\"%w\" WHERE id = ?1",
                     self->name, self->table)) != KVAULT_OK)
    return rc;
  while ((got = sqlite3_step (self->rows)) == SQLITE_ROW)
    if ((rc = copy_row (self)) != KVAULT_OK)
      return rc;
  return got == SQLITE_DONE ? KVAULT_OK : kvault__fail_db (self->vault, "%s", self->vault->name);
}

static void
finish_rows (conversion *self)
{
  sqlite3_finalize (self->rows);
  sqlite3_finalize (self->copy);
  sqlite3_finalize (self->reserve);
  self->rows = self->copy = self->reserve = NULL;
}

/* By the old index and the new one: a damaged old one must not lose a row unseen. */
static int
compare (conversion *self)
{
  int64_t before, after;
  int rc;

  if ((rc = query_int (self, "SELECT count(*) FROM main.\"%w\"", self->table, &before)) != KVAULT_OK ||
      (rc = query_int (self, "SELECT count(*) FROM main.\"%w\"", self->name, &after)) != KVAULT_OK)
    return rc;
  if (before == after && (uint64_t) after == self->work.progress.keys)
    return KVAULT_OK;
  self->vault->damaged = true;
  return kvault__fail (self->vault, KVAULT_ECORRUPT, "%s: the index of the table and the table do not agree; salvage it", self->vault->name);
}

static int
take_place (conversion *self)
{
  int rc;

  if ((rc = kvault__work_check (&self->work)) != KVAULT_OK ||
      (rc = exec (self, "DROP TABLE main.\"%w\"", self->table, NULL)) != KVAULT_OK ||
      (rc = exec (self, "ALTER TABLE main.\"%w\" RENAME TO \"%w\"", self->name, self->table)) != KVAULT_OK)
    return rc;
  return kvault__exec (self->vault, KVAULT__CREATE_META);
}

static int
convert_inside (conversion *self)
{
  int rc = make_table (self);

  if (rc == KVAULT_OK)
    rc = copy_rows (self);
  finish_rows (self);
  if (rc == KVAULT_OK)
    rc = compare (self);
  return rc == KVAULT_OK ? take_place (self) : rc;
}

/* ---- the whole ---- */

static int
convert (conversion *self)
{
  kvault *vault = self->vault;
  kvault_error error;
  int rc, left;

  if ((rc = kvault__bulk_enter (vault, (uint64_t) self->n_bytes)) != KVAULT_OK)
    return rc;
  vault->stays = true;
  if ((rc = check_room (self, kvault__is_wal (vault))) == KVAULT_OK &&
      (rc = kvault__exec (vault, "PRAGMA legacy_alter_table=1")) == KVAULT_OK &&
      (rc = kvault__begin (vault)) == KVAULT_OK)
    rc = kvault__end (vault, convert_inside (self));
  if (rc == KVAULT_OK)
    kvault__table_became (vault, vault->section, KVAULT_SECTION_V2);
  error = vault->error;
  sqlite3_exec (vault->db, "PRAGMA legacy_alter_table=0", NULL, NULL, NULL);
  left = kvault__bulk_leave (vault);
  vault->stays = false;
  if (rc == KVAULT_OK)
    return left;
  vault->error = error;
  return rc;
}

int
kvault_convert (kvault              *vault,
                kvault_progress_func progress,
                void                *progress_data)
{
  conversion self = { .vault = vault };
  int rc;

  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = kvault__check_idle (vault)) != KVAULT_OK)
    return rc;
  if (vault->section->kind == KVAULT_SECTION_V2)
    return KVAULT_OK;
  self.table = vault->section->name;
  kvault__work_init (&self.work, vault, progress, progress_data);
  if ((rc = check_users (&self)) != KVAULT_OK || (rc = count_rows (&self)) != KVAULT_OK)
    return rc;
  return convert (&self);
}
