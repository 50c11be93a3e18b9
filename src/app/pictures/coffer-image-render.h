/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-image-fit.h"

G_BEGIN_DECLS

/**
 * A picture made ready for the screen: reduced to fit, turned as its EXIF orientation says, in the pixel format that GTK
 * draws without converting. Any thread; takes time by the size of @pixbuf and leaves within some milliseconds once cancelled.
 *
 * @orientation  1 to 8, as EXIF has it
 * @opaque       (out) whether nothing shows through
 * @bytes        (out) (transfer full) (nullable): the texture's own, GDK_MEMORY_DEFAULT without gaps; to be had from it they
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
                                 GBytes         **bytes);

/**
 * The same for pixels that are small enough: turned, and made a texture of.
 *
 * @pixels  (transfer full): GDK_MEMORY_DEFAULT without gaps, @width × @height
 */
GdkTexture *coffer_image_finish (guint32         *pixels,
                                 int              width,
                                 int              height,
                                 int              orientation,
                                 gboolean        *opaque,
                                 GBytes         **bytes);

G_END_DECLS
