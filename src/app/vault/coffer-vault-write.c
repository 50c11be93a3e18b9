/* SPDX-License-Identifier: MIT */
/*
 * What changes a vault, all of it on the WRITE lane. Functions marked "lane" run on its thread; the rest on the main
 * thread. Every change that reached the file is told by "changed" before its callback runs, a half-done one too.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-attic-private.h"
#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>

/* Lane. Opening for writing has succeeded; is this table writable too? */
static gpointer
edit_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  const char *reason;

  if (!kvault_is_readonly (vault))
    return GINT_TO_POINTER (TRUE);
  reason = kvault_readonly_reason (vault);
  g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY),
                       reason != NULL ? coffer_section_translate_reason (reason) : _("The vault is read-only"));
  return NULL;
}

static GError *
new_damage_error (CofferVault *self)
{
  return g_error_new_literal (COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT), coffer_vault_get_lock_reason (self));
}

static void
edit_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  g_autoptr(GError) error = NULL;

  coffer_vault_run_finish (self, result, &error);
  if (coffer_vault_is_damaged (self))   /* met meanwhile, perhaps */
    {
      g_clear_error (&error);
      error = new_damage_error (self);
    }
  if (error != NULL)
    {
      coffer_vault_let_go (self, COFFER_LANE_WRITE);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  coffer_vault_set_editing (self, TRUE);
  g_task_return_boolean (task, TRUE);
}

void
coffer_vault_edit_async (CofferVault         *self,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_edit_async);
  g_task_set_check_cancellable (task, FALSE);   /* it is on, or it is not */
  if (coffer_vault_is_damaged (self))
    {
      g_task_return_error (task, new_damage_error (self));
      g_object_unref (task);
      return;
    }
  coffer_vault_run_unsettled_async (self, coffer_vault_get_table (self), edit_worker, NULL, NULL, NULL, cancellable, edit_cb, task);
}

gboolean
coffer_vault_edit_finish (CofferVault   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
coffer_vault_stop_editing (CofferVault *self)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  coffer_vault_set_editing (self, FALSE);
  coffer_vault_let_go (self, COFFER_LANE_WRITE);
}

gboolean
coffer_vault_get_secure_delete (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), FALSE);

  return self->secure_delete;
}

void
coffer_vault_set_secure_delete (CofferVault *self,
                                gboolean     on)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  self->secure_delete = !!on;
  coffer_attic_set_wipes (self->attic, self->secure_delete);
  coffer_worker_set_secure_delete (self->lanes[COFFER_LANE_WRITE], self->secure_delete);
}

/* A change under way; shared by the lane and the callback on the main thread, one after the other. */
typedef struct {
  gatomicrefcount refs;
  GPtrArray *keys;
  GBytes *new_key;   /* of a rename */
  gssize n_changed;
  gboolean complete;
} Change;

static void
change_unref (gpointer data)
{
  Change *change = data;

  if (!g_atomic_ref_count_dec (&change->refs))
    return;
  coffer_keys_unref (change->keys);
  g_clear_pointer (&change->new_key, g_bytes_unref);
  g_free (change);
}

static Change *
change_ref (Change *change)
{
  g_atomic_ref_count_inc (&change->refs);
  return change;
}

/* @keys (transfer full) stay as they are. */
static Change *
change_new (GPtrArray *keys)
{
  Change *change = g_new0 (Change, 1);

  g_atomic_ref_count_init (&change->refs);
  change->keys = keys;
  return change;
}

/* Lane. Returns: whether all of them are deleted, or were gone */
static gboolean
delete_keys (kvault        *vault,
             Change        *change,
             GCancellable  *cancellable,
             GError       **error)
{
  for (guint i = 0; i < change->keys->len; i++)
    {
      CofferKey *key = g_ptr_array_index (change->keys, i);
      kvault_entry entry = coffer_key_to_entry (key);
      int rc;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      rc = kvault_delete_entry (vault, &entry);
      if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
        {
          *error = coffer_error_new (vault, rc);
          return FALSE;
        }
      change->n_changed += rc == KVAULT_OK;
    }
  return TRUE;
}

/* Lane. All of them, or none: several in one transaction, which is also the quick way. */
static gpointer
delete_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  Change *change = data;
  gboolean several = change->keys->len > 1;
  int rc = several ? kvault_begin (vault) : KVAULT_OK;

  if (rc == KVAULT_OK && !delete_keys (vault, change, cancellable, error))
    {
      if (several)
        kvault_rollback (vault);
      change->n_changed = 0;
      return NULL;
    }
  if (rc == KVAULT_OK && several)
    rc = kvault_commit (vault);
  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      kvault_rollback (vault);
      change->n_changed = 0;
      return NULL;
    }
  change->complete = TRUE;
  return GINT_TO_POINTER (TRUE);
}

/* Lane. */
static gpointer
rename_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  Change *change = data;
  CofferKey *key = g_ptr_array_index (change->keys, 0);
  gsize size, new_size;
  gconstpointer bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);
  gconstpointer new_bytes = g_bytes_get_data (change->new_key, &new_size);
  int rc;

  if (coffer_key_get_class (key) != KVAULT_CLASS_BLOB)
    {
      g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EINVAL),
                           _("A key that is no bytes, but a text or a number, cannot be renamed"));
      return NULL;
    }
  if ((rc = kvault_rename (vault, bytes, size, new_bytes, new_size, FALSE)) != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  change->n_changed = 1;
  change->complete = TRUE;
  return GINT_TO_POINTER (TRUE);
}

static void
change_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  Change *change = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;

  coffer_vault_run_finish (self, result, &error);
  if (change->n_changed > 0)
    coffer_vault_emit_changed (self);
  if (change->complete)   /* cancelled too late to matter */
    g_task_return_int (task, change->n_changed);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Takes @change. */
static void
start_change (CofferVault         *self,
              gpointer             tag,
              Change              *change,
              CofferVaultFunc      worker,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told, cancelled or not */
  g_task_set_task_data (task, change, change_unref);
  if (!coffer_vault_get_editable (self))
    {
      g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
      return;
    }
  coffer_vault_run_async (self, COFFER_LANE_WRITE, coffer_vault_get_table (self), worker, change_ref (change), change_unref,
                          NULL, cancellable, change_cb, g_steal_pointer (&task));
}

void
coffer_vault_delete_async (CofferVault         *self,
                           GPtrArray           *keys,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self) && keys != NULL);

  start_change (self, coffer_vault_delete_async, change_new (g_ptr_array_ref (keys)), delete_worker, cancellable, callback, user_data);
}

gssize
coffer_vault_delete_finish (CofferVault   *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

void
coffer_vault_rename_async (CofferVault         *self,
                           CofferKey           *key,
                           GBytes              *new_key,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  Change *change;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL && new_key != NULL);

  change = change_new (g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref));
  g_ptr_array_add (change->keys, coffer_key_ref (key));
  change->new_key = g_bytes_ref (new_key);
  start_change (self, coffer_vault_rename_async, change, rename_worker, cancellable, callback, user_data);
}

gboolean
coffer_vault_rename_finish (CofferVault   *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_int (G_TASK (result), error) == 1;
}
