/* SPDX-License-Identifier: MIT */
/*
 * Finding a row by the beginning of its key: the fences tell the block, which is read on the LIST lane for it; in a list of row ids
 * the index of the keys tells which rows begin so. Main thread.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

static gboolean
key_reaches (CofferEntryList *self,
             CofferKey       *key,
             GBytes          *prefix,
             gboolean         by_id)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);

  if (by_id)
    return coffer_id_reaches (bytes, prefix, self->scope.descending);
  return coffer_key_reaches (bytes, size, coffer_key_get_class (key), prefix, self->scope.descending);
}

/* The number of blocks whose fence is before @prefix: the row is in the last of them, or the first behind it. */
static guint
count_fences_before (CofferEntryList *self,
                     GBytes          *prefix)
{
  gboolean by_id = coffer_vault_has_ids_for_keys (self->vault, self->table);
  guint low = 0;
  guint high = coffer_blocks_get_n_blocks (self->blocks);

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (key_reaches (self, coffer_blocks_get (self->blocks, middle)->fence, prefix, by_id))
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

static void
found_again_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  guint position = coffer_entry_list_find_finish (COFFER_ENTRY_LIST (source), result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, (gssize) position);
}

static void
find_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferEntryList *self = g_task_get_source_object (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GBytes *prefix = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;
  CofferCheck *check = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  CofferCheckedBlock *checked = check != NULL ? g_ptr_array_index (check->blocks, 0) : NULL;
  guint index = checked != NULL ? coffer_entry_list_take_block (self, checked) : G_MAXUINT;
  gboolean by_id = coffer_vault_has_ids_for_keys (self->vault, self->table);
  guint skip = 0;
  guint position;

  if (checked == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else if (index == G_MAXUINT)   /* read, and changed, meanwhile: what took its place tells */
    coffer_entry_list_find_async (self, prefix, cancellable, found_again_cb, g_steal_pointer (&task));
  else
    {
      while (skip < checked->keys->len && !key_reaches (self, g_ptr_array_index (checked->keys, skip), prefix, by_id))
        skip++;
      position = coffer_blocks_get_start (self->blocks, index) + skip;
      g_task_return_int (task, position < coffer_blocks_get_n_rows (self->blocks) ? (gssize) position : (gssize) G_MAXUINT);
    }
  g_clear_pointer (&check, coffer_check_free);
}

static void
sought_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  g_autofree guint *position = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);

  if (position == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, (gssize) *position);
}

static void
seek (CofferEntryList *self,
      GBytes          *prefix,
      GTask           *task)
{
  CofferSeekRequest *request = g_new (CofferSeekRequest, 1);

  request->prefix = g_bytes_ref (prefix);
  coffer_ids_init (&request->ids);
  for (guint i = 0; i < coffer_blocks_get_n_blocks (self->blocks); i++)
    coffer_ids_add (&request->ids, coffer_blocks_get (self->blocks, i));
  coffer_vault_run_async (self->vault, COFFER_LANE_LIST, self->table, coffer_seek_worker, request, coffer_seek_request_free,
                          g_free, g_task_get_cancellable (task), sought_cb, g_object_ref (task));
}

gboolean
coffer_entry_list_is_by_key (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), FALSE);

  return coffer_blocks_get_n_rows (self->blocks) == 0 || coffer_blocks_get (self->blocks, 0)->ids == NULL;
}

void
coffer_entry_list_find_async (CofferEntryList     *self,
                              GBytes              *key_prefix,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  guint n_rows, n_before;

  g_return_if_fail (COFFER_IS_ENTRY_LIST (self) && key_prefix != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_entry_list_find_async);
  g_task_set_task_data (task, g_bytes_ref (key_prefix), (GDestroyNotify) g_bytes_unref);
  n_rows = coffer_blocks_get_n_rows (self->blocks);
  if (!coffer_entry_list_is_by_key (self))
    {
      seek (self, key_prefix, task);
      return;
    }
  n_before = n_rows > 0 ? count_fences_before (self, key_prefix) : 0;
  if (n_before == 0)
    {
      g_task_return_int (task, n_rows > 0 ? 0 : (gssize) G_MAXUINT);
      return;
    }
  coffer_vault_run_async (self->vault, COFFER_LANE_LIST, self->table, coffer_check_worker,
                          coffer_entry_list_ask_block (self, n_before - 1), coffer_check_request_free, coffer_check_free,
                          cancellable, find_cb, g_steal_pointer (&task));
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
