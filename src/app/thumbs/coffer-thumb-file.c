/* SPDX-License-Identifier: MIT */
/*
 * The form of a cached picture. Numbers are as this machine has them: elsewhere the first of them is wrong, and the file is none.
 * Whoever can write into the folder can write anything into it, so what is read is checked before it is used, and a JPEG goes
 * through the same decoder as one of a vault.
 */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumb-file.h"

#include <coffer-image.h>
#include <string.h>
#include <xxhash.h>

/* "CofThmb" and the version of the form. */
#define MAGIC G_GUINT64_CONSTANT (0x01626d6854666f43)
#define QUALITY "92"
#define MAX_SIDE 4096
#define MAX_PARTS 65536

enum {
  PIXELS_JPEG = 1,
  PIXELS_DEFLATED,
};

typedef struct {
  guint64 magic;
  guint64 check;        /* of everything behind it */
  CofferDigest name;
  guint64 value_size;
  gint64 duration;
  guint32 width;
  guint32 height;
  guint32 pixels;       /* how they are kept */
  guint32 n_parts;
} Head;

#define CHECKED_FROM (2 * sizeof (guint64))

static void
pixbuf_freed (guchar  *pixels,
              gpointer data)
{
  g_free (pixels);
}

/* GDK_MEMORY_DEFAULT to what GdkPixbuf has. */
static GdkPixbuf *
to_pixbuf (CofferThumbPicture *picture)
{
  int width = gdk_texture_get_width (picture->texture), height = gdk_texture_get_height (picture->texture);
  const guint8 *pixels = g_bytes_get_data (picture->pixels, NULL);
  gsize n = (gsize) width * height;
  guint8 *rgb = g_malloc (n * 3);

  for (gsize i = 0; i < n; i++)
    {
      guint32 pixel;

      memcpy (&pixel, pixels + i * 4, sizeof pixel);
      rgb[i * 3] = pixel >> 16 & 0xff;
      rgb[i * 3 + 1] = pixel >> 8 & 0xff;
      rgb[i * 3 + 2] = pixel & 0xff;
    }

  return gdk_pixbuf_new_from_data (rgb, GDK_COLORSPACE_RGB, FALSE, 8, width, height, width * 3, pixbuf_freed, NULL);
}

static gboolean
append_jpeg (GByteArray         *file,
             CofferThumbPicture *picture)
{
  g_autoptr(GdkPixbuf) pixbuf = to_pixbuf (picture);
  g_autofree char *data = NULL;
  gsize size;

  if (!gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, "jpeg", NULL, "quality", QUALITY, NULL))
    return FALSE;

  g_byte_array_append (file, (const guint8 *) data, size);

  return TRUE;
}

static gboolean
append_deflated (GByteArray         *file,
                 CofferThumbPicture *picture)
{
  g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, 1);
  gsize size, n_read, n_written;
  const guint8 *pixels = g_bytes_get_data (picture->pixels, &size);
  gsize room = size + size / 1000 + 64;   /* what deflating can add at the most */
  guint start = file->len;

  g_byte_array_set_size (file, start + room);
  if (g_converter_convert (G_CONVERTER (compressor), pixels, size, file->data + start, room, G_CONVERTER_INPUT_AT_END,
                           &n_read, &n_written, NULL) != G_CONVERTER_FINISHED)
    return FALSE;

  g_byte_array_set_size (file, start + n_written);

  return TRUE;
}

GBytes *
coffer_thumb_file_write (const CofferDigest *name,
                         CofferThumbPicture *picture)
{
  g_autoptr(GByteArray) file = g_byte_array_new ();
  Head head = {
    .magic = MAGIC,
    .name = *name,
    .value_size = picture->value_size,
    .duration = picture->duration,
    .width = gdk_texture_get_width (picture->texture),
    .height = gdk_texture_get_height (picture->texture),
    .pixels = picture->opaque ? PIXELS_JPEG : PIXELS_DEFLATED,
    .n_parts = picture->parts->len,
  };

  if (head.n_parts > MAX_PARTS)
    return NULL;

  g_byte_array_append (file, (const guint8 *) &head, sizeof head);
  g_byte_array_append (file, (const guint8 *) picture->parts->data, head.n_parts * sizeof (CofferThumbPart));
  if (!(picture->opaque ? append_jpeg (file, picture) : append_deflated (file, picture)))
    return NULL;

  head.check = XXH3_64bits (file->data + CHECKED_FROM, file->len - CHECKED_FROM);
  memcpy (file->data, &head, sizeof head);

  return g_byte_array_free_to_bytes (g_steal_pointer (&file));
}

static GdkTexture *
read_jpeg (const Head   *head,
           const guint8 *data,
           gsize         size)
{
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_data (data, size, NULL);
  CofferImage image;

  if (!coffer_image_decode (&image, "image/jpeg", stream, head->width, head->height, NULL, NULL) || image.cut_short)
    coffer_image_clear (&image);

  return image.texture;
}

static GdkTexture *
read_deflated (const Head   *head,
               const guint8 *data,
               gsize         size)
{
  gsize stride = (gsize) head->width * 4, n_read, n_written;
  g_autoptr(GZlibDecompressor) decompressor = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW);
  g_autofree guint8 *pixels = g_malloc (stride * head->height);
  g_autoptr(GBytes) bytes = NULL;

  if (g_converter_convert (G_CONVERTER (decompressor), data, size, pixels, stride * head->height, G_CONVERTER_INPUT_AT_END,
                           &n_read, &n_written, NULL) != G_CONVERTER_FINISHED || n_written != stride * head->height)
    return NULL;

  bytes = g_bytes_new_take (g_steal_pointer (&pixels), stride * head->height);

  return gdk_memory_texture_new (head->width, head->height, GDK_MEMORY_DEFAULT, bytes, stride);
}

/* Whether it is whole and by that name. */
static gboolean
read_head (Head               *head,
           const CofferDigest *name,
           const guint8       *data,
           gsize               size)
{
  if (size < sizeof *head)
    return FALSE;

  memcpy (head, data, sizeof *head);

  return head->magic == MAGIC && coffer_digest_equal (&head->name, name) && head->n_parts > 0 && head->n_parts <= MAX_PARTS &&
         size - sizeof *head > head->n_parts * sizeof (CofferThumbPart) &&
         head->width > 0 && head->width <= MAX_SIDE && head->height > 0 && head->height <= MAX_SIDE &&
         head->check == XXH3_64bits (data + CHECKED_FROM, size - CHECKED_FROM);
}

CofferThumbPicture *
coffer_thumb_file_read (const CofferDigest *name,
                        const guint8       *data,
                        gsize               size)
{
  g_autoptr(GdkTexture) texture = NULL;
  GArray *parts;
  gsize start;
  Head head;

  if (!read_head (&head, name, data, size))
    return NULL;

  start = sizeof head + head.n_parts * sizeof (CofferThumbPart);
  texture = head.pixels == PIXELS_JPEG ? read_jpeg (&head, data + start, size - start)
                                       : read_deflated (&head, data + start, size - start);
  if (texture == NULL || gdk_texture_get_width (texture) != (int) head.width ||
      gdk_texture_get_height (texture) != (int) head.height)
    return NULL;

  parts = coffer_thumb_parts_new ();
  g_array_append_vals (parts, data + sizeof head, head.n_parts);

  return coffer_thumb_picture_new (COFFER_THUMBNAIL_READY, g_steal_pointer (&texture), head.duration, head.value_size, parts);
}
