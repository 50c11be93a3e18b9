/* SPDX-License-Identifier: MIT */
/* Choosing cells by keys and pointer, as in the lists of GTK. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-cells"

#include "coffer-key-cells-private.h"

guint coffer_key_cells_activated_signal;

/* Choosing */

static gboolean
is_valid (CofferKeyCells *self,
          guint           position)
{
  return position < coffer_key_cells_get_n_keys (self);
}

static void
extend_to (CofferKeyCells *self,
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
coffer_key_cells_choose (CofferKeyCells *self,
                         guint           position,
                         gboolean        modify,
                         gboolean        extend)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

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

/* Gives the focus to the cell that keys go on from, if it is in view or near. Returns: whether it is */
gboolean
coffer_key_cells_focus_cursor (CofferKeyCells *self)
{
  CofferKeyCell *cell;

  if (self->n_columns == 0 || coffer_key_cells_get_n_keys (self) == 0)
    return FALSE;

  if (!is_valid (self, self->cursor))
    self->cursor = coffer_key_selection_get_current (self->selection);
  if (!is_valid (self, self->cursor))
    self->cursor = coffer_key_cells_get_first_visible (self);
  if (self->strayed != NULL && coffer_key_cells_get_position (self->strayed) == self->cursor)
    return TRUE;

  cell = coffer_key_cells_get_cell (self, self->cursor);
  if (cell == NULL || !gtk_widget_grab_focus (GTK_WIDGET (cell)))
    return FALSE;
  coffer_key_cells_drop_strayed (self);
  return TRUE;
}

/* Keys */

static guint
rows_of_a_page (CofferKeyCells *self)
{
  int height = gtk_widget_get_height (GTK_WIDGET (self)) - self->bottom_room - 2 * self->shape->edge + self->shape->gap;

  return MAX (1, height / coffer_key_cells_get_pitch (self));
}

/* Up or down; where there is no row, or the last one is too short, as far as there is something. */
static guint
move_by_rows (CofferKeyCells *self,
              gint64          rows)
{
  guint last = coffer_key_cells_get_n_keys (self) - 1;
  guint column = self->cursor % self->n_columns;
  gint64 row = CLAMP (self->cursor / self->n_columns + rows, 0, last / self->n_columns);

  return MIN ((guint64) row * self->n_columns + column, last);
}

static guint
move_by_one (CofferKeyCells *self,
             gboolean        forward)
{
  guint last = coffer_key_cells_get_n_keys (self) - 1;

  if (forward)
    return MIN (self->cursor + 1, last);

  return self->cursor > 0 ? self->cursor - 1 : 0;
}

/* Where a key goes to; GTK_INVALID_LIST_POSITION if it goes nowhere. */
static guint
get_target (CofferKeyCells *self,
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
      return coffer_key_cells_get_n_keys (self) - 1;
    default:
      return GTK_INVALID_LIST_POSITION;
    }
}

static gboolean
is_end (guint keyval)
{
  return keyval == GDK_KEY_End || keyval == GDK_KEY_KP_End;
}

static gboolean
is_sideways (guint keyval)
{
  return keyval == GDK_KEY_Left || keyval == GDK_KEY_Right || keyval == GDK_KEY_KP_Left || keyval == GDK_KEY_KP_Right;
}

static gboolean
is_enter (guint keyval)
{
  return keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter || keyval == GDK_KEY_ISO_Enter;
}

/* What is opened is looked at. */
static void
activate_cursor (CofferKeyCells *self)
{
  if (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), self->cursor))
    coffer_key_selection_look_at (self->selection, self->cursor);
  else
    coffer_key_cells_choose (self, self->cursor, FALSE, FALSE);
  g_signal_emit (self, coffer_key_cells_activated_signal, 0, self->cursor);
}

void
coffer_key_cells_go_to (CofferKeyCells  *self,
                        guint            position,
                        GdkModifierType  state)
{
  gboolean control = (state & GDK_CONTROL_MASK) != 0;
  gboolean shift = (state & GDK_SHIFT_MASK) != 0;

  coffer_key_cells_reveal (self, position);
  if (!control || shift)
    coffer_key_cells_choose (self, position, control, shift);
}

static gboolean
key_pressed_cb (CofferKeyCells  *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  gboolean control = (state & GDK_CONTROL_MASK) != 0;
  gboolean shift = (state & GDK_SHIFT_MASK) != 0;
  guint target;

  self->to_end = FALSE;
  if (self->n_columns == 0 || coffer_key_cells_get_n_keys (self) == 0 || (state & (GDK_ALT_MASK | GDK_SUPER_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;
  coffer_key_cells_update (self);
  if (!is_valid (self, self->cursor))
    self->cursor = coffer_key_cells_get_first_visible (self);

  if (is_enter (keyval) && !control)
    activate_cursor (self);
  else if (control && (keyval == GDK_KEY_space || keyval == GDK_KEY_KP_Space))
    coffer_key_cells_choose (self, self->cursor, TRUE, shift);
  else if (self->full_width && is_sideways (keyval))
    return GDK_EVENT_STOP;   /* or the window would move the focus */
  else if ((target = get_target (self, keyval)) == GTK_INVALID_LIST_POSITION)
    return GDK_EVENT_PROPAGATE;
  else
    {
      coffer_key_cells_go_to (self, target, state);
      coffer_key_cells_focus_cursor (self);
      self->to_end = is_end (keyval) && coffer_entry_list_is_growing (coffer_key_selection_get_list (self->selection));
      self->to_end_state = state;
    }
  return GDK_EVENT_STOP;
}

/* Pointer */

GdkModifierType
coffer_key_cells_get_state (GtkGesture *gesture)
{
  return gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));
}

static void
pressed_cb (CofferKeyCells *self,
            int             n_press,
            double          x,
            double          y)
{
  CofferKeyCell *cell = coffer_key_cells_pick (self, x, y);

  self->to_end = FALSE;
  if (coffer_key_cells_is_writing (self, x, y))
    return;
  if (cell == NULL)
    {
      if (gtk_widget_get_focus_child (GTK_WIDGET (self)) == NULL)
        gtk_widget_grab_focus (GTK_WIDGET (self));
      return;
    }

  self->cursor = coffer_key_cells_get_position (cell);
  gtk_widget_grab_focus (GTK_WIDGET (cell));
  coffer_key_cells_drop_strayed (self);
  if (n_press == 2 && coffer_key_cells_pick (self, x, y) == cell)
    g_signal_emit (self, coffer_key_cells_activated_signal, 0, self->cursor);
}

/* A drag that began meanwhile has taken the pointer, and this never comes. */
static void
released_cb (CofferKeyCells *self,
             int             n_press,
             double          x,
             double          y,
             GtkGesture     *gesture)
{
  CofferKeyCell *cell = coffer_key_cells_pick (self, x, y);
  gboolean modify = (coffer_key_cells_get_state (gesture) & GDK_CONTROL_MASK) != 0;
  gboolean extend = (coffer_key_cells_get_state (gesture) & GDK_SHIFT_MASK) != 0;

  if (coffer_key_cells_is_writing (self, x, y))
    return;
  if (cell == NULL)
    {
      if (self->selection != NULL && !modify && !extend)
        coffer_key_selection_clear (self->selection);
      return;
    }

  coffer_key_cells_choose (self, coffer_key_cells_get_position (cell), modify, extend);
  /* Where there is little room a click opens. */
  if (n_press == 1 && !modify && !extend && gtk_widget_get_width (GTK_WIDGET (self)) < COFFER_KEY_CELLS_COMPACT_BELOW)
    g_signal_emit (self, coffer_key_cells_activated_signal, 0, self->cursor);
}

void
coffer_key_cells_add_input (CofferKeyCells *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (widget, keys);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect_swapped (click, "released", G_CALLBACK (released_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
}
