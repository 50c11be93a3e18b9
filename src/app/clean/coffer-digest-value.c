/* SPDX-License-Identifier: MIT */
/* What values are told from each other by. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-digest-value.h"

#include <coffer-error.h>
#include <coffer-vault-scan.h>

#define PIECE_SIZE (1 << 20)

void
coffer_digest_bytes (gconstpointer  bytes,
                     gsize          size,
                     guint8        *digest)
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize digest_size = COFFER_SHA256_SIZE;

  g_checksum_update (checksum, bytes, (gssize) size);
  g_checksum_get_digest (checksum, digest, &digest_size);
}

gboolean
coffer_digest_stream (GInputStream     *stream,
                      guint8           *digest,
                      CofferDigestFunc  func,
                      gpointer          data,
                      GCancellable     *cancellable,
                      GError          **error)
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *piece = g_malloc (PIECE_SIZE);
  gsize size = COFFER_SHA256_SIZE;
  gssize n;

  while ((n = g_input_stream_read (stream, piece, PIECE_SIZE, cancellable, error)) > 0)
    {
      g_checksum_update (checksum, piece, n);
      if (func != NULL)
        func ((guint64) n, data);
    }
  if (n < 0)
    return FALSE;
  g_checksum_get_digest (checksum, digest, &size);
  return TRUE;
}

/* A value that changes while it is read fails like one in a file that was replaced. */
gboolean
coffer_clean_ends_run (CofferValueReader *reader,
                       const GError      *problem)
{
  return g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (problem) ||
         (coffer_value_reader_is_lost (problem) && !coffer_value_reader_check (reader, NULL));
}
