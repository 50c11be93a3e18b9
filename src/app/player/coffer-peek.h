/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * Small frames of a clip, as asked for: a decoder of its own, on a thread of its own. Of several that are asked for only the last
 * is made. Main thread.
 */
typedef struct _CofferPeek CofferPeek;

/** @texture (transfer none): of the frame at @position, or near it where frames are slow in coming */
typedef void (*CofferPeekFunc) (GdkTexture *texture,
                                gint64      position,
                                gpointer    data);

/**
 * Opens nothing before it is asked.
 *
 * @width  of the frames, in pixels
 * @func   called until coffer_peek_close()
 */
CofferPeek *coffer_peek_new   (const char     *uri,
                               int             width,
                               CofferPeekFunc  func,
                               gpointer        data);
void        coffer_peek_ask   (CofferPeek     *self,
                               gint64          position);
/** Returns at once. (transfer full) */
void        coffer_peek_close (CofferPeek     *self);

G_END_DECLS
