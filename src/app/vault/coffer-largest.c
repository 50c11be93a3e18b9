/* SPDX-License-Identifier: MIT */
/*
 * The largest prefixes and keys of a prefix: one walk over the index of the keys, with the sizes that a census knows. Keys of a prefix
 * lie together, so that one prefix at a time is being added up, and nothing is kept of the small ones.
 *
 * Main thread, but for the functions marked "lane". A walk that was stopped in the middle of a job begins anew: between two jobs it
 * stands behind a key, within one nowhere.
 */
#define G_LOG_DOMAIN "coffer-largest"

#include "coffer-largest.h"

#include "coffer-entry-walk.h"
#include "coffer-error-private.h"

#include <string.h>

#define SLICE_US (50 * 1000)
#define LOOK_EVERY 1024

typedef struct {
  char *table;
  CofferScope scope;
  CofferSeparators separators;
  CofferCensus *census;
  guint max_parts, max_keys;
  CofferLargestProgress progress;   /* main thread */
  gpointer progress_data;

  /* the lane's while a job runs */
  CofferLargest *answer;
  CofferKey *after;                 /* NULL: the first is next */
  GByteArray *segment;              /* of the prefix that is being added up; empty: none is */
  guint64 size;                     /* of that, as `n_keys` */
  guint64 n_keys;
  gboolean ended;
} Walk;

/* ---- the answer ---- */

static void
part_free (gpointer data)
{
  CofferLargestPart *self = data;

  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_free (self);
}

static CofferLargest *
largest_new (void)
{
  CofferLargest *self = g_atomic_rc_box_new0 (CofferLargest);

  self->parts = g_ptr_array_new_with_free_func (part_free);
  self->keys = g_ptr_array_new_with_free_func (part_free);
  return self;
}

static void
largest_clear (gpointer data)
{
  CofferLargest *self = data;

  g_ptr_array_unref (self->parts);
  g_ptr_array_unref (self->keys);
}

CofferLargest *
coffer_largest_ref (CofferLargest *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
coffer_largest_unref (CofferLargest *self)
{
  g_atomic_rc_box_release_full (self, largest_clear);
}

static guint64
get_size (const GPtrArray *parts,
          guint            i)
{
  return ((const CofferLargestPart *) g_ptr_array_index (parts, i))->size;
}

static gboolean
is_wanted (const GPtrArray *parts,
           guint            max,
           guint64          size)
{
  return parts->len < max || (max > 0 && size > get_size (parts, max - 1));
}

/* Behind those of its size: they came before it. */
static void
insert_part (GPtrArray *parts,
             guint      max,
             GBytes    *prefix,
             CofferKey *key,
             guint64    size,
             guint64    n_keys)
{
  CofferLargestPart *part = g_new (CofferLargestPart, 1);
  guint low = 0, high = parts->len;

  *part = (CofferLargestPart) { prefix, key, size, n_keys };
  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (get_size (parts, middle) >= size)
        low = middle + 1;
      else
        high = middle;
    }
  g_ptr_array_insert (parts, (int) low, part);
  if (parts->len > max)
    g_ptr_array_set_size (parts, (int) max);
}

/* ---- lane ---- */

static GBytes *
dup_prefix (const Walk *self)
{
  GByteArray *bytes = g_byte_array_new ();
  gsize size = 0;
  gconstpointer data = self->scope.prefix != NULL ? g_bytes_get_data (self->scope.prefix, &size) : NULL;

  if (size > 0)
    g_byte_array_append (bytes, data, size);
  g_byte_array_append (bytes, self->segment->data, self->segment->len);
  return g_byte_array_free_to_bytes (bytes);
}

/* No key comes any more that begins with the segment. */
static void
close_segment (Walk *self)
{
  GPtrArray *parts = self->answer->parts;

  if (self->segment->len == 0)
    return;
  self->answer->n_parts++;
  if (is_wanted (parts, self->max_parts, self->size))
    insert_part (parts, self->max_parts, dup_prefix (self), NULL, self->size, self->n_keys);
  g_byte_array_set_size (self->segment, 0);
  self->size = self->n_keys = 0;
}

/* The size of the segment below the scope that a key is in; 0: it is right there, as all are that are no blobs. */
static gsize
find_segment (const Walk         *self,
              const kvault_entry *entry,
              gsize               prefix_size)
{
  const guint8 *rest = (const guint8 *) entry->key + prefix_size;
  const GByteArray *segment = self->segment;
  gsize size = entry->key_size - prefix_size;

  if (entry->key_class != KVAULT_CLASS_BLOB)
    return 0;
  if (segment->len > 0 && size >= segment->len && memcmp (rest, segment->data, segment->len) == 0)
    return segment->len;
  return coffer_separators_find (&self->separators, rest, size, 0);
}

static void
add_to_segment (Walk          *self,
                const guint8  *name,
                gsize          size,
                guint64        bytes)
{
  if (self->segment->len != size || memcmp (self->segment->data, name, size) != 0)
    {
      close_segment (self);
      g_byte_array_append (self->segment, name, size);
    }
  self->size += bytes;
  self->n_keys++;
}

static void
add_key (Walk               *self,
         const kvault_entry *entry,
         guint64             bytes,
         gboolean            is_part)
{
  CofferLargest *answer = self->answer;
  gboolean as_part = is_part && is_wanted (answer->parts, self->max_parts, bytes);
  gboolean as_key = is_wanted (answer->keys, self->max_keys, bytes);
  g_autoptr(CofferKey) key = as_part || as_key ? coffer_key_new_from_entry (entry) : NULL;

  answer->n_parts += is_part;
  if (as_part)
    insert_part (answer->parts, self->max_parts, NULL, coffer_key_ref (key), bytes, 1);
  if (as_key)
    insert_part (answer->keys, self->max_keys, NULL, coffer_key_ref (key), bytes, 1);
}

static void
add_entry (Walk               *self,
           kvault             *vault,
           const kvault_entry *entry)
{
  gsize prefix_size = self->scope.prefix != NULL ? g_bytes_get_size (self->scope.prefix) : 0;
  gsize segment = find_segment (self, entry, prefix_size);
  guint64 bytes;

  if (!coffer_vault_find_size (vault, self->census, entry, &bytes))
    {
      self->answer->n_unmeasured++;
      bytes = 0;
    }
  self->answer->n_keys++;
  self->answer->n_bytes += bytes;
  if (segment > 0)
    add_to_segment (self, (const guint8 *) entry->key + prefix_size, segment, bytes);
  add_key (self, entry, bytes, segment == 0);
}

static void
begin_anew (Walk *self)
{
  g_clear_pointer (&self->after, coffer_key_unref);
  g_clear_pointer (&self->answer, coffer_largest_unref);
  self->answer = largest_new ();
  g_byte_array_set_size (self->segment, 0);
  self->size = self->n_keys = 0;
}

static gpointer
walk_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Walk *self = data;
  gint64 deadline = g_get_monotonic_time () + SLICE_US;
  g_autoptr(kvault_cursor) cursor = NULL;
  const kvault_entry *entry;
  unsigned flags = KVAULT_CURSOR_IDS | (self->after != NULL ? KVAULT_CURSOR_AFTER : 0);
  int rc = coffer_scope_open_cursor (&self->scope, vault, self->after, flags, &cursor);

  for (guint n = 1; rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK; n++)
    {
      add_entry (self, vault, entry);
      if (n % LOOK_EVERY != 0 || (g_get_monotonic_time () < deadline && !g_cancellable_is_cancelled (cancellable)))
        continue;
      g_clear_pointer (&self->after, coffer_key_unref);
      self->after = coffer_key_new_from_entry (entry);
      return self;
    }
  if (rc != KVAULT_NOTFOUND)
    {
      *error = coffer_error_new (vault, rc);
      begin_anew (self);
      return NULL;
    }
  close_segment (self);
  self->ended = TRUE;
  return self;
}

/* ---- main thread ---- */

static void
walk_free (gpointer data)
{
  Walk *self = data;

  g_free (self->table);
  coffer_scope_clear (&self->scope);
  coffer_census_unref (self->census);
  g_clear_pointer (&self->answer, coffer_largest_unref);
  g_clear_pointer (&self->after, coffer_key_unref);
  g_byte_array_unref (self->segment);
  g_free (self);
}

static void next_slice (GTask *task);

static void
walked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  Walk *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_run_finish (COFFER_VAULT (source), result, &error) == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (self->ended)
    {
      g_task_return_pointer (task, g_steal_pointer (&self->answer), (GDestroyNotify) coffer_largest_unref);
      return;
    }
  if (self->progress != NULL && !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    self->progress (self->answer->n_keys, self->progress_data);
  next_slice (task);
}

static void
next_slice (GTask *task)
{
  Walk *self = g_task_get_task_data (task);

  coffer_vault_run_async (g_task_get_source_object (task), COFFER_LANE_BACKGROUND, self->table, walk_worker, self, NULL, NULL,
                          g_task_get_cancellable (task), walked_cb, g_object_ref (task));
}

void
coffer_largest_async (CofferVault            *vault,
                      const char             *table,
                      GBytes                 *prefix,
                      const CofferSeparators *separators,
                      CofferCensus           *census,
                      guint                   max_parts,
                      guint                   max_keys,
                      CofferLargestProgress   progress,
                      gpointer                progress_data,
                      GCancellable           *cancellable,
                      GAsyncReadyCallback     callback,
                      gpointer                user_data)
{
  g_autoptr(GTask) task = NULL;
  Walk *self;

  g_return_if_fail (COFFER_IS_VAULT (vault) && table != NULL && census != NULL);

  task = g_task_new (vault, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_largest_async);
  self = g_new0 (Walk, 1);
  self->table = g_strdup (table);
  coffer_scope_init (&self->scope, prefix != NULL && g_bytes_get_size (prefix) > 0 ? prefix : NULL, FALSE);
  self->separators = *separators;
  self->census = coffer_census_ref (census);
  self->max_parts = max_parts;
  self->max_keys = max_keys;
  self->progress = progress;
  self->progress_data = progress_data;
  self->segment = g_byte_array_new ();
  begin_anew (self);
  g_task_set_task_data (task, self, walk_free);
  next_slice (task);
}

CofferLargest *
coffer_largest_finish (CofferVault   *vault,
                       GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, vault), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
