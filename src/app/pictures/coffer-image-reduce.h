/* SPDX-License-Identifier: MIT */
#pragma once

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * The pixels of a picture as GDK_MEMORY_DEFAULT has them, reduced to @width × @height, which are no more than its own: each
 * is the average of those it stands for, with parts of pixels at its edges. GdkPixbuf's own filter takes three to seven times as
 * long. Any thread; leaves within some milliseconds once cancelled.
 *
 * @pixels  (out caller-allocates) @width × @height of them, without gaps
 *
 * Returns: FALSE if cancelled or out of memory
 */
gboolean coffer_image_reduce (GdkPixbuf    *pixbuf,
                              guint32      *pixels,
                              int           width,
                              int           height,
                              GCancellable *cancellable);

G_END_DECLS
