/* SPDX-License-Identifier: MIT */
/* The grid of keys: what is around its tiles, and what it has in common with the list. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-grid"

#include "coffer-key-grid.h"

#include "coffer-key-menu.h"
#include "coffer-key-tiles.h"
#include "coffer-key-typing.h"

#define NATURAL_WIDTH 480

struct _CofferKeyGrid {
  GtkWidget parent_instance;

  GtkWidget *scroller;
  CofferKeyTiles *tiles;
  GtkPopover *menu;

  CofferKeySelection *selection;
  CofferThumbnails *thumbnails;
  CofferThumbnailSize size;
  CofferKeyTyping *typing;
  double wheel;   /* turned, but not far enough to count */
};

static guint activated_signal;

G_DEFINE_FINAL_TYPE (CofferKeyGrid, coffer_key_grid, GTK_TYPE_WIDGET)

static const int picture_widths[COFFER_N_THUMBNAIL_SIZES] = { 96, 140, 196, 280 };

/* What it shows */

static void
reveal_cb (CofferKeyGrid *self,
           guint          position)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  coffer_key_tiles_choose (self->tiles, position, FALSE, FALSE);
  coffer_key_tiles_reveal (self->tiles, position);
  /* The tile that had the focus may be gone; elsewhere it is the person's. */
  if (gtk_widget_get_mapped (GTK_WIDGET (self)) && (focus == NULL || gtk_widget_is_ancestor (focus, GTK_WIDGET (self))))
    gtk_widget_grab_focus (GTK_WIDGET (self));
}

void
coffer_key_grid_set_selection (CofferKeyGrid      *self,
                               CofferKeySelection *selection)
{
  g_return_if_fail (COFFER_IS_KEY_GRID (self));

  if (selection == self->selection)
    return;

  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_func (self->selection, reveal_cb, self);
  g_set_object (&self->selection, selection);
  coffer_key_tiles_set_selection (self->tiles, selection);
  if (selection != NULL)
    g_signal_connect_swapped (selection, "reveal", G_CALLBACK (reveal_cb), self);
}

static void
update_pictures (CofferKeyGrid *self)
{
  coffer_key_tiles_set_pictures (self->tiles, self->thumbnails, picture_widths[self->size]);
}

void
coffer_key_grid_set_thumbnails (CofferKeyGrid    *self,
                                CofferThumbnails *thumbnails)
{
  g_return_if_fail (COFFER_IS_KEY_GRID (self));

  g_set_object (&self->thumbnails, thumbnails);
  update_pictures (self);
}

void
coffer_key_grid_set_size (CofferKeyGrid       *self,
                          CofferThumbnailSize  size)
{
  g_return_if_fail (COFFER_IS_KEY_GRID (self));
  g_return_if_fail (size < COFFER_N_THUMBNAIL_SIZES);

  self->size = size;
  update_pictures (self);
}

CofferThumbnailSize
coffer_key_grid_get_size (CofferKeyGrid *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_GRID (self), COFFER_THUMBNAIL_SIZE_MEDIUM);

  return self->size;
}

void
coffer_key_grid_set_bottom_room (CofferKeyGrid *self,
                                 int            room)
{
  g_return_if_fail (COFFER_IS_KEY_GRID (self));

  coffer_key_tiles_set_bottom_room (self->tiles, room);
}

guint
coffer_key_grid_get_first_visible (CofferKeyGrid *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_GRID (self), 0);

  return coffer_key_tiles_get_first_visible (self->tiles);
}

gboolean
coffer_key_grid_shows (CofferKeyGrid *self,
                       guint          position)
{
  CofferKeyTile *tile;
  graphene_rect_t box;

  g_return_val_if_fail (COFFER_IS_KEY_GRID (self), FALSE);

  tile = coffer_key_tiles_get_tile (self->tiles, position);
  return tile != NULL && gtk_widget_compute_bounds (GTK_WIDGET (tile), self->scroller, &box) && box.origin.y > -box.size.height / 2 &&
         box.origin.y + box.size.height / 2 < gtk_widget_get_height (self->scroller);
}

void
coffer_key_grid_show_first (CofferKeyGrid *self,
                            guint          position,
                            guint          also)
{
  g_return_if_fail (COFFER_IS_KEY_GRID (self));

  coffer_key_tiles_show_first (self->tiles, position);
  if (also != GTK_INVALID_LIST_POSITION)
    coffer_key_tiles_reveal (self->tiles, also);
}

/* Keys and pointer */

static gboolean
key_pressed_cb (CofferKeyGrid   *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  g_autoptr(GBytes) key = NULL;

  if (self->selection == NULL)
    return GDK_EVENT_PROPAGATE;
  if (keyval == GDK_KEY_Escape && coffer_key_selection_get_n_selected (self->selection) > 1)
    {
      coffer_key_selection_clear (self->selection);
      return GDK_EVENT_STOP;
    }
  key = coffer_key_typing_press (self->typing, keyval, state);
  if (key == NULL)
    return GDK_EVENT_PROPAGATE;

  coffer_key_selection_go_to (self->selection, key);
  return GDK_EVENT_STOP;
}

static void
activated_cb (CofferKeyGrid *self,
              guint          position)
{
  g_signal_emit (self, activated_signal, 0);
}

/* A wheel has steps, a touchpad less than that at a time. */
static gboolean
scroll_cb (CofferKeyGrid            *self,
           double                    dx,
           double                    dy,
           GtkEventControllerScroll *controller)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));

  if ((state & GDK_CONTROL_MASK) == 0)
    {
      self->wheel = 0;
      return GDK_EVENT_PROPAGATE;
    }

  self->wheel += dy;
  if (ABS (self->wheel) >= 1)
    {
      gtk_widget_activate_action (GTK_WIDGET (self), self->wheel < 0 ? "win.larger-thumbnails" : "win.smaller-thumbnails", NULL);
      self->wheel = 0;
    }
  return GDK_EVENT_STOP;
}

/* Menu */

static void
pop_up_menu (CofferKeyGrid      *self,
             const GdkRectangle *at)
{
  gtk_popover_set_pointing_to (self->menu, at);
  gtk_popover_popup (self->menu);
}

static void
pop_up_menu_at (CofferKeyGrid *self,
                double         x,
                double         y)
{
  CofferKeyTile *tile = coffer_key_tiles_pick (self->tiles, x, y);
  double view_x, view_y;
  guint position;

  if (tile == NULL || coffer_key_tile_get_entry (tile) == NULL)
    return;

  position = coffer_entry_get_position (coffer_key_tile_get_entry (tile));
  if (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), position))
    coffer_key_selection_look_at (self->selection, position);
  else
    coffer_key_tiles_choose (self->tiles, position, FALSE, FALSE);
  gtk_widget_translate_coordinates (GTK_WIDGET (self->tiles), GTK_WIDGET (self), x, y, &view_x, &view_y);
  pop_up_menu (self, &(GdkRectangle) { view_x, view_y, 1, 1 });
}

static void
secondary_pressed_cb (CofferKeyGrid *self,
                      int            n_press,
                      double         x,
                      double         y)
{
  pop_up_menu_at (self, x, y);
}

static void
long_pressed_cb (CofferKeyGrid *self,
                 double         x,
                 double         y)
{
  pop_up_menu_at (self, x, y);
}

/* The menu key: at the selected tile if it is on the screen, else in the middle. */
static void
menu_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferKeyGrid *self = COFFER_KEY_GRID (widget);
  GdkRectangle at = { gtk_widget_get_width (widget) / 2, gtk_widget_get_height (widget) / 2, 1, 1 };
  CofferKeyTile *tile = NULL;
  graphene_rect_t box;

  if (self->selection == NULL || coffer_key_selection_get_n_selected (self->selection) == 0)
    return;

  tile = coffer_key_tiles_get_tile (self->tiles, coffer_key_selection_get_current (self->selection));
  if (tile != NULL && gtk_widget_compute_bounds (GTK_WIDGET (tile), widget, &box) && box.origin.y >= 0 &&
      box.origin.y + box.size.height <= gtk_widget_get_height (widget))
    at = (GdkRectangle) { box.origin.x + box.size.width / 2, box.origin.y + box.size.height / 2, 1, 1 };
  pop_up_menu (self, &at);
}

/* The widget */

static void
coffer_key_grid_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = 0;
      *natural = NATURAL_WIDTH;
      return;
    }
  gtk_widget_measure (COFFER_KEY_GRID (widget)->scroller, orientation, -1, minimum, natural, NULL, NULL);
}

/* Extra large pictures may not have room, but the window gets as narrow as with any others. */
static void
coffer_key_grid_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  CofferKeyGrid *self = COFFER_KEY_GRID (widget);
  int minimum;

  gtk_widget_measure (self->scroller, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_size_allocate (self->scroller, &(GtkAllocation) { 0, 0, MAX (width, minimum), height }, -1);
  gtk_popover_present (self->menu);
}

static gboolean
coffer_key_grid_focus (GtkWidget        *widget,
                       GtkDirectionType  direction)
{
  return gtk_widget_child_focus (GTK_WIDGET (COFFER_KEY_GRID (widget)->tiles), direction);
}

static gboolean
coffer_key_grid_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (COFFER_KEY_GRID (widget)->tiles));
}

static void
coffer_key_grid_dispose (GObject *object)
{
  CofferKeyGrid *self = COFFER_KEY_GRID (object);

  if (self->tiles != NULL)
    coffer_key_grid_set_selection (self, NULL);
  g_clear_object (&self->thumbnails);
  g_clear_pointer ((GtkWidget **) &self->menu, gtk_widget_unparent);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_KEY_GRID);

  G_OBJECT_CLASS (coffer_key_grid_parent_class)->dispose (object);
}

static void
coffer_key_grid_finalize (GObject *object)
{
  coffer_key_typing_free (COFFER_KEY_GRID (object)->typing);

  G_OBJECT_CLASS (coffer_key_grid_parent_class)->finalize (object);
}

static void
coffer_key_grid_class_init (CofferKeyGridClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_key_grid_dispose;
  object_class->finalize = coffer_key_grid_finalize;
  widget_class->measure = coffer_key_grid_measure;
  widget_class->size_allocate = coffer_key_grid_size_allocate;
  widget_class->focus = coffer_key_grid_focus;
  widget_class->grab_focus = coffer_key_grid_grab_focus;

  activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_GRID, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (COFFER_TYPE_KEY_TILES);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-key-grid.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferKeyGrid, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyGrid, tiles);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, long_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, scroll_cb);
  gtk_widget_class_bind_template_callback (widget_class, secondary_pressed_cb);
  gtk_widget_class_install_action (widget_class, "keys.menu", NULL, menu_action);
}

static void
coffer_key_grid_init (CofferKeyGrid *self)
{
  self->typing = coffer_key_typing_new ();
  self->size = COFFER_THUMBNAIL_SIZE_LARGE;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->menu = coffer_key_menu_attach (GTK_WIDGET (self));
}
