/* SPDX-License-Identifier: MIT */
/*
 * What a camera wrote, through GExiv2. Bytes come from strangers, so as few as possible are handed on: the 64 KiB at most that EXIF
 * is in, found here, with just as much around them as makes a JPEG; but the whole of a TIFF. Pure functions, any thread.
 */
#define G_LOG_DOMAIN "coffer-pictures"

#include "coffer-exif.h"

#include <string.h>

#ifdef HAVE_GEXIV2
#include <gexiv2/gexiv2.h>
#endif

#define MAX_WORDS 100   /* bytes of a name */
#define MAX_EXIF (0xffff - 8)   /* that a segment of a JPEG has room for */
#define MAX_SEGMENTS 256

void
coffer_exif_free (CofferExif *self)
{
  g_free (self->camera);
  g_free (self->lens);
  g_free (self->taken);
  g_free (self);
}

#ifdef HAVE_GEXIV2

/* ---- What is handed on ---- */

typedef struct {
  const guint8 *data;   /* NULL: there is none */
  gsize len;
} Block;

static guint32
number (const guint8 *data,
        gboolean      little_endian)
{
  guint32 value;

  memcpy (&value, data, sizeof value);

  return little_endian ? GUINT32_FROM_LE (value) : GUINT32_FROM_BE (value);
}

/* In a segment before the pixels. */
static Block
find_in_jpeg (const guint8 *data,
              gsize         len)
{
  gsize at = 2;

  for (int i = 0; i < MAX_SEGMENTS && at + 10 < len && data[at] == 0xff && data[at + 1] != 0xda; i++)
    {
      gsize size = (gsize) data[at + 2] << 8 | data[at + 3];

      if (size < 2 || size > len - at - 2)
        break;
      if (data[at + 1] == 0xe1 && size > 8 && memcmp (data + at + 4, "Exif\0\0", 6) == 0)
        return (Block) { data + at + 10, size - 8 };
      at += size + 2;
    }

  return (Block) { NULL };
}

/* In a chunk: its length and name, or its name and length for WebP. */
static Block
find_in_chunks (const guint8 *data,
                gsize         len,
                gsize         at,
                const char   *name,
                gboolean      webp)
{
  for (int i = 0; i < MAX_SEGMENTS && at < len && len - at > 8; i++)
    {
      gsize size = number (data + at + (webp ? 4 : 0), webp);

      if (size > len - at - 8)
        break;
      if (memcmp (data + at + (webp ? 0 : 4), name, 4) == 0)
        return (Block) { data + at + 8, size };
      at += 8 + size + (webp ? size % 2 : 4);
    }

  return (Block) { NULL };
}

/* An item anywhere in HEIC and AVIF: found by how it begins, for where it is takes a good part of the format to know. */
static Block
find_in_boxes (const guint8 *data,
               gsize         len)
{
  static const char *const begins[] = { "Exif\0\0II*\0", "Exif\0\0MM\0*" };
  const guint8 *at = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (begins) && at == NULL; i++)
    at = memmem (data, len, begins[i], 10);

  return at != NULL ? (Block) { at + 6, MIN (len - (at + 6 - data), MAX_EXIF) } : (Block) { NULL };
}

static Block
find_block (const guint8 *data,
            gsize         len)
{
  Block block = { NULL };

  if (len > 2 && data[0] == 0xff && data[1] == 0xd8)
    block = find_in_jpeg (data, len);
  else if (len > 8 && memcmp (data, "\x89PNG\r\n\x1a\n", 8) == 0)
    block = find_in_chunks (data, len, 8, "eXIf", FALSE);
  else if (len > 12 && memcmp (data, "RIFF", 4) == 0 && memcmp (data + 8, "WEBP", 4) == 0)
    block = find_in_chunks (data, len, 12, "EXIF", TRUE);
  else if (len > 12 && memcmp (data + 4, "ftyp", 4) == 0)
    block = find_in_boxes (data, len);
  if (block.len > 6 && memcmp (block.data, "Exif\0\0", 6) == 0)
    block = (Block) { block.data + 6, block.len - 6 };

  return block.len > 0 && block.len <= MAX_EXIF ? block : (Block) { NULL };
}

/* What EXIF is written in is TIFF itself, and its parts are anywhere in such a file. */
static gboolean
is_tiff (const guint8 *data,
         gsize         len)
{
  return len > 8 && (memcmp (data, "II*\0", 4) == 0 || memcmp (data, "MM\0*", 4) == 0);
}

/* A JPEG of nothing else. Returns: (transfer full) */
static GBytes *
dup_small_jpeg (const Block *block)
{
  const guint8 head[] = { 0xff, 0xd8, 0xff, 0xe1, (block->len + 8) >> 8, (block->len + 8) & 0xff, 'E', 'x', 'i', 'f', 0, 0 };
  GByteArray *jpeg = g_byte_array_sized_new (sizeof head + block->len + 2);

  g_byte_array_append (jpeg, head, sizeof head);
  g_byte_array_append (jpeg, block->data, block->len);
  g_byte_array_append (jpeg, (const guint8 *) "\xff\xd9", 2);

  return g_byte_array_free_to_bytes (jpeg);
}

/* ---- What it says ---- */

/* Returns: (transfer full) (nullable): one line */
static char *
dup_words (GExiv2Metadata *metadata,
           const char     *tag)
{
  g_autofree char *text = gexiv2_metadata_try_get_tag_string (metadata, tag, NULL);
  char *words;

  if (text == NULL)
    return NULL;

  text[MIN (strlen (text), MAX_WORDS)] = '\0';
  words = g_utf8_make_valid (text, -1);
  for (char *c = words; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  g_strstrip (words);
  if (*words == '\0')
    g_clear_pointer (&words, g_free);

  return words;
}

static double
get_number (GExiv2Metadata *metadata,
            const char     *tag)
{
  int numerator, denominator;

  if (!gexiv2_metadata_try_get_exif_tag_rational (metadata, tag, &numerator, &denominator, NULL) ||
      numerator <= 0 || denominator <= 0)
    return 0;

  return (double) numerator / denominator;
}

/* Most models begin with the name of who made them. */
static char *
dup_camera (GExiv2Metadata *metadata)
{
  g_autofree char *make = dup_words (metadata, "Exif.Image.Make");
  char *model = dup_words (metadata, "Exif.Image.Model");
  g_autofree char *first = make != NULL ? g_strndup (make, strcspn (make, " ")) : NULL;
  char *both;

  if (model == NULL || first == NULL || g_ascii_strncasecmp (model, first, strlen (first)) == 0)
    return model != NULL ? model : g_steal_pointer (&make);

  both = g_strdup_printf ("%s %s", make, model);
  g_free (model);

  return both;
}

static gboolean
read_place (GExiv2Metadata *metadata,
            CofferExif     *self)
{
  return gexiv2_metadata_try_get_gps_latitude (metadata, &self->latitude, NULL) &&
         gexiv2_metadata_try_get_gps_longitude (metadata, &self->longitude, NULL) &&
         ABS (self->latitude) <= 90 && ABS (self->longitude) <= 180 && (self->latitude != 0 || self->longitude != 0);
}

static CofferExif *
read_metadata (GExiv2Metadata *metadata)
{
  CofferExif *self = g_new0 (CofferExif, 1);
  int iso = gexiv2_metadata_try_get_tag_long (metadata, "Exif.Photo.ISOSpeedRatings", NULL);

  self->camera = dup_camera (metadata);
  self->lens = dup_words (metadata, "Exif.Photo.LensModel");
  self->taken = dup_words (metadata, "Exif.Photo.DateTimeOriginal");
  self->exposure = get_number (metadata, "Exif.Photo.ExposureTime");
  self->aperture = get_number (metadata, "Exif.Photo.FNumber");
  self->focal_length = get_number (metadata, "Exif.Photo.FocalLength");
  self->iso = MAX (iso, 0);
  self->has_place = read_place (metadata, self);

  return self;
}

/* What it says is for nobody. */
static gpointer
start (gpointer data)
{
  gexiv2_log_set_level (GEXIV2_LOG_LEVEL_MUTE);

  return GINT_TO_POINTER (gexiv2_initialize ());
}

CofferExif *
coffer_exif_read (const guint8 *data,
                  gsize         len)
{
  static GOnce once = G_ONCE_INIT;
  gboolean is_alone = is_tiff (data, len);
  Block block = is_alone ? (Block) { data, len } : find_block (data, len);
  g_autoptr(GExiv2Metadata) metadata = NULL;
  g_autoptr(GBytes) bytes = NULL;

  if (block.data == NULL || g_once (&once, start, NULL) == NULL)
    return NULL;

  bytes = is_alone ? g_bytes_new_static (data, len) : dup_small_jpeg (&block);
  metadata = gexiv2_metadata_new ();
  if (!gexiv2_metadata_open_buf (metadata, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL) ||
      !gexiv2_metadata_has_exif (metadata))
    return NULL;

  return read_metadata (metadata);
}

#else

CofferExif *
coffer_exif_read (const guint8 *data,
                  gsize         len)
{
  return NULL;
}

#endif
