/* SPDX-License-Identifier: MIT */
/*
 * The thread begins with the first frame that is asked for and ends, with its decoder, when none was for a while: what is open of a
 * vault then is closed. It waits at two places: for a wish on the condition, for GStreamer on its bus; each wakes it up.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-peek.h"

#include <coffer-media-decoder.h>
#include <coffer-media-guard.h>

#include "coffer-frames.h"
#include "coffer-playback.h"

#define IDLE_US (5 * G_USEC_PER_SEC)
#define LIMIT (5 * GST_SECOND)
#define LOOK_EVERY (GST_SECOND / 20)
/* A frame that took longer than this is taken from where it is quick. */
#define SLOW_US (250 * 1000)
#define NOTHING (-1)

struct _CofferPeek {
  gatomicrefcount ref_count;
  char *uri;
  int width;
  CofferPeekFunc func;    /* main thread */
  gpointer data;

  GMutex lock;
  GCond cond;
  gint64 wanted;          /* by the lock; or NOTHING */
  gboolean closed;        /* by the lock */
  gboolean running;       /* by the lock */
};

typedef struct {
  CofferPeek *peek;
  GdkTexture *texture;
  gint64 position;
} Answer;

/* The thread's. */
typedef struct {
  GstElement *pipeline;
  GstElement *sink;
  GstElement *scale;
  GstBus *bus;
  CofferMediaGuard *guard;
  gboolean slow;
} Decoder;

static void
peek_unref (CofferPeek *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->uri);
  g_free (self);
}

static gboolean
is_closed (CofferPeek *self)
{
  gboolean closed;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  g_mutex_unlock (&self->lock);

  return closed;
}

static gboolean
answer_cb (gpointer data)
{
  Answer *answer = data;

  if (!is_closed (answer->peek))
    answer->peek->func (answer->texture, answer->position, answer->peek->data);

  return G_SOURCE_REMOVE;
}

static void
answer_free (gpointer data)
{
  Answer *answer = data;

  peek_unref (answer->peek);
  g_object_unref (answer->texture);
  g_free (answer);
}

static GstElement *
sink_new (CofferPeek *self,
          Decoder    *decoder)
{
  g_autoptr(GstElementFactory) flip = gst_element_factory_find ("videoflip");
  g_autofree char *line = g_strdup_printf ("%s videoscale name=scale add-borders=false ! videoconvert ! "
                                           "video/x-raw,format=BGRA,pixel-aspect-ratio=1/1,width=[1,%d],height=[1,%d] ! "
                                           "appsink name=sink sync=false max-buffers=1 drop=true enable-last-sample=false",
                                           flip != NULL ? "videoflip video-direction=auto !" : "", self->width, self->width);
  GstElement *bin = gst_parse_bin_from_description (line, TRUE, NULL);

  if (bin == NULL)
    return NULL;

  decoder->sink = gst_bin_get_by_name (GST_BIN (bin), "sink");
  decoder->scale = gst_bin_get_by_name (GST_BIN (bin), "scale");

  return bin;
}

static void
decoder_close (Decoder *decoder)
{
  if (decoder->pipeline != NULL)
    {
      gst_element_set_state (decoder->pipeline, GST_STATE_NULL);
      coffer_media_guard_free (decoder->guard);
    }
  gst_clear_object (&decoder->bus);
  gst_clear_object (&decoder->sink);
  gst_clear_object (&decoder->scale);
  gst_clear_object (&decoder->pipeline);
}

/* Until the decoder is where it was sent. FALSE: it never will be, or nobody wants it any more. */
static gboolean
wait_done (CofferPeek *self,
           Decoder    *decoder)
{
  gint64 end = g_get_monotonic_time () + LIMIT / GST_USECOND;

  while (!is_closed (self) && g_get_monotonic_time () < end && !coffer_media_guard_has_given_up (decoder->guard))
    {
      g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered (decoder->bus, LOOK_EVERY,
                                                                  GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ERROR |
                                                                  GST_MESSAGE_APPLICATION);

      if (message != NULL)
        return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ASYNC_DONE;
    }

  return FALSE;
}

static gboolean
decoder_open (CofferPeek *self,
              Decoder    *decoder)
{
  decoder->pipeline = coffer_media_decoder_new (self->uri, COFFER_MEDIA_VIDEO, sink_new (self, decoder), NULL);
  if (decoder->pipeline == NULL)
    return FALSE;

  decoder->guard = coffer_media_guard_new (decoder->pipeline, FALSE);
  decoder->bus = gst_element_get_bus (decoder->pipeline);
  gst_element_set_state (decoder->pipeline, GST_STATE_PAUSED);

  return wait_done (self, decoder);
}

/* FALSE: it is of no use any more. */
static gboolean
decode (CofferPeek *self,
        Decoder    *decoder,
        gint64      position)
{
  GstSeekFlags flags = decoder->slow ? GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_NEAREST : GST_SEEK_FLAG_ACCURATE;
  gint64 began = g_get_monotonic_time ();
  GstSample *sample = NULL;
  Answer *answer;

  if (!gst_element_seek_simple (decoder->pipeline, GST_FORMAT_TIME, flags | GST_SEEK_FLAG_FLUSH, position) ||
      !wait_done (self, decoder))
    return FALSE;

  decoder->slow |= g_get_monotonic_time () - began > SLOW_US;
  g_signal_emit_by_name (decoder->sink, "try-pull-preroll", (guint64) 0, &sample);
  if (sample == NULL)
    return TRUE;

  answer = g_new (Answer, 1);
  answer->texture = coffer_frames_texture_new (sample, decoder->scale);
  gst_sample_unref (sample);
  if (answer->texture == NULL)
    {
      g_free (answer);
      return FALSE;
    }

  answer->peek = self;
  answer->position = position;
  g_atomic_ref_count_inc (&self->ref_count);
  g_idle_add_full (G_PRIORITY_DEFAULT, answer_cb, answer, answer_free);

  return TRUE;
}

/* NOTHING: the thread is at its end. */
static gint64
next_wish (CofferPeek *self)
{
  gint64 end = g_get_monotonic_time () + IDLE_US, wish;

  g_mutex_lock (&self->lock);
  while (!self->closed && self->wanted == NOTHING && g_cond_wait_until (&self->cond, &self->lock, end))
    ;
  wish = self->closed ? NOTHING : self->wanted;
  self->wanted = NOTHING;
  self->running = wish != NOTHING;
  g_mutex_unlock (&self->lock);

  return wish;
}

/* What cannot be decoded once is not tried for every wish. */
static void
stay_off (CofferPeek *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  self->running = FALSE;
  g_mutex_unlock (&self->lock);
}

static gpointer
peek_thread (gpointer data)
{
  CofferPeek *self = data;
  Decoder decoder = { NULL };
  gboolean ok = decoder_open (self, &decoder);
  gint64 position;

  while (ok && (position = next_wish (self)) != NOTHING)
    ok = decode (self, &decoder, position);

  decoder_close (&decoder);
  if (!ok)
    stay_off (self);
  peek_unref (self);
  coffer_playback_release_all ();

  return NULL;
}

CofferPeek *
coffer_peek_new (const char     *uri,
                 int             width,
                 CofferPeekFunc  func,
                 gpointer        data)
{
  CofferPeek *self = g_new0 (CofferPeek, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->uri = g_strdup (uri);
  self->width = width;
  self->func = func;
  self->data = data;
  self->wanted = NOTHING;

  return self;
}

void
coffer_peek_ask (CofferPeek *self,
                 gint64      position)
{
  g_mutex_lock (&self->lock);
  self->wanted = position;
  g_cond_signal (&self->cond);
  if (!self->running && !self->closed)
    {
      self->running = TRUE;
      g_atomic_ref_count_inc (&self->ref_count);
      coffer_playback_hold_all ();
      g_thread_unref (g_thread_new ("coffer-peek", peek_thread, self));
    }
  g_mutex_unlock (&self->lock);
}

void
coffer_peek_close (CofferPeek *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  peek_unref (self);
}
