/* SPDX-License-Identifier: MIT */
/* Landscapes for the sample vault, drawn from a few colours and a seed. The same scene gives
 * the same picture on every machine.
 */
#pragma once

#include <cairo.h>
#include <glib.h>

typedef enum {
  GROUND_RIDGES,
  GROUND_PEAKS,
  GROUND_SEA,
  GROUND_LAKE,
  GROUND_DUNES,
  GROUND_CITY,
  GROUND_FIELD,
  GROUND_FOREST
} SceneGround;

typedef enum {
  SCENE_STARS = 1 << 0,
  SCENE_AURORA = 1 << 1,
  SCENE_CLOUDS = 1 << 2,
  SCENE_BALLOONS = 1 << 3,
  SCENE_BIRDS = 1 << 4,
  SCENE_PINES = 1 << 5,
  SCENE_SAIL = 1 << 6,
  SCENE_SNOW = 1 << 7
} SceneFlags;

/* Colours are 0xRRGGBB; places are parts of the width and of the height. */
typedef struct {
  SceneGround ground;
  guint32 sky[3];      /* above, between, at the horizon */
  guint32 light;       /* the sun or the moon */
  double light_x;
  double light_y;
  double light_size;   /* its radius, part of the height; 0: none in sight */
  guint32 far;         /* the ground at the horizon */
  guint32 near;        /* and before one's feet */
  unsigned flags;      /* SceneFlags */
  guint32 seed;
} Scene;

void scene_draw         (const Scene *self,
                         cairo_t     *cr,
                         double       width,
                         double       height);
/* Without a sky: the rest of the surface keeps what it has. */
void scene_draw_balloon (cairo_t     *cr,
                         double       x,
                         double       y,
                         double       radius,
                         guint32      colour);
