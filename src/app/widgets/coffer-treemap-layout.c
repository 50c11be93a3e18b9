/* SPDX-License-Identifier: MIT */
/* Where the tiles of a treemap are, and which is beside which: numbers only. Any thread. */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-treemap-layout.h"

#include <math.h>

#define SLACK 1.0   /* pixels: edges that meet may be rounded apart */

guint
coffer_treemap_fold (const guint64 *sizes,
                     guint          n,
                     guint64        total,
                     double         area,
                     double         least)
{
  guint shown = 0;

  if (total == 0)
    return (guint) MIN (n, area / least);
  while (shown < n && (double) sizes[shown] / total * area >= least)
    shown++;
  return shown;
}

/* How far from a square the worst of a row is: weights from @smallest to @largest that are @sum, along @side; all as areas. */
static double
get_worst (double sum,
           double smallest,
           double largest,
           double side)
{
  double breadth = sum / side;

  return MAX (largest / (breadth * breadth), breadth * breadth / smallest);
}

/* The end of the row that begins at @first. @sum (out): of its weights */
static guint
fill_row (const double *weights,
          guint         n,
          guint         first,
          double        scale,
          double        side,
          double       *sum)
{
  double smallest = weights[first] * scale, largest = smallest, total = smallest;
  double worst = get_worst (total, smallest, largest, side);
  guint end = first + 1;

  for (; end < n; end++)
    {
      double next = weights[end] * scale;
      double now = get_worst (total + next, MIN (smallest, next), MAX (largest, next), side);

      if (now > worst)
        break;
      worst = now;
      total += next;
      smallest = MIN (smallest, next);
      largest = MAX (largest, next);
    }
  *sum = total;
  return end;
}

/* Puts a row at the left or the top of what is left, and takes it from that. The last row has all of it, whatever was rounded. */
static void
place_row (const double      *weights,
           guint              n,
           guint              first,
           guint              end,
           double             scale,
           double             sum,
           CofferTreemapRect *left,
           CofferTreemapRect *rects)
{
  gboolean upright = left->width >= left->height;
  double side = upright ? left->height : left->width;
  double breadth = end == n ? (upright ? left->width : left->height) : sum / side;
  double at = 0;

  for (guint i = first; i < end; i++)
    {
      double length = i == end - 1 ? side - at : side * weights[i] * scale / sum;

      rects[i] = upright ? (CofferTreemapRect) { left->x, left->y + at, breadth, length }
                         : (CofferTreemapRect) { left->x + at, left->y, length, breadth };
      at += length;
    }
  if (upright)
    {
      left->x += breadth;
      left->width -= breadth;
    }
  else
    {
      left->y += breadth;
      left->height -= breadth;
    }
}

void
coffer_treemap_layout (const double      *weights,
                       guint              n,
                       double             width,
                       double             height,
                       CofferTreemapRect *rects)
{
  CofferTreemapRect left = { 0, 0, width, height };
  double total = 0, scale;

  for (guint i = 0; i < n; i++)
    total += weights[i];
  scale = total > 0 ? width * height / total : 0;
  for (guint first = 0, end; first < n; first = end)
    {
      double side = MIN (left.width, left.height), sum;

      if (scale <= 0 || side < 1e-6)   /* no room is left */
        {
          rects[first] = (CofferTreemapRect) { left.x, left.y, 0, 0 };
          end = first + 1;
          continue;
        }
      end = fill_row (weights, n, first, scale, side, &sum);
      place_row (weights, n, first, end, scale, sum, &left, rects);
    }
}

/* The rectangle as if the way were to the right. */
static CofferTreemapRect
turn (const CofferTreemapRect *rect,
      CofferTreemapWay         way)
{
  switch (way)
    {
    case COFFER_TREEMAP_LEFT:
      return (CofferTreemapRect) { -rect->x - rect->width, rect->y, rect->width, rect->height };
    case COFFER_TREEMAP_UP:
      return (CofferTreemapRect) { -rect->y - rect->height, rect->x, rect->height, rect->width };
    case COFFER_TREEMAP_DOWN:
      return (CofferTreemapRect) { rect->y, rect->x, rect->height, rect->width };
    case COFFER_TREEMAP_RIGHT:
    default:
      return *rect;
    }
}

/* How far @to is from @from's right edge: what is beside its middle first, then what is beside it at all. G_MAXDOUBLE: not there */
static double
get_distance (const CofferTreemapRect *from,
              const CofferTreemapRect *to)
{
  double ahead = to->x - (from->x + from->width);
  double middle = from->y + from->height / 2;
  double aside = MAX (0, MAX (to->y - middle, middle - (to->y + to->height)));

  return ahead < -SLACK ? G_MAXDOUBLE : MAX (ahead, 0) + 2 * aside;
}

guint
coffer_treemap_step (const CofferTreemapRect *rects,
                     guint                    n,
                     guint                    from,
                     CofferTreemapWay         way)
{
  CofferTreemapRect here = turn (&rects[from], way);
  double best = G_MAXDOUBLE;
  guint answer = from;

  for (guint i = 0; i < n; i++)
    {
      CofferTreemapRect there = turn (&rects[i], way);
      double distance = i != from ? get_distance (&here, &there) : G_MAXDOUBLE;

      if (distance < best)
        {
          best = distance;
          answer = i;
        }
    }
  return answer;
}
