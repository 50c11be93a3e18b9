/* SPDX-License-Identifier: MIT */
/* What deleted values leave in the file, in the window "Storage": from now on, and what is there. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <coffer-error.h>
#include <glib/gi18n-lib.h>

#include "coffer-storage-upkeep.h"

/* (transfer full) (nullable) */
static char *
describe_failure (CofferStorageWindow *self)
{
  CofferStorageJob job;
  const GError *error = coffer_storage_get_job_error (self->storage, &job);
  g_autofree char *line = NULL;

  if (error == NULL || job != COFFER_STORAGE_WIPE)
    return NULL;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_strdup (_("Cancelled. The vault is whole; a part of what was deleted may still be there."));
  line = coffer_storage_window_dup_reason (self, error);
  return g_strdup_printf (_("Not wiped. %s"), line);
}

/* (transfer full) */
static char *
describe_wipe (CofferStorageWindow *self)
{
  GDateTime *when = coffer_storage_get_wiped (self->storage);
  g_autofree char *time = when != NULL ? g_date_time_format (when, "%X") : NULL;
  char *failure = describe_failure (self);
  CofferStep step;

  if (coffer_storage_get_job (self->storage) == COFFER_STORAGE_WIPE)
    {
      coffer_storage_get_step (self->storage, &step);
      return g_strdup_printf (_("%d %% done"), step.bytes_total > 0 && step.bytes_total != G_MAXUINT64 ? (int) (step.bytes * 100 / step.bytes_total) : 0);
    }
  if (failure != NULL)
    return failure;
  if (time != NULL)
    return g_strdup_printf (_("Wiped at %s: nothing of what was deleted before is left in the file"), time);
  return g_strdup (_("Writes zeros over what deleted values left in the file"));
}

void
coffer_storage_window_update_wipe (CofferStorageWindow *self)
{
  CofferStorageJob job = coffer_storage_get_job (self->storage);
  const char *lock = coffer_storage_window_get_file_lock (self);
  g_autofree char *text = NULL;

  if (self->wipe_group == NULL)
    return;
  text = describe_wipe (self);
  coffer_storage_window_show_lock (self->wipe_row, lock, text);
  gtk_button_set_label (self->wipe_button, job == COFFER_STORAGE_WIPE ? _("Cancel") : _("Wipe…"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->wipe_button), (job == COFFER_STORAGE_IDLE && lock == NULL) || job == COFFER_STORAGE_WIPE);
}

/* ---- asking ---- */

static const char explanation[] =
  N_("What deleted values left in the file is written over with zeros, after the file was checked. No key and no value "
     "changes, and it can be cancelled at any time. Others cannot write meanwhile.\n\n"
     "It does not reach copies of the vault, what its log or an older file has left elsewhere on the disk, and "
     "what a solid-state disk keeps by itself. Nor does it reach deletions that can still be undone.");

static void
response_cb (CofferStorageWindow *self,
             const char          *response)
{
  if (g_str_equal (response, "wipe"))
    coffer_storage_wipe (self->storage);
}

static void
wipe_cb (CofferStorageWindow *self)
{
  g_autofree char *body = NULL;
  GtkWidget *dialog;

  if (coffer_storage_get_job (self->storage) == COFFER_STORAGE_WIPE)
    {
      coffer_storage_cancel (self->storage);
      return;
    }
  body = coffer_storage_window_dup_once (self, _(explanation));
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Wipe Free Space Now?"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "wipe", _("_Wipe"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "wipe", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- from now on ---- */

/* Remembered for the vault by who opened the window, before it is told to the vault. */
static void
secure_cb (CofferStorageWindow *self)
{
  CofferVault *vault = coffer_storage_get_vault (self->storage);
  gboolean on = gtk_switch_get_active (self->secure_switch);

  if (on != coffer_vault_get_secure_delete (vault))
    {
      coffer_vault_set_secure_delete (vault, on);
      g_signal_emit_by_name (self, "secure-delete-set");
    }
}

void
coffer_storage_window_start_wipe (CofferStorageWindow *self)
{
  gtk_switch_set_active (self->secure_switch, coffer_vault_get_secure_delete (coffer_storage_get_vault (self->storage)));
  g_signal_connect_object (self->secure_switch, "notify::active", G_CALLBACK (secure_cb), self, G_CONNECT_SWAPPED);
}

const CofferStoragePart coffer_storage_window_wipe_parts[] = {
  COFFER_STORAGE_CHILD (wipe_group),
  COFFER_STORAGE_CHILD (secure_switch),
  COFFER_STORAGE_CHILD (wipe_row),
  COFFER_STORAGE_CHILD (wipe_button),
  COFFER_STORAGE_CHILD (holders),
  COFFER_STORAGE_CALLBACK (wipe_cb),
  { NULL }
};
