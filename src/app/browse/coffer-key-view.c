/* SPDX-License-Identifier: MIT */
/* The list of keys. The model is lazy and may have millions of rows, so nothing here walks it. Main thread.
 *
 *   CofferEntryList -> CofferKeySelection -> GtkGridView -> CofferKeyRow
 *
 * A GtkListView, or the one in a GtkColumnView, makes two hundred rows before it shows the first, and has no say in it. A
 * GtkGridView makes thirty for each column that it might have ("max-columns"), so ours says how many rows there shall be; that
 * it has one column all the same comes of rows that would like to be wider than any window (its "hscroll-policy" is natural).
 */
#define G_LOG_DOMAIN "coffer-key-view"

#include "coffer-key-view.h"

#include "coffer-column-header.h"
#include "coffer-key-menu.h"
#include "coffer-key-row.h"
#include "coffer-key-typing.h"

#define COMPACT_BELOW 440      /* logical pixels: narrower than this, rows have two lines */
#define NATURAL_WIDTH 480
#define BAR_HEIGHT 72          /* what the bar of the selection and what is around it take */
#define ROWS_A_COLUMN 30       /* GtkGridView's: rows it has for each of "max-columns" */
#define MIN_ROW_HEIGHT 38      /* as in style.css */
#define COLUMNS_AT_REST 4      /* "max-columns" behind the first frames: rows around those in view are ready when they come */
#define FIRST_FRAMES 3
#define N_FRAMES (FIRST_FRAMES + COLUMNS_AT_REST - 1)

struct _CofferKeyView {
  GtkWidget parent_instance;

  GtkWidget *header;
  GtkWidget *scroller;
  GtkGridView *rows;
  GtkPopover *menu;

  CofferColumns *columns;
  CofferKeySelection *selection;
  CofferKeyTyping *typing;
  GPtrArray *row_widgets;   /* unowned CofferKeyRow: those alive */
  CofferThumbnails *thumbnails;
  gboolean shown;
  gboolean compact;
  guint emptying;           /* an idle, while rows are let go of that nobody sees */
  guint first_tick;         /* until `first_wanted` is the first row in view */
  guint first_wanted;
  guint also_wanted;
  int bar_height;           /* to be left below the rows, and as it was when they were given their size */
  int had_bar_height;
  guint shape_idle;
  guint n_frames;           /* with rows, as far as they are counted */
};

enum {
  PROP_COMPACT = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint activated_signal;

G_DEFINE_FINAL_TYPE (CofferKeyView, coffer_key_view, GTK_TYPE_WIDGET)

/* Selecting */

/* The row widget of a position, if it has one now. */
static GtkWidget *
get_row (CofferKeyView *self,
         guint          position)
{
  for (guint i = 0; i < self->row_widgets->len; i++)
    {
      CofferKeyRow *row = g_ptr_array_index (self->row_widgets, i);
      CofferEntry *entry = coffer_key_row_get_entry (row);

      if (entry != NULL && coffer_entry_get_position (entry) == position)
        return gtk_widget_get_parent (GTK_WIDGET (row));
    }

  return NULL;
}

static GtkWidget *
get_current_row (CofferKeyView *self)
{
  guint position = self->selection != NULL ? coffer_key_selection_get_current (self->selection) : GTK_INVALID_LIST_POSITION;

  return position != GTK_INVALID_LIST_POSITION ? get_row (self, position) : NULL;
}

/* The list draws ranges from the row that was chosen last in its own way. */
static void
choose_row (CofferKeyView *self,
            guint          position)
{
  gtk_widget_activate_action (GTK_WIDGET (self->rows), "list.select-item", "(ubb)", position, FALSE, FALSE);
}

static void
reveal_cb (CofferKeyView *self,
           guint          position)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  if (!self->shown)
    return;
  choose_row (self, position);
  gtk_widget_activate_action (GTK_WIDGET (self->rows), "list.scroll-to-item", "u", position);
  /* The rows that had the focus may be gone; elsewhere, at a title that sorts them too, it is the person's. */
  if (gtk_widget_get_mapped (GTK_WIDGET (self)) && (focus == NULL || gtk_widget_is_ancestor (focus, GTK_WIDGET (self))) &&
      (focus == NULL || !gtk_widget_is_ancestor (focus, self->header)))
    gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
apply_order_cb (CofferKeyView *self)
{
  if (self->selection != NULL)
    coffer_entry_list_set_order (coffer_key_selection_get_list (self->selection), coffer_columns_get_sort (self->columns),
                                 coffer_columns_get_descending (self->columns));
}

/* While several are selected, a bar floats over the end of the list: no row is where it is. */
static void
n_selected_cb (CofferKeyView *self)
{
  gboolean several = self->selection != NULL && coffer_key_selection_get_n_selected (self->selection) > 1;

  if ((several ? BAR_HEIGHT : 0) == self->bar_height)
    return;

  self->bar_height = several ? BAR_HEIGHT : 0;
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

/* Columns for as many rows as can be in view, and then some. */
static guint
count_columns (CofferKeyView *self)
{
  guint needed = gtk_widget_get_height (GTK_WIDGET (self)) / (MIN_ROW_HEIGHT * ROWS_A_COLUMN) + 1;

  return self->n_frames < FIRST_FRAMES ? needed : needed + MIN (self->n_frames - FIRST_FRAMES, COLUMNS_AT_REST - 1);
}

/* What comes next, hits of a search or another order, is to be seen within a frame as well: as few rows as at first. */
static void
emptied_cb (CofferKeyView *self)
{
  if (self->n_frames == 0 || g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0)
    return;

  self->n_frames = 0;
  gtk_grid_view_set_max_columns (self->rows, count_columns (self));
}

void
coffer_key_view_set_selection (CofferKeyView      *self,
                               CofferKeySelection *selection)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  if (selection == self->selection)
    return;

  if (self->selection != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->selection, emptied_cb, self);
      g_signal_handlers_disconnect_by_func (self->selection, reveal_cb, self);
      g_signal_handlers_disconnect_by_func (self->selection, n_selected_cb, self);
    }
  g_set_object (&self->selection, selection);
  gtk_grid_view_set_model (self->rows, self->shown ? GTK_SELECTION_MODEL (selection) : NULL);
  n_selected_cb (self);
  if (selection == NULL)
    return;

  g_signal_connect_swapped (selection, "items-changed", G_CALLBACK (emptied_cb), self);
  g_signal_connect_swapped (selection, "reveal", G_CALLBACK (reveal_cb), self);
  g_signal_connect_swapped (selection, "notify::n-selected", G_CALLBACK (n_selected_cb), self);
  apply_order_cb (self);
}

void
coffer_key_view_set_thumbnails (CofferKeyView    *self,
                                CofferThumbnails *thumbnails)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  g_set_object (&self->thumbnails, thumbnails);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* Columns */

CofferColumns *
coffer_key_view_get_columns (CofferKeyView *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEW (self), NULL);

  return self->columns;
}

static void
columns_changed_cb (CofferKeyView *self)
{
  for (guint i = 0; i < self->row_widgets->len; i++)
    coffer_key_row_update_columns (g_ptr_array_index (self->row_widgets, i));
}

/* Typing */

static gboolean
key_pressed_cb (CofferKeyView   *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  g_autoptr(GBytes) key = coffer_key_typing_press (self->typing, keyval, state);

  if (self->selection == NULL)
    return GDK_EVENT_PROPAGATE;
  if (keyval == GDK_KEY_Escape && coffer_key_selection_get_n_selected (self->selection) > 1)
    {
      coffer_key_selection_clear (self->selection);
      return GDK_EVENT_STOP;
    }
  if (key == NULL)
    return GDK_EVENT_PROPAGATE;

  coffer_key_selection_go_to (self->selection, key);
  return GDK_EVENT_STOP;
}

/* To the grid, sideways is the row above or below. */
static gboolean
sideways_cb (CofferKeyView   *self,
             guint            keyval,
             guint            keycode,
             GdkModifierType  state)
{
  return (state & GDK_ALT_MASK) == 0 &&
         (keyval == GDK_KEY_Left || keyval == GDK_KEY_Right || keyval == GDK_KEY_KP_Left || keyval == GDK_KEY_KP_Right);
}

/* Pointer and menu */

static CofferKeyRow *
pick_row (CofferKeyView *self,
          double         x,
          double         y)
{
  GtkWidget *rows = GTK_WIDGET (self->rows);
  GtkWidget *widget = gtk_widget_pick (rows, x, y, GTK_PICK_DEFAULT);

  while (widget != NULL && widget != rows && gtk_widget_get_parent (widget) != rows)
    widget = gtk_widget_get_parent (widget);
  if (widget == NULL || widget == rows)
    return NULL;

  widget = gtk_widget_get_first_child (widget);
  return widget != NULL ? COFFER_KEY_ROW (widget) : NULL;
}

guint
coffer_key_view_get_first_visible (CofferKeyView *self)
{
  CofferKeyRow *row;

  g_return_val_if_fail (COFFER_IS_KEY_VIEW (self), 0);

  row = pick_row (self, gtk_widget_get_width (GTK_WIDGET (self->rows)) / 2, MIN_ROW_HEIGHT / 2);
  return row != NULL && coffer_key_row_get_entry (row) != NULL ? coffer_entry_get_position (coffer_key_row_get_entry (row)) : 0;
}

/* For keys, which the list without rows did not know what to do with. */
static void
go_on_from_current (CofferKeyView *self)
{
  GtkWidget *row = get_current_row (self);

  if (row == NULL)
    return;
  if (coffer_key_selection_get_n_selected (self->selection) == 1)
    choose_row (self, coffer_key_selection_get_current (self->selection));
  if (gtk_widget_is_focus (GTK_WIDGET (self->rows)))
    gtk_widget_grab_focus (row);
}

static void
scroll_to_wanted (CofferKeyView *self,
                  guint          n_rows)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->rows));
  double row_height = gtk_adjustment_get_upper (adjustment) / n_rows;
  double value = self->first_wanted * row_height;

  if (self->also_wanted < n_rows)
    value = CLAMP (value, (self->also_wanted + 1) * row_height - gtk_adjustment_get_page_size (adjustment), self->also_wanted * row_height);
  gtk_adjustment_set_value (adjustment, value);
}

/* Once there are rows; the list's own way to scroll leaves open whether the row comes to the top. They are all of one height. */
static gboolean
show_first_cb (GtkWidget     *widget,
               GdkFrameClock *clock,
               gpointer       data)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  guint n = self->selection != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->selection)) : 0;

  if (n > 0 && self->row_widgets->len > 0 && gtk_widget_get_height (self->row_widgets->pdata[0]) == 0)
    return G_SOURCE_CONTINUE;

  if (n > 0)
    {
      scroll_to_wanted (self, n);
      go_on_from_current (self);
    }
  self->first_tick = 0;
  return G_SOURCE_REMOVE;
}

gboolean
coffer_key_view_shows (CofferKeyView *self,
                       guint          position)
{
  GtkAdjustment *adjustment;
  guint n;
  double y;

  g_return_val_if_fail (COFFER_IS_KEY_VIEW (self), FALSE);

  /* Where a row is that is not in view, GTK 4.8 does not tell. */
  n = self->selection != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->selection)) : 0;
  adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->rows));
  y = (position + .5) * (gtk_adjustment_get_upper (adjustment) / MAX (n, 1)) - gtk_adjustment_get_value (adjustment);
  return position < n && y >= 0 && y < gtk_adjustment_get_page_size (adjustment);
}

void
coffer_key_view_show_first (CofferKeyView *self,
                            guint          position,
                            guint          also)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  if (self->first_tick == 0)
    self->first_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), show_first_cb, NULL, NULL);
  self->first_wanted = position;
  self->also_wanted = also;
}

static void
activate_cb (CofferKeyView *self)
{
  g_signal_emit (self, activated_signal, 0);
}

static void
clicked_cb (CofferKeyView *self,
            int            n_press,
            double         x,
            double         y,
            GtkGesture    *gesture)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));

  if (self->compact && n_press == 1 && (state & (GDK_CONTROL_MASK | GDK_SHIFT_MASK)) == 0 && pick_row (self, x, y) != NULL)
    activate_cb (self);
}

static void
pop_up_menu (CofferKeyView      *self,
             const GdkRectangle *at)
{
  gtk_popover_set_pointing_to (self->menu, at);
  gtk_popover_popup (self->menu);
}

static void
pop_up_menu_at (CofferKeyView *self,
                double         x,
                double         y)
{
  CofferKeyRow *row = pick_row (self, x, y);
  double view_x, view_y;
  guint position;

  if (row == NULL || coffer_key_row_get_entry (row) == NULL)
    return;

  position = coffer_entry_get_position (coffer_key_row_get_entry (row));
  if (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), position))
    coffer_key_selection_look_at (self->selection, position);
  else
    choose_row (self, position);
  gtk_widget_translate_coordinates (GTK_WIDGET (self->rows), GTK_WIDGET (self), x, y, &view_x, &view_y);
  pop_up_menu (self, &(GdkRectangle) { view_x, view_y, 1, 1 });
}

static void
secondary_pressed_cb (CofferKeyView *self,
                      int            n_press,
                      double         x,
                      double         y)
{
  pop_up_menu_at (self, x, y);
}

static void
long_pressed_cb (CofferKeyView *self,
                 double         x,
                 double         y)
{
  pop_up_menu_at (self, x, y);
}

/* The menu key: at the selected row if it is on the screen, else in the middle. */
static void
menu_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  GdkRectangle at = { gtk_widget_get_width (widget) / 2, gtk_widget_get_height (widget) / 2, 1, 1 };
  graphene_rect_t box;
  GtkWidget *row;

  if (self->selection == NULL || coffer_key_selection_get_n_selected (self->selection) == 0)
    return;

  row = get_current_row (self);
  if (row != NULL && gtk_widget_compute_bounds (row, widget, &box) && box.origin.y >= 0 &&
      box.origin.y + box.size.height <= gtk_widget_get_height (widget))
    at = (GdkRectangle) { box.origin.x + 58, box.origin.y + box.size.height - 4, 1, 1 };
  pop_up_menu (self, &at);
}

/* Shape: how many rows there are, of one line or two */

/* The first frames have the rows in view to make, the next some more each. */
static gboolean
tick_cb (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       data)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);

  self->n_frames++;
  gtk_grid_view_set_max_columns (self->rows, count_columns (self));
  return self->n_frames < N_FRAMES ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Letting go of all rows at once would take longer than a frame. */
static gboolean
empty_cb (gpointer user_data)
{
  CofferKeyView *self = user_data;
  guint n_columns = gtk_grid_view_get_max_columns (self->rows);

  if (n_columns > 1)
    {
      gtk_grid_view_set_max_columns (self->rows, n_columns - 1);
      return G_SOURCE_CONTINUE;
    }

  self->emptying = 0;
  gtk_grid_view_set_model (self->rows, NULL);
  return G_SOURCE_REMOVE;
}

void
coffer_key_view_set_shown (CofferKeyView *self,
                           gboolean       shown)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  if (shown == self->shown)
    return;

  self->shown = shown;
  g_clear_handle_id (&self->emptying, g_source_remove);
  if (!shown)
    self->emptying = g_idle_add (empty_cb, self);
  else if (gtk_grid_view_get_model (self->rows) == NULL)
    {
      self->n_frames = 0;
      gtk_grid_view_set_max_columns (self->rows, count_columns (self));
      gtk_grid_view_set_model (self->rows, GTK_SELECTION_MODEL (self->selection));
    }
}

static void
apply_compact (CofferKeyView *self)
{
  gtk_widget_set_visible (self->header, !self->compact);
  if (self->compact)
    gtk_widget_add_css_class (GTK_WIDGET (self->rows), "two-line");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->rows), "two-line");
  for (guint i = 0; i < self->row_widgets->len; i++)
    coffer_key_row_set_compact (g_ptr_array_index (self->row_widgets, i), self->compact);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COMPACT]);
}

static gboolean
shape_idle_cb (gpointer user_data)
{
  CofferKeyView *self = user_data;
  gboolean compact = gtk_widget_get_width (GTK_WIDGET (self)) < COMPACT_BELOW;

  self->shape_idle = 0;
  gtk_grid_view_set_max_columns (self->rows, count_columns (self));
  if (compact != self->compact)
    {
      self->compact = compact;
      apply_compact (self);
    }
  return G_SOURCE_REMOVE;
}

/* Rows */

static void
row_destroyed_cb (GtkWidget     *row,
                  CofferKeyView *self)
{
  g_ptr_array_remove_fast (self->row_widgets, row);
}

static void
setup_cb (GtkListItemFactory *factory,
          GtkListItem        *item,
          CofferKeyView      *self)
{
  GtkWidget *row = coffer_key_row_new (self->columns);

  coffer_key_row_set_compact (COFFER_KEY_ROW (row), self->compact);
  g_ptr_array_add (self->row_widgets, row);
  g_signal_connect (row, "destroy", G_CALLBACK (row_destroyed_cb), self);
  gtk_list_item_set_child (item, row);
  if (self->row_widgets->len == 1 && self->n_frames == 0)
    gtk_widget_add_tick_callback (GTK_WIDGET (self), tick_cb, NULL, NULL);
}

static void
bind_cb (GtkListItemFactory *factory,
         GtkListItem        *item)
{
  coffer_key_row_set_entry (COFFER_KEY_ROW (gtk_list_item_get_child (item)), gtk_list_item_get_item (item));
}

static void
unbind_cb (GtkListItemFactory *factory,
           GtkListItem        *item)
{
  coffer_key_row_set_entry (COFFER_KEY_ROW (gtk_list_item_get_child (item)), NULL);
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

  /* Neither columns nor the rows' wishes must keep the window from getting as narrow as two lines can be. */
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

/* The list keeps any row in its place when its height changes, but not all of them: they would jump when a second one is selected.
 * Only the row looked at must not be lost. */
static void
allocate_rows (CofferKeyView       *self,
               const GtkAllocation *allocation)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
  double value = gtk_adjustment_get_value (adjustment);
  GtkWidget *row;
  graphene_rect_t box;

  gtk_widget_size_allocate (self->scroller, allocation, -1);
  if (self->bar_height == self->had_bar_height)
    return;

  self->had_bar_height = self->bar_height;
  gtk_adjustment_set_value (adjustment, value);
  gtk_widget_size_allocate (self->scroller, allocation, -1);
  row = get_current_row (self);
  if (row == NULL || !gtk_widget_compute_bounds (row, self->scroller, &box) || box.origin.y > allocation->height + BAR_HEIGHT ||
      box.origin.y + box.size.height <= allocation->height)
    return;
  gtk_adjustment_set_value (adjustment, value + box.origin.y + box.size.height - allocation->height);
  gtk_widget_size_allocate (self->scroller, allocation, -1);
}

static void
coffer_key_view_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  gboolean compact = width < COMPACT_BELOW;
  int header_height = 0;
  int minimum, minimum_height, rows_height;

  if (gtk_widget_should_layout (self->header))
    gtk_widget_measure (self->header, GTK_ORIENTATION_VERTICAL, -1, NULL, &header_height, NULL, NULL);
  gtk_widget_measure (self->scroller, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_measure (self->scroller, GTK_ORIENTATION_VERTICAL, -1, &minimum_height, NULL, NULL, NULL);
  rows_height = MAX (height - header_height - self->bar_height, minimum_height);
  allocate_rows (self, &(GtkAllocation) { 0, header_height, MAX (width, minimum), rows_height });
  if (gtk_widget_should_layout (self->header))
    allocate_header (self, width, header_height);
  gtk_popover_present (self->menu);

  /* What is visible cannot change while sizes are given out. */
  if ((compact != self->compact || count_columns (self) != gtk_grid_view_get_max_columns (self->rows)) && self->shape_idle == 0)
    self->shape_idle = g_idle_add_full (GTK_PRIORITY_RESIZE - 1, shape_idle_cb, self, NULL);
}

/* Pictures are for rows that are seen; the list has many more. */
static void
coffer_key_view_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  int height = gtk_widget_get_height (self->scroller);
  graphene_rect_t box;

  for (guint i = 0; i < self->row_widgets->len; i++)
    {
      GtkWidget *row = self->row_widgets->pdata[i];
      gboolean seen = gtk_widget_compute_bounds (row, self->scroller, &box) && box.origin.y < height && box.origin.y + box.size.height > 0;

      coffer_key_row_set_thumbnails (COFFER_KEY_ROW (row), seen ? self->thumbnails : NULL);
    }
  GTK_WIDGET_CLASS (coffer_key_view_parent_class)->snapshot (widget, snapshot);
}

/* Tab leaves the rows, which GTK 4.8 would walk one by one. */
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

/* The row selected last, so that the arrows go on from there: the list itself would give the focus to the row that had it last. */
static gboolean
coffer_key_view_grab_focus (GtkWidget *widget)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  GtkWidget *row = get_current_row (self);

  return gtk_widget_grab_focus (row != NULL ? row : GTK_WIDGET (self->rows));
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
      g_value_set_boolean (value, self->compact);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_view_dispose (GObject *object)
{
  CofferKeyView *self = COFFER_KEY_VIEW (object);

  g_clear_handle_id (&self->emptying, g_source_remove);
  g_clear_handle_id (&self->shape_idle, g_source_remove);
  if (self->rows != NULL)
    coffer_key_view_set_selection (self, NULL);
  g_clear_object (&self->thumbnails);
  g_clear_pointer ((GtkWidget **) &self->menu, gtk_widget_unparent);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_KEY_VIEW);

  G_OBJECT_CLASS (coffer_key_view_parent_class)->dispose (object);
}

static void
coffer_key_view_finalize (GObject *object)
{
  CofferKeyView *self = COFFER_KEY_VIEW (object);

  g_object_unref (self->columns);
  g_ptr_array_unref (self->row_widgets);
  coffer_key_typing_free (self->typing);

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
  widget_class->snapshot = coffer_key_view_snapshot;
  widget_class->focus = coffer_key_view_focus;
  widget_class->grab_focus = coffer_key_view_grab_focus;

  properties[PROP_COMPACT] = g_param_spec_boolean ("compact", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-key-view.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, header);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, rows);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, long_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, secondary_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, sideways_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_cb);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_TREE_GRID);
  g_type_ensure (COFFER_TYPE_COLUMN_HEADER);
  gtk_widget_class_install_action (widget_class, "keys.menu", NULL, menu_action);
}

static void
coffer_key_view_init (CofferKeyView *self)
{
  self->columns = coffer_columns_new ();
  self->shown = TRUE;
  self->row_widgets = g_ptr_array_new ();
  self->typing = coffer_key_typing_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  self->menu = coffer_key_menu_attach (GTK_WIDGET (self));

  coffer_column_header_set_columns (COFFER_COLUMN_HEADER (self->header), self->columns);
  g_signal_connect_object (self->columns, "changed", G_CALLBACK (columns_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->columns, "notify", G_CALLBACK (apply_order_cb), self, G_CONNECT_SWAPPED);
}
