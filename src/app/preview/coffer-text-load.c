/* SPDX-License-Identifier: MIT */
/*
 * The pieces of a text: read on the vault's preview lane, decoded on a worker thread, where also the language is guessed, because
 * GtkSourceView reads two hundred files to know its languages.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-text-load.h"

#include <gtksourceview/gtksource.h>

void
coffer_text_piece_free (CofferTextPiece *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  if (self->decoded != NULL)
    g_string_free (self->decoded, TRUE);
  g_free (self->name);
  g_free (self->content_type);
  g_free (self->language);
  g_free (self);
}

/* The type is of use where it says more than that this is a text. One thread at a time: GtkSourceView locks nothing. */
static char *
dup_language (const char *name,
              const char *content_type)
{
  static GMutex mutex;
  const char *type = content_type != NULL && !g_str_equal (content_type, "text/plain") ? content_type : NULL;
  g_autoptr(GMutexLocker) locker = NULL;
  GtkSourceLanguage *language;

  if (type == NULL && (name == NULL || *name == '\0'))   /* a key may be empty, or end with a separator */
    return NULL;

  locker = g_mutex_locker_new (&mutex);
  language = gtk_source_language_manager_guess_language (gtk_source_language_manager_get_default (),
                                                         type == NULL ? name : NULL, type);

  return language != NULL ? g_strdup (gtk_source_language_get_id (language)) : NULL;
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
  if (self->name != NULL || self->content_type != NULL)
    self->language = dup_language (self->name, self->content_type);

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
