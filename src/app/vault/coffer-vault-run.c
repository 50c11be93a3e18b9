/* SPDX-License-Identifier: MIT */
/*
 * Jobs as GTasks: given to a lane, and given back on the main thread, where their data is freed. Main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

/* A job of run_async(): the lane's part, and what is given back on the main thread. */
typedef struct {
  GTask *task;
  GDestroyNotify data_free;
  GDestroyNotify result_free;
  gulong chain;   /* from the caller's cancellable to the job's */
} Run;

static void
run_done (CofferJob *job,
          gpointer   owner)
{
  Run *run = owner;
  g_autoptr(GTask) task = run->task;
  CofferVault *self = g_task_get_source_object (task);

  g_cancellable_disconnect (g_task_get_cancellable (task), run->chain);
  coffer_vault_note_file (self, job);
  if (job->error != NULL)
    g_task_return_error (task, g_steal_pointer (&job->error));
  else
    g_task_return_pointer (task, job->result, run->result_free);

  if (run->data_free != NULL)
    run->data_free (job->data);
  g_free (run);
  coffer_job_free (job);
}

static void
chain_cb (GCancellable *cancellable,
          gpointer      data)
{
  g_cancellable_cancel (data);
}

void
coffer_vault_run_full (CofferVault         *self,
                       CofferLane           lane,
                       kvault_access        access_mode,
                       const char          *table,
                       gboolean             repeatable,
                       CofferVaultFunc      func,
                       gpointer             data,
                       GDestroyNotify       data_free,
                       GDestroyNotify       result_free,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  CofferJob *job = coffer_job_new ();
  Run *run = g_new0 (Run, 1);

  run->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (run->task, coffer_vault_run_async);
  run->data_free = data_free;
  run->result_free = result_free;
  if (cancellable != NULL)
    run->chain = g_cancellable_connect (cancellable, G_CALLBACK (chain_cb), g_object_ref (job->cancellable), g_object_unref);

  job->access = access_mode;
  job->table = g_strdup (table);
  job->func = func;
  job->data = data;
  job->repeatable = repeatable;
  job->strict = lane == COFFER_LANE_WRITE;
  job->done = run_done;
  job->owner = run;
  coffer_worker_push (self->lanes[lane], job);
}

void
coffer_vault_run_async (CofferVault         *self,
                        CofferLane           lane,
                        const char          *table,
                        CofferVaultFunc      func,
                        gpointer             data,
                        GDestroyNotify       data_free,
                        GDestroyNotify       result_free,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  gboolean writes = lane == COFFER_LANE_WRITE;

  coffer_vault_run_full (self, lane, writes ? KVAULT_ACCESS_WRITE : KVAULT_ACCESS_VIEW, table, !writes, func, data, data_free,
            result_free, cancellable, callback, user_data);
}

void
coffer_vault_run_once_async (CofferVault         *self,
                             CofferLane           lane,
                             const char          *table,
                             CofferVaultFunc      func,
                             gpointer             data,
                             GDestroyNotify       data_free,
                             GDestroyNotify       result_free,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  gboolean writes = lane == COFFER_LANE_WRITE;

  coffer_vault_run_full (self, lane, writes ? KVAULT_ACCESS_WRITE : KVAULT_ACCESS_VIEW, table, FALSE, func, data, data_free,
            result_free, cancellable, callback, user_data);
}

gpointer
coffer_vault_run_finish (CofferVault   *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
let_go_done (CofferJob *job,
             gpointer   owner)
{
  coffer_job_free (job);
}

void
coffer_vault_let_go (CofferVault *self,
                     CofferLane   lane)
{
  CofferJob *job = coffer_job_new ();

  job->done = let_go_done;
  coffer_worker_push (self->lanes[lane], job);
}
