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
#include <math.h>
#include <string.h>

#define TICK_MS 100
/* A short clip crosses the bar so fast that tenths of seconds show. */
#define SHORT_TICK_MS 33
#define SHORT_CLIP (60 * GST_SECOND)
#define LATE_MS 300
#define WATCH_MS 200
#define RENEW_MS 150
#define DEFAULT_FRAME (GST_SECOND / 25)
#define WALKING "kvault-walking"

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

enum {
  LOADED,
  N_SIGNALS,
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferPlayer, coffer_player, G_TYPE_OBJECT)

static void
notify (CofferPlayer *self,
        guint         prop)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

/* ---- What is known ---- */

static void
update_busy (CofferPlayer *self)
{
  gboolean busy = self->late || self->walking;

  if (busy == self->busy)
    return;

  self->busy = busy;
  notify (self, PROP_BUSY);
}

static gboolean
late_cb (gpointer data)
{
  CofferPlayer *self = data;

  self->late_id = 0;
  self->late = TRUE;
  update_busy (self);

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
  update_busy (self);
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

static void
set_position (CofferPlayer *self,
              gint64        position)
{
  if (self->duration > 0)
    position = MIN (position, self->duration);
  if (position < 0 || position == self->position)
    return;

  self->position = position;
  notify (self, PROP_POSITION);
}

static void
query_position (CofferPlayer *self)
{
  gint64 position;

  if (!self->loaded || self->seeking || self->at_end || self->playback == NULL)
    return;

  if (!self->wants_play && coffer_frames_get_time (self->frames) >= 0)
    set_position (self, coffer_frames_get_time (self->frames));
  else if (gst_element_query_position (coffer_playback_get_element (self->playback), GST_FORMAT_TIME, &position))
    set_position (self, position);
}

static void
query_duration (CofferPlayer *self)
{
  gint64 duration;

  if (!gst_element_query_duration (coffer_playback_get_element (self->playback), GST_FORMAT_TIME, &duration) ||
      duration < 0 || duration == self->duration)
    return;

  self->duration = duration;
  notify (self, PROP_DURATION);
}

static gboolean
tick_cb (gpointer data)
{
  query_position (data);

  return G_SOURCE_CONTINUE;
}

static void
update_tick (CofferPlayer *self)
{
  g_clear_handle_id (&self->tick_id, g_source_remove);
  if (self->state == COFFER_PLAYER_PLAYING)
    self->tick_id = g_timeout_add (self->duration < SHORT_CLIP ? SHORT_TICK_MS : TICK_MS, tick_cb, self);
}

static void
update_state (CofferPlayer *self)
{
  CofferPlayerState state = find_state (self);

  update_late (self);
  if (state == self->state)
    return;

  self->state = state;
  update_tick (self);
  notify (self, PROP_STATE);
}

static void
update_notice (CofferPlayer *self)
{
  g_autofree char *notice = NULL;

  if (self->missing != NULL && self->no_sound != NULL)
    notice = g_strdup_printf ("%s\n%s", self->missing, self->no_sound);
  else
    notice = g_strdup (self->missing != NULL ? self->missing : self->no_sound);
  if (g_strcmp0 (notice, self->notice) == 0)
    return;

  g_free (self->notice);
  self->notice = g_steal_pointer (&notice);
  notify (self, PROP_NOTICE);
}

/* ---- Going somewhere ---- */

static void
forget_motion (CofferPlayer *self)
{
  self->seeking = self->has_next = self->stepping = self->stepped = FALSE;
  self->steps = 0;
}

static void
begin_seek (CofferPlayer *self,
            gint64        position)
{
  self->seeking = TRUE;
  self->stepping = self->stepped = FALSE;
  self->steps = 0;
  self->at_end = FALSE;
  self->target = position;
  coffer_playback_seek (self->playback, self->rate, position);
  set_position (self, position);
  update_state (self);
}

static void
end_seek (CofferPlayer *self)
{
  self->seeking = FALSE;
  if (self->has_next)
    {
      self->has_next = FALSE;
      begin_seek (self, self->next);
      return;
    }

  update_state (self);
  if (self->wants_play)
    query_position (self);
}

static gint64
frame_duration (CofferPlayer *self)
{
  int width, height, numerator, denominator;

  if (!coffer_player_get_video_format (self, &width, &height, &numerator, &denominator) || numerator <= 0 || denominator <= 0)
    return DEFAULT_FRAME;

  return gst_util_uint64_scale (GST_SECOND, denominator, numerator);
}

/* Where it is, or will be. */
static gint64
get_destination (CofferPlayer *self)
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
    position = MIN (position, self->duration - frame_duration (self));
  position = MAX (position, 0);

  if (!self->seeking)
    {
      begin_seek (self, position);
      return;
    }

  self->has_next = TRUE;
  self->next = position;
  set_position (self, position);
}

void
coffer_player_seek_by (CofferPlayer *self,
                       gint64        by)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  coffer_player_seek (self, get_destination (self) + by);
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

static void
end_step (CofferPlayer *self)
{
  self->stepping = FALSE;
  query_position (self);
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

  duration = frame_duration (self);
  n = floor (get_destination (self) / (double) duration + .01) + direction;
  coffer_player_seek (self, MAX (n, 0) * duration + duration / 2);
}

/* ---- What GStreamer tells ---- */

static void
stop (CofferPlayer *self)
{
  g_cancellable_cancel (self->preparing);
  g_clear_object (&self->preparing);
  g_clear_pointer (&self->playback, coffer_playback_close);
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_clear_handle_id (&self->renew_id, g_source_remove);
  forget_motion (self);
  self->walking = FALSE;
}

/* @error (transfer full) */
static void
fail (CofferPlayer *self,
      GError       *error)
{
  stop (self);
  coffer_frames_clear (self->frames);
  g_clear_error (&self->error);
  self->error = error;
  self->wants_play = self->loaded = FALSE;
  update_state (self);
}

/* What came so far stays to be seen. */
static void
end_by_error (CofferPlayer *self,
              GError       *error)
{
  self->gave_out = self->at_end = TRUE;
  self->wants_play = FALSE;
  forget_motion (self);
  g_free (self->missing);
  self->missing = g_strdup (error->message);
  g_error_free (error);
  update_notice (self);
  update_state (self);
}

static void
handle_error (CofferPlayer *self,
              GstMessage   *message)
{
  GError *error = coffer_player_error_new (message, self->missing);

  if (self->loaded && error->code == COFFER_PLAYER_ERROR_BROKEN)
    end_by_error (self, error);
  else
    fail (self, error);
}

static void
handle_end (CofferPlayer *self)
{
  if (!self->loaded || self->seeking)
    return;

  if (self->loop && self->wants_play)
    {
      begin_seek (self, 0);
      return;
    }

  forget_motion (self);
  self->at_end = TRUE;
  self->wants_play = FALSE;
  coffer_playback_set_state (self->playback, GST_STATE_PAUSED);
  set_position (self, self->duration);
  update_state (self);
}

static void
handle_done (CofferPlayer *self)
{
  query_duration (self);
  if (self->loaded)
    {
      if (self->seeking)
        end_seek (self);
      return;
    }

  self->loaded = TRUE;
  g_clear_handle_id (&self->watch_id, g_source_remove);
  update_state (self);
  query_position (self);
  g_signal_emit (self, signals[LOADED], 0);
}

/* With its sound a sound card, or a server, is looked for; the sound then goes nowhere, in real time. */
static void
handle_warning (CofferPlayer *self,
                GstMessage   *message)
{
  GstElementFactory *factory = GST_IS_ELEMENT (GST_MESSAGE_SRC (message))
                                   ? gst_element_get_factory (GST_ELEMENT (GST_MESSAGE_SRC (message))) : NULL;

  if (factory == NULL || g_strcmp0 (GST_OBJECT_NAME (factory), "autoaudiosink") != 0)
    return;

  g_free (self->no_sound);
  self->no_sound = g_strdup (_("No sound device: it plays without sound"));
  update_notice (self);
}

static void
handle_missing (CofferPlayer *self,
                GstMessage   *message)
{
  g_autofree char *missing = coffer_player_dup_missing (message);
  g_autofree char *before = NULL;

  if (missing == NULL || (self->missing != NULL && strstr (self->missing, missing) != NULL))
    return;

  before = g_steal_pointer (&self->missing);
  self->missing = before != NULL ? g_strdup_printf ("%s\n%s", before, missing) : g_steal_pointer (&missing);
  update_notice (self);
}

static void
handle_element (CofferPlayer *self,
                GstMessage   *message)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (structure != NULL && gst_structure_has_name (structure, WALKING))
    {
      if (!gst_structure_get_boolean (structure, "walking", &self->walking))
        self->walking = FALSE;
      update_busy (self);
      return;
    }

  handle_missing (self, message);
}

static void
handle_application (CofferPlayer *self,
                    GstMessage   *message)
{
  if (gst_message_has_name (message, COFFER_PLAYBACK_NO_SEEK))
    end_seek (self);
  else if (gst_message_has_name (message, COFFER_PLAYBACK_STEPPED))
    end_step (self);
  else
    fail (self, g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_REFUSED,
                                     _("This is a list of addresses; they are not followed")));
}

static void
handle_tags (CofferPlayer *self,
             GstMessage   *message)
{
  g_autoptr(GstTagList) tags = NULL, before = g_steal_pointer (&self->tags);

  gst_message_parse_tag (message, &tags);
  self->tags = gst_tag_list_merge (before, tags, GST_TAG_MERGE_KEEP);
  /* They come again with every seek. */
  if (self->loaded && (before == NULL || !gst_tag_list_is_equal (before, self->tags)))
    g_signal_emit (self, signals[LOADED], 0);
}

static void
message_cb (GstMessage *message,
            gpointer    data)
{
  CofferPlayer *self = data;
  gboolean of_all = GST_MESSAGE_SRC (message) == GST_OBJECT (coffer_playback_get_element (self->playback));

  switch ((int) GST_MESSAGE_TYPE (message))   /* some are beyond the enum's int */
    {
    case GST_MESSAGE_ASYNC_DONE:
      if (of_all)
        handle_done (self);
      break;
    case GST_MESSAGE_STEP_DONE:
      end_step (self);
      break;
    case GST_MESSAGE_EOS:
      handle_end (self);
      break;
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      break;
    case GST_MESSAGE_WARNING:
      handle_warning (self, message);
      break;
    case GST_MESSAGE_ELEMENT:
      handle_element (self, message);
      break;
    case GST_MESSAGE_APPLICATION:
      handle_application (self, message);
      break;
    case GST_MESSAGE_TAG:
      handle_tags (self, message);
      break;
    case GST_MESSAGE_DURATION_CHANGED:
      query_duration (self);
      break;
    default:
      break;
    }
}

static gboolean
watch_cb (gpointer data)
{
  CofferPlayer *self = data;

  if (!coffer_playback_has_given_up (self->playback))
    return G_SOURCE_CONTINUE;

  self->watch_id = 0;
  fail (self, g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_BROKEN, _("The clip is damaged or cut short")));

  return G_SOURCE_REMOVE;
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
  self->playback = coffer_playback_new (self->uri, self->frames, message_cb, self);
  if (self->playback == NULL)
    {
      fail (self, g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_FAILED,
                                       _("GStreamer's base plugins are not installed")));
      return;
    }

  coffer_playback_set_room (self->playback, self->room_width, self->room_height);
  apply_volume (self);
  coffer_playback_set_state (self->playback, self->wants_play ? GST_STATE_PLAYING : GST_STATE_PAUSED);
  self->watch_id = g_timeout_add (WATCH_MS, watch_cb, self);
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
      fail (self, g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_FAILED, error->message));
    }
}

static void
forget_clip (CofferPlayer *self)
{
  stop (self);
  coffer_frames_clear (self->frames);
  g_clear_error (&self->error);
  g_clear_pointer (&self->missing, g_free);
  g_clear_pointer (&self->no_sound, g_free);
  gst_clear_tag_list (&self->tags);
  self->loaded = self->wants_play = self->at_end = self->gave_out = FALSE;
  self->tracks[COFFER_PLAYER_AUDIO] = 0;
  self->tracks[COFFER_PLAYER_TEXT] = -1;
  self->position = self->duration = 0;
  update_notice (self);
}

static void
begin (CofferPlayer *self)
{
  self->preparing = g_cancellable_new ();
  coffer_media_prepare_async (self->preparing, prepared_cb, g_object_ref (self));
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
  if (self->uri != NULL)
    begin (self);

  update_state (self);
  notify (self, PROP_POSITION);
  notify (self, PROP_DURATION);
  notify (self, PROP_RATE);
}

void
coffer_player_play (CofferPlayer *self)
{
  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (self->uri == NULL || self->error != NULL || self->wants_play)
    return;

  if (self->gave_out)
    coffer_player_set_uri (self, self->uri);
  if (self->loaded && (self->at_end || self->stepped) && !self->seeking)
    begin_seek (self, self->at_end ? 0 : self->position);

  self->wants_play = TRUE;
  if (self->playback != NULL)
    coffer_playback_set_state (self->playback, GST_STATE_PLAYING);
  update_state (self);
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
  update_state (self);
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
    begin_seek (self, self->position);

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
      query_position (self);
      coffer_player_seek (self, get_destination (self));
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

  stop (self);
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

  signals[LOADED] = g_signal_new ("loaded", COFFER_TYPE_PLAYER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_player_init (CofferPlayer *self)
{
  self->frames = coffer_frames_new ();
  self->volume = self->rate = 1;
  self->room_width = 960;
  self->room_height = 540;
  self->tracks[COFFER_PLAYER_TEXT] = -1;
  g_signal_connect_object (self->frames, "frame", G_CALLBACK (query_position), self, G_CONNECT_SWAPPED);
}

CofferPlayer *
coffer_player_new (void)
{
  return g_object_new (COFFER_TYPE_PLAYER, NULL);
}
