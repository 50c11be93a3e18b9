/* SPDX-License-Identifier: MIT */
/* The actions of a window on the keys that are selected: what menus, keys and tests call. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-keys"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"

/* (nullable) NULL without a vault */
static CofferKeySelection *
get_selection (CofferWindow *self)
{
  return self->vault != NULL ? coffer_vault_view_get_selection (self->view) : NULL;
}

/* The only entry that is selected, if its key is known. */
static CofferEntry *
get_entry (CofferWindow *self)
{
  CofferKeySelection *selection = get_selection (self);
  CofferEntry *entry = selection != NULL && coffer_key_selection_get_n_selected (selection) == 1
                       ? coffer_key_selection_get_selected_entry (selection) : NULL;

  return entry != NULL && coffer_entry_get_key (entry) != NULL ? entry : NULL;
}

static char *
describe_key (CofferKey *key)
{
  return coffer_key_to_display (key, 80);
}

/* Selecting */

static void
select_all_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  gtk_selection_model_select_all (GTK_SELECTION_MODEL (get_selection (user_data)));
}

static void
select_none_action (GSimpleAction *action,
                    GVariant      *parameter,
                    gpointer       user_data)
{
  coffer_key_selection_clear (get_selection (user_data));
}

static void
invert_selection_action (GSimpleAction *action,
                         GVariant      *parameter,
                         gpointer       user_data)
{
  coffer_key_selection_invert (get_selection (user_data));
}

/* The key of the row selected last, up to its last separator. (transfer full) (nullable) */
static GBytes *
dup_prefix (CofferWindow *self)
{
  CofferKeySelection *selection = get_selection (self);
  CofferEntry *entry = selection != NULL ? coffer_key_selection_get_selected_entry (selection) : NULL;
  CofferKey *key = entry != NULL ? coffer_entry_get_key (entry) : NULL;
  const char *bytes;
  gsize size;

  if (key == NULL || !coffer_key_is_blob (key))
    return NULL;
  bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);
  while (size > 0 && bytes[size - 1] != '/' && bytes[size - 1] != ':')
    size--;
  return size > 0 ? g_bytes_new_from_bytes (coffer_key_get_bytes (key), 0, size) : NULL;
}

static void
select_prefix_action (GSimpleAction *action,
                      GVariant      *parameter,
                      gpointer       user_data)
{
  CofferWindow *self = user_data;
  g_autoptr(GBytes) prefix = dup_prefix (self);

  if (prefix != NULL)
    coffer_key_selection_add_prefix (get_selection (self), prefix);
}

/* Copying, renaming, deleting */

static void
copy_key_action (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferKey *key = coffer_entry_get_key (get_entry (self));
  g_autofree char *text = coffer_key_dup_text (key);
  g_autofree char *shown = text == NULL ? coffer_key_to_display (key, 0) : NULL;

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text != NULL ? text : shown);
  coffer_window_toast (self, text != NULL ? _("Key copied") : _("The key is not text: copied as it is shown"));
}

typedef struct {
  CofferWindow *window;
  CofferKey *new_key;
} Renaming;

static void
renamed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autofree Renaming *renaming = user_data;
  g_autoptr(CofferWindow) self = renaming->window;
  g_autoptr(CofferKey) new_key = renaming->new_key;
  g_autofree char *name = NULL;
  g_autoptr(GError) error = NULL;

  if (coffer_vault_rename_finish (COFFER_VAULT (source), result, &error))
    {
      coffer_window_toast (self, _("Key renamed"));
      return;
    }

  if (self->vault == COFFER_VAULT (source))
    coffer_key_selection_follow (get_selection (self), NULL);
  name = g_error_matches (error, COFFER_ERROR, COFFER_ERROR_EXISTS)
         ? describe_key (new_key) : g_strdup (coffer_vault_get_display_name (COFFER_VAULT (source)));
  coffer_window_report (self, error, name);
}

static void
rename_response_cb (CofferWindow     *self,
                    const char       *response,
                    AdwMessageDialog *dialog)
{
  CofferKey *key = g_object_get_data (G_OBJECT (dialog), "key");
  const char *text = gtk_editable_get_text (g_object_get_data (G_OBJECT (dialog), "entry"));
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
  Renaming *renaming;

  if (!g_str_equal (response, "rename") || self->vault == NULL)
    return;

  renaming = g_new0 (Renaming, 1);
  renaming->window = g_object_ref (self);
  renaming->new_key = coffer_key_new_written (bytes);
  coffer_key_selection_follow (get_selection (self), bytes);
  coffer_vault_rename_async (self->vault, key, bytes, NULL, renamed_cb, renaming);
}

/* Renaming waits for a name, and for another than now. */
static void
rename_changed_cb (AdwMessageDialog *dialog,
                   GtkEditable      *editable)
{
  CofferKey *key = g_object_get_data (G_OBJECT (dialog), "key");
  g_autofree char *now = coffer_key_dup_text (key);
  const char *text = gtk_editable_get_text (editable);

  adw_message_dialog_set_response_enabled (dialog, "rename", *text != '\0' && g_strcmp0 (text, now) != 0);
}

static void
rename_key_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferKey *key = coffer_entry_get_key (get_entry (self));
  g_autofree char *shown = describe_key (key);
  g_autofree char *text = coffer_key_dup_text (key);
  g_autofree char *heading = g_strdup_printf (_("Rename “%s”?"), shown);
  GtkWidget *entry = gtk_entry_new ();
  AdwMessageDialog *dialog = coffer_window_ask (self, heading, _("The value stays as it is. A large one takes a moment: it is written again under the new key."),
                                  "rename", _("_Rename"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (rename_response_cb));

  g_object_set_data_full (G_OBJECT (dialog), "key", coffer_key_ref (key), (GDestroyNotify) coffer_key_unref);
  g_object_set_data (G_OBJECT (dialog), "entry", entry);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("New key"), -1);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_editable_set_text (GTK_EDITABLE (entry), text != NULL ? text : "");
  adw_message_dialog_set_extra_child (dialog, entry);
  adw_message_dialog_set_default_response (dialog, "rename");
  g_signal_connect_object (entry, "changed", G_CALLBACK (rename_changed_cb), dialog, G_CONNECT_SWAPPED);
  rename_changed_cb (dialog, GTK_EDITABLE (entry));
  gtk_window_present (GTK_WINDOW (dialog));
  gtk_widget_grab_focus (entry);
}

static void
deleted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  gssize n = coffer_vault_delete_finish (COFFER_VAULT (source), result, &error);

  if (n < 0)
    {
      if (self->vault == COFFER_VAULT (source))
        coffer_key_selection_follow (get_selection (self), NULL);
      coffer_window_report (self, error, coffer_vault_get_display_name (COFFER_VAULT (source)));
    }
  else
    coffer_window_toast (self, n > 0 ? _("Key deleted") : _("The key was gone already"));
}

static void
delete_response_cb (CofferWindow     *self,
                    const char       *response,
                    AdwMessageDialog *dialog)
{
  CofferKey *key = g_object_get_data (G_OBJECT (dialog), "key");
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  if (!g_str_equal (response, "delete") || self->vault == NULL)
    return;

  g_ptr_array_add (keys, coffer_key_ref (key));
  coffer_key_selection_follow (get_selection (self), coffer_key_get_bytes (key));   /* to the one that takes its place */
  coffer_vault_delete_async (self->vault, keys, NULL, deleted_cb, g_object_ref (self));
}

static void
delete_key_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferEntry *entry = get_entry (self);
  CofferKey *key = coffer_entry_get_key (entry);
  g_autofree char *shown = describe_key (key);
  g_autofree char *heading = g_strdup_printf (_("Delete “%s”?"), shown);
  g_autofree char *size = coffer_entry_get_size (entry) != G_MAXUINT64 ? g_format_size (coffer_entry_get_size (entry)) : NULL;
  g_autofree char *body = size != NULL ? g_strdup_printf (_("The key and its value of %s are deleted from the file. This cannot be undone."), size)
                                       : g_strdup (_("The key and its value are deleted from the file. This cannot be undone."));
  AdwMessageDialog *dialog = coffer_window_ask (self, heading, body, "delete", _("_Delete"), ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (delete_response_cb));

  g_object_set_data_full (G_OBJECT (dialog), "key", coffer_key_ref (key), (GDestroyNotify) coffer_key_unref);
  gtk_window_present (GTK_WINDOW (dialog));
}

static const GActionEntry entries[] = {
  { "copy-key", copy_key_action },
  { "delete-key", delete_key_action },
  { "invert-selection", invert_selection_action },
  { "rename-key", rename_key_action },
  { "select-all", select_all_action },
  { "select-none", select_none_action },
  { "select-prefix", select_prefix_action },
};

void
coffer_window_update_key_actions (CofferWindow *self)
{
  CofferKeySelection *selection = get_selection (self);
  gboolean editable = selection != NULL && coffer_vault_get_editable (self->vault);
  gboolean single = get_entry (self) != NULL;
  g_autoptr(GBytes) prefix = dup_prefix (self);

  coffer_window_enable (self, "copy-key", single);
  coffer_window_enable (self, "rename-key", single && editable);
  coffer_window_enable (self, "delete-key", single && editable);
  coffer_window_enable (self, "invert-selection", selection != NULL);
  coffer_window_enable (self, "select-all", selection != NULL);
  coffer_window_enable (self, "select-none", selection != NULL && coffer_key_selection_get_n_selected (selection) > 0);
  coffer_window_enable (self, "select-prefix", prefix != NULL);
}

void
coffer_window_add_key_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}
