/* SPDX-License-Identifier: MIT */
/*
 * Sounds that are frames one behind the other. None of them tells where the others are, so it is looked at the first ones and at the last,
 * which tells whether all are there: by its number, or by being whole. Any thread.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-damage-reader.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define TAG_SIZE 128            /* ID3v1, at the end */
#define MOST_TAGS 16            /* others before it */
#define LEAST_FRAMES 3          /* in a row: fewer may be chance */
#define MOST_BACK (1 << 20)     /* bytes before the end in which a frame is looked for */
#define MOST_WRONG 4096         /* bytes: some count the frame that tells, and some do not */

static guint64
get_number (const guint8 *bytes,
            guint         n)
{
  guint64 number = 0;

  for (guint i = 0; i < n; i++)
    number = number << 8 | bytes[i];
  return number;
}

/* Tags around the sound */

/* Behind ID3v2 at the beginning: https://id3.org/id3v2.4.0-structure, 3.1 */
guint64
coffer_damage_behind_tag (CofferDamageReader *self)
{
  const guint8 *head = coffer_damage_get (self, 0, 10);

  if (head == NULL || memcmp (head, "ID3", 3) != 0 || ((head[6] | head[7] | head[8] | head[9]) & 0x80) != 0)
    return 0;
  return 10 + ((guint64) head[6] << 21 | (guint64) head[7] << 14 | (guint64) head[8] << 7 | head[9]) + ((head[5] & 0x10) != 0 ? 10 : 0);
}

/* How long the one is that ends at @end; 0: none does. ID3v1, APEv2, Lyrics3v2. */
static guint64
get_tag_size (CofferDamageReader *self,
              guint64             end)
{
  const guint8 *bytes;

  if (end >= TAG_SIZE && (bytes = coffer_damage_get (self, end - TAG_SIZE, 3)) != NULL && memcmp (bytes, "TAG", 3) == 0)
    return TAG_SIZE;
  if (end < 32 || (bytes = coffer_damage_get (self, end - 32, 32)) == NULL)
    return 0;
  if (memcmp (bytes, "APETAGEX", 8) == 0)   /* its size is without a head of 32 bytes, which it may have */
    return (guint64) (bytes[12] | bytes[13] << 8 | bytes[14] << 16) + ((bytes[23] & 0x80) != 0 ? 32 : 0);
  if (memcmp (bytes + 23, "LYRICS200", 9) == 0)
    return 15 + g_ascii_strtoull ((const char *) bytes + 17, NULL, 10);
  return 0;
}

static guint64
find_end (CofferDamageReader *self,
          guint64             begin)
{
  guint64 end = self->size;

  for (guint i = 0; i < MOST_TAGS; i++)
    {
      guint64 size = get_tag_size (self, end);

      if (size == 0 || size > end - begin)
        break;
      end -= size;
    }
  return end;
}

/* FLAC: RFC 9639 */

typedef struct {
  guint64 n_samples;      /* 0: not told */
  guint block;            /* samples a frame, where all have the same number */
  guint8 first[4];        /* how the first frame begins */
} Flac;

typedef struct {
  guint64 offset;
  guint64 end;            /* the sample behind it */
} FlacFrame;

static gboolean
is_flac_head_right (const guint8 *bytes,
                    guint         n)
{
  guint8 crc = 0;

  for (guint i = 0; i < n; i++)
    {
      crc ^= bytes[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (guint8) ((crc & 0x80) != 0 ? crc << 1 ^ 0x07 : crc << 1);
    }
  return crc == bytes[n];
}

/* The number of a frame, or of its first sample: like UTF-8, but longer. Returns: how long it is; 0: it is none */
static guint
read_coded (const guint8 *bytes,
            guint64      *number)
{
  guint n = bytes[0] < 0x80 ? 1 : (guint) __builtin_clz (~((guint) bytes[0] << 24));

  *number = n == 1 ? bytes[0] : bytes[0] & (0x7fu >> n);
  if (n > 7 || (n == 1 && bytes[0] >= 0x80))
    return 0;
  for (guint i = 1; i < n; i++)
    {
      if ((bytes[i] & 0xc0) != 0x80)
        return 0;
      *number = *number << 6 | (bytes[i] & 0x3f);
    }
  return n;
}

/* @bytes has 16. Whether a frame begins there, and the sample that its last one is followed by. */
static gboolean
read_flac_frame (const Flac   *flac,
                 const guint8 *bytes,
                 guint64      *end)
{
  guint code = bytes[2] >> 4, rate = bytes[2] & 15;
  guint64 number, block;
  guint at;

  if (bytes[0] != 0xff || (bytes[1] & 0xfe) != 0xf8 || code == 0 || rate == 15 || bytes[3] >> 4 > 10 || (bytes[3] & 1) != 0)
    return FALSE;
  if ((at = read_coded (bytes + 4, &number)) == 0)
    return FALSE;
  at += 4;
  if (code == 6 || code == 7)
    {
      block = get_number (bytes + at, code - 5) + 1;
      at += code - 5;
    }
  else
    block = code == 1 ? 192 : code < 6 ? 576u << (code - 2) : 256u << (code - 8);
  at += rate == 12 ? 1 : rate > 12 ? 2 : 0;
  *end = ((bytes[1] & 1) != 0 ? number : number * flac->block) + block;
  return at < 16 && is_flac_head_right (bytes, at);
}

/* Goes through what tells of the sound. Returns: the offset of the first frame; G_MAXUINT64: it is not there */
static guint64
read_flac_head (CofferDamageReader *self,
                Flac               *flac)
{
  guint64 offset = self->begin + 4;
  const guint8 *head;

  while ((head = coffer_damage_get (self, offset, 4)) != NULL)
    {
      gboolean is_last = (head[0] & 0x80) != 0, is_info = (head[0] & 0x7f) == 0;
      guint64 size = get_number (head + 1, 3);

      if (is_info && size >= 34 && (head = coffer_damage_get (self, offset + 4, 34)) != NULL)
        {
          flac->block = (guint) get_number (head, 2);
          flac->n_samples = get_number (head + 13, 5) & 0xfffffffff;
        }
      offset += 4 + size;
      if (is_last)
        return offset < self->size ? offset : G_MAXUINT64;
    }
  return G_MAXUINT64;
}

/* The last one that begins before @end. */
static gboolean
find_flac_frame (CofferDamageReader *self,
                 const Flac         *flac,
                 guint64             begin,
                 guint64             end,
                 FlacFrame          *frame)
{
  guint64 least = MAX (begin, end > MOST_BACK ? end - MOST_BACK : 0);

  for (guint64 behind = end; behind >= least + 16;)
    {
      gsize n = (gsize) MIN (behind - least, COFFER_DAMAGE_WINDOW);
      const guint8 *bytes = coffer_damage_get (self, behind - n, n);

      for (gsize i = bytes != NULL ? n - 15 : 0; i-- > 0;)
        if (bytes[i] == 0xff && bytes[i + 1] == flac->first[1] && (bytes[i + 2] & 15) == (flac->first[2] & 15) &&
            (bytes[i + 3] & 15) == (flac->first[3] & 15) && read_flac_frame (flac, bytes + i, &frame->end))
          {
            frame->offset = behind - n + i;
            return TRUE;
          }
      if (bytes == NULL || behind - n == least)
        return FALSE;
      behind -= n - 15;
    }
  return FALSE;
}

/* Whether the sum of a frame's bytes is right somewhere before the end of the value: what comes behind may be anything. */
static gboolean
is_flac_frame_whole (CofferDamageReader *self,
                     guint64             offset)
{
  guint64 begin = offset;
  guint16 crc = 0;
  const guint8 *bytes;
  gsize len;

  while (offset - begin < MOST_BACK && (len = coffer_damage_get_some (self, offset, &bytes)) > 0)
    {
      for (gsize i = 0; i < len; i++)
        {
          crc ^= (guint16) (bytes[i] << 8);
          for (guint bit = 0; bit < 8; bit++)
            crc = (guint16) ((crc & 0x8000) != 0 ? crc << 1 ^ 0x8005 : crc << 1);
          if (crc == 0 && offset + i - begin > 8)
            return TRUE;
        }
      offset += len;
    }
  return FALSE;
}

const char *
coffer_damage_flac (CofferDamageReader *self)
{
  Flac flac = { 0 };
  FlacFrame frame;
  guint64 first = read_flac_head (self, &flac);
  const guint8 *bytes;

  if (first == G_MAXUINT64)
    return flac.n_samples > 0 || self->size < self->begin + 42 ? coffer_damage_cut (self) : NULL;
  if ((bytes = coffer_damage_get (self, first, 16)) == NULL || !read_flac_frame (&flac, bytes, &frame.end))
    return coffer_damage_zeros (self);
  memcpy (flac.first, bytes, sizeof flac.first);
  if (!find_flac_frame (self, &flac, first, find_end (self, first), &frame))
    return coffer_damage_zeros (self);
  if (flac.n_samples == 0)   /* told by who did not know yet */
    return coffer_damage_zeros (self);
  return frame.end < flac.n_samples || !is_flac_frame_whole (self, frame.offset) ? coffer_damage_cut (self) : NULL;
}

/* MP3 and ADTS */

/* The size of the frame that begins with these 7 bytes; 0: none does. @kind (out): what all of a sound have in common */
typedef guint (*FrameFunc) (const guint8 *bytes, guint32 *kind);

/* ISO/IEC 11172-3, 2.4.2.3; layers II and III */
static guint
read_mpeg_frame (const guint8 *bytes,
                 guint32      *kind)
{
  static const guint16 kbits[3][15] = {
    { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },   /* layer II */
    { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 },    /* layer III */
    { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },        /* either, of half the rate and less */
  };
  static const guint16 rates[] = { 44100, 48000, 32000 };
  guint version = bytes[1] >> 3 & 3, layer = bytes[1] >> 1 & 3, bits = bytes[2] >> 4, rate = bytes[2] >> 2 & 3;
  guint row = version != 3 ? 2 : layer == 2 ? 0 : 1;

  if (bytes[0] != 0xff || (bytes[1] & 0xe0) != 0xe0 || version == 1 || layer == 0 || layer == 3 || bits == 0 || bits == 15 || rate == 3)
    return 0;
  *kind = (guint32) (bytes[1] & 0x1e) << 8 | (bytes[2] & 0x0c);
  return (version != 3 && layer == 1 ? 72u : 144u) * kbits[row][bits] * 1000 / (rates[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2)) +
         (bytes[2] >> 1 & 1);
}

/* ISO/IEC 13818-7, 6.2 */
static guint
read_adts_frame (const guint8 *bytes,
                 guint32      *kind)
{
  guint size = (guint) (bytes[3] & 3) << 11 | (guint) bytes[4] << 3 | bytes[5] >> 5;

  if (bytes[0] != 0xff || (bytes[1] & 0xf6) != 0xf0 || (bytes[2] >> 2 & 15) > 12 || size < 7)
    return 0;
  *kind = (guint32) bytes[1] << 16 | (guint32) (bytes[2] & 0xfd) << 8 | (bytes[3] & 0xc0);
  return size;
}

/* From frame to frame, as long as there is one. Returns: how many; @offset: behind the last, which may be behind the end */
static guint
walk (CofferDamageReader *self,
      FrameFunc           read_frame,
      guint64            *offset,
      guint64             end,
      guint               most)
{
  guint32 kind = 0, other;
  guint n = 0, size;
  const guint8 *bytes;

  while (n < most && *offset + 7 <= end && (bytes = coffer_damage_get (self, *offset, 7)) != NULL && (size = read_frame (bytes, &other)) > 0 &&
         (n == 0 || other == kind))
    {
      kind = other;
      *offset += size;
      n++;
    }
  return n;
}

/* The first of some in a row, from @begin on as far as a window goes; G_MAXUINT64: there are none. Reads windows, not more. */
static guint64
find_frames (CofferDamageReader *self,
             FrameFunc           read_frame,
             guint64             begin,
             guint64             end)
{
  for (guint64 offset = begin; offset + 7 <= end && offset < begin + COFFER_DAMAGE_WINDOW; offset++)
    {
      const guint8 *bytes = coffer_damage_get (self, offset, 7);
      guint64 behind = offset;
      guint32 kind;

      if (bytes == NULL)
        break;
      if (bytes[0] == 0xff && read_frame (bytes, &kind) > 0 && walk (self, read_frame, &behind, end, LEAST_FRAMES) == LEAST_FRAMES)
        return offset;
    }
  return G_MAXUINT64;
}

gboolean
coffer_damage_has_mp3 (CofferDamageReader *self)
{
  guint64 behind = self->begin;

  return walk (self, read_mpeg_frame, &behind, self->size, LEAST_FRAMES) == LEAST_FRAMES;
}

gboolean
coffer_damage_has_adts (CofferDamageReader *self)
{
  guint64 behind = self->begin;

  return walk (self, read_adts_frame, &behind, self->size, LEAST_FRAMES) == LEAST_FRAMES;
}

/* Whether the last frame is whole. */
static const char *
check_last (CofferDamageReader *self,
            FrameFunc           read_frame,
            guint64             end)
{
  guint64 begin = MAX (self->begin, end > COFFER_DAMAGE_WINDOW ? end - COFFER_DAMAGE_WINDOW : 0);
  guint64 offset = find_frames (self, read_frame, begin, end);

  if (offset == G_MAXUINT64)
    return coffer_damage_zeros (self);
  walk (self, read_frame, &offset, end, G_MAXUINT);
  if (offset == end)
    return NULL;
  if (offset > end || (offset < end && end - offset < 7 && !coffer_damage_is_zero (self, offset)))
    return _("May be cut off: its last part is not whole");
  return coffer_damage_zeros (self);   /* or something that is no frame */
}

/* Where the sound ends, as the first frame tells that is none, but says how much there is; 0: it does not. */
static guint64
get_told_end (CofferDamageReader *self,
              guint64             first)
{
  const guint8 *bytes = coffer_damage_get (self, first, 4 + 32 + 16);
  gboolean is_mono = bytes != NULL && bytes[3] >> 6 == 3;
  guint at = bytes == NULL ? 0 : (bytes[1] >> 3 & 3) == 3 ? (is_mono ? 21 : 36) : (is_mono ? 13 : 21);
  guint32 has;

  if (bytes == NULL || (memcmp (bytes + at, "Xing", 4) != 0 && memcmp (bytes + at, "Info", 4) != 0))
    return 0;
  has = (guint32) get_number (bytes + at + 4, 4);
  return (has & 2) != 0 ? first + get_number (bytes + at + ((has & 1) != 0 ? 12 : 8), 4) : 0;
}

const char *
coffer_damage_mp3 (CofferDamageReader *self)
{
  guint64 end = find_end (self, MIN (self->begin, self->size));
  guint64 first, told;

  if (self->begin >= self->size)   /* within the tag before it */
    return coffer_damage_cut (self);
  first = find_frames (self, read_mpeg_frame, self->begin, end);
  told = first != G_MAXUINT64 ? get_told_end (self, first) : 0;
  if (told > end + MOST_WRONG)
    return coffer_damage_cut (self);
  if (told > 0 && told <= end)
    return coffer_damage_is_zero (self, MAX (first, told - MIN (told, MOST_WRONG))) ? coffer_damage_cut (self) : NULL;
  return check_last (self, read_mpeg_frame, end);
}

const char *
coffer_damage_adts (CofferDamageReader *self)
{
  return check_last (self, read_adts_frame, find_end (self, self->begin));
}
