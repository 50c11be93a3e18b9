/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  double x, y, width, height;
} CofferTreemapRect;

/**
 * How many of the first @n sizes, which fall, get an area of @least or more when all of @total shares @area. Where @total is 0 all
 * are alike.
 */
guint coffer_treemap_fold   (const guint64     *sizes,
                             guint              n,
                             guint64            total,
                             double             area,
                             double             least);

/**
 * Share a rectangle so that areas are as the weights, and as near to squares as can be: by rows, each along the shorter side of what
 * is left, that take in more as long as this makes their worst better.
 *
 * @weights  above 0, best falling
 * @rects    (out): @n of them
 *
 * Source: Bruls, Huizing, van Wijk: Squarified Treemaps (2000).
 */
void  coffer_treemap_layout (const double      *weights,
                             guint              n,
                             double             width,
                             double             height,
                             CofferTreemapRect *rects);

typedef enum {
  COFFER_TREEMAP_LEFT,
  COFFER_TREEMAP_RIGHT,
  COFFER_TREEMAP_UP,
  COFFER_TREEMAP_DOWN,
} CofferTreemapWay;

/** The one that comes next on the way from @from: the nearest that lies beyond its edge; @from if there is none. */
guint coffer_treemap_step   (const CofferTreemapRect *rects,
                             guint                    n,
                             guint                    from,
                             CofferTreemapWay         way);

G_END_DECLS
