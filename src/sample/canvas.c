/* SPDX-License-Identifier: MIT */
/* Colours, gradients and glows for the landscapes. */
#include "canvas.h"

#include <math.h>

guint32
colour_mix (guint32 a,
            guint32 b,
            double  t)
{
  guint32 result = 0;

  for (int shift = 0; shift <= 16; shift += 8)
    {
      double from = (a >> shift) & 0xff;
      double to = (b >> shift) & 0xff;

      result |= (guint32) lround (from + (to - from) * CLAMP (t, 0, 1)) << shift;
    }
  return result;
}

void
colour_set (cairo_t *cr,
            guint32  colour,
            double   alpha)
{
  cairo_set_source_rgba (cr, ((colour >> 16) & 0xff) / 255.0, ((colour >> 8) & 0xff) / 255.0,
                         (colour & 0xff) / 255.0, alpha);
}

void
colour_add_stop (cairo_pattern_t *pattern,
                 double           offset,
                 guint32          colour,
                 double           alpha)
{
  cairo_pattern_add_color_stop_rgba (pattern, offset, ((colour >> 16) & 0xff) / 255.0,
                                     ((colour >> 8) & 0xff) / 255.0, (colour & 0xff) / 255.0,
                                     alpha);
}

void
canvas_fill_down (cairo_t *cr,
                  double   y0,
                  guint32  colour0,
                  double   alpha0,
                  double   y1,
                  guint32  colour1,
                  double   alpha1)
{
  cairo_pattern_t *pattern = cairo_pattern_create_linear (0, y0, 0, y1);

  colour_add_stop (pattern, 0, colour0, alpha0);
  colour_add_stop (pattern, 1, colour1, alpha1);
  cairo_set_source (cr, pattern);
  cairo_fill (cr);
  cairo_pattern_destroy (pattern);
}

void
canvas_glow (cairo_t *cr,
             double   x,
             double   y,
             double   radius,
             double   flat,
             guint32  colour,
             double   alpha)
{
  cairo_pattern_t *pattern = cairo_pattern_create_radial (0, 0, 0, 0, 0, radius);

  colour_add_stop (pattern, 0, colour, alpha);
  colour_add_stop (pattern, 0.35, colour, alpha * 0.45);
  colour_add_stop (pattern, 1, colour, 0);
  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, 1, flat);
  cairo_set_source (cr, pattern);
  cairo_arc (cr, 0, 0, radius, 0, 2 * G_PI);
  cairo_fill (cr);
  cairo_restore (cr);
  cairo_pattern_destroy (pattern);
}

double
canvas_chance (Canvas *self,
               double  from,
               double  to)
{
  return g_rand_double_range (self->rand, from, to);
}
