/* SPDX-License-Identifier: MIT */
/*
 * From a decoded picture to a texture. Pure functions for any thread; the main loop gets the finished texture.
 */
#define G_LOG_DOMAIN "coffer-pictures"

#include "coffer-image-render.h"

#include "coffer-image-reduce.h"

/* x * alpha / 255, rounded, without a division. */
static guint32
premultiply (guint32 x,
             guint32 alpha)
{
  guint32 t = x * alpha + 128;

  return (t + (t >> 8)) >> 8;
}

/* To GDK_MEMORY_DEFAULT: A, R, G, B from the highest byte of a 32-bit number, premultiplied. */
static void
convert_rgb (const guint8 *restrict source,
             guint32      *restrict dest,
             int                    width)
{
  for (int x = 0; x < width; x++)
    dest[x] = 0xff000000 | (guint32) source[3 * x] << 16 | (guint32) source[3 * x + 1] << 8 | source[3 * x + 2];
}

static void
convert_rgba (const guint8 *source,
              guint32      *dest,
              int           width)
{
  for (int x = 0; x < width; x++, source += 4)
    {
      guint32 alpha = source[3];

      dest[x] = alpha << 24 | premultiply (source[0], alpha) << 16 | premultiply (source[1], alpha) << 8 |
                premultiply (source[2], alpha);
    }
}

static void
convert (GdkPixbuf *pixbuf,
         guint32   *pixels)
{
  int width = gdk_pixbuf_get_width (pixbuf), height = gdk_pixbuf_get_height (pixbuf);
  int rowstride = gdk_pixbuf_get_rowstride (pixbuf);
  void (*convert_row) (const guint8 *, guint32 *, int) = gdk_pixbuf_get_has_alpha (pixbuf) ? convert_rgba : convert_rgb;
  const guint8 *source = gdk_pixbuf_read_pixels (pixbuf);

  for (int y = 0; y < height; y++)
    convert_row (source + (gsize) y * rowstride, pixels + (gsize) y * width, width);
}

/* Where a pixel at (@x, @y) of a picture is once that is turned. */
static gsize
place_of (int x,
          int y,
          int width,
          int height,
          int orientation)
{
  switch (orientation)
    {
    case 2: return (gsize) y * width + width - 1 - x;
    case 3: return (gsize) (height - 1 - y) * width + width - 1 - x;
    case 4: return (gsize) (height - 1 - y) * width + x;
    case 5: return (gsize) x * height + y;
    case 6: return (gsize) x * height + height - 1 - y;
    case 7: return (gsize) (width - 1 - x) * height + height - 1 - y;
    case 8: return (gsize) (width - 1 - x) * height + y;
    default: return (gsize) y * width + x;
    }
}

/* Returns: (transfer full) (nullable): @pixels, which are freed, turned; NULL if out of memory */
static guint32 *
turn (guint32 *pixels,
      int      width,
      int      height,
      int      orientation)
{
  guint32 *turned;

  if (orientation <= 1 || orientation > 8)
    return pixels;

  turned = g_try_malloc_n ((gsize) width * height, sizeof *turned);
  for (int y = 0; turned != NULL && y < height; y++)
    for (int x = 0; x < width; x++)
      turned[place_of (x, y, width, height, orientation)] = pixels[(gsize) y * width + x];
  g_free (pixels);

  return turned;
}

static gboolean
is_opaque (const guint32 *pixels,
           gsize          n)
{
  guint32 all = 0xffffffff;

  for (gsize i = 0; i < n; i++)
    all &= pixels[i];

  return all >> 24 == 0xff;
}

/* Reduced, not turned. Returns: (transfer full) (nullable): NULL if cancelled or out of memory */
static guint32 *
get_pixels (GdkPixbuf    *pixbuf,
            int           width,
            int           height,
            GCancellable *cancellable)
{
  guint32 *pixels = g_try_malloc_n ((gsize) width * height, sizeof *pixels);

  if (pixels == NULL)
    return NULL;

  if (width == gdk_pixbuf_get_width (pixbuf) && height == gdk_pixbuf_get_height (pixbuf))
    convert (pixbuf, pixels);
  else if (!coffer_image_reduce (pixbuf, pixels, width, height, cancellable))
    g_clear_pointer (&pixels, g_free);

  return pixels;
}

GdkTexture *
coffer_image_finish (guint32   *pixels,
                     int        width,
                     int        height,
                     int        orientation,
                     gboolean  *opaque,
                     GBytes   **bytes_out)
{
  gboolean on_side = coffer_image_is_on_side (orientation);
  guint32 *turned = turn (pixels, width, height, orientation);
  gsize n = (gsize) width * height;
  g_autoptr(GBytes) bytes = NULL;
  GdkTexture *texture;

  if (turned == NULL)
    return NULL;

  *opaque = is_opaque (turned, n);
  bytes = g_bytes_new_take (turned, n * sizeof *turned);
  texture = gdk_memory_texture_new (on_side ? height : width, on_side ? width : height, GDK_MEMORY_DEFAULT, bytes,
                                    (on_side ? height : width) * sizeof *turned);
  if (bytes_out != NULL)
    *bytes_out = g_steal_pointer (&bytes);

  return texture;
}

GdkTexture *
coffer_image_render (GdkPixbuf     *pixbuf,
                     int            orientation,
                     int            max_width,
                     int            max_height,
                     GCancellable  *cancellable,
                     gboolean      *opaque,
                     GBytes       **bytes)
{
  gboolean on_side = coffer_image_is_on_side (orientation);
  guint32 *pixels;
  int width, height;

  coffer_image_fit (gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf),
                    on_side ? max_height : max_width, on_side ? max_width : max_height, &width, &height);
  if ((pixels = get_pixels (pixbuf, width, height, cancellable)) == NULL)
    return NULL;

  return coffer_image_finish (pixels, width, height, orientation, opaque, bytes);
}
