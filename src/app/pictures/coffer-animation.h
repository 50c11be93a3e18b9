/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_ANIMATION (coffer_animation_get_type ())
G_DECLARE_FINAL_TYPE (CofferAnimation, coffer_animation, COFFER, ANIMATION, GObject)

/**
 * A moving picture as a GdkPaintable that turns its own pages. It holds the picture as the loader does (a GIF: compressed)
 * and two frames; each next frame is made on a worker while the one before it is on show. Stands still at first.
 *
 * @frames                the decoded animation; used by nobody else from now on
 * @max_width, @max_height  room for a frame, in pixels; frames are never made larger than they are
 * @opaque                (out) whether nothing shows through the first frame
 *
 * Thread:  any, then the main one.
 * Returns: (transfer full) (nullable): NULL if cancelled or out of memory
 */
CofferAnimation *coffer_animation_new         (GdkPixbufAnimation *frames,
                                               int                 max_width,
                                               int                 max_height,
                                               GCancellable       *cancellable,
                                               gboolean           *opaque);

/** Main thread. Stop it before letting go of it. */
void             coffer_animation_set_playing (CofferAnimation    *self,
                                               gboolean            playing);

/** Other room for the frames from the next one on. Main thread. */
void             coffer_animation_set_max_size (CofferAnimation   *self,
                                                int                max_width,
                                                int                max_height);

/** The frame on show. Returns: (transfer none) */
GdkTexture      *coffer_animation_get_frame   (CofferAnimation    *self);

G_END_DECLS
