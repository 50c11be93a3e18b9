/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum {
  COFFER_THUMBNAIL_PENDING,   /* waits or is being made */
  COFFER_THUMBNAIL_READY,     /* there is a texture */
  COFFER_THUMBNAIL_NONE,      /* a value of this kind has no picture, or nothing here can make one, or it cannot be read now: show its type */
  COFFER_THUMBNAIL_BROKEN,    /* it should have a picture, but is damaged, cut short or more than is ever decoded */
} CofferThumbnailState;

#define COFFER_TYPE_THUMBNAIL_STATE (coffer_thumbnail_state_get_type ())
GType coffer_thumbnail_state_get_type (void);

#define COFFER_TYPE_THUMBNAIL (coffer_thumbnail_get_type ())
G_DECLARE_FINAL_TYPE (CofferThumbnail, coffer_thumbnail, COFFER, THUMBNAIL, GObject)

/**
 * A small picture that somebody asked for. The request lives as long as this does: let go of it, or cancel it, when the
 * tile is scrolled away, and what has not begun is never read. Main thread.
 *
 * Properties (all read-only, notify):
 *   "state"     CofferThumbnailState
 *   "texture"   GdkTexture, the whole picture upright, reduced so that it covers the box, but no side over twice the
 *               box's and never enlarged (a drawing may be): show it with GTK_CONTENT_FIT_COVER, or _CONTAIN for none of it to be lost; NULL
 *               unless READY
 *   "duration"  int64, of a clip or a sound in nanoseconds; -1 if it has none or it is not known
 *
 * A value that another program changes while its thumbnail is shown goes from READY to READY with another texture; one that
 * cannot be read for a while stays as it is, or is NONE until it can.
 */
CofferThumbnailState  coffer_thumbnail_get_state    (CofferThumbnail *self);
GdkTexture           *coffer_thumbnail_get_texture  (CofferThumbnail *self);   /* (transfer none) (nullable) */
gint64                coffer_thumbnail_get_duration (CofferThumbnail *self);

/** Nothing changes any more after this. What others wait for too goes on. Idempotent. */
void                  coffer_thumbnail_cancel       (CofferThumbnail *self);

G_END_DECLS
