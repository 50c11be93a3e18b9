/* SPDX-License-Identifier: MIT */
/*
 * What a ZIP file says of itself at its end: its entries and how much they unpack to. Any thread. Source: PKWARE APPNOTE 6.3.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-document-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define END_SIZE 22          /* of the last record, without its comment */
#define MAX_COMMENT 65535
#define ENTRY_SIZE 46
#define MAX_DIRECTORY (1 << 20)

/* Returns: the last record, whose comment is as long as there are bytes behind it; NULL for none */
static const guint8 *
find_end (const guint8 *tail,
          gsize         len)
{
  for (gsize i = len >= END_SIZE ? len - END_SIZE + 1 : 0; i > 0; i--)
    if (memcmp (tail + i - 1, "PK\5\6", 4) == 0 && coffer_document_read_le (tail + i - 1 + 20, 2) == len - (i - 1) - END_SIZE)
      return tail + i - 1;

  return NULL;
}

/* In a file of more than 4 GiB the size is behind the name. */
static guint64
unpacked_size (const guint8 *entry,
               gsize         len)
{
  guint64 size = coffer_document_read_le (entry + 24, 4);
  gsize at = ENTRY_SIZE + coffer_document_read_le (entry + 28, 2), end = at + coffer_document_read_le (entry + 30, 2);

  if (size != G_MAXUINT32)
    return size;

  while (at + 12 <= MIN (end, len))
    {
      if (coffer_document_read_le (entry + at, 2) == 1)
        return coffer_document_read_le (entry + at + 4, 8);
      at += 4 + coffer_document_read_le (entry + at + 2, 2);
    }

  return size;
}

/* Returns: whether all @n entries are there. @total (out) */
static gboolean
add_up (const guint8 *directory,
        gsize         len,
        guint64       n,
        guint64      *total)
{
  gsize at = 0;

  *total = 0;
  for (guint64 i = 0; i < n; i++)
    {
      gsize entry;

      if (len - at < ENTRY_SIZE || memcmp (directory + at, "PK\1\2", 4) != 0)
        return FALSE;
      entry = ENTRY_SIZE;   /* and its name, extra bytes and comment */
      for (gsize field = 28; field <= 32; field += 2)
        entry += coffer_document_read_le (directory + at + field, 2);
      if (entry > len - at || !g_uint64_checked_add (total, *total, unpacked_size (directory + at, entry)))
        return FALSE;
      at += entry;
    }

  return TRUE;
}

void
coffer_document_read_zip (CofferDocument *self)
{
  guint64 tail_size = MIN (self->size, END_SIZE + MAX_COMMENT), n, size, end_at, total;
  g_autoptr(GBytes) tail = coffer_document_read_part (self, self->size - tail_size, tail_size);
  g_autoptr(GBytes) directory = NULL;
  const guint8 *bytes, *end;
  gsize len;

  bytes = g_bytes_get_data (tail, &len);
  if (len < tail_size || (end = find_end (bytes, len)) == NULL)
    return;

  n = coffer_document_read_le (end + 10, 2);
  size = coffer_document_read_le (end + 12, 4);
  end_at = self->size - tail_size + (end - bytes);
  if (n == G_MAXUINT16 || size > end_at)   /* it says so elsewhere */
    return;

  coffer_document_add (self, _("Entries"), g_strdup_printf ("%'" G_GUINT64_FORMAT, n));
  if (size > MAX_DIRECTORY)
    return;

  directory = coffer_document_read_part (self, end_at - size, size);
  if (n > 0 && add_up (g_bytes_get_data (directory, NULL), g_bytes_get_size (directory), n, &total))
    coffer_document_add (self, _("Unpacked"), g_format_size (total));
}
