/* SPDX-License-Identifier: MIT */
/*
 * Values that were replaced, kept so that they can come back. Functions marked "lane" run on the thread of the WRITE lane, the
 * others on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-kept-value.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

#define PIECE_SIZE (1u << 20)

typedef struct {
  CofferKey *key;
  GBytes *value;           /* to be put; NULL: none */
  char *expected;
  GBytes *old;             /* what was there; NULL: too long */
  char *checksum;          /* of what is there now */
} Swap;

static void
swap_free (gpointer data)
{
  Swap *swap = data;

  coffer_key_unref (swap->key);
  g_clear_pointer (&swap->value, g_bytes_unref);
  g_clear_pointer (&swap->old, g_bytes_unref);
  g_free (swap->expected);
  g_free (swap->checksum);
  g_free (swap);
}

/* Lane. Sums a value up, and copies it into @copy unless that is NULL. */
static int
read_all (kvault_blob *blob,
          guint8      *copy,
          GChecksum   *checksum)
{
  guint64 size = kvault_blob_size (blob);
  g_autofree guint8 *piece = copy == NULL ? g_malloc (PIECE_SIZE) : NULL;
  int rc = KVAULT_OK;

  for (guint64 at = 0; rc == KVAULT_OK && at < size; at += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, size - at);
      guint8 *to = copy != NULL ? copy + at : piece;

      if ((rc = kvault_blob_read (blob, to, len, at)) == KVAULT_OK)
        g_checksum_update (checksum, to, len);
    }
  return rc;
}

/* Lane. */
static int
read_value (kvault  *vault,
            Swap    *swap,
            char   **checksum)
{
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *copy = NULL;
  kvault_entry entry = coffer_key_to_entry (swap->key);
  kvault_blob *blob = NULL;
  guint64 size = 0;
  int rc = kvault_blob_open_entry (vault, &entry, &blob);

  if (rc == KVAULT_OK)
    {
      size = kvault_blob_size (blob);
      if (size <= COFFER_KEPT_MAX)
        copy = g_malloc (size + 1);
      if (copy != NULL || swap->expected != NULL)
        rc = read_all (blob, copy, sum);
    }
  kvault_blob_close (blob);
  if (rc != KVAULT_OK)
    return rc;
  if (copy != NULL)
    swap->old = g_bytes_new_take (g_steal_pointer (&copy), size);
  *checksum = g_strdup (g_checksum_get_string (sum));
  return KVAULT_OK;
}

static gpointer
keep_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Swap *swap = data;
  int rc = read_value (vault, swap, &swap->checksum);

  if (rc == KVAULT_OK)
    return GINT_TO_POINTER (TRUE);
  *error = coffer_error_new (vault, rc);
  return NULL;
}

/* Lane, in a transaction. */
static int
swap_inside (kvault  *vault,
             Swap    *swap,
             GError **error)
{
  g_autofree char *now = NULL;
  gsize key_size, size;
  gconstpointer key = g_bytes_get_data (coffer_key_get_bytes (swap->key), &key_size), bytes = g_bytes_get_data (swap->value, &size);
  int rc = read_value (vault, swap, &now);

  if (rc == KVAULT_NOTFOUND || (rc == KVAULT_OK && g_strcmp0 (now, swap->expected) != 0))
    {
      g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_STALE, _("The value is another one by now: somebody else changed or deleted it"));
      return KVAULT_ESTALE;
    }
  return rc == KVAULT_OK ? kvault_put (vault, key, key_size, bytes, size) : rc;
}

static gpointer
swap_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Swap *swap = data;
  int rc = kvault_begin (vault);

  if (rc == KVAULT_OK && (rc = swap_inside (vault, swap, error)) == KVAULT_OK)
    rc = kvault_commit (vault);
  if (rc == KVAULT_OK)
    {
      swap->checksum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, swap->value);
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

void
coffer_vault_keep_value_async (CofferVault         *self,
                               CofferKey           *key,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  GTask *task;
  Swap *swap;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_keep_value_async);
  swap = g_new0 (Swap, 1);
  swap->key = coffer_key_ref (key);
  start (self, coffer_vault_get_table (self), keep_worker, swap, task);
}

GBytes *
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
                               GBytes              *value,
                               const char          *expected,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  GTask *task;
  Swap *swap;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL && value != NULL && expected != NULL);

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_swap_value_async);
  swap = g_new0 (Swap, 1);
  swap->key = coffer_key_ref (key);
  swap->value = g_bytes_ref (value);
  swap->expected = g_strdup (expected);
  start (self, table, swap_worker, swap, task);
}

gboolean
coffer_vault_swap_value_finish (CofferVault   *self,
                                GAsyncResult  *result,
                                GBytes       **old,
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
