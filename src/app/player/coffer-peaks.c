/* SPDX-License-Identifier: MIT */
/*
 * The thread takes samples as fast as they are decoded and puts what it knows under the lock; ten times a second the main thread is
 * told.
 */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-peaks.h"

#include <coffer-media-decoder.h>
#include <coffer-media-guard.h>
#include <gst/app/gstappsink.h>
#include <stdlib.h>
#include <string.h>

#include "coffer-playback.h"

#define RATE 8000
#define SINK "audioconvert ! audioresample quality=0 ! audio/x-raw,format=S16LE,channels=1,rate=8000,layout=interleaved ! " \
             "appsink name=sink sync=false max-buffers=16 enable-last-sample=false"
#define LOOK_EVERY (GST_SECOND / 20)
#define TELL_EVERY_US (100 * 1000)
#define IDLE_LIMIT_US (5 * G_USEC_PER_SEC)

struct _CofferPeaks {
  gatomicrefcount ref_count;
  char *uri;
  gint64 duration;
  CofferPeaksFunc func;           /* main thread */
  gpointer data;

  GMutex lock;
  float peaks[COFFER_PEAKS_N];    /* by the lock */
  guint n_known;                  /* by the lock */
  gboolean closed;                /* by the lock */
};

/* The thread's. */
typedef struct {
  GstElement *pipeline;
  GstElement *sink;
  GstBus *bus;
  CofferMediaGuard *guard;
} Decoder;

static void
peaks_unref (gpointer data)
{
  CofferPeaks *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_mutex_clear (&self->lock);
  g_free (self->uri);
  g_free (self);
}

static gboolean
is_closed (CofferPeaks *self)
{
  gboolean closed;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  g_mutex_unlock (&self->lock);

  return closed;
}

static gboolean
tell_cb (gpointer data)
{
  CofferPeaks *self = data;
  float peaks[COFFER_PEAKS_N];
  gboolean closed;
  guint n_known;

  g_mutex_lock (&self->lock);
  memcpy (peaks, self->peaks, sizeof peaks);
  n_known = self->n_known;
  closed = self->closed;
  g_mutex_unlock (&self->lock);

  if (!closed)
    self->func (peaks, n_known, self->data);

  return G_SOURCE_REMOVE;
}

static void
tell (CofferPeaks *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, tell_cb, self, peaks_unref);
}

static guint
bucket_of (CofferPeaks *self,
           gint64       n_samples)
{
  gint64 time = gst_util_uint64_scale (n_samples, GST_SECOND, RATE);

  return MIN (time * COFFER_PEAKS_N / self->duration, COFFER_PEAKS_N - 1);
}

static void
take (CofferPeaks   *self,
      const gint16  *samples,
      gsize          n,
      gint64         from)
{
  g_mutex_lock (&self->lock);
  for (gsize i = 0; i < n; i++)
    {
      guint bucket = bucket_of (self, from + i);
      float peak = abs (samples[i]) / 32768.f;

      self->peaks[bucket] = MAX (self->peaks[bucket], peak);
      self->n_known = MAX (self->n_known, bucket);
    }
  g_mutex_unlock (&self->lock);
}

static void
take_sample (CofferPeaks *self,
             GstSample   *sample,
             gint64      *n_samples)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstMapInfo map;

  if (buffer == NULL || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;

  take (self, (const gint16 *) (gpointer) map.data, map.size / 2, *n_samples);
  *n_samples += map.size / 2;
  gst_buffer_unmap (buffer, &map);
}

static gboolean
has_failed (Decoder *decoder)
{
  g_autoptr(GstMessage) message = gst_bus_pop_filtered (decoder->bus, GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION);

  return message != NULL || coffer_media_guard_has_given_up (decoder->guard);
}

static void
take_all (CofferPeaks *self,
          Decoder     *decoder)
{
  gint64 n_samples = 0, told = g_get_monotonic_time (), last = told;

  while (!is_closed (self) && !gst_app_sink_is_eos (GST_APP_SINK (decoder->sink)))
    {
      g_autoptr(GstSample) sample = gst_app_sink_try_pull_sample (GST_APP_SINK (decoder->sink), LOOK_EVERY);
      gint64 now = g_get_monotonic_time ();

      if (sample != NULL)
        {
          take_sample (self, sample, &n_samples);
          last = now;
        }
      else if (has_failed (decoder) || now - last > IDLE_LIMIT_US)
        {
          return;
        }
      if (now - told > TELL_EVERY_US)
        {
          tell (self);
          told = now;
        }
    }

  g_mutex_lock (&self->lock);
  self->n_known = COFFER_PEAKS_N;
  g_mutex_unlock (&self->lock);
}

static gboolean
decoder_open (CofferPeaks *self,
              Decoder     *decoder)
{
  GstElement *bin = gst_parse_bin_from_description (SINK, TRUE, NULL);

  decoder->sink = bin != NULL ? gst_bin_get_by_name (GST_BIN (bin), "sink") : NULL;
  decoder->pipeline = coffer_media_decoder_new (self->uri, COFFER_MEDIA_AUDIO, bin, NULL);
  if (decoder->pipeline == NULL)
    return FALSE;

  decoder->guard = coffer_media_guard_new (decoder->pipeline, TRUE);
  decoder->bus = gst_element_get_bus (decoder->pipeline);

  return gst_element_set_state (decoder->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
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
  gst_clear_object (&decoder->pipeline);
}

static gpointer
peaks_thread (gpointer data)
{
  CofferPeaks *self = data;
  Decoder decoder = { NULL };

  if (decoder_open (self, &decoder))
    take_all (self, &decoder);
  decoder_close (&decoder);
  tell (self);
  peaks_unref (self);
  coffer_playback_release_all ();

  return NULL;
}

CofferPeaks *
coffer_peaks_new (const char      *uri,
                  gint64           duration,
                  CofferPeaksFunc  func,
                  gpointer         data)
{
  CofferPeaks *self = g_new0 (CofferPeaks, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_atomic_ref_count_inc (&self->ref_count);
  g_mutex_init (&self->lock);
  self->uri = g_strdup (uri);
  self->duration = MAX (duration, 1);
  self->func = func;
  self->data = data;
  coffer_playback_hold_all ();
  g_thread_unref (g_thread_new ("coffer-peaks", peaks_thread, self));

  return self;
}

void
coffer_peaks_close (CofferPeaks *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
  peaks_unref (self);
}
