/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/** The largest size of the proportions of @width × @height that fits @max_width × @max_height, never above itself. */
void        coffer_image_fit    (int              width,
                                 int              height,
                                 int              max_width,
                                 int              max_height,
                                 int             *fit_width,
                                 int             *fit_height);

/** The room that it has to fit to cover @width_to_cover × @height_to_cover, but for sides over twice as long. */
void        coffer_image_cover  (int              width,
                                 int              height,
                                 int              width_to_cover,
                                 int              height_to_cover,
                                 int             *max_width,
                                 int             *max_height);

/**
 * A picture made ready for the screen: reduced to fit, turned as its EXIF orientation says, in the pixel format that GTK
 * draws without converting. Any thread; takes time by the size of @pixbuf and leaves within some milliseconds once cancelled.
 *
 * @orientation  1 to 8, as EXIF has it
 * @opaque       (out) whether nothing shows through
 * @pixels       (out) (transfer full) (nullable): the texture's own, GDK_MEMORY_DEFAULT without gaps; to be had from it they
 *               would be copied, slowly
 *
 * Returns: (transfer full) (nullable): NULL if cancelled or out of memory
 */
GdkTexture *coffer_image_render (GdkPixbuf       *pixbuf,
                                 int              orientation,
                                 int              max_width,
                                 int              max_height,
                                 GCancellable    *cancellable,
                                 gboolean        *opaque,
                                 GBytes         **pixels);

/** Whether an EXIF orientation swaps width and height. */
gboolean    coffer_image_is_on_side (int orientation);

G_END_DECLS
