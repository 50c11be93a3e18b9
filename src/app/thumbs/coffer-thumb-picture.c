/* SPDX-License-Identifier: MIT */
/* What was made of a value, and of which of its bytes. Any thread. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-picture.h"

#include <xxhash.h>

CofferThumbPicture *
coffer_thumb_picture_new (CofferThumbnailState  state,
                          GdkTexture           *texture,
                          gint64                duration,
                          guint64               value_size,
                          GArray               *parts)
{
  CofferThumbPicture *self = g_new0 (CofferThumbPicture, 1);

  g_atomic_ref_count_init (&self->refs);
  self->state = state;
  self->texture = texture;
  self->duration = duration;
  self->value_size = value_size;
  self->parts = parts;

  return self;
}

CofferThumbPicture *
coffer_thumb_picture_new_drawn (GdkTexture *texture,
                                GBytes     *pixels,
                                gboolean    opaque,
                                gint64      duration,
                                guint64     value_size,
                                GArray     *parts)
{
  CofferThumbPicture *self = coffer_thumb_picture_new (COFFER_THUMBNAIL_READY, texture, duration, value_size, parts);

  self->pixels = pixels;
  self->opaque = opaque;

  return self;
}

CofferThumbPicture *
coffer_thumb_picture_ref (CofferThumbPicture *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

void
coffer_thumb_picture_unref (CofferThumbPicture *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_clear_object (&self->texture);
  g_clear_pointer (&self->pixels, g_bytes_unref);
  g_clear_pointer (&self->parts, g_array_unref);
  g_free (self);
}

gsize
coffer_thumb_picture_get_bytes (CofferThumbPicture *self)
{
  gsize bytes = sizeof *self;

  if (self->texture != NULL)
    bytes += (gsize) gdk_texture_get_width (self->texture) * gdk_texture_get_height (self->texture) * 4;
  if (self->parts != NULL)
    bytes += self->parts->len * sizeof (CofferThumbPart);

  return bytes;
}

GArray *
coffer_thumb_parts_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (CofferThumbPart));
}

gboolean
coffer_digest_equal (const CofferDigest *a,
                     const CofferDigest *b)
{
  return a->low == b->low && a->high == b->high;
}

CofferDigest
coffer_digest_of (gconstpointer data,
                  gsize         size)
{
  XXH128_hash_t hash = XXH3_128bits (data, size);

  return (CofferDigest) { hash.low64, hash.high64 };
}
