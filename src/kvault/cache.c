/* SPDX-License-Identifier: MIT */
/*
 * cache.c - the write-back cache.
 *
 * Small values wait in memory, in an ordered tree of keys, and go to the table together: one transaction, keys in order.
 * The cache is part of the vault: every operation sees what waits here. What needs a table for itself (a
 * transaction, a rename, another table) flushes first. Nothing leaves the cache before the transaction that holds it has
 * committed, so a failed flush loses nothing.
 *
 * The tree is an AA tree: a red-black tree whose red links only lean right. Walks go from key to next key, so they may be
 * interleaved with changes.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_CAPACITY (64u << 20)
#define RETRY_FIRST_MS 250     /* after a failed automatic flush, doubled each time */
#define RETRY_LONGEST_MS 30000

struct kvault__cached {
  kvault__cached *left, *right;
  unsigned level;
  int64_t since_ms;            /* when its key came to differ from the table */
  size_t key_size, value_size;
  const unsigned char *bytes;  /* the key, then the value */
  kvault__shelved *shelved;    /* whose they are; NULL: they are own */
  unsigned char own[];
};

struct kvault__cache {
  kvault__cached *root;
  kvault_cache_options options;
  bool locked;
  bool is_mirror;              /* of a shelf: nothing is put here, and nothing written from here */
  uint64_t n_entries, n_bytes;
  uint64_t n_flushes;
  int last_result;
  int64_t last_flush_unix_ms;
  int64_t retry_at_ms;         /* no automatic flush before; 0: at once */
  int64_t retry_ms;
  int64_t interval_start_ms;   /* when the first of the waiting entries came */
  kvault_error error;          /* of the last failed flush */
};

static int64_t
unix_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the tree ---- */

static int
compare (const void           *key,
         size_t                key_size,
         const kvault__cached *node)
{
  size_t n = key_size < node->key_size ? key_size : node->key_size;
  int order = n > 0 ? memcmp (key, node->bytes, n) : 0;

  return order != 0 ? order : key_size < node->key_size ? -1 : key_size > node->key_size;
}

static kvault__cached *
skew (kvault__cached *node)
{
  kvault__cached *left = node->left;

  if (left == NULL || left->level != node->level)
    return node;
  node->left = left->right;
  left->right = node;
  return left;
}

static kvault__cached *
split (kvault__cached *node)
{
  kvault__cached *right = node->right;

  if (right == NULL || right->right == NULL || right->right->level != node->level)
    return node;
  node->right = right->left;
  right->left = node;
  right->level++;
  return right;
}

static kvault__cached *
insert (kvault__cached *root,
        kvault__cached *node)
{
  if (root == NULL)
    return node;
  if (compare (node->bytes, node->key_size, root) < 0)
    root->left = insert (root->left, node);
  else
    root->right = insert (root->right, node);
  return split (skew (root));
}

static unsigned
level_of (const kvault__cached *node)
{
  return node != NULL ? node->level : 0;
}

static kvault__cached *
rebalance (kvault__cached *node)
{
  unsigned wanted = (level_of (node->left) < level_of (node->right) ? level_of (node->left) : level_of (node->right)) + 1;

  if (wanted < node->level)
    {
      node->level = wanted;
      if (node->right != NULL && wanted < node->right->level)
        node->right->level = wanted;
    }
  node = skew (node);
  if (node->right != NULL)
    {
      node->right = skew (node->right);
      if (node->right->right != NULL)
        node->right->right = skew (node->right->right);
    }
  node = split (node);
  if (node->right != NULL)
    node->right = split (node->right);
  return node;
}

/* Takes the first node out of a tree that has one. */
static kvault__cached *
take_first (kvault__cached  *root,
            kvault__cached **first)
{
  if (root->left == NULL)
    {
      *first = root;
      return root->right;
    }
  root->left = take_first (root->left, first);
  return rebalance (root);
}

static kvault__cached *
take_out (kvault__cached  *root,
          const void      *key,
          size_t           key_size,
          kvault__cached **out)
{
  kvault__cached *next;
  int order;

  if (root == NULL)
    return NULL;
  order = compare (key, key_size, root);
  if (order < 0)
    root->left = take_out (root->left, key, key_size, out);
  else if (order > 0)
    root->right = take_out (root->right, key, key_size, out);
  else
    {
      *out = root;
      if (root->right == NULL)
        return root->left;
      root->right = take_first (root->right, &next);
      next->left = root->left;
      next->right = root->right;
      next->level = root->level;
      root = next;
    }
  return rebalance (root);
}

static void
free_node (kvault__cached *node)
{
  kvault__shelved_unref (node->shelved);
  free (node);
}

static void
free_tree (kvault__cached *root)
{
  if (root == NULL)
    return;
  free_tree (root->left);
  free_tree (root->right);
  free_node (root);
}

static void
drop_all (kvault__cache *cache)
{
  free_tree (cache->root);
  cache->root = NULL;
  cache->n_entries = 0;
  cache->n_bytes = 0;
}

/* ---- what the other files ask ---- */

static kvault__cached *
find (const kvault *vault,
      const void   *key,
      size_t        key_size)
{
  kvault__cached *node = vault->cache != NULL ? vault->cache->root : NULL;

  while (node != NULL)
    {
      int order = compare (key, key_size, node);

      if (order == 0)
        break;
      node = order < 0 ? node->left : node->right;
    }
  return node;
}

bool
kvault__cache_find (const kvault    *vault,
                    const void      *key,
                    size_t           key_size,
                    kvault__waiting *waiting)
{
  const kvault__cached *node = find (vault, key, key_size);

  if (node != NULL)
    *waiting = (kvault__waiting) { node->bytes, node->key_size, node->bytes + node->key_size, node->value_size };
  return node != NULL;
}

/* The entry next to a key in the direction of a walk; @inclusive takes the key itself too, @key NULL begins at the end. */
bool
kvault__cache_next (const kvault    *vault,
                    const void      *key,
                    size_t           key_size,
                    bool             inclusive,
                    bool             reverse,
                    kvault__waiting *waiting)
{
  const kvault__cached *node = vault->cache != NULL ? vault->cache->root : NULL;
  const kvault__cached *best = NULL;

  while (node != NULL)
    {
      int order = key != NULL ? compare (key, key_size, node) : reverse ? 1 : -1;
      bool fits = order == 0 ? inclusive : reverse ? order > 0 : order < 0;

      if (fits)
        best = node;
      node = fits == reverse ? node->right : node->left;
    }
  if (best != NULL)
    *waiting = (kvault__waiting) { best->bytes, best->key_size, best->bytes + best->key_size, best->value_size };
  return best != NULL;
}

uint64_t
kvault__cache_n_entries (const kvault *vault)
{
  return vault->cache != NULL ? vault->cache->n_entries : 0;
}

static void
drop (kvault__cache *cache,
      const void    *key,
      size_t         key_size)
{
  kvault__cached *out = NULL;

  cache->root = take_out (cache->root, key, key_size, &out);
  if (out == NULL)
    return;
  cache->n_entries--;
  cache->n_bytes -= out->key_size + out->value_size;
  free_node (out);
}

/* The table has a newer value of the key, or none. What lies on a shelf lies there for all: see WAITING FOR ALL. */
void
kvault__cache_drop (kvault     *vault,
                    const void *key,
                    size_t      key_size)
{
  if (vault->cache != NULL && !vault->cache->is_mirror)
    drop (vault->cache, key, key_size);
}

/* ---- flushing ---- */

static int
write_tree (kvault               *vault,
            const kvault__cached *node,
            bool                  has_large)
{
  const unsigned char *value;
  int rc;

  if (node == NULL)
    return KVAULT_OK;
  if ((rc = write_tree (vault, node->left, has_large)) != KVAULT_OK)
    return rc;
  if (kvault__is_cancelled (vault))
    return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  value = node->bytes + node->key_size;
  rc = has_large ? kvault__put_replacing (vault, node->bytes, node->key_size, value, node->value_size)
                 : kvault__put_bytes (vault, node->bytes, node->key_size, value, node->value_size);
  return rc == KVAULT_OK ? write_tree (vault, node->right, has_large) : rc;
}

static int
flush (kvault *vault)
{
  kvault__cache *cache = vault->cache;
  bool has_large;   /* nobody else makes one meanwhile */
  int rc = kvault__check_writable (vault);

  if (rc == KVAULT_OK && (rc = kvault__begin (vault)) == KVAULT_OK)
    {
      if ((rc = kvault__has_large (vault, &has_large)) == KVAULT_OK)
        rc = write_tree (vault, cache->root, has_large);
      rc = kvault__end (vault, rc);
    }
  cache->n_flushes += rc == KVAULT_OK;
  cache->last_result = rc;
  cache->last_flush_unix_ms = unix_ms ();
  if (rc == KVAULT_OK)
    {
      vault->n_flushes++;
      drop_all (cache);
      cache->retry_at_ms = cache->retry_ms = 0;
      return KVAULT_OK;
    }
  cache->retry_ms = cache->retry_ms == 0 ? RETRY_FIRST_MS : cache->retry_ms * 2;
  if (cache->retry_ms > RETRY_LONGEST_MS)
    cache->retry_ms = RETRY_LONGEST_MS;
  cache->retry_at_ms = kvault__now_ms () + cache->retry_ms;
  return rc;
}

/* Before an operation that needs all of the vault in its table. */
int
kvault__cache_settle (kvault *vault)
{
  if (kvault__cache_n_entries (vault) == 0 || vault->cache->is_mirror || vault->inside > 0)
    return KVAULT_OK;
  return flush (vault);
}

bool
kvault__cache_is_mirror (const kvault *vault)
{
  return vault->cache != NULL && vault->cache->is_mirror;
}

static int64_t
oldest_since_ms (const kvault__cached *node,
                 int64_t               oldest)
{
  if (node == NULL)
    return oldest;
  oldest = node->since_ms < oldest ? node->since_ms : oldest;
  return oldest_since_ms (node->right, oldest_since_ms (node->left, oldest));
}

/* Milliseconds until the interval asks for a flush; -1: never, as nothing waits or no interval is set. */
static int64_t
due_in_ms (const kvault__cache *cache)
{
  int64_t now, due;

  if (cache->n_entries == 0 || cache->options.flush_interval_ms == 0 || cache->locked)
    return -1;
  now = kvault__now_ms ();
  due = cache->interval_start_ms + cache->options.flush_interval_ms;
  if (due < cache->retry_at_ms)
    due = cache->retry_at_ms;
  return due > now ? due - now : 0;
}

/* After something was added: flushes if threshold or interval ask for it. A failure is kept for the statistics and tried again later:
 * what was added is in the cache and safe there. */
static void
flush_if_due (kvault *vault)
{
  kvault__cache *cache = vault->cache;
  kvault_error error = vault->error;

  if (cache->locked || (cache->retry_at_ms != 0 && kvault__now_ms () < cache->retry_at_ms))
    return;
  if (cache->n_bytes >= cache->options.flush_threshold || due_in_ms (cache) == 0)
    {
      flush (vault);
      cache->error = vault->error;
      vault->error = error;
    }
}

/* ---- putting ---- */

/* @old is the entry of the key, if it has one: the new one has waited as long. */
static int
add (kvault         *vault,
     kvault__cached *old,
     const void     *key,
     size_t          key_size,
     const void     *value,
     size_t          value_size)
{
  kvault__cache *cache = vault->cache;
  kvault__cached *node = malloc (sizeof *node + key_size + value_size);
  int64_t since_ms = old != NULL ? old->since_ms : kvault__now_ms ();

  if (node == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  *node = (kvault__cached) { .level = 1, .since_ms = since_ms, .key_size = key_size, .value_size = value_size, .bytes = node->own };
  if (key_size > 0)
    memcpy (node->own, key, key_size);
  if (value_size > 0)
    memcpy (node->own + key_size, value, value_size);
  if (cache->n_entries == 0)
    cache->interval_start_ms = since_ms;
  if (old != NULL)
    drop (cache, key, key_size);
  cache->root = insert (cache->root, node);
  cache->n_entries++;
  cache->n_bytes += key_size + value_size;
  return KVAULT_OK;
}

/* Whether puts wait here now: not inside a transaction, whose end they would outlive. */
bool
kvault__cache_takes (const kvault *vault,
                     size_t        key_size,
                     size_t        value_size)
{
  return vault->cache != NULL && !vault->cache->is_mirror && !vault->batch && vault->inside == 0 &&
         key_size + value_size <= vault->cache->options.capacity && kvault__is_whole (vault, key_size, value_size);
}

int
kvault__cache_put (kvault     *vault,
                   const void *key,
                   size_t      key_size,
                   const void *value,
                   size_t      value_size)
{
  kvault__cache *cache = vault->cache;
  kvault__cached *old = find (vault, key, key_size);
  uint64_t replaced = old != NULL ? old->key_size + old->value_size : 0;
  int rc;

  if (cache->n_bytes - replaced + key_size + value_size > cache->options.capacity)
    {
      if (cache->locked)
        return kvault__fail (vault, KVAULT_ECACHEFULL, "%s: key %s: the cache is full and locked", vault->name,
                             kvault__describe_key (key, key_size).text);
      if ((rc = flush (vault)) != KVAULT_OK)
        {
          cache->error = vault->error;
          return rc;
        }
      old = NULL;
    }
  if ((rc = add (vault, old, key, key_size, value, value_size)) == KVAULT_OK)
    flush_if_due (vault);
  return rc;
}

/* An entry of a shelf, in a cache that has none but such, in the place of the one of its key. Takes the caller's reference if it succeeds. */
int
kvault__cache_mirror (kvault              *vault,
                      kvault__shelved     *shelved,
                      const unsigned char *bytes,
                      size_t               key_size,
                      size_t               value_size)
{
  kvault__cached *node = calloc (1, sizeof *node);

  if (vault->cache == NULL && (vault->cache = calloc (1, sizeof *vault->cache)) != NULL)
    vault->cache->is_mirror = true;
  if (node == NULL || vault->cache == NULL)
    {
      free (node);
      return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
    }
  *node = (kvault__cached) { .level = 1, .key_size = key_size, .value_size = value_size, .bytes = bytes, .shelved = shelved };
  drop (vault->cache, bytes, key_size);
  vault->cache->root = insert (vault->cache->root, node);
  vault->cache->n_entries++;
  vault->cache->n_bytes += key_size + value_size;
  return KVAULT_OK;
}

/* ---- the public side ---- */

static int
fail_off (kvault *vault)
{
  return kvault__fail (vault, KVAULT_EINVAL, "%s: the cache is off", vault->name);
}

int
kvault_cache_enable (kvault                     *vault,
                     const kvault_cache_options *options)
{
  kvault_cache_options wanted = { 0 };
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (vault->options.shelf != NULL)
    return kvault__fail (vault, KVAULT_EINVAL, "%s: values wait on the shelf, not in a cache of this handle", vault->name);
  if (options != NULL)
    wanted = *options;
  if (wanted.capacity == 0)
    wanted.capacity = DEFAULT_CAPACITY;
  if (wanted.flush_threshold == 0)
    wanted.flush_threshold = wanted.capacity / 4;
  if (wanted.capacity > (uint64_t) 1 << 40 || wanted.flush_threshold > wanted.capacity || wanted.flush_interval_ms > 86400000)
    return kvault__fail (vault, KVAULT_EINVAL,
                         "capacity is over 1 TiB, flush_threshold over capacity, or flush_interval_ms over a day");
  if (vault->batch)
    return kvault__fail (vault, KVAULT_EINVAL, "%s: a transaction is open", vault->name);
  if ((rc = kvault__cache_settle (vault)) != KVAULT_OK)
    return rc;
  if (vault->cache == NULL && (vault->cache = calloc (1, sizeof *vault->cache)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  vault->cache->options = wanted;
  return KVAULT_OK;
}

int
kvault_cache_flush (kvault *vault)
{
  int rc;

  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (vault->cache == NULL || vault->cache->is_mirror)
    return fail_off (vault);
  if ((rc = kvault__cache_settle (vault)) != KVAULT_OK)
    vault->cache->error = vault->error;
  return rc;
}

int
kvault_cache_disable (kvault *vault)
{
  int rc = kvault__cache_n_entries (vault) > 0 && !vault->cache->is_mirror ? kvault_cache_flush (vault) : KVAULT_OK;

  if (rc == KVAULT_OK)
    kvault__cache_free (vault);
  return rc;
}

void
kvault__cache_free (kvault *vault)
{
  if (vault->cache == NULL)
    return;
  drop_all (vault->cache);
  free (vault->cache);
  vault->cache = NULL;
}

void
kvault_cache_discard (kvault *vault)
{
  if (vault->cache != NULL && !vault->cache->is_mirror)
    drop_all (vault->cache);
}

int
kvault_cache_lock (kvault *vault)
{
  if (vault->cache == NULL || vault->cache->is_mirror)
    return fail_off (vault);
  vault->cache->locked = true;
  return KVAULT_OK;
}

int
kvault_cache_unlock (kvault *vault)
{
  int rc;

  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (vault->cache == NULL || vault->cache->is_mirror)
    return fail_off (vault);
  vault->cache->locked = false;
  if (vault->cache->n_entries > 0)
    flush_if_due (vault);
  return KVAULT_OK;
}

void
kvault_cache_stats_get (kvault             *vault,
                        kvault_cache_stats *stats)
{
  const kvault__cache *cache = vault->cache;

  *stats = (kvault_cache_stats) { .due_in_ms = -1 };
  if (cache == NULL || cache->is_mirror)
    return;
  stats->enabled = 1;
  stats->locked = cache->locked;
  stats->options = cache->options;
  stats->entries = cache->n_entries;
  stats->bytes = cache->n_bytes;
  if (cache->n_entries > 0)
    stats->oldest_age_ms = (uint64_t) (kvault__now_ms () - oldest_since_ms (cache->root, INT64_MAX));
  stats->flushes = cache->n_flushes;
  stats->last_flush_unix_ms = cache->last_flush_unix_ms;
  stats->last_result = cache->last_result;
  stats->last_error = cache->last_result != KVAULT_OK ? cache->error.message : "";
  stats->due_in_ms = due_in_ms (cache);
}
