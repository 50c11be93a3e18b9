/* SPDX-License-Identifier: MIT */
/* Keys that come and go: positions follow them, cells show other ones from the next frame on. Main thread. */
#define G_LOG_DOMAIN "coffer-key-cells"

#include "coffer-key-cells-private.h"

#define N_AT_FIRST 20       /* cells, before it is known how many there is room for */

/* Where a row is now; where it was if it is gone. */
static void
follow (guint               *position,
        const CofferEdit    *edits,
        guint                n_edits,
        const CofferRowMove *moves,
        guint                n_moves)
{
  guint from = *position, to;

  if (from == GTK_INVALID_LIST_POSITION || coffer_edits_follow_row (edits, n_edits, position))
    return;
  to = coffer_moves_find (moves, n_moves, from);
  if (to != G_MAXUINT)
    *position = to;
}

/* What is in view stays there, even if the row at its edge does not. */
static void
edited_cb (CofferKeyCells      *self,
           const CofferEdit    *edits,
           guint                n_edits,
           const CofferRowMove *moves,
           guint                n_moves)
{
  follow (&self->anchor, edits, n_edits, NULL, 0);
  follow (&self->cursor, edits, n_edits, moves, n_moves);
  follow (&self->range_start, edits, n_edits, moves, n_moves);
  follow (&self->revealed, edits, n_edits, moves, n_moves);
}

/* The first cells ask for what they say at once, and not when there is room for them. */
static void
begin (CofferKeyCells *self)
{
  g_autoptr(GPtrArray) none = g_ptr_array_new ();
  guint n = MIN (coffer_key_cells_get_n_keys (self), N_AT_FIRST);

  if (self->anchor > 0)
    return;

  self->first = 0;
  g_ptr_array_set_size (self->cells, n);
  for (guint i = 0; i < n; i++)
    coffer_key_cells_fill_cell (self, self->cells, i, i, none);
}

static void
begin_anew (CofferKeyCells *self)
{
  self->to_end = FALSE;
  self->anchor = 0;
  self->anchor_y = self->shape->edge;
  self->cursor = self->range_start = self->revealed = GTK_INVALID_LIST_POSITION;
}

static void
items_changed_cb (CofferKeyCells *self,
                  guint           position,
                  guint           removed,
                  guint           added)
{
  guint n = coffer_key_cells_get_n_keys (self);

  if (n == added)   /* there were none, or these are other ones */
    begin_anew (self);
  else if (!coffer_entry_list_is_editing (coffer_key_selection_get_list (self->selection)))
    edited_cb (self, &(CofferEdit) { position, removed, added }, 1, NULL, 0);
  self->anchor = MIN (self->anchor, n > 0 ? n - 1 : 0);
  self->stale = TRUE;
  if (self->cells->len == 0)
    begin (self);
  coffer_key_cells_queue_update (self);
  coffer_key_cells_follow_renamed (self);
  if (self->to_end && n > 0)
    {
      self->revealed = n - 1;
      gtk_widget_queue_allocate (GTK_WIDGET (self));
    }
}

/* The end is there: what was wanted of it is done. */
static void
loading_cb (CofferKeyCells *self)
{
  guint n = coffer_key_cells_get_n_keys (self);

  if (!self->to_end || coffer_entry_list_is_growing (coffer_key_selection_get_list (self->selection)))
    return;

  self->to_end = FALSE;
  if (n > 0)
    coffer_key_cells_go_to (self, n - 1, self->to_end_state);
  if (gtk_widget_get_focus_child (GTK_WIDGET (self)) != NULL || gtk_widget_is_focus (GTK_WIDGET (self)))
    coffer_key_cells_focus_cursor (self);
}

static void
selection_changed_cb (CofferKeyCells *self)
{
  self->to_end = FALSE;
  if (!self->stale)
    coffer_key_cells_show_selected (self);
}

/* A row was looked up and selected. The cell that had the focus may be gone; elsewhere it is the person's. */
static void
reveal_cb (CofferKeyCells *self,
           guint           position)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkRoot *root = gtk_widget_get_root (widget);
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  gboolean is_ours = focus == NULL || focus == widget || gtk_widget_is_ancestor (focus, widget);

  coffer_key_cells_choose (self, position, FALSE, FALSE);
  coffer_key_cells_reveal (self, position);
  if (gtk_widget_get_mapped (widget) && is_ours)
    gtk_widget_grab_focus (widget);
}

static void
let_go_of_cells (GPtrArray *cells)
{
  for (guint i = 0; i < cells->len; i++)
    {
      coffer_key_cell_set_entry (cells->pdata[i], NULL);
      gtk_widget_unparent (cells->pdata[i]);
    }
  g_ptr_array_set_size (cells, 0);
}

static void
forget (CofferKeyCells *self)
{
  coffer_key_cells_stop_band (self);
  coffer_key_cells_end_rename (self);
  if (self->selection != NULL)
    {
      g_signal_handlers_disconnect_by_data (coffer_key_selection_get_list (self->selection), self);
      g_signal_handlers_disconnect_by_data (self->selection, self);
    }
  g_clear_handle_id (&self->order_id, g_source_remove);
  coffer_key_cells_drop_strayed (self);
  let_go_of_cells (self->cells);
  g_ptr_array_set_size (self->spare, 0);
  self->first = 0;
  begin_anew (self);
}

void
coffer_key_cells_set_selection (CofferKeyCells     *self,
                                CofferKeySelection *selection)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  if (selection == self->selection)
    return;

  forget (self);
  g_set_object (&self->selection, selection);
  coffer_key_cells_queue_update (self);
  if (selection == NULL)
    return;

  g_signal_connect_swapped (coffer_key_selection_get_list (selection), "edited", G_CALLBACK (edited_cb), self);
  g_signal_connect_swapped (coffer_key_selection_get_list (selection), "notify::loading", G_CALLBACK (loading_cb), self);
  g_signal_connect_swapped (selection, "items-changed", G_CALLBACK (items_changed_cb), self);
  g_signal_connect_swapped (selection, "reveal", G_CALLBACK (reveal_cb), self);
  g_signal_connect_swapped (selection, "selection-changed", G_CALLBACK (selection_changed_cb), self);
  self->cursor = self->range_start = coffer_key_selection_get_current (selection);
}
