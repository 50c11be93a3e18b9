/* SPDX-License-Identifier: MIT */
/* What is known of a clip and told by properties: state, position, duration, notice. Main thread. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-private.h"

#include <glib/gi18n-lib.h>

#define TICK_MS 100
/* A short clip crosses the bar so fast that tenths of seconds show. */
#define SHORT_TICK_MS 33
#define SHORT_CLIP (60 * GST_SECOND)
#define LATE_MS 300

void
coffer_player_update_busy (CofferPlayer *self)
{
  gboolean busy = self->late || self->walking;

  if (busy == self->busy)
    return;

  self->busy = busy;
  g_object_notify (G_OBJECT (self), "busy");
}

static gboolean
late_cb (gpointer data)
{
  CofferPlayer *self = data;

  self->late_id = 0;
  self->late = TRUE;
  coffer_player_update_busy (self);

  return G_SOURCE_REMOVE;
}

/* Something is awaited, or no longer. */
static void
update_late (CofferPlayer *self)
{
  gboolean waits = self->uri != NULL && self->error == NULL && (!self->loaded || self->seeking);

  if (waits && self->late_id == 0 && !self->late)
    self->late_id = g_timeout_add (LATE_MS, late_cb, self);
  if (waits)
    return;

  g_clear_handle_id (&self->late_id, g_source_remove);
  self->late = FALSE;
  coffer_player_update_busy (self);
}

static CofferPlayerState
find_state (CofferPlayer *self)
{
  if (self->error != NULL)
    return COFFER_PLAYER_FAILED;
  if (self->uri == NULL)
    return COFFER_PLAYER_EMPTY;
  if (!self->loaded)
    return COFFER_PLAYER_LOADING;
  if (self->at_end)
    return COFFER_PLAYER_ENDED;

  return self->wants_play ? COFFER_PLAYER_PLAYING : COFFER_PLAYER_PAUSED;
}

void
coffer_player_update_subtitle (CofferPlayer *self)
{
  g_autofree char *subtitle = NULL;

  if (self->playback != NULL && self->tracks[COFFER_PLAYER_TEXT] >= 0)
    subtitle = coffer_playback_dup_subtitle (self->playback, self->tracks[COFFER_PLAYER_TEXT], self->position);
  if (g_strcmp0 (subtitle, self->subtitle) == 0)
    return;

  g_free (self->subtitle);
  self->subtitle = g_steal_pointer (&subtitle);
  g_object_notify (G_OBJECT (self), "subtitle");
}

void
coffer_player_set_position (CofferPlayer *self,
                            gint64        position)
{
  if (self->duration > 0)
    position = MIN (position, self->duration);
  if (position < 0 || position == self->position)
    return;

  self->position = position;
  g_object_notify (G_OBJECT (self), "position");
  coffer_player_update_subtitle (self);
}

void
coffer_player_query_position (CofferPlayer *self)
{
  gint64 position;

  if (!self->loaded || self->seeking || self->at_end || self->playback == NULL)
    return;

  if (!self->wants_play && coffer_frames_get_time (self->frames) >= 0)
    coffer_player_set_position (self, coffer_frames_get_time (self->frames));
  else if (gst_element_query_position (coffer_playback_get_element (self->playback), GST_FORMAT_TIME, &position))
    coffer_player_set_position (self, position);
}

void
coffer_player_query_duration (CofferPlayer *self)
{
  gint64 duration;

  if (!gst_element_query_duration (coffer_playback_get_element (self->playback), GST_FORMAT_TIME, &duration) ||
      duration < 0 || duration == self->duration)
    return;

  self->duration = duration;
  g_object_notify (G_OBJECT (self), "duration");
}

static gboolean
tick_cb (gpointer data)
{
  coffer_player_query_position (data);

  return G_SOURCE_CONTINUE;
}

static void
update_tick (CofferPlayer *self)
{
  g_clear_handle_id (&self->tick_id, g_source_remove);
  if (self->state == COFFER_PLAYER_PLAYING)
    self->tick_id = g_timeout_add (self->duration < SHORT_CLIP ? SHORT_TICK_MS : TICK_MS, tick_cb, self);
}

void
coffer_player_update_state (CofferPlayer *self)
{
  CofferPlayerState state = find_state (self);

  update_late (self);
  if (state == self->state)
    return;

  self->state = state;
  update_tick (self);
  g_object_notify (G_OBJECT (self), "state");
}

void
coffer_player_update_notice (CofferPlayer *self)
{
  const char *parts[4] = { NULL };
  g_autofree char *notice = NULL;
  guint n = 0;

  if (self->missing != NULL)
    parts[n++] = self->missing;
  if (self->cut)
    parts[n++] = _("The clip is cut short");
  if (self->no_sound != NULL)
    parts[n++] = self->no_sound;
  notice = n > 0 ? g_strjoinv ("\n", (char **) parts) : NULL;
  if (g_strcmp0 (notice, self->notice) == 0)
    return;

  g_free (self->notice);
  self->notice = g_steal_pointer (&notice);
  g_object_notify (G_OBJECT (self), "notice");
}
