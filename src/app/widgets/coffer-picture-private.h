/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-picture.h"
#include "coffer-tiles.h"
#include "coffer-zoom.h"

G_BEGIN_DECLS

struct _CofferPicture
{
  GtkWidget parent_instance;

  GdkPaintable *paintable;
  CofferTiles *tiles;      /* finer pixels, or NULL */
  int width;
  int height;
  int max_height;
  gboolean opaque;
  gboolean alone;
  int turns;               /* quarters, clockwise */
  CofferZoom zoom;         /* its room is that of the last layout */

  GtkWidget *pill;
  GtkButton *percent;
  guint fade_id;
  double pointer_x;        /* of the window; a pointer that rests does not count */
  double pointer_y;
  double pinched;          /* the scale when that began */
  double dragged_x;        /* so far */
  double dragged_y;
};

/** What is seen changed; @width and @height of the room as they are now. */
void coffer_picture_update_zoom  (CofferPicture *self);

/** coffer-picture-zoom.c: actions and keys; what makes them; and where the controls are. */
void coffer_picture_class_add_actions (GtkWidgetClass *klass);
void coffer_picture_add_controls      (CofferPicture  *self);
void coffer_picture_place_controls    (CofferPicture  *self,
                                       int             width,
                                       int             height);
void coffer_picture_update_controls   (CofferPicture  *self);
void coffer_picture_hide_controls     (CofferPicture  *self);

G_END_DECLS
