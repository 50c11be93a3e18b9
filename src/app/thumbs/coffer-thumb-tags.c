/* SPDX-License-Identifier: MIT */
/* The functions marked so are called by GStreamer on threads of its own. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-tags.h"

struct _CofferThumbTags {
  GstElement *pipeline;
  GMutex lock;
  GstTagList *tags;
};

/* GStreamer's. */
static GstPadProbeReturn
event_cb (GstPad          *pad,
          GstPadProbeInfo *info,
          gpointer         data)
{
  CofferThumbTags *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstTagList *tags, *all;

  if (GST_EVENT_TYPE (event) != GST_EVENT_TAG)
    return GST_PAD_PROBE_OK;

  gst_event_parse_tag (event, &tags);
  g_mutex_lock (&self->lock);
  all = gst_tag_list_merge (self->tags, tags, GST_TAG_MERGE_KEEP);
  gst_clear_tag_list (&self->tags);
  self->tags = all;
  g_mutex_unlock (&self->lock);

  return GST_PAD_PROBE_OK;
}

/* GStreamer's. */
static void
pad_added_cb (GstElement      *element,
              GstPad          *pad,
              CofferThumbTags *self)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, event_cb, self, NULL);
}

static gboolean
watch_pad (GstElement *element,
           GstPad     *pad,
           gpointer    data)
{
  pad_added_cb (element, pad, data);

  return TRUE;
}

/* GStreamer's. */
static void
element_added_cb (GstBin          *bin,
                  GstBin          *sub_bin,
                  GstElement      *element,
                  CofferThumbTags *self)
{
  g_signal_connect (element, "pad-added", G_CALLBACK (pad_added_cb), self);
  gst_element_foreach_pad (element, watch_pad, self);
}

CofferThumbTags *
coffer_thumb_tags_new (GstElement *pipeline)
{
  CofferThumbTags *self = g_new0 (CofferThumbTags, 1);

  self->pipeline = pipeline;
  g_mutex_init (&self->lock);
  g_signal_connect (pipeline, "deep-element-added", G_CALLBACK (element_added_cb), self);

  return self;
}

void
coffer_thumb_tags_free (CofferThumbTags *self)
{
  g_signal_handlers_disconnect_by_data (self->pipeline, self);
  gst_clear_tag_list (&self->tags);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GstTagList *
coffer_thumb_tags_get (CofferThumbTags *self)
{
  GstTagList *tags;

  g_mutex_lock (&self->lock);
  tags = self->tags != NULL ? gst_tag_list_ref (self->tags) : NULL;
  g_mutex_unlock (&self->lock);

  return tags;
}
