/* SPDX-License-Identifier: MIT */
/* The window "Storage" beside a vault's own. What is being done to the file goes on when that is closed, and shows when it is opened again. Main thread. */
#define G_LOG_DOMAIN "coffer-window-storage"

#include "coffer-window-private.h"

#include <coffer-storage-upkeep.h>
#include <glib/gi18n-lib.h>

#include "coffer-storage-window.h"
#include "coffer-storage-words.h"

static void
save_copy_cb (CofferWindow *self)
{
  coffer_window_choose (self, COFFER_CHOICE_COPY);
}

/* ---- before the file is written anew ---- */

static CofferTransfers *
get_transfers (CofferWindow *self)
{
  return coffer_application_get_transfers (COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))));
}

static void
say (CofferWindow *self,
     const char   *text)
{
  if (self->storage_window != NULL)
    coffer_storage_window_toast (COFFER_STORAGE_WINDOW (self->storage_window), text);
  else
    coffer_window_toast (self, text);
}

/* Something is on its way into the file, by this window or another one; what leaves it lets go of it by itself. (nullable) */
static const char *
find_writer (CofferWindow *self,
             CofferWindow *other)
{
  CofferTransfer *transfer = other->vault != NULL ? coffer_transfers_find (get_transfers (self), other->vault) : NULL;

  if (other->vault == NULL || !g_file_equal (coffer_vault_get_file (other->vault), coffer_vault_get_file (self->vault)))
    return NULL;
  if (transfer != NULL && coffer_transfer_get_target (transfer) != NULL)
    return COFFER_IS_IMPORT (transfer) ? _("Files are being added to the vault. Try again when that is done.")
                                       : _("The vault is being changed. Try again when that is done.");
  if (coffer_undo_get_busy (other->undo) || other->writing != NULL)
    return _("The vault is being changed. Try again when that is done.");
  if (other != self && coffer_vault_get_n_deferred (other->vault) > 0)
    return _("Another window of this vault has deleted keys that are not written to the file yet. Close it first.");
  return NULL;
}

/* What waits to be deleted knows its keys by their rows, which may get other numbers. */
static gboolean
may_rewrite_cb (CofferWindow *self)
{
  GList *windows = gtk_application_get_windows (gtk_window_get_application (GTK_WINDOW (self)));
  const char *why = NULL;

  for (GList *l = windows; l != NULL && why == NULL; l = l->next)
    if (COFFER_IS_WINDOW (l->data))
      why = find_writer (self, l->data);
  if (why == NULL && coffer_vault_get_n_deferred (self->vault) > 0)
    {
      g_action_group_activate_action (G_ACTION_GROUP (self), "write-deletions", NULL);
      why = _("Deleted keys are written to the file first. Then choose it again.");
    }
  if (why != NULL)
    say (self, why);
  return why != NULL;
}

/* ---- its jobs ---- */

static void
ended_cb (CofferWindow     *self,
          CofferStorageJob  job)
{
  g_autofree char *text = coffer_storage_dup_end_words (self->storage, job);

  if (coffer_window_job_ended (self, job))
    return;
  if (self->damaged != NULL)   /* its page tells */
    coffer_window_update_actions (self);
  else if (text != NULL && self->storage_window == NULL)
    coffer_window_toast (self, text);
}

/* ---- a copy ---- */

/* "photos copy.kvault" beside "photos.kvault". */
void
coffer_window_suggest_copy (CofferWindow   *self,
                            GtkFileChooser *chooser)
{
  g_autofree char *base = g_file_get_basename (self->file);
  g_autofree char *name = g_filename_display_name (base);
  const char *dot = strrchr (name, '.');
  g_autofree char *stem = dot != NULL && dot > name ? g_strndup (name, dot - name) : g_strdup (name);
  /* Translators: the name of a copy of a file, and what follows its dot */
  g_autofree char *copy = g_strdup_printf (_("%s copy%s"), stem, dot != NULL && dot > name ? dot : "");

  gtk_file_chooser_set_current_name (chooser, copy);
}

void
coffer_window_save_copy (CofferWindow *self,
                         GFile        *file)
{
  if (self->storage == NULL)   /* the vault has gone meanwhile */
    coffer_window_toast (self, _("Not copied: the vault is not open any more"));
  else if (g_file_peek_path (file) == NULL)
    say (self, _("Not copied: that place has no path on this computer. Choose a folder of this computer."));
  else if (!coffer_storage_copy (self->storage, file))
    say (self, _("Not copied: something else is being done to the vault. Try again when that is done."));
}

void
coffer_window_save_salvage (CofferWindow *self,
                            GFile        *file)
{
  if (self->storage == NULL)   /* the vault has gone meanwhile */
    return;
  if (g_file_peek_path (file) == NULL)
    say (self, _("Not copied: that place has no path on this computer. Choose a folder of this computer."));
  else if (!coffer_storage_salvage (self->storage, file))
    say (self, _("Not copied: something else is being done to the vault. Try again when that is done."));
  coffer_window_update_actions (self);
}

void
coffer_window_begin_storage (CofferWindow *self,
                             CofferVault  *vault)
{
  self->storage = coffer_storage_new (vault);
  g_signal_connect_object (self->storage, "ended", G_CALLBACK (ended_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->storage, "changed", G_CALLBACK (coffer_window_update_closing), self, G_CONNECT_SWAPPED);
}

static void
open_storage (CofferWindow *self)
{
  GtkWidget *window;

  if (self->storage == NULL)
    {
      coffer_window_begin_storage (self, self->vault);
      coffer_vault_view_set_storage (self->view, self->storage);
    }
  window = coffer_storage_window_new (self->storage);
  g_set_weak_pointer (&self->storage_window, window);
  coffer_storage_window_set_settings (COFFER_STORAGE_WINDOW (window),
                                      coffer_application_get_settings (COFFER_APPLICATION (g_application_get_default ())));
  gtk_window_set_transient_for (GTK_WINDOW (window), GTK_WINDOW (self));
  g_signal_connect_object (window, "may-rewrite", G_CALLBACK (may_rewrite_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "secure-delete-set", G_CALLBACK (coffer_window_remember_secure_delete), self, G_CONNECT_SWAPPED);
  coffer_window_follow_found (self, window);
  g_signal_connect_object (window, "save-copy", G_CALLBACK (save_copy_cb), self, G_CONNECT_SWAPPED);
}

static CofferStoragePlace
parse_place (const char *name)
{
  return g_str_equal (name, "cache") ? COFFER_STORAGE_CACHE : g_str_equal (name, "log") ? COFFER_STORAGE_LOG : g_str_equal (name, "reclaimable") ? COFFER_STORAGE_RECLAIMABLE : COFFER_STORAGE_TOP;
}

/* A turn of the main loop after the one that made it: together they would be a long one. */
static gboolean
present_cb (gpointer data)
{
  CofferWindow *self = data;

  if (self->storage_window != NULL)
    gtk_window_present (GTK_WINDOW (self->storage_window));
  return G_SOURCE_REMOVE;
}

void
coffer_window_storage_action (GSimpleAction *action,
                              GVariant      *parameter,
                              gpointer       user_data)
{
  CofferWindow *self = user_data;

  if (self->storage_window == NULL)
    open_storage (self);
  g_idle_add_full (G_PRIORITY_DEFAULT, present_cb, g_object_ref (self), g_object_unref);
  coffer_storage_window_go_to (COFFER_STORAGE_WINDOW (self->storage_window), parse_place (g_variant_get_string (parameter, NULL)));
}

void
coffer_window_close_storage (CofferWindow *self)
{
  GtkWidget *window = self->storage_window;

  g_clear_weak_pointer (&self->storage_window);
  if (window != NULL)
    gtk_window_destroy (GTK_WINDOW (window));
  if (self->storage != NULL)
    {
      if (self->view != NULL)
        coffer_vault_view_set_storage (self->view, NULL);
      g_signal_handlers_disconnect_by_func (self->storage, ended_cb, self);
      g_signal_handlers_disconnect_by_func (self->storage, coffer_window_update_closing, self);
      coffer_storage_cancel (self->storage);   /* the window is destroyed, and does not ask */
    }
  g_clear_object (&self->storage);
}
