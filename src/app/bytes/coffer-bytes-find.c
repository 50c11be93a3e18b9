/* SPDX-License-Identifier: MIT */
/*
 * Searching a value of any size in little memory: pieces of a mebibyte that overlap by a needle less a byte. Any thread.
 */
#define G_LOG_DOMAIN "coffer-bytes"

#include "coffer-bytes-find.h"

#include <string.h>

#define PIECE_SIZE (1 << 20)

static gboolean
read_at (GInputStream  *stream,
         guint64        offset,
         guint8        *piece,
         gsize          want,
         gsize         *len,
         GCancellable  *cancellable,
         GError       **error)
{
  return g_seekable_seek (G_SEEKABLE (stream), offset, G_SEEK_SET, cancellable, error) &&
         g_input_stream_read_all (stream, piece, want, len, cancellable, error);
}

/* -1 for none. */
static gssize
find_in (const guint8 *piece,
         gsize         len,
         GBytes       *needle,
         gboolean      last)
{
  gsize size;
  const guint8 *wanted = g_bytes_get_data (needle, &size);
  const guint8 *at = memmem (piece, len, wanted, size), *found = at;

  while (last && at != NULL)
    {
      found = at++;
      at = memmem (at, len - (at - piece), wanted, size);
    }

  return found != NULL ? found - piece : -1;
}

gboolean
coffer_bytes_find (GInputStream  *stream,
                   GBytes        *needle,
                   guint64        begin,
                   guint64        end,
                   gboolean       last,
                   guint64       *found,
                   GCancellable  *cancellable,
                   GError       **error)
{
  gsize size = g_bytes_get_size (needle), len;
  g_autofree guint8 *piece = NULL;

  g_return_val_if_fail (size > 0 && size <= COFFER_BYTES_FIND_MAX, FALSE);

  piece = g_malloc (PIECE_SIZE + size - 1);
  while (begin < end)
    {
      gsize n = MIN (end - begin, PIECE_SIZE);
      guint64 offset = last ? end - n : begin;
      gssize at;

      if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
          !read_at (stream, offset, piece, n + size - 1, &len, cancellable, error))
        return FALSE;
      if ((at = find_in (piece, len, needle, last)) >= 0)
        {
          *found = offset + at;
          return TRUE;
        }
      if (last)
        end -= n;
      else
        begin += n;
    }

  return FALSE;
}
