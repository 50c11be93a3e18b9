/* SPDX-License-Identifier: MIT */
/* Exporting what is selected: one value to the file that somebody names, several to a folder. It goes on behind, and is told of at its
 * end. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-export"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"
#include "coffer-export.h"
#include "coffer-export-headers.h"
#include "coffer-export-sheet.h"
#include "coffer-file-name.h"
#include "coffer-present.h"

#define TOAST_SECONDS 8            /* with something to be clicked */
#define MAX_NAMED 15               /* that were left out */

/* What is to be exported, until somebody has said where to. */
struct _CofferWindowExport {
  GPtrArray *keys;                 /* of CofferKey */
  char *name;                      /* of the file, where it is one */
  gboolean archives;               /* it is an archive */
  gboolean headers;                /* some value may have one */
  gboolean looking;                /* whether one has */
  gboolean asking;                 /* how, in a sheet */
  guint64 n_bytes;
  CofferExportOptions options;     /* as the sheet has it; of one value, as the chooser will */
};

void
coffer_window_export_free (CofferWindowExport *wanted)
{
  coffer_keys_unref (wanted->keys);
  g_free (wanted->name);
  g_free (wanted);
}

static CofferTransfers *
get_transfers (CofferWindow *self)
{
  return coffer_application_get_transfers (COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))));
}

/* How it ended */

static void
open_folder_cb (AdwToast     *toast,
                CofferExport *export)
{
  GtkWindow *window = g_object_get_data (G_OBJECT (toast), "window");
  GFile *file = coffer_export_get_file (export);
  gboolean is_folder = g_object_get_data (G_OBJECT (export), "is-file") == NULL;
  g_autoptr(GFile) folder = is_folder ? g_object_ref (file) : g_file_get_parent (file);
  g_autofree char *uri = g_file_get_uri (folder);

  gtk_show_uri (window, uri, GDK_CURRENT_TIME);
}

void
coffer_window_show_problems (CofferWindow *self,
                             const char   *heading,
                             const char   *first,
                             GPtrArray    *skips)
{
  GString *body = g_string_new (first);
  GtkWidget *dialog;

  for (guint i = 0; i < MIN (skips->len, MAX_NAMED); i++)
    {
      CofferTransferSkip *skip = g_ptr_array_index (skips, i);

      g_string_append_printf (body, "%s%s: %s", body->len > 0 ? "\n" : "", skip->name, skip->reason);
    }
  if (skips->len > MAX_NAMED)
    g_string_append (body, "\n…");
  dialog = adw_message_dialog_new (GTK_WINDOW (self), heading, body->str);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
  g_string_free (body, TRUE);
}

static void
tell_files (CofferWindow *self,
            CofferExport *export,
            gboolean      all)
{
  guint64 n_files = coffer_export_get_n_files (export);
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, n_files);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s file exported", "%s files exported", (gulong) n_files), number);

  if (n_files > 0)
    coffer_window_toast_for (self, text, TOAST_SECONDS);
  else
    coffer_window_toast (self, text);
  coffer_window_tell_desktop (self, COFFER_TRANSFER (export), all ? text : _("Not All Keys Could Be Exported"));
  if (n_files == 0)
    return;
  adw_toast_set_button_label (self->toast, _("_Open Folder"));
  g_object_set_data (G_OBJECT (self->toast), "window", self);
  g_object_set_data_full (G_OBJECT (self->toast), "export", g_object_ref (export), g_object_unref);
  g_signal_connect_object (self->toast, "button-clicked", G_CALLBACK (open_folder_cb), export, 0);
}

/* Of an archive that is not whole nothing is left. */
static void
tell_no_archive (CofferWindow *self,
                 CofferExport *export)
{
  const GError *error = coffer_transfer_get_error (COFFER_TRANSFER (export));
  g_autofree char *line = error != NULL ? coffer_error_dup_line (error) : NULL;
  g_autoptr(GPtrArray) none = g_ptr_array_new ();

  if (error == NULL)
    {
      coffer_window_toast (self, _("No archive was written"));
      return;
    }
  coffer_window_tell_desktop (self, COFFER_TRANSFER (export), _("The Archive Could Not Be Written"));
  coffer_window_show_problems (self, _("The Archive Could Not Be Written"), line, none);
}

/* What was exported, but cannot come back as it was. */
static void
tell_inexact (CofferWindow *self,
              CofferExport *export)
{
  guint64 n;
  GPtrArray *inexact = coffer_export_get_inexact (export, &n);
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, n);
  g_autofree char *heading = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s Key Cannot Come Back as It Was",
                                                           "%s Keys Cannot Come Back as They Were", (gulong) n), number);

  if (n > 0)
    coffer_window_show_problems (self, heading, NULL, inexact);
}

static void
tell_end (CofferWindow *self,
          CofferExport *export)
{
  GPtrArray *skips = coffer_transfer_get_skips (COFFER_TRANSFER (export));
  const GError *error = coffer_transfer_get_error (COFFER_TRANSFER (export));
  g_autofree char *line = error != NULL ? coffer_error_dup_line (error) : NULL;
  gboolean all = error == NULL && skips->len == 0;

  tell_files (self, export, all);
  if (!all)
    coffer_window_show_problems (self, _("Not All Keys Could Be Exported"), line, skips);
  else
    tell_inexact (self, export);
}

static void
state_cb (CofferWindow *self,
          GParamSpec   *pspec,
          CofferExport *export)
{
  if (coffer_transfer_is_active (COFFER_TRANSFER (export)) || self->vault != coffer_export_get_vault (export))
    return;
  if (self->closes)
    return;
  if (coffer_export_is_archive (export) && coffer_transfer_get_state (COFFER_TRANSFER (export)) != COFFER_TRANSFER_DONE)
    tell_no_archive (self, export);
  else
    tell_end (self, export);
}

/* Off it goes */

static void
add_switch (GtkFileChooser *chooser,
            const char     *id,
            const char     *words)
{
  gtk_file_chooser_add_choice (chooser, id, words, NULL, NULL);
  gtk_file_chooser_set_choice (chooser, id, "false");
}

/* To several files, or to an archive. */
static gboolean
is_several (const CofferWindowExport *wanted)
{
  return wanted->archives || wanted->keys->len > 1;
}

void
coffer_window_add_export_choices (CofferWindow   *self,
                                  GtkFileChooser *chooser)
{
  CofferWindowExport *wanted = self->exporting;
  g_autoptr(GtkFileFilter) all = NULL;

  if (wanted->name != NULL)
    gtk_file_chooser_set_current_name (chooser, wanted->name);
  if (is_several (wanted))
    return;
  /* Beside a choice GTK shows a list of kinds of files, and "(None)" where there is none. */
  all = gtk_file_filter_new ();
  gtk_file_filter_set_name (all, _("All Files"));
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (chooser, all);
  add_switch (chooser, "verify", _("Verify afterwards"));
  if (wanted->headers)
    add_switch (chooser, "headers", _("Keep value headers"));
}

static gboolean
is_on (GtkFileChooser *chooser,
       const char     *id)
{
  return g_strcmp0 (gtk_file_chooser_get_choice (chooser, id), "true") == 0;
}

/* Only what was asked for may be looked for. */
static void
read_choices (CofferWindowExport *wanted,
              GtkFileChooser     *chooser)
{
  wanted->options = (CofferExportOptions) {
    .verifies = is_on (chooser, "verify"),
    .headers = wanted->headers && is_on (chooser, "headers"),
  };
}

static CofferExport *
new_export (CofferWindow             *self,
            const CofferWindowExport *wanted,
            GFile                    *file)
{
  CofferExport *export;

  if (wanted->archives)
    export = coffer_export_new_archive (self->vault, wanted->keys, file, &wanted->options);
  else if (wanted->keys->len == 1)
    export = coffer_export_new_file (self->vault, g_ptr_array_index (wanted->keys, 0), file, &wanted->options);
  else
    export = coffer_export_new_keys (self->vault, wanted->keys, file, &wanted->options);
  if (wanted->name != NULL)
    g_object_set_data (G_OBJECT (export), "is-file", self);
  return export;
}

void
coffer_window_export_to (CofferWindow       *self,
                         CofferWindowExport *wanted,
                         GtkFileChooser     *chooser)
{
  g_autoptr(GFile) file = gtk_file_chooser_get_file (chooser);
  g_autofree char *name = file != NULL ? g_file_get_basename (file) : NULL;
  g_autoptr(CofferExport) export = NULL;

  if (self->vault == NULL || file == NULL)
    return;
  if (g_file_peek_path (file) == NULL)
    {
      coffer_window_toast (self, _("Keys can be exported to folders of this computer only"));
      return;
    }
  /* With another ending it would be another file than that which the chooser asked about. */
  if (wanted->archives && !coffer_export_can_archive (name))
    {
      coffer_window_toast (self, _("The name of an archive has to end in .zip, .tar or .tar.zst"));
      return;
    }
  if (!is_several (wanted))
    read_choices (wanted, chooser);
  export = new_export (self, wanted, file);
  coffer_export_set_expected (export, wanted->keys->len, wanted->n_bytes);
  g_signal_connect_object (export, "notify::state", G_CALLBACK (state_cb), self, G_CONNECT_SWAPPED);
  coffer_transfers_add (get_transfers (self), COFFER_TRANSFER (export));
}

/* How, and where to */

static void
ask_where (CofferWindow *self)
{
  CofferWindowExport *wanted = self->exporting;

  coffer_window_choose (self, wanted->archives     ? COFFER_CHOICE_EXPORT_ARCHIVE :
                              wanted->name != NULL ? COFFER_CHOICE_EXPORT_FILE : COFFER_CHOICE_EXPORT_FOLDER);
}

/* "photos.zip" of photos.kvault. */
static char *
dup_archive_name (CofferWindow *self,
                  const char   *ending)
{
  g_autofree char *name = g_strdup (coffer_vault_get_display_name (self->vault));
  char *dot = strrchr (name, '.');

  if (dot != NULL && dot != name)
    *dot = '\0';
  return g_strconcat (name, ending, NULL);
}

static void
choose_cb (CofferWindow      *self,
           CofferExportSheet *sheet)
{
  CofferWindowExport *wanted = self->exporting;

  if (self->vault == NULL || wanted == NULL || !wanted->asking)
    return;
  wanted->asking = FALSE;
  coffer_export_sheet_get_options (sheet, &wanted->options);
  self->export_options[wanted->archives] = wanted->options;
  if (wanted->archives)
    wanted->name = dup_archive_name (self, coffer_export_sheet_get_ending (sheet));
  ask_where (self);
}

static void
sheet_gone_cb (CofferWindow *self)
{
  if (self->exporting != NULL && self->exporting->asking)
    g_clear_pointer (&self->exporting, coffer_window_export_free);
}

static void
ask_how (CofferWindow *self)
{
  CofferWindowExport *wanted = self->exporting;
  CofferExportQuestion question = { wanted->keys->len, wanted->n_bytes, wanted->archives, wanted->headers };
  CofferExportSheet *sheet = coffer_export_sheet_new (GTK_WINDOW (self), &question, &self->export_options[wanted->archives]);

  wanted->asking = TRUE;
  g_signal_connect_object (sheet, "choose", G_CALLBACK (choose_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (sheet, "destroy", G_CALLBACK (sheet_gone_cb), self, G_CONNECT_SWAPPED);
  coffer_present_soon (GTK_WINDOW (sheet));
}

/* What */

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  CofferWindowExport *wanted = self->exporting;
  gboolean found = coffer_export_find_headers_finish (COFFER_VAULT (source), result);

  if (wanted == NULL || !wanted->looking)
    return;
  wanted->looking = FALSE;
  wanted->headers = found;
  if (self->vault != COFFER_VAULT (source) || self->choosing)
    g_clear_pointer (&self->exporting, coffer_window_export_free);
  else if (is_several (wanted))
    ask_how (self);
  else
    ask_where (self);
}

static gboolean
is_busy (CofferWindow *self)
{
  return self->choosing || (self->exporting != NULL && (self->exporting->looking || self->exporting->asking));
}

/* @keys (transfer full), @name (transfer full) (nullable) */
static void
choose (CofferWindow *self,
        GPtrArray    *keys,
        char         *name,
        gboolean      archives)
{
  guint64 n_bytes = coffer_key_tally_get_bytes (coffer_vault_view_get_tally (self->view));

  g_clear_pointer (&self->exporting, coffer_window_export_free);
  self->exporting = g_new (CofferWindowExport, 1);
  *self->exporting = (CofferWindowExport) {
    .keys = keys,
    .name = name,
    .archives = archives,
    .looking = TRUE,
    .n_bytes = n_bytes != G_MAXUINT64 ? n_bytes : 0,
  };
  coffer_export_find_headers_async (self->vault, keys, NULL, looked_cb, g_object_ref (self));
}

static void
choose_keys (CofferWindow *self,
             GAsyncResult *result,
             GObject      *source,
             gboolean      archives)
{
  g_autoptr(GError) error = NULL;
  GPtrArray *keys = coffer_entry_list_keys_finish (COFFER_ENTRY_LIST (source), result, &error);

  if (keys == NULL)
    coffer_window_report (self, error, self->vault != NULL ? coffer_vault_get_display_name (self->vault) : NULL);
  else if (self->vault == NULL || is_busy (self) || keys->len == 0)
    coffer_keys_unref (keys);
  else if (archives)
    choose (self, keys, NULL, TRUE);
  else
    choose (self, keys, keys->len == 1 ? coffer_file_name_for_key (g_ptr_array_index (keys, 0), NULL) : NULL, FALSE);
}

static void
keys_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;

  choose_keys (self, result, source, FALSE);
}

static void
archive_keys_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;

  choose_keys (self, result, source, TRUE);
}

static void
find_keys (CofferWindow        *self,
           GAsyncReadyCallback  callback)
{
  CofferKeySelection *selection = coffer_vault_view_get_selection (self->view);

  if (!is_busy (self))
    coffer_entry_list_keys_async (coffer_key_selection_get_list (selection), coffer_key_selection_peek_rows (selection), NULL, callback,
                                  g_object_ref (self));
}

static void
export_action (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferEntry *entry = coffer_window_get_single_entry (self);
  GPtrArray *keys;

  if (entry == NULL)
    {
      find_keys (self, keys_cb);
      return;
    }
  if (is_busy (self))
    return;
  keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_ptr_array_add (keys, coffer_key_ref (coffer_entry_get_key (entry)));
  choose (self, keys, coffer_file_name_for_key (coffer_entry_get_key (entry), coffer_entry_get_content_type (entry)), FALSE);
}

static void
export_archive_action (GSimpleAction *action,
                       GVariant      *parameter,
                       gpointer       user_data)
{
  find_keys (user_data, archive_keys_cb);
}

static void
export_shown_action (GSimpleAction *action,
                     GVariant      *parameter,
                     gpointer       user_data)
{
  if (coffer_window_select_shown (user_data))
    find_keys (user_data, keys_cb);
}

static void
export_archive_shown_action (GSimpleAction *action,
                             GVariant      *parameter,
                             gpointer       user_data)
{
  if (coffer_window_select_shown (user_data))
    find_keys (user_data, archive_keys_cb);
}

void
coffer_window_enable_export_archive (CofferWindow *self,
                                     gboolean      selected,
                                     gboolean      shown)
{
  if (!coffer_export_can_archive (NULL))
    return;
  coffer_window_enable (self, "export-archive", selected);
  coffer_window_enable (self, "export-archive-shown", shown);
}

void
coffer_window_export_keys (CofferWindow *self,
                           GPtrArray    *keys,
                           guint64       n_bytes)
{
  if (self->vault == NULL || is_busy (self) || keys->len == 0)
    return;
  choose (self, g_ptr_array_ref (keys), keys->len == 1 ? coffer_file_name_for_key (g_ptr_array_index (keys, 0), NULL) : NULL, FALSE);
  self->exporting->n_bytes = n_bytes;
}

static const GActionEntry entries[] = {
  { "export", export_action },
  { "export-shown", export_shown_action },
};

static const GActionEntry archive_entries[] = {
  { "export-archive", export_archive_action },
  { "export-archive-shown", export_archive_shown_action },
};

void
coffer_window_add_export_actions (CofferWindow *self)
{
  self->export_options[FALSE] = (CofferExportOptions) { .endings = TRUE };
  self->export_options[TRUE] = (CofferExportOptions) { .endings = TRUE, .lists = TRUE };
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  if (coffer_export_can_archive (NULL))
    g_action_map_add_action_entries (G_ACTION_MAP (self), archive_entries, G_N_ELEMENTS (archive_entries), self);
}
