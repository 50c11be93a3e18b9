/* SPDX-License-Identifier: MIT */
/* The lower half of a landscape: layers of ground that lose their haze as they come nearer. */
#include "ground.h"

#include <math.h>

#define PROFILE_STEPS 512   /* a power of two: profiles are halved until they are this fine */

/* Heights between -1 and 1 by halving; @rough is how much of the height stays at each step. */
static void
make_profile (Canvas *self,
              double  profile[PROFILE_STEPS + 1],
              double  rough)
{
  double swing = 0.6;

  profile[0] = canvas_chance (self, -0.6, 0.6);
  profile[PROFILE_STEPS] = canvas_chance (self, -0.6, 0.6);
  for (int step = PROFILE_STEPS; step > 1; step /= 2, swing *= rough)
    for (int i = 0; i < PROFILE_STEPS; i += step)
      profile[i + step / 2] = CLAMP ((profile[i] + profile[i + step]) / 2
                                     + canvas_chance (self, -swing, swing), -1, 1);
}

static double
profile_at (const double *profile,
            double        t)
{
  double at = CLAMP (t, 0, 1) * PROFILE_STEPS;
  int i = MIN ((int) at, PROFILE_STEPS - 1);

  return profile[i] + (profile[i + 1] - profile[i]) * (at - i);
}

static void
draw_pine (Canvas *self,
           double  x,
           double  foot,
           double  tall)
{
  double wide = tall * canvas_chance (self, 0.13, 0.18);

  cairo_move_to (self->cr, x, foot - tall);
  for (int i = 1; i <= 5; i++)
    {
      cairo_line_to (self->cr, x + wide * i / 5.0, foot - tall * (1 - i / 5.5));
      cairo_line_to (self->cr, x + wide * i / 9.0, foot - tall * (1.02 - i / 5.5));
    }
  cairo_line_to (self->cr, x + wide * 0.15, foot + tall * 0.1);
  cairo_line_to (self->cr, x - wide * 0.15, foot + tall * 0.1);
  for (int i = 5; i >= 1; i--)
    {
      cairo_line_to (self->cr, x - wide * i / 9.0, foot - tall * (1.02 - i / 5.5));
      cairo_line_to (self->cr, x - wide * i / 5.0, foot - tall * (1 - i / 5.5));
    }
  cairo_close_path (self->cr);
  cairo_fill (self->cr);
}

/* One range of hills: @y its middle, @swing how high and low it goes, @pines part of the height. */
static void
draw_ridge (Canvas *self,
            double  y,
            double  swing,
            double  rough,
            guint32 colour,
            guint32 haze,
            double  pines)
{
  double profile[PROFILE_STEPS + 1];

  make_profile (self, profile, rough);
  cairo_move_to (self->cr, 0, self->height);
  for (int i = 0; i <= PROFILE_STEPS; i++)
    cairo_line_to (self->cr, self->width * i / PROFILE_STEPS, y - swing * profile[i]);
  cairo_line_to (self->cr, self->width, self->height);
  cairo_close_path (self->cr);
  canvas_fill_down (self->cr, y - swing, colour, 1, y + swing + self->height * 0.12, haze, 1);

  colour_set (self->cr, colour, 1);
  for (double x = 0; pines > 0 && x < self->width; x += self->height * pines * canvas_chance (self, 0.1, 0.35))
    draw_pine (self, x, y - swing * profile_at (profile, x / self->width) + self->height * 0.004,
               self->height * pines * canvas_chance (self, 0.45, 1));
}

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

      draw_ridge (self, self->horizon + self->height * (0.36 * t - 0.1),
                  self->height * (0.17 - 0.1 * t), 0.52,
                  colour, colour_mix (colour, scene->sky[2], 0.45 * (1 - t)),
                  i >= n - 2 ? pines * (0.4 + 0.6 * t) : 0);
    }
}

/* Mountains with a bright and a dark flank, by the side from which the light comes. */
#define PEAK_STEPS 24

typedef struct {
  double x;
  double top;
  double foot;
  double wide;                   /* from the middle to the end of a flank */
  double edge[2][PEAK_STEPS + 1];   /* how far each outline leaves its line */
  double ridge[PEAK_STEPS + 1];     /* where the flanks meet, from the middle */
} Peak;

static void
peak_to_edge (const Peak *self,
              cairo_t    *cr,
              int         side,
              int         i)
{
  double t = (double) i / PEAK_STEPS;

  cairo_line_to (cr, self->x + side * self->wide * (t * (0.72 + 0.28 * t) + self->edge[side > 0][i]),
                 self->top + (self->foot - self->top) * t);
}

static void
peak_to_ridge (const Peak *self,
               cairo_t    *cr,
               int         i)
{
  double t = (double) i / PEAK_STEPS;

  cairo_line_to (cr, self->x + self->wide * self->ridge[i] * (0.4 + t),
                 self->top + (self->foot - self->top) * t);
}

/* The flank on @side from the top down to step @last; its lower end is torn by @tear. */
static void
trace_flank (Canvas     *self,
             const Peak *peak,
             int         side,
             int         last,
             double      tear)
{
  double t = (double) last / PEAK_STEPS;
  double from = side * peak->wide * (t * (0.72 + 0.28 * t) + peak->edge[side > 0][last]);
  double to = peak->wide * peak->ridge[last] * (0.4 + t);
  const int n = tear > 0 ? 9 : 0;

  cairo_move_to (self->cr, peak->x, peak->top);
  for (int i = 1; i <= last; i++)
    peak_to_edge (peak, self->cr, side, i);
  for (int i = 1; i < n; i++)
    cairo_line_to (self->cr, peak->x + from + (to - from) * (i + canvas_chance (self, -0.3, 0.3)) / n,
                   peak->top + (peak->foot - peak->top) * (t + (i % 2 ? tear : -tear) * canvas_chance (self, 0.3, 1)));
  for (int i = last; i > 0; i--)
    peak_to_ridge (peak, self->cr, i);
  cairo_close_path (self->cr);
}

static void
draw_peak (Canvas *self,
           double  x,
           double  top,
           double  foot,
           double  wide,
           guint32 colour)
{
  const Scene *scene = self->scene;
  Peak peak = { x, top, foot, wide, { { 0 }, { 0 } }, { 0 } };
  guint32 lit = colour_mix (colour, scene->light, 0.28);
  guint32 dark = colour_mix (colour, 0x101828, 0.3);
  guint32 snow = colour_mix (0xffffff, scene->light, 0.25);

  for (int i = 1; i <= PEAK_STEPS; i++)
    {
      peak.edge[0][i] = canvas_chance (self, -0.03, 0.03);
      peak.edge[1][i] = canvas_chance (self, -0.03, 0.03);
      peak.ridge[i] = peak.ridge[i - 1] * 0.75 + canvas_chance (self, -0.05, 0.05);
    }
  for (int side = -1; side <= 1; side += 2)
    {
      gboolean is_lit = (side < 0) == (scene->light_x < 0.5);

      trace_flank (self, &peak, side, PEAK_STEPS, 0);
      canvas_fill_down (self->cr, top, is_lit ? lit : dark, 1, foot, colour_mix (colour, scene->sky[2], 0.6), 1);
      if (!(scene->flags & SCENE_SNOW))
        continue;
      trace_flank (self, &peak, side, is_lit ? 10 : 8, 0.09);
      colour_set (self->cr, is_lit ? snow : colour_mix (snow, dark, 0.45), 1);
      cairo_fill (self->cr);
    }
}

static void
draw_peaks (Canvas *self)
{
  static const double places[][2] = {
    { 0.46, 0.66 }, { 0.05, 0.72 }, { 0.92, 0.78 }, { 0.56, 0.52 }, { 0.22, 0.95 }, { 0.72, 1 }
  };
  const Scene *scene = self->scene;
  double foot = self->horizon + self->height * 0.14;

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    draw_peak (self, self->width * (places[i][0] + canvas_chance (self, -0.04, 0.04)),
               foot - self->height * 0.5 * places[i][1] * canvas_chance (self, 0.85, 1.05),
               foot, self->height * 0.5 * places[i][1] * canvas_chance (self, 0.9, 1.2),
               colour_mix (scene->far, scene->near, 0.12 * i));
  for (int i = 0; i < 3; i++)
    {
      guint32 colour = colour_mix (scene->far, scene->near, 0.6 + 0.2 * i);

      draw_ridge (self, self->horizon + self->height * (0.1 + 0.13 * i), self->height * 0.05, 0.5,
                  colour, colour_mix (colour, scene->sky[2], 0.25 * (1 - i / 2.0)),
                  scene->flags & SCENE_PINES ? 0.04 + 0.035 * i : 0);
    }
}

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

static void
draw_sea (Canvas *self)
{
  const Scene *scene = self->scene;
  double x = scene->light_x * self->width;

  draw_ridge (self, self->horizon + self->height * 0.02, self->height * 0.07, 0.5,
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

/* What stands above the horizon once more, upside down, under moving water. */
static void
draw_lake (Canvas *self)
{
  const Scene *scene = self->scene;
  double deep = self->height - self->horizon;
  cairo_surface_t *surface;
  cairo_t *copy;

  draw_peaks (self);
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

  draw_ridge (self, self->horizon, self->height * 0.1, 0.42, colour_mix (scene->far, scene->sky[2], 0.5),
              colour_mix (scene->far, scene->sky[2], 0.75), 0);
  draw_ridge (self, self->horizon + self->height * 0.04, self->height * 0.05, 0.42, scene->far,
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

      draw_ridge (self, self->horizon + self->height * (0.05 + 0.4 * t), self->height * 0.06, 0.45,
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
    case GROUND_PEAKS: draw_peaks (self); break;
    case GROUND_SEA: draw_sea (self); break;
    case GROUND_LAKE: draw_lake (self); break;
    case GROUND_DUNES: draw_dunes (self); break;
    case GROUND_CITY: draw_city (self); break;
    case GROUND_FIELD: draw_field (self); break;
    case GROUND_FOREST: draw_forest (self); break;
    case GROUND_RIDGES:
    default: draw_ridges (self, self->scene->flags & SCENE_PINES ? 0.09 : 0); break;
    }
}
