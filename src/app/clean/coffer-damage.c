/* SPDX-License-Identifier: MIT */
/* Which format a value has by its first bytes, which its key says it has, and whether that one's end is there. Any thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-damage.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "coffer-damage-reader.h"

#define HEAD_SIZE 16
#define LEAST_ZEROS 512     /* fewer may well be meant */
#define LONG_ZEROS (1 << 20)
#define MANY_ZEROS 4096     /* of a value that is packed; or an eighth of a small one */

/* Reading */

gsize
coffer_damage_get_some (CofferDamageReader  *self,
                        guint64              offset,
                        const guint8       **bytes)
{
  if (self->error != NULL || offset >= self->size)
    return 0;
  if (offset < self->at || offset >= self->at + self->len)
    {
      self->at = offset;
      self->len = 0;
      if (!g_seekable_seek (G_SEEKABLE (self->stream), (goffset) (self->base + offset), G_SEEK_SET, self->cancellable, &self->error) ||
          !g_input_stream_read_all (self->stream, self->bytes, (gsize) MIN (sizeof self->bytes, self->size - offset), &self->len,
                                    self->cancellable, &self->error))
        return 0;
    }
  *bytes = self->bytes + (offset - self->at);
  return self->len - (gsize) (offset - self->at);
}

const guint8 *
coffer_damage_get (CofferDamageReader *self,
                   guint64             offset,
                   gsize               n)
{
  const guint8 *bytes;

  if (offset > self->size || n > self->size - offset)
    return NULL;
  if (coffer_damage_get_some (self, offset, &bytes) >= n)
    return bytes;
  self->len = 0;   /* the window begins anew here */
  return coffer_damage_get_some (self, offset, &bytes) >= n ? bytes : NULL;
}

gboolean
coffer_damage_is_zero (CofferDamageReader *self,
                       guint64             offset)
{
  const guint8 *bytes;
  gsize len;

  while ((len = coffer_damage_get_some (self, offset, &bytes)) > 0)
    {
      for (gsize i = 0; i < len; i++)
        if (bytes[i] != 0)
          return FALSE;
      offset += len;
    }
  return self->error == NULL;
}

const char *
coffer_damage_cut (CofferDamageReader *self)
{
  guint64 tail = self->size > LEAST_ZEROS ? self->size - LEAST_ZEROS : 0;

  return coffer_damage_is_zero (self, tail) ? _("Half-written: it ends in zeros") : _("Cut off: its end is missing");
}

const char *
coffer_damage_zeros (CofferDamageReader *self)
{
  guint64 least = MAX (LEAST_ZEROS, MIN (MANY_ZEROS, self->size / 8));

  return self->size > least && coffer_damage_is_zero (self, self->size - least) ? _("Half-written: it ends in zeros") : NULL;
}

const char *
coffer_damage_tail (CofferDamageReader *self,
                    guint64             offset)
{
  if (self->size < offset + LONG_ZEROS || !coffer_damage_is_zero (self, self->size - LONG_ZEROS))
    return NULL;
  return _("Half-written: it ends in zeros");
}

/* Formats */

typedef enum {
  UNKNOWN,
  JPEG, PNG, GIF, WEBP, WAV, AVI, BOXES, MATROSKA, OGG, FLAC, MP3, AAC, PDF, ZIP, SEVEN_ZIP, XZ, TIFF,
  N_FORMATS
} Format;

static const struct {
  const char *name;
  gboolean is_strict;                                    /* all of them begin so */
  const char *(*check) (CofferDamageReader *self);       /* (nullable) */
  const char *endings;                                   /* each with a blank before and behind it */
} formats[N_FORMATS] = {
  [JPEG] = { "JPEG", TRUE, coffer_damage_jpeg, " jpg jpeg jpe jfif " },
  [PNG] = { "PNG", TRUE, coffer_damage_png, " png apng " },
  [GIF] = { "GIF", TRUE, coffer_damage_gif, " gif " },
  [WEBP] = { "WebP", TRUE, coffer_damage_webp, " webp " },
  [WAV] = { "WAV", FALSE, coffer_damage_riff, " wav " },
  [AVI] = { "AVI", TRUE, coffer_damage_riff, " avi " },
  [BOXES] = { "MP4", FALSE, coffer_damage_boxes, " mp4 m4v m4a m4b mov qt 3gp 3g2 f4v heic heif avif " },
  [MATROSKA] = { "WebM", TRUE, coffer_damage_matroska, " webm mkv mka mks " },
  [OGG] = { "Ogg", TRUE, coffer_damage_ogg, " ogg ogv oga opus spx " },
  [FLAC] = { "FLAC", FALSE, coffer_damage_flac, " flac " },
  [MP3] = { "MP3", FALSE, coffer_damage_mp3, " mp3 mp2 mpga " },
  [AAC] = { "AAC", FALSE, coffer_damage_adts, " aac adts " },
  [PDF] = { "PDF", FALSE, coffer_damage_pdf, " pdf " },
  [ZIP] = { "ZIP", FALSE, coffer_damage_zip, " zip " },
  [SEVEN_ZIP] = { "7z", FALSE, coffer_damage_7z, " 7z " },
  [XZ] = { "XZ", FALSE, coffer_damage_xz, " xz txz " },
  [TIFF] = { "TIFF", FALSE, coffer_damage_tiff, " tif tiff " },
};

static gboolean
begins_with (const guint8 *head,
             const char   *bytes)
{
  return memcmp (head, bytes, strlen (bytes)) == 0;
}

static Format
guess_riff (const guint8 *head)
{
  return begins_with (head + 8, "WEBP") ? WEBP : begins_with (head + 8, "WAVE") ? WAV : begins_with (head + 8, "AVI ") ? AVI : UNKNOWN;
}

/* @head has HEAD_SIZE bytes. */
static Format
guess (const guint8 *head)
{
  if (begins_with (head, "\xff\xd8\xff"))
    return JPEG;
  if (begins_with (head, "\x89PNG\r\n\x1a\n"))
    return PNG;
  if (begins_with (head, "GIF87a") || begins_with (head, "GIF89a"))
    return GIF;
  if (begins_with (head, "RIFF"))
    return guess_riff (head);
  if (begins_with (head + 4, "ftyp") || begins_with (head + 4, "moov") || begins_with (head + 4, "mdat") || begins_with (head + 4, "wide"))
    return BOXES;
  if (begins_with (head, "\x1a\x45\xdf\xa3"))
    return MATROSKA;
  if (begins_with (head, "OggS"))
    return OGG;
  if (begins_with (head, "fLaC"))
    return FLAC;
  if (begins_with (head, "%PDF"))
    return PDF;
  if (begins_with (head, "PK\3\4"))
    return ZIP;
  if (begins_with (head, "7z\xbc\xaf\x27\x1c"))
    return SEVEN_ZIP;
  if (memcmp (head, "\xfd" "7zXZ\0", 6) == 0)
    return XZ;
  if (memcmp (head, "II*\0", 4) == 0 || memcmp (head, "MM\0*", 4) == 0 || memcmp (head, "II+\0", 4) == 0 || memcmp (head, "MM\0+", 4) == 0)
    return TIFF;
  return UNKNOWN;
}

/* Sounds have no mark of their own but for a tag, and behind that may be any of them. */
static Format
guess_sound (CofferDamageReader *self)
{
  gboolean is_tagged = (self->begin = coffer_damage_behind_tag (self)) > 0;
  const guint8 *bytes = coffer_damage_get (self, self->begin, 4);

  if (bytes != NULL && memcmp (bytes, "fLaC", 4) == 0)
    return FLAC;
  if (coffer_damage_has_adts (self))
    return AAC;
  return is_tagged || coffer_damage_has_mp3 (self) ? MP3 : UNKNOWN;
}

static Format
get_named (const char *name)
{
  const char *dot = name != NULL ? strrchr (name, '.') : NULL;
  g_autofree char *ending = NULL;
  g_autofree char *padded = NULL;

  if (dot == NULL || dot[1] == '\0' || strlen (dot) > 6 || strpbrk (dot, "/: ") != NULL)
    return UNKNOWN;
  ending = g_ascii_strdown (dot + 1, -1);
  padded = g_strdup_printf (" %s ", ending);
  for (Format format = UNKNOWN + 1; format < N_FORMATS; format++)
    if (strstr (formats[format].endings, padded) != NULL)
      return format;
  return UNKNOWN;
}

static gboolean
is_text (const char *content_type)
{
  return g_str_has_prefix (content_type, "text/") || g_str_equal (content_type, "application/json") ||
         g_str_equal (content_type, "application/xml") || g_str_equal (content_type, "application/xhtml+xml");
}

/* Words that are made once, and stay. */
static const char *
intern (char *words)
{
  const char *interned = g_intern_string (words);

  g_free (words);
  return interned;
}

/* Something else than its key says. */
static const char *
compare_name (Format      named,
              Format      found,
              const char *content_type)
{
  if (named == UNKNOWN || named == found)
    return NULL;
  if (found != UNKNOWN)
    return intern (g_strdup_printf (_("Another ending: its key says %s, and it is %s"), formats[named].name, formats[found].name));
  if (is_text (content_type))
    return intern (g_strdup_printf (_("Another ending: its key says %s, and it is text"), formats[named].name));
  if (formats[named].is_strict)
    return intern (g_strdup_printf (_("Its key says %s, and it does not begin like one"), formats[named].name));
  return NULL;
}

static const char *
check (CofferDamageReader *self,
       const char         *content_type,
       const char         *name)
{
  const guint8 *head = coffer_damage_get (self, 0, HEAD_SIZE);
  Format named = get_named (name);
  Format found = head != NULL ? guess (head) : UNKNOWN;
  gboolean may_be_sound = head != NULL && found == UNKNOWN && (head[0] == 0xff || begins_with (head, "ID3"));
  const char *words = NULL;

  if (may_be_sound)
    found = guess_sound (self);
  if (self->error != NULL)
    return NULL;
  if (found == UNKNOWN && self->size >= LEAST_ZEROS && coffer_damage_is_zero (self, 0))
    return _("Never written: all of it is zeros");
  if (found != UNKNOWN && formats[found].check != NULL)
    words = formats[found].check (self);
  return words != NULL ? words : compare_name (named, found, content_type);
}

const char *
coffer_damage_check (GInputStream  *stream,
                     guint64        start,
                     guint64        size,
                     const char    *content_type,
                     const char    *name,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_autofree CofferDamageReader *self = NULL;
  const char *words;

  if (size == 0)
    return NULL;
  self = g_new (CofferDamageReader, 1);
  self->stream = stream;
  self->cancellable = cancellable;
  self->error = NULL;
  self->base = start;
  self->size = size;
  self->at = self->len = self->begin = 0;
  words = check (self, content_type, name);
  if (self->error == NULL)
    return words;
  g_propagate_error (error, self->error);
  return NULL;
}
