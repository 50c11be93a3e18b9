/* SPDX-License-Identifier: MIT */
/* Deleting the keys that are selected: one by its name, several by their number, and all of them or none. What was asked about is
 * what is deleted: when the selection becomes another, the question goes. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-delete"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-delete-dialog.h"
#include "coffer-error.h"

static CofferKeySelection *
get_selection (CofferWindow *self)
{
  return coffer_vault_view_get_selection (self->view);
}

static char *
format_number (guint number)
{
  return g_strdup_printf ("%'u", number);
}

/* Deleting */

static void
tell_deleted (CofferWindow *self,
              guint         n_deleted,
              guint         n_asked)
{
  g_autofree char *number = format_number (n_deleted);
  g_autofree char *text = NULL;

  if (n_asked == 1)
    text = g_strdup (n_deleted > 0 ? _("Key deleted") : _("The key was gone already"));
  else
    text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key deleted", "%s keys deleted", n_deleted), number);
  if (n_deleted > 0)
    coffer_window_toast_undo (self, text);
  else
    coffer_window_toast (self, text);
}

typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  guint n_keys;
} Deletion;

static void
deletion_free (Deletion *deletion)
{
  g_object_unref (deletion->window);
  g_object_unref (deletion->vault);
  g_free (deletion);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Deletion, deletion_free)

static void
fail (Deletion     *deletion,
      const GError *error)
{
  CofferWindow *self = deletion->window;

  if (self->vault == deletion->vault)
    coffer_key_selection_keep_place (get_selection (self), FALSE);
  coffer_window_report (self, error, coffer_vault_get_display_name (deletion->vault));
}

static void
deleted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(Deletion) deletion = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferDeletion) deleted = coffer_vault_hide_finish (COFFER_VAULT (source), result, &error);
  CofferWindow *self = deletion->window;

  if (deleted == NULL && !g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE))
    {
      fail (deletion, error);
      return;
    }
  if (self->vault != deletion->vault)
    return;
  if (deleted != NULL)
    coffer_undo_push_deletion (self->undo, deleted);
  tell_deleted (self, deleted != NULL ? coffer_deletion_get_n_left (deleted) : 0, deletion->n_keys);
}

/* Takes @deletion. */
static void
delete_keys (Deletion  *deletion,
             GPtrArray *keys)
{
  CofferWindow *self = deletion->window;

  deletion->n_keys = keys->len;
  coffer_key_selection_keep_place (get_selection (self), TRUE);
  coffer_vault_hide_async (deletion->vault, keys, NULL, deleted_cb, deletion);
}

static void
keys_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(Deletion) deletion = user_data;
  g_autoptr(GError) error = NULL;
  GPtrArray *keys = coffer_entry_list_keys_finish (COFFER_ENTRY_LIST (source), result, &error);

  if (keys == NULL)
    fail (deletion, error);
  else if (deletion->window->vault == deletion->vault)
    delete_keys (g_steal_pointer (&deletion), keys);
  if (keys != NULL)
    coffer_keys_unref (keys);
}

static Deletion *
deletion_new (CofferWindow *self)
{
  Deletion *deletion = g_new0 (Deletion, 1);

  deletion->window = g_object_ref (self);
  deletion->vault = g_object_ref (self->vault);
  return deletion;
}

/* Asking */

static void
one_response_cb (CofferWindow     *self,
                 const char       *response,
                 AdwMessageDialog *dialog)
{
  CofferKey *key = g_object_get_data (G_OBJECT (dialog), "key");
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  if (!g_str_equal (response, "delete") || self->vault == NULL)
    return;

  g_ptr_array_add (keys, coffer_key_ref (key));
  delete_keys (deletion_new (self), keys);
}

/* It may become known while the question is open. */
static void
size_cb (AdwMessageDialog *dialog,
         GParamSpec       *pspec,
         CofferEntry      *entry)
{
  g_autofree char *size = coffer_entry_get_size (entry) != G_MAXUINT64 ? g_format_size (coffer_entry_get_size (entry)) : NULL;
  g_autofree char *body = size != NULL ? g_strdup_printf (_("The key and its value of %s can be brought back until the window is closed. Then they are deleted from the file."), size)
                                       : g_strdup (_("The key and its value can be brought back until the window is closed. Then they are deleted from the file."));

  adw_message_dialog_set_body (dialog, body);
  coffer_delete_dialog_set_bytes (dialog, coffer_entry_get_size (entry));
}

static void
ask_one (CofferWindow *self,
         CofferEntry  *entry)
{
  CofferKey *key = coffer_entry_get_key (entry);
  g_autofree char *shown = coffer_key_to_display (key, 80);
  g_autofree char *heading = g_strdup_printf (_("Delete “%s”?"), shown);
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);
  AdwMessageDialog *dialog = coffer_window_ask (self, heading, NULL, "delete", _("_Delete"), ADW_RESPONSE_DESTRUCTIVE,
                                                G_CALLBACK (one_response_cb));

  g_ptr_array_add (entries, g_object_ref (entry));
  coffer_delete_dialog_extend (dialog, self->vault, 1);
  coffer_delete_dialog_set_pictures (dialog, coffer_vault_view_get_thumbnails (self->view), entries);
  size_cb (dialog, NULL, entry);
  g_signal_connect_object (entry, "notify::size", G_CALLBACK (size_cb), dialog, G_CONNECT_SWAPPED);
  g_object_set_data_full (G_OBJECT (dialog), "key", coffer_key_ref (key), (GDestroyNotify) coffer_key_unref);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
many_response_cb (CofferWindow *self,
                  const char   *response)
{
  CofferKeySelection *selection = self->vault != NULL ? get_selection (self) : NULL;

  if (!g_str_equal (response, "delete") || selection == NULL || coffer_key_selection_get_n_selected (selection) == 0)
    return;

  coffer_entry_list_keys_async (coffer_key_selection_get_list (selection), coffer_key_selection_peek_rows (selection), NULL, keys_cb,
                                deletion_new (self));
}

/* Their bytes may become known while the question is open. */
static void
update_body_cb (AdwMessageDialog *dialog,
                GParamSpec       *pspec,
                CofferKeyTally   *tally)
{
  guint64 bytes = coffer_key_tally_get_bytes (tally);
  g_autofree char *size = bytes != G_MAXUINT64 ? g_format_size (bytes) : NULL;
  g_autofree char *body = size != NULL ? g_strdup_printf (_("The keys and their values of %s can be brought back until the window is closed. Then they are deleted from the file."), size)
                                       : g_strdup (_("The keys and their values can be brought back until the window is closed. Then they are deleted from the file."));

  adw_message_dialog_set_body (dialog, body);
  coffer_delete_dialog_set_bytes (dialog, bytes);
}

/* Some of the first rows that are selected. */
static void
show_some (CofferWindow     *self,
           AdwMessageDialog *dialog)
{
  GListModel *list = G_LIST_MODEL (coffer_key_selection_get_list (get_selection (self)));
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);
  const CofferRange *ranges;
  guint n_ranges;

  ranges = coffer_ranges_peek (coffer_key_selection_peek_rows (get_selection (self)), &n_ranges);
  for (guint i = 0; i < n_ranges && entries->len < COFFER_DELETE_DIALOG_LOOKS_AT; i++)
    for (guint row = ranges[i].position; row < ranges[i].end && entries->len < COFFER_DELETE_DIALOG_LOOKS_AT; row++)
      g_ptr_array_add (entries, g_list_model_get_item (list, row));
  coffer_delete_dialog_set_pictures (dialog, coffer_vault_view_get_thumbnails (self->view), entries);
}

static void
ask_many (CofferWindow *self,
          guint         n_keys)
{
  CofferKeyTally *tally = coffer_vault_view_get_tally (self->view);
  g_autofree char *number = format_number (n_keys);
  g_autofree char *heading = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Delete %s Key?", "Delete %s Keys?", n_keys), number);
  g_autofree char *label = coffer_delete_dialog_dup_label (n_keys);
  AdwMessageDialog *dialog = coffer_window_ask (self, heading, NULL, "delete", label, ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (many_response_cb));

  coffer_delete_dialog_extend (dialog, self->vault, n_keys);
  show_some (self, dialog);
  update_body_cb (dialog, NULL, tally);
  g_signal_connect_object (tally, "notify::text", G_CALLBACK (update_body_cb), dialog, G_CONNECT_SWAPPED);
  g_signal_connect_object (get_selection (self), "selection-changed", G_CALLBACK (gtk_window_close), dialog, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

void
coffer_window_delete_key_action (GSimpleAction *action,
                                 GVariant      *parameter,
                                 gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferEntry *entry = coffer_window_get_single_entry (self);
  guint n = coffer_key_selection_get_n_selected (get_selection (self));

  if (entry != NULL)
    ask_one (self, entry);
  else if (n > 1)   /* one whose key is not known yet cannot be named */
    ask_many (self, n);
}

gboolean
coffer_window_select_shown (CofferWindow *self)
{
  gtk_selection_model_select_all (GTK_SELECTION_MODEL (get_selection (self)));
  if (coffer_key_selection_is_growing (get_selection (self)) ||
      coffer_entry_list_shows_others (coffer_key_selection_get_list (get_selection (self))))   /* rows of before the search */
    {
      coffer_window_toast (self, _("The keys are still being read"));
      return FALSE;
    }
  return coffer_key_selection_get_n_selected (get_selection (self)) > 0;
}

/* What is on show: a table, a prefix of it, or what a search found. */
void
coffer_window_delete_shown_action (GSimpleAction *action,
                                   GVariant      *parameter,
                                   gpointer       user_data)
{
  if (coffer_window_select_shown (user_data))
    coffer_window_delete_key_action (action, NULL, user_data);
}
