/* SPDX-License-Identifier: MIT */
/* The rubber band: a drag selects the cells it touches, when it ends. Main thread. */
#define G_LOG_DOMAIN "coffer-key-cells"

#include "coffer-key-cells-private.h"

#include <adwaita.h>
#include <math.h>

#define BAND_EDGE 24          /* logical pixels: from here on to the edge a drag scrolls */
#define BAND_SPEED 0.25       /* of how far behind that the pointer is, for each frame */

/* Between where the drag began, which scrolls with the cells, and the pointer; in the widget. */
static graphene_rect_t
get_band_box (CofferKeyCells *self)
{
  graphene_rect_t box = GRAPHENE_RECT_INIT (self->band_start.x, self->band_start.y - coffer_key_cells_get_scroll (self),
                                            self->pointer.x - self->band_start.x,
                                            self->pointer.y - (self->band_start.y - coffer_key_cells_get_scroll (self)));

  graphene_rect_normalize (&box);
  return box;
}

void
coffer_key_cells_place_band (CofferKeyCells *self)
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
get_touched_columns (CofferKeyCells        *self,
                     const graphene_rect_t *box,
                     guint                 *first,
                     guint                 *last)
{
  gboolean any = FALSE;

  for (guint column = 0; column < self->n_columns; column++)
    {
      GdkRectangle cell = coffer_key_cells_get_box (self, column);

      if (cell.x > box->origin.x + box->size.width || cell.x + cell.width < box->origin.x)
        continue;
      if (!any)
        *first = column;
      *last = column;
      any = TRUE;
    }
  return any;
}

/* The positions of the cells that @box touches. (transfer full) */
static GtkBitset *
get_touched (CofferKeyCells        *self,
             const graphene_rect_t *box)
{
  GtkBitset *touched = gtk_bitset_new_empty ();
  double pitch = coffer_key_cells_get_pitch (self);
  double top = box->origin.y + coffer_key_cells_get_scroll (self) - coffer_key_cells_get_row_y (self, 0);
  double first_row = MAX (ceil ((top - self->cell_height) / pitch), 0);
  double end_row = floor ((top + box->size.height) / pitch) + 1;
  guint n = coffer_key_cells_get_n_keys (self);
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
would_be_selected (CofferKeyCells  *self,
                   GtkBitset       *touched,
                   guint            position,
                   GdkModifierType  state)
{
  gboolean is = gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), position);

  if ((state & GDK_CONTROL_MASK) != 0)
    return is != gtk_bitset_contains (touched, position);
  return gtk_bitset_contains (touched, position) || (is && (state & GDK_SHIFT_MASK) != 0);
}

/* Cells show what they will be; the selection itself changes when the drag ends. */
void
coffer_key_cells_preview_band (CofferKeyCells *self)
{
  const int around = 3 * self->cell_height;   /* where there are cells, too */
  const graphene_rect_t view = GRAPHENE_RECT_INIT (0, -around, gtk_widget_get_width (GTK_WIDGET (self)),
                                                   gtk_widget_get_height (GTK_WIDGET (self)) + 2 * around);
  graphene_rect_t box = get_band_box (self);
  g_autoptr(GtkBitset) touched = NULL;

  if (!graphene_rect_intersection (&box, &view, &box))
    return;
  touched = get_touched (self, &box);
  for (guint i = 0; i < self->cells->len; i++)
    coffer_key_cell_set_selected (self->cells->pdata[i], would_be_selected (self, touched, self->first + i, self->band_state));
}

static void
apply_band (CofferKeyCells *self)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  GdkModifierType state = self->band_state;
  graphene_rect_t box = get_band_box (self);
  g_autoptr(GtkBitset) touched = get_touched (self, &box);
  g_autoptr(GtkBitset) mask = gtk_bitset_copy (touched);

  if ((state & GDK_CONTROL_MASK) != 0)
    {
      g_autoptr(GtkBitset) now = gtk_selection_model_get_selection_in_range (model, 0, coffer_key_cells_get_n_keys (self));

      gtk_bitset_subtract (touched, now);
    }
  else if ((state & GDK_SHIFT_MASK) == 0)
    gtk_bitset_add_range (mask, 0, coffer_key_cells_get_n_keys (self));
  if (!gtk_bitset_is_empty (touched))   /* Shift goes on from here */
    self->range_start = gtk_bitset_contains (touched, self->cursor) ? self->cursor : gtk_bitset_get_minimum (touched);
  gtk_selection_model_set_selection (model, touched, mask);
}

/* How far to scroll now, as the pointer is near the edge or behind it. */
static double
get_push (CofferKeyCells *self)
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
  CofferKeyCells *self = COFFER_KEY_CELLS (widget);
  double push = get_push (self);

  if (push != 0)
    {
      gtk_adjustment_set_value (self->vadjustment, coffer_key_cells_get_scroll (self) + push);
      self->band_state = coffer_key_cells_get_state (gesture);
      coffer_key_cells_update (self);
      coffer_key_cells_preview_band (self);
    }
  return G_SOURCE_CONTINUE;
}

static void
start_band (CofferKeyCells *self,
            GtkGesture     *gesture)
{
  double x, y;

  gtk_gesture_drag_get_start_point (GTK_GESTURE_DRAG (gesture), &x, &y);
  graphene_point_init (&self->band_start, x, y + coffer_key_cells_get_scroll (self));
  self->band = g_object_new (ADW_TYPE_BIN, "css-name", "rubberband", "can-target", FALSE, "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION, NULL);
  gtk_widget_set_parent (self->band, GTK_WIDGET (self));
  self->band_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), band_tick_cb, gesture, NULL);
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
}

void
coffer_key_cells_stop_band (CofferKeyCells *self)
{
  if (self->band == NULL)
    return;

  gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->band_tick);
  g_clear_pointer (&self->band, gtk_widget_unparent);
  if (self->selection != NULL)
    coffer_key_cells_show_selected (self);
}

/* Fingers scroll, and keys are taken along. */
static void
drag_begin_cb (CofferKeyCells *self,
               double          x,
               double          y,
               GtkGesture     *gesture)
{
  GdkDevice *device = gtk_event_controller_get_current_event_device (GTK_EVENT_CONTROLLER (gesture));

  if ((device != NULL && gdk_device_get_source (device) == GDK_SOURCE_TOUCHSCREEN) || coffer_key_cells_can_drag (self, x, y) ||
      coffer_key_cells_is_writing (self, x, y))
    gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_DENIED);
}

static void
drag_update_cb (CofferKeyCells *self,
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
  self->band_state = coffer_key_cells_get_state (gesture);
  coffer_key_cells_update (self);
  coffer_key_cells_preview_band (self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static void
drag_end_cb (CofferKeyCells *self,
             double          dx,
             double          dy,
             GtkGesture     *gesture)
{
  if (self->band == NULL)
    return;

  self->band_state = coffer_key_cells_get_state (gesture);
  coffer_key_cells_stop_band (self);
  if (self->selection != NULL)
    apply_band (self);
}

void
coffer_key_cells_add_band (CofferKeyCells *self)
{
  GtkGesture *drag = gtk_gesture_drag_new ();

  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  g_signal_connect_swapped (drag, "cancel", G_CALLBACK (coffer_key_cells_stop_band), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
}
