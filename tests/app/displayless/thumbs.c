/* SPDX-License-Identifier: MIT */
/* What the tests of thumbnails have in common: values, requests, and looking at what came. */
#include "thumbs.h"

#include <kvault.h>
#include <string.h>

void
test_renew_thumbnails (Fixture         *fixture,
                       CofferThumbDisk *disk,
                       gsize            memory)
{
  gpointer alive = fixture->thumbnails;

  if (alive != NULL)
    {
      g_object_add_weak_pointer (G_OBJECT (fixture->thumbnails), &alive);
      g_object_unref (fixture->thumbnails);
      test_wait_for (alive == NULL);
    }
  fixture->thumbnails = coffer_thumbnails_new_full (fixture->vault, disk, memory);
}

void
test_thumbs_set_up (Fixture      *fixture,
                    gconstpointer data)
{
  fixture->folder = test_folder_new ();
  fixture->path = data != NULL ? test_copy (fixture->folder, data) : test_make_vault (fixture->folder, "test.db", 0);
  fixture->cache = g_build_filename (fixture->folder, "cache", NULL);
  fixture->disk = coffer_thumb_disk_new (fixture->cache, 1 << 20);
  coffer_thumb_disk_sweep (fixture->disk);
  fixture->vault = test_open (fixture->path);
  test_renew_thumbnails (fixture, NULL, MEMORY);
}

void
test_thumbs_tear_down (Fixture      *fixture,
                       gconstpointer data)
{
  gpointer alive = fixture->thumbnails;

  g_object_add_weak_pointer (G_OBJECT (fixture->thumbnails), &alive);
  g_object_unref (fixture->thumbnails);
  test_wait_for (alive == NULL);
  test_close (fixture->vault);
  coffer_thumb_disk_unref (fixture->disk);
  if (g_file_test (fixture->cache, G_FILE_TEST_EXISTS))
    test_folder_remove (g_steal_pointer (&fixture->cache));
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->cache);
}

/* ---- Values ---- */

void
test_put (Fixture      *fixture,
          const char   *key,
          gconstpointer value,
          gsize         size)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.access = KVAULT_ACCESS_WRITE;
  g_assert_cmpint (kvault_open (fixture->path, &options, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_put (vault, key, strlen (key), value, size), ==, KVAULT_OK);
  kvault_close (vault);
}

GBytes *
test_get (Fixture    *fixture,
          const char *key)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;
  GBytes *bytes;
  void *value;
  size_t size;

  options.access = KVAULT_ACCESS_VIEW;
  g_assert_cmpint (kvault_open (fixture->path, &options, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_get (vault, key, strlen (key), &value, &size), ==, KVAULT_OK);
  bytes = g_bytes_new (value, size);
  kvault_free (value);
  kvault_close (vault);

  return bytes;
}

GBytes *
test_picture_of (guint32     rgba,
                 int         side,
                 const char *format)
{
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, side, side);
  char *data;
  gsize size;

  gdk_pixbuf_fill (pixbuf, rgba);
  g_assert_true (gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, format, NULL, NULL));

  return g_bytes_new_take (data, size);
}

void
test_put_colour (Fixture    *fixture,
                 const char *key,
                 guint32     rgba)
{
  g_autoptr(GBytes) bytes = test_picture_of (rgba, 100, "bmp");

  test_put (fixture, key, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

void
test_put_text (Fixture    *fixture,
               const char *key,
               const char *text)
{
  test_put (fixture, key, text, strlen (text));
}

GBytes *
test_behind_header (GBytes *data)
{
  static const guint8 header[] = { 0x89, 'K', 1, 0, 0, 0, 0, 0, 'V', 'K' };
  GByteArray *value = g_byte_array_new ();

  g_byte_array_append (value, header, sizeof header);
  g_byte_array_append (value, g_bytes_get_data (data, NULL), g_bytes_get_size (data));

  return g_byte_array_free_to_bytes (value);
}

/* ---- Requests ---- */

CofferThumbnail *
test_request_sized (Fixture    *fixture,
                    const char *name,
                    guint64     value_size,
                    int         box)
{
  g_autoptr(CofferKey) key = test_key (name);

  return coffer_thumbnails_request (fixture->thumbnails, key, value_size, NULL, box, box);
}

CofferThumbnail *
test_request (Fixture    *fixture,
              const char *name)
{
  return test_request_sized (fixture, name, 1000, BOX);
}

CofferThumbnailState
test_wait_made (CofferThumbnail *thumbnail)
{
  test_wait_for (coffer_thumbnail_get_state (thumbnail) != COFFER_THUMBNAIL_PENDING);

  return coffer_thumbnail_get_state (thumbnail);
}

CofferThumbnailState
test_state_of (Fixture    *fixture,
               const char *name)
{
  g_autoptr(CofferThumbnail) thumbnail = test_request (fixture, name);

  return test_wait_made (thumbnail);
}

guint32 *
test_pixels_of (CofferThumbnail *thumbnail)
{
  GdkTexture *texture = coffer_thumbnail_get_texture (thumbnail);
  gsize stride = gdk_texture_get_width (texture) * 4;
  guint32 *pixels = g_malloc (stride * gdk_texture_get_height (texture));

  gdk_texture_download (texture, (guchar *) pixels, stride);

  return pixels;
}

gboolean
test_is_colour (CofferThumbnail *thumbnail,
                guint32          argb)
{
  g_autofree guint32 *pixels = test_pixels_of (thumbnail);

  for (int shift = 0; shift <= 24; shift += 8)
    if (ABS ((int) (pixels[0] >> shift & 0xff) - (int) (argb >> shift & 0xff)) > 6)
      return FALSE;

  return TRUE;
}

guint
test_count_files (Fixture *fixture)
{
  g_autoptr(GDir) dir = g_dir_open (fixture->cache, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}
