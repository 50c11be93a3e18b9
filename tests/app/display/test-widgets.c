/* SPDX-License-Identifier: MIT */
#include <coffer-facts-list.h>
#include <coffer-picture.h>
#include <coffer-wrap-box.h>

#include "screen.h"

static GdkTexture *
color_texture (int     width,
               int     height,
               guint32 color)
{
  g_autofree guint32 *pixels = g_new (guint32, width * height);
  g_autoptr(GBytes) bytes = NULL;

  for (int i = 0; i < width * height; i++)
    pixels[i] = color;
  bytes = g_bytes_new (pixels, (gsize) width * height * 4);

  return gdk_memory_texture_new (width, height, GDK_MEMORY_DEFAULT, bytes, (gsize) width * 4);
}

static int
height_for_width (GtkWidget *widget,
                  int        width)
{
  int height;

  gtk_widget_measure (widget, GTK_ORIENTATION_VERTICAL, width, NULL, &height, NULL, NULL);

  return height;
}

static void
test_picture_keeps_proportions (void)
{
  g_autoptr(GdkTexture) texture = color_texture (40, 20, 0xff00ff00);
  g_autoptr(GtkWidget) picture = g_object_ref_sink (coffer_picture_new ());

  g_assert_cmpint (height_for_width (picture, 300), ==, 0);
  coffer_picture_set_paintable (COFFER_PICTURE (picture), GDK_PAINTABLE (texture), 400, 200, TRUE);
  g_assert_cmpint (height_for_width (picture, 100), ==, 50);
  g_assert_cmpint (height_for_width (picture, 400), ==, 200);
  g_assert_cmpint (height_for_width (picture, 4000), ==, 200);
  coffer_picture_set_max_height (COFFER_PICTURE (picture), 120);
  g_assert_cmpint (height_for_width (picture, 400), ==, 120);
}

static void
test_picture_is_drawn_whole_and_no_larger_than_it_is (void)
{
  g_autoptr(GdkTexture) texture = color_texture (100, 50, 0xff00ff00);
  GtkWidget *picture = coffer_picture_new ();
  g_autofree guint32 *pixels = NULL;
  GtkWindow *window;
  int width, height;

  gtk_widget_set_valign (picture, GTK_ALIGN_START);
  coffer_picture_set_paintable (COFFER_PICTURE (picture), GDK_PAINTABLE (texture), 100, 50, TRUE);
  window = screen_show (picture, 300, 200);
  pixels = screen_draw (picture, &width, &height);
  g_assert_cmpint (width, ==, 300);
  g_assert_cmpint (height, ==, 50);
  /* In the middle; round corners. */
  g_assert_cmphex (pixels[25 * width + 150], ==, 0xff00ff00);
  g_assert_cmphex (pixels[25 * width + 101], ==, 0xff00ff00);
  g_assert_cmphex (pixels[25 * width + 198], ==, 0xff00ff00);
  g_assert_cmphex (pixels[25 * width + 98], ==, 0);
  g_assert_cmphex (pixels[25 * width + 201], ==, 0);
  g_assert_cmphex (pixels[0 * width + 100], ==, 0);
  gtk_window_destroy (window);
}

static void
test_picture_has_a_checkerboard_where_it_lets_through (void)
{
  g_autoptr(GdkTexture) texture = color_texture (100, 100, 0);
  GtkWidget *picture = coffer_picture_new ();
  g_autofree guint32 *pixels = NULL;
  GtkWindow *window;
  int width, height;

  coffer_picture_set_paintable (COFFER_PICTURE (picture), GDK_PAINTABLE (texture), 100, 100, FALSE);
  window = screen_show (picture, 100, 100);
  pixels = screen_draw (picture, &width, &height);
  g_assert_cmphex (pixels[52 * width + 52] >> 24, ==, 0xff);
  g_assert_cmphex (pixels[52 * width + 52], ==, pixels[60 * width + 60]);
  g_assert_cmphex (pixels[52 * width + 52], !=, pixels[52 * width + 60]);
  gtk_window_destroy (window);
}

static int
count_rows (GtkWidget *list)
{
  int n = 0;

  for (GtkWidget *row = gtk_widget_get_first_child (gtk_widget_get_first_child (list)); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    n++;

  return n;
}

static void
test_facts_come_and_go (void)
{
  const char *three[] = { "Type", "PNG image", "Size", "1 kB", "Stored as", "Raw bytes, no header", NULL };
  const char *one[] = { "Type", "Text", NULL };
  g_autoptr(GtkWidget) list = g_object_ref_sink (coffer_facts_list_new ());

  g_assert_false (gtk_widget_get_visible (list));
  coffer_facts_list_set (COFFER_FACTS_LIST (list), three);
  g_assert_true (gtk_widget_get_visible (list));
  g_assert_cmpint (count_rows (list), ==, 3);
  coffer_facts_list_set (COFFER_FACTS_LIST (list), one);
  g_assert_cmpint (count_rows (list), ==, 1);
  coffer_facts_list_set (COFFER_FACTS_LIST (list), NULL);
  g_assert_false (gtk_widget_get_visible (list));
}

/* Four widgets of 100 by 20, the last for the end of its line. */
static GtkWidget *
wrap_box_new (GtkWidget *children[4])
{
  GtkWidget *box = coffer_wrap_box_new (10);

  for (int i = 0; i < 4; i++)
    {
      children[i] = gtk_label_new (NULL);
      gtk_widget_set_size_request (children[i], 100, 20);
      gtk_widget_set_parent (children[i], box);
    }
  gtk_widget_set_halign (children[3], GTK_ALIGN_END);

  return box;
}

static gboolean
is_at (GtkWidget *widget,
       int        x,
       int        y)
{
  graphene_rect_t box;

  return gtk_widget_compute_bounds (widget, gtk_widget_get_parent (widget), &box) && box.origin.x == x && box.origin.y == y;
}

static void
test_wrap_box_goes_on_in_the_next_line (void)
{
  GtkWidget *children[4], *box = wrap_box_new (children);
  GtkWindow *window = screen_show (box, 500, 100);

  screen_assert_soon (is_at (children[2], 220, 0));
  screen_assert_soon (is_at (children[3], 400, 0));
  gtk_window_destroy (window);

  box = wrap_box_new (children);
  window = screen_show (box, 330, 100);
  screen_assert_soon (is_at (children[0], 0, 0));
  screen_assert_soon (is_at (children[2], 220, 0));
  screen_assert_soon (is_at (children[3], 230, 30));
  gtk_widget_set_visible (children[1], FALSE);
  screen_assert_soon (is_at (children[2], 110, 0));
  screen_assert_soon (is_at (children[3], 230, 0));
  gtk_widget_set_direction (box, GTK_TEXT_DIR_RTL);
  screen_assert_soon (is_at (children[0], 230, 0));
  screen_assert_soon (is_at (children[3], 0, 0));
  gtk_window_destroy (window);
}

static void
test_wrap_box_is_as_high_as_its_lines (void)
{
  GtkWidget *children[4];
  g_autoptr(GtkWidget) box = g_object_ref_sink (wrap_box_new (children));
  int minimum, natural;

  gtk_widget_measure (box, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
  g_assert_cmpint (minimum, ==, 100);
  g_assert_cmpint (natural, ==, 430);
  g_assert_cmpint (height_for_width (box, 430), ==, 20);
  g_assert_cmpint (height_for_width (box, 429), ==, 50);
  g_assert_cmpint (height_for_width (box, 209), ==, 110);
  g_assert_cmpint (height_for_width (box, 100), ==, 110);
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);

  g_test_add_func ("/widgets/picture/keeps-proportions", test_picture_keeps_proportions);
  g_test_add_func ("/widgets/picture/is-drawn-whole-and-no-larger-than-it-is",
                   test_picture_is_drawn_whole_and_no_larger_than_it_is);
  g_test_add_func ("/widgets/picture/has-a-checkerboard-where-it-lets-through",
                   test_picture_has_a_checkerboard_where_it_lets_through);
  g_test_add_func ("/widgets/facts-list/facts-come-and-go", test_facts_come_and_go);
  g_test_add_func ("/widgets/wrap-box/goes-on-in-the-next-line", test_wrap_box_goes_on_in_the_next_line);
  g_test_add_func ("/widgets/wrap-box/is-as-high-as-its-lines", test_wrap_box_is_as_high_as_its_lines);

  return g_test_run ();
}
