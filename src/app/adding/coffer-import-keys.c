/* SPDX-License-Identifier: MIT */
/*
 * Rows are filled by their position: the model has nothing but a number of them. A grid of one column makes only the rows in view, where
 * a list makes two hundred before it shows one. Main thread.
 */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-import-keys.h"

#include <glib/gi18n-lib.h>

#include "coffer-import-sample.h"

#define WIDTH 540
#define HEIGHT 560
#define NARROW 480
#define NAME_CHARS 22

/* The model */

#define COFFER_TYPE_POSITIONS (coffer_positions_get_type ())
G_DECLARE_FINAL_TYPE (CofferPositions, coffer_positions, COFFER, POSITIONS, GObject)

struct _CofferPositions {
  GObject parent_instance;

  guint n;
};

static GType
get_item_type (GListModel *model)
{
  return G_TYPE_OBJECT;
}

static guint
get_n_items (GListModel *model)
{
  return COFFER_POSITIONS (model)->n;
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  return position < COFFER_POSITIONS (model)->n ? g_object_new (G_TYPE_OBJECT, NULL) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferPositions, coffer_positions, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
coffer_positions_class_init (CofferPositionsClass *klass)
{
}

static void
coffer_positions_init (CofferPositions *self)
{
}

/* The window */

typedef struct {
  CofferImportPlan *plan;
  CofferAdditions *additions;
  CofferImportRule rule;
  gboolean narrow;
} Shown;

static void
shown_free (gpointer data,
            GClosure *closure)
{
  Shown *shown = data;

  g_object_unref (shown->plan);
  g_clear_pointer (&shown->additions, coffer_additions_unref);
  g_clear_pointer (&shown->rule.prefix, g_bytes_unref);
  g_free (shown);
}

static void
setup_cb (GtkListItemFactory *factory,
          GtkListItem        *item,
          gpointer            data)
{
  GtkWidget *sample = coffer_import_sample_new ();

  g_object_set (coffer_import_sample_get_name (COFFER_IMPORT_SAMPLE (sample)), "width-chars", NAME_CHARS, "max-width-chars", NAME_CHARS, NULL);
  gtk_list_item_set_activatable (item, FALSE);
  gtk_list_item_set_child (item, sample);
}

static void
bind_cb (GtkListItemFactory *factory,
         GtkListItem        *item,
         gpointer            data)
{
  Shown *shown = data;
  CofferImportSample *sample = COFFER_IMPORT_SAMPLE (gtk_list_item_get_child (item));

  coffer_import_sample_set (sample, shown->plan, shown->additions, gtk_list_item_get_position (item), &shown->rule);
  coffer_import_sample_set_narrow (sample, shown->narrow);
}

/* @shown (transfer full) */
static GtkWidget *
new_list (Shown *shown,
          guint  n)
{
  CofferPositions *positions = g_object_new (COFFER_TYPE_POSITIONS, NULL);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkWidget *list, *scrolled;

  positions->n = n;
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect_data (factory, "bind", G_CALLBACK (bind_cb), shown, shown_free, 0);
  list = gtk_grid_view_new (GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (positions))), factory);
  gtk_grid_view_set_max_columns (GTK_GRID_VIEW (list), 1);
  gtk_widget_add_css_class (list, "import-list");
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("All Keys"), -1);
  scrolled = g_object_new (GTK_TYPE_SCROLLED_WINDOW, "hscrollbar-policy", GTK_POLICY_NEVER, "vexpand", TRUE, "child", list, NULL);
  return scrolled;
}

static void
close_on_escape (GtkWidget *window)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller),
                                        gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                                                          gtk_named_action_new ("window.close")));
  gtk_widget_add_controller (window, controller);
}

GtkWindow *
coffer_import_keys_new (GtkWindow              *parent,
                        CofferImportPlan       *plan,
                        CofferAdditions        *additions,
                        const CofferImportRule *rule)
{
  int width = MIN (WIDTH, gtk_widget_get_width (GTK_WIDGET (parent)));
  guint n = coffer_import_plan_get_counts (plan).n_files;
  GtkWidget *window = g_object_new (ADW_TYPE_WINDOW, "title", _("All Keys"), "modal", TRUE, "transient-for", parent, "default-width", width,
                                    "default-height", HEIGHT, "destroy-with-parent", TRUE, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header = adw_header_bar_new ();
  Shown *shown = g_new0 (Shown, 1);

  shown->plan = g_object_ref (plan);
  shown->additions = additions != NULL ? coffer_additions_ref (additions) : NULL;
  shown->rule = *rule;
  shown->rule.prefix = rule->prefix != NULL ? g_bytes_ref (rule->prefix) : NULL;
  shown->narrow = width < NARROW;
  gtk_widget_add_css_class (header, "flat");
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), new_list (shown, n));
  adw_window_set_content (ADW_WINDOW (window), box);
  close_on_escape (window);
  return GTK_WINDOW (window);
}
