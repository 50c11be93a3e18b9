/* SPDX-License-Identifier: MIT */
/*
 * Looks at the words of each track as they go into the selector of playbin, and lets what comes out of it go nowhere. So no track
 * is ever selected: playbin of GStreamer 1.22 may lock up when that is done while a seek is on its way. GStreamer's streaming
 * threads.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-cue-tap.h"

/* Everything else, such as SSA, playbin makes text of. Subtitles that are pictures need no decoder as they are not shown. */
#define CAPS "text/x-raw,format={pango-markup,utf8};subpicture/x-dvd;subpicture/x-dvb;subpicture/x-pgs;subpicture/x-xsub"

/* A track. Its pad's stream lock is held wherever it is used. */
typedef struct {
  CofferCues *cues;
  guint number;
  GstSegment segment;
  gboolean text;
  gboolean markup;
} Tap;

static void
tap_free (gpointer data)
{
  Tap *tap = data;

  coffer_cues_unref (tap->cues);
  g_free (tap);
}

/* FALSE: it has no time. */
static gboolean
find_times (Tap       *tap,
            GstBuffer *buffer,
            gint64    *start,
            gint64    *end)
{
  guint64 time;

  /* What began before the place that was sought is outside the segment, and yet to be seen. */
  if (!GST_BUFFER_PTS_IS_VALID (buffer) ||
      gst_segment_to_stream_time_full (&tap->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer), &time) != 1)
    return FALSE;

  *start = time;
  *end = GST_BUFFER_DURATION_IS_VALID (buffer) ? (gint64) (time + GST_BUFFER_DURATION (buffer)) : -1;

  return TRUE;
}

static void
take_words (Tap       *tap,
            GstPad    *pad,
            GstBuffer *buffer)
{
  GstElement *selector = GST_ELEMENT (GST_PAD_PARENT (pad));
  gint64 start, end;
  GstMapInfo map;

  if (!tap->text || !find_times (tap, buffer, &start, &end) || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;

  coffer_cues_add (tap->cues, tap->number, start, end, (const char *) map.data, map.size, tap->markup);
  gst_buffer_unmap (buffer, &map);
  gst_element_post_message (selector, gst_message_new_application (GST_OBJECT (selector),
                                                                   gst_structure_new_empty (COFFER_CUE_TAP_ADDED)));
}

static void
take_caps (Tap      *tap,
           GstEvent *event)
{
  GstStructure *format;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  format = gst_caps_get_structure (caps, 0);
  tap->text = gst_structure_has_name (format, "text/x-raw");
  tap->markup = g_strcmp0 (gst_structure_get_string (format, "format"), "pango-markup") == 0;
}

static void
take_event (Tap      *tap,
            GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS)
    take_caps (tap, event);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    gst_event_copy_segment (event, &tap->segment);
}

static GstPadProbeReturn
probe_cb (GstPad          *pad,
          GstPadProbeInfo *info,
          gpointer         data)
{
  if (GST_IS_BUFFER (info->data))
    take_words (data, pad, GST_PAD_PROBE_INFO_BUFFER (info));
  else
    take_event (data, GST_PAD_PROBE_INFO_EVENT (info));

  return GST_PAD_PROBE_OK;
}

/* Pads come in the order in which playbin counts the tracks. */
static void
pad_added_cb (GstElement *selector,
              GstPad     *pad,
              CofferCues *cues)
{
  Tap *tap;

  if (gst_pad_get_direction (pad) != GST_PAD_SINK)
    return;

  tap = g_new0 (Tap, 1);
  tap->cues = coffer_cues_ref (cues);
  tap->number = selector->numsinkpads - 1;
  gst_segment_init (&tap->segment, GST_FORMAT_TIME);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, probe_cb, tap, tap_free);
}

static void
unref_cues (gpointer  data,
            GClosure *closure)
{
  coffer_cues_unref (data);
}

void
coffer_cue_tap_add (GstElement *playbin,
                    CofferCues *cues)
{
  GstElement *selector = gst_element_factory_make ("input-selector", NULL);
  GstElement *sink = gst_element_factory_make ("appsink", NULL);
  g_autoptr(GstCaps) caps = gst_caps_from_string (CAPS);

  g_signal_connect_data (selector, "pad-added", G_CALLBACK (pad_added_cb), coffer_cues_ref (cues), unref_cues, 0);
  g_object_set (selector, "sync-streams", FALSE, NULL);
  /* Nobody takes the last buffer out: the end would wait for that for good. */
  g_object_set (sink, "caps", caps, "max-buffers", 1, "drop", TRUE, "wait-on-eos", FALSE, "async", FALSE, "enable-last-sample", FALSE,
                NULL);
  g_object_set (playbin, "text-stream-combiner", selector, "text-sink", sink, NULL);
}
