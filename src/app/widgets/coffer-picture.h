/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_PICTURE (coffer_picture_get_type ())
G_DECLARE_FINAL_TYPE (CofferPicture, coffer_picture, COFFER, PICTURE, GtkWidget)

/**
 * A picture as large as the room allows, never larger than it is: all of it, in its proportions, with round corners and a
 * checkerboard where it lets through. It can be looked at closer, about the pointer by wheel and pinch, moved and turned; the
 * pointer over it brings up the controls for that.
 *
 * Actions: "picture.zoom-in", "zoom-out", "zoom-fit", "zoom-full" (a pixel of it on one of the screen), "turn-right", "turn-left";
 * keys + − 0 1, Ctrl+R and Ctrl+Shift+R.
 * Signal "zoomed": another part is seen, or at another scale.
 */
GtkWidget    *coffer_picture_new           (void);

/**
 * Another picture, seen as a whole.
 *
 * @paintable      (nullable) what to draw; may hold fewer pixels than the picture has
 * @width, @height of the picture itself, in pixels of the screen
 * @opaque         whether nothing shows through
 */
void          coffer_picture_set_paintable (CofferPicture *self,
                                            GdkPaintable  *paintable,
                                            int            width,
                                            int            height,
                                            gboolean       opaque);

/** The same picture in other pixels: it stays as it is seen. Returns: whether that is in pixels of coffer_picture_set_pixels() */
gboolean      coffer_picture_replace_paintable (CofferPicture *self,
                                                GdkPaintable  *paintable,
                                                gboolean       opaque);

/**
 * Pixels of the picture that is shown, for when it is looked at closer than what is drawn else has pixels for; given up once
 * all of it is seen again.
 *
 * @pixels  (nullable): GDK_MEMORY_DEFAULT without gaps
 */
void          coffer_picture_set_pixels    (CofferPicture *self,
                                            GBytes        *pixels,
                                            int            width,
                                            int            height);

/** Returns: (transfer none) (nullable) */
GdkPaintable *coffer_picture_get_paintable (CofferPicture *self);

/** How high it may become, in logical pixels; 0 for no limit. */
void          coffer_picture_set_max_height (CofferPicture *self,
                                             int            max_height);

/** Whether it is in the middle of all that it gets, and the wheel is for it alone; it leaves the keyboard where it is then. */
void          coffer_picture_set_alone     (CofferPicture *self,
                                            gboolean       alone);

/** How many pixels of the screen one of the picture is as large as. */
double        coffer_picture_get_scale     (CofferPicture *self);
/** How many columns of pixels of the picture there are to draw: of set_pixels(), or of the paintable. */
int           coffer_picture_get_n_columns (CofferPicture *self);

/** Look at it at a scale; 0: all of it. The point at (@x, @y) of the widget stays there. */
void          coffer_picture_zoom          (CofferPicture *self,
                                            double         scale,
                                            double         x,
                                            double         y);

/** Where it is drawn, in the widget: it may reach beyond. FALSE if there is none. */
gboolean      coffer_picture_get_box       (CofferPicture   *self,
                                            graphene_rect_t *box);

/** What a key does that was typed elsewhere. Returns: whether it does anything */
gboolean      coffer_picture_key           (CofferPicture   *self,
                                            guint            keyval,
                                            GdkModifierType  state);

G_END_DECLS
