/* SPDX-License-Identifier: MIT */
/* All vaults of the program, as far as they are to be let go of together. A file chooser of this process opens and closes every
 * file of a folder to find its type, and closing any descriptor of a file drops the locks that the process has on it: while
 * one is up, no vault may be open. So a hold lets openings that run come to their end, holds every vault there is then, and
 * keeps new openings waiting. Main thread.
 */
#define G_LOG_DOMAIN "coffer-gate"

#include "coffer-gate.h"

typedef void (*OpenFunc) (GFile *file, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/* Task data of an opening. */
typedef struct {
  GFile *file;
  OpenFunc open_async;
} Opening;

struct _CofferGate {
  GObject parent_instance;

  GPtrArray *vaults;    /* weak: opened here and not gone */
  GPtrArray *held;      /* CofferVault: the vaults of the hold that is on */
  GQueue waiting;       /* GTask: openings until the hold ends */
  GPtrArray *holding;   /* GTask: holds until everything is let go of */
  guint n_opening;
  guint n_holds;
  guint n_unheld;       /* vaults of @held that are not let go of yet */
  gboolean all_held;

  GFile *begun;         /* what coffer_gate_begin() opens, and how that ended */
  CofferVault *begun_vault;
  GError *begun_error;
  GTask *begun_for;     /* who waits for it */
};

G_DEFINE_FINAL_TYPE (CofferGate, coffer_gate, G_TYPE_OBJECT)

static void start_hold (CofferGate *self);

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_object_unref (opening->file);
  g_free (opening);
}

/* Vaults */

static void
vault_gone_cb (gpointer  data,
               GObject  *vault)
{
  g_ptr_array_remove_fast (COFFER_GATE (data)->vaults, vault);
}

static void
end_opening (CofferGate  *self,
             CofferVault *vault)
{
  if (vault != NULL)
    {
      g_ptr_array_add (self->vaults, vault);
      g_object_weak_ref (G_OBJECT (vault), vault_gone_cb, self);
    }
  if (--self->n_opening == 0 && self->n_holds > 0)
    start_hold (self);
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  CofferVault *vault = coffer_vault_open_finish (result, &error);

  end_opening (g_task_get_source_object (task), vault);
  if (vault != NULL)
    g_task_return_pointer (task, vault, g_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Takes @task. */
static void
start_opening (CofferGate *self,
               GTask      *task)
{
  Opening *opening = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    {
      g_object_unref (task);
      return;
    }

  self->n_opening++;
  opening->open_async (opening->file, g_task_get_cancellable (task), opened_cb, task);
}

static GTask *
new_opening (CofferGate          *self,
             GFile               *file,
             OpenFunc             open_async,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Opening *opening = g_new0 (Opening, 1);

  opening->file = g_object_ref (file);
  opening->open_async = open_async;
  g_task_set_source_tag (task, coffer_gate_open_async);
  g_task_set_task_data (task, opening, opening_free);
  return task;
}

/* Takes @task. */
static void
start_or_wait (CofferGate *self,
               GTask      *task)
{
  if (self->n_holds > 0)
    g_queue_push_tail (&self->waiting, task);
  else
    start_opening (self, task);
}

/* Opening ahead */

/* Gives what was begun to the task that waits for it, if both are there. */
static void
hand_over (CofferGate *self)
{
  g_autoptr(GTask) task = NULL;

  if (self->begun_for == NULL || (self->begun_vault == NULL && self->begun_error == NULL))
    return;

  task = g_steal_pointer (&self->begun_for);
  g_clear_object (&self->begun);
  if (self->begun_vault != NULL)
    g_task_return_pointer (task, g_steal_pointer (&self->begun_vault), g_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&self->begun_error));
}

static void
begun_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferGate) self = user_data;

  self->begun_vault = coffer_vault_open_finish (result, &self->begun_error);
  end_opening (self, self->begun_vault);
  hand_over (self);
}

void
coffer_gate_begin (CofferGate *self,
                   GFile      *file)
{
  g_return_if_fail (COFFER_IS_GATE (self));
  g_return_if_fail (G_IS_FILE (file));
  g_return_if_fail (self->begun == NULL && self->n_holds == 0);

  self->begun = g_object_ref (file);
  self->n_opening++;
  coffer_vault_open_ahead_async (file, NULL, begun_cb, g_object_ref (self));
}

void
coffer_gate_open_async (CofferGate          *self,
                        GFile               *file,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (COFFER_IS_GATE (self));
  g_return_if_fail (G_IS_FILE (file));

  task = new_opening (self, file, coffer_vault_open_async, cancellable, callback, user_data);
  if (self->begun == NULL || self->begun_for != NULL || !g_file_equal (self->begun, file))
    {
      start_or_wait (self, task);
      return;
    }

  self->begun_for = task;
  hand_over (self);
}

void
coffer_gate_create_async (CofferGate          *self,
                          GFile               *file,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_GATE (self));
  g_return_if_fail (G_IS_FILE (file));

  start_or_wait (self, new_opening (self, file, coffer_vault_create_async, cancellable, callback, user_data));
}

void
coffer_gate_open_damaged_async (CofferGate          *self,
                                GFile               *file,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_GATE (self));
  g_return_if_fail (G_IS_FILE (file));

  start_or_wait (self, new_opening (self, file, coffer_vault_open_damaged_async, cancellable, callback, user_data));
}

CofferVault *
coffer_gate_open_finish (CofferGate    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Holding */

static void
end_holding (CofferGate *self)
{
  g_autoptr(GPtrArray) tasks = g_steal_pointer (&self->holding);

  self->holding = g_ptr_array_new_with_free_func (g_object_unref);
  self->all_held = TRUE;
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_boolean (g_ptr_array_index (tasks, i), TRUE);
}

static void
held_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(CofferGate) self = user_data;

  coffer_vault_hold_finish (COFFER_VAULT (source), result);
  if (--self->n_unheld == 0)
    end_holding (self);
}

static void
start_hold (CofferGate *self)
{
  for (guint i = 0; i < self->vaults->len; i++)
    g_ptr_array_add (self->held, g_object_ref (g_ptr_array_index (self->vaults, i)));
  self->n_unheld = self->held->len;
  for (guint i = 0; i < self->held->len; i++)
    coffer_vault_hold_async (g_ptr_array_index (self->held, i), held_cb, g_object_ref (self));
  if (self->n_unheld == 0)
    end_holding (self);
}

void
coffer_gate_hold_async (CofferGate          *self,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (COFFER_IS_GATE (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, coffer_gate_hold_async);
  if (self->all_held)
    g_task_return_boolean (task, TRUE);
  else
    g_ptr_array_add (self->holding, g_steal_pointer (&task));
  if (self->n_holds++ == 0 && self->n_opening == 0)
    start_hold (self);
}

void
coffer_gate_hold_finish (CofferGate   *self,
                         GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));

  g_task_propagate_boolean (G_TASK (result), NULL);
}

void
coffer_gate_resume (CofferGate *self)
{
  g_autoptr(GPtrArray) held = NULL;
  GTask *task;

  g_return_if_fail (COFFER_IS_GATE (self));
  g_return_if_fail (self->all_held);

  if (--self->n_holds > 0)
    return;

  held = g_steal_pointer (&self->held);
  self->held = g_ptr_array_new_with_free_func (g_object_unref);
  self->all_held = FALSE;
  for (guint i = 0; i < held->len; i++)
    coffer_vault_resume (g_ptr_array_index (held, i));
  while (self->n_holds == 0 && (task = g_queue_pop_head (&self->waiting)) != NULL)
    start_opening (self, task);
}

static void
coffer_gate_dispose (GObject *object)
{
  CofferGate *self = COFFER_GATE (object);

  for (guint i = 0; i < self->vaults->len; i++)
    g_object_weak_unref (g_ptr_array_index (self->vaults, i), vault_gone_cb, self);
  g_ptr_array_set_size (self->vaults, 0);
  g_clear_object (&self->begun);
  g_clear_object (&self->begun_vault);
  g_clear_error (&self->begun_error);

  G_OBJECT_CLASS (coffer_gate_parent_class)->dispose (object);
}

static void
coffer_gate_finalize (GObject *object)
{
  CofferGate *self = COFFER_GATE (object);

  g_ptr_array_unref (self->vaults);
  g_ptr_array_unref (self->held);
  g_ptr_array_unref (self->holding);

  G_OBJECT_CLASS (coffer_gate_parent_class)->finalize (object);
}

static void
coffer_gate_class_init (CofferGateClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_gate_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_gate_finalize;
}

static void
coffer_gate_init (CofferGate *self)
{
  self->vaults = g_ptr_array_new ();
  self->held = g_ptr_array_new_with_free_func (g_object_unref);
  self->holding = g_ptr_array_new_with_free_func (g_object_unref);
}

CofferGate *
coffer_gate_new (void)
{
  return g_object_new (COFFER_TYPE_GATE, NULL);
}
