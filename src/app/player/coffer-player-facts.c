/* SPDX-License-Identifier: MIT */
/* What a clip holds: its tracks, and the facts for people. Main thread. */
#define G_LOG_DOMAIN "coffer-player"

#include "coffer-player-private.h"

#include <glib/gi18n-lib.h>
#include <gst/video/video.h>

/* playbin's names for it. */
static const struct { const char *count, *tags; } kinds[COFFER_PLAYER_N_KINDS] = {
  { "n-audio", "get-audio-tags" },
  { "n-text", "get-text-tags" },
};

static int
count (CofferPlayer *self,
       const char   *property)
{
  int n = 0;

  if (self->loaded && self->playback != NULL)
    g_object_get (coffer_playback_get_element (self->playback), property, &n, NULL);

  return n;
}

gboolean
coffer_player_has_video (CofferPlayer *self)
{
  g_return_val_if_fail (COFFER_IS_PLAYER (self), FALSE);

  return count (self, "n-video") > 0;
}

gboolean
coffer_player_has_audio (CofferPlayer *self)
{
  g_return_val_if_fail (COFFER_IS_PLAYER (self), FALSE);

  return count (self, "n-audio") > 0;
}

gboolean
coffer_player_get_video_format (CofferPlayer *self,
                                int          *width,
                                int          *height,
                                int          *numerator,
                                int          *denominator)
{
  g_autoptr(GstCaps) caps = self->loaded && self->playback != NULL ? coffer_playback_dup_video_caps (self->playback) : NULL;
  GstVideoInfo info;

  if (caps == NULL || !gst_video_info_from_caps (&info, caps))
    return FALSE;

  *width = gst_util_uint64_scale_int_round (info.width, info.par_n, MAX (info.par_d, 1));
  *height = info.height;
  *numerator = info.fps_n;
  *denominator = info.fps_d;

  return TRUE;
}

void
coffer_player_get_size (CofferPlayer *self,
                        int          *width,
                        int          *height)
{
  int numerator, denominator;

  g_return_if_fail (COFFER_IS_PLAYER (self));

  if (!coffer_player_get_video_format (self, width, height, &numerator, &denominator))
    *width = *height = 0;
}

/* ---- Tracks ---- */

static GstTagList *
get_track_tags (CofferPlayer *self,
                const char   *signal,
                int           n)
{
  GstTagList *tags = NULL;

  if (self->playback != NULL)
    g_signal_emit_by_name (coffer_playback_get_element (self->playback), signal, n, &tags);

  return tags;
}

int
coffer_player_get_n_tracks (CofferPlayer     *self,
                            CofferPlayerKind  kind)
{
  g_return_val_if_fail (COFFER_IS_PLAYER (self) && kind < COFFER_PLAYER_N_KINDS, 0);

  return count (self, kinds[kind].count);
}

char *
coffer_player_dup_track_name (CofferPlayer     *self,
                              CofferPlayerKind  kind,
                              int               n)
{
  g_autoptr(GstTagList) tags = NULL;

  g_return_val_if_fail (COFFER_IS_PLAYER (self) && kind < COFFER_PLAYER_N_KINDS, NULL);

  tags = get_track_tags (self, kinds[kind].tags, n);

  return coffer_player_dup_track (tags, n);
}

int
coffer_player_get_track (CofferPlayer     *self,
                         CofferPlayerKind  kind)
{
  g_return_val_if_fail (COFFER_IS_PLAYER (self) && kind < COFFER_PLAYER_N_KINDS, -1);

  return self->tracks[kind];
}

void
coffer_player_apply_track (CofferPlayer *self)
{
  if (self->tracks[COFFER_PLAYER_AUDIO] > 0)
    coffer_playback_set_audio (self->playback, self->tracks[COFFER_PLAYER_AUDIO]);
}

void
coffer_player_set_track (CofferPlayer     *self,
                         CofferPlayerKind  kind,
                         int               n)
{
  g_return_if_fail (COFFER_IS_PLAYER (self) && kind < COFFER_PLAYER_N_KINDS);

  if (self->playback == NULL || n == self->tracks[kind] || n >= coffer_player_get_n_tracks (self, kind))
    return;

  self->tracks[kind] = n;
  if (kind == COFFER_PLAYER_AUDIO)
    coffer_playback_set_audio (self->playback, n);
  else
    coffer_player_update_subtitle (self);
}

/* ---- Facts ---- */

/* @value (transfer full) (nullable) */
static void
add (GPtrArray  *facts,
     const char *name,
     char       *value)
{
  if (value == NULL || *value == '\0')
    {
      g_free (value);
      return;
    }

  g_ptr_array_add (facts, g_strdup (name));
  g_ptr_array_add (facts, value);
}

static char *
dup_codec (CofferPlayer *self,
           const char   *signal,
           const char   *tag)
{
  g_autoptr(GstTagList) tags = get_track_tags (self, signal, 0);
  const char *name;

  if (tags == NULL || !gst_tag_list_peek_string_index (tags, tag, 0, &name))
    return NULL;

  return coffer_player_dup_codec (name);
}

static char *
dup_picture (CofferPlayer *self)
{
  int width, height, numerator, denominator;
  g_autofree char *rate = NULL;

  if (!coffer_player_get_video_format (self, &width, &height, &numerator, &denominator))
    return NULL;
  if (numerator <= 0 || denominator <= 0)
    return g_strdup_printf (_("%d × %d"), width, height);

  rate = coffer_player_dup_frame_rate (numerator, denominator);

  return g_strdup_printf (_("%d × %d, %s frames per second"), width, height, rate);
}

static char *
dup_length (CofferPlayer *self,
            guint64       size)
{
  g_autofree char *length = NULL, *rate = NULL;

  if (self->duration <= 0)
    return NULL;

  length = coffer_player_dup_length (self->duration);
  /* Of what is there the length is not known. */
  if (size == 0 || self->cut)
    return g_steal_pointer (&length);

  rate = coffer_player_dup_bit_rate (size * 8. * GST_SECOND / self->duration);

  return g_strdup_printf (_("%s, %s"), length, rate);
}

static char *
dup_channels (int channels)
{
  return channels == 1   ? g_strdup (_("mono"))
         : channels == 2 ? g_strdup (_("stereo"))
                         : g_strdup_printf (_("%d channels"), channels);
}

static char *
dup_sound (CofferPlayer *self)
{
  g_autofree char *codec = dup_codec (self, "get-audio-tags", GST_TAG_AUDIO_CODEC), *channels = NULL;
  g_autoptr(GstPad) pad = NULL;
  g_autoptr(GstCaps) caps = NULL;
  int rate, n;

  g_signal_emit_by_name (coffer_playback_get_element (self->playback), "get-audio-pad", 0, &pad);
  caps = pad != NULL ? gst_pad_get_current_caps (pad) : NULL;
  if (caps == NULL || !gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate) ||
      !gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &n))
    return g_steal_pointer (&codec);

  channels = dup_channels (n);
  if (codec == NULL)
    return g_strdup_printf (_("%g kHz, %s"), rate / 1000., channels);

  return g_strdup_printf (_("%s, %g kHz, %s"), codec, rate / 1000., channels);
}

static char *
dup_tag (CofferPlayer *self,
         const char   *tag)
{
  char *value = NULL;

  if (self->tags != NULL)
    gst_tag_list_get_string (self->tags, tag, &value);

  return value;
}

GStrv
coffer_player_dup_facts (CofferPlayer *self,
                         guint64       size)
{
  g_autoptr(GPtrArray) facts = g_ptr_array_new ();

  g_return_val_if_fail (COFFER_IS_PLAYER (self), NULL);

  if (self->loaded && self->playback != NULL)
    {
      add (facts, _("Picture"), dup_picture (self));
      add (facts, _("Length"), dup_length (self, size));
      add (facts, _("Video"), dup_codec (self, "get-video-tags", GST_TAG_VIDEO_CODEC));
      add (facts, _("Sound"), coffer_player_has_audio (self) ? dup_sound (self) : NULL);
      add (facts, _("Title"), dup_tag (self, GST_TAG_TITLE));
      add (facts, _("Artist"), dup_tag (self, GST_TAG_ARTIST));
      add (facts, _("Album"), dup_tag (self, GST_TAG_ALBUM));
    }
  g_ptr_array_add (facts, NULL);

  return (GStrv) g_ptr_array_free (g_steal_pointer (&facts), FALSE);
}
