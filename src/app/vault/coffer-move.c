/* SPDX-License-Identifier: MIT */
/*
 * A move between two vaults, as the vault that lost the values sees it: to delete them is to take additions back, and to bring them
 * back is to add them again. Both hold each value against its copy, so that it is never in neither vault. Main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-move.h"

#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

struct _CofferMove {
  guint refs;
  CofferVault *vault;
  CofferAdditions *there;
  gboolean busy;
  guint n_gone, n_there;   /* while nobody is at it */
};

/* The lane has the list to itself while it is busy. */
static void
count (CofferMove *self)
{
  self->n_gone = coffer_additions_count_taken (self->there);
  self->n_there = coffer_additions_count_undoable (self->there);
}

CofferMove *
coffer_move_new (CofferVault     *vault,
                 CofferAdditions *there)
{
  CofferMove *self = g_new0 (CofferMove, 1);

  self->refs = 1;
  self->vault = g_object_ref (vault);
  self->there = coffer_additions_ref (there);
  count (self);
  return self;
}

CofferMove *
coffer_move_ref (CofferMove *self)
{
  self->refs++;
  return self;
}

void
coffer_move_unref (CofferMove *self)
{
  if (--self->refs > 0)
    return;
  coffer_additions_unref (self->there);
  g_object_unref (self->vault);
  g_free (self);
}

CofferVault *
coffer_move_get_vault (CofferMove *self)
{
  return self->vault;
}

CofferAdditions *
coffer_move_get_additions (CofferMove *self)
{
  return self->there;
}

guint
coffer_move_get_n_gone (CofferMove *self)
{
  return self->n_gone;
}

guint
coffer_move_get_n_there (CofferMove *self)
{
  return self->n_there;
}

static GTask *
start (CofferMove          *self,
       GCancellable        *stop,
       gpointer             tag,
       GAsyncReadyCallback  callback,
       gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self->vault, stop, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told */
  g_task_set_task_data (task, coffer_move_ref (self), (GDestroyNotify) coffer_move_unref);
  if (self->busy)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY, "%s", _("The last step is still being taken back"));
      return NULL;
    }
  self->busy = TRUE;
  return g_steal_pointer (&task);
}

/* @error (transfer full) (nullable) */
static void
end (GTask  *task,
     gssize  n,
     GError *error)
{
  CofferMove *self = g_task_get_task_data (task);

  self->busy = FALSE;
  count (self);
  coffer_vault_emit_changed (self->vault);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, n);
}

static void
gone_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  gssize n = coffer_vault_take_back_finish (COFFER_VAULT (source), result, &error);

  end (task, n, error);
}

void
coffer_move_go_async (CofferMove          *self,
                      GCancellable        *stop,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  GTask *task = start (self, stop, coffer_move_go_async, callback, user_data);

  if (task != NULL)
    coffer_vault_take_back_async (self->vault, self->there, stop, gone_cb, task);
}

gssize
coffer_move_go_finish (CofferMove    *self,
                       GAsyncResult  *result,
                       GError       **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

static void
back_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferMove *self = g_task_get_task_data (task);
  GCancellable *stop = g_task_get_cancellable (task);
  GError *error = NULL;

  if (!coffer_vault_add_finish (COFFER_VAULT (source), result, &error))
    end (task, -1, error);
  else if (coffer_additions_get_next (self->there) < coffer_additions_get_n (self->there) && !g_cancellable_is_cancelled (stop))
    coffer_vault_add_async (self->vault, self->there, stop, back_cb, g_steal_pointer (&task));
  else
    end (task, self->n_gone - coffer_additions_count_taken (self->there), NULL);
}

void
coffer_move_back_async (CofferMove          *self,
                        GCancellable        *stop,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  GTask *task = start (self, stop, coffer_move_back_async, callback, user_data);

  if (task == NULL)
    return;
  coffer_additions_begin_again (self->there);
  coffer_vault_add_async (self->vault, self->there, stop, back_cb, task);
}

gssize
coffer_move_back_finish (CofferMove    *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}
