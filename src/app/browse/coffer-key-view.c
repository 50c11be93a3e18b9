/* SPDX-License-Identifier: MIT */
/* The list of keys: what is around its rows, and how these look. Main thread. */
#define G_LOG_DOMAIN "coffer-key-view"

#include "coffer-key-view.h"

#include "coffer-column-header.h"
#include "coffer-key-row.h"

#define NATURAL_WIDTH 480

struct _CofferKeyView {
  GtkWidget parent_instance;

  GtkWidget *header;
  GtkWidget *scroller;
  CofferKeyCells *rows;

  CofferColumns *columns;
  CofferKeySelection *selection;
  CofferKeyRowStyle style;
  GBytes *prefix;           /* of the style: NULL none */
  gboolean shown;
  guint shape_idle;
};

enum {
  PROP_COMPACT = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint activated_signal;

G_DEFINE_FINAL_TYPE (CofferKeyView, coffer_key_view, GTK_TYPE_WIDGET)

/* What it shows */

static void
apply_order_cb (CofferKeyView *self)
{
  if (self->selection != NULL)
    coffer_entry_list_set_order (coffer_key_selection_get_list (self->selection), coffer_columns_get_sort (self->columns),
                                 coffer_columns_get_descending (self->columns));
}

/* With another prefix come other rows. */
static void
update_prefix_cb (CofferKeyView *self)
{
  GBytes *prefix = self->selection != NULL ? coffer_entry_list_get_prefix (coffer_key_selection_get_list (self->selection)) : NULL;
  gconstpointer data;
  gsize size;

  if (prefix == self->prefix)
    return;

  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_clear_pointer ((char **) &self->style.prefix, g_free);
  if (prefix != NULL)
    {
      self->prefix = g_bytes_ref (prefix);
      data = g_bytes_get_data (prefix, &size);
      self->style.prefix = coffer_key_bytes_to_display (data, size, 0);
    }
  coffer_key_cells_reshape (self->rows);
}

void
coffer_key_view_set_selection (CofferKeyView      *self,
                               CofferKeySelection *selection)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  if (selection == self->selection)
    return;

  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_set_object (&self->selection, selection);
  coffer_key_cells_set_selection (self->rows, self->shown ? selection : NULL);
  update_prefix_cb (self);
  if (selection == NULL)
    return;

  g_signal_connect_swapped (selection, "items-changed", G_CALLBACK (update_prefix_cb), self);
  apply_order_cb (self);
}

void
coffer_key_view_set_thumbnails (CofferKeyView    *self,
                                CofferThumbnails *thumbnails)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  if (g_set_object (&self->style.thumbnails, thumbnails))
    coffer_key_cells_reshape (self->rows);
}

void
coffer_key_view_set_shown (CofferKeyView *self,
                           gboolean       shown)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  self->shown = shown;
  coffer_key_cells_set_selection (self->rows, shown ? self->selection : NULL);
}

CofferColumns *
coffer_key_view_get_columns (CofferKeyView *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEW (self), NULL);

  return self->columns;
}

CofferKeyCells *
coffer_key_view_get_cells (CofferKeyView *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEW (self), NULL);

  return self->rows;
}

static void
activated_cb (CofferKeyView *self,
              guint          position)
{
  g_signal_emit (self, activated_signal, 0);
}

/* Rows */

static GtkWidget *
make_row (gpointer owner)
{
  return coffer_key_row_new ();
}

static void
prepare_row (gpointer       owner,
             CofferKeyCell *cell)
{
  coffer_key_row_set_style (COFFER_KEY_ROW (cell), &COFFER_KEY_VIEW (owner)->style);
}

static void
measure_row (gpointer   owner,
             GtkWidget *rows,
             int       *width,
             int       *height)
{
  *width = 0;
  *height = coffer_key_row_get_height (rows, COFFER_KEY_VIEW (owner)->style.compact);
}

static const CofferKeyShape row_shape = { make_row, prepare_row, measure_row, 0, 0 };

/* What is visible cannot change while sizes are given out. */
static gboolean
shape_idle_cb (gpointer user_data)
{
  CofferKeyView *self = user_data;

  self->shape_idle = 0;
  self->style.compact = gtk_widget_get_width (GTK_WIDGET (self)) < COFFER_KEY_CELLS_COMPACT_BELOW;
  gtk_widget_set_visible (self->header, !self->style.compact);
  coffer_key_cells_reshape (self->rows);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COMPACT]);
  return G_SOURCE_REMOVE;
}

/* Room */

static void
coffer_key_view_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  int header_minimum = 0;
  int header_natural = 0;

  /* Columns must not keep the window from getting as narrow as two lines can be. */
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = 0;
      *natural = NATURAL_WIDTH;
      return;
    }
  if (gtk_widget_should_layout (self->header))
    gtk_widget_measure (self->header, orientation, -1, &header_minimum, &header_natural, NULL, NULL);
  gtk_widget_measure (self->scroller, orientation, -1, minimum, natural, NULL, NULL);
  *minimum += header_minimum;
  *natural += header_natural;
}

/* The header is as wide as the rows, who may have to make room for a scroll bar. */
static void
allocate_header (CofferKeyView *self,
                 int            width,
                 int            height)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  int rows_width = gtk_widget_get_width (GTK_WIDGET (self->rows));
  int minimum;

  gtk_widget_measure (self->header, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  rows_width = MAX (rows_width, minimum);
  gtk_widget_size_allocate (self->header, &(GtkAllocation) { rtl ? width - rows_width : 0, 0, rows_width, height }, -1);
}

static void
coffer_key_view_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  int header_height = 0;
  int minimum, minimum_height;

  if (gtk_widget_should_layout (self->header))
    gtk_widget_measure (self->header, GTK_ORIENTATION_VERTICAL, -1, NULL, &header_height, NULL, NULL);
  gtk_widget_measure (self->scroller, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_measure (self->scroller, GTK_ORIENTATION_VERTICAL, -1, &minimum_height, NULL, NULL, NULL);
  gtk_widget_size_allocate (self->scroller,
                            &(GtkAllocation) { 0, header_height, MAX (width, minimum), MAX (height - header_height, minimum_height) }, -1);
  if (gtk_widget_should_layout (self->header))
    allocate_header (self, width, header_height);
  if ((width < COFFER_KEY_CELLS_COMPACT_BELOW) != self->style.compact && self->shape_idle == 0)
    self->shape_idle = g_idle_add_full (GTK_PRIORITY_RESIZE - 1, shape_idle_cb, self, NULL);
}

/* Tab leaves the rows for the titles and the other way round. */
static gboolean
coffer_key_view_focus (GtkWidget        *widget,
                       GtkDirectionType  direction)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  GtkWidget *inside = gtk_widget_get_focus_child (widget);

  if (direction != GTK_DIR_TAB_FORWARD && direction != GTK_DIR_TAB_BACKWARD)
    return GTK_WIDGET_CLASS (coffer_key_view_parent_class)->focus (widget, direction);
  if (inside == NULL)
    return gtk_widget_grab_focus (widget);
  if (inside != self->header)
    return direction == GTK_DIR_TAB_BACKWARD && gtk_widget_child_focus (self->header, direction);
  return gtk_widget_child_focus (self->header, direction) ||
         (direction == GTK_DIR_TAB_FORWARD && gtk_widget_grab_focus (widget));
}

static gboolean
coffer_key_view_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (COFFER_KEY_VIEW (widget)->rows));
}

static void
coffer_key_view_get_property (GObject    *object,
                              guint       id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  CofferKeyView *self = COFFER_KEY_VIEW (object);

  switch (id)
    {
    case PROP_COMPACT:
      g_value_set_boolean (value, self->style.compact);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_view_dispose (GObject *object)
{
  CofferKeyView *self = COFFER_KEY_VIEW (object);

  g_clear_handle_id (&self->shape_idle, g_source_remove);
  if (self->rows != NULL)
    coffer_key_view_set_selection (self, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_KEY_VIEW);
  g_clear_object (&self->style.thumbnails);

  G_OBJECT_CLASS (coffer_key_view_parent_class)->dispose (object);
}

static void
coffer_key_view_finalize (GObject *object)
{
  g_object_unref (COFFER_KEY_VIEW (object)->columns);

  G_OBJECT_CLASS (coffer_key_view_parent_class)->finalize (object);
}

static void
coffer_key_view_class_init (CofferKeyViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_key_view_get_property;
  object_class->dispose = coffer_key_view_dispose;
  object_class->finalize = coffer_key_view_finalize;
  widget_class->measure = coffer_key_view_measure;
  widget_class->size_allocate = coffer_key_view_size_allocate;
  widget_class->focus = coffer_key_view_focus;
  widget_class->grab_focus = coffer_key_view_grab_focus;

  properties[PROP_COMPACT] = g_param_spec_boolean ("compact", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (COFFER_TYPE_COLUMN_HEADER);
  g_type_ensure (COFFER_TYPE_KEY_CELLS);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-key-view.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, header);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, rows);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_TREE_GRID);
}

static void
coffer_key_view_init (CofferKeyView *self)
{
  self->columns = coffer_columns_new ();
  self->style.columns = self->columns;
  self->shown = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  coffer_key_cells_set_shape (self->rows, &row_shape, self);

  coffer_column_header_set_columns (COFFER_COLUMN_HEADER (self->header), self->columns);
  g_signal_connect_object (self->columns, "changed", G_CALLBACK (coffer_key_cells_reshape), self->rows, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->columns, "notify", G_CALLBACK (apply_order_cb), self, G_CONNECT_SWAPPED);
}
