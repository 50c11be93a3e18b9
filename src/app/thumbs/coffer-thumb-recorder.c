/* SPDX-License-Identifier: MIT */
/* What was read, as parts: reading on where the last one ended makes that longer. Under a lock; any thread. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-recorder.h"

#include <xxhash.h>

#define MAX_PARTS 4096
#define MAX_BYTES (64 << 20)

struct _CofferThumbRecorder {
  GMutex lock;
  GArray *parts;         /* NULL once stopped */
  XXH3_state_t *state;   /* of the last part, which may go on */
  CofferThumbPart last;  /* no size: none */
  guint64 bytes;
};

CofferThumbRecorder *
coffer_thumb_recorder_new (void)
{
  CofferThumbRecorder *self = g_new0 (CofferThumbRecorder, 1);

  g_mutex_init (&self->lock);
  self->parts = coffer_thumb_parts_new ();
  self->state = XXH3_createState ();

  return self;
}

void
coffer_thumb_recorder_free (CofferThumbRecorder *self)
{
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->parts, g_array_unref);
  XXH3_freeState (self->state);
  g_free (self);
}

static void
end_last (CofferThumbRecorder *self)
{
  XXH128_hash_t hash;

  if (self->last.size == 0)
    return;

  hash = XXH3_128bits_digest (self->state);
  self->last.digest = (CofferDigest) { hash.low64, hash.high64 };
  g_array_append_val (self->parts, self->last);
  self->last.size = 0;
}

static void
add (CofferThumbRecorder *self,
     guint64              offset,
     gconstpointer        data,
     gsize                size)
{
  self->bytes += size;
  if (self->bytes > MAX_BYTES || self->parts->len >= MAX_PARTS)
    return;

  if (self->last.size == 0 || self->last.offset + self->last.size != offset)
    {
      end_last (self);
      XXH3_128bits_reset (self->state);
      self->last.offset = offset;
    }
  XXH3_128bits_update (self->state, data, size);
  self->last.size += size;
}

void
coffer_thumb_recorder_add (CofferThumbRecorder *self,
                           guint64              offset,
                           gconstpointer        data,
                           gsize                size)
{
  g_mutex_lock (&self->lock);
  if (self->parts != NULL && size > 0)
    add (self, offset, data, size);
  g_mutex_unlock (&self->lock);
}

GArray *
coffer_thumb_recorder_stop (CofferThumbRecorder *self)
{
  GArray *parts;

  g_mutex_lock (&self->lock);
  if (self->parts != NULL)
    end_last (self);
  parts = g_steal_pointer (&self->parts);
  g_mutex_unlock (&self->lock);

  if (parts != NULL && (parts->len == 0 || parts->len >= MAX_PARTS || self->bytes > MAX_BYTES))
    g_clear_pointer (&parts, g_array_unref);

  return parts;
}
