/* SPDX-License-Identifier: MIT */
/* libpng, as nothing else decodes a PNG row by row. It leaves by longjmp: nothing here is freed automatically. */
#define G_LOG_DOMAIN "coffer-draw"

#include "huge-png.h"

#include <png.h>
#include <string.h>

#define HEAD 29   /* the signature and what the first chunk has */

typedef struct {
  const guint8 *data;
  gsize left;
} Source;

typedef struct {
  int width;               /* of the result */
  int source_width;
  guint32 *columns;        /* which of the result each pixel of a row belongs to */
  guint64 *sums;           /* premultiplied, four for each */
  guint32 *counts;         /* of pixels in a row of the source */
} Sums;

gboolean
draw_png_get_size (const guint8 *data,
                   gsize         size,
                   guint32      *width,
                   guint32      *height)
{
  if (size < HEAD || png_sig_cmp (data, 0, 8) != 0 || memcmp (data + 12, "IHDR", 4) != 0 || data[28] != PNG_INTERLACE_NONE)
    return FALSE;

  *width = png_get_uint_32 (data + 16);
  *height = png_get_uint_32 (data + 20);

  return *width > 0 && *height > 0 && *width <= G_MAXINT / 8 && *height <= G_MAXINT / 8;
}

static void
read_cb (png_structp png,
         png_bytep   bytes,
         png_size_t  size)
{
  Source *source = png_get_io_ptr (png);

  if (size > source->left)
    png_error (png, "cut short");
  memcpy (bytes, source->data, size);
  source->data += size;
  source->left -= size;
}

/* What libpng says is for nobody. */
static void
warn_cb (png_structp     png,
         png_const_charp message)
{
}

/* Rows of red, green, blue and alpha, a byte each. */
static void
set_up (png_structp png,
        png_infop   info)
{
  png_set_expand (png);
  png_set_scale_16 (png);
  png_set_gray_to_rgb (png);
  png_set_add_alpha (png, 0xff, PNG_FILLER_AFTER);
  png_read_update_info (png, info);
}

static void
add_row (Sums         *self,
         const guint8 *row)
{
  for (int x = 0; x < self->source_width; x++, row += 4)
    {
      guint64 *sum = self->sums + (gsize) self->columns[x] * 4;
      guint32 alpha = row[3];

      if (alpha == 0xff)
        {
          sum[0] += row[0];
          sum[1] += row[1];
          sum[2] += row[2];
        }
      else
        {
          sum[0] += row[0] * alpha / 0xff;
          sum[1] += row[1] * alpha / 0xff;
          sum[2] += row[2] * alpha / 0xff;
        }
      sum[3] += alpha;
    }
}

static void
take_row (Sums    *self,
          int      n_rows,
          guint32 *pixels)
{
  for (int x = 0; x < self->width; x++)
    {
      const guint64 *sum = self->sums + (gsize) x * 4;
      guint64 n = (guint64) self->counts[x] * n_rows;

      pixels[x] = (guint32) (sum[3] / n) << 24 | (guint32) (sum[0] / n) << 16 | (guint32) (sum[1] / n) << 8 | (guint32) (sum[2] / n);
    }
  memset (self->sums, 0, (gsize) self->width * 4 * sizeof *self->sums);
}

static gboolean
sums_init (Sums *self,
           int   width,
           int   source_width)
{
  self->width = width;
  self->source_width = source_width;
  self->columns = g_try_new (guint32, source_width);
  self->sums = g_try_new0 (guint64, (gsize) width * 4);
  self->counts = g_try_new0 (guint32, width);
  if (self->columns == NULL || self->sums == NULL || self->counts == NULL)
    return FALSE;

  for (int x = 0; x < source_width; x++)
    {
      self->columns[x] = (guint64) x * width / source_width;
      self->counts[self->columns[x]]++;
    }

  return TRUE;
}

static void
sums_clear (Sums *self)
{
  g_free (self->columns);
  g_free (self->sums);
  g_free (self->counts);
}

static gboolean
read_rows (png_structp  png,
           Sums        *sums,
           guint8      *row,
           guint32     *pixels,
           int          height,
           int          source_height)
{
  if (setjmp (png_jmpbuf (png)) != 0)
    return FALSE;

  for (int y = 0, n_rows = 0; y < source_height; y++)
    {
      int at = (guint64) y * height / source_height;
      gboolean is_last = y + 1 == source_height || (int) ((guint64) (y + 1) * height / source_height) != at;

      png_read_row (png, row, NULL);
      add_row (sums, row);
      n_rows++;
      if (!is_last)
        continue;
      take_row (sums, n_rows, pixels + (gsize) at * sums->width);
      n_rows = 0;
    }

  return TRUE;
}

static gboolean
read_head (png_structp png,
           png_infop   info)
{
  if (setjmp (png_jmpbuf (png)) != 0)
    return FALSE;

  png_read_info (png, info);
  set_up (png, info);

  return png_get_channels (png, info) == 4 && png_get_bit_depth (png, info) == 8;
}

guint32 *
draw_png_reduce (const guint8 *data,
                 gsize         size,
                 int           width,
                 int           height)
{
  Source source = { data, size };
  Sums sums = { 0 };
  guint32 source_width, source_height;
  guint32 *pixels = NULL;
  guint8 *row = NULL;
  gboolean ok;
  png_structp png;
  png_infop info;

  if (!draw_png_get_size (data, size, &source_width, &source_height))
    return NULL;
  png = png_create_read_struct (PNG_LIBPNG_VER_STRING, NULL, NULL, warn_cb);
  info = png != NULL ? png_create_info_struct (png) : NULL;
  if (info == NULL)
    {
      png_destroy_read_struct (&png, NULL, NULL);
      return NULL;
    }

  png_set_user_limits (png, G_MAXINT, G_MAXINT);
  png_set_read_fn (png, &source, read_cb);
  pixels = g_try_new (guint32, (gsize) width * height);
  row = g_try_malloc ((gsize) source_width * 4);
  ok = pixels != NULL && row != NULL && sums_init (&sums, width, source_width) && read_head (png, info) &&
       read_rows (png, &sums, row, pixels, height, source_height);
  png_destroy_read_struct (&png, &info, NULL);
  sums_clear (&sums);
  g_free (row);
  if (!ok)
    g_clear_pointer (&pixels, g_free);

  return pixels;
}
