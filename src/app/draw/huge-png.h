/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The size that a PNG says it has. Returns: FALSE if it is none, or has its rows in another order than from above */
gboolean draw_png_get_size (const guint8 *data,
                            gsize         size,
                            guint32      *width,
                            guint32      *height);

/**
 * Reduce a PNG of any size while it is decoded, with no more in memory than a row of it: each pixel is the average of those
 * it stands for. GdkPixbuf would have all of it in memory first.
 *
 * @width, @height  no more than it has
 *
 * Returns: (transfer full) (nullable): pixels as GDK_MEMORY_DEFAULT has them; NULL if it is damaged or there is no memory
 */
guint32 *draw_png_reduce   (const guint8 *data,
                            gsize         size,
                            int           width,
                            int           height);

G_END_DECLS
