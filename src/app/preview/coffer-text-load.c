/* SPDX-License-Identifier: MIT */
/*
 * The pieces of a text: read on the vault's preview lane, decoded on a worker thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-text-load.h"

#include <string.h>

void
coffer_text_piece_free (CofferTextPiece *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  if (self->decoded != NULL)
    g_string_free (self->decoded, TRUE);
  g_free (self);
}

static void
decode_worker (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  CofferTextPiece *self = data;
  gsize len;
  const guint8 *bytes = g_bytes_get_data (self->bytes, &len);

  if (self->text.charset == NULL)
    self->text.charset = coffer_text_guess_charset (bytes, len, self->is_end);
  self->decoded = coffer_text_decode (&self->text, bytes, len, self->is_end, &self->n_used);

  g_task_return_boolean (task, TRUE);
}

void
coffer_text_decode_async (CofferTextPiece     *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, coffer_text_decode_async);
  g_task_set_task_data (task, self, (GDestroyNotify) coffer_text_piece_free);
  g_task_run_in_thread (task, decode_worker);
}

CofferTextPiece *
coffer_text_decode_finish (GAsyncResult  *result,
                           GError       **error)
{
  CofferTextPiece *self, *copy;

  g_return_val_if_fail (g_async_result_is_tagged (result, coffer_text_decode_async), NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;

  /* The task keeps its data: what is in them moves. */
  self = g_task_get_task_data (G_TASK (result));
  copy = g_memdup2 (self, sizeof *self);
  memset (self, 0, sizeof *self);

  return copy;
}

static gpointer
read_piece (GInputStream           *stream,
            const CofferValueFacts *facts,
            gpointer                offset,
            GCancellable           *cancellable,
            GError                **error)
{
  g_autofree guint8 *bytes = g_malloc (COFFER_TEXT_PIECE);
  gsize len;

  if (!g_seekable_seek (G_SEEKABLE (stream), *(guint64 *) offset, G_SEEK_SET, cancellable, error) ||
      !g_input_stream_read_all (stream, bytes, COFFER_TEXT_PIECE, &len, cancellable, error))
    return NULL;

  return g_bytes_new (bytes, len);
}

void
coffer_text_read_async (CofferVault         *vault,
                        CofferKey           *key,
                        guint64              offset,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  coffer_vault_read_value_async (vault, key, read_piece, g_memdup2 (&offset, sizeof offset), g_free,
                                 (GDestroyNotify) g_bytes_unref, cancellable, callback, user_data);
}
