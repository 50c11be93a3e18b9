/* SPDX-License-Identifier: MIT */
/* The sidebar: its tree against the obvious one, the list of it on the screen with very many rows, the way to a prefix, and where
 * one was.
 */
#include <adwaita.h>
#include <coffer-breadcrumbs.h>
#include <coffer-history.h>
#include <coffer-place-title.h>
#include <coffer-sidebar-list.h>
#include <coffer-sidebar-row.h>
#include <coffer-sidebar-tree.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "screen.h"

/* The tree. Its items are lists themselves: of what is below them. */

typedef struct {
  GListStore *root;
  CofferSidebarTree *tree;
  GHashTable *open;     /* of items */
  guint n_items;        /* as the signals tell */
  gpointer chosen;
} Forest;

static GListModel *
below (gpointer    item,
       GListModel *model,
       gpointer    data)
{
  return g_object_ref (item);
}

static gboolean
is_chosen (gpointer    item,
           GListModel *model,
           gpointer    data)
{
  return item == ((Forest *) data)->chosen;
}

static void
changed_cb (GListModel *model,
            guint       position,
            guint       removed,
            guint       added,
            gpointer    data)
{
  Forest *forest = data;

  g_assert_cmpint (position + removed, <=, forest->n_items);
  forest->n_items += added;
  forest->n_items -= removed;
  g_assert_cmpint (g_list_model_get_n_items (model), ==, forest->n_items);
}

/* What the tree should show. */
static void
flatten (Forest     *forest,
         GListModel *model,
         GPtrArray  *items)
{
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr(GObject) item = g_list_model_get_item (model, i);

      g_ptr_array_add (items, item);
      if (g_hash_table_contains (forest->open, item))
        flatten (forest, G_LIST_MODEL (item), items);
    }
}

static void
assert_tree (Forest *forest)
{
  g_autoptr(GPtrArray) items = g_ptr_array_new ();

  flatten (forest, G_LIST_MODEL (forest->root), items);
  g_assert_cmpint (forest->n_items, ==, items->len);
  for (guint i = 0; i < items->len; i++)
    {
      g_autoptr(CofferSidebarItem) row = g_list_model_get_item (G_LIST_MODEL (forest->tree), i);
      g_autoptr(CofferSidebarItem) again = g_list_model_get_item (G_LIST_MODEL (forest->tree), i);
      gpointer item = g_ptr_array_index (items, i);
      guint parent, position, index;

      g_assert_true (row == again);
      g_assert_true (coffer_sidebar_item_get_item (row) == item);
      g_assert_cmpint (coffer_sidebar_item_get_expanded (row), ==, g_hash_table_contains (forest->open, item));
      g_assert_cmpint (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (forest->tree), i), ==, item == forest->chosen);
      g_assert_true (g_list_store_find (G_LIST_STORE (coffer_sidebar_item_get_model (row)), item, &index));
      g_assert_true (coffer_sidebar_tree_get_position (forest->tree, coffer_sidebar_item_get_model (row), index, &position));
      g_assert_cmpint (position, ==, i);
      if (coffer_sidebar_tree_get_parent (forest->tree, i, &parent))
        g_assert_true (g_ptr_array_index (items, parent) == (gpointer) coffer_sidebar_item_get_model (row));
      else
        g_assert_cmpint (coffer_sidebar_item_get_depth (row), ==, 0);
    }
}

static GListStore *
pick_list (Forest *forest,
           GRand  *random)
{
  g_autoptr(GPtrArray) items = g_ptr_array_new ();

  flatten (forest, G_LIST_MODEL (forest->root), items);
  g_ptr_array_add (items, forest->root);
  return g_ptr_array_index (items, g_rand_int_range (random, 0, items->len));
}

static void
forget (Forest     *forest,
        GListModel *model)
{
  g_hash_table_remove (forest->open, model);
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr(GListModel) item = g_list_model_get_item (model, i);

      forget (forest, item);
    }
}

static void
change_list (Forest *forest,
             GRand  *random)
{
  GListStore *list = pick_list (forest, random);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (list));
  guint position = g_rand_int_range (random, 0, n + 1);
  guint removed = g_rand_int_range (random, 0, MIN (n - position, 3) + 1);
  g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < removed; i++)
    {
      g_autoptr(GListModel) item = g_list_model_get_item (G_LIST_MODEL (list), position + i);

      forget (forest, item);
    }
  for (int i = g_rand_int_range (random, 0, 4); i > 0; i--)
    g_ptr_array_add (added, g_list_store_new (G_TYPE_LIST_STORE));
  g_list_store_splice (list, position, removed, added->pdata, added->len);
}

static void
turn_row (Forest *forest,
          GRand  *random)
{
  g_autoptr(CofferSidebarItem) row = NULL;
  gboolean expanded;
  guint position;
  gpointer item;

  if (forest->n_items == 0)
    return;
  position = g_rand_int_range (random, 0, forest->n_items);
  row = g_list_model_get_item (G_LIST_MODEL (forest->tree), position);
  item = coffer_sidebar_item_get_item (row);
  expanded = g_hash_table_contains (forest->open, item);
  if (expanded)
    forget (forest, item);
  else
    g_hash_table_add (forest->open, item);
  coffer_sidebar_tree_set_expanded (forest->tree, position, !expanded);
  forest->chosen = item;
}

static void
test_tree (void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (1);
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func (g_object_unref);
  Forest forest = { 0 };

  forest.root = g_list_store_new (G_TYPE_LIST_STORE);
  forest.open = g_hash_table_new (NULL, NULL);
  forest.tree = coffer_sidebar_tree_new (G_LIST_MODEL (forest.root), below, is_chosen, &forest);
  g_signal_connect (forest.tree, "items-changed", G_CALLBACK (changed_cb), &forest);
  for (guint i = 0; i < 3000; i++)
    {
      if (g_rand_int_range (random, 0, 5) < 3)
        change_list (&forest, random);
      else
        turn_row (&forest, random);
      if (i % 10 == 0)
        assert_tree (&forest);
      if (i % 100 == 0 && forest.n_items > 0)
        g_ptr_array_add (kept, g_list_model_get_item (G_LIST_MODEL (forest.tree), g_rand_int_range (random, 0, forest.n_items)));
    }
  g_list_store_remove_all (forest.root);
  g_hash_table_remove_all (forest.open);
  assert_tree (&forest);
  g_assert_finalize_object (forest.tree);
  g_hash_table_unref (forest.open);
  g_object_unref (forest.root);
}

/* The list on the screen */

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferSidebarList *list;
  GtkGridView *rows;
  GtkWindow *window;
  CofferSection *section;   /* that was chosen last */
  GBytes *prefix;
} Fixture;

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  *(CofferVault **) data = coffer_vault_open_finish (result, NULL);
}

static void
chosen_cb (CofferSidebarList *list,
           CofferSection     *section,
           GBytes            *prefix,
           Fixture           *fixture)
{
  g_set_object (&fixture->section, section);
  g_clear_pointer (&fixture->prefix, g_bytes_unref);
  fixture->prefix = prefix != NULL ? g_bytes_ref (prefix) : NULL;
  coffer_sidebar_list_set_chosen (list, section, prefix);
}

static void
make_file (Fixture    *fixture,
           const char *sql)
{
  sqlite3 *db;

  fixture->folder = g_dir_make_tmp ("coffer-test-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "keys.db", NULL);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

/* Keys by a printf format of one number, 0 to n - 1. */
#define KEYS(n, format) \
  "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " #n " - 1)" \
  "INSERT INTO kv SELECT CAST(printf('" format "', i) AS BLOB), x'' FROM n;"

/* One of one key. */
#define TABLE(name, key) \
  "CREATE TABLE " name " (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);" \
  "INSERT INTO " name " VALUES (CAST('" key "' AS BLOB), x'');"

static guint
count_rows (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (gtk_grid_view_get_model (fixture->rows)));
}

static void
set_up (Fixture       *fixture,
        gconstpointer  sql)
{
  g_autoptr(GFile) file = NULL;

  make_file (fixture, sql);
  file = g_file_new_for_path (fixture->path);
  coffer_vault_open_async (file, NULL, opened_cb, &fixture->vault);
  screen_assert_soon (fixture->vault != NULL);
  fixture->list = g_object_new (COFFER_TYPE_SIDEBAR_LIST, "vexpand", TRUE, NULL);
  fixture->rows = GTK_GRID_VIEW (gtk_widget_get_first_child (gtk_widget_get_first_child (GTK_WIDGET (fixture->list))));
  g_signal_connect (fixture->list, "chosen", G_CALLBACK (chosen_cb), fixture);
  coffer_sidebar_list_set_vault (fixture->list, fixture->vault);
  fixture->window = screen_show (GTK_WIDGET (fixture->list), 250, 600);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  sql)
{
  gpointer alive = fixture->vault;

  g_object_add_weak_pointer (G_OBJECT (fixture->vault), &alive);
  gtk_window_destroy (fixture->window);
  g_clear_object (&fixture->section);
  g_clear_pointer (&fixture->prefix, g_bytes_unref);
  coffer_vault_close (fixture->vault);
  g_object_unref (fixture->vault);
  screen_assert_soon (alive == NULL);
  g_remove (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static CofferSidebarTree *
get_tree (Fixture *fixture)
{
  return COFFER_SIDEBAR_TREE (gtk_grid_view_get_model (fixture->rows));
}

static void
expand (Fixture  *fixture,
        guint     position,
        gboolean  expanded)
{
  coffer_sidebar_tree_set_expanded (get_tree (fixture), position, expanded);
}

static void
act (Fixture *fixture,
     GRand   *random)
{
  guint position = g_rand_int_range (random, 0, count_rows (fixture));

  switch (g_rand_int_range (random, 0, 8))
    {
    case 0:
    case 1:
      gtk_widget_activate_action (GTK_WIDGET (fixture->rows), "list.scroll-to-item", "u", position);
      break;
    case 2:
      gtk_widget_activate_action (GTK_WIDGET (fixture->rows), "list.scroll-to-item", "u", count_rows (fixture) - 1);
      gtk_widget_grab_focus (GTK_WIDGET (fixture->rows));
      break;
    case 3:
      expand (fixture, 0, FALSE);
      break;
    case 4:
      expand (fixture, 0, TRUE);
      break;
    case 5:
      expand (fixture, MIN (2, count_rows (fixture) - 1), g_rand_boolean (random));
      break;
    case 6:
      gtk_widget_child_focus (GTK_WIDGET (fixture->rows), g_rand_boolean (random) ? GTK_DIR_DOWN : GTK_DIR_UP);
      break;
    default:
      g_signal_emit_by_name (fixture->rows, "activate", position);
    }
}

/* (transfer none) */
static GtkEventController *
find_controller (GtkWidget *widget,
                 GType      type)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (G_OBJECT_TYPE (controller) == type)
        return controller;
    }
  g_assert_not_reached ();
}

static gboolean
has_tip (GtkWidget *row)
{
  g_autoptr(GtkTooltip) tooltip = g_object_new (GTK_TYPE_TOOLTIP, NULL);
  gboolean shows;

  g_signal_emit_by_name (row, "query-tooltip", 100, 10, FALSE, tooltip, &shows);
  return shows;
}

/* A tip that comes after a click would lie over the row below, and take the next one. */
static void
test_no_tip_after_a_click (Fixture       *fixture,
                           gconstpointer  sql)
{
  GtkWidget *row;

  screen_assert_soon (gtk_widget_get_first_child (GTK_WIDGET (fixture->rows)) != NULL);
  row = gtk_widget_get_first_child (gtk_widget_get_first_child (GTK_WIDGET (fixture->rows)));
  g_assert_true (has_tip (row));
  g_signal_emit_by_name (find_controller (row, GTK_TYPE_GESTURE_CLICK), "pressed", 1, 100.0, 10.0);
  g_assert_false (has_tip (row));
  g_signal_emit_by_name (find_controller (row, GTK_TYPE_EVENT_CONTROLLER_MOTION), "leave");
  g_assert_true (has_tip (row));
}

static CofferSidebarRow *
find_row (Fixture    *fixture,
          const char *table)
{
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (fixture->rows)); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      CofferSidebarRow *row = COFFER_SIDEBAR_ROW (gtk_widget_get_first_child (child));
      CofferSidebarItem *item = row != NULL ? coffer_sidebar_row_get_item (row) : NULL;
      gpointer section = item != NULL ? coffer_sidebar_item_get_item (item) : NULL;

      if (COFFER_IS_SECTION (section) && g_str_equal (coffer_section_get_name (section), table))
        return row;
    }
  return NULL;
}

/* Nobody opened them. */
static void
test_arrows_of_tables (Fixture       *fixture,
                       gconstpointer  sql)
{
  screen_assert_soon (find_row (fixture, "plain") != NULL && find_row (fixture, "some") != NULL);
  screen_assert_soon (!coffer_sidebar_row_get_expandable (find_row (fixture, "plain")));
  screen_assert_soon (coffer_section_get_count (coffer_sidebar_item_get_item (coffer_sidebar_row_get_item (find_row (fixture, "some")))) == 1);
  g_assert_true (coffer_sidebar_row_get_expandable (find_row (fixture, "some")));
}

/* Opened, closed and gone about in while frames are drawn: GTK has its own tree of the rows. */
static void
test_stress (Fixture       *fixture,
             gconstpointer  sql)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (7);
  guint n = g_test_slow () ? 3000 : 300;

  screen_assert_soon (count_rows (fixture) == 4);
  expand (fixture, 2, TRUE);
  screen_assert_soon (count_rows (fixture) == 100004);
  for (guint i = 0; i < n; i++)
    {
      act (fixture, random);
      if (g_rand_boolean (random))
        screen_run (20);
    }
}

/* Where one was */

static void
assert_at (CofferHistory *history,
           int            step,
           const char    *section,
           const char    *prefix)
{
  const char *at;
  GBytes *bytes;

  g_assert_true (coffer_history_go (history, step, &at, &bytes));
  g_assert_cmpstr (at, ==, section);
  g_assert_cmpint (bytes != NULL, ==, prefix != NULL);
  if (prefix != NULL)
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), prefix, strlen (prefix));
  coffer_history_visit (history, at, bytes);   /* what follows from it */
}

static void
test_history (void)
{
  CofferHistory *history = coffer_history_new ();
  g_autoptr(GBytes) a = g_bytes_new_static ("a/", 2);
  g_autoptr(GBytes) b = g_bytes_new_static ("b/", 2);
  const char *section;
  GBytes *prefix;

  g_assert_false (coffer_history_go (history, -1, &section, &prefix));
  coffer_history_visit (history, "kv", NULL);
  coffer_history_visit (history, "kv", a);
  coffer_history_visit (history, "kv", a);
  coffer_history_visit (history, "other", b);
  g_assert_false (coffer_history_go (history, 1, &section, &prefix));
  assert_at (history, -1, "kv", "a/");
  assert_at (history, -1, "kv", NULL);
  g_assert_false (coffer_history_go (history, -1, &section, &prefix));
  assert_at (history, 1, "kv", "a/");
  coffer_history_visit (history, "kv", b);
  g_assert_false (coffer_history_go (history, 1, &section, &prefix));
  assert_at (history, -1, "kv", "a/");
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("t%u", i);

      coffer_history_visit (history, name, NULL);
    }
  for (guint i = 0; i < 49; i++)
    g_assert_true (coffer_history_go (history, -1, &section, &prefix));
  g_assert_cmpstr (section, ==, "t150");
  g_assert_false (coffer_history_go (history, -1, &section, &prefix));
  coffer_history_clear (history);
  g_assert_false (coffer_history_go (history, 1, &section, &prefix));
  coffer_history_free (history);
}

/* The way to a prefix */

/* The names of the buttons that are shown, from left to right, and whether none leaves @width. */
static char *
list_shown (GtkWidget *widget,
            int        width,
            GString   *names)
{
  GString *text = names != NULL ? names : g_string_new (NULL);

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      graphene_rect_t box;

      if (!gtk_widget_get_child_visible (child))
        continue;
      g_assert_true (gtk_widget_compute_bounds (child, gtk_widget_get_ancestor (child, COFFER_TYPE_BREADCRUMBS), &box));
      g_assert_cmpfloat (box.origin.x + box.size.width, <=, width);
      if (GTK_IS_BUTTON (child) || GTK_IS_MENU_BUTTON (child))
        g_string_append_printf (text, "%s ", GTK_IS_MENU_BUTTON (child) ? "…" : gtk_label_get_text (GTK_LABEL (gtk_button_get_child (GTK_BUTTON (child)))));
      else
        list_shown (child, width, text);
    }
  return names == NULL ? g_string_free (text, FALSE) : NULL;
}

static char *
show_way (const char *prefix,
          int         width)
{
  GtkWidget *crumbs = g_object_ref_sink (coffer_breadcrumbs_new ());
  g_autoptr(GBytes) bytes = g_bytes_new (prefix, strlen (prefix));
  CofferSeparators separators;
  GtkWindow *window;
  int minimum;
  char *shown;

  coffer_separators_init (&separators, "/:");
  coffer_breadcrumbs_set_place (COFFER_BREADCRUMBS (crumbs), "kv", bytes, &separators);
  window = screen_show (crumbs, 1200, 100);
  gtk_widget_measure (crumbs, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  width = MAX (width, minimum);
  gtk_widget_size_allocate (crumbs, &(GtkAllocation) { 0, 0, width, 40 }, -1);
  shown = list_shown (crumbs, width, NULL);
  gtk_window_destroy (window);
  g_object_unref (crumbs);
  return shown;
}

static void
test_way (void)
{
  g_autofree char *wide = show_way ("img/2024:b/", 1000);
  g_autofree char *narrow = show_way ("img/2024:b/", 0);
  g_autoptr(GString) deep = g_string_new (NULL);
  gsize last = 0;

  g_assert_cmpstr (wide, ==, "kv img/ 2024: b/ ");
  g_assert_cmpstr (narrow, ==, "… b/ ");
  for (guint i = 0; i < 500; i++)
    g_string_append_printf (deep, "level%u/", i);
  for (int width = 0; width < 1200; width += 97)
    {
      g_autofree char *shown = show_way (deep->str, width);

      g_assert_true (g_str_has_suffix (shown, " level499/ "));
      g_assert_nonnull (strstr (shown, "… "));
      g_assert_cmpint (strlen (shown), >=, last);
      last = strlen (shown);
    }
  g_assert_cmpint (last, >, 80);
}

static int
measure_height (GtkWidget *widget)
{
  int height;

  gtk_widget_measure (widget, GTK_ORIENTATION_VERTICAL, -1, NULL, &height, NULL, NULL);
  return height;
}

/* Crumbs with nothing below them take no room for it: they are in the middle of the header, as a title is. */
static void
test_title_without_a_subtitle (void)
{
  GtkWidget *title = g_object_new (COFFER_TYPE_PLACE_TITLE, NULL);
  CofferSeparators separators;
  g_autoptr(GBytes) prefix = g_bytes_new_static ("a/", 2);
  GtkWindow *window = screen_show (title, 300, 50);
  int height;

  coffer_separators_init (&separators, "/");
  coffer_place_title_set_place (COFFER_PLACE_TITLE (title), "kv", prefix, &separators);
  height = measure_height (title);
  coffer_place_title_set_subtitle (COFFER_PLACE_TITLE (title), "3 keys");
  g_assert_cmpint (measure_height (title), >, height);
  coffer_place_title_set_subtitle (COFFER_PLACE_TITLE (title), "");
  g_assert_cmpint (measure_height (title), ==, height);
  gtk_window_destroy (window);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  adw_init ();

  g_test_add_func ("/sidebar/tree", test_tree);
  g_test_add ("/sidebar/stress", Fixture, KEYS (100000, "many/%06d/x") KEYS (3, "a/%d") KEYS (2, "z/%d"), set_up, test_stress, tear_down);
  g_test_add ("/sidebar/no-tip-after-a-click", Fixture, KEYS (3, "a/%d"), set_up, test_no_tip_after_a_click, tear_down);
  g_test_add ("/sidebar/arrows-of-tables", Fixture,
              KEYS (3, "a/%d") TABLE ("plain", "x") TABLE ("some", "a/b"), set_up, test_arrows_of_tables, tear_down);
  g_test_add_func ("/sidebar/history", test_history);
  g_test_add_func ("/sidebar/way", test_way);
  g_test_add_func ("/sidebar/title-without-a-subtitle", test_title_without_a_subtitle);

  status = g_test_run ();
  coffer_vault_close_all ();
  return status;
}
