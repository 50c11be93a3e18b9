/* SPDX-License-Identifier: MIT */
/*
 * Keys that were taken. They are read from the list when they are taken, which of many takes a moment; who asks before that waits.
 * Main thread.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-bundle.h"

#include <coffer-entry.h>

#include <string.h>

#define MAX_KNOWN 512      /* rows that are looked at in the list */

struct _CofferBundle {
  GObject parent_instance;

  CofferVault *vault;
  char *table;
  char *content_type;
  guint64 size;
  gboolean moves;
  gboolean flat;

  GPtrArray *keys;         /* NULL until they are read */
  GError *error;           /* why they could not be */
  GPtrArray *waiting;      /* of GTask */
};

static guint known_signal;

G_DEFINE_FINAL_TYPE (CofferBundle, coffer_bundle, G_TYPE_OBJECT)

/* Up to and with the last "/" of so much of it. */
static gsize
cut_folder (const char *key,
            gsize       size)
{
  while (size > 0 && key[size - 1] != '/')
    size--;
  return size;
}

gsize
coffer_bundle_measure_common (GPtrArray *keys)
{
  gsize size, common;
  const char *first = g_bytes_get_data (coffer_key_get_bytes (g_ptr_array_index (keys, 0)), &size);

  while (size > 0 && first[size - 1] == '/')   /* that is no folder: nothing follows */
    size--;
  common = cut_folder (first, size);
  for (guint i = 1; i < keys->len && common > 0; i++)
    {
      const char *key = g_bytes_get_data (coffer_key_get_bytes (g_ptr_array_index (keys, i)), &size);
      gsize alike = 0;

      while (alike < MIN (common, size) && key[alike] == first[alike])
        alike++;
      if (alike < common || alike == size)
        common = cut_folder (first, alike == size ? MAX (alike, 1) - 1 : alike);   /* something of each is left */
    }
  return common;
}

/* Whether what is left of them without what they have in common names no folder. Of very many it is not looked at all: that takes too long
 * for a turn of the main loop.
 */
static gboolean
are_flat (GPtrArray *keys)
{
  gsize common = keys->len > 0 && keys->len <= COFFER_BUNDLE_MOST_FLAT ? coffer_bundle_measure_common (keys) : 0;

  if (keys->len > COFFER_BUNDLE_MOST_FLAT)
    return FALSE;
  for (guint i = 0; i < keys->len; i++)
    {
      gsize size;
      const char *key = g_bytes_get_data (coffer_key_get_bytes (g_ptr_array_index (keys, i)), &size);

      if (size > common && memchr (key + common, '/', size - common) != NULL)
        return FALSE;
    }
  return TRUE;
}

/* Takes @task. */
static void
answer (CofferBundle *self,
        GTask        *task)
{
  if (self->error != NULL)
    g_task_return_error (task, g_error_copy (self->error));
  else
    g_task_return_pointer (task, g_ptr_array_ref (self->keys), (GDestroyNotify) coffer_keys_unref);
  g_object_unref (task);
}

static void
keys_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(CofferBundle) self = user_data;
  g_autoptr(GPtrArray) waiting = g_steal_pointer (&self->waiting);

  self->keys = coffer_entry_list_keys_finish (COFFER_ENTRY_LIST (source), result, &self->error);
  self->flat = self->keys != NULL && are_flat (self->keys);
  g_signal_emit (self, known_signal, 0);
  for (guint i = 0; i < waiting->len; i++)
    answer (self, g_ptr_array_index (waiting, i));
}

void
coffer_bundle_keys_async (CofferBundle        *self,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, coffer_bundle_keys_async);
  if (self->waiting != NULL)
    g_ptr_array_add (self->waiting, task);
  else
    answer (self, task);
}

GPtrArray *
coffer_bundle_keys_finish (CofferBundle  *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Of rows as far as the list has them: those in view, and what was in view a moment ago. (transfer full) (nullable) */
static GPtrArray *
list_known (CofferEntryList    *list,
            const CofferRanges *rows)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  guint n_ranges;
  const CofferRange *ranges = coffer_ranges_peek (rows, &n_ranges);

  if (coffer_ranges_count (rows) > MAX_KNOWN)
    return NULL;
  for (guint i = 0; i < n_ranges; i++)
    for (guint row = ranges[i].position; row < ranges[i].end; row++)
      {
        g_autoptr(CofferEntry) entry = g_list_model_get_item (G_LIST_MODEL (list), row);

        if (entry == NULL || coffer_entry_get_key (entry) == NULL)
          return NULL;
        g_ptr_array_add (keys, coffer_key_ref (coffer_entry_get_key (entry)));
      }
  return g_steal_pointer (&keys);
}

CofferVault *
coffer_bundle_get_vault (CofferBundle *self)
{
  return self->vault;
}

const char *
coffer_bundle_get_table (CofferBundle *self)
{
  return self->table;
}

const char *
coffer_bundle_get_content_type (CofferBundle *self)
{
  return self->content_type;
}

guint64
coffer_bundle_get_size (CofferBundle *self)
{
  return self->size;
}

void
coffer_bundle_set_size (CofferBundle *self,
                        guint64       size)
{
  self->size = size;
}

gboolean
coffer_bundle_is_flat (CofferBundle *self)
{
  return self->flat;
}

GPtrArray *
coffer_bundle_peek_keys (CofferBundle *self)
{
  return self->keys;
}

void
coffer_bundle_set_moves (CofferBundle *self,
                         gboolean      moves)
{
  self->moves = moves;
}

gboolean
coffer_bundle_get_moves (CofferBundle *self)
{
  return self->moves;
}

static void
coffer_bundle_finalize (GObject *object)
{
  CofferBundle *self = COFFER_BUNDLE (object);

  g_object_unref (self->vault);
  g_clear_pointer (&self->keys, coffer_keys_unref);
  g_clear_pointer (&self->waiting, g_ptr_array_unref);
  g_clear_error (&self->error);
  g_free (self->table);
  g_free (self->content_type);

  G_OBJECT_CLASS (coffer_bundle_parent_class)->finalize (object);
}

static void
coffer_bundle_class_init (CofferBundleClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_bundle_finalize;

  known_signal = g_signal_new ("known", COFFER_TYPE_BUNDLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_bundle_init (CofferBundle *self)
{
  self->size = G_MAXUINT64;
}

static CofferBundle *
bundle_new (CofferVault *vault)
{
  CofferBundle *self = g_object_new (COFFER_TYPE_BUNDLE, NULL);

  self->vault = g_object_ref (vault);
  self->table = g_strdup (coffer_vault_get_table (vault));
  return self;
}

CofferBundle *
coffer_bundle_new_rows (CofferVault        *vault,
                        CofferEntryList    *list,
                        const CofferRanges *rows)
{
  CofferBundle *self = bundle_new (vault);
  g_autoptr(GPtrArray) known = list_known (list, rows);

  self->flat = known != NULL && are_flat (known);
  self->waiting = g_ptr_array_new ();
  coffer_entry_list_keys_async (list, rows, NULL, keys_cb, g_object_ref (self));
  return self;
}

CofferBundle *
coffer_bundle_new_keys (CofferVault *vault,
                        GPtrArray   *keys)
{
  CofferBundle *self = bundle_new (vault);

  self->keys = g_ptr_array_ref (keys);
  self->flat = are_flat (keys);
  return self;
}

CofferBundle *
coffer_bundle_new_key (CofferVault *vault,
                       CofferKey   *key,
                       const char  *content_type,
                       guint64      size)
{
  CofferBundle *self = bundle_new (vault);

  self->content_type = g_strdup (content_type);
  self->size = size;
  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_ptr_array_add (self->keys, coffer_key_ref (key));
  self->flat = are_flat (self->keys);
  return self;
}
