/* SPDX-License-Identifier: MIT */
/* A pane. The leaflets that hold the panes fold by minimum widths and share out by natural ones, so a pane says both, and
 * dragging its grip changes what it would like. A width larger than there is room for is kept and comes back with the room.
 * Main thread.
 */
#define G_LOG_DOMAIN "coffer-pane"

#include "coffer-pane.h"

#define GRIP_WIDTH 9  /* logical pixels, over the edge of the child */

struct _CofferPane {
  GtkWidget parent_instance;

  GtkWidget *child;
  GtkWidget *grip;
  GtkPositionType grip_side;
  int width;
  int min_width;
  int drag_width;   /* when the drag began */
  double drag_x;    /* where, in the window */
};

enum {
  PROP_CHILD = 1,
  PROP_WIDTH,
  PROP_MIN_WIDTH,
  PROP_GRIP,
  PROP_RESIZABLE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferPane, coffer_pane, GTK_TYPE_WIDGET)

/* Whether the grip is at the physical right. */
static gboolean
grip_is_right (CofferPane *self)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  return (self->grip_side == GTK_POS_RIGHT) != rtl;
}

static void
drag_begin_cb (CofferPane *self,
               double      x,
               double      y)
{
  self->drag_width = gtk_widget_get_width (GTK_WIDGET (self));
}

/* The grip moves with the pane, so the offset is measured from where the pointer is in the window. */
static void
drag_update_cb (CofferPane     *self,
                double          x,
                double          y,
                GtkGestureDrag *drag)
{
  GtkWidget *root = GTK_WIDGET (gtk_widget_get_root (GTK_WIDGET (self)));
  double start_x, start_y, root_x, root_y;
  int by;

  gtk_gesture_drag_get_start_point (drag, &start_x, &start_y);
  gtk_widget_translate_coordinates (self->grip, root, start_x + x, start_y + y, &root_x, &root_y);
  if (self->drag_x < 0)
    self->drag_x = root_x;
  by = (int) (root_x - self->drag_x);
  coffer_pane_set_width (self, MAX (self->drag_width + (grip_is_right (self) ? by : -by), self->min_width));
}

static void
drag_end_cb (CofferPane *self)
{
  self->drag_x = -1;
}

int
coffer_pane_get_width (CofferPane *self)
{
  g_return_val_if_fail (COFFER_IS_PANE (self), 0);

  return self->width;
}

void
coffer_pane_set_width (CofferPane *self,
                       int         width)
{
  g_return_if_fail (COFFER_IS_PANE (self));

  if (width == self->width)
    return;

  self->width = width;
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WIDTH]);
}

static GtkSizeRequestMode
coffer_pane_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

static void
coffer_pane_measure (GtkWidget      *widget,
                     GtkOrientation  orientation,
                     int             for_size,
                     int            *minimum,
                     int            *natural,
                     int            *minimum_baseline,
                     int            *natural_baseline)
{
  CofferPane *self = COFFER_PANE (widget);

  *minimum = *natural = 0;
  if (self->child != NULL)
    gtk_widget_measure (self->child, orientation, -1, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_VERTICAL)
    return;

  *minimum = MAX (*minimum, self->min_width);
  *natural = MAX (*minimum, self->width > 0 ? self->width : *natural);
}

static void
coffer_pane_size_allocate (GtkWidget *widget,
                           int        width,
                           int        height,
                           int        baseline)
{
  CofferPane *self = COFFER_PANE (widget);
  int x = grip_is_right (self) ? width - GRIP_WIDTH : 0;

  if (self->child != NULL)
    gtk_widget_allocate (self->child, width, height, baseline, NULL);
  if (gtk_widget_should_layout (self->grip))
    gtk_widget_size_allocate (self->grip, &(GtkAllocation) { x, 0, GRIP_WIDTH, height }, -1);
}

static void
forget_focus_child (GtkWidget *widget)
{
  GtkWidget *child = gtk_widget_get_focus_child (widget);

  if (child != NULL)
    forget_focus_child (child);
  gtk_widget_set_focus_child (widget, NULL);
}

/* At its end, Tab goes on from the pane's beginning; F6 is the way out. */
static gboolean
coffer_pane_focus (GtkWidget        *widget,
                   GtkDirectionType  direction)
{
  CofferPane *self = COFFER_PANE (widget);
  gboolean inside = gtk_widget_get_focus_child (widget) != NULL;

  if (self->child == NULL)
    return FALSE;
  if (gtk_widget_child_focus (self->child, direction))
    return TRUE;
  if (!inside || (direction != GTK_DIR_TAB_FORWARD && direction != GTK_DIR_TAB_BACKWARD))
    return FALSE;

  forget_focus_child (widget);
  return gtk_widget_child_focus (self->child, direction);
}

static void
set_child (CofferPane *self,
           GtkWidget  *child)
{
  g_clear_pointer (&self->child, gtk_widget_unparent);
  self->child = child;
  /* The grip lies over the child. */
  if (child != NULL)
    gtk_widget_insert_before (child, GTK_WIDGET (self), self->grip);
}

static void
coffer_pane_get_property (GObject    *object,
                          guint       id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  CofferPane *self = COFFER_PANE (object);

  switch (id)
    {
    case PROP_CHILD:
      g_value_set_object (value, self->child);
      break;
    case PROP_WIDTH:
      g_value_set_int (value, self->width);
      break;
    case PROP_MIN_WIDTH:
      g_value_set_int (value, self->min_width);
      break;
    case PROP_GRIP:
      g_value_set_enum (value, self->grip_side);
      break;
    case PROP_RESIZABLE:
      g_value_set_boolean (value, gtk_widget_get_visible (self->grip));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_pane_set_property (GObject      *object,
                          guint         id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  CofferPane *self = COFFER_PANE (object);

  switch (id)
    {
    case PROP_CHILD:
      set_child (self, g_value_get_object (value));
      break;
    case PROP_WIDTH:
      coffer_pane_set_width (self, g_value_get_int (value));
      break;
    case PROP_MIN_WIDTH:
      self->min_width = g_value_get_int (value);
      gtk_widget_queue_resize (GTK_WIDGET (self));
      break;
    case PROP_GRIP:
      self->grip_side = g_value_get_enum (value);
      break;
    case PROP_RESIZABLE:
      gtk_widget_set_visible (self->grip, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_pane_dispose (GObject *object)
{
  CofferPane *self = COFFER_PANE (object);

  g_clear_pointer (&self->child, gtk_widget_unparent);
  g_clear_pointer (&self->grip, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_pane_parent_class)->dispose (object);
}

static void
coffer_pane_class_init (CofferPaneClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_pane_get_property;
  object_class->set_property = coffer_pane_set_property;
  object_class->dispose = coffer_pane_dispose;
  widget_class->get_request_mode = coffer_pane_get_request_mode;
  widget_class->measure = coffer_pane_measure;
  widget_class->size_allocate = coffer_pane_size_allocate;
  widget_class->focus = coffer_pane_focus;

  properties[PROP_CHILD] = g_param_spec_object ("child", NULL, NULL, GTK_TYPE_WIDGET, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  properties[PROP_WIDTH] = g_param_spec_int ("width", NULL, NULL, 0, G_MAXINT16, 0,
                                             G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_MIN_WIDTH] = g_param_spec_int ("min-width", NULL, NULL, 0, G_MAXINT16, 0, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  properties[PROP_GRIP] = g_param_spec_enum ("grip", NULL, NULL, GTK_TYPE_POSITION_TYPE, GTK_POS_LEFT, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  properties[PROP_RESIZABLE] = g_param_spec_boolean ("resizable", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
coffer_pane_init (CofferPane *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();

  self->drag_x = -1;
  self->grip = g_object_new (GTK_TYPE_SEPARATOR, "orientation", GTK_ORIENTATION_VERTICAL, "visible", FALSE,
                             "css-classes", (const char *[]) { "grip", NULL }, NULL);
  gtk_widget_set_cursor_from_name (self->grip, "col-resize");
  gtk_widget_set_parent (self->grip, GTK_WIDGET (self));
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  gtk_widget_add_controller (self->grip, GTK_EVENT_CONTROLLER (drag));
}
