/* SPDX-License-Identifier: MIT */
/*
 * Draws a GdkPaintable, all of it or a part, in its own room. The picture's own size decides the layout, not the paintable's, which
 * may be a reduced copy made for an earlier layout. What people do with it is in coffer-picture-zoom.c. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-picture-private.h"

#include <adwaita.h>
#include <math.h>

#define CHECKER_SIZE 8

enum {
  ZOOMED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferPicture, coffer_picture, GTK_TYPE_WIDGET)

/* How the picture lies in a room; a limit below 1 is none. */
static CofferZoom
zoom_in_room (CofferPicture *self,
              double         room_width,
              double         room_height)
{
  double unit = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  CofferZoom zoom = self->zoom;

  zoom.width = (self->turns % 2 ? self->height : self->width) / unit;
  zoom.height = (self->turns % 2 ? self->width : self->height) / unit;
  zoom.room_width = room_width;
  zoom.room_height = room_height;
  zoom.in_middle = self->alone;

  return zoom;
}

/* In a column what is below it goes away from a picture that grows, up to its limit. */
static void
set_room (CofferPicture *self,
          int            width,
          int            height)
{
  if (self->paintable != NULL)
    self->zoom = zoom_in_room (self, width, self->alone ? height : self->max_height);
}

static GtkSizeRequestMode
coffer_picture_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
coffer_picture_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  CofferPicture *self = COFFER_PICTURE (widget);
  CofferZoom zoom;
  graphene_rect_t box;

  *minimum = *natural = 0;
  if (self->paintable == NULL)
    return;

  zoom = zoom_in_room (self, orientation == GTK_ORIENTATION_VERTICAL ? for_size : 0, self->max_height);
  coffer_zoom_get_box (&zoom, &box);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *natural = box.size.width;
  else
    *minimum = *natural = ceil (self->max_height > 0 ? MIN (box.size.height, self->max_height) : box.size.height);
}

static void
coffer_picture_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  CofferPicture *self = COFFER_PICTURE (widget);

  set_room (self, width, height);
  coffer_picture_place_controls (self, width, height);
}

static void
append_checkerboard (GtkSnapshot           *snapshot,
                     const graphene_rect_t *bounds)
{
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  const GdkRGBA light_colors[] = { { 1, 1, 1, 1 }, { .88f, .88f, .88f, 1 } };
  const GdkRGBA dark_colors[] = { { .24f, .24f, .24f, 1 }, { .18f, .18f, .18f, 1 } };
  const GdkRGBA *colors = dark ? dark_colors : light_colors;
  float x = bounds->origin.x, y = bounds->origin.y;

  gtk_snapshot_append_color (snapshot, &colors[0], bounds);
  gtk_snapshot_push_repeat (snapshot, bounds, &GRAPHENE_RECT_INIT (x, y, 2 * CHECKER_SIZE, 2 * CHECKER_SIZE));
  gtk_snapshot_append_color (snapshot, &colors[1], &GRAPHENE_RECT_INIT (x, y, CHECKER_SIZE, CHECKER_SIZE));
  gtk_snapshot_append_color (snapshot, &colors[1],
                             &GRAPHENE_RECT_INIT (x + CHECKER_SIZE, y + CHECKER_SIZE, CHECKER_SIZE, CHECKER_SIZE));
  gtk_snapshot_pop (snapshot);
}

static void
append_outline (CofferPicture        *self,
                GtkSnapshot          *snapshot,
                const GskRoundedRect *outline)
{
  const float widths[] = { 1, 1, 1, 1 };
  GdkRGBA color;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  gtk_snapshot_append_border (snapshot, outline, widths, (const GdkRGBA[]) { color, color, color, color });
}

/* The part of a box of that size, which lies turned and not at all turned at the corner, that is seen through @seen. */
static void
turn_back (CofferPicture         *self,
           const graphene_size_t *size,
           const graphene_rect_t *seen,
           graphene_rect_t       *part)
{
  float x = seen->origin.x, y = seen->origin.y, width = seen->size.width, height = seen->size.height;

  switch (self->turns)
    {
    case 1:
      graphene_rect_init (part, y, size->width - x - width, height, width);
      break;
    case 2:
      graphene_rect_init (part, size->width - x - width, size->height - y - height, width, height);
      break;
    case 3:
      graphene_rect_init (part, size->height - y - height, x, height, width);
      break;
    default:
      *part = *seen;
    }
}

/* From then on the picture is drawn as it is, from the corner of the box. */
static void
turn_snapshot (CofferPicture         *self,
               GtkSnapshot           *snapshot,
               const graphene_rect_t *box)
{
  float width = self->turns == 1 || self->turns == 2 ? box->size.width : 0;
  float height = self->turns == 2 || self->turns == 3 ? box->size.height : 0;

  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (box->origin.x + width, box->origin.y + height));
  gtk_snapshot_rotate (snapshot, self->turns * 90);
}

static void
append_pixels (CofferPicture         *self,
               GtkSnapshot           *snapshot,
               const graphene_rect_t *box,
               const graphene_rect_t *seen)
{
  float width = self->turns % 2 ? box->size.height : box->size.width;
  float height = self->turns % 2 ? box->size.width : box->size.height;
  graphene_rect_t window = *seen, part;

  gtk_snapshot_save (snapshot);
  turn_snapshot (self, snapshot, box);
  graphene_rect_offset (&window, -box->origin.x, -box->origin.y);
  turn_back (self, &box->size, &window, &part);
  if (self->tiles != NULL)
    coffer_tiles_snapshot (self->tiles, snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height), &part);
  else
    gdk_paintable_snapshot (self->paintable, snapshot, width, height);
  gtk_snapshot_restore (snapshot);
}

static void
snapshot_picture (CofferPicture *self,
                  GtkSnapshot   *snapshot)
{
  graphene_rect_t room, box, seen;
  GskRoundedRect outline;

  graphene_rect_init (&room, 0, 0, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)));
  coffer_picture_get_box (self, &box);
  if (!graphene_rect_intersection (&box, &room, &seen))
    return;

  gsk_rounded_rect_init_from_rect (&outline, &seen, CLAMP ((int) MIN (seen.size.width, seen.size.height) / 8, 0, 12));
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  if (!self->opaque)
    append_checkerboard (snapshot, &seen);
  append_pixels (self, snapshot, &box, &seen);
  gtk_snapshot_pop (snapshot);

  if (adw_style_manager_get_high_contrast (adw_style_manager_get_default ()))
    append_outline (self, snapshot, &outline);
}

static void
coffer_picture_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  CofferPicture *self = COFFER_PICTURE (widget);

  if (self->paintable == NULL)
    return;

  snapshot_picture (self, snapshot);
  gtk_widget_snapshot_child (widget, self->pill, snapshot);
}

static void
clear_paintable (CofferPicture *self)
{
  if (self->paintable != NULL)
    g_signal_handlers_disconnect_by_func (self->paintable, gtk_widget_queue_draw, self);
  g_clear_object (&self->paintable);
  g_clear_pointer (&self->tiles, coffer_tiles_free);
}

static void
coffer_picture_dispose (GObject *object)
{
  CofferPicture *self = COFFER_PICTURE (object);

  g_clear_handle_id (&self->fade_id, g_source_remove);
  clear_paintable (self);
  g_clear_pointer (&self->pill, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_picture_parent_class)->dispose (object);
}

static void
coffer_picture_class_init (CofferPictureClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_picture_dispose;

  widget_class->get_request_mode = coffer_picture_get_request_mode;
  widget_class->measure = coffer_picture_measure;
  widget_class->size_allocate = coffer_picture_size_allocate;
  widget_class->snapshot = coffer_picture_snapshot;

  signals[ZOOMED] = g_signal_new ("zoomed", COFFER_TYPE_PICTURE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  coffer_picture_class_add_actions (widget_class);
  gtk_widget_class_set_css_name (widget_class, "picture");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
coffer_picture_init (CofferPicture *self)
{
  AdwStyleManager *style = adw_style_manager_get_default ();

  g_signal_connect_object (style, "notify::dark", G_CALLBACK (gtk_widget_queue_draw), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (style, "notify::high-contrast", G_CALLBACK (gtk_widget_queue_draw), self, G_CONNECT_SWAPPED);
  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (gtk_widget_queue_resize), NULL);
  coffer_picture_add_controls (self);
}

GtkWidget *
coffer_picture_new (void)
{
  return g_object_new (COFFER_TYPE_PICTURE, NULL);
}

/* One that is alone gets its keys by coffer_picture_key(), from those who have the arrow keys to go on to the next. */
static void
update_focusable (CofferPicture *self)
{
  gtk_widget_set_focusable (GTK_WIDGET (self), self->paintable != NULL && !self->alone);
}

static void
take_paintable (CofferPicture *self,
                GdkPaintable  *paintable)
{
  g_set_object (&self->paintable, paintable);
  if (paintable != NULL)
    g_signal_connect_swapped (paintable, "invalidate-contents", G_CALLBACK (gtk_widget_queue_draw), self);
  update_focusable (self);
}

void
coffer_picture_set_paintable (CofferPicture *self,
                              GdkPaintable  *paintable,
                              int            width,
                              int            height,
                              gboolean       opaque)
{
  g_return_if_fail (COFFER_IS_PICTURE (self));
  g_return_if_fail (paintable == NULL || (width > 0 && height > 0));

  clear_paintable (self);
  take_paintable (self, paintable);
  if (width != self->width || height != self->height || self->turns != 0 || !coffer_zoom_is_fit (&self->zoom))
    gtk_widget_queue_resize (GTK_WIDGET (self));
  self->width = width;
  self->height = height;
  self->opaque = opaque;
  self->turns = 0;
  coffer_zoom_set_fit (&self->zoom);
  set_room (self, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)));
  if (paintable == NULL)
    coffer_picture_hide_controls (self);
  coffer_picture_update_controls (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gboolean
coffer_picture_replace_paintable (CofferPicture *self,
                                  GdkPaintable  *paintable,
                                  gboolean       opaque)
{
  CofferTiles *tiles;

  g_return_val_if_fail (COFFER_IS_PICTURE (self) && self->paintable != NULL, FALSE);

  tiles = g_steal_pointer (&self->tiles);
  clear_paintable (self);
  take_paintable (self, paintable);
  self->tiles = tiles;
  self->opaque = opaque;
  gtk_widget_queue_draw (GTK_WIDGET (self));

  return tiles != NULL;
}

void
coffer_picture_set_pixels (CofferPicture *self,
                           GBytes        *pixels,
                           int            width,
                           int            height)
{
  g_return_if_fail (COFFER_IS_PICTURE (self) && self->paintable != NULL);

  g_clear_pointer (&self->tiles, coffer_tiles_free);
  if (pixels != NULL && (!coffer_zoom_is_fit (&self->zoom) || self->turns != 0))   /* turned, all of it may be larger */
    self->tiles = coffer_tiles_new (pixels, width, height);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

GdkPaintable *
coffer_picture_get_paintable (CofferPicture *self)
{
  g_return_val_if_fail (COFFER_IS_PICTURE (self), NULL);

  return self->paintable;
}

void
coffer_picture_set_max_height (CofferPicture *self,
                               int            max_height)
{
  g_return_if_fail (COFFER_IS_PICTURE (self));

  if (self->max_height == max_height)
    return;

  self->max_height = max_height;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
coffer_picture_set_alone (CofferPicture *self,
                          gboolean       alone)
{
  g_return_if_fail (COFFER_IS_PICTURE (self));

  self->alone = alone;
  gtk_widget_set_vexpand (GTK_WIDGET (self), alone);
  update_focusable (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

double
coffer_picture_get_scale (CofferPicture *self)
{
  g_return_val_if_fail (COFFER_IS_PICTURE (self), 1);

  return self->paintable != NULL ? coffer_zoom_get_scale (&self->zoom) : 1;
}

int
coffer_picture_get_n_columns (CofferPicture *self)
{
  g_return_val_if_fail (COFFER_IS_PICTURE (self), 0);

  if (self->tiles != NULL)
    return coffer_tiles_get_width (self->tiles);

  return self->paintable != NULL ? gdk_paintable_get_intrinsic_width (self->paintable) : 0;
}

gboolean
coffer_picture_get_box (CofferPicture   *self,
                        graphene_rect_t *box)
{
  g_return_val_if_fail (COFFER_IS_PICTURE (self), FALSE);

  if (self->paintable == NULL)
    return FALSE;

  /* Pixel on pixel, where they are of one size. */
  coffer_zoom_get_box (&self->zoom, box);
  box->origin.x = floor (box->origin.x + .5);
  box->origin.y = floor (box->origin.y + .5);

  return TRUE;
}

void
coffer_picture_update_zoom (CofferPicture *self)
{
  int height = gtk_widget_get_height (GTK_WIDGET (self)), wanted;

  if (coffer_zoom_is_fit (&self->zoom) && self->turns == 0)
    g_clear_pointer (&self->tiles, coffer_tiles_free);
  set_room (self, gtk_widget_get_width (GTK_WIDGET (self)), height);
  /* Not by gtk_widget_measure(), which remembers. */
  coffer_picture_measure (GTK_WIDGET (self), GTK_ORIENTATION_VERTICAL, gtk_widget_get_width (GTK_WIDGET (self)),
                          &wanted, &wanted, NULL, NULL);
  if (wanted != height && !self->alone)
    gtk_widget_queue_resize (GTK_WIDGET (self));
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
  coffer_picture_update_controls (self);
  g_signal_emit (self, signals[ZOOMED], 0);
}
