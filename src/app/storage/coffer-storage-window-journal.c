/* SPDX-License-Identifier: MIT */
/* Changing between write-ahead log and rollback journal in the window "Storage". Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <coffer-error.h>
#include <glib/gi18n-lib.h>

#include "coffer-storage-upkeep.h"

static const struct {
  const char *name;
  const char *subtitle;
  const char *heading;
  const char *body;
  const char *answer;
} journals[] = {
  [FALSE] = { N_("Rollback journal"), N_("All is in one file while nobody writes; readers and writers wait for each other"),
              N_("Use a Rollback Journal?"),
              N_("All is in one file then while nobody writes, which suits disks that are carried about and folders on a network. But readers and "
                 "writers wait for each other, and writing is slower. KohakuVault turns the log on again when it opens the vault.\n\n"
                 "No other program may have the vault open. This one lets go of it for a moment."),
              N_("Use Rollback _Journal") },
  [TRUE] = { N_("Write-ahead log"), N_("Readers and writers do not wait for each other; two more files lie beside the vault while it is open"),
             N_("Use a Write-Ahead Log?"),
             N_("Readers and writers do not wait for each other then, and writing is quicker. While the vault is open two more files lie beside it, "
                "which must go wherever it goes. It does not work for a folder on a network that several computers use at once.\n\n"
                "No other program may use the vault at the moment. This one lets go of it for a moment."),
             N_("Use _Log") },
};

static void
update_problem (CofferStorageWindow *self)
{
  CofferStorageJob job;
  const GError *error = coffer_storage_get_job_error (self->storage, &job);
  gboolean shown = error != NULL && job == COFFER_STORAGE_JOURNAL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_autofree char *line = NULL, *escaped = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->journal_problem_row), shown);
  if (!shown)
    return;
  line = coffer_storage_window_dup_reason (self, error);
  escaped = g_markup_escape_text (line, -1);
  adw_action_row_set_subtitle (self->journal_problem_row, escaped);
}

void
coffer_storage_window_update_journal (CofferStorageWindow *self)
{
  const CofferSpace *space = coffer_storage_get_space (self->storage);
  gboolean idle = coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE;
  const char *lock = coffer_storage_window_get_file_lock (self);

  if (self->log_group == NULL)
    return;
  gtk_widget_set_sensitive (GTK_WIDGET (self->journal_button), idle && lock == NULL && space != NULL && !space->frozen);
  update_problem (self);
  if (space == NULL)
    return;
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->journal_row), _(journals[!!space->wal_mode].name));
  coffer_storage_window_show_lock (self->journal_row, lock, _(journals[!!space->wal_mode].subtitle));
}

/* ---- asking ---- */

static void
response_cb (CofferStorageWindow *self,
             const char          *response)
{
  if (g_str_equal (response, "change"))
    coffer_storage_set_journal (self->storage, self->wal_wanted);
}

static void
journal_cb (CofferStorageWindow *self)
{
  const CofferSpace *space = coffer_storage_get_space (self->storage);
  g_autofree char *body = NULL;
  GtkWidget *dialog;

  if (space == NULL)
    return;
  self->wal_wanted = !space->wal_mode;
  body = coffer_storage_window_dup_once (self, _(journals[self->wal_wanted].body));
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _(journals[self->wal_wanted].heading), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "change", _(journals[self->wal_wanted].answer), NULL);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

const CofferStoragePart coffer_storage_window_journal_parts[] = {
  COFFER_STORAGE_CHILD (journal_row),
  COFFER_STORAGE_CHILD (journal_button),
  COFFER_STORAGE_CHILD (journal_problem_row),
  COFFER_STORAGE_CALLBACK (journal_cb),
  { NULL }
};
