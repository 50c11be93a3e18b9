/* SPDX-License-Identifier: MIT */
/*
 * GStreamer's streaming thread, in what it pushes itself: nothing else is on its way through the pad meanwhile.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-repair.h"

#include <gst/video/video.h>

#define DEINTERLACE "videoconvert ! deinterlace mode=auto"
#define TURN "videoflip video-direction=auto"

typedef struct {
  GstElement *bin;     /* unowned; it owns the pad */
  gboolean deinterlaces;
  gboolean turns;
} Repair;

/* What the pad led to is now behind it. */
static void
put_in_front (Repair     *self,
              GstPad     *pad,
              const char *line)
{
  GstElement *filter = gst_parse_bin_from_description (line, TRUE, NULL);
  g_autoptr(GstPad) before = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  g_autoptr(GstPad) sink = filter != NULL ? gst_element_get_static_pad (filter, "sink") : NULL;
  g_autoptr(GstPad) source = filter != NULL ? gst_element_get_static_pad (filter, "src") : NULL;

  /* Where a part of the line is not installed, what is there may be a bin without pads. */
  if (before == NULL || sink == NULL || source == NULL)
    {
      gst_clear_object (&filter);
      return;
    }

  gst_bin_add (GST_BIN (self->bin), filter);
  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), NULL);
  gst_pad_link (source, before);
  gst_element_sync_state_with_parent (filter);
  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), sink);
}

static gboolean
is_interlaced (GstEvent *event)
{
  GstVideoInfo info;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);

  return gst_video_info_from_caps (&info, caps) && GST_VIDEO_INFO_IS_INTERLACED (&info);
}

static gboolean
is_turned (GstEvent *event)
{
  const char *orientation;
  GstTagList *tags;

  gst_event_parse_tag (event, &tags);

  return gst_tag_list_peek_string_index (tags, GST_TAG_IMAGE_ORIENTATION, 0, &orientation) &&
         !g_str_equal (orientation, "rotate-0");
}

static GstPadProbeReturn
probe_cb (GstPad          *pad,
          GstPadProbeInfo *info,
          gpointer         data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  Repair *self = data;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS && !self->deinterlaces && is_interlaced (event))
    {
      self->deinterlaces = TRUE;
      put_in_front (self, pad, DEINTERLACE);
    }
  else if (GST_EVENT_TYPE (event) == GST_EVENT_TAG && !self->turns && is_turned (event))
    {
      self->turns = TRUE;
      put_in_front (self, pad, TURN);
    }

  return GST_PAD_PROBE_OK;
}

void
coffer_repair_add (GstElement *bin)
{
  g_autoptr(GstPad) pad = gst_element_get_static_pad (bin, "sink");
  Repair *self = g_new0 (Repair, 1);

  self->bin = bin;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, probe_cb, self, g_free);
}
