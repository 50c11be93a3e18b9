/* SPDX-License-Identifier: MIT */
/* The cover that a sound brings along. Nothing is decoded but that: tags come from what takes the file apart. Runs on a lane. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-clip.h"

#include <coffer-image.h>

#include "coffer-thumb-player.h"

#define LIMIT_MS 10000

/* GStreamer's. */
static void
pad_added_cb (GstElement *parsebin,
              GstPad     *pad,
              GstElement *pipeline)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr(GstPad) sink_pad = NULL;

  if (sink == NULL)
    return;

  gst_bin_add (GST_BIN (pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_link (pad, sink_pad);
}

static CofferThumbPlayer *
player_new (const CofferThumbClip  *self,
            GstElement            **pipeline,
            GCancellable           *cancellable)
{
  g_autofree char *uri = coffer_thumb_clip_dup_uri (self);
  GstElement *source = gst_element_make_from_uri (GST_URI_SRC, uri, NULL, NULL);
  GstElement *parsebin = gst_element_factory_make ("parsebin", NULL);
  CofferThumbPlayer *player;

  if (source == NULL || parsebin == NULL)
    {
      gst_clear_object (&source);
      gst_clear_object (&parsebin);
      return NULL;
    }

  *pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  player = coffer_thumb_player_new (*pipeline, FALSE, LIMIT_MS, cancellable);
  gst_bin_add_many (GST_BIN (*pipeline), source, parsebin, NULL);
  gst_element_link (source, parsebin);
  g_signal_connect (parsebin, "pad-added", G_CALLBACK (pad_added_cb), *pipeline);
  coffer_thumb_player_watch_source (player, source, self->data_offset);

  return player;
}

static gboolean
decode (const CofferThumbClip *self,
        GstSample             *sample,
        CofferThumbFrame      *frame,
        GCancellable          *cancellable)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstCaps *caps = gst_sample_get_caps (sample);
  const char *media_type = caps != NULL && !gst_caps_is_empty (caps) ? gst_structure_get_name (gst_caps_get_structure (caps, 0)) : "";
  g_autoptr(GInputStream) stream = NULL;
  CofferImage image;
  gpointer data;
  gsize size;

  /* What cannot be stopped, or is an address, is no cover. */
  if (buffer == NULL || !coffer_image_is_incremental (media_type))
    return FALSE;

  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  stream = g_memory_input_stream_new_from_data (data, size, g_free);
  if (!coffer_image_decode_full (&image, media_type, stream, self->width, self->height,
                                 COFFER_IMAGE_STILL | COFFER_IMAGE_COVER, cancellable, NULL) || image.cut_short)
    coffer_image_clear (&image);
  frame->texture = image.texture;
  frame->pixels = image.pixels;
  frame->opaque = image.opaque;

  return frame->texture != NULL;
}

static void
find_cover (const CofferThumbClip *self,
            CofferThumbPlayer     *player,
            CofferThumbFrame      *frame,
            GCancellable          *cancellable)
{
  static const char *const kinds[] = { GST_TAG_IMAGE, GST_TAG_PREVIEW_IMAGE };
  g_autoptr(GstTagList) tags = coffer_thumb_player_get_tags (player);

  for (guint i = 0; tags != NULL && i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr(GstSample) sample = NULL;

      if (gst_tag_list_get_sample_index (tags, kinds[i], 0, &sample) && decode (self, sample, frame, cancellable))
        return;
    }
}

CofferThumbPicture *
coffer_thumb_cover_draw (const CofferThumbClip  *self,
                         GCancellable           *cancellable,
                         GError                **error)
{
  GstElement *pipeline = NULL;
  g_autoptr(CofferThumbPlayer) player = player_new (self, &pipeline, cancellable);
  CofferThumbFrame frame = { .duration = -1 };
  CofferPlayed played;

  if (player == NULL)
    return coffer_thumb_picture_new (COFFER_THUMBNAIL_NONE, NULL, -1, self->value_size, NULL);

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  played = coffer_thumb_player_wait (player);
  if (played != COFFER_PLAYED_CANCELLED)
    find_cover (self, player, &frame, cancellable);
  if (played == COFFER_PLAYED)
    frame.duration = coffer_thumb_player_get_duration (player);
  /* Nobody misses a picture in a sound, broken or not. */
  if (played == COFFER_PLAYED_BROKEN)
    played = COFFER_PLAYED_NOTHING;

  return coffer_thumb_player_conclude (player, played, &frame, self->value_size, error);
}
