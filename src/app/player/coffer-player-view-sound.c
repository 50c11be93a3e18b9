/* SPDX-License-Identifier: MIT */
/* What there is to see of a sound: its cover, or else how loud it is. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-cover.h"
#include "coffer-player-view-private.h"

#define COVER_SIZE 640

static void
show_peaks (const float *peaks,
            guint        n_known,
            gpointer     data)
{
  CofferPlayerView *self = data;

  coffer_waveform_set_peaks (self->waveform, peaks, COFFER_PEAKS_N, n_known);
}

static void
show_waveform (CofferPlayerView *self)
{
  gint64 duration = coffer_player_get_duration (self->player);

  if (self->peaks != NULL || duration <= 0 || duration > COFFER_PEAKS_MAX_DURATION)
    return;

  gtk_widget_add_css_class (GTK_WIDGET (self), "sound");
  gtk_widget_set_visible (GTK_WIDGET (self->waveform), TRUE);
  self->peaks = coffer_peaks_new (coffer_player_get_uri (self->player), duration, show_peaks, self);
}

static void
show_cover (CofferPlayerView *self,
            GdkTexture       *cover)
{
  coffer_screen_set_paintable (self->screen, GDK_PAINTABLE (cover));
  coffer_screen_set_size (self->screen, gdk_texture_get_width (cover), gdk_texture_get_height (cover));
}

static void
cover_loaded_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      data)
{
  g_autoptr(CofferPlayerView) self = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GdkTexture) cover = coffer_cover_load_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (cover != NULL)
    show_cover (self, cover);
  else
    show_waveform (self);
}

/* Tags may come in pieces: the cover, if any, takes the waveform's place. */
void
coffer_player_view_show_sound (CofferPlayerView *self)
{
  gboolean sounds = !coffer_player_has_video (self->player) && coffer_player_has_audio (self->player);
  GstTagList *tags = coffer_player_get_tags (self->player);

  if (!sounds || self->loading_cover != NULL)
    return;

  if (!coffer_cover_is_in (tags))
    {
      show_waveform (self);
      return;
    }

  g_clear_pointer (&self->peaks, coffer_peaks_close);
  gtk_widget_set_visible (GTK_WIDGET (self->waveform), FALSE);
  self->loading_cover = g_cancellable_new ();
  coffer_cover_load_async (tags, COVER_SIZE, self->loading_cover, cover_loaded_cb, g_object_ref (self));
}

void
coffer_player_view_forget_sound (CofferPlayerView *self)
{
  g_cancellable_cancel (self->loading_cover);
  g_clear_object (&self->loading_cover);
  g_clear_pointer (&self->peaks, coffer_peaks_close);
  if (self->waveform == NULL)
    return;

  gtk_widget_remove_css_class (GTK_WIDGET (self), "sound");
  gtk_widget_set_visible (GTK_WIDGET (self->waveform), FALSE);
  coffer_waveform_set_peaks (self->waveform, NULL, 0, 0);
  coffer_screen_set_paintable (self->screen, GDK_PAINTABLE (coffer_player_get_frames (self->player)));
  coffer_screen_set_size (self->screen, 16, 9);
}
