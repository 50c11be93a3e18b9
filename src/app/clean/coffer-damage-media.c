/* SPDX-License-Identifier: MIT */
/* Containers of clips and sounds, and archives: parts that tell their lengths. Any thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-damage-reader.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SEGMENT 0x18538067
#define CLUSTER 0x1f43b675
#define MOST_PARTS 100000      /* that are looked at: more are taken to be as good */

static guint64
get_number (const guint8 *bytes,
            guint         n)
{
  guint64 number = 0;

  for (guint i = 0; i < n; i++)
    number = number << 8 | bytes[i];
  return number;
}

/* RIFF: WAV, WebP, AVI. One behind the other: AVI goes on in more of them. */
const char *
coffer_damage_riff (CofferDamageReader *self)
{
  guint64 offset = 0;
  const guint8 *head;

  while ((head = coffer_damage_get (self, offset, 8)) != NULL && memcmp (head, "RIFF", 4) == 0)
    {
      guint64 size = (guint64) head[4] | (guint64) head[5] << 8 | (guint64) head[6] << 16 | (guint64) head[7] << 24;

      if (size == 0 || size >= 0xfffffff0)   /* written by who did not know yet, and could not go back */
        return NULL;
      if (offset + 8 + size > self->size + 1)   /* an even number, with or without a last byte to fill up */
        return coffer_damage_cut (self);
      offset += 8 + size + (size & 1);
    }
  return NULL;
}

const char *
coffer_damage_webp (CofferDamageReader *self)
{
  const char *words = coffer_damage_riff (self);

  return words != NULL ? words : coffer_damage_zeros (self);
}

/* MP4, QuickTime, HEIF: ISO/IEC 14496-12, 4.2 */

typedef struct {
  gboolean has_index, has_media;
} Boxes;

static void
note_box (Boxes        *boxes,
          const guint8 *type)
{
  if (memcmp (type, "moov", 4) == 0 || memcmp (type, "moof", 4) == 0 || memcmp (type, "meta", 4) == 0 || memcmp (type, "sidx", 4) == 0)
    boxes->has_index = TRUE;
  else if (memcmp (type, "mdat", 4) == 0)
    boxes->has_media = TRUE;
}

static gboolean
is_box_type (const guint8 *type)
{
  for (guint i = 0; i < 4; i++)
    if (!g_ascii_isprint (type[i]) && type[i] != 0xa9)
      return FALSE;
  return TRUE;
}

/* The size of a box; 0: to the end; G_MAXUINT64: it is none. */
static guint64
get_box_size (CofferDamageReader *self,
              guint64             offset,
              const guint8       *head)
{
  guint64 size = get_number (head, 4);

  if (size != 1)
    return size == 0 || size >= 8 ? size : G_MAXUINT64;
  head = coffer_damage_get (self, offset, 16);
  size = head != NULL ? get_number (head + 8, 8) : G_MAXUINT64;
  return size >= 16 ? size : G_MAXUINT64;
}

const char *
coffer_damage_boxes (CofferDamageReader *self)
{
  Boxes boxes = { 0 };
  guint64 offset = 0, size = 1;
  gboolean is_media;
  const guint8 *head;

  for (guint n = 0; n < MOST_PARTS && size > 0 && (head = coffer_damage_get (self, offset, 8)) != NULL; n++)
    {
      if (coffer_damage_is_zero (self, offset))   /* filled up */
        break;
      if ((head = coffer_damage_get (self, offset, 8)) == NULL)
        break;
      if (!is_box_type (head + 4) && boxes.has_index && boxes.has_media)   /* something else behind it */
        return NULL;
      note_box (&boxes, head + 4);
      is_media = memcmp (head + 4, "mdat", 4) == 0;
      size = get_box_size (self, offset, head);
      if (size > self->size - offset)
        return coffer_damage_cut (self);
      if (boxes.has_index && is_media && (size == 0 || offset + size == self->size))
        return coffer_damage_tail (self, offset);
      offset += size;
    }
  return boxes.has_media && !boxes.has_index ? _("Cut off: its index is missing, without which nothing plays it") : NULL;
}

/* Matroska, WebM: RFC 8794 */

typedef struct {
  guint64 id, size;      /* size G_MAXUINT64: not told */
  guint head;            /* of both */
} Element;

static gboolean
read_element (CofferDamageReader *self,
              guint64             offset,
              Element            *element)
{
  gsize have = (gsize) MIN (12, self->size - MIN (offset, self->size));
  const guint8 *bytes = have >= 2 ? coffer_damage_get (self, offset, have) : NULL;
  guint id_size, size_size;

  if (bytes == NULL || bytes[0] < 0x10)
    return FALSE;
  id_size = (guint) __builtin_clz (bytes[0]) - 23;
  if (have <= id_size || bytes[id_size] == 0)
    return FALSE;
  size_size = (guint) __builtin_clz (bytes[id_size]) - 23;
  if (have < id_size + size_size)
    return FALSE;
  element->id = get_number (bytes, id_size);
  element->size = get_number (bytes + id_size, size_size) & ((G_GUINT64_CONSTANT (1) << (7 * size_size)) - 1);
  if (element->size == (G_GUINT64_CONSTANT (1) << (7 * size_size)) - 1)
    element->size = G_MAXUINT64;
  element->head = id_size + size_size;
  return TRUE;
}

/* What a segment is made of, as far as the sizes are told. @has_zeros: it may have many and be whole */
static const char *
check_segment (CofferDamageReader *self,
               guint64             offset,
               guint64             end,
               gboolean            has_zeros)
{
  Element element = { 0 };
  guint64 last = offset;

  for (guint n = 0; n < MOST_PARTS && offset < end; n++)
    {
      if (!read_element (self, offset, &element))
        return self->error != NULL ? NULL : coffer_damage_is_zero (self, offset) ? coffer_damage_cut (self)
                                                                                 : _("Damaged inside: a part of the clip is none");
      if (element.size == G_MAXUINT64)
        return NULL;
      if (element.size > end - offset - element.head)
        return coffer_damage_cut (self);
      last = offset;
      offset += element.head + element.size;
    }
  if (element.id != CLUSTER || offset != self->size)
    return NULL;
  /* What is made for the web has no raw sound, and no silence of zeros. */
  return has_zeros ? coffer_damage_tail (self, last) : coffer_damage_zeros (self);
}

/* By the kind of document, in its head. */
static gboolean
is_web (CofferDamageReader *self,
        guint64             end)
{
  gsize n = (gsize) MIN (end, 256);
  const guint8 *bytes = coffer_damage_get (self, 0, n);

  return bytes != NULL && memmem (bytes, n, "webm", 4) != NULL;
}

const char *
coffer_damage_matroska (CofferDamageReader *self)
{
  Element head, segment;
  gboolean has_zeros;
  guint64 offset;

  if (!read_element (self, 0, &head) || head.size == G_MAXUINT64 || head.size > self->size)
    return coffer_damage_cut (self);
  offset = head.head + head.size;
  has_zeros = !is_web (self, offset);
  if (!read_element (self, offset, &segment))
    return coffer_damage_cut (self);
  if (segment.id == SEGMENT && segment.size == G_MAXUINT64 && !has_zeros)   /* told by who did not know how long it would be */
    return coffer_damage_zeros (self);
  if (segment.id != SEGMENT || segment.size == G_MAXUINT64)
    return NULL;
  offset += segment.head;
  if (segment.size > self->size - MIN (offset, self->size))
    return coffer_damage_cut (self);
  return check_segment (self, offset, offset + segment.size, has_zeros);
}

/* Ogg: RFC 3533, 6 */

static gsize
get_page_size (const guint8 *page,
               gsize         left)
{
  gsize size = 27;

  if (left < 27 || left < 27 + (gsize) page[26])
    return G_MAXSIZE;
  size += page[26];
  for (guint i = 0; i < page[26]; i++)
    size += page[27 + i];
  return size;
}

const char *
coffer_damage_ogg (CofferDamageReader *self)
{
  gsize n = (gsize) MIN (self->size, COFFER_DAMAGE_WINDOW);
  const guint8 *bytes = coffer_damage_get (self, self->size - n, n);

  for (gsize i = n; bytes != NULL && i-- > 0;)
    {
      if (n - i < 4 || memcmp (bytes + i, "OggS", 4) != 0)
        continue;
      if (get_page_size (bytes + i, n - i) > n - i)
        return coffer_damage_cut (self);
      if (i + get_page_size (bytes + i, n - i) < n && coffer_damage_zeros (self) != NULL && (bytes[i + 5] & 4) == 0)
        return coffer_damage_cut (self);
      return (bytes[i + 5] & 4) != 0 ? NULL : _("May be cut off: its last page is not marked as the last");
    }
  return bytes != NULL ? coffer_damage_cut (self) : NULL;
}

/* ZIP, and what is made of it: its directory is at the end, before a comment of up to 65,535 bytes. */
const char *
coffer_damage_zip (CofferDamageReader *self)
{
  guint64 first = self->size > 22 + 65535 ? self->size - 22 - 65535 : 0;

  for (guint64 end = self->size; end >= first + 22;)
    {
      gsize n = (gsize) MIN (end - first, COFFER_DAMAGE_WINDOW);
      const guint8 *bytes = coffer_damage_get (self, end - n, n);

      if (bytes == NULL)
        return NULL;
      for (gsize i = n - 3; i-- > 0;)
        if (memcmp (bytes + i, "PK\5\6", 4) == 0)
          return NULL;
      if (end - n == first)
        break;
      end -= n - 4;
    }
  return coffer_damage_cut (self);
}
