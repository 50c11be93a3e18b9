/* SPDX-License-Identifier: MIT */
/* Loading and completing as one operation. Main thread. */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-content.h"

static void
completed_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  CofferContent *content = coffer_content_complete_finish (result, &error);

  if (content != NULL)
    g_task_return_pointer (task, content, (GDestroyNotify) coffer_content_free);
  else
    g_task_return_error (task, error);
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;
  CofferContent *content = coffer_vault_read_value_finish (COFFER_VAULT (source), result, &error);

  if (content == NULL)
    g_task_return_error (task, error);
  else if (coffer_content_is_pending (content))
    coffer_content_complete_async (content, cancellable, completed_cb, g_steal_pointer (&task));
  else
    g_task_return_pointer (task, content, (GDestroyNotify) coffer_content_free);
}

static void
wish_free (CofferContentWish *wish)
{
  g_clear_pointer (&wish->progress, coffer_progress_unref);
  g_free (wish);
}

static CofferContentWish *
wish_copy (const CofferContentWish *wish)
{
  CofferContentWish *copy = g_memdup2 (wish, sizeof *wish);

  if (copy->progress != NULL)
    coffer_progress_ref (copy->progress);

  return copy;
}

void
coffer_content_read_async (CofferVault             *vault,
                           CofferKey               *key,
                           const CofferContentWish *wish,
                           GCancellable            *cancellable,
                           GAsyncReadyCallback      callback,
                           gpointer                 user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, coffer_content_read_async);
  coffer_vault_read_value_async (vault, key, coffer_content_load, wish_copy (wish), (GDestroyNotify) wish_free,
                                 (GDestroyNotify) coffer_content_free, cancellable, loaded_cb, task);
}

CofferContent *
coffer_content_read_finish (GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, coffer_content_read_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
