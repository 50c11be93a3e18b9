/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-thumbnail.h"

G_BEGIN_DECLS

/** 128 bits of XXH3 over some bytes. */
typedef struct {
  guint64 low;
  guint64 high;
} CofferDigest;

/** Some bytes of a value that were read, and what they were. */
typedef struct {
  guint64      offset;
  guint64      size;
  CofferDigest digest;
} CofferThumbPart;

/**
 * What became of a value: its picture, or that it has none. Immutable, any thread.
 *
 * It is what it is because of the parts: a value of the same size in which these are the same gives this picture again, since
 * nothing else was read for it. One without parts says nothing about the value of tomorrow.
 */
typedef struct {
  gatomicrefcount       refs;
  CofferThumbnailState  state;
  GdkTexture           *texture;    /* (nullable) */
  GBytes               *pixels;     /* (nullable) its own, for those who would have to copy them: see coffer_image_render() */
  gboolean              opaque;     /* nothing shows through; of the pixels */
  gint64                duration;   /* in nanoseconds, or -1 */
  guint64               value_size;
  GArray               *parts;      /* (nullable) of CofferThumbPart */
} CofferThumbPicture;

/**
 * @texture  (transfer full) (nullable)
 * @parts    (transfer full) (nullable)
 */
CofferThumbPicture *coffer_thumb_picture_new       (CofferThumbnailState  state,
                                                    GdkTexture           *texture,
                                                    gint64                duration,
                                                    guint64               value_size,
                                                    GArray               *parts);

/** One that is READY and was just drawn. @texture, @pixels, @parts: (transfer full); parts may be NULL */
CofferThumbPicture *coffer_thumb_picture_new_drawn (GdkTexture           *texture,
                                                    GBytes               *pixels,
                                                    gboolean              opaque,
                                                    gint64                duration,
                                                    guint64               value_size,
                                                    GArray               *parts);
CofferThumbPicture *coffer_thumb_picture_ref       (CofferThumbPicture   *self);
void                coffer_thumb_picture_unref     (CofferThumbPicture   *self);

/** What it takes in memory, in bytes. */
gsize               coffer_thumb_picture_get_bytes (CofferThumbPicture   *self);

GArray             *coffer_thumb_parts_new         (void);
gboolean            coffer_digest_equal            (const CofferDigest   *a,
                                                    const CofferDigest   *b);
CofferDigest        coffer_digest_of               (gconstpointer         data,
                                                    gsize                 size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferThumbPicture, coffer_thumb_picture_unref)

G_END_DECLS
