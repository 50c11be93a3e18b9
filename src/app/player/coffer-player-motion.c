/* SPDX-License-Identifier: MIT */
/* Going somewhere: seeks and steps. Main thread. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-private.h"

#include <math.h>

#define DEFAULT_FRAME (GST_SECOND / 25)

void
coffer_player_forget_motion (CofferPlayer *self)
{
  self->seeking = self->has_next = self->ended = self->stepping = self->stepped = FALSE;
  self->steps = 0;
}

void
coffer_player_begin_seek (CofferPlayer *self,
                          gint64        position)
{
  self->seeking = TRUE;
  self->stepping = self->stepped = FALSE;
  self->steps = 0;
  self->at_end = FALSE;
  self->target = position;
  self->seqnum = gst_util_seqnum_next ();
  coffer_playback_seek (self->playback, self->rate, position, self->seqnum);
  coffer_player_set_position (self, position);
  coffer_player_update_state (self);
}

/* An end that was told meanwhile is out of date if another place was sought since. */
gboolean
coffer_player_end_seek (CofferPlayer *self,
                        gboolean      refused)
{
  gboolean ended = self->ended && (refused || self->ended_seqnum == self->seqnum);

  self->seeking = FALSE;
  if (self->has_next)
    {
      self->has_next = FALSE;
      self->ended = ended && refused;
      coffer_player_begin_seek (self, self->next);
      return FALSE;
    }

  self->ended = FALSE;
  coffer_player_update_state (self);
  if (self->wants_play)
    coffer_player_query_position (self);

  return ended;
}

gint64
coffer_player_get_frame_duration (CofferPlayer *self)
{
  int width, height, numerator, denominator;

  if (!coffer_player_get_video_format (self, &width, &height, &numerator, &denominator) || numerator <= 0 || denominator <= 0)
    return DEFAULT_FRAME;

  return gst_util_uint64_scale (GST_SECOND, denominator, numerator);
}

/* Where it is, or will be. */
gint64
coffer_player_get_destination (CofferPlayer *self)
{
  return self->has_next ? self->next : self->seeking ? self->target : self->position;
}

void
coffer_player_seek (CofferPlayer *self,
                    gint64        position)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (!self->loaded || self->playback == NULL)
    return;

  /* At the very end there is no frame. */
  if (self->duration > 0)
    position = MIN (position, self->duration - coffer_player_get_frame_duration (self));
  position = MAX (position, 0);

  if (!self->seeking)
    {
      coffer_player_begin_seek (self, position);
      return;
    }

  self->has_next = TRUE;
  self->next = position;
  coffer_player_set_position (self, position);
}

void
coffer_player_seek_by (CofferPlayer *self,
                       gint64        by)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  coffer_player_seek (self, coffer_player_get_destination (self) + by);
}

static void
step_on (CofferPlayer *self)
{
  if (self->stepping)
    {
      self->steps++;
      return;
    }

  self->stepping = self->stepped = TRUE;
  coffer_playback_step (self->playback);
}

void
coffer_player_end_step (CofferPlayer *self)
{
  self->stepping = FALSE;
  coffer_player_query_position (self);
  if (self->steps == 0)
    return;

  self->steps--;
  step_on (self);
}

/*
 * A frame back is sought, in its middle: frames come with the time that was sought, not with that of their own beginning, and
 * what begins exactly there is a matter of rounding.
 */
void
coffer_player_step (CofferPlayer *self,
                    int           direction)
{
  gint64 duration, n;

  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (!self->loaded || self->playback == NULL || !coffer_player_has_video (self) || (direction > 0 && self->at_end))
    return;

  coffer_player_pause (self);
  if (direction > 0 && !self->seeking)
    {
      step_on (self);
      return;
    }

  duration = coffer_player_get_frame_duration (self);
  n = floor (coffer_player_get_destination (self) / (double) duration + .01) + direction;
  coffer_player_seek (self, MAX (n, 0) * duration + duration / 2);
}
