/* SPDX-License-Identifier: MIT */
#include <coffer-frame-count.h>
#include <string.h>

#include "fixture.h"

static CofferFrameCount
count_in_pieces (const guint8 *data,
                 gsize         len,
                 gsize         piece)
{
  CofferFrameCount count;

  coffer_frame_count_init (&count);
  for (gsize i = 0; i < len; i += piece)
    coffer_frame_count_feed (&count, data + i, MIN (piece, len - i));

  return count;
}

static void
test_counts_in_pieces_of_any_size (void)
{
  static const struct { const char *key; guint n_frames; guint duration_ms; } movies[] = {
    { "img/anim.gif", 16, 2010 }, { "img/anim.webp", 12, 1999 }, { "img/still.webp", 0, 0 }, { "img/photo.png", 0, 0 },
  };
  static const gsize pieces[] = { 1, 2, 7, 255, 1 << 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (movies); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (pieces); j++)
      {
        g_autoptr(GBytes) bytes = fixture_value (movies[i].key);
        CofferFrameCount count = count_in_pieces (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), pieces[j]);

        g_test_message ("%s by %" G_GSIZE_FORMAT, movies[i].key, pieces[j]);
        g_assert_cmpuint (count.n_frames, ==, movies[i].n_frames);
        g_assert_cmpuint (count.duration_ms, ==, movies[i].duration_ms);
      }
}

static void
test_plays_no_frame_faster_than_the_loader (void)
{
  static const guint8 gif[] = { 'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0, 0, 0,
                                0x21, 0xf9, 4, 0, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 1, 0,
                                0x21, 0xfe, 2, 'h', 'i', 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x80, 1, 1, 1, 2, 2, 2, 2, 1, 1, 0, 0x3b };
  CofferFrameCount count = count_in_pieces (gif, sizeof gif, 3);

  g_assert_cmpuint (count.n_frames, ==, 2);
  g_assert_cmpuint (count.duration_ms, ==, 40);
}

static void
test_ends_with_the_bytes (void)
{
  g_autoptr(GBytes) bytes = fixture_value ("img/anim.gif");
  gsize len = g_bytes_get_size (bytes);
  guint last = 0;

  for (gsize i = 0; i <= len; i += 13)
    {
      CofferFrameCount count = count_in_pieces (g_bytes_get_data (bytes, NULL), i, 64);

      g_assert_cmpuint (count.n_frames, >=, last);
      g_assert_cmpuint (count.n_frames, <=, 16);
      last = count.n_frames;
    }
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/preview/frame-count/counts-in-pieces-of-any-size", test_counts_in_pieces_of_any_size);
  g_test_add_func ("/preview/frame-count/plays-no-frame-faster-than-the-loader", test_plays_no_frame_faster_than_the_loader);
  g_test_add_func ("/preview/frame-count/ends-with-the-bytes", test_ends_with_the_bytes);

  result = g_test_run ();
  fixture_remove_all ();

  return result;
}
