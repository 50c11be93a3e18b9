/* SPDX-License-Identifier: MIT */
/*
 * From a decoded picture to a texture. Pure functions for any thread; the main loop gets the finished texture.
 */
#define G_LOG_DOMAIN "coffer-pictures"

#include "coffer-image-render.h"

/* About 5 ms of scaling, after which the cancellable is looked at. */
#define STRIP_PIXELS (1 << 19)

void
coffer_image_fit (int  width,
                  int  height,
                  int  max_width,
                  int  max_height,
                  int *fit_width,
                  int *fit_height)
{
  double scale = MIN (1, MIN ((double) max_width / width, (double) max_height / height));

  *fit_width = MAX (1, (int) (width * scale + .5));
  *fit_height = MAX (1, (int) (height * scale + .5));
}

void
coffer_image_cover (int  width,
                    int  height,
                    int  width_to_cover,
                    int  height_to_cover,
                    int *max_width,
                    int *max_height)
{
  double scale = MAX ((double) width_to_cover / width, (double) height_to_cover / height);

  *max_width = CLAMP (width * scale + .5, 1, 2. * width_to_cover);
  *max_height = CLAMP (height * scale + .5, 1, 2. * height_to_cover);
}

gboolean
coffer_image_is_on_side (int orientation)
{
  return orientation >= 5 && orientation <= 8;
}

static GdkPixbuf *
scale (GdkPixbuf    *source,
       int           width,
       int           height,
       GCancellable *cancellable)
{
  int source_width = gdk_pixbuf_get_width (source), source_height = gdk_pixbuf_get_height (source);
  gint64 row_cost = (gint64) source_width * source_height / height + 1;
  int strip = CLAMP (STRIP_PIXELS / row_cost, 1, height);
  g_autoptr(GdkPixbuf) dest = NULL;

  if (width == source_width && height == source_height)
    return g_object_ref (source);

  dest = gdk_pixbuf_new (GDK_COLORSPACE_RGB, gdk_pixbuf_get_has_alpha (source), 8, width, height);

  for (int y = 0; dest != NULL && y < height; y += strip)
    {
      if (g_cancellable_is_cancelled (cancellable))
        return NULL;
      /* "Bilinear" takes in every source pixel when it reduces. */
      gdk_pixbuf_scale (source, dest, 0, y, width, MIN (strip, height - y), 0, 0,
                        (double) width / source_width, (double) height / source_height, GDK_INTERP_BILINEAR);
    }

  return g_steal_pointer (&dest);
}

static GdkPixbuf *
orient (GdkPixbuf *pixbuf,
        int        orientation)
{
  char value[] = { (char) ('0' + orientation), '\0' };

  if (orientation <= 1 || orientation > 8)
    return g_object_ref (pixbuf);

  gdk_pixbuf_remove_option (pixbuf, "orientation");
  gdk_pixbuf_set_option (pixbuf, "orientation", value);

  return gdk_pixbuf_apply_embedded_orientation (pixbuf);
}

/* x * alpha / 255, rounded, without a division. */
static guint32
premultiply (guint32 x,
             guint32 alpha)
{
  guint32 t = x * alpha + 128;

  return (t + (t >> 8)) >> 8;
}

static void
convert_row (const guint8 *source,
             guint32      *dest,
             int           width,
             gboolean      has_alpha,
             guint32      *alphas)
{
  /* GDK_MEMORY_DEFAULT: A, R, G, B from the highest byte of a 32-bit number, premultiplied. */
  for (int x = 0; x < width; x++)
    {
      guint32 alpha = has_alpha ? source[3] : 0xff;

      dest[x] = alpha << 24 | premultiply (source[0], alpha) << 16 |
                premultiply (source[1], alpha) << 8 | premultiply (source[2], alpha);
      *alphas &= alpha;
      source += has_alpha ? 4 : 3;
    }
}

static GdkTexture *
convert (GdkPixbuf *pixbuf,
         gboolean  *opaque)
{
  int width = gdk_pixbuf_get_width (pixbuf), height = gdk_pixbuf_get_height (pixbuf);
  int rowstride = gdk_pixbuf_get_rowstride (pixbuf);
  gboolean has_alpha = gdk_pixbuf_get_has_alpha (pixbuf);
  const guint8 *source = gdk_pixbuf_read_pixels (pixbuf);
  gsize stride = (gsize) width * 4;
  guint32 *dest = g_try_malloc (stride * height);
  guint32 alphas = 0xff;
  g_autoptr(GBytes) bytes = NULL;

  if (dest == NULL)
    return NULL;

  for (int y = 0; y < height; y++)
    convert_row (source + (gsize) y * rowstride, dest + (gsize) y * width, width, has_alpha, &alphas);

  *opaque = alphas == 0xff;
  bytes = g_bytes_new_take (dest, stride * height);

  return gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, stride);
}

GdkTexture *
coffer_image_render (GdkPixbuf    *pixbuf,
                     int           orientation,
                     int           max_width,
                     int           max_height,
                     GCancellable *cancellable,
                     gboolean     *opaque)
{
  gboolean on_side = coffer_image_is_on_side (orientation);
  g_autoptr(GdkPixbuf) scaled = NULL;
  g_autoptr(GdkPixbuf) turned = NULL;
  int width, height;

  coffer_image_fit (gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf),
                    on_side ? max_height : max_width, on_side ? max_width : max_height, &width, &height);

  if ((scaled = scale (pixbuf, width, height, cancellable)) == NULL ||
      (turned = orient (scaled, orientation)) == NULL)
    return NULL;

  return convert (turned, opaque);
}
