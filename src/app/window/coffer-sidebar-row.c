/* SPDX-License-Identifier: MIT */
/* A row of the sidebar. It follows its section or prefix while it is bound, and its text is also the accessible name of the list's
 * own widget around it, as with CofferKeyRow: like that, it is no more than its leaves.
 *
 * A heading is no row of its own, which the arrow keys could not pass: it lies above the first row of its group, in the margin that
 * the class "headed" makes there. Main thread.
 */
#define G_LOG_DOMAIN "coffer-sidebar-row"

#include "coffer-sidebar-row.h"

#include <glib/gi18n-lib.h>

#include "coffer-file-drop.h"
#include "coffer-key-words.h"
#include "coffer-prefix.h"

#define ARROW 12
#define ICON 16
#define GAP 7
#define INDENT 16
#define MIN_NAME 64           /* of which no depth takes anything */
#define HEADING_HEIGHT 28     /* as in style.css */
#define HEADING_INSET 4
#define WIDEST 16384          /* see coffer-key-row.c */

struct _CofferSidebarRow {
  GtkWidget parent_instance;

  GtkListItem *list_item;     /* unowned: it owns the row */
  GtkWidget *arrow;
  GtkWidget *icon;
  GtkWidget *name;
  GtkWidget *count;
  GtkWidget *heading;         /* made for the first that is needed */

  CofferSidebarItem *item;
  gpointer followed;          /* its section or prefix; owned */
  gboolean expandable;
  gboolean at_arrow;          /* the last press was */
  gboolean pressed;           /* since the pointer came */
};

enum {
  CLICKED,
  TOGGLED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferSidebarRow, coffer_sidebar_row, GTK_TYPE_WIDGET)

const char *
coffer_sidebar_row_icon_name (CofferSection *section)
{
  switch (coffer_section_get_kind (section))
    {
    case COFFER_SECTION_COLUMNS:
      return "x-office-spreadsheet-symbolic";
    case COFFER_SECTION_TEXT:
      return "text-x-generic-symbolic";
    case COFFER_SECTION_VECTOR:
      return "applications-science-symbolic";
    default:
      return "package-x-generic-symbolic";
    }
}

/* Static, translated. */
static const char *
kind_name (CofferSection *section)
{
  switch (coffer_section_get_kind (section))
    {
    case COFFER_SECTION_V1:
      return _("Table in the shape of KohakuVault 0.1 to 0.5");
    case COFFER_SECTION_V2:
      return _("Table in the shape of KohakuVault 0.6 and later");
    case COFFER_SECTION_COLUMNS:
      return _("Columns");
    case COFFER_SECTION_TEXT:
      return _("Text index");
    case COFFER_SECTION_VECTOR:
      return _("Vector index");
    case COFFER_SECTION_TEXT_VALUES:
      return _("Values of a text index");
    case COFFER_SECTION_VECTOR_VALUES:
      return _("Values of a vector index");
    case COFFER_SECTION_CHUNKS:
      return _("Chunks of columns");
    default:
      return _("Table");
    }
}

/* What it says */

static const char *
get_name (CofferSidebarRow *self)
{
  return COFFER_IS_PREFIX (self->followed) ? coffer_prefix_get_display_name (self->followed)
                                           : coffer_section_get_display_name (self->followed);
}

static char *
format_count (CofferSidebarRow *self)
{
  guint64 count = COFFER_IS_PREFIX (self->followed) ? coffer_prefix_get_count (self->followed)
                                                    : coffer_section_get_count (self->followed);

  return count == G_MAXUINT64 ? NULL : g_strdup_printf ("%'" G_GUINT64_FORMAT, count);
}

/* What there is no room for in the row. (nullable) */
static char *
describe (CofferSidebarRow *self)
{
  guint64 size;

  if (COFFER_IS_PREFIX (self->followed))
    {
      size = coffer_prefix_get_size (self->followed);
      return size != G_MAXUINT64 ? g_format_size (size) : NULL;
    }
  if (coffer_section_get_reason (self->followed) != NULL)
    return g_strdup (coffer_section_get_reason (self->followed));
  return g_strdup (kind_name (self->followed));
}

static void
update_accessible (CofferSidebarRow *self,
                   const char       *count)
{
  GtkWidget *around = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *name = count == NULL ? g_strdup (get_name (self)) : g_strdup_printf (_("%s, %s"), get_name (self), count);
  g_autofree char *description = describe (self);

  if (around == NULL)
    return;
  gtk_accessible_update_property (GTK_ACCESSIBLE (around),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, description != NULL ? description : "",
                                  GTK_ACCESSIBLE_PROPERTY_LEVEL, coffer_sidebar_item_get_depth (self->item) + 1,
                                  -1);
}

/* An inscription begins where its words do, by their letters or else by its own direction; the column where the row does. */
static void
update_name (CofferSidebarRow *self)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  gtk_inscription_set_text (GTK_INSCRIPTION (self->name), get_name (self));
  gtk_inscription_set_xalign (GTK_INSCRIPTION (self->name), coffer_key_words_are_rtl (get_name (self), FALSE) != rtl ? 1 : 0);
}

static void
update_text (CofferSidebarRow *self)
{
  g_autofree char *count = format_count (self);

  update_name (self);
  gtk_label_set_text (GTK_LABEL (self->count), count != NULL ? count : "");
  update_accessible (self, count);
}

static void
update_arrow (CofferSidebarRow *self)
{
  GtkWidget *around = gtk_widget_get_parent (GTK_WIDGET (self));
  gboolean expanded = coffer_sidebar_item_get_expanded (self->item);
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  gtk_widget_set_child_visible (self->arrow, self->expandable);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->arrow), expanded ? "pan-down-symbolic" : rtl ? "pan-start-symbolic" : "pan-end-symbolic");
  if (around == NULL)
    return;
  if (self->expandable)
    gtk_accessible_update_state (GTK_ACCESSIBLE (around), GTK_ACCESSIBLE_STATE_EXPANDED, expanded, -1);
  else
    gtk_accessible_reset_state (GTK_ACCESSIBLE (around), GTK_ACCESSIBLE_STATE_EXPANDED);
}

void
coffer_sidebar_row_set_item (CofferSidebarRow  *self,
                             CofferSidebarItem *item)
{
  g_return_if_fail (COFFER_IS_SIDEBAR_ROW (self));

  if (self->item != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->item, update_arrow, self);
      g_signal_handlers_disconnect_by_func (self->followed, update_text, self);
    }
  g_set_object (&self->item, item);
  g_clear_object (&self->followed);
  if (item == NULL)
    return;

  self->followed = g_object_ref (coffer_sidebar_item_get_item (item));
  g_signal_connect_swapped (item, "notify::expanded", G_CALLBACK (update_arrow), self);
  g_signal_connect_swapped (self->followed, "notify::count", G_CALLBACK (update_text), self);
  if (COFFER_IS_PREFIX (self->followed))
    g_signal_connect_swapped (self->followed, "notify::size", G_CALLBACK (update_text), self);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->icon), COFFER_IS_PREFIX (self->followed)
                                ? "folder-symbolic" : coffer_sidebar_row_icon_name (self->followed));
  update_text (self);
  update_arrow (self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));   /* of another depth, perhaps */
}

static void
heading_entered_cb (CofferSidebarRow *self)
{
  gtk_widget_add_css_class (gtk_widget_get_parent (GTK_WIDGET (self)), "at-heading");
}

static void
heading_left_cb (CofferSidebarRow *self)
{
  gtk_widget_remove_css_class (gtk_widget_get_parent (GTK_WIDGET (self)), "at-heading");
}

static void
heading_pressed_cb (GtkGesture *gesture)
{
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
}

/* To the pointer it is no part of the row: it does not light it up, and a click on it is none on the row. */
static void
make_heading (CofferSidebarRow *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  self->heading = g_object_new (GTK_TYPE_LABEL, "xalign", 0.0, "ellipsize", PANGO_ELLIPSIZE_END,
                                "css-classes", (const char *[]) { "sidebar-head", NULL }, NULL);
  g_signal_connect_swapped (motion, "enter", G_CALLBACK (heading_entered_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (heading_left_cb), self);
  g_signal_connect (click, "pressed", G_CALLBACK (heading_pressed_cb), NULL);
  gtk_widget_add_controller (self->heading, motion);
  gtk_widget_add_controller (self->heading, GTK_EVENT_CONTROLLER (click));
  gtk_widget_set_parent (self->heading, GTK_WIDGET (self));
}

void
coffer_sidebar_row_set_heading (CofferSidebarRow *self,
                                const char       *heading)
{
  GtkWidget *around = gtk_widget_get_parent (GTK_WIDGET (self));

  g_return_if_fail (COFFER_IS_SIDEBAR_ROW (self));

  if (heading != NULL && self->heading == NULL)
    make_heading (self);
  if (self->heading != NULL)
    {
      gtk_label_set_text (GTK_LABEL (self->heading), heading != NULL ? heading : "");
      gtk_widget_set_visible (self->heading, heading != NULL);
    }
  if (around != NULL && heading != NULL)
    gtk_widget_add_css_class (around, "headed");
  else if (around != NULL)
    gtk_widget_remove_css_class (around, "headed");
}

CofferSidebarItem *
coffer_sidebar_row_get_item (CofferSidebarRow *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_ROW (self), NULL);

  return self->item;
}

guint
coffer_sidebar_row_get_position (CofferSidebarRow *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_ROW (self), GTK_INVALID_LIST_POSITION);

  return gtk_list_item_get_position (self->list_item);
}

void
coffer_sidebar_row_set_expandable (CofferSidebarRow *self,
                                   gboolean          expandable)
{
  g_return_if_fail (COFFER_IS_SIDEBAR_ROW (self));

  if (self->expandable == expandable)
    return;
  self->expandable = expandable;
  if (self->item != NULL)
    update_arrow (self);
}

gboolean
coffer_sidebar_row_get_expandable (CofferSidebarRow *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_ROW (self), FALSE);

  return self->expandable;
}

/* Asked for only under the pointer; see coffer-key-row.c. It would lie over the next row, and take a click that is meant for that:
 * who has clicked here knows what is here.
 */
static gboolean
coffer_sidebar_row_query_tooltip (GtkWidget  *widget,
                                  int         x,
                                  int         y,
                                  gboolean    keyboard,
                                  GtkTooltip *tooltip)
{
  CofferSidebarRow *self = COFFER_SIDEBAR_ROW (widget);
  g_autofree char *description = self->item != NULL ? describe (self) : NULL;
  g_autofree char *text = NULL;

  if (self->item == NULL || (self->pressed && !keyboard))
    return FALSE;
  text = description != NULL ? g_strdup_printf ("%s\n%s", get_name (self), description) : g_strdup (get_name (self));
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

/* The arrow */

static int
get_indent (CofferSidebarRow *self,
            int               width)
{
  int room = width - ARROW - ICON - 2 * GAP - MIN_NAME;
  int indent = self->item != NULL ? (int) MIN (coffer_sidebar_item_get_depth (self->item), 1000) * INDENT : 0;

  return CLAMP (indent, 0, MAX (room, 0));   /* however deep, the name is there */
}

static gboolean
is_rtl (CofferSidebarRow *self)
{
  return gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
}

/* Before the icon all is arrow; of that the row around it is not told. */
static void
pressed_cb (CofferSidebarRow *self,
            int               n_press,
            double            x,
            double            y,
            GtkGesture       *gesture)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));
  double from_start = is_rtl (self) ? width - x : x;

  self->pressed = TRUE;
  self->at_arrow = self->expandable && from_start <= get_indent (self, width) + ARROW + GAP / 2;
  if (!self->at_arrow)
    return;
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  g_signal_emit (self, signals[TOGGLED], 0);
}

static void
left_cb (CofferSidebarRow *self)
{
  self->pressed = FALSE;
}

static void
released_cb (CofferSidebarRow *self,
             int               n_press,
             double            x,
             double            y)
{
  if (!self->at_arrow && n_press == 1 && gtk_widget_contains (GTK_WIDGET (self), x, y))
    g_signal_emit (self, signals[CLICKED], 0);
}

/* Shape */

static int
measure_height (GtkWidget *child)
{
  int natural;

  gtk_widget_measure (child, GTK_ORIENTATION_VERTICAL, -1, NULL, &natural, NULL, NULL);
  return natural;
}

static void
coffer_sidebar_row_measure (GtkWidget      *widget,
                            GtkOrientation  orientation,
                            int             for_size,
                            int            *minimum,
                            int            *natural,
                            int            *minimum_baseline,
                            int            *natural_baseline)
{
  CofferSidebarRow *self = COFFER_SIDEBAR_ROW (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = ARROW + ICON + 2 * GAP + MIN_NAME;
      *natural = WIDEST;
      return;
    }
  *minimum = *natural = MAX (MAX (measure_height (self->name), measure_height (self->count)), ICON);
}

/* Puts a child into a column of the row, in the middle of its height; @x is from where the row begins for who reads it. */
static void
place (CofferSidebarRow *self,
       GtkWidget        *child,
       int               x,
       int               width,
       int               row_height)
{
  int row_width = gtk_widget_get_width (GTK_WIDGET (self));
  int height = measure_height (child);

  gtk_widget_size_allocate (child, &(GtkAllocation) { is_rtl (self) ? row_width - x - width : x, (row_height - height) / 2, width, height }, -1);
}

static void
coffer_sidebar_row_size_allocate (GtkWidget *widget,
                                  int        width,
                                  int        height,
                                  int        baseline)
{
  CofferSidebarRow *self = COFFER_SIDEBAR_ROW (widget);
  int icon_x = get_indent (self, width) + ARROW + GAP;
  int name_x = icon_x + ICON + GAP;
  int minimum, count_width, name_width;

  gtk_widget_measure (self->count, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, &count_width, NULL, NULL);
  name_width = MAX (width - name_x - (count_width > 0 ? count_width + GAP : 0), 0);
  place (self, self->arrow, icon_x - ARROW - GAP, ARROW, height);
  place (self, self->icon, icon_x, ICON, height);
  place (self, self->name, name_x, name_width, height);
  place (self, self->count, width - count_width, count_width, height);
  if (self->heading != NULL && gtk_widget_get_visible (self->heading))
    gtk_widget_size_allocate (self->heading, &(GtkAllocation) { is_rtl (self) ? -HEADING_INSET : HEADING_INSET, -HEADING_HEIGHT, width, HEADING_HEIGHT }, -1);
}

static void
coffer_sidebar_row_direction_changed (GtkWidget        *widget,
                                      GtkTextDirection  previous)
{
  CofferSidebarRow *self = COFFER_SIDEBAR_ROW (widget);

  GTK_WIDGET_CLASS (coffer_sidebar_row_parent_class)->direction_changed (widget, previous);
  if (self->item == NULL)
    return;
  update_name (self);
  update_arrow (self);
}

static void
coffer_sidebar_row_dispose (GObject *object)
{
  CofferSidebarRow *self = COFFER_SIDEBAR_ROW (object);

  coffer_sidebar_row_set_item (self, NULL);
  g_clear_pointer (&self->heading, gtk_widget_unparent);
  g_clear_pointer (&self->arrow, gtk_widget_unparent);
  g_clear_pointer (&self->icon, gtk_widget_unparent);
  g_clear_pointer (&self->name, gtk_widget_unparent);
  g_clear_pointer (&self->count, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_sidebar_row_parent_class)->dispose (object);
}

static void
coffer_sidebar_row_class_init (CofferSidebarRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_sidebar_row_dispose;
  widget_class->measure = coffer_sidebar_row_measure;
  widget_class->size_allocate = coffer_sidebar_row_size_allocate;
  widget_class->query_tooltip = coffer_sidebar_row_query_tooltip;
  widget_class->direction_changed = coffer_sidebar_row_direction_changed;

  signals[CLICKED] = g_signal_new ("clicked", COFFER_TYPE_SIDEBAR_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[TOGGLED] = g_signal_new ("toggled", COFFER_TYPE_SIDEBAR_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

/* A table, or a prefix: what is dropped on it goes there. */
static GVariant *
find_drop_place (GtkWidget *widget)
{
  CofferSidebarRow *self = COFFER_SIDEBAR_ROW (widget);
  gpointer item = self->item != NULL ? coffer_sidebar_item_get_item (self->item) : NULL;

  if (COFFER_IS_PREFIX (item))
    return coffer_file_drop_place (coffer_prefix_level_get_table (COFFER_PREFIX_LEVEL (coffer_sidebar_item_get_model (self->item))),
                                   coffer_prefix_get_bytes (item));
  if (COFFER_IS_SECTION (item) && coffer_section_is_vault (item) && coffer_section_get_reason (item) == NULL)
    return coffer_file_drop_place (coffer_section_get_name (item), NULL);
  return NULL;
}

static GtkWidget *
add_image (CofferSidebarRow *self,
           int               size)
{
  GtkWidget *image = g_object_new (GTK_TYPE_IMAGE, "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION, "pixel-size", size, NULL);

  gtk_widget_set_parent (image, GTK_WIDGET (self));
  return image;
}

static void
coffer_sidebar_row_init (CofferSidebarRow *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  self->arrow = add_image (self, ARROW);
  self->icon = add_image (self, ICON);
  self->name = g_object_new (GTK_TYPE_INSCRIPTION, "text-overflow", GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_MIDDLE,
                             "min-chars", 0, "nat-chars", 0, NULL);
  gtk_widget_set_direction (self->name, GTK_TEXT_DIR_LTR);   /* its bytes are in an order, whatever is read here */
  gtk_widget_set_parent (self->name, GTK_WIDGET (self));
  self->count = g_object_new (GTK_TYPE_LABEL, "css-classes", (const char *[]) { "count", NULL }, NULL);
  gtk_widget_set_parent (self->count, GTK_WIDGET (self));
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect_swapped (click, "released", G_CALLBACK (released_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (left_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  coffer_file_drop_add (GTK_WIDGET (self), find_drop_place);
}

GtkWidget *
coffer_sidebar_row_new (GtkListItem *list_item)
{
  CofferSidebarRow *self = g_object_new (COFFER_TYPE_SIDEBAR_ROW, NULL);

  self->list_item = list_item;
  return GTK_WIDGET (self);
}
