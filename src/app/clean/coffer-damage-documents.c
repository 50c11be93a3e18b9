/* SPDX-License-Identifier: MIT */
/* PDF and TIFF, whose ends or beginnings tell where everything is, and archives that tell how long they are. Any thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-damage-reader.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MOST_FILLING (1 << 20)     /* zeros behind a PDF: more are not meant */
#define MOST_DIRECTORIES 1000      /* in a TIFF: more are taken to be as good */
#define MOST_ENTRIES 4096          /* in each */
#define MOST_STRIPS 1000000

/* PDF: ISO 32000-1, 7.5.5. The mark at the end may be followed by something: servers and mail programs do that. */

static const guint8 *
find_last (const guint8 *bytes,
           gsize         n,
           const char   *what)
{
  gsize len = strlen (what);

  for (gsize i = n < len ? 0 : n - len + 1; i-- > 0;)
    if (memcmp (bytes + i, what, len) == 0)
      return bytes + i;
  return NULL;
}

/* Behind the last byte that is none, or where it is given up. */
static guint64
skip_zeros (CofferDamageReader *self)
{
  guint64 end = self->size;

  while (end > 0 && self->size - end < MOST_FILLING)
    {
      gsize n = (gsize) MIN (end, COFFER_DAMAGE_WINDOW);
      const guint8 *bytes = coffer_damage_get (self, end - n, n);

      if (bytes == NULL)
        break;
      for (gsize i = n; i-- > 0;)
        if (bytes[i] != 0)
          return end - n + i + 1;
      end -= n;
    }
  return end;
}

const char *
coffer_damage_pdf (CofferDamageReader *self)
{
  guint64 end = skip_zeros (self);
  gsize n = (gsize) MIN (end, COFFER_DAMAGE_WINDOW);
  const guint8 *bytes = coffer_damage_get (self, end - n, n);
  const guint8 *mark = bytes != NULL ? find_last (bytes, n, "%%EOF") : NULL;
  const guint8 *start;

  if (bytes == NULL)
    return NULL;
  if (mark == NULL)
    return coffer_damage_cut (self);
  /* Changes are put behind the end, with an end of their own. */
  if (find_last (mark, (gsize) (bytes + n - mark), " 0 obj") != NULL)
    return coffer_damage_cut (self);
  /* One that is made for the web has such a mark behind its first page, too, which leads nowhere. */
  start = find_last (bytes, (gsize) (mark - bytes), "startxref");
  if (start != NULL && mark - start < 32)
    {
      for (start += 9; start < mark && g_ascii_isspace (*start); start++)
        ;
      if (start < mark && *start == '0')
        return coffer_damage_cut (self);
    }
  return NULL;
}

/* TIFF 6.0, and the larger one of libtiff */

typedef struct {
  CofferDamageReader *reader;
  gboolean is_little, is_big;
} Tiff;

typedef struct {
  guint type;
  guint64 n;
  guint64 offset;         /* of the numbers */
} Numbers;

typedef struct {
  Numbers strips, sizes, more;
  guint64 compression;
  guint64 next;           /* offset; 0: it is the last */
} Directory;

static guint64
get_tiff (const Tiff   *tiff,
          const guint8 *bytes,
          guint         n)
{
  guint64 number = 0;

  for (guint i = 0; i < n; i++)
    number = number << 8 | bytes[tiff->is_little ? n - 1 - i : i];
  return number;
}

/* Of numbers that are none below zero; 0: it is something else. */
static guint
get_width (guint type)
{
  switch (type)
    {
    case 3:
      return 2;
    case 4: case 13:
      return 4;
    case 16: case 18:
      return 8;
    default:
      return 0;
    }
}

/* FALSE: it is not there. */
static gboolean
read_number (const Tiff    *tiff,
             const Numbers *numbers,
             guint64        i,
             guint64       *number)
{
  guint width = get_width (numbers->type);
  const guint8 *bytes = width > 0 ? coffer_damage_get (tiff->reader, numbers->offset + i * width, width) : NULL;

  *number = bytes != NULL ? get_tiff (tiff, bytes, width) : 0;
  return bytes != NULL;
}

static void
read_entry (const Tiff *tiff,
            guint64     offset,
            Directory  *directory)
{
  guint inside = tiff->is_big ? 8 : 4;
  const guint8 *bytes = coffer_damage_get (tiff->reader, offset, 4 + 2 * inside);
  Numbers numbers;
  guint tag;

  if (bytes == NULL)
    return;
  tag = (guint) get_tiff (tiff, bytes, 2);
  numbers = (Numbers) { (guint) get_tiff (tiff, bytes + 2, 2), get_tiff (tiff, bytes + 4, inside), offset + 4 + inside };
  if (numbers.n > MOST_STRIPS || get_width (numbers.type) == 0)
    return;
  if (numbers.n * get_width (numbers.type) > inside)
    numbers.offset = get_tiff (tiff, bytes + 4 + inside, inside);
  if (tag == 273 || tag == 324)
    directory->strips = numbers;
  else if (tag == 279 || tag == 325)
    directory->sizes = numbers;
  else if (tag == 330)
    directory->more = numbers;
  else if (tag == 259)
    read_number (tiff, &numbers, 0, &directory->compression);
}

/* FALSE: it is not there. One without an entry is none, but has nothing wrong. */
static gboolean
read_directory (const Tiff *tiff,
                guint64     offset,
                Directory  *directory)
{
  guint head = tiff->is_big ? 8 : 2, entry = tiff->is_big ? 20 : 12, next = tiff->is_big ? 8 : 4;
  const guint8 *bytes = coffer_damage_get (tiff->reader, offset, head);
  guint64 n;

  *directory = (Directory) { .compression = 1 };
  if (bytes == NULL || (n = get_tiff (tiff, bytes, head)) == 0)
    return bytes != NULL && !coffer_damage_is_zero (tiff->reader, offset);
  if (n > MOST_ENTRIES)
    return TRUE;
  if (coffer_damage_get (tiff->reader, offset + head + (n - 1) * entry, entry) == NULL)
    return FALSE;
  for (guint64 i = 0; i < n; i++)
    read_entry (tiff, offset + head + i * entry, directory);
  bytes = coffer_damage_get (tiff->reader, offset + head + n * entry, next);
  directory->next = bytes != NULL ? get_tiff (tiff, bytes, next) : 0;
  return TRUE;
}

/* Those whose sizes can be relied on: what cameras make of their own is told as they like. */
static gboolean
is_known_compression (guint64 compression)
{
  return (compression >= 1 && compression <= 8 && compression != 6) || compression == 32773 || compression == 32946 || compression == 34925 ||
         compression == 50000 || compression == 50001;
}

/* Whose bytes are never so many zeros: LZW, JPEG, deflate, LZMA, zstd, WebP. */
static gboolean
is_dense (guint64 compression)
{
  return compression == 5 || (compression >= 7 && compression != 32773);
}

/* The strip or tile that lies last. */
static const char *
check_strips (const Tiff      *tiff,
              const Directory *directory)
{
  CofferDamageReader *reader = tiff->reader;
  guint64 last = 0, at = 0, offset, size;
  const guint8 *bytes;
  gsize n;

  for (guint64 i = 0; i < directory->strips.n; i++)
    {
      if (!read_number (tiff, &directory->strips, i, &offset))
        return reader->error == NULL ? coffer_damage_cut (reader) : NULL;
      if (offset > last)
        {
          last = offset;
          at = i;
        }
    }
  if (last == 0 || directory->sizes.n != directory->strips.n || !is_known_compression (directory->compression))
    return last > reader->size ? coffer_damage_cut (reader) : NULL;
  if (!read_number (tiff, &directory->sizes, at, &size) || last > reader->size || size > reader->size - last)
    return reader->error == NULL ? coffer_damage_cut (reader) : NULL;
  n = (gsize) MIN (size, 512);
  bytes = n >= 16 && is_dense (directory->compression) ? coffer_damage_get (reader, last + size - n, n) : NULL;
  for (gsize i = 0; bytes != NULL && bytes[i] == 0;)
    if (++i == n)
      return _("Half-written: it ends in zeros");
  return NULL;
}

const char *
coffer_damage_tiff (CofferDamageReader *self)
{
  g_autoptr(GArray) offsets = g_array_new (FALSE, FALSE, sizeof (guint64));
  const guint8 *head = coffer_damage_get (self, 0, 16);
  Tiff tiff = { self, head != NULL && head[0] == 'I', FALSE };
  Directory directory;
  guint64 offset;

  if (head == NULL)
    return NULL;
  tiff.is_big = get_tiff (&tiff, head + 2, 2) == 43;
  offset = tiff.is_big ? get_tiff (&tiff, head + 8, 8) : get_tiff (&tiff, head + 4, 4);
  g_array_append_val (offsets, offset);
  for (guint i = 0; i < offsets->len && i < MOST_DIRECTORIES; i++)
    {
      const char *words;

      if (!read_directory (&tiff, g_array_index (offsets, guint64, i), &directory))
        return self->error == NULL ? coffer_damage_cut (self) : NULL;
      if ((words = check_strips (&tiff, &directory)) != NULL)
        return words;
      for (guint64 k = 0; k < MIN (directory.more.n, 16); k++)
        if (read_number (&tiff, &directory.more, k, &offset) && offset != 0)
          g_array_append_val (offsets, offset);
      if (directory.next != 0)
        g_array_append_val (offsets, directory.next);
    }
  return NULL;
}

/* Archives */

/* 7zFormat.txt, "SignatureHeader": where what is at the end lies */
const char *
coffer_damage_7z (CofferDamageReader *self)
{
  const guint8 *head = coffer_damage_get (self, 0, 32);
  guint64 offset, size;

  if (head == NULL)
    return coffer_damage_cut (self);
  memcpy (&offset, head + 12, 8);
  memcpy (&size, head + 20, 8);
  offset = GUINT64_FROM_LE (offset);
  size = GUINT64_FROM_LE (size);
  if (size == 0)   /* empty */
    return NULL;
  if (offset > self->size - 32 || size > self->size - 32 - offset)
    return coffer_damage_cut (self);
  return coffer_damage_is_zero (self, 32 + offset) ? coffer_damage_cut (self) : NULL;
}

/* The .xz File Format, 2.1.2 and 2.2: zeros may follow */
const char *
coffer_damage_xz (CofferDamageReader *self)
{
  guint64 end = skip_zeros (self);
  const guint8 *bytes = end >= 24 ? coffer_damage_get (self, end - 2, 2) : NULL;

  return self->error != NULL || (bytes != NULL && memcmp (bytes, "YZ", 2) == 0) ? NULL : coffer_damage_cut (self);
}
