/* SPDX-License-Identifier: MIT */
/*
 * The newest frame: put down by GStreamer's streaming thread under the lock, picked up by the main one. A frame that comes before
 * the one before it was picked up takes its place.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-frames.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

/*
 * What a streaming thread knows of a sink's frames. It outlives the sink's last call, which may come while the main thread
 * already looks at another sink.
 */
typedef struct {
  gatomicrefcount ref_count;
  GMutex lock;
  CofferFrames *frames;   /* unowned; by the lock, NULL once another sink is looked at */
  GstSample *next;        /* by the lock */
  guint idle_id;          /* by the lock */
} Inbox;

struct _CofferFrames
{
  GObject parent_instance;

  Inbox *inbox;
  GstElement *converter;
  GdkTexture *texture;
  gboolean for_cairo;
  cairo_surface_t *surface;        /* the same for cairo, or NULL */
  cairo_surface_t *last_surface;
  gint64 time;
};

enum {
  FRAME,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void coffer_frames_paintable_init (GdkPaintableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferFrames, coffer_frames, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GDK_TYPE_PAINTABLE, coffer_frames_paintable_init))

static Inbox *
inbox_new (CofferFrames *frames)
{
  Inbox *inbox = g_new0 (Inbox, 1);

  g_atomic_ref_count_init (&inbox->ref_count);
  g_mutex_init (&inbox->lock);
  inbox->frames = frames;

  return inbox;
}

static Inbox *
inbox_ref (Inbox *inbox)
{
  g_atomic_ref_count_inc (&inbox->ref_count);

  return inbox;
}

static void
inbox_unref (gpointer data)
{
  Inbox *inbox = data;

  if (!g_atomic_ref_count_dec (&inbox->ref_count))
    return;

  g_clear_pointer (&inbox->next, gst_sample_unref);
  g_mutex_clear (&inbox->lock);
  g_free (inbox);
}

static void
inbox_drop (Inbox *inbox)
{
  g_mutex_lock (&inbox->lock);
  g_clear_handle_id (&inbox->idle_id, g_source_remove);
  g_clear_pointer (&inbox->next, gst_sample_unref);
  g_mutex_unlock (&inbox->lock);
}

static void
free_frame (gpointer data)
{
  GstVideoFrame *frame = data;

  gst_video_frame_unmap (frame);   /* and lets go of the buffer */
  g_free (frame);
}

/*
 * A converter gives full alpha to what comes without: that is the same premultiplied or not, and GTK takes it as it is. Real alpha
 * of a video is not premultiplied, and GTK converts it.
 */
static GdkMemoryFormat
find_format (GstElement *converter)
{
  g_autoptr(GstPad) pad = gst_element_get_static_pad (converter, "sink");
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps (pad);
  GstVideoInfo info;

  if (caps != NULL && gst_video_info_from_caps (&info, caps) && GST_VIDEO_INFO_HAS_ALPHA (&info))
    return GDK_MEMORY_B8G8R8A8;

  return GDK_MEMORY_B8G8R8A8_PREMULTIPLIED;
}

/* Returns: (transfer full) (nullable): the frame where GStreamer has it */
static GBytes *
map_sample (GstSample    *sample,
            GstVideoInfo *info,
            gsize        *stride)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstCaps *caps = gst_sample_get_caps (sample);
  GstVideoFrame *frame = g_new0 (GstVideoFrame, 1);

  if (buffer == NULL || caps == NULL || !gst_video_info_from_caps (info, caps) ||
      !gst_video_frame_map (frame, info, buffer, GST_MAP_READ))
    {
      g_free (frame);
      return NULL;
    }

  *stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);

  return g_bytes_new_with_free_func (GST_VIDEO_FRAME_PLANE_DATA (frame, 0), *stride * info->height, free_frame, frame);
}

static cairo_surface_t *
surface_new (GBytes             *bytes,
             const GstVideoInfo *info,
             gsize               stride)
{
  static const cairo_user_data_key_t bytes_key;
  cairo_surface_t *surface = cairo_image_surface_create_for_data ((guchar *) g_bytes_get_data (bytes, NULL), CAIRO_FORMAT_RGB24,
                                                                  info->width, info->height, stride);

  cairo_surface_set_user_data (surface, &bytes_key, g_bytes_ref (bytes), (cairo_destroy_func_t) g_bytes_unref);

  return surface;
}

GdkTexture *
coffer_frames_texture_new (GstSample  *sample,
                           GstElement *converter)
{
  GstVideoInfo info;
  gsize stride;
  g_autoptr(GBytes) bytes = map_sample (sample, &info, &stride);

  return bytes != NULL ? gdk_memory_texture_new (info.width, info.height, find_format (converter), bytes, stride) : NULL;
}

static gint64
time_of (GstSample *sample)
{
  GstClockTime time = gst_segment_to_stream_time (gst_sample_get_segment (sample), GST_FORMAT_TIME,
                                                  GST_BUFFER_PTS (gst_sample_get_buffer (sample)));

  return GST_CLOCK_TIME_IS_VALID (time) ? (gint64) time : -1;
}

static gboolean
changes_size (GdkTexture *before,
              GdkTexture *after)
{
  return before == NULL || gdk_texture_get_width (before) != gdk_texture_get_width (after) ||
         gdk_texture_get_height (before) != gdk_texture_get_height (after);
}

/*
 * GTK 4.8 hands each texture to cairo by way of another copy in another format; this surface is drawn from where it is. Who has
 * drawn the last one may look at it until the next frame is drawn: if it went before that, cairo would copy it.
 */
static void
set_surface (CofferFrames    *self,
             cairo_surface_t *surface)
{
  g_clear_pointer (&self->last_surface, cairo_surface_destroy);
  self->last_surface = g_steal_pointer (&self->surface);
  self->surface = surface;
}

static void
show_sample (CofferFrames *self,
             GstSample    *sample)
{
  GstVideoInfo info;
  gsize stride;
  g_autoptr(GBytes) bytes = map_sample (sample, &info, &stride);
  GdkMemoryFormat format = find_format (self->converter);
  GdkTexture *texture;
  gboolean resized;

  if (bytes == NULL)
    return;

  texture = gdk_memory_texture_new (info.width, info.height, format, bytes, stride);
  set_surface (self, self->for_cairo && format != GDK_MEMORY_B8G8R8A8 ? surface_new (bytes, &info, stride) : NULL);
  resized = changes_size (self->texture, texture);
  g_clear_object (&self->texture);
  self->texture = texture;
  self->time = time_of (sample);
  if (resized)
    gdk_paintable_invalidate_size (GDK_PAINTABLE (self));
  gdk_paintable_invalidate_contents (GDK_PAINTABLE (self));
  g_signal_emit (self, signals[FRAME], 0);
}

static gboolean
pick_up_cb (gpointer data)
{
  Inbox *inbox = data;
  g_autoptr(GstSample) sample = NULL;

  g_mutex_lock (&inbox->lock);
  sample = g_steal_pointer (&inbox->next);
  inbox->idle_id = 0;
  g_mutex_unlock (&inbox->lock);

  /* Only the main thread takes it away from there. */
  if (sample != NULL && inbox->frames != NULL)
    show_sample (inbox->frames, sample);

  return G_SOURCE_REMOVE;
}

/* Streaming thread. */
static GstFlowReturn
put_down (Inbox     *inbox,
          GstSample *sample)
{
  if (sample == NULL)
    return GST_FLOW_OK;

  g_mutex_lock (&inbox->lock);
  g_clear_pointer (&inbox->next, gst_sample_unref);
  if (inbox->frames == NULL)
    {
      g_clear_pointer (&sample, gst_sample_unref);
    }
  else
    {
      inbox->next = sample;
      if (inbox->idle_id == 0)
        inbox->idle_id = g_idle_add_full (G_PRIORITY_DEFAULT, pick_up_cb, inbox_ref (inbox), inbox_unref);
    }
  g_mutex_unlock (&inbox->lock);

  return GST_FLOW_OK;
}

/* Streaming thread. */
static GstFlowReturn
new_preroll_cb (GstAppSink *sink,
                gpointer    data)
{
  return put_down (data, gst_app_sink_pull_preroll (sink));
}

/* Streaming thread. */
static GstFlowReturn
new_sample_cb (GstAppSink *sink,
               gpointer    data)
{
  return put_down (data, gst_app_sink_pull_sample (sink));
}

static void
leave_inbox (CofferFrames *self)
{
  if (self->inbox == NULL)
    return;

  inbox_drop (self->inbox);
  g_mutex_lock (&self->inbox->lock);
  self->inbox->frames = NULL;
  g_mutex_unlock (&self->inbox->lock);
  g_clear_pointer (&self->inbox, inbox_unref);
  gst_clear_object (&self->converter);
}

void
coffer_frames_set_sink (CofferFrames *self,
                        GstElement   *appsink,
                        GstElement   *converter)
{
  GstAppSinkCallbacks callbacks = { .new_preroll = new_preroll_cb, .new_sample = new_sample_cb };

  g_return_if_fail (COFFER_IS_FRAMES (self));

  leave_inbox (self);
  if (appsink == NULL)
    return;

  self->inbox = inbox_new (self);
  self->converter = gst_object_ref (converter);
  gst_app_sink_set_callbacks (GST_APP_SINK (appsink), &callbacks, inbox_ref (self->inbox), inbox_unref);
}

void
coffer_frames_clear (CofferFrames *self)
{
  g_return_if_fail (COFFER_IS_FRAMES (self));

  if (self->inbox != NULL)
    inbox_drop (self->inbox);
  self->time = -1;
  if (self->texture == NULL)
    return;

  set_surface (self, NULL);
  g_clear_object (&self->texture);
  gdk_paintable_invalidate_contents (GDK_PAINTABLE (self));
}

void
coffer_frames_set_for_cairo (CofferFrames *self,
                             gboolean      for_cairo)
{
  g_return_if_fail (COFFER_IS_FRAMES (self));

  self->for_cairo = for_cairo;
}

gboolean
coffer_frames_has_frame (CofferFrames *self)
{
  return self->texture != NULL;
}

gint64
coffer_frames_get_time (CofferFrames *self)
{
  return self->time;
}

GdkTexture *
coffer_frames_get_texture (CofferFrames *self)
{
  return self->texture;
}

static void
snapshot_surface (cairo_surface_t *surface,
                  GdkSnapshot     *snapshot,
                  double           width,
                  double           height)
{
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));

  cairo_scale (cr, width / cairo_image_surface_get_width (surface), height / cairo_image_surface_get_height (surface));
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);   /* no seam where it is scaled */
  cairo_paint (cr);
  cairo_destroy (cr);
}

static void
coffer_frames_snapshot (GdkPaintable *paintable,
                        GdkSnapshot  *snapshot,
                        double        width,
                        double        height)
{
  CofferFrames *self = COFFER_FRAMES (paintable);

  if (self->surface != NULL)
    snapshot_surface (self->surface, snapshot, width, height);
  else if (self->texture != NULL)
    gdk_paintable_snapshot (GDK_PAINTABLE (self->texture), snapshot, width, height);
}

static int
coffer_frames_get_intrinsic_width (GdkPaintable *paintable)
{
  CofferFrames *self = COFFER_FRAMES (paintable);

  return self->texture != NULL ? gdk_texture_get_width (self->texture) : 0;
}

static int
coffer_frames_get_intrinsic_height (GdkPaintable *paintable)
{
  CofferFrames *self = COFFER_FRAMES (paintable);

  return self->texture != NULL ? gdk_texture_get_height (self->texture) : 0;
}

static void
coffer_frames_paintable_init (GdkPaintableInterface *iface)
{
  iface->snapshot = coffer_frames_snapshot;
  iface->get_intrinsic_width = coffer_frames_get_intrinsic_width;
  iface->get_intrinsic_height = coffer_frames_get_intrinsic_height;
}

static void
coffer_frames_dispose (GObject *object)
{
  CofferFrames *self = COFFER_FRAMES (object);

  leave_inbox (self);
  g_clear_object (&self->texture);
  g_clear_pointer (&self->surface, cairo_surface_destroy);
  g_clear_pointer (&self->last_surface, cairo_surface_destroy);

  G_OBJECT_CLASS (coffer_frames_parent_class)->dispose (object);
}

static void
coffer_frames_class_init (CofferFramesClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_frames_dispose;

  signals[FRAME] = g_signal_new ("frame", COFFER_TYPE_FRAMES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_frames_init (CofferFrames *self)
{
  self->time = -1;
}

CofferFrames *
coffer_frames_new (void)
{
  return g_object_new (COFFER_TYPE_FRAMES, NULL);
}
