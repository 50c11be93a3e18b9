/* SPDX-License-Identifier: MIT */
/* The head of a JPEG: orientation and kind, in pieces of any size, with damage. */
#include <coffer-jpeg-head.h>

#include <string.h>

#include "fixture.h"

static CofferJpegHead
read_head (const guint8 *data,
           gsize         len,
           gsize         piece)
{
  CofferJpegHead head;

  coffer_jpeg_head_init (&head);
  for (gsize i = 0; i < len; i += piece)
    coffer_jpeg_head_feed (&head, data + i, MIN (piece, len - i));

  return head;
}

static void
test_tells_the_orientation (void)
{
  static const int orientations[] = { 3, 6, 8 };
  static const gsize pieces[] = { 1, 2, 7, 1000, 100000 };

  for (gsize i = 0; i < G_N_ELEMENTS (orientations); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (pieces); j++)
      {
        g_autofree char *key = g_strdup_printf ("img/exif_orientation_%d.jpg", orientations[i]);
        g_autoptr(GBytes) bytes = fixture_value (key);
        gsize len;
        const guint8 *data = g_bytes_get_data (bytes, &len);
        CofferJpegHead head = read_head (data, len, pieces[j]);

        g_assert_cmpint (head.orientation, ==, orientations[i]);
        g_assert_false (head.progressive);
      }
}

static void
test_reads_either_order_of_bytes (void)
{
  static const guint8 big[] = "\xff\xd8\xff\xff\xe1\0\x22" "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x05\0\0\0\0\0\0";
  static const guint8 little[] = "\xff\xd8\xff\xe1\0\x22" "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x07\0\0\0\0\0\0\0";

  g_assert_cmpint (read_head (big, sizeof big - 1, 1).orientation, ==, 5);
  g_assert_cmpint (read_head (little, sizeof little - 1, 3).orientation, ==, 7);
}

static void
test_tells_progressive_ones (void)
{
  static const guint8 progressive[] = "\xff\xd8\xff\xfe\0\x04hi\xff\xc4\0\x02\xff\xc2\0\x0b\x08\0\x01\0\x01\x01\0\0\0\xff\xda";
  static const guint8 baseline[] = "\xff\xd8\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\0\0\0\xff\xda\xff\xc2";

  g_assert_true (read_head (progressive, sizeof progressive - 1, 1).progressive);
  g_assert_false (read_head (baseline, sizeof baseline - 1, 1).progressive);
}

/* libjpeg goes on behind all of these, and decodes what follows. */
static void
test_goes_on_behind_stray_bytes (void)
{
  static const struct { const char *stray; gsize len; } strays[] = {
    { "\0", 1 }, { "\xc2", 1 }, { "\xff\0", 2 }, { "\0\xff", 2 }, { "\xff\x01", 2 }, { "\xff\xd0", 2 }, { "\xff\xd7\xff\xd7\0", 5 },
  };
  static const guint8 rest[] = "\xff\xc2\0\x0b\x08\0\x01\0\x01\x01\0\0\0\xff\xda\0\x08\x01\0\0\0\0\0";

  for (gsize i = 0; i < G_N_ELEMENTS (strays); i++)
    for (gsize piece = 1; piece < 5; piece++)
      {
        g_autoptr(GByteArray) bytes = g_byte_array_new ();
        CofferJpegHead head;

        g_byte_array_append (bytes, (const guint8 *) "\xff\xd8\xff\xfe\0\x04hi", 8);
        g_byte_array_append (bytes, (const guint8 *) strays[i].stray, strays[i].len);
        g_byte_array_append (bytes, rest, sizeof rest - 1);
        head = read_head (bytes->data, bytes->len, piece);
        g_assert_true (head.progressive);
        g_assert_true (head.at_pixels);
      }
}

static void
test_knows_that_it_is_not_through (void)
{
  static const guint8 ends[] = "\xff\xd8\xff\xd9\xff\xc2\0\x0b\x08\0\x01\0\x01\x01\0\0\0\xff\xda\0\x08\x01\0\0\0\0\0";
  static const guint8 cut[] = "\xff\xd8\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\0\0\0\xff\xda\0\x08";

  g_assert_false (read_head (ends, sizeof ends - 1, 3).at_pixels);
  g_assert_false (read_head (cut, sizeof cut - 1, 3).at_pixels);
}

static void
test_survives_damage_anywhere (void)
{
  g_autoptr(GBytes) bytes = fixture_value ("img/exif_orientation_6.jpg");
  gsize len = MIN (g_bytes_get_size (bytes), 400);

  for (gsize i = 0; i < len; i++)
    for (int bit = 0; bit < 8; bit++)
      {
        g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), len);
        CofferJpegHead head;

        data[i] ^= 1 << bit;
        head = read_head (data, len, 13);
        g_assert_cmpint (head.orientation, >=, 0);
        g_assert_cmpint (head.orientation, <=, 8);
      }
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/preview/jpeg-head/tells-the-orientation", test_tells_the_orientation);
  g_test_add_func ("/preview/jpeg-head/reads-either-order-of-bytes", test_reads_either_order_of_bytes);
  g_test_add_func ("/preview/jpeg-head/tells-progressive-ones", test_tells_progressive_ones);
  g_test_add_func ("/preview/jpeg-head/goes-on-behind-stray-bytes", test_goes_on_behind_stray_bytes);
  g_test_add_func ("/preview/jpeg-head/knows-that-it-is-not-through", test_knows_that_it_is_not_through);
  g_test_add_func ("/preview/jpeg-head/survives-damage-anywhere", test_survives_damage_anywhere);

  result = g_test_run ();
  fixture_remove_all ();

  return result;
}
