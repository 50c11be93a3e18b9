/* SPDX-License-Identifier: MIT */
/*
 * deletion.c - looking at the rows of a deletion, and deleting them.
 *
 * What is kept true: a row is deleted only if, in the very transaction that does so, nobody has lifted it from the veil, and it is what it
 * was when it was looked at first, as far as its size and a sample tell.
 */
#include "veil.h"

#include <stdlib.h>
#include <string.h>

#define WRITE_STEP_KEYS 1000               /* deleted in one transaction, between which others write */
#define WRITE_STEP_BYTES (64u << 20)
#define MEASURE_STEP 256                   /* keys between two reports */
#define SAMPLE_SIZE (4u << 10)             /* bytes a value begins with, by which it is known again; most lie in the page of the row */

/* Some records that are left, from @at on, which is moved behind them; copied, since they may be dropped meanwhile. */
static size_t
take_left (kvault_deletion  *self,
           size_t           *at,
           size_t            most,
           kvault__hidden  **left)
{
  size_t n = 0;

  pthread_mutex_lock (&self->veil->lock);
  for (; *at < self->n && n < most; ++*at)
    if (self->records[*at].fate == KVAULT_FATE_LEFT)
      left[n++] = &self->records[*at];
  pthread_mutex_unlock (&self->veil->lock);
  return n;
}

typedef struct {
  uint64_t size, sample;
} look;

/* What a look at many rows keeps: a reader that is moved from one to the next. */
typedef struct {
  kvault *vault;
  sqlite3_blob *reader;     /* NULL: none yet */
  kvault_fate fates[WRITE_STEP_KEYS];
  unsigned char bytes[SAMPLE_SIZE];
} row_looker;

static row_looker *
new_looker (kvault *vault)
{
  row_looker *self = malloc (sizeof *self);

  if (self != NULL)
    {
      self->vault = vault;
      self->reader = NULL;
    }
  return self;
}

static uint64_t
hash_bytes (const unsigned char *bytes,
            size_t               size)
{
  uint64_t hash = size, word;

  for (size_t at = 0; at < size; at += sizeof word)
    {
      word = 0;
      memcpy (&word, bytes + at, size - at < sizeof word ? size - at : sizeof word);
      hash = (hash ^ word) * UINT64_C (0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }
  return hash;
}

/* A number, which no reader opens. */
static int
take_sample_of_number (row_looker *self,
                       int64_t     id,
                       uint64_t   *sample)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (self->vault, KVAULT__VALUE_TEXT, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, id);
  if (sqlite3_step (statement) != SQLITE_ROW)
    rc = kvault__fail_db (self->vault, "%s", self->vault->name);
  else if (sqlite3_column_text (statement, 0) != NULL)
    *sample = hash_bytes (sqlite3_column_text (statement, 0), (size_t) sqlite3_column_bytes (statement, 0));
  kvault__statement_done (statement);
  return rc;
}

/* It cannot be read, and may be why it is deleted. What keeps all from being read is met elsewhere. */
static bool
is_of_the_value (int code)
{
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_IOERR;
}

/* Of the bytes in the row: of a value in parts its marker, which is another for each that is stored. One that cannot be read has a sample,
 * too.
 */
static int
take_sample (row_looker        *self,
             const kvault__row *row,
             uint64_t          *sample)
{
  kvault *vault = self->vault;
  size_t len;
  int step;

  *sample = 0;
  if (row->value_class != KVAULT_CLASS_BLOB && row->value_class != KVAULT_CLASS_TEXT)
    return take_sample_of_number (self, row->id, sample);
  if (self->reader != NULL && sqlite3_blob_reopen (self->reader, row->id) != SQLITE_OK)
    {
      sqlite3_blob_close (self->reader);
      self->reader = NULL;
    }
  if (self->reader == NULL && sqlite3_blob_open (vault->db, "main", vault->section->name, kvault__value_column (vault->section), row->id, 0,
                                                 &self->reader) != SQLITE_OK)
    return is_of_the_value (sqlite3_errcode (vault->db)) ? KVAULT_OK : kvault__fail_db (vault, "%s", vault->name);
  len = (size_t) sqlite3_blob_bytes (self->reader);
  if (len > SAMPLE_SIZE)
    len = SAMPLE_SIZE;
  if ((step = sqlite3_blob_read (self->reader, self->bytes, (int) len, 0)) == SQLITE_OK)
    *sample = hash_bytes (self->bytes, len);
  else if (!is_of_the_value (step))
    return kvault__fail_code (vault, step, "%s", vault->name);
  return KVAULT_OK;
}

/* KVAULT_NOTFOUND: the row is not there, or another's. */
static int
look_at_row (row_looker           *self,
             const kvault__hidden *each,
             look                 *found)
{
  kvault *vault = self->vault;
  kvault_entry entry = { .id = each->id, .key = each->key, .key_size = each->key_size, .key_class = each->key_class };
  kvault__row row = { .id = each->id };
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__FIND_ROW, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, each->id);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      rc = kvault__is_key_of_row (statement, &entry) ? kvault__row_read (vault, statement, 1, &row) : KVAULT_NOTFOUND;
      if (rc == KVAULT_OK)
        rc = take_sample (self, &row, &found->sample);
      break;
    case SQLITE_DONE:
      rc = KVAULT_NOTFOUND;
      break;
    default:
      rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (each->key, each->key_size).text);
    }
  kvault__statement_done (statement);
  found->size = row.size;
  return rc;
}

/* Its row is not there, or another's: whether its key is in another one, where others have put it. */
static int
find_fate_of_lost (row_looker           *self,
                   const kvault__hidden *each,
                   kvault_fate          *fate)
{
  kvault *vault = self->vault;
  kvault_entry there = { .key = each->key, .key_size = each->key_size, .key_class = each->key_class };
  int rc = kvault__veil_find_row (vault, each->key_class, each->key, each->key_size, &there.id);

  *fate = rc == KVAULT_OK && !kvault__is_veiled (vault, vault->section, &there) ? KVAULT_FATE_CHANGED : KVAULT_FATE_MISSING;
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Before others are let to write, or rows it may stand on are deleted. */
static void
let_go (row_looker *self)
{
  sqlite3_blob_close (self->reader);
  self->reader = NULL;
}

/* Whether it was looked at. */
static bool
is_known (const kvault__hidden *each,
          look                 *known)
{
  pthread_mutex_lock (&each->owner->veil->lock);
  *known = (look) { each->size, each->sample };
  pthread_mutex_unlock (&each->owner->veil->lock);
  return known->size != KVAULT_SIZE_UNKNOWN;
}

/* Beside a write nobody can tell whether it was that which took the row. It looks at the others itself. */
static int
drop_lost (row_looker      *looker,
           kvault_deletion *self,
           kvault__hidden  *each)
{
  kvault_fate fate;
  int rc = find_fate_of_lost (looker, each, &fate);

  if (rc != KVAULT_OK)
    return rc;
  pthread_mutex_lock (&self->veil->lock);
  if (!self->written)
    kvault__veil_drop (each, fate);
  pthread_mutex_unlock (&self->veil->lock);
  return KVAULT_OK;
}

static void
note_look (kvault_deletion *self,
           kvault__hidden  *each,
           const look      *found)
{
  pthread_mutex_lock (&self->veil->lock);
  if (each->fate == KVAULT_FATE_LEFT && each->size == KVAULT_SIZE_UNKNOWN)
    {
      each->size = found->size;
      each->sample = found->sample;
      self->bytes += found->size;
      self->n_unmeasured--;
    }
  pthread_mutex_unlock (&self->veil->lock);
}

static int
check_table (kvault                *vault,
             const kvault_deletion *self)
{
  return strcmp (vault->section->name, self->table) == 0 ? KVAULT_OK
         : kvault__fail (vault, KVAULT_EINVAL, "%s: the deletion is of another table", vault->name);
}

/* Of one that was not looked at before. */
static int
measure (row_looker      *looker,
         kvault_deletion *self,
         kvault__hidden  *each)
{
  look found;
  int rc;

  if (is_known (each, &found))
    return KVAULT_OK;
  rc = look_at_row (looker, each, &found);
  if (rc == KVAULT_OK)
    note_look (self, each, &found);
  return rc == KVAULT_NOTFOUND ? drop_lost (looker, self, each) : rc;
}

static bool
is_another (const look *known,
            const look *found)
{
  return known->size != found->size || known->sample != found->sample;
}

/* What was not looked at before is now. */
static int
look_again (row_looker      *looker,
            kvault_deletion *self,
            kvault__hidden  *each)
{
  look known, found;
  int rc;

  if (!is_known (each, &known))
    return measure (looker, self, each);
  rc = look_at_row (looker, each, &found);
  if (rc == KVAULT_NOTFOUND)
    return drop_lost (looker, self, each);
  pthread_mutex_lock (&self->veil->lock);
  if (rc == KVAULT_OK && is_another (&known, &found))
    kvault__veil_drop (each, KVAULT_FATE_CHANGED);
  pthread_mutex_unlock (&self->veil->lock);
  return rc;
}

typedef int (*look_func) (row_looker *looker, kvault_deletion *self, kvault__hidden *each);

/* From @at on, which is moved behind them. */
static int
look_at_left (kvault               *vault,
              kvault_deletion      *self,
              size_t               *at,
              size_t                most,
              look_func             func,
              kvault_progress_func  report,
              void                 *report_data)
{
  kvault_progress progress = { .keys_total = self->n, .bytes_total = KVAULT_SIZE_UNKNOWN };
  kvault__hidden *left[MEASURE_STEP];
  row_looker *looker;
  size_t n;
  int rc;

  if ((rc = kvault__enter (vault)) != KVAULT_OK || (rc = check_table (vault, self)) != KVAULT_OK)
    return rc;
  if ((looker = new_looker (vault)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  while (rc == KVAULT_OK && most > 0 && (n = take_left (self, at, most < MEASURE_STEP ? most : MEASURE_STEP, left)) > 0)
    {
      for (size_t i = 0; rc == KVAULT_OK && i < n; i++)
        rc = func (looker, self, left[i]);
      let_go (looker);
      most -= n;
      progress.keys = *at;
      if (rc == KVAULT_OK && (kvault__is_cancelled (vault) || (report != NULL && report (&progress, report_data) != 0)))
        rc = kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
    }
  free (looker);
  return rc;
}

int
kvault_deletion_measure (kvault               *vault,
                         kvault_deletion      *self,
                         kvault_progress_func  report,
                         void                 *report_data)
{
  size_t at = 0;

  return look_at_left (vault, self, &at, SIZE_MAX, measure, report, report_data);
}

int
kvault_deletion_look_again (kvault          *vault,
                            kvault_deletion *self,
                            size_t          *at,
                            size_t           most)
{
  size_t moved = *at;
  int rc;

  rc = look_at_left (vault, self, &moved, most, look_again, NULL, NULL);
  if (rc != KVAULT_OK)
    return rc;
  if (moved == *at)
    return KVAULT_NOTFOUND;
  *at = moved;
  return KVAULT_OK;
}

static kvault_fate
get_fate (const kvault__hidden *each)
{
  kvault_fate fate;

  pthread_mutex_lock (&each->owner->veil->lock);
  fate = each->fate;
  pthread_mutex_unlock (&each->owner->veil->lock);
  return fate;
}

/* What was written to by others since it was hidden stays. */
static int
check_record (row_looker             *looker,
              const kvault__hidden   *each,
              kvault_deletion_result *result,
              uint64_t               *step_bytes,
              kvault_fate            *fate)
{
  look known, found;
  bool measured = is_known (each, &known);
  int rc;

  /* Who stored a value there while this one waited for the file has said so before that was committed. */
  if ((*fate = get_fate (each)) != KVAULT_FATE_LEFT)
    return KVAULT_OK;
  rc = look_at_row (looker, each, &found);
  if (rc == KVAULT_NOTFOUND)
    rc = find_fate_of_lost (looker, each, fate);
  else if (rc == KVAULT_OK)
    *fate = measured && is_another (&known, &found) ? KVAULT_FATE_CHANGED : KVAULT_FATE_DELETED;
  if (rc != KVAULT_OK)
    return rc;
  result->missing += *fate == KVAULT_FATE_MISSING;
  result->changed += *fate == KVAULT_FATE_CHANGED;
  if (*fate == KVAULT_FATE_DELETED)
    {
      result->deleted++;
      result->bytes += found.size;
      *step_bytes += found.size;
    }
  return KVAULT_OK;
}

/* In the transaction. Looks at all before it deletes the first: the reader stands on rows. Sets @n to how many of @left it dealt with. */
static int
delete_some (row_looker              *looker,
             kvault__hidden         **left,
             size_t                  *n,
             kvault_deletion_result  *result)
{
  uint64_t bytes = 0;
  size_t done = 0;
  int rc = KVAULT_OK;

  for (; rc == KVAULT_OK && done < *n && bytes < WRITE_STEP_BYTES; done++)
    rc = check_record (looker, left[done], result, &bytes, &looker->fates[done]);
  let_go (looker);
  for (size_t i = 0; rc == KVAULT_OK && i < done; i++)
    if (looker->fates[i] == KVAULT_FATE_DELETED)
      rc = kvault__delete_row (looker->vault, left[i]->id);
  *n = done;
  return rc;
}

/* One transaction. */
static int
write_step (row_looker              *looker,
            kvault__hidden         **left,
            size_t                  *n,
            kvault_deletion_result  *result)
{
  kvault_deletion_result sum = *result;
  int rc;

  if ((rc = kvault__begin (looker->vault)) != KVAULT_OK)
    return rc;
  rc = delete_some (looker, left, n, &sum);
  if ((rc = kvault__end (looker->vault, rc)) == KVAULT_OK)
    *result = sum;
  return rc;
}

static int
write_steps (row_looker              *looker,
             kvault_deletion         *self,
             kvault_progress_func     report,
             void                    *report_data,
             kvault__hidden         **left,
             kvault_deletion_result  *result)
{
  kvault_progress progress = { 0 };
  size_t at = 0, n;
  int rc = KVAULT_OK;

  progress.keys_total = kvault_deletion_count (self, &progress.bytes_total);
  while (rc == KVAULT_OK && (n = take_left (self, &at, WRITE_STEP_KEYS, left)) > 0)
    {
      if ((rc = write_step (looker, left, &n, result)) != KVAULT_OK)
        break;
      pthread_mutex_lock (&self->veil->lock);
      for (size_t i = 0; i < n; i++)
        kvault__veil_drop (left[i], looker->fates[i]);
      at = (size_t) (left[n - 1] - self->records) + 1;
      pthread_mutex_unlock (&self->veil->lock);
      progress.keys += n;
      progress.bytes = result->bytes;
      if (report != NULL && report (&progress, report_data) != 0)
        rc = kvault__fail (looker->vault, KVAULT_ECANCELLED, "%s: cancelled", looker->vault->name);
    }
  return rc;
}

static void
begin_written (kvault_deletion *self)
{
  pthread_mutex_lock (&self->veil->lock);
  self->written = true;
  pthread_mutex_unlock (&self->veil->lock);
}

/* @all: to the last key. */
static void
end_written (kvault_deletion *self,
             bool             all)
{
  pthread_mutex_lock (&self->veil->lock);
  self->written = false;
  self->is_over = self->is_over || all;
  pthread_mutex_unlock (&self->veil->lock);
}

int
kvault_deletion_write (kvault                 *vault,
                       kvault_deletion        *self,
                       kvault_progress_func    report,
                       void                   *report_data,
                       kvault_deletion_result *result)
{
  kvault_deletion_result ignored;
  kvault__hidden **left;
  row_looker *looker;
  int rc;

  if (result == NULL)
    result = &ignored;
  *result = (kvault_deletion_result) { 0 };
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = check_table (vault, self)) != KVAULT_OK)
    return rc;
  if (vault->batch)
    return kvault__fail (vault, KVAULT_EBUSY, "%s: a transaction is open", vault->name);
  left = malloc (WRITE_STEP_KEYS * sizeof *left);
  looker = new_looker (vault);
  begin_written (self);
  rc = left != NULL && looker != NULL ? write_steps (looker, self, report, report_data, left, result)
                                      : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  end_written (self, rc == KVAULT_OK);
  free (looker);
  free (left);
  return rc;
}

/* ---- taking it up again ---- */

typedef int (*go_on_func) (kvault *vault, const kvault__hidden *row);

/* With the value that is there now. */
static int
go_on (kvault     *vault,
       const void *key,
       size_t      key_size,
       go_on_func  func)
{
  kvault__hidden row = { .key = key, .key_size = key_size, .key_class = KVAULT_CLASS_BLOB };
  row_looker *looker;
  look found;
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (!vault->batch || (key == NULL && key_size > 0))
    return kvault__fail (vault, KVAULT_EINVAL, key == NULL && key_size > 0 ? "no key" : "%s: no transaction is open", vault->name);
  if (vault->options.veil == NULL || (rc = kvault__veil_find_row (vault, row.key_class, key, key_size, &row.id)) == KVAULT_NOTFOUND)
    return kvault__fail (vault, KVAULT_NOTFOUND, "%s: no key %s", vault->name, kvault__describe_key (key, key_size).text);
  if (rc != KVAULT_OK)
    return rc;
  if ((looker = new_looker (vault)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = look_at_row (looker, &row, &found);
  let_go (looker);
  free (looker);
  if (rc != KVAULT_OK)
    return rc;
  row.size = found.size;
  row.sample = found.sample;
  if ((rc = func (vault, &row)) != KVAULT_OK)
    return kvault__fail (vault, rc, "%s: key %s: no deletion to go on with", vault->name, kvault__describe_key (key, key_size).text);
  return KVAULT_OK;
}

int
kvault_deletion_resume (kvault     *vault,
                        const void *key,
                        size_t      key_size)
{
  return go_on (vault, key, key_size, kvault__veil_resume);
}

int
kvault_deletion_keep (kvault     *vault,
                      const void *key,
                      size_t      key_size)
{
  return go_on (vault, key, key_size, kvault__veil_keep);
}
