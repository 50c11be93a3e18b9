/* SPDX-License-Identifier: MIT */
/* The icons as GTK draws them: GdkPixbuf must render both at the sizes that are used, with a
 * clear margin, and the symbolic one in a single colour, which GTK replaces.
 */
#include <gdk-pixbuf/gdk-pixbuf.h>

static const char *icons_dir;

typedef struct {
  int n_solid;    /* pixels of over half opacity */
  int n_colours;  /* different colours among the wholly opaque ones, counted to 2 */
  int corners;    /* the sum of the corners' opacity */
} Look;

static Look
look_at (GdkPixbuf *pixbuf)
{
  const guint8 *pixels = gdk_pixbuf_read_pixels (pixbuf);
  gsize stride = gdk_pixbuf_get_rowstride (pixbuf);
  gsize last = gdk_pixbuf_get_width (pixbuf) - 1;
  Look look = { 0, 0, 0 };
  const guint8 *first = NULL;

  for (gsize y = 0; y <= last; y++)
    for (gsize x = 0; x <= last; x++)
      {
        const guint8 *p = pixels + y * stride + x * 4;

        look.n_solid += p[3] > 127;
        if (p[3] < 255)
          continue;
        if (first == NULL)
          {
            first = p;
            look.n_colours = 1;
          }
        else if (memcmp (first, p, 3) != 0)
          look.n_colours = 2;
      }
  look.corners = pixels[3] + pixels[last * 4 + 3]
                 + pixels[last * stride + 3] + pixels[last * stride + last * 4 + 3];
  return look;
}

static Look
render (const char *name,
        int         size)
{
  g_autofree char *path = g_build_filename (icons_dir, name, NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_file_at_size (path, size, size, &error);

  g_assert_no_error (error);
  g_assert_cmpint (gdk_pixbuf_get_width (pixbuf), ==, size);
  g_assert_cmpint (gdk_pixbuf_get_height (pixbuf), ==, size);
  g_assert_true (gdk_pixbuf_get_has_alpha (pixbuf));
  return look_at (pixbuf);
}

static void
test_scalable (gconstpointer data)
{
  int size = GPOINTER_TO_INT (data);
  Look look = render ("scalable/apps/io.github.coffervault.Coffer.svg", size);

  g_assert_cmpint (look.n_solid, >, size * size / 2);
  g_assert_cmpint (look.n_colours, ==, 2);
  g_assert_cmpint (look.corners, ==, 0);
}

static void
test_symbolic (gconstpointer data)
{
  int size = GPOINTER_TO_INT (data);
  Look look = render ("symbolic/apps/io.github.coffervault.Coffer-symbolic.svg", size);

  g_assert_cmpint (look.n_solid, >, size * size / 4);
  g_assert_cmpint (look.n_solid, <, size * size * 3 / 4);
  g_assert_cmpint (look.n_colours, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  static const int sizes[] = { 16, 32, 64, 128, 256 };

  g_test_init (&argc, &argv, NULL);
  g_assert (argc == 2);
  icons_dir = argv[1];
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *scalable = g_strdup_printf ("/icons/scalable/%d", sizes[i]);
      g_autofree char *symbolic = g_strdup_printf ("/icons/symbolic/%d", sizes[i]);

      g_test_add_data_func (scalable, GINT_TO_POINTER (sizes[i]), test_scalable);
      g_test_add_data_func (symbolic, GINT_TO_POINTER (sizes[i]), test_symbolic);
    }
  return g_test_run ();
}
