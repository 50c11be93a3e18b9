/* SPDX-License-Identifier: MIT */
/*
 * What the heads in a tar file say: how many entries, and how large they are. One that is longer than what is looked at, or ends
 * before its end, is told nothing of. Any thread. Source: POSIX pax, GNU tar manual.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-document-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define BLOCK 512
#define MAX_HEADS 4096
#define CHECKSUM_AT 148
#define CHECKSUM_SIZE 8
#define SIZE_AT 124
#define SIZE_SIZE 12
#define TYPE_AT 156

static guint64
read_octal (const guint8 *bytes,
            gsize         len)
{
  guint64 number = 0;

  for (gsize i = 0; i < len; i++)
    if (bytes[i] >= '0' && bytes[i] <= '7')
      number = number << 3 | (bytes[i] - '0');
    else if (bytes[i] != ' ')
      break;

  return number;
}

/* Of files of 8 GiB and more it is no text. */
static guint64
read_size (const guint8 *head)
{
  guint64 size = 0;

  if ((head[SIZE_AT] & 0x80) == 0)
    return read_octal (head + SIZE_AT, SIZE_SIZE);
  for (gsize i = 4; i < SIZE_SIZE; i++)
    size = size << 8 | head[SIZE_AT + i];

  return size;
}

static gboolean
is_head (const guint8 *head)
{
  guint64 sum = 0;

  for (gsize i = 0; i < BLOCK; i++)
    sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_SIZE ? ' ' : head[i];

  return sum == read_octal (head + CHECKSUM_AT, CHECKSUM_SIZE);
}

/* Not the long name of the next one, nor what holds for all. */
static gboolean
is_entry (const guint8 *head)
{
  return strchr ("xgLKV", head[TYPE_AT]) == NULL || head[TYPE_AT] == '\0';
}

/* Links and folders may say a size, and have no data. */
static gboolean
has_data (const guint8 *head)
{
  return head[TYPE_AT] == '\0' || strchr ("123456", head[TYPE_AT]) == NULL;
}

void
coffer_document_read_tar (CofferDocument *self)
{
  guint64 at = 0, n = 0, total = 0;

  for (guint i = 0; i < MAX_HEADS && !g_cancellable_is_cancelled (self->cancellable); i++)
    {
      g_autoptr(GBytes) bytes = coffer_document_read_part (self, at, BLOCK);
      const guint8 *head = g_bytes_get_data (bytes, NULL);
      guint64 size;

      if (g_bytes_get_size (bytes) < BLOCK)
        return;
      if (head[0] == '\0' && n > 0)   /* its end */
        {
          coffer_document_add (self, _("Entries"), g_strdup_printf ("%'" G_GUINT64_FORMAT, n));
          coffer_document_add (self, _("Unpacked"), g_format_size (total));
          return;
        }

      size = has_data (head) ? read_size (head) : 0;
      if (!is_head (head) || size > self->size - at)
        return;
      if (is_entry (head))
        {
          n++;
          total += size;
        }
      at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
}
