/* SPDX-License-Identifier: MIT */
/* The player with real clips: what is on show is known by comparing it with every frame of the clip. */
#include "displayless.h"

#include <coffer-media.h>
#include <coffer-playback.h>
#include <coffer-player-private.h>
#include <coffer-value-uri.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gstkvaultsrc.h>
#include <kvault.h>
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
  gint64 quickest = G_MAXINT64;

  if (!can_play_webm ())
    return;

  load_clip (fixture);
  coffer_player_set_rate (fixture->player, 2);
  for (int i = 0; i < 10 && quickest >= 1.9 * G_USEC_PER_SEC; i++)   /* a busy machine may need more than once */
    {
      gint64 began = g_get_monotonic_time ();

      coffer_player_play (fixture->player);
      g_assert_cmpint (coffer_player_get_state (fixture->player), ==, COFFER_PLAYER_PLAYING);
      test_wait_for (coffer_player_get_state (fixture->player) == COFFER_PLAYER_ENDED);
      quickest = MIN (quickest, g_get_monotonic_time () - began);
      g_assert_cmpint (quickest, >, .9 * G_USEC_PER_SEC);
    }
  g_assert_cmpint (quickest, <, 1.9 * G_USEC_PER_SEC);
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
      g_assert_cmpint (g_get_monotonic_time () - began, <, G_USEC_PER_SEC);   /* meant: far less than 20 ms */
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

/* ---- Clips made here ---- */

typedef struct {
  guint start, end;   /* in milliseconds */
  const char *words;
} Words;

static const Words english[] = { { 200, 800, "One <b>" }, { 1000, 1700, "Two &amp; <i>three</i>" }, { 2000, 2900, "Four" }, { 0 } };
static const Words german[] = { { 200, 800, "Eins" }, { 1000, 1700, "<span size='999999'>Zwei</span> <b>drei</b>" }, { 0 } };

static void
push_words (GstElement  *pipeline,
            const char  *name,
            const Words *words)
{
  g_autoptr(GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), name);

  for (; source != NULL && words->words != NULL; words++)
    {
      GstBuffer *buffer = gst_buffer_new_wrapped (g_strdup (words->words), strlen (words->words));

      GST_BUFFER_PTS (buffer) = words->start * GST_MSECOND;
      GST_BUFFER_DURATION (buffer) = (words->end - words->start) * GST_MSECOND;
      gst_app_src_push_buffer (GST_APP_SRC (source), buffer);
    }
  if (source != NULL)
    gst_app_src_end_of_stream (GST_APP_SRC (source));
}

static void
put (Fixture    *fixture,
     const char *key,
     const char *path)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  g_autofree char *value = NULL;
  gsize size;
  kvault *vault;

  options.access = KVAULT_ACCESS_WRITE;
  g_assert_true (g_file_get_contents (path, &value, &size, NULL));
  g_assert_cmpint (kvault_open (fixture->path, &options, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_use_table (vault, "kv"), ==, KVAULT_OK);
  g_assert_cmpint (kvault_put (vault, key, strlen (key), value, size), ==, KVAULT_OK);
  g_assert_cmpint (kvault_close (vault), ==, KVAULT_OK);
}

/* As if it had been filmed by a camera on its side: the matrix of its only track. */
static void
turn_clip (const char *path)
{
  static const guint32 matrix[] = { 0, 0x10000, 0, 0xffff0000, 0, 0, 0, 0, 0x40000000 };
  g_autofree char *data = NULL;
  char *header;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  for (header = data; header < data + size - 80 && memcmp (header, "tkhd", 4) != 0; header++)
    ;
  g_assert_cmpint (memcmp (header, "tkhd", 4), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (matrix); i++)
    GST_WRITE_UINT32_BE (header + 44 + 4 * i, matrix[i]);
  g_assert_true (g_file_set_contents (path, data, size, NULL));
}

/* Put into the vault as "made". Frames as they are need no encoder. */
static gboolean
make_clip (Fixture    *fixture,
           const char *sources,
           gboolean    turned)
{
  g_autofree char *path = g_build_filename (fixture->folder, "made.mkv", NULL);
  g_autofree char *line = g_strdup_printf ("%s %s name=mux ! filesink location=%s", sources,
                                           turned ? "qtmux" : "matroskamux", path);
  g_autoptr(GstElement) pipeline = coffer_media_prepare () ? gst_parse_launch (line, NULL) : NULL;
  g_autoptr(GstBus) bus = pipeline != NULL ? gst_element_get_bus (pipeline) : NULL;
  g_autoptr(GstMessage) message = NULL;

  if (pipeline == NULL)
    {
      g_test_skip ("GStreamer cannot make a clip here");
      return FALSE;
    }

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  push_words (pipeline, "english", english);
  push_words (pipeline, "german", german);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_true (message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);

  if (turned)
    turn_clip (path);
  put (fixture, "made", path);

  return TRUE;
}

static gboolean
load_made_clip (Fixture    *fixture,
                const char *sources,
                gboolean    turned)
{
  if (!make_clip (fixture, sources, turned))
    return FALSE;

  load (fixture, "made");
  g_assert_no_error (coffer_player_get_error (fixture->player));
  test_wait_for (coffer_frames_has_frame (coffer_player_get_frames (fixture->player)));

  return TRUE;
}

#define SUBTITLED "videotestsrc num-buffers=30 ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! queue ! mux. " \
                  "appsrc name=english format=time caps=text/x-raw,format=utf8 ! queue ! mux.subtitle_0 " \
                  "appsrc name=german format=time caps=text/x-raw,format=utf8 ! queue ! mux.subtitle_1"

static void
wait_for_words (Fixture    *fixture,
                const char *words)
{
  test_wait_for (g_strcmp0 (coffer_player_get_subtitle (fixture->player), words) == 0);
}

static void
shows_subtitles (Fixture      *fixture,
                 gconstpointer data)
{
  CofferPlayer *player = fixture->player;

  if (!load_made_clip (fixture, SUBTITLED, FALSE))
    return;

  g_assert_cmpint (coffer_player_get_n_tracks (player, COFFER_PLAYER_TEXT), ==, 2);
  coffer_player_seek (player, 500 * GST_MSECOND);
  test_wait_for (coffer_frames_get_time (coffer_player_get_frames (player)) >= (gint64) (500 * GST_MSECOND));
  g_assert_null (coffer_player_get_subtitle (player));
  coffer_player_set_track (player, COFFER_PLAYER_TEXT, 0);
  wait_for_words (fixture, "One &lt;b&gt;");
  coffer_player_seek (player, 900 * GST_MSECOND);
  wait_for_words (fixture, NULL);
  coffer_player_seek (player, 1200 * GST_MSECOND);
  wait_for_words (fixture, "Two &amp; <i>three</i>");
  coffer_player_set_track (player, COFFER_PLAYER_TEXT, 1);
  wait_for_words (fixture, "Zwei <b>drei</b>");
  coffer_player_set_track (player, COFFER_PLAYER_TEXT, -1);
  g_assert_null (coffer_player_get_subtitle (player));
  coffer_player_set_track (player, COFFER_PLAYER_TEXT, 0);
  coffer_player_seek (player, 1900 * GST_MSECOND);
  coffer_player_play (player);
  wait_for_words (fixture, "Four");
  g_assert_cmpint (coffer_player_get_position (player), >=, 2 * GST_SECOND);
  wait_for_words (fixture, NULL);
  coffer_player_set_uri (player, NULL);
}

static void
cleans_subtitles (void)
{
  static const struct { const char *words; gboolean markup; const char *clean; } cases[] = {
    { "a < b & c", FALSE, "a &lt; b &amp; c" },
    { "a < b & c", TRUE, "a &lt; b &amp; c" },
    { "<i>a</i> &amp; <u>b</u>\n", TRUE, "<i>a</i> &amp; <u>b</u>" },
    { "<span font_size='1000000000'>a</span><b onclick='x'>b</b>", TRUE, "a<b>b</b>" },
    { "</markup><markup>a", TRUE, "a" },
    { "<b>a", TRUE, "&lt;b&gt;a" },
    { "a\xff", FALSE, "a\xef\xbf\xbd" },
    { "  \n", TRUE, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferCues) cues = coffer_cues_new ();
      g_autofree char *words = NULL;

      coffer_cues_add (cues, 2, 0, 10, cases[i].words, strlen (cases[i].words), cases[i].markup);
      words = coffer_cues_dup_at (cues, 2, 5);
      g_assert_cmpstr (words, ==, cases[i].clean);
    }
}

static void
assert_words (CofferCues *cues,
              gint64      position,
              const char *expected)
{
  g_autofree char *words = coffer_cues_dup_at (cues, 0, position);

  g_assert_cmpstr (words, ==, expected);
}

static void
knows_when_subtitles_are_seen (void)
{
  g_autoptr(CofferCues) cues = coffer_cues_new ();

  coffer_cues_add (cues, 0, 30, -1, "open", 4, FALSE);
  coffer_cues_add (cues, 0, 10, 20, "b", 1, FALSE);
  coffer_cues_add (cues, 0, 50, 60, "end", 3, FALSE);
  coffer_cues_add (cues, 0, 10, 20, "c", 1, FALSE);
  for (int i = 0; i < 2; i++)   /* as preroll and to be played */
    coffer_cues_add (cues, 0, 5, 12, "a", 1, FALSE);
  g_assert_cmpint (coffer_cues_get_end (cues), ==, 60);
  coffer_cues_add (cues, 1, 0, 100, "another track", 13, FALSE);
  g_assert_cmpint (coffer_cues_get_end (cues), ==, 100);
  assert_words (cues, 4, NULL);
  assert_words (cues, 5, "a");
  assert_words (cues, 11, "a\nb\nc");
  assert_words (cues, 12, "b\nc");
  assert_words (cues, 20, NULL);
  assert_words (cues, 49, "open");
  assert_words (cues, 50, "end");
  assert_words (cues, 60, NULL);
}

/* ---- What GStreamer tells at an awkward time ---- */

static void
tell_error (CofferPlayer *player)
{
  g_autoptr(GError) error = g_error_new_literal (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "broken");
  g_autoptr(GstMessage) message = gst_message_new_error (NULL, error, NULL);

  coffer_player_message_cb (message, player);
}

static double
find_rate (CofferPlayer *player)
{
  g_autoptr(GstQuery) query = gst_query_new_segment (GST_FORMAT_TIME);
  double rate = 0;

  if (gst_element_query (coffer_playback_get_element (player->playback), query))
    gst_query_parse_segment (query, &rate, NULL, NULL, NULL);

  return rate;
}

static void
plays_after_an_error_as_before (Fixture      *fixture,
                                gconstpointer data)
{
  CofferPlayer *player = fixture->player;

  if (!load_made_clip (fixture, SUBTITLED, FALSE))
    return;

  coffer_player_set_rate (player, .5);
  coffer_player_set_track (player, COFFER_PLAYER_TEXT, 1);
  tell_error (player);
  g_assert_cmpint (coffer_player_get_state (player), ==, COFFER_PLAYER_ENDED);
  coffer_player_play (player);
  test_wait_for (coffer_player_get_state (player) == COFFER_PLAYER_PLAYING);
  g_assert_cmpfloat (coffer_player_get_rate (player), ==, .5);
  test_wait_for (find_rate (player) == .5);
  wait_for_words (fixture, "Eins");
  coffer_player_set_uri (player, NULL);
}

static void
tell_end (CofferPlayer *player,
          guint32       seqnum)
{
  g_autoptr(GstMessage) message = gst_message_new_eos (NULL);

  gst_message_set_seqnum (message, seqnum);
  coffer_player_message_cb (message, player);
}

static void
ends_though_it_is_told_early (Fixture      *fixture,
                              gconstpointer data)
{
  CofferPlayer *player = fixture->player;

  if (!can_play_webm ())
    return;

  load_clip (fixture);
  coffer_player_seek (player, FRAME);
  tell_end (player, player->seqnum - 1);
  test_wait_for (!player->seeking);
  g_assert_cmpint (coffer_player_get_state (player), ==, COFFER_PLAYER_PAUSED);
  coffer_player_seek (player, 2 * FRAME);
  tell_end (player, player->seqnum);
  g_assert_cmpint (coffer_player_get_state (player), ==, COFFER_PLAYER_PAUSED);
  test_wait_for (coffer_player_get_state (player) == COFFER_PLAYER_ENDED);
}

/* ---- Clips that are cut off ---- */

/* Frames that are all of a size, so that a part of the bytes is the same part of the time. */
#define LONG_CLIP "videotestsrc num-buffers=40 pattern=black ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! queue ! mux. "
/* Shorter, and longer, than the picture. */
#define WITH_SOUND(n) "audiotestsrc num-buffers=" #n " samplesperbuffer=800 ! audio/x-raw,format=S16LE,rate=8000,channels=1 ! queue ! mux. "

/* Of the value "made". */
static void
cut (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->folder, "made.mkv", NULL);
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_true (g_file_set_contents (path, data, size / 2, NULL));
  put (fixture, "made", path);
}

static gboolean
load_cut_clip (Fixture *fixture)
{
  if (!make_clip (fixture, LONG_CLIP, FALSE))
    return FALSE;

  cut (fixture);
  load (fixture, "made");
  g_assert_no_error (coffer_player_get_error (fixture->player));
  g_assert_cmpint (coffer_player_get_duration (fixture->player) / GST_MSECOND, >=, 3900);

  return TRUE;
}

static void
play_the_last_part (Fixture *fixture,
                    double   from)
{
  coffer_player_seek (fixture->player, coffer_player_get_duration (fixture->player) * from);
  test_wait_for (!fixture->player->seeking);
  coffer_player_play (fixture->player);
  test_wait_for (coffer_player_get_state (fixture->player) == COFFER_PLAYER_ENDED);
}

static gboolean
is_called_cut (CofferPlayer *player)
{
  return coffer_player_get_notice (player) != NULL && strstr (coffer_player_get_notice (player), "The clip is cut short") != NULL;
}

static void
says_that_a_clip_is_cut (Fixture      *fixture,
                         gconstpointer data)
{
  CofferPlayer *player = fixture->player;
  g_auto(GStrv) facts = NULL;
  g_autofree char *text = NULL;

  if (!load_cut_clip (fixture))
    return;

  g_assert_false (is_called_cut (player));
  play_the_last_part (fixture, .25);
  g_assert_true (is_called_cut (player));
  g_assert_cmpint (coffer_player_get_position (player) / GST_MSECOND, >=, 1700);
  g_assert_cmpint (coffer_player_get_position (player) / GST_MSECOND, <=, 2300);
  facts = coffer_player_dup_facts (player, 100000);
  text = g_strjoinv ("|", facts);
  g_assert_nonnull (strstr (text, "Length|"));
  g_assert_null (strstr (text, "bit/s"));

  coffer_player_play (player);
  test_wait_for (coffer_player_get_state (player) == COFFER_PLAYER_PLAYING && coffer_player_get_position (player) < (gint64) GST_SECOND);
  g_assert_true (is_called_cut (player));
  coffer_player_set_uri (player, NULL);
  g_assert_false (is_called_cut (player));
}

static void
says_that_a_clip_in_a_loop_is_cut (Fixture      *fixture,
                                   gconstpointer data)
{
  CofferPlayer *player = fixture->player;

  if (!load_cut_clip (fixture))
    return;

  coffer_player_set_loop (player, TRUE);
  coffer_player_seek (player, 1500 * GST_MSECOND);
  coffer_player_play (player);
  test_wait_for (is_called_cut (player));
  test_wait_for (coffer_player_get_position (player) < (gint64) GST_SECOND);
  g_assert_cmpint (coffer_player_get_state (player), ==, COFFER_PLAYER_PLAYING);
  coffer_player_set_uri (player, NULL);
}

/* Nothing is left to be seen there, and that is said. */
static void
says_that_a_clip_is_cut_before_what_is_sought (Fixture      *fixture,
                                               gconstpointer data)
{
  CofferPlayer *player = fixture->player;

  if (!load_cut_clip (fixture))
    return;

  coffer_player_seek (player, 2900 * GST_MSECOND);
  coffer_player_play (player);
  test_wait_for (coffer_player_get_state (player) == COFFER_PLAYER_ENDED);
  g_assert_true (is_called_cut (player));
  g_assert_cmpint (coffer_player_get_position (player) / GST_MSECOND, <=, 3000);
  coffer_player_set_uri (player, NULL);
}

static void
calls_no_whole_clip_cut (Fixture      *fixture,
                         gconstpointer data)
{
  static const char *const clips[] = { LONG_CLIP WITH_SOUND (10), LONG_CLIP WITH_SOUND (60), SUBTITLED,
                                       LONG_CLIP WITH_SOUND (40) WITH_SOUND (60) };

  for (guint i = 0; i < G_N_ELEMENTS (clips); i++)
    {
      if (!load_made_clip (fixture, clips[i], FALSE))
        return;

      play_the_last_part (fixture, .75);
      g_assert_false (is_called_cut (fixture->player));
      coffer_player_set_uri (fixture->player, NULL);
    }
}

/* ---- The rest ---- */

/* Half of a red, over nothing. */
static void
keeps_what_is_seen_through (Fixture      *fixture,
                            gconstpointer data)
{
  guint8 pixels[16 * 16 * 4];
  GdkTexture *texture;

  if (!load_made_clip (fixture, "videotestsrc num-buffers=2 pattern=solid-color foreground-color=0x80ff0000 ! "
                                "video/x-raw,format=AYUV,width=16,height=16,framerate=10/1 ! mux.", FALSE))
    return;

  texture = coffer_frames_get_texture (coffer_player_get_frames (fixture->player));
  gdk_texture_download (texture, pixels, 16 * 4);
  g_test_message ("%d %d %d %d", pixels[0], pixels[1], pixels[2], pixels[3]);
  g_assert_cmpint (pixels[3], ==, 0x80);
  g_assert_cmpint (ABS (pixels[2] - 0x80), <, 4);
}

static void
turns_what_lies_on_its_side (Fixture      *fixture,
                             gconstpointer data)
{
  GdkTexture *texture;
  int width, height;

  coffer_player_set_room (fixture->player, 24, 100);
  if (!load_made_clip (fixture, "videotestsrc num-buffers=3 ! "
                                "video/x-raw,format=UYVY,width=64,height=48,framerate=10/1 ! mux.", TRUE))
    return;

  coffer_player_get_size (fixture->player, &width, &height);
  g_assert_cmpint (width, ==, 48);
  g_assert_cmpint (height, ==, 64);
  texture = coffer_frames_get_texture (coffer_player_get_frames (fixture->player));
  g_assert_cmpint (gdk_texture_get_width (texture), ==, 24);
  g_assert_cmpint (gdk_texture_get_height (texture), ==, 32);
  coffer_player_seek (fixture->player, GST_SECOND / 10);
  test_wait_for (!fixture->player->seeking);
  g_assert_no_error (coffer_player_get_error (fixture->player));
}

static void
shows_whole_frames (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr(GstCaps) caps = NULL;

  if (!load_made_clip (fixture, "videotestsrc num-buffers=9 ! video/x-raw,format=I420,width=64,height=48,framerate=10/1,"
                                "interlace-mode=interleaved,field-order=top-field-first ! mux.", FALSE))
    return;

  caps = coffer_playback_dup_video_caps (fixture->player->playback);
  g_assert_cmpstr (gst_structure_get_string (gst_caps_get_structure (caps, 0), "interlace-mode"), ==, "progressive");
  coffer_player_seek (fixture->player, GST_SECOND / 2);
  coffer_player_play (fixture->player);
  test_wait_for (coffer_player_get_state (fixture->player) == COFFER_PLAYER_ENDED);
}

static void
tells_the_time (void)
{
  static const struct { int time, duration; const char *clock; } cases[] = {
    { 0, 0, "0:00" }, { 990, 5000, "0:01" }, { 4900, 4966, "0:04" }, { 4966, 4966, "0:05" }, { 2008, 2008, "0:02" },
    { 1933, 2008, "0:01" }, { 5300, 5300, "0:05" }, { 3661000, 7200000, "1:01:01" }, { -1, 0, "0:00" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clock = coffer_player_dup_clock (cases[i].time * (gint64) GST_MSECOND,
                                                        cases[i].duration * (gint64) GST_MSECOND);

      g_assert_cmpstr (clock, ==, cases[i].clock);
    }
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
  ADD ("shows-subtitles", shows_subtitles);
  ADD ("plays-after-an-error-as-before", plays_after_an_error_as_before);
  ADD ("ends-though-it-is-told-early", ends_though_it_is_told_early);
  ADD ("says-that-a-clip-is-cut", says_that_a_clip_is_cut);
  ADD ("says-that-a-clip-in-a-loop-is-cut", says_that_a_clip_in_a_loop_is_cut);
  ADD ("says-that-a-clip-is-cut-before-what-is-sought", says_that_a_clip_is_cut_before_what_is_sought);
  ADD ("calls-no-whole-clip-cut", calls_no_whole_clip_cut);
  ADD ("keeps-what-is-seen-through", keeps_what_is_seen_through);
  ADD ("turns-what-lies-on-its-side", turns_what_lies_on_its_side);
  ADD ("shows-whole-frames", shows_whole_frames);
  g_test_add_func ("/player/cleans-subtitles", cleans_subtitles);
  g_test_add_func ("/player/knows-when-subtitles-are-seen", knows_when_subtitles_are_seen);
  g_test_add_func ("/player/tells-the-time", tells_the_time);

  return g_test_run ();
}
