/* SPDX-License-Identifier: MIT */
/* A treemap by its keys, and the page that shows with it where bytes are. */
#include "coffer-largest-page.h"
#include "coffer-treemap-tile.h"
#include "coffer-treemap.h"

#include "displayless.h"
#include "screen.h"

/* ---- the treemap ---- */

static guint activated;
static guint n_ups;

static void
activated_cb (guint *answer,
              guint  item)
{
  *answer = item;
}

static void
up_cb (guint *n)
{
  (*n)++;
}

/* 60, 30, 8, 1 and 1 more; the last two are too small for tiles of their own. */
static GtkWidget *
make_treemap (void)
{
  static const CofferTreemapItem items[] = {
    { "img/", "60 MB", "img/ · 60 MB", 60000 },
    { "clip/", "30 MB", "clip/ · 30 MB", 30000 },
    { "doc/", "8 MB", "doc/ · 8 MB", 8000 },
    { "a", "1 kB", "a · 1 kB", 1 },
    { "b", "0 B", "b · 0 B", 0 },
  };
  GtkWidget *treemap = coffer_treemap_new ();

  coffer_treemap_set_items (COFFER_TREEMAP (treemap), items, G_N_ELEMENTS (items), 1204, 2);
  g_signal_connect_swapped (treemap, "activated", G_CALLBACK (activated_cb), &activated);
  g_signal_connect_swapped (treemap, "up", G_CALLBACK (up_cb), &n_ups);
  return treemap;
}

static void
press (GtkWidget       *widget,
       guint            keyval,
       GdkModifierType  state)
{
  g_autoptr(GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr(GtkEventController) controller = g_list_model_get_item (controllers, i);
      gboolean handled;

      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", keyval, 0, state, &handled);
    }
}

static guint
count_shown (GtkWidget *treemap)
{
  guint n = 0;

  for (GtkWidget *tile = gtk_widget_get_first_child (treemap); tile != NULL; tile = gtk_widget_get_next_sibling (tile))
    n += gtk_widget_get_child_visible (tile);
  return n;
}

static void
small_ones_share_a_tile (void)
{
  GtkWidget *treemap = make_treemap ();
  GtkWindow *window = screen_show (treemap, 600, 400);
  GtkWidget *first = gtk_widget_get_first_child (treemap);
  GtkWidget *others;

  screen_assert_soon (coffer_treemap_get_n_tiles (COFFER_TREEMAP (treemap)) == 3);
  g_assert_cmpuint (count_shown (treemap), ==, 4);
  g_assert_cmpint (gtk_widget_get_width (first) * gtk_widget_get_height (first), >, 600 * 400 * 55 / 100);
  others = gtk_widget_get_next_sibling (gtk_widget_get_next_sibling (gtk_widget_get_next_sibling (first)));
  g_assert_true (g_str_has_prefix (coffer_treemap_tile_get_spoken (COFFER_TREEMAP_TILE (others)), "1206 others"));
  g_assert_true (gtk_widget_has_css_class (others, "others"));
  gtk_window_destroy (window);
}

static void
keys_go_from_tile_to_tile (void)
{
  GtkWidget *treemap = make_treemap ();
  CofferTreemap *self = COFFER_TREEMAP (treemap);
  GtkWindow *window = screen_show (treemap, 600, 400);

  screen_assert_soon (coffer_treemap_get_n_tiles (self) == 3);
  g_assert_true (gtk_widget_grab_focus (treemap));
  g_assert_cmpuint (coffer_treemap_get_current (self), ==, 0);
  g_assert_true (gtk_widget_child_focus (treemap, GTK_DIR_RIGHT));
  g_assert_cmpuint (coffer_treemap_get_current (self), ==, 1);
  press (treemap, GDK_KEY_Return, 0);
  g_assert_cmpuint (activated, ==, 1);
  g_assert_true (gtk_widget_child_focus (treemap, GTK_DIR_DOWN));
  g_assert_cmpuint (coffer_treemap_get_current (self), ==, 2);
  g_assert_true (gtk_widget_child_focus (treemap, GTK_DIR_LEFT));
  g_assert_cmpuint (coffer_treemap_get_current (self), ==, 0);
  g_assert_true (gtk_widget_child_focus (treemap, GTK_DIR_LEFT));   /* the edge */
  g_assert_cmpuint (coffer_treemap_get_current (self), ==, 0);
  press (treemap, GDK_KEY_End, 0);
  g_assert_cmpuint (coffer_treemap_get_current (self), ==, 3);
  activated = G_MAXUINT;
  press (treemap, GDK_KEY_space, 0);   /* the others are nothing to go to */
  g_assert_cmpuint (activated, ==, G_MAXUINT);
  g_assert_false (gtk_widget_child_focus (treemap, GTK_DIR_TAB_FORWARD));
  n_ups = 0;
  press (treemap, GDK_KEY_BackSpace, 0);
  press (treemap, GDK_KEY_Up, GDK_ALT_MASK);
  g_assert_cmpuint (n_ups, ==, 2);
  gtk_window_destroy (window);
}

/* ---- the page ---- */

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  GtkWidget *page;
  GtkWindow *window;
  char *shown;        /* the key that was asked for last */
  guint n_keys;       /* that were to be deleted */
} Fixture;

#define ROW(key, size) "INSERT INTO kv VALUES (CAST('" key "' AS BLOB), zeroblob (" #size "));"

static void
show_key_cb (Fixture   *fixture,
             CofferKey *key)
{
  g_free (fixture->shown);
  fixture->shown = coffer_key_to_display (key, 0);
}

static void
delete_keys_cb (Fixture   *fixture,
                GPtrArray *keys)
{
  fixture->n_keys = keys->len;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "kv.db", NULL);
  test_sql (fixture->path, data);
  fixture->vault = test_open (fixture->path);
  fixture->page = coffer_largest_page_new ();
  g_signal_connect_swapped (fixture->page, "show-key", G_CALLBACK (show_key_cb), fixture);
  g_signal_connect_swapped (fixture->page, "delete-keys", G_CALLBACK (delete_keys_cb), fixture);
  coffer_largest_page_set_vault (COFFER_LARGEST_PAGE (fixture->page), fixture->vault);
  fixture->window = screen_show (fixture->page, 360, 600);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  gtk_window_destroy (fixture->window);
  test_close (fixture->vault);
  g_free (fixture->path);
  g_free (fixture->shown);
  test_folder_remove (fixture->folder);
}

static GObject *
part (Fixture    *fixture,
      const char *name)
{
  GObject *object = gtk_widget_get_template_child (GTK_WIDGET (fixture->page), COFFER_TYPE_LARGEST_PAGE, name);

  g_assert_nonnull (object);
  return object;
}

static gboolean
is_on_show (Fixture    *fixture,
            const char *page,
            const char *facts)
{
  return g_strcmp0 (gtk_stack_get_visible_child_name (GTK_STACK (part (fixture, "pages"))), page) == 0 &&
         (facts == NULL || g_strrstr (gtk_label_get_text (GTK_LABEL (part (fixture, "facts"))), facts) != NULL);
}

static GtkSelectionModel *
get_rows (Fixture *fixture)
{
  return gtk_list_view_get_model (GTK_LIST_VIEW (part (fixture, "list")));
}

static const char some[] =
  "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
  ROW ("img/2024/a", 3000) ROW ("img/2024/b", 4000) ROW ("img/c", 2000) ROW ("doc/a", 1000);

static void
prefixes_can_be_gone_into (Fixture       *fixture,
                           gconstpointer  data)
{
  CofferTreemap *treemap = COFFER_TREEMAP (part (fixture, "treemap"));

  screen_assert_soon (is_on_show (fixture, "content", "4 keys"));
  screen_assert_soon (g_list_model_get_n_items (G_LIST_MODEL (get_rows (fixture))) == 4);
  screen_assert_soon (coffer_treemap_get_n_tiles (treemap) == 2);
  gtk_widget_grab_focus (GTK_WIDGET (treemap));
  press (GTK_WIDGET (treemap), GDK_KEY_Return, 0);
  screen_assert_soon (is_on_show (fixture, "content", "3 keys"));
  screen_assert_soon (g_list_model_get_n_items (G_LIST_MODEL (get_rows (fixture))) == 3);
  screen_assert_soon (coffer_treemap_get_n_tiles (treemap) == 2);
  coffer_treemap_set_current (treemap, 1);
  press (GTK_WIDGET (treemap), GDK_KEY_Return, 0);   /* a key */
  g_assert_cmpstr (fixture->shown, ==, "img/c");
  press (GTK_WIDGET (treemap), GDK_KEY_BackSpace, 0);
  screen_assert_soon (is_on_show (fixture, "content", "4 keys"));
  g_assert_cmpuint (coffer_treemap_get_current (treemap), ==, 0);
}

static void
keys_can_be_chosen (Fixture       *fixture,
                    gconstpointer  data)
{
  GtkWidget *button = GTK_WIDGET (part (fixture, "delete_button"));

  screen_assert_soon (g_list_model_get_n_items (G_LIST_MODEL (get_rows (fixture))) == 4);
  g_assert_false (gtk_widget_get_sensitive (button));
  gtk_selection_model_select_item (get_rows (fixture), 1, TRUE);
  g_assert_cmpstr (fixture->shown, ==, "img/2024/a");
  gtk_selection_model_select_item (get_rows (fixture), 2, FALSE);
  g_signal_emit_by_name (button, "clicked");
  g_assert_cmpuint (fixture->n_keys, ==, 2);
}

static void
follows_the_file (Fixture       *fixture,
                  gconstpointer  data)
{
  screen_assert_soon (is_on_show (fixture, "content", "4 keys"));
  coffer_vault_set_watching (fixture->vault, TRUE);
  test_sql (fixture->path, ROW ("img/d", 9000));
  screen_assert_soon (is_on_show (fixture, "content", "5 keys"));
  coffer_largest_page_go_to (COFFER_LARGEST_PAGE (fixture->page), g_bytes_new_static ("doc/", 4));
  screen_assert_soon (is_on_show (fixture, "content", "1 key"));
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('doc/a' AS BLOB)");
  screen_assert_soon (is_on_show (fixture, "content", "4 keys"));   /* of all: nothing is left there */
}

static void
an_empty_vault_says_so (Fixture       *fixture,
                        gconstpointer  data)
{
  screen_assert_soon (is_on_show (fixture, "empty", NULL));
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/treemap/small-ones-share-a-tile", small_ones_share_a_tile);
  g_test_add_func ("/treemap/keys-go-from-tile-to-tile", keys_go_from_tile_to_tile);
#define ADD(name, sql, function) g_test_add ("/largest-page/" name, Fixture, sql, set_up, function, tear_down)
  ADD ("prefixes-can-be-gone-into", some, prefixes_can_be_gone_into);
  ADD ("keys-can-be-chosen", some, keys_can_be_chosen);
  ADD ("follows-the-file", some, follows_the_file);
  ADD ("an-empty-vault-says-so", "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);", an_empty_vault_says_so);
  return g_test_run ();
}
