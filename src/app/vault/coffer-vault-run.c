/* SPDX-License-Identifier: MIT */
/*
 * Jobs as GTasks: given to a lane, and given back on the main thread, where their data is freed. Main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-cache-private.h"

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
  coffer_vault_note_damage (self, job);
  if (job->settled || job->unsettled)
    coffer_cache_note (self->cache, job->error != NULL && job->unsettled ? job->error : NULL);
  if (job->settled)
    coffer_vault_tell_sharers (self);
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

/* What is to be done on a lane, and how. */
typedef struct {
  CofferLane lane;
  kvault_access access;
  const char *table;      /* NULL: any */
  gboolean repeatable;
  gboolean told;          /* a result that is there is given, cancelled or not */
  gboolean settles;       /* what waits in the cache is written before it */
  gboolean strict;        /* it is done to the file on show, or fails; on the WRITE lane always */
  CofferVaultFunc func;
  gpointer data;
  GDestroyNotify data_free;
  GDestroyNotify result_free;
} Work;

static void
run (CofferVault         *self,
     const Work          *work,
     GCancellable        *cancellable,
     GAsyncReadyCallback  callback,
     gpointer             user_data)
{
  CofferJob *job = coffer_job_new ();
  Run *run = g_new0 (Run, 1);

  run->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (run->task, coffer_vault_run_async);
  g_task_set_check_cancellable (run->task, !work->told);
  run->data_free = work->data_free;
  run->result_free = work->result_free;
  if (cancellable != NULL)
    run->chain = g_cancellable_connect (cancellable, G_CALLBACK (chain_cb), g_object_ref (job->cancellable), g_object_unref);

  job->access = work->access;
  job->table = g_strdup (work->table);
  job->func = work->func;
  job->data = work->data;
  job->repeatable = work->repeatable;
  job->expected = self->shown;
  job->settles = work->settles;
  job->strict = work->strict || work->lane == COFFER_LANE_WRITE;
  job->done = run_done;
  job->owner = run;
  coffer_worker_push (self->lanes[work->lane], job);
}

/* What was done to the file is done, cancelled or not. */
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
  const Work work = {
    .lane = lane, .access = access_mode, .table = table, .repeatable = repeatable, .told = lane == COFFER_LANE_WRITE,
    .func = func, .data = data, .data_free = data_free, .result_free = result_free,
  };

  run (self, &work, cancellable, callback, user_data);
}

void
coffer_vault_run_told_async (CofferVault         *self,
                             CofferLane           lane,
                             kvault_access        access_mode,
                             CofferVaultFunc      func,
                             gpointer             data,
                             GDestroyNotify       data_free,
                             GDestroyNotify       result_free,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  const Work work = {
    .lane = lane, .access = access_mode, .repeatable = TRUE, .told = TRUE, .strict = TRUE,
    .func = func, .data = data, .data_free = data_free, .result_free = result_free,
  };

  run (self, &work, cancellable, callback, user_data);
}

void
coffer_vault_run_unsettled_async (CofferVault         *self,
                                  const char          *table,
                                  CofferVaultFunc      func,
                                  gpointer             data,
                                  GDestroyNotify       data_free,
                                  GDestroyNotify       result_free,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  coffer_vault_run_full (self, COFFER_LANE_WRITE, KVAULT_ACCESS_WRITE, table, FALSE, func, data, data_free, result_free, cancellable, callback,
                         user_data);
}

/* Should editing begin meanwhile, its jobs are behind this one, and open the file anew. */
void
coffer_vault_run_once_async (CofferVault         *self,
                             CofferVaultFunc      func,
                             gpointer             data,
                             GDestroyNotify       data_free,
                             GDestroyNotify       result_free,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  coffer_vault_run_unsettled_async (self, NULL, func, data, data_free, result_free, cancellable, callback, user_data);
  if (!self->editing)
    coffer_vault_let_go (self, COFFER_LANE_WRITE);
}

static void
refuse (CofferVault         *self,
        GError              *refusal,
        gpointer             data,
        GDestroyNotify       data_free,
        GCancellable        *cancellable,
        GAsyncReadyCallback  callback,
        gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, coffer_vault_run_async);
  if (data_free != NULL)
    g_task_set_task_data (task, data, data_free);
  g_task_return_error (task, refusal);
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
  const Work work = {
    .lane = lane, .access = writes ? KVAULT_ACCESS_WRITE : KVAULT_ACCESS_VIEW, .table = table, .repeatable = !writes, .told = writes,
    .settles = writes, .func = func, .data = data, .data_free = data_free, .result_free = result_free,
  };
  GError *refusal = writes ? coffer_cache_dup_refusal (self->cache) : NULL;

  if (refusal != NULL)
    refuse (self, refusal, data, data_free, cancellable, callback, user_data);
  else
    run (self, &work, cancellable, callback, user_data);
}

/* A job that waits for what waits: what is to be done then. */
static void
later_free (gpointer data)
{
  Work *later = data;

  if (later->data != NULL && later->data_free != NULL)
    later->data_free (later->data);
  g_free ((char *) later->table);   /* a copy, unlike that of others */
  g_free (later);
}

static void
later_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GTask) task = data;
  const Work *later = g_task_get_task_data (task);
  GError *error = NULL;
  gpointer answer = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, answer, later->result_free);
}

static void
settled_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  Work *later = g_task_get_task_data (task);
  GError *error = NULL;

  if (!coffer_vault_flush_finish (self, result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  run (self, later, g_task_get_cancellable (task), later_cb, g_object_ref (task));
  later->data = NULL;   /* the job's */
}

void
coffer_vault_run_settled_async (CofferVault         *self,
                                CofferLane           lane,
                                const char          *table,
                                gboolean             told,
                                CofferVaultFunc      func,
                                gpointer             data,
                                GDestroyNotify       data_free,
                                GDestroyNotify       result_free,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  const Work work = {
    .lane = lane, .access = KVAULT_ACCESS_VIEW, .table = table, .repeatable = TRUE, .told = told,
    .func = func, .data = data, .data_free = data_free, .result_free = result_free,
  };
  GTask *task;
  Work *later;

  if (coffer_cache_is_empty (self->cache) || !coffer_cache_can_flush (self->cache))
    {
      run (self, &work, cancellable, callback, user_data);
      return;
    }
  task = g_task_new (self, cancellable, callback, user_data);
  later = g_memdup2 (&work, sizeof work);
  later->table = g_strdup (table);
  g_task_set_source_tag (task, coffer_vault_run_async);
  g_task_set_check_cancellable (task, !told);
  g_task_set_task_data (task, later, later_free);
  coffer_vault_flush_async (self, cancellable, settled_cb, task);
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

/* One time of holding, from the first who asks to the last who resumes. */
struct _CofferHold {
  guint refs;         /* the lanes' that have not let go yet, and the vault's */
  guint n_lanes;      /* that have not let go yet */
  GPtrArray *tasks;   /* who waits for that */
};

static void
hold_unref (CofferHold *hold)
{
  if (--hold->refs > 0)
    return;
  g_ptr_array_unref (hold->tasks);
  g_free (hold);
}

static void
hold_done (CofferJob *job,
           gpointer   owner)
{
  CofferHold *hold = owner;

  coffer_job_free (job);
  if (--hold->n_lanes == 0)
    {
      for (guint i = 0; i < hold->tasks->len; i++)
        g_task_return_boolean (g_ptr_array_index (hold->tasks, i), TRUE);
      g_ptr_array_set_size (hold->tasks, 0);
    }
  hold_unref (hold);
}

static void
start_hold (CofferVault *self)
{
  self->hold = g_new0 (CofferHold, 1);
  self->hold->tasks = g_ptr_array_new_with_free_func (g_object_unref);
  self->hold->n_lanes = COFFER_N_LANES;
  self->hold->refs = COFFER_N_LANES + 1;
  for (guint i = 0; i < COFFER_N_LANES; i++)
    {
      CofferJob *job = coffer_job_new ();

      job->done = hold_done;
      job->owner = self->hold;
      coffer_worker_hold (self->lanes[i], job);
    }
}

void
coffer_vault_hold_async (CofferVault         *self,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_hold_async);
  if (self->n_holds++ == 0)
    start_hold (self);
  if (self->hold->n_lanes == 0)
    g_task_return_boolean (task, TRUE);
  else
    g_ptr_array_add (self->hold->tasks, g_steal_pointer (&task));
}

void
coffer_vault_hold_finish (CofferVault  *self,
                          GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));

  g_task_propagate_boolean (G_TASK (result), NULL);
}

void
coffer_vault_resume (CofferVault *self)
{
  g_return_if_fail (COFFER_IS_VAULT (self));
  g_return_if_fail (self->n_holds > 0);

  if (--self->n_holds > 0)
    return;
  for (guint i = 0; i < COFFER_N_LANES; i++)
    coffer_worker_resume (self->lanes[i]);
  g_clear_pointer (&self->hold, hold_unref);
}

void
coffer_vault_drop_hold (CofferVault *self)
{
  g_clear_pointer (&self->hold, hold_unref);
}
