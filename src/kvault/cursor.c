/* SPDX-License-Identifier: MIT */
/*
 * cursor.c - ordered walks over keys, and sums over them.
 *
 * A walk runs on the covering index of the keys; sizes are looked up row by row beside it, so that a damaged row costs its
 * own size and not the walk. The two ends of a walk are worked out here, one bound each: with several
 * conditions SQLite would seek to the first and filter by the rest. Walks in the order of the file are those of scan.c.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOTALS_STEP 4096   /* keys between two reports */
#define ORDER_STEP 1024    /* rows between two looks at their order */

typedef struct {
  unsigned char *bytes;
  size_t size;
  kvault_class value_class;
  bool set;
  bool inclusive;
} bound;

struct kvault_cursor {
  kvault *vault;
  kvault_cursor *next;
  const kvault_section *section;
  sqlite3_stmt *keys;
  sqlite3_stmt *sizes;      /* by row id; NULL if not wanted */
  kvault_entry entry;
  bool has_ids, reverse;
  bool reads_ids;           /* for the entry, or to see what is hidden */
  bool row_ready;           /* the statement stands on a row that was not given out yet */
  bool row_given;           /* … on one that was */
  bool rows_over;
  unsigned n_rows;          /* since @sample */
  sqlite3_value *sample;    /* a key that was passed; NULL: none yet */
  unsigned char *passed;    /* the key given out last, once entries of the cache come in between; NULL: none yet */
  size_t passed_size, passed_room;
  uint64_t n_flushes;       /* of the cache, at the last step */
  bool empty;               /* the bounds exclude everything */
  bool stored;              /* in the order of the file: @scan does all of it */
  kvault__scan scan;
  int failed;               /* the result that ended the walk */
  char number[32];          /* entry.key of a numeric key */
  bound low, high;
};

/* ---- bounds ---- */

static int
compare_bytes (const void *a,
               size_t      a_size,
               const void *b,
               size_t      b_size)
{
  size_t n = a_size < b_size ? a_size : b_size;
  int order = n > 0 ? memcmp (a, b, n) : 0;

  return order != 0 ? order : a_size < b_size ? -1 : a_size > b_size;
}

static bool
set_bound (bound       *b,
           const void  *bytes,
           size_t       size,
           kvault_class value_class,
           bool         inclusive)
{
  unsigned char *copy = malloc (size + 1);

  if (copy == NULL)
    return false;
  if (size > 0)
    memcpy (copy, bytes, size);
  copy[size] = '\0';   /* numbers are parsed as strings */
  free (b->bytes);
  *b = (bound) { copy, size, value_class, true, inclusive };
  return true;
}

/* The first key behind all that begin with @prefix; none if it is all 0xFF. */
static bool
set_successor (bound      *b,
               const void *prefix,
               size_t      size)
{
  const unsigned char *bytes = prefix;

  while (size > 0 && bytes[size - 1] == 0xff)
    size--;
  if (size == 0)
    return true;
  if (!set_bound (b, bytes, size, KVAULT_CLASS_BLOB, false))
    return false;
  b->bytes[size - 1]++;
  return true;
}

static bool
set_bounds (kvault_cursor               *self,
            const kvault_cursor_options *options)
{
  bool has_prefix = options->prefix != NULL && options->prefix_size > 0;
  bool reverse = (options->flags & KVAULT_CURSOR_REVERSE) != 0;
  bool inclusive = (options->flags & KVAULT_CURSOR_AFTER) == 0;
  kvault_class start_class = options->start_class == KVAULT_CLASS_NULL ? KVAULT_CLASS_BLOB : options->start_class;
  bound *side = reverse ? &self->high : &self->low;
  int order;

  if (has_prefix && (!set_bound (&self->low, options->prefix, options->prefix_size, KVAULT_CLASS_BLOB, true) ||
                     !set_successor (&self->high, options->prefix, options->prefix_size)))
    return false;
  if (!options->has_start)
    return true;

  if (has_prefix && start_class != KVAULT_CLASS_BLOB)   /* a start before every blob */
    {
      self->empty = reverse;
      return true;
    }
  if (side->set)
    {
      order = compare_bytes (options->start, options->start_size, side->bytes, side->size);
      if (reverse ? order >= 0 : order < 0)   /* the prefix is the narrower bound */
        return true;
    }
  return set_bound (side, options->start, options->start_size, start_class, inclusive);
}

static void
bind_bound (sqlite3_stmt *statement,
            int           index,
            const bound  *b)
{
  if (b->set)
    kvault__bind_key (statement, index, b->value_class, b->bytes, b->size);
}

/* ---- opening ---- */

static int
prepare_keys (kvault_cursor *self)
{
  kvault *vault = self->vault;
  const char *low = !self->low.set ? "" : self->low.inclusive ? " AND {key} >= ?1" : " AND {key} > ?1";
  const char *high = !self->high.set ? "" : self->high.inclusive ? " AND {key} <= ?2" : " AND {key} < ?2";
  char format[160];
  char *sql;
  int rc = KVAULT_OK;

  sqlite3_snprintf (sizeof format, format, "SELECT {key}%s FROM main.\"%%w\" WHERE 1%s%s ORDER BY {key}%s",
                    self->reads_ids ? ", rowid" : "", low, high, self->reverse ? " DESC" : "");
  if ((sql = kvault__sql (self->section, format)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if (sqlite3_prepare_v2 (vault->db, sql, -1, &self->keys, NULL) != SQLITE_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_free (sql);
  if (rc != KVAULT_OK)
    return rc;
  bind_bound (self->keys, 1, &self->low);
  bind_bound (self->keys, 2, &self->high);
  return KVAULT_OK;
}

static int
prepare_walk (kvault_cursor *self,
              unsigned       flags)
{
  kvault *vault = self->vault;
  char *sql;
  int rc;

  self->reverse = (flags & KVAULT_CURSOR_REVERSE) != 0;
  self->has_ids = (flags & (KVAULT_CURSOR_IDS | KVAULT_CURSOR_SIZES)) != 0;
  self->reads_ids = self->has_ids || vault->options.veil != NULL;
  if ((rc = prepare_keys (self)) != KVAULT_OK || (flags & KVAULT_CURSOR_SIZES) == 0)
    return rc;

  sql = kvault__sql (self->section, "SELECT typeof({value}), length({value}) FROM main.\"%w\" WHERE rowid = ?1");
  if (sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if (sqlite3_prepare_v2 (vault->db, sql, -1, &self->sizes, NULL) != SQLITE_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_free (sql);
  return rc;
}

static void
free_cursor (kvault_cursor *self)
{
  sqlite3_finalize (self->keys);
  sqlite3_finalize (self->sizes);
  kvault__scan_close (&self->scan);
  free (self->low.bytes);
  free (self->high.bytes);
  free (self->passed);
  sqlite3_value_free (self->sample);
  free (self);
}

static int
check_options (kvault                      *vault,
               const kvault_cursor_options *options)
{
  if ((options->prefix == NULL && options->prefix_size > 0) ||
      (options->has_start && options->start == NULL && options->start_size > 0) ||
      (unsigned) options->start_class > KVAULT_CLASS_BLOB)
    return kvault__fail (vault, KVAULT_EINVAL, "a prefix or start without bytes, or of no class");
  if ((options->flags & KVAULT_CURSOR_STORED) == 0)
    return options->start_id == 0 ? KVAULT_OK : kvault__fail (vault, KVAULT_EINVAL, "a walk over keys begins at a key, not at a row id");
  if (options->prefix != NULL || options->start != NULL || options->start_class != KVAULT_CLASS_NULL ||
      (options->flags & KVAULT_CURSOR_REVERSE) != 0)
    return kvault__fail (vault, KVAULT_EINVAL, "a walk in the order of the file takes no prefix and no key, and goes forwards");
  return KVAULT_OK;
}

/* What waits in the cache lies nowhere yet. */
static int
begin_stored (kvault_cursor               *self,
              const kvault_cursor_options *options)
{
  kvault *vault = self->vault;
  int rc;

  self->stored = true;
  if (kvault__cache_n_entries (vault) > 0 && !kvault__cache_is_mirror (vault) && (rc = kvault__enter_settled (vault)) != KVAULT_OK)
    return rc;
  return kvault__scan_open (&self->scan, vault, options->has_start ? &options->start_id : NULL,
                            (options->flags & KVAULT_CURSOR_AFTER) == 0, true);
}

static int
begin_walk (kvault_cursor               *self,
            const kvault_cursor_options *options)
{
  if ((options->flags & KVAULT_CURSOR_STORED) != 0)
    return begin_stored (self, options);
  if (!set_bounds (self, options))
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  return prepare_walk (self, options->flags);
}

int
kvault_cursor_open (kvault                      *vault,
                    const kvault_cursor_options *options,
                    kvault_cursor              **cursor)
{
  static const kvault_cursor_options everything = { 0 };
  kvault_cursor *self;
  int rc;

  *cursor = NULL;
  if (options == NULL)
    options = &everything;
  if ((rc = kvault__enter (vault)) != KVAULT_OK || (rc = check_options (vault, options)) != KVAULT_OK)
    return rc;

  self = calloc (1, sizeof *self);
  if (self == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  self->vault = vault;
  self->section = vault->section;
  self->n_flushes = vault->n_flushes;
  self->entry.value_size = KVAULT_SIZE_UNKNOWN;
  self->entry.value_class = KVAULT_CLASS_BLOB;
  if ((rc = begin_walk (self, options)) != KVAULT_OK)
    {
      free_cursor (self);
      return rc;
    }
  self->next = vault->cursors;
  vault->cursors = self;
  *cursor = self;
  return KVAULT_OK;
}

/* ---- stepping ---- */

/* Keys of strangers. Vaults' own are blobs. */
static void
read_other_key (kvault_entry *entry,
                sqlite3_stmt *row,
                int           column,
                char         *number,
                size_t        room)
{
  int type = sqlite3_column_type (row, column);

  entry->key = number;   /* of a number; text replaces it */
  if (type == SQLITE_INTEGER)
    {
      entry->key_class = KVAULT_CLASS_INTEGER;
      entry->key_size = (size_t) snprintf (number, room, "%lld", sqlite3_column_int64 (row, column));
    }
  else if (type == SQLITE_FLOAT)
    {
      entry->key_class = KVAULT_CLASS_REAL;
      entry->key_size = (size_t) snprintf (number, room, "%.17g", sqlite3_column_double (row, column));
    }
  else if (type == SQLITE_TEXT)
    {
      entry->key_class = KVAULT_CLASS_TEXT;
      entry->key = sqlite3_column_text (row, column);
      entry->key_size = (size_t) sqlite3_column_bytes (row, column);
    }
  else   /* NULL, which only damage brings here */
    {
      entry->key_class = KVAULT_CLASS_NULL;
      entry->key_size = 0;
    }
  if (entry->key == NULL)
    entry->key = "";
}

/* The key in a column of a row; @number is room for the text of one that is a number. */
void
kvault__entry_read_key (kvault_entry *entry,
                        sqlite3_stmt *row,
                        int           column,
                        char         *number,
                        size_t        room)
{
  if (sqlite3_column_type (row, column) != SQLITE_BLOB)
    {
      read_other_key (entry, row, column, number, room);
      return;
    }
  entry->key_class = KVAULT_CLASS_BLOB;
  entry->key = sqlite3_column_blob (row, column);
  entry->key_size = (size_t) sqlite3_column_bytes (row, column);
  if (entry->key == NULL)
    entry->key = "";
}

/* Size and class of a value, from typeof(value), length(value) in two columns of a row. That they cannot be read is the entry's failure;
 * what is returned is one that ends the walk. @row NULL: there is none, for the reason told last. */
int
kvault__entry_read_value (kvault_entry *entry,
                          kvault       *vault,
                          sqlite3_stmt *row,
                          int           type_column)
{
  kvault__row value = { .id = entry->id };

  entry->result = row != NULL ? kvault__row_read (vault, row, type_column, &value) : vault->error.code;
  entry->value_size = entry->result == KVAULT_OK ? value.size : KVAULT_SIZE_UNKNOWN;
  entry->value_class = entry->result == KVAULT_OK ? value.value_class : KVAULT_CLASS_BLOB;
  return entry->result == KVAULT_ECANCELLED || entry->result == KVAULT_EBUSY ? entry->result : KVAULT_OK;
}

static int
read_size (kvault_cursor *self)
{
  kvault *vault = self->vault;
  const kvault_section *in_use = vault->section;
  kvault_entry *entry = &self->entry;
  sqlite3_stmt *row = NULL;
  int rc;

  kvault__table_switch (vault, self->section);
  sqlite3_bind_int64 (self->sizes, 1, entry->id);
  switch (sqlite3_step (self->sizes))
    {
    case SQLITE_ROW:
      row = self->sizes;
      break;
    case SQLITE_DONE:   /* the index has a row that the table has not */
      vault->damaged = true;
      kvault__fail (vault, KVAULT_ECORRUPT, "%s: key %s has no row", vault->name,
                    kvault__describe_key (entry->key, entry->key_size).text);
      break;
    default:
      kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (entry->key, entry->key_size).text);
    }
  rc = kvault__entry_read_value (entry, vault, row, 0);
  kvault__statement_done (self->sizes);
  kvault__table_switch (vault, in_use);
  return rc;
}

/* ---- entries of the cache between the rows ---- */

static int
remember_passed (kvault_cursor *self,
                 const void    *key,
                 size_t         key_size)
{
  if (key_size + 1 > self->passed_room)
    {
      unsigned char *grown = realloc (self->passed, key_size * 2 + 64);

      if (grown == NULL)
        return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
      self->passed = grown;
      self->passed_room = key_size * 2 + 64;
    }
  if (key_size > 0)
    memcpy (self->passed, key, key_size);
  self->passed_size = key_size;
  return KVAULT_OK;
}

static bool
within (const kvault_cursor   *self,
        const kvault__waiting *waiting)
{
  const bound *end = self->reverse ? &self->low : &self->high;
  int order;

  if (!end->set)
    return true;
  if (end->value_class != KVAULT_CLASS_BLOB)   /* before every blob */
    return self->reverse;
  order = compare_bytes (waiting->key, waiting->key_size, end->bytes, end->size);
  return order == 0 ? end->inclusive : (order > 0) == self->reverse;
}

/* The entry of the cache that comes next, whatever the table has. Its keys are blobs, which stand behind all others. */
static bool
next_waiting (const kvault_cursor *self,
              kvault__waiting     *waiting)
{
  const bound *start = self->reverse ? &self->high : &self->low;
  bool found;

  if (self->passed != NULL)
    found = kvault__cache_next (self->vault, self->passed, self->passed_size, false, self->reverse, waiting);
  else if (!start->set)
    found = kvault__cache_next (self->vault, NULL, 0, true, self->reverse, waiting);
  else if (start->value_class == KVAULT_CLASS_BLOB)
    found = kvault__cache_next (self->vault, start->bytes, start->size, start->inclusive, self->reverse, waiting);
  else
    found = !self->reverse && kvault__cache_next (self->vault, NULL, 0, true, false, waiting);
  return found && within (self, waiting);
}

/* Negative: the entry of the cache comes before the row; 0: it is a newer value of the same key. */
static int
compare_with_row (const kvault_cursor   *self,
                  const kvault__waiting *waiting)
{
  int order = 1;

  if (!self->row_ready)
    return -1;
  if (sqlite3_column_type (self->keys, 0) == SQLITE_BLOB)
    {
      const void *key = sqlite3_column_blob (self->keys, 0);

      order = compare_bytes (waiting->key, waiting->key_size, key, (size_t) sqlite3_column_bytes (self->keys, 0));
    }
  return self->reverse ? -order : order;
}

static int
give_waiting (kvault_cursor         *self,
              const kvault__waiting *waiting,
              bool                   instead_of_row)
{
  int rc = remember_passed (self, waiting->key, waiting->key_size);

  if (rc != KVAULT_OK)
    return rc;
  self->entry = (kvault_entry) { .key = self->passed, .key_size = self->passed_size, .key_class = KVAULT_CLASS_BLOB,
                                 .value_size = self->sizes != NULL ? waiting->value_size : KVAULT_SIZE_UNKNOWN,
                                 .value_class = KVAULT_CLASS_BLOB };
  if (instead_of_row)
    {
      self->row_ready = false;
      self->row_given = true;
      self->entry.id = self->has_ids ? sqlite3_column_int64 (self->keys, 1) : 0;
    }
  return KVAULT_OK;
}

/* ---- the next entry ---- */

static int
give_row (kvault_cursor *self)
{
  self->row_ready = false;
  self->row_given = true;
  kvault__entry_read_key (&self->entry, self->keys, 0, self->number, sizeof self->number);
  if (self->entry.key_size == 0 && sqlite3_errcode (self->vault->db) == SQLITE_NOMEM)
    return kvault__fail_db (self->vault, "%s", self->vault->name);
  if (self->has_ids)
    self->entry.id = sqlite3_column_int64 (self->keys, 1);
  if (self->sizes == NULL)
    {
      self->entry.value_size = KVAULT_SIZE_UNKNOWN;   /* an entry of the cache may have left its own */
      return KVAULT_OK;
    }
  return read_size (self);
}

static int
compare_keys (sqlite3_value *a,
              sqlite3_value *b)
{
  int a_type = sqlite3_value_type (a), b_type = sqlite3_value_type (b);
  int a_rank = a_type == SQLITE_BLOB ? 2 : a_type == SQLITE_TEXT, b_rank = b_type == SQLITE_BLOB ? 2 : b_type == SQLITE_TEXT;

  if (a_rank != b_rank)
    return a_rank - b_rank;
  if (a_rank == 0)
    {
      double left = sqlite3_value_double (a), right = sqlite3_value_double (b);

      return left < right ? -1 : left > right;
    }
  return compare_bytes (sqlite3_value_blob (a), (size_t) sqlite3_value_bytes (a), sqlite3_value_blob (b), (size_t) sqlite3_value_bytes (b));
}

/* Where the pages of a damaged index lead back, a walk would never end. So every ORDER_STEP rows the key must lie behind the one of so many
 * rows ago; for numbers, which may be too near each other to tell, not before it. */
static int
check_order (kvault_cursor *self)
{
  sqlite3_value *key = sqlite3_value_dup (sqlite3_column_value (self->keys, 0));
  int order;

  if (key == NULL)
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  order = self->sample == NULL ? 1 : self->reverse ? compare_keys (self->sample, key) : compare_keys (key, self->sample);
  if (order == 0 && sqlite3_value_type (key) != SQLITE_BLOB && sqlite3_value_type (key) != SQLITE_TEXT)
    order = 1;
  sqlite3_value_free (self->sample);
  self->sample = key;
  self->n_rows = 0;
  if (order > 0)
    return KVAULT_OK;
  self->vault->damaged = true;
  return kvault__fail (self->vault, KVAULT_ECORRUPT, "%s: the file is damaged: the pages of the index of the keys lead back", self->vault->name);
}

static bool
is_hidden (const kvault_cursor *self)
{
  char number[32];
  kvault_entry entry = { 0 };

  if (!self->reads_ids || !kvault__veils (self->vault))
    return false;
  entry.id = sqlite3_column_int64 (self->keys, 1);
  kvault__entry_read_key (&entry, self->keys, 0, number, sizeof number);
  return kvault__is_veiled (self->vault, self->section, &entry);
}

static int
step_rows (kvault_cursor *self,
           bool           merging)
{
  int step, rc;

  if (merging && self->row_given && sqlite3_column_type (self->keys, 0) == SQLITE_BLOB &&
      (rc = remember_passed (self, sqlite3_column_blob (self->keys, 0),
                             (size_t) sqlite3_column_bytes (self->keys, 0))) != KVAULT_OK)
    return rc;
  self->row_given = false;
  while ((step = sqlite3_step (self->keys)) == SQLITE_ROW && is_hidden (self))
    if (++self->n_rows >= ORDER_STEP && (rc = check_order (self)) != KVAULT_OK)
      return rc;
  switch (step)
    {
    case SQLITE_ROW:
      self->row_ready = true;
      return ++self->n_rows < ORDER_STEP ? KVAULT_OK : check_order (self);
    case SQLITE_DONE:
      sqlite3_reset (self->keys);   /* lets go of the file now, not at closing */
      self->rows_over = true;
      return KVAULT_OK;
    default:
      return kvault__fail_db (self->vault, "%s", self->vault->name);
    }
}

/* What waited when the walk went on to the row it stands on, or found the end of the rows, is in the table by now, and may be behind it. */
static int
seek_anew (kvault_cursor *self)
{
  if (!set_bound (self->reverse ? &self->high : &self->low, self->passed, self->passed_size, KVAULT_CLASS_BLOB, false))
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  sqlite3_finalize (self->keys);
  self->keys = NULL;
  self->row_ready = self->row_given = self->rows_over = false;
  return prepare_keys (self);
}

static int
next_entry (kvault_cursor *self)
{
  bool merging = self->section == self->vault->section && kvault__cache_n_entries (self->vault) > 0;
  bool flushed = self->n_flushes != self->vault->n_flushes;
  kvault__waiting waiting;
  int order;
  int rc;

  self->n_flushes = self->vault->n_flushes;
  if (flushed && self->passed != NULL && (self->row_ready || self->rows_over) && (rc = seek_anew (self)) != KVAULT_OK)
    return rc;
  if (!self->row_ready && !self->rows_over && (rc = step_rows (self, merging)) != KVAULT_OK)
    return rc;
  if (merging && next_waiting (self, &waiting) && (order = compare_with_row (self, &waiting)) <= 0)
    return give_waiting (self, &waiting, order == 0);
  return self->row_ready ? give_row (self) : KVAULT_NOTFOUND;
}

int
kvault_cursor_next (kvault_cursor       *cursor,
                    const kvault_entry **entry)
{
  kvault *vault = cursor->vault;
  int rc;

  *entry = NULL;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (cursor->failed != KVAULT_OK)
    return kvault__fail (vault, cursor->failed, "%s: the walk is over", vault->name);
  if (cursor->stored)
    rc = kvault__scan_next (&cursor->scan, &cursor->entry);
  else
    rc = cursor->empty ? KVAULT_NOTFOUND : next_entry (cursor);
  if (rc != KVAULT_OK)
    {
      kvault__head_let_go (vault);
      return cursor->failed = rc;
    }
  *entry = &cursor->entry;
  return KVAULT_OK;
}

/* ---- closing ---- */

void
kvault__cursor_detach (kvault_cursor *cursor)
{
  kvault_cursor **link = &cursor->vault->cursors;

  while (*link != cursor)
    link = &(*link)->next;
  *link = cursor->next;
  kvault__head_let_go (cursor->vault);
  free_cursor (cursor);
}

void
kvault_cursor_close (kvault_cursor *cursor)
{
  if (cursor != NULL)
    kvault__cursor_detach (cursor);
}

/* ---- totals ---- */

typedef struct {
  kvault_totals_result *totals;
  int (*progress) (const kvault_totals_result *so_far, void *data);
  void *data;
} totals_run;

static bool
report (const totals_run *run)
{
  return run->progress == NULL || run->totals->keys % TOTALS_STEP != 0 || run->progress (run->totals, run->data) == 0;
}

static int
add_row (const totals_run   *run,
         const kvault_entry *row)
{
  run->totals->keys++;
  if (row->result != KVAULT_OK)
    return row->result;
  run->totals->bytes += row->value_size;
  return KVAULT_OK;
}

/* Every row of the table in its own order: each page is read once. */
static int
sum_by_table (kvault           *vault,
              const totals_run *run)
{
  kvault__scan scan;
  kvault_entry row = { 0 };
  int rc = kvault__scan_open (&scan, vault, NULL, true, false);

  while (rc == KVAULT_OK && (rc = kvault__scan_next (&scan, &row)) == KVAULT_OK)
    if ((rc = add_row (run, &row)) == KVAULT_OK && !report (run))
      rc = kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  kvault__scan_close (&scan);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

static int
sum_by_keys (kvault           *vault,
             const void       *prefix,
             size_t            prefix_size,
             const totals_run *run)
{
  kvault_cursor_options options = { .prefix = prefix, .prefix_size = prefix_size, .flags = KVAULT_CURSOR_SIZES };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (vault, &options, &cursor);

  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      run->totals->keys++;
      if (entry->result == KVAULT_OK)
        run->totals->bytes += entry->value_size;
      else
        run->totals->unreadable++;
      if (!report (run))
        rc = kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
    }
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

int
kvault_totals (kvault     *vault,
               const void *prefix,
               size_t      prefix_size,
               int       (*progress) (const kvault_totals_result *so_far, void *data),
               void       *data,
               kvault_totals_result *totals)
{
  totals_run run = { totals, progress, data };
  int rc;

  *totals = (kvault_totals_result) { 0 };
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (prefix_size == 0 && kvault__cache_n_entries (vault) == 0)
    {
      rc = sum_by_table (vault, &run);
      if (rc != KVAULT_ECORRUPT)
        goto out;
      *totals = (kvault_totals_result) { 0 };   /* the index may still lead to the rows that can be read */
    }
  rc = sum_by_keys (vault, prefix, prefix_size, &run);
out:
  if (rc != KVAULT_OK)
    *totals = (kvault_totals_result) { 0 };
  return rc;
}
