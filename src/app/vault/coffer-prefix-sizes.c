/* SPDX-License-Identifier: MIT */
/*
 * The bytes below each prefix of a level: a walk over the index of the keys, with the sizes that a census knows, or of what waits. It reads
 * no value.
 * Main thread, but for the function marked "lane".
 */
#define G_LOG_DOMAIN "coffer-prefix"

#include "coffer-prefix-private.h"

#include "coffer-entry-walk.h"
#include "coffer-error-private.h"

#include <string.h>

#define SLICE_US (50 * 1000)
#define LOOK_EVERY 1024

typedef struct {
  char *table;
  CofferScope scope;
  CofferPrefixTable *children;
  CofferCensus *census;

  /* the lane's while a job runs */
  CofferKey *after;
  guint child;               /* of the key that comes next, or one before it */
  GArray *sizes;             /* of guint64, up to `after` */
  GArray *more;              /* of Part: what is behind that, empty between jobs */
  gboolean ended;
} Summing;

typedef struct {
  guint child;
  guint64 size;
} Part;

static void
summing_free (gpointer data)
{
  Summing *self = data;

  g_free (self->table);
  coffer_scope_clear (&self->scope);
  coffer_prefix_table_free (self->children);
  coffer_census_unref (self->census);
  g_clear_pointer (&self->after, coffer_key_unref);
  g_array_unref (self->sizes);
  g_array_unref (self->more);
  g_free (self);
}

/* Whether the rest of a key behind the level's prefix is in the child that the walk stands at; it goes on to one that may. */
static gboolean
find_child (Summing      *self,
            const guint8 *rest,
            gsize         size)
{
  for (; self->child < self->children->children->len; self->child++)
    {
      gsize name_size;
      const void *name = coffer_prefix_table_name (self->children, self->child, &name_size);

      if (size >= name_size && memcmp (rest, name, name_size) == 0)
        return TRUE;
      if (coffer_prefix_compare (rest, size, name, name_size) < 0)
        return FALSE;
    }
  return FALSE;
}

static void
sum_entry (Summing            *self,
           kvault             *vault,
           const kvault_entry *entry)
{
  gsize prefix_size = self->scope.prefix != NULL ? g_bytes_get_size (self->scope.prefix) : 0;
  Part part;

  if (entry->key_class != KVAULT_CLASS_BLOB ||
      !find_child (self, (const guint8 *) entry->key + prefix_size, entry->key_size - prefix_size) ||
      !coffer_vault_find_size (vault, self->census, entry, &part.size))
    return;
  part.child = self->child;
  g_array_append_val (self->more, part);
}

static void
keep_sums (Summing            *self,
           const kvault_entry *entry)
{
  for (guint i = 0; i < self->more->len; i++)
    {
      const Part *part = &g_array_index (self->more, Part, i);

      g_array_index (self->sizes, guint64, part->child) += part->size;
    }
  g_array_set_size (self->more, 0);
  g_clear_pointer (&self->after, coffer_key_unref);
  if (entry != NULL)
    self->after = coffer_key_new_from_entry (entry);
}

/* Lane. What is summed is kept with the key that it goes up to: a job that is run again goes on there. */
static gpointer
sum_worker (kvault        *vault,
            gpointer       data,
            GCancellable  *cancellable,
            GError       **error)
{
  Summing *self = data;
  gint64 deadline = g_get_monotonic_time () + SLICE_US;
  g_autoptr(kvault_cursor) cursor = NULL;
  const kvault_entry *entry;
  unsigned flags = KVAULT_CURSOR_IDS | (self->after != NULL ? KVAULT_CURSOR_AFTER : 0);
  guint child = self->child;
  int rc = coffer_scope_open_cursor (&self->scope, vault, self->after, flags, &cursor);

  for (guint n = 1; rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK; n++)
    {
      sum_entry (self, vault, entry);
      if (n % LOOK_EVERY != 0)
        continue;
      keep_sums (self, entry);
      child = self->child;
      if (g_get_monotonic_time () > deadline || g_cancellable_is_cancelled (cancellable))
        return self;
    }
  self->ended = rc == KVAULT_NOTFOUND;
  if (self->ended)
    {
      keep_sums (self, NULL);
      return self;
    }
  g_array_set_size (self->more, 0);
  self->child = child;
  *error = coffer_error_new (vault, rc);
  return NULL;
}

static void next_slice (GTask *task);

static void
summed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  Summing *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_run_finish (COFFER_VAULT (source), result, &error) == NULL)
    g_task_return_error (task, error);
  else if (self->ended)
    g_task_return_pointer (task, g_array_ref (self->sizes), (GDestroyNotify) g_array_unref);
  else
    next_slice (task);
}

static void
next_slice (GTask *task)
{
  Summing *self = g_task_get_task_data (task);

  coffer_vault_run_async (g_task_get_source_object (task), COFFER_LANE_BACKGROUND, self->table, sum_worker, self, NULL, NULL,
                          g_task_get_cancellable (task), summed_cb, g_object_ref (task));
}

void
coffer_prefix_sizes_async (CofferVault             *vault,
                           const char              *table,
                           GBytes                  *prefix,
                           const CofferPrefixTable *children,
                           CofferCensus            *census,
                           GCancellable            *cancellable,
                           GAsyncReadyCallback      callback,
                           gpointer                 user_data)
{
  g_autoptr(GTask) task = g_task_new (vault, cancellable, callback, user_data);
  Summing *self = g_new0 (Summing, 1);

  self->table = g_strdup (table);
  coffer_scope_init (&self->scope, g_bytes_get_size (prefix) > 0 ? prefix : NULL, FALSE);
  self->children = coffer_prefix_table_new ();
  coffer_prefix_table_append (self->children, children);
  self->census = coffer_census_ref (census);
  self->sizes = g_array_new (FALSE, TRUE, sizeof (guint64));
  g_array_set_size (self->sizes, children->children->len);
  self->more = g_array_new (FALSE, FALSE, sizeof (Part));
  g_task_set_source_tag (task, coffer_prefix_sizes_async);
  g_task_set_task_data (task, self, summing_free);
  next_slice (task);
}

GArray *
coffer_prefix_sizes_finish (CofferVault   *vault,
                            GAsyncResult  *result,
                            GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
