/* SPDX-License-Identifier: MIT */
/* Reducing: averages, edges, what shows through, cancelling. No display needed. */
#include <coffer-image-reduce.h>

#include <string.h>

static GdkPixbuf *
pixbuf_new (int      width,
            int      height,
            gboolean has_alpha)
{
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, has_alpha, 8, width, height);

  gdk_pixbuf_fill (pixbuf, 0);

  return pixbuf;
}

static void
set_pixel (GdkPixbuf *pixbuf,
           int        x,
           int        y,
           guint32    rgba)
{
  guint8 *p = gdk_pixbuf_get_pixels (pixbuf) + y * gdk_pixbuf_get_rowstride (pixbuf) + x * gdk_pixbuf_get_n_channels (pixbuf);

  for (int c = 0; c < gdk_pixbuf_get_n_channels (pixbuf); c++)
    p[c] = rgba >> (24 - 8 * c);
}

static guint32 *
reduce (GdkPixbuf *pixbuf,
        int        width,
        int        height)
{
  guint32 *pixels = g_new (guint32, (gsize) width * height);

  g_assert_true (coffer_image_reduce (pixbuf, pixels, width, height, NULL));

  return pixels;
}

/* Whatever the sizes and their remainders. */
static void
test_keeps_a_plain_colour (void)
{
  static const int sizes[] = { 1, 2, 3, 7, 16, 17, 31, 100, 333 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize j = 0; j <= i; j++)
      for (int alpha = 0; alpha < 2; alpha++)
        {
          g_autoptr(GdkPixbuf) pixbuf = pixbuf_new (sizes[i], sizes[G_N_ELEMENTS (sizes) - 1 - j], alpha);
          int width = sizes[j], height = MAX (1, sizes[G_N_ELEMENTS (sizes) - 1 - j] / 2);
          g_autofree guint32 *pixels = NULL;

          gdk_pixbuf_fill (pixbuf, 0xfe8001ff);
          pixels = reduce (pixbuf, width, height);
          for (int k = 0; k < width * height; k++)
            g_assert_cmphex (pixels[k], ==, 0xfffe8001);
        }
}

static void
test_averages (void)
{
  g_autoptr(GdkPixbuf) pixbuf = pixbuf_new (4, 2, FALSE);
  g_autofree guint32 *halves = NULL, *third = NULL;

  set_pixel (pixbuf, 0, 0, 0xff000000);
  set_pixel (pixbuf, 1, 1, 0x00ff0000);
  set_pixel (pixbuf, 3, 0, 0x0000ff00);
  halves = reduce (pixbuf, 2, 1);
  g_assert_cmphex (halves[0], ==, 0xff404000);
  g_assert_cmphex (halves[1], ==, 0xff000040);

  /* Four columns on three: 1 and 1/3 each. */
  third = reduce (pixbuf, 3, 2);
  g_assert_cmphex (third[0], ==, 0xffbf0000);
  g_assert_cmphex (third[2], ==, 0xff0000bf);
  g_assert_cmphex (third[3], ==, 0xff004000);
  g_assert_cmphex (third[4], ==, 0xff008000);
}

/* Rows beyond what 16 bits hold the sum of. */
static void
test_averages_many_rows (void)
{
  g_autoptr(GdkPixbuf) pixbuf = pixbuf_new (3, 3000, FALSE);
  g_autofree guint32 *pixels = NULL;

  gdk_pixbuf_fill (pixbuf, 0xffffffff);
  for (int y = 0; y < 3000; y += 2)
    for (int x = 0; x < 3; x++)
      set_pixel (pixbuf, x, y, 0);
  pixels = reduce (pixbuf, 1, 1);
  g_assert_cmphex (pixels[0], ==, 0xff808080);
}

/* The colour of what is not there must not count. */
static void
test_weighs_by_alpha (void)
{
  g_autoptr(GdkPixbuf) pixbuf = pixbuf_new (2, 1, TRUE);
  g_autofree guint32 *pixels = NULL;

  set_pixel (pixbuf, 0, 0, 0xff00ffff);
  set_pixel (pixbuf, 1, 0, 0x00ff0000);
  pixels = reduce (pixbuf, 1, 1);
  g_assert_cmphex (pixels[0], ==, 0x80800080);
}

static void
test_stops_when_cancelled (void)
{
  g_autoptr(GdkPixbuf) pixbuf = pixbuf_new (100, 100, FALSE);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  guint32 pixels[100];

  g_cancellable_cancel (cancellable);
  g_assert_false (coffer_image_reduce (pixbuf, pixels, 10, 10, cancellable));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/preview/image-reduce/keeps-a-plain-colour", test_keeps_a_plain_colour);
  g_test_add_func ("/preview/image-reduce/averages", test_averages);
  g_test_add_func ("/preview/image-reduce/averages-many-rows", test_averages_many_rows);
  g_test_add_func ("/preview/image-reduce/weighs-by-alpha", test_weighs_by_alpha);
  g_test_add_func ("/preview/image-reduce/stops-when-cancelled", test_stops_when_cancelled);

  return g_test_run ();
}
