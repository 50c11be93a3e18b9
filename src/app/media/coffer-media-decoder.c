/* SPDX-License-Identifier: MIT */
/* The callbacks come on threads of GStreamer's. */
#define G_LOG_DOMAIN "coffer-media"

#include "coffer-media-decoder.h"

#define KIND "coffer-kind"

/* What other streams are, and the beginning of what is wanted of this kind. */
static const struct { const char *raw, *others[4]; } kinds[] = {
  [COFFER_MEDIA_VIDEO] = { "video/x-raw", { "audio/", "text/", "subpicture/" } },
  [COFFER_MEDIA_AUDIO] = { "audio/x-raw", { "video/", "image/", "text/", "subpicture/" } },
};

static gboolean
is_of (GstCaps    *caps,
       const char *prefix)
{
  return caps != NULL && !gst_caps_is_empty (caps) && !gst_caps_is_any (caps) &&
         g_str_has_prefix (gst_structure_get_name (gst_caps_get_structure (caps, 0)), prefix);
}

/* A container's own type is none of a stream. */
static gboolean
is_container (GstCaps *caps)
{
  const char *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  return gst_structure_has_field (gst_caps_get_structure (caps, 0), "systemstream") || g_str_equal (name, "video/quicktime") ||
         g_str_equal (name, "video/x-matroska") || g_str_equal (name, "video/webm") || g_str_equal (name, "video/x-msvideo") ||
         g_str_equal (name, "video/x-flv") || g_str_equal (name, "video/mpegts") || g_str_equal (name, "video/x-ms-asf");
}

/* Streams of other kinds stay as they are, for nobody. */
static gboolean
autoplug_continue_cb (GstElement *decodebin,
                      GstPad     *pad,
                      GstCaps    *caps,
                      gpointer    kind)
{
  const char *const *others = kinds[GPOINTER_TO_INT (kind)].others;

  if (gst_caps_is_empty (caps) || gst_caps_is_any (caps) || is_container (caps))
    return TRUE;
  for (int i = 0; i < 4 && others[i] != NULL; i++)
    if (is_of (caps, others[i]))
      return FALSE;

  return TRUE;
}

static void
pad_added_cb (GstElement *decodebin,
              GstPad     *pad,
              GstElement *sink)
{
  g_autoptr(GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps (pad);
  int kind = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (sink), KIND));

  if (is_of (caps, kinds[kind].raw) && !gst_pad_is_linked (sink_pad))
    gst_pad_link (pad, sink_pad);
}

/* Without one there is nothing to wait for. */
static void
no_more_pads_cb (GstElement *decodebin,
                 GstElement *sink)
{
  g_autoptr(GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");

  if (!gst_pad_is_linked (sink_pad))
    gst_element_post_message (sink, gst_message_new_application (NULL, gst_structure_new_empty (COFFER_MEDIA_NOTHING)));
}

GstElement *
coffer_media_decoder_new (const char       *uri,
                          CofferMediaKind   kind,
                          GstElement       *sink,
                          GstElement      **source)
{
  g_autoptr(GstElement) pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *first = gst_element_make_from_uri (GST_URI_SRC, uri, NULL, NULL);
  GstElement *parts[] = { first, gst_element_factory_make ("decodebin", NULL), sink };
  gboolean whole = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      if (parts[i] != NULL)
        gst_bin_add (GST_BIN (pipeline), parts[i]);
      whole &= parts[i] != NULL;
    }
  if (!whole || !gst_element_link (parts[0], parts[1]))
    return NULL;

  g_object_set_data (G_OBJECT (sink), KIND, GINT_TO_POINTER (kind));
  g_signal_connect (parts[1], "autoplug-continue", G_CALLBACK (autoplug_continue_cb), GINT_TO_POINTER (kind));
  g_signal_connect (parts[1], "pad-added", G_CALLBACK (pad_added_cb), sink);
  g_signal_connect (parts[1], "no-more-pads", G_CALLBACK (no_more_pads_cb), sink);
  if (source != NULL)
    *source = parts[0];

  return g_steal_pointer (&pipeline);
}
