/* SPDX-License-Identifier: MIT */
/* Values that are cut, half-written or misnamed are told from whole ones. */
#include "displayless.h"

#include "coffer-damage.h"
#include "coffer-damages.h"

#include <string.h>

static const char *
check_as (const char   *name,
          gconstpointer data,
          gsize         size)
{
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_data (data, (gssize) size, NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *content_type = g_content_type_guess (NULL, data, MIN (size, 512), NULL);
  const char *words = coffer_damage_check (stream, 0, size, content_type, name, NULL, &error);

  g_assert_no_error (error);
  return words;
}

/* Formats that never end in so many zeros, and have no sums within that are wrong then. */
static gboolean
is_packed (const char *name)
{
  static const char *endings[] = { ".jpg", ".flac", ".mp3", ".aac", ".pdf", ".tif", ".webp", ".webm", ".7z", ".xz", ".ogg" };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (name, endings[i]))
      return TRUE;
  return FALSE;
}

/* A whole value, and the places at which it must be noticed that it was cut. */
static void
assert_cuts (const char   *name,
             gconstpointer data,
             gsize         size)
{
  const gsize at[] = { size * 9 / 10, size / 2, size - 3 };

  g_assert_cmpstr (check_as (name, data, size), ==, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (at); i++)
    {
      g_autofree guint8 *half = g_memdup2 (data, size);
      const char *words = check_as (name, data, at[i]);

      g_test_message ("%s of %" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT " left: %s", name, size, at[i], words);
      g_assert_nonnull (words);
      memset (half + at[i], 0, size - at[i]);
      if (i < 2 && (g_str_has_suffix (name, ".jpg") || g_str_has_suffix (name, ".png")))
        g_assert_nonnull (check_as (name, half, size));
      if (i == 1 && is_packed (name))
        g_assert_cmpstr (check_as (name, half, size), ==, "Half-written: it ends in zeros");
    }
}

static void
append (GByteArray *bytes,
        const char *data,
        gsize       n)
{
  g_byte_array_append (bytes, (const guint8 *) data, (guint) n);
}

#define APPEND(bytes, literal) append (bytes, literal, sizeof literal - 1)

/* Bytes that look like nothing. */
static void
append_noise (GByteArray *bytes,
              guint       n)
{
  for (guint i = 0; i < n; i++)
    append (bytes, &"\x11\x52\xa3\x74\x35\x26\x97\x18"[(i * 7 + i / 8) % 8], 1);
}

static void
append_u32 (GByteArray *bytes,
            guint32     number)
{
  number = GUINT32_TO_BE (number);
  append (bytes, (const char *) &number, 4);
}

static void
tells_jpeg (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  /* With a small picture of its own in the head, whose end is not the end. */
  APPEND (bytes, "\xff\xd8\xff\xe1\x00\x0c" "Exif\xff\xd8\xff\xd9zz" "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00");
  append_noise (bytes, 200000);
  APPEND (bytes, "\xff\x00\xff\xd0\xff\xff\xd9");
  assert_cuts ("a.jpg", bytes->data, bytes->len);
  append_noise (bytes, 1000);   /* what cameras put there */
  g_assert_cmpstr (check_as ("a.jpg", bytes->data, bytes->len), ==, NULL);
}

static guint32
crc_of (const guint8 *bytes,
        gsize         n)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < n; i++)
    {
      crc ^= bytes[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc & 1) != 0 ? 0xedb88320 ^ (crc >> 1) : crc >> 1;
    }
  return crc ^ 0xffffffff;
}

static void
append_chunk (GByteArray *bytes,
              const char *type,
              guint       n)
{
  guint at;

  append_u32 (bytes, n);
  at = bytes->len;
  append (bytes, type, 4);
  append_noise (bytes, n);
  append_u32 (bytes, crc_of (bytes->data + at, n + 4));
}

static void
tells_png (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  APPEND (bytes, "\x89PNG\r\n\x1a\n");
  append_chunk (bytes, "IHDR", 13);
  append_chunk (bytes, "IDAT", 150000);
  append_chunk (bytes, "IEND", 0);
  assert_cuts ("a.png", bytes->data, bytes->len);
  bytes->data[70000] ^= 1;
  g_assert_nonnull (check_as ("a.png", bytes->data, bytes->len));
}

static void
tells_gif (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  APPEND (bytes, "GIF89a\x01\x00\x01\x00\x80\x00\x00" "abcdef" "\x21\xf9\x04\x00\x00\x00\x00\x00" "\x2c\0\0\0\0\x01\0\x01\0\0\x02");
  for (guint i = 0; i < 300; i++)
    {
      APPEND (bytes, "\xff");
      append_noise (bytes, 255);
    }
  APPEND (bytes, "\0\x3b");
  g_assert_cmpstr (check_as ("a.gif", bytes->data, bytes->len), ==, NULL);
  g_assert_nonnull (check_as ("a.gif", bytes->data, bytes->len - 1));
  g_assert_nonnull (check_as ("a.gif", bytes->data, bytes->len / 2));
}

static void
tells_boxes (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  APPEND (bytes, "\0\0\0\x10" "ftypisom\0\0\0\0" "\0\0\0\x0c" "moovxxxx" "\0\0\x27\x10" "mdat");
  append_noise (bytes, 9992);
  assert_cuts ("a.mp4", bytes->data, bytes->len);
  APPEND (bytes, "\0\0\0\0\0\0\0\0\0\0");   /* filled up */
  g_assert_cmpstr (check_as ("a.mp4", bytes->data, bytes->len), ==, NULL);
  memcpy (bytes->data + 20, "free", 4);     /* no index */
  g_assert_nonnull (check_as ("a.mp4", bytes->data, bytes->len));

  /* Half-written, but as long as it is to be. */
  g_byte_array_set_size (bytes, 28);
  APPEND (bytes, "\0\x20\0\x08mdat");
  g_byte_array_set_size (bytes, 28 + 0x200008);
  memset (bytes->data + 36, 'x', 1000000);
  memset (bytes->data + 1000036, 0, 0x200000 - 1000000);
  memcpy (bytes->data + 20, "moov", 4);
  g_assert_cmpstr (check_as ("a.mp4", bytes->data, bytes->len), ==, "Half-written: it ends in zeros");
  memset (bytes->data + bytes->len - 500000, 'x', 500000);
  g_assert_cmpstr (check_as ("a.mp4", bytes->data, bytes->len), ==, NULL);
}

static void
tells_matroska (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  APPEND (bytes, "\x1a\x45\xdf\xa3\x84webm" "\x18\x53\x80\x67\x01\0\0\0\0\0\x9c\x48" "\x1f\x43\xb6\x75\x10\0\x9c\x40");
  append_noise (bytes, 40000);
  assert_cuts ("a.webm", bytes->data, bytes->len);
  memcpy (bytes->data + 13, "\x01\xff\xff\xff\xff\xff\xff\xff", 8);   /* as who sends it does not know how long it will be */
  g_assert_cmpstr (check_as ("a.webm", bytes->data, bytes->len / 2), ==, NULL);
}

static void
tells_riff (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  APPEND (bytes, "RIFF\x1c\x27\0\0WEBPVP8 \x10\x27\0\0");
  append_noise (bytes, 10000);
  assert_cuts ("a.webp", bytes->data, bytes->len);
  memcpy (bytes->data + 8, "WAVE", 4);
  assert_cuts ("a.wav", bytes->data, bytes->len);
  memset (bytes->data + 1000, 0, bytes->len - 1000);   /* silence */
  g_assert_cmpstr (check_as ("a.wav", bytes->data, bytes->len), ==, NULL);
}

static void
tells_ogg (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  for (guint page = 0; page < 4; page++)
    {
      append (bytes, "OggS\0", 5);
      append (bytes, page == 3 ? "\4" : "\0", 1);
      append_noise (bytes, 20);
      APPEND (bytes, "\2\xff\xff");
      append_noise (bytes, 510);
    }
  assert_cuts ("a.ogg", bytes->data, bytes->len);
  g_assert_cmpstr (check_as ("a.ogg", bytes->data, 3 * 539), ==, "May be cut off: its last page is not marked as the last");
}

static guint16
crc16_of (const guint8 *bytes,
          gsize         n)
{
  guint crc = 0;

  for (gsize i = 0; i < n; i++)
    {
      crc ^= (guint) bytes[i] << 8;
      for (guint bit = 0; bit < 8; bit++)
        crc = ((crc & 0x8000) != 0 ? crc << 1 ^ 0x8005 : crc << 1) & 0xffff;
    }
  return (guint16) crc;
}

/* Frames of 4,096 samples, numbered. */
static void
append_flac_frame (GByteArray *bytes,
                   guint       number)
{
  guint at = bytes->len;
  guint8 head[6] = { 0xff, 0xf8, 0xc9, 0x18, (guint8) number };
  guint8 sum[2];
  guint crc = 0;

  for (guint i = 0; i < 5; i++)
    {
      crc ^= head[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = ((crc & 0x80) != 0 ? crc << 1 ^ 0x07 : crc << 1) & 0xff;
    }
  head[5] = (guint8) crc;
  append (bytes, (const char *) head, 6);
  append_noise (bytes, 9000 + number);
  crc = crc16_of (bytes->data + at, bytes->len - at);
  sum[0] = (guint8) (crc >> 8);
  sum[1] = (guint8) crc;
  append (bytes, (const char *) sum, 2);
}

static void
tells_flac (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  /* 20 frames of 44,100 Hz, and filling of 100 bytes. */
  APPEND (bytes, "fLaC\0\0\0\x22\x10\x00\x10\x00\0\0\0\0\0\0\x0a\xc4\x42\xf0\0\x01\x40\0");
  append (bytes, "0123456789abcdef", 16);
  APPEND (bytes, "\x81\0\0\x64");
  g_byte_array_set_size (bytes, bytes->len + 100);
  memset (bytes->data + bytes->len - 100, 0, 100);
  for (guint i = 0; i < 20; i++)
    append_flac_frame (bytes, i);
  assert_cuts ("a.flac", bytes->data, bytes->len);
  g_assert_nonnull (check_as ("a.flac", bytes->data, bytes->len - 9021));   /* between two frames */
  g_assert_nonnull (check_as ("a.flac", bytes->data, 20));
  APPEND (bytes, "TAG");
  append_noise (bytes, 125);
  g_assert_cmpstr (check_as ("a.flac", bytes->data, bytes->len), ==, NULL);
  memset (bytes->data + 21, 0, 5);   /* as who sends it does not know how long it will be */
  g_assert_cmpstr (check_as ("a.flac", bytes->data, bytes->len / 2), ==, NULL);
}

static void
tells_mp3 (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();
  const char told[] = "May be cut off: its last part is not whole";

  APPEND (bytes, "ID3\4\0\0\0\0\1\0");   /* 128 bytes */
  append_noise (bytes, 128);
  for (guint i = 0; i < 301; i++)
    {
      APPEND (bytes, "\xff\xfb\x90\x44");
      append_noise (bytes, 413);
    }
  assert_cuts ("a.mp3", bytes->data, bytes->len);
  g_assert_cmpstr (check_as (NULL, bytes->data, bytes->len / 2), ==, told);
  g_assert_cmpstr (check_as ("a.mp3", bytes->data, 100), ==, "Cut off: its end is missing");
  g_assert_cmpstr (check_as ("a.wav", bytes->data, bytes->len), ==, "Another ending: its key says WAV, and it is MP3");

  /* The first frame tells how long all of them are: then it is seen between two as well. */
  memcpy (bytes->data + 138 + 36, "Info\0\0\0\2\0\1\xea\x4d", 12);   /* 301 × 417 */
  g_assert_cmpstr (check_as ("a.mp3", bytes->data, bytes->len), ==, NULL);
  g_assert_cmpstr (check_as ("a.mp3", bytes->data, bytes->len - 100 * 417), ==, "Cut off: its end is missing");
  APPEND (bytes, "TAG");
  append_noise (bytes, 125);
  g_assert_cmpstr (check_as ("a.mp3", bytes->data, bytes->len), ==, NULL);
}

static void
tells_adts (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < 301; i++)
    {
      APPEND (bytes, "\xff\xf1\x50\x80\x2e\x7f\xfc");   /* 371 */
      append_noise (bytes, 364);
    }
  assert_cuts ("a.aac", bytes->data, bytes->len);
}

static void
tells_pdf (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  APPEND (bytes, "%PDF-1.7\n1 0 obj <</Linearized 1>> endobj\nstartxref\n0\n%%EOF\n");
  append_noise (bytes, 30000);
  APPEND (bytes, "xref\n0 1\ntrailer <<>>\nstartxref\n30000\n%%EOF\n");
  assert_cuts ("a.pdf", bytes->data, bytes->len);
  append_noise (bytes, 1000);   /* what servers put there */
  g_byte_array_set_size (bytes, bytes->len + 70000);
  memset (bytes->data + bytes->len - 70000, 0, 70000);
  g_assert_cmpstr (check_as ("a.pdf", bytes->data, bytes->len), ==, NULL);
  g_byte_array_set_size (bytes, bytes->len - 70000);
  APPEND (bytes, "2 0 obj <</Length 12");   /* a change that did not get to its end */
  g_assert_cmpstr (check_as ("a.pdf", bytes->data, bytes->len), ==, "Cut off: its end is missing");
}

/* Two strips of 50,000 bytes, before what tells of them or behind it. */
static void
make_tiff (GByteArray *bytes,
           gboolean    is_behind,
           guint8      compression)
{
  guint8 directory[] = {
    0, 4, 1, 3, 0, 3, 0, 0, 0, 1, 0, compression, 0, 0, 1, 17, 0, 4, 0, 0, 0, 2, 0, 0, 0, 8,
    1, 23, 0, 4, 0, 0, 0, 2, 0, 0, 0, 16, 1, 22, 0, 3, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0,
  };
  guint32 at = is_behind ? 24 + sizeof directory : 24;
  guint32 numbers[] = { is_behind ? 24 : 24 + 100000, at + 50000, at, 50000, 50000 };

  APPEND (bytes, "MM\0*");
  for (guint i = 0; i < 5; i++)
    append_u32 (bytes, numbers[i]);
  if (is_behind)
    append (bytes, (const char *) directory, sizeof directory);
  append_noise (bytes, 100000);
  if (!is_behind)
    append (bytes, (const char *) directory, sizeof directory);
}

static void
tells_tiff (void)
{
  g_autoptr(GByteArray) before = g_byte_array_new ();
  g_autoptr(GByteArray) behind = g_byte_array_new ();
  g_autoptr(GByteArray) raw = g_byte_array_new ();
  g_autoptr(GByteArray) camera = g_byte_array_new ();

  make_tiff (behind, TRUE, 5);
  assert_cuts ("a.tif", behind->data, behind->len);
  make_tiff (before, FALSE, 5);
  assert_cuts ("a.tif", before->data, before->len - 4);   /* which nobody misses */
  make_tiff (raw, TRUE, 1);
  memset (raw->data + raw->len - 90000, 0, 90000);   /* black */
  g_assert_cmpstr (check_as ("a.tif", raw->data, raw->len), ==, NULL);
  g_assert_nonnull (check_as ("a.tif", raw->data, raw->len - 1));
  make_tiff (camera, TRUE, 6);   /* sizes of this kind are often wrong */
  g_assert_cmpstr (check_as ("a.tif", camera->data, camera->len - 100), ==, NULL);
}

static void
tells_archives (void)
{
  g_autoptr(GByteArray) seven = g_byte_array_new ();
  g_autoptr(GByteArray) xz = g_byte_array_new ();

  APPEND (seven, "7z\xbc\xaf\x27\x1c\0\4abcd\x50\xc3\0\0\0\0\0\0\x32\0\0\0\0\0\0\0abcd");
  append_noise (seven, 50050);
  assert_cuts ("a.7z", seven->data, seven->len);
  APPEND (xz, "\xfd" "7zXZ\0\0\4");
  append_noise (xz, 50000);
  APPEND (xz, "\0\4YZ");
  assert_cuts ("a.xz", xz->data, xz->len);
  APPEND (xz, "\0\0\0\0");
  g_assert_cmpstr (check_as ("a.xz", xz->data, xz->len), ==, NULL);
}

/* Where they are part of the format, or may be. */
static void
leaves_zeros_alone (void)
{
  g_autofree guint8 *bytes = g_malloc0 (200000);

  memcpy (bytes, "BM\x40\x0d\3\0", 6);
  g_assert_cmpstr (check_as ("a.bmp", bytes, 200000), ==, NULL);
  memcpy (bytes, "name.txt", 9);
  memcpy (bytes + 257, "ustar\0" "00", 8);
  g_assert_cmpstr (check_as ("a.tar", bytes, 200000), ==, NULL);
  memcpy (bytes, "\x93NUMPY\1\0", 8);
  g_assert_cmpstr (check_as ("a.npy", bytes, 200000), ==, NULL);
  memcpy (bytes, "SQLite format 3", 16);
  g_assert_cmpstr (check_as ("a.db", bytes, 200000), ==, NULL);
}

static void
tells_zip (void)
{
  g_autoptr(GByteArray) bytes = g_byte_array_new ();

  APPEND (bytes, "PK\3\4");
  append_noise (bytes, 100000);
  APPEND (bytes, "PK\5\6");
  append_noise (bytes, 18);
  g_assert_cmpstr (check_as ("a.zip", bytes->data, bytes->len), ==, NULL);
  append_noise (bytes, 65535);   /* a comment */
  g_assert_cmpstr (check_as ("a.zip", bytes->data, bytes->len), ==, NULL);
  g_assert_nonnull (check_as ("a.zip", bytes->data, 100000));
  g_assert_nonnull (check_as ("no-ending", bytes->data, 50000));
}

static void
tells_names (void)
{
  static const char jpeg[] = "\xff\xd8\xff\xda\x00\x04zz  \xff\xd9zzzz";
  static const char text[] = "<html><body>Not found, and so it is no picture at all</body></html>";
  char zeros[4096] = { 0 };

  g_assert_cmpstr (check_as ("a/b.JPG", jpeg, sizeof jpeg), ==, NULL);
  g_assert_cmpstr (check_as ("b", jpeg, sizeof jpeg), ==, NULL);
  g_assert_cmpstr (check_as (NULL, jpeg, sizeof jpeg), ==, NULL);
  g_assert_cmpstr (check_as ("b.jpg/c", jpeg, sizeof jpeg), ==, NULL);
  g_assert_cmpstr (check_as ("b.png", jpeg, sizeof jpeg), ==, "Another ending: its key says PNG, and it is JPEG");
  g_assert_cmpstr (check_as ("b.png", text, sizeof text - 1), ==, "Another ending: its key says PNG, and it is text");
  g_assert_cmpstr (check_as ("b.txt", text, sizeof text - 1), ==, NULL);
  g_assert_cmpstr (check_as ("b.gif", "\1\2\3\4\5\6\7", 7), ==, "Its key says GIF, and it does not begin like one");
  g_assert_cmpstr (check_as ("b.bin", zeros, sizeof zeros), ==, "Never written: all of it is zeros");
  g_assert_cmpstr (check_as ("b.bin", zeros, 8), ==, NULL);
  g_assert_cmpstr (check_as ("b.png", "", 0), ==, NULL);
}

/* Vaults that other programs made: what was damaged in them on purpose, and nothing else. */
static char *
find_in (const char *fixture)
{
  char *folder = test_folder_new ();
  g_autofree char *path = test_copy (folder, fixture);
  CofferVault *vault = test_open (path);
  GString *text = g_string_new (NULL);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferDamages) damages = NULL;

  coffer_damages_find_async (vault, coffer_vault_get_table (vault), NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  damages = coffer_damages_find_finish (vault, result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (damages->n_looked_at, >, 0);
  for (guint i = 0; i < damages->found->len; i++)
    {
      CofferDamage *damage = g_ptr_array_index (damages->found, i);
      g_autofree char *key = coffer_key_to_display (damage->key, 0);

      g_string_append_printf (text, "%s: %s\n", key, damage->words);
    }
  g_clear_object (&result);   /* which keeps the vault */
  test_close (vault);
  test_folder_remove (folder);
  return g_string_free (text, FALSE);
}

static void
finds_no_more_than_is_damaged (void)
{
  static const struct {
    const char *fixture, *found;
  } expected[] = {
    { "v010_media.db", "img/corrupt_crc.png: Damaged inside: a checksum of the picture is wrong\n"
                       "img/truncated.jpg: Cut off: its end is missing\n"
                       "left/zero-filled-by-failed-put_file.png: Never written: all of it is zeros\n"
                       "video/truncated_no_moov.mp4: Cut off: its end is missing\n" },
    { "v086_media_autopack.db", "media/corrupt_crc.png: Damaged inside: a checksum of the picture is wrong\n"
                                "media/truncated.jpg: Cut off: its end is missing\n" },
    { "v010_odd_keys.db", "x/y/z.png: Another ending: its key says PNG, and it is text\n" },
    { "v010_two_tables.db", "" },
    { "v086_all_vaults.db", "" },
    { "v086_two_tables.db", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autofree char *found = find_in (expected[i].fixture);

      g_assert_cmpstr (found, ==, expected[i].found);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/clean/damage/jpeg", tells_jpeg);
  g_test_add_func ("/clean/damage/png", tells_png);
  g_test_add_func ("/clean/damage/gif", tells_gif);
  g_test_add_func ("/clean/damage/boxes", tells_boxes);
  g_test_add_func ("/clean/damage/matroska", tells_matroska);
  g_test_add_func ("/clean/damage/riff", tells_riff);
  g_test_add_func ("/clean/damage/ogg", tells_ogg);
  g_test_add_func ("/clean/damage/flac", tells_flac);
  g_test_add_func ("/clean/damage/mp3", tells_mp3);
  g_test_add_func ("/clean/damage/adts", tells_adts);
  g_test_add_func ("/clean/damage/pdf", tells_pdf);
  g_test_add_func ("/clean/damage/tiff", tells_tiff);
  g_test_add_func ("/clean/damage/zip", tells_zip);
  g_test_add_func ("/clean/damage/archives", tells_archives);
  g_test_add_func ("/clean/damage/leaves-zeros-alone", leaves_zeros_alone);
  g_test_add_func ("/clean/damage/names", tells_names);
  g_test_add_func ("/clean/damages/no-more-than-is-damaged", finds_no_more_than_is_damaged);

  return g_test_run ();
}
