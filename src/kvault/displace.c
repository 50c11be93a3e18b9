/* SPDX-License-Identifier: MIT */
/*
 * displace.c - what takes the place of rows that a veil hides.
 *
 * A value that is stored at a hidden key lifts that from its deletion, for the handle that stored it at once and for all once that is
 * committed; rolled back, the key is hidden as before. A key that is hidden only between the two is found at the commit. The caller's
 * thread, with the lock of the veil where it looks at it.
 */
#include "veil.h"

#include <stdlib.h>
#include <string.h>

/* 0: no transaction is open. */
static unsigned
get_level (const kvault *vault)
{
  return (unsigned) vault->inside + vault->batch;
}

/* Room for one more behind @n; false: no memory. */
static bool
make_room (void   **items,
           size_t   n,
           size_t  *room,
           size_t   size)
{
  size_t more = *room > 0 ? *room * 2 : 64;
  void *grown;

  if (n < *room)
    return true;
  if ((grown = realloc (*items, more * size)) == NULL)
    return false;
  *items = grown;
  *room = more;
  return true;
}

/* With the lock. */
static bool
note_lift (kvault         *vault,
           kvault__hidden *record,
           bool            resumed)
{
  kvault_veil *veil = vault->options.veil;
  void *items = veil->lifts;

  if (!make_room (&items, veil->n_lifts, &veil->lifts_room, sizeof *veil->lifts))
    return false;
  veil->lifts = items;
  veil->lifts[veil->n_lifts++] = (kvault__lift) { .record = record, .vault = vault, .level = get_level (vault), .resumed = resumed };
  vault->lifts = true;
  return true;
}

/* Two keys of one hash are one here, of 2^64. */
static uint64_t
hash_key (const char *table,
          const void *key,
          size_t      key_size)
{
  const unsigned char *bytes = key;
  uint64_t hash = UINT64_C (0xcbf29ce484222325);

  for (; *table != '\0'; table++)
    hash = (hash ^ (unsigned char) *table) * UINT64_C (0x100000001b3);
  hash *= UINT64_C (0x100000001b3);
  for (size_t i = 0; i < key_size; i++)
    hash = (hash ^ bytes[i]) * UINT64_C (0x100000001b3);
  return hash;
}

/* In a transaction, before it is looked whether the key is hidden: it may be so only then, and before that is committed. */
static bool
note_stored (kvault     *vault,
             const void *key,
             size_t      key_size)
{
  kvault_veil *veil = vault->options.veil;
  uint64_t hash = hash_key (vault->section->name, key, key_size);
  void *items = vault->stored;

  if (vault->n_stored > 0 && vault->stored[vault->n_stored - 1].hash == hash && vault->stored[vault->n_stored - 1].level <= get_level (vault))
    return true;
  if (vault->n_stored == 0)
    {
      vault->n_late = vault->bulk ? vault->n_late : 0;
      pthread_mutex_lock (&veil->lock);
      vault->stored_since = veil->hidings;
      pthread_mutex_unlock (&veil->lock);
    }
  if (!make_room (&items, vault->n_stored, &vault->stored_room, sizeof *vault->stored))
    return false;
  vault->stored = items;
  vault->stored[vault->n_stored++] = (kvault__stored) { hash, get_level (vault) };
  return true;
}

/* A value is stored at a key. If what is there is hidden, it is not to be deleted any more, as soon as that is committed: the new one takes its
 * row. Outside of a transaction, where it is committed already, that is at once.
 */
static int
lift (kvault     *vault,
      const void *key,
      size_t      key_size)
{
  kvault_veil *veil = vault->options.veil;
  kvault__row row;
  kvault__hidden *found;
  bool noted = true;
  int rc;

  if (veil != NULL && get_level (vault) > 0 && !note_stored (vault, key, key_size))
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if (!kvault__veils (vault))
    return KVAULT_OK;
  if ((rc = kvault__row_find (vault, key, key_size, &row)) != KVAULT_OK)
    return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
  pthread_mutex_lock (&veil->lock);
  veil->turns++;
  while (noted && (found = kvault__veil_find (veil, vault, vault->section->name, row.id, KVAULT_CLASS_BLOB, key, key_size)) != NULL)
    if (get_level (vault) == 0)
      kvault__veil_displace (found, veil->turns);
    else if ((noted = note_lift (vault, found, false)))
      found->lifted_by = vault;
  pthread_mutex_unlock (&veil->lock);
  return noted ? KVAULT_OK : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
}

/* Before it is stored. */
int
kvault__veil_lift (kvault     *vault,
                   const void *key,
                   size_t      key_size)
{
  return get_level (vault) > 0 ? lift (vault, key, key_size) : KVAULT_OK;
}

/* After it was stored. */
int
kvault__veil_lift_stored (kvault     *vault,
                          const void *key,
                          size_t      key_size)
{
  return lift (vault, key, key_size);
}

/* Those of a savepoint that is released are the transaction's around it. */
void
kvault__veil_release (kvault *vault)
{
  kvault_veil *veil = vault->options.veil;
  unsigned level = get_level (vault);

  for (size_t i = vault->n_stored; i > 0 && vault->stored[i - 1].level > level; i--)
    vault->stored[i - 1].level = level;
  if (!vault->lifts)
    return;
  pthread_mutex_lock (&veil->lock);
  for (size_t i = veil->n_lifts; i > 0; i--)
    {
      kvault__lift *each = &veil->lifts[i - 1];

      if (each->vault == vault && each->level <= level)
        break;
      if (each->vault == vault)
        each->level = level;
    }
  pthread_mutex_unlock (&veil->lock);
}

/* With the lock. */
static bool
is_displaced_from (const kvault__hidden *each,
                   const char           *table,
                   const kvault__hidden *row)
{
  return each->displaced && kvault__veil_is_of_row (each, table, row->id, row->key_class, row->key, row->key_size);
}

/* With the lock. */
static void
set_look (kvault__hidden *each,
          uint64_t        size,
          uint64_t        sample)
{
  kvault_deletion *owner = each->owner;

  if (each->fate == KVAULT_FATE_LEFT)
    {
      owner->n_unmeasured += (size_t) (size == KVAULT_SIZE_UNKNOWN) - (size_t) (each->size == KVAULT_SIZE_UNKNOWN);
      owner->bytes += (size == KVAULT_SIZE_UNKNOWN ? 0 : size) - (each->size == KVAULT_SIZE_UNKNOWN ? 0 : each->size);
    }
  each->size = size;
  each->sample = sample;
}

int
kvault__veil_keep (kvault               *vault,
                   const kvault__hidden *row)
{
  kvault_veil *veil = vault->options.veil;
  int rc = KVAULT_NOTFOUND;

  pthread_mutex_lock (&veil->lock);
  for (size_t i = 0; i < veil->n_lifts; i++)
    {
      kvault__lift *each = &veil->lifts[i];
      kvault__hidden *record = each->record;

      if (each->vault != vault || each->resumed || each->kept || record->fate != KVAULT_FATE_LEFT ||
          !kvault__veil_is_of_row (record, vault->section->name, row->id, row->key_class, row->key, row->key_size))
        continue;
      each->kept = true;
      each->size = record->size;
      each->sample = record->sample;
      record->lifted_by = NULL;
      record->kept = true;
      set_look (record, row->size, row->sample);
      rc = KVAULT_OK;
    }
  pthread_mutex_unlock (&veil->lock);
  return rc;
}

/* Only what was displaced last: what was before it, by a value that was deleted in its turn, waits until that value is taken back, too. */
int
kvault__veil_resume (kvault               *vault,
                     const kvault__hidden *row)
{
  kvault_veil *veil = vault->options.veil;
  const char *table = vault->section->name;
  uint64_t last = 0;
  int rc = KVAULT_NOTFOUND;

  pthread_mutex_lock (&veil->lock);
  for (const kvault__hidden *each = *kvault__veil_bucket (veil, row->id); each != NULL; each = each->next)
    if (each->turn > last && is_displaced_from (each, table, row))
      last = each->turn;
  for (kvault__hidden *each = *kvault__veil_bucket (veil, row->id), *next; each != NULL; each = next)
    {
      next = each->next;
      if (each->turn != last || !is_displaced_from (each, table, row))
        continue;
      if (each->owner->is_over)
        {
          kvault__veil_set_displaced (each, false);
          rc = rc == KVAULT_NOTFOUND ? KVAULT_ESTALE : rc;
        }
      else if (note_lift (vault, each, true))
        {
          set_look (each, row->size, row->sample);
          kvault__veil_put_back (each);
          rc = KVAULT_OK;
        }
      else
        rc = KVAULT_ENOMEM;
    }
  pthread_mutex_unlock (&veil->lock);
  return rc;
}

/* With the lock. It is rolled back. */
static void
take_back (const kvault__lift *lift)
{
  if (!lift->resumed)
    lift->record->lifted_by = NULL;
  if (lift->kept)
    set_look (lift->record, lift->size, lift->sample);
  else if (lift->resumed && lift->record->fate == KVAULT_FATE_LEFT)
    kvault__veil_displace (lift->record, lift->record->turn);
  else if (lift->dropped && lift->record->displaced)
    kvault__veil_put_back (lift->record);
}

/* With the lock. Without memory nobody hears of it. */
static void
note_late (kvault               *vault,
           const kvault__hidden *record)
{
  void *items = vault->late;

  if (!make_room (&items, vault->n_late, &vault->late_room, sizeof *vault->late))
    return;
  vault->late = items;
  vault->late[vault->n_late++] = hash_key (record->owner->table, record->key, record->key_size);
}

/* With the lock. Those of a handle above a level are over. */
static void
end_lifts (kvault   *vault,
           unsigned  level,
           bool      committed)
{
  kvault_veil *veil = vault->options.veil;
  size_t n_kept = 0;

  for (size_t i = veil->n_lifts; i > 0; i--)
    {
      const kvault__lift *each = &veil->lifts[i - 1];

      if (each->vault != vault || each->level <= level)
        continue;
      if (!committed)
        take_back (each);
      else if (!each->resumed)
        each->record->lifted_by = NULL;
      if (each->kept)
        each->record->kept = false;
      if (committed && each->late)
        note_late (vault, each->record);
    }
  for (size_t i = 0; i < veil->n_lifts; i++)
    if (veil->lifts[i].vault != vault || veil->lifts[i].level <= level)
      veil->lifts[n_kept++] = veil->lifts[i];
  veil->n_lifts = n_kept;
}

/* What was done above a level is rolled back, or about to be. */
void
kvault__veil_roll_back (kvault   *vault,
                        unsigned  level)
{
  while (vault->n_stored > 0 && vault->stored[vault->n_stored - 1].level > level)
    vault->n_stored--;
  if (!vault->lifts)
    return;
  pthread_mutex_lock (&vault->options.veil->lock);
  end_lifts (vault, level, false);
  pthread_mutex_unlock (&vault->options.veil->lock);
  vault->lifts = level > 0;
}

static int
compare_hashes (const void *a,
                const void *b)
{
  uint64_t left = *(const uint64_t *) a, right = *(const uint64_t *) b;

  return left < right ? -1 : left > right;
}

/* Of what was stored, in order; NULL: no memory. */
static uint64_t *
sort_stored (const kvault *vault)
{
  uint64_t *hashes = malloc (vault->n_stored * sizeof *hashes);

  for (size_t i = 0; hashes != NULL && i < vault->n_stored; i++)
    hashes[i] = vault->stored[i].hash;
  if (hashes != NULL)
    qsort (hashes, vault->n_stored, sizeof *hashes, compare_hashes);
  return hashes;
}

/* With the lock. Whether it was hidden after the transaction began to store, and the transaction neither found nor kept it. */
static bool
is_late (const kvault         *vault,
         const kvault__hidden *each,
         const uint64_t       *hashes)
{
  uint64_t hash;

  if (!each->hides || each->key_class != KVAULT_CLASS_BLOB || each->lifted_by == vault || each->kept ||
      each->owner->hiding <= vault->stored_since)
    return false;
  hash = hash_key (each->owner->table, each->key, each->key_size);
  return bsearch (&hash, hashes, vault->n_stored, sizeof hash, compare_hashes) != NULL;
}

/* What was hidden while the transaction was under way, after it had stored something there: that takes its place nevertheless. */
static void
lift_late (kvault *vault)
{
  kvault_veil *veil = vault->options.veil;
  uint64_t *hashes;

  pthread_mutex_lock (&veil->lock);
  if (veil->hidings != vault->stored_since && (hashes = sort_stored (vault)) != NULL)
    {
      for (size_t i = 0; i < veil->n_buckets; i++)
        for (kvault__hidden *each = veil->buckets[i]; each != NULL; each = each->next)
          if (is_late (vault, each, hashes) && note_lift (vault, each, false))
            {
              each->lifted_by = vault;
              veil->lifts[veil->n_lifts - 1].level = 1;   /* of what is committed: that of a single call is left by now */
              veil->lifts[veil->n_lifts - 1].late = true;
            }
      free (hashes);
    }
  pthread_mutex_unlock (&veil->lock);
}

/* Before the commit, so that whoever waits for the file to delete them finds them dropped. */
void
kvault__veil_begin_commit (kvault *vault)
{
  kvault_veil *veil = vault->options.veil;

  if (vault->n_stored > 0)
    lift_late (vault);
  if (!vault->lifts)
    return;
  pthread_mutex_lock (&veil->lock);
  veil->turns++;
  for (size_t i = 0; i < veil->n_lifts; i++)
    {
      kvault__lift *each = &veil->lifts[i];

      if (each->vault != vault || each->resumed || each->dropped || each->kept || each->record->fate != KVAULT_FATE_LEFT)
        continue;
      each->dropped = true;
      kvault__veil_displace (each->record, veil->turns);
    }
  pthread_mutex_unlock (&veil->lock);
}

void
kvault__veil_end_commit (kvault *vault)
{
  vault->n_stored = 0;
  if (!vault->lifts)
    return;
  pthread_mutex_lock (&vault->options.veil->lock);
  end_lifts (vault, 0, true);
  pthread_mutex_unlock (&vault->options.veil->lock);
  vault->lifts = false;
  if (vault->n_late > 1)
    qsort (vault->late, vault->n_late, sizeof *vault->late, compare_hashes);
}

int
kvault_displaced_late (const kvault *vault,
                       const void   *key,
                       size_t        key_size)
{
  uint64_t hash;

  if (vault->n_late == 0)
    return 0;
  hash = hash_key (vault->section->name, key, key_size);
  return bsearch (&hash, vault->late, vault->n_late, sizeof hash, compare_hashes) != NULL;
}

void
kvault__veil_free_stored (kvault *vault)
{
  free (vault->stored);
  free (vault->late);
}

/* With the lock. Its records are freed. */
void
kvault__veil_forget (kvault_deletion *deletion)
{
  kvault_veil *veil = deletion->veil;
  size_t n_kept = 0;

  for (size_t i = 0; deletion->n_displaced > 0 && i < deletion->n; i++)
    kvault__veil_set_displaced (&deletion->records[i], false);
  for (size_t i = 0; i < veil->n_lifts; i++)
    if (veil->lifts[i].record->owner != deletion)
      veil->lifts[n_kept++] = veil->lifts[i];
  veil->n_lifts = n_kept;
}
