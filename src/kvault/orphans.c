/* SPDX-License-Identifier: MIT */
/*
 * orphans.c - parts of values that no key leads to any more: finding them, removing them, giving them back.
 *
 * A writer or a deletion that was killed leaves them, and so do other programs, which overwrite or delete a marker without knowing what it
 * stands for. Every row of kvault_large is looked at, and its marker at its key with it (one look-up each). Where the marker is not at its key, the
 * tables are walked once for 112-byte values: a program that renames by get, put and delete has only moved it, and the
 * parts follow. Whatever was found is looked at again in the transaction that changes it. Others write during that walk, and what they move
 * behind it is not seen: that a marker is nowhere is certain only if nobody has committed since the walk began, and else left for another time.
 *
 * A value that is on its way in looks like one that was left on its way in. Its writer tells the time in kvault_large.touched with every part, and
 * keeps the file open: kvault_let_go() is refused to a handle that writes parts. So rows older than a day are nobody's, and younger ones
 * are nobody's if they were there before a moment at which nobody had the file open, which a lease proves (swap.c).
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 1024             /* looked at before something is done about them: bounds memory */
#define PENDING_AGE_S 86400
#define HOLD_MS 200            /* how long one read transaction of the walk lasts */

/* ---- the batch ---- */

static int
fail_memory (kvault *vault)
{
  return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
}

/* A walk that went on behind such a row would begin with the same ones again. */
static int
fail_order (kvault *vault)
{
  vault->damaged = true;
  return kvault__fail (vault, KVAULT_ECORRUPT, "%s: a table is damaged: its rows are out of order", vault->name);
}

void
kvault__orphans_free (kvault__orphans *self)
{
  free (self->all);
  memset (self, 0, sizeof *self);
}

static int
add (kvault              *vault,
     kvault__orphans     *self,
     int64_t              id,
     kvault__orphan_kind  kind)
{
  if (self->all == NULL && (self->all = malloc (BATCH * sizeof *self->all)) == NULL)
    return fail_memory (vault);
  self->all[self->n++] = (kvault__orphan) { .id = id, .kind = kind };
  return KVAULT_OK;
}

static kvault__orphan *
lost_of_id (kvault__orphans *self,
            int64_t          id)
{
  for (size_t i = 0; i < self->n; i++)
    if (self->all[i].id == id && (self->all[i].kind == KVAULT__ORPHAN_LOST || self->all[i].kind == KVAULT__ORPHAN_MOVED))
      return &self->all[i];
  return NULL;
}

/* ---- the rows of kvault_large ---- */

static int
prepare (kvault        *vault,
         const char    *format,
         const char    *table,
         sqlite3_stmt **statement)
{
  char *sql = sqlite3_mprintf (format, table);
  int rc = KVAULT_OK;

  if (sql == NULL)
    return fail_memory (vault);
  if (sqlite3_prepare_v2 (vault->db, sql, -1, statement, NULL) != SQLITE_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_free (sql);
  return rc;
}

/* As SQLite would find the table. NULL: there is no vault of that name. */
static const kvault_section *
vault_by_name (const kvault *vault,
               const char   *name)
{
  for (size_t i = 0; name != NULL && i < vault->n_sections; i++)
    if (kvault__is_vault (&vault->sections[i]) && sqlite3_stricmp (vault->sections[i].name, name) == 0)
      return &vault->sections[i];
  return NULL;
}

/* The length comes first: comparing reads a value, and CASE does it in this order. */
#define IS_MARKER(id, size, token) \
  "CASE WHEN length(t.value) = 112 AND typeof(t.value) = 'blob' THEN t.value = " KVAULT__MARKER_FROM (id, size, token) " ELSE 0 END"

/* Whether value @id's marker is at its key in its table. */
static int
is_at_its_key (kvault               *vault,
               const kvault_section *section,
               int64_t               id,
               bool                 *is)
{
  sqlite3_stmt *statement = NULL;
  int rc = prepare (vault, "SELECT 1 FROM main.kvault_large AS l JOIN main.\"%w\" AS t ON t.key = l.key WHERE l.id = ?1 AND "
                           IS_MARKER ("l.id", "l.size", "l.token"), section->name, &statement);

  *is = false;
  if (rc != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW: *is = true; break;
    case SQLITE_DONE: break;
    default: rc = kvault__fail_db (vault, "%s", vault->name);
    }
  sqlite3_finalize (statement);
  return rc;
}

/* What a row of a live value says: still there, or lost. A table that is there and is no vault that can be read proves nothing. */
static int
look_at_live (kvault          *vault,
              kvault__orphans *self,
              int64_t          id,
              const char      *table)
{
  const kvault_section *section = table != NULL ? vault_by_name (vault, table) : NULL;
  bool is = false;
  int rc;

  if (table == NULL)   /* NOT NULL says the schema: no memory */
    return kvault__fail_db (vault, "%s", vault->name);
  if (section != NULL && !section->readable)
    return KVAULT_OK;
  if (section != NULL && (rc = is_at_its_key (vault, section, id, &is)) != KVAULT_OK)
    return rc;
  return is ? KVAULT_OK : add (vault, self, id, KVAULT__ORPHAN_LOST);
}

/* States that are none of ours belong to a version to come. */
static int
look_at_row (kvault          *vault,
             kvault__orphans *self,
             sqlite3_stmt    *row)
{
  int64_t id = sqlite3_column_int64 (row, 0);
  bool old = sqlite3_column_int64 (row, 3) < (int64_t) time (NULL) - PENDING_AGE_S;   /* the file may hold any number */

  switch (sqlite3_column_type (row, 2) == SQLITE_INTEGER ? sqlite3_column_int64 (row, 2) : -1)
    {
    case 0: return add (vault, self, id, old ? KVAULT__ORPHAN_LEFT : KVAULT__ORPHAN_PENDING);
    case 1: return look_at_live (vault, self, id, (const char *) sqlite3_column_text (row, 1));
    case 2: return add (vault, self, id, KVAULT__ORPHAN_DYING);
    default: return KVAULT_OK;
    }
}

static int
look_at_rows (kvault          *vault,
              kvault__work    *work,
              kvault__orphans *self)
{
  sqlite3_stmt *rows = NULL;
  int step = SQLITE_ROW;
  int rc;

  if ((rc = prepare (vault, "SELECT id, tbl, state, touched FROM main.kvault_large WHERE id > ?1 AND id <= ?2 ORDER BY id", "", &rows)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (rows, 1, self->after_row);
  sqlite3_bind_int64 (rows, 2, KVAULT__LARGE_ID_MAX);
  while (rc == KVAULT_OK && self->n < BATCH && (step = sqlite3_step (rows)) == SQLITE_ROW)
    {
      if (sqlite3_column_int64 (rows, 0) <= self->after_row)
        {
          rc = fail_order (vault);
          break;
        }
      self->after_row = sqlite3_column_int64 (rows, 0);
      if ((rc = look_at_row (vault, self, rows)) == KVAULT_OK)
        rc = kvault__work_check (work);
    }
  self->rows_done = step == SQLITE_DONE;
  if (rc == KVAULT_OK && step != SQLITE_ROW && step != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_finalize (rows);
  return rc;
}

/* ---- parts without such a row ---- */

/* Goes from owner to owner, whose parts are one range. */
static int
look_at_parts (kvault          *vault,
               kvault__work    *work,
               kvault__orphans *self)
{
  sqlite3_stmt *first = NULL;
  int step = SQLITE_ROW;
  int rc;

  if ((rc = prepare (vault, "SELECT p.id >> 24, EXISTS (SELECT 1 FROM main.kvault_large AS l WHERE l.id = p.id >> 24)"
                            " FROM main.kvault_parts AS p WHERE p.id >= ?1 ORDER BY p.id LIMIT 1", "", &first)) != KVAULT_OK)
    return rc;
  while (rc == KVAULT_OK && self->n < BATCH && self->after_part < KVAULT__LARGE_ID_MAX)
    {
      sqlite3_bind_int64 (first, 1, (self->after_part + 1) << 24);
      if ((step = sqlite3_step (first)) != SQLITE_ROW)
        break;
      self->after_part = sqlite3_column_int64 (first, 0);
      if (!sqlite3_column_int (first, 1))
        rc = add (vault, self, self->after_part, KVAULT__ORPHAN_OWNERLESS);
      kvault__statement_done (first);
      if (rc == KVAULT_OK)
        rc = kvault__work_check (work);
    }
  self->parts_done = step == SQLITE_DONE || self->after_part >= KVAULT__LARGE_ID_MAX;
  if (rc == KVAULT_OK && step != SQLITE_ROW && step != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_finalize (first);
  return rc;
}

/* ---- moved markers ---- */

/* A row whose value is as long as a marker. */
static int
look_for_marker (kvault               *vault,
                 kvault__orphans      *self,
                 const kvault_section *section,
                 sqlite3_stmt         *match,
                 int64_t               row_id)
{
  kvault__orphan *orphan;
  int rc = KVAULT_OK;

  sqlite3_bind_int64 (match, 1, row_id);
  switch (sqlite3_step (match))
    {
    case SQLITE_ROW:
      orphan = lost_of_id (self, sqlite3_column_int64 (match, 0));
      if (orphan != NULL && orphan->kind == KVAULT__ORPHAN_LOST)   /* the first of several copies */
        {
          orphan->kind = KVAULT__ORPHAN_MOVED;
          orphan->section = section;
          orphan->row_id = row_id;
        }
      break;
    case SQLITE_DONE:
      break;
    default:
      rc = kvault__fail_db (vault, "%s", vault->name);
    }
  kvault__statement_done (match);
  return rc;
}

/* Rows come one by one, also those of other lengths: so the walk can be left at any of them. */
static int
walk_turn (kvault               *vault,
           kvault__work         *work,
           kvault__orphans      *self,
           const kvault_section *section,
           sqlite3_stmt         *rows,
           sqlite3_stmt         *match,
           int64_t              *after,
           bool                 *more)
{
  int64_t until_ms = kvault__now_ms () + HOLD_MS;
  int rc = KVAULT_OK;
  int step;

  sqlite3_bind_int64 (rows, 1, *after);
  do
    {
      if ((step = sqlite3_step (rows)) != SQLITE_ROW)
        break;
      if (sqlite3_column_int64 (rows, 0) <= *after)
        {
          rc = fail_order (vault);
          break;
        }
      *after = sqlite3_column_int64 (rows, 0);
      if (sqlite3_column_int (rows, 1))
        rc = look_for_marker (vault, self, section, match, *after);
      if (rc == KVAULT_OK)
        rc = kvault__work_check (work);
    }
  while (rc == KVAULT_OK && kvault__now_ms () < until_ms);
  *more = rc == KVAULT_OK && step == SQLITE_ROW && *after < INT64_MAX;
  if (rc == KVAULT_OK && step != SQLITE_ROW && step != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  kvault__statement_done (rows);
  return rc;
}

static int
walk_table (kvault               *vault,
            kvault__work         *work,
            kvault__orphans      *self,
            const kvault_section *section)
{
  sqlite3_stmt *rows = NULL, *match = NULL;
  int64_t after = INT64_MIN;
  bool more = true;
  int rc;

  if ((rc = prepare (vault, "SELECT rowid, length(value) = 112 FROM main.\"%w\" NOT INDEXED WHERE rowid > ?1 ORDER BY rowid",
                     section->name, &rows)) == KVAULT_OK &&
      (rc = prepare (vault, "SELECT l.id FROM main.\"%w\" AS t JOIN main.kvault_large AS l"
                            " ON l.id = CAST(substr(t.value, 29, 19) AS INTEGER) WHERE t.rowid = ?1 AND l.state = 1 AND "
                            IS_MARKER ("l.id", "l.size", "l.token"), section->name, &match)) == KVAULT_OK)
    while (rc == KVAULT_OK && more)
      rc = walk_turn (vault, work, self, section, rows, match, &after, &more);
  sqlite3_finalize (rows);
  sqlite3_finalize (match);
  return rc;
}

static int
find_moved (kvault          *vault,
            kvault__work    *work,
            kvault__orphans *self)
{
  bool lost = false;
  int rc = KVAULT_OK;

  for (size_t i = 0; i < self->n; i++)
    lost = lost || self->all[i].kind == KVAULT__ORPHAN_LOST;
  if (lost)
    rc = kvault__seen_version (vault, &self->version);
  for (size_t i = 0; lost && rc == KVAULT_OK && i < vault->n_sections; i++)
    if (vault->sections[i].readable && kvault__is_vault (&vault->sections[i]))
      rc = walk_table (vault, work, self, &vault->sections[i]);
  return rc;
}

/* The next orphans, up to a batch of them; @self is all zeros at first. KVAULT_NOTFOUND, without a message: there are no more. */
int
kvault__orphans_next (kvault          *vault,
                      kvault__work    *work,
                      kvault__orphans *self)
{
  bool has_large;
  int rc = kvault__has_large (vault, &has_large);

  self->n = 0;
  if (rc != KVAULT_OK || !has_large)
    return rc != KVAULT_OK ? rc : KVAULT_NOTFOUND;
  if (!self->rows_done)
    rc = look_at_rows (vault, work, self);
  if (rc == KVAULT_OK && self->rows_done && !self->parts_done)
    rc = look_at_parts (vault, work, self);
  if (rc == KVAULT_OK)
    rc = find_moved (vault, work, self);
  if (rc != KVAULT_OK)
    return rc;
  return self->n > 0 || !self->rows_done || !self->parts_done ? KVAULT_OK : KVAULT_NOTFOUND;
}

/* Number and bytes of a value's parts; reads no part. */
int
kvault__parts_tally (kvault   *vault,
                     int64_t   id,
                     uint64_t *n,
                     uint64_t *bytes)
{
  sqlite3_stmt *statement = NULL;
  int rc = prepare (vault, "SELECT count(*), total(length(data)) FROM main.kvault_parts WHERE id >= ?1 AND id < ?2", "", &statement);

  *n = *bytes = 0;
  if (rc != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id << 24);
  sqlite3_bind_int64 (statement, 2, (id << 24) + (1 << 24));
  if (sqlite3_step (statement) == SQLITE_ROW)
    {
      *n = (uint64_t) sqlite3_column_int64 (statement, 0);
      *bytes = (uint64_t) sqlite3_column_int64 (statement, 1);
    }
  else
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_finalize (statement);
  return rc;
}

/* ---- removing ---- */

typedef struct {
  kvault *vault;
  kvault__work work;
  kvault__orphans found;
  kvault_orphans_result *result;
  bool alone;           /* nobody else had the file open since the batch was found */
} remover;

static bool
has_kind (const kvault__orphans *self,
          kvault__orphan_kind    kind)
{
  for (size_t i = 0; i < self->n; i++)
    if (self->all[i].kind == kind)
      return true;
  return false;
}

/* Changes one row of kvault_large if it is still what it was found to be: @id as ?1. */
static int
change_row (kvault     *vault,
            const char *format,
            const char *table,
            int64_t     id,
            int64_t     row_id,
            bool       *changed)
{
  sqlite3_stmt *statement = NULL;
  int rc = prepare (vault, format, table, &statement);

  *changed = false;
  if (rc != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  if (row_id != 0)
    {
      sqlite3_bind_int64 (statement, 2, row_id);
      sqlite3_bind_text (statement, 3, table, -1, SQLITE_STATIC);
    }
  if (sqlite3_step (statement) == SQLITE_DONE)
    *changed = sqlite3_changes (vault->db) > 0;
  else
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_finalize (statement);
  return rc;
}

static int
is_lost_still (kvault  *vault,
               int64_t  id,
               bool    *lost)
{
  kvault__orphans again = { 0 };
  sqlite3_stmt *row = NULL;
  int rc = prepare (vault, "SELECT id, tbl, state, touched FROM main.kvault_large WHERE id = ?1 AND state = 1", "", &row);

  if (rc == KVAULT_OK)
    {
      sqlite3_bind_int64 (row, 1, id);
      if (sqlite3_step (row) == SQLITE_ROW)
        rc = look_at_row (vault, &again, row);
    }
  *lost = again.n > 0;
  sqlite3_finalize (row);
  kvault__orphans_free (&again);
  return rc;
}

/* Inside a transaction: the value dies, if its marker cannot have come to a row that was passed already. */
static int
kill_lost (remover *self,
           int64_t  id,
           bool    *changed)
{
  uint64_t version;
  int rc = kvault__seen_version (self->vault, &version);

  if (rc != KVAULT_OK || version != self->found.version)
    return rc;
  return change_row (self->vault, "UPDATE main.kvault_large SET state = 2 WHERE id = ?1 AND state = 1", "", id, 0, changed);
}

/* Inside a transaction: the value dies, or belongs to the key its marker is at. @changed: it did. */
static int
change_lost (remover              *self,
             const kvault__orphan *orphan,
             bool                 *changed)
{
  kvault *vault = self->vault;
  bool lost;
  int rc;

  *changed = false;
  if ((rc = is_lost_still (vault, orphan->id, &lost)) != KVAULT_OK || !lost)
    return rc;
  if (orphan->kind == KVAULT__ORPHAN_LOST)
    rc = kill_lost (self, orphan->id, changed);
  else
    rc = change_row (vault, "UPDATE main.kvault_large SET tbl = ?3, key = t.key FROM main.\"%w\" AS t"
                            " WHERE kvault_large.id = ?1 AND kvault_large.state = 1 AND t.rowid = ?2 AND "
                            IS_MARKER ("kvault_large.id", "kvault_large.size", "kvault_large.token"),
                     orphan->section->name, orphan->id, orphan->row_id, changed);
  self->result->left += rc == KVAULT_OK && !*changed;
  return rc;
}

static int
change_state (remover              *self,
              const kvault__orphan *orphan,
              bool                 *changed)
{
  kvault *vault = self->vault;
  int rc;

  if ((rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  if (orphan->kind == KVAULT__ORPHAN_LOST || orphan->kind == KVAULT__ORPHAN_MOVED)
    rc = change_lost (self, orphan, changed);
  else
    rc = change_row (vault, "UPDATE main.kvault_large SET state = 2 WHERE id = ?1 AND state = 0", "", orphan->id, 0, changed);
  return kvault__end (vault, rc);
}

static int
delete_parts (remover *self,
              int64_t  id)
{
  uint64_t n, bytes, deleted = 1;
  int rc;

  if ((rc = kvault__parts_tally (self->vault, id, &n, &bytes)) != KVAULT_OK)
    return rc;
  while (rc == KVAULT_OK && deleted > 0)
    {
      self->work.reported_ms = 0;   /* a step is worth a word */
      if ((rc = kvault__work_check (&self->work)) == KVAULT_OK && (rc = kvault__large_sweep_step (self->vault, id, &deleted)) == KVAULT_OK && n > 0)
        self->work.progress.bytes += bytes / n * deleted;
    }
  if (rc == KVAULT_OK)
    {
      self->result->removed++;
      self->result->bytes += bytes;
    }
  return rc;
}

static int
deal_with (remover              *self,
           const kvault__orphan *orphan)
{
  bool changed = false;
  int rc;

  if (orphan->kind == KVAULT__ORPHAN_DYING || orphan->kind == KVAULT__ORPHAN_OWNERLESS)
    return delete_parts (self, orphan->id);
  if (orphan->kind == KVAULT__ORPHAN_PENDING && !self->alone)
    {
      self->result->left++;
      return KVAULT_OK;
    }
  if ((rc = change_state (self, orphan, &changed)) != KVAULT_OK || !changed)
    return rc;
  if (orphan->kind != KVAULT__ORPHAN_MOVED)
    return delete_parts (self, orphan->id);
  self->result->adopted++;
  return KVAULT_OK;
}

static int
deal_with_those (remover *self,
                 bool     pending)
{
  int rc = KVAULT_OK;

  for (size_t i = 0; i < self->found.n && rc == KVAULT_OK; i++)
    if ((self->found.all[i].kind == KVAULT__ORPHAN_PENDING) == pending)
      {
        rc = deal_with (self, &self->found.all[i]);
        self->work.progress.keys++;
      }
  return rc;
}

/* Values on their way in come last: another connection would not know whether anybody has committed since the walk. */
static int
deal_with_batch (remover *self)
{
  int rc = deal_with_those (self, false);

  if (rc != KVAULT_OK || !has_kind (&self->found, KVAULT__ORPHAN_PENDING))
    return rc;
  self->alone = kvault__was_alone (self->vault);
  if ((rc = kvault__enter_write (self->vault)) != KVAULT_OK)   /* takes the file up again */
    return rc;
  return deal_with_those (self, true);
}

/* The handle is idle. What a sweep of its own would do is done here, in steps that can be watched. */
int
kvault__orphans_remove (kvault                *vault,
                        kvault_progress_func   progress,
                        void                  *progress_data,
                        kvault_orphans_result *result)
{
  remover self = { .vault = vault, .result = result };
  int rc;

  *result = (kvault_orphans_result) { 0 };
  kvault__work_init (&self.work, vault, progress, progress_data);
  vault->sweeping = true;
  while ((rc = kvault__orphans_next (vault, &self.work, &self.found)) == KVAULT_OK && (rc = deal_with_batch (&self)) == KVAULT_OK)
    ;
  vault->sweeping = false;
  kvault__orphans_free (&self.found);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

int
kvault_orphans_remove (kvault                *vault,
                       kvault_progress_func   progress,
                       void                  *progress_data,
                       kvault_orphans_result *result)
{
  kvault_orphans_result own_result;
  int rc;

  if (result == NULL)
    result = &own_result;
  *result = (kvault_orphans_result) { 0 };
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = kvault__check_idle (vault)) != KVAULT_OK)
    return rc;
  return kvault__orphans_remove (vault, progress, progress_data, result);
}
