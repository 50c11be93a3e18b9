/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-thumb-picture.h"

G_BEGIN_DECLS

/** A value that GStreamer opens for itself. */
typedef struct {
  const char *path;          /* of the vault's file */
  const char *table;
  GBytes     *key;
  guint64     value_size;
  gsize       data_offset;   /* where the clip begins in it */
  int         width;         /* the box */
  int         height;
} CofferThumbClip;

/**
 * Lane. A picture out of the first tenth of a video; reads the value by a handle of its own, which is closed when it returns.
 *
 * Returns: (transfer full) (nullable): NULL if cancelled, or the value is not what it was; NONE if there is no video in it
 */
CofferThumbPicture *coffer_thumb_clip_draw  (const CofferThumbClip *self,
                                             GCancellable          *cancellable,
                                             GError               **error);

/** Lane. The same for a sound: the cover that it brings along, or NONE. */
CofferThumbPicture *coffer_thumb_cover_draw (const CofferThumbClip *self,
                                             GCancellable          *cancellable,
                                             GError               **error);

/** Whether clips can be drawn at all; slow at first. Lane. */
gboolean            coffer_thumb_clip_is_possible (void);

/** Its address. Returns: (transfer full) */
char               *coffer_thumb_clip_dup_uri (const CofferThumbClip *self);

G_END_DECLS
