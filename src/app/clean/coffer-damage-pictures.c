/* SPDX-License-Identifier: MIT */
/*
 * Pictures from their first mark to the one at their end. Whatever comes behind that is left alone: cameras put padding, other pictures
 * and clips there. Any thread.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-damage-reader.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* JPEG: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1 */

/* A marker that stands within the pixels: a 0xff of theirs, filling, or a restart. */
static gboolean
is_within_pixels (guint8 marker)
{
  return marker == 0 || marker == 0xff || (marker >= 0xd0 && marker <= 0xd7) || marker == 0x01;
}

/* The next marker at @offset or behind it; G_MAXUINT64 if there is none. */
static guint64
find_marker (CofferDamageReader *self,
             guint64             offset)
{
  const guint8 *bytes;
  gsize len;

  while (coffer_damage_get (self, offset, 2) != NULL)
    {
      const guint8 *at;

      len = coffer_damage_get_some (self, offset, &bytes);
      at = bytes;
      while ((at = memchr (at, 0xff, (gsize) (bytes + len - 1 - at))) != NULL)
        {
          if (!is_within_pixels (at[1]))
            return offset + (guint64) (at - bytes);
          at++;
          if (at >= bytes + len - 1)
            break;
        }
      offset += len - 1;
    }
  return G_MAXUINT64;
}

const char *
coffer_damage_jpeg (CofferDamageReader *self)
{
  guint64 offset = 2;

  while ((offset = find_marker (self, offset)) != G_MAXUINT64)
    {
      const guint8 *segment = coffer_damage_get (self, offset, 2);

      if (segment == NULL || segment[1] == 0xd9)
        return NULL;
      if ((segment = coffer_damage_get (self, offset, 4)) == NULL)
        break;
      offset += 2 + (guint64) (segment[2] << 8 | segment[3]);
    }
  return coffer_damage_cut (self);
}

/* PNG: https://www.w3.org/TR/png/, 5.3 */

static guint32
get_u32 (const guint8 *bytes)
{
  return (guint32) bytes[0] << 24 | (guint32) bytes[1] << 16 | (guint32) bytes[2] << 8 | bytes[3];
}

static guint32
crc_step (guint32       crc,
          const guint8 *bytes,
          gsize         n)
{
  static guint32 table[256];
  static gsize made;

  if (g_once_init_enter (&made))
    {
      for (guint32 i = 0; i < 256; i++)
        {
          guint32 c = i;

          for (guint bit = 0; bit < 8; bit++)
            c = (c & 1) != 0 ? 0xedb88320 ^ (c >> 1) : c >> 1;
          table[i] = c;
        }
      g_once_init_leave (&made, 1);
    }
  for (gsize i = 0; i < n; i++)
    crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);
  return crc;
}

static gboolean
is_chunk_type (const guint8 *type)
{
  for (guint i = 0; i < 4; i++)
    if (!g_ascii_isalpha (type[i]))
      return FALSE;
  return TRUE;
}

/* FALSE as well when it cannot be read. */
static gboolean
is_sum_right (CofferDamageReader *self,
              guint64             offset,
              guint64             n)
{
  guint32 crc = 0xffffffff;
  const guint8 *bytes;

  while (n > 0)
    {
      gsize len = coffer_damage_get_some (self, offset, &bytes);

      if (len == 0)
        return FALSE;
      len = MIN (len, n);
      crc = crc_step (crc, bytes, len);
      offset += len;
      n -= len;
    }
  bytes = coffer_damage_get (self, offset, 4);
  return bytes != NULL && get_u32 (bytes) == (crc ^ 0xffffffff);
}

const char *
coffer_damage_png (CofferDamageReader *self)
{
  guint64 offset = 8;
  const guint8 *chunk;

  while ((chunk = coffer_damage_get (self, offset, 8)) != NULL)
    {
      guint64 size = get_u32 (chunk);
      gboolean is_end = memcmp (chunk + 4, "IEND", 4) == 0;

      if (!is_chunk_type (chunk + 4) || size > G_MAXINT32)
        return coffer_damage_is_zero (self, offset) ? coffer_damage_cut (self) : _("Damaged inside: a part of the picture is none");
      if (offset + 12 + size > self->size)
        break;
      if (!is_sum_right (self, offset + 4, size + 4))
        return _("Damaged inside: a checksum of the picture is wrong");
      if (is_end)
        return NULL;
      offset += 12 + size;
    }
  return coffer_damage_cut (self);
}

/* GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt */

static guint64
color_table_size (guint8 packed)
{
  return (packed & 0x80) != 0 ? 3u << ((packed & 7) + 1) : 0;
}

/* Behind sub-blocks; G_MAXUINT64 if they have no end. */
static guint64
skip_sub_blocks (CofferDamageReader *self,
                 guint64             offset)
{
  const guint8 *size;

  while ((size = coffer_damage_get (self, offset, 1)) != NULL)
    {
      offset += 1 + (guint64) *size;
      if (*size == 0)
        return offset;
    }
  return G_MAXUINT64;
}

const char *
coffer_damage_gif (CofferDamageReader *self)
{
  const guint8 *block = coffer_damage_get (self, 0, 13);
  guint64 offset = block != NULL ? 13 + color_table_size (block[10]) : G_MAXUINT64;

  while (offset != G_MAXUINT64 && (block = coffer_damage_get (self, offset, 1)) != NULL)
    {
      if (*block == 0x3b)
        return NULL;
      if (*block == 0)                      /* some programs put one too many */
        offset++;
      else if (*block == 0x21)
        offset = skip_sub_blocks (self, offset + 2);
      else if (*block == 0x2c && (block = coffer_damage_get (self, offset, 10)) != NULL)
        offset = skip_sub_blocks (self, offset + 11 + color_table_size (block[9]));
      else
        return block != NULL ? _("Damaged inside: a part of the picture is none") : coffer_damage_cut (self);
    }
  return coffer_damage_cut (self);
}
