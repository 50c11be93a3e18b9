/* SPDX-License-Identifier: MIT */
/* Choosing tiles by keys and pointer, as in the lists of GTK. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-tiles"

#include "coffer-key-tiles-private.h"

#include <adwaita.h>
#include <math.h>

#define COMPACT_BELOW 440     /* logical pixels: where there is little room a click opens, as in the list */
#define BAND_EDGE 24          /* logical pixels: from here on to the edge a drag scrolls */
#define BAND_SPEED 0.25       /* of how far behind that the pointer is, for each frame */

guint coffer_key_tiles_activated_signal;

/* Choosing */

static gboolean
is_valid (CofferKeyTiles *self,
          guint           position)
{
  return position < coffer_key_tiles_get_n_keys (self);
}

static void
extend_to (CofferKeyTiles *self,
           guint           position,
           gboolean        modify)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  guint first = MIN (position, self->range_start);
  guint n = MAX (position, self->range_start) - first + 1;

  if (modify && !gtk_selection_model_is_selected (model, self->range_start))
    gtk_selection_model_unselect_range (model, first, n);
  else
    gtk_selection_model_select_range (model, first, n, !modify);
}

void
coffer_key_tiles_choose (CofferKeyTiles *self,
                         guint           position,
                         gboolean        modify,
                         gboolean        extend)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  g_return_if_fail (COFFER_IS_KEY_TILES (self));

  if (!is_valid (self, position))
    return;

  self->cursor = position;
  if (extend && is_valid (self, self->range_start))
    {
      extend_to (self, position, modify);
      return;
    }

  self->range_start = position;
  if (modify && gtk_selection_model_is_selected (model, position))
    gtk_selection_model_unselect_item (model, position);
  else
    gtk_selection_model_select_item (model, position, !modify);
}

/* Gives the focus to the tile that keys go on from, if it is in view or near. Returns: whether it is */
gboolean
coffer_key_tiles_focus_cursor (CofferKeyTiles *self)
{
  CofferKeyTile *tile;

  if (self->n_columns == 0 || coffer_key_tiles_get_n_keys (self) == 0)
    return FALSE;

  if (!is_valid (self, self->cursor))
    self->cursor = coffer_key_selection_get_current (self->selection);
  if (!is_valid (self, self->cursor))
    self->cursor = coffer_key_tiles_get_first_visible (self);
  if (self->strayed != NULL && coffer_key_tiles_get_position (self->strayed) == self->cursor)
    return TRUE;

  tile = coffer_key_tiles_get_tile (self, self->cursor);
  if (tile == NULL || !gtk_widget_grab_focus (GTK_WIDGET (tile)))
    return FALSE;
  coffer_key_tiles_drop_strayed (self);
  return TRUE;
}

/* Keys */

static guint
rows_of_a_page (CofferKeyTiles *self)
{
  int height = gtk_widget_get_height (GTK_WIDGET (self)) - self->bottom_room;

  return MAX (1, height / self->tile_height);
}

/* Up or down; where there is no row, or the last one is too short, as far as there is something. */
static guint
move_by_rows (CofferKeyTiles *self,
              gint64          rows)
{
  guint last = coffer_key_tiles_get_n_keys (self) - 1;
  guint column = self->cursor % self->n_columns;
  gint64 row = CLAMP (self->cursor / self->n_columns + rows, 0, last / self->n_columns);

  return MIN ((guint64) row * self->n_columns + column, last);
}

static guint
move_by_one (CofferKeyTiles *self,
             gboolean        forward)
{
  guint last = coffer_key_tiles_get_n_keys (self) - 1;

  if (forward)
    return MIN (self->cursor + 1, last);

  return self->cursor > 0 ? self->cursor - 1 : 0;
}

/* Where a key goes to; GTK_INVALID_LIST_POSITION if it goes nowhere. */
static guint
get_target (CofferKeyTiles *self,
            guint           keyval)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;

  switch (keyval)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      return move_by_one (self, rtl);
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      return move_by_one (self, !rtl);
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      return move_by_rows (self, -1);
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      return move_by_rows (self, 1);
    case GDK_KEY_Page_Up:
    case GDK_KEY_KP_Page_Up:
      return move_by_rows (self, -(gint64) rows_of_a_page (self));
    case GDK_KEY_Page_Down:
    case GDK_KEY_KP_Page_Down:
      return move_by_rows (self, rows_of_a_page (self));
    case GDK_KEY_Home:
    case GDK_KEY_KP_Home:
      return 0;
    case GDK_KEY_End:
    case GDK_KEY_KP_End:
      return coffer_key_tiles_get_n_keys (self) - 1;
    default:
      return GTK_INVALID_LIST_POSITION;
    }
}

static gboolean
is_enter (guint keyval)
{
  return keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter || keyval == GDK_KEY_ISO_Enter;
}

static gboolean
key_pressed_cb (CofferKeyTiles  *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  gboolean control = (state & GDK_CONTROL_MASK) != 0;
  gboolean shift = (state & GDK_SHIFT_MASK) != 0;
  guint target;

  if (self->n_columns == 0 || coffer_key_tiles_get_n_keys (self) == 0 || (state & (GDK_ALT_MASK | GDK_SUPER_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;
  coffer_key_tiles_update (self);
  if (!is_valid (self, self->cursor))
    self->cursor = coffer_key_tiles_get_first_visible (self);

  if (is_enter (keyval) && !control)
    g_signal_emit (self, coffer_key_tiles_activated_signal, 0, self->cursor);
  else if (control && (keyval == GDK_KEY_space || keyval == GDK_KEY_KP_Space))
    coffer_key_tiles_choose (self, self->cursor, TRUE, shift);
  else if ((target = get_target (self, keyval)) == GTK_INVALID_LIST_POSITION)
    return GDK_EVENT_PROPAGATE;
  else
    {
      coffer_key_tiles_reveal (self, target);
      if (!control || shift)
        coffer_key_tiles_choose (self, target, control, shift);
      coffer_key_tiles_focus_cursor (self);
    }
  return GDK_EVENT_STOP;
}

/* Pointer */

static GdkModifierType
get_state (GtkGesture *gesture)
{
  return gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));
}

static void
pressed_cb (CofferKeyTiles *self,
            int             n_press,
            double          x,
            double          y)
{
  CofferKeyTile *tile = coffer_key_tiles_pick (self, x, y);

  if (tile == NULL && gtk_widget_get_focus_child (GTK_WIDGET (self)) != NULL)
    return;
  if (tile == NULL)
    tile = coffer_key_tiles_get_tile (self, coffer_key_tiles_get_first_visible (self));
  if (tile == NULL)
    return;

  self->cursor = coffer_key_tiles_get_position (tile);
  gtk_widget_grab_focus (GTK_WIDGET (tile));
  coffer_key_tiles_drop_strayed (self);
  if (n_press == 2 && coffer_key_tiles_pick (self, x, y) == tile)
    g_signal_emit (self, coffer_key_tiles_activated_signal, 0, self->cursor);
}

/* A drag that began meanwhile has taken the pointer, and this never comes. */
static void
released_cb (CofferKeyTiles *self,
             int             n_press,
             double          x,
             double          y,
             GtkGesture     *gesture)
{
  CofferKeyTile *tile = coffer_key_tiles_pick (self, x, y);
  gboolean modify = (get_state (gesture) & GDK_CONTROL_MASK) != 0;
  gboolean extend = (get_state (gesture) & GDK_SHIFT_MASK) != 0;

  if (tile == NULL)
    {
      if (self->selection != NULL && !modify && !extend)
        coffer_key_selection_clear (self->selection);
      return;
    }

  coffer_key_tiles_choose (self, coffer_key_tiles_get_position (tile), modify, extend);
  if (n_press == 1 && !modify && !extend && gtk_widget_get_width (GTK_WIDGET (self)) < COMPACT_BELOW)
    g_signal_emit (self, coffer_key_tiles_activated_signal, 0, self->cursor);
}

/* The rubber band */

static double
get_scroll (CofferKeyTiles *self)
{
  return gtk_adjustment_get_value (self->vadjustment);
}

/* Between where the drag began, which scrolls with the tiles, and the pointer; in the widget. */
static graphene_rect_t
get_band_box (CofferKeyTiles *self)
{
  graphene_rect_t box = GRAPHENE_RECT_INIT (self->band_start.x, self->band_start.y - get_scroll (self),
                                            self->pointer.x - self->band_start.x,
                                            self->pointer.y - (self->band_start.y - get_scroll (self)));

  graphene_rect_normalize (&box);
  return box;
}

void
coffer_key_tiles_place_band (CofferKeyTiles *self)
{
  graphene_rect_t box, view, seen;

  if (self->band == NULL)
    return;

  box = get_band_box (self);
  graphene_rect_init (&view, -8, -8, gtk_widget_get_width (GTK_WIDGET (self)) + 16, gtk_widget_get_height (GTK_WIDGET (self)) + 16);
  if (!graphene_rect_intersection (&box, &view, &seen))
    seen = GRAPHENE_RECT_INIT (0, 0, 0, 0);
  gtk_widget_measure (self->band, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
  gtk_widget_size_allocate (self->band, &(GtkAllocation) { seen.origin.x, seen.origin.y, ceil (seen.size.width), ceil (seen.size.height) }, -1);
}

/* The columns that @box touches: of each row the same. Returns: whether there are any */
static gboolean
get_touched_columns (CofferKeyTiles        *self,
                     const graphene_rect_t *box,
                     guint                 *first,
                     guint                 *last)
{
  gboolean any = FALSE;

  for (guint column = 0; column < self->n_columns; column++)
    {
      GdkRectangle tile = coffer_key_tiles_get_box (self, column);

      if (tile.x > box->origin.x + box->size.width || tile.x + tile.width < box->origin.x)
        continue;
      if (!any)
        *first = column;
      *last = column;
      any = TRUE;
    }
  return any;
}

/* The positions of the tiles that @box touches. (transfer full) */
static GtkBitset *
get_touched (CofferKeyTiles        *self,
             const graphene_rect_t *box)
{
  GtkBitset *touched = gtk_bitset_new_empty ();
  double pitch = coffer_key_tiles_get_row_y (self, self->n_columns) - coffer_key_tiles_get_row_y (self, 0);
  double top = box->origin.y + get_scroll (self) - coffer_key_tiles_get_row_y (self, 0);
  double first_row = MAX (ceil ((top - self->tile_height) / pitch), 0);
  double end_row = floor ((top + box->size.height) / pitch) + 1;
  guint n = coffer_key_tiles_get_n_keys (self);
  guint first, last;

  if (!get_touched_columns (self, box, &first, &last))
    return touched;
  if (first == 0 && last == self->n_columns - 1)   /* whole rows are one run, of however many */
    {
      guint64 at = first_row * self->n_columns;

      if (at < n && end_row > first_row)
        gtk_bitset_add_range_closed (touched, at, MIN (end_row * self->n_columns, n) - 1);
      return touched;
    }
  for (guint64 at = (guint64) first_row * self->n_columns; at < n && at < MAX (end_row, 0) * self->n_columns; at += self->n_columns)
    if (at + first < n)
      gtk_bitset_add_range_closed (touched, at + first, MIN (at + last, n - 1));
  return touched;
}

static gboolean
would_be_selected (CofferKeyTiles  *self,
                   GtkBitset       *touched,
                   guint            position,
                   GdkModifierType  state)
{
  gboolean is = gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), position);

  if ((state & GDK_CONTROL_MASK) != 0)
    return is != gtk_bitset_contains (touched, position);
  return gtk_bitset_contains (touched, position) || (is && (state & GDK_SHIFT_MASK) != 0);
}

/* Tiles show what they will be; the selection itself changes when the drag ends. */
static void
preview_band (CofferKeyTiles  *self,
              GdkModifierType  state)
{
  const graphene_rect_t view = GRAPHENE_RECT_INIT (0, -self->tile_height, gtk_widget_get_width (GTK_WIDGET (self)),
                                                   gtk_widget_get_height (GTK_WIDGET (self)) + 2 * self->tile_height);
  graphene_rect_t box = get_band_box (self);
  g_autoptr(GtkBitset) touched = NULL;

  if (!graphene_rect_intersection (&box, &view, &box))
    return;
  touched = get_touched (self, &box);
  for (guint i = 0; i < self->tiles->len; i++)
    coffer_key_tile_set_selected (self->tiles->pdata[i], would_be_selected (self, touched, self->first + i, state));
}

static void
apply_band (CofferKeyTiles  *self,
            GdkModifierType  state)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  graphene_rect_t box = get_band_box (self);
  g_autoptr(GtkBitset) touched = get_touched (self, &box);
  g_autoptr(GtkBitset) mask = gtk_bitset_copy (touched);

  if ((state & GDK_CONTROL_MASK) != 0)
    {
      g_autoptr(GtkBitset) now = gtk_selection_model_get_selection_in_range (model, 0, coffer_key_tiles_get_n_keys (self));

      gtk_bitset_subtract (touched, now);
    }
  else if ((state & GDK_SHIFT_MASK) == 0)
    gtk_bitset_add_range (mask, 0, coffer_key_tiles_get_n_keys (self));
  gtk_selection_model_set_selection (model, touched, mask);
}

/* How far to scroll now, as the pointer is near the edge or behind it. */
static double
get_push (CofferKeyTiles *self)
{
  double lowest = gtk_widget_get_height (GTK_WIDGET (self)) - BAND_EDGE;

  if (self->pointer.y < BAND_EDGE)
    return (self->pointer.y - BAND_EDGE) * BAND_SPEED;

  return self->pointer.y > lowest ? (self->pointer.y - lowest) * BAND_SPEED : 0;
}

static gboolean
band_tick_cb (GtkWidget     *widget,
              GdkFrameClock *clock,
              gpointer       gesture)
{
  CofferKeyTiles *self = COFFER_KEY_TILES (widget);
  double push = get_push (self);

  if (push != 0)
    {
      gtk_adjustment_set_value (self->vadjustment, get_scroll (self) + push);
      coffer_key_tiles_update (self);
      preview_band (self, get_state (gesture));
    }
  return G_SOURCE_CONTINUE;
}

static void
start_band (CofferKeyTiles *self,
            GtkGesture     *gesture)
{
  double x, y;

  gtk_gesture_drag_get_start_point (GTK_GESTURE_DRAG (gesture), &x, &y);
  graphene_point_init (&self->band_start, x, y + get_scroll (self));
  self->band = g_object_new (ADW_TYPE_BIN, "css-name", "rubberband", "can-target", FALSE, "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL);
  gtk_widget_set_parent (self->band, GTK_WIDGET (self));
  self->band_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), band_tick_cb, gesture, NULL);
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
}

void
coffer_key_tiles_stop_band (CofferKeyTiles *self)
{
  if (self->band == NULL)
    return;

  gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->band_tick);
  g_clear_pointer (&self->band, gtk_widget_unparent);
}

/* Fingers scroll. */
static void
drag_begin_cb (CofferKeyTiles *self,
               double          x,
               double          y,
               GtkGesture     *gesture)
{
  GdkDevice *device = gtk_event_controller_get_current_event_device (GTK_EVENT_CONTROLLER (gesture));

  if (device != NULL && gdk_device_get_source (device) == GDK_SOURCE_TOUCHSCREEN)
    gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_DENIED);
}

static void
drag_update_cb (CofferKeyTiles *self,
                double          dx,
                double          dy,
                GtkGesture     *gesture)
{
  double x, y;

  if (self->selection == NULL || self->n_columns == 0 ||
      (self->band == NULL && !gtk_drag_check_threshold (GTK_WIDGET (self), 0, 0, dx, dy)))
    return;

  gtk_gesture_drag_get_start_point (GTK_GESTURE_DRAG (gesture), &x, &y);
  graphene_point_init (&self->pointer, x + dx, y + dy);
  if (self->band == NULL)
    start_band (self, gesture);
  coffer_key_tiles_update (self);
  preview_band (self, get_state (gesture));
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static void
drag_end_cb (CofferKeyTiles *self,
             double          dx,
             double          dy,
             GtkGesture     *gesture)
{
  if (self->band == NULL)
    return;

  if (self->selection != NULL)
    apply_band (self, get_state (gesture));
  coffer_key_tiles_stop_band (self);
}

/* It ends without being a choice: tiles show what is selected. */
static void
drag_cancelled_cb (CofferKeyTiles *self)
{
  coffer_key_tiles_stop_band (self);
  self->stale = TRUE;
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

void
coffer_key_tiles_add_input (CofferKeyTiles *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *drag = gtk_gesture_drag_new ();

  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (widget, keys);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect_swapped (click, "released", G_CALLBACK (released_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  g_signal_connect_swapped (drag, "cancel", G_CALLBACK (drag_cancelled_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
}
