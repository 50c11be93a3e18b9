/* SPDX-License-Identifier: MIT */
/* Ids of thumbnails. Pure functions, any thread. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-id.h"

#include <string.h>

void
coffer_thumb_id_copy (CofferThumbId       *self,
                      const CofferThumbId *source)
{
  *self = *source;
  self->table = g_strdup (source->table);
  self->key = coffer_key_ref (source->key);
}

void
coffer_thumb_id_clear (CofferThumbId *self)
{
  g_clear_pointer (&self->table, g_free);
  g_clear_pointer (&self->key, coffer_key_unref);
}

guint
coffer_thumb_id_hash (gconstpointer id)
{
  const CofferThumbId *self = id;

  return g_bytes_hash (coffer_key_get_bytes (self->key)) ^ (guint) self->value_size ^ (guint) (self->width << 16 | self->height);
}

gboolean
coffer_thumb_id_equal (gconstpointer a,
                       gconstpointer b)
{
  const CofferThumbId *left = a, *right = b;

  return left->value_size == right->value_size && left->width == right->width && left->height == right->height &&
         coffer_key_equal (left->key, right->key) && strcmp (left->table, right->table) == 0;
}
