/* SPDX-License-Identifier: MIT */
/*
 * Documents, archives and fonts, told by their first bytes. Nothing is unpacked, and no number in the bytes is believed further
 * than there are bytes. Any thread.
 *
 * Not with libarchive or poppler: both follow what they read to its end.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-document-private.h"

#include <coffer-key.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "coffer-content-sample.h"

#define WORDS_BYTES 200   /* of a name or title */
#define TAR_MAGIC_AT 257

GBytes *
coffer_document_read_part (const CofferDocument *self,
                           guint64               offset,
                           gsize                 size)
{
  g_autofree guint8 *bytes = NULL;
  gsize len = 0;

  if (offset >= self->size)
    return g_bytes_new (NULL, 0);

  size = MIN (size, self->size - offset);
  if (self->begin + offset + size > COFFER_CONTENT_NEAR)
    return g_bytes_new (NULL, 0);

  bytes = g_malloc (size + 1);
  if (!g_seekable_seek (G_SEEKABLE (self->stream), self->begin + offset, G_SEEK_SET, self->cancellable, NULL) ||
      !g_input_stream_read_all (self->stream, bytes, size, &len, self->cancellable, NULL))
    len = 0;

  return g_bytes_new_take (g_steal_pointer (&bytes), len);
}

void
coffer_document_add (CofferDocument *self,
                     const char     *name,
                     char           *value)
{
  if (value != NULL && *value != '\0')
    g_strv_builder_add_many (self->facts, name, value, NULL);
  g_free (value);
}

void
coffer_document_add_words (CofferDocument *self,
                           const char     *name,
                           const char     *bytes,
                           gsize           len)
{
  if (len > 0)
    coffer_document_add (self, name, coffer_key_bytes_to_display (bytes, len, WORDS_BYTES));
}

void
coffer_document_add_utf16 (CofferDocument *self,
                           const char     *name,
                           const guint8   *bytes,
                           gsize           len)
{
  gsize n = 0;
  gsize most = MIN (len, 4 * WORDS_BYTES) & ~(gsize) 1;
  g_autofree char *words = g_convert_with_fallback ((const char *) bytes, most, "UTF-8", "UTF-16BE", "?", NULL, &n, NULL);

  if (words != NULL)
    coffer_document_add_words (self, name, words, n);
}

guint64
coffer_document_read_le (const guint8 *bytes,
                         guint         n)
{
  guint64 number = 0;

  for (guint i = n; i > 0; i--)
    number = number << 8 | bytes[i - 1];

  return number;
}

/* GZip. How much it unpacks to does not stand in it: the number at its end is that of its last part alone, often none. */
static void
read_gzip (CofferDocument *self,
           const guint8   *head,
           gsize           len)
{
  const guint8 *end = len > 10 && (head[3] & 0x0c) == 0x08 ? memchr (head + 10, '\0', len - 10) : NULL;

  if (end != NULL)
    coffer_document_add_words (self, _("Holds"), (const char *) head + 10, end - head - 10);
}

void
coffer_document_read (GInputStream *stream,
                      guint64       begin,
                      guint64       size,
                      GStrvBuilder *facts,
                      GCancellable *cancellable)
{
  CofferDocument self = { stream, begin, size, facts, cancellable };
  g_autoptr(GBytes) bytes = coffer_document_read_part (&self, 0, COFFER_DOCUMENT_HEAD);
  gsize len;
  const guint8 *head = g_bytes_get_data (bytes, &len);

  if (len < 12)
    return;
  if (memcmp (head, "%PDF-", 5) == 0)
    coffer_document_read_pdf (&self);
  else if (memcmp (head, "PK\3\4", 4) == 0 || memcmp (head, "PK\5\6", 4) == 0)
    coffer_document_read_zip (&self);
  else if (memcmp (head, "\x1f\x8b\x08", 3) == 0)
    read_gzip (&self, head, len);
  else if (len > TAR_MAGIC_AT + 5 && memcmp (head + TAR_MAGIC_AT, "ustar", 5) == 0)
    coffer_document_read_tar (&self);
  else
    coffer_document_read_font (&self, head, len);
}
