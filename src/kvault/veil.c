/* SPDX-License-Identifier: MIT */
/*
 * veil.c - deletions that are not written yet.
 *
 * A veil is a table of rows, shared by handles of several threads, that walks and look-ups pass over. It is asked for every row of a walk,
 * so it is a hash by row id under a mutex that nobody holds for longer than one look, and asked at all only while there is something in it.
 * Records are the deletion's own, which must not grow while it is hidden: the hash points into its array.
 */
#include "internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_CHUNK (64u << 10)
#define FEWEST_BUCKETS 1024u
#define WRITE_STEP_KEYS 1000               /* deleted in one transaction, between which others write */
#define WRITE_STEP_BYTES (64u << 20)
#define MEASURE_STEP 256                   /* keys between two reports */

typedef struct record record;
struct record {
  record *next;             /* in its bucket */
  kvault_deletion *owner;
  const char *key;          /* followed by a NUL */
  size_t key_size;
  int64_t id;
  uint64_t size;            /* KVAULT_SIZE_UNKNOWN until it is measured */
  kvault_class key_class;
  bool gone;                /* written, or not to be deleted any more */
};

typedef struct chunk chunk;
struct chunk {
  chunk *next;
  size_t used, room;
  char bytes[];
};

struct kvault_deletion {
  char *table;
  record *records;
  size_t n, room;
  chunk *keys;
  kvault_veil *veil;
  bool hidden;              /* this and the following are guarded by the lock of the veil */
  size_t n_left;
  uint64_t bytes;           /* of those left whose size is known */
  size_t n_unmeasured;
};

struct kvault_veil {
  atomic_size_t refs;
  atomic_size_t n;          /* records in the buckets; read without the lock to see that there are none */
  pthread_mutex_t lock;
  record **buckets;
  size_t n_buckets;         /* a power of two */
};

/* ---- the veil ---- */

kvault_veil *
kvault_veil_new (void)
{
  kvault_veil *self = calloc (1, sizeof *self);

  if (self == NULL || (self->buckets = calloc (FEWEST_BUCKETS, sizeof *self->buckets)) == NULL)
    {
      free (self);
      return NULL;
    }
  self->n_buckets = FEWEST_BUCKETS;
  atomic_init (&self->refs, 1);
  pthread_mutex_init (&self->lock, NULL);
  return self;
}

kvault_veil *
kvault_veil_ref (kvault_veil *self)
{
  atomic_fetch_add (&self->refs, 1);
  return self;
}

void
kvault_veil_unref (kvault_veil *self)
{
  if (self == NULL || atomic_fetch_sub (&self->refs, 1) > 1)
    return;
  pthread_mutex_destroy (&self->lock);
  free (self->buckets);
  free (self);
}

size_t
kvault_veil_count (kvault_veil *self)
{
  return atomic_load (&self->n);
}

static record **
bucket_of (kvault_veil *self,
           int64_t      id)
{
  return &self->buckets[((uint64_t) id * UINT64_C (0x9e3779b97f4a7c15) >> 20) & (self->n_buckets - 1)];
}

/* With the lock. Without memory the chains get longer, and that is all. */
static void
grow (kvault_veil *self,
      size_t       n)
{
  record **old = self->buckets;
  size_t n_old = self->n_buckets, n_buckets = n_old;

  while (n_buckets < n)
    n_buckets *= 2;
  if (n_buckets == n_old || (self->buckets = calloc (n_buckets, sizeof *self->buckets)) == NULL)
    {
      self->buckets = old;
      return;
    }
  self->n_buckets = n_buckets;
  for (size_t i = 0; i < n_old; i++)
    for (record *each = old[i], *next; each != NULL; each = next)
      {
        record **bucket = bucket_of (self, each->id);

        next = each->next;
        each->next = *bucket;
        *bucket = each;
      }
  free (old);
}

static void
insert (kvault_veil *self,
        record      *each)
{
  record **bucket = bucket_of (self, each->id);

  each->next = *bucket;
  *bucket = each;
  atomic_fetch_add (&self->n, 1);
}

static void
unlink_record (kvault_veil *self,
               record      *each)
{
  record **link = bucket_of (self, each->id);

  while (*link != each)
    link = &(*link)->next;
  *link = each->next;
  atomic_fetch_sub (&self->n, 1);
}

/* With the lock: it is not to be deleted any more, or is. */
static void
drop (record *each)
{
  kvault_deletion *owner = each->owner;

  if (each->gone)
    return;
  each->gone = true;
  owner->n_left--;
  if (each->size == KVAULT_SIZE_UNKNOWN)
    owner->n_unmeasured--;
  else
    owner->bytes -= each->size;
  if (owner->hidden)
    unlink_record (owner->veil, each);
}

/* With the lock. */
static record *
find (kvault_veil *self,
      const char  *table,
      int64_t      id,
      kvault_class key_class,
      const void  *key,
      size_t       key_size)
{
  for (record *each = *bucket_of (self, id); each != NULL; each = each->next)
    if (each->id == id && each->key_size == key_size && each->key_class == key_class &&
        (key_size == 0 || memcmp (each->key, key, key_size) == 0) && strcmp (each->owner->table, table) == 0)
      return each;
  return NULL;
}

bool
kvault__veils (const kvault *vault)
{
  return vault->options.veil != NULL && atomic_load_explicit (&vault->options.veil->n, memory_order_acquire) > 0;
}

/* Whether a row of @section is hidden from the handle. */
bool
kvault__is_veiled (const kvault          *vault,
                   const kvault_section  *section,
                   const kvault_entry    *entry)
{
  kvault_veil *veil = vault->options.veil;
  bool found;

  if (!kvault__veils (vault))
    return false;
  pthread_mutex_lock (&veil->lock);
  found = find (veil, section->name, entry->id, entry->key_class, entry->key, entry->key_size) != NULL;
  pthread_mutex_unlock (&veil->lock);
  return found;
}

bool
kvault__is_key_veiled (const kvault *vault,
                       int64_t       id,
                       const void   *key,
                       size_t        key_size)
{
  return kvault__is_veiled (vault, vault->section, &(kvault_entry) { .id = id, .key = key, .key_size = key_size, .key_class = KVAULT_CLASS_BLOB });
}

/* A value is about to be stored at a key. If what is there is hidden, it is not to be deleted any more: the new one takes its row. */
int
kvault__veil_lift (kvault     *vault,
                   const void *key,
                   size_t      key_size)
{
  kvault_veil *veil = vault->options.veil;
  kvault__row row;
  record *found;
  int rc;

  if (!kvault__veils (vault))
    return KVAULT_OK;
  if ((rc = kvault__row_find (vault, key, key_size, &row)) != KVAULT_OK)
    return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
  pthread_mutex_lock (&veil->lock);
  if ((found = find (veil, vault->section->name, row.id, KVAULT_CLASS_BLOB, key, key_size)) != NULL)
    drop (found);
  pthread_mutex_unlock (&veil->lock);
  return KVAULT_OK;
}

/* ---- counting ---- */

typedef struct {
  int64_t id;
  kvault_class key_class;
  size_t at, key_size;      /* of its key in the bytes; a NUL follows */
} hidden_row;

typedef struct {
  hidden_row *rows;
  size_t n;
  char *bytes;
} hidden_rows;

/* Those of the table in use; copied, since what is asked about them takes time. */
static bool
list_hidden (kvault      *vault,
             hidden_rows *list)
{
  kvault_veil *veil = vault->options.veil;
  size_t n = 0, n_bytes = 0;

  *list = (hidden_rows) { 0 };
  pthread_mutex_lock (&veil->lock);
  for (size_t i = 0; i < veil->n_buckets; i++)
    for (record *each = veil->buckets[i]; each != NULL; each = each->next, n++)
      n_bytes += each->key_size + 1;
  list->rows = malloc ((n + 1) * sizeof *list->rows);
  list->bytes = malloc (n_bytes + 1);
  n_bytes = 0;
  for (size_t i = 0; list->rows != NULL && list->bytes != NULL && i < veil->n_buckets; i++)
    for (record *each = veil->buckets[i]; each != NULL; each = each->next)
      if (strcmp (each->owner->table, vault->section->name) == 0)
        {
          list->rows[list->n++] = (hidden_row) { each->id, each->key_class, n_bytes, each->key_size };
          memcpy (list->bytes + n_bytes, each->key, each->key_size + 1);
          n_bytes += each->key_size + 1;
        }
  pthread_mutex_unlock (&veil->lock);
  return list->rows != NULL && list->bytes != NULL;
}

/* Whether the index of the keys leads from its key to that very row. */
static int
look_for_key (kvault           *vault,
              const hidden_row *row,
              const char       *key,
              bool             *there)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__EXISTS, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_key (statement, 1, row->key_class, key, row->key_size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW: *there = sqlite3_column_int64 (statement, 0) == row->id; break;
    case SQLITE_DONE: *there = false; break;
    default: rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (key, row->key_size).text);
    }
  kvault__statement_done (statement);
  return rc;
}

/* How many rows of the table in use count(*) counts and nobody sees. */
int
kvault__veil_count_rows (kvault   *vault,
                         uint64_t *n_hidden)
{
  hidden_rows list;
  int rc = KVAULT_OK;

  *n_hidden = 0;
  if (!kvault__veils (vault))
    return KVAULT_OK;
  if (!list_hidden (vault, &list))
    rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  for (size_t i = 0; rc == KVAULT_OK && i < list.n; i++)
    {
      bool there = false;

      if (kvault__is_cancelled (vault))
        rc = kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
      else
        rc = look_for_key (vault, &list.rows[i], list.bytes + list.rows[i].at, &there);
      *n_hidden += there;
    }
  free (list.rows);
  free (list.bytes);
  return rc;
}

/* ---- what is to be deleted ---- */

kvault_deletion *
kvault_deletion_new (kvault_veil *veil,
                     const char  *table)
{
  kvault_deletion *self = calloc (1, sizeof *self);

  if (self == NULL || (self->table = strdup (table)) == NULL)
    {
      free (self);
      return NULL;
    }
  self->veil = kvault_veil_ref (veil);
  return self;
}

void
kvault_deletion_free (kvault_deletion *self)
{
  if (self == NULL)
    return;
  kvault_deletion_show (self);
  kvault_veil_unref (self->veil);
  for (chunk *each = self->keys, *next; each != NULL; each = next)
    {
      next = each->next;
      free (each);
    }
  free (self->records);
  free (self->table);
  free (self);
}

/* NULL: no memory. */
static const char *
keep_key (kvault_deletion *self,
          const void      *key,
          size_t           size)
{
  chunk *last = self->keys;
  char *kept;

  if (last == NULL || last->room - last->used < size + 1)
    {
      size_t room = size + 1 > KEYS_CHUNK ? size + 1 : KEYS_CHUNK;

      if ((last = malloc (sizeof *last + room)) == NULL)
        return NULL;
      last->next = self->keys;
      last->used = 0;
      last->room = room;
      self->keys = last;
    }
  kept = last->bytes + last->used;
  if (size > 0)
    memcpy (kept, key, size);
  kept[size] = '\0';
  last->used += size + 1;
  return kept;
}

int
kvault_deletion_add (kvault_deletion    *self,
                     const kvault_entry *entry)
{
  const char *key;

  if (self->hidden || (entry->key == NULL && entry->key_size > 0))
    return KVAULT_EINVAL;
  if (self->n == self->room)
    {
      size_t room = self->room > 0 ? self->room * 2 : 64;
      record *grown = realloc (self->records, room * sizeof *grown);

      if (grown == NULL)
        return KVAULT_ENOMEM;
      self->records = grown;
      self->room = room;
    }
  if ((key = keep_key (self, entry->key, entry->key_size)) == NULL)
    return KVAULT_ENOMEM;
  self->records[self->n++] = (record) { .owner = self, .key = key, .key_size = entry->key_size, .id = entry->id,
                                        .size = KVAULT_SIZE_UNKNOWN, .key_class = entry->key_class };
  self->n_left++;
  self->n_unmeasured++;
  return KVAULT_OK;
}

size_t
kvault_deletion_count (const kvault_deletion *self,
                       uint64_t              *bytes)
{
  size_t n;

  pthread_mutex_lock (&self->veil->lock);
  n = self->n_left;
  if (bytes != NULL)
    *bytes = self->n_unmeasured == 0 ? self->bytes : KVAULT_SIZE_UNKNOWN;
  pthread_mutex_unlock (&self->veil->lock);
  return n;
}

const char *
kvault_deletion_table (const kvault_deletion *self)
{
  return self->table;
}

void
kvault_deletion_hide (kvault_deletion *self)
{
  kvault_veil *veil = self->veil;

  pthread_mutex_lock (&veil->lock);
  if (!self->hidden)
    {
      grow (veil, atomic_load (&veil->n) + self->n_left);
      for (size_t i = 0; i < self->n; i++)
        if (!self->records[i].gone)
          insert (veil, &self->records[i]);
      self->hidden = true;
    }
  pthread_mutex_unlock (&veil->lock);
}

void
kvault_deletion_show (kvault_deletion *self)
{
  kvault_veil *veil = self->veil;

  pthread_mutex_lock (&veil->lock);
  for (size_t i = 0; self->hidden && i < self->n; i++)
    if (!self->records[i].gone)
      unlink_record (veil, &self->records[i]);
  self->hidden = false;
  pthread_mutex_unlock (&veil->lock);
}

/* ---- looking at the rows, and deleting them ---- */

/* Some records that are left, from @at on, which is moved behind them; copied, since they may be dropped meanwhile. */
static size_t
take_left (kvault_deletion *self,
           size_t          *at,
           size_t           most,
           record         **left)
{
  size_t n = 0;

  pthread_mutex_lock (&self->veil->lock);
  for (; *at < self->n && n < most; ++*at)
    if (!self->records[*at].gone)
      left[n++] = &self->records[*at];
  pthread_mutex_unlock (&self->veil->lock);
  return n;
}

/* KVAULT_NOTFOUND: the row is not there, or another's. */
static int
look_at_row (kvault       *vault,
             const record *each,
             uint64_t     *size)
{
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
      break;
    case SQLITE_DONE:
      rc = KVAULT_NOTFOUND;
      break;
    default:
      rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (each->key, each->key_size).text);
    }
  kvault__statement_done (statement);
  *size = row.size;
  return rc;
}

static uint64_t
known_size (const record *each)
{
  uint64_t size;

  pthread_mutex_lock (&each->owner->veil->lock);
  size = each->size;
  pthread_mutex_unlock (&each->owner->veil->lock);
  return size;
}

static void
note_size (kvault_deletion *self,
           record          *each,
           int              rc,
           uint64_t         size)
{
  pthread_mutex_lock (&self->veil->lock);
  if (rc == KVAULT_NOTFOUND)
    drop (each);
  else if (!each->gone && each->size == KVAULT_SIZE_UNKNOWN)
    {
      each->size = size;
      self->bytes += size;
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

int
kvault_deletion_measure (kvault               *vault,
                         kvault_deletion      *self,
                         kvault_progress_func  report,
                         void                 *report_data)
{
  kvault_progress progress = { .keys_total = self->n, .bytes_total = KVAULT_SIZE_UNKNOWN };
  record *left[MEASURE_STEP];
  uint64_t size;
  size_t at = 0, n;
  int rc;

  if ((rc = kvault__enter (vault)) != KVAULT_OK || (rc = check_table (vault, self)) != KVAULT_OK)
    return rc;
  while ((n = take_left (self, &at, MEASURE_STEP, left)) > 0)
    {
      for (size_t i = 0; i < n; i++)
        {
          if (known_size (left[i]) != KVAULT_SIZE_UNKNOWN)
            continue;
          if ((rc = look_at_row (vault, left[i], &size)) != KVAULT_OK && rc != KVAULT_NOTFOUND)
            return rc;
          note_size (self, left[i], rc, size);
        }
      progress.keys = at;
      if (kvault__is_cancelled (vault) || (report != NULL && report (&progress, report_data) != 0))
        return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
    }
  return KVAULT_OK;
}

/* One that was written to by others since it was hidden stays. */
static int
delete_record (kvault                 *vault,
               const record           *each,
               kvault_deletion_result *result,
               uint64_t               *step_bytes)
{
  uint64_t known = known_size (each), size;
  int rc = look_at_row (vault, each, &size);

  if (rc == KVAULT_NOTFOUND)
    result->missing++;
  else if (rc == KVAULT_OK && known != KVAULT_SIZE_UNKNOWN && known != size)
    result->changed++;
  else if (rc == KVAULT_OK && (rc = kvault__delete_row (vault, each->id)) == KVAULT_OK)
    {
      result->deleted++;
      result->bytes += size;
      *step_bytes += size;
    }
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* One transaction. @n is set to how many of @left it dealt with. */
static int
write_step (kvault                 *vault,
            record                **left,
            size_t                 *n,
            kvault_deletion_result *result)
{
  kvault_deletion_result sum = *result;
  uint64_t bytes = 0;
  size_t done = 0;
  int rc;

  if ((rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  while (rc == KVAULT_OK && done < *n && bytes < WRITE_STEP_BYTES)
    rc = delete_record (vault, left[done++], &sum, &bytes);
  if ((rc = kvault__end (vault, rc)) != KVAULT_OK)
    return rc;
  *result = sum;
  *n = done;
  return KVAULT_OK;
}

static int
write_steps (kvault                 *vault,
             kvault_deletion        *self,
             kvault_progress_func    report,
             void                   *report_data,
             record                **left,
             kvault_deletion_result *result)
{
  kvault_progress progress = { 0 };
  size_t at = 0, n;
  int rc = KVAULT_OK;

  progress.keys_total = kvault_deletion_count (self, &progress.bytes_total);
  while (rc == KVAULT_OK && (n = take_left (self, &at, WRITE_STEP_KEYS, left)) > 0)
    {
      if ((rc = write_step (vault, left, &n, result)) != KVAULT_OK)
        break;
      pthread_mutex_lock (&self->veil->lock);
      for (size_t i = 0; i < n; i++)
        drop (left[i]);
      at = (size_t) (left[n - 1] - self->records) + 1;
      pthread_mutex_unlock (&self->veil->lock);
      progress.keys += n;
      progress.bytes = result->bytes;
      if (report != NULL && report (&progress, report_data) != 0)
        rc = kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
    }
  return rc;
}

int
kvault_deletion_write (kvault                 *vault,
                       kvault_deletion        *self,
                       kvault_progress_func    report,
                       void                   *report_data,
                       kvault_deletion_result *result)
{
  kvault_deletion_result ignored;
  record **left;
  int rc;

  if (result == NULL)
    result = &ignored;
  *result = (kvault_deletion_result) { 0 };
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = check_table (vault, self)) != KVAULT_OK)
    return rc;
  if (vault->batch)
    return kvault__fail (vault, KVAULT_EBUSY, "%s: a transaction is open", vault->name);
  if ((left = malloc (WRITE_STEP_KEYS * sizeof *left)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = write_steps (vault, self, report, report_data, left, result);
  free (left);
  return rc;
}
