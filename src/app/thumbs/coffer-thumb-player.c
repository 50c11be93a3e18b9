/* SPDX-License-Identifier: MIT */
/*
 * A pipeline and who waits for it. Everything that can happen, cancelling too, is a message on its bus, so there is one place to wait.
 * GStreamer calls the functions marked so on threads of its own.
 */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-player.h"

#include <coffer-error.h>
#include <coffer-media-guard.h>

#include "coffer-thumb-tags.h"

#define CANCELLED "coffer-cancelled"
#define RESULT "kvault-result"   /* see gstkvaultsrc.h */
#define LOOK_EVERY (GST_SECOND / 10)

struct _CofferThumbPlayer {
  GstElement *pipeline;
  GstBus *bus;
  GstElement *source;            /* once it is there */
  gsize data_offset;
  CofferThumbRecorder *recorder;
  GCancellable *cancellable;
  gulong chain;
  gint64 deadline;

  CofferMediaGuard *guard;
  gboolean wants_video;
  CofferThumbTags *tags;
  int result;                    /* of enum kvault_result, of what was not read */
};

static void
post (CofferThumbPlayer *self,
      const char        *name)
{
  gst_bus_post (self->bus, gst_message_new_application (NULL, gst_structure_new_empty (name)));
}

/* Any thread. */
static void
cancelled_cb (GCancellable *cancellable,
              gpointer      data)
{
  post (data, CANCELLED);
}

CofferThumbPlayer *
coffer_thumb_player_new (GstElement   *pipeline,
                         gboolean      wants_video,
                         guint         limit_ms,
                         GCancellable *cancellable)
{
  CofferThumbPlayer *self = g_new0 (CofferThumbPlayer, 1);

  self->pipeline = pipeline;
  self->bus = gst_element_get_bus (pipeline);
  self->guard = coffer_media_guard_new (pipeline, TRUE);   /* a lane is one core */
  self->tags = coffer_thumb_tags_new (pipeline);
  self->wants_video = wants_video;
  self->recorder = coffer_thumb_recorder_new ();
  self->deadline = g_get_monotonic_time () + (gint64) limit_ms * 1000;
  if (g_set_object (&self->cancellable, cancellable))
    self->chain = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), self, NULL);

  return self;
}

void
coffer_thumb_player_free (CofferThumbPlayer *self)
{
  if (self->cancellable != NULL)
    g_cancellable_disconnect (self->cancellable, self->chain);
  g_clear_object (&self->cancellable);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  coffer_media_guard_free (self->guard);
  coffer_thumb_tags_free (self->tags);
  gst_object_unref (self->pipeline);
  gst_object_unref (self->bus);
  gst_clear_object (&self->source);
  coffer_thumb_recorder_free (self->recorder);
  g_free (self);
}

/* GStreamer's. */
static GstPadProbeReturn
buffer_cb (GstPad          *pad,
           GstPadProbeInfo *info,
           gpointer         data)
{
  CofferThumbPlayer *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstMapInfo map;

  if (buffer != NULL && gst_buffer_map (buffer, &map, GST_MAP_READ))
    {
      coffer_thumb_recorder_add (self->recorder, self->data_offset + GST_BUFFER_OFFSET (buffer), map.data, map.size);
      gst_buffer_unmap (buffer, &map);
    }

  return GST_PAD_PROBE_OK;
}

void
coffer_thumb_player_watch_source (CofferThumbPlayer *self,
                                  GstElement        *source,
                                  gsize              data_offset)
{
  g_autoptr(GstPad) pad = gst_element_get_static_pad (source, "src");

  if (self->source != NULL || pad == NULL)
    return;

  self->source = gst_object_ref (source);
  self->data_offset = data_offset;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, buffer_cb, self, NULL);
}

static CofferPlayed
judge_error (CofferThumbPlayer *self,
             GstMessage        *message)
{
  g_autoptr(GError) error = NULL;
  const GstStructure *details = NULL;

  gst_message_parse_error (message, &error, NULL);
  gst_message_parse_error_details (message, &details);
  g_debug ("%s", error->message);
  if (details != NULL && gst_structure_get_int (details, RESULT, &self->result))
    return COFFER_PLAYED_UNREAD;
  if (g_error_matches (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND) ||
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND) ||
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE))
    return COFFER_PLAYED_NOTHING;

  return COFFER_PLAYED_BROKEN;
}

/* FALSE: go on waiting. */
static gboolean
handle (CofferThumbPlayer *self,
        GstMessage        *message,
        CofferPlayed      *played)
{
  switch ((int) GST_MESSAGE_TYPE (message))   /* some are beyond the enum's int */
    {
    case GST_MESSAGE_ASYNC_DONE:
    case GST_MESSAGE_EOS:
      *played = COFFER_PLAYED;
      return TRUE;
    case GST_MESSAGE_ERROR:
      *played = judge_error (self, message);
      return TRUE;
    case GST_MESSAGE_ELEMENT:
      *played = COFFER_PLAYED_NOTHING;   /* it need be no error: other streams go on */
      return self->wants_video && gst_message_has_name (message, "missing-plugin");
    case GST_MESSAGE_APPLICATION:
      *played = gst_message_has_name (message, CANCELLED) ? COFFER_PLAYED_CANCELLED : COFFER_PLAYED_NOTHING;
      return TRUE;
    default:
      return FALSE;
    }
}

/* The next message, or NULL when there is nothing to wait for any more. */
static GstMessage *
next_message (CofferThumbPlayer *self,
              CofferPlayed      *played)
{
  const GstMessageType types = GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_EOS | GST_MESSAGE_ERROR |
                               GST_MESSAGE_ELEMENT | GST_MESSAGE_APPLICATION;
  GstMessage *message;

  while ((message = gst_bus_timed_pop_filtered (self->bus, LOOK_EVERY, types)) == NULL)
    {
      *played = COFFER_PLAYED_BROKEN;
      if (coffer_media_guard_has_given_up (self->guard))
        break;
      *played = COFFER_PLAYED_CANCELLED;   /* before the bus took messages */
      if (g_cancellable_is_cancelled (self->cancellable))
        break;
      *played = COFFER_PLAYED_TOO_LONG;
      if (g_get_monotonic_time () > self->deadline)
        break;
    }

  return message;
}

CofferPlayed
coffer_thumb_player_wait (CofferThumbPlayer *self)
{
  CofferPlayed played;
  GstMessage *message;
  gboolean over = FALSE;

  while (!over && (message = next_message (self, &played)) != NULL)
    {
      over = handle (self, message, &played);
      gst_message_unref (message);
    }

  return played;
}

gint64
coffer_thumb_player_get_duration (CofferThumbPlayer *self)
{
  gint64 duration;

  return gst_element_query_duration (self->pipeline, GST_FORMAT_TIME, &duration) && duration >= 0 ? duration : -1;
}

GstTagList *
coffer_thumb_player_get_tags (CofferThumbPlayer *self)
{
  return coffer_thumb_tags_get (self->tags);
}

/* All that was given is of a value of this size; where it did not come that far none was. */
static gboolean
is_of_size (CofferThumbPlayer  *self,
            guint64             value_size,
            GError            **error)
{
  gint64 size;

  if (self->source == NULL || !gst_element_query_duration (self->source, GST_FORMAT_BYTES, &size) ||
      (guint64) size + self->data_offset == value_size)
    return TRUE;

  g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_STALE, "The value was changed meanwhile");

  return FALSE;
}

CofferThumbPicture *
coffer_thumb_player_conclude (CofferThumbPlayer  *self,
                              CofferPlayed        played,
                              CofferThumbFrame   *frame,
                              guint64             value_size,
                              GError            **error)
{
  g_autoptr(GdkTexture) texture = g_steal_pointer (&frame->texture);
  g_autoptr(GBytes) pixels = g_steal_pointer (&frame->pixels);
  g_autoptr(GArray) parts = coffer_thumb_recorder_stop (self->recorder);
  CofferThumbnailState state = COFFER_THUMBNAIL_NONE;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return NULL;
  if (played == COFFER_PLAYED_UNREAD && texture == NULL)
    {
      g_set_error_literal (error, COFFER_ERROR, -self->result, "The value could not be read");
      return NULL;
    }
  if (!is_of_size (self, value_size, error))
    return NULL;

  if (texture != NULL)
    return coffer_thumb_picture_new_drawn (g_steal_pointer (&texture), g_steal_pointer (&pixels), frame->opaque,
                                           frame->duration, value_size, g_steal_pointer (&parts));

  if (played == COFFER_PLAYED_BROKEN || (played == COFFER_PLAYED && self->wants_video))
    state = COFFER_THUMBNAIL_BROKEN;

  return coffer_thumb_picture_new (state, NULL, frame->duration, value_size, g_steal_pointer (&parts));
}
