/* SPDX-License-Identifier: MIT */
/* The list of keys. The model is lazy and may have millions of rows, so nothing here walks it: positions come from
 * coffer_entry_list_find_async(), a new list gets a selection model of its own (setting the model of one that is there is O(n)
 * in GTK 4.8), and the sorter of the Key column is never used to sort, only to hear which way its header points. Main thread.
 *
 *   CofferEntryList -> GtkSingleSelection -> GtkColumnView -> CofferKeyCell, CofferFactCell
 */
#define G_LOG_DOMAIN "coffer-key-view"

#include "coffer-key-view.h"

#include "coffer-fact-cell.h"
#include "coffer-key-cell.h"

#define COMPACT_BELOW 440      /* logical pixels: narrower than this, rows have two lines */
#define SIZE_COLUMN_WIDTH 96
#define TYPE_COLUMN_WIDTH 118
#define TYPING_PAUSE_MS 1000   /* after this long typing begins a new key */

struct _CofferKeyView {
  GtkWidget parent_instance;

  GtkWidget *scroller;
  GtkColumnView *columns;
  GtkColumnViewColumn *key_column;
  GtkColumnViewColumn *size_column;
  GtkColumnViewColumn *type_column;
  GtkPopover *menu;
  GtkSingleSelection *selection;  /* unowned: the column view's */

  CofferEntryList *list;
  CofferEntry *selected;
  GBytes *return_to;              /* the key to select once the list is read again */
  GCancellable *finding;
  GString *typed;
  guint typing_timeout;
  GPtrArray *cells;               /* unowned CofferKeyCell: those alive */
  gboolean compact;
  gboolean descending;
  guint compact_idle;
};

enum {
  PROP_SELECTED_ENTRY = 1,
  PROP_COMPACT,
  PROP_DESCENDING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint activated_signal;

G_DEFINE_FINAL_TYPE (CofferKeyView, coffer_key_view, GTK_TYPE_WIDGET)

/* The two parts of a GtkColumnView, which has no accessors for them. */

static GtkWidget *
get_header (CofferKeyView *self)
{
  return gtk_widget_get_first_child (GTK_WIDGET (self->columns));
}

static GtkWidget *
get_rows (CofferKeyView *self)
{
  return gtk_widget_get_last_child (GTK_WIDGET (self->columns));
}

/* Selecting */

/* The row widget of a position, if it has one now. */
static GtkWidget *
get_row (CofferKeyView *self,
         guint          position)
{
  for (guint i = 0; i < self->cells->len; i++)
    {
      GtkWidget *cell = g_ptr_array_index (self->cells, i);
      CofferEntry *entry = coffer_key_cell_get_entry (COFFER_KEY_CELL (cell));

      if (entry != NULL && coffer_entry_get_position (entry) == position)
        return gtk_widget_get_parent (gtk_widget_get_parent (cell));
    }

  return NULL;
}

static guint
get_n_rows (CofferKeyView *self)
{
  return self->list != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->list)) : 0;
}

static void
select_position (CofferKeyView *self,
                 guint          position)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (GTK_WIDGET (self)));

  gtk_single_selection_set_selected (self->selection, position);
  gtk_widget_activate_action (get_rows (self), "list.scroll-to-item", "u", position);
  /* The rows that had the focus may be gone; elsewhere it is the person's. */
  if (focus == NULL || gtk_widget_is_ancestor (focus, GTK_WIDGET (self)))
    gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferKeyView) self = user_data;
  g_autoptr(GError) error = NULL;
  guint position = coffer_entry_list_find_finish (COFFER_ENTRY_LIST (source), result, &error);

  if (error != NULL || self->selection == NULL || source != G_OBJECT (self->list) || get_n_rows (self) == 0 ||
      gtk_widget_get_root (GTK_WIDGET (self)) == NULL)
    return;

  select_position (self, MIN (position, get_n_rows (self) - 1));
}

static void
find (CofferKeyView *self,
      GBytes        *key)
{
  g_cancellable_cancel (self->finding);
  g_clear_object (&self->finding);
  if (self->list == NULL)
    return;
  self->finding = g_cancellable_new ();
  coffer_entry_list_find_async (self->list, key, self->finding, found_cb, g_object_ref (self));
}

static void
selected_loaded_cb (CofferKeyView *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SELECTED_ENTRY]);
}

static void
set_selected (CofferKeyView *self,
              CofferEntry   *entry)
{
  if (self->selected != NULL)
    g_signal_handlers_disconnect_by_func (self->selected, selected_loaded_cb, self);
  g_set_object (&self->selected, entry);
  if (entry != NULL && coffer_entry_get_key (entry) == NULL)
    g_signal_connect_swapped (entry, "notify::loaded", G_CALLBACK (selected_loaded_cb), self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SELECTED_ENTRY]);
}

static void
selected_item_cb (CofferKeyView *self)
{
  CofferEntry *entry = gtk_single_selection_get_selected_item (self->selection);

  if (entry == self->selected)
    return;

  if (entry != NULL)
    g_clear_pointer (&self->return_to, g_bytes_unref);
  else if (get_n_rows (self) == 0 && self->return_to == NULL && coffer_entry_get_key (self->selected) != NULL)
    self->return_to = g_bytes_ref (coffer_key_get_bytes (coffer_entry_get_key (self->selected)));

  set_selected (self, entry);
}

/* The list has its rows again, or says that it is done. */
static void
refilled_cb (CofferKeyView *self)
{
  g_autoptr(GBytes) key = NULL;

  if (self->return_to == NULL || coffer_entry_list_get_loading (self->list) || get_n_rows (self) == 0)
    return;

  key = g_steal_pointer (&self->return_to);
  find (self, key);
}

CofferEntry *
coffer_key_view_get_selected_entry (CofferKeyView *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEW (self), NULL);

  return self->selected;
}

void
coffer_key_view_unselect (CofferKeyView *self)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  g_cancellable_cancel (self->finding);
  if (self->selection != NULL)
    gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  g_clear_pointer (&self->return_to, g_bytes_unref);
}

void
coffer_key_view_follow (CofferKeyView *self,
                        GBytes        *key)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  g_clear_pointer (&self->return_to, g_bytes_unref);
  self->return_to = key != NULL ? g_bytes_ref (key) : NULL;
}

void
coffer_key_view_set_list (CofferKeyView   *self,
                          CofferEntryList *list)
{
  g_return_if_fail (COFFER_IS_KEY_VIEW (self));

  if (list == self->list)
    return;

  coffer_key_view_unselect (self);
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_func (self->list, refilled_cb, self);
  gtk_column_view_set_model (self->columns, NULL);
  self->selection = NULL;
  g_set_object (&self->list, list);
  if (list == NULL)
    return;

  g_signal_connect_swapped (list, "notify::loading", G_CALLBACK (refilled_cb), self);
  coffer_entry_list_set_descending (list, self->descending);
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (list));
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_item_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "items-changed", G_CALLBACK (refilled_cb), self, G_CONNECT_SWAPPED);
  gtk_column_view_set_model (self->columns, GTK_SELECTION_MODEL (self->selection));
  g_object_unref (self->selection);
}

/* Order: the header's sorter compares two probes, and which comes first tells where its arrow points. */

static int
probe_cb (gconstpointer a,
          gconstpointer b,
          gpointer      data)
{
  return GTK_IS_SCROLLED_WINDOW ((gpointer) a) ? -1 : 1;
}

static void
sorter_changed_cb (CofferKeyView *self)
{
  GtkSorter *sorter = gtk_column_view_get_sorter (self->columns);
  gboolean descending = gtk_sorter_compare (sorter, self->scroller, self->columns) == GTK_ORDERING_LARGER;

  if (descending == self->descending)
    return;

  self->descending = descending;
  if (self->list != NULL)
    coffer_entry_list_set_descending (self->list, descending);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DESCENDING]);
}

static void
set_descending (CofferKeyView *self,
                gboolean       descending)
{
  if (descending != self->descending)
    gtk_column_view_sort_by_column (self->columns, self->key_column, descending ? GTK_SORT_DESCENDING : GTK_SORT_ASCENDING);
}

/* Typing */

static gboolean
typing_paused_cb (gpointer user_data)
{
  CofferKeyView *self = user_data;

  self->typing_timeout = 0;
  g_string_truncate (self->typed, 0);
  return G_SOURCE_REMOVE;
}

static gboolean
key_pressed_cb (CofferKeyView   *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  gunichar c = gdk_keyval_to_unicode (keyval);
  g_autoptr(GBytes) key = NULL;

  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) != 0 || c == 0 || !g_unichar_isprint (c) ||
      (c == ' ' && self->typed->len == 0))
    return GDK_EVENT_PROPAGATE;

  g_string_append_unichar (self->typed, c);
  g_clear_handle_id (&self->typing_timeout, g_source_remove);
  self->typing_timeout = g_timeout_add (TYPING_PAUSE_MS, typing_paused_cb, self);
  key = g_bytes_new (self->typed->str, self->typed->len);
  find (self, key);
  return GDK_EVENT_STOP;
}

/* Pointer and menu */

/* The cell of the row at a point of the column view. */
static CofferKeyCell *
pick_cell (CofferKeyView *self,
           double         x,
           double         y)
{
  GtkWidget *widget = gtk_widget_pick (GTK_WIDGET (self->columns), x, y, GTK_PICK_DEFAULT);

  while (widget != NULL && gtk_widget_get_parent (widget) != get_rows (self))
    widget = gtk_widget_get_parent (widget);
  while (widget != NULL && !COFFER_IS_KEY_CELL (widget))
    widget = gtk_widget_get_first_child (widget);

  return widget != NULL ? COFFER_KEY_CELL (widget) : NULL;
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
            double         y)
{
  if (self->compact && n_press == 1 && pick_cell (self, x, y) != NULL)
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
  CofferKeyCell *cell = pick_cell (self, x, y);
  double view_x, view_y;

  if (cell == NULL || coffer_key_cell_get_entry (cell) == NULL)
    return;

  gtk_single_selection_set_selected (self->selection, coffer_entry_get_position (coffer_key_cell_get_entry (cell)));
  gtk_widget_translate_coordinates (GTK_WIDGET (self->columns), GTK_WIDGET (self), x, y, &view_x, &view_y);
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

  if (self->selected == NULL)
    return;

  row = get_row (self, coffer_entry_get_position (self->selected));
  if (row != NULL && gtk_widget_compute_bounds (row, widget, &box) && box.origin.y >= 0 &&
      box.origin.y + box.size.height <= gtk_widget_get_height (widget))
    at = (GdkRectangle) { box.origin.x + 58, box.origin.y + box.size.height - 4, 1, 1 };
  pop_up_menu (self, &at);
}

/* Cells */

static void
cell_destroyed_cb (GtkWidget     *cell,
                   CofferKeyView *self)
{
  g_ptr_array_remove_fast (self->cells, cell);
}

static void
setup_key_cb (GtkListItemFactory *factory,
              GtkListItem        *item,
              CofferKeyView      *self)
{
  GtkWidget *cell = coffer_key_cell_new ();

  coffer_key_cell_set_compact (COFFER_KEY_CELL (cell), self->compact);
  g_ptr_array_add (self->cells, cell);
  g_signal_connect (cell, "destroy", G_CALLBACK (cell_destroyed_cb), self);
  gtk_list_item_set_child (item, cell);
}

static void
bind_key_cb (GtkListItemFactory *factory,
             GtkListItem        *item)
{
  coffer_key_cell_set_entry (COFFER_KEY_CELL (gtk_list_item_get_child (item)), gtk_list_item_get_item (item));
}

static void
unbind_key_cb (GtkListItemFactory *factory,
               GtkListItem        *item)
{
  coffer_key_cell_set_entry (COFFER_KEY_CELL (gtk_list_item_get_child (item)), NULL);
}

static void
setup_size_cb (GtkListItemFactory *factory,
               GtkListItem        *item)
{
  gtk_list_item_set_child (item, coffer_fact_cell_new (COFFER_FACT_SIZE));
}

static void
setup_type_cb (GtkListItemFactory *factory,
               GtkListItem        *item)
{
  gtk_list_item_set_child (item, coffer_fact_cell_new (COFFER_FACT_TYPE));
}

static void
bind_fact_cb (GtkListItemFactory *factory,
              GtkListItem        *item)
{
  coffer_fact_cell_set_entry (COFFER_FACT_CELL (gtk_list_item_get_child (item)), gtk_list_item_get_item (item));
}

static void
unbind_fact_cb (GtkListItemFactory *factory,
                GtkListItem        *item)
{
  coffer_fact_cell_set_entry (COFFER_FACT_CELL (gtk_list_item_get_child (item)), NULL);
}

/* Room */

static void
show_column (GtkColumnViewColumn *column,
             gboolean             show,
             int                  width)
{
  gtk_column_view_column_set_visible (column, show);
  /* GTK 4.8 keeps room for columns that are not visible. */
  gtk_column_view_column_set_fixed_width (column, show ? width : 0);
}

static void
apply_compact (CofferKeyView *self)
{
  gtk_widget_set_visible (get_header (self), !self->compact);
  show_column (self->size_column, !self->compact, SIZE_COLUMN_WIDTH);
  show_column (self->type_column, !self->compact, TYPE_COLUMN_WIDTH);
  if (self->compact)
    gtk_widget_add_css_class (GTK_WIDGET (self->columns), "two-line");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->columns), "two-line");
  for (guint i = 0; i < self->cells->len; i++)
    coffer_key_cell_set_compact (g_ptr_array_index (self->cells, i), self->compact);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COMPACT]);
}

static gboolean
compact_idle_cb (gpointer user_data)
{
  CofferKeyView *self = user_data;

  self->compact_idle = 0;
  apply_compact (self);
  return G_SOURCE_REMOVE;
}

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

  gtk_widget_measure (self->scroller, orientation, for_size, minimum, natural, NULL, NULL);
  /* The columns must not keep the window from getting as narrow as two lines can be. */
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = 0;
}

static void
coffer_key_view_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  gboolean compact = width < COMPACT_BELOW;
  int minimum;

  gtk_widget_measure (self->scroller, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_allocate (self->scroller, MAX (width, minimum), height, baseline, NULL);
  gtk_popover_present (self->menu);

  /* What is visible cannot change while sizes are given out. */
  if (compact != self->compact)
    {
      self->compact = compact;
      if (self->compact_idle == 0)
        self->compact_idle = g_idle_add_full (GTK_PRIORITY_RESIZE - 1, compact_idle_cb, self, NULL);
    }
}

/* Tab leaves the rows, which GTK 4.8 would walk one by one. */
static gboolean
coffer_key_view_focus (GtkWidget        *widget,
                       GtkDirectionType  direction)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  GtkWidget *inside = gtk_widget_get_focus_child (widget) == NULL ? NULL : gtk_widget_get_focus_child (GTK_WIDGET (self->columns));

  if (direction != GTK_DIR_TAB_FORWARD && direction != GTK_DIR_TAB_BACKWARD)
    return GTK_WIDGET_CLASS (coffer_key_view_parent_class)->focus (widget, direction);
  if (inside == NULL)
    return gtk_widget_grab_focus (widget);
  if (inside == get_rows (self))
    return direction == GTK_DIR_TAB_BACKWARD && gtk_widget_child_focus (get_header (self), direction);
  return gtk_widget_child_focus (get_header (self), direction) ||
         (direction == GTK_DIR_TAB_FORWARD && gtk_widget_grab_focus (widget));
}

/* The selected row, so that the arrows go on from there: the list itself would give the focus to the row that had it last. */
static gboolean
coffer_key_view_grab_focus (GtkWidget *widget)
{
  CofferKeyView *self = COFFER_KEY_VIEW (widget);
  GtkWidget *row = self->selected != NULL ? get_row (self, coffer_entry_get_position (self->selected)) : NULL;

  return gtk_widget_grab_focus (row != NULL ? row : get_rows (self));
}

/* GTK 4.8 has no way to end-align a column's title; the title's box can. */
static void
align_size_title (CofferKeyView *self)
{
  GtkWidget *title = gtk_widget_get_first_child (get_header (self));

  title = title != NULL ? gtk_widget_get_next_sibling (title) : NULL;
  title = title != NULL ? gtk_widget_get_first_child (title) : NULL;
  if (title != NULL)
    gtk_widget_set_halign (title, GTK_ALIGN_END);
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
    case PROP_SELECTED_ENTRY:
      g_value_set_object (value, self->selected);
      break;
    case PROP_COMPACT:
      g_value_set_boolean (value, self->compact);
      break;
    case PROP_DESCENDING:
      g_value_set_boolean (value, self->descending);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_view_set_property (GObject      *object,
                              guint         id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  switch (id)
    {
    case PROP_DESCENDING:
      set_descending (COFFER_KEY_VIEW (object), g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_view_dispose (GObject *object)
{
  CofferKeyView *self = COFFER_KEY_VIEW (object);

  g_clear_handle_id (&self->compact_idle, g_source_remove);
  g_clear_handle_id (&self->typing_timeout, g_source_remove);
  if (self->columns != NULL)
    {
      g_signal_handlers_disconnect_by_func (gtk_column_view_get_sorter (self->columns), sorter_changed_cb, self);
      coffer_key_view_set_list (self, NULL);
    }
  g_clear_object (&self->finding);
  if (self->selected != NULL)
    g_signal_handlers_disconnect_by_func (self->selected, selected_loaded_cb, self);
  g_clear_object (&self->selected);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_KEY_VIEW);

  G_OBJECT_CLASS (coffer_key_view_parent_class)->dispose (object);
}

static void
coffer_key_view_finalize (GObject *object)
{
  CofferKeyView *self = COFFER_KEY_VIEW (object);

  g_ptr_array_unref (self->cells);
  g_string_free (self->typed, TRUE);

  G_OBJECT_CLASS (coffer_key_view_parent_class)->finalize (object);
}

static void
coffer_key_view_class_init (CofferKeyViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_key_view_get_property;
  object_class->set_property = coffer_key_view_set_property;
  object_class->dispose = coffer_key_view_dispose;
  object_class->finalize = coffer_key_view_finalize;
  widget_class->measure = coffer_key_view_measure;
  widget_class->size_allocate = coffer_key_view_size_allocate;
  widget_class->focus = coffer_key_view_focus;
  widget_class->grab_focus = coffer_key_view_grab_focus;

  properties[PROP_SELECTED_ENTRY] = g_param_spec_object ("selected-entry", NULL, NULL, COFFER_TYPE_ENTRY,
                                                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_COMPACT] = g_param_spec_boolean ("compact", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_DESCENDING] = g_param_spec_boolean ("descending", NULL, NULL, FALSE,
                                                      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-key-view.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, columns);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, key_column);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, size_column);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, type_column);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyView, menu);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_fact_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, long_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, secondary_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_size_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_type_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_fact_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_key_cb);
  gtk_widget_class_install_action (widget_class, "keys.menu", NULL, menu_action);
}

static void
coffer_key_view_init (CofferKeyView *self)
{
  g_autoptr(GtkSorter) probe = GTK_SORTER (gtk_custom_sorter_new (probe_cb, NULL, NULL));

  self->cells = g_ptr_array_new ();
  self->typed = g_string_new (NULL);
  gtk_widget_init_template (GTK_WIDGET (self));

  gtk_column_view_column_set_sorter (self->key_column, probe);
  gtk_column_view_sort_by_column (self->columns, self->key_column, GTK_SORT_ASCENDING);
  g_signal_connect_object (gtk_column_view_get_sorter (self->columns), "changed", G_CALLBACK (sorter_changed_cb), self, G_CONNECT_SWAPPED);
  align_size_title (self);
  apply_compact (self);
}
