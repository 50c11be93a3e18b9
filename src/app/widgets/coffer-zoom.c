/* SPDX-License-Identifier: MIT */
/* Pure functions over one struct; see coffer-zoom.h. */
#include "coffer-zoom.h"

#include <math.h>

/* Scales nearer to each other than this are one. */
#define SAME 1e-6

gboolean
coffer_zoom_is_fit (const CofferZoom *self)
{
  return self->scale <= 0;
}

double
coffer_zoom_get_fit (const CofferZoom *self)
{
  double scale = 1;

  if (self->room_width >= 1)
    scale = MIN (scale, self->room_width / self->width);
  if (self->room_height >= 1)
    scale = MIN (scale, self->room_height / self->height);

  return scale;
}

double
coffer_zoom_get_scale (const CofferZoom *self)
{
  return MAX (self->scale, coffer_zoom_get_fit (self));
}

/* Where a side begins that is @size long in @room. */
static double
place (double   wanted,
       double   size,
       double   room,
       gboolean in_middle)
{
  if (room < 1 || size <= room)
    return in_middle && room >= 1 ? floor ((room - size) / 2) : 0;

  return CLAMP (wanted, room - size, 0);
}

void
coffer_zoom_get_box (const CofferZoom *self,
                     graphene_rect_t  *box)
{
  double scale = coffer_zoom_get_scale (self);
  gboolean fit = scale <= coffer_zoom_get_fit (self);
  double width = MAX (1, self->width * scale);
  double height = MAX (1, self->height * scale);

  if (fit)
    {
      width = floor (width + .5);
      height = floor (height + .5);
    }
  graphene_rect_init (box, place (self->x, width, self->room_width, TRUE),
                      place (self->y, height, self->room_height, self->in_middle), width, height);
}

void
coffer_zoom_set_fit (CofferZoom *self)
{
  self->scale = self->x = self->y = 0;
}

/* What is laid bare is not kept: a picture moved against an edge moves back at once. */
static void
keep_place (CofferZoom *self)
{
  graphene_rect_t box;

  coffer_zoom_get_box (self, &box);
  self->x = box.origin.x;
  self->y = box.origin.y;
}

void
coffer_zoom_set_scale (CofferZoom *self,
                       double      scale,
                       double      most,
                       double      x,
                       double      y)
{
  graphene_rect_t box;
  double by;

  scale = MIN (scale, most);
  if (scale <= coffer_zoom_get_fit (self) + SAME)
    {
      coffer_zoom_set_fit (self);
      return;
    }

  coffer_zoom_get_box (self, &box);
  by = self->width * scale / box.size.width;
  self->x = x - (x - box.origin.x) * by;
  self->y = y - (y - box.origin.y) * by;
  self->scale = scale;
  keep_place (self);
}

double
coffer_zoom_get_next (const CofferZoom *self,
                      gboolean          larger)
{
  double scale = coffer_zoom_get_scale (self);
  double next = larger ? scale * G_SQRT2 : scale / G_SQRT2;

  return (scale < 1 - SAME && next > 1) || (scale > 1 + SAME && next < 1) ? 1 : next;
}

gboolean
coffer_zoom_can_move (const CofferZoom *self)
{
  graphene_rect_t box;

  if (coffer_zoom_is_fit (self))
    return FALSE;

  coffer_zoom_get_box (self, &box);

  return (self->room_width >= 1 && box.size.width > self->room_width) ||
         (self->room_height >= 1 && box.size.height > self->room_height);
}

gboolean
coffer_zoom_move (CofferZoom *self,
                  double      dx,
                  double      dy)
{
  double x = self->x, y = self->y;

  if (!coffer_zoom_can_move (self))
    return FALSE;

  self->x += dx;
  self->y += dy;
  keep_place (self);

  return x != self->x || y != self->y;
}
