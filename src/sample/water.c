/* SPDX-License-Identifier: MIT */
/* Water: a sea with the light on it, and a lake that mirrors the mountains behind it. */
#include "water.h"

#include "peaks.h"
#include "ridge.h"

#include <math.h>

static void
draw_sail (Canvas *self,
           double  x,
           double  y,
           double  size)
{
  cairo_t *cr = self->cr;

  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, size, size);
  cairo_move_to (cr, -0.5, 0);
  cairo_curve_to (cr, -0.4, 0.16, 0.4, 0.16, 0.55, -0.02);
  cairo_close_path (cr);
  colour_set (cr, colour_mix (self->scene->near, 0x000000, 0.35), 1);
  cairo_fill (cr);
  colour_set (cr, 0xfffaf0, 0.95);
  cairo_move_to (cr, 0.02, -1.3);
  cairo_curve_to (cr, 0.3, -0.8, 0.42, -0.4, 0.48, -0.1);
  cairo_line_to (cr, 0.02, -0.1);
  cairo_close_path (cr);
  cairo_fill (cr);
  colour_set (cr, 0xe8dcc8, 0.95);
  cairo_move_to (cr, -0.04, -1.1);
  cairo_curve_to (cr, -0.2, -0.6, -0.32, -0.3, -0.42, -0.1);
  cairo_line_to (cr, -0.04, -0.1);
  cairo_close_path (cr);
  cairo_fill (cr);
  cairo_restore (cr);
}

/* Ripples between the horizon and the feet: wider and rarer as they come nearer. */
static void
draw_ripples (Canvas *self,
              guint32 colour,
              double  x,
              double  spread,
              double  alpha,
              int     n)
{
  double deep = self->height - self->horizon;

  for (int i = 0; i < n; i++)
    {
      double t = pow (canvas_chance (self, 0, 1), 1.7);
      double y = self->horizon + deep * t;
      double off = canvas_chance (self, -1, 1) * canvas_chance (self, 0, 1) * spread * (0.25 + t) * self->height;
      double wide = self->height * (0.006 + 0.05 * t) * canvas_chance (self, 0.4, 1.3);

      cairo_save (self->cr);
      cairo_translate (self->cr, x + off, y);
      cairo_scale (self->cr, wide, self->height * (0.0006 + 0.0032 * t));
      cairo_arc (self->cr, 0, 0, 1, 0, 2 * G_PI);
      cairo_restore (self->cr);
      colour_set (self->cr, colour, alpha * canvas_chance (self, 0.3, 1));
      cairo_fill (self->cr);
    }
}

void
water_draw_sea (Canvas *self)
{
  const Scene *scene = self->scene;
  double x = scene->light_x * self->width;

  ridge_draw (self, self->horizon + self->height * 0.02, self->height * 0.07, 0.5,
              colour_mix (scene->far, scene->near, 0.2), colour_mix (scene->far, scene->sky[2], 0.5), 0);
  cairo_rectangle (self->cr, 0, self->horizon, self->width, self->height - self->horizon);
  canvas_fill_down (self->cr, self->horizon, colour_mix (scene->far, scene->sky[2], 0.65), 1,
             self->height, scene->near, 1);
  draw_ripples (self, colour_mix (scene->sky[1], 0xffffff, 0.2), self->width / 2, 1.6, 0.14, 900);
  draw_ripples (self, colour_mix (scene->near, 0x000000, 0.4), self->width / 2, 1.6, 0.2, 600);
  if (scene->light_size > 0)
    {
      canvas_glow (self->cr, x, self->horizon, self->height * 0.5, 0.12, scene->light, 0.5);
      draw_ripples (self, colour_mix (scene->light, 0xffffff, 0.4), x, 0.28, 0.75, 620);
    }
  if (scene->flags & SCENE_SAIL)
    {
      draw_sail (self, self->width * 0.3, self->horizon + self->height * 0.1, self->height * 0.075);
      draw_sail (self, self->width * 0.68, self->horizon + self->height * 0.03, self->height * 0.028);
    }
}

void
water_draw_lake (Canvas *self)
{
  const Scene *scene = self->scene;
  double deep = self->height - self->horizon;
  cairo_surface_t *surface;
  cairo_t *copy;

  peaks_draw (self);
  surface = cairo_surface_create_similar (cairo_get_target (self->cr), CAIRO_CONTENT_COLOR,
                                          (int) ceil (self->width), (int) ceil (self->height));
  copy = cairo_create (surface);
  cairo_set_source_surface (copy, cairo_get_target (self->cr), 0, 0);
  cairo_paint (copy);
  cairo_destroy (copy);

  /* The shore lies deeper than the horizon, in front of the last hills. */
  self->horizon += deep * 0.3;
  deep = self->height - self->horizon;
  for (double y = 0; y < deep; y += 2)
    {
      double t = y / deep;
      double sway = self->height * 0.006 * t * sin (y * 90 / self->height * (1.6 - t) + 3 * sin (y * 0.07));

      cairo_save (self->cr);
      cairo_rectangle (self->cr, 0, self->horizon + y, self->width, 2.5);
      cairo_clip (self->cr);
      cairo_translate (self->cr, sway, 2 * self->horizon);
      cairo_scale (self->cr, 1, -1);
      cairo_set_source_surface (self->cr, surface, 0, 0);
      cairo_pattern_set_extend (cairo_get_source (self->cr), CAIRO_EXTEND_REFLECT);
      cairo_paint (self->cr);
      cairo_restore (self->cr);
    }
  cairo_surface_destroy (surface);
  cairo_rectangle (self->cr, 0, self->horizon, self->width, deep);
  canvas_fill_down (self->cr, self->horizon, scene->near, 0.12, self->height, scene->near, 0.72);
  draw_ripples (self, colour_mix (scene->sky[1], 0xffffff, 0.5), self->width / 2, 1.5, 0.1, 420);
  canvas_glow (self->cr, self->width / 2, self->horizon, self->width * 0.75, 0.012,
              colour_mix (scene->sky[2], 0xffffff, 0.6), 0.9);
}
