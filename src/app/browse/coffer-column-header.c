/* SPDX-License-Identifier: MIT */
/* The header of the list. The key gives and takes room, so each of the others has one edge to drag, that on the side of the key.
 * A title that is dragged changes places as soon as it is over the middle of its neighbour. Main thread.
 */
#define G_LOG_DOMAIN "coffer-column-header"

#include "coffer-column-header.h"

#include <stdlib.h>

#define GRIP_WIDTH 9
#define DRAG_THRESHOLD 8
#define STEP 16   /* of "Wider" and "Narrower" */

struct _CofferColumnHeader {
  GtkWidget parent_instance;

  GtkWidget *titles[COFFER_N_COLUMNS];
  GtkWidget *arrows[COFFER_N_COLUMNS];
  GtkWidget *grips[COFFER_N_COLUMNS];   /* the key has none */
  GMenuModel *menu_model;
  GtkWidget *menu;                      /* made when it is asked for */

  CofferColumns *columns;
  CofferColumn menu_column;   /* what the menu is about */
  GtkWidget *focus;           /* weak: what had it before the menu */
  CofferColumn dragged;
  gboolean dragging;
  int grip_width;             /* of the column when its edge was taken */
  double grip_x;              /* where, in the header */
};

enum {
  PROP_SHOW_SIZE = 1,
  PROP_SHOW_TYPE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferColumnHeader, coffer_column_header, GTK_TYPE_WIDGET)

static gboolean
is_rtl (CofferColumnHeader *self)
{
  return gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
}

/* The other way round as people see it. */
static int
mirror (CofferColumnHeader *self,
        int                 x)
{
  return is_rtl (self) ? gtk_widget_get_width (GTK_WIDGET (self)) - x : x;
}

static gboolean
is_before_key (CofferColumnHeader *self,
               CofferColumn        column)
{
  return coffer_columns_get_place (self->columns, column) < coffer_columns_get_place (self->columns, COFFER_SORT_KEY);
}

static void
lay_out (CofferColumnHeader *self,
         CofferColumnBox     boxes[COFFER_N_COLUMNS])
{
  coffer_columns_lay_out (self->columns, gtk_widget_get_width (GTK_WIDGET (self)), boxes);
}

/* ---- showing ---- */

static void
update_order_cb (CofferColumnHeader *self)
{
  gboolean descending = coffer_columns_get_descending (self->columns);

  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    {
      gboolean sorted = coffer_columns_get_sort (self->columns) == i;

      gtk_image_set_from_icon_name (GTK_IMAGE (self->arrows[i]), descending ? "pan-down-symbolic" : "pan-up-symbolic");
      gtk_widget_set_visible (self->arrows[i], sorted);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->titles[i]), GTK_ACCESSIBLE_PROPERTY_SORT,
                                      !sorted ? GTK_ACCESSIBLE_SORT_NONE
                                              : descending ? GTK_ACCESSIBLE_SORT_DESCENDING : GTK_ACCESSIBLE_SORT_ASCENDING, -1);
    }
}

static void
changed_cb (CofferColumnHeader *self)
{
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    {
      gboolean visible = coffer_columns_get_visible (self->columns, i);

      gtk_widget_set_visible (self->titles[i], visible);
      if (self->grips[i] != NULL)
        gtk_widget_set_visible (self->grips[i], visible);
    }
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOW_SIZE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOW_TYPE]);
}

void
coffer_column_header_set_columns (CofferColumnHeader *self,
                                  CofferColumns      *columns)
{
  g_return_if_fail (COFFER_IS_COLUMN_HEADER (self));
  g_return_if_fail (COFFER_IS_COLUMNS (columns) && self->columns == NULL);

  self->columns = g_object_ref (columns);
  g_signal_connect_object (columns, "changed", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (columns, "notify", G_CALLBACK (update_order_cb), self, G_CONNECT_SWAPPED);
  update_order_cb (self);
  changed_cb (self);
}

static CofferColumn
column_of (GtkWidget *const  widgets[COFFER_N_COLUMNS],
           GtkWidget        *widget)
{
  CofferColumn column = COFFER_SORT_KEY;

  while (column < COFFER_N_COLUMNS - 1 && widgets[column] != widget)
    column++;
  return column;
}

/* ---- sorting ---- */

static void
title_clicked_cb (GtkWidget          *title,
                  CofferColumnHeader *self)
{
  CofferColumn column = column_of (self->titles, title);
  gboolean turn = coffer_columns_get_sort (self->columns) == column;

  coffer_columns_set_order (self->columns, column, turn && !coffer_columns_get_descending (self->columns));
}

/* ---- resizing ---- */

static double
get_pointer (CofferColumnHeader *self,
             GtkGestureDrag     *drag,
             double              offset)
{
  double start_x, start_y, x, y;

  gtk_gesture_drag_get_start_point (drag, &start_x, &start_y);
  gtk_widget_translate_coordinates (gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (drag)), GTK_WIDGET (self),
                                    start_x + offset, start_y, &x, &y);
  return x;
}

static void
grip_begin_cb (GtkGestureDrag     *drag,
               double              x,
               double              y,
               CofferColumnHeader *self)
{
  CofferColumn column = column_of (self->grips, gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (drag)));
  CofferColumnBox boxes[COFFER_N_COLUMNS];

  lay_out (self, boxes);
  self->grip_width = boxes[column].width;
  self->grip_x = get_pointer (self, drag, 0);
}

/* The grip moves along, so the pointer is taken where it is in the header. */
static void
grip_update_cb (GtkGestureDrag     *drag,
                double              x,
                double              y,
                CofferColumnHeader *self)
{
  CofferColumn column = column_of (self->grips, gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (drag)));
  int by = (int) (get_pointer (self, drag, x) - self->grip_x);

  gtk_gesture_set_state (GTK_GESTURE (drag), GTK_EVENT_SEQUENCE_CLAIMED);
  if (is_rtl (self))
    by = -by;
  coffer_columns_set_width (self->columns, column, MAX (self->grip_width + (is_before_key (self, column) ? by : -by), 1));
}

static void
grip_pressed_cb (GtkGestureClick    *click,
                 int                 n_press,
                 double              x,
                 double              y,
                 CofferColumnHeader *self)
{
  if (n_press == 2)
    coffer_columns_set_width (self->columns, column_of (self->grips, gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (click))), 0);
}

/* ---- reordering ---- */

static CofferColumn
column_at (CofferColumnHeader *self,
           double              x)
{
  CofferColumnBox boxes[COFFER_N_COLUMNS];
  CofferColumn found = COFFER_SORT_KEY;

  x = mirror (self, (int) x);
  lay_out (self, boxes);
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    if (coffer_columns_get_visible (self->columns, i) && x >= boxes[i].x - COFFER_COLUMN_GAP / 2 &&
        x < boxes[i].x + boxes[i].width + COFFER_COLUMN_GAP / 2)
      found = i;
  return found;
}

static void
drag_begin_cb (CofferColumnHeader *self,
               double              x,
               double              y,
               GtkGestureDrag     *drag)
{
  GtkWidget *widget = gtk_widget_pick (GTK_WIDGET (self), x, y, GTK_PICK_DEFAULT);

  self->dragging = FALSE;
  self->dragged = column_at (self, x);
  if (widget == NULL || GTK_IS_SEPARATOR (widget))
    gtk_gesture_set_state (GTK_GESTURE (drag), GTK_EVENT_SEQUENCE_DENIED);
}

/* Whether the pointer is over the middle of the neighbour in that direction, or further. */
static gboolean
is_past_neighbour (CofferColumnHeader *self,
                   int                 x,
                   int                 step)
{
  CofferColumnBox boxes[COFFER_N_COLUMNS];
  int place = (int) coffer_columns_get_place (self->columns, self->dragged) + step;
  CofferColumn neighbour;
  int middle;

  while (place >= 0 && place < COFFER_N_COLUMNS &&
         !coffer_columns_get_visible (self->columns, coffer_columns_get_nth (self->columns, place)))
    place += step;
  if (place < 0 || place >= COFFER_N_COLUMNS)
    return FALSE;

  lay_out (self, boxes);
  neighbour = coffer_columns_get_nth (self->columns, place);
  middle = boxes[neighbour].x + boxes[neighbour].width / 2;
  return step > 0 ? x > middle : x < middle;
}

static void
drag_update_cb (CofferColumnHeader *self,
                double              offset_x,
                double              offset_y,
                GtkGestureDrag     *drag)
{
  double start_x, start_y;
  int x;

  if (!self->dragging && abs ((int) offset_x) < DRAG_THRESHOLD)
    return;
  if (!self->dragging)
    {
      self->dragging = TRUE;
      gtk_gesture_set_state (GTK_GESTURE (drag), GTK_EVENT_SEQUENCE_CLAIMED);
      gtk_widget_add_css_class (self->titles[self->dragged], "dragged");
    }

  gtk_gesture_drag_get_start_point (drag, &start_x, &start_y);
  x = mirror (self, (int) (start_x + offset_x));
  if (is_past_neighbour (self, x, 1))
    coffer_columns_move (self->columns, self->dragged, 1);
  else if (is_past_neighbour (self, x, -1))
    coffer_columns_move (self->columns, self->dragged, -1);
}

static void
drag_end_cb (CofferColumnHeader *self)
{
  gtk_widget_remove_css_class (self->titles[self->dragged], "dragged");
  self->dragging = FALSE;
}

/* ---- the menu ---- */

static gboolean
can_move (CofferColumnHeader *self,
          int                 step)
{
  for (int place = (int) coffer_columns_get_place (self->columns, self->menu_column) + step; place >= 0 && place < COFFER_N_COLUMNS; place += step)
    if (coffer_columns_get_visible (self->columns, coffer_columns_get_nth (self->columns, place)))
      return TRUE;
  return FALSE;
}

/* The popover would leave it to a widget around it, which are the rows. */
static void
menu_closed_cb (CofferColumnHeader *self)
{
  if (self->focus != NULL)
    gtk_widget_grab_focus (self->focus);
  g_clear_weak_pointer (&self->focus);
}

static void
ensure_menu (CofferColumnHeader *self)
{
  if (self->menu != NULL)
    return;

  self->menu = gtk_popover_menu_new_from_model (self->menu_model);
  gtk_popover_set_has_arrow (GTK_POPOVER (self->menu), FALSE);
  gtk_widget_set_halign (self->menu, GTK_ALIGN_START);
  gtk_widget_set_parent (self->menu, GTK_WIDGET (self));
  g_signal_connect_swapped (self->menu, "closed", G_CALLBACK (menu_closed_cb), self);
}

static void
pop_up_menu (CofferColumnHeader *self,
             CofferColumn        column,
             double              x,
             double              y)
{
  GtkWidget *widget = GTK_WIDGET (self);
  int left = is_rtl (self) ? 1 : -1;

  ensure_menu (self);
  self->menu_column = column;
  g_set_weak_pointer (&self->focus, gtk_root_get_focus (gtk_widget_get_root (widget)));
  gtk_widget_action_set_enabled (widget, "columns.move-left", can_move (self, left));
  gtk_widget_action_set_enabled (widget, "columns.move-right", can_move (self, -left));
  gtk_widget_action_set_enabled (widget, "columns.wider", column != COFFER_SORT_KEY);
  gtk_widget_action_set_enabled (widget, "columns.narrower", column != COFFER_SORT_KEY);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->menu), &(GdkRectangle) { (int) x, (int) y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self->menu));
}

static void
secondary_pressed_cb (CofferColumnHeader *self,
                      int                 n_press,
                      double              x,
                      double              y)
{
  pop_up_menu (self, column_at (self, x), x, y);
}

static void
long_pressed_cb (CofferColumnHeader *self,
                 double              x,
                 double              y)
{
  pop_up_menu (self, column_at (self, x), x, y);
}

/* The menu key: of the title that has the focus. */
static void
menu_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (widget);
  GtkWidget *title = gtk_widget_get_focus_child (widget);
  graphene_rect_t box;

  if (title == NULL || !gtk_widget_compute_bounds (title, widget, &box))
    return;
  pop_up_menu (self, column_of (self->titles, title), box.origin.x + COFFER_COLUMN_GAP / 2, box.origin.y + box.size.height - 4);
}

static void
move_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (widget);
  gboolean left = g_str_equal (name, "columns.move-left");

  coffer_columns_move (self->columns, self->menu_column, left != is_rtl (self) ? -1 : 1);
}

static void
resize_action (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (widget);
  int by = g_str_equal (name, "columns.wider") ? STEP : -STEP;

  coffer_columns_set_width (self->columns, self->menu_column, MAX (coffer_columns_get_width (self->columns, self->menu_column) + by, 1));
}

/* ---- room ---- */

static void
coffer_column_header_measure (GtkWidget      *widget,
                              GtkOrientation  orientation,
                              int             for_size,
                              int            *minimum,
                              int            *natural,
                              int            *minimum_baseline,
                              int            *natural_baseline)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (widget);

  *minimum = *natural = 0;
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    return;
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    {
      int height;

      gtk_widget_measure (self->titles[i], orientation, -1, &height, NULL, NULL, NULL);
      *minimum = *natural = MAX (*minimum, height);
    }
}

static void
place (CofferColumnHeader *self,
       GtkWidget          *child,
       int                 x,
       int                 width,
       int                 height)
{
  int minimum;

  if (!gtk_widget_should_layout (child))
    return;
  gtk_widget_measure (child, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  width = MAX (width, minimum);
  if (is_rtl (self))
    x = gtk_widget_get_width (GTK_WIDGET (self)) - x - width;
  gtk_widget_size_allocate (child, &(GtkAllocation) { x, 0, width, height }, -1);
}

static void
coffer_column_header_size_allocate (GtkWidget *widget,
                                    int        width,
                                    int        height,
                                    int        baseline)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (widget);
  const int half = COFFER_COLUMN_GAP / 2;
  CofferColumnBox boxes[COFFER_N_COLUMNS];

  coffer_columns_lay_out (self->columns, width, boxes);
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    {
      int edge = is_before_key (self, i) ? boxes[i].x + boxes[i].width + half : boxes[i].x - half;

      place (self, self->titles[i], boxes[i].x - half, boxes[i].width + 2 * half, height);
      if (self->grips[i] != NULL)
        place (self, self->grips[i], edge - GRIP_WIDTH / 2, GRIP_WIDTH, height);
    }
  if (self->menu != NULL)
    gtk_popover_present (GTK_POPOVER (self->menu));
}

/* The titles as they follow each other on the screen, which is not as they were made. */
static gboolean
coffer_column_header_focus (GtkWidget        *widget,
                            GtkDirectionType  direction)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (widget);
  GtkWidget *inside = gtk_widget_get_focus_child (widget);
  gboolean back = direction == GTK_DIR_TAB_BACKWARD || direction == (is_rtl (self) ? GTK_DIR_RIGHT : GTK_DIR_LEFT);
  int place = back ? COFFER_N_COLUMNS - 1 : 0;

  if (direction == GTK_DIR_UP || direction == GTK_DIR_DOWN)
    return FALSE;
  if (inside != NULL)
    place = (int) coffer_columns_get_place (self->columns, column_of (self->titles, inside)) + (back ? -1 : 1);
  for (; place >= 0 && place < COFFER_N_COLUMNS; place += back ? -1 : 1)
    if (gtk_widget_grab_focus (self->titles[coffer_columns_get_nth (self->columns, place)]))
      return TRUE;
  return FALSE;
}

/* ---- the object ---- */

static void
coffer_column_header_get_property (GObject    *object,
                                   guint       id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (object);

  switch (id)
    {
    case PROP_SHOW_SIZE:
      g_value_set_boolean (value, self->columns != NULL && coffer_columns_get_visible (self->columns, COFFER_SORT_SIZE));
      break;
    case PROP_SHOW_TYPE:
      g_value_set_boolean (value, self->columns != NULL && coffer_columns_get_visible (self->columns, COFFER_SORT_TYPE));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_column_header_set_property (GObject      *object,
                                   guint         id,
                                   const GValue *value,
                                   GParamSpec   *pspec)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (object);

  switch (id)
    {
    case PROP_SHOW_SIZE:
      coffer_columns_set_visible (self->columns, COFFER_SORT_SIZE, g_value_get_boolean (value));
      break;
    case PROP_SHOW_TYPE:
      coffer_columns_set_visible (self->columns, COFFER_SORT_TYPE, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_column_header_dispose (GObject *object)
{
  CofferColumnHeader *self = COFFER_COLUMN_HEADER (object);

  g_clear_pointer (&self->menu, gtk_widget_unparent);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_COLUMN_HEADER);
  g_clear_weak_pointer (&self->focus);
  g_clear_object (&self->columns);

  G_OBJECT_CLASS (coffer_column_header_parent_class)->dispose (object);
}

static void
bind_child (GtkWidgetClass *widget_class,
            const char     *name,
            gsize           offset)
{
  gtk_widget_class_bind_template_child_full (widget_class, name, FALSE, offset);
}

static void
coffer_column_header_class_init (CofferColumnHeaderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = coffer_column_header_get_property;
  object_class->set_property = coffer_column_header_set_property;
  object_class->dispose = coffer_column_header_dispose;
  widget_class->measure = coffer_column_header_measure;
  widget_class->size_allocate = coffer_column_header_size_allocate;
  widget_class->focus = coffer_column_header_focus;

  properties[PROP_SHOW_SIZE] = g_param_spec_boolean ("show-size", NULL, NULL, TRUE, flags);
  properties[PROP_SHOW_TYPE] = g_param_spec_boolean ("show-type", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-column-header.ui");
  bind_child (widget_class, "key_title", G_STRUCT_OFFSET (CofferColumnHeader, titles[COFFER_SORT_KEY]));
  bind_child (widget_class, "size_title", G_STRUCT_OFFSET (CofferColumnHeader, titles[COFFER_SORT_SIZE]));
  bind_child (widget_class, "type_title", G_STRUCT_OFFSET (CofferColumnHeader, titles[COFFER_SORT_TYPE]));
  bind_child (widget_class, "key_arrow", G_STRUCT_OFFSET (CofferColumnHeader, arrows[COFFER_SORT_KEY]));
  bind_child (widget_class, "size_arrow", G_STRUCT_OFFSET (CofferColumnHeader, arrows[COFFER_SORT_SIZE]));
  bind_child (widget_class, "type_arrow", G_STRUCT_OFFSET (CofferColumnHeader, arrows[COFFER_SORT_TYPE]));
  bind_child (widget_class, "size_grip", G_STRUCT_OFFSET (CofferColumnHeader, grips[COFFER_SORT_SIZE]));
  bind_child (widget_class, "type_grip", G_STRUCT_OFFSET (CofferColumnHeader, grips[COFFER_SORT_TYPE]));
  gtk_widget_class_bind_template_child (widget_class, CofferColumnHeader, menu_model);
  gtk_widget_class_bind_template_callback (widget_class, title_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, grip_begin_cb);
  gtk_widget_class_bind_template_callback (widget_class, grip_update_cb);
  gtk_widget_class_bind_template_callback (widget_class, grip_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, drag_begin_cb);
  gtk_widget_class_bind_template_callback (widget_class, drag_update_cb);
  gtk_widget_class_bind_template_callback (widget_class, drag_end_cb);
  gtk_widget_class_bind_template_callback (widget_class, secondary_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, long_pressed_cb);
  gtk_widget_class_install_property_action (widget_class, "columns.show-size", "show-size");
  gtk_widget_class_install_property_action (widget_class, "columns.show-type", "show-type");
  gtk_widget_class_install_action (widget_class, "columns.menu", NULL, menu_action);
  gtk_widget_class_install_action (widget_class, "columns.move-left", NULL, move_action);
  gtk_widget_class_install_action (widget_class, "columns.move-right", NULL, move_action);
  gtk_widget_class_install_action (widget_class, "columns.narrower", NULL, resize_action);
  gtk_widget_class_install_action (widget_class, "columns.wider", NULL, resize_action);
}

static void
coffer_column_header_init (CofferColumnHeader *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    if (self->grips[i] != NULL)
      gtk_widget_set_cursor_from_name (self->grips[i], "col-resize");
}
