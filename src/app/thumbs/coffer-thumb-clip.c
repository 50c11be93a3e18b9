/* SPDX-License-Identifier: MIT */
/* A frame of a video, scaled by GStreamer to about the box and turned as the clip says. Runs on a lane. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-clip.h"

#include <coffer-image-render.h>
#include <coffer-media.h>
#include <coffer-media-decoder.h>
#include <coffer-value-uri.h>

#include "coffer-thumb-player.h"

/* All of it: opening, the first frame, and the one that is wanted. */
#define LIMIT_MS 10000
#define FRAME_WAIT (GST_SECOND)

gboolean
coffer_thumb_clip_is_possible (void)
{
  return coffer_media_prepare ();
}

char *
coffer_thumb_clip_dup_uri (const CofferThumbClip *self)
{
  return coffer_value_dup_uri (self->path, self->table, self->key, self->data_offset);
}

/* Larger than the box, so that what covers it can be made of it whichever way round it is. */
static GstElement *
sink_new (const CofferThumbClip  *self,
          GstElement            **appsink)
{
  g_autofree char *line = g_strdup_printf ("videoconvertscale add-borders=false ! "
                                           "capsfilter caps=video/x-raw,format=RGBA,pixel-aspect-ratio=1/1,"
                                           "width=[1,%d],height=[1,%d] ! appsink name=sink sync=false max-buffers=1 drop=true "
                                           "enable-last-sample=false", self->width * 2, self->height * 2);
  GstElement *bin = gst_parse_bin_from_description (line, TRUE, NULL);

  *appsink = bin != NULL ? gst_bin_get_by_name (GST_BIN (bin), "sink") : NULL;

  return bin;
}

static GstSample *
pull_frame (GstElement *appsink)
{
  GstSample *sample = NULL;

  g_signal_emit_by_name (appsink, "try-pull-preroll", (guint64) FRAME_WAIT, &sample);

  return sample;
}

static GdkPixbuf *
to_pixbuf (GstSample *sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstStructure *caps = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  int width, height;
  gpointer data;
  gsize size;
  g_autoptr(GBytes) bytes = NULL;

  if (buffer == NULL || !gst_structure_get_int (caps, "width", &width) || !gst_structure_get_int (caps, "height", &height) ||
      width <= 0 || height <= 0)
    return NULL;

  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  bytes = g_bytes_new_take (data, size);
  if (size < (gsize) width * height * 4)
    return NULL;

  return gdk_pixbuf_new_from_bytes (bytes, GDK_COLORSPACE_RGB, TRUE, 8, width, height, width * 4);
}

/* How the clip was held while it was made, as EXIF has it. */
static int
get_orientation (CofferThumbPlayer *player)
{
  static const char *const names[] = {
    "rotate-0", "flip-rotate-0", "rotate-180", "flip-rotate-180", "flip-rotate-270", "rotate-90", "flip-rotate-90", "rotate-270",
  };
  g_autoptr(GstTagList) tags = coffer_thumb_player_get_tags (player);
  const char *name;

  if (tags == NULL || !gst_tag_list_peek_string_index (tags, GST_TAG_IMAGE_ORIENTATION, 0, &name))
    return 1;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i], name))
      return i + 1;

  return 1;
}

static void
render (const CofferThumbClip *self,
        CofferThumbPlayer     *player,
        GstSample             *sample,
        CofferThumbFrame      *frame,
        GCancellable          *cancellable)
{
  g_autoptr(GdkPixbuf) pixbuf = to_pixbuf (sample);
  int orientation = get_orientation (player);
  gboolean on_side = coffer_image_is_on_side (orientation);
  int width, height, max_width, max_height;

  if (pixbuf == NULL)
    return;

  width = gdk_pixbuf_get_width (pixbuf);
  height = gdk_pixbuf_get_height (pixbuf);
  coffer_image_cover (on_side ? height : width, on_side ? width : height, self->width, self->height, &max_width, &max_height);
  frame->texture = coffer_image_render (pixbuf, orientation, max_width, max_height, cancellable, &frame->opaque, &frame->pixels);
}

/* A key frame that is no later than a tenth; the first one if the clip cannot be searched. */
static GstSample *
find_frame (GstElement         *pipeline,
            GstElement         *appsink,
            CofferThumbPlayer  *player,
            gint64             *duration,
            CofferPlayed       *played)
{
  GstSample *first, *sample = NULL;

  if ((*played = coffer_thumb_player_wait (player)) != COFFER_PLAYED)
    return NULL;

  first = pull_frame (appsink);
  *duration = coffer_thumb_player_get_duration (player);
  if (*duration > 0 &&
      gst_element_seek_simple (pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE,
                               *duration / 10))
    {
      *played = coffer_thumb_player_wait (player);
      sample = *played == COFFER_PLAYED ? pull_frame (appsink) : NULL;
    }
  if (*played == COFFER_PLAYED_CANCELLED || sample != NULL)
    g_clear_pointer (&first, gst_sample_unref);

  return sample != NULL ? sample : first;
}

CofferThumbPicture *
coffer_thumb_clip_draw (const CofferThumbClip  *self,
                        GCancellable           *cancellable,
                        GError                **error)
{
  g_autoptr(GstElement) appsink = NULL;
  g_autofree char *uri = coffer_thumb_clip_dup_uri (self);
  GstElement *source, *pipeline = coffer_media_decoder_new (uri, COFFER_MEDIA_VIDEO, sink_new (self, &appsink), &source);
  g_autoptr(CofferThumbPlayer) player = NULL;
  g_autoptr(GstSample) sample = NULL;
  CofferThumbFrame frame = { .duration = -1 };
  CofferPlayed played;

  if (pipeline == NULL)
    return coffer_thumb_picture_new (COFFER_THUMBNAIL_NONE, NULL, -1, self->value_size, NULL);

  player = coffer_thumb_player_new (pipeline, TRUE, LIMIT_MS, cancellable);
  coffer_thumb_player_watch_source (player, source, self->data_offset);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);

  sample = find_frame (pipeline, appsink, player, &frame.duration, &played);
  if (sample != NULL)
    render (self, player, sample, &frame, cancellable);

  return coffer_thumb_player_conclude (player, played, &frame, self->value_size, error);
}
