/* SPDX-License-Identifier: MIT */
/* A range of hills: heights by halving a line again and again, and the pines on it. */
#include "ridge.h"

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

void
ridge_draw (Canvas *self,
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
