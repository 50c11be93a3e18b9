/* SPDX-License-Identifier: MIT */
/*
 * Deleting from the file what is hidden. Main thread, but for functions marked "lane".
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-deletion-private.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

typedef struct {
  GPtrArray *deletions;        /* of one table */
  CofferProgress *progress;    /* or NULL */
  guint64 n_all, n_before;     /* keys */
  CofferDeleted deleted;
  gboolean complete;
} Writing;

static void
writing_free (gpointer data)
{
  Writing *writing = data;

  g_ptr_array_unref (writing->deletions);
  g_clear_pointer (&writing->progress, coffer_progress_unref);
  g_free (writing);
}

/* Lane. */
static int
progress_cb (const kvault_progress *progress,
             void                  *data)
{
  Writing *writing = data;
  double *fraction;

  if (writing->progress == NULL || writing->n_all == 0)
    return 0;
  fraction = g_new (double, 1);
  *fraction = (double) (writing->n_before + progress->keys) / writing->n_all;
  coffer_progress_tell (writing->progress, fraction);
  return 0;
}

/* Lane. */
static int
write_rows (kvault          *vault,
            Writing         *writing,
            kvault_deletion *rows)
{
  kvault_deletion_result result;
  int rc = kvault_deletion_write (vault, rows, progress_cb, writing, &result);

  writing->deleted.n_deleted += result.deleted;
  writing->deleted.n_bytes += result.bytes;
  writing->deleted.n_changed += result.changed;
  writing->n_before += result.deleted;
  return rc;
}

/* Lane. */
static gpointer
write_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  Writing *writing = data;
  int rc = KVAULT_OK;

  for (guint i = 0; rc == KVAULT_OK && i < writing->deletions->len; i++)
    {
      CofferDeletion *deletion = g_ptr_array_index (writing->deletions, i);

      if ((rc = kvault_use_table (vault, deletion->table)) == KVAULT_OK && (rc = write_rows (vault, writing, deletion->rows)) == KVAULT_OK)
        rc = write_rows (vault, writing, deletion->waited_rows);
    }
  if (rc != KVAULT_OK)
    *error = coffer_error_new (vault, rc);
  return rc == KVAULT_OK ? GINT_TO_POINTER (TRUE) : NULL;
}

/* Those that are written to the last key go, and what had waited for them with them. */
static void
forget_written (CofferVault   *self,
                const Writing *writing)
{
  for (guint i = self->deferred->len; i > 0; i--)
    {
      CofferDeletion *deletion = g_ptr_array_index (self->deferred, i - 1);

      if (coffer_deletion_count_rows (deletion) > 0 || !g_ptr_array_find (writing->deletions, deletion, NULL))
        continue;
      g_ptr_array_set_size (deletion->taken, 0);
      g_ptr_array_set_size (deletion->taken_keys, 0);
      g_hash_table_remove_all (deletion->waited);
      g_hash_table_remove_all (deletion->alone);
      deletion->hidden = FALSE;
      g_ptr_array_remove_index (self->deferred, i - 1);
    }
}

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  GError *error = NULL;

  self->n_writing--;
  coffer_vault_run_finish (self, result, &error);
  forget_written (self, g_task_get_task_data (task));
  coffer_vault_tell_sharers (self);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
coffer_vault_write_deletions_async (CofferVault         *self,
                                    CofferProgress      *progress,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  Writing *writing;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_write_deletions_async);
  g_task_set_check_cancellable (task, FALSE);
  writing = g_new0 (Writing, 1);
  writing->deletions = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_deletion_unref);
  writing->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  writing->n_all = coffer_vault_get_n_deferred (self);
  for (guint i = 0; i < self->deferred->len; i++)
    if (!((CofferDeletion *) g_ptr_array_index (self->deferred, i))->showing)
      g_ptr_array_add (writing->deletions, coffer_deletion_ref (g_ptr_array_index (self->deferred, i)));
  g_task_set_task_data (task, writing, writing_free);
  if (writing->deletions->len == 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  self->n_writing++;
  coffer_vault_run_unsettled_async (self, NULL, write_worker, writing, NULL, NULL, cancellable, written_cb, g_steal_pointer (&task));
}

gboolean
coffer_vault_write_deletions_finish (CofferVault    *self,
                                     GAsyncResult   *result,
                                     CofferDeleted  *deleted,
                                     GError        **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  if (deleted != NULL)
    *deleted = ((Writing *) g_task_get_task_data (G_TASK (result)))->deleted;
  return g_task_propagate_boolean (G_TASK (result), error);
}
