/* SPDX-License-Identifier: MIT */
/* Looking for damage in the window "Storage": asked for, and what came of it in one line. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-storage-upkeep.h"

static void
update_optimize (CofferStorageWindow *self)
{
  GDateTime *when = coffer_storage_get_optimized (self->storage);
  g_autofree char *time = when != NULL ? g_date_time_format (when, "%X") : NULL;
  g_autofree char *text = time != NULL ? g_strdup_printf (_("Done at %s"), time) : NULL;
  const char *lock = coffer_storage_window_get_file_lock (self);

  coffer_storage_window_show_lock (self->optimize_row, lock,
                                   text != NULL ? text : _("Renews what SQLite knows of the tables to find things quickly, if it keeps that, and "
                                                           "moves the log. Changes no key and no value."));
  gtk_widget_set_sensitive (GTK_WIDGET (self->optimize_button), coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE && lock == NULL);
}

/* (transfer full): with what it could not know of. */
static char *
add_waiting (char                   *text,
             const CofferInspection *check)
{
  g_autofree char *checked = text;
  g_autofree char *number = coffer_storage_window_dup_number (check->n_waiting);
  g_autofree char *waited = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value waited to be written, and was not checked.",
                                                          "%s values waited to be written, and were not checked.", (gulong) check->n_waiting),
                                             number);

  return g_strdup_printf ("%s. %s", checked, waited);
}

void
coffer_storage_window_update_check (CofferStorageWindow *self)
{
  GDateTime *when;
  const CofferInspection *check = coffer_storage_get_check (self->storage, &when);
  g_autofree char *time = NULL, *text = NULL, *keys = NULL, *damaged = NULL, *odd = NULL;

  if (self->safety == NULL)
    return;
  update_optimize (self);
  gtk_widget_set_sensitive (GTK_WIDGET (self->check_button), coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE);
  if (check == self->check_shown && check != NULL)
    return;
  self->check_shown = check;
  if (check != NULL)
    {
      time = g_date_time_format (when, "%X");
      keys = coffer_storage_window_dup_number (check->keys);
      damaged = coffer_storage_window_dup_number (check->n_damages);
      odd = coffer_storage_window_dup_number (check->n_found - check->n_damages);
    }
  if (check == NULL)
    text = g_strdup (_("Not checked since the vault was opened"));
  else if (check->n_found == 0)
    text = g_strdup_printf (check->full
                              ? g_dngettext (GETTEXT_PACKAGE, "Checked at %s, %s key: nothing is wrong",
                                             "Checked at %s, %s keys: nothing is wrong", check->keys)
                              : g_dngettext (GETTEXT_PACKAGE, "Pages and keys checked at %s, %s key: nothing is wrong. Values were not read",
                                             "Pages and keys checked at %s, %s keys: nothing is wrong. Values were not read", check->keys),
                            time, keys);
  else
    text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Checked at %s, %s key: %s damaged, %s odd", "Checked at %s, %s keys: %s damaged, %s odd",
                                         check->keys), time, keys, damaged, odd);
  if (check != NULL && check->n_waiting > 0)
    text = add_waiting (text, check);
  adw_action_row_set_subtitle (self->check_row, text);
}

static void
optimize_cb (CofferStorageWindow *self)
{
  coffer_storage_optimize (self->storage);
}

static void
response_cb (CofferStorageWindow *self,
             const char          *response)
{
  if (!g_str_equal (response, "cancel"))
    coffer_storage_check (self->storage, g_str_equal (response, "full"));
}

static void
check_cb (CofferStorageWindow *self)
{
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Look for Damage?"),
                                              _("A quick check reads pages and keys, a full one every value, too. Nothing is changed, and others may go on."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "quick", _("_Quick Check"), "full", _("_Full Check"), NULL);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "quick");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

const CofferStoragePart coffer_storage_window_check_parts[] = {
  COFFER_STORAGE_CHILD (safety),
  COFFER_STORAGE_CHILD (check_row),
  COFFER_STORAGE_CHILD (check_button),
  COFFER_STORAGE_CHILD (optimize_row),
  COFFER_STORAGE_CHILD (optimize_button),
  COFFER_STORAGE_CALLBACK (check_cb),
  COFFER_STORAGE_CALLBACK (optimize_cb),
  { NULL }
};
