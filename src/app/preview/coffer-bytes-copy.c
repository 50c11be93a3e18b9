/* SPDX-License-Identifier: MIT */
/*
 * A part of a value on its way to the clipboard: read on the vault's preview lane, written as text on a worker thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-bytes-copy.h"

#include <coffer-clip.h>
#include <glib/gi18n-lib.h>

#define MAX_COPY (16 << 20)     /* bytes of the value */
#define MAX_COPIED (64 << 20)   /* bytes of text */
#define PIECE_SIZE (1 << 20)

typedef struct {
  guint64 offset, size;
  int format;
  GBytes *bytes;
} Copy;

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_clear_pointer (&copy->bytes, g_bytes_unref);
  g_free (copy);
}

/* The lane. What is cancelled stops within a piece. */
static gpointer
read_part (GInputStream           *stream,
           const CofferValueFacts *facts,
           gpointer                data,
           GCancellable           *cancellable,
           GError                **error)
{
  const Copy *copy = data;
  guint64 size = copy->offset < facts->size ? MIN (copy->size, facts->size - copy->offset) : 0;
  g_autofree guint8 *bytes = g_malloc (size + 1);
  gsize at = 0, len = 1;

  if (!g_seekable_seek (G_SEEKABLE (stream), copy->offset, G_SEEK_SET, cancellable, error))
    return NULL;

  while (at < size && len > 0)
    {
      if (!g_input_stream_read_all (stream, bytes + at, MIN (PIECE_SIZE, size - at), &len, cancellable, error))
        return NULL;
      at += len;
    }

  return g_bytes_new_take (g_steal_pointer (&bytes), at);
}

static CofferKeyFormat
choose_format (const Copy *copy)
{
  gsize len;
  const char *bytes = g_bytes_get_data (copy->bytes, &len);

  if (copy->format >= 0)
    return copy->format;

  return g_utf8_validate (bytes, len, NULL) ? COFFER_KEY_FORMAT_TEXT : COFFER_KEY_FORMAT_HEX;
}

/* A worker thread. Bytes are written as keys are. */
static void
format_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Copy *copy = data;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  GError *error = NULL;
  GBytes *text;

  g_ptr_array_add (keys, coffer_key_new_written (copy->bytes));
  if ((text = coffer_keys_format (keys, choose_format (copy), MAX_COPIED, cancellable, &error)) == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_task_return_pointer (task, g_strndup (g_bytes_get_data (text, NULL), g_bytes_get_size (text)), g_free);
  g_bytes_unref (text);
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  Copy *copy = g_task_get_task_data (task);
  GError *error = NULL;

  copy->bytes = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);
  if (copy->bytes == NULL)
    g_task_return_error (task, error);
  else
    g_task_run_in_thread (task, format_thread);
}

void
coffer_bytes_copy_async (CofferVault         *vault,
                         CofferKey           *key,
                         guint64              offset,
                         guint64              size,
                         int                  format,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Copy *copy = g_new0 (Copy, 1);

  *copy = (Copy) { offset, size, format };
  g_task_set_source_tag (task, coffer_bytes_copy_async);
  g_task_set_task_data (task, copy, copy_free);
  if (size > MAX_COPY)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%s", _("Up to 16 MiB can be copied"));
      g_object_unref (task);
      return;
    }

  coffer_vault_read_value_async (vault, key, read_part, g_memdup2 (copy, sizeof *copy), g_free, (GDestroyNotify) g_bytes_unref,
                                 cancellable, read_cb, task);
}

char *
coffer_bytes_copy_finish (GAsyncResult *result,
                          GtkWidget    *widget)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  g_return_val_if_fail (g_async_result_is_tagged (result, coffer_bytes_copy_async), NULL);

  text = g_task_propagate_pointer (G_TASK (result), &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return NULL;

  if (text != NULL)
    coffer_clip_set_text (gtk_widget_get_clipboard (widget), text);

  return g_strdup (text != NULL ? _("Copied") : error->message);
}
