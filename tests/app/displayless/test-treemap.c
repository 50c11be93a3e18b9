/* SPDX-License-Identifier: MIT */
/* Where the tiles of a treemap come to be. */
#include "coffer-treemap-layout.h"

#include <stdlib.h>

#define MOST 120

static int
compare_falling (const void *a,
                 const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? 1 : x > y ? -1 : 0;
}

/* From 1 up to so many digits. */
static double
make_weight (guint digits)
{
  double weight = g_test_rand_double_range (1, 10);

  for (int i = g_test_rand_int_range (0, (int) digits); i > 0; i--)
    weight *= 10;
  return weight;
}

static gboolean
overlap (const CofferTreemapRect *a,
         const CofferTreemapRect *b)
{
  return MIN (a->x + a->width, b->x + b->width) - MAX (a->x, b->x) > 1e-6 &&
         MIN (a->y + a->height, b->y + b->height) - MAX (a->y, b->y) > 1e-6;
}

/* Areas as the weights, inside, beside each other, and nothing left over. */
static void
check (const double *weights,
       guint         n,
       double        width,
       double        height)
{
  CofferTreemapRect rects[MOST];
  double total = 0, covered = 0;

  coffer_treemap_layout (weights, n, width, height, rects);
  for (guint i = 0; i < n; i++)
    total += weights[i];
  for (guint i = 0; i < n; i++)
    {
      double area = rects[i].width * rects[i].height;

      g_assert_cmpfloat_with_epsilon (area, width * height * weights[i] / total, 1e-6 * width * height);
      g_assert_cmpfloat (rects[i].x, >=, -1e-6);
      g_assert_cmpfloat (rects[i].y, >=, -1e-6);
      g_assert_cmpfloat (rects[i].x + rects[i].width, <=, width + 1e-6);
      g_assert_cmpfloat (rects[i].y + rects[i].height, <=, height + 1e-6);
      for (guint k = 0; k < i; k++)
        g_assert_false (overlap (&rects[i], &rects[k]));
      covered += area;
    }
  g_assert_cmpfloat_with_epsilon (covered, width * height, 1e-6 * width * height);
}

static void
areas_are_as_the_weights (void)
{
  for (guint round = 0; round < 200; round++)
    {
      guint n = (guint) g_test_rand_int_range (1, MOST);
      double weights[MOST];

      for (guint i = 0; i < n; i++)
        weights[i] = make_weight (1 + round % 9);
      qsort (weights, n, sizeof *weights, compare_falling);
      check (weights, n, g_test_rand_double_range (20, 1600), g_test_rand_double_range (20, 900));
    }
}

/* The example of the paper: 6, 6, 4, 3, 2, 2, 1 in 6 × 4. */
static void
tiles_are_nearly_square (void)
{
  const double weights[] = { 6, 6, 4, 3, 2, 2, 1 };
  CofferTreemapRect rects[G_N_ELEMENTS (weights)];

  coffer_treemap_layout (weights, G_N_ELEMENTS (weights), 6, 4, rects);
  g_assert_cmpfloat_with_epsilon (rects[0].width, 3, 1e-9);
  g_assert_cmpfloat_with_epsilon (rects[0].height, 2, 1e-9);
  g_assert_cmpfloat_with_epsilon (rects[1].y, 2, 1e-9);
  for (guint i = 0; i < G_N_ELEMENTS (weights); i++)
    g_assert_cmpfloat (MAX (rects[i].width / rects[i].height, rects[i].height / rects[i].width), <, 3);
}

static void
like_sizes_stay_like_squares (void)
{
  double weights[MOST];
  CofferTreemapRect rects[MOST];

  for (guint i = 0; i < MOST; i++)
    weights[i] = 1;
  coffer_treemap_layout (weights, MOST, 900, 400, rects);
  for (guint i = 0; i < MOST; i++)
    g_assert_cmpfloat (MAX (rects[i].width / rects[i].height, rects[i].height / rects[i].width), <, 2);
}

static void
no_room_is_no_trouble (void)
{
  const double weights[] = { 3, 2, 1 };
  CofferTreemapRect rects[3];

  coffer_treemap_layout (weights, 3, 0, 100, rects);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat (rects[i].width * rects[i].height, ==, 0);
  coffer_treemap_layout (weights, 0, 100, 100, rects);
}

static void
small_ones_are_folded (void)
{
  const guint64 sizes[] = { 600, 300, 90, 9, 1, 0, 0 };
  const guint64 zeros[] = { 0, 0, 0 };

  g_assert_cmpuint (coffer_treemap_fold (sizes, 7, 1000, 10000, 400), ==, 3);
  g_assert_cmpuint (coffer_treemap_fold (sizes, 7, 1000, 10000, 10), ==, 5);
  g_assert_cmpuint (coffer_treemap_fold (sizes, 7, 1000000000, 10000, 400), ==, 0);   /* what is not among them is more */
  g_assert_cmpuint (coffer_treemap_fold (zeros, 3, 0, 10000, 400), ==, 3);
  g_assert_cmpuint (coffer_treemap_fold (zeros, 3, 0, 900, 400), ==, 2);
  g_assert_cmpuint (coffer_treemap_fold (NULL, 0, 0, 900, 400), ==, 0);
}

/*
 *     ┌───┬─┬─┐
 *     │   │1│2│
 *     │ 0 ├─┴─┤
 *     │   │ 3 │
 *     └───┴───┘
 */
static void
steps_go_to_what_lies_beside (void)
{
  const CofferTreemapRect rects[] = { { 0, 0, 40, 40 }, { 40, 0, 20, 16 }, { 60, 0, 20, 16 }, { 40, 16, 40, 24 } };

  g_assert_cmpuint (coffer_treemap_step (rects, 4, 0, COFFER_TREEMAP_RIGHT), ==, 3);   /* beside its middle */
  g_assert_cmpuint (coffer_treemap_step (rects, 4, 1, COFFER_TREEMAP_RIGHT), ==, 2);
  g_assert_cmpuint (coffer_treemap_step (rects, 4, 2, COFFER_TREEMAP_RIGHT), ==, 2);
  g_assert_cmpuint (coffer_treemap_step (rects, 4, 2, COFFER_TREEMAP_LEFT), ==, 1);
  g_assert_cmpuint (coffer_treemap_step (rects, 4, 1, COFFER_TREEMAP_LEFT), ==, 0);
  g_assert_cmpuint (coffer_treemap_step (rects, 4, 2, COFFER_TREEMAP_DOWN), ==, 3);
  g_assert_cmpuint (coffer_treemap_step (rects, 4, 0, COFFER_TREEMAP_UP), ==, 0);
  g_assert_cmpuint (coffer_treemap_step (rects, 4, 0, COFFER_TREEMAP_DOWN), ==, 0);
}

/* Whatever the tiles, arrows come to every one of them. */
static void
every_tile_can_be_reached (void)
{
  for (guint round = 0; round < 100; round++)
    {
      guint n = (guint) g_test_rand_int_range (2, MOST);
      double weights[MOST];
      CofferTreemapRect rects[MOST];
      gboolean met[MOST] = { TRUE };
      guint queue[MOST] = { 0 }, end = 1;

      for (guint i = 0; i < n; i++)
        weights[i] = make_weight (3);
      qsort (weights, n, sizeof *weights, compare_falling);
      coffer_treemap_layout (weights, n, 800, 400, rects);
      for (guint at = 0; at < end; at++)
        for (int way = COFFER_TREEMAP_LEFT; way <= COFFER_TREEMAP_DOWN; way++)
          {
            guint next = coffer_treemap_step (rects, n, queue[at], (CofferTreemapWay) way);

            if (!met[next])
              queue[end++] = next;
            met[next] = TRUE;
          }
      g_assert_cmpuint (end, ==, n);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/treemap/areas-are-as-the-weights", areas_are_as_the_weights);
  g_test_add_func ("/treemap/tiles-are-nearly-square", tiles_are_nearly_square);
  g_test_add_func ("/treemap/like-sizes-stay-like-squares", like_sizes_stay_like_squares);
  g_test_add_func ("/treemap/no-room-is-no-trouble", no_room_is_no_trouble);
  g_test_add_func ("/treemap/small-ones-are-folded", small_ones_are_folded);
  g_test_add_func ("/treemap/steps-go-to-what-lies-beside", steps_go_to_what_lies_beside);
  g_test_add_func ("/treemap/every-tile-can-be-reached", every_tile_can_be_reached);
  return g_test_run ();
}
