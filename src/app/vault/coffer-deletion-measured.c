/* SPDX-License-Identifier: MIT */
/*
 * Deletions of what a lane has just looked at: files that were added, and are taken back. Main thread, but for functions marked "lane", and
 * those of the lane in the header.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-deletion-private.h"

#include "coffer-cache-private.h"
#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

CofferDeletion *
coffer_deletion_new_measured (kvault               *vault,
                              kvault_veil          *veil,
                              CofferCache          *cache,
                              const CofferIdentity *meant_for,
                              GPtrArray            *keys,
                              int                  *rc)
{
  CofferDeletion *deletion = coffer_deletion_new (veil, cache, meant_for, kvault_table (vault), keys);

  kvault_deletion_set_dispensable (deletion->rows);   /* it can be added again */
  *rc = KVAULT_OK;
  for (guint i = 0; *rc == KVAULT_OK && i < keys->len; i++)
    {
      kvault_entry nowhere = coffer_key_to_entry (g_ptr_array_index (keys, i));

      nowhere.id = 0;
      if ((*rc = coffer_deletion_add_key (vault, deletion->rows, g_ptr_array_index (keys, i), TRUE)) == KVAULT_NOTFOUND)   /* hidden by another window */
        *rc = kvault_deletion_add (deletion->rows, &nowhere);
    }
  if (*rc == KVAULT_OK)
    *rc = kvault_deletion_measure (vault, deletion->rows, NULL, NULL);
  return deletion;
}

void
coffer_deletion_hide_measured (CofferDeletion *self)
{
  kvault_deletion_hide (self->rows);
}

void
coffer_deletion_show_measured (CofferDeletion *self)
{
  kvault_deletion_show (self->rows);
}

kvault_fate
coffer_deletion_get_fate (CofferDeletion *self,
                          guint           i)
{
  return kvault_deletion_fate (self->rows, i);
}

void
coffer_vault_adopt_deletion (CofferVault    *self,
                             CofferDeletion *deletion)
{
  if (self->closed || !coffer_identity_equal (&deletion->meant_for, &self->shown))
    {
      coffer_deletion_make_void (deletion);
      return;
    }
  g_ptr_array_add (self->deferred, coffer_deletion_ref (deletion));
  deletion->hidden = TRUE;
}

typedef struct {
  GPtrArray *deletions;
  GCancellable *stop;
  guint n_left;            /* the lane's: the first so many are hidden still */
} Showing;

static void
showing_free (gpointer data)
{
  Showing *showing = data;

  g_ptr_array_unref (showing->deletions);
  g_clear_object (&showing->stop);
  g_free (showing);
}

/* Lane. It may run twice. What others deleted or wrote to meanwhile is found out first, so that nobody is told that it is back. */
static gpointer
show_measured_worker (kvault        *vault,
                      gpointer       data,
                      GCancellable  *cancellable,
                      GError       **error)
{
  Showing *showing = data;

  for (; showing->n_left > 0 && !g_cancellable_is_cancelled (showing->stop); showing->n_left--)
    {
      CofferDeletion *deletion = g_ptr_array_index (showing->deletions, showing->n_left - 1);
      gsize at = 0;
      int rc = kvault_deletion_look_again (vault, deletion->rows, &at, G_MAXSIZE);

      if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
        {
          *error = coffer_error_new (vault, rc);
          return NULL;
        }
      coffer_deletion_show_measured (deletion);
    }
  return GINT_TO_POINTER (TRUE);
}

static void
measured_shown_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  Showing *showing = g_task_get_task_data (task);
  GError *error = NULL;

  coffer_vault_run_finish (self, result, &error);
  for (guint i = 0; i < showing->deletions->len; i++)
    {
      CofferDeletion *deletion = g_ptr_array_index (showing->deletions, i);

      deletion->showing = FALSE;
      if (i < showing->n_left)
        continue;
      deletion->hidden = FALSE;
      g_ptr_array_remove (self->deferred, deletion);
    }
  coffer_cache_release (self->cache);
  coffer_vault_tell_sharers (self);
  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
coffer_vault_show_measured_async (CofferVault         *self,
                                  const char          *table,
                                  GPtrArray           *deletions,
                                  GCancellable        *stop,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, callback, user_data);
  Showing *showing = g_new (Showing, 1);

  g_task_set_source_tag (task, coffer_vault_show_measured_async);
  *showing = (Showing) { g_ptr_array_ref (deletions), stop != NULL ? g_object_ref (stop) : NULL, deletions->len };
  g_task_set_task_data (task, showing, showing_free);
  if (self->n_writing > 0)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY, "%s", _("The keys are being deleted from the file already"));
      return;
    }
  if (!coffer_deletion_check_editable (self, &self->shown, task))
    return;
  for (guint i = 0; i < deletions->len; i++)
    ((CofferDeletion *) g_ptr_array_index (deletions, i))->showing = TRUE;
  coffer_vault_run_async (self, COFFER_LANE_LIST, table, show_measured_worker, showing, NULL, NULL, NULL, measured_shown_cb,
                          g_steal_pointer (&task));
}

gboolean
coffer_vault_show_measured_finish (CofferVault   *self,
                                   GAsyncResult  *result,
                                   guint         *n_shown,
                                   GError       **error)
{
  Showing *showing = g_task_get_task_data (G_TASK (result));

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  *n_shown = showing->deletions->len - showing->n_left;
  return g_task_propagate_boolean (G_TASK (result), error);
}
