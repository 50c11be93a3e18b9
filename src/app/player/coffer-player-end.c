/* SPDX-License-Identifier: MIT */
/*
 * The end of a clip, and whether it comes before its time. Of a clip that is cut off GStreamer plays what is there and tells of its
 * end as of any other's. Main thread.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-private.h"

#define SHORT_MIN GST_SECOND
#define SHORT_PART 50   /* of the whole */

/* Where the length is written down. Everybody else guesses it from the rate of bytes, or finds it in what is there. */
static gboolean
states_length (CofferPlayer *self)
{
  static const char *const factories[] = { "qtdemux", "matroskademux", "avidemux", "asfdemux", "flacparse" };
  gboolean found = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (factories) && !found; i++)
    {
      GstIterator *iterator = gst_bin_iterate_all_by_element_factory_name (GST_BIN (coffer_playback_get_element (self->playback)),
                                                                           factories[i]);
      GValue element = G_VALUE_INIT;

      found = gst_iterator_next (iterator, &element) == GST_ITERATOR_OK;
      if (found)
        g_value_unset (&element);
      gst_iterator_free (iterator);
    }

  return found;
}

/* A track that is not played may be longer than those that are. */
static gboolean
plays_all (CofferPlayer *self)
{
  return self->missing == NULL && coffer_player_get_n_tracks (self, COFFER_PLAYER_AUDIO) < 2;
}

/* A last frame may be long, and lengths are rounded. */
static gboolean
is_early (CofferPlayer *self)
{
  gint64 last = MAX (self->position, coffer_playback_get_last_words (self->playback));
  gint64 margin = MAX (self->duration / SHORT_PART, 2 * coffer_player_get_frame_duration (self));

  return self->duration - last > MAX (margin, (gint64) SHORT_MIN) && states_length (self);
}

static void
tell_cut (CofferPlayer *self)
{
  if (self->cut)
    return;

  self->cut = TRUE;
  coffer_player_update_notice (self);
  g_signal_emit_by_name (self, "loaded");   /* the facts are others */
}

static void
rest (CofferPlayer *self)
{
  coffer_player_forget_motion (self);
  self->at_end = TRUE;
  self->wants_play = FALSE;
  coffer_playback_set_state (self->playback, GST_STATE_PAUSED);
}

/* Where nothing came of a seek, the pipeline says that it is at the very end. */
static void
find_position (CofferPlayer *self)
{
  if (coffer_playback_has_rendered (self->playback))
    coffer_player_query_position (self);
  else if (self->seqnum != 0)
    coffer_player_set_position (self, self->target);
}

void
coffer_player_end (CofferPlayer *self)
{
  gboolean early;

  coffer_player_query_duration (self);
  find_position (self);
  early = is_early (self);
  if (early && plays_all (self))
    tell_cut (self);
  if (self->loop && self->wants_play)
    {
      coffer_player_begin_seek (self, 0);
      return;
    }

  rest (self);
  if (!early)
    coffer_player_set_position (self, self->duration);
  coffer_player_update_state (self);
}
