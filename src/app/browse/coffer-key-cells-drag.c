/* SPDX-License-Identifier: MIT */
/* Keys that are dragged to somewhere else. Main thread. */
#define G_LOG_DOMAIN "coffer-key-cells"

#include "coffer-key-cells-private.h"

#include "coffer-key-drag-icon.h"

#define HOT_SPOT 12   /* logical pixels: of the icon, from its corner */

/* (nullable) of which the key is known */
static CofferKeyCell *
pick_known (CofferKeyCells *self,
            double          x,
            double          y)
{
  CofferKeyCell *cell = coffer_key_cells_pick (self, x, y);
  CofferEntry *entry = cell != NULL ? coffer_key_cell_get_entry (cell) : NULL;

  return entry != NULL && coffer_entry_get_key (entry) != NULL ? cell : NULL;
}

gboolean
coffer_key_cells_can_drag (CofferKeyCells *self,
                           double          x,
                           double          y)
{
  CofferKeyCell *cell = self->drag != NULL && self->selection != NULL ? pick_known (self, x, y) : NULL;
  double cell_x, cell_y;

  if (cell == NULL)
    return FALSE;
  if (coffer_key_cell_get_selected (cell))
    return TRUE;
  gtk_widget_translate_coordinates (GTK_WIDGET (self), GTK_WIDGET (cell), x, y, &cell_x, &cell_y);
  return coffer_key_cell_is_content (cell, cell_x, cell_y);
}

/* Fingers scroll. */
static gboolean
is_touch (GtkDragSource *source)
{
  GdkDevice *device = gtk_event_controller_get_current_event_device (GTK_EVENT_CONTROLLER (source));

  return device != NULL && gdk_device_get_source (device) == GDK_SOURCE_TOUCHSCREEN;
}

/* What is not selected is selected first, with Control beside what is. */
static GdkContentProvider *
prepare_cb (CofferKeyCells *self,
            double          x,
            double          y,
            GtkDragSource  *source)
{
  CofferKeyCell *cell;

  if (is_touch (source) || !coffer_key_cells_can_drag (self, x, y))
    return NULL;
  cell = pick_known (self, x, y);
  if (!coffer_key_cell_get_selected (cell))
    coffer_key_cells_choose (self, coffer_key_cells_get_position (cell),
                             (coffer_key_cells_get_state (GTK_GESTURE (source)) & GDK_CONTROL_MASK) != 0, FALSE);
  g_object_set_data (G_OBJECT (source), "cell", cell);
  return self->drag->prepare (self->drag_data);
}

static void
begin_cb (CofferKeyCells *self,
          GdkDrag        *drag,
          GtkDragSource  *source)
{
  CofferKeyCell *cell = g_object_steal_data (G_OBJECT (source), "cell");
  GtkWidget *icon = coffer_key_drag_icon_new (coffer_key_cell_get_picture (cell), coffer_key_selection_get_n_selected (self->selection));

  gtk_drag_icon_set_child (GTK_DRAG_ICON (gtk_drag_icon_get_for_drag (drag)), icon);
  gdk_drag_set_hotspot (drag, HOT_SPOT, HOT_SPOT);
  self->drag->begin (self->drag_data, drag);
}

void
coffer_key_cells_set_drag (CofferKeyCells      *self,
                           const CofferKeyDrag *drag,
                           gpointer             data)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  self->drag = drag;
  self->drag_data = data;
}

void
coffer_key_cells_add_drag (CofferKeyCells *self)
{
  GtkDragSource *source = gtk_drag_source_new ();

  gtk_drag_source_set_actions (source, GDK_ACTION_COPY | GDK_ACTION_MOVE);
  g_signal_connect_swapped (source, "prepare", G_CALLBACK (prepare_cb), self);
  g_signal_connect_swapped (source, "drag-begin", G_CALLBACK (begin_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (source));
}
