/* SPDX-License-Identifier: MIT */
#pragma once

#include <graphene.h>
#include <glib.h>

G_BEGIN_DECLS

/**
 * Where a picture lies that is looked at through a room: all of it, no larger than it is ("fit"), or a part of it at a scale of
 * its own. Lengths are logical pixels from the room's corner. What is smaller than the room lies across its middle; what is larger
 * covers it. Pure functions; zero-filled at first.
 */
typedef struct {
  double   width, height;             /* of the picture at the scale 1, as it is turned */
  double   room_width, room_height;   /* below 1: there is no limit */
  gboolean in_middle;                 /* down the middle, too; else at the top */

  /*< private >*/
  double   scale;                     /* 0: fit */
  double   x, y;                      /* of the picture's corner, in a room that it is larger than */
} CofferZoom;

gboolean coffer_zoom_is_fit    (const CofferZoom *self);
double   coffer_zoom_get_fit   (const CofferZoom *self);
double   coffer_zoom_get_scale (const CofferZoom *self);

/** Where the picture is; never empty. That of fit has whole numbers. */
void     coffer_zoom_get_box   (const CofferZoom *self,
                                graphene_rect_t  *box);

/** All of it again. */
void     coffer_zoom_set_fit   (CofferZoom       *self);

/** Up to @most; no larger than fit is fit. The point of the picture at (@x, @y) stays there, as far as nothing is laid bare. */
void     coffer_zoom_set_scale (CofferZoom       *self,
                                double            scale,
                                double            most,
                                double            x,
                                double            y);

/** The next scale up or down in steps of about 1.4; 1 is not stepped over. */
double   coffer_zoom_get_next  (const CofferZoom *self,
                                gboolean          larger);

/** Whether there is more than is seen. */
gboolean coffer_zoom_can_move  (const CofferZoom *self);
/** Returns: whether it moved */
gboolean coffer_zoom_move      (CofferZoom       *self,
                                double            dx,
                                double            dy);

G_END_DECLS
