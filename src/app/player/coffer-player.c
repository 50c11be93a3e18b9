/* SPDX-License-Identifier: MIT */
/*
 * What is wanted of a clip and how far it has got. Main thread. It never asks a pipeline to wait: seeks, steps and states are wishes
 * (coffer-playback.h), and what came of them is told by messages. One seek is on its way at a time; of those that are wanted
 * meanwhile the last is kept.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-private.h"

#include <coffer-media.h>
#include <glib/gi18n-lib.h>

#define RENEW_MS 150

enum {
  PROP_STATE = 1,
  PROP_POSITION,
  PROP_DURATION,
  PROP_BUSY,
  PROP_NOTICE,
  PROP_SUBTITLE,
  PROP_VOLUME,
  PROP_MUTED,
  PROP_LOOP,
  PROP_RATE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferPlayer, coffer_player, G_TYPE_OBJECT)

static void
notify (CofferPlayer *self,
        guint         prop)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

/* ---- Beginning ---- */

static void
apply_volume (CofferPlayer *self)
{
  if (self->playback != NULL)
    coffer_playback_set_volume (self->playback, self->volume * self->volume * self->volume, self->muted);
}

static void
start (CofferPlayer *self)
{
  self->playback = coffer_playback_new (self->uri, self->frames, coffer_player_message_cb, self);
  if (self->playback == NULL)
    {
      coffer_player_fail (self, g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_FAILED,
                                                     _("GStreamer's base plugins are not installed")));
      return;
    }

  coffer_playback_set_room (self->playback, self->room_width, self->room_height);
  apply_volume (self);
  coffer_playback_set_state (self->playback, self->wants_play ? GST_STATE_PLAYING : GST_STATE_PAUSED);
  coffer_player_watch (self);
}

static void
prepared_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(CofferPlayer) self = data;
  g_autoptr(GError) error = NULL;

  if (coffer_media_prepare_finish (result, &error))
    {
      g_clear_object (&self->preparing);
      start (self);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      coffer_player_fail (self, g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_FAILED, error->message));
    }
}

static void
forget_clip (CofferPlayer *self)
{
  coffer_player_stop (self);
  coffer_frames_clear (self->frames);
  g_clear_error (&self->error);
  g_clear_pointer (&self->missing, g_free);
  g_clear_pointer (&self->no_sound, g_free);
  gst_clear_tag_list (&self->tags);
  self->loaded = self->wants_play = self->at_end = self->gave_out = self->cut = FALSE;
  self->position = self->duration = 0;
  self->seqnum = 0;
  coffer_player_update_notice (self);
}

static void
begin (CofferPlayer *self)
{
  self->preparing = g_cancellable_new ();
  coffer_media_prepare_async (self->preparing, prepared_cb, g_object_ref (self));
}

static void
tell_beginning (CofferPlayer *self)
{
  coffer_player_update_state (self);
  notify (self, PROP_POSITION);
  notify (self, PROP_DURATION);
}

/* The same clip, as it was played before. */
static void
begin_anew (CofferPlayer *self)
{
  forget_clip (self);
  begin (self);
  tell_beginning (self);
}

void
coffer_player_set_uri (CofferPlayer *self,
                       const char   *uri)
{
  g_autofree char *copy = g_strdup (uri);

  g_return_if_fail (COFFER_IS_PLAYER (self));

  forget_clip (self);
  g_free (self->uri);
  self->uri = g_steal_pointer (&copy);
  self->rate = 1;
  self->tracks[COFFER_PLAYER_AUDIO] = 0;
  self->tracks[COFFER_PLAYER_TEXT] = -1;
  if (self->uri != NULL)
    begin (self);

  tell_beginning (self);
  notify (self, PROP_RATE);
}

void
coffer_player_play (CofferPlayer *self)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (self->uri == NULL || self->error != NULL || self->wants_play)
    return;

  if (self->gave_out)
    begin_anew (self);
  if (self->loaded && (self->at_end || self->stepped) && !self->seeking)
    coffer_player_begin_seek (self, self->at_end ? 0 : self->position);

  self->wants_play = TRUE;
  if (self->playback != NULL)
    coffer_playback_set_state (self->playback, GST_STATE_PLAYING);
  coffer_player_update_state (self);
}

void
coffer_player_pause (CofferPlayer *self)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (!self->wants_play)
    return;

  self->wants_play = FALSE;
  if (self->playback != NULL)
    coffer_playback_set_state (self->playback, GST_STATE_PAUSED);
  coffer_player_update_state (self);
}

void
coffer_player_toggle (CofferPlayer *self)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (self->wants_play)
    coffer_player_pause (self);
  else
    coffer_player_play (self);
}

/* ---- How ---- */

/* A frame that was made for less room than there is now; while it plays the next one is better anyway. */
static gboolean
renew_cb (gpointer data)
{
  CofferPlayer *self = data;

  self->renew_id = 0;
  if (self->state == COFFER_PLAYER_PAUSED && !self->seeking && coffer_frames_has_frame (self->frames))
    coffer_player_begin_seek (self, self->position);

  return G_SOURCE_REMOVE;
}

static void
renew_if_coarse (CofferPlayer *self)
{
  GdkTexture *texture = coffer_frames_get_texture (self->frames);
  int width, height, wanted;

  g_clear_handle_id (&self->renew_id, g_source_remove);
  if (texture == NULL)
    return;

  coffer_player_get_size (self, &width, &height);
  if (height <= 0)
    return;

  wanted = MIN (MIN (width, self->room_width), (int) ((gint64) self->room_height * width / height));
  if (wanted > gdk_texture_get_width (texture) + 1)
    self->renew_id = g_timeout_add (RENEW_MS, renew_cb, self);
}

void
coffer_player_set_room (CofferPlayer *self,
                        int           width,
                        int           height)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (width <= 0 || height <= 0 || (width == self->room_width && height == self->room_height))
    return;

  self->room_width = width;
  self->room_height = height;
  if (self->playback == NULL)
    return;

  coffer_playback_set_room (self->playback, width, height);
  renew_if_coarse (self);
}

void
coffer_player_set_volume (CofferPlayer *self,
                          double        volume)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  volume = CLAMP (volume, 0, 1);
  if (volume == self->volume)
    return;

  self->volume = volume;
  apply_volume (self);
  notify (self, PROP_VOLUME);
}

void
coffer_player_set_muted (CofferPlayer *self,
                         gboolean      muted)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (!muted == !self->muted)
    return;

  self->muted = !!muted;
  apply_volume (self);
  notify (self, PROP_MUTED);
}

void
coffer_player_set_loop (CofferPlayer *self,
                        gboolean      loop)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (!loop == !self->loop)
    return;

  self->loop = !!loop;
  notify (self, PROP_LOOP);
}

void
coffer_player_set_rate (CofferPlayer *self,
                        double        rate)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  rate = CLAMP (rate, COFFER_PLAYER_RATE_MIN, COFFER_PLAYER_RATE_MAX);
  if (rate == self->rate)
    return;

  self->rate = rate;
  if (self->loaded && !self->at_end)
    {
      coffer_player_query_position (self);
      coffer_player_seek (self, coffer_player_get_destination (self));
    }
  notify (self, PROP_RATE);
}

/* ---- Asking ---- */

const char *
coffer_player_get_uri (CofferPlayer *self)
{
  return self->uri;
}

CofferPlayerState
coffer_player_get_state (CofferPlayer *self)
{
  return self->state;
}

const GError *
coffer_player_get_error (CofferPlayer *self)
{
  return self->error;
}

const char *
coffer_player_get_notice (CofferPlayer *self)
{
  return self->notice;
}

const char *
coffer_player_get_subtitle (CofferPlayer *self)
{
  return self->subtitle;
}

gboolean
coffer_player_get_busy (CofferPlayer *self)
{
  return self->busy;
}

gint64
coffer_player_get_position (CofferPlayer *self)
{
  return self->position;
}

gint64
coffer_player_get_duration (CofferPlayer *self)
{
  return self->duration;
}

double
coffer_player_get_volume (CofferPlayer *self)
{
  return self->volume;
}

gboolean
coffer_player_get_muted (CofferPlayer *self)
{
  return self->muted;
}

gboolean
coffer_player_get_loop (CofferPlayer *self)
{
  return self->loop;
}

double
coffer_player_get_rate (CofferPlayer *self)
{
  return self->rate;
}

CofferFrames *
coffer_player_get_frames (CofferPlayer *self)
{
  return self->frames;
}

GstTagList *
coffer_player_get_tags (CofferPlayer *self)
{
  return self->tags;
}

/* ---- The object ---- */

static void
coffer_player_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  CofferPlayer *self = COFFER_PLAYER (object);

  switch (prop_id)
    {
    case PROP_STATE:
      g_value_set_int (value, self->state);
      break;
    case PROP_POSITION:
      g_value_set_int64 (value, self->position);
      break;
    case PROP_DURATION:
      g_value_set_int64 (value, self->duration);
      break;
    case PROP_BUSY:
      g_value_set_boolean (value, self->busy);
      break;
    case PROP_NOTICE:
      g_value_set_string (value, self->notice);
      break;
    case PROP_SUBTITLE:
      g_value_set_string (value, self->subtitle);
      break;
    case PROP_VOLUME:
      g_value_set_double (value, self->volume);
      break;
    case PROP_MUTED:
      g_value_set_boolean (value, self->muted);
      break;
    case PROP_LOOP:
      g_value_set_boolean (value, self->loop);
      break;
    case PROP_RATE:
      g_value_set_double (value, self->rate);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_player_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  CofferPlayer *self = COFFER_PLAYER (object);

  switch (prop_id)
    {
    case PROP_VOLUME:
      coffer_player_set_volume (self, g_value_get_double (value));
      break;
    case PROP_MUTED:
      coffer_player_set_muted (self, g_value_get_boolean (value));
      break;
    case PROP_LOOP:
      coffer_player_set_loop (self, g_value_get_boolean (value));
      break;
    case PROP_RATE:
      coffer_player_set_rate (self, g_value_get_double (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_player_dispose (GObject *object)
{
  CofferPlayer *self = COFFER_PLAYER (object);

  coffer_player_stop (self);
  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_clear_handle_id (&self->late_id, g_source_remove);
  g_clear_object (&self->frames);

  G_OBJECT_CLASS (coffer_player_parent_class)->dispose (object);
}

static void
coffer_player_finalize (GObject *object)
{
  CofferPlayer *self = COFFER_PLAYER (object);

  gst_clear_tag_list (&self->tags);
  g_clear_error (&self->error);
  g_free (self->uri);
  g_free (self->missing);
  g_free (self->no_sound);
  g_free (self->notice);
  g_free (self->subtitle);

  G_OBJECT_CLASS (coffer_player_parent_class)->finalize (object);
}

static void
coffer_player_class_init (CofferPlayerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags both = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = coffer_player_get_property;
  object_class->set_property = coffer_player_set_property;
  object_class->dispose = coffer_player_dispose;
  object_class->finalize = coffer_player_finalize;

  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, COFFER_PLAYER_FAILED, 0, readable);
  props[PROP_POSITION] = g_param_spec_int64 ("position", NULL, NULL, 0, G_MAXINT64, 0, readable);
  props[PROP_DURATION] = g_param_spec_int64 ("duration", NULL, NULL, 0, G_MAXINT64, 0, readable);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, readable);
  props[PROP_NOTICE] = g_param_spec_string ("notice", NULL, NULL, NULL, readable);
  props[PROP_SUBTITLE] = g_param_spec_string ("subtitle", NULL, NULL, NULL, readable);
  props[PROP_VOLUME] = g_param_spec_double ("volume", NULL, NULL, 0, 1, 1, both);
  props[PROP_MUTED] = g_param_spec_boolean ("muted", NULL, NULL, FALSE, both);
  props[PROP_LOOP] = g_param_spec_boolean ("loop", NULL, NULL, FALSE, both);
  props[PROP_RATE] = g_param_spec_double ("rate", NULL, NULL, COFFER_PLAYER_RATE_MIN, COFFER_PLAYER_RATE_MAX, 1, both);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_signal_new ("loaded", COFFER_TYPE_PLAYER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_player_init (CofferPlayer *self)
{
  self->frames = coffer_frames_new ();
  self->volume = self->rate = 1;
  self->room_width = 960;
  self->room_height = 540;
  self->tracks[COFFER_PLAYER_TEXT] = -1;
  g_signal_connect_object (self->frames, "frame", G_CALLBACK (coffer_player_query_position), self, G_CONNECT_SWAPPED);
}

CofferPlayer *
coffer_player_new (void)
{
  return g_object_new (COFFER_TYPE_PLAYER, NULL);
}
