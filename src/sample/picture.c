/* SPDX-License-Identifier: MIT */
/* Drawings as the bytes of picture files: JPEG and PNG by GdkPixbuf, GIF by hand, since
 * nothing here writes that.
 */
#include "picture.h"

#include <math.h>
#include <string.h>

#define BEACON_WIDTH 192
#define BEACON_HEIGHT 128
#define BEACON_FRAMES 24

/* GdkPixbuf's order of bytes, and no alpha multiplied in. */
static GdkPixbuf *
surface_to_pixbuf (cairo_surface_t *surface)
{
  int width = cairo_image_surface_get_width (surface);
  int height = cairo_image_surface_get_height (surface);
  gboolean has_alpha = cairo_image_surface_get_format (surface) == CAIRO_FORMAT_ARGB32;
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, has_alpha, 8, width, height);
  guint8 *to = gdk_pixbuf_get_pixels (pixbuf);
  const guint8 *from;

  cairo_surface_flush (surface);
  from = cairo_image_surface_get_data (surface);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        guint8 *p = to + (gsize) y * gdk_pixbuf_get_rowstride (pixbuf) + x * (has_alpha ? 4 : 3);
        guint32 pixel;
        guint alpha;

        memcpy (&pixel, from + (gsize) y * cairo_image_surface_get_stride (surface) + x * 4, 4);
        alpha = has_alpha ? pixel >> 24 : 255;
        for (int i = 0; i < 3; i++)
          p[i] = alpha > 0 ? MIN (255, (((pixel >> (16 - 8 * i)) & 0xff) * 255 + alpha / 2) / alpha) : 0;
        if (has_alpha)
          p[3] = alpha;
      }
  return pixbuf;
}

static GBytes *
pixbuf_to_bytes (GdkPixbuf  *pixbuf,
                 const char *type,
                 const char *option,
                 const char *value)
{
  g_autoptr(GError) error = NULL;
  char *data;
  gsize size;

  if (!gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, type, &error, option, value, NULL))
    g_error ("%s: %s", type, error->message);
  return g_bytes_new_take (data, size);
}

/* The EXIF segment that says "turn by a quarter, clockwise", put behind the start marker. */
static GBytes *
add_orientation (GBytes *jpeg)
{
  static const guint8 segment[] = {
    0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,
    'I', 'I', 42, 0, 8, 0, 0, 0,               /* little-endian; the table is at 8 */
    1, 0,                                      /* one entry: */
    0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0,  /* Orientation, one SHORT: 6 */
    0, 0, 0, 0                                 /* no further table */
  };
  gsize size;
  const guint8 *data = g_bytes_get_data (jpeg, &size);
  GByteArray *result = g_byte_array_new ();

  g_byte_array_append (result, data, 2);
  g_byte_array_append (result, segment, sizeof segment);
  g_byte_array_append (result, data + 2, size - 2);
  g_bytes_unref (jpeg);
  return g_byte_array_free_to_bytes (result);
}

GBytes *
picture_new_jpeg (cairo_surface_t *surface,
                  gboolean         turned)
{
  g_autoptr(GdkPixbuf) pixbuf = surface_to_pixbuf (surface);

  if (turned)
    {
      g_autoptr(GdkPixbuf) upright = g_steal_pointer (&pixbuf);

      pixbuf = gdk_pixbuf_rotate_simple (upright, GDK_PIXBUF_ROTATE_COUNTERCLOCKWISE);
      return add_orientation (pixbuf_to_bytes (pixbuf, "jpeg", "quality", "90"));
    }
  return pixbuf_to_bytes (pixbuf, "jpeg", "quality", "90");
}

GBytes *
picture_new_png (cairo_surface_t *surface)
{
  g_autoptr(GdkPixbuf) pixbuf = surface_to_pixbuf (surface);

  return pixbuf_to_bytes (pixbuf, "png", "compression", "6");
}

/* GIF, source: CompuServe's specification, GIF89a. The codes of its LZW stay eight bits wide,
 * so a byte each, if the table is cleared before it grows to 256: no compression, no code.
 */

#define GIF_CLEAR 128   /* colours are 0 to 127 */
#define GIF_END 129
#define GIF_RUN 120     /* codes between two clears; the table holds 126 more */

static void
gif_add_word (GByteArray *gif,
              guint       word)
{
  guint8 bytes[] = { word & 0xff, word >> 8 };

  g_byte_array_append (gif, bytes, 2);
}

static void
gif_add_head (GByteArray   *gif,
              guint         width,
              guint         height,
              const guint8  palette[128][3])
{
  /* Repeat for ever. */
  static const guint8 loop[] = "\x21\xff\x0bNETSCAPE2.0\x03\x01\0";

  g_byte_array_append (gif, (const guint8 *) "GIF89a", 6);
  gif_add_word (gif, width);
  gif_add_word (gif, height);
  g_byte_array_append (gif, (const guint8 *) "\xf6\0\0", 3);   /* 128 colours for all frames */
  g_byte_array_append (gif, palette[0], 128 * 3);
  g_byte_array_append (gif, loop, sizeof loop);
  g_byte_array_append (gif, (const guint8 *) "", 1);
}

/* @pixels: @width × @height colours; @delay: hundredths of a second. */
static void
gif_add_frame (GByteArray   *gif,
               guint         width,
               guint         height,
               guint         delay,
               const guint8 *pixels)
{
  g_autoptr(GByteArray) codes = g_byte_array_new ();

  for (gsize i = 0; i < (gsize) width * height; i += GIF_RUN)
    {
      g_byte_array_append (codes, (const guint8[]) { GIF_CLEAR }, 1);
      g_byte_array_append (codes, pixels + i, MIN (GIF_RUN, (gsize) width * height - i));
    }
  g_byte_array_append (codes, (const guint8[]) { GIF_END }, 1);

  g_byte_array_append (gif, (const guint8 *) "\x21\xf9\x04\x04", 4);
  gif_add_word (gif, delay);
  g_byte_array_append (gif, (const guint8 *) "\0\0\x2c\0\0\0\0", 7);
  gif_add_word (gif, width);
  gif_add_word (gif, height);
  g_byte_array_append (gif, (const guint8 *) "\0\x07", 2);
  for (guint i = 0; i < codes->len; i += 255)
    {
      guint8 len = MIN (255, codes->len - i);

      g_byte_array_append (gif, &len, 1);
      g_byte_array_append (gif, codes->data + i, len);
    }
  g_byte_array_append (gif, (const guint8 *) "", 1);
}

/* From the night over amber to white. */
static void
make_ramp (guint8 palette[128][3])
{
  static const double stops[][4] = {
    { 0, 8, 12, 30 }, { 0.3, 38, 52, 96 }, { 0.62, 226, 142, 30 }, { 0.85, 255, 212, 110 }, { 1, 255, 250, 232 }
  };

  for (int i = 0; i < 128; i++)
    {
      double t = i / 127.0;
      gsize k = 0;

      while (t > stops[k + 1][0])
        k++;
      for (int c = 0; c < 3; c++)
        palette[i][c] = lround (stops[k][c + 1] + (stops[k + 1][c + 1] - stops[k][c + 1]) *
                                (t - stops[k][0]) / (stops[k + 1][0] - stops[k][0]));
    }
}

/* Everything is a brightness here; the ramp gives it colour. */
static void
draw_beacon (cairo_t *cr,
             double   turn)
{
  const double w = BEACON_WIDTH, h = BEACON_HEIGHT, x = w * 0.3, y = h * 0.3;
  cairo_pattern_t *sky = cairo_pattern_create_linear (0, 0, 0, h * 0.75);
  double reach = cos (turn);

  cairo_pattern_add_color_stop_rgb (sky, 0, 0.02, 0.02, 0.02);
  cairo_pattern_add_color_stop_rgb (sky, 1, 0.3, 0.3, 0.3);
  cairo_set_source (cr, sky);
  cairo_paint (cr);
  cairo_pattern_destroy (sky);
  cairo_rectangle (cr, 0, h * 0.75, w, h * 0.25);
  cairo_set_source_rgb (cr, 0.12, 0.12, 0.12);
  cairo_fill (cr);

  /* The beam and its counterpart; what comes towards us is brighter. */
  for (int side = -1; side <= 1; side += 2)
    {
      cairo_pattern_t *beam = cairo_pattern_create_linear (x, y, x + side * reach * w, y);
      double wide = h * (0.05 + 0.1 * (1 + side * sin (turn)));

      cairo_pattern_add_color_stop_rgba (beam, 0, 1, 1, 1, 0.85);
      cairo_pattern_add_color_stop_rgba (beam, 1, 1, 1, 1, 0);
      cairo_move_to (cr, x, y - 2);
      cairo_line_to (cr, x + side * reach * w, y - wide);
      cairo_line_to (cr, x + side * reach * w, y + wide);
      cairo_line_to (cr, x, y + 2);
      cairo_set_source (cr, beam);
      cairo_fill (cr);
      cairo_pattern_destroy (beam);
    }

  cairo_move_to (cr, 0, h * 0.72);
  cairo_curve_to (cr, w * 0.2, h * 0.66, w * 0.4, h * 0.68, w * 0.55, h);
  cairo_line_to (cr, 0, h);
  cairo_set_source_rgb (cr, 0.05, 0.05, 0.05);
  cairo_fill (cr);
  cairo_move_to (cr, x - 5, y + 5);
  cairo_line_to (cr, x + 5, y + 5);
  cairo_line_to (cr, x + 8, h * 0.72);
  cairo_line_to (cr, x - 8, h * 0.72);
  cairo_set_source_rgb (cr, 0.42, 0.42, 0.42);
  cairo_fill (cr);
  cairo_rectangle (cr, x - 7, y + 4, 14, 2);
  cairo_rectangle (cr, x - 5, y - 7, 10, 2);
  cairo_fill (cr);
  cairo_arc (cr, x, y, 3.2 + 3 * MAX (0, sin (turn)), 0, 2 * G_PI);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_fill (cr);
}

GBytes *
picture_new_beacon (void)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, BEACON_WIDTH, BEACON_HEIGHT);
  cairo_t *cr = cairo_create (surface);
  GByteArray *gif = g_byte_array_new ();
  guint8 palette[128][3];
  guint8 frame[BEACON_WIDTH * BEACON_HEIGHT];

  make_ramp (palette);
  gif_add_head (gif, BEACON_WIDTH, BEACON_HEIGHT, palette);
  for (int i = 0; i < BEACON_FRAMES; i++)
    {
      const guint8 *data;

      draw_beacon (cr, 2 * G_PI * i / BEACON_FRAMES);
      cairo_surface_flush (surface);
      data = cairo_image_surface_get_data (surface);
      for (gsize y = 0; y < BEACON_HEIGHT; y++)
        for (gsize x = 0; x < BEACON_WIDTH; x++)
          frame[y * BEACON_WIDTH + x] = data[y * cairo_image_surface_get_stride (surface) + x * 4 + 1] / 2;
      gif_add_frame (gif, BEACON_WIDTH, BEACON_HEIGHT, 8, frame);
    }
  g_byte_array_append (gif, (const guint8 *) "\x3b", 1);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return g_byte_array_free_to_bytes (gif);
}
