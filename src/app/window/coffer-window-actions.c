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

void
coffer_window_report (CofferWindow *self,
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

AdwMessageDialog *
coffer_window_ask (CofferWindow          *self,
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
  adw_message_dialog_set_default_response (dialog, appearance == ADW_RESPONSE_SUGGESTED ? answer : "cancel");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_signal_connect_object (dialog, "response", response_cb, self, G_CONNECT_SWAPPED);
  return dialog;
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
add_response_cb (CofferWindow   *self,
                 int             response,
                 GtkFileChooser *chooser)
{
  g_autoptr(GListModel) chosen = NULL;
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);

  drop_chooser (self);
  if (response != GTK_RESPONSE_ACCEPT)
    return;

  chosen = gtk_file_chooser_get_files (chooser);
  for (guint i = 0; i < g_list_model_get_n_items (chosen); i++)
    g_ptr_array_add (files, g_list_model_get_item (chosen, i));
  coffer_window_add_files (self, files);
}

static void
create_response_cb (CofferWindow   *self,
                    int             response,
                    GtkFileChooser *chooser)
{
  g_autoptr(GFile) file = NULL;
  CofferWindow *window = self;

  g_autoptr(GPtrArray) wanted = g_steal_pointer (&self->wanted);

  drop_chooser (self);
  if (response != GTK_RESPONSE_ACCEPT)
    return;

  file = gtk_file_chooser_get_file (chooser);
  if (!coffer_window_is_free (self))
    window = coffer_window_new (get_application (self));
  window->wanted = g_steal_pointer (&wanted);
  coffer_window_create (window, file);
  gtk_window_present (GTK_WINDOW (window));
}

static void
replace_response_cb (CofferWindow   *self,
                     int             response,
                     GtkFileChooser *chooser)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (chooser) : NULL;

  drop_chooser (self);
  if (file != NULL)
    coffer_window_replace_with (self, file);
  else
    g_clear_pointer (&self->replaced, coffer_key_unref);
}

static void
export_response_cb (CofferWindow   *self,
                    int             response,
                    GtkFileChooser *chooser)
{
  CofferWindowExport *wanted = g_steal_pointer (&self->exporting);

  drop_chooser (self);
  if (response == GTK_RESPONSE_ACCEPT)
    coffer_window_export_to (self, wanted, chooser);
  coffer_window_export_free (wanted);
}

static void
copy_response_cb (CofferWindow   *self,
                  int             response,
                  GtkFileChooser *chooser)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (chooser) : NULL;

  drop_chooser (self);
  if (file != NULL)
    coffer_window_save_copy (self, file);
}

static void
salvage_response_cb (CofferWindow   *self,
                     int             response,
                     GtkFileChooser *chooser)
{
  g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (chooser) : NULL;

  drop_chooser (self);
  if (file != NULL)
    coffer_window_save_salvage (self, file);
}

static const struct {
  const char *title;
  GtkFileChooserAction action;
  const char *accept;          /* NULL: GTK's word */
  void (*response_cb) (CofferWindow *self, int response, GtkFileChooser *chooser);
} choices[] = {
  [COFFER_CHOICE_OPEN] = { N_("Open a Vault"), GTK_FILE_CHOOSER_ACTION_OPEN, NULL, open_response_cb },
  [COFFER_CHOICE_CREATE] = { N_("New Vault"), GTK_FILE_CHOOSER_ACTION_SAVE, NULL, create_response_cb },
  [COFFER_CHOICE_ADD_FILES] = { N_("Add Files"), GTK_FILE_CHOOSER_ACTION_OPEN, N_("_Add"), add_response_cb },
  [COFFER_CHOICE_ADD_FOLDER] = { N_("Add Folder"), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, N_("_Add"), add_response_cb },
  [COFFER_CHOICE_REPLACE] = { N_("Replace with File"), GTK_FILE_CHOOSER_ACTION_OPEN, N_("_Replace"), replace_response_cb },
  [COFFER_CHOICE_EXPORT_FILE] = { N_("Export Value"), GTK_FILE_CHOOSER_ACTION_SAVE, N_("_Export"), export_response_cb },
  [COFFER_CHOICE_EXPORT_FOLDER] = { N_("Export to a Folder"), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, N_("_Export"), export_response_cb },
  [COFFER_CHOICE_EXPORT_ARCHIVE] = { N_("Export as an Archive"), GTK_FILE_CHOOSER_ACTION_SAVE, N_("_Export"), export_response_cb },
  [COFFER_CHOICE_COPY] = { N_("Save Copy"), GTK_FILE_CHOOSER_ACTION_SAVE, NULL, copy_response_cb },
  [COFFER_CHOICE_SALVAGE] = { N_("Export What Is Readable"), GTK_FILE_CHOOSER_ACTION_SAVE, NULL, salvage_response_cb },
};

static void
show_chooser (CofferWindow *self,
              CofferChoice  choice)
{
  g_autoptr(GFile) folder = self->file != NULL ? g_file_get_parent (self->file) : NULL;

  gboolean in_storage = choice == COFFER_CHOICE_COPY || choice == COFFER_CHOICE_SALVAGE;
  GtkWidget *parent = in_storage && self->storage_window != NULL ? self->storage_window : GTK_WIDGET (self);

  self->chooser = gtk_file_chooser_native_new (_(choices[choice].title), GTK_WINDOW (parent), choices[choice].action,
                                               choices[choice].accept != NULL ? _(choices[choice].accept) : NULL, NULL);
  g_object_weak_ref (G_OBJECT (self->chooser), chooser_gone_cb, g_object_ref (coffer_application_get_gate (get_application (self))));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  if (choice == COFFER_CHOICE_OPEN || choice == COFFER_CHOICE_CREATE)
    add_filters (GTK_FILE_CHOOSER (self->chooser));
  if (folder != NULL)
    gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (self->chooser), folder, NULL);
  if (choice == COFFER_CHOICE_CREATE)
    gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), _("Untitled.kvault"));
  else if (choice == COFFER_CHOICE_EXPORT_FILE || choice == COFFER_CHOICE_EXPORT_FOLDER ||
           choice == COFFER_CHOICE_EXPORT_ARCHIVE)
    coffer_window_add_export_choices (self, GTK_FILE_CHOOSER (self->chooser));
  else if (in_storage)
    coffer_window_suggest_copy (self, GTK_FILE_CHOOSER (self->chooser));
  else if (choice != COFFER_CHOICE_REPLACE)
    gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (choices[choice].response_cb), self, G_CONNECT_SWAPPED);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

typedef struct {
  CofferWindow *window;
  CofferChoice choice;
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
    show_chooser (self, choice->choice);
  else   /* closed meanwhile */
    coffer_gate_resume (COFFER_GATE (source));
}

/* A chooser of this process opens and closes what it shows: no vault may be open then. */
void
coffer_window_choose (CofferWindow *self,
                      CofferChoice  what)
{
  Choice *choice;

  if (self->choosing)
    return;

  self->choosing = TRUE;
  choice = g_new0 (Choice, 1);
  choice->window = g_object_ref (self);
  choice->choice = what;
  coffer_gate_hold_async (coffer_application_get_gate (get_application (self)), held_cb, choice);
}

static void
open_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  coffer_window_choose (user_data, COFFER_CHOICE_OPEN);
}

static void
new_vault_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  coffer_window_choose (user_data, COFFER_CHOICE_CREATE);
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

/* To look at two places of it: find_window() never opens a file twice of its own accord. */
static void
same_vault_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferWindow *other = coffer_window_new (get_application (self));

  coffer_window_open (other, self->file);
  coffer_window_present (other);
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
  CofferColumns *columns = coffer_key_view_get_columns (coffer_vault_view_get_keys (self->view));

  coffer_columns_set_order (columns, coffer_columns_get_sort (columns), g_variant_get_boolean (state));
}

static void
change_sort (GSimpleAction *action,
             GVariant      *state,
             gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferColumns *columns = coffer_key_view_get_columns (coffer_vault_view_get_keys (self->view));
  CofferColumn column;

  if (coffer_columns_from_name (g_variant_get_string (state, NULL), &column))
    coffer_columns_set_order (columns, column, coffer_columns_get_descending (columns));
}

static void
change_search (GSimpleAction *action,
               GVariant      *state,
               gpointer       user_data)
{
  CofferWindow *self = user_data;

  if (g_variant_get_boolean (state))
    coffer_search_bar_open (coffer_vault_view_get_search (self->view));
  else
    coffer_search_bar_set_active (coffer_vault_view_get_search (self->view), FALSE);
  coffer_window_update_actions (self);
}

/* Again, the text that is there is to be typed over. */
/* Whoever reads a text means that text. */
static void
find_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (user_data));

  if (focus != NULL && gtk_widget_activate_action (focus, "text.find", NULL))
    return;

  change_search (NULL, g_variant_new_boolean (TRUE), user_data);
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
    coffer_window_report (self, error, coffer_vault_get_display_name (COFFER_VAULT (source)));
}

static void
edit_response_cb (CofferWindow *self,
                  const char   *response)
{
  if (g_str_equal (response, "edit") && self->vault != NULL)
    coffer_vault_edit_async (self->vault, NULL, edited_cb, g_object_ref (self));
}

static void
edit_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  CofferWindow *self = user_data;
  g_autofree char *heading = g_strdup_printf (_("Edit “%s”?"), coffer_vault_get_display_name (self->vault));
  AdwMessageDialog *dialog = coffer_window_ask (self, heading,
                                                _("Files can then be added, and keys renamed and deleted. Changes can be undone as long as this window is open; deleted keys leave the file when it is closed."),
                                                "edit", _("_Edit"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (edit_response_cb));

  gtk_window_present (GTK_WINDOW (dialog));
}

static void
stop_editing_action (GSimpleAction *action,
                     GVariant      *parameter,
                     gpointer       user_data)
{
  coffer_window_stop_editing (user_data);
}

static const GActionEntry entries[] = {
  { "back", back_action },
  { "change", coffer_window_change_action, "s" },
  { "clean-up", coffer_window_clean_action },
  { "descending", NULL, NULL, "false", change_descending },
  { "edit", edit_action },
  { "find", find_action },
  { "main-menu", main_menu_action },
  { "new-vault", new_vault_action },
  { "next-pane", next_pane_action },
  { "open", open_action },
  { "open-path", open_path_action, "s" },
  { "open-salvaged", coffer_window_open_salvaged_action },
  { "refresh", refresh_action },
  { "salvage", coffer_window_salvage_action },
  { "search", NULL, NULL, "false", change_search },
  { "same-vault-window", same_vault_action },
  { "sidebar", NULL, NULL, "true", change_sidebar },
  { "sort", NULL, "s", "'key'", change_sort },
  { "stop-editing", stop_editing_action },
  { "storage", coffer_window_storage_action, "s" },
  { "try-again", try_again_action },
};

void
coffer_window_enable (CofferWindow *self,
                      const char   *name,
                      gboolean      enabled)
{
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), enabled);
}

static void
set_state (CofferWindow *self,
           const char   *name,
           GVariant     *state)
{
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), state);
}

void
coffer_window_update_actions (CofferWindow *self)
{
  gboolean shown = self->vault != NULL;
  gboolean editable = shown && coffer_vault_get_editable (self->vault);
  gboolean salvaging = coffer_window_is_salvaging (self);
  CofferColumns *columns;

  coffer_window_enable (self, "back", shown);
  coffer_window_enable (self, "change", shown && !editable);
  coffer_window_enable (self, "clean-up", shown && coffer_vault_get_table (self->vault) != NULL);
  coffer_window_enable (self, "descending", shown);
  coffer_window_enable (self, "find", shown && coffer_vault_view_can_search (self->view));
  coffer_window_enable (self, "main-menu", shown);
  coffer_window_enable (self, "next-pane", shown);
  coffer_window_enable (self, "refresh", shown);
  coffer_window_enable (self, "search", shown && coffer_vault_view_can_search (self->view));
  coffer_window_enable (self, "same-vault-window", shown);
  coffer_window_enable (self, "same-vault-window", shown);
  coffer_window_enable (self, "sidebar", shown);
  coffer_window_enable (self, "sort", shown);
  coffer_window_enable (self, "storage", shown);
  coffer_window_enable (self, "edit", shown && !editable && coffer_vault_get_lock_reason (self->vault) == NULL);
  coffer_window_enable (self, "stop-editing", editable);
  coffer_window_enable (self, "open-salvaged", self->damaged != NULL);
  coffer_window_enable (self, "salvage", self->damaged != NULL);
  coffer_window_enable (self, "try-again", self->problem_shown && !salvaging);
  coffer_window_update_add_actions (self);
  coffer_window_update_undo_actions (self);
  coffer_window_update_key_actions (self);
  coffer_window_update_view_actions (self);
  coffer_window_update_place_actions (self);

  if (!shown)
    return;
  columns = coffer_key_view_get_columns (coffer_vault_view_get_keys (self->view));
  set_state (self, "descending", g_variant_new_boolean (coffer_columns_get_descending (columns)));
  set_state (self, "search", g_variant_new_boolean (coffer_search_bar_get_active (coffer_vault_view_get_search (self->view))));
  set_state (self, "sort", g_variant_new_string (coffer_columns_name (coffer_columns_get_sort (columns))));
  set_state (self, "sidebar", g_variant_new_boolean (coffer_vault_view_get_sidebar_shown (self->view)));
}

void
coffer_window_add_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  coffer_window_add_add_actions (self);
  coffer_window_add_bundle_actions (self);
  coffer_window_add_export_actions (self);
  coffer_window_add_key_actions (self);
  coffer_window_add_undo_actions (self);
  coffer_window_add_view_actions (self);
  coffer_window_add_place_actions (self);
  coffer_window_update_actions (self);
}
