/* SPDX-License-Identifier: MIT */
/* The bubble over the bar: the time where the pointer is, and the frame there once it is made. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-view-private.h"

#define FRAME_WIDTH 160
#define GAP 8
#define MARGIN 6
/* An older frame in the bubble is better than none, but only from near by. */
#define NEAR (2 * GST_SECOND)

/* Frames are asked for in its size. */
static void
show_frame (GdkTexture *texture,
            gint64      position,
            gpointer    data)
{
  CofferPlayerView *self = data;
  int unit = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  int width = gdk_texture_get_width (texture) / unit, height = gdk_texture_get_height (texture) / unit;

  if (self->peek_position < 0 || ABS (position - self->peek_position) > (gint64) NEAR)
    return;

  gtk_picture_set_paintable (self->bubble_frame, GDK_PAINTABLE (texture));
  gtk_widget_set_size_request (GTK_WIDGET (self->bubble_frame), width, height);
  gtk_widget_set_visible (GTK_WIDGET (self->bubble_frame), TRUE);
}

static void
ask (CofferPlayerView *self,
     gint64            position)
{
  if (!coffer_player_has_video (self->player))
    return;

  if (self->peek == NULL)
    self->peek = coffer_peek_new (coffer_player_get_uri (self->player),
                                  FRAME_WIDTH * gtk_widget_get_scale_factor (GTK_WIDGET (self)), show_frame, self);
  coffer_peek_ask (self->peek, position);
}

static void
hide_frame (CofferPlayerView *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->bubble_frame), FALSE);
  gtk_picture_set_paintable (self->bubble_frame, NULL);
}

void
coffer_player_view_hover (CofferPlayerView *self,
                          double            x,
                          gint64            position)
{
  g_autofree char *time = coffer_player_dup_clock (position, coffer_player_get_duration (self->player));
  gint64 last = self->peek_position;

  self->peek_position = position;
  self->bubble_x = x;
  gtk_label_set_label (self->bubble_time, time);
  gtk_widget_set_visible (self->bubble, position >= 0);
  if (position < 0 || ABS (position - last) > (gint64) NEAR)
    hide_frame (self);
  if (position >= 0)
    ask (self, position);
  gtk_widget_queue_allocate (self->stage);
}

/* Over the pointer, but kept inside. */
gboolean
coffer_player_view_place_bubble (CofferPlayerView *self,
                                 GtkWidget        *child,
                                 GdkRectangle     *place)
{
  GtkRequisition size;
  double x, y;

  if (child != self->bubble)
    return FALSE;

  gtk_widget_get_preferred_size (child, NULL, &size);
  if (!gtk_widget_translate_coordinates (GTK_WIDGET (self->bar), self->stage, self->bubble_x, 0, &x, &y))
    return FALSE;

  place->width = size.width;
  place->height = size.height;
  place->x = CLAMP (x - size.width / 2., MARGIN, MAX (MARGIN, gtk_widget_get_width (self->stage) - size.width - MARGIN));
  place->y = MAX (0, y - size.height - GAP);

  return TRUE;
}

void
coffer_player_view_forget_peek (CofferPlayerView *self)
{
  g_clear_pointer (&self->peek, coffer_peek_close);
  if (self->bubble_frame != NULL)
    hide_frame (self);
}
