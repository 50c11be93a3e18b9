/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_PICTURE (coffer_picture_get_type ())
G_DECLARE_FINAL_TYPE (CofferPicture, coffer_picture, COFFER, PICTURE, GtkWidget)

/**
 * A picture as large as the room allows, never larger than it is: all of it, in its proportions, with round corners and a
 * checkerboard where it lets through.
 */
GtkWidget    *coffer_picture_new           (void);

/**
 * @paintable      (nullable) what to draw; may hold fewer pixels than the picture has
 * @width, @height of the picture itself, in pixels of the screen
 * @opaque         whether nothing shows through
 */
void          coffer_picture_set_paintable (CofferPicture *self,
                                            GdkPaintable  *paintable,
                                            int            width,
                                            int            height,
                                            gboolean       opaque);

/** Returns: (transfer none) (nullable) */
GdkPaintable *coffer_picture_get_paintable (CofferPicture *self);

/** How high it may become, in logical pixels; 0 for no limit. */
void          coffer_picture_set_max_height (CofferPicture *self,
                                             int            max_height);

G_END_DECLS
