/* SPDX-License-Identifier: MIT */
/* The actions of a window, win.*: what menus, keys and tests call. Whatever changes the file asks first and says what will
 * happen; failures are told in the words of coffer_error_describe(). Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-actions"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"

#define SETTLE_MS 100

/* (nullable) NULL once the window is closed */
static CofferApplication *
get_application (CofferWindow *self)
{
  return (CofferApplication *) gtk_window_get_application (GTK_WINDOW (self));
}

/* Saying what happened */

/* @name  what failed: the vault, or a key */
static void
report (CofferWindow *self,
        const GError *error,
        const char   *name)
{
  g_autofree char *title = NULL;
  g_autofree char *advice = NULL;
  GtkWidget *dialog;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->vault == NULL)
    return;

  coffer_error_describe (error, name, &title, &advice);
  dialog = adw_message_dialog_new (GTK_WINDOW (self), title, advice);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
toast (CofferWindow *self,
       const char   *text)
{
  g_autofree char *title = g_markup_escape_text (text, -1);

  /* The last one counts: a queue of them would lag behind what people do. */
  if (self->toast != NULL)
    adw_toast_dismiss (self->toast);
  g_set_weak_pointer (&self->toast, adw_toast_new (title));
  adw_toast_set_timeout (self->toast, 3);
  adw_toast_overlay_add_toast (self->toasts, self->toast);
}

/* The entry that is selected and whose key is known. */
static CofferEntry *
get_entry (CofferWindow *self)
{
  CofferEntry *entry = self->vault != NULL ? coffer_key_view_get_selected_entry (coffer_vault_view_get_keys (self->view)) : NULL;

  return entry != NULL && coffer_entry_get_key (entry) != NULL ? entry : NULL;
}

static char *
describe_key (CofferKey *key)
{
  return coffer_key_to_display (key, 80);
}

/* Opening and making vaults */

static void
add_filters (GtkFileChooser *chooser)
{
  g_autoptr(GtkFileFilter) vaults = gtk_file_filter_new ();
  g_autoptr(GtkFileFilter) all = gtk_file_filter_new ();

  gtk_file_filter_set_name (vaults, _("Vaults"));
  gtk_file_filter_add_pattern (vaults, "*.kvault");
  gtk_file_filter_add_pattern (vaults, "*.vault");
  gtk_file_filter_add_pattern (vaults, "*.db");
  gtk_file_filter_add_pattern (vaults, "*.sqlite*");
  gtk_file_filter_set_name (all, _("All Files"));
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (chooser, vaults);
  gtk_file_chooser_add_filter (chooser, all);
}

/* The threads of a chooser that is gone may be at a last file each. */
static gboolean
settled_cb (gpointer user_data)
{
  coffer_gate_resume (user_data);
  return G_SOURCE_REMOVE;
}

static void
chooser_gone_cb (gpointer  user_data,
                 GObject  *chooser)
{
  g_timeout_add_full (G_PRIORITY_DEFAULT, SETTLE_MS, settled_cb, user_data, g_object_unref);
}

static void
drop_chooser (CofferWindow *self)
{
  self->choosing = FALSE;
  g_clear_object (&self->chooser);
}

/* An answer of @chooser, which goes with it. */
static void
open_response_cb (CofferWindow   *self,
                  int             response,
                  GtkFileChooser *chooser)
{
  g_autoptr(GListModel) files = NULL;

  drop_chooser (self);
  if (response != GTK_RESPONSE_ACCEPT)
    return;

  files = gtk_file_chooser_get_files (chooser);
  for (guint i = 0; i < g_list_model_get_n_items (files); i++)
    {
      g_autoptr(GFile) file = g_list_model_get_item (files, i);

      coffer_application_open_file (get_application (self), file, self);
    }
}

static void
create_response_cb (CofferWindow   *self,
                    int             response,
                    GtkFileChooser *chooser)
{
  g_autoptr(GFile) file = NULL;
  CofferWindow *window = self;

  drop_chooser (self);
  if (response != GTK_RESPONSE_ACCEPT)
    return;

  file = gtk_file_chooser_get_file (chooser);
  if (!coffer_window_is_free (self))
    window = coffer_window_new (get_application (self));
  coffer_window_create (window, file);
  gtk_window_present (GTK_WINDOW (window));
}

static void
show_chooser (CofferWindow         *self,
              GtkFileChooserAction  action)
{
  gboolean opens = action == GTK_FILE_CHOOSER_ACTION_OPEN;
  g_autoptr(GFile) folder = self->file != NULL ? g_file_get_parent (self->file) : NULL;

  self->chooser = gtk_file_chooser_native_new (opens ? _("Open a Vault") : _("New Vault"), GTK_WINDOW (self), action, NULL, NULL);
  g_object_weak_ref (G_OBJECT (self->chooser), chooser_gone_cb, g_object_ref (coffer_application_get_gate (get_application (self))));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  add_filters (GTK_FILE_CHOOSER (self->chooser));
  if (folder != NULL)
    gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (self->chooser), folder, NULL);
  if (opens)
    gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (self->chooser), TRUE);
  else
    gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), _("Untitled.kvault"));
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (opens ? open_response_cb : create_response_cb), self, G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

typedef struct {
  CofferWindow *window;
  GtkFileChooserAction action;
} Choice;

static void
held_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autofree Choice *choice = user_data;
  g_autoptr(CofferWindow) self = choice->window;

  coffer_gate_hold_finish (COFFER_GATE (source), result);
  if (get_application (self) != NULL)
    show_chooser (self, choice->action);
  else   /* closed meanwhile */
    coffer_gate_resume (COFFER_GATE (source));
}

/* A chooser of this process opens and closes what it shows: no vault may be open then. */
static void
choose (CofferWindow         *self,
        GtkFileChooserAction  action)
{
  Choice *choice;

  if (self->choosing)
    return;

  self->choosing = TRUE;
  choice = g_new0 (Choice, 1);
  choice->window = g_object_ref (self);
  choice->action = action;
  coffer_gate_hold_async (coffer_application_get_gate (get_application (self)), held_cb, choice);
}

static void
open_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  choose (user_data, GTK_FILE_CHOOSER_ACTION_OPEN);
}

static void
new_vault_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  choose (user_data, GTK_FILE_CHOOSER_ACTION_SAVE);
}

/* A path or a URI. */
static void
open_path_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  CofferWindow *self = user_data;
  g_autoptr(GFile) file = g_file_new_for_commandline_arg (g_variant_get_string (parameter, NULL));

  coffer_application_open_file (get_application (self), file, self);
}

static void
try_again_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  CofferWindow *self = user_data;
  g_autoptr(GFile) file = g_object_ref (self->file);

  coffer_window_open (self, file);
}

/* Getting about */

static void
refresh_action (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  coffer_vault_view_refresh (COFFER_WINDOW (user_data)->view);
}

static void
back_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  coffer_vault_view_go_back (COFFER_WINDOW (user_data)->view);
}

static void
next_pane_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  coffer_vault_view_focus_next_pane (COFFER_WINDOW (user_data)->view);
}

static void
main_menu_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  coffer_vault_view_pop_up_menu (COFFER_WINDOW (user_data)->view);
}

static void
change_sidebar (GSimpleAction *action,
                GVariant      *state,
                gpointer       user_data)
{
  CofferWindow *self = user_data;

  coffer_vault_view_toggle_sidebar (self->view);
  coffer_window_update_actions (self);
}

static void
change_descending (GSimpleAction *action,
                   GVariant      *state,
                   gpointer       user_data)
{
  CofferWindow *self = user_data;

  g_object_set (coffer_vault_view_get_keys (self->view), "descending", g_variant_get_boolean (state), NULL);
}

/* Editing */

static void
edited_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  g_autoptr(GError) error = NULL;

  if (!coffer_vault_edit_finish (COFFER_VAULT (source), result, &error))
    report (self, error, coffer_vault_get_display_name (COFFER_VAULT (source)));
}

static void
edit_response_cb (CofferWindow *self,
                  const char   *response)
{
  if (g_str_equal (response, "edit") && self->vault != NULL)
    coffer_vault_edit_async (self->vault, NULL, edited_cb, g_object_ref (self));
}

/* A question with Cancel as the answer of Enter and Esc; @answer is the other. (transfer none) */
static AdwMessageDialog *
ask (CofferWindow          *self,
     const char            *heading,
     const char            *body,
     const char            *answer,
     const char            *label,
     AdwResponseAppearance  appearance,
     GCallback              response_cb)
{
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (adw_message_dialog_new (GTK_WINDOW (self), heading, body));

  adw_message_dialog_add_response (dialog, "cancel", _("_Cancel"));
  adw_message_dialog_add_response (dialog, answer, label);
  adw_message_dialog_set_response_appearance (dialog, answer, appearance);
  adw_message_dialog_set_default_response (dialog, "cancel");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_signal_connect_object (dialog, "response", response_cb, self, G_CONNECT_SWAPPED);
  return dialog;
}

static void
edit_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  CofferWindow *self = user_data;
  g_autofree char *heading = g_strdup_printf (_("Edit “%s”?"), coffer_vault_get_display_name (self->vault));
  AdwMessageDialog *dialog = ask (self, heading,
                                  _("Keys can then be renamed and deleted. Each change is written to the file at once and cannot be undone."),
                                  "edit", _("_Edit"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (edit_response_cb));

  gtk_window_present (GTK_WINDOW (dialog));
}

static void
stop_editing_action (GSimpleAction *action,
                     GVariant      *parameter,
                     gpointer       user_data)
{
  coffer_vault_stop_editing (COFFER_WINDOW (user_data)->vault);
}

/* Keys */

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
  toast (self, text != NULL ? _("Key copied") : _("The key is not text: copied as it is shown"));
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
      toast (self, _("Key renamed"));
      return;
    }

  if (self->vault == COFFER_VAULT (source))
    coffer_key_view_follow (coffer_vault_view_get_keys (self->view), NULL);
  name = g_error_matches (error, COFFER_ERROR, COFFER_ERROR_EXISTS)
         ? describe_key (new_key) : g_strdup (coffer_vault_get_display_name (COFFER_VAULT (source)));
  report (self, error, name);
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
  coffer_key_view_follow (coffer_vault_view_get_keys (self->view), bytes);
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
  AdwMessageDialog *dialog = ask (self, heading, _("The value stays as it is. A large one takes a moment: it is written again under the new key."),
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
    report (self, error, coffer_vault_get_display_name (COFFER_VAULT (source)));
  else
    toast (self, n > 0 ? _("Key deleted") : _("The key was gone already"));
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
  AdwMessageDialog *dialog = ask (self, heading, body, "delete", _("_Delete"), ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (delete_response_cb));

  g_object_set_data_full (G_OBJECT (dialog), "key", coffer_key_ref (key), (GDestroyNotify) coffer_key_unref);
  gtk_window_present (GTK_WINDOW (dialog));
}

static const GActionEntry entries[] = {
  { "back", back_action },
  { "copy-key", copy_key_action },
  { "delete-key", delete_key_action },
  { "descending", NULL, NULL, "false", change_descending },
  { "edit", edit_action },
  { "main-menu", main_menu_action },
  { "new-vault", new_vault_action },
  { "next-pane", next_pane_action },
  { "open", open_action },
  { "open-path", open_path_action, "s" },
  { "refresh", refresh_action },
  { "rename-key", rename_key_action },
  { "sidebar", NULL, NULL, "true", change_sidebar },
  { "stop-editing", stop_editing_action },
  { "try-again", try_again_action },
};

static void
enable (CofferWindow *self,
        const char   *name,
        gboolean      enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
set_state (CofferWindow *self,
           const char   *name,
           gboolean      state)
{
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), g_variant_new_boolean (state));
}

void
coffer_window_update_actions (CofferWindow *self)
{
  gboolean shown = self->vault != NULL;
  gboolean editable = shown && coffer_vault_get_editable (self->vault);
  gboolean selected = shown && get_entry (self) != NULL;
  gboolean descending = FALSE;

  enable (self, "back", shown);
  enable (self, "descending", shown);
  enable (self, "main-menu", shown);
  enable (self, "next-pane", shown);
  enable (self, "refresh", shown);
  enable (self, "sidebar", shown);
  enable (self, "copy-key", selected);
  enable (self, "rename-key", selected && editable);
  enable (self, "delete-key", selected && editable);
  enable (self, "edit", shown && !editable && coffer_vault_get_lock_reason (self->vault) == NULL);
  enable (self, "stop-editing", editable);
  enable (self, "try-again", self->problem_shown);

  if (!shown)
    return;
  g_object_get (coffer_vault_view_get_keys (self->view), "descending", &descending, NULL);
  set_state (self, "descending", descending);
  set_state (self, "sidebar", coffer_vault_view_get_sidebar_shown (self->view));
}

void
coffer_window_add_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  coffer_window_update_actions (self);
}
