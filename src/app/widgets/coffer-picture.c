/* SPDX-License-Identifier: MIT */
/*
 * Draws a GdkPaintable contained in its own room. The picture's own size decides the layout, not the paintable's, which may
 * be a reduced copy made for an earlier layout. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-picture.h"

#include <adwaita.h>

#define CHECKER_SIZE 8

struct _CofferPicture
{
  GtkWidget parent_instance;

  GdkPaintable *paintable;
  int width;
  int height;
  int max_height;
  gboolean opaque;
};

G_DEFINE_FINAL_TYPE (CofferPicture, coffer_picture, GTK_TYPE_WIDGET)

/* The size it takes in a room; a limit below 1 is none. Never 0, however thin the picture. */
static void
fit (CofferPicture *self,
     int            max_width,
     int            max_height,
     int           *width,
     int           *height)
{
  double unit = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  double natural_width = self->width / unit;
  double natural_height = self->height / unit;
  double scale = 1;

  if (max_width > 0)
    scale = MIN (scale, max_width / natural_width);
  if (max_height > 0)
    scale = MIN (scale, max_height / natural_height);

  *width = MAX (1, (int) (natural_width * scale + .5));
  *height = MAX (1, (int) (natural_height * scale + .5));
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
  int width, height;

  *minimum = *natural = 0;
  if (self->paintable == NULL)
    return;

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      fit (self, 0, self->max_height, &width, &height);
      *natural = width;
    }
  else
    {
      fit (self, for_size, self->max_height, &width, &height);
      *minimum = *natural = height;
    }
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

static void
coffer_picture_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  CofferPicture *self = COFFER_PICTURE (widget);
  int room = gtk_widget_get_width (widget);
  int width, height, radius;
  graphene_rect_t bounds;
  GskRoundedRect outline;

  if (self->paintable == NULL)
    return;

  fit (self, room, gtk_widget_get_height (widget), &width, &height);
  radius = CLAMP (MIN (width, height) / 8, 0, 12);
  graphene_rect_init (&bounds, (room - width) / 2, 0, width, height);
  gsk_rounded_rect_init_from_rect (&outline, &bounds, radius);

  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  if (!self->opaque)
    append_checkerboard (snapshot, &bounds);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &bounds.origin);
  gdk_paintable_snapshot (self->paintable, snapshot, width, height);
  gtk_snapshot_restore (snapshot);
  gtk_snapshot_pop (snapshot);

  if (adw_style_manager_get_high_contrast (adw_style_manager_get_default ()))
    append_outline (self, snapshot, &outline);
}

static void
clear_paintable (CofferPicture *self)
{
  if (self->paintable != NULL)
    g_signal_handlers_disconnect_by_func (self->paintable, gtk_widget_queue_draw, self);
  g_clear_object (&self->paintable);
}

static void
coffer_picture_dispose (GObject *object)
{
  clear_paintable (COFFER_PICTURE (object));

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
  widget_class->snapshot = coffer_picture_snapshot;

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
}

GtkWidget *
coffer_picture_new (void)
{
  return g_object_new (COFFER_TYPE_PICTURE, NULL);
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
  if (paintable != NULL)
    {
      self->paintable = g_object_ref (paintable);
      g_signal_connect_swapped (paintable, "invalidate-contents", G_CALLBACK (gtk_widget_queue_draw), self);
    }

  if (width != self->width || height != self->height)
    gtk_widget_queue_resize (GTK_WIDGET (self));
  self->width = width;
  self->height = height;
  self->opaque = opaque;
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
