/* SPDX-License-Identifier: MIT */
/* The grid of keys with a real vault behind it: which tiles there are, where they are, and that the place stays. */
#include <adwaita.h>
#include <coffer-entry-private.h>
#include <coffer-key-tile.h>
#include <coffer-key-views.h>
#include <string.h>

#include "displayless.h"
#include "screen.h"

#define N_KEYS 5000
#define WIDTH 700
#define HEIGHT 500

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferEntryList *list;
  CofferKeySelection *selection;
  CofferKeyViews *views;
  CofferKeyGrid *grid;
  CofferKeyCells *tiles;
  GtkWindow *window;
} Fixture;

/* The first widget of a type below another. */
static gpointer
find (GtkWidget *widget,
      GType      type)
{
  gpointer found = G_TYPE_CHECK_INSTANCE_TYPE (widget, type) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = find (child, type);
  return found;
}

static guint
count_tiles (Fixture *self)
{
  guint n = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->tiles)); child != NULL; child = gtk_widget_get_next_sibling (child))
    n += COFFER_IS_KEY_TILE (child);
  return n;
}

static const char *
key_of (CofferKeyCell *tile)
{
  CofferEntry *entry = tile != NULL ? coffer_key_cell_get_entry (tile) : NULL;
  const char *key = entry != NULL ? coffer_entry_get_display_key (entry) : NULL;

  return key != NULL ? key : "";
}

static CofferKeyCell *
tile_at (Fixture *self,
         guint    position)
{
  return coffer_key_cells_get_cell (self->tiles, position);
}

/* Where a tile lies in the grid; y of one that there is not is far away. */
static GdkRectangle
box_of (Fixture *self,
        guint    position)
{
  CofferKeyCell *tile = tile_at (self, position);
  graphene_rect_t box;

  if (tile == NULL || !gtk_widget_compute_bounds (GTK_WIDGET (tile), GTK_WIDGET (self->tiles), &box))
    return (GdkRectangle) { 0, 99999, 0, 0 };

  return (GdkRectangle) { box.origin.x, box.origin.y, box.size.width, box.size.height };
}

static gboolean
is_in_view (Fixture *self,
            guint    position)
{
  GdkRectangle box = box_of (self, position);

  return box.y >= 0 && box.y + box.height <= gtk_widget_get_height (GTK_WIDGET (self->tiles));
}

/* How many tiles the first row has. */
static guint
count_columns (Fixture *self)
{
  guint n = 1;

  while (n < 100 && box_of (self, n).y == box_of (self, 0).y)
    n++;
  return n;
}

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  self->folder = test_folder_new ();
  self->path = test_make_vault (self->folder, "a.db", N_KEYS);
  self->vault = test_open (self->path);
  self->list = coffer_entry_list_new (self->vault);
  self->selection = coffer_key_selection_new (self->list);
  self->views = g_object_new (COFFER_TYPE_KEY_VIEWS, NULL);
  self->grid = coffer_key_views_get_grid (self->views);
  self->tiles = find (GTK_WIDGET (self->grid), COFFER_TYPE_KEY_CELLS);
  coffer_key_grid_set_size (self->grid, COFFER_THUMBNAIL_SIZE_MEDIUM);
  coffer_key_views_set_grid_shown (self->views, TRUE);
  coffer_key_views_set_selection (self->views, self->selection, NULL);
  self->window = screen_show (GTK_WIDGET (self->views), WIDTH, HEIGHT);
  gtk_window_set_focus (self->window, NULL);   /* a tile that has it stays wherever the others go */
  test_wait_for (!coffer_entry_list_get_loading (self->list));
  test_wait_for (g_str_equal (key_of (tile_at (self, 0)), "user:0000000000"));
  test_wait_for (box_of (self, 0).height > 0);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_object_add_weak_pointer (G_OBJECT (self->views), (gpointer *) &self->views);
  gtk_window_destroy (self->window);
  screen_assert_soon (self->views == NULL);
  g_assert_finalize_object (self->selection);
  g_assert_finalize_object (self->list);
  test_close (self->vault);
  g_free (self->path);
  test_folder_remove (self->folder);
}

static void
test_has_as_many_tiles_as_are_in_view (Fixture       *self,
                                       gconstpointer  data)
{
  guint n_columns = count_columns (self);
  guint n_rows = HEIGHT / box_of (self, 0).height + 1;

  g_assert_cmpuint (n_columns, ==, 4);
  g_assert_cmpuint (count_tiles (self), <=, n_columns * (n_rows + 3));
  coffer_key_cells_show_first (self->tiles, N_KEYS / 2, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, N_KEYS / 2));
  g_assert_cmpuint (count_tiles (self), <=, n_columns * (n_rows + 3));
}

/* Nothing is made, and nothing let go of, however far it goes. */
static void
test_scrolling_uses_the_same_tiles (Fixture       *self,
                                    gconstpointer  data)
{
  g_autoptr(GHashTable) before = g_hash_table_new (NULL, NULL);
  guint n = count_tiles (self);

  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->tiles)); child != NULL; child = gtk_widget_get_next_sibling (child))
    g_hash_table_add (before, child);
  for (guint position = 0; position < N_KEYS; position += 97)
    {
      coffer_key_cells_show_first (self->tiles, position, GTK_INVALID_LIST_POSITION);
      screen_assert_soon (is_in_view (self, position));
    }
  g_assert_cmpuint (count_tiles (self), ==, n);
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->tiles)); child != NULL; child = gtk_widget_get_next_sibling (child))
    g_assert_true (g_hash_table_contains (before, child));
}

static gboolean
are_in_order (Fixture *self)
{
  guint last = 0;

  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->tiles)); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      guint position = coffer_entry_get_position (coffer_key_cell_get_entry (COFFER_KEY_CELL (child)));

      if (position <= last)
        return FALSE;
      last = position;
    }
  return TRUE;
}

/* A moment after they were scrolled. */
static void
test_tiles_are_read_in_order (Fixture       *self,
                              gconstpointer  data)
{
  coffer_key_cells_show_first (self->tiles, 1000, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, 1000));
  coffer_key_cells_show_first (self->tiles, 990, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, 990));
  screen_assert_soon (are_in_order (self));
}

static void
test_tiles_speak (Fixture       *self,
                  gconstpointer  data)
{
  g_autofree char *size = g_format_size (1);
  g_autofree char *name = g_strdup_printf ("user:0000000003, %s, Text", size);

  test_wait_for (coffer_entry_get_type_label (coffer_key_cell_get_entry (tile_at (self, 3))) != NULL);
  gtk_test_accessible_assert_property (tile_at (self, 3), GTK_ACCESSIBLE_PROPERTY_LABEL, name);
  gtk_test_accessible_assert_role (tile_at (self, 3), GTK_ACCESSIBLE_ROLE_LIST_ITEM);
  coffer_key_cells_choose (self->tiles, 3, FALSE, FALSE);
  gtk_test_accessible_assert_state (tile_at (self, 3), GTK_ACCESSIBLE_STATE_SELECTED, TRUE);
  gtk_test_accessible_assert_state (tile_at (self, 4), GTK_ACCESSIBLE_STATE_SELECTED, FALSE);
}

/* The words for one are freed, and those for the other may lie where they were. */
static void
test_tiles_follow_other_keys (Fixture       *self,
                              gconstpointer  data)
{
  CofferEntry *entry = coffer_key_cell_get_entry (tile_at (self, 3));

  test_wait_for (coffer_entry_get_type_label (entry) != NULL);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *text = g_strdup_printf ("user:%010u", i);
      g_autofree char *name = g_strdup_printf ("%s, 1 byte, Text", text);
      g_autoptr(CofferKey) key = test_key (text);

      coffer_entry_set_key (entry, key);
      gtk_test_accessible_assert_property (tile_at (self, 3), GTK_ACCESSIBLE_PROPERTY_LABEL, name);
    }
}

static void
test_choosing_is_that_of_lists (Fixture       *self,
                                gconstpointer  data)
{
  coffer_key_cells_choose (self->tiles, 10, FALSE, FALSE);
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 1);
  coffer_key_cells_choose (self->tiles, 20, FALSE, TRUE);
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 11);
  coffer_key_cells_choose (self->tiles, 5, FALSE, TRUE);
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 6);
  coffer_key_cells_choose (self->tiles, 7, TRUE, FALSE);
  g_assert_false (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), 7));
  coffer_key_cells_choose (self->tiles, 9, TRUE, TRUE);   /* from one that is not: takes away */
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 3);
  coffer_key_cells_choose (self->tiles, 100, TRUE, FALSE);
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 4);
}

static void
test_revealing_scrolls_no_further_than_needed (Fixture       *self,
                                               gconstpointer  data)
{
  guint n_columns = count_columns (self);

  coffer_key_cells_reveal (self->tiles, 1);
  screen_run (50);
  g_assert_cmpint (box_of (self, 0).y, >, 0);

  coffer_key_cells_reveal (self->tiles, 40 * n_columns);
  screen_assert_soon (is_in_view (self, 40 * n_columns));
  g_assert_false (is_in_view (self, 41 * n_columns));
  g_assert_true (is_in_view (self, 39 * n_columns));

  coffer_key_cells_reveal (self->tiles, N_KEYS - 1);
  screen_assert_soon (is_in_view (self, N_KEYS - 1));
}

/* A wider window, larger and smaller pictures: what was looked at is still in view. */
static void
test_place_survives_other_rooms (Fixture       *self,
                                 gconstpointer  data)
{
  coffer_key_cells_show_first (self->tiles, 2345, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, 2345));
  for (guint size = 0; size < COFFER_N_THUMBNAIL_SIZES; size++)
    {
      coffer_key_grid_set_size (self->grid, size);
      screen_run (50);
      g_assert_true (is_in_view (self, 2345));
      g_assert_cmpuint (coffer_key_cells_get_first_visible (self->tiles), ==, 2345);
    }
  gtk_window_set_default_size (self->window, 400, 400);
  screen_assert_soon (gtk_widget_get_width (GTK_WIDGET (self->tiles)) == 400);
  g_assert_true (is_in_view (self, 2345));
  gtk_window_set_default_size (self->window, 1000, 600);
  screen_assert_soon (gtk_widget_get_width (GTK_WIDGET (self->tiles)) == 1000);
  g_assert_true (is_in_view (self, 2345));
  g_assert_cmpuint (coffer_key_cells_get_first_visible (self->tiles), ==, 2345);
}

static void
test_little_room_has_two_columns (Fixture       *self,
                                  gconstpointer  data)
{
  coffer_key_grid_set_size (self->grid, COFFER_THUMBNAIL_SIZE_LARGE);
  screen_assert_soon (box_of (self, 0).width > 200);
  gtk_window_set_default_size (self->window, 360, 500);
  screen_assert_soon (gtk_widget_get_width (GTK_WIDGET (self->tiles)) == 360 && count_columns (self) == 2);
  g_assert_cmpint (coffer_key_grid_get_size (self->grid), ==, COFFER_THUMBNAIL_SIZE_LARGE);
  gtk_window_set_default_size (self->window, 700, 500);
  screen_assert_soon (box_of (self, 0).width > 200);
}

/* Keys that come before those in view, and some of those that go. */
static void
test_place_survives_other_programs (Fixture       *self,
                                    gconstpointer  data)
{
  int y;

  coffer_key_cells_show_first (self->tiles, 3000, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (box_of (self, 3000).y == 10);   /* or tiles are still where others were */
  coffer_key_cells_choose (self->tiles, 3001, FALSE, FALSE);
  test_wait_for (g_str_equal (key_of (tile_at (self, 3000)), "user:0000003000"));
  y = box_of (self, 3000).y;

  test_sql (self->path, "DELETE FROM kv WHERE key IN (CAST('user:0000003002' AS BLOB), CAST('user:0000000007' AS BLOB));"
                        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 21)"
                        "INSERT INTO kv SELECT CAST(printf('a%02d', i) AS BLOB), x'31' FROM n");
  coffer_entry_list_refresh (self->list);
  test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (self->list)) == N_KEYS + 19);
  test_wait_for (g_str_equal (key_of (tile_at (self, 3020)), "user:0000003000"));
  screen_run (50);
  g_assert_cmpint (box_of (self, 3020).y, ==, y);
  g_assert_true (gtk_widget_get_state_flags (GTK_WIDGET (tile_at (self, 3021))) & GTK_STATE_FLAG_SELECTED);
  test_wait_for (g_str_equal (key_of (tile_at (self, 3022)), "user:0000003003"));
}

static void
test_focus_stays_with_its_tile (Fixture       *self,
                                gconstpointer  data)
{
  CofferKeyCell *tile;

  coffer_key_cells_choose (self->tiles, 2, FALSE, FALSE);
  gtk_widget_grab_focus (GTK_WIDGET (self->grid));
  tile = tile_at (self, 2);
  g_assert_true (gtk_root_get_focus (GTK_ROOT (self->window)) == GTK_WIDGET (tile));

  coffer_key_cells_show_first (self->tiles, 2000, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, 2000));
  g_assert_true (gtk_root_get_focus (GTK_ROOT (self->window)) == GTK_WIDGET (tile));
  g_assert_cmpstr (key_of (tile), ==, "user:0000000002");

  coffer_key_cells_show_first (self->tiles, 0, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, 2));
  g_assert_true (tile_at (self, 2) == tile);
}

static void
test_list_and_grid_keep_place (Fixture       *self,
                               gconstpointer  data)
{
  CofferKeyView *list = coffer_key_views_get_list (self->views);

  coffer_key_cells_show_first (self->tiles, 1501, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, 1501));
  coffer_key_cells_choose (self->tiles, 1502, FALSE, FALSE);
  coffer_key_views_set_grid_shown (self->views, FALSE);
  screen_assert_soon (coffer_key_cells_get_first_visible (coffer_key_view_get_cells (list)) == 1501);
  g_assert_cmpuint (count_tiles (self), ==, 0);
  g_assert_true (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), 1502));

  coffer_key_cells_show_first (coffer_key_view_get_cells (list), 4000, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (coffer_key_cells_get_first_visible (coffer_key_view_get_cells (list)) == 4000);
  coffer_key_views_set_grid_shown (self->views, TRUE);
  screen_assert_soon (is_in_view (self, 4000));
  g_assert_cmpuint (coffer_key_cells_get_first_visible (self->tiles), ==, 4000);
}

/* The last row has room for what lies over it. */
static void
test_bottom_room_is_free (Fixture       *self,
                          gconstpointer  data)
{
  coffer_key_cells_set_bottom_room (self->tiles, 72);
  coffer_key_cells_reveal (self->tiles, N_KEYS - 1);
  screen_assert_soon (is_in_view (self, N_KEYS - 1) && box_of (self, N_KEYS - 1).y + box_of (self, N_KEYS - 1).height <= HEIGHT - 72);
}

static void
test_another_order_begins_anew (Fixture       *self,
                                gconstpointer  data)
{
  coffer_key_cells_show_first (self->tiles, 3000, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, 3000));
  coffer_entry_list_set_order (self->list, COFFER_SORT_KEY, TRUE);
  test_wait_for (g_str_equal (key_of (tile_at (self, 0)), "user:0000004999"));
  screen_assert_soon (is_in_view (self, 0));
}

static void
test_is_mirrored (Fixture       *self,
                  gconstpointer  data)
{
  gtk_widget_set_direction (GTK_WIDGET (self->tiles), GTK_TEXT_DIR_RTL);
  screen_assert_soon (box_of (self, 0).x > box_of (self, 1).x);
  g_assert_cmpint (box_of (self, 0).y, ==, box_of (self, 1).y);
  g_assert_cmpint (box_of (self, 0).x + box_of (self, 0).width, <=, WIDTH);
  g_assert_cmpint (box_of (self, 3).x, >=, 0);
}

/* In twenty bytes that say they are a JPEG, and are not. */
#define BROKEN "x'ffd8ffe000104a46494600010100000100010000'"

/* All is read anew, and there are pictures. */
static void
show_pictures (Fixture          *self,
               CofferThumbnails *thumbnails)
{
  coffer_key_views_set_selection (self->views, NULL, NULL);
  g_assert_finalize_object (self->selection);
  g_assert_finalize_object (self->list);
  self->list = coffer_entry_list_new (self->vault);
  self->selection = coffer_key_selection_new (self->list);
  coffer_key_views_set_selection (self->views, self->selection, thumbnails);
}

static void
test_broken_pictures_say_so (Fixture       *self,
                             gconstpointer  data)
{
  g_autoptr(CofferThumbnails) thumbnails = coffer_thumbnails_new (self->vault);

  test_sql (self->path, "UPDATE kv SET value = " BROKEN " WHERE key < CAST('user:0000000002' AS BLOB)");
  show_pictures (self, thumbnails);
  test_wait_for (tile_at (self, 2) != NULL && gtk_test_accessible_has_property (GTK_ACCESSIBLE (tile_at (self, 1)), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION));
  g_assert_false (gtk_test_accessible_has_property (GTK_ACCESSIBLE (tile_at (self, 2)), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION));

  /* Its tile has another key now. */
  coffer_key_cells_show_first (self->tiles, 100, GTK_INVALID_LIST_POSITION);
  screen_assert_soon (is_in_view (self, 100));
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->tiles)); child != NULL; child = gtk_widget_get_next_sibling (child))
    g_assert_false (gtk_test_accessible_has_property (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION));
}

/* A text becomes a picture of the same size, and a text again. */
static void
test_pictures_come_and_go_with_the_type (Fixture       *self,
                                         gconstpointer  data)
{
  g_autoptr(CofferThumbnails) thumbnails = coffer_thumbnails_new (self->vault);
  const char *text = "UPDATE kv SET value = CAST('twenty bytes of text' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)";
  GtkAccessible *tile;

  test_sql (self->path, text);
  show_pictures (self, thumbnails);
  test_wait_for (tile_at (self, 1) != NULL && coffer_entry_get_size (coffer_key_cell_get_entry (tile_at (self, 1))) == 20);
  tile = GTK_ACCESSIBLE (tile_at (self, 1));
  test_sql (self->path, "UPDATE kv SET value = " BROKEN " WHERE key = CAST('user:0000000001' AS BLOB)");
  g_signal_emit_by_name (self->vault, "changed");
  test_wait_for (gtk_test_accessible_has_property (tile, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION));
  test_sql (self->path, text);
  g_signal_emit_by_name (self->vault, "changed");
  test_wait_for (!gtk_test_accessible_has_property (tile, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION));
}

/* And no other tile says what is wrong with one. */
static void
test_damaged_values_say_so (Fixture       *self,
                            gconstpointer  data)
{
  CofferEntry *entry = coffer_key_cell_get_entry (tile_at (self, 3));
  CofferRowFacts facts = { .size = G_MAXUINT64, .error = g_ref_string_new ("The value cannot be read") };

  test_wait_for (coffer_entry_get_type_label (entry) != NULL);
  coffer_entry_set_facts (entry, &facts);
  gtk_test_accessible_assert_property (tile_at (self, 3), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, "The value cannot be read");
  g_assert_false (gtk_test_accessible_has_property (GTK_ACCESSIBLE (tile_at (self, 4)), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION));
  coffer_row_facts_clear (&facts);

  facts = (CofferRowFacts) { .size = 1, .content_type = "text/plain", .type_label = "Text" };
  coffer_entry_set_facts (entry, &facts);
  g_assert_false (gtk_test_accessible_has_property (GTK_ACCESSIBLE (tile_at (self, 3)), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION));
}

/* What the first cells say is asked for as soon as there are keys, and not when there is room. */
static void
test_first_cells_wait_for_no_room (Fixture       *self,
                                   gconstpointer  data)
{
  CofferKeyViews *views = g_object_ref_sink (g_object_new (COFFER_TYPE_KEY_VIEWS, NULL));
  CofferEntryList *list = coffer_entry_list_new (self->vault);
  CofferKeySelection *selection = coffer_key_selection_new (list);
  GtkWidget *cells = GTK_WIDGET (coffer_key_view_get_cells (coffer_key_views_get_list (views)));

  coffer_key_views_set_selection (views, selection, NULL);
  g_assert_null (gtk_widget_get_first_child (cells));
  test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (list)) > 0);
  g_assert_nonnull (gtk_widget_get_first_child (cells));
  test_wait_for (g_str_equal (key_of (COFFER_KEY_CELL (gtk_widget_get_first_child (cells))), "user:0000000000"));

  g_assert_finalize_object (views);
  g_assert_finalize_object (selection);
  g_assert_finalize_object (list);
}

static void
count_cb (guint *n)
{
  *n += 1;
}

/* GTK gives scrolling up that still goes on where it is forbidden for a moment. */
static void
test_revealing_ends_scrolling (Fixture       *self,
                               gconstpointer  data)
{
  GtkWidget *scroller = gtk_widget_get_ancestor (GTK_WIDGET (self->tiles), GTK_TYPE_SCROLLED_WINDOW);
  guint n = 0;

  g_signal_connect_swapped (scroller, "notify::kinetic-scrolling", G_CALLBACK (count_cb), &n);
  coffer_key_cells_reveal (self->tiles, 4000);
  g_assert_cmpuint (n, ==, 2);
  g_assert_true (gtk_scrolled_window_get_kinetic_scrolling (GTK_SCROLLED_WINDOW (scroller)));
}

/* As on the keyboard. */
static void
press (Fixture *self,
       guint    keyval)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers (GTK_WIDGET (self->tiles));
  gboolean handled = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", keyval, 0, 0, &handled);
    }
  g_assert_true (handled);
}

/* The first of the list again, which has no others yet. */
static void
read_anew (Fixture *self)
{
  coffer_entry_list_set_order (self->list, COFFER_SORT_KEY, !coffer_entry_list_get_descending (self->list));
  while (coffer_entry_list_get_n_keys (self->list) == 0)
    test_iterate ();
  g_assert_true (coffer_entry_list_is_growing (self->list));
}

static void
test_end_is_that_of_all (Fixture       *self,
                         gconstpointer  data)
{
  read_anew (self);
  press (self, GDK_KEY_End);
  g_assert_cmpuint (coffer_key_selection_get_current (self->selection), <, N_KEYS - 1);
  test_wait_for (coffer_key_selection_get_current (self->selection) == N_KEYS - 1);
  screen_assert_soon (is_in_view (self, N_KEYS - 1));
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 1);

  read_anew (self);
  press (self, GDK_KEY_End);
  press (self, GDK_KEY_Home);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
  g_assert_cmpuint (coffer_key_selection_get_current (self->selection), ==, 0);
}

#define ADD(name, test) g_test_add ("/browse/key-grid/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  /* What widgets tell assistive technology is kept where a test can ask. */
  g_setenv ("GTK_A11Y", "test", TRUE);
  g_test_init (&argc, &argv, NULL);
  adw_init ();

  ADD ("has-as-many-tiles-as-are-in-view", test_has_as_many_tiles_as_are_in_view);
  ADD ("scrolling-uses-the-same-tiles", test_scrolling_uses_the_same_tiles);
  ADD ("tiles-are-read-in-order", test_tiles_are_read_in_order);
  ADD ("tiles-speak", test_tiles_speak);
  ADD ("tiles-follow-other-keys", test_tiles_follow_other_keys);
  ADD ("choosing-is-that-of-lists", test_choosing_is_that_of_lists);
  ADD ("revealing-scrolls-no-further-than-needed", test_revealing_scrolls_no_further_than_needed);
  ADD ("place-survives-other-rooms", test_place_survives_other_rooms);
  ADD ("little-room-has-two-columns", test_little_room_has_two_columns);
  ADD ("place-survives-other-programs", test_place_survives_other_programs);
  ADD ("focus-stays-with-its-tile", test_focus_stays_with_its_tile);
  ADD ("list-and-grid-keep-place", test_list_and_grid_keep_place);
  ADD ("bottom-room-is-free", test_bottom_room_is_free);
  ADD ("end-is-that-of-all", test_end_is_that_of_all);
  ADD ("is-mirrored", test_is_mirrored);
  ADD ("broken-pictures-say-so", test_broken_pictures_say_so);
  ADD ("pictures-come-and-go-with-the-type", test_pictures_come_and_go_with_the_type);
  ADD ("damaged-values-say-so", test_damaged_values_say_so);
  ADD ("first-cells-wait-for-no-room", test_first_cells_wait_for_no_room);
  ADD ("revealing-ends-scrolling", test_revealing_ends_scrolling);
  ADD ("another-order-begins-anew", test_another_order_begins_anew);

  return g_test_run ();
}
