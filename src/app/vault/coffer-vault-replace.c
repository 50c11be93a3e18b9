/* SPDX-License-Identifier: MIT */
/*
 * Giving a key the content of a file as its value. The value that is replaced can be named by its checksum: what somebody
 * else wrote meanwhile is then not lost. Functions marked "lane" run on the WRITE lane's thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>

#define PIECE_SIZE (1 << 20)

typedef struct {
  CofferKey *key;
  GFile *file;
  GBytes *header;
  char *expected;   /* or NULL */
} Replacement;

static void
replacement_free (gpointer data)
{
  Replacement *replacement = data;

  coffer_key_unref (replacement->key);
  g_object_unref (replacement->file);
  g_bytes_unref (replacement->header);
  g_free (replacement->expected);
  g_free (replacement);
}

/* Lane. NULL with an error, or if there is no such key. */
static char *
dup_checksum (kvault        *vault,
              GBytes        *key,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *piece = g_malloc (PIECE_SIZE);
  kvault_blob *blob = NULL;
  guint64 size = 0;
  int rc = kvault_blob_open (vault, g_bytes_get_data (key, NULL), g_bytes_get_size (key), &blob);

  if (rc == KVAULT_OK)
    size = kvault_blob_size (blob);
  for (guint64 offset = 0; rc == KVAULT_OK && offset < size; offset += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, size - offset);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        break;
      if ((rc = kvault_blob_read (blob, piece, len, offset)) == KVAULT_OK)
        g_checksum_update (checksum, piece, len);
    }
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
    *error = coffer_error_new (vault, rc);
  kvault_blob_close (blob);

  return rc == KVAULT_OK && *error == NULL ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

/* Lane. */
static gboolean
check_expected (kvault             *vault,
                const Replacement  *replacement,
                GCancellable       *cancellable,
                GError            **error)
{
  g_autofree char *checksum = NULL;

  if (replacement->expected == NULL)
    return TRUE;

  checksum = dup_checksum (vault, coffer_key_get_bytes (replacement->key), cancellable, error);
  if (*error != NULL)
    return FALSE;
  if (g_strcmp0 (checksum, replacement->expected) != 0)
    {
      g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE),
                           _("The value is not the one that was opened any more: somebody else changed or deleted it"));
      return FALSE;
    }
  return TRUE;
}

/* Lane. Only what is a file now; it is read to the size it has now, and no further. */
static GInputStream *
open_file (const Replacement  *replacement,
           guint64            *size,
           GCancellable       *cancellable,
           GError            **error)
{
  g_autoptr(GFileInputStream) stream = g_file_read (replacement->file, cancellable, error);
  g_autoptr(GFileInfo) info = NULL;

  if (stream == NULL)
    return NULL;
  info = g_file_input_stream_query_info (stream, G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_STANDARD_TYPE, cancellable, error);
  if (info == NULL)
    return NULL;
  if (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _("This is no regular file"));
      return NULL;
    }
  *size = g_file_info_get_size (info);
  return G_INPUT_STREAM (g_steal_pointer (&stream));
}

/* What was written. */
typedef struct {
  GChecksum *value;     /* as it is stored */
  GChecksum *content;   /* of the file */
} Sums;

static Sums *
sums_new (void)
{
  Sums *sums = g_new (Sums, 1);

  *sums = (Sums) { g_checksum_new (G_CHECKSUM_SHA256), g_checksum_new (G_CHECKSUM_SHA256) };
  return sums;
}

static void
sums_free (gpointer data)
{
  Sums *sums = data;

  g_checksum_free (sums->value);
  g_checksum_free (sums->content);
  g_free (sums);
}

/* Lane. */
static gboolean
copy (kvault         *vault,
      kvault_writer  *writer,
      GInputStream   *stream,
      guint64         size,
      Sums           *sums,
      GCancellable   *cancellable,
      GError        **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE_SIZE);
  gsize len;
  int rc;

  for (guint64 left = size; left > 0; left -= len)
    {
      if (!g_input_stream_read_all (stream, piece, MIN (left, PIECE_SIZE), &len, cancellable, error))
        return FALSE;
      if (len == 0)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, _("The file became shorter while it was read"));
          return FALSE;
        }
      if ((rc = kvault_writer_write (writer, piece, len)) != KVAULT_OK)
        {
          *error = coffer_error_new (vault, rc);
          return FALSE;
        }
      g_checksum_update (sums->value, piece, len);
      g_checksum_update (sums->content, piece, len);
    }
  return TRUE;
}

/* Lane. */
static gboolean
write_value (kvault             *vault,
             const Replacement  *replacement,
             GInputStream       *stream,
             guint64             size,
             Sums               *sums,
             GCancellable       *cancellable,
             GError            **error)
{
  GBytes *key = coffer_key_get_bytes (replacement->key);
  gsize header_size;
  gconstpointer header = g_bytes_get_data (replacement->header, &header_size);
  kvault_writer *writer = NULL;
  int rc = kvault_writer_open (vault, g_bytes_get_data (key, NULL), g_bytes_get_size (key), header_size + size, &writer);

  if (rc == KVAULT_OK && header_size > 0)
    rc = kvault_writer_write (writer, header, header_size);
  g_checksum_update (sums->value, header, header_size);
  if (rc == KVAULT_OK && copy (vault, writer, stream, size, sums, cancellable, error))
    rc = kvault_writer_commit (writer);
  if (rc != KVAULT_OK && *error == NULL)
    *error = coffer_error_new (vault, rc);
  kvault_writer_free (writer);

  return *error == NULL;
}

/* Lane. */
static gpointer
replace_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  const Replacement *replacement = data;
  g_autoptr(GInputStream) stream = NULL;
  Sums *sums;
  guint64 size;

  if (coffer_key_get_class (replacement->key) != KVAULT_CLASS_BLOB)
    {
      g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EINVAL),
                           _("The value of a key that is no bytes, but a text or a number, cannot be replaced"));
      return NULL;
    }
  if ((stream = open_file (replacement, &size, cancellable, error)) == NULL ||
      !check_expected (vault, replacement, cancellable, error))
    return NULL;

  sums = sums_new ();
  if (write_value (vault, replacement, stream, size, sums, cancellable, error))
    return sums;
  sums_free (sums);
  return NULL;
}

static void
replaced_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  Sums *sums = coffer_vault_run_finish (self, result, &error);

  if (sums == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  coffer_vault_emit_changed (self);
  g_task_return_pointer (task, sums, sums_free);
}

void
coffer_vault_replace_async (CofferVault         *self,
                            CofferKey           *key,
                            GFile               *file,
                            GBytes              *header,
                            const char          *expected,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  Replacement *replacement;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL && G_IS_FILE (file));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_replace_async);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told, cancelled or not */
  if (!coffer_vault_get_editable (self))
    {
      g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
      return;
    }

  replacement = g_new (Replacement, 1);
  *replacement = (Replacement) { coffer_key_ref (key), g_object_ref (file), header != NULL ? g_bytes_ref (header) : g_bytes_new (NULL, 0),
                                 g_strdup (expected) };
  coffer_vault_run_async (self, COFFER_LANE_WRITE, coffer_vault_get_table (self), replace_worker, replacement, replacement_free, sums_free,
                          cancellable, replaced_cb, g_steal_pointer (&task));
}

gboolean
coffer_vault_replace_finish (CofferVault   *self,
                             GAsyncResult  *result,
                             char         **value,
                             char         **content,
                             GError       **error)
{
  Sums *sums;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  if ((sums = g_task_propagate_pointer (G_TASK (result), error)) == NULL)
    return FALSE;
  *value = g_strdup (g_checksum_get_string (sums->value));
  *content = g_strdup (g_checksum_get_string (sums->content));
  sums_free (sums);
  return TRUE;
}
