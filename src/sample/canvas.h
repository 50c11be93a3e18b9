/* SPDX-License-Identifier: MIT */
/* A landscape being drawn, and what draws all of its parts. */
#pragma once

#include "scene.h"

typedef struct {
  const Scene *scene;
  cairo_t *cr;
  GRand *rand;
  double width;
  double height;
  double horizon;   /* y */
} Canvas;

/* @t of the way from @a to @b. */
guint32 colour_mix       (guint32          a,
                          guint32          b,
                          double           t);
void    colour_set       (cairo_t         *cr,
                          guint32          colour,
                          double           alpha);
void    colour_add_stop  (cairo_pattern_t *pattern,
                          double           offset,
                          guint32          colour,
                          double           alpha);
/* Fill the current path with a gradient from @y0 down to @y1. */
void    canvas_fill_down (cairo_t         *cr,
                          double           y0,
                          guint32          colour0,
                          double           alpha0,
                          double           y1,
                          guint32          colour1,
                          double           alpha1);
/* A soft spot: full in the middle, nothing at @radius; @flat squeezes it to a streak. */
void    canvas_glow      (cairo_t         *cr,
                          double           x,
                          double           y,
                          double           radius,
                          double           flat,
                          guint32          colour,
                          double           alpha);
double  canvas_chance    (Canvas          *self,
                          double           from,
                          double           to);
