/* SPDX-License-Identifier: MIT */
/* Mountains: a bright and a dark flank each, by the side from which the light comes. */
#include "peaks.h"

#include "ridge.h"

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

void
peaks_draw (Canvas *self)
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

      ridge_draw (self, self->horizon + self->height * (0.1 + 0.13 * i), self->height * 0.05, 0.5,
                  colour, colour_mix (colour, scene->sky[2], 0.25 * (1 - i / 2.0)),
                  scene->flags & SCENE_PINES ? 0.04 + 0.035 * i : 0);
    }
}
