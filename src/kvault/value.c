/* SPDX-License-Identifier: MIT */
/*
 * value.c - what a value is, told from its first bytes. Pure functions: no handle, no thread, no failure.
 */
#include "internal.h"

#include <string.h>

static bool
may_have_header (kvault_section_kind kind)
{
  return kind == KVAULT_SECTION_V2 || kind == KVAULT_SECTION_TEXT_VALUES || kind == KVAULT_SECTION_VECTOR_VALUES;
}

void
kvault_value_parse (kvault_section_kind kind,
                    const void         *head,
                    size_t              len,
                    kvault_value_info  *info)
{
  const unsigned char *b = head;

  *info = (kvault_value_info) { .encoding = KVAULT_ENCODING_RAW };
  if (!may_have_header (kind) || b == NULL || len < KVAULT_HEADER_SIZE)
    return;
  if (b[0] != 0x89 || b[1] != 0x4b || b[2] != 0x01 || b[3] > KVAULT_ENCODING_TEXT ||
      b[5] != 0 || b[6] != 0 || b[7] != 0 || b[8] != 0x56 || b[9] != 0x4b)
    return;
  info->has_header = 1;
  info->encoding = (kvault_encoding) b[3];
  info->flags = b[4];
  info->data_offset = KVAULT_HEADER_SIZE;
}

const char *
kvault_encoding_name (kvault_encoding encoding)
{
  static const char *const names[] = { "raw", "pickle", "datapacker", "json", "msgpack", "cbor", "text" };

  return (unsigned) encoding < sizeof names / sizeof names[0] ? names[encoding] : "unknown";
}

const char *
kvault_encoding_type (kvault_encoding encoding)
{
  static const char *const types[] = { NULL, "application/x-python-pickle", "application/x-datapacker", "application/json",
                                       "application/vnd.msgpack", "application/cbor", "text/plain" };

  return (unsigned) encoding < sizeof types / sizeof types[0] ? types[encoding] : NULL;
}

/* ---- signatures ---- */

typedef struct {
  unsigned short offset;
  unsigned short len;
  const char *bytes;
  const char *type;
} signature;

#define AT(offset, bytes, type) { offset, sizeof (bytes) - 1, bytes, type }

/* In order: the first that fits wins. */
static const signature signatures[] = {
  AT (0, "\x89PNG\r\n\x1a\n", "image/png"),
  AT (0, "\xff\xd8\xff", "image/jpeg"),
  AT (0, "GIF87a", "image/gif"),
  AT (0, "GIF89a", "image/gif"),
  AT (0, "II*\0", "image/tiff"),
  AT (0, "MM\0*", "image/tiff"),
  AT (0, "\xff\x0a", "image/jxl"),
  AT (0, "\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
  AT (0, "\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
  AT (0, "\0\0\1\0", "image/vnd.microsoft.icon"),
  AT (0, "qoif", "image/qoi"),
  AT (0, "8BPS", "image/vnd.adobe.photoshop"),
  AT (0, "OggS", "audio/ogg"),
  AT (0, "fLaC", "audio/flac"),
  AT (0, "ID3", "audio/mpeg"),
  AT (0, "MThd", "audio/midi"),
  AT (0, "FLV\1", "video/x-flv"),
  AT (0, "\0\0\1\xba", "video/mpeg"),
  AT (0, "\0\0\1\xb3", "video/mpeg"),
  AT (0, "%PDF-", "application/pdf"),
  AT (0, "PK\3\4", "application/zip"),
  AT (0, "PK\5\6", "application/zip"),
  AT (0, "\x1f\x8b", "application/gzip"),
  AT (0, "BZh", "application/x-bzip2"),
  AT (0, "\xfd" "7zXZ\0", "application/x-xz"),
  AT (0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
  AT (0, "\x28\xb5\x2f\xfd", "application/zstd"),
  AT (0, "Rar!\x1a\7", "application/vnd.rar"),
  AT (257, "ustar", "application/x-tar"),
  AT (0, "SQLite format 3\0", "application/vnd.sqlite3"),
  AT (0, "wOFF", "font/woff"),
  AT (0, "wOF2", "font/woff2"),
  AT (0, "OTTO", "font/otf"),
  AT (0, "\0\1\0\0\0", "font/ttf"),
  AT (0, "\x93NUMPY", "application/x-npy"),
  AT (0, "\x7f" "ELF", "application/x-executable"),
};

/* The brand of an ISO media file ("....ftypXXXX"). */
static const signature brands[] = {
  AT (8, "avif", "image/avif"),
  AT (8, "avis", "image/avif"),
  AT (8, "heic", "image/heif"),
  AT (8, "heix", "image/heif"),
  AT (8, "mif1", "image/heif"),
  AT (8, "msf1", "image/heif"),
  AT (8, "M4A ", "audio/mp4"),
  AT (8, "M4B ", "audio/mp4"),
  AT (8, "qt  ", "video/quicktime"),
  AT (8, "3gp", "video/3gpp"),
  AT (8, "", "video/mp4"),
};

static const signature riffs[] = {
  AT (8, "WEBP", "image/webp"),
  AT (8, "WAVE", "audio/x-wav"),
  AT (8, "AVI ", "video/x-msvideo"),
};

static bool
begins (const unsigned char *b,
        size_t               len,
        size_t               offset,
        const char          *bytes,
        size_t               n)
{
  return len >= offset + n && memcmp (b + offset, bytes, n) == 0;
}

static const char *
match (const signature     *table,
       size_t               n,
       const unsigned char *b,
       size_t               len)
{
  for (size_t i = 0; i < n; i++)
    if (begins (b, len, table[i].offset, table[i].bytes, table[i].len))
      return table[i].type;
  return NULL;
}

#define MATCH(table, b, len) match (table, sizeof (table) / sizeof (table)[0], b, len)

static bool
contains (const unsigned char *b,
          size_t               len,
          const char          *text)
{
  size_t n = strlen (text);

  for (; len >= n; b++, len--)
    if (memcmp (b, text, n) == 0)
      return true;
  return false;
}

static const char *
type_of_ogg (const unsigned char *b,
             size_t               len)
{
  size_t first = len < 128 ? len : 128;

  if (contains (b, first, "\x80theora") || contains (b, first, "fishead"))
    return "video/ogg";
  return contains (b, first, "OpusHead") ? "audio/x-opus+ogg" : "audio/ogg";
}

/* Two frames of MPEG audio would be surer, but need more than a head; these bits are never 1 in text. */
static bool
is_mpeg_audio (const unsigned char *b,
               size_t               len)
{
  return len >= 4 && b[0] == 0xff && (b[1] & 0xe6) == 0xe2 && (b[2] & 0xf0) != 0xf0 && (b[2] & 0x0c) != 0x0c;
}

static bool
is_aac (const unsigned char *b,
        size_t               len)
{
  return len >= 7 && b[0] == 0xff && (b[1] & 0xf6) == 0xf0;
}

static bool
is_bmp (const unsigned char *b,
        size_t               len)
{
  return len >= 18 && b[0] == 'B' && b[1] == 'M' && b[6] == 0 && b[7] == 0 && b[15] == 0 && b[16] == 0 && b[17] == 0;
}

/* ---- text ---- */

#define HEAD_LEAST 256   /* fewer bytes are a whole value, not the head of one */

/* UTF-8 without control characters. A character cut off by the end is forgiven where the end may be that of a head. */
static bool
is_text (const unsigned char *b,
         size_t               len)
{
  size_t i = 0;

  while (i < len)
    {
      unsigned char c = b[i++];
      int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;

      if (c < 0x80)
        {
          if (c == 0x7f || (c < 0x20 && strchr ("\t\n\r\f\x1b", c) == NULL) || c == 0)
            return false;
          continue;
        }
      if (c < 0xc2 || c > 0xf4)
        return false;
      for (; more > 0 && i < len; more--, i++)
        if ((b[i] & 0xc0) != 0x80)
          return false;
      if (more > 0 && len < HEAD_LEAST)
        return false;
    }
  return true;
}

static const char *
type_of_text (const unsigned char *b,
              size_t               len)
{
  size_t i = begins (b, len, 0, "\xef\xbb\xbf", 3) ? 3 : 0;
  const char *text;

  while (i < len && strchr (" \t\r\n", b[i]) != NULL)
    i++;
  text = (const char *) b + i;
  len -= i;
  if (len >= 5 && (strncasecmp (text, "<svg", 4) == 0 || (memcmp (text, "<?xml", 5) == 0 && contains (b + i, len, "<svg"))))
    return "image/svg+xml";
  if (len >= 5 && memcmp (text, "<?xml", 5) == 0)
    return "application/xml";
  if ((len >= 14 && strncasecmp (text, "<!doctype html", 14) == 0) || (len >= 5 && strncasecmp (text, "<html", 5) == 0))
    return "text/html";
  if (len >= 2 && ((text[0] == '{' && strchr ("\"}\n\r\t ", text[1]) != NULL) ||
                   (text[0] == '[' && strchr ("\"{[]0123456789-tfn\n\r\t ", text[1]) != NULL)))
    return "application/json";
  return "text/plain";
}

const char *
kvault_guess_type (const void *head,
                   size_t      len)
{
  const unsigned char *b = head;
  const char *type;

  if (b == NULL || len == 0)
    return "application/x-zerosize";
  if (begins (b, len, 0, "OggS", 4))
    return type_of_ogg (b, len);
  if (begins (b, len, 4, "ftyp", 4))
    return MATCH (brands, b, len) != NULL ? MATCH (brands, b, len) : "video/mp4";
  if (begins (b, len, 0, "RIFF", 4) && (type = MATCH (riffs, b, len)) != NULL)
    return type;
  if (begins (b, len, 0, "\x1a\x45\xdf\xa3", 4))
    return contains (b, len < 64 ? len : 64, "webm") ? "video/webm" : "video/x-matroska";
  if ((type = MATCH (signatures, b, len)) != NULL)
    return type;
  if (is_bmp (b, len))
    return "image/bmp";
  if (is_text (b, len))
    return type_of_text (b, len);
  if (begins (b, len, 0, "\xff\xfe", 2) || begins (b, len, 0, "\xfe\xff", 2))
    return "text/plain";
  if (is_aac (b, len))
    return "audio/aac";
  if (is_mpeg_audio (b, len))
    return "audio/mpeg";
  return "application/octet-stream";
}
