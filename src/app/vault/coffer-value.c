/* SPDX-License-Identifier: MIT */
/*
 * What a value is, from its first bytes and never from its key. GIO guesses from the bytes handed to it and is never shown
 * a file; the engine's own signatures answer where GIO has no database or sees only text. Any thread.
 */
#define G_LOG_DOMAIN "coffer-value"

#include "coffer-value.h"

#include <glib/gi18n-lib.h>
#include <kvault.h>
#include <stdlib.h>
#include <string.h>

#define GUESS_HEAD 512
#define CHANCE_BYTES 64   /* fewer can lack control characters by chance: 0.1 % of random bytes of this length do */
#define UNKNOWN_TYPE "application/octet-stream"

typedef struct {
  const char *content_type;
  const char *label;   /* marked where it is a word and no name */
} Label;

/* Sorted by type: looked up by bisection. */
static const Label labels[] = {
  { "application/cbor", "CBOR" },
  { "application/epub+zip", "EPUB" },
  { "application/gzip", "GZip" },
  { "application/json", "JSON" },
  { "application/octet-stream", N_("Data") },
  { "application/ogg", "Ogg" },
  { "application/pdf", "PDF" },
  { "application/postscript", "PostScript" },
  { "application/rtf", "RTF" },
  { "application/vnd.apache.parquet", "Parquet" },
  { "application/vnd.msgpack", "MessagePack" },
  { "application/vnd.rar", "RAR" },
  { "application/vnd.sqlite3", "SQLite" },
  { "application/wasm", "WebAssembly" },
  { "application/x-7z-compressed", "7-Zip" },
  { "application/x-bzip", "Bzip2" },
  { "application/x-bzip2", "Bzip2" },
  { "application/x-executable", N_("Program") },
  { "application/x-hdf", "HDF5" },
  { "application/x-hdf5", "HDF5" },
  { "application/x-lz4", "LZ4" },
  { "application/x-matroska", "Matroska" },
  { "application/x-npy", "NumPy" },
  { "application/x-numpy", "NumPy" },
  { "application/x-python-pickle", "Pickle" },
  { "application/x-shellscript", N_("Script") },
  { "application/x-sqlite3", "SQLite" },
  { "application/x-tar", "TAR" },
  { "application/x-xz", "XZ" },
  { "application/x-zerosize", N_("Empty") },
  { "application/xml", "XML" },
  { "application/zip", "ZIP" },
  { "application/zstd", "Zstandard" },
  { "audio/aac", "AAC" },
  { "audio/flac", "FLAC" },
  { "audio/midi", "MIDI" },
  { "audio/mp4", "M4A" },
  { "audio/mpeg", "MP3" },
  { "audio/ogg", "Ogg" },
  { "audio/vnd.wave", "WAV" },
  { "audio/x-aiff", "AIFF" },
  { "audio/x-flac+ogg", "FLAC" },
  { "audio/x-opus+ogg", "Opus" },
  { "audio/x-vorbis+ogg", "Vorbis" },
  { "audio/x-wav", "WAV" },
  { "image/avif", "AVIF" },
  { "image/bmp", "BMP" },
  { "image/gif", "GIF" },
  { "image/heif", "HEIF" },
  { "image/jp2", "JPEG 2000" },
  { "image/jpeg", "JPEG" },
  { "image/jxl", "JPEG XL" },
  { "image/png", "PNG" },
  { "image/svg+xml", "SVG" },
  { "image/svg+xml-compressed", "SVGZ" },
  { "image/tiff", "TIFF" },
  { "image/vnd.adobe.photoshop", "PSD" },
  { "image/vnd.microsoft.icon", "ICO" },
  { "image/webp", "WebP" },
  { "image/x-icon", "ICO" },
  { "image/x-portable-bitmap", "PBM" },
  { "image/x-portable-graymap", "PGM" },
  { "image/x-portable-pixmap", "PPM" },
  { "image/x-tga", "TGA" },
  { "text/html", "HTML" },
  { "text/plain", N_("Text") },
  { "video/mp2t", "MPEG-TS" },
  { "video/mp4", "MP4" },
  { "video/mpeg", "MPEG" },
  { "video/ogg", "Ogg" },
  { "video/quicktime", "QuickTime" },
  { "video/webm", "WebM" },
  { "video/x-flv", "FLV" },
  { "video/x-matroska", "Matroska" },
  { "video/x-msvideo", "AVI" },
  { "video/x-theora+ogg", "Theora" },
};

static int
compare_label (const void *type,
               const void *label)
{
  return strcmp (type, ((const Label *) label)->content_type);
}

/* "application/vnd.ms-excel+xml" becomes "MS-EXCEL". */
static const char *
label_from_subtype (const char *type)
{
  const char *subtype = strrchr (type, '/');
  g_autofree char *label = NULL;
  char *plus;

  subtype = subtype != NULL ? subtype + 1 : type;
  if (g_str_has_prefix (subtype, "x-"))
    subtype += strlen ("x-");
  else if (g_str_has_prefix (subtype, "vnd."))
    subtype += strlen ("vnd.");
  label = g_ascii_strup (subtype, -1);
  if ((plus = strchr (label, '+')) != NULL && plus != label)
    *plus = '\0';
  return g_intern_string (label);
}

static const char *
label_from_type (const char *type)
{
  const Label *label = bsearch (type, labels, G_N_ELEMENTS (labels), sizeof *labels, compare_label);

  return label != NULL ? g_intern_string (_(label->label)) : label_from_subtype (type);
}

/* Whether @data is UTF-8; if it goes on (@is_cut), but for a character cut at its end. */
static gboolean
is_text (const char *data,
         gsize       len,
         gboolean    is_cut)
{
  const char *end;

  if (g_utf8_validate_len (data, len, &end))
    return TRUE;
  return is_cut && data + len - end < 4 && g_utf8_get_char_validated (end, data + len - end) == (gunichar) -2 && *end != '\0';
}

/*
 * GIO knows most kinds; where it says no more than "text" or "some bytes" the engine's guess is taken if it knows better.
 * GIO calls anything without control characters text: right for an old encoding, by chance for a few bytes.
 */
static const char *
guess_content_type (const guint8 *data,
                    gsize         len,
                    guint64       size)
{
  gsize guess_len = MIN (len, GUESS_HEAD);
  const char *engine = kvault_guess_type (data, guess_len);
  g_autofree char *content_type = g_content_type_guess (NULL, data, guess_len, NULL);
  g_autofree char *media_type = content_type != NULL ? g_content_type_get_mime_type (content_type) : NULL;

  if (media_type == NULL || strcmp (media_type, UNKNOWN_TYPE) == 0)
    return g_intern_string (engine);
  if (strcmp (media_type, "text/plain") != 0)
    return g_intern_string (media_type);
  if (strcmp (engine, UNKNOWN_TYPE) != 0 && strcmp (engine, "text/plain") != 0)
    return g_intern_string (engine);
  if (guess_len < CHANCE_BYTES && !is_text ((const char *) data, guess_len, guess_len < size))
    return UNKNOWN_TYPE;
  return g_intern_string (media_type);
}

/*
 * Eight bytes are a number, but two items of one byte, or one of two bytes, make an array just as long:
 * type, one dimension, its length as four bytes, two bytes of data. Zero data is more likely a small number.
 */
static gboolean
is_packed_number (const kvault_value_info *info,
                  const guint8            *head,
                  gsize                    head_len,
                  guint64                  size)
{
  static const guint8 arrays[][6] = { { 0x05, 1, 2 }, { 0x09, 1, 2 }, { 0x06, 1, 1 }, { 0x0a, 1, 1 } };
  const guint8 *data = head + info->data_offset;

  if (info->encoding != KVAULT_ENCODING_DATAPACKER || size != info->data_offset + 8)
    return FALSE;
  if (head_len < size)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    if (memcmp (data, arrays[i], sizeof arrays[i]) == 0 && (data[6] | data[7]) != 0)
      return FALSE;
  return TRUE;
}

static void
classify (const kvault_value_info  *info,
          const guint8             *head,
          gsize                     head_len,
          guint64                   size,
          const char              **content_type,
          const char              **type_label)
{
  *content_type = kvault_encoding_type (info->encoding);
  if (*content_type == NULL && size <= info->data_offset)
    *content_type = "application/x-zerosize";
  if (*content_type == NULL)
    *content_type = guess_content_type (head + info->data_offset, head_len - info->data_offset, size - info->data_offset);

  if (info->encoding == KVAULT_ENCODING_DATAPACKER)
    *type_label = is_packed_number (info, head, head_len, size) ? _("Number") : _("Array");
  else
    *type_label = label_from_type (*content_type);
  *content_type = g_intern_string (*content_type);
  *type_label = g_intern_string (*type_label);
}

/* Of a type that the system has no words for it says "application/x-something type". */
static char *
describe_type (const char *content_type)
{
  g_autofree char *description = g_content_type_get_description (content_type);

  return g_str_has_prefix (description, content_type) ? g_strdup_printf (_("%s data"), label_from_type (content_type))
                                                      : g_steal_pointer (&description);
}

static char *
describe (const kvault_value_info *info,
          const guint8            *head,
          gsize                    head_len,
          guint64                  size,
          const char              *content_type)
{
  switch (info->encoding)
    {
    case KVAULT_ENCODING_PICKLE:
      return g_strdup (_("Python pickle"));
    case KVAULT_ENCODING_DATAPACKER:
      return g_strdup (is_packed_number (info, head, head_len, size) ? _("Packed number") : _("Packed array"));
    case KVAULT_ENCODING_MSGPACK:
      return g_strdup (_("MessagePack data"));
    case KVAULT_ENCODING_CBOR:
      return g_strdup (_("CBOR data"));
    case KVAULT_ENCODING_JSON:
      return g_strdup (_("JSON text"));
    case KVAULT_ENCODING_TEXT:
      return g_strdup (_("Plain text"));
    case KVAULT_ENCODING_RAW:
    default:
      if (size <= info->data_offset)
        return g_strdup (_("Nothing"));
      return strcmp (content_type, UNKNOWN_TYPE) == 0 ? g_strdup (_("Unrecognized data"))
                                                      : describe_type (content_type);
    }
}

static const char *
describe_storage (const kvault_value_info *info)
{
  if (!info->has_header)
    return _("Raw bytes, no header");

  switch (info->encoding)
    {
    case KVAULT_ENCODING_PICKLE:
      return _("Pickle behind a header");
    case KVAULT_ENCODING_DATAPACKER:
      return _("Packed numbers behind a header");
    case KVAULT_ENCODING_JSON:
      return _("JSON behind a header");
    case KVAULT_ENCODING_MSGPACK:
      return _("MessagePack behind a header");
    case KVAULT_ENCODING_CBOR:
      return _("CBOR behind a header");
    case KVAULT_ENCODING_TEXT:
      return _("UTF-8 text behind a header");
    case KVAULT_ENCODING_RAW:
    default:
      return _("Raw bytes behind a header");
    }
}

void
coffer_value_classify (int             table_kind,
                       gconstpointer   head,
                       gsize           head_len,
                       guint64         size,
                       const char    **content_type,
                       const char    **type_label)
{
  kvault_value_info info;

  g_return_if_fail (head != NULL || head_len == 0);

  kvault_value_parse ((kvault_section_kind) table_kind, head, head_len, &info);
  classify (&info, head, head_len, size, content_type, type_label);
}

CofferValueFacts *
coffer_value_facts_new_bare (int           table_kind,
                             gconstpointer head,
                             gsize         head_len,
                             guint64       size)
{
  CofferValueFacts *facts = g_new0 (CofferValueFacts, 1);
  kvault_value_info info;

  kvault_value_parse ((kvault_section_kind) table_kind, head, head_len, &info);
  facts->size = size;
  facts->value_class = KVAULT_CLASS_BLOB;
  facts->has_header = info.has_header;
  facts->encoding = info.encoding;
  facts->data_offset = info.data_offset;
  return facts;
}

CofferValueFacts *
coffer_value_facts_new (int           table_kind,
                        gconstpointer head,
                        gsize         head_len,
                        guint64       size)
{
  CofferValueFacts *facts;
  kvault_value_info info;
  const char *content_type, *type_label;

  g_return_val_if_fail (head != NULL || head_len == 0, NULL);

  kvault_value_parse ((kvault_section_kind) table_kind, head, head_len, &info);
  classify (&info, head, head_len, size, &content_type, &type_label);

  facts = g_new (CofferValueFacts, 1);
  facts->size = size;
  facts->value_class = KVAULT_CLASS_BLOB;
  facts->has_header = info.has_header;
  facts->encoding = info.encoding;
  facts->data_offset = info.data_offset;
  facts->content_type = g_strdup (content_type);
  facts->type_label = g_strdup (type_label);
  facts->description = describe (&info, head, head_len, size, content_type);
  facts->stored_as = g_strdup (describe_storage (&info));
  return facts;
}

CofferValueFacts *
coffer_value_facts_copy (const CofferValueFacts *facts)
{
  CofferValueFacts *copy = g_memdup2 (facts, sizeof *facts);

  copy->content_type = g_strdup (facts->content_type);
  copy->type_label = g_strdup (facts->type_label);
  copy->description = g_strdup (facts->description);
  copy->stored_as = g_strdup (facts->stored_as);
  return copy;
}

void
coffer_value_facts_free (CofferValueFacts *facts)
{
  g_free (facts->content_type);
  g_free (facts->type_label);
  g_free (facts->description);
  g_free (facts->stored_as);
  g_free (facts);
}
