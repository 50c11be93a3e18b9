/* SPDX-License-Identifier: MIT */
/*
 * Finding a row by the beginning of its key: the fences tell the block, which is read on the LIST lane for it; in a list of row ids
 * the index of the keys tells which rows begin so. Main thread.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>

typedef struct {
  GBytes *prefix;
  gboolean behind;   /* the first row is sought that is behind all whose key begins so, else the first of these */
  CofferKey *key;    /* (nullable) one that is no bytes, with which none begins: it is sought itself */
} Sought;

static Sought *
sought_copy (const Sought *sought)
{
  Sought *self = g_new (Sought, 1);

  *self = (Sought) { g_bytes_ref (sought->prefix), sought->behind, sought->key != NULL ? coffer_key_ref (sought->key) : NULL };
  return self;
}

static void
sought_free (gpointer data)
{
  Sought *self = data;

  g_bytes_unref (self->prefix);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_free (self);
}

/* Whether a row is the one that is sought or comes after it. Behind all that begin so is what comes before them the other way round. */
static gboolean
key_reaches (CofferEntryList *self,
             CofferKey       *key,
             const Sought    *sought,
             gboolean         by_id)
{
  gboolean descending = self->scope.descending != sought->behind;
  gsize size;
  gconstpointer bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);
  gboolean reaches;

  if (sought->key != NULL && !by_id)
    return descending ? coffer_key_compare (key, sought->key) <= 0 : coffer_key_compare (key, sought->key) >= 0;
  reaches = by_id ? coffer_id_reaches (bytes, sought->prefix, descending)
                  : coffer_key_reaches (bytes, size, coffer_key_get_class (key), sought->prefix, descending);

  return reaches != sought->behind;
}

/* The number of blocks whose fence is before what is sought: the row is in the last of them, or the first behind it. */
static guint
count_fences_before (CofferEntryList *self,
                     const Sought    *sought)
{
  gboolean by_id = coffer_vault_has_ids_for_keys (self->vault, self->table);
  guint low = 0;
  guint high = coffer_blocks_get_n_blocks (self->blocks);

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (key_reaches (self, coffer_blocks_get (self->blocks, middle)->fence, sought, by_id))
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

static void find (CofferEntryList *self, const Sought *sought, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data);

static void
find_again (GTask *task)
{
  find (g_task_get_source_object (task), g_task_get_task_data (task), g_task_get_cancellable (task), found_again_cb, g_object_ref (task));
}

static void
walked_cb (GTask *task)
{
  g_autoptr(GTask) held = g_object_ref (task);
  CofferEntryList *self = g_task_get_source_object (task);

  if (self->walk.cancellable != NULL)
    return;
  g_signal_handlers_disconnect_by_data (self, task);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (self->error != NULL)
    g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE), "%s", _("The keys changed meanwhile"));
  else
    find_again (task);
}

static void
forget_task (gpointer  task,
             GClosure *closure)
{
  g_object_unref (task);
}

/* More came into the block than is told by reading it alone: only when the walk that has begun is over is it known where rows are. */
static void
find_after_walk (CofferEntryList *self,
                 GTask           *task)
{
  if (self->walk.cancellable == NULL)
    find_again (task);
  else
    g_signal_connect_data (self, "notify::loading", G_CALLBACK (walked_cb), g_object_ref (task), forget_task, G_CONNECT_SWAPPED);
}

/* Of @keys, those of a block from its first row on. Returns: the first that is sought; as many as there are if none is */
static guint
count_keys_before (CofferEntryList *self,
                   GPtrArray       *keys,
                   const Sought    *sought)
{
  gboolean by_id = coffer_vault_has_ids_for_keys (self->vault, self->table);
  guint n = 0;

  while (n < keys->len && !key_reaches (self, g_ptr_array_index (keys, n), sought, by_id))
    n++;
  return n;
}

/* Of a block that could be read no further than its first keys, the row is known if it is among those. */
static void
take_found (CofferEntryList *self,
            GTask           *task,
            CofferCheck     *check)
{
  CofferCheckedBlock *checked = g_ptr_array_index (check->blocks, 0);
  guint index = coffer_entry_list_take_block (self, checked);
  guint skip, position;

  if (index == G_MAXUINT)   /* read, and changed, meanwhile: what took its place tells */
    {
      find_again (task);
      return;
    }
  if (checked->overgrown)
    {
      find_after_walk (self, task);
      return;
    }
  skip = count_keys_before (self, checked->keys, g_task_get_task_data (task));
  if (check->error != NULL && skip == checked->keys->len)
    {
      g_task_return_error (task, g_steal_pointer (&check->error));
      return;
    }
  position = coffer_blocks_get_start (self->blocks, index) + skip;
  g_task_return_int (task, position < coffer_blocks_get_n_rows (self->blocks) ? (gssize) position : (gssize) G_MAXUINT);
}

static void
find_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  g_autoptr(GError) error = NULL;
  CofferCheck *check = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);

  if (check == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    take_found (g_task_get_source_object (task), task, check);
  g_clear_pointer (&check, coffer_check_free);
}

/* ---- of row ids ---- */

typedef struct {
  GTask *task;
  guint n_changes;        /* of the list as it was asked about */
} Seeking;

static void seek (CofferEntryList *self, GTask *task, gboolean thorough);

static void
sought_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autofree Seeking *seeking = data;
  g_autoptr(GTask) task = seeking->task;
  CofferEntryList *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autofree CofferSought *sought = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);

  if (sought == NULL)
    g_task_return_error (task, error);
  else if (self->n_changes != seeking->n_changes)
    find_again (task);
  else if (sought->unsure)
    seek (self, task, TRUE);
  else
    g_task_return_int (task, (gssize) sought->position);
}

/* Thoroughly where it keeps no rows waiting. */
static void
seek (CofferEntryList *self,
      GTask           *task,
      gboolean         thorough)
{
  const Sought *sought = g_task_get_task_data (task);
  CofferSeekRequest *request = g_new (CofferSeekRequest, 1);
  Seeking *seeking = g_new (Seeking, 1);

  *seeking = (Seeking) { g_object_ref (task), self->n_changes };
  request->prefix = g_bytes_ref (sought->prefix);
  request->id = sought->key != NULL ? coffer_key_get_id (sought->key) : 0;
  request->is_key = sought->key != NULL;
  request->thorough = thorough;
  coffer_ids_init (&request->ids);
  for (guint i = 0; i < coffer_blocks_get_n_blocks (self->blocks); i++)
    coffer_ids_add (&request->ids, coffer_blocks_get (self->blocks, i));
  coffer_vault_run_async (self->vault, thorough ? COFFER_LANE_BACKGROUND : COFFER_LANE_LIST, self->table, coffer_seek_worker, request,
                          coffer_seek_request_free, g_free, g_task_get_cancellable (task), sought_cb, seeking);
}

gboolean
coffer_entry_list_is_by_key (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), FALSE);

  return coffer_blocks_get_n_rows (self->blocks) == 0 || coffer_blocks_get (self->blocks, 0)->ids == NULL;
}

static void
find (CofferEntryList     *self,
      const Sought        *sought,
      GCancellable        *cancellable,
      GAsyncReadyCallback  callback,
      gpointer             data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, data);
  guint n_rows = coffer_blocks_get_n_rows (self->blocks), n_before;

  g_task_set_source_tag (task, find);
  g_task_set_task_data (task, sought_copy (sought), sought_free);
  if (!coffer_entry_list_is_by_key (self))
    {
      if (sought->behind)
        g_task_return_int (task, (gssize) G_MAXUINT);
      else
        seek (self, task, FALSE);
      return;
    }
  n_before = n_rows > 0 ? count_fences_before (self, sought) : 0;
  if (n_before == 0)
    {
      g_task_return_int (task, n_rows > 0 ? 0 : (gssize) G_MAXUINT);
      return;
    }
  coffer_vault_run_async (self->vault, COFFER_LANE_LIST, self->table, coffer_check_worker,
                          coffer_entry_list_ask_block (self, n_before - 1), coffer_check_request_free, coffer_check_free,
                          cancellable, find_cb, g_steal_pointer (&task));
}

void
coffer_entry_list_find_async (CofferEntryList     *self,
                              GBytes              *key_prefix,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self) && key_prefix != NULL);

  find (self, &(Sought) { key_prefix, FALSE, NULL }, cancellable, callback, user_data);
}

void
coffer_entry_list_find_key_async (CofferEntryList     *self,
                                  CofferKey           *key,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self) && key != NULL);

  find (self, &(Sought) { coffer_key_get_bytes (key), FALSE, coffer_key_is_blob (key) ? NULL : key }, cancellable, callback, user_data);
}

void
coffer_entry_list_find_behind_async (CofferEntryList     *self,
                                     GBytes              *key_prefix,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self) && key_prefix != NULL);

  find (self, &(Sought) { key_prefix, TRUE, NULL }, cancellable, callback, user_data);
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
