/* SPDX-License-Identifier: MIT */
/*
 * Following what other programs write. Every half second, while somebody looks, a thread of GLib's asks the system for the
 * stamps of the file and its log; SQLite's own counter of commits would tell the same, but has to be asked on a connection that
 * is open all the time, beside which no program can leave the write-ahead log. A commit can be read a moment after its last byte
 * was written, and the stamps go in steps: so once they have settled it is told again. Main thread, but for the functions marked
 * "thread".
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-vault-census.h"

#define LOOK_MS 500

/* Thread. */
static void
look_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  CofferFileState *state = g_new (CofferFileState, 1);

  coffer_file_state_read (state, data);
  g_task_return_pointer (task, state, g_free);
}

/* Lane: whoever has a handle to open, or has one open, notices another file by himself. */
static gpointer
meet_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  return vault;
}

static void
meet_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GError) error = NULL;

  coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    coffer_vault_tell_touched (COFFER_VAULT (source));
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autofree CofferFileState *state = g_task_propagate_pointer (G_TASK (result), NULL);
  gboolean other_file, settled, is_first;

  self->looking = FALSE;
  if (self->closed || state == NULL)
    return;
  settled = coffer_file_state_is_settled (state);
  if (self->have_state && coffer_file_state_equal (state, &self->state) && !(self->settling && settled))
    return;
  self->settling = !settled;
  other_file = self->have_state && state->main.inode != self->state.main.inode;
  self->state = *state;
  is_first = !self->have_state;
  self->have_state = TRUE;
  coffer_vault_set_editing (self, self->editing);   /* what is not there cannot be edited */
  if (is_first)
    return;
  coffer_vault_drop_census (self);
  if (other_file)
    coffer_vault_run_async (self, COFFER_LANE_LIST, NULL, meet_worker, NULL, NULL, NULL, NULL, meet_cb, NULL);
  else
    coffer_vault_tell_touched (self);
}

static gboolean
look_cb (gpointer data)
{
  CofferVault *self = data;
  g_autoptr(GTask) task = NULL;

  if (self->looking || self->closed)   /* a file system that does not answer is not asked again */
    return G_SOURCE_CONTINUE;
  self->looking = TRUE;
  task = g_task_new (self, NULL, looked_cb, NULL);
  g_task_set_source_tag (task, look_cb);
  g_task_set_task_data (task, g_file_get_path (self->file), g_free);
  g_task_run_in_thread (task, look_thread);
  return G_SOURCE_CONTINUE;
}

void
coffer_vault_set_watching (CofferVault *self,
                           gboolean     watching)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  if (watching == (self->watch_id != 0) || self->closed)
    return;
  if (!watching)
    {
      g_clear_handle_id (&self->watch_id, g_source_remove);
      return;
    }
  self->watch_id = g_timeout_add (LOOK_MS, look_cb, self);
  g_source_set_name_by_id (self->watch_id, "[coffer] watch");
  look_cb (self);
}
