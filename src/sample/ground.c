/* SPDX-License-Identifier: MIT */
/* The lower half of a landscape: layers of ground that lose their haze as they come nearer. */
#include "ground.h"

#include "peaks.h"
#include "ridge.h"
#include "water.h"

#include <math.h>

static void
draw_ridges (Canvas *self,
             double  pines)
{
  const Scene *scene = self->scene;
  const int n = 5;

  for (int i = 0; i < n; i++)
    {
      double t = i / (n - 1.0);
      guint32 colour = colour_mix (scene->far, scene->near, t);

      ridge_draw (self, self->horizon + self->height * (0.36 * t - 0.1),
                  self->height * (0.17 - 0.1 * t), 0.52,
                  colour, colour_mix (colour, scene->sky[2], 0.45 * (1 - t)),
                  i >= n - 2 ? pines * (0.4 + 0.6 * t) : 0);
    }
}

static void
draw_dune (Canvas *self,
           double  y,
           double  swing,
           double  t)
{
  const Scene *scene = self->scene;
  guint32 body = colour_mix (scene->far, scene->near, t);
  guint32 lit = colour_mix (body, scene->light, 0.22);
  guint32 shade = colour_mix (body, colour_mix (scene->near, 0x201028, 0.6), 0.62);
  double phase = canvas_chance (self, 0, 7);
  double crest = canvas_chance (self, 0.25, 0.75) * self->width;
  double side = scene->light_x < 0.5 ? 1 : -1;
  const int n = 200;

  cairo_move_to (self->cr, -self->height, self->height * 1.2);
  for (int i = 0; i <= n; i++)
    {
      double x = self->width * i / n;
      double near_crest = exp (-fabs (x - crest) / (self->height * 0.32));

      cairo_line_to (self->cr, x, y - swing * (near_crest + 0.25 * sin (2.2 * x / self->height + phase)));
    }
  cairo_line_to (self->cr, self->width + self->height, self->height * 1.2);
  cairo_close_path (self->cr);
  cairo_save (self->cr);
  canvas_fill_down (self->cr, y - swing * 1.2, lit, 1, y + self->height * 0.3, colour_mix (body, scene->near, 0.5), 1);
  cairo_restore (self->cr);

  /* The far side of the crest lies in the shade; its edge winds down to the feet. */
  cairo_move_to (self->cr, crest, y - swing * (1 + 0.25 * sin (2.2 * crest / self->height + phase)));
  for (int i = 1; i <= n; i++)
    {
      double x = crest + side * self->height * 1.5 * i / n;
      double near_crest = exp (-fabs (x - crest) / (self->height * 0.32));

      cairo_line_to (self->cr, x, y - swing * (near_crest + 0.25 * sin (2.2 * x / self->height + phase)));
    }
  cairo_curve_to (self->cr, crest + side * self->height * 1.1, y + self->height * 0.14,
                  crest + side * self->height * 0.5, y + self->height * 0.02,
                  crest + side * self->height * 0.32, y + self->height * 0.3);
  cairo_curve_to (self->cr, crest - side * self->height * 0.16, y + self->height * 0.16,
                  crest + side * self->height * 0.14, y - swing * 0.3,
                  crest, y - swing * (1 + 0.25 * sin (2.2 * crest / self->height + phase)));
  canvas_fill_down (self->cr, y - swing, shade, 0.95, y + self->height * 0.3, shade, 0.15);
}

static void
draw_dunes (Canvas *self)
{
  const int n = 5;

  for (int i = 0; i < n; i++)
    {
      double t = i / (n - 1.0);

      draw_dune (self, self->horizon + self->height * (0.05 + 0.33 * t * t),
                 self->height * (0.06 + 0.13 * t), t);
    }
}

static void
draw_tower (Canvas *self,
            double  x,
            double  wide,
            double  top,
            guint32 colour,
            double  lights)
{
  double cell = self->height * 0.011;

  cairo_rectangle (self->cr, x, top, wide, self->height - top);
  canvas_fill_down (self->cr, top, colour, 1, self->height, colour_mix (colour, self->scene->sky[2], 0.25), 1);
  if (canvas_chance (self, 0, 1) < 0.25)
    {
      cairo_rectangle (self->cr, x + wide * 0.47, top - self->height * 0.04, wide * 0.06, self->height * 0.04);
      colour_set (self->cr, colour, 1);
      cairo_fill (self->cr);
    }
  for (double wy = top + cell; lights > 0 && wy < self->height; wy += cell * 1.5)
    for (double wx = x + cell * 0.6; wx < x + wide - cell * 0.9; wx += cell * 1.15)
      if (canvas_chance (self, 0, 1) < lights)
        {
          cairo_rectangle (self->cr, wx, wy, cell * 0.55, cell * 0.75);
          colour_set (self->cr, colour_mix (0xffd98a, 0xfff4d8, canvas_chance (self, 0, 1)),
                      canvas_chance (self, 0.35, 0.95));
          cairo_fill (self->cr);
        }
}

static void
draw_city (Canvas *self)
{
  const Scene *scene = self->scene;

  for (int layer = 0; layer < 4; layer++)
    {
      double t = layer / 3.0;
      guint32 colour = colour_mix (scene->far, scene->near, t);

      for (double x = -self->height * 0.05; x < self->width;)
        {
          double wide = self->height * canvas_chance (self, 0.05, 0.11) * (0.7 + 0.5 * t);
          double away = fabs (x / self->width - 0.55);
          double tall = self->height * (canvas_chance (self, 0.1, 0.44) * (1.1 - 0.9 * away) - 0.08 * t);

          draw_tower (self, x, wide, self->horizon + self->height * (0.05 + 0.16 * t) - tall, colour,
                      layer == 0 ? 0.06 : 0.1 + 0.16 * t);
          x += wide * canvas_chance (self, 0.85, 1.35);
        }
      canvas_glow (self->cr, self->width / 2, self->height * (0.75 + 0.1 * t), self->width * 0.8,
                  0.16, scene->sky[2], 0.3 * (1 - t));
    }
}

/* Rows of a crop that meet where they vanish, with hills and one tree behind. */
static void
draw_field (Canvas *self)
{
  const Scene *scene = self->scene;
  double vanish = self->width * 0.42;
  double y0 = self->horizon + self->height * 0.06;
  double tree = self->width * 0.77;
  const int n = 46;

  ridge_draw (self, self->horizon, self->height * 0.1, 0.42, colour_mix (scene->far, scene->sky[2], 0.5),
              colour_mix (scene->far, scene->sky[2], 0.75), 0);
  ridge_draw (self, self->horizon + self->height * 0.04, self->height * 0.05, 0.42, scene->far,
              colour_mix (scene->far, scene->sky[2], 0.4), 0.02);
  cairo_rectangle (self->cr, 0, y0, self->width, self->height - y0);
  canvas_fill_down (self->cr, y0, colour_mix (scene->near, scene->sky[2], 0.35), 1,
             self->height, colour_mix (scene->near, 0x102010, 0.35), 1);
  for (int i = -n; i <= n; i++)
    {
      double left = vanish + self->height * 0.13 * i;
      double right = left + self->height * 0.085;

      cairo_move_to (self->cr, vanish + self->height * 0.006 * i, y0);
      cairo_line_to (self->cr, vanish + self->height * 0.006 * (i + 0.6), y0);
      cairo_line_to (self->cr, right, self->height);
      cairo_line_to (self->cr, left, self->height);
      cairo_close_path (self->cr);
      canvas_fill_down (self->cr, y0, colour_mix (scene->near, scene->sky[2], 0.3), 0.4, self->height,
                 colour_mix (scene->near, 0xffffff, 0.22), 1);
    }
  for (int i = 0; i < 5200; i++)
    {
      double t = pow (canvas_chance (self, 0, 1), 1.6);

      cairo_arc (self->cr, canvas_chance (self, 0, self->width), y0 + (self->height - y0) * t,
                 self->height * (0.0006 + 0.0028 * t), 0, 2 * G_PI);
      colour_set (self->cr, colour_mix (scene->near, i % 3 ? 0xffffff : 0x102008,
                                        canvas_chance (self, 0.2, 0.65)), 0.55);
      cairo_fill (self->cr);
    }
  colour_set (self->cr, 0x3a2a1c, 1);
  cairo_rectangle (self->cr, tree - self->height * 0.006, y0 - self->height * 0.06, self->height * 0.012,
                   self->height * 0.075);
  cairo_fill (self->cr);
  for (int i = 0; i < 90; i++)
    {
      double turn = canvas_chance (self, 0, 2 * G_PI);
      double away = sqrt (canvas_chance (self, 0, 1)) * self->height * 0.06;

      cairo_arc (self->cr, tree + away * cos (turn), y0 - self->height * 0.1 + away * 0.75 * sin (turn),
                 self->height * canvas_chance (self, 0.008, 0.018), 0, 2 * G_PI);
      colour_set (self->cr, colour_mix (0x1f3d1c, 0x7a9a3c, 0.5 - 0.5 * sin (turn) * away / (self->height * 0.06)
                                 + canvas_chance (self, -0.15, 0.15)), 1);
      cairo_fill (self->cr);
    }
}

static void
draw_forest (Canvas *self)
{
  const Scene *scene = self->scene;
  const int n = 6;

  for (int i = 0; i < n; i++)
    {
      double t = i / (n - 1.0);
      guint32 colour = colour_mix (scene->far, scene->near, t * t);

      ridge_draw (self, self->horizon + self->height * (0.05 + 0.4 * t), self->height * 0.06, 0.45,
                  colour, colour_mix (colour, scene->sky[2], 0.75 * (1 - t)), 0.1 + 0.24 * t * t);
      for (int k = 0; k < 5; k++)
        canvas_glow (self->cr, canvas_chance (self, 0, self->width), self->horizon + self->height * (0.1 + 0.4 * t),
                    self->height * 0.7, 0.12, scene->sky[2], 0.35 * (1 - t));
    }
}

void
ground_draw (Canvas *self)
{
  switch (self->scene->ground)
    {
    case GROUND_PEAKS: peaks_draw (self); break;
    case GROUND_SEA: water_draw_sea (self); break;
    case GROUND_LAKE: water_draw_lake (self); break;
    case GROUND_DUNES: draw_dunes (self); break;
    case GROUND_CITY: draw_city (self); break;
    case GROUND_FIELD: draw_field (self); break;
    case GROUND_FOREST: draw_forest (self); break;
    case GROUND_RIDGES:
    default: draw_ridges (self, self->scene->flags & SCENE_PINES ? 0.09 : 0); break;
    }
}
