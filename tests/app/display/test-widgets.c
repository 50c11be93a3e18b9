/* SPDX-License-Identifier: MIT */
#include <coffer-facts-list.h>
#include <coffer-picture.h>
#include <coffer-present.h>
#include <coffer-row.h>
#include <coffer-toasts.h>
#include <coffer-upright.h>
#include <coffer-wrap-box.h>
#include <coffer-zoom.h>

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

static GtkWidget *
find_by_action (GtkWidget  *widget,
              const char *action)
{
  GtkWidget *found = NULL;

  if (GTK_IS_ACTIONABLE (widget) && g_strcmp0 (gtk_actionable_get_action_name (GTK_ACTIONABLE (widget)), action) == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = find_by_action (child, action);

  return found;
}

/* Keys zoom whether or not the controls are there, which Tab does not go to before they are. */
static void
test_picture_is_zoomed_while_controls_are_hidden (void)
{
  g_autoptr(GdkTexture) texture = color_texture (100, 50, 0xff00ff00);
  GtkWidget *picture = coffer_picture_new (), *in = find_by_action (picture, "picture.zoom-in");
  GtkWidget *out = find_by_action (picture, "picture.zoom-out");
  GtkWindow *window = screen_show (picture, 300, 200);

  g_assert_false (gtk_widget_is_sensitive (in));   /* there is nothing to look at */
  coffer_picture_set_paintable (COFFER_PICTURE (picture), GDK_PAINTABLE (texture), 100, 50, TRUE);
  screen_run (20);
  g_assert_true (gtk_widget_has_css_class (gtk_widget_get_parent (in), "faded"));
  g_assert_true (gtk_widget_is_sensitive (in));
  g_assert_false (gtk_widget_is_sensitive (out));
  g_assert_true (gtk_widget_grab_focus (picture));
  g_assert_false (gtk_widget_grab_focus (in));
  g_assert_true (gtk_widget_has_focus (picture));

  g_assert_true (coffer_picture_key (COFFER_PICTURE (picture), GDK_KEY_plus, 0));
  g_assert_cmpfloat (coffer_picture_get_scale (COFFER_PICTURE (picture)), >, 1);
  g_assert_false (gtk_widget_has_css_class (gtk_widget_get_parent (in), "faded"));
  g_assert_true (gtk_widget_is_sensitive (out));
  g_assert_true (gtk_widget_grab_focus (in));
  coffer_picture_set_alone (COFFER_PICTURE (picture), TRUE);
  g_assert_false (gtk_widget_grab_focus (picture));
  gtk_window_destroy (window);
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

/* Which pixel of the picture, along each side, is at a place in the room. */
static void
what_is_at (const CofferZoom *zoom,
            double            x,
            double            y,
            double           *px,
            double           *py)
{
  graphene_rect_t box;

  coffer_zoom_get_box (zoom, &box);
  *px = (x - box.origin.x) / coffer_zoom_get_scale (zoom);
  *py = (y - box.origin.y) / coffer_zoom_get_scale (zoom);
}

static void
test_zoom_keeps_the_point_under_the_pointer (void)
{
  static const double scales[] = { .7, .8, 1, 3, 32, 7, 1.1, .6 };
  CofferZoom zoom = { 1200, 900, 300, 400 };
  double px, py, now_x, now_y;

  g_assert_cmpfloat (coffer_zoom_get_scale (&zoom), ==, .25);
  coffer_zoom_set_scale (&zoom, 2, 32, 140, 100);
  what_is_at (&zoom, 140, 100, &px, &py);
  g_assert_cmpfloat_with_epsilon (px, 560, 1e-3);
  g_assert_cmpfloat_with_epsilon (py, 400, 1e-3);
  for (gsize i = 0; i < G_N_ELEMENTS (scales); i++)
    {
      coffer_zoom_set_scale (&zoom, scales[i], 32, 140, 100);
      what_is_at (&zoom, 140, 100, &now_x, &now_y);
      g_assert_cmpfloat_with_epsilon (now_x, px, .01);
      g_assert_cmpfloat_with_epsilon (now_y, py, .01);
    }
  g_assert_false (coffer_zoom_is_fit (&zoom));
  coffer_zoom_set_scale (&zoom, .2, 32, 140, 100);
  g_assert_true (coffer_zoom_is_fit (&zoom));
}

static void
test_zoom_lays_nothing_bare (void)
{
  CofferZoom zoom = { 1000, 500, 300, 400 };
  graphene_rect_t box;

  g_assert_false (coffer_zoom_move (&zoom, 10, 10));
  coffer_zoom_set_scale (&zoom, .5, 32, 300, 0);   /* 500 by 250: still less than the room's height */
  g_assert_true (coffer_zoom_move (&zoom, 1000, 1000));
  coffer_zoom_get_box (&zoom, &box);
  g_assert_true (graphene_rect_equal (&box, &GRAPHENE_RECT_INIT (0, 0, 500, 250)));
  g_assert_false (coffer_zoom_move (&zoom, 1, 0));
  g_assert_true (coffer_zoom_move (&zoom, -1000, 0));
  coffer_zoom_get_box (&zoom, &box);
  g_assert_cmpfloat (box.origin.x, ==, -200);
  zoom.in_middle = TRUE;
  coffer_zoom_get_box (&zoom, &box);
  g_assert_cmpfloat (box.origin.y, ==, 75);
  zoom.room_width = 800;   /* the window was made larger: more of it than that scale needs */
  coffer_zoom_get_box (&zoom, &box);
  g_assert_true (graphene_rect_equal (&box, &GRAPHENE_RECT_INIT (0, 0, 800, 400)));
}

static void
test_zoom_steps_stop_at_full_size (void)
{
  CofferZoom zoom = { 1000, 1000, 300, 300 };
  int n = 0;

  while (coffer_zoom_get_scale (&zoom) < 1)
    {
      coffer_zoom_set_scale (&zoom, coffer_zoom_get_next (&zoom, TRUE), 32, 0, 0);
      g_assert_cmpint (++n, <, 10);
    }
  g_assert_cmpfloat (coffer_zoom_get_scale (&zoom), ==, 1);
  coffer_zoom_set_scale (&zoom, coffer_zoom_get_next (&zoom, TRUE), 32, 0, 0);
  g_assert_cmpfloat_with_epsilon (coffer_zoom_get_scale (&zoom), G_SQRT2, 1e-6);
  coffer_zoom_set_scale (&zoom, coffer_zoom_get_next (&zoom, FALSE), 32, 0, 0);
  g_assert_cmpfloat (coffer_zoom_get_scale (&zoom), ==, 1);
}

/* Red in the left half of each row; the right half gets greener from the top, so that each pixel is like no other in its column. */
static GBytes *
card_pixels (int width,
             int height)
{
  guint32 *pixels = g_new (guint32, (gsize) width * height);

  for (int i = 0; i < width * height; i++)
    pixels[i] = i % width < width / 2 ? 0xffff0000 : 0xff000000 | (guint32) (i / width * 255 / height) << 8;

  return g_bytes_new_take (pixels, (gsize) width * height * 4);
}

static void
test_picture_is_looked_at_closer_in_its_own_pixels (void)
{
  g_autoptr(GBytes) card = card_pixels (1200, 1100);
  g_autoptr(GdkTexture) coarse = color_texture (120, 110, 0xff0000ff);
  GtkWidget *picture = coffer_picture_new ();
  g_autofree guint32 *pixels = NULL, *turned = NULL;
  const guint32 *source = g_bytes_get_data (card, NULL);
  GtkWindow *window;
  graphene_rect_t box;
  int width, height, x, y;

  coffer_picture_set_max_height (COFFER_PICTURE (picture), 110);
  coffer_picture_set_paintable (COFFER_PICTURE (picture), GDK_PAINTABLE (coarse), 1200, 1100, TRUE);
  window = screen_show (picture, 300, 200);
  coffer_picture_zoom (COFFER_PICTURE (picture), 1, 150, 60);
  screen_run (50);
  coffer_picture_set_pixels (COFFER_PICTURE (picture), card, 1200, 1100);
  g_assert_true (coffer_picture_get_box (COFFER_PICTURE (picture), &box));
  x = -box.origin.x;
  y = -box.origin.y;
  g_assert_cmpint (x, >, 0);
  g_assert_cmpint (y, >, 0);
  pixels = screen_draw (picture, &width, &height);
  for (int row = 20; row < 90; row++)   /* over the edge of tiles, which is at 512 */
    for (int column = 20; column < 280; column += 7)
      g_assert_cmphex (pixels[row * width + column], ==, source[(y + row) * 1200 + x + column]);

  /* Red is at the top then. */
  gtk_widget_activate_action (picture, "picture.turn-right", NULL);
  coffer_picture_set_max_height (COFFER_PICTURE (picture), 200);
  coffer_picture_zoom (COFFER_PICTURE (picture), 1, 0, 0);
  coffer_picture_set_pixels (COFFER_PICTURE (picture), card, 1200, 1100);
  screen_run (50);
  turned = screen_draw (picture, &width, &height);
  g_assert_true (coffer_picture_get_box (COFFER_PICTURE (picture), &box));
  g_assert_cmpfloat (box.size.width, ==, 1100);
  g_assert_cmphex (turned[20 * width + 100], ==, 0xffff0000);
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

static GtkWidget *
describe_row (GtkWidget *row)
{
  GtkWidget *button = gtk_button_new_with_label ("Optimize");

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), "Optimize");
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), "Renews what is known of the tables to find things quickly, and moves the log. Changes no key and no value.");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  return row;
}

static GtkWidget *
find_words (GtkWidget *row)
{
  GtkWidget *child = gtk_widget_get_first_child (gtk_list_box_row_get_child (GTK_LIST_BOX_ROW (row)));

  while (child != NULL && !gtk_widget_has_css_class (child, "title"))
    child = gtk_widget_get_next_sibling (child);
  g_assert_nonnull (child);
  return child;
}

static void
assert_same_bounds (GtkWidget *one,
                    GtkWidget *other)
{
  graphene_rect_t a, b;

  g_assert_true (gtk_widget_compute_bounds (one, gtk_widget_get_parent (one), &a));
  g_assert_true (gtk_widget_compute_bounds (other, gtk_widget_get_parent (other), &b));
  g_assert_true (graphene_rect_equal (&a, &b));
}

static void
test_row_is_as_large_as_any_other (void)
{
  const int widths[] = { 250, 420, 700, 1400 };
  GtkWidget *list = gtk_list_box_new (), *row = describe_row (coffer_row_new ()), *other = describe_row (adw_action_row_new ());
  GtkWindow *window;

  gtk_list_box_append (GTK_LIST_BOX (list), row);
  gtk_list_box_append (GTK_LIST_BOX (list), other);
  window = screen_show (list, 420, 300);
  screen_assert_soon (gtk_widget_get_height (other) > 0);
  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    g_assert_cmpint (height_for_width (row, widths[i]), ==, height_for_width (other, widths[i]));
  g_assert_cmpint (height_for_width (row, 250), >, height_for_width (row, 1400));
  g_assert_cmpint (gtk_widget_get_height (row), ==, gtk_widget_get_height (other));
  assert_same_bounds (find_words (row), find_words (other));
  gtk_window_destroy (window);
}

/* GTK looks for it by halving, with a layout for each try. */
static void
test_row_looks_for_no_width_for_a_height (void)
{
  GtkWidget *list = gtk_list_box_new (), *row = describe_row (coffer_row_new ()), *words = find_words (row);
  GtkWindow *window;
  int minimum, natural, minimum_for_line, natural_for_line, line;

  gtk_list_box_append (GTK_LIST_BOX (list), row);
  window = screen_show (list, 420, 300);
  gtk_widget_measure (words, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &natural, NULL, NULL);
  line = height_for_width (words, natural);
  gtk_widget_measure (words, GTK_ORIENTATION_HORIZONTAL, line, &minimum_for_line, &natural_for_line, NULL, NULL);
  g_assert_cmpint (minimum_for_line, ==, minimum);
  g_assert_cmpint (natural_for_line, ==, natural);
  gtk_window_destroy (window);
}

/* A label that wraps, of two words. */
static GtkWidget *
new_upright (GtkWidget **label)
{
  GtkWidget *upright = coffer_upright_new ();

  *label = gtk_label_new ("wwwwwwwwww wwwwwwwwww");
  gtk_label_set_wrap (GTK_LABEL (*label), TRUE);
  adw_bin_set_child (ADW_BIN (upright), *label);
  return upright;
}

static void
measure (GtkWidget      *widget,
         GtkOrientation  orientation,
         int             for_size,
         int            *minimum,
         int            *natural)
{
  gtk_widget_measure (widget, orientation, for_size, minimum, natural, NULL, NULL);
}

static void
test_upright_has_heights_of_its_child (void)
{
  GtkWidget *label;
  g_autoptr(GtkWidget) upright = g_object_ref_sink (new_upright (&label));
  int least, natural, of_label;

  measure (upright, GTK_ORIENTATION_HORIZONTAL, -1, &least, &natural);
  measure (label, GTK_ORIENTATION_HORIZONTAL, -1, &of_label, NULL);
  g_assert_cmpint (least, ==, of_label);
  g_assert_cmpint (least, <, natural);
  g_assert_cmpint (height_for_width (upright, least), ==, height_for_width (label, least));
  g_assert_cmpint (height_for_width (upright, natural), ==, height_for_width (label, natural));
  g_assert_cmpint (height_for_width (upright, natural), <, height_for_width (upright, least));
  gtk_widget_set_visible (label, FALSE);
  measure (upright, GTK_ORIENTATION_HORIZONTAL, -1, &least, &natural);
  g_assert_cmpint (natural, ==, 0);
}

/* Of two widths it says the right one: it is never too low for what it is asked. */
static void
test_upright_is_wide_enough_for_a_height (void)
{
  GtkWidget *label;
  g_autoptr(GtkWidget) upright = g_object_ref_sink (new_upright (&label));
  int least, natural, high, low, width;

  measure (upright, GTK_ORIENTATION_HORIZONTAL, -1, &least, &natural);
  high = height_for_width (label, least);
  low = height_for_width (label, natural);
  measure (upright, GTK_ORIENTATION_HORIZONTAL, high, &width, NULL);
  g_assert_cmpint (width, ==, least);
  measure (upright, GTK_ORIENTATION_HORIZONTAL, high - 1, &width, NULL);
  g_assert_cmpint (width, ==, natural);
  measure (upright, GTK_ORIENTATION_HORIZONTAL, low, &width, NULL);
  g_assert_cmpint (width, ==, natural);
}

static GtkWindow *
new_child_window (GtkWindow *parent)
{
  GtkWindow *window = GTK_WINDOW (gtk_window_new ());

  gtk_window_set_transient_for (window, parent);
  coffer_present_soon (window);
  return window;
}

static void
test_window_is_presented_in_a_turn_of_its_own (void)
{
  GtkWindow *parent = screen_show (gtk_label_new ("parent"), 100, 100);
  GtkWindow *window = new_child_window (parent);

  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (window)));
  screen_assert_soon (gtk_widget_get_mapped (GTK_WIDGET (window)));
  gtk_window_destroy (window);
  gtk_window_destroy (parent);
}

/* What goes until then: the window, or its parent. */
static void
test_window_that_went_is_not_presented (void)
{
  GtkWindow *parent = screen_show (gtk_label_new ("parent"), 100, 100);
  g_autoptr(GtkWindow) first = g_object_ref (new_child_window (parent));
  GtkWindow *second = new_child_window (parent);

  g_object_add_weak_pointer (G_OBJECT (second), (gpointer *) &second);
  gtk_window_destroy (first);
  gtk_window_destroy (parent);
  screen_assert_soon (second == NULL);
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (first)));
}

static GtkWidget *
find_label (GtkWidget  *widget,
            const char *text)
{
  GtkWidget *found = NULL;

  if (GTK_IS_LABEL (widget) && g_str_equal (gtk_label_get_label (GTK_LABEL (widget)), text))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = find_label (child, text);

  return found;
}

/* One that stays until it is sent away. */
static AdwToast *
show_toast (CofferToasts *toasts,
            const char   *text)
{
  AdwToast *toast = adw_toast_new (text);

  adw_toast_set_timeout (toast, 0);
  coffer_toasts_show (toasts, toast);
  return toast;
}

static void
test_last_toast_follows (void)
{
  GtkWidget *overlay = adw_toast_overlay_new ();
  GtkWindow *window = screen_show (overlay, 300, 200);
  g_autoptr(CofferToasts) toasts = coffer_toasts_new (ADW_TOAST_OVERLAY (overlay));

  show_toast (toasts, "one");
  show_toast (toasts, "two");
  show_toast (toasts, "three");
  g_assert_nonnull (find_label (overlay, "one"));
  screen_assert_soon (find_label (overlay, "three") != NULL);
  g_assert_null (find_label (overlay, "two"));
  screen_assert_soon (find_label (overlay, "one") == NULL);
  g_clear_object (&toasts);
  gtk_window_destroy (window);
}

/* At once, and neither before the animation is over that shows it, nor if it is not there yet. */
static void
test_toast_is_withdrawn (void)
{
  GtkWidget *overlay = adw_toast_overlay_new ();
  GtkWindow *window = screen_show (overlay, 300, 200);
  g_autoptr(CofferToasts) toasts = coffer_toasts_new (ADW_TOAST_OVERLAY (overlay));
  AdwToast *first = show_toast (toasts, "one"), *second;

  coffer_toasts_withdraw (toasts, first);
  g_assert_nonnull (find_label (overlay, "one"));
  screen_assert_soon (find_label (overlay, "one") == NULL);

  first = show_toast (toasts, "one");
  second = show_toast (toasts, "two");
  coffer_toasts_withdraw (toasts, second);
  coffer_toasts_withdraw (toasts, first);
  show_toast (toasts, "three");
  screen_assert_soon (find_label (overlay, "three") != NULL && find_label (overlay, "one") == NULL);
  g_assert_null (find_label (overlay, "two"));
  g_clear_object (&toasts);
  gtk_window_destroy (window);
}

/* The one before it stays. */
static void
test_toast_that_waits_is_withdrawn (void)
{
  GtkWidget *overlay = adw_toast_overlay_new ();
  GtkWindow *window = screen_show (overlay, 300, 200);
  g_autoptr(CofferToasts) toasts = coffer_toasts_new (ADW_TOAST_OVERLAY (overlay));

  show_toast (toasts, "one");
  coffer_toasts_withdraw (toasts, show_toast (toasts, "two"));
  screen_assert_soon (coffer_toasts_get_delay (toasts) == 0);
  screen_run (100);
  g_assert_nonnull (find_label (overlay, "one"));
  g_assert_null (find_label (overlay, "two"));
  g_clear_object (&toasts);
  gtk_window_destroy (window);
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);

  g_test_add_func ("/widgets/zoom/keeps-the-point-under-the-pointer", test_zoom_keeps_the_point_under_the_pointer);
  g_test_add_func ("/widgets/zoom/lays-nothing-bare", test_zoom_lays_nothing_bare);
  g_test_add_func ("/widgets/zoom/steps-stop-at-full-size", test_zoom_steps_stop_at_full_size);
  g_test_add_func ("/widgets/picture/is-looked-at-closer-in-its-own-pixels", test_picture_is_looked_at_closer_in_its_own_pixels);
  g_test_add_func ("/widgets/picture/is-zoomed-while-controls-are-hidden", test_picture_is_zoomed_while_controls_are_hidden);
  g_test_add_func ("/widgets/picture/keeps-proportions", test_picture_keeps_proportions);
  g_test_add_func ("/widgets/picture/is-drawn-whole-and-no-larger-than-it-is",
                   test_picture_is_drawn_whole_and_no_larger_than_it_is);
  g_test_add_func ("/widgets/picture/has-a-checkerboard-where-it-lets-through",
                   test_picture_has_a_checkerboard_where_it_lets_through);
  g_test_add_func ("/widgets/facts-list/facts-come-and-go", test_facts_come_and_go);
  g_test_add_func ("/widgets/wrap-box/goes-on-in-the-next-line", test_wrap_box_goes_on_in_the_next_line);
  g_test_add_func ("/widgets/wrap-box/is-as-high-as-its-lines", test_wrap_box_is_as_high_as_its_lines);
  g_test_add_func ("/widgets/row/is-as-large-as-any-other", test_row_is_as_large_as_any_other);
  g_test_add_func ("/widgets/row/looks-for-no-width-for-a-height", test_row_looks_for_no_width_for_a_height);
  g_test_add_func ("/widgets/upright/has-heights-of-its-child", test_upright_has_heights_of_its_child);
  g_test_add_func ("/widgets/upright/is-wide-enough-for-a-height", test_upright_is_wide_enough_for_a_height);
  g_test_add_func ("/widgets/present/in-a-turn-of-its-own", test_window_is_presented_in_a_turn_of_its_own);
  g_test_add_func ("/widgets/present/not-what-went", test_window_that_went_is_not_presented);
  g_test_add_func ("/widgets/toasts/last-one-follows", test_last_toast_follows);
  g_test_add_func ("/widgets/toasts/is-withdrawn", test_toast_is_withdrawn);
  g_test_add_func ("/widgets/toasts/that-waits-is-withdrawn", test_toast_that_waits_is_withdrawn);

  return g_test_run ();
}
