/* SPDX-License-Identifier: MIT */
/*
 * GStreamer adds elements on threads of its own; what is kept of them is behind the lock.
 */
#define G_LOG_DOMAIN "coffer-media"

#include "coffer-media-guard.h"

#include <string.h>

/* What elements of all kinds call the number of their threads. */
static const char *const thread_properties[] = { "max-threads", "threads", "n-threads" };

struct _CofferMediaGuard {
  GstElement *pipeline;   /* unowned */
  gboolean one_core;
  GMutex lock;
  GPtrArray *demuxers;    /* by the lock */
};

static gboolean
is_a (GstElement *element,
      const char *kind)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const char *klass = factory != NULL ? gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_KLASS) : NULL;

  return klass != NULL && strstr (klass, kind) != NULL;
}

/* Our own source is no stranger. */
static gboolean
reads_something_else (GstElement *element)
{
  const char *const *protocols;

  if (is_a (element, "Adaptive"))
    return TRUE;
  if (!GST_IS_URI_HANDLER (element) || gst_uri_handler_get_uri_type (GST_URI_HANDLER (element)) != GST_URI_SRC)
    return FALSE;

  protocols = gst_uri_handler_get_protocols (GST_URI_HANDLER (element));

  return protocols == NULL || !g_strv_contains (protocols, "kvault");
}

static void
refuse (CofferMediaGuard *self,
        GstElement       *element)
{
  g_autoptr(GstBus) bus = gst_element_get_bus (self->pipeline);

  gst_element_set_locked_state (element, TRUE);   /* it opens nothing */
  if (bus != NULL)
    gst_bus_post (bus, gst_message_new_application (NULL, gst_structure_new_empty (COFFER_MEDIA_REFUSED)));
}

static void
set_one_thread (GstElement *element)
{
  for (guint i = 0; i < G_N_ELEMENTS (thread_properties); i++)
    {
      GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), thread_properties[i]);

      if (pspec != NULL && pspec->flags & G_PARAM_WRITABLE)
        gst_util_set_object_arg (G_OBJECT (element), thread_properties[i], "1");
    }
}

/* GStreamer's threads. */
static void
element_added_cb (GstBin           *bin,
                  GstBin           *sub_bin,
                  GstElement       *element,
                  CofferMediaGuard *self)
{
  if (reads_something_else (element))
    refuse (self, element);

  if (is_a (element, "Demux"))
    {
      g_mutex_lock (&self->lock);
      g_ptr_array_add (self->demuxers, gst_object_ref (element));
      g_mutex_unlock (&self->lock);
    }

  if (self->one_core)
    set_one_thread (element);
}

CofferMediaGuard *
coffer_media_guard_new (GstElement *pipeline,
                        gboolean    one_core)
{
  CofferMediaGuard *self = g_new0 (CofferMediaGuard, 1);

  self->pipeline = pipeline;
  self->one_core = one_core;
  g_mutex_init (&self->lock);
  self->demuxers = g_ptr_array_new_with_free_func (gst_object_unref);
  g_signal_connect (pipeline, "deep-element-added", G_CALLBACK (element_added_cb), self);

  return self;
}

void
coffer_media_guard_free (CofferMediaGuard *self)
{
  g_signal_handlers_disconnect_by_data (self->pipeline, self);
  g_ptr_array_unref (self->demuxers);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
gave_up (GstElement *demuxer)
{
  g_autoptr(GstPad) pad = gst_element_get_static_pad (demuxer, "sink");
  gboolean over;

  if (pad == NULL)
    return FALSE;

  GST_OBJECT_LOCK (demuxer);
  over = demuxer->numsrcpads == 0;
  GST_OBJECT_UNLOCK (demuxer);
  GST_OBJECT_LOCK (pad);
  over = over && GST_PAD_TASK (pad) != NULL && gst_task_get_state (GST_PAD_TASK (pad)) != GST_TASK_STARTED;
  GST_OBJECT_UNLOCK (pad);

  return over;
}

/*
 * A demuxer that fails while it is being started says so to nobody: what starts it holds back its errors, and lets go of them
 * when the start was good. Then it has stopped, without anything to give.
 */
gboolean
coffer_media_guard_has_given_up (CofferMediaGuard *self)
{
  gboolean over = FALSE;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->demuxers->len; i++)
    over |= gave_up (g_ptr_array_index (self->demuxers, i));
  g_mutex_unlock (&self->lock);

  return over;
}
