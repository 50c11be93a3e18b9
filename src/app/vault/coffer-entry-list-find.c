/* SPDX-License-Identifier: MIT */
/*
 * Finding a row by the beginning of its key: the fences tell the block, a short walk on the LIST lane the row. Main thread.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

static void
find_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferEntryList *self = g_task_get_source_object (task);
  guint start = GPOINTER_TO_UINT (g_task_get_task_data (task));
  g_autoptr(GError) error = NULL;
  g_autofree guint *skip = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);

  if (skip == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_int (task, start + *skip < self->n_rows ? (gssize) (start + *skip) : (gssize) G_MAXUINT);
}

/* The number of fences before @prefix: the row is behind the last of them. */
static guint
count_fences_before (CofferEntryList *self,
                     GBytes          *prefix)
{
  guint low = 0;
  guint high = self->fences->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      CofferKey *fence = g_ptr_array_index (self->fences, middle);
      gsize size;
      gconstpointer bytes = g_bytes_get_data (coffer_key_get_bytes (fence), &size);

      if (coffer_key_reaches (bytes, size, coffer_key_get_class (fence), prefix, self->descending))
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

void
coffer_entry_list_find_async (CofferEntryList     *self,
                              GBytes              *key_prefix,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  CofferFindRequest *request;
  guint n_before;

  g_return_if_fail (COFFER_IS_ENTRY_LIST (self) && key_prefix != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_entry_list_find_async);
  n_before = self->n_rows > 0 ? count_fences_before (self, key_prefix) : 0;
  if (n_before == 0)
    {
      g_task_return_int (task, self->n_rows > 0 ? 0 : (gssize) G_MAXUINT);
      return;
    }

  request = g_new (CofferFindRequest, 1);
  request->fence = coffer_key_ref (g_ptr_array_index (self->fences, n_before - 1));
  request->prefix = g_bytes_ref (key_prefix);
  request->descending = self->descending;
  g_task_set_task_data (task, GUINT_TO_POINTER ((n_before - 1) * COFFER_FENCE_ROWS), NULL);
  coffer_vault_run_async (self->vault, COFFER_LANE_LIST, self->table, coffer_find_worker, request, coffer_find_request_free,
                          g_free, cancellable, find_cb, g_steal_pointer (&task));
}

guint
coffer_entry_list_find_finish (CofferEntryList  *self,
                               GAsyncResult     *result,
                               GError          **error)
{
  gssize position;

  g_return_val_if_fail (g_task_is_valid (result, self), G_MAXUINT);

  position = g_task_propagate_int (G_TASK (result), error);
  return position < 0 ? G_MAXUINT : (guint) position;
}
