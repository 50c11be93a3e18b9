/* SPDX-License-Identifier: MIT */
/*
 * veil.c - deletions that are not written yet.
 *
 * A veil is a table of rows, shared by handles of several threads, that walks and look-ups pass over. It is asked for every row of a walk,
 * so it is a hash by row id under a mutex that nobody holds for longer than one look, and asked at all only while there is something in it.
 * Records are the deletion's own, which must not grow while it is hidden: the hash points into its array.
 */
#include "veil.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_CHUNK (64u << 10)
#define FEWEST_BUCKETS 1024u

typedef struct kvault__chunk chunk;
struct kvault__chunk {
  chunk *next;
  size_t used, room;
  char bytes[];
};

static void
free_deletion (kvault_deletion *self)
{
  for (chunk *each = self->keys, *next; each != NULL; each = next)
    {
      next = each->next;
      free (each);
    }
  free (self->records);
  free (self->table);
  free (self);
}

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
  for (kvault_deletion *each = self->remains, *next; each != NULL; each = next)
    {
      next = each->next;
      free_deletion (each);
    }
  pthread_mutex_destroy (&self->lock);
  free (self->buckets);
  free (self->lifts);
  free (self);
}

size_t
kvault_veil_count (kvault_veil *self)
{
  return atomic_load (&self->n);
}

kvault__hidden **
kvault__veil_bucket (kvault_veil *self,
                     int64_t      id)
{
  return &self->buckets[((uint64_t) id * UINT64_C (0x9e3779b97f4a7c15) >> 20) & (self->n_buckets - 1)];
}

/* With the lock. Without memory the chains get longer, and that is all. */
static void
grow (kvault_veil *self,
      size_t       n)
{
  kvault__hidden **old = self->buckets;
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
    for (kvault__hidden *each = old[i], *next; each != NULL; each = next)
      {
        kvault__hidden **bucket = kvault__veil_bucket (self, each->id);

        next = each->next;
        each->next = *bucket;
        *bucket = each;
      }
  free (old);
}

/* With the lock. */
static void
link_or_unlink (kvault__hidden *each)
{
  kvault_veil *veil = each->owner->veil;
  kvault__hidden **link = kvault__veil_bucket (veil, each->id);
  bool hides = each->owner->hidden && each->fate == KVAULT_FATE_LEFT, links = hides || each->displaced;

  if (hides && !each->hides)
    atomic_fetch_add (&veil->n, 1);
  else if (!hides && each->hides)
    atomic_fetch_sub (&veil->n, 1);
  each->hides = hides;
  if (links == each->linked)
    return;
  each->linked = links;
  if (links)
    {
      each->next = *link;
      *link = each;
      return;
    }
  while (*link != each)
    link = &(*link)->next;
  *link = each->next;
}

/* With the lock. Only what is left is to be counted in bytes. */
static void
set_fate (kvault__hidden *each,
          kvault_fate     fate)
{
  kvault_deletion *owner = each->owner;
  bool was_left = each->fate == KVAULT_FATE_LEFT, is_left = fate == KVAULT_FATE_LEFT;

  owner->n_of[each->fate]--;
  owner->n_of[fate]++;
  each->fate = fate;
  if (each->size == KVAULT_SIZE_UNKNOWN)
    owner->n_unmeasured += (size_t) is_left - (size_t) was_left;
  else if (was_left != is_left)
    owner->bytes += is_left ? each->size : -each->size;
  link_or_unlink (each);
}

/* With the lock. */
void
kvault__veil_set_displaced (kvault__hidden *each,
                            bool            displaced)
{
  each->owner->n_displaced += (size_t) displaced - (size_t) each->displaced;
  each->displaced = displaced;
  link_or_unlink (each);
}

/* With the lock. @turn: as the record has it. */
void
kvault__veil_displace (kvault__hidden *each,
                       uint64_t        turn)
{
  each->turn = turn;
  kvault__veil_set_displaced (each, true);
  set_fate (each, KVAULT_FATE_CHANGED);
}

/* With the lock. */
void
kvault__veil_put_back (kvault__hidden *each)
{
  set_fate (each, KVAULT_FATE_LEFT);
  kvault__veil_set_displaced (each, false);
}

void
kvault__veil_drop (kvault__hidden *each,
                   kvault_fate     fate)
{
  if (each->fate == KVAULT_FATE_LEFT)
    set_fate (each, fate);
}

bool
kvault__veil_is_of_row (const kvault__hidden *each,
                        const char           *table,
                        int64_t               id,
                        kvault_class          key_class,
                        const void           *key,
                        size_t                key_size)
{
  return each->id == id && each->key_size == key_size && each->key_class == key_class &&
         (key_size == 0 || memcmp (each->key, key, key_size) == 0) && strcmp (each->owner->table, table) == 0;
}

/* With the lock. What hides a row from @vault; NULL: from anybody. */
kvault__hidden *
kvault__veil_find (kvault_veil  *self,
                   const kvault *vault,
                   const char   *table,
                   int64_t       id,
                   kvault_class  key_class,
                   const void   *key,
                   size_t        key_size)
{
  for (kvault__hidden *each = *kvault__veil_bucket (self, id); each != NULL; each = each->next)
    if (each->hides && (vault == NULL || each->lifted_by != vault) && kvault__veil_is_of_row (each, table, id, key_class, key, key_size))
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
kvault__is_veiled (const kvault         *vault,
                   const kvault_section *section,
                   const kvault_entry   *entry)
{
  kvault_veil *veil = vault->options.veil;
  bool found;

  if (!kvault__veils (vault))
    return false;
  pthread_mutex_lock (&veil->lock);
  found = kvault__veil_find (veil, vault, section->name, entry->id, entry->key_class, entry->key, entry->key_size) != NULL;
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

/* Whether it is hidden by a deletion that is not dispensable. */
bool
kvault__is_key_kept (const kvault *vault,
                     int64_t       id,
                     const void   *key,
                     size_t        key_size)
{
  kvault_veil *veil = vault->options.veil;
  bool kept = false;

  if (!kvault__veils (vault))
    return false;
  pthread_mutex_lock (&veil->lock);
  for (kvault__hidden *each = *kvault__veil_bucket (veil, id); each != NULL && !kept; each = each->next)
    kept = each->hides && each->lifted_by != vault && !each->owner->is_dispensable &&
           kvault__veil_is_of_row (each, vault->section->name, id, KVAULT_CLASS_BLOB, key, key_size);
  pthread_mutex_unlock (&veil->lock);
  return kept;
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
    for (kvault__hidden *each = veil->buckets[i]; each != NULL; each = each->next, n++)
      n_bytes += each->key_size + 1;
  list->rows = malloc ((n + 1) * sizeof *list->rows);
  list->bytes = malloc (n_bytes + 1);
  n_bytes = 0;
  for (size_t i = 0; list->rows != NULL && list->bytes != NULL && i < veil->n_buckets; i++)
    for (kvault__hidden *each = veil->buckets[i]; each != NULL; each = each->next)
      if (each->hides && strcmp (each->owner->table, vault->section->name) == 0 && each->lifted_by != vault)
        {
          list->rows[list->n++] = (hidden_row) { each->id, each->key_class, n_bytes, each->key_size };
          memcpy (list->bytes + n_bytes, each->key, each->key_size + 1);
          n_bytes += each->key_size + 1;
        }
  pthread_mutex_unlock (&veil->lock);
  return list->rows != NULL && list->bytes != NULL;
}

int
kvault__veil_find_row (kvault       *vault,
                       kvault_class  key_class,
                       const char   *key,
                       size_t        key_size,
                       int64_t      *id)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__EXISTS, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_key (statement, 1, key_class, key, key_size);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW: *id = sqlite3_column_int64 (statement, 0); break;
    case SQLITE_DONE: rc = KVAULT_NOTFOUND; break;
    default: rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (key, key_size).text);
    }
  kvault__statement_done (statement);
  return rc;
}

/* Whether the index of the keys leads from its key to that very row. */
static int
look_for_key (kvault           *vault,
              const hidden_row *row,
              const char       *key,
              bool             *there)
{
  int64_t id;
  int rc = kvault__veil_find_row (vault, row->key_class, key, row->key_size, &id);

  *there = rc == KVAULT_OK && id == row->id;
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
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
  kvault_veil *veil;
  bool remains;

  if (self == NULL)
    return;
  veil = self->veil;
  kvault_deletion_show (self);
  pthread_mutex_lock (&veil->lock);
  remains = self->n_displaced > 0;   /* so that it can be told whether these were deleted for good or shown again, and none is taken for another */
  if (remains)
    {
      self->next = veil->remains;
      veil->remains = self;
    }
  else
    kvault__veil_forget (self);
  pthread_mutex_unlock (&veil->lock);
  if (!remains)
    free_deletion (self);
  kvault_veil_unref (veil);
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
      kvault__hidden *grown = realloc (self->records, room * sizeof *grown);

      if (grown == NULL)
        return KVAULT_ENOMEM;
      self->records = grown;
      self->room = room;
    }
  if ((key = keep_key (self, entry->key, entry->key_size)) == NULL)
    return KVAULT_ENOMEM;
  self->records[self->n++] = (kvault__hidden) { .owner = self, .key = key, .key_size = entry->key_size, .id = entry->id,
                                        .size = KVAULT_SIZE_UNKNOWN, .key_class = entry->key_class };
  self->n_of[KVAULT_FATE_LEFT]++;
  self->n_unmeasured++;
  return KVAULT_OK;
}

size_t
kvault_deletion_count (const kvault_deletion *self,
                       uint64_t              *bytes)
{
  size_t n;

  pthread_mutex_lock (&self->veil->lock);
  n = self->n_of[KVAULT_FATE_LEFT];
  if (bytes != NULL)
    *bytes = self->n_unmeasured == 0 ? self->bytes : KVAULT_SIZE_UNKNOWN;
  pthread_mutex_unlock (&self->veil->lock);
  return n;
}

kvault_fate
kvault_deletion_fate (const kvault_deletion *self,
                      size_t                 i)
{
  kvault_fate fate;

  pthread_mutex_lock (&self->veil->lock);
  fate = self->records[i].fate;
  pthread_mutex_unlock (&self->veil->lock);
  return fate;
}

void
kvault_deletion_tally (const kvault_deletion *self,
                       size_t                 n[KVAULT_N_FATES])
{
  pthread_mutex_lock (&self->veil->lock);
  memcpy (n, self->n_of, sizeof self->n_of);
  pthread_mutex_unlock (&self->veil->lock);
}

size_t
kvault_deletion_displaced (const kvault_deletion *self)
{
  size_t n;

  pthread_mutex_lock (&self->veil->lock);
  n = self->n_displaced;
  pthread_mutex_unlock (&self->veil->lock);
  return n;
}

void
kvault_deletion_set_dispensable (kvault_deletion *self)
{
  pthread_mutex_lock (&self->veil->lock);
  self->is_dispensable = true;
  pthread_mutex_unlock (&self->veil->lock);
}

const char *
kvault_deletion_table (const kvault_deletion *self)
{
  return self->table;
}

/* With the lock. Whether the same row was added before; it is deleted once. */
static bool
is_there_twice (kvault_deletion *self,
                kvault__hidden  *each)
{
  kvault__hidden *found = kvault__veil_find (self->veil, NULL, self->table, each->id, each->key_class, each->key, each->key_size);

  if (found == NULL || found->owner != self)
    return false;
  kvault__veil_drop (each, KVAULT_FATE_MISSING);
  self->n_of[KVAULT_FATE_MISSING]--;
  return true;
}

void
kvault_deletion_hide (kvault_deletion *self)
{
  kvault_veil *veil = self->veil;

  pthread_mutex_lock (&veil->lock);
  if (!self->hidden)
    {
      grow (veil, atomic_load (&veil->n) + self->n_of[KVAULT_FATE_LEFT]);
      self->hidden = true;
      self->hiding = ++veil->hidings;
      for (size_t i = 0; i < self->n; i++)
        if (self->records[i].fate == KVAULT_FATE_LEFT && !is_there_twice (self, &self->records[i]))
          link_or_unlink (&self->records[i]);
    }
  pthread_mutex_unlock (&veil->lock);
}

void
kvault_deletion_show (kvault_deletion *self)
{
  kvault_veil *veil = self->veil;

  pthread_mutex_lock (&veil->lock);
  if (self->hidden)
    {
      self->hidden = false;
      for (size_t i = 0; i < self->n; i++)
        link_or_unlink (&self->records[i]);
    }
  pthread_mutex_unlock (&veil->lock);
}
