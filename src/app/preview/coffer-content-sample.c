/* SPDX-License-Identifier: MIT */
/*
 * Whether a value on show is still the one in the file, at the price of two small reads. On the vault's preview lane.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-content-sample.h"

#define PART_SIZE 4096
#define WHOLE_SIZE (256 << 10)   /* values up to here are compared as a whole */

static gboolean
add_part (GByteArray    *sample,
          GInputStream  *stream,
          guint64        offset,
          gsize          size,
          GCancellable  *cancellable,
          GError       **error)
{
  g_autofree guint8 *part = g_malloc (size);
  gsize len;

  if (!g_seekable_seek (G_SEEKABLE (stream), offset, G_SEEK_SET, cancellable, error) ||
      !g_input_stream_read_all (stream, part, size, &len, cancellable, error))
    return FALSE;
  g_byte_array_append (sample, part, len);

  return TRUE;
}

GBytes *
coffer_content_sample (GInputStream            *stream,
                       const CofferValueFacts  *facts,
                       GCancellable            *cancellable,
                       GError                 **error)
{
  g_autoptr(GByteArray) sample = g_byte_array_new ();

  g_byte_array_append (sample, (const guint8 *) &facts->size, sizeof facts->size);
  if (!add_part (sample, stream, 0, facts->size <= WHOLE_SIZE ? WHOLE_SIZE : PART_SIZE, cancellable, error))
    return NULL;
  if (facts->size > WHOLE_SIZE && facts->size <= COFFER_CONTENT_NEAR &&
      !add_part (sample, stream, facts->size - PART_SIZE, PART_SIZE, cancellable, error))
    return NULL;
  if (!g_seekable_seek (G_SEEKABLE (stream), facts->data_offset, G_SEEK_SET, cancellable, error))
    return NULL;

  return g_byte_array_free_to_bytes (g_steal_pointer (&sample));
}

gpointer
coffer_content_sample_func (GInputStream            *stream,
                            const CofferValueFacts  *facts,
                            gpointer                 unused,
                            GCancellable            *cancellable,
                            GError                 **error)
{
  return coffer_content_sample (stream, facts, cancellable, error);
}
