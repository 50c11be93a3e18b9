/* SPDX-License-Identifier: MIT */
/* Frames turn by themselves, at their time, without a display. */
#include <coffer-animation.h>

#include "fixture.h"

#define FRAME_MS 125   /* of img/anim.gif; it has 16 */

typedef struct {
  CofferAnimation *animation;
  GMainLoop *loop;
  guint n_turned;
  GHashTable *frames;   /* checksums seen */
} Fixture;

static void
note_frame (Fixture *self)
{
  GdkTexture *frame = coffer_animation_get_frame (self->animation);
  gsize stride = (gsize) gdk_texture_get_width (frame) * 4, len = stride * gdk_texture_get_height (frame);
  g_autofree guchar *pixels = g_malloc (len);

  gdk_texture_download (frame, pixels, stride);
  g_hash_table_add (self->frames, g_compute_checksum_for_data (G_CHECKSUM_MD5, pixels, len));
}

static void
turned_cb (GdkPaintable *paintable,
           Fixture      *self)
{
  self->n_turned++;
  note_frame (self);
}

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  g_autoptr(GBytes) bytes = fixture_value ("img/anim.gif");
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);
  g_autoptr(GdkPixbufAnimation) frames = gdk_pixbuf_animation_new_from_stream (stream, NULL, NULL);
  gboolean opaque;

  self->loop = g_main_loop_new (NULL, FALSE);
  self->frames = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->animation = coffer_animation_new (frames, 80, 80, NULL, &opaque);
  g_assert_true (opaque);
  g_signal_connect (self->animation, "invalidate-contents", G_CALLBACK (turned_cb), self);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  coffer_animation_set_playing (self->animation, FALSE);
  g_object_unref (self->animation);
  g_hash_table_unref (self->frames);
  g_main_loop_unref (self->loop);
}

static void
run_for (Fixture *self,
         guint    ms)
{
  g_timeout_add_once (ms, (GSourceOnceFunc) g_main_loop_quit, self->loop);
  g_main_loop_run (self->loop);
}

static void
test_stands_still_at_first (Fixture       *self,
                            gconstpointer  data)
{
  run_for (self, 2 * FRAME_MS);
  g_assert_cmpuint (self->n_turned, ==, 0);
  g_assert_cmpint (gdk_paintable_get_intrinsic_width (GDK_PAINTABLE (self->animation)), ==, 80);
  g_assert_cmpint (gdk_paintable_get_intrinsic_height (GDK_PAINTABLE (self->animation)), ==, 60);
}

static void
test_turns_at_its_time (Fixture       *self,
                        gconstpointer  data)
{
  coffer_animation_set_playing (self->animation, TRUE);
  run_for (self, 8 * FRAME_MS + FRAME_MS / 2);
  /* None too early; a busy machine may be late. */
  g_assert_cmpuint (self->n_turned, <=, 8);
  g_assert_cmpuint (self->n_turned, >=, 4);
  g_assert_cmpuint (g_hash_table_size (self->frames), >=, 4);
}

static void
test_begins_again_after_the_end (Fixture       *self,
                                 gconstpointer  data)
{
  coffer_animation_set_playing (self->animation, TRUE);
  run_for (self, 20 * FRAME_MS);
  g_assert_cmpuint (self->n_turned, >=, g_hash_table_size (self->frames));
  g_assert_cmpuint (g_hash_table_size (self->frames), <=, 16);
  g_assert_cmpuint (g_hash_table_size (self->frames), >=, 8);
}

static void
test_stops (Fixture       *self,
            gconstpointer  data)
{
  guint n_turned;

  coffer_animation_set_playing (self->animation, TRUE);
  run_for (self, 3 * FRAME_MS);
  coffer_animation_set_playing (self->animation, FALSE);
  n_turned = self->n_turned;
  run_for (self, 3 * FRAME_MS);
  g_assert_cmpuint (self->n_turned, ==, n_turned);
}

static void
add (const char *path,
     void      (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  add ("/preview/animation/stands-still-at-first", test_stands_still_at_first);
  add ("/preview/animation/turns-at-its-time", test_turns_at_its_time);
  add ("/preview/animation/begins-again-after-the-end", test_begins_again_after_the_end);
  add ("/preview/animation/stops", test_stops);

  result = g_test_run ();
  fixture_remove_all ();

  return result;
}
