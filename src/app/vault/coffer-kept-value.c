/* SPDX-License-Identifier: MIT */
/*
 * Values that were replaced, kept so that they can come back. Functions marked "lane" run on the thread of the WRITE lane, the
 * others on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-kept-value.h"

#include "coffer-attic-private.h"
#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>
#include <sys/stat.h>

typedef struct {
  CofferAttic *attic;
  CofferKey *key;
  CofferKept *value;       /* to be put; NULL: none */
  char *next;              /* path of a file that is to be put; (nullable) */
  char *expected;
  CofferProgress *progress;   /* (nullable) */
  CofferKept *old;         /* what was there; NULL: there is no room for it */
  char *checksum;          /* of what is there now */

  /* The lane's: */
  GCancellable *cancellable;
  double begin, share;     /* of all, what is done, and what is under way */
  guint64 size;            /* of that */
} Swap;

static void
swap_free (gpointer data)
{
  Swap *swap = data;

  coffer_attic_unref (swap->attic);
  coffer_key_unref (swap->key);
  g_clear_pointer (&swap->value, coffer_kept_unref);
  g_clear_pointer (&swap->old, coffer_kept_unref);
  g_clear_pointer (&swap->progress, coffer_progress_unref);
  g_free (swap->next);
  g_free (swap->expected);
  g_free (swap->checksum);
  g_free (swap);
}

/* Lane. */
static gboolean
tell_cb (guint64  n_bytes,
         gpointer data)
{
  Swap *swap = data;
  double fraction = swap->begin + swap->share * n_bytes / MAX (swap->size, 1);

  if (swap->progress != NULL)
    coffer_progress_tell (swap->progress, g_memdup2 (&fraction, sizeof fraction));
  return g_cancellable_is_cancelled (swap->cancellable);
}

/* Lane. What will be written to the disk before the kept value is needed: a long file waits there, too, before it goes into the vault. */
static guint64
get_needed (const Swap *swap)
{
  struct stat next;

  if (swap->value != NULL)
    return coffer_kept_get_size (swap->value);
  return swap->next != NULL && stat (swap->next, &next) == 0 && next.st_size > 0 ? 2 * (guint64) next.st_size : 0;
}

/* Lane. `old`, and its checksum. */
static int
keep_value (kvault *vault,
            Swap   *swap)
{
  kvault_entry entry = coffer_key_to_entry (swap->key);
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open_entry (vault, &entry, &blob);

  if (rc == KVAULT_OK)
    {
      swap->size = kvault_blob_size (blob);
      swap->old = coffer_attic_keep (swap->attic, vault, blob, get_needed (swap), TRUE, tell_cb, swap, &rc);
    }
  kvault_blob_close (blob);
  return rc;
}

static gpointer
keep_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Swap *swap = data;
  int rc;

  swap->cancellable = cancellable;
  swap->share = 1;
  if ((rc = keep_value (vault, swap)) == KVAULT_OK)
    {
      swap->checksum = swap->old != NULL ? coffer_kept_dup_checksum (swap->old) : NULL;
      return GINT_TO_POINTER (TRUE);
    }
  *error = coffer_error_new (vault, rc);
  return NULL;
}

/* Lane. Whether what is there is what is to go; it is kept then. */
static gboolean
keep_expected (kvault  *vault,
               Swap    *swap,
               GError **error)
{
  g_autofree char *now = NULL;
  int rc;

  g_clear_pointer (&swap->old, coffer_kept_unref);
  rc = keep_value (vault, swap);
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
    {
      *error = coffer_error_new (vault, rc);
      return FALSE;
    }
  now = swap->old != NULL ? coffer_kept_dup_checksum (swap->old) : NULL;
  if (rc == KVAULT_OK && swap->old == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, _("There is no room to keep the value that is there, which would be lost"));
  else if (g_strcmp0 (now, swap->expected) != 0)
    g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_STALE, _("The value is another one by now: somebody else changed or deleted it"));
  return *error == NULL;
}

/* Lane, in a transaction. Copying a large value takes seconds, in which nobody could write: here only if somebody wrote since. */
static gboolean
swap_inside (kvault   *vault,
             Swap     *swap,
             guint64   version,
             GError  **error)
{
  guint64 now;
  gboolean damaged = FALSE;
  int rc = kvault_data_version (vault, &now);

  if (rc == KVAULT_OK && now != version && !keep_expected (vault, swap, error))
    return FALSE;
  swap->begin = swap->share;
  swap->size = coffer_kept_get_size (swap->value);
  if (rc == KVAULT_OK)
    rc = coffer_kept_put (swap->value, vault, coffer_key_get_bytes (swap->key), tell_cb, swap, &damaged);
  if (rc != KVAULT_OK && damaged)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("What was kept of the value cannot be read any more"));
  else if (rc != KVAULT_OK)
    *error = coffer_error_new (vault, rc);
  return rc == KVAULT_OK;
}

static gpointer
swap_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Swap *swap = data;
  guint64 version;
  int rc = kvault_data_version (vault, &version);

  swap->cancellable = cancellable;
  swap->begin = 0;
  swap->share = 0.5;
  if (rc == KVAULT_OK && !keep_expected (vault, swap, error))
    return NULL;
  if (rc == KVAULT_OK && (rc = kvault_begin (vault)) == KVAULT_OK && swap_inside (vault, swap, version, error) &&
      (rc = kvault_commit (vault)) == KVAULT_OK)
    {
      swap->checksum = coffer_kept_dup_checksum (swap->value);
      return GINT_TO_POINTER (TRUE);
    }
  if (*error == NULL)
    *error = coffer_error_new (vault, rc);
  kvault_rollback (vault);
  return NULL;
}

/* ---- main thread ---- */

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  Swap *swap = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_run_finish (self, result, &error) == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (swap->value != NULL)
    coffer_vault_emit_changed (self);
  g_task_return_boolean (task, TRUE);
}

static void
start (CofferVault     *self,
       const char      *table,
       CofferVaultFunc  worker,
       Swap            *swap,
       GTask           *task)
{
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, swap, swap_free);
  if (coffer_vault_get_editable (self))
    {
      coffer_vault_run_async (self, COFFER_LANE_WRITE, table, worker, swap, NULL, NULL, g_task_get_cancellable (task), done_cb, task);
      return;
    }
  g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
  g_object_unref (task);
}

static Swap *
swap_new (CofferVault    *self,
          CofferKey      *key,
          CofferProgress *progress)
{
  Swap *swap = g_new0 (Swap, 1);

  swap->attic = coffer_attic_ref (self->attic);
  swap->key = coffer_key_ref (key);
  swap->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  return swap;
}

void
coffer_vault_keep_value_async (CofferVault         *self,
                               const char          *table,
                               CofferKey           *key,
                               GFile               *next,
                               CofferProgress      *progress,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  GTask *task;
  Swap *swap;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_keep_value_async);
  swap = swap_new (self, key, progress);
  swap->next = next != NULL ? g_file_get_path (next) : NULL;
  start (self, table, keep_worker, swap, task);
}

CofferKept *
coffer_vault_keep_value_finish (CofferVault   *self,
                                GAsyncResult  *result,
                                char         **checksum,
                                GError       **error)
{
  Swap *swap = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error) || swap->old == NULL)
    return NULL;
  *checksum = g_steal_pointer (&swap->checksum);
  return g_steal_pointer (&swap->old);
}

void
coffer_vault_swap_value_async (CofferVault         *self,
                               const char          *table,
                               CofferKey           *key,
                               CofferKept          *value,
                               const char          *expected,
                               CofferProgress      *progress,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  GTask *task;
  Swap *swap;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL && value != NULL && expected != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_swap_value_async);
  swap = swap_new (self, key, progress);
  swap->value = coffer_kept_ref (value);
  swap->expected = g_strdup (expected);
  start (self, table, swap_worker, swap, task);
}

gboolean
coffer_vault_swap_value_finish (CofferVault   *self,
                                GAsyncResult  *result,
                                CofferKept   **old,
                                char         **checksum,
                                GError       **error)
{
  Swap *swap = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *old = g_steal_pointer (&swap->old);
  *checksum = g_steal_pointer (&swap->checksum);
  return TRUE;
}
