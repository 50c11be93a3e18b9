/* SPDX-License-Identifier: MIT */
/* A picture on a plate, on others if there are several keys, and their number in the corner. Main thread. */
#define G_LOG_DOMAIN "coffer-key-drag-icon"

#include "coffer-key-drag-icon.h"

#define WIDTH 96
#define HEIGHT 72
#define RADIUS 8
#define STEP 4            /* from one plate to the one behind it */
#define N_BEHIND 2
#define BADGE 22          /* high, and wide at least */
#define EDGE 10           /* around it all: room for the badge */
#define ICON 32

struct _CofferKeyDragIcon {
  GtkWidget parent_instance;

  CofferKeyPicture *picture;
  PangoLayout *number;    /* (nullable) of one */
};

G_DEFINE_FINAL_TYPE (CofferKeyDragIcon, coffer_key_drag_icon, GTK_TYPE_WIDGET)

static void
append_plate (GtkWidget   *widget,
              GtkSnapshot *snapshot,
              int          offset)
{
  const graphene_rect_t box = GRAPHENE_RECT_INIT (EDGE + offset, EDGE + offset, WIDTH, HEIGHT);
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  GdkRGBA ground = { 1, 1, 1, 1 }, line;
  GskRoundedRect outline;

  gtk_style_context_lookup_color (context, "view_bg_color", &ground);
  gtk_style_context_get_color (context, &line);
  line.alpha *= .25f;
  gsk_rounded_rect_init_from_rect (&outline, &box, RADIUS);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &ground, &box);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_append_border (snapshot, &outline, (float[4]) { 1, 1, 1, 1 }, (GdkRGBA[4]) { line, line, line, line });
}

static void
append_number (CofferKeyDragIcon *self,
               GtkSnapshot       *snapshot)
{
  GtkStyleContext *context = gtk_widget_get_style_context (GTK_WIDGET (self));
  GdkRGBA ground = { .1f, .4f, .9f, 1 }, ink = { 1, 1, 1, 1 };
  int text_width, text_height, width;
  GskRoundedRect outline;
  graphene_rect_t box;

  gtk_style_context_lookup_color (context, "accent_bg_color", &ground);
  gtk_style_context_lookup_color (context, "accent_fg_color", &ink);
  pango_layout_get_pixel_size (self->number, &text_width, &text_height);
  width = MAX (text_width + BADGE / 2, BADGE);
  graphene_rect_init (&box, EDGE + WIDTH + EDGE - width, 0, width, BADGE);
  gsk_rounded_rect_init_from_rect (&outline, &box, BADGE / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &ground, &box);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (box.origin.x + (width - text_width) / 2, (BADGE - text_height) / 2));
  gtk_snapshot_append_layout (snapshot, self->number, &ink);
  gtk_snapshot_restore (snapshot);
}

static void
coffer_key_drag_icon_snapshot (GtkWidget   *widget,
                               GtkSnapshot *snapshot)
{
  CofferKeyDragIcon *self = COFFER_KEY_DRAG_ICON (widget);

  for (int i = self->number != NULL ? N_BEHIND : 0; i >= 0; i--)
    append_plate (widget, snapshot, i * STEP);
  coffer_key_picture_snapshot (self->picture, snapshot, EDGE, EDGE, RADIUS, ICON);
  if (self->number != NULL)
    append_number (self, snapshot);
}

static void
coffer_key_drag_icon_measure (GtkWidget      *widget,
                              GtkOrientation  orientation,
                              int             for_size,
                              int            *minimum,
                              int            *natural,
                              int            *minimum_baseline,
                              int            *natural_baseline)
{
  *minimum = *natural = (orientation == GTK_ORIENTATION_HORIZONTAL ? WIDTH : HEIGHT) + 2 * EDGE + N_BEHIND * STEP;
}

static void
coffer_key_drag_icon_finalize (GObject *object)
{
  CofferKeyDragIcon *self = COFFER_KEY_DRAG_ICON (object);

  coffer_key_picture_free (self->picture);
  g_clear_object (&self->number);

  G_OBJECT_CLASS (coffer_key_drag_icon_parent_class)->finalize (object);
}

static void
coffer_key_drag_icon_class_init (CofferKeyDragIconClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_key_drag_icon_finalize;
  widget_class->measure = coffer_key_drag_icon_measure;
  widget_class->snapshot = coffer_key_drag_icon_snapshot;
}

static void
coffer_key_drag_icon_init (CofferKeyDragIcon *self)
{
  self->picture = coffer_key_picture_new (GTK_WIDGET (self), NULL);
}

GtkWidget *
coffer_key_drag_icon_new (CofferKeyPicture *picture,
                          guint             n_keys)
{
  CofferKeyDragIcon *self = g_object_new (COFFER_TYPE_KEY_DRAG_ICON, NULL);
  g_autofree char *number = g_strdup_printf ("%'u", n_keys);

  coffer_key_picture_imitate (self->picture, picture, WIDTH, HEIGHT);
  if (n_keys > 1)
    self->number = gtk_widget_create_pango_layout (GTK_WIDGET (self), number);
  return GTK_WIDGET (self);
}
