/* SPDX-License-Identifier: MIT */
/*
 * The walk over the keys of the table that a file is opened with, begun beside the opening and before anybody has a list of them:
 * while the program starts, the main thread has no turn to begin it in, and a core to spare. Functions marked "lane" run on a
 * lane's thread; the rest on the main thread.
 *
 * What is kept true: it is given away once, to the first list that wants it, and forgotten when that wants another table or has
 * walked the keys itself.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-entry-walk.h"

#define AHEAD_ROWS (4 * 1024 * 1024)

gint64 coffer_ahead_us = 60 * 1000;   /* longer, and the walk keeps a core from those who draw the first frame: it comes later then */

struct _CofferAhead {
  char *table;
  CofferSlice *slice;
};

void
coffer_ahead_free (gpointer data)
{
  CofferAhead *ahead = data;

  g_free (ahead->table);
  g_clear_pointer (&ahead->slice, coffer_slice_free);
  g_free (ahead);
}

/* Lane. The table is the one that the overview of another lane comes to, by the same rule. */
static gpointer
ahead_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  const CofferSliceRequest request = { .max_rows = AHEAD_ROWS, .max_us = coffer_ahead_us };
  CofferSlice *slice = NULL;
  CofferAhead *ahead;

  if (kvault_table (vault) != NULL && (slice = coffer_slice_worker (vault, (gpointer) &request, cancellable, error)) == NULL)
    return NULL;
  ahead = g_new0 (CofferAhead, 1);
  ahead->table = g_strdup (kvault_table (vault));
  ahead->slice = slice;
  return ahead;
}

static void
return_ahead (CofferVault *self)
{
  g_autoptr(GTask) task = g_steal_pointer (&self->ahead_wanted);
  CofferSlice *slice = coffer_vault_take_ahead (self, g_task_get_task_data (task));

  g_task_return_pointer (task, slice, coffer_slice_free);
}

static void
ahead_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GError) error = NULL;

  self->ahead = coffer_vault_run_finish (self, result, &error);   /* who fails to open it, or to read, finds out without this */
  self->walking_ahead = FALSE;
  if (self->ahead_dropped)
    g_clear_pointer (&self->ahead, coffer_ahead_free);
  if (self->ahead_wanted != NULL)
    return_ahead (self);
}

void
coffer_vault_walk_ahead (CofferVault *self)
{
  self->walking_ahead = TRUE;
  coffer_vault_run_async (self, COFFER_LANE_WALK, NULL, ahead_worker, NULL, NULL, coffer_ahead_free, NULL, ahead_cb, NULL);
}

void
coffer_vault_drop_ahead (CofferVault *self)
{
  g_clear_pointer (&self->ahead, coffer_ahead_free);
  self->ahead_dropped = self->walking_ahead && self->ahead_wanted == NULL;
}

CofferSlice *
coffer_vault_take_ahead (CofferVault *self,
                         const char  *table)
{
  CofferSlice *slice = NULL;

  if (self->ahead != NULL && g_strcmp0 (self->ahead->table, table) == 0)
    slice = g_steal_pointer (&self->ahead->slice);
  g_clear_pointer (&self->ahead, coffer_ahead_free);
  return slice;
}

gboolean
coffer_vault_await_ahead (CofferVault         *self,
                          const char          *table,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  if (self->ahead_wanted != NULL || (!self->walking_ahead && self->ahead == NULL))
    return FALSE;

  self->ahead_wanted = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (self->ahead_wanted, coffer_vault_await_ahead);
  g_task_set_task_data (self->ahead_wanted, g_strdup (table), g_free);
  if (!self->walking_ahead)
    return_ahead (self);
  return TRUE;
}

CofferSlice *
coffer_vault_await_ahead_finish (CofferVault   *self,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
