/* SPDX-License-Identifier: MIT */
/*
 * mirror.c - what a handle sees of a shelf.
 *
 * It mirrors the entries of its table as its cache (cache.c), and all that merges a cache with the table merges these. The mirror takes
 * over what came since, or is made anew when something has left the shelf; not while a walk is open, which goes on with what it began with.
 */
#include "shelf.h"

/* The mirror is of another table after a switch, and one that could not be made is none. */
static uint64_t
get_mirrored (const kvault *vault)
{
  return vault->shelf_section == vault->section ? vault->shelf_version : 0;
}

/* Before each call: the mirror is of what lies there now. Asked for every key of a walk, so it has to cost nothing. */
int
kvault__shelf_sync (kvault *vault)
{
  kvault_shelf *shelf = vault->options.shelf;
  kvault__shelved **entries;
  uint64_t version, mirrored = get_mirrored (vault);
  size_t n;
  int rc = KVAULT_OK;

  if (shelf == NULL || atomic_load_explicit (&shelf->version, memory_order_acquire) == mirrored ||
      vault->cursors != NULL || vault->inside > 0 || vault->batch || vault->section == NULL)
    return KVAULT_OK;
  pthread_mutex_lock (&shelf->lock);
  version = atomic_load (&shelf->version);
  mirrored = shelf->taken <= mirrored ? mirrored : 0;
  entries = kvault__shelf_list (shelf, vault->section->name, mirrored, &n);
  pthread_mutex_unlock (&shelf->lock);
  if (mirrored == 0)
    {
      kvault__cache_free (vault);
      vault->shelf_version = 0;
    }
  if (entries == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  for (size_t i = 0; rc == KVAULT_OK && i < n; i++)
    {
      atomic_fetch_add (&entries[i]->refs, 1);
      rc = kvault__cache_mirror (vault, entries[i], entries[i]->bytes, entries[i]->key_size, entries[i]->value_size);
      if (rc != KVAULT_OK)
        kvault__shelved_unref (entries[i]);
    }
  kvault__shelf_free_list (entries, n);
  if (rc == KVAULT_OK)
    {
      vault->shelf_version = version;
      vault->shelf_section = vault->section;
    }
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

int
kvault_shelf_measure (kvault *vault)
{
  kvault_shelf *shelf = vault->options.shelf;
  kvault__shelved **entries;
  size_t n;
  int rc = kvault__enter (vault);

  if (rc != KVAULT_OK || shelf == NULL)
    return rc;
  pthread_mutex_lock (&shelf->lock);
  entries = kvault__shelf_list (shelf, vault->section->name, 0, &n);
  pthread_mutex_unlock (&shelf->lock);
  if (entries == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  for (size_t i = 0; rc == KVAULT_OK && i < n; i++)
    {
      uint64_t old_size;
      bool is_new;

      if ((rc = kvault__shelf_look_up_old (vault, entries[i], &is_new, &old_size)) != KVAULT_OK)
        break;
      pthread_mutex_lock (&shelf->lock);
      if (entries[i]->lies)
        {
          kvault__shelf_count_out (&shelf->stats, entries[i]);
          entries[i]->is_new = is_new;
          entries[i]->old_size = old_size;
          kvault__shelf_count_in (&shelf->stats, entries[i]);
        }
      pthread_mutex_unlock (&shelf->lock);
    }
  kvault__shelf_free_list (entries, n);
  return rc;
}
