/* SPDX-License-Identifier: MIT */
/* Where tiles are, and which. A GtkGridView makes thirty rows of tiles, whatever is in view, and gives each a widget around it:
 * several hundred, of which all get other entries in every frame of a fling. Here there are as many as are in view, and as all are
 * of one size, where a key is follows from its position. Main thread.
 *
 *   CofferEntryList -> CofferKeySelection -> CofferKeyTiles -> CofferKeyTile
 *
 * What is kept true: the place is that of a key, the anchor. It changes when people scroll; whatever else happens, other sizes, other
 * rooms, keys that come or go, the anchor stays where it is as far as there are keys around it.
 */
#define G_LOG_DOMAIN "coffer-key-tiles"

#include "coffer-key-tiles-private.h"

#include <math.h>

/* Logical pixels: around all tiles, and between two. */
#define EDGE 10
#define GAP 6

enum {
  PROP_HADJUSTMENT = 1,
  PROP_VADJUSTMENT,
  PROP_HSCROLL_POLICY,
  PROP_VSCROLL_POLICY,
};

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferKeyTiles, coffer_key_tiles, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL))

/* Places */

guint
coffer_key_tiles_get_n_keys (CofferKeyTiles *self)
{
  return self->selection != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->selection)) : 0;
}

static double
row_pitch (CofferKeyTiles *self)
{
  return self->tile_height + GAP;
}

static guint
count_rows (CofferKeyTiles *self)
{
  guint n = coffer_key_tiles_get_n_keys (self);

  return n / self->n_columns + (n % self->n_columns != 0);
}

static double
get_scroll (CofferKeyTiles *self)
{
  return self->vadjustment != NULL ? gtk_adjustment_get_value (self->vadjustment) : 0;
}

/* From the top of all that can be scrolled. */
double
coffer_key_tiles_get_row_y (CofferKeyTiles *self,
                            guint           position)
{
  return EDGE + position / self->n_columns * row_pitch (self);
}

/* What is far away is only said to be, in a way that fits into the numbers of widgets. */
GdkRectangle
coffer_key_tiles_get_box (CofferKeyTiles *self,
                          guint           position)
{
  int height = gtk_widget_get_height (GTK_WIDGET (self));
  double y = floor (coffer_key_tiles_get_row_y (self, position) - get_scroll (self));
  int x = EDGE + position % self->n_columns * self->pitch + (self->pitch - GAP - self->tile_width) / 2;

  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    x = gtk_widget_get_width (GTK_WIDGET (self)) - x - self->tile_width;
  return (GdkRectangle) { x, CLAMP (y, -2 * row_pitch (self), height + row_pitch (self)), self->tile_width, self->tile_height };
}

guint
coffer_key_tiles_get_position (CofferKeyTile *tile)
{
  CofferEntry *entry = coffer_key_tile_get_entry (tile);

  return entry != NULL ? coffer_entry_get_position (entry) : GTK_INVALID_LIST_POSITION;
}

/* As many columns as there is room for; each has as much room as the others. */
static void
measure_columns (CofferKeyTiles *self,
                 int             width)
{
  double room = width - 2 * EDGE + GAP;

  coffer_key_tile_get_size (GTK_WIDGET (self), self->picture_width, &self->tile_width, &self->tile_height);
  self->n_columns = MAX (1, room / (self->tile_width + GAP));
  self->pitch = room / self->n_columns;
}

static void
set_anchor (CofferKeyTiles *self,
            guint           position,
            double          y)
{
  self->anchor = position;
  self->anchor_y = y;
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

/* Of a row that is half out of view the one below counts as the first. */
static guint
first_in_view (CofferKeyTiles *self)
{
  double row = ceil ((get_scroll (self) - EDGE) / row_pitch (self) - .5);
  guint n = coffer_key_tiles_get_n_keys (self);

  return n > 0 ? MIN (MAX (row, 0) * self->n_columns, n - 1) : 0;
}

/* People scrolled. */
static void
scrolled_cb (CofferKeyTiles *self)
{
  guint first;

  if (self->placing || self->n_columns == 0)
    return;

  first = first_in_view (self);
  set_anchor (self, first, coffer_key_tiles_get_row_y (self, first) - get_scroll (self));
}

/* Scrolls to where the anchor wants to be. */
static void
place (CofferKeyTiles *self)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));
  int height = gtk_widget_get_height (GTK_WIDGET (self));
  double upper = 2 * EDGE - GAP + count_rows (self) * row_pitch (self) + self->bottom_room;
  double value = coffer_key_tiles_get_row_y (self, self->anchor) - self->anchor_y;

  upper = MAX (upper, height);
  self->placing = TRUE;
  if (self->hadjustment != NULL)
    gtk_adjustment_configure (self->hadjustment, 0, 0, width, width * .1, width * .9, width);
  if (self->vadjustment != NULL)
    gtk_adjustment_configure (self->vadjustment, CLAMP (value, 0, upper - height), 0, upper, height * .1, height * .9, height);
  self->placing = FALSE;
}

/* Tiles */

static void
let_go_of_tile (CofferKeyTiles *self,
                CofferKeyTile  *tile)
{
  coffer_key_tile_set_entry (tile, NULL);
  gtk_widget_unparent (GTK_WIDGET (tile));
}

void
coffer_key_tiles_drop_strayed (CofferKeyTiles *self)
{
  if (self->strayed != NULL)
    let_go_of_tile (self, self->strayed);
  self->strayed = NULL;
}

static CofferKeyTile *
make_tile (CofferKeyTiles *self)
{
  GtkWidget *tile = coffer_key_tile_new ();

  coffer_key_tile_set_picture (COFFER_KEY_TILE (tile), self->thumbnails, self->picture_width);
  gtk_widget_set_parent (tile, GTK_WIDGET (self));
  return COFFER_KEY_TILE (tile);
}

/* What shows at least a part of itself. */
static void
get_view (CofferKeyTiles *self,
          guint          *first,
          guint          *end)
{
  double y = get_scroll (self) - EDGE;
  double first_row = MAX (floor (y / row_pitch (self)), 0);
  double end_row = MAX (ceil ((y + gtk_widget_get_height (GTK_WIDGET (self))) / row_pitch (self)), first_row);
  guint n = coffer_key_tiles_get_n_keys (self);

  *first = MIN (first_row * self->n_columns, n);
  *end = MIN (end_row * self->n_columns, n);
}

/* As many rows wherever it is scrolled to, so that scrolling makes no tiles and lets go of none. */
static void
get_window (CofferKeyTiles *self,
            guint          *first,
            guint          *end)
{
  guint n = coffer_key_tiles_get_n_keys (self);
  guint n_rows = ceil (gtk_widget_get_height (GTK_WIDGET (self)) / row_pitch (self)) + 3;
  guint last_first = count_rows (self) > n_rows ? (count_rows (self) - n_rows) * self->n_columns : 0;
  guint view, view_end;

  get_view (self, &view, &view_end);
  *first = MIN (view > self->n_columns ? view - self->n_columns : 0, last_first);
  *end = MIN ((guint64) *first + (guint64) n_rows * self->n_columns, n);
}

/* Whether a tile shows what is at that position now. */
static gboolean
is_at (CofferKeyTiles *self,
       CofferKeyTile  *tile,
       guint           position)
{
  g_autoptr(CofferEntry) entry = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  return coffer_key_tile_get_entry (tile) == entry;
}

/* Puts a tile to where it belongs in @tiles, that are to begin at @first. Returns: whether it belongs there */
static gboolean
keep_tile (CofferKeyTiles *self,
           CofferKeyTile  *tile,
           GPtrArray      *tiles,
           guint           first)
{
  guint position = coffer_key_tiles_get_position (tile);

  if (position < first || position - first >= tiles->len || (self->stale && !is_at (self, tile, position)))
    return FALSE;

  tiles->pdata[position - first] = tile;
  return TRUE;
}

/* The tile with the focus keeps it where it is, unless its key is gone. */
static gboolean
may_stray (CofferKeyTiles *self,
           CofferKeyTile  *tile)
{
  guint position = coffer_key_tiles_get_position (tile);

  return gtk_widget_is_focus (GTK_WIDGET (tile)) && position < coffer_key_tiles_get_n_keys (self) &&
         (!self->stale || is_at (self, tile, position));
}

/* Of the tiles there were, those that do not belong into @tiles, to be used for others. (transfer container) */
static GPtrArray *
keep_tiles (CofferKeyTiles *self,
            GPtrArray      *tiles,
            guint           first)
{
  GPtrArray *spare = g_ptr_array_new ();
  CofferKeyTile *strayed = NULL;

  if (self->strayed != NULL)
    g_ptr_array_add (self->tiles, self->strayed);
  for (guint i = 0; i < self->tiles->len; i++)
    {
      CofferKeyTile *tile = self->tiles->pdata[i];

      if (keep_tile (self, tile, tiles, first))
        continue;
      if (may_stray (self, tile))
        strayed = tile;
      else
        g_ptr_array_add (spare, tile);
    }
  self->strayed = strayed;
  return spare;
}

static void
fill_tile (CofferKeyTiles *self,
           GPtrArray      *tiles,
           guint           i,
           guint           position,
           GPtrArray      *spare)
{
  g_autoptr(CofferEntry) entry = NULL;

  if (tiles->pdata[i] != NULL)
    return;

  entry = g_list_model_get_item (G_LIST_MODEL (self->selection), position);
  tiles->pdata[i] = spare->len > 0 ? g_ptr_array_steal_index_fast (spare, spare->len - 1) : make_tile (self);
  coffer_key_tile_set_entry (tiles->pdata[i], entry);
}

/* Those in view first: in that order their pictures are asked for. */
static void
fill_tiles (CofferKeyTiles *self,
            GPtrArray      *tiles,
            guint           first,
            GPtrArray      *spare)
{
  guint view, view_end;

  get_view (self, &view, &view_end);
  for (guint position = MAX (view, first); position < view_end && position - first < tiles->len; position++)
    fill_tile (self, tiles, position - first, position, spare);
  for (guint i = 0; i < tiles->len; i++)
    fill_tile (self, tiles, i, first + i, spare);
}

/* Whoever reads them one by one gets them in the order of their keys. */
static void
order_tiles (CofferKeyTiles *self)
{
  GtkWidget *before = NULL;

  for (guint i = 0; i < self->tiles->len; i++)
    {
      GtkWidget *tile = self->tiles->pdata[i];

      if (gtk_widget_get_prev_sibling (tile) != before)
        gtk_widget_insert_after (tile, GTK_WIDGET (self), before);
      before = tile;
    }
}

static void
update_selected (CofferKeyTiles *self)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  for (guint i = 0; i < self->tiles->len; i++)
    coffer_key_tile_set_selected (self->tiles->pdata[i], gtk_selection_model_is_selected (model, self->first + i));
  if (self->strayed != NULL)
    coffer_key_tile_set_selected (self->strayed, gtk_selection_model_is_selected (model, coffer_key_tiles_get_position (self->strayed)));
}

void
coffer_key_tiles_update (CofferKeyTiles *self)
{
  gboolean had_focus = gtk_widget_get_focus_child (GTK_WIDGET (self)) != NULL || gtk_widget_is_focus (GTK_WIDGET (self));
  g_autoptr(GPtrArray) spare = NULL;
  GPtrArray *tiles;
  guint first, end;

  if (self->n_columns == 0)
    return;
  get_window (self, &first, &end);
  if (!self->stale && first == self->first && end - first == self->tiles->len)
    return;

  tiles = g_ptr_array_sized_new (end - first);
  g_ptr_array_set_size (tiles, end - first);
  spare = keep_tiles (self, tiles, first);
  fill_tiles (self, tiles, first, spare);
  g_ptr_array_unref (self->tiles);
  self->tiles = tiles;
  self->first = first;
  self->stale = FALSE;
  for (guint i = 0; i < spare->len; i++)
    let_go_of_tile (self, spare->pdata[i]);
  order_tiles (self);
  update_selected (self);
  if (had_focus && gtk_widget_get_focus_child (GTK_WIDGET (self)) == NULL)
    coffer_key_tiles_focus_cursor (self);
}

CofferKeyTile *
coffer_key_tiles_get_tile (CofferKeyTiles *self,
                           guint           position)
{
  g_return_val_if_fail (COFFER_IS_KEY_TILES (self), NULL);

  coffer_key_tiles_update (self);
  if (position < self->first || position - self->first >= self->tiles->len)
    return NULL;

  return self->tiles->pdata[position - self->first];
}

CofferKeyTile *
coffer_key_tiles_pick (CofferKeyTiles *self,
                       double          x,
                       double          y)
{
  GtkWidget *widget;

  g_return_val_if_fail (COFFER_IS_KEY_TILES (self), NULL);

  coffer_key_tiles_update (self);
  widget = gtk_widget_pick (GTK_WIDGET (self), x, y, GTK_PICK_DEFAULT);
  return COFFER_IS_KEY_TILE (widget) ? COFFER_KEY_TILE (widget) : NULL;
}

/* Following keys that come and go */

/* Where a position is now. */
static void
follow (guint            *position,
        const CofferEdit *edits,
        guint             n_edits)
{
  if (*position != GTK_INVALID_LIST_POSITION)
    coffer_edits_follow_row (edits, n_edits, position);
}

static void
edited_cb (CofferKeyTiles   *self,
           const CofferEdit *edits,
           guint             n_edits)
{
  follow (&self->anchor, edits, n_edits);
  follow (&self->cursor, edits, n_edits);
  follow (&self->range_start, edits, n_edits);
}

static void
begin_anew (CofferKeyTiles *self)
{
  self->anchor = 0;
  self->anchor_y = EDGE;
  self->cursor = self->range_start = GTK_INVALID_LIST_POSITION;
}

static void
items_changed_cb (CofferKeyTiles *self,
                  guint           position,
                  guint           removed,
                  guint           added)
{
  guint n = coffer_key_tiles_get_n_keys (self);

  if (n == added)   /* there were none, or these are other ones */
    begin_anew (self);
  else if (!coffer_entry_list_is_editing (coffer_key_selection_get_list (self->selection)))
    edited_cb (self, &(CofferEdit) { position, removed, added }, 1);
  self->anchor = MIN (self->anchor, n > 0 ? n - 1 : 0);
  self->stale = TRUE;
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static void
selection_changed_cb (CofferKeyTiles *self)
{
  if (!self->stale && self->band == NULL)
    update_selected (self);
}

static void
forget (CofferKeyTiles *self)
{
  coffer_key_tiles_stop_band (self);
  if (self->selection != NULL)
    {
      g_signal_handlers_disconnect_by_data (coffer_key_selection_get_list (self->selection), self);
      g_signal_handlers_disconnect_by_data (self->selection, self);
    }
  for (guint i = 0; i < self->tiles->len; i++)
    let_go_of_tile (self, self->tiles->pdata[i]);
  g_ptr_array_set_size (self->tiles, 0);
  coffer_key_tiles_drop_strayed (self);
  self->first = 0;
  begin_anew (self);
}

void
coffer_key_tiles_set_selection (CofferKeyTiles     *self,
                                CofferKeySelection *selection)
{
  g_return_if_fail (COFFER_IS_KEY_TILES (self));

  if (selection == self->selection)
    return;

  forget (self);
  g_set_object (&self->selection, selection);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  if (selection == NULL)
    return;

  g_signal_connect_swapped (coffer_key_selection_get_list (selection), "edited", G_CALLBACK (edited_cb), self);
  g_signal_connect_swapped (selection, "items-changed", G_CALLBACK (items_changed_cb), self);
  g_signal_connect_swapped (selection, "selection-changed", G_CALLBACK (selection_changed_cb), self);
  self->cursor = self->range_start = coffer_key_selection_get_current (selection);
}

void
coffer_key_tiles_set_pictures (CofferKeyTiles   *self,
                               CofferThumbnails *thumbnails,
                               int               width)
{
  g_return_if_fail (COFFER_IS_KEY_TILES (self));

  g_set_object (&self->thumbnails, thumbnails);
  self->picture_width = width;
  for (guint i = 0; i < self->tiles->len; i++)
    coffer_key_tile_set_picture (self->tiles->pdata[i], thumbnails, width);
  if (self->strayed != NULL)
    coffer_key_tile_set_picture (self->strayed, thumbnails, width);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

void
coffer_key_tiles_set_bottom_room (CofferKeyTiles *self,
                                  int             room)
{
  g_return_if_fail (COFFER_IS_KEY_TILES (self));

  self->bottom_room = room;
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

guint
coffer_key_tiles_get_first_visible (CofferKeyTiles *self)
{
  guint first;

  g_return_val_if_fail (COFFER_IS_KEY_TILES (self), 0);

  if (self->n_columns == 0)
    return self->anchor;

  first = first_in_view (self);
  return self->anchor / self->n_columns == first / self->n_columns ? self->anchor : first;
}

void
coffer_key_tiles_show_first (CofferKeyTiles *self,
                             guint           position)
{
  g_return_if_fail (COFFER_IS_KEY_TILES (self));

  if (position >= coffer_key_tiles_get_n_keys (self))
    return;

  set_anchor (self, position, EDGE);
  if (self->n_columns > 0)
    place (self);
}

void
coffer_key_tiles_reveal (CofferKeyTiles *self,
                         guint           position)
{
  double lowest, y;

  g_return_if_fail (COFFER_IS_KEY_TILES (self));

  if (position >= coffer_key_tiles_get_n_keys (self))
    return;
  self->cursor = position;
  if (self->n_columns == 0)
    {
      set_anchor (self, position, EDGE);
      return;
    }

  y = coffer_key_tiles_get_row_y (self, position) - get_scroll (self);
  lowest = gtk_widget_get_height (GTK_WIDGET (self)) - self->bottom_room - EDGE - self->tile_height;
  if (y < EDGE || lowest < EDGE)
    set_anchor (self, position, EDGE);
  else if (y > lowest)
    set_anchor (self, position, lowest);
  /* Keys may come faster than frames, and each goes on from the tile that has the focus. */
  place (self);
  coffer_key_tiles_update (self);
}

/* The widget */

static void
coffer_key_tiles_measure (GtkWidget      *widget,
                          GtkOrientation  orientation,
                          int             for_size,
                          int            *minimum,
                          int            *natural,
                          int            *minimum_baseline,
                          int            *natural_baseline)
{
  CofferKeyTiles *self = COFFER_KEY_TILES (widget);
  int width, height;

  coffer_key_tile_get_size (widget, self->picture_width, &width, &height);
  *minimum = *natural = 2 * EDGE + (orientation == GTK_ORIENTATION_HORIZONTAL ? width : height);
}

static void
allocate_tile (CofferKeyTiles *self,
               GtkWidget      *tile,
               guint           position)
{
  GdkRectangle box = coffer_key_tiles_get_box (self, position);

  gtk_widget_measure (tile, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);   /* GTK insists */
  gtk_widget_size_allocate (tile, &box, -1);
}

static void
coffer_key_tiles_size_allocate (GtkWidget *widget,
                                int        width,
                                int        height,
                                int        baseline)
{
  CofferKeyTiles *self = COFFER_KEY_TILES (widget);

  measure_columns (self, width);
  place (self);
  coffer_key_tiles_update (self);
  for (guint i = 0; i < self->tiles->len; i++)
    allocate_tile (self, self->tiles->pdata[i], self->first + i);
  if (self->strayed != NULL)
    allocate_tile (self, GTK_WIDGET (self->strayed), coffer_key_tiles_get_position (self->strayed));
  coffer_key_tiles_place_band (self);
}

/* A tile before or behind the view is there, but needs no drawing yet. */
static void
coffer_key_tiles_snapshot (GtkWidget   *widget,
                           GtkSnapshot *snapshot)
{
  CofferKeyTiles *self = COFFER_KEY_TILES (widget);
  guint view, view_end;

  if (self->n_columns == 0)
    return;

  get_view (self, &view, &view_end);
  for (guint i = 0; i < self->tiles->len; i++)
    if (self->first + i >= view && self->first + i < view_end)
      gtk_widget_snapshot_child (widget, self->tiles->pdata[i], snapshot);
  if (self->band != NULL)
    gtk_widget_snapshot_child (widget, self->band, snapshot);
}

/* Tab leaves the tiles. */
static gboolean
coffer_key_tiles_focus (GtkWidget        *widget,
                        GtkDirectionType  direction)
{
  if (gtk_widget_get_focus_child (widget) != NULL || gtk_widget_is_focus (widget))
    return FALSE;

  return gtk_widget_grab_focus (widget);
}

/* Without its tile in view the widget itself has the focus, until the tile comes. */
static gboolean
coffer_key_tiles_grab_focus (GtkWidget *widget)
{
  return coffer_key_tiles_focus_cursor (COFFER_KEY_TILES (widget)) || GTK_WIDGET_CLASS (coffer_key_tiles_parent_class)->grab_focus (widget);
}

static void
set_adjustment (CofferKeyTiles  *self,
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
coffer_key_tiles_get_property (GObject    *object,
                               guint       id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  CofferKeyTiles *self = COFFER_KEY_TILES (object);

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
coffer_key_tiles_set_property (GObject      *object,
                               guint         id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  CofferKeyTiles *self = COFFER_KEY_TILES (object);

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
coffer_key_tiles_dispose (GObject *object)
{
  CofferKeyTiles *self = COFFER_KEY_TILES (object);

  coffer_key_tiles_set_selection (self, NULL);
  set_adjustment (self, &self->hadjustment, NULL);
  set_adjustment (self, &self->vadjustment, NULL);
  g_clear_object (&self->thumbnails);

  G_OBJECT_CLASS (coffer_key_tiles_parent_class)->dispose (object);
}

static void
coffer_key_tiles_finalize (GObject *object)
{
  g_ptr_array_unref (COFFER_KEY_TILES (object)->tiles);

  G_OBJECT_CLASS (coffer_key_tiles_parent_class)->finalize (object);
}

static void
coffer_key_tiles_class_init (CofferKeyTilesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_key_tiles_get_property;
  object_class->set_property = coffer_key_tiles_set_property;
  object_class->dispose = coffer_key_tiles_dispose;
  object_class->finalize = coffer_key_tiles_finalize;
  widget_class->measure = coffer_key_tiles_measure;
  widget_class->size_allocate = coffer_key_tiles_size_allocate;
  widget_class->snapshot = coffer_key_tiles_snapshot;
  widget_class->focus = coffer_key_tiles_focus;
  widget_class->grab_focus = coffer_key_tiles_grab_focus;

  g_object_class_override_property (object_class, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROP_VSCROLL_POLICY, "vscroll-policy");
  coffer_key_tiles_activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_TILES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                    G_TYPE_NONE, 1, G_TYPE_UINT);

  gtk_widget_class_set_css_name (widget_class, "tiles");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_LIST);
}

static void
coffer_key_tiles_init (CofferKeyTiles *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  self->tiles = g_ptr_array_new ();
  self->anchor_y = EDGE;
  self->cursor = self->range_start = GTK_INVALID_LIST_POSITION;
  self->picture_width = 196;
  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_MULTI_SELECTABLE, TRUE, -1);
  coffer_key_tiles_add_input (self);
}
