/* SPDX-License-Identifier: MIT */
/* Clips and sounds: frames drawn with cairo and samples added up from sines, pushed through
 * an encoder into memory. The caller's thread pushes, GStreamer's encode; nothing of a
 * pipeline is left when a function returns.
 */
#include "media.h"

#include <gio/gio.h>
#include <gst/app/gstappsrc.h>
#include <math.h>

#define FRAME_RATE 24
#define SAMPLE_RATE 44100

/* What comes into a pipeline. */
typedef struct {
  GstCaps *caps;
  guint n_buffers;
  GstClockTime duration;   /* of one buffer */
  GstBuffer *(*next) (guint i, gconstpointer data);
  gconstpointer data;
} Source;

static gboolean
take_error (GstElement  *pipeline,
            GError     **error)
{
  g_autoptr(GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
                                                              GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    return FALSE;
  gst_message_parse_error (message, error, NULL);
  return TRUE;
}

/* @encoder: a pipeline without its ends, which is where the bytes come from and go to. */
static GBytes *
encode (const Source  *source,
        const char    *encoder,
        GError       **error)
{
  g_autofree char *line = g_strdup_printf ("appsrc name=in format=time block=true ! %s ! giostreamsink name=out",
                                           encoder);
  g_autoptr(GstElement) pipeline = gst_parse_launch_full (line, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  g_autoptr(GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr(GstElement) in = NULL;
  g_autoptr(GstElement) out = NULL;
  gboolean failed;

  if (pipeline == NULL)
    return NULL;
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_object_set (in, "caps", source->caps, NULL);
  g_object_set (out, "stream", stream, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < source->n_buffers; i++)
    {
      GstBuffer *buffer = source->next (i, source->data);

      GST_BUFFER_PTS (buffer) = i * source->duration;
      GST_BUFFER_DURATION (buffer) = source->duration;
      if (gst_app_src_push_buffer (GST_APP_SRC (in), buffer) != GST_FLOW_OK)
        break;
    }
  gst_app_src_end_of_stream (GST_APP_SRC (in));
  failed = take_error (pipeline, error);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (failed || !g_output_stream_close (stream, NULL, error))
    return NULL;
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (stream));
}

/* Pictures that move */

typedef struct {
  int width;
  int height;
  double from;   /* the time of day, as media_draw_day() has it */
  double to;
  guint n_frames;
} Clip;

static guint32
colour_between (const guint32 *colours,
                double         t)
{
  int i = MIN ((int) (t * 3), 2);
  double part = t * 3 - i;
  guint32 result = 0;

  for (int shift = 0; shift <= 16; shift += 8)
    {
      double from = (colours[i] >> shift) & 0xff;
      double to = (colours[i + 1] >> shift) & 0xff;

      result |= (guint32) lround (from + (to - from) * part) << shift;
    }
  return result;
}

void
media_draw_day (cairo_t *cr,
                double   width,
                double   height,
                double   t)
{
  /* Dawn, morning, afternoon, dusk */
  static const guint32 sky[3][4] = {
    { 0x1f2450, 0x3f8ad0, 0x4a90d0, 0x2a1f52 },
    { 0xa05a80, 0x9fd0ec, 0xb8d8ea, 0xb04a78 },
    { 0xffb080, 0xeef4ec, 0xfff0d0, 0xff9a5a },
  };
  static const guint32 light[] = { 0xffc890, 0xfffbe8, 0xfff4d8, 0xffa860 };
  static const guint32 far[] = { 0x8a6a8a, 0x9fc0b4, 0xa8b898, 0x8a5070 };
  static const guint32 near[] = { 0x1c1834, 0x2f6a44, 0x3a6a38, 0x1c1430 };
  Scene scene = { .ground = GROUND_RIDGES, .flags = SCENE_CLOUDS | SCENE_PINES, .light_size = 0.05, .seed = 77 };

  for (int i = 0; i < 3; i++)
    scene.sky[i] = colour_between (sky[i], t);
  scene.light = colour_between (light, t);
  scene.far = colour_between (far, t);
  scene.near = colour_between (near, t);
  scene.light_x = 0.12 + 0.76 * t;
  scene.light_y = 0.58 - 0.44 * sin (G_PI * t);
  scene_draw (&scene, cr, width, height);
}

static GstBuffer *
next_frame (guint         i,
            gconstpointer data)
{
  const Clip *clip = data;
  gsize size = (gsize) clip->width * clip->height * 4;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;
  cairo_surface_t *surface;
  cairo_t *cr;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  surface = cairo_image_surface_create_for_data (map.data, CAIRO_FORMAT_RGB24, clip->width, clip->height,
                                                 clip->width * 4);
  cr = cairo_create (surface);
  media_draw_day (cr, clip->width, clip->height,
                  clip->from + (clip->to - clip->from) * i / (clip->n_frames - 1));
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static GBytes *
encode_clip (const Clip  *clip,
             const char  *encoder,
             GError     **error)
{
  g_autoptr(GstCaps) caps = gst_caps_new_simple (
    "video/x-raw", "format", G_TYPE_STRING, G_BYTE_ORDER == G_LITTLE_ENDIAN ? "BGRx" : "xRGB",
    "width", G_TYPE_INT, clip->width, "height", G_TYPE_INT, clip->height,
    "framerate", GST_TYPE_FRACTION, FRAME_RATE, 1, NULL);
  Source source = { caps, clip->n_frames, GST_SECOND / FRAME_RATE, next_frame, clip };

  return encode (&source, encoder, error);
}

GBytes *
media_new_webm (GError **error)
{
  const Clip clip = { 640, 360, 0, 1, 5 * FRAME_RATE };

  /* Not in real time, or the pictures would depend on how busy the machine is. */
  return encode_clip (&clip, "videoconvert ! vp8enc deadline=1000000 cpu-used=5 threads=2 target-bitrate=1200000 "
                      "keyframe-max-dist=48 ! webmmux writing-app=Coffer creation-time=2025-06-21T04:00:00Z", error);
}

GBytes *
media_new_ogv (GError **error)
{
  const Clip clip = { 320, 180, 0.6, 1, 3 * FRAME_RATE };

  return encode_clip (&clip, "videoconvert ! theoraenc quality=40 ! oggmux", error);
}

/* Sounds */

/* A struck string or bell: sines that die away, the higher the sooner. */
static void
add_tone (float       *samples,
          gsize        n_samples,
          double       start,
          double       frequency,
          double       loudness,
          double       seconds,
          const double partials[][2],
          gsize        n_partials)
{
  gsize first = start * SAMPLE_RATE;
  gsize end = MIN (n_samples, first + (gsize) (1.5 * seconds * SAMPLE_RATE));   /* as good as silent by then */

  for (gsize i = first; i < end; i++)
    {
      double t = (double) (i - first) / SAMPLE_RATE;
      double sum = 0;

      for (gsize k = 0; k < n_partials; k++)
        sum += partials[k][1] * sin (2 * G_PI * frequency * partials[k][0] * t)
               * exp (-t * (1 + 0.7 * k) * 4 / seconds);
      samples[i] += loudness * sum * MIN (1, t * 400);
    }
}

static GstBuffer *
next_sound (guint         i,
            gconstpointer data)
{
  return gst_buffer_new_wrapped_bytes ((GBytes *) data);
}

static GBytes *
encode_sound (const float  *samples,
              gsize         n_samples,
              const char   *encoder,
              GError      **error)
{
  g_autofree gint16 *pcm = g_new (gint16, n_samples);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GstCaps) caps = gst_caps_new_simple (
    "audio/x-raw", "format", G_TYPE_STRING, G_BYTE_ORDER == G_LITTLE_ENDIAN ? "S16LE" : "S16BE",
    "layout", G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT, SAMPLE_RATE, "channels", G_TYPE_INT, 1, NULL);
  Source source = { caps, 1, gst_util_uint64_scale (n_samples, GST_SECOND, SAMPLE_RATE), next_sound, NULL };

  for (gsize i = 0; i < n_samples; i++)
    pcm[i] = lround (CLAMP (samples[i], -1, 1) * 32767);
  bytes = g_bytes_new (pcm, n_samples * sizeof *pcm);
  source.data = bytes;
  return encode (&source, encoder, error);
}

static const double string_partials[][2] = {
  { 1, 1 }, { 2, 0.45 }, { 3, 0.2 }, { 4, 0.12 }, { 5, 0.05 }
};
static const double bell_partials[][2] = {
  { 0.5, 0.5 }, { 1, 0.8 }, { 1.183, 0.5 }, { 1.506, 0.4 }, { 2, 0.5 }, { 2.514, 0.2 }
};

GBytes *
media_new_arpeggio (GError **error)
{
  static const int steps[] = { 0, 4, 7, 11, 12, 11, 7, 4, -3, 0, 4, 7, 9, 7, 4, 0, -7, -3, 0, 4, 5, 4, 0, -3,
                               -5, -1, 2, 7, 11, 7, 2, -1, 0 };
  const gsize n = 10 * SAMPLE_RATE;
  g_autofree float *samples = g_new0 (float, n);

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    add_tone (samples, n, i * 0.24, 261.63 * pow (2, steps[i] / 12.0), 0.22, 1.6,
              string_partials, G_N_ELEMENTS (string_partials));
  return encode_sound (samples, n, "audioconvert ! vorbisenc quality=0.5 ! oggmux", error);
}

GBytes *
media_new_chord (GError **error)
{
  static const int steps[] = { -12, -5, 0, 4, 7, 11 };
  const gsize n = 4 * SAMPLE_RATE;
  g_autofree float *samples = g_new0 (float, n);

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    add_tone (samples, n, i * 0.03, 261.63 * pow (2, steps[i] / 12.0), 0.13, 4,
              string_partials, G_N_ELEMENTS (string_partials));
  return encode_sound (samples, n, "audioconvert ! flacenc", error);
}

GBytes *
media_new_bell (GError **error)
{
  const gsize n = 2 * SAMPLE_RATE;
  g_autofree float *samples = g_new0 (float, n);

  add_tone (samples, n, 0, 660, 0.28, 2, bell_partials, G_N_ELEMENTS (bell_partials));
  return encode_sound (samples, n, "wavenc", error);
}
