/* SPDX-License-Identifier: MIT */
/*
 * salvage.c - all that can be read of a damaged table.
 *
 * First the table is walked by row id. Where a page of it is broken, rows are sought behind the gap: twice as far away each time until one is
 * found, then back to the first. The stretches walked without a break are remembered: all their rows have been given. Then the
 * index of the keys is walked from both ends. It names what the table could not show; each such row is sought by itself, which
 * also finds rows in stretches that were passed over. So nothing is given twice, and the memory is that of the gaps.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
  int64_t first, last;
} stretch;

typedef struct {
  kvault *vault;
  kvault__work work;               /* for is_cancelled only */
  const kvault_salvage_sink *sink;
  kvault_salvage_result *result;
  sqlite3_stmt *rows, *key, *is_key;
  unsigned char *chunk;
  stretch *walked;                 /* in order */
  size_t n_walked, walked_room;
  int64_t *nameless;               /* rows in no stretch, whose key could not be read */
  size_t n_nameless, nameless_room;
  uint64_t steps_left;             /* as many rows and index entries as there is room for in the file: more, and pages lead back */
} salvager;

/* A file that cannot be read is what this is about; waiting in vain, no memory and a cancel are failures. */
static bool
is_damage (int rc)
{
  return rc == KVAULT_ECORRUPT || rc == KVAULT_EIO || rc == KVAULT_ENOTDB || rc == KVAULT_ERANGE || rc == KVAULT_NOTFOUND;
}

static int
fail_memory (salvager *self)
{
  return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
}

static int
heed (salvager *self,
      int       stop)
{
  if (stop != 0)
    self->vault->cancelled = true;
  return kvault__work_check (&self->work);
}

/* ---- lists ---- */

static void *
grow (void   *items,
      size_t  item_size,
      size_t  n,
      size_t *room)
{
  void *grown;

  if (n < *room)
    return items;
  grown = realloc (items, (*room * 2 + 16) * item_size);
  if (grown != NULL)
    *room = *room * 2 + 16;
  return grown;
}

static int
add_stretch (salvager *self,
             int64_t   first,
             int64_t   last)
{
  stretch *grown = grow (self->walked, sizeof *grown, self->n_walked, &self->walked_room);
  size_t at = self->n_walked;

  if (grown == NULL)
    return fail_memory (self);
  self->walked = grown;
  while (at > 0 && grown[at - 1].first > first)   /* of a row that came out of order */
    at--;
  memmove (grown + at + 1, grown + at, (self->n_walked - at) * sizeof *grown);
  grown[at] = (stretch) { first, last };
  self->n_walked++;
  return KVAULT_OK;
}

static int
add_nameless (salvager *self,
              int64_t   id)
{
  int64_t *grown = grow (self->nameless, sizeof *grown, self->n_nameless, &self->nameless_room);

  if (grown == NULL)
    return fail_memory (self);
  self->nameless = grown;
  self->nameless[self->n_nameless++] = id;
  return KVAULT_OK;
}

static bool
was_walked (const salvager *self,
            int64_t         id)
{
  size_t low = 0, high = self->n_walked;

  while (low < high)
    {
      size_t middle = (low + high) / 2;

      if (id > self->walked[middle].last)
        low = middle + 1;
      else
        high = middle;
    }
  return low < self->n_walked && id >= self->walked[low].first;
}

/* They were found in order. */
static size_t
find_nameless (const salvager *self,
               int64_t         id)
{
  size_t low = 0, high = self->n_nameless;

  while (low < high)
    {
      size_t middle = (low + high) / 2;

      if (self->nameless[middle] < id)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static bool
is_nameless (const salvager *self,
             int64_t         id)
{
  size_t at = find_nameless (self, id);

  return at < self->n_nameless && self->nameless[at] == id;
}

static void
forget_nameless (salvager *self,
                 int64_t   id)
{
  size_t at = find_nameless (self, id);

  if (!is_nameless (self, id))
    return;
  memmove (self->nameless + at, self->nameless + at + 1, (self->n_nameless - at - 1) * sizeof *self->nameless);
  self->n_nameless--;
}

/* ---- giving ---- */

static int
give_bytes (salvager    *self,
            kvault_blob *blob,
            int         *broken)
{
  uint64_t size = kvault_blob_size (blob);
  int rc = KVAULT_OK;

  for (uint64_t at = 0; at < size && rc == KVAULT_OK; )
    {
      size_t n = size - at < KVAULT__STRIDE ? (size_t) (size - at) : KVAULT__STRIDE;

      if ((rc = kvault_blob_read (blob, self->chunk, n, at)) != KVAULT_OK)
        {
          *broken = rc;
          return is_damage (rc) ? KVAULT_OK : rc;
        }
      rc = heed (self, self->sink->write (self->chunk, n, self->sink->data));
      at += n;
    }
  return rc;
}

/* Begins and ends a key whose value is lost, or was given as far as @broken says. */
static int
give_end (salvager *self,
          int       broken,
          uint64_t  size)
{
  self->result->saved += broken == KVAULT_OK;
  self->result->bytes += broken == KVAULT_OK ? size : 0;
  self->result->lost += broken != KVAULT_OK;
  return heed (self, self->sink->end (broken, broken == KVAULT_OK ? "" : self->vault->error.message, self->sink->data));
}

static int
give_lost (salvager           *self,
           const kvault_entry *entry,
           int                 broken)
{
  kvault_error error = self->vault->error;
  int rc = heed (self, self->sink->begin (entry, self->sink->data));

  self->vault->error = error;
  return rc == KVAULT_OK ? give_end (self, broken, 0) : rc;
}

static int
give (salvager     *self,
      kvault_entry *entry)
{
  kvault_blob *blob;
  int broken = KVAULT_OK;
  int rc = kvault_blob_open_entry (self->vault, entry, &blob);

  if (rc != KVAULT_OK)
    return is_damage (rc) ? give_lost (self, entry, KVAULT_ECORRUPT) : rc;
  entry->value_size = kvault_blob_size (blob);
  entry->value_class = kvault_blob_class (blob);
  if ((rc = heed (self, self->sink->begin (entry, self->sink->data))) == KVAULT_OK &&
      (rc = give_bytes (self, blob, &broken)) == KVAULT_OK)
    rc = give_end (self, broken, entry->value_size);
  kvault_blob_close (blob);
  return rc;
}

/* ---- by the table ---- */

/* A row that is there. Its key may lie on a broken page, or the row be made of zeros: then the index may have it. */
static int
give_row (salvager *self,
          int64_t   id,
          bool     *named)
{
  kvault_entry entry = { .value_size = KVAULT_SIZE_UNKNOWN, .value_class = KVAULT_CLASS_BLOB };
  char number[32];
  int rc = KVAULT_OK;

  *named = true;
  sqlite3_bind_int64 (self->key, 1, id);
  switch (sqlite3_step (self->key))
    {
    case SQLITE_ROW:
      kvault__entry_read_key (&entry, self->key, 0, number, sizeof number);
      entry.id = id;
      *named = entry.key_class != KVAULT_CLASS_NULL;
      rc = *named ? give (self, &entry) : add_nameless (self, id);
      break;
    case SQLITE_DONE:
      break;
    default:
      rc = kvault__fail_db (self->vault, "%s", self->vault->name);
      if (is_damage (rc))
        {
          *named = false;
          rc = add_nameless (self, id);
        }
    }
  kvault__statement_done (self->key);
  return rc;
}

typedef enum { FOUND, OVER, BROKEN } sighting;

/* The first row at or behind @from. */
static int
look_at (salvager *self,
         int64_t   from,
         sighting *seen,
         int64_t  *id)
{
  int rc = KVAULT_OK;

  sqlite3_bind_int64 (self->rows, 1, from);
  *seen = BROKEN;
  switch (sqlite3_step (self->rows))
    {
    case SQLITE_ROW:
      *seen = FOUND;
      *id = sqlite3_column_int64 (self->rows, 0);
      break;
    case SQLITE_DONE:
      *seen = OVER;
      break;
    default:
      rc = kvault__fail_db (self->vault, "%s", self->vault->name);
    }
  kvault__statement_done (self->rows);
  return is_damage (rc) ? kvault__work_check (&self->work) : rc;
}

/* From @from, where reading breaks, to the next place where it does not. */
static int
find_next (salvager *self,
           int64_t   from,
           int64_t  *next,
           bool     *found)
{
  int64_t bad = from, good = from, id, middle;
  uint64_t step = 1;
  sighting seen = BROKEN;
  int rc;

  *found = false;
  while (seen == BROKEN && bad < INT64_MAX)
    {
      good = (uint64_t) INT64_MAX - (uint64_t) bad > step ? (int64_t) ((uint64_t) bad + step) : INT64_MAX;
      if ((rc = look_at (self, good, &seen, &id)) != KVAULT_OK)
        return rc;
      if (seen == BROKEN)
        bad = good;
      step *= 2;
    }
  if (seen == BROKEN)
    return KVAULT_OK;
  while ((uint64_t) good - (uint64_t) bad > 1)
    {
      middle = (int64_t) ((uint64_t) bad + ((uint64_t) good - (uint64_t) bad) / 2);
      if ((rc = look_at (self, middle, &seen, &id)) != KVAULT_OK)
        return rc;
      if (seen == BROKEN)
        bad = middle;
      else
        good = middle;
    }
  *next = good;
  *found = true;
  return KVAULT_OK;
}

static bool
may_step (salvager *self)
{
  return self->steps_left > 0 && self->steps_left-- > 0;
}

/* One that comes out of order, on a broken page, is new or was given before; @first is where the stretch begins that is not noted yet. */
static int
give_late_row (salvager *self,
               int64_t   id,
               int64_t   first)
{
  bool named;
  int rc;

  if (id >= first || was_walked (self, id))
    return KVAULT_OK;
  rc = give_row (self, id, &named);
  return rc == KVAULT_OK && named ? add_stretch (self, id, id) : rc;
}

/* Walks from @from until the end or a break, whose place goes to @broken_at. */
static int
walk_stretch (salvager *self,
              int64_t   from,
              int64_t  *broken_at,
              bool     *over)
{
  int64_t first = from, last = from;   /* @last is the next row id that has not been seen */
  bool named;
  int rc = KVAULT_OK;
  int step;

  sqlite3_bind_int64 (self->rows, 1, from);
  while (rc == KVAULT_OK && (step = sqlite3_step (self->rows)) == SQLITE_ROW && may_step (self))
    {
      int64_t id = sqlite3_column_int64 (self->rows, 0);

      if (id < last)
        {
          rc = give_late_row (self, id, first);
          continue;
        }
      if (id > last && last > first && (rc = add_stretch (self, first, last - 1)) != KVAULT_OK)
        break;
      first = id > last ? id : first;
      if ((rc = give_row (self, id, &named)) == KVAULT_OK && !named)
        {
          if (id > first)
            rc = add_stretch (self, first, id - 1);
          first = id < INT64_MAX ? id + 1 : id;
        }
      last = id < INT64_MAX ? id + 1 : id;
    }
  *over = rc == KVAULT_OK && step == SQLITE_DONE;
  *broken_at = last;
  if (rc == KVAULT_OK && step != SQLITE_DONE && step != SQLITE_ROW && is_damage (rc = kvault__fail_db (self->vault, "%s", self->vault->name)))
    rc = KVAULT_OK;
  kvault__statement_done (self->rows);
  if (rc == KVAULT_OK && *over && last == INT64_MAX)
    return add_stretch (self, first, last);
  return rc == KVAULT_OK && last > first ? add_stretch (self, first, last - 1) : rc;
}

static int
walk_table (salvager *self)
{
  int64_t from = INT64_MIN, broken_at;
  bool over = false, found = true;
  int rc = KVAULT_OK;

  while (rc == KVAULT_OK && !over && found && may_step (self))
    {
      rc = walk_stretch (self, from, &broken_at, &over);
      if (rc == KVAULT_OK && !over)
        rc = find_next (self, broken_at, &from, &found);
    }
  return rc;
}

/* ---- by the index ---- */

/* A row that is in a stretch was given with the key it has; the index may have another. */
static int
check_given (salvager     *self,
             sqlite3_stmt *keys,
             kvault_entry *entry)
{
  bool lost;
  int rc = KVAULT_OK;

  sqlite3_bind_int64 (self->is_key, 1, entry->id);
  if (sqlite3_bind_value (self->is_key, 2, sqlite3_column_value (keys, 0)) != SQLITE_OK)
    return fail_memory (self);
  lost = sqlite3_step (self->is_key) != SQLITE_ROW || !sqlite3_column_int (self->is_key, 0);
  kvault__statement_done (self->is_key);
  if (lost)
    {
      kvault__fail (self->vault, KVAULT_ECORRUPT, "%s: key %s is in the index only, there is no row of it", self->vault->name,
                    kvault__describe_key (entry->key, entry->key_size).text);
      rc = give_lost (self, entry, KVAULT_ECORRUPT);
    }
  return rc;
}

static int
give_indexed (salvager     *self,
              sqlite3_stmt *keys)
{
  kvault_entry entry = { .value_size = KVAULT_SIZE_UNKNOWN, .value_class = KVAULT_CLASS_BLOB };
  char number[32];

  kvault__entry_read_key (&entry, keys, 0, number, sizeof number);
  entry.id = sqlite3_column_int64 (keys, 1);
  if (entry.key_class == KVAULT_CLASS_NULL)   /* no key of a vault: it names nothing */
    return KVAULT_OK;
  if (was_walked (self, entry.id))
    return check_given (self, keys, &entry);
  forget_nameless (self, entry.id);
  return give (self, &entry);
}

static int
prepare (salvager      *self,
         const char    *format,
         sqlite3_stmt **statement)
{
  char *sql = kvault__sql (self->vault->section, format);
  int rc = KVAULT_OK;

  if (sql == NULL)
    return fail_memory (self);
  if (sqlite3_prepare_v2 (self->vault->db, sql, -1, statement, NULL) != SQLITE_OK)
    rc = kvault__fail_db (self->vault, "%s", self->vault->name);
  sqlite3_free (sql);
  return rc;
}

/* One way through the index, until its end or a break. @last is the last key, to be freed. */
static int
walk_index (salvager      *self,
            const char    *format,
            sqlite3_value *behind,
            sqlite3_value **last,
            bool          *over)
{
  sqlite3_stmt *keys = NULL;
  int rc = prepare (self, format, &keys);
  int step = SQLITE_DONE;

  if (rc == KVAULT_OK && behind != NULL && sqlite3_bind_value (keys, 1, behind) != SQLITE_OK)
    rc = fail_memory (self);
  while (rc == KVAULT_OK && (step = sqlite3_step (keys)) == SQLITE_ROW && may_step (self))
    {
      rc = give_indexed (self, keys);
      if (last != NULL)
        {
          sqlite3_value_free (*last);
          if ((*last = sqlite3_value_dup (sqlite3_column_value (keys, 0))) == NULL && rc == KVAULT_OK)
            rc = fail_memory (self);
        }
    }
  *over = rc == KVAULT_OK && step == SQLITE_DONE;
  if (rc == KVAULT_OK && step != SQLITE_DONE && step != SQLITE_ROW)
    rc = kvault__fail_db (self->vault, "%s", self->vault->name);
  sqlite3_finalize (keys);
  return is_damage (rc) ? KVAULT_OK : rc;
}

static int
walk_index_both_ways (salvager *self)
{
  sqlite3_value *last = NULL;
  bool over;
  int rc = walk_index (self, "SELECT {key}, rowid FROM main.\"%w\" ORDER BY {key}", NULL, &last, &over);

  if (rc == KVAULT_OK && !over)
    rc = last != NULL ? walk_index (self, "SELECT {key}, rowid FROM main.\"%w\" WHERE {key} > ?1 ORDER BY {key} DESC", last, NULL,
                                    &over)
                      : walk_index (self, "SELECT {key}, rowid FROM main.\"%w\" ORDER BY {key} DESC", NULL, NULL, &over);
  sqlite3_value_free (last);
  return rc;
}

/* ---- the whole ---- */

static int
name_nameless (salvager *self)
{
  int rc = KVAULT_OK;

  for (size_t i = 0; i < self->n_nameless && rc == KVAULT_OK; i++)
    {
      kvault_entry entry = { .key = "", .id = self->nameless[i], .value_size = KVAULT_SIZE_UNKNOWN, .value_class = KVAULT_CLASS_BLOB };

      kvault__fail (self->vault, KVAULT_ECORRUPT, "%s: row %lld cannot be read, not even its key", self->vault->name, (long long) entry.id);
      rc = give_lost (self, &entry, KVAULT_ECORRUPT);
    }
  return rc;
}

/* A cell of a page takes four bytes at least. */
static int
count_steps (salvager *self)
{
  int64_t n_pages = 0;
  int rc = kvault__pragma_int (self->vault, "PRAGMA main.page_count", &n_pages);

  self->steps_left = rc == KVAULT_OK ? (uint64_t) n_pages * self->vault->page_size / 4 * 2 : UINT64_MAX;   /* in table and index */
  return is_damage (rc) ? KVAULT_OK : rc;
}

static int
salvage (salvager *self)
{
  int rc;

  if ((rc = count_steps (self)) != KVAULT_OK ||
      (rc = prepare (self, "SELECT rowid FROM main.\"%w\" NOT INDEXED WHERE rowid >= ?1 ORDER BY rowid", &self->rows)) != KVAULT_OK ||
      (rc = prepare (self, "SELECT {key} FROM main.\"%w\" WHERE rowid = ?1", &self->key)) != KVAULT_OK ||
      (rc = prepare (self, "SELECT {key} IS ?2 FROM main.\"%w\" WHERE rowid = ?1", &self->is_key)) != KVAULT_OK ||
      (rc = walk_table (self)) != KVAULT_OK ||
      (rc = walk_index_both_ways (self)) != KVAULT_OK)
    return rc;
  return name_nameless (self);
}

int
kvault_salvage (kvault                    *vault,
                const kvault_salvage_sink *sink,
                kvault_salvage_result     *result)
{
  kvault_salvage_result own_result;
  salvager self = { .vault = vault, .sink = sink, .result = result != NULL ? result : &own_result };
  int rc;

  *self.result = (kvault_salvage_result) { 0 };
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (sink == NULL || sink->begin == NULL || sink->write == NULL || sink->end == NULL)
    return kvault__fail (vault, KVAULT_EINVAL, "the sink lacks a function");
  if ((self.chunk = malloc (KVAULT__STRIDE)) == NULL)
    return fail_memory (&self);
  kvault__work_init (&self.work, vault, NULL, NULL);
  vault->inside++;   /* what is read on the way belongs to this call, and so does an interruption */
  rc = salvage (&self);
  vault->inside--;
  sqlite3_finalize (self.rows);
  sqlite3_finalize (self.key);
  sqlite3_finalize (self.is_key);
  free (self.walked);
  free (self.nameless);
  free (self.chunk);
  return rc;
}
