/* SPDX-License-Identifier: MIT */
/* The grid of keys: what is around its tiles, and how large these are. Main thread. */
#define G_LOG_DOMAIN "coffer-key-grid"

#include "coffer-key-grid.h"

#include "coffer-key-tile.h"

#define NATURAL_WIDTH 480

/* Logical pixels: around all tiles, and between two. */
#define EDGE 10
#define GAP 6

struct _CofferKeyGrid {
  GtkWidget parent_instance;

  GtkWidget *scroller;
  CofferKeyCells *tiles;

  CofferThumbnails *thumbnails;
  CofferThumbnailSize size;
  CofferThumbnailSize shown_size;   /* in the room there is */
  double wheel;   /* turned, but not far enough to count */
};

static guint activated_signal;

G_DEFINE_FINAL_TYPE (CofferKeyGrid, coffer_key_grid, GTK_TYPE_WIDGET)

static const int picture_widths[COFFER_N_THUMBNAIL_SIZES] = { 96, 140, 196, 280 };

/* Large ones, which is what people begin with, would be a single column in a narrow window; extra large ones were asked for. */
static CofferThumbnailSize
fit_size (CofferKeyGrid *self,
          int            width)
{
  int tile, height;

  coffer_key_tile_get_size (GTK_WIDGET (self->tiles), picture_widths[self->size], &tile, &height);
  if (self->size == COFFER_THUMBNAIL_SIZE_LARGE && width > 0 && width < 2 * EDGE + 2 * tile + GAP)
    return COFFER_THUMBNAIL_SIZE_MEDIUM;
  return self->size;
}

static void
update_size (CofferKeyGrid *self,
             int            width)
{
  CofferThumbnailSize size = fit_size (self, width);

  if (size == self->shown_size)
    return;
  self->shown_size = size;
  coffer_key_cells_reshape (self->tiles);
}

/* What it shows */

void
coffer_key_grid_set_selection (CofferKeyGrid      *self,
                               CofferKeySelection *selection)
{
  g_return_if_fail (COFFER_IS_KEY_GRID (self));

  coffer_key_cells_set_selection (self->tiles, selection);
}

void
coffer_key_grid_set_thumbnails (CofferKeyGrid    *self,
                                CofferThumbnails *thumbnails)
{
  g_return_if_fail (COFFER_IS_KEY_GRID (self));

  if (g_set_object (&self->thumbnails, thumbnails))
    coffer_key_cells_reshape (self->tiles);
}

void
coffer_key_grid_set_size (CofferKeyGrid       *self,
                          CofferThumbnailSize  size)
{
  g_return_if_fail (COFFER_IS_KEY_GRID (self));
  g_return_if_fail (size < COFFER_N_THUMBNAIL_SIZES);

  self->size = size;
  update_size (self, gtk_widget_get_width (GTK_WIDGET (self)));
}

CofferThumbnailSize
coffer_key_grid_get_size (CofferKeyGrid *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_GRID (self), COFFER_THUMBNAIL_SIZE_MEDIUM);

  return self->size;
}

CofferKeyCells *
coffer_key_grid_get_cells (CofferKeyGrid *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_GRID (self), NULL);

  return self->tiles;
}

static void
activated_cb (CofferKeyGrid *self,
              guint          position)
{
  g_signal_emit (self, activated_signal, 0);
}

/* Tiles */

static GtkWidget *
make_tile (gpointer owner)
{
  return coffer_key_tile_new ();
}

static void
prepare_tile (gpointer       owner,
              CofferKeyCell *cell)
{
  CofferKeyGrid *self = owner;

  coffer_key_tile_set_picture (COFFER_KEY_TILE (cell), self->thumbnails, picture_widths[self->shown_size]);
}

static void
measure_tile (gpointer   owner,
              GtkWidget *tiles,
              int       *width,
              int       *height)
{
  coffer_key_tile_get_size (tiles, picture_widths[COFFER_KEY_GRID (owner)->shown_size], width, height);
}

static const CofferKeyShape tile_shape = { make_tile, prepare_tile, measure_tile, EDGE, GAP };

/* Wheel */

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

  update_size (self, width);
  gtk_widget_measure (self->scroller, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_size_allocate (self->scroller, &(GtkAllocation) { 0, 0, MAX (width, minimum), height }, -1);
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
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_KEY_GRID);

  G_OBJECT_CLASS (coffer_key_grid_parent_class)->dispose (object);
}

static void
coffer_key_grid_class_init (CofferKeyGridClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_key_grid_dispose;
  widget_class->measure = coffer_key_grid_measure;
  widget_class->size_allocate = coffer_key_grid_size_allocate;
  widget_class->focus = coffer_key_grid_focus;
  widget_class->grab_focus = coffer_key_grid_grab_focus;

  activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_GRID, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (COFFER_TYPE_KEY_CELLS);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-key-grid.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferKeyGrid, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferKeyGrid, tiles);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, scroll_cb);
}

static void
coffer_key_grid_init (CofferKeyGrid *self)
{
  self->size = self->shown_size = COFFER_THUMBNAIL_SIZE_LARGE;
  gtk_widget_init_template (GTK_WIDGET (self));
  coffer_key_cells_set_shape (self->tiles, &tile_shape, self);
}
