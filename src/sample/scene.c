/* SPDX-License-Identifier: MIT */
/* Landscapes, back to front: the sky and what is in it, the ground, what flies before it. All
 * lengths follow the height, so a scene looks the same at any size. One thread, no state:
 * chance comes from a GRand seeded by the scene.
 */
#include "scene.h"

#include "ground.h"

#include <math.h>

static void
draw_stars (Canvas *self)
{
  for (int i = 0; i < 900; i++)
    {
      double x = canvas_chance (self, 0, self->width);
      double y = self->horizon * pow (canvas_chance (self, 0, 1), 1.3);
      double bright = pow (canvas_chance (self, 0, 1), 4);

      colour_set (self->cr, 0xffffff, (0.25 + 0.75 * bright) * (1 - 0.6 * y / self->horizon));
      cairo_arc (self->cr, x, y, self->height * (0.0006 + 0.0013 * bright), 0, 2 * G_PI);
      cairo_fill (self->cr);
    }
}

static void
draw_curtain (Canvas *self,
              guint32 colour,
              double  y,
              double  phase)
{
  double step = self->height * 0.003;

  for (double x = 0; x < self->width; x += step)
    {
      double t = x / self->height;
      double fold = sin (t * 5 + phase) + 0.5 * sin (t * 11 + 2 * phase);
      double foot = self->height * (y + 0.045 * fold);
      double tall = self->height * (0.24 + 0.05 * sin (t * 31 + phase) + 0.02 * sin (t * 83));
      double alpha = 0.2 + 0.13 * sin (t * 7 + 3 * phase) + 0.05 * sin (t * 57);

      cairo_rectangle (self->cr, x, foot - tall, step + 0.5, tall);
      canvas_fill_down (self->cr, foot - tall, colour, 0, foot, colour, MAX (alpha, 0.02));
      cairo_rectangle (self->cr, x, foot, step + 0.5, tall * 0.12);
      canvas_fill_down (self->cr, foot, colour, MAX (alpha, 0.02), foot + tall * 0.12, colour, 0);
    }
}

static void
draw_clouds (Canvas *self)
{
  guint32 lit = colour_mix (self->scene->sky[2], 0xffffff, 0.55);

  for (int i = 0; i < 34; i++)
    {
      double y = self->horizon * canvas_chance (self, 0.12, 0.95);
      double size = self->height * canvas_chance (self, 0.08, 0.34) * (0.5 + y / self->horizon);

      canvas_glow (self->cr, canvas_chance (self, -0.1, 1.1) * self->width, y, size,
                  canvas_chance (self, 0.05, 0.11), lit, canvas_chance (self, 0.15, 0.5));
    }
}

static void
draw_bird (Canvas *self,
           double  x,
           double  y,
           double  span)
{
  cairo_move_to (self->cr, x - span, y - span * 0.2);
  cairo_curve_to (self->cr, x - span * 0.6, y - span * 0.5, x - span * 0.2, y - span * 0.3, x, y);
  cairo_curve_to (self->cr, x + span * 0.2, y - span * 0.3, x + span * 0.6, y - span * 0.5,
                  x + span, y - span * 0.2);
  colour_set (self->cr, self->scene->near, 0.8);
  cairo_set_line_width (self->cr, span * 0.16);
  cairo_set_line_cap (self->cr, CAIRO_LINE_CAP_ROUND);
  cairo_stroke (self->cr);
}

void
scene_draw_balloon (cairo_t *cr,
                    double   x,
                    double   y,
                    double   radius,
                    guint32  colour)
{
  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_scale (cr, radius, radius);

  /* Ropes and basket */
  colour_set (cr, 0x4a3423, 0.9);
  cairo_set_line_width (cr, 0.03);
  cairo_move_to (cr, -0.3, 1.1);
  cairo_line_to (cr, -0.15, 1.65);
  cairo_move_to (cr, 0.3, 1.1);
  cairo_line_to (cr, 0.15, 1.65);
  cairo_stroke (cr);
  cairo_rectangle (cr, -0.18, 1.62, 0.36, 0.28);
  colour_set (cr, 0x8a5a2b, 1);
  cairo_fill (cr);

  /* The envelope, its gores, and the light on it */
  cairo_move_to (cr, -0.3, 1.15);
  cairo_curve_to (cr, -0.45, 0.8, -1, 0.6, -1, 0);
  cairo_curve_to (cr, -1, -1.33, 1, -1.33, 1, 0);
  cairo_curve_to (cr, 1, 0.6, 0.45, 0.8, 0.3, 1.15);
  cairo_close_path (cr);
  cairo_clip (cr);
  colour_set (cr, colour, 1);
  cairo_paint (cr);
  colour_set (cr, 0xffffff, 0.85);
  for (int i = -2; i <= 2; i += 2)
    {
      double a = (i - 0.5) * 0.36;
      double b = (i + 0.5) * 0.36;

      cairo_move_to (cr, 0, -1.1);
      cairo_curve_to (cr, a * 1.4, -0.9, a * 1.4, 0.5, a * 0.35, 1.2);
      cairo_line_to (cr, b * 0.35, 1.2);
      cairo_curve_to (cr, b * 1.4, 0.5, b * 1.4, -0.9, 0, -1.1);
      cairo_fill (cr);
    }
  canvas_glow (cr, -0.4, -0.45, 0.9, 1, 0xffffff, 0.4);
  canvas_glow (cr, 0.8, 0.6, 1.5, 1, 0x1a1030, 0.45);
  cairo_restore (cr);
}

static void
draw_sky (Canvas *self)
{
  const Scene *scene = self->scene;
  cairo_pattern_t *pattern = cairo_pattern_create_linear (0, 0, 0, self->horizon);
  double x = scene->light_x * self->width;
  double y = scene->light_y * self->height;

  colour_add_stop (pattern, 0, scene->sky[0], 1);
  colour_add_stop (pattern, 0.55, scene->sky[1], 1);
  colour_add_stop (pattern, 1, scene->sky[2], 1);
  cairo_set_source (self->cr, pattern);
  cairo_paint (self->cr);
  cairo_pattern_destroy (pattern);

  if (scene->flags & SCENE_STARS)
    draw_stars (self);
  if (scene->flags & SCENE_AURORA)
    {
      draw_curtain (self, 0x7a5cff, 0.36, 2.1);
      draw_curtain (self, 0x35f0a0, 0.46, 0.4);
      draw_curtain (self, 0x2ad0c8, 0.54, 4.0);
    }
  if (scene->light_size > 0)
    {
      double size = scene->light_size * self->height;

      canvas_glow (self->cr, x, y, self->height * 0.75, 0.8, scene->light,
                  scene->flags & SCENE_STARS ? 0.25 : 0.5);
      canvas_glow (self->cr, x, y, size * 3.5, 1, scene->light, 0.55);
      colour_set (self->cr, colour_mix (scene->light, 0xffffff, 0.45), 1);
      cairo_arc (self->cr, x, y, size, 0, 2 * G_PI);
      cairo_fill (self->cr);
    }
  if (scene->flags & SCENE_CLOUDS)
    draw_clouds (self);
}

void
scene_draw (const Scene *self,
            cairo_t     *cr,
            double       width,
            double       height)
{
  Canvas canvas = { self, cr, g_rand_new_with_seed (self->seed), width, height, height * 0.6 };

  draw_sky (&canvas);
  ground_draw (&canvas);
  if (self->flags & SCENE_BALLOONS)
    {
      scene_draw_balloon (cr, width * 0.28, height * 0.3, height * 0.11, 0xd9483b);
      scene_draw_balloon (cr, width * 0.62, height * 0.2, height * 0.06, 0x3a7fc4);
      scene_draw_balloon (cr, width * 0.8, height * 0.4, height * 0.035, 0xe8a317);
    }
  if (self->flags & SCENE_BIRDS)
    for (int i = 0; i < 7; i++)
      draw_bird (&canvas, width * canvas_chance (&canvas, 0.55, 0.8), height * canvas_chance (&canvas, 0.14, 0.3),
                 height * canvas_chance (&canvas, 0.007, 0.014));
  g_rand_free (canvas.rand);
}
