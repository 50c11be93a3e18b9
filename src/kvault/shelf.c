/* SPDX-License-Identifier: MIT */
/*
 * shelf.c - values that wait in memory for all handles of a process on a file.
 *
 * A handle's own cache is its own secret; a shelf is seen by every handle that was opened with it (mirror.c), and written by any of them
 * (flush.c). What lies there is immutable and counted, so that who looks takes no more than pointers.
 *
 * What is kept true: an entry leaves the shelf only after the transaction that holds it has committed, or by a discard; meanwhile both
 * are seen, which are the same. An entry is identified by its memory: one that took the place of another is a different one.
 */
#include "shelf.h"

#include <stdlib.h>
#include <string.h>

/* ---- entries ---- */

void
kvault__shelved_unref (kvault__shelved *self)
{
  if (self == NULL || atomic_fetch_sub (&self->refs, 1) > 1)
    return;
  free (self->table);
  free (self);
}

/* FNV-1a. */
static uint64_t
add_to_hash (uint64_t    hash,
             const void *bytes,
             size_t      size)
{
  const unsigned char *each = bytes;

  for (size_t i = 0; i < size; i++)
    hash = (hash ^ each[i]) * 0x100000001b3;
  return hash;
}

static uint64_t
hash_key (const char *table,
          const void *key,
          size_t      key_size)
{
  return add_to_hash (add_to_hash (0xcbf29ce484222325, table, strlen (table) + 1), key, key_size);
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
  self->hash = hash_key (table, key, key_size);
  return self;
}

static bool
is_of_key (const kvault__shelved *self,
           uint64_t               hash,
           const char            *table,
           const void            *key,
           size_t                 key_size)
{
  return self->hash == hash && self->key_size == key_size && (key_size == 0 || memcmp (self->bytes, key, key_size) == 0) &&
         strcmp (self->table, table) == 0;
}

uint64_t
kvault__shelved_size (const kvault__shelved *self)
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
  pthread_cond_init (&self->committed, NULL);
  return self;
}

kvault_shelf *
kvault_shelf_ref (kvault_shelf *self)
{
  atomic_fetch_add (&self->refs, 1);
  return self;
}

/* What follows is called with the lock. */

/* Sums up: adds an entry, or takes one away. */
void
kvault__shelf_count_in (kvault_shelf_stats    *stats,
                        const kvault__shelved *entry)
{
  stats->entries++;
  stats->bytes += kvault__shelved_size (entry);
  stats->value_bytes += entry->value_size;
  stats->new_keys += entry->is_new;
  stats->replaced_bytes += entry->is_new ? 0 : entry->old_size;
}

void
kvault__shelf_count_out (kvault_shelf_stats    *stats,
                         const kvault__shelved *entry)
{
  stats->entries--;
  stats->bytes -= kvault__shelved_size (entry);
  stats->value_bytes -= entry->value_size;
  stats->new_keys -= entry->is_new;
  stats->replaced_bytes -= entry->is_new ? 0 : entry->old_size;
}

/* Where the pointer to an entry is, or to the one of its key; that is NULL where there is none. */
kvault__shelved **
kvault__shelf_find (kvault_shelf          *self,
                    const kvault__shelved *entry)
{
  kvault__shelved **at = &self->buckets[entry->hash & (self->n_buckets - 1)];

  while (*at != NULL && *at != entry && !is_of_key (*at, entry->hash, entry->table, entry->bytes, entry->key_size))
    at = &(*at)->chain;
  return at;
}

static kvault__shelved *
find_key (kvault_shelf *self,
          const char   *table,
          const void   *key,
          size_t        key_size)
{
  uint64_t hash = hash_key (table, key, key_size);
  kvault__shelved *found = self->n_buckets > 0 ? self->buckets[hash & (self->n_buckets - 1)] : NULL;

  while (found != NULL && !is_of_key (found, hash, table, key, key_size))
    found = found->chain;
  return found;
}

void
kvault__shelf_take_out (kvault_shelf    *self,
                        kvault__shelved *entry)
{
  *kvault__shelf_find (self, entry) = entry->chain;
  *(entry->before != NULL ? &entry->before->after : &self->first) = entry->after;
  *(entry->after != NULL ? &entry->after->before : &self->last) = entry->before;
  entry->lies = false;
  kvault__shelf_count_out (&self->stats, entry);
  kvault__shelved_unref (entry);
}

static void
put_in (kvault_shelf    *self,
        kvault__shelved *entry)
{
  entry->lies = true;
  entry->version = atomic_fetch_add (&self->version, 1) + 1;
  entry->before = self->last;
  *(self->last != NULL ? &self->last->after : &self->first) = entry;
  self->last = entry;
  *kvault__shelf_find (self, entry) = entry;
  kvault__shelf_count_in (&self->stats, entry);
}

/* Those that are written or thrown away have been taken out. */
void
kvault__shelf_note_taken (kvault_shelf *self)
{
  self->taken = atomic_fetch_add (&self->version, 1) + 1;
  self->oldest_ms = INT64_MAX;
  for (const kvault__shelved *each = self->first; each != NULL; each = each->after)
    self->oldest_ms = each->since_ms < self->oldest_ms ? each->since_ms : self->oldest_ms;
}

static void
clear (kvault_shelf *self)
{
  while (self->first != NULL)
    kvault__shelf_take_out (self, self->first);
}

/* Twice as many buckets as entries; fewer, if there is no memory. */
static bool
make_room (kvault_shelf *self)
{
  size_t n = self->n_buckets > 0 ? self->n_buckets * 2 : 64;
  kvault__shelved **buckets;

  if (self->stats.entries * 2 < self->n_buckets)
    return true;
  if ((buckets = calloc (n, sizeof *buckets)) == NULL)
    return self->n_buckets > 0;
  free (self->buckets);
  self->buckets = buckets;
  self->n_buckets = n;
  for (kvault__shelved *each = self->first; each != NULL; each = each->after)
    {
      each->chain = buckets[each->hash & (n - 1)];
      buckets[each->hash & (n - 1)] = each;
    }
  return true;
}

/* To here. */

void
kvault_shelf_unref (kvault_shelf *self)
{
  if (self == NULL || atomic_fetch_sub (&self->refs, 1) > 1)
    return;
  clear (self);
  pthread_mutex_destroy (&self->lock);
  pthread_cond_destroy (&self->committed);
  free (self->buckets);
  free (self);
}

void
kvault_shelf_discard (kvault_shelf *self)
{
  pthread_mutex_lock (&self->lock);
  clear (self);
  self->n_discards++;
  kvault__shelf_note_taken (self);
  pthread_mutex_unlock (&self->lock);
}

void
kvault_shelf_stats_get (kvault_shelf       *self,
                        const char         *table,
                        kvault_shelf_stats *stats)
{
  int64_t now = kvault__now_ms (), oldest = INT64_MAX;

  pthread_mutex_lock (&self->lock);
  *stats = self->stats;
  if (table == NULL)
    oldest = self->oldest_ms;
  else
    {
      stats->entries = stats->bytes = stats->new_keys = stats->value_bytes = stats->replaced_bytes = 0;
      for (const kvault__shelved *each = self->first; each != NULL; each = each->after)
        if (strcmp (each->table, table) == 0)
          {
            kvault__shelf_count_in (stats, each);
            oldest = each->since_ms < oldest ? each->since_ms : oldest;
          }
    }
  stats->oldest_age_ms = stats->entries > 0 && now > oldest ? (uint64_t) (now - oldest) : 0;
  pthread_mutex_unlock (&self->lock);
}

int
kvault_shelf_has (kvault_shelf *self,
                  const char   *table,
                  const void   *key,
                  size_t        key_size)
{
  bool has;

  pthread_mutex_lock (&self->lock);
  has = find_key (self, table, key, key_size) != NULL;
  pthread_mutex_unlock (&self->lock);
  return has;
}

/* ---- putting ---- */

/* With the lock. Takes @entry; that of the same key goes, which it has waited as long as. */
static bool
place (kvault_shelf    *self,
       kvault__shelved *entry)
{
  kvault__shelved *old;

  if (!make_room (self))
    return false;
  if ((old = *kvault__shelf_find (self, entry)) != NULL)
    {
      entry->since_ms = old->since_ms;
      entry->is_new = old->is_new;
      entry->old_size = old->old_size;
      kvault__shelf_take_out (self, old);
    }
  else if (self->first == NULL || entry->since_ms < self->oldest_ms)
    self->oldest_ms = entry->since_ms;
  put_in (self, entry);
  return true;
}

/* What the table has for a key. */
int
kvault__shelf_look_up_old (kvault                *vault,
                           const kvault__shelved *entry,
                           bool                  *is_new,
                           uint64_t              *old_size)
{
  kvault__row row;
  int rc = kvault__row_find_shown (vault, entry->bytes, entry->key_size, &row);

  *is_new = rc == KVAULT_NOTFOUND;
  *old_size = rc == KVAULT_OK ? row.size : 0;
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
  if ((rc = kvault__shelf_look_up_old (vault, entry, &entry->is_new, &entry->old_size)) != KVAULT_OK)
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

/* ---- taking off, and laying back ---- */

/* With the lock, which is given up meanwhile: who commits now has written what lies there, and is about to take it away. */
void
kvault__shelf_wait_for_commits (kvault_shelf *self)
{
  while (self->n_committing > 0)
    pthread_cond_wait (&self->committed, &self->lock);
}

/* With the lock. As if they were discarded for those who flush now: they do it again without them. */
static void
take (kvault_shelf       *self,
      const char         *table,
      const kvault_entry *keys,
      size_t              n,
      kvault_taken      **taken)
{
  bool any = false;

  kvault__shelf_wait_for_commits (self);
  for (size_t i = 0; i < n; i++)
    {
      if ((taken[i] = find_key (self, table, keys[i].key, keys[i].key_size)) == NULL)
        continue;
      atomic_fetch_add (&taken[i]->refs, 1);
      kvault__shelf_take_out (self, taken[i]);
      any = true;
    }
  if (!any)
    return;
  self->n_discards++;
  kvault__shelf_note_taken (self);
}

int
kvault_shelf_take_many (kvault             *vault,
                        const kvault_entry *keys,
                        size_t              n,
                        kvault_taken      **taken)
{
  kvault_shelf *shelf = vault->options.shelf;
  int rc;

  for (size_t i = 0; i < n; i++)
    taken[i] = NULL;
  if ((rc = kvault__enter (vault)) != KVAULT_OK || shelf == NULL)
    return rc;
  pthread_mutex_lock (&shelf->lock);
  take (shelf, vault->section->name, keys, n, taken);
  pthread_mutex_unlock (&shelf->lock);
  return KVAULT_OK;
}

int
kvault_shelf_take (kvault        *vault,
                   const void    *key,
                   size_t         key_size,
                   kvault_taken **taken)
{
  const kvault_entry wanted = { .key = key, .key_size = key_size };
  int rc = kvault_shelf_take_many (vault, &wanted, 1, taken);

  return rc == KVAULT_OK && *taken == NULL ? KVAULT_NOTFOUND : rc;
}

void
kvault_shelf_give_back (kvault_shelf *self,
                        kvault_taken *taken)
{
  pthread_mutex_lock (&self->lock);
  if (!taken->lies && (self->n_buckets == 0 || *kvault__shelf_find (self, taken) == NULL))
    {
      taken->after = taken->chain = NULL;   /* as it lay there before */
      atomic_fetch_add (&taken->refs, 1);
      if (!place (self, taken))
        kvault__shelved_unref (taken);
    }
  pthread_mutex_unlock (&self->lock);
}

void
kvault_taken_free (kvault_taken *taken)
{
  kvault__shelved_unref (taken);
}

/* ---- what lies there, in a list ---- */

/* With the lock. Those of @table (NULL: of all) that came after @version, each with a reference; NULL: no memory. */
kvault__shelved **
kvault__shelf_list (kvault_shelf *self,
                    const char   *table,
                    uint64_t      version,
                    size_t       *n)
{
  kvault__shelved *first = self->last, **found;
  size_t most = 0;

  for (; first != NULL && first->version > version; first = first->before)
    most++;
  first = first != NULL ? first->after : self->first;
  found = malloc ((most + 1) * sizeof *found);
  *n = 0;
  for (kvault__shelved *each = first; found != NULL && each != NULL; each = each->after)
    if (table == NULL || strcmp (each->table, table) == 0)
      {
        atomic_fetch_add (&each->refs, 1);
        found[(*n)++] = each;
      }
  return found;
}

void
kvault__shelf_free_list (kvault__shelved **entries,
                         size_t            n)
{
  for (size_t i = 0; entries != NULL && i < n; i++)
    kvault__shelved_unref (entries[i]);
  free (entries);
}
