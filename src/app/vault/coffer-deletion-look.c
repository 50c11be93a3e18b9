/* SPDX-License-Identifier: MIT */
/*
 * Looking what others did to keys that were hidden. Main thread, but for functions marked "lane".
 *
 * It comes after they are shown, or hidden, which waits for nothing: what is told of them waits, not they themselves.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-deletion-private.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#define STEP 500   /* keys between which the lists have their turn */

typedef struct {
  CofferDeletion *deletion;
  CofferProgress *progress;    /* or NULL */
  kvault_deletion *rows;       /* unowned; those that are looked at, */
  gsize at;                    /* and from which on; the lane's */
  gboolean at_end;             /* the lane's, too */
  gsize n_before;              /* of other rows, looked at before */
  guint n_lost;                /* before anything was looked at */
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  coffer_deletion_unref (look->deletion);
  g_clear_pointer (&look->progress, coffer_progress_unref);
  g_free (look);
}

/* Lane. It may run twice. */
static gpointer
look_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Look *look = data;
  int rc = kvault_use_table (vault, look->deletion->table);

  if (rc == KVAULT_OK)
    rc = kvault_deletion_look_again (vault, look->rows, &look->at, STEP);
  look->at_end = rc == KVAULT_NOTFOUND;
  if (rc == KVAULT_OK || look->at_end)
    return GINT_TO_POINTER (TRUE);
  *error = coffer_error_new (vault, rc);
  return NULL;
}

/* What waited for keys and was laid back is what is seen there, whatever has become of their rows. */
static gboolean
are_seen (const CofferDeletion *deletion)
{
  return !deletion->gave_back && deletion->taken->len == 0;
}

static void
get_fates (const CofferDeletion *deletion,
           CofferFates          *fates)
{
  const kvault_deletion *of[] = { deletion->rows, deletion->waited_rows };

  *fates = (CofferFates) { .n_left = g_hash_table_size (deletion->alone), .n_changed = deletion->n_outdated };
  for (guint i = 0; i < G_N_ELEMENTS (of); i++)
    {
      gsize n[KVAULT_N_FATES];

      kvault_deletion_tally (of[i], n);
      fates->n_left += n[KVAULT_FATE_LEFT];
      fates->n_changed += n[KVAULT_FATE_CHANGED];
      fates->n_missing += n[KVAULT_FATE_MISSING];
      fates->n_deleted += n[KVAULT_FATE_DELETED];
    }
}

static guint
count_lost (const CofferDeletion *deletion)
{
  CofferFates fates;

  get_fates (deletion, &fates);
  return fates.n_changed + fates.n_missing;
}

static void
tell_fraction (const Look *look)
{
  double fraction = (double) (look->n_before + look->at) / look->deletion->keys->len;

  if (look->progress != NULL)
    coffer_progress_tell (look->progress, g_memdup2 (&fraction, sizeof fraction));
}

static void look_on (CofferVault *self, GTask *task);

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  Look *look = g_task_get_task_data (task);
  CofferDeletion *deletion = look->deletion;
  GError *error = NULL;

  coffer_vault_run_finish (self, result, &error);
  if (error == NULL)
    tell_fraction (look);
  if (error == NULL && look->at_end && look->rows == deletion->rows && are_seen (deletion))
    {
      look->rows = deletion->waited_rows;
      look->n_before = look->at;
      look->at = 0;
      look->at_end = FALSE;
    }
  if (error == NULL && !look->at_end)
    {
      look_on (self, task);
      return;
    }
  if (count_lost (deletion) != look->n_lost)
    coffer_vault_tell_sharers (self);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
look_on (CofferVault *self,
         GTask       *task)
{
  coffer_vault_run_told_async (self, COFFER_LANE_LIST, KVAULT_ACCESS_VIEW, look_worker, g_task_get_task_data (task), NULL, NULL,
                               g_task_get_cancellable (task), looked_cb, g_object_ref (task));
}

void
coffer_vault_look_at_deletion_async (CofferVault         *self,
                                     CofferDeletion      *deletion,
                                     CofferProgress      *progress,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  Look *look;

  g_return_if_fail (COFFER_IS_VAULT (self) && deletion != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_look_at_deletion_async);
  g_task_set_check_cancellable (task, FALSE);
  look = g_new0 (Look, 1);
  look->deletion = coffer_deletion_ref (deletion);
  look->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  look->rows = deletion->rows;
  look->n_lost = count_lost (deletion);
  g_task_set_task_data (task, look, look_free);
  look_on (self, task);
}

gboolean
coffer_vault_look_at_deletion_finish (CofferVault   *self,
                                      GAsyncResult  *result,
                                      CofferFates   *fates,
                                      GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  get_fates (((Look *) g_task_get_task_data (G_TASK (result)))->deletion, fates);
  return g_task_propagate_boolean (G_TASK (result), error);
}
