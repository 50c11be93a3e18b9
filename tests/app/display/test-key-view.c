/* SPDX-License-Identifier: MIT */
/* The list of keys with a real vault behind it: what its rows say, which row is selected after the list was read again, and
 * how it makes do with little room.
 */
#include <adwaita.h>
#include <coffer-key-row.h>
#include <coffer-key-view.h>
#include <coffer-key-words.h>
#include <math.h>
#include <string.h>

#include "fixture.h"
#include "screen.h"

typedef struct {
  CofferVault *vault;
  CofferEntryList *list;
  CofferKeySelection *selection;
  CofferKeyView *view;
  GtkWindow *window;
  const char *key;   /* waited for */
} Fixture;

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault **vault = data;
  g_autoptr(GError) error = NULL;

  *vault = coffer_vault_open_finish (result, &error);
  g_assert_no_error (error);
}

static gboolean
is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

/* A row is told by its key. */
static CofferKeyRow *
find_row (GtkWidget  *widget,
          const char *key)
{
  CofferKeyRow *found = NULL;

  if (COFFER_IS_KEY_ROW (widget))
    {
      CofferEntry *entry = coffer_key_cell_get_entry (COFFER_KEY_CELL (widget));

      return entry != NULL && g_strcmp0 (coffer_entry_get_display_key (entry), key) == 0 &&
             coffer_entry_get_type_label (entry) != NULL ? COFFER_KEY_ROW (widget) : NULL;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = find_row (child, key);

  return found;
}

static gboolean
has_row (gpointer data)
{
  Fixture *self = data;

  return find_row (GTK_WIDGET (self->view), self->key) != NULL;
}

static gboolean
is_selected (gpointer data)
{
  Fixture *self = data;
  CofferEntry *entry = coffer_key_selection_get_selected_entry (self->selection);

  return entry != NULL && g_strcmp0 (coffer_entry_get_display_key (entry), self->key) == 0;
}

static void
assert_row (Fixture    *self,
            const char *key)
{
  self->key = key;
  g_assert_true (screen_wait (has_row, self));
}

static void
assert_selected (Fixture    *self,
                 const char *key)
{
  self->key = key;
  g_assert_true (screen_wait (is_selected, self));
}

static void
set_up (Fixture       *self,
        gconstpointer  width)
{
  g_autoptr(GFile) file = g_file_new_for_path (fixture_copy ("v010_media.db"));

  coffer_vault_open_async (file, NULL, opened_cb, &self->vault);
  g_assert_true (screen_wait (is_set, &self->vault));
  self->list = coffer_entry_list_new (self->vault);
  self->view = g_object_new (COFFER_TYPE_KEY_VIEW, NULL);
  self->selection = coffer_key_selection_new (self->list);
  coffer_key_view_set_selection (self->view, self->selection);
  self->window = screen_show (GTK_WIDGET (self->view), GPOINTER_TO_INT (width), 600);
  assert_row (self, "audio/tone.flac");
}

static void
tear_down (Fixture       *self,
           gconstpointer  width)
{
  g_object_add_weak_pointer (G_OBJECT (self->view), (gpointer *) &self->view);
  gtk_window_destroy (self->window);
  screen_assert_soon (self->view == NULL);
  g_clear_object (&self->selection);
  g_clear_object (&self->list);
  coffer_vault_close (self->vault);
  screen_assert_soon (G_OBJECT (self->vault)->ref_count == 1);
  g_assert_finalize_object (self->vault);
}

static void
select_key (Fixture    *self,
            const char *key)
{
  g_autoptr(GBytes) bytes = g_bytes_new (key, strlen (key));

  g_autoptr(CofferKey) written = coffer_key_new_written (bytes);

  coffer_key_selection_follow (self->selection, written);
  coffer_entry_list_refresh (self->list);
  assert_selected (self, key);
}

static GtkWidget *
row_of (Fixture    *self,
        const char *key)
{
  return GTK_WIDGET (find_row (GTK_WIDGET (self->view), key));
}

static void
test_rows_speak (Fixture       *self,
                 gconstpointer  width)
{
  g_autofree char *size = g_format_size (463);
  g_autofree char *name = g_strdup_printf ("doc/archive.zip, %s, ZIP", size);

  assert_row (self, "doc/archive.zip");
  gtk_test_accessible_assert_property (row_of (self, "doc/archive.zip"), GTK_ACCESSIBLE_PROPERTY_LABEL, name);
}

static void
test_nothing_is_selected_at_first (Fixture       *self,
                                   gconstpointer  width)
{
  g_assert_null (coffer_key_selection_get_selected_entry (self->selection));
}

static void
test_selection_survives_reading_again (Fixture       *self,
                                       gconstpointer  width)
{
  select_key (self, "img/photo.png");
  coffer_entry_list_refresh (self->list);
  screen_run (100);
  assert_selected (self, "img/photo.png");

  coffer_columns_set_order (coffer_key_view_get_columns (self->view), COFFER_SORT_KEY, TRUE);
  screen_run (100);
  assert_selected (self, "img/photo.png");
  assert_row (self, "img/photo.png");
}

static void
test_next_key_follows_one_that_is_gone (Fixture       *self,
                                        gconstpointer  width)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static ("doc/archivf", 11);
  g_autoptr(CofferKey) gone = coffer_key_new_written (bytes);

  coffer_key_selection_follow (self->selection, gone);
  coffer_entry_list_refresh (self->list);
  assert_selected (self, "doc/broken.json");
}

static void
test_unselecting_stays (Fixture       *self,
                        gconstpointer  width)
{
  select_key (self, "img/photo.png");
  coffer_key_selection_clear (self->selection);
  coffer_entry_list_refresh (self->list);
  screen_run (200);
  g_assert_null (coffer_key_selection_get_selected_entry (self->selection));
}

static void
test_order_turns_round (Fixture       *self,
                        gconstpointer  width)
{
  CofferColumns *columns = coffer_key_view_get_columns (self->view);
  gboolean descending;

  coffer_columns_set_order (columns, COFFER_SORT_KEY, TRUE);
  g_object_get (self->list, "descending", &descending, NULL);
  g_assert_true (descending);
  coffer_columns_set_order (columns, COFFER_SORT_KEY, FALSE);
  g_object_get (self->list, "descending", &descending, NULL);
  g_assert_false (descending);
  assert_row (self, "audio/tone.flac");
}

static gboolean
is_compact (gpointer data)
{
  gboolean compact;

  g_object_get (((Fixture *) data)->view, "compact", &compact, NULL);
  return compact;
}

/* Nothing but its padding beside it, and a higher row. */
static gboolean
has_two_line_row (gpointer data)
{
  Fixture *self = data;
  GtkWidget *row = row_of (self, "audio/tone.flac");

  return row != NULL && gtk_widget_get_width (row) > gtk_widget_get_width (GTK_WIDGET (self->view)) - 40 &&
         gtk_widget_get_height (row) >= 54;
}

static void
test_little_room_makes_two_lines (Fixture       *self,
                                  gconstpointer  width)
{
  g_assert_true (screen_wait (is_compact, self));
  g_assert_true (screen_wait (has_two_line_row, self));
}

/* Where the texts of a row lie, in the order they are drawn: key, size, type; in a row of two lines, key and all else. */
typedef struct {
  graphene_rect_t boxes[4];
  guint n;
} Texts;

static void
collect_texts (GskRenderNode *node,
               float          x,
               float          y,
               Texts         *texts)
{
  GskTransform *transform;
  float dx, dy;

  switch ((int) gsk_render_node_get_node_type (node))
    {
    case GSK_CONTAINER_NODE:
      for (guint i = 0; i < gsk_container_node_get_n_children (node); i++)
        collect_texts (gsk_container_node_get_child (node, i), x, y, texts);
      break;
    case GSK_TRANSFORM_NODE:
      transform = gsk_transform_node_get_transform (node);
      gsk_transform_to_translate (transform, &dx, &dy);
      collect_texts (gsk_transform_node_get_child (node), x + dx, y + dy, texts);
      break;
    case GSK_TEXT_NODE:
      g_assert_cmpuint (texts->n, <, G_N_ELEMENTS (texts->boxes));
      gsk_render_node_get_bounds (node, &texts->boxes[texts->n]);
      graphene_rect_offset (&texts->boxes[texts->n++], x, y);
      break;
    default:
      break;
    }
}

static Texts
texts_of (CofferKeyRow *row)
{
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  Texts texts = { .n = 0 };
  GskRenderNode *node;

  GTK_WIDGET_GET_CLASS (row)->snapshot (GTK_WIDGET (row), snapshot);
  node = gtk_snapshot_free_to_node (snapshot);
  collect_texts (node, 0, 0, &texts);
  gsk_render_node_unref (node);
  return texts;
}

/* Keys begin where the row does, sizes end where it does, whichever way it is read. */
static void
test_text_follows_the_row (Fixture       *self,
                           gconstpointer  width)
{
  CofferKeyRow *row = find_row (GTK_WIDGET (self->view), "audio/tone.flac");
  int row_width = gtk_widget_get_width (GTK_WIDGET (row));
  Texts ltr = texts_of (row), rtl;

  g_assert_cmpuint (ltr.n, ==, 3);
  g_assert_cmpfloat (ltr.boxes[0].origin.x, <, 60);
  g_assert_cmpfloat (ltr.boxes[1].origin.x, <, ltr.boxes[2].origin.x);

  gtk_widget_set_direction (GTK_WIDGET (row), GTK_TEXT_DIR_RTL);
  coffer_key_row_set_style (row, &(CofferKeyRowStyle) { .columns = coffer_key_view_get_columns (self->view) });
  rtl = texts_of (row);
  g_assert_cmpuint (rtl.n, ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (rtl.boxes[i].origin.x + rtl.boxes[i].size.width, row_width - ltr.boxes[i].origin.x, 3);
}

static void
test_text_follows_the_columns (Fixture       *self,
                               gconstpointer  width)
{
  CofferColumns *columns = coffer_key_view_get_columns (self->view);
  CofferKeyRow *row = find_row (GTK_WIDGET (self->view), "audio/tone.flac");
  Texts texts;

  g_assert_true (coffer_columns_move (columns, COFFER_SORT_SIZE, -1));
  texts = texts_of (row);
  g_assert_cmpuint (texts.n, ==, 3);
  g_assert_cmpfloat (texts.boxes[1].origin.x, <, texts.boxes[0].origin.x);
  g_assert_cmpfloat (texts.boxes[0].origin.x, <, texts.boxes[2].origin.x);

  coffer_columns_set_visible (columns, COFFER_SORT_TYPE, FALSE);
  g_assert_cmpuint (texts_of (row).n, ==, 2);
}

/* How much is drawn between these two, from the one edge of the row to the other: nodes say of colours what GTK makes of them. */
static guint64
ink_of (CofferKeyRow *row,
        int           left,
        int           right)
{
  int width, height;
  g_autofree guint32 *pixels = screen_draw (GTK_WIDGET (row), &width, &height);
  guint64 ink = 0;

  g_assert_cmpint (right, <=, width);
  for (int y = 0; y < height; y++)
    for (int x = left; x < right; x++)
      ink += pixels[y * width + x] >> 24;
  return ink;
}

/* What the keys on show begin with is paler than the rest, and left out where there is little room. */
static void
test_prefix_steps_back (Fixture       *self,
                        gconstpointer  width)
{
  CofferKeyRowStyle style = { .columns = coffer_key_view_get_columns (self->view), .prefix = "audio/" };
  CofferKeyRow *row = find_row (GTK_WIDGET (self->view), "audio/tone.flac");
  Texts texts = texts_of (row);
  float whole = texts.boxes[0].size.width, rest;
  int left = (int) texts.boxes[0].origin.x, right = left + (int) ceilf (whole);
  guint64 prefix_ink = ink_of (row, left, left + 20), rest_ink = ink_of (row, right - 20, right);

  coffer_key_row_set_style (row, &style);
  g_assert_cmpfloat_with_epsilon ((double) ink_of (row, left, left + 20) / prefix_ink, .62, .03);
  g_assert_cmpfloat_with_epsilon ((double) ink_of (row, right - 20, right) / rest_ink, 1, .03);
  texts = texts_of (row);
  g_assert_cmpuint (texts.n, ==, 4);
  g_assert_cmpfloat (texts.boxes[1].origin.x, >, texts.boxes[0].origin.x);

  style.compact = TRUE;
  coffer_key_row_set_style (row, &style);
  texts = texts_of (row);
  rest = texts.boxes[0].size.width;
  g_assert_cmpuint (texts.n, ==, 2);
  g_assert_cmpfloat (rest, <, whole - 20);

  style.prefix = "audio/tone.flac";   /* a key that is all prefix is told by it */
  coffer_key_row_set_style (row, &style);
  g_assert_cmpfloat (texts_of (row).boxes[0].size.width, >, rest);
}

static void
test_kinds_have_icons (void)
{
  g_assert_null (coffer_key_words_icon_name (NULL));
  g_assert_cmpstr (coffer_key_words_icon_name ("image/png"), ==, "image-x-generic-symbolic");
  g_assert_cmpstr (coffer_key_words_icon_name ("imagery/png"), ==, "x-office-document-symbolic");
  g_assert_cmpstr (coffer_key_words_icon_name ("application/json"), ==, "text-x-generic-symbolic");
  g_assert_cmpstr (coffer_key_words_icon_name ("application/json-seq"), ==, "x-office-document-symbolic");
}

static void
test_unknown_size_is_blank (void)
{
  g_autofree char *unknown = coffer_key_words_format_size (G_MAXUINT64);
  g_autofree char *none = coffer_key_words_format_size (0);

  g_assert_cmpstr (unknown, ==, "");
  g_assert_cmpstr (none, !=, "");
}

#define ADD(name, width, test) g_test_add ("/browse/key-view/" name, Fixture, GINT_TO_POINTER (width), set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  int result;

  /* What widgets tell assistive technology is kept where a test can ask. */
  g_setenv ("GTK_A11Y", "test", TRUE);
  g_test_init (&argc, &argv, NULL);
  adw_init ();

  ADD ("text-follows-the-row", 900, test_text_follows_the_row);
  ADD ("text-follows-the-columns", 900, test_text_follows_the_columns);
  ADD ("prefix-steps-back", 900, test_prefix_steps_back);
  g_test_add_func ("/browse/key-row/kinds-have-icons", test_kinds_have_icons);
  g_test_add_func ("/browse/key-row/unknown-size-is-blank", test_unknown_size_is_blank);
  ADD ("rows-speak", 600, test_rows_speak);
  ADD ("nothing-is-selected-at-first", 600, test_nothing_is_selected_at_first);
  ADD ("selection-survives-reading-again", 600, test_selection_survives_reading_again);
  ADD ("next-key-follows-one-that-is-gone", 600, test_next_key_follows_one_that_is_gone);
  ADD ("unselecting-stays", 600, test_unselecting_stays);
  ADD ("order-turns-round", 600, test_order_turns_round);
  ADD ("little-room-makes-two-lines", 400, test_little_room_makes_two_lines);

  result = g_test_run ();
  fixture_remove_all ();
  return result;
}
