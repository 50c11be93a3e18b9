/* SPDX-License-Identifier: MIT */
/* The way to a prefix. Of a very deep one only the last segments have buttons, which are more than fit into any window.
 *
 *     kv › … › b/ › c/
 *
 * The last one is always there, then the first if there is room, then as many before the last as fit. Which that are is found out
 * as sizes are given out, so it goes by child-visible and never by "visible". Main thread.
 */
#define G_LOG_DOMAIN "coffer-breadcrumbs"

#include "coffer-breadcrumbs.h"

#include <glib/gi18n-lib.h>

#include "coffer-place-menu.h"
#include "coffer-vault.h"

#define MAX_CRUMBS 32
#define MAX_CHARS 24        /* of a segment, before it loses its middle */
#define DISPLAY_BYTES 256
#define MENU_HEIGHT 420

struct _CofferBreadcrumbs {
  GtkWidget parent_instance;

  GtkWidget *fold;          /* the menu and the mark behind it */
  GtkMenuButton *menu;
  GPtrArray *crumbs;        /* unowned children: that of the table, then the last segments */

  GBytes *prefix;
  char *table;
  GArray *ends;             /* of gsize: where the prefix of each segment ends; the first is 0, that of the table */
  guint first_shown;        /* among the ends: all between the table and that are folded */
  gboolean table_shown;
};

static guint chosen_signal;

G_DEFINE_FINAL_TYPE (CofferBreadcrumbs, coffer_breadcrumbs, GTK_TYPE_WIDGET)

static void
choose (CofferBreadcrumbs *self,
        gsize              end)
{
  g_autoptr(GBytes) prefix = end > 0 ? g_bytes_new_from_bytes (self->prefix, 0, end) : NULL;

  g_signal_emit (self, chosen_signal, 0, prefix);
}

/* What is shown of the i-th place. */
static char *
name_place (CofferBreadcrumbs *self,
            guint              i)
{
  gsize end = g_array_index (self->ends, gsize, i);
  gsize begin = i > 0 ? g_array_index (self->ends, gsize, i - 1) : 0;

  if (i == 0)
    return g_strdup (self->table);
  return coffer_key_bytes_to_display ((const char *) g_bytes_get_data (self->prefix, NULL) + begin, end - begin, DISPLAY_BYTES);
}

/* The menu */

static void
item_activated_cb (CofferBreadcrumbs *self,
                   guint              position)
{
  guint i = position + (self->table_shown ? 1 : 0);

  gtk_menu_button_popdown (self->menu);
  choose (self, g_array_index (self->ends, gsize, i));
}

static void
item_setup_cb (GtkListItemFactory *factory,
               GtkListItem        *item)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL, "xalign", 0.0, "ellipsize", PANGO_ELLIPSIZE_MIDDLE,
                                   "max-width-chars", MAX_CHARS, "width-chars", MAX_CHARS / 2, NULL);

  g_object_set_data (G_OBJECT (label), "item", item);   /* which owns it */
  gtk_list_item_set_child (item, label);
}

/* Not by "single-click-activate": see coffer-sidebar-list.c. */
static void
item_clicked_cb (CofferBreadcrumbs *self,
                 int                n_press,
                 double             x,
                 double             y,
                 GtkGesture        *click)
{
  GtkWidget *list = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (click));
  GtkWidget *row = gtk_widget_pick (list, x, y, GTK_PICK_DEFAULT);

  while (row != NULL && row != list && gtk_widget_get_parent (row) != list)
    row = gtk_widget_get_parent (row);
  if (row != NULL && row != list)
    item_activated_cb (self, gtk_list_item_get_position (g_object_get_data (G_OBJECT (gtk_widget_get_first_child (row)), "item")));
}

static void
item_bind_cb (GtkListItemFactory *factory,
              GtkListItem        *item)
{
  GtkWidget *label = gtk_list_item_get_child (item);
  const char *name = gtk_string_object_get_string (gtk_list_item_get_item (item));

  gtk_label_set_text (GTK_LABEL (label), name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_parent (label)), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static GtkSelectionModel *
list_folded (CofferBreadcrumbs *self)
{
  GtkStringList *names = gtk_string_list_new (NULL);

  for (guint i = self->table_shown ? 1 : 0; i < self->first_shown; i++)
    gtk_string_list_take (names, name_place (self, i));
  return GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (names)));
}

/* There may be hundreds, which a GtkPopoverMenu would make a widget each for. */
static void
popup_cb (GtkMenuButton *menu,
          gpointer       user_data)
{
  CofferBreadcrumbs *self = user_data;
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkWidget *list, *scroller, *popover;

  g_signal_connect (factory, "setup", G_CALLBACK (item_setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (item_bind_cb), NULL);
  list = gtk_list_view_new (list_folded (self), factory);
  g_signal_connect_swapped (click, "released", G_CALLBACK (item_clicked_cb), self);
  gtk_widget_add_controller (list, GTK_EVENT_CONTROLLER (click));
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Prefixes Between"), -1);
  g_signal_connect_swapped (list, "activate", G_CALLBACK (item_activated_cb), self);
  scroller = g_object_new (GTK_TYPE_SCROLLED_WINDOW, "hscrollbar-policy", GTK_POLICY_NEVER, "propagate-natural-height", TRUE,
                           "max-content-height", MENU_HEIGHT, "child", list, NULL);
  popover = g_object_new (GTK_TYPE_POPOVER, "child", scroller, "css-classes", (const char *[]) { "breadcrumbs-menu", "menu", NULL }, NULL);
  gtk_menu_button_set_popover (menu, popover);
}

/* The crumbs */

static GtkWidget *
make_mark (void)
{
  return g_object_new (GTK_TYPE_LABEL, "label", "›", "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION,
                       "css-classes", (const char *[]) { "dim-label", NULL }, NULL);
}

static void
clicked_cb (GtkWidget         *button,
            CofferBreadcrumbs *self)
{
  choose (self, GPOINTER_TO_SIZE (g_object_get_data (G_OBJECT (button), "end")));
}

/* Going there first: what it offers is done with what is on show, which people see before they say yes. */
static void
menu_cb (GtkGesture *click,
         int         n_press,
         double      x,
         double      y)
{
  GtkWidget *button = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (click));
  CofferBreadcrumbs *self = COFFER_BREADCRUMBS (gtk_widget_get_ancestor (button, COFFER_TYPE_BREADCRUMBS));
  double self_x, self_y;

  gtk_gesture_set_state (click, GTK_EVENT_SEQUENCE_CLAIMED);
  if (!gtk_widget_translate_coordinates (button, GTK_WIDGET (self), x, y, &self_x, &self_y))
    return;
  choose (self, GPOINTER_TO_SIZE (g_object_get_data (G_OBJECT (button), "end")));
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))   /* all keys have no way to them */
    coffer_place_menu_popup (GTK_WIDGET (self), self_x, self_y);
}

static void
add_menu (GtkWidget *button)
{
  GtkGesture *click = gtk_gesture_click_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect (click, "pressed", G_CALLBACK (menu_cb), NULL);
  gtk_widget_add_controller (button, GTK_EVENT_CONTROLLER (click));
}

static void
add_crumb (CofferBreadcrumbs *self,
           guint              i)
{
  gboolean last = i == self->ends->len - 1;
  g_autofree char *name = name_place (self, i);
  GtkWidget *crumb = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL, "label", name, "ellipsize", PANGO_ELLIPSIZE_MIDDLE, "max-width-chars", MAX_CHARS,
                                   "single-line-mode", TRUE, NULL);
  GtkWidget *button = g_object_new (GTK_TYPE_BUTTON, "child", label, "has-frame", FALSE, "hexpand", TRUE,
                                    "css-classes", (const char *[]) { "flat", last ? "last" : NULL, NULL }, NULL);

  g_object_set_data (G_OBJECT (button), "end", GSIZE_TO_POINTER (g_array_index (self->ends, gsize, i)));
  g_signal_connect (button, "clicked", G_CALLBACK (clicked_cb), self);
  add_menu (button);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_box_append (GTK_BOX (crumb), button);
  if (!last)
    gtk_box_append (GTK_BOX (crumb), make_mark ());
  gtk_widget_set_parent (crumb, GTK_WIDGET (self));
  g_ptr_array_add (self->crumbs, crumb);
}

static void
drop_crumbs (CofferBreadcrumbs *self)
{
  for (guint i = 0; i < self->crumbs->len; i++)
    gtk_widget_unparent (g_ptr_array_index (self->crumbs, i));
  g_ptr_array_set_size (self->crumbs, 0);
}

static void
split (CofferBreadcrumbs      *self,
       const CofferSeparators *separators)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (self->prefix, &size);
  gsize end = 0;

  g_array_set_size (self->ends, 0);
  g_array_append_val (self->ends, end);
  while (end < size)
    {
      end = coffer_separators_find (separators, data, size, end);
      if (end == 0)   /* it ends with none */
        end = size;
      g_array_append_val (self->ends, end);
    }
}

void
coffer_breadcrumbs_set_place (CofferBreadcrumbs      *self,
                              const char             *table,
                              GBytes                 *prefix,
                              const CofferSeparators *separators)
{
  g_return_if_fail (COFFER_IS_BREADCRUMBS (self));
  g_return_if_fail (prefix != NULL);

  if (self->prefix != NULL && g_bytes_equal (self->prefix, prefix) && g_strcmp0 (self->table, table) == 0)
    return;

  gtk_menu_button_popdown (self->menu);
  drop_crumbs (self);
  g_bytes_ref (prefix);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  self->prefix = prefix;
  g_free (self->table);
  self->table = g_strdup (table);
  split (self, separators);
  add_crumb (self, 0);
  for (guint i = self->ends->len > MAX_CRUMBS ? self->ends->len - MAX_CRUMBS : 1; i < self->ends->len; i++)
    add_crumb (self, i);
}

/* Room */

static int
get_width (GtkWidget *child,
           gboolean   natural)
{
  int least, best;

  gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &least, &best, NULL, NULL);
  return natural ? best : least;
}

static void
coffer_breadcrumbs_measure (GtkWidget      *widget,
                            GtkOrientation  orientation,
                            int             for_size,
                            int            *minimum,
                            int            *natural,
                            int            *minimum_baseline,
                            int            *natural_baseline)
{
  CofferBreadcrumbs *self = COFFER_BREADCRUMBS (widget);

  gtk_widget_measure (self->fold, orientation, -1, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *natural = 0;
  for (guint i = 0; i < self->crumbs->len; i++)
    {
      int least, best;

      gtk_widget_measure (g_ptr_array_index (self->crumbs, i), orientation, -1, &least, &best, NULL, NULL);
      if (orientation == GTK_ORIENTATION_VERTICAL)
        {
          *minimum = MAX (*minimum, least);
          *natural = MAX (*natural, best);
          continue;
        }
      *natural += best;
      if (i == self->crumbs->len - 1)
        *minimum += least;
    }
  *natural = MAX (*natural, *minimum);
}

/* The first crumb behind the menu, among the crumbs; the table's is shown if @table_shown. 1 and that: nothing is folded. */
static guint
fit (CofferBreadcrumbs *self,
     int                width,
     gboolean          *table_shown)
{
  guint last = self->crumbs->len - 1;
  int table_width = get_width (g_ptr_array_index (self->crumbs, 0), TRUE);
  int room = width;
  guint first = last;

  for (guint i = 0; i <= last; i++)
    room -= get_width (g_ptr_array_index (self->crumbs, i), TRUE);
  *table_shown = TRUE;
  if (room >= 0 && self->crumbs->len == self->ends->len)
    return 1;

  room = width - get_width (self->fold, TRUE) - get_width (g_ptr_array_index (self->crumbs, last), TRUE);
  *table_shown = room >= table_width;
  room -= *table_shown ? table_width : 0;
  while (first > 1 && (room -= get_width (g_ptr_array_index (self->crumbs, first - 1), TRUE)) >= 0)
    first--;
  return first;
}

static void
place (CofferBreadcrumbs *self,
       GtkWidget         *child,
       gboolean           shown,
       int                width,
       int               *x)
{
  int all = gtk_widget_get_width (GTK_WIDGET (self));
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  gtk_widget_set_child_visible (child, shown);
  if (!shown)
    return;
  gtk_widget_size_allocate (child, &(GtkAllocation) { rtl ? all - *x - width : *x, 0, width, gtk_widget_get_height (GTK_WIDGET (self)) }, -1);
  *x += width;
}

static void
coffer_breadcrumbs_size_allocate (GtkWidget *widget,
                                  int        width,
                                  int        height,
                                  int        baseline)
{
  CofferBreadcrumbs *self = COFFER_BREADCRUMBS (widget);
  guint n = self->crumbs->len;
  gboolean folded;
  guint first;
  int x = 0;

  if (n == 0)
    return;
  first = fit (self, width, &self->table_shown);
  self->first_shown = self->ends->len - n + first;
  folded = self->first_shown > 1 || !self->table_shown;
  place (self, g_ptr_array_index (self->crumbs, 0), self->table_shown, get_width (g_ptr_array_index (self->crumbs, 0), TRUE), &x);
  place (self, self->fold, folded, get_width (self->fold, TRUE), &x);
  for (guint i = 1; i < n; i++)
    {
      GtkWidget *crumb = g_ptr_array_index (self->crumbs, i);
      int best = get_width (crumb, TRUE);

      place (self, crumb, i >= first, i == n - 1 ? MAX (MIN (best, width - x), get_width (crumb, FALSE)) : best, &x);
    }
}

static void
coffer_breadcrumbs_dispose (GObject *object)
{
  CofferBreadcrumbs *self = COFFER_BREADCRUMBS (object);

  drop_crumbs (self);
  g_clear_pointer (&self->fold, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_breadcrumbs_parent_class)->dispose (object);
}

static void
coffer_breadcrumbs_finalize (GObject *object)
{
  CofferBreadcrumbs *self = COFFER_BREADCRUMBS (object);

  g_ptr_array_unref (self->crumbs);
  g_array_unref (self->ends);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_free (self->table);

  G_OBJECT_CLASS (coffer_breadcrumbs_parent_class)->finalize (object);
}

static void
coffer_breadcrumbs_class_init (CofferBreadcrumbsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_breadcrumbs_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_breadcrumbs_finalize;
  widget_class->measure = coffer_breadcrumbs_measure;
  widget_class->size_allocate = coffer_breadcrumbs_size_allocate;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_NAVIGATION);

  chosen_signal = g_signal_new ("chosen", COFFER_TYPE_BREADCRUMBS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_BYTES);
}

static void
coffer_breadcrumbs_init (CofferBreadcrumbs *self)
{
  self->crumbs = g_ptr_array_new ();
  self->ends = g_array_new (FALSE, FALSE, sizeof (gsize));
  self->fold = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  self->menu = g_object_new (GTK_TYPE_MENU_BUTTON, "child", gtk_label_new ("…"), "has-frame", FALSE, "tooltip-text", _("Prefixes Between"), NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->menu), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Prefixes Between"), -1);
  gtk_menu_button_set_create_popup_func (self->menu, popup_cb, self, NULL);
  gtk_box_append (GTK_BOX (self->fold), GTK_WIDGET (self->menu));
  gtk_box_append (GTK_BOX (self->fold), make_mark ());
  gtk_widget_set_parent (self->fold, GTK_WIDGET (self));
  gtk_widget_add_css_class (GTK_WIDGET (self), "breadcrumbs");
}

GtkWidget *
coffer_breadcrumbs_new (void)
{
  return g_object_new (COFFER_TYPE_BREADCRUMBS, NULL);
}
