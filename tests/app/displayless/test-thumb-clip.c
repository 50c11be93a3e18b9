/* SPDX-License-Identifier: MIT */
/* Thumbnails of clips and sounds. */
#include "thumbs.h"

#include <coffer-error.h>
#include <coffer-media.h>
#include <coffer-thumb-clip.h>
#include <gstkvaultsrc.h>
#include <string.h>

/* VP8 comes with a package that is recommended, no more. */
static gboolean
can_play_webm (void)
{
  g_autoptr(GstElementFactory) demuxer = NULL;
  g_autoptr(GstElementFactory) decoder = NULL;

  if (gst_init_check (NULL, NULL, NULL))
    {
      demuxer = gst_element_factory_find ("matroskademux");
      decoder = gst_element_factory_find ("vp9dec");
    }
  if (demuxer == NULL || decoder == NULL)
    g_test_skip ("GStreamer cannot play WebM here");

  return demuxer != NULL && decoder != NULL;
}

static void
shows_a_frame_of_a_clip (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr(CofferThumbnail) plain = NULL, kept = NULL;

  if (!can_play_webm ())
    return;

  test_renew_thumbnails (fixture, fixture->disk, MEMORY);
  plain = test_request (fixture, "video/clip.webm");
  g_assert_cmpint (test_wait_made (plain), ==, COFFER_THUMBNAIL_READY);
  g_assert_cmpint (gdk_texture_get_height (coffer_thumbnail_get_texture (plain)), ==, BOX);
  g_assert_cmpint (coffer_thumbnail_get_duration (plain), >, 1900 * 1000000);
  g_assert_cmpint (coffer_thumbnail_get_duration (plain), <, 2100 * 1000000);
  g_assert_cmpuint (test_count_files (fixture), ==, 1);

  g_clear_object (&plain);
  test_renew_thumbnails (fixture, fixture->disk, MEMORY);
  kept = test_request (fixture, "video/clip.webm");
  g_assert_cmpint (test_wait_made (kept), ==, COFFER_THUMBNAIL_READY);
  g_assert_cmpint (coffer_thumbnail_get_duration (kept), >, 1900 * 1000000);
}

static void
skips_the_header_of_a_clip (Fixture      *fixture,
                            gconstpointer data)
{
  Fixture media = { .folder = fixture->folder, .path = test_copy (fixture->folder, "v010_media.db") };
  g_autoptr(GBytes) clip = test_get (&media, "video/clip.webm");
  g_autoptr(GBytes) value = test_behind_header (clip);

  g_free (media.path);
  if (!can_play_webm ())
    return;

  test_put (fixture, "headed", g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  g_assert_cmpint (test_state_of (fixture, "headed"), ==, COFFER_THUMBNAIL_READY);
}

/* Not one byte that was read for a picture may be another one for it to be shown again. */
static void
never_shows_an_old_frame (Fixture      *fixture,
                          gconstpointer data)
{
  g_autoptr(GBytes) clip = test_get (fixture, "video/clip.webm");
  gsize size = g_bytes_get_size (clip);
  g_autofree guint8 *other = g_memdup2 (g_bytes_get_data (clip, NULL), size);
  g_autoptr(CofferThumbnail) before = NULL, after = NULL;
  g_autofree guint32 *old = NULL;

  if (!can_play_webm ())
    return;

  test_renew_thumbnails (fixture, fixture->disk, MEMORY);
  before = test_request (fixture, "video/clip.webm");
  g_assert_cmpint (test_wait_made (before), ==, COFFER_THUMBNAIL_READY);
  old = test_pixels_of (before);

  for (gsize i = 3000; i < 6000; i += 50)   /* in the first frame, and its head stays */
    other[i] ^= 0x55;
  test_put (fixture, "video/clip.webm", other, size);
  coffer_thumbnails_check (fixture->thumbnails);
  after = test_request (fixture, "video/clip.webm");
  if (test_wait_made (after) == COFFER_THUMBNAIL_READY)
    {
      g_autofree guint32 *new = test_pixels_of (after);

      g_assert_true (memcmp (old, new, BOX * BOX * 4) != 0);
    }
}

static void
knows_clips_without_a_picture (Fixture      *fixture,
                               gconstpointer data)
{
  static const char playlist[] = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n"
                                 "#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n";
  CofferThumbnailState state;

  if (!can_play_webm ())
    return;

  g_assert_cmpint (test_state_of (fixture, "video/truncated_no_moov.mp4"), ==, COFFER_THUMBNAIL_BROKEN);
  g_assert_cmpint (test_state_of (fixture, "audio/tone.flac"), ==, COFFER_THUMBNAIL_NONE);
  g_assert_cmpint (test_state_of (fixture, "audio/tone.wav"), ==, COFFER_THUMBNAIL_NONE);
  state = test_state_of (fixture, "video/clip_faststart.mp4");   /* as there is a decoder */
  g_assert_true (state == COFFER_THUMBNAIL_NONE || state == COFFER_THUMBNAIL_READY);
  test_put_text (fixture, "list", playlist);
  g_assert_cmpint (test_state_of (fixture, "list"), ==, COFFER_THUMBNAIL_NONE);
}

typedef struct {
  CofferThumbClip clip;
  CofferThumbPicture *picture;
  gint done;   /* atomic */
} Drawing;

static gpointer
draw_worker (gpointer data)
{
  Drawing *drawing = data;

  if (coffer_thumb_clip_is_possible ())
    drawing->picture = coffer_thumb_clip_draw (&drawing->clip, NULL, NULL);
  g_atomic_int_set (&drawing->done, TRUE);

  return NULL;
}

/* What GIO takes for a clip and GStreamer for a list of addresses. */
static void
follows_no_address (Fixture      *fixture,
                    gconstpointer data)
{
  static const char playlist[] = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n"
                                 "#EXT-X-ENDLIST\n";
  g_autoptr(GBytes) key = g_bytes_new_static ("list", 4);
  Drawing drawing = { { fixture->path, "kv", key, sizeof playlist - 1, 0, BOX, BOX }, NULL, FALSE };
  GThread *thread;

  if (!can_play_webm ())
    return;

  test_put_text (fixture, "list", playlist);
  thread = g_thread_new ("draw", draw_worker, &drawing);
  test_wait_for (g_atomic_int_get (&drawing.done));
  g_thread_join (thread);
  g_assert_nonnull (drawing.picture);
  g_assert_null (drawing.picture->texture);
  coffer_thumb_picture_unref (drawing.picture);
}

/* An MP3 with a picture in a frame of ID3. */
static GBytes *
with_cover (GBytes *sound,
            GBytes *cover)
{
  static const guint8 mime[] = "\0image/jpeg\0\3";
  gsize cover_size, sound_size, frame_size, tag_size;
  const guint8 *cover_data = g_bytes_get_data (cover, &cover_size), *sound_data = g_bytes_get_data (sound, &sound_size);
  GByteArray *value = g_byte_array_new ();

  frame_size = sizeof mime + cover_size;
  tag_size = 10 + frame_size;
  g_byte_array_append (value, (const guint8 *) "ID3\3\0\0", 6);
  for (int shift = 21; shift >= 0; shift -= 7)
    g_byte_array_append (value, &(guint8) { tag_size >> shift & 0x7f }, 1);
  g_byte_array_append (value, (const guint8 *) "APIC", 4);
  for (int shift = 24; shift >= 0; shift -= 8)
    g_byte_array_append (value, &(guint8) { frame_size >> shift }, 1);
  g_byte_array_append (value, (const guint8 *) "\0\0", 2);
  g_byte_array_append (value, mime, sizeof mime);   /* its NUL ends an empty description */
  g_byte_array_append (value, cover_data, cover_size);
  g_byte_array_append (value, sound_data, sound_size);

  return g_byte_array_free_to_bytes (value);
}

static void
shows_the_cover_of_a_sound (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr(GBytes) sound = test_get (fixture, "audio/tone.mp3");
  g_autoptr(GBytes) cover = test_picture_of (0x20c040ff, 200, "jpeg");
  g_autoptr(GBytes) value = with_cover (sound, cover);
  g_autoptr(CofferThumbnail) thumbnail = NULL;
  g_autoptr(GstElementFactory) demuxer = NULL;

  if (!can_play_webm ())
    return;
  demuxer = gst_element_factory_find ("id3demux");
  if (demuxer == NULL)
    {
      g_test_skip ("GStreamer knows no ID3 here");
      return;
    }

  test_put (fixture, "song", g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  thumbnail = test_request (fixture, "song");
  g_assert_cmpint (test_wait_made (thumbnail), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (test_is_colour (thumbnail, 0xff20c040));
}

/* At whatever it is. */
static void
lets_go_of_a_clip (Fixture      *fixture,
                   gconstpointer data)
{
  static const char *const keys[] = { "video/clip.webm", "audio/tone.mp3", "video/truncated_no_moov.mp4" };

  if (!can_play_webm ())
    return;

  for (int i = 0; i < 24; i++)
    {
      g_autoptr(CofferThumbnail) thumbnail = NULL;
      gint64 began;

      test_renew_thumbnails (fixture, NULL, MEMORY);
      thumbnail = test_request (fixture, keys[i % 3]);
      test_run_for (i * 2);
      began = g_get_monotonic_time ();
      test_hold (fixture->vault);
      g_assert_cmpint (g_get_monotonic_time () - began, <, 5 * G_USEC_PER_SEC);   /* meant: some 10 ms */
      coffer_vault_resume (fixture->vault);
      if (i % 2 == 0)
        test_wait_made (thumbnail);
    }
}

/* What cannot be read is no damaged clip, and nothing to be kept. */
static void
tells_what_was_not_read (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr(GBytes) key = g_bytes_new_static ("video/gone.webm", 15);
  const CofferThumbClip clip = { .path = fixture->path, .table = "kv", .key = key, .value_size = 49414, .width = BOX, .height = BOX };
  g_autoptr(GError) error = NULL, cover_error = NULL;

  if (!can_play_webm ())
    return;

  g_assert_null (coffer_thumb_clip_draw (&clip, NULL, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_NOTFOUND);
  g_assert_null (coffer_thumb_cover_draw (&clip, NULL, &cover_error));
  g_assert_error (cover_error, COFFER_ERROR, COFFER_ERROR_NOTFOUND);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  coffer_media_set_source (gst_kvault_src_register);

#define MEDIA "v010_media.db"
#define ADD(name, vault, function) TEST_THUMBS_ADD ("/thumb-clip/" name, vault, function)
  ADD ("shows-a-frame-of-a-clip", MEDIA, shows_a_frame_of_a_clip);
  ADD ("skips-the-header-of-a-clip", NULL, skips_the_header_of_a_clip);
  ADD ("never-shows-an-old-frame", MEDIA, never_shows_an_old_frame);
  ADD ("knows-clips-without-a-picture", MEDIA, knows_clips_without_a_picture);
  ADD ("follows-no-address", NULL, follows_no_address);
  ADD ("shows-the-cover-of-a-sound", MEDIA, shows_the_cover_of_a_sound);
  ADD ("tells-what-was-not-read", MEDIA, tells_what_was_not_read);
  ADD ("lets-go-of-a-clip", MEDIA, lets_go_of_a_clip);

  return g_test_run ();
}
