/* SPDX-License-Identifier: MIT */
/* Where cells are, and which. A GtkListView makes two hundred rows, a GtkGridView thirty for each column, whatever is in view, each
 * with a widget around it, and all are made anew when the keys are other ones: more than a frame has time for. Here there are as many
 * as are in view, and as all are of one size, where a key is follows from its position. Main thread.
 *
 *   CofferEntryList -> CofferKeySelection -> CofferKeyCells -> CofferKeyRow or CofferKeyTile
 *
 * What is kept true: the place is that of a key, the anchor. It changes when people scroll; whatever else happens, other sizes, other
 * rooms, keys that come or go, the anchor stays where it is as far as there are keys around it.
 */
#define G_LOG_DOMAIN "coffer-key-cells"

#include "coffer-key-cells-private.h"

#include <math.h>

#define ORDER_AFTER_MS 400  /* without other cells */

enum {
  PROP_HADJUSTMENT = 1,
  PROP_VADJUSTMENT,
  PROP_HSCROLL_POLICY,
  PROP_VSCROLL_POLICY,
};

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferKeyCells, coffer_key_cells, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL))

/* Places */

guint
coffer_key_cells_get_n_keys (CofferKeyCells *self)
{
  return self->selection != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->selection)) : 0;
}

double
coffer_key_cells_get_pitch (CofferKeyCells *self)
{
  return self->cell_height + self->shape->gap;
}

static guint
count_rows (CofferKeyCells *self)
{
  guint n = coffer_key_cells_get_n_keys (self);

  return n / self->n_columns + (n % self->n_columns != 0);
}

double
coffer_key_cells_get_scroll (CofferKeyCells *self)
{
  return self->vadjustment != NULL ? gtk_adjustment_get_value (self->vadjustment) : 0;
}

/* From the top of all that can be scrolled. */
double
coffer_key_cells_get_row_y (CofferKeyCells *self,
                            guint           position)
{
  return self->shape->edge + position / self->n_columns * coffer_key_cells_get_pitch (self);
}

/* What is far away is only said to be, in a way that fits into the numbers of widgets. */
GdkRectangle
coffer_key_cells_get_box (CofferKeyCells *self,
                          guint           position)
{
  int height = gtk_widget_get_height (GTK_WIDGET (self));
  double y = floor (coffer_key_cells_get_row_y (self, position) - coffer_key_cells_get_scroll (self));
  int x = self->shape->edge + position % self->n_columns * self->pitch + (self->pitch - self->shape->gap - self->cell_width) / 2;

  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    x = gtk_widget_get_width (GTK_WIDGET (self)) - x - self->cell_width;
  return (GdkRectangle) { x, CLAMP (y, -2 * coffer_key_cells_get_pitch (self), height + coffer_key_cells_get_pitch (self)), self->cell_width, self->cell_height };
}

guint
coffer_key_cells_get_position (CofferKeyCell *cell)
{
  CofferEntry *entry = coffer_key_cell_get_entry (cell);

  return entry != NULL ? coffer_entry_get_position (entry) : GTK_INVALID_LIST_POSITION;
}

/* As many columns as there is room for; each has as much room as the others. */
static void
measure_columns (CofferKeyCells *self,
                 int             width)
{
  double room = width - 2 * self->shape->edge + self->shape->gap;

  self->shape->measure_cell (self->shape_owner, GTK_WIDGET (self), &self->cell_width, &self->cell_height);
  self->full_width = self->cell_width == 0;
  if (self->full_width)
    self->cell_width = MAX (1, room - self->shape->gap);
  self->n_columns = MAX (1, room / (self->cell_width + self->shape->gap));
  self->pitch = room / self->n_columns;
}

/* Scrolls to where the anchor wants to be. */
static void
place (CofferKeyCells *self)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));
  int height = gtk_widget_get_height (GTK_WIDGET (self));
  double upper = 2 * self->shape->edge - self->shape->gap + count_rows (self) * coffer_key_cells_get_pitch (self) + self->bottom_room;
  double value = coffer_key_cells_get_row_y (self, self->anchor) - self->anchor_y;

  upper = MAX (upper, height);
  self->placing = TRUE;
  if (self->hadjustment != NULL)
    gtk_adjustment_configure (self->hadjustment, 0, 0, width, width * .1, width * .9, width);
  if (self->vadjustment != NULL)
    gtk_adjustment_configure (self->vadjustment, CLAMP (value, 0, upper - height), 0, upper, height * .1, height * .9, height);
  self->placing = FALSE;
}

static gboolean
update_cb (GtkWidget     *widget,
           GdkFrameClock *clock,
           gpointer       data)
{
  CofferKeyCells *self = COFFER_KEY_CELLS (widget);

  self->update_tick = 0;
  if (self->n_columns > 0)
    place (self);
  coffer_key_cells_update (self);
  gtk_widget_queue_allocate (widget);
  return G_SOURCE_REMOVE;
}

/* Before the next frame gives out sizes. Children that come, or change places, while that is done ask for another size of all around
 * them, and GTK 4.8 forgets that where it had not been asked for already.
 */
void
coffer_key_cells_queue_update (CofferKeyCells *self)
{
  if (self->update_tick == 0)
    self->update_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), update_cb, NULL, NULL);
}

static void
set_anchor (CofferKeyCells *self,
            guint           position,
            double          y)
{
  self->anchor = position;
  self->anchor_y = y;
  coffer_key_cells_queue_update (self);
}

/* Of a row that is half out of view the one below counts as the first. */
static guint
first_in_view (CofferKeyCells *self)
{
  double row = ceil ((coffer_key_cells_get_scroll (self) - self->shape->edge) / coffer_key_cells_get_pitch (self) - .5);
  guint n = coffer_key_cells_get_n_keys (self);

  return n > 0 ? MIN (MAX (row, 0) * self->n_columns, n - 1) : 0;
}

/* People scrolled. */
static void
scrolled_cb (CofferKeyCells *self)
{
  guint first;

  if (self->placing || self->n_columns == 0)
    return;

  self->to_end = FALSE;
  first = first_in_view (self);
  set_anchor (self, first, coffer_key_cells_get_row_y (self, first) - coffer_key_cells_get_scroll (self));
}

/* Cells */

/* Cells without a key are kept for the next ones, but not as children: GTK 4.8 tells assistive technology of those that are hidden, too. */
static void
put_aside (CofferKeyCells *self,
           CofferKeyCell  *cell)
{
  coffer_key_cell_set_entry (cell, NULL);
  coffer_key_cell_set_selected (cell, FALSE);
  g_ptr_array_add (self->spare, g_object_ref (cell));
  gtk_widget_unparent (GTK_WIDGET (cell));
}

void
coffer_key_cells_drop_strayed (CofferKeyCells *self)
{
  if (self->strayed != NULL)
    put_aside (self, self->strayed);
  self->strayed = NULL;
}

static CofferKeyCell *
add_cell (CofferKeyCells *self)
{
  g_autoptr(GtkWidget) spare = self->spare->len > 0 ? g_ptr_array_steal_index (self->spare, 0) : NULL;
  GtkWidget *cell = spare != NULL ? spare : self->shape->make_cell (self->shape_owner);

  if (spare == NULL)
    self->shape->prepare_cell (self->shape_owner, COFFER_KEY_CELL (cell));
  gtk_widget_set_parent (cell, GTK_WIDGET (self));
  return COFFER_KEY_CELL (cell);
}

/* What shows at least a part of itself. */
static void
get_view (CofferKeyCells *self,
          guint          *first,
          guint          *end)
{
  double y = coffer_key_cells_get_scroll (self) - self->shape->edge;
  double first_row = MAX (floor (y / coffer_key_cells_get_pitch (self)), 0);
  double end_row = MAX (ceil ((y + gtk_widget_get_height (GTK_WIDGET (self))) / coffer_key_cells_get_pitch (self)), first_row);
  guint n = coffer_key_cells_get_n_keys (self);

  *first = MIN (first_row * self->n_columns, n);
  *end = MIN (end_row * self->n_columns, n);
}

/* As many rows wherever it is scrolled to, so that scrolling makes no cells and lets go of none. */
static void
get_window (CofferKeyCells *self,
            guint          *first,
            guint          *end)
{
  guint n = coffer_key_cells_get_n_keys (self);
  guint n_rows = ceil (gtk_widget_get_height (GTK_WIDGET (self)) / coffer_key_cells_get_pitch (self)) + 3;
  guint last_first = count_rows (self) > n_rows ? (count_rows (self) - n_rows) * self->n_columns : 0;
  guint view, view_end;

  get_view (self, &view, &view_end);
  *first = MIN (view > self->n_columns ? view - self->n_columns : 0, last_first);
  *end = MIN ((guint64) *first + (guint64) n_rows * self->n_columns, n);
}

/* Whether a cell shows what is at that position now. */
static gboolean
is_at (CofferKeyCells *self,
       CofferKeyCell  *cell,
       guint           position)
{
  g_autoptr(CofferEntry) entry = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  return coffer_key_cell_get_entry (cell) == entry;
}

/* Puts a cell to where it belongs in @cells, that are to begin at @first. Returns: whether it belongs there */
static gboolean
keep_cell (CofferKeyCells *self,
           CofferKeyCell  *cell,
           GPtrArray      *cells,
           guint           first)
{
  guint position = coffer_key_cells_get_position (cell);

  if (position < first || position - first >= cells->len || (self->stale && !is_at (self, cell, position)))
    return FALSE;

  cells->pdata[position - first] = cell;
  return TRUE;
}

/* The cell with the focus keeps it where it is, unless its key is gone. */
static gboolean
may_stray (CofferKeyCells *self,
           CofferKeyCell  *cell)
{
  guint position = coffer_key_cells_get_position (cell);

  return gtk_widget_is_focus (GTK_WIDGET (cell)) && position < coffer_key_cells_get_n_keys (self) &&
         (!self->stale || is_at (self, cell, position));
}

/* Of the cells there were, those that do not belong into @cells, to be used for others. (transfer container) */
static GPtrArray *
keep_cells (CofferKeyCells *self,
            GPtrArray      *cells,
            guint           first)
{
  GPtrArray *others = g_ptr_array_new ();
  CofferKeyCell *strayed = NULL;

  if (self->strayed != NULL)
    g_ptr_array_add (self->cells, self->strayed);
  for (guint i = 0; i < self->cells->len; i++)
    {
      CofferKeyCell *cell = self->cells->pdata[i];

      if (keep_cell (self, cell, cells, first))
        continue;
      if (may_stray (self, cell))
        strayed = cell;
      else
        g_ptr_array_add (others, cell);
    }
  self->strayed = strayed;
  return others;
}

void
coffer_key_cells_fill_cell (CofferKeyCells *self,
                            GPtrArray      *cells,
                            guint           i,
                            guint           position,
                            GPtrArray      *others)
{
  g_autoptr(CofferEntry) entry = NULL;

  if (cells->pdata[i] != NULL)
    return;

  entry = g_list_model_get_item (G_LIST_MODEL (self->selection), position);
  cells->pdata[i] = others->len > 0 ? g_ptr_array_steal_index (others, 0) : add_cell (self);
  coffer_key_cell_set_entry (cells->pdata[i], entry);
}

/* Those in view first: in that order their pictures are asked for. */
static void
fill_cells (CofferKeyCells *self,
            GPtrArray      *cells,
            guint           first,
            GPtrArray      *others)
{
  guint view, view_end;

  get_view (self, &view, &view_end);
  for (guint position = MAX (view, first); position < view_end && position - first < cells->len; position++)
    coffer_key_cells_fill_cell (self, cells, position - first, position, others);
  for (guint i = 0; i < cells->len; i++)
    coffer_key_cells_fill_cell (self, cells, i, first + i, others);
}

static gboolean
order_cb (gpointer data)
{
  CofferKeyCells *self = data;
  GtkWidget *before = NULL;

  self->order_id = 0;
  for (guint i = 0; i < self->cells->len; i++)
    {
      GtkWidget *cell = self->cells->pdata[i];

      if (gtk_widget_get_prev_sibling (cell) != before)
        gtk_widget_insert_after (cell, GTK_WIDGET (self), before);
      before = cell;
    }
  return G_SOURCE_REMOVE;
}

/* Whoever reads them one by one gets them in the order of their keys; not while they are scrolled, as GTK 4.8 measures all of the
 * window when a child changes places, and asks the display server how large that may be.
 */
static void
order_soon (CofferKeyCells *self)
{
  g_clear_handle_id (&self->order_id, g_source_remove);
  self->order_id = g_timeout_add (ORDER_AFTER_MS, order_cb, self);
}

void
coffer_key_cells_show_selected (CofferKeyCells *self)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  if (self->band != NULL)
    {
      coffer_key_cells_preview_band (self);
      return;
    }

  for (guint i = 0; i < self->cells->len; i++)
    coffer_key_cell_set_selected (self->cells->pdata[i], gtk_selection_model_is_selected (model, self->first + i));
  if (self->strayed != NULL)
    coffer_key_cell_set_selected (self->strayed, gtk_selection_model_is_selected (model, coffer_key_cells_get_position (self->strayed)));
}

static gboolean
is_up_to_date (CofferKeyCells *self)
{
  guint first, end;

  get_window (self, &first, &end);
  return !self->stale && first == self->first && end - first == self->cells->len;
}

void
coffer_key_cells_update (CofferKeyCells *self)
{
  gboolean had_focus = gtk_widget_get_focus_child (GTK_WIDGET (self)) != NULL || gtk_widget_is_focus (GTK_WIDGET (self));
  g_autoptr(GPtrArray) others = NULL;
  GPtrArray *cells;
  guint first, end;

  if (self->n_columns == 0 || is_up_to_date (self))
    return;

  get_window (self, &first, &end);

  cells = g_ptr_array_sized_new (end - first);
  g_ptr_array_set_size (cells, end - first);
  others = keep_cells (self, cells, first);
  fill_cells (self, cells, first, others);
  g_ptr_array_unref (self->cells);
  self->cells = cells;
  self->first = first;
  self->stale = FALSE;
  for (guint i = 0; i < others->len; i++)
    put_aside (self, others->pdata[i]);
  order_soon (self);
  coffer_key_cells_show_selected (self);
  if (had_focus && gtk_widget_get_focus_child (GTK_WIDGET (self)) == NULL)
    coffer_key_cells_focus_cursor (self);
}

CofferKeyCell *
coffer_key_cells_get_cell (CofferKeyCells *self,
                           guint           position)
{
  g_return_val_if_fail (COFFER_IS_KEY_CELLS (self), NULL);

  coffer_key_cells_update (self);
  if (position < self->first || position - self->first >= self->cells->len)
    return NULL;

  return self->cells->pdata[position - self->first];
}

CofferKeyCell *
coffer_key_cells_pick (CofferKeyCells *self,
                       double          x,
                       double          y)
{
  GtkWidget *widget;

  g_return_val_if_fail (COFFER_IS_KEY_CELLS (self), NULL);

  coffer_key_cells_update (self);
  widget = gtk_widget_pick (GTK_WIDGET (self), x, y, GTK_PICK_DEFAULT);
  return COFFER_IS_KEY_CELL (widget) ? COFFER_KEY_CELL (widget) : NULL;
}

/* Shape and place */

void
coffer_key_cells_reshape (CofferKeyCells *self)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  for (guint i = 0; i < self->cells->len; i++)
    self->shape->prepare_cell (self->shape_owner, self->cells->pdata[i]);
  for (guint i = 0; i < self->spare->len; i++)
    self->shape->prepare_cell (self->shape_owner, self->spare->pdata[i]);
  if (self->strayed != NULL)
    self->shape->prepare_cell (self->shape_owner, self->strayed);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
coffer_key_cells_set_shape (CofferKeyCells       *self,
                            const CofferKeyShape *shape,
                            gpointer              owner)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  self->shape = shape;
  self->shape_owner = owner;
  self->anchor_y = shape->edge;
}

void
coffer_key_cells_set_bottom_room (CofferKeyCells *self,
                                  int             room)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  self->bottom_room = room;
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

guint
coffer_key_cells_get_first_visible (CofferKeyCells *self)
{
  guint first;

  g_return_val_if_fail (COFFER_IS_KEY_CELLS (self), 0);

  if (self->n_columns == 0)
    return self->anchor;

  first = first_in_view (self);
  return self->anchor / self->n_columns == first / self->n_columns ? self->anchor : first;
}

gboolean
coffer_key_cells_shows (CofferKeyCells *self,
                        guint           position)
{
  double y;

  g_return_val_if_fail (COFFER_IS_KEY_CELLS (self), FALSE);

  if (self->n_columns == 0 || position >= coffer_key_cells_get_n_keys (self))
    return FALSE;

  y = coffer_key_cells_get_row_y (self, position) - coffer_key_cells_get_scroll (self) + self->cell_height / 2.;
  return y >= 0 && y < gtk_widget_get_height (GTK_WIDGET (self));
}

/* Moves the anchor no further than until @position is in view. */
static void
bring_into_view (CofferKeyCells *self,
                 guint           position)
{
  double y = coffer_key_cells_get_row_y (self, position) - coffer_key_cells_get_scroll (self);
  double lowest = gtk_widget_get_height (GTK_WIDGET (self)) - self->bottom_room - self->shape->edge - self->cell_height;

  if (y >= self->shape->edge && y <= lowest)
    return;

  self->anchor = position;
  self->anchor_y = y < self->shape->edge || lowest < self->shape->edge ? self->shape->edge : lowest;
}

/* Or the scrolling that still goes on would undo what is done now. */
static void
stop_scrolling (CofferKeyCells *self)
{
  GtkWidget *scroller = gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_SCROLLED_WINDOW);

  if (scroller == NULL)
    return;
  gtk_scrolled_window_set_kinetic_scrolling (GTK_SCROLLED_WINDOW (scroller), FALSE);
  gtk_scrolled_window_set_kinetic_scrolling (GTK_SCROLLED_WINDOW (scroller), TRUE);
}

void
coffer_key_cells_reveal (CofferKeyCells *self,
                         guint           position)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  if (position >= coffer_key_cells_get_n_keys (self))
    return;
  self->cursor = position;
  if (self->n_columns == 0)
    {
      self->revealed = position;
      gtk_widget_queue_allocate (GTK_WIDGET (self));
      return;
    }

  stop_scrolling (self);
  bring_into_view (self, position);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  /* Keys may come faster than frames, and each goes on from the cell that has the focus. */
  place (self);
  coffer_key_cells_update (self);
}

void
coffer_key_cells_show_first (CofferKeyCells *self,
                             guint           position,
                             guint           also)
{
  g_return_if_fail (COFFER_IS_KEY_CELLS (self));

  if (position < coffer_key_cells_get_n_keys (self))
    {
      set_anchor (self, position, self->shape->edge);
      if (self->n_columns > 0)
        place (self);
    }
  if (also != GTK_INVALID_LIST_POSITION)
    coffer_key_cells_reveal (self, also);
}

/* The widget */

static void
coffer_key_cells_measure (GtkWidget      *widget,
                          GtkOrientation  orientation,
                          int             for_size,
                          int            *minimum,
                          int            *natural,
                          int            *minimum_baseline,
                          int            *natural_baseline)
{
  CofferKeyCells *self = COFFER_KEY_CELLS (widget);
  int width, height;

  self->shape->measure_cell (self->shape_owner, widget, &width, &height);
  *minimum = *natural = 2 * self->shape->edge + (orientation == GTK_ORIENTATION_HORIZONTAL ? width : height);
}

static void
allocate_cell (CofferKeyCells *self,
               GtkWidget      *cell,
               guint           position)
{
  GdkRectangle box = coffer_key_cells_get_box (self, position);

  gtk_widget_measure (cell, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);   /* GTK insists */
  gtk_widget_size_allocate (cell, &box, -1);
}

static void
coffer_key_cells_size_allocate (GtkWidget *widget,
                                int        width,
                                int        height,
                                int        baseline)
{
  CofferKeyCells *self = COFFER_KEY_CELLS (widget);
  gboolean is_first = self->n_columns == 0;

  measure_columns (self, width);
  place (self);
  if (self->revealed < coffer_key_cells_get_n_keys (self))
    {
      bring_into_view (self, self->revealed);
      place (self);
    }
  self->revealed = GTK_INVALID_LIST_POSITION;
  if (is_first)   /* and all around it gets its size, too */
    coffer_key_cells_update (self);
  else if (!is_up_to_date (self))
    coffer_key_cells_queue_update (self);
  for (guint i = 0; i < self->cells->len; i++)
    allocate_cell (self, self->cells->pdata[i], self->first + i);
  if (self->strayed != NULL)
    allocate_cell (self, GTK_WIDGET (self->strayed), coffer_key_cells_get_position (self->strayed));
  coffer_key_cells_place_band (self);
  coffer_key_cells_place_writer (self);
}

/* A cell before or behind the view is there, but needs no drawing yet. */
static void
coffer_key_cells_snapshot (GtkWidget   *widget,
                           GtkSnapshot *snapshot)
{
  CofferKeyCells *self = COFFER_KEY_CELLS (widget);
  guint view, view_end;

  if (self->n_columns == 0)
    return;

  get_view (self, &view, &view_end);
  for (guint i = 0; i < self->cells->len; i++)
    if (self->first + i >= view && self->first + i < view_end)
      gtk_widget_snapshot_child (widget, self->cells->pdata[i], snapshot);
  if (self->band != NULL)
    gtk_widget_snapshot_child (widget, self->band, snapshot);
  if (self->writer != NULL)
    gtk_widget_snapshot_child (widget, self->writer, snapshot);
}

/* Tab leaves the cells. */
static gboolean
coffer_key_cells_focus (GtkWidget        *widget,
                        GtkDirectionType  direction)
{
  if (gtk_widget_get_focus_child (widget) != NULL || gtk_widget_is_focus (widget))
    return FALSE;

  return gtk_widget_grab_focus (widget);
}

/* Without its cell in view the widget itself has the focus, until the cell comes. */
static gboolean
coffer_key_cells_grab_focus (GtkWidget *widget)
{
  return coffer_key_cells_focus_cursor (COFFER_KEY_CELLS (widget)) || GTK_WIDGET_CLASS (coffer_key_cells_parent_class)->grab_focus (widget);
}

static void
set_adjustment (CofferKeyCells  *self,
                GtkAdjustment  **place_of,
                GtkAdjustment   *adjustment)
{
  if (adjustment == *place_of)
    return;

  if (*place_of != NULL)
    g_signal_handlers_disconnect_by_func (*place_of, scrolled_cb, self);
  g_clear_object (place_of);
  if (adjustment != NULL)
    *place_of = g_object_ref_sink (adjustment);
  if (place_of == &self->vadjustment && adjustment != NULL)
    g_signal_connect_swapped (adjustment, "value-changed", G_CALLBACK (scrolled_cb), self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static void
coffer_key_cells_get_property (GObject    *object,
                               guint       id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  CofferKeyCells *self = COFFER_KEY_CELLS (object);

  switch (id)
    {
    case PROP_HADJUSTMENT:
      g_value_set_object (value, self->hadjustment);
      break;
    case PROP_VADJUSTMENT:
      g_value_set_object (value, self->vadjustment);
      break;
    case PROP_HSCROLL_POLICY:
    case PROP_VSCROLL_POLICY:
      g_value_set_enum (value, GTK_SCROLL_MINIMUM);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_cells_set_property (GObject      *object,
                               guint         id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  CofferKeyCells *self = COFFER_KEY_CELLS (object);

  switch (id)
    {
    case PROP_HADJUSTMENT:
      set_adjustment (self, &self->hadjustment, g_value_get_object (value));
      break;
    case PROP_VADJUSTMENT:
      set_adjustment (self, &self->vadjustment, g_value_get_object (value));
      break;
    case PROP_HSCROLL_POLICY:
    case PROP_VSCROLL_POLICY:
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_cells_dispose (GObject *object)
{
  CofferKeyCells *self = COFFER_KEY_CELLS (object);

  coffer_key_cells_set_selection (self, NULL);
  g_clear_handle_id (&self->order_id, g_source_remove);   /* an update without a selection may have set it */
  set_adjustment (self, &self->hadjustment, NULL);
  set_adjustment (self, &self->vadjustment, NULL);

  G_OBJECT_CLASS (coffer_key_cells_parent_class)->dispose (object);
}

static void
coffer_key_cells_finalize (GObject *object)
{
  g_ptr_array_unref (COFFER_KEY_CELLS (object)->cells);
  g_ptr_array_unref (COFFER_KEY_CELLS (object)->spare);

  G_OBJECT_CLASS (coffer_key_cells_parent_class)->finalize (object);
}

static void
coffer_key_cells_class_init (CofferKeyCellsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_key_cells_get_property;
  object_class->set_property = coffer_key_cells_set_property;
  object_class->dispose = coffer_key_cells_dispose;
  object_class->finalize = coffer_key_cells_finalize;
  widget_class->measure = coffer_key_cells_measure;
  widget_class->size_allocate = coffer_key_cells_size_allocate;
  widget_class->snapshot = coffer_key_cells_snapshot;
  widget_class->focus = coffer_key_cells_focus;
  widget_class->grab_focus = coffer_key_cells_grab_focus;

  g_object_class_override_property (object_class, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROP_VSCROLL_POLICY, "vscroll-policy");
  coffer_key_cells_activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_CELLS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                    G_TYPE_NONE, 1, G_TYPE_UINT);
  coffer_key_cells_renamed_signal = g_signal_new ("renamed", COFFER_TYPE_KEY_CELLS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                  G_TYPE_NONE, 2, COFFER_TYPE_ENTRY, G_TYPE_STRING);

  gtk_widget_class_set_css_name (widget_class, "keycells");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LIST);
}

static void
coffer_key_cells_init (CofferKeyCells *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  self->cells = g_ptr_array_new ();
  self->spare = g_ptr_array_new_with_free_func (g_object_unref);
  self->cursor = self->range_start = self->revealed = GTK_INVALID_LIST_POSITION;
  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_MULTI_SELECTABLE, TRUE, -1);
  coffer_key_cells_add_input (self);
  coffer_key_cells_add_band (self);
  coffer_key_cells_add_drag (self);
}
