/* SPDX-License-Identifier: MIT */
/*
 * Giving a key the content of a file as its value. The value that is replaced can be named by its checksum: what somebody
 * else wrote meanwhile is then not lost. The file is read outside of any transaction (see kvault_writer_open()); what is in
 * the vault is looked at in the one that writes. Functions marked "lane" run on the WRITE lane's thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-deletion-private.h"
#include "coffer-error-private.h"
#include "coffer-regular-file.h"

#include <glib/gi18n-lib.h>
#include <names.h>

#define PIECE_SIZE (1 << 20)
#define MAX_NUMBER 10000

typedef struct {
  CofferKey *key;
  GFile *file;
  GBytes *header;
  char *expected;             /* or NULL */
  GStrv open_paths;           /* of vaults, none of which is taken for the file */
  gboolean is_copy;           /* under a key that is free */
  CofferProgress *progress;   /* or NULL */
} Replacement;

/* What was written. */
typedef struct {
  GBytes *key;          /* under which */
  GChecksum *value;     /* as it is stored */
  GChecksum *content;   /* of the file */
} Written;

static void
replacement_free (gpointer data)
{
  Replacement *replacement = data;

  coffer_key_unref (replacement->key);
  g_object_unref (replacement->file);
  g_bytes_unref (replacement->header);
  g_free (replacement->expected);
  g_strfreev (replacement->open_paths);
  g_clear_pointer (&replacement->progress, coffer_progress_unref);
  g_free (replacement);
}

static void
written_free (gpointer data)
{
  Written *written = data;

  g_bytes_unref (written->key);
  g_checksum_free (written->value);
  g_checksum_free (written->content);
  g_free (written);
}

static Written *
written_new (GBytes *key)
{
  Written *written = g_new (Written, 1);

  *written = (Written) { g_bytes_ref (key), g_checksum_new (G_CHECKSUM_SHA256), g_checksum_new (G_CHECKSUM_SHA256) };
  return written;
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

static gboolean
fail_stale (GError **error)
{
  g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_STALE,
                       _("The value is not the one that was opened any more: somebody else changed or deleted it"));
  return FALSE;
}

/* Lane. */
static gboolean
check_expected (kvault             *vault,
                const Replacement  *replacement,
                GCancellable       *cancellable,
                GError            **error)
{
  g_autofree char *checksum = dup_checksum (vault, coffer_key_get_bytes (replacement->key), cancellable, error);

  if (*error != NULL)
    return FALSE;
  return g_strcmp0 (checksum, replacement->expected) == 0 || fail_stale (error);
}

/* Lane. Hashing a large value takes seconds, in which nobody could write: in the transaction only if somebody wrote since. A key that was deleted
 * here is only hidden.
 */
static gboolean
check_again (kvault             *vault,
             const Replacement  *replacement,
             guint64             version,
             GCancellable       *cancellable,
             GError            **error)
{
  GBytes *key = coffer_key_get_bytes (replacement->key);
  guint64 now;

  if (replacement->expected == NULL)
    return TRUE;
  if (kvault_data_version (vault, &now) == KVAULT_OK && now == version)
    return kvault_exists (vault, g_bytes_get_data (key, NULL), g_bytes_get_size (key)) != KVAULT_NOTFOUND || fail_stale (error);
  return check_expected (vault, replacement, cancellable, error);
}

static void
tell_progress (const Replacement *replacement,
               guint64            done,
               guint64            size)
{
  double *fraction;

  if (replacement->progress == NULL || size == 0)
    return;
  fraction = g_new (double, 1);
  *fraction = (double) done / size;
  coffer_progress_tell (replacement->progress, fraction);
}

/* Lane. */
static gboolean
copy (kvault             *vault,
      const Replacement  *replacement,
      kvault_writer      *writer,
      GInputStream       *stream,
      guint64             size,
      Written            *written,
      GCancellable       *cancellable,
      GError            **error)
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
      g_checksum_update (written->value, piece, len);
      g_checksum_update (written->content, piece, len);
      tell_progress (replacement, size - left + len, size);
    }
  return TRUE;
}

/* Lane, in the transaction. What a person has just deleted can come back, and is not free; nor is what of that is damaged. */
static gboolean
check_free (kvault  *vault,
            GBytes  *key,
            GError **error)
{
  int rc = kvault_exists (vault, g_bytes_get_data (key, NULL), g_bytes_get_size (key));

  if (rc == KVAULT_NOTFOUND && (rc = coffer_deletion_find_key (vault, key)) == KVAULT_NOTFOUND)
    return TRUE;
  if (rc == KVAULT_OK || rc == KVAULT_ECORRUPT)
    g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_EXISTS, _("There is such a key already"));
  else
    *error = coffer_error_new (vault, rc);
  return FALSE;
}

/* Lane. What is there is looked at, and replaced, in one transaction. */
static gboolean
commit (kvault             *vault,
        const Replacement  *replacement,
        guint64             version,
        kvault_writer      *writer,
        const Written      *written,
        GCancellable       *cancellable,
        GError            **error)
{
  int rc = kvault_begin (vault);

  if (rc == KVAULT_OK && (replacement->is_copy ? check_free (vault, written->key, error)
                                               : check_again (vault, replacement, version, cancellable, error)) &&
      (rc = kvault_writer_commit (writer)) == KVAULT_OK)
    rc = kvault_commit (vault);
  if (rc != KVAULT_OK && *error == NULL)
    *error = coffer_error_new (vault, rc);
  if (*error != NULL)
    kvault_rollback (vault);

  return *error == NULL;
}

/* Lane. */
static gboolean
write_value (kvault             *vault,
             const Replacement  *replacement,
             guint64             version,
             Written            *written,
             GCancellable       *cancellable,
             GError            **error)
{
  g_autoptr(CofferGuard) guard = coffer_guard_new ((const char *const *) replacement->open_paths);
  guint64 size;   /* it is read to that, and no further */
  g_autoptr(GInputStream) stream = coffer_regular_file_open (replacement->file, guard, &size, error);
  gsize header_size;
  gconstpointer header = g_bytes_get_data (replacement->header, &header_size);
  kvault_writer *writer = NULL;
  int rc;

  if (stream == NULL)
    return FALSE;
  rc = kvault_writer_open (vault, g_bytes_get_data (written->key, NULL), g_bytes_get_size (written->key), header_size + size, &writer);
  if (rc == KVAULT_OK && header_size > 0)
    rc = kvault_writer_write (writer, header, header_size);
  g_checksum_update (written->value, header, header_size);
  if (rc != KVAULT_OK)
    *error = coffer_error_new (vault, rc);
  else if (copy (vault, replacement, writer, stream, size, written, cancellable, error))
    commit (vault, replacement, version, writer, written, cancellable, error);
  kvault_writer_free (writer);

  return *error == NULL;
}

/* Lane. The key, or that with the first number from @number on that is free. */
static GBytes *
find_free_key (kvault       *vault,
               GBytes       *key,
               guint        *number,
               GError      **error)
{
  for (; *number <= MAX_NUMBER && *error == NULL; ++*number)
    {
      names_text text = { NULL };
      g_autoptr(GBytes) free_key = NULL;
      gsize size;
      gconstpointer bytes = g_bytes_get_data (key, &size);

      if (!names_text_add (&text, size > 0 ? bytes : "", size) ||
          (*number > 1 && !names_number (&text, 0, *number)))
        g_error ("no memory for a key");
      free_key = g_bytes_new_with_free_func (text.data, text.size, free, text.data);
      if (check_free (vault, free_key, error))
        return g_steal_pointer (&free_key);
      if (g_error_matches (*error, COFFER_ERROR, COFFER_ERROR_EXISTS))
        g_clear_error (error);
    }
  if (*error == NULL)
    g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_EXISTS, _("There is such a key already"));
  return NULL;
}

/* Lane. */
static Written *
write_as (kvault             *vault,
          const Replacement  *replacement,
          GBytes             *key,
          guint64             version,
          GCancellable       *cancellable,
          GError            **error)
{
  Written *written = written_new (key);

  if (write_value (vault, replacement, version, written, cancellable, error))
    return written;
  written_free (written);
  return NULL;
}

/* Lane. Somebody may take the key while the file is read: then the next number. */
static gpointer
copy_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  const Replacement *replacement = data;
  guint number = 1;
  Written *written = NULL;

  while (written == NULL && *error == NULL)
    {
      g_autoptr(GBytes) key = find_free_key (vault, coffer_key_get_bytes (replacement->key), &number, error);

      if (key == NULL)
        return NULL;
      written = write_as (vault, replacement, key, 0, cancellable, error);
      if (g_error_matches (*error, COFFER_ERROR, COFFER_ERROR_EXISTS))
        g_clear_error (error);
    }
  return written;
}

/* Lane. Refused early where it can be, before the file is read. */
static gpointer
replace_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  const Replacement *replacement = data;
  guint64 version = 0;

  if (coffer_key_get_class (replacement->key) != KVAULT_CLASS_BLOB)
    {
      g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EINVAL),
                           _("The value of a key that is no bytes, but a text or a number, cannot be replaced"));
      return NULL;
    }
  if (replacement->expected != NULL)
    {
      int rc = kvault_data_version (vault, &version);

      if (rc != KVAULT_OK)
        *error = coffer_error_new (vault, rc);
      if (rc != KVAULT_OK || !check_expected (vault, replacement, cancellable, error))
        return NULL;
    }
  return write_as (vault, replacement, coffer_key_get_bytes (replacement->key), version, cancellable, error);
}

static void
replaced_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  Written *written = coffer_vault_run_finish (self, result, &error);

  if (written == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  coffer_vault_emit_changed (self);
  g_task_return_pointer (task, written, written_free);
}

/* @replacement (transfer full) @task (transfer full) */
static void
run (CofferVault     *self,
     const char      *table,
     CofferVaultFunc  worker,
     Replacement     *replacement,
     GTask           *task)
{
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told, cancelled or not */
  if (coffer_vault_get_editable (self))
    {
      coffer_vault_run_async (self, COFFER_LANE_WRITE, table, worker, replacement, replacement_free, written_free,
                              g_task_get_cancellable (task), replaced_cb, task);
      return;
    }
  g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
  replacement_free (replacement);
  g_object_unref (task);
}

static Replacement *
replacement_new (CofferKey      *key,
                 GFile          *file,
                 GBytes         *header,
                 CofferProgress *progress)
{
  Replacement *replacement = g_new0 (Replacement, 1);

  replacement->key = coffer_key_ref (key);
  replacement->file = g_object_ref (file);
  replacement->header = header != NULL ? g_bytes_ref (header) : g_bytes_new (NULL, 0);
  replacement->open_paths = coffer_vault_dup_open_paths ();
  replacement->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  return replacement;
}

void
coffer_vault_replace_async (CofferVault         *self,
                            const char          *table,
                            CofferKey           *key,
                            GFile               *file,
                            GBytes              *header,
                            const char          *expected,
                            CofferProgress      *progress,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  GTask *task;
  Replacement *replacement;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL && G_IS_FILE (file));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_replace_async);
  replacement = replacement_new (key, file, header, progress);
  replacement->expected = g_strdup (expected);
  run (self, table, replace_worker, replacement, task);
}

void
coffer_vault_add_copy_async (CofferVault         *self,
                             const char          *table,
                             CofferKey           *key,
                             GFile               *file,
                             GBytes              *header,
                             CofferProgress      *progress,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  GTask *task;
  Replacement *replacement;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL && G_IS_FILE (file));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_add_copy_async);
  replacement = replacement_new (key, file, header, progress);
  replacement->is_copy = TRUE;
  run (self, table, copy_worker, replacement, task);
}

CofferKey *
coffer_vault_replace_finish (CofferVault   *self,
                             GAsyncResult  *result,
                             char         **value,
                             char         **content,
                             GError       **error)
{
  Written *written;
  CofferKey *key;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  if ((written = g_task_propagate_pointer (G_TASK (result), error)) == NULL)
    return NULL;
  *value = g_strdup (g_checksum_get_string (written->value));
  *content = g_strdup (g_checksum_get_string (written->content));
  key = coffer_key_new_written (written->key);
  written_free (written);
  return key;
}
