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

static kvault__hidden **
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
        kvault__hidden **bucket = bucket_of (self, each->id);

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
  kvault__hidden **link = bucket_of (veil, each->id);
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
static void
set_displaced (kvault__hidden *each,
               bool            displaced)
{
  each->owner->n_displaced += (size_t) displaced - (size_t) each->displaced;
  each->displaced = displaced;
  link_or_unlink (each);
}

/* With the lock. @turn: as the record has it. */
static void
displace (kvault__hidden *each,
          uint64_t        turn)
{
  each->turn = turn;
  set_displaced (each, true);
  set_fate (each, KVAULT_FATE_CHANGED);
}

/* With the lock. */
static void
put_back (kvault__hidden *each)
{
  set_fate (each, KVAULT_FATE_LEFT);
  set_displaced (each, false);
}

void
kvault__veil_drop (kvault__hidden *each,
                   kvault_fate     fate)
{
  if (each->fate == KVAULT_FATE_LEFT)
    set_fate (each, fate);
}

static bool
is_of_row (const kvault__hidden *each,
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
static kvault__hidden *
find (kvault_veil  *self,
      const kvault *vault,
      const char   *table,
      int64_t       id,
      kvault_class  key_class,
      const void   *key,
      size_t        key_size)
{
  for (kvault__hidden *each = *bucket_of (self, id); each != NULL; each = each->next)
    if (each->hides && (vault == NULL || each->lifted_by != vault) && is_of_row (each, table, id, key_class, key, key_size))
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
  found = find (veil, vault, section->name, entry->id, entry->key_class, entry->key, entry->key_size) != NULL;
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
  for (kvault__hidden *each = *bucket_of (veil, id); each != NULL && !kept; each = each->next)
    kept = each->hides && each->lifted_by != vault && !each->owner->is_dispensable &&
           is_of_row (each, vault->section->name, id, KVAULT_CLASS_BLOB, key, key_size);
  pthread_mutex_unlock (&veil->lock);
  return kept;
}

/* ---- what takes the place of hidden rows ---- */

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
  while (noted && (found = find (veil, vault, vault->section->name, row.id, KVAULT_CLASS_BLOB, key, key_size)) != NULL)
    if (get_level (vault) == 0)
      displace (found, veil->turns);
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
  return each->displaced && is_of_row (each, table, row->id, row->key_class, row->key, row->key_size);
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
          !is_of_row (record, vault->section->name, row->id, row->key_class, row->key, row->key_size))
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
  for (const kvault__hidden *each = *bucket_of (veil, row->id); each != NULL; each = each->next)
    if (each->turn > last && is_displaced_from (each, table, row))
      last = each->turn;
  for (kvault__hidden *each = *bucket_of (veil, row->id), *next; each != NULL; each = next)
    {
      next = each->next;
      if (each->turn != last || !is_displaced_from (each, table, row))
        continue;
      if (each->owner->is_over)
        {
          set_displaced (each, false);
          rc = rc == KVAULT_NOTFOUND ? KVAULT_ESTALE : rc;
        }
      else if (note_lift (vault, each, true))
        {
          set_look (each, row->size, row->sample);
          put_back (each);
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
    displace (lift->record, lift->record->turn);
  else if (lift->dropped && lift->record->displaced)
    put_back (lift->record);
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
      displace (each->record, veil->turns);
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
static void
forget_records (kvault_deletion *deletion)
{
  kvault_veil *veil = deletion->veil;
  size_t n_kept = 0;

  for (size_t i = 0; deletion->n_displaced > 0 && i < deletion->n; i++)
    set_displaced (&deletion->records[i], false);
  for (size_t i = 0; i < veil->n_lifts; i++)
    if (veil->lifts[i].record->owner != deletion)
      veil->lifts[n_kept++] = veil->lifts[i];
  veil->n_lifts = n_kept;
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
    forget_records (self);
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
  kvault__hidden *found = find (self->veil, NULL, self->table, each->id, each->key_class, each->key, each->key_size);

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
