/* SPDX-License-Identifier: MIT */
/* What GStreamer says, for people. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-words.h"

#include <glib/gi18n-lib.h>
#include <gst/pbutils/pbutils.h>
#include <math.h>
#include <string.h>

/* Which package of Debian, and of what is like it, plays what. */
static const struct { const char *media_type, *package; } packages[] = {
  { "video/x-h264", "gstreamer1.0-libav" },
  { "video/x-h265", "gstreamer1.0-libav" },
  { "video/mpeg", "gstreamer1.0-libav" },
  { "audio/mpeg", "gstreamer1.0-libav" },
  { "audio/x-ac3", "gstreamer1.0-libav" },
  { "audio/x-eac3", "gstreamer1.0-libav" },
  { "audio/x-alac", "gstreamer1.0-libav" },
  { "audio/x-wma", "gstreamer1.0-libav" },
  { "video/x-wmv", "gstreamer1.0-libav" },
  { "video/x-prores", "gstreamer1.0-libav" },
  { "video/x-av1", "gstreamer1.0-plugins-bad" },
  { "video/mpegts", "gstreamer1.0-plugins-bad" },
  { "audio/x-midi", "gstreamer1.0-plugins-bad" },
  { "video/x-ms-asf", "gstreamer1.0-plugins-ugly" },
};

#define ALMOST (20 * GST_MSECOND)

G_DEFINE_QUARK (coffer-player-error-quark, coffer_player_error)

static const char *
find_package (GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  g_autoptr(GstCaps) caps = NULL;
  const char *media_type;

  if (!gst_structure_get (structure, "detail", GST_TYPE_CAPS, &caps, NULL) || gst_caps_get_size (caps) == 0)
    return NULL;

  media_type = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    if (g_str_equal (packages[i].media_type, media_type))
      return packages[i].package;

  return NULL;
}

char *
coffer_player_dup_missing (GstMessage *message)
{
  g_autofree char *what = NULL;
  const char *package;

  if (!gst_is_missing_plugin_message (message))
    return NULL;

  what = gst_missing_plugin_message_get_description (message);
  package = find_package (message);
  if (package != NULL)
    return g_strdup_printf (_("Missing here: %s. The package %s has it."), what, package);

  return g_strdup_printf (_("Missing here: %s"), what);
}

static int
judge (const GError *error)
{
  if (g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND) ||
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE))
    return COFFER_PLAYER_ERROR_UNKNOWN;
  if (g_error_matches (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
      g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND))
    return COFFER_PLAYER_ERROR_NO_DECODER;

  if (error->domain == GST_STREAM_ERROR)
    return COFFER_PLAYER_ERROR_BROKEN;

  return COFFER_PLAYER_ERROR_FAILED;
}

GError *
coffer_player_error_new (GstMessage *message,
                         const char *missing)
{
  g_autoptr(GError) error = NULL;
  int code;

  gst_message_parse_error (message, &error, NULL);
  g_debug ("%s", error->message);
  code = judge (error);
  if (code != COFFER_PLAYER_ERROR_FAILED && missing != NULL)
    return g_error_new_literal (COFFER_PLAYER_ERROR, COFFER_PLAYER_ERROR_NO_DECODER, missing);
  if (code == COFFER_PLAYER_ERROR_UNKNOWN)
    return g_error_new_literal (COFFER_PLAYER_ERROR, code, _("This is no video and no sound, or of a kind that is not known here"));
  if (code == COFFER_PLAYER_ERROR_BROKEN)
    return g_error_new_literal (COFFER_PLAYER_ERROR, code, _("The clip is damaged or cut short"));

  return g_error_new_literal (COFFER_PLAYER_ERROR, code, error->message);
}

/* Descriptions are "H.264 (High Profile)", "MPEG-4 AAC", "On2 VP9", "Free Lossless Audio Codec (FLAC)", "VP9 video". */
char *
coffer_player_dup_codec (const char *description)
{
  static const char *const short_names[] = {
    "H.264", "H.265", "HEVC", "AV1", "VP9", "VP8", "Theora", "MPEG-4", "MPEG-2", "MPEG-1 Video", "ProRes", "MJPEG",
    "AAC", "MP3", "FLAC", "Opus", "Vorbis", "AC-3", "DTS", "ALAC", "PCM",
  };

  if (description == NULL)
    return NULL;
  if (strstr (description, "AAC") != NULL)
    return g_strdup ("AAC");
  if (strstr (description, "H264") != NULL)
    return g_strdup ("H.264");
  for (guint i = 0; i < G_N_ELEMENTS (short_names); i++)
    if (strstr (description, short_names[i]) != NULL)
      return g_strdup (short_names[i]);

  return g_strdup (description);
}

/* A second counts once it is over, but clips are a little shorter or longer than they are meant to be. */
char *
coffer_player_dup_clock (gint64 time,
                         gint64 duration)
{
  gboolean at_end = duration > 0 && time >= duration;
  gint64 seconds = (at_end ? duration + GST_SECOND / 2 : MAX (time, 0) + ALMOST) / GST_SECOND;
  int hours = seconds / 3600, minutes = seconds / 60 % 60;

  if (hours > 0)
    return g_strdup_printf ("%d:%02d:%02d", hours, minutes, (int) (seconds % 60));

  return g_strdup_printf ("%d:%02d", minutes, (int) (seconds % 60));
}

char *
coffer_player_dup_length (gint64 time)
{
  gint64 seconds = (time + GST_SECOND / 2) / GST_SECOND;
  int hours = seconds / 3600, minutes = seconds / 60 % 60, rest = seconds % 60;

  if (hours > 0)
    return g_strdup_printf (_("%d h %d min"), hours, minutes);
  if (minutes > 0)
    return g_strdup_printf (_("%d min %d s"), minutes, rest);
  if (seconds >= 10)
    return g_strdup_printf (_("%d s"), rest);

  return g_strdup_printf (_("%.1f s"), time / (double) GST_SECOND);
}

char *
coffer_player_dup_frame_rate (int numerator,
                              int denominator)
{
  double rate = denominator > 0 ? numerator / (double) denominator : 0;

  return fabs (rate - round (rate)) < .005 ? g_strdup_printf ("%.0f", rate) : g_strdup_printf ("%.2f", rate);
}

char *
coffer_player_dup_bit_rate (double bits_per_second)
{
  if (bits_per_second >= 1e6)
    return g_strdup_printf (_("%.1f Mbit/s"), bits_per_second / 1e6);

  return g_strdup_printf (_("%.0f kbit/s"), bits_per_second / 1e3);
}

char *
coffer_player_dup_track (GstTagList *tags,
                         int         n)
{
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  char *text = NULL;

  if (tags != NULL && gst_tag_list_get_string (tags, GST_TAG_TITLE, &text))
    g_ptr_array_add (parts, text);
  if (tags != NULL && gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_NAME, &text))
    g_ptr_array_add (parts, text);
  else if (tags != NULL && gst_tag_list_get_string (tags, GST_TAG_LANGUAGE_CODE, &text))
    {
      if (g_str_equal (text, "und"))
        g_free (text);
      else
        g_ptr_array_add (parts, text);
    }
  if (parts->len == 0)
    return g_strdup_printf (_("Track %d"), n + 1);

  g_ptr_array_add (parts, NULL);

  return g_strjoinv (", ", (char **) parts->pdata);
}
