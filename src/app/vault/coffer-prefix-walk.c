/* SPDX-License-Identifier: MIT */
/*
 * What a level asks of the BACKGROUND lane: the names of its children, and their counts, in slices. Every cursor is closed before a
 * job ends, so that nothing holds a read transaction between two of them.
 *
 * Names are found by leaps: from the first key of a child to the first key behind all that begin with it. A leap costs what some
 * hundred steps do, so the walk steps first: a child that is over within STEPS keys is counted by the way. Keys without a
 * further separator can only be stepped over.
 */
#define G_LOG_DOMAIN "coffer-prefix"

#include "coffer-prefix-private.h"

#include "coffer-error-private.h"

#include <string.h>

#define STEPS 64
#define KEYS_A_LOOK 256   /* between two looks at the clock */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (kvault_cursor, kvault_cursor_close)

/* A walk over the keys of a level. */
typedef struct {
  kvault *vault;
  const CofferSeparators *separators;
  gconstpointer prefix;
  gsize prefix_size;
  kvault_cursor *cursor;       /* owned */
  const kvault_entry *entry;   /* the key it stands on */
  guint n_steps;
  gint64 deadline;
} Walk;

/* At the first blob at or behind @start; it stands on none before step(). */
static int
go_to (Walk          *walk,
       gconstpointer  start,
       gsize          size)
{
  kvault_cursor_options options = {
    .prefix = walk->prefix,
    .prefix_size = walk->prefix_size,
    .start = start != NULL ? start : "",
    .start_size = size,
    .has_start = TRUE,
    .start_class = KVAULT_CLASS_BLOB,
  };

  g_clear_pointer (&walk->cursor, kvault_cursor_close);
  return kvault_cursor_open (walk->vault, &options, &walk->cursor);
}

static int
go_to_bytes (Walk   *walk,
             GBytes *start)
{
  gsize size = 0;
  gconstpointer data = start != NULL ? g_bytes_get_data (start, &size) : NULL;

  return go_to (walk, data, size);
}

static int
step (Walk *walk)
{
  walk->n_steps++;
  return kvault_cursor_next (walk->cursor, &walk->entry);
}

static gboolean
is_late (const Walk *walk)
{
  return g_get_monotonic_time () > walk->deadline;
}

static GBytes *
dup_key (const Walk *walk)
{
  return g_bytes_new (walk->entry->key, walk->entry->key_size);
}

/* ---- names ---- */

void
coffer_prefix_request_free (gpointer data)
{
  CofferPrefixRequest *request = data;

  g_bytes_unref (request->prefix);
  g_clear_pointer (&request->next, g_bytes_unref);
  g_free (request);
}

void
coffer_prefix_slice_free (gpointer data)
{
  CofferPrefixSlice *slice = data;

  coffer_prefix_table_free (slice->found);
  g_clear_pointer (&slice->next, g_bytes_unref);
  g_clear_error (&slice->error);
  g_free (slice);
}

static gboolean
is_in (const Walk    *walk,
       gconstpointer  segment,
       gsize          size)
{
  const kvault_entry *entry = walk->entry;

  return entry->key_size >= walk->prefix_size + size &&
         memcmp ((const guint8 *) entry->key + walk->prefix_size, segment, size) == 0;
}

static gboolean
is_deeper (const Walk *walk,
           gsize       size)
{
  return coffer_separators_find (walk->separators, walk->entry->key, walk->entry->key_size, walk->prefix_size + size) > 0;
}

/* Behind all keys of a child: its last byte is a separator, so there is a next one. */
static int
leap (Walk          *walk,
      gconstpointer  segment,
      gsize          size)
{
  g_autofree guint8 *start = g_malloc (walk->prefix_size + size);
  int rc;

  if (walk->prefix_size > 0)
    memcpy (start, walk->prefix, walk->prefix_size);
  memcpy (start + walk->prefix_size, segment, size);
  start[walk->prefix_size + size - 1]++;
  if ((rc = go_to (walk, start, walk->prefix_size + size)) != KVAULT_OK)
    return rc;
  return step (walk);
}

/* Takes the child that the walk's key lies in, and goes to the first key behind it. */
static int
take_child (Walk              *walk,
            CofferPrefixTable *found,
            gsize              size)
{
  CofferPrefixChild *child;
  gconstpointer segment;
  gboolean deeper = is_deeper (walk, size);
  guint64 count = 1;
  int rc = KVAULT_OK;

  coffer_prefix_table_add (found, (const guint8 *) walk->entry->key + walk->prefix_size, size);
  segment = coffer_prefix_table_name (found, found->children->len - 1, &size);
  while (count < STEPS && (rc = step (walk)) == KVAULT_OK && is_in (walk, segment, size))
    {
      count++;
      deeper = deeper || is_deeper (walk, size);
    }
  if (count == STEPS)
    rc = leap (walk, segment, size);

  child = coffer_prefix_table_child (found, found->children->len - 1);
  child->counted = count < STEPS && (rc == KVAULT_OK || rc == KVAULT_NOTFOUND);
  if (child->counted)
    child->count = count;
  child->known = child->counted || deeper;
  child->has_children = !child->counted || deeper;
  return rc;
}

/* From a key it stands on; ends on the next one to look at. */
static int
find_names (Walk                      *walk,
            CofferPrefixTable         *found,
            const CofferPrefixRequest *request)
{
  int rc = KVAULT_OK;

  while (rc == KVAULT_OK)
    {
      gsize end = coffer_separators_find (walk->separators, walk->entry->key, walk->entry->key_size, walk->prefix_size);

      rc = end > 0 ? take_child (walk, found, end - walk->prefix_size) : step (walk);
      if (rc != KVAULT_OK || found->children->len >= request->max_children)
        break;
      if (walk->n_steps > KEYS_A_LOOK)
        {
          if (is_late (walk))
            break;
          walk->n_steps = 0;
        }
    }
  return rc;
}

gpointer
coffer_prefix_names_worker (kvault        *vault,
                            gpointer       data,
                            GCancellable  *cancellable,
                            GError       **error)
{
  const CofferPrefixRequest *request = data;
  g_autoptr(GError) failure = NULL;
  CofferPrefixSlice *slice = g_new0 (CofferPrefixSlice, 1);
  Walk walk = { .vault = vault, .separators = &request->separators, .deadline = g_get_monotonic_time () + request->max_us };
  int rc;

  walk.prefix = g_bytes_get_data (request->prefix, &walk.prefix_size);
  slice->found = coffer_prefix_table_new ();
  rc = go_to_bytes (&walk, request->next);
  if (rc == KVAULT_OK && (rc = step (&walk)) == KVAULT_OK)
    rc = find_names (&walk, slice->found, request);
  if (rc == KVAULT_OK)
    slice->next = dup_key (&walk);
  else if (rc != KVAULT_NOTFOUND)
    failure = coffer_error_new (vault, rc);
  g_clear_pointer (&walk.cursor, kvault_cursor_close);

  /* Nothing found: the lane may try again on a new handle. Some: they are worth showing. */
  if (failure != NULL && (slice->found->children->len == 0 || rc == KVAULT_ECANCELLED))
    {
      *error = g_steal_pointer (&failure);
      coffer_prefix_slice_free (slice);
      return NULL;
    }
  slice->error = g_steal_pointer (&failure);
  return slice;
}

/* ---- counts ---- */

void
coffer_prefix_count_request_free (gpointer data)
{
  CofferPrefixCountRequest *request = data;

  g_bytes_unref (request->prefix);
  coffer_prefix_table_free (request->todo);
  g_clear_pointer (&request->next, g_bytes_unref);
  g_free (request);
}

void
coffer_prefix_counts_free (gpointer data)
{
  CofferPrefixCounts *counts = data;

  g_array_unref (counts->counts);
  g_clear_pointer (&counts->next, g_bytes_unref);
  g_clear_error (&counts->error);
  g_free (counts);
}

/* The keys from the one it stands on. KVAULT_NOTFOUND: all of them; KVAULT_OK: time is up, on a key that is not counted. */
static int
count_keys (Walk              *walk,
            CofferPrefixChild *child)
{
  int rc = KVAULT_OK;

  while (rc == KVAULT_OK)
    {
      if (walk->n_steps > KEYS_A_LOOK)
        {
          if (is_late (walk))
            break;
          walk->n_steps = 0;
        }
      child->count++;
      child->has_children = child->has_children || is_deeper (walk, 0);
      rc = step (walk);
    }
  return rc;
}

static int
count_child (Walk              *walk,
             GBytes            *start,
             CofferPrefixChild *child)
{
  int rc = go_to_bytes (walk, start);

  if (rc == KVAULT_OK)
    rc = step (walk);
  if (rc == KVAULT_OK)
    rc = count_keys (walk, child);
  child->counted = child->known = rc == KVAULT_NOTFOUND;
  return rc;
}

/* The child of @todo at a position, as far as it can be counted now. */
static int
take_count (Walk                           *walk,
            CofferPrefixCounts             *counts,
            const CofferPrefixCountRequest *request)
{
  guint i = counts->counts->len;
  CofferPrefixChild child = { 0 };
  gsize parent_size = g_bytes_get_size (request->prefix);
  gsize size;
  gconstpointer segment = coffer_prefix_table_name (request->todo, i, &size);
  g_autofree guint8 *prefix = g_malloc (parent_size + size);
  int rc;

  if (parent_size > 0)
    memcpy (prefix, g_bytes_get_data (request->prefix, NULL), parent_size);
  memcpy (prefix + parent_size, segment, size);
  walk->prefix = prefix;
  walk->prefix_size = parent_size + size;
  rc = count_child (walk, i == 0 ? request->next : NULL, &child);
  if (rc == KVAULT_OK)
    counts->next = dup_key (walk);
  if (rc == KVAULT_OK || rc == KVAULT_NOTFOUND)
    g_array_append_val (counts->counts, child);
  return rc;
}

gpointer
coffer_prefix_count_worker (kvault        *vault,
                            gpointer       data,
                            GCancellable  *cancellable,
                            GError       **error)
{
  const CofferPrefixCountRequest *request = data;
  CofferPrefixCounts *counts = g_new0 (CofferPrefixCounts, 1);
  Walk walk = { .vault = vault, .separators = &request->separators, .deadline = g_get_monotonic_time () + request->max_us };
  int rc = KVAULT_NOTFOUND;

  counts->counts = g_array_new (FALSE, FALSE, sizeof (CofferPrefixChild));
  while (rc == KVAULT_NOTFOUND && counts->counts->len < request->todo->children->len &&
         (counts->counts->len == 0 || !is_late (&walk)))
    rc = take_count (&walk, counts, request);
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
    counts->error = coffer_error_new (vault, rc);
  g_clear_pointer (&walk.cursor, kvault_cursor_close);

  if (counts->error != NULL && (counts->counts->len == 0 || rc == KVAULT_ECANCELLED))
    {
      *error = g_steal_pointer (&counts->error);
      coffer_prefix_counts_free (counts);
      return NULL;
    }
  return counts;
}
