/* SPDX-License-Identifier: MIT */
/* Edits of other programs that did not reach a vault before this program ended last: they are told of at the start. Main thread. */
#define G_LOG_DOMAIN "coffer-window-left"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-outside-folder.h"

#define MAX_NAMES 5

static void
discard_thread (GTask        *task,
                gpointer      source,
                gpointer      data,
                GCancellable *cancellable)
{
  GPtrArray *files = data;

  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *folder = g_path_get_dirname (g_ptr_array_index (files, i));

      coffer_outside_folder_drop (folder);
    }
  g_ptr_array_unref (coffer_outside_folder_sweep ());   /* what they lay in */
}

static void
discard (GPtrArray *files)
{
  g_autoptr(GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_task_data (task, g_ptr_array_ref (files), (GDestroyNotify) g_ptr_array_unref);
  g_task_run_in_thread (task, discard_thread);
}

/* Of one its folder, of several the one that they all lie in. */
static void
open_folder (CofferWindow *self,
             GPtrArray    *files)
{
  g_autoptr(GFile) file = g_file_new_for_path (g_ptr_array_index (files, 0));
  g_autoptr(GFile) folder = g_file_get_parent (file);
  g_autoptr(GFile) process = g_file_get_parent (folder), root = g_file_get_parent (process);
  g_autofree char *uri = g_file_get_uri (files->len == 1 ? folder : root);

  gtk_show_uri (GTK_WINDOW (self), uri, GDK_CURRENT_TIME);
}

static void
response_cb (CofferWindow     *self,
             const char       *response,
             AdwMessageDialog *dialog)
{
  GPtrArray *files = g_object_get_data (G_OBJECT (dialog), "files");

  if (g_str_equal (response, "open"))
    open_folder (self, files);
  else if (g_str_equal (response, "discard"))
    discard (files);
}

static char *
describe (GPtrArray *files)
{
  GString *text = g_string_new (_("Another program changed these files, and Coffer ended before the changes were in the vault:"));

  for (guint i = 0; i < MIN (files->len, MAX_NAMES); i++)
    {
      g_autofree char *name = g_filename_display_basename (g_ptr_array_index (files, i));

      g_string_append_printf (text, "\n%s", name);
    }
  if (files->len > MAX_NAMES)
    g_string_append (text, "\n…");

  return g_string_free (text, FALSE);
}

static char *
describe_in_short (GPtrArray *files)
{
  g_autofree char *name = g_filename_display_basename (g_ptr_array_index (files, 0));

  if (files->len == 1)
    return g_strdup_printf (_("An edit of “%s” was not saved"), name);
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u edit was not saved", "%u edits were not saved", files->len), files->len);
}

static void
look_cb (AdwToast     *toast,
         CofferWindow *self)
{
  GPtrArray *files = g_object_get_data (G_OBJECT (toast), "files");
  g_autofree char *body = describe (files);
  AdwMessageDialog *dialog = coffer_window_ask (self, _("Edits Were Not Saved"), body, "discard", _("_Discard"), ADW_RESPONSE_DESTRUCTIVE,
                                                G_CALLBACK (response_cb));

  adw_message_dialog_add_response (dialog, "open", _("_Open Folder"));
  adw_message_dialog_set_response_label (dialog, "cancel", _("_Later"));
  g_object_set_data_full (G_OBJECT (dialog), "files", g_ptr_array_ref (files), (GDestroyNotify) g_ptr_array_unref);
  gtk_window_present (GTK_WINDOW (dialog));
}

void
coffer_window_tell_left (CofferWindow *self,
                         GPtrArray    *files)
{
  g_autofree char *text = describe_in_short (files);
  g_autofree char *title = g_markup_escape_text (text, -1);
  AdwToast *toast = adw_toast_new (title);

  adw_toast_set_timeout (toast, 0);
  adw_toast_set_button_label (toast, _("_Look…"));
  g_object_set_data_full (G_OBJECT (toast), "files", g_ptr_array_ref (files), (GDestroyNotify) g_ptr_array_unref);
  g_signal_connect_object (toast, "button-clicked", G_CALLBACK (look_cb), self, 0);
  adw_toast_overlay_add_toast (self->toasts, toast);
}
