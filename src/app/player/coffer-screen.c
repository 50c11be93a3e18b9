/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-screen.h"

/* Controls need that much. */
#define HEIGHT_MIN 168
#define NATURAL_WIDTH 336

struct _CofferScreen
{
  GtkWidget parent_instance;

  GdkPaintable *paintable;
  int width;         /* of what is shown: 16:9 until that is known */
  int height;
  int max_height;
};

enum {
  RESIZED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferScreen, coffer_screen, GTK_TYPE_WIDGET)

static GtkSizeRequestMode
coffer_screen_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
coffer_screen_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  CofferScreen *self = COFFER_SCREEN (widget);
  int height;

  *minimum = 0;
  *natural = NATURAL_WIDTH;
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    return;

  height = (gint64) (for_size < 0 ? NATURAL_WIDTH : for_size) * self->height / self->width;
  if (self->max_height > 0)
    height = MIN (height, self->max_height);
  *minimum = *natural = MAX (height, HEIGHT_MIN);
}

static void
emit_resized (CofferScreen *self)
{
  int unit = gtk_widget_get_scale_factor (GTK_WIDGET (self));

  g_signal_emit (self, signals[RESIZED], 0, gtk_widget_get_width (GTK_WIDGET (self)) * unit,
                 gtk_widget_get_height (GTK_WIDGET (self)) * unit);
}

static void
coffer_screen_size_allocate (GtkWidget *widget,
                             int        width,
                             int        height,
                             int        baseline)
{
  emit_resized (COFFER_SCREEN (widget));
}

static void
coffer_screen_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  CofferScreen *self = COFFER_SCREEN (widget);
  double room_width = gtk_widget_get_width (widget), room_height = gtk_widget_get_height (widget);
  double scale = MIN (room_width / self->width, room_height / self->height);
  double width = self->width * scale, height = self->height * scale;

  /* A scaled frame is a fraction of a pixel off the proportions: that would cost a scaling of every frame. */
  if (room_width - width < 1.5)
    width = room_width;
  if (room_height - height < 1.5)
    height = room_height;
  if (self->paintable == NULL)
    return;

  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((int) ((room_width - width) / 2), (int) ((room_height - height) / 2)));
  gdk_paintable_snapshot (self->paintable, snapshot, width, height);
  gtk_snapshot_restore (snapshot);
}

static void
coffer_screen_dispose (GObject *object)
{
  coffer_screen_set_paintable (COFFER_SCREEN (object), NULL);

  G_OBJECT_CLASS (coffer_screen_parent_class)->dispose (object);
}

static void
coffer_screen_class_init (CofferScreenClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_screen_dispose;

  widget_class->get_request_mode = coffer_screen_get_request_mode;
  widget_class->measure = coffer_screen_measure;
  widget_class->size_allocate = coffer_screen_size_allocate;
  widget_class->snapshot = coffer_screen_snapshot;

  signals[RESIZED] = g_signal_new ("resized", COFFER_TYPE_SCREEN, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);
  gtk_widget_class_set_css_name (widget_class, "screen");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
coffer_screen_init (CofferScreen *self)
{
  self->width = 16;
  self->height = 9;
  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (emit_resized), NULL);
}

void
coffer_screen_set_paintable (CofferScreen *self,
                             GdkPaintable *paintable)
{
  g_return_if_fail (COFFER_IS_SCREEN (self));

  if (self->paintable != NULL)
    g_signal_handlers_disconnect_by_func (self->paintable, gtk_widget_queue_draw, self);
  g_set_object (&self->paintable, paintable);
  if (paintable != NULL)
    g_signal_connect_swapped (paintable, "invalidate-contents", G_CALLBACK (gtk_widget_queue_draw), self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
coffer_screen_set_size (CofferScreen *self,
                        int           width,
                        int           height)
{
  g_return_if_fail (COFFER_IS_SCREEN (self));

  if (width <= 0 || height <= 0 || (width == self->width && height == self->height))
    return;

  self->width = width;
  self->height = height;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
coffer_screen_set_max_height (CofferScreen *self,
                              int           max_height)
{
  g_return_if_fail (COFFER_IS_SCREEN (self));

  if (max_height == self->max_height)
    return;

  self->max_height = max_height;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}
