/* SPDX-License-Identifier: MIT */
/*
 * shelf.c - values that wait in memory for all handles of a process on a file.
 *
 * A handle's own cache is its own secret; a shelf is seen by every handle that was opened with it. What lies there is immutable and
 * counted, so a handle that looks takes no more than pointers: it mirrors the entries of its table as its cache (cache.c), and all that
 * merges a cache with the table merges these. The mirror is made anew when the shelf has changed, but not while a walk is open,
 * which goes on with what it began with.
 *
 * What is kept true: an entry leaves the shelf only after the transaction that holds it has committed, or by a discard; meanwhile both
 * are seen, which are the same. An entry is identified by its memory: one that took the place of another is a different one.
 */
#include "internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct kvault__shelved {
  atomic_size_t refs;
  char *table;
  int64_t since_ms;            /* when its key came to differ from the table */
  bool is_new;                 /* the table had no such key as it was put */
  uint64_t old_size;           /* of the value there, if it had */
  size_t key_size, value_size;
  unsigned char bytes[];       /* the key, then the value */
};

struct kvault_shelf {
  atomic_size_t refs;
  atomic_uint_fast64_t version;   /* of the entries; never 0 */
  pthread_mutex_t lock;        /* of what follows */
  kvault__shelved **entries;
  size_t n, room;
  uint64_t bytes;
  kvault_shelf_stats stats;    /* of flushes alone */
};

/* ---- entries ---- */

void
kvault__shelved_unref (kvault__shelved *self)
{
  if (self == NULL || atomic_fetch_sub (&self->refs, 1) > 1)
    return;
  free (self->table);
  free (self);
}

static kvault__shelved *
shelved_new (const char *table,
             const void *key,
             size_t      key_size,
             const void *value,
             size_t      value_size)
{
  kvault__shelved *self = calloc (1, sizeof *self + key_size + value_size);

  if (self == NULL || (self->table = strdup (table)) == NULL)
    {
      free (self);
      return NULL;
    }
  atomic_init (&self->refs, 1);
  self->since_ms = kvault__now_ms ();
  self->key_size = key_size;
  self->value_size = value_size;
  if (key_size > 0)
    memcpy (self->bytes, key, key_size);
  if (value_size > 0)
    memcpy (self->bytes + key_size, value, value_size);
  return self;
}

static bool
is_of_key (const kvault__shelved *self,
           const char            *table,
           const void            *key,
           size_t                 key_size)
{
  return self->key_size == key_size && (key_size == 0 || memcmp (self->bytes, key, key_size) == 0) && strcmp (self->table, table) == 0;
}

static uint64_t
size_of (const kvault__shelved *self)
{
  return self->key_size + self->value_size;
}

/* ---- the shelf ---- */

kvault_shelf *
kvault_shelf_new (void)
{
  kvault_shelf *self = calloc (1, sizeof *self);

  if (self == NULL)
    return NULL;
  atomic_init (&self->refs, 1);
  atomic_init (&self->version, 1);
  pthread_mutex_init (&self->lock, NULL);
  return self;
}

kvault_shelf *
kvault_shelf_ref (kvault_shelf *self)
{
  atomic_fetch_add (&self->refs, 1);
  return self;
}

/* With the lock. */
static void
remove_at (kvault_shelf *self,
           size_t        i)
{
  self->bytes -= size_of (self->entries[i]);
  kvault__shelved_unref (self->entries[i]);
  self->entries[i] = self->entries[--self->n];
}

static void
clear (kvault_shelf *self)
{
  while (self->n > 0)
    remove_at (self, self->n - 1);
}

void
kvault_shelf_unref (kvault_shelf *self)
{
  if (self == NULL || atomic_fetch_sub (&self->refs, 1) > 1)
    return;
  clear (self);
  pthread_mutex_destroy (&self->lock);
  free (self->entries);
  free (self);
}

void
kvault_shelf_discard (kvault_shelf *self)
{
  pthread_mutex_lock (&self->lock);
  clear (self);
  self->stats.last_result = KVAULT_OK;
  self->stats.last_error[0] = '\0';
  atomic_fetch_add (&self->version, 1);
  pthread_mutex_unlock (&self->lock);
}

void
kvault_shelf_stats_get (kvault_shelf       *self,
                        const char         *table,
                        kvault_shelf_stats *stats)
{
  int64_t now = kvault__now_ms ();

  pthread_mutex_lock (&self->lock);
  *stats = self->stats;
  for (size_t i = 0; i < self->n; i++)
    {
      const kvault__shelved *each = self->entries[i];
      uint64_t age = now > each->since_ms ? (uint64_t) (now - each->since_ms) : 0;

      if (table != NULL && strcmp (each->table, table) != 0)
        continue;
      stats->entries++;
      stats->bytes += size_of (each);
      stats->new_keys += each->is_new;
      stats->value_bytes += each->value_size;
      stats->replaced_bytes += each->is_new ? 0 : each->old_size;
      if (age > stats->oldest_age_ms)
        stats->oldest_age_ms = age;
    }
  pthread_mutex_unlock (&self->lock);
}

/* ---- putting ---- */

/* With the lock. Takes @entry; that of the same key goes, which it has waited as long as. */
static bool
place (kvault_shelf    *self,
       kvault__shelved *entry)
{
  for (size_t i = 0; i < self->n; i++)
    if (is_of_key (self->entries[i], entry->table, entry->bytes, entry->key_size))
      {
        entry->since_ms = self->entries[i]->since_ms;
        entry->is_new = self->entries[i]->is_new;
        entry->old_size = self->entries[i]->old_size;
        remove_at (self, i);
        break;
      }
  if (self->n == self->room)
    {
      size_t room = self->room > 0 ? self->room * 2 : 64;
      kvault__shelved **grown = realloc (self->entries, room * sizeof *grown);

      if (grown == NULL)
        return false;
      self->entries = grown;
      self->room = room;
    }
  self->entries[self->n++] = entry;
  self->bytes += size_of (entry);
  atomic_fetch_add (&self->version, 1);
  return true;
}

static int
look_at_old (kvault          *vault,
             kvault__shelved *entry)
{
  kvault__row row;
  int rc = kvault__row_find_shown (vault, entry->bytes, entry->key_size, &row);

  entry->is_new = rc == KVAULT_NOTFOUND;
  entry->old_size = rc == KVAULT_OK ? row.size : 0;
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

int
kvault_shelf_put (kvault     *vault,
                  const void *key,
                  size_t      key_size,
                  const void *value,
                  size_t      value_size)
{
  kvault_shelf *shelf = vault->options.shelf;
  kvault__shelved *entry;
  bool placed;
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (shelf == NULL || vault->batch || (value == NULL && value_size > 0))
    return kvault__fail (vault, KVAULT_EINVAL, "%s: no shelf, no value, or a transaction is open", vault->name);
  if ((rc = kvault__check_key (vault, key, key_size)) != KVAULT_OK)
    return rc;
  if (!kvault__is_whole (vault, key_size, value_size))
    return kvault__fail (vault, KVAULT_ETOOBIG, "%s: key %s: the value is too long to wait", vault->name,
                         kvault__describe_key (key, key_size).text);
  if ((entry = shelved_new (vault->section->name, key, key_size, value, value_size)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if ((rc = look_at_old (vault, entry)) != KVAULT_OK)
    {
      kvault__shelved_unref (entry);
      return rc;
    }
  pthread_mutex_lock (&shelf->lock);
  placed = place (shelf, entry);
  pthread_mutex_unlock (&shelf->lock);
  if (placed)
    return KVAULT_OK;
  kvault__shelved_unref (entry);
  return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
}

/* ---- what handles see ---- */

/* Those of @table (NULL: all), each with a reference; NULL: no memory. */
static kvault__shelved **
list (kvault_shelf *self,
      const char   *table,
      size_t       *n)
{
  kvault__shelved **found = malloc ((self->n + 1) * sizeof *found);

  *n = 0;
  for (size_t i = 0; found != NULL && i < self->n; i++)
    if (table == NULL || strcmp (self->entries[i]->table, table) == 0)
      {
        atomic_fetch_add (&self->entries[i]->refs, 1);
        found[(*n)++] = self->entries[i];
      }
  return found;
}

static void
free_list (kvault__shelved **entries,
           size_t            n)
{
  for (size_t i = 0; entries != NULL && i < n; i++)
    kvault__shelved_unref (entries[i]);
  free (entries);
}

/* Before each call: the mirror is of what lies there now. Asked for every key of a walk, so it has to cost nothing. */
int
kvault__shelf_sync (kvault *vault)
{
  kvault_shelf *shelf = vault->options.shelf;
  kvault__shelved **entries;
  uint64_t version;
  size_t n;
  int rc = KVAULT_OK;

  if (shelf == NULL || atomic_load_explicit (&shelf->version, memory_order_acquire) == vault->shelf_version ||
      vault->cursors != NULL || vault->inside > 0 || vault->batch || vault->section == NULL)
    return KVAULT_OK;
  pthread_mutex_lock (&shelf->lock);
  version = atomic_load (&shelf->version);
  entries = list (shelf, vault->section->name, &n);
  pthread_mutex_unlock (&shelf->lock);
  kvault__cache_free (vault);
  if (entries == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  for (size_t i = 0; rc == KVAULT_OK && i < n; i++)
    {
      atomic_fetch_add (&entries[i]->refs, 1);
      rc = kvault__cache_mirror (vault, entries[i], entries[i]->bytes, entries[i]->key_size, entries[i]->value_size);
      if (rc != KVAULT_OK)
        kvault__shelved_unref (entries[i]);
    }
  free_list (entries, n);
  if (rc == KVAULT_OK)
    vault->shelf_version = version;
  return rc;
}

int
kvault_is_shelved (kvault     *vault,
                   const void *key,
                   size_t      key_size)
{
  kvault__waiting waiting;

  return vault->options.shelf != NULL && kvault__shelf_sync (vault) == KVAULT_OK && kvault__cache_find (vault, key, key_size, &waiting);
}

/* ---- flushing ---- */

static int
write_entry (kvault                *vault,
             const kvault__shelved *entry)
{
  int rc;

  if (kvault__is_cancelled (vault))
    return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  if (strcmp (vault->section->name, entry->table) != 0 && (rc = kvault__schema_use (vault, entry->table)) != KVAULT_OK)
    return rc;
  if (vault->section->reason != NULL && !vault->section->writable)
    return kvault__fail (vault, KVAULT_EREADONLY, "%s: %s", vault->name, vault->section->reason);
  return kvault__put_replacing (vault, entry->bytes, entry->key_size, entry->bytes + entry->key_size, entry->value_size);
}

static int
compare_tables (const void *a,
                const void *b)
{
  const kvault__shelved *x = *(kvault__shelved *const *) a, *y = *(kvault__shelved *const *) b;
  size_t n = x->key_size < y->key_size ? x->key_size : y->key_size;
  int order = strcmp (x->table, y->table);

  if (order == 0 && n > 0)
    order = memcmp (x->bytes, y->bytes, n);
  return order != 0 ? order : x->key_size < y->key_size ? -1 : x->key_size > y->key_size;
}

/* One transaction for all of them, which is on the disk once it has ended. */
static int
write_entries (kvault           *vault,
               kvault__shelved **entries,
               size_t            n)
{
  const kvault_section *in_use = vault->section;
  kvault_durability durability = vault->options.durability;
  int rc;

  qsort (entries, n, sizeof *entries, compare_tables);
  vault->options.durability = KVAULT_DURABILITY_FULL;
  if ((rc = kvault__set_durability (vault)) == KVAULT_OK && (rc = kvault__begin (vault)) == KVAULT_OK)
    {
      for (size_t i = 0; rc == KVAULT_OK && i < n; i++)
        rc = write_entry (vault, entries[i]);
      kvault__schema_switch (vault, in_use);
      rc = kvault__end (vault, rc);
    }
  vault->options.durability = durability;
  if (rc == KVAULT_OK)
    kvault__set_durability (vault);   /* if that fails, commits go on waiting for the disk */
  return rc;
}

static int64_t
unix_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What was written goes, unless it was put anew meanwhile: that has something to replace now. */
static void
take_written (kvault_shelf     *self,
              kvault__shelved **entries,
              size_t            n)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < self->n; j++)
      {
        if (self->entries[j] == entries[i])
          {
            remove_at (self, j);
            break;
          }
        if (is_of_key (self->entries[j], entries[i]->table, entries[i]->bytes, entries[i]->key_size))
          {
            self->entries[j]->is_new = false;
            self->entries[j]->old_size = entries[i]->value_size;
            break;
          }
      }
  atomic_fetch_add (&self->version, 1);
}

static void
note_flush (kvault            *vault,
            kvault__shelved  **entries,
            size_t             n,
            int                rc,
            int64_t            began_ms)
{
  kvault_shelf *self = vault->options.shelf;
  kvault_shelf_stats *stats = &self->stats;

  pthread_mutex_lock (&self->lock);
  stats->last_result = rc;
  stats->last_flush_unix_ms = unix_ms ();
  stats->last_error[0] = '\0';
  if (rc == KVAULT_OK)
    {
      stats->flushes++;
      stats->last_flush_ms = (uint64_t) (kvault__now_ms () - began_ms);
      stats->last_flush_bytes = 0;
      for (size_t i = 0; i < n; i++)
        stats->last_flush_bytes += size_of (entries[i]);
      take_written (self, entries, n);
    }
  else
    {
      strncpy (stats->last_error, vault->error.message, sizeof stats->last_error - 1);
      stats->last_error[sizeof stats->last_error - 1] = '\0';
    }
  pthread_mutex_unlock (&self->lock);
}

int
kvault_shelf_flush (kvault *vault)
{
  kvault_shelf *shelf = vault->options.shelf;
  int64_t began_ms = kvault__now_ms ();
  kvault__shelved **entries;
  size_t n;
  int rc;

  if (shelf == NULL)
    return KVAULT_OK;
  pthread_mutex_lock (&shelf->lock);
  entries = list (shelf, NULL, &n);
  pthread_mutex_unlock (&shelf->lock);
  if (entries == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if (n == 0)
    {
      free (entries);
      return KVAULT_OK;
    }
  rc = kvault__enter_write (vault);
  if (rc == KVAULT_OK && vault->batch)
    rc = kvault__fail (vault, KVAULT_EBUSY, "%s: a transaction is open", vault->name);
  if (rc == KVAULT_OK)
    rc = write_entries (vault, entries, n);
  note_flush (vault, entries, n, rc, began_ms);
  free_list (entries, n);
  return rc;
}
