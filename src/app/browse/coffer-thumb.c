/* SPDX-License-Identifier: MIT */
/* The picture of one value, in a fixed room. Main thread. */
#define G_LOG_DOMAIN "coffer-thumb"

#include "coffer-thumb.h"

#include "coffer-key-picture.h"

#define WIDTH 64
#define HEIGHT 48
#define RADIUS 4
#define ICON_SIZE 24

struct _CofferThumb {
  GtkWidget parent_instance;

  CofferKeyPicture *picture;
  CofferEntry *entry;
};

G_DEFINE_FINAL_TYPE (CofferThumb, coffer_thumb, GTK_TYPE_WIDGET)

/* More is known of it. */
static void
entry_cb (CofferThumb *self)
{
  coffer_key_picture_set_entry (self->picture, self->entry);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
coffer_thumb_measure (GtkWidget      *widget,
                      GtkOrientation  orientation,
                      int             for_size,
                      int            *minimum,
                      int            *natural,
                      int            *minimum_baseline,
                      int            *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? WIDTH : HEIGHT;
}

static void
coffer_thumb_snapshot (GtkWidget   *widget,
                       GtkSnapshot *snapshot)
{
  coffer_key_picture_snapshot (COFFER_THUMB (widget)->picture, snapshot, 0, 0, RADIUS, ICON_SIZE);
}

static void
coffer_thumb_dispose (GObject *object)
{
  CofferThumb *self = COFFER_THUMB (object);

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_data (self->entry, self);
  g_clear_pointer (&self->picture, coffer_key_picture_free);
  g_clear_object (&self->entry);

  G_OBJECT_CLASS (coffer_thumb_parent_class)->dispose (object);
}

static void
coffer_thumb_class_init (CofferThumbClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_thumb_dispose;
  widget_class->measure = coffer_thumb_measure;
  widget_class->snapshot = coffer_thumb_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
coffer_thumb_init (CofferThumb *self)
{
  self->picture = coffer_key_picture_new (GTK_WIDGET (self), NULL);
  gtk_widget_set_halign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
}

GtkWidget *
coffer_thumb_new (CofferThumbnails *thumbnails,
                  CofferEntry      *entry)
{
  CofferThumb *self = g_object_new (COFFER_TYPE_THUMB, NULL);

  self->entry = g_object_ref (entry);
  coffer_key_picture_set_room (self->picture, thumbnails, WIDTH, HEIGHT);
  g_signal_connect_swapped (entry, "notify", G_CALLBACK (entry_cb), self);
  entry_cb (self);
  return GTK_WIDGET (self);
}
