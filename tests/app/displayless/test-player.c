/* SPDX-License-Identifier: MIT */
/* The player with real clips: what is on show is known by comparing it with every frame of the clip. */
#include "displayless.h"

#include <coffer-media.h>
#include <coffer-playback.h>
#include <coffer-player.h>
#include <coffer-value-uri.h>
#include <gst/app/gstappsink.h>
#include <gstkvaultsrc.h>
#include <string.h>

/* clip.webm: 30 frames of 320 × 240 in two seconds, each with its number in it. */
#define N_FRAMES 30
#define FRAME (GST_SECOND / 15)
#define WIDTH 320
#define HEIGHT 240

typedef struct {
  char *folder;
  char *path;
  CofferPlayer *player;
} Fixture;

static GPtrArray *frames;   /* of clip.webm, as pixels */

static char *
dup_uri (Fixture    *fixture,
         const char *key)
{
  g_autoptr(GBytes) bytes = g_bytes_new (key, strlen (key));

  return coffer_value_dup_uri (fixture->path, "kv", bytes, 0);
}

static void
set_up (Fixture      *fixture,
        gconstpointer vault)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_copy (fixture->folder, vault);
  fixture->player = coffer_player_new ();
  coffer_player_set_room (fixture->player, WIDTH, HEIGHT);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer vault)
{
  g_assert_finalize_object (fixture->player);
  coffer_playback_wait_all ();
  g_free (fixture->path);
  test_folder_remove (fixture->folder);
}

static gboolean
can_play_webm (void)
{
  g_autoptr(GstElementFactory) decoder = coffer_media_prepare () ? gst_element_factory_find ("vp9dec") : NULL;

  if (decoder == NULL)
    g_test_skip ("GStreamer cannot play VP9 here");

  return decoder != NULL;
}

static void
load (Fixture    *fixture,
      const char *key)
{
  g_autofree char *uri = dup_uri (fixture, key);

  coffer_player_set_uri (fixture->player, uri);
  g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_LOADING);
  test_wait_for (coffer_player_get_state (fixture->player) != COFFER_PLAYER_LOADING);
}

static void
load_clip (Fixture *fixture)
{
  load (fixture, "video/clip.webm");
  g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_PAUSED);
  test_wait_for (coffer_frames_has_frame (coffer_player_get_frames (fixture->player)));
}

/* All frames one after the other, without the player. */
static void
decode_frames (Fixture *fixture)
{
  g_autofree char *uri = dup_uri (fixture, "video/clip.webm");
  g_autofree char *line = g_strdup_printf ("uridecodebin uri=\"%s\" ! videoconvert ! video/x-raw,format=BGRA ! "
                                           "appsink name=sink sync=false", uri);
  g_autoptr(GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr(GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstSample *sample;

  if (frames != NULL)
    return;

  frames = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink))) != NULL)
    {
      gpointer data;
      gsize size;

      gst_buffer_extract_dup (gst_sample_get_buffer (sample), 0, -1, &data, &size);
      g_assert_cmpuint (size, ==, WIDTH * HEIGHT * 4);
      g_ptr_array_add (frames, g_bytes_new_take (data, size));
      gst_sample_unref (sample);
    }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (frames->len, ==, N_FRAMES);
}

/* Of the corner with the number. */
static guint64
distance (const guint8 *a,
          const guint8 *b)
{
  guint64 sum = 0;

  for (int y = 0; y < 38; y++)
    for (int x = 0; x < 102 * 4; x++)
      sum += abs (a[y * WIDTH * 4 + x] - b[y * WIDTH * 4 + x]);

  return sum;
}

static int
find_frame (GdkTexture *texture)
{
  g_autofree guint8 *pixels = g_malloc (WIDTH * HEIGHT * 4);
  guint64 best = G_MAXUINT64;
  int found = -1;

  g_assert_cmpint (gdk_texture_get_width (texture), ==, WIDTH);
  g_assert_cmpint (gdk_texture_get_height (texture), ==, HEIGHT);
  gdk_texture_download (texture, pixels, WIDTH * 4);
  for (int i = 0; i < N_FRAMES; i++)
    {
      guint64 this = distance (pixels, g_bytes_get_data (g_ptr_array_index (frames, i), NULL));

      if (this < best)
        {
          best = this;
          found = i;
        }
    }

  return found;
}

/* The number of the frame on show. It is asked often. */
static int
shown (Fixture *fixture)
{
  static GdkTexture *last;
  static int number;
  GdkTexture *texture = coffer_frames_get_texture (coffer_player_get_frames (fixture->player));

  decode_frames (fixture);
  if (texture == NULL)
    return -1;

  if (texture != last)
    number = find_frame (texture);
  g_set_weak_pointer (&last, texture);

  return number;
}

static void
begins_paused_at_the_first_frame (Fixture      *fixture,
                                  gconstpointer data)
{
  int width, height;

  if (!can_play_webm ())
    return;

  g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_EMPTY);
  load_clip (fixture);
  g_assert_cmpint (shown (fixture), ==, 0);
  g_assert_true (coffer_player_has_video (fixture->player));
  g_assert_true (coffer_player_has_audio (fixture->player));
  coffer_player_get_size (fixture->player, &width, &height);
  g_assert_cmpint (width, ==, WIDTH);
  g_assert_cmpint (height, ==, HEIGHT);
  g_assert_cmpint (coffer_player_get_duration (fixture->player) / GST_MSECOND, >=, 2000);
  g_assert_cmpint (coffer_player_get_duration (fixture->player) / GST_MSECOND, <, 2100);
  test_run_for (200);
  g_assert_cmpint (shown (fixture), ==, 0);
  g_assert_cmpint (coffer_player_get_position (fixture->player), <, FRAME);
}

static void
shows_the_frame_that_is_sought (Fixture      *fixture,
                                gconstpointer data)
{
  static const int sought[] = { 29, 3, 17, 16, 0, 28, 15 };

  if (!can_play_webm ())
    return;

  load_clip (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (sought); i++)
    {
      coffer_player_seek (fixture->player, sought[i] * FRAME + FRAME / 2);
      test_wait_for (shown (fixture) == sought[i]);
      g_assert_cmpint (coffer_player_get_position (fixture->player) / FRAME, ==, sought[i]);
    }
}

/* As when the bar is dragged. */
static void
gets_to_the_last_of_many_seeks (Fixture      *fixture,
                                gconstpointer data)
{
  if (!can_play_webm ())
    return;

  load_clip (fixture);
  for (int i = 0; i < 300; i++)
    coffer_player_seek (fixture->player, (i * 7 % N_FRAMES) * FRAME);
  coffer_player_seek (fixture->player, 21 * FRAME + FRAME / 2);
  g_assert_cmpint (coffer_player_get_position (fixture->player) / FRAME, ==, 21);
  test_wait_for (shown (fixture) == 21);
  test_run_for (100);
  g_assert_cmpint (shown (fixture), ==, 21);
}

static void
steps_by_frames (Fixture      *fixture,
                 gconstpointer data)
{
  if (!can_play_webm ())
    return;

  load_clip (fixture);
  coffer_player_seek (fixture->player, 10 * FRAME + FRAME / 2);
  test_wait_for (shown (fixture) == 10);
  for (int i = 11; i < 15; i++)
    {
      coffer_player_step (fixture->player, 1);
      test_wait_for (shown (fixture) == i);
    }
  for (int i = 13; i > 8; i--)
    {
      coffer_player_step (fixture->player, -1);
      test_wait_for (shown (fixture) == i);
    }
  for (int i = 0; i < 4; i++)
    coffer_player_step (fixture->player, 1);   /* without waiting */
  test_wait_for (shown (fixture) == 13);
  test_run_for (100);
  g_assert_cmpint (shown (fixture), ==, 13);
  coffer_player_play (fixture->player);
  test_wait_for (coffer_player_get_state (fixture->player) == COFFER_PLAYER_ENDED);
}

static void
plays_to_the_end_and_again (Fixture      *fixture,
                            gconstpointer data)
{
  gint64 began;

  if (!can_play_webm ())
    return;

  load_clip (fixture);
  for (int i = 0; i < 2; i++)
    {
      began = g_get_monotonic_time ();
      coffer_player_play (fixture->player);
      g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_PLAYING);
      test_wait_for (shown (fixture) > 0 && coffer_player_get_state (fixture->player) == COFFER_PLAYER_PLAYING);
      test_wait_for (coffer_player_get_state (fixture->player) == COFFER_PLAYER_ENDED);
      g_assert_cmpint (shown (fixture), ==, N_FRAMES - 1);
      g_assert_cmpint (g_get_monotonic_time () - began, >, 1.9 * G_USEC_PER_SEC);
      g_assert_cmpint (coffer_player_get_position (fixture->player), ==, coffer_player_get_duration (fixture->player));
    }
}

static void
begins_again_in_a_loop (Fixture      *fixture,
                        gconstpointer data)
{
  if (!can_play_webm ())
    return;

  load_clip (fixture);
  coffer_player_set_loop (fixture->player, TRUE);
  coffer_player_seek (fixture->player, 26 * FRAME);
  coffer_player_play (fixture->player);
  test_wait_for (shown (fixture) >= 26);
  test_wait_for (shown (fixture) < 10);
  g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_PLAYING);
}

static void
plays_at_other_speeds (Fixture      *fixture,
                       gconstpointer data)
{
  gint64 began;

  if (!can_play_webm ())
    return;

  load_clip (fixture);
  coffer_player_set_rate (fixture->player, 2);
  began = g_get_monotonic_time ();
  coffer_player_play (fixture->player);
  test_wait_for (coffer_player_get_state (fixture->player) == COFFER_PLAYER_ENDED);
  g_assert_cmpint (g_get_monotonic_time () - began, >, .9 * G_USEC_PER_SEC);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 1.9 * G_USEC_PER_SEC);
}

/* Whatever it is at: the picture is gone at once, and the file closed soon. */
static void
stops_at_once (Fixture      *fixture,
               gconstpointer data)
{
  static const char *const keys[] = { "video/clip.webm", "audio/tone.mp3", "video/truncated_no_moov.mp4" };

  if (!can_play_webm ())
    return;

  for (int i = 0; i < 30; i++)
    {
      g_autofree char *uri = dup_uri (fixture, keys[i % 3]);
      gint64 began;

      coffer_player_set_uri (fixture->player, uri);
      if (i % 2 == 0)
        coffer_player_play (fixture->player);
      test_run_for (i * 3);
      began = g_get_monotonic_time ();
      coffer_player_set_uri (fixture->player, NULL);
      g_assert_false (coffer_frames_has_frame (coffer_player_get_frames (fixture->player)));
      g_assert_cmpint (g_get_monotonic_time () - began, <, 200000);   /* meant: far less than 20 ms */
      coffer_playback_wait_all ();
      g_assert_cmpint (g_get_monotonic_time () - began, <, 2 * G_USEC_PER_SEC);   /* meant: 20 ms */
      g_test_message ("stopped in %" G_GINT64_FORMAT " us", g_get_monotonic_time () - began);
    }
}

static void
says_what_cannot_be_played (Fixture      *fixture,
                            gconstpointer data)
{
  static const char *const keys[] = { "video/truncated_no_moov.mp4", "doc/note.txt", "img/photo.png", "empty-value",
                                      "left/zero-filled-by-failed-put_file.png" };

  if (!can_play_webm ())
    return;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      load (fixture, keys[i]);
      if (g_str_equal (keys[i], "img/photo.png"))
        continue;   /* a clip of one frame, for GStreamer */
      g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_FAILED);
      g_assert_nonnull (coffer_player_get_error (fixture->player));
      g_test_message ("%s: %s", keys[i], coffer_player_get_error (fixture->player)->message);
      coffer_player_play (fixture->player);
      g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_FAILED);
    }
  load_clip (fixture);
}

static void
set_rank_of_vp9 (guint rank)
{
  static const char *const names[] = { "vp9dec", "avdec_vp9" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(GstElementFactory) decoder = gst_element_factory_find (names[i]);

      if (decoder != NULL)
        gst_plugin_feature_set_rank (GST_PLUGIN_FEATURE (decoder), rank);
    }
}

static void
plays_on_without_a_decoder (Fixture      *fixture,
                            gconstpointer data)
{
  if (!can_play_webm ())
    return;

  set_rank_of_vp9 (GST_RANK_NONE);
  load (fixture, "video/clip.webm");
  set_rank_of_vp9 (GST_RANK_PRIMARY);
  g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_PAUSED);
  g_assert_false (coffer_player_has_video (fixture->player));
  g_assert_true (coffer_player_has_audio (fixture->player));
  g_assert_nonnull (strstr (coffer_player_get_notice (fixture->player), "VP9"));
  coffer_player_play (fixture->player);
  test_wait_for (coffer_player_get_state (fixture->player) == COFFER_PLAYER_ENDED);
}

static void
knows_sounds (Fixture      *fixture,
              gconstpointer data)
{
  g_auto(GStrv) facts = NULL;
  g_autofree char *text = NULL;

  if (!can_play_webm ())
    return;

  load (fixture, "audio/tone.mp3");
  g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_PAUSED);
  g_assert_false (coffer_player_has_video (fixture->player));
  facts = coffer_player_dup_facts (fixture->player, 18447);
  text = g_strjoinv ("|", facts);
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, "Title|Tone 440"));
  g_assert_nonnull (strstr (text, "Artist|Fixture"));
  g_assert_nonnull (strstr (text, "Sound|MP3, 44.1 kHz, mono"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  coffer_media_set_source (gst_kvault_src_register);

#define ADD(name, function) g_test_add ("/player/" name, Fixture, "v010_media.db", set_up, function, tear_down)
  ADD ("begins-paused-at-the-first-frame", begins_paused_at_the_first_frame);
  ADD ("shows-the-frame-that-is-sought", shows_the_frame_that_is_sought);
  ADD ("gets-to-the-last-of-many-seeks", gets_to_the_last_of_many_seeks);
  ADD ("steps-by-frames", steps_by_frames);
  ADD ("plays-to-the-end-and-again", plays_to_the_end_and_again);
  ADD ("begins-again-in-a-loop", begins_again_in_a_loop);
  ADD ("plays-at-other-speeds", plays_at_other_speeds);
  ADD ("stops-at-once", stops_at_once);
  ADD ("says-what-cannot-be-played", says_what_cannot_be_played);
  ADD ("plays-on-without-a-decoder", plays_on_without_a_decoder);
  ADD ("knows-sounds", knows_sounds);

  return g_test_run ();
}
