/* SPDX-License-Identifier: MIT */
/* The list and the grid of the same keys, and what they have in common: typing, and the menu. Only the one on show has rows or tiles;
 * the other would read keys for nobody. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-views"

#include "coffer-key-views.h"

#include "coffer-key-menu.h"
#include "coffer-key-typing.h"

#define TIGHT_BELOW 840   /* logical pixels */

struct _CofferKeyViews {
  GtkWidget parent_instance;

  GtkStack *stack;
  CofferKeyView *list;
  CofferKeyGrid *grid;
  GtkPopover *menu;
  CofferKeySelection *selection;
  CofferKeyTyping *typing;
  gboolean grid_shown;
  gboolean tight;
  guint tight_idle;
};

enum {
  PROP_TIGHT = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static guint activated_signal, renamed_signal;

G_DEFINE_FINAL_TYPE (CofferKeyViews, coffer_key_views, GTK_TYPE_WIDGET)

static GtkWidget *
get_shown (CofferKeyViews *self)
{
  return self->grid_shown ? GTK_WIDGET (self->grid) : GTK_WIDGET (self->list);
}

static CofferKeyCells *
get_cells (CofferKeyViews *self)
{
  return self->grid_shown ? coffer_key_grid_get_cells (self->grid) : coffer_key_view_get_cells (self->list);
}

/* The list always knows the selection: it sees to the order of the keys. */
static void
fill_shown (CofferKeyViews *self)
{
  coffer_key_view_set_shown (self->list, !self->grid_shown);
  coffer_key_grid_set_selection (self->grid, self->grid_shown ? self->selection : NULL);
}

/* Of what was typed. */
static void
not_found_cb (CofferKeyViews *self)
{
  gtk_widget_error_bell (GTK_WIDGET (self));
}

void
coffer_key_views_set_selection (CofferKeyViews     *self,
                                CofferKeySelection *selection,
                                CofferThumbnails   *thumbnails)
{
  g_return_if_fail (COFFER_IS_KEY_VIEWS (self));

  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_func (self->selection, not_found_cb, self);
  g_set_object (&self->selection, selection);
  if (selection != NULL)
    g_signal_connect_object (selection, "not-found", G_CALLBACK (not_found_cb), self, G_CONNECT_SWAPPED);
  coffer_key_view_set_thumbnails (self->list, thumbnails);
  coffer_key_grid_set_thumbnails (self->grid, thumbnails);
  coffer_key_view_set_selection (self->list, selection);
  fill_shown (self);
}

void
coffer_key_views_set_grid_shown (CofferKeyViews *self,
                                 gboolean        shown)
{
  GtkRoot *root;
  GtkWidget *focus;
  gboolean had_focus;
  guint first, current;

  g_return_if_fail (COFFER_IS_KEY_VIEWS (self));

  if (shown == self->grid_shown)
    return;

  root = gtk_widget_get_root (GTK_WIDGET (self));
  focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  had_focus = focus != NULL && gtk_widget_is_ancestor (focus, GTK_WIDGET (self));
  first = coffer_key_cells_get_first_visible (get_cells (self));
  current = self->selection != NULL ? coffer_key_selection_get_current (self->selection) : GTK_INVALID_LIST_POSITION;
  if (!coffer_key_cells_shows (get_cells (self), current))
    current = GTK_INVALID_LIST_POSITION;
  self->grid_shown = shown;
  fill_shown (self);
  gtk_stack_set_visible_child (self->stack, get_shown (self));
  coffer_key_cells_show_first (get_cells (self), first, current);
  if (had_focus)
    gtk_widget_grab_focus (GTK_WIDGET (self));
}

gboolean
coffer_key_views_get_grid_shown (CofferKeyViews *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEWS (self), FALSE);

  return self->grid_shown;
}

void
coffer_key_views_set_drag (CofferKeyViews      *self,
                           const CofferKeyDrag *drag,
                           gpointer             data)
{
  g_return_if_fail (COFFER_IS_KEY_VIEWS (self));

  coffer_key_cells_set_drag (coffer_key_view_get_cells (self->list), drag, data);
  coffer_key_cells_set_drag (coffer_key_grid_get_cells (self->grid), drag, data);
}

void
coffer_key_views_set_bottom_room (CofferKeyViews *self,
                                  int             room)
{
  g_return_if_fail (COFFER_IS_KEY_VIEWS (self));

  coffer_key_cells_set_bottom_room (coffer_key_view_get_cells (self->list), room);
  coffer_key_cells_set_bottom_room (coffer_key_grid_get_cells (self->grid), room);
}

CofferKeyView *
coffer_key_views_get_list (CofferKeyViews *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEWS (self), NULL);

  return self->list;
}

CofferKeyGrid *
coffer_key_views_get_grid (CofferKeyViews *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEWS (self), NULL);

  return self->grid;
}

static void
activated_cb (CofferKeyViews *self)
{
  g_signal_emit (self, activated_signal, 0);
}

/* Renaming */

void
coffer_key_views_rename (CofferKeyViews *self,
                         guint           position,
                         const char     *text,
                         const char     *note)
{
  g_return_if_fail (COFFER_IS_KEY_VIEWS (self));

  coffer_key_cells_rename (get_cells (self), position, text, note);
}

gboolean
coffer_key_views_refuse_rename (CofferKeyViews *self,
                                CofferEntry    *entry,
                                const char     *problem)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEWS (self), FALSE);

  return coffer_key_cells_refuse_rename (get_cells (self), entry, problem);
}

void
coffer_key_views_finish_rename (CofferKeyViews *self,
                                CofferEntry    *entry)
{
  g_return_if_fail (COFFER_IS_KEY_VIEWS (self));

  coffer_key_cells_finish_rename (get_cells (self), entry);
}

static void
renamed_cb (CofferKeyViews *self,
            CofferEntry    *entry,
            const char     *text)
{
  g_signal_emit (self, renamed_signal, 0, entry, text);
}

/* Typing */

static gboolean
is_in_cells (CofferKeyViews *self)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (GTK_WIDGET (self)));

  return focus != NULL && (focus == GTK_WIDGET (get_cells (self)) || gtk_widget_is_ancestor (focus, GTK_WIDGET (get_cells (self))));
}

/* In the titles, keys are for these. */
static gboolean
key_pressed_cb (CofferKeyViews     *self,
                guint               keyval,
                guint               keycode,
                GdkModifierType     state,
                GtkEventController *controller)
{
  g_autoptr(GBytes) key = NULL;

  if (self->selection == NULL || !is_in_cells (self))
    return GDK_EVENT_PROPAGATE;
  if (keyval == GDK_KEY_Escape && coffer_key_selection_get_n_selected (self->selection) > 1)
    {
      coffer_key_selection_clear (self->selection);
      return GDK_EVENT_STOP;
    }
  key = coffer_key_typing_press (self->typing, keyval, state, gtk_event_controller_get_current_event_time (controller));
  if (key == NULL && keyval == GDK_KEY_space && (state & gtk_accelerator_get_default_mod_mask ()) == 0)
    return gtk_widget_activate_action (GTK_WIDGET (self), "win.large-preview", NULL);
  if (key == NULL)
    return GDK_EVENT_PROPAGATE;

  coffer_key_selection_go_to_typed (self->selection, key);
  return GDK_EVENT_STOP;
}

/* Menu */

static void
pop_up_menu (CofferKeyViews     *self,
             const GdkRectangle *at)
{
  gtk_popover_set_pointing_to (self->menu, at);
  gtk_popover_popup (self->menu);
}

static void
pop_up_menu_at (CofferKeyViews *self,
                double          x,
                double          y)
{
  CofferKeyCells *cells = get_cells (self);
  CofferKeyCell *cell;
  double cells_x, cells_y;
  guint position;

  gtk_widget_translate_coordinates (GTK_WIDGET (self), GTK_WIDGET (cells), x, y, &cells_x, &cells_y);
  cell = coffer_key_cells_pick (cells, cells_x, cells_y);
  if (cell == NULL || coffer_key_cell_get_entry (cell) == NULL)
    return;

  position = coffer_entry_get_position (coffer_key_cell_get_entry (cell));
  if (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), position))
    coffer_key_selection_look_at (self->selection, position);
  else
    coffer_key_cells_choose (cells, position, FALSE, FALSE);
  pop_up_menu (self, &(GdkRectangle) { x, y, 1, 1 });
}

static void
secondary_pressed_cb (CofferKeyViews *self,
                      int             n_press,
                      double          x,
                      double          y)
{
  pop_up_menu_at (self, x, y);
}

static void
long_pressed_cb (CofferKeyViews *self,
                 double          x,
                 double          y)
{
  pop_up_menu_at (self, x, y);
}

/* The menu key: at what is selected if it is on the screen, else in the middle. */
static void
menu_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferKeyViews *self = COFFER_KEY_VIEWS (widget);
  GdkRectangle at = { gtk_widget_get_width (widget) / 2, gtk_widget_get_height (widget) / 2, 1, 1 };
  CofferKeyCell *cell;
  graphene_rect_t box;

  if (self->selection == NULL || coffer_key_selection_get_n_selected (self->selection) == 0)
    return;

  cell = coffer_key_cells_get_cell (get_cells (self), coffer_key_selection_get_current (self->selection));
  if (cell != NULL && gtk_widget_compute_bounds (GTK_WIDGET (cell), widget, &box) && box.origin.y >= 0 &&
      box.origin.y + box.size.height <= gtk_widget_get_height (widget))
    at = (GdkRectangle) { box.origin.x + MIN (box.size.width / 2, 58), box.origin.y + box.size.height - 4, 1, 1 };
  pop_up_menu (self, &at);
}

static void
add_input (CofferKeyViews *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *long_press = gtk_gesture_long_press_new ();

  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (widget, keys);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (secondary_pressed_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (long_press), TRUE);
  g_signal_connect_swapped (long_press, "pressed", G_CALLBACK (long_pressed_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (long_press));
}

/* The widget */

static void
coffer_key_views_measure (GtkWidget      *widget,
                          GtkOrientation  orientation,
                          int             for_size,
                          int            *minimum,
                          int            *natural,
                          int            *minimum_baseline,
                          int            *natural_baseline)
{
  gtk_widget_measure (GTK_WIDGET (COFFER_KEY_VIEWS (widget)->stack), orientation, for_size, minimum, natural, NULL, NULL);
}

/* Who asks shows something else then, which cannot be while sizes are given out. */
static gboolean
tight_idle_cb (gpointer data)
{
  CofferKeyViews *self = data;

  self->tight_idle = 0;
  self->tight = gtk_widget_get_width (GTK_WIDGET (self)) < TIGHT_BELOW;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TIGHT]);
  return G_SOURCE_REMOVE;
}

static void
coffer_key_views_size_allocate (GtkWidget *widget,
                                int        width,
                                int        height,
                                int        baseline)
{
  CofferKeyViews *self = COFFER_KEY_VIEWS (widget);

  gtk_widget_size_allocate (GTK_WIDGET (self->stack), &(GtkAllocation) { 0, 0, width, height }, baseline);
  gtk_popover_present (self->menu);
  if ((width < TIGHT_BELOW) != self->tight && self->tight_idle == 0)
    self->tight_idle = g_idle_add_full (GTK_PRIORITY_RESIZE - 1, tight_idle_cb, self, NULL);
}

static gboolean
coffer_key_views_focus (GtkWidget        *widget,
                        GtkDirectionType  direction)
{
  CofferKeyViews *self = COFFER_KEY_VIEWS (widget);

  if (gtk_widget_get_focus_child (widget) == GTK_WIDGET (self->menu))
    return gtk_widget_child_focus (GTK_WIDGET (self->menu), direction);

  return gtk_widget_child_focus (get_shown (self), direction);
}

static gboolean
coffer_key_views_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (get_shown (COFFER_KEY_VIEWS (widget)));
}

static void
coffer_key_views_get_property (GObject    *object,
                               guint       id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_TIGHT:
      g_value_set_boolean (value, COFFER_KEY_VIEWS (object)->tight);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_views_dispose (GObject *object)
{
  CofferKeyViews *self = COFFER_KEY_VIEWS (object);

  g_clear_handle_id (&self->tight_idle, g_source_remove);
  g_clear_pointer ((GtkWidget **) &self->menu, gtk_widget_unparent);
  g_clear_pointer ((GtkWidget **) &self->stack, gtk_widget_unparent);
  g_clear_object (&self->selection);

  G_OBJECT_CLASS (coffer_key_views_parent_class)->dispose (object);
}

static void
coffer_key_views_finalize (GObject *object)
{
  coffer_key_typing_free (COFFER_KEY_VIEWS (object)->typing);

  G_OBJECT_CLASS (coffer_key_views_parent_class)->finalize (object);
}

static void
coffer_key_views_class_init (CofferKeyViewsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->get_property = coffer_key_views_get_property;
  G_OBJECT_CLASS (klass)->dispose = coffer_key_views_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_key_views_finalize;
  widget_class->measure = coffer_key_views_measure;
  widget_class->size_allocate = coffer_key_views_size_allocate;
  widget_class->focus = coffer_key_views_focus;
  widget_class->grab_focus = coffer_key_views_grab_focus;

  properties[PROP_TIGHT] = g_param_spec_boolean ("tight", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (G_OBJECT_CLASS (klass), N_PROPS, properties);
  activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_VIEWS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  renamed_signal = g_signal_new ("renamed", COFFER_TYPE_KEY_VIEWS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                 COFFER_TYPE_ENTRY, G_TYPE_STRING);

  gtk_widget_class_install_action (widget_class, "keys.menu", NULL, menu_action);
}

static void
coffer_key_views_init (CofferKeyViews *self)
{
  self->typing = coffer_key_typing_new ();
  self->stack = GTK_STACK (gtk_stack_new ());
  self->list = g_object_new (COFFER_TYPE_KEY_VIEW, NULL);
  self->grid = g_object_new (COFFER_TYPE_KEY_GRID, NULL);
  g_signal_connect_swapped (self->list, "activated", G_CALLBACK (activated_cb), self);
  g_signal_connect_swapped (self->grid, "activated", G_CALLBACK (activated_cb), self);
  g_signal_connect_swapped (coffer_key_view_get_cells (self->list), "renamed", G_CALLBACK (renamed_cb), self);
  g_signal_connect_swapped (coffer_key_grid_get_cells (self->grid), "renamed", G_CALLBACK (renamed_cb), self);
  gtk_stack_set_hhomogeneous (self->stack, FALSE);
  gtk_stack_set_vhomogeneous (self->stack, FALSE);
  gtk_stack_add_child (self->stack, GTK_WIDGET (self->list));
  gtk_stack_add_child (self->stack, GTK_WIDGET (self->grid));
  gtk_widget_set_parent (GTK_WIDGET (self->stack), GTK_WIDGET (self));
  self->menu = coffer_key_menu_attach (GTK_WIDGET (self));
  add_input (self);
}
