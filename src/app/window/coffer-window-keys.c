/* SPDX-License-Identifier: MIT */
/* The actions of a window on the keys that are selected: what menus, keys and tests call. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-keys"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-clip.h"
#include "coffer-error.h"
#include "coffer-key-format.h"

#define MAX_COPY (64 * 1024 * 1024)   /* bytes of text: nobody wants more on a clipboard */

/* (nullable) NULL without a vault */
static CofferKeySelection *
get_selection (CofferWindow *self)
{
  return self->vault != NULL ? coffer_vault_view_get_selection (self->view) : NULL;
}

CofferEntry *
coffer_window_get_single_entry (CofferWindow *self)
{
  CofferKeySelection *selection = get_selection (self);
  CofferEntry *entry = selection != NULL && coffer_key_selection_get_n_selected (selection) == 1
                       ? coffer_key_selection_get_selected_entry (selection) : NULL;

  return entry != NULL && coffer_entry_get_key (entry) != NULL ? entry : NULL;
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

/* What the key of the row selected last lies in, as the sidebar parts keys. (transfer full) (nullable) */
static GBytes *
dup_prefix (CofferWindow *self)
{
  CofferKeySelection *selection = get_selection (self);
  CofferEntry *entry = selection != NULL ? coffer_key_selection_get_selected_entry (selection) : NULL;
  CofferKey *key = entry != NULL ? coffer_entry_get_key (entry) : NULL;
  gconstpointer bytes;
  gsize size;

  if (key == NULL || !coffer_key_is_blob (key) || !coffer_entry_list_is_by_key (coffer_key_selection_get_list (selection)))
    return NULL;
  bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);
  size = coffer_separators_around (coffer_vault_view_get_separators (self->view), bytes, size);
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

/* Copying */

typedef struct {
  CofferWindow *window;
  CofferKeyFormat format;
  GPtrArray *keys;
} Copying;

static void
copying_free (Copying *copying)
{
  g_object_unref (copying->window);
  g_clear_pointer (&copying->keys, coffer_keys_unref);
  g_free (copying);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Copying, copying_free)

static void
format_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  Copying *copying = task_data;
  GError *error = NULL;
  GBytes *text = coffer_keys_format (copying->keys, copying->format, MAX_COPY, cancellable, &error);

  if (text != NULL)
    g_task_return_pointer (task, text, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

/* A text of a size that takes time to copy is handed over as it is, though fewer programs ask for it by that name. */
static void
set_clipboard (CofferWindow *self,
               GBytes       *text)
{
  g_autofree char *copy = g_strndup (g_bytes_get_data (text, NULL), g_bytes_get_size (text));

  coffer_clip_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), copy);
}

static char *
describe_copy (Copying *copying)
{
  g_autofree char *number = g_strdup_printf ("%'u", copying->keys->len);
  g_autofree char *text = NULL;

  if (copying->keys->len != 1)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key copied", "%s keys copied", copying->keys->len), number);
  if (copying->format == COFFER_KEY_FORMAT_TEXT)
    text = coffer_key_dup_text (g_ptr_array_index (copying->keys, 0));
  return g_strdup (text != NULL || copying->format != COFFER_KEY_FORMAT_TEXT ? _("Key copied")
                                                                            : _("The key is not text: copied as it is shown"));
}

static void
formatted_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  CofferWindow *self = COFFER_WINDOW (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) text = g_task_propagate_pointer (G_TASK (result), &error);
  g_autofree char *what = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (text == NULL)
    {
      coffer_window_toast (self, error->message);
      return;
    }
  set_clipboard (self, text);
  what = describe_copy (g_task_get_task_data (G_TASK (result)));
  coffer_window_toast (self, what);
}

/* Takes @copying, with its keys. */
static void
format_keys (CofferWindow *self,
             Copying      *copying)
{
  g_autoptr(GTask) task = g_task_new (self, self->copying, formatted_cb, NULL);

  g_task_set_task_data (task, copying, (GDestroyNotify) copying_free);
  g_task_run_in_thread (task, format_thread);
}

static void
keys_to_copy_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr(Copying) copying = user_data;
  CofferWindow *self = copying->window;
  g_autoptr(GError) error = NULL;

  copying->keys = coffer_entry_list_keys_finish (COFFER_ENTRY_LIST (source), result, &error);
  if (copying->keys == NULL)
    coffer_window_report (self, error, self->vault != NULL ? coffer_vault_get_display_name (self->vault) : NULL);
  else
    format_keys (self, g_steal_pointer (&copying));
}

/* What is copied last counts, even if something larger is still on its way. */
static void
copy (CofferWindow    *self,
      CofferKeyFormat  format)
{
  CofferKeySelection *selection = get_selection (self);
  CofferEntry *entry = coffer_window_get_single_entry (self);
  Copying *copying = g_new0 (Copying, 1);

  g_cancellable_cancel (self->copying);
  g_clear_object (&self->copying);
  self->copying = g_cancellable_new ();
  copying->window = g_object_ref (self);
  copying->format = format;
  if (entry != NULL)
    {
      copying->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
      g_ptr_array_add (copying->keys, coffer_key_ref (coffer_entry_get_key (entry)));
      format_keys (self, copying);
      return;
    }
  coffer_entry_list_keys_async (coffer_key_selection_get_list (selection), coffer_key_selection_peek_rows (selection), self->copying,
                                keys_to_copy_cb, copying);
}

static void
copy_key_action (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  copy (user_data, COFFER_KEY_FORMAT_TEXT);
}

static void
copy_key_as_action (GSimpleAction *action,
                    GVariant      *parameter,
                    gpointer       user_data)
{
  CofferKeyFormat format;

  if (coffer_key_format_from_name (g_variant_get_string (parameter, NULL), &format))
    copy (user_data, format);
}

/* Renaming */

static void
rename_key_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  CofferEntry *entry = coffer_window_get_single_entry (user_data);

  if (entry != NULL)
    coffer_window_rename_one (user_data, entry);
  else if (coffer_key_selection_get_n_selected (get_selection (user_data)) > 1)
    coffer_window_rename_several (user_data, NULL);
}

static void
rename_shown_action (GSimpleAction *action,
                     GVariant      *parameter,
                     gpointer       user_data)
{
  CofferWindow *self = user_data;

  if (coffer_window_select_shown (self))
    coffer_window_rename_several (self, coffer_vault_view_get_prefix (self->view));
}

static const GActionEntry entries[] = {
  { "copy-key", copy_key_action },
  { "copy-key-as", copy_key_as_action, "s" },
  { "delete-key", coffer_window_delete_key_action },
  { "delete-shown", coffer_window_delete_shown_action },
  { "rename-shown", rename_shown_action },
  { "invert-selection", invert_selection_action },
  { "open-with", coffer_window_open_with_action },
  { "rename-key", rename_key_action },
  { "replace-value", coffer_window_replace_action },
  { "select-all", select_all_action },
  { "select-none", select_none_action },
  { "select-prefix", select_prefix_action },
};

void
coffer_window_update_key_actions (CofferWindow *self)
{
  CofferKeySelection *selection = get_selection (self);
  guint n_selected = selection != NULL ? coffer_key_selection_get_n_selected (selection) : 0;
  gboolean editable = selection != NULL && coffer_vault_get_editable (self->vault);
  gboolean known = coffer_window_get_single_entry (self) != NULL;
  gboolean any = selection != NULL && g_list_model_get_n_items (G_LIST_MODEL (coffer_key_selection_get_list (selection))) > 0;
  gboolean single = n_selected == 1;
  gboolean whole = selection != NULL && !coffer_key_selection_is_growing (selection);   /* no more will be selected by itself */
  g_autoptr(GBytes) prefix = dup_prefix (self);

  /* The key of a row far away is read in a moment. Menus make their items anew whenever these change, which would be twice with
   * every Page Down; until then what needs the key itself does nothing. */
  coffer_window_enable (self, "large-preview", self->vault != NULL && (single || coffer_vault_view_get_large (self->view)));
  coffer_window_enable (self, "copy-key", n_selected > 0 && whole);
  coffer_window_enable (self, "copy-key-as", n_selected > 0 && whole);
  coffer_window_enable (self, "export", n_selected > 0 && whole && !coffer_vault_is_missing (self->vault));
  coffer_window_enable_export_archive (self, n_selected > 0 && whole && !coffer_vault_is_missing (self->vault),
                                       any && !coffer_vault_is_missing (self->vault));
  coffer_window_enable (self, "open-with", single);
  coffer_window_enable (self, "delete-shown", editable && any);
  coffer_window_enable (self, "rename-shown", editable && any);
  coffer_window_enable (self, "export-shown", any && !coffer_vault_is_missing (self->vault));
  coffer_window_enable (self, "rename-key", n_selected > 0 && editable && whole);
  coffer_window_enable (self, "replace-value", single && editable);
  coffer_window_enable (self, "delete-key", n_selected > 0 && editable && whole);
  coffer_window_enable (self, "invert-selection", selection != NULL);
  coffer_window_enable (self, "select-all", selection != NULL);
  coffer_window_enable (self, "select-none", n_selected > 0);
  coffer_window_update_bundle_actions (self);
  if (known || !single)
    coffer_window_enable (self, "select-prefix", prefix != NULL);
}

void
coffer_window_add_key_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}
