/* SPDX-License-Identifier: MIT */
/*
 * Looking for damage in a whole file. Functions marked "lane" run on a lane's thread, the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-storage.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"
#include "coffer-wish-private.h"

#define MAX_FOUND 1000   /* that are told one by one */

static void
found_free (gpointer data)
{
  CofferFound *found = data;

  g_free (found->message);
  g_free (found->table);
  g_clear_pointer (&found->key, coffer_key_unref);
  g_free (found);
}

void
coffer_inspection_free (CofferInspection *self)
{
  g_ptr_array_unref (self->found);
  g_free (self);
}

/* Lane. (transfer full) */
static CofferKey *
make_key (const kvault_entry *entry)
{
  g_autoptr(GBytes) bytes = g_bytes_new (entry->key, entry->key_size);

  return coffer_key_new (bytes, entry->key_class, entry->id);
}

/* Lane. */
static int
found_cb (const kvault_finding *finding,
          void                 *data)
{
  CofferInspection *check = data;
  CofferFound *found;

  if (check->found->len == MAX_FOUND)
    return 0;
  found = g_new (CofferFound, 1);
  *found = (CofferFound) {
    .message = g_utf8_make_valid (finding->message, -1), .is_damage = finding->is_damage != 0, .table = g_strdup (finding->table),
    .key = finding->entry != NULL ? make_key (finding->entry) : NULL,
  };
  g_ptr_array_add (check->found, found);
  return 0;
}

/* Lane. */
static gpointer
check_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  const CofferWish *wish = data;
  g_autoptr(CofferInspection) check = g_new0 (CofferInspection, 1);
  kvault_check_result result;
  int rc;

  check->n_waiting = coffer_wish_count_waiting (wish, NULL, NULL);   /* before: what is written meanwhile is no part of it either */
  check->found = g_ptr_array_new_with_free_func (found_free);
  rc = kvault_check (vault, wish->full ? KVAULT_CHECK_FULL : 0, found_cb, check, coffer_wish_progress_cb, data, &result);
  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  check->full = wish->full;
  check->keys = result.keys;
  check->bytes = result.bytes;
  check->n_found = result.findings;
  check->n_damages = result.damages;
  return g_steal_pointer (&check);
}

void
coffer_vault_check_async (CofferVault         *self,
                          gboolean             full,
                          CofferProgress      *progress,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  CofferWish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  wish = coffer_wish_new (progress);
  wish->full = full;
  coffer_wish_add_waiting (wish, self);
  coffer_vault_run_async (self, COFFER_LANE_SCAN, NULL, check_worker, wish, coffer_wish_free, (GDestroyNotify) coffer_inspection_free,
                          cancellable, callback, user_data);
}

CofferInspection *
coffer_vault_check_finish (CofferVault   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return coffer_vault_run_finish (self, result, error);
}
