/* SPDX-License-Identifier: MIT */
/* A clip of 1920 × 1080 with sound, played out of a vault, to its first frame and to frames that are sought, against a playbin on
 * the same clip as a file, with frames of the same size and kind that nobody looks at. */
#include "bench.h"

#include <coffer-media.h>
#include <coffer-playback.h>
#include <coffer-player.h>
#include <coffer-value-uri.h>
#include <gstkvaultsrc.h>
#include <glib/gstdio.h>
#include <string.h>

#define KEY "clip"
#define BUDGET (1 / 1.3)
#define N_SEEKS 8

/* As a frame gets to a screen without a graphics card. */
#define SINK "videoconvertscale n-threads=2 ! video/x-raw,format=BGRA,width=960,height=540 ! fakesink sync=true"

/* Nobody hears it; as many key frames as clips have. */
#define CLIP "videotestsrc num-buffers=300 pattern=ball ! video/x-raw,width=1920,height=1080,framerate=30/1 ! " \
             "vp8enc deadline=1 cpu-used=16 threads=2 target-bitrate=6000000 keyframe-max-dist=60 ! queue ! mux. " \
             "audiotestsrc num-buffers=430 samplesperbuffer=1024 ! audio/x-raw,rate=44100 ! vorbisenc ! queue ! mux. " \
             "webmmux name=mux ! filesink location=\"%s\""

typedef struct {
  char *file_uri;
  char *vault_uri;
  CofferPlayer *player;   /* while its seeks are measured */
  GstElement *playbin;
  unsigned n_frames;
} Bench;

/* ---- The clip ---- */

static void
run_pipeline (const char *line)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr(GstBus) bus = pipeline != NULL ? gst_element_get_bus (pipeline) : NULL;
  g_autoptr(GstMessage) message = NULL;

  if (pipeline == NULL)
    bench_die ("%s", error->message);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_EOS)
    bench_die ("the clip cannot be made");
}

static void
make_clip (const char *path)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *line = g_strdup_printf (CLIP, part);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return;
  run_pipeline (line);
  if (g_rename (part, path) != 0)
    bench_die ("%s: cannot be renamed", part);
}

static void
make_vault (const char *path,
            const char *clip)
{
  g_autofree char *data = NULL;
  kvault *vault;
  gsize size;

  bench_remove (path);
  vault = bench_open (path, KVAULT_ACCESS_CREATE_NEW, 0);
  if (!g_file_get_contents (clip, &data, &size, NULL) || kvault_put (vault, KEY, strlen (KEY), data, size) != KVAULT_OK)
    bench_die ("%s: %s", clip, kvault_errmsg (vault));
  kvault_close (vault);
}

/* ---- To the first frame ---- */

static GstElement *
playbin_new (Bench *bench)
{
  GstElement *playbin = gst_object_ref_sink (gst_element_factory_make ("playbin", NULL));

  g_object_set (playbin, "uri", bench->file_uri, "video-sink", gst_parse_bin_from_description (SINK, TRUE, NULL), NULL);
  gst_util_set_object_arg (G_OBJECT (playbin), "flags", "video+audio+soft-volume");

  return playbin;
}

static void
wait_for_playbin (GstElement *playbin)
{
  if (gst_element_get_state (playbin, NULL, NULL, 20 * GST_SECOND) != GST_STATE_CHANGE_SUCCESS)
    bench_die ("playbin does not play");
}

static void
bare_first (void *data)
{
  GstElement *playbin = playbin_new (data);

  gst_element_set_state (playbin, GST_STATE_PAUSED);
  wait_for_playbin (playbin);
  bench_pause ();
  gst_element_set_state (playbin, GST_STATE_NULL);
  gst_object_unref (playbin);
  bench_resume ();
}

static void
frame_cb (Bench *bench)
{
  bench->n_frames++;
}

static CofferPlayer *
player_new (Bench *bench)
{
  CofferPlayer *player = coffer_player_new ();

  coffer_player_set_room (player, 960, 540);
  g_signal_connect_swapped (coffer_player_get_frames (player), "frame", G_CALLBACK (frame_cb), bench);

  return player;
}

static void
wait_for_frame (Bench        *bench,
                CofferPlayer *player)
{
  bench->n_frames = 0;
  while (bench->n_frames == 0)
    if (coffer_player_get_error (player) != NULL)
      bench_die ("%s", coffer_player_get_error (player)->message);
    else
      g_main_context_iteration (NULL, TRUE);
}

static void
ours_first (void *data)
{
  Bench *bench = data;
  g_autoptr(CofferPlayer) player = player_new (bench);

  coffer_player_set_uri (player, bench->vault_uri);
  wait_for_frame (bench, player);
  bench_pause ();
  coffer_player_set_uri (player, NULL);
  coffer_playback_wait_all ();
  bench_resume ();
}

/* ---- To a frame that is sought ---- */

static gint64
target (unsigned i)
{
  return (i * 37 % 97) * (GST_SECOND / 10);
}

static void
bare_seek (void *data)
{
  Bench *bench = data;

  for (unsigned i = 0; i < N_SEEKS; i++)
    {
      gst_element_seek_simple (bench->playbin, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, target (i));
      wait_for_playbin (bench->playbin);
    }
}

static void
ours_seek (void *data)
{
  Bench *bench = data;

  for (unsigned i = 0; i < N_SEEKS; i++)
    {
      coffer_player_seek (bench->player, target (i));
      wait_for_frame (bench, bench->player);
    }
}

static void
begin_seeks (Bench *bench)
{
  bench->playbin = playbin_new (bench);
  gst_element_set_state (bench->playbin, GST_STATE_PAUSED);
  wait_for_playbin (bench->playbin);
  bench->player = player_new (bench);
  coffer_player_set_uri (bench->player, bench->vault_uri);
  wait_for_frame (bench, bench->player);
  while (coffer_player_get_state (bench->player) != COFFER_PLAYER_PAUSED)
    g_main_context_iteration (NULL, TRUE);
}

int
main (void)
{
  g_autofree char *clip = g_strdup (bench_path ("player.webm"));
  g_autofree char *path = g_canonicalize_filename (bench_path ("player.db"), NULL);
  g_autoptr(GBytes) key = g_bytes_new_static (KEY, strlen (KEY));
  Bench bench = { NULL };
  int status;

  coffer_media_set_source (gst_kvault_src_register);
  if (!coffer_media_prepare ())
    bench_die ("GStreamer does not start");
  make_clip (clip);
  make_vault (path, clip);
  bench.file_uri = gst_filename_to_uri (clip, NULL);
  bench.vault_uri = coffer_value_dup_uri (path, "kv", key, 0);

  status = bench_compare ("player: a clip to its first frame", ours_first, bare_first, &bench, BUDGET);
  begin_seeks (&bench);
  status |= bench_compare ("player: a clip to frames sought", ours_seek, bare_seek, &bench, BUDGET);

  gst_element_set_state (bench.playbin, GST_STATE_NULL);
  gst_object_unref (bench.playbin);
  g_object_unref (bench.player);
  coffer_playback_wait_all ();
  g_free (bench.file_uri);
  g_free (bench.vault_uri);

  return status;
}
