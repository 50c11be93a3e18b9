/* SPDX-License-Identifier: MIT */
/*
 * Averages over areas. The rows that share a row of the result are added up first, byte by byte, and the columns of that sum
 * then: nearly all of the work is adding bytes to bytes beside them, which compilers do sixteen at a time as long as they see blocks
 * of a fixed size that do not overlap. Pixels at an edge are weighed, in 256ths. What shows through counts by how much of it there
 * is, so rows with alpha are premultiplied first. Pure functions, any thread.
 */
#define G_LOG_DOMAIN "coffer-pictures"

#include "coffer-image-reduce.h"

#include <string.h>

/* About 5 ms, after which the cancellable is looked at. */
#define LOOK_EVERY (4 << 20)
#define WHOLE 256
#define BLOCK 16
/* As many rows as a sum of 16 bits holds. */
#define MAX_SUMMED 256

/* What a pixel of the result takes in of a row, or a row of it of the rows. */
typedef struct {
  int first;            /* weighed */
  int n_between;        /* whole ones behind that */
  guint16 first_weight;
  guint16 last_weight;  /* of the one behind those; 0: there is none */
  float norm;           /* 1 / the sum of the weights */
} Span;

typedef struct {
  const guint8 *source;
  int source_width;
  int source_height;
  int rowstride;
  int n_channels;
  int n_bytes;          /* of a row */

  Span *columns;
  int width;
  guint16 *between;     /* sums of whole rows */
  guint32 *totals;      /* of all rows of a row of the result, weighed */
  guint8 *rows[2];      /* premultiplied; NULL without alpha */
} Reducer;

static Span
span_of (int i,
         int n,
         int n_source)
{
  double begin = (double) i * n_source / n, end = (double) (i + 1) * n_source / n;
  int first = (int) begin, last = MIN ((int) end, n_source - 1);
  Span span = { .first = first };

  if (last == first)   /* as in a size that stays the same */
    {
      span.first_weight = WHOLE;
    }
  else
    {
      span.first_weight = (first + 1 - begin) * WHOLE + .5;
      span.last_weight = (end - last) * WHOLE + .5;
      span.n_between = last - first - 1;
    }
  span.norm = 1.f / (span.first_weight + span.last_weight + (float) WHOLE * span.n_between);

  return span;
}

/* x * alpha / 255, rounded, without a division. */
static guint8
premultiply (guint32 x,
             guint32 alpha)
{
  guint32 t = x * alpha + 128;

  return (t + (t >> 8)) >> 8;
}

static void
premultiply_row (const guint8 *source,
                 guint8       *dest,
                 int           width)
{
  for (int x = 0; x < width; x++, source += 4, dest += 4)
    {
      guint8 alpha = source[3];

      memcpy (dest, source, 4);
      if (alpha == 0xff)
        continue;
      dest[0] = premultiply (source[0], alpha);
      dest[1] = premultiply (source[1], alpha);
      dest[2] = premultiply (source[2], alpha);
    }
}

static const guint8 *
get_row (Reducer *self,
         int      y,
         int      place)
{
  const guint8 *row = self->source + (gsize) y * self->rowstride;

  if (self->n_channels == 3)
    return row;

  premultiply_row (row, self->rows[place], self->source_width);

  return self->rows[place];
}

static void
add_bytes (guint16      *restrict sums,
           const guint8 *restrict row,
           int                    n)
{
  int i = 0;

  for (; i + BLOCK <= n; i += BLOCK)
    for (int k = 0; k < BLOCK; k++)
      sums[i + k] += row[i + k];
  for (; i < n; i++)
    sums[i] += row[i];
}

static void
add_sums (guint32       *restrict totals,
          const guint16 *restrict sums,
          int                     n)
{
  int i = 0;

  for (; i + BLOCK <= n; i += BLOCK)
    for (int k = 0; k < BLOCK; k++)
      totals[i + k] += (guint32) sums[i + k] * WHOLE;
  for (; i < n; i++)
    totals[i] += (guint32) sums[i] * WHOLE;
}

static void
set_edges (guint32      *restrict totals,
           const guint8 *restrict first,
           guint32                first_weight,
           const guint8 *restrict last,
           guint32                last_weight,
           int                    n)
{
  int i = 0;

  for (; i + BLOCK <= n; i += BLOCK)
    for (int k = 0; k < BLOCK; k++)
      totals[i + k] = first[i + k] * first_weight + last[i + k] * last_weight;
  for (; i < n; i++)
    totals[i] = first[i] * first_weight + last[i] * last_weight;
}

static void
sum_rows (Reducer    *self,
          const Span *rows)
{
  const guint8 *first = get_row (self, rows->first, 0);
  const guint8 *last = rows->last_weight > 0 ? get_row (self, rows->first + rows->n_between + 1, 1) : first;

  set_edges (self->totals, first, rows->first_weight, last, rows->last_weight, self->n_bytes);
  for (int i = 0; i < rows->n_between; i++)
    {
      if (i % MAX_SUMMED == 0)
        memset (self->between, 0, self->n_bytes * sizeof *self->between);
      add_bytes (self->between, get_row (self, rows->first + 1 + i, 0), self->n_bytes);
      if (i % MAX_SUMMED == MAX_SUMMED - 1 || i == rows->n_between - 1)
        add_sums (self->totals, self->between, self->n_bytes);
    }
}

static guint32
to_byte (float total,
         float norm)
{
  return MIN ((guint32) (total * norm + .5f), 255u);
}

static void
write_rgb (Reducer *self,
           float    row_norm,
           guint32 *dest)
{
  for (int x = 0; x < self->width; x++)
    {
      const Span *span = &self->columns[x];
      const guint32 *p = self->totals + (gsize) span->first * 3, *end = p + 3 + (gsize) span->n_between * 3;
      float norm = row_norm * span->norm, weight = span->first_weight;
      float r = p[0] * weight, g = p[1] * weight, b = p[2] * weight;

      for (p += 3; p < end; p += 3)
        {
          r += (float) p[0] * WHOLE;
          g += (float) p[1] * WHOLE;
          b += (float) p[2] * WHOLE;
        }
      if ((weight = span->last_weight) > 0)
        {
          r += p[0] * weight;
          g += p[1] * weight;
          b += p[2] * weight;
        }
      dest[x] = 0xff000000 | to_byte (r, norm) << 16 | to_byte (g, norm) << 8 | to_byte (b, norm);
    }
}

static void
write_rgba (Reducer *self,
            float    row_norm,
            guint32 *dest)
{
  for (int x = 0; x < self->width; x++)
    {
      const Span *span = &self->columns[x];
      const guint32 *p = self->totals + (gsize) span->first * 4, *end = p + 4 + (gsize) span->n_between * 4;
      float norm = row_norm * span->norm, weight = span->first_weight;
      float r = p[0] * weight, g = p[1] * weight, b = p[2] * weight, a = p[3] * weight;
      guint32 alpha;

      for (p += 4; p < end; p += 4)
        {
          r += (float) p[0] * WHOLE;
          g += (float) p[1] * WHOLE;
          b += (float) p[2] * WHOLE;
          a += (float) p[3] * WHOLE;
        }
      if ((weight = span->last_weight) > 0)
        {
          r += p[0] * weight;
          g += p[1] * weight;
          b += p[2] * weight;
          a += p[3] * weight;
        }
      alpha = to_byte (a, norm);
      dest[x] = alpha << 24 | MIN (to_byte (r, norm), alpha) << 16 | MIN (to_byte (g, norm), alpha) << 8 |
                MIN (to_byte (b, norm), alpha);
    }
}

static gboolean
reduce (Reducer      *self,
        guint32      *pixels,
        int           height,
        GCancellable *cancellable)
{
  gsize n_bytes = LOOK_EVERY;

  for (int y = 0; y < height; y++)
    {
      Span rows = span_of (y, height, self->source_height);

      if (n_bytes >= LOOK_EVERY)
        {
          n_bytes = 0;
          if (g_cancellable_is_cancelled (cancellable))
            return FALSE;
        }
      n_bytes += (gsize) self->n_bytes * (rows.n_between + 2);

      sum_rows (self, &rows);
      if (self->n_channels == 4)
        write_rgba (self, rows.norm, pixels + (gsize) y * self->width);
      else
        write_rgb (self, rows.norm, pixels + (gsize) y * self->width);
    }

  return TRUE;
}

gboolean
coffer_image_reduce (GdkPixbuf    *pixbuf,
                     guint32      *pixels,
                     int           width,
                     int           height,
                     GCancellable *cancellable)
{
  int source_width = gdk_pixbuf_get_width (pixbuf), n_channels = gdk_pixbuf_get_n_channels (pixbuf);
  gsize n_bytes = (gsize) source_width * n_channels;
  g_autofree Span *columns = g_try_new (Span, width);
  g_autofree guint16 *between = g_try_new (guint16, n_bytes);
  g_autofree guint32 *totals = g_try_new (guint32, n_bytes);
  g_autofree guint8 *rows = n_channels == 4 ? g_try_malloc (2 * n_bytes) : NULL;
  Reducer self = {
    .source = gdk_pixbuf_read_pixels (pixbuf),
    .source_width = source_width,
    .source_height = gdk_pixbuf_get_height (pixbuf),
    .rowstride = gdk_pixbuf_get_rowstride (pixbuf),
    .n_channels = n_channels,
    .n_bytes = n_bytes,
    .columns = columns,
    .width = width,
    .between = between,
    .totals = totals,
    .rows = { rows, rows != NULL ? rows + n_bytes : NULL },
  };

  if (columns == NULL || between == NULL || totals == NULL || (n_channels == 4 && rows == NULL))
    return FALSE;
  for (int x = 0; x < width; x++)
    columns[x] = span_of (x, width, source_width);

  return reduce (&self, pixels, height, cancellable);
}
