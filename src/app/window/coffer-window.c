/* SPDX-License-Identifier: MIT */
/* A window: which of its pages shows, and how it comes to its vault. Opening happens behind; what was on show stays until it
 * is done, and waiting shows only after a moment. A failure is a page of its own, with words on what to do. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-entry-list.h"
#include "coffer-error.h"

#define PATIENCE_MS 300

G_DEFINE_FINAL_TYPE (CofferWindow, coffer_window, ADW_TYPE_APPLICATION_WINDOW)

static CofferApplication *
get_application (CofferWindow *self)
{
  return COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
}

static char *
describe_name (GFile *file)
{
  g_autofree char *base = g_file_get_basename (file);

  return g_filename_display_name (base != NULL ? base : "");
}

/* Whether another window has a vault of the same name, so that the folder has to tell them apart. */
static gboolean
name_is_taken (CofferWindow *self,
               const char   *name)
{
  for (GList *l = gtk_application_get_windows (gtk_window_get_application (GTK_WINDOW (self))); l != NULL; l = l->next)
    {
      GFile *file = COFFER_IS_WINDOW (l->data) && l->data != self ? coffer_window_get_file (l->data) : NULL;
      g_autofree char *other = file != NULL ? describe_name (file) : NULL;

      if (g_strcmp0 (name, other) == 0)
        return TRUE;
    }

  return FALSE;
}

static void
update_title (CofferWindow *self)
{
  g_autofree char *name = self->file != NULL ? describe_name (self->file) : NULL;
  g_autofree char *title = NULL;

  if (name == NULL)
    title = g_strdup (_("Coffer"));
  else if (name_is_taken (self, name))
    {
      g_autoptr(GFile) folder = g_file_get_parent (self->file);
      g_autofree char *place = folder != NULL ? g_file_get_parse_name (folder) : g_strdup ("/");

      /* Translators: the title of a window: a file, its folder, the program */
      title = g_strdup_printf (_("%s (%s) — Coffer"), name, place);
    }
  else
    title = g_strdup_printf (_("%s — Coffer"), name);

  gtk_window_set_title (GTK_WINDOW (self), title);
  adw_window_title_set_title (self->wait_title, name != NULL ? name : "");
}

/* Showing */

static void
appear (CofferWindow *self)
{
  if (self->unseen == 0)
    return;

  g_clear_handle_id (&self->unseen, g_source_remove);
  g_clear_object (&self->first_row);
  gtk_window_present (GTK_WINDOW (self));
}

static gboolean
appear_cb (gpointer user_data)
{
  appear (user_data);
  return G_SOURCE_REMOVE;
}

/* The whole first row: of the others, too, the facts are there or come in the same turn. */
static void
first_row_cb (CofferWindow *self)
{
  if (self->first_row != NULL &&
      (coffer_entry_get_type_label (self->first_row) != NULL || coffer_entry_get_error (self->first_row) != NULL))
    appear (self);
}

static void
wait_for_rows (CofferWindow *self)
{
  GListModel *list = self->unseen != 0 ? coffer_vault_view_get_list (self->view) : NULL;

  if (list == NULL || self->first_row != NULL)
    return;
  if (!coffer_entry_list_get_loading (COFFER_ENTRY_LIST (list)) && g_list_model_get_n_items (list) == 0)
    {
      appear (self);
      return;
    }

  self->first_row = g_list_model_get_item (list, 0);
  if (self->first_row == NULL)
    return;
  g_signal_connect_object (self->first_row, "notify", G_CALLBACK (first_row_cb), self, G_CONNECT_SWAPPED);
  first_row_cb (self);
}

void
coffer_window_present (CofferWindow *self)
{
  g_return_if_fail (COFFER_IS_WINDOW (self));

  if (self->opening == NULL || gtk_widget_get_visible (GTK_WIDGET (self)))
    gtk_window_present (GTK_WINDOW (self));
  else if (self->unseen == 0)
    self->unseen = g_timeout_add (PATIENCE_MS, appear_cb, self);
}

static void
show_page (CofferWindow *self,
           const char   *name)
{
  g_clear_handle_id (&self->patience, g_source_remove);
  gtk_spinner_set_spinning (self->spinner, g_str_equal (name, "wait"));
  gtk_stack_set_visible_child_name (self->pages, name);
  self->problem_shown = g_str_equal (name, "problem");
  coffer_window_update_actions (self);
}

static gboolean
patience_cb (gpointer user_data)
{
  CofferWindow *self = user_data;

  self->patience = 0;
  show_page (self, "wait");
  return G_SOURCE_REMOVE;
}

/* The vault */

static void
restore_columns (CofferColumns *columns,
                 GSettings     *settings)
{
  g_autoptr(GVariant) layout = g_settings_get_value (settings, "list-columns");
  g_autofree char *name = g_settings_get_string (settings, "sort-column");
  CofferColumn sort;

  coffer_columns_load (columns, layout);
  if (coffer_columns_from_name (name, &sort))
    coffer_columns_set_order (columns, sort, g_settings_get_boolean (settings, "sort-descending"));
}

/* At once: another window may open before this one closes. */
static void
save_columns_cb (CofferWindow *self)
{
  CofferApplication *application = COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
  GSettings *settings = application != NULL ? coffer_application_get_settings (application) : NULL;
  CofferColumns *columns = coffer_key_view_get_columns (coffer_vault_view_get_keys (self->view));

  if (settings == NULL)
    return;

  g_settings_set_value (settings, "list-columns", coffer_columns_save (columns));
  g_settings_set_string (settings, "sort-column", coffer_columns_name (coffer_columns_get_sort (columns)));
  g_settings_set_boolean (settings, "sort-descending", coffer_columns_get_descending (columns));
}

static void
ensure_view (CofferWindow *self)
{
  GSettings *settings = coffer_application_get_settings (get_application (self));
  CofferColumns *columns;

  if (self->view != NULL)
    return;

  self->view = COFFER_VAULT_VIEW (coffer_vault_view_new (coffer_application_get_recent (get_application (self))));
  columns = coffer_key_view_get_columns (coffer_vault_view_get_keys (self->view));
  g_signal_connect_object (coffer_vault_view_get_search (self->view), "notify",
                           G_CALLBACK (coffer_window_update_actions), self, G_CONNECT_SWAPPED);
  if (settings != NULL)
    {
      restore_columns (columns, settings);
      coffer_window_restore_views (self, settings);
      coffer_vault_view_set_sidebar_shown (self->view, g_settings_get_boolean (settings, "sidebar-visible"));
      coffer_vault_view_set_widths (self->view, g_settings_get_int (settings, "sidebar-width"), g_settings_get_int (settings, "preview-width"));
    }
  g_signal_connect_object (columns, "notify", G_CALLBACK (coffer_window_update_actions), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (columns, "notify", G_CALLBACK (save_columns_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (columns, "changed", G_CALLBACK (save_columns_cb), self, G_CONNECT_SWAPPED);
  coffer_window_follow_separators (self);
  coffer_window_add_drag (self);
  coffer_window_add_rename (self);
  gtk_stack_add_named (self->pages, GTK_WIDGET (self->view), "vault");
}

static void
drop_vault (CofferWindow *self)
{
  coffer_window_drop_damaged (self);
  if (self->vault == NULL)
    return;

  coffer_window_drop_ahead (self);
  coffer_window_close_clean (self);
  coffer_window_forget_closing (self);
  coffer_window_close_storage (self);
  coffer_window_stop_undo (self);
  coffer_window_stop_cache (self, coffer_application_get_settings (COFFER_APPLICATION (g_application_get_default ())));
  g_signal_handlers_disconnect_by_func (self->vault, coffer_window_update_actions, self);
  g_signal_handlers_disconnect_by_func (self->vault, coffer_window_drop_ahead, self);
  coffer_vault_view_set_vault (self->view, NULL);
  coffer_vault_close (self->vault);
  g_clear_object (&self->vault);
}

/* What the vault was made for. */
static void
add_wanted (CofferWindow *self)
{
  g_autoptr(GPtrArray) wanted = g_steal_pointer (&self->wanted);

  if (wanted != NULL)
    coffer_window_add_files (self, wanted);
}

/* There are keys now, or none any more: something can be done with all of them, or nothing. */
static void
keys_changed_cb (CofferWindow *self,
                 guint         position,
                 guint         removed,
                 guint         added,
                 GListModel   *keys)
{
  guint n = g_list_model_get_n_items (keys);

  if (self->vault != NULL && (n == added || n == 0))
    coffer_window_update_key_actions (self);
}

static void
take_vault (CofferWindow *self,
            CofferVault  *vault)
{
  ensure_view (self);
  self->vault = vault;
  coffer_window_follow_secure_delete (self);
  coffer_window_start_undo (self);
  coffer_window_start_cache (self, coffer_application_get_settings (get_application (self)));
  g_signal_connect_swapped (vault, "notify", G_CALLBACK (coffer_window_update_actions), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (coffer_window_drop_ahead), self);
  coffer_recent_add (coffer_application_get_recent (get_application (self)), self->file);
  show_page (self, "vault");
  coffer_vault_view_set_vault (self->view, vault);
  coffer_vault_view_set_transfers (self->view, coffer_application_get_transfers (get_application (self)));
  g_signal_connect_object (coffer_vault_view_get_selection (self->view), "notify",
                           G_CALLBACK (coffer_window_update_key_actions), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (coffer_vault_view_get_selection (self->view), "notify::n-selected",
                           G_CALLBACK (coffer_window_place_toasts), self, G_CONNECT_SWAPPED);
  coffer_window_place_toasts (self);
  g_signal_connect_object (coffer_vault_view_get_selection (self->view), "items-changed", G_CALLBACK (keys_changed_cb), self, G_CONNECT_SWAPPED);
  coffer_window_update_actions (self);
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
  if (self->unseen != 0)
    {
      GListModel *list = coffer_vault_view_get_list (self->view);

      g_signal_connect_object (list, "items-changed", G_CALLBACK (wait_for_rows), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (list, "notify::loading", G_CALLBACK (wait_for_rows), self, G_CONNECT_SWAPPED);
      wait_for_rows (self);
    }
  add_wanted (self);
}

void
coffer_window_show_problem (CofferWindow *self,
                            const GError *error)
{
  g_autofree char *name = describe_name (self->file);

  show_page (self, "problem");
  coffer_problem_page_tell (self->problem, name, error, self->storage);
  appear (self);
}

gboolean
coffer_window_end_opening (CofferWindow *self,
                           CofferVault  *vault,
                           const GError *error)
{
  /* Another file was asked for since, or the window closed. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->opening == NULL ||
      g_cancellable_is_cancelled (self->opening))
    {
      if (vault != NULL)
        coffer_vault_close (vault);
      return FALSE;
    }
  g_clear_object (&self->opening);
  return TRUE;
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferVault) vault = coffer_gate_open_finish (COFFER_GATE (source), result, &error);

  if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CORRUPT) && self->opening != NULL)   /* it goes on */
    coffer_window_look_at_damaged (self, error);
  else if (!coffer_window_end_opening (self, vault, error))
    return;
  else if (vault != NULL)
    take_vault (self, g_steal_pointer (&vault));
  else
    coffer_window_show_problem (self, error);
}

/* Ends what the window did before and gets ready to open @file. */
static void
prepare (CofferWindow *self,
         GFile        *file)
{
  g_cancellable_cancel (self->opening);
  g_clear_object (&self->opening);
  drop_vault (self);
  g_set_object (&self->file, file);
  update_title (self);
  self->opening = g_cancellable_new ();
  g_clear_handle_id (&self->patience, g_source_remove);
  self->patience = g_timeout_add (PATIENCE_MS, patience_cb, self);
}

/* A person will not wait for it. */
static void
stop_opening_cb (CofferWindow *self)
{
  g_cancellable_cancel (self->opening);
  g_clear_object (&self->opening);
  g_clear_object (&self->file);
  g_clear_pointer (&self->wanted, g_ptr_array_unref);
  update_title (self);
  show_page (self, "start");
}

void
coffer_window_open (CofferWindow *self,
                    GFile        *file)
{
  g_return_if_fail (COFFER_IS_WINDOW (self));
  g_return_if_fail (G_IS_FILE (file));

  prepare (self, file);
  coffer_gate_open_async (coffer_application_get_gate (get_application (self)), file, self->opening, opened_cb, g_object_ref (self));
}

void
coffer_window_create (CofferWindow *self,
                      GFile        *file)
{
  g_return_if_fail (COFFER_IS_WINDOW (self));
  g_return_if_fail (G_IS_FILE (file));

  prepare (self, file);
  coffer_gate_create_async (coffer_application_get_gate (get_application (self)), file, self->opening, opened_cb, g_object_ref (self));
}

GFile *
coffer_window_get_file (CofferWindow *self)
{
  g_return_val_if_fail (COFFER_IS_WINDOW (self), NULL);

  return self->file;
}

gboolean
coffer_window_is_free (CofferWindow *self)
{
  g_return_val_if_fail (COFFER_IS_WINDOW (self), FALSE);

  return self->vault == NULL && self->opening == NULL && !coffer_window_is_salvaging (self);
}

/* Files dropped on a window without a vault. */
static gboolean
drop_cb (CofferWindow *self,
         const GValue *value)
{
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);

  for (GSList *l = g_value_get_boxed (value); l != NULL; l = l->next)
    g_ptr_array_add (files, g_object_ref (l->data));
  coffer_window_take_files (self, files);

  return TRUE;
}

static GdkDragAction
drop_enter_cb (CofferWindow *self)
{
  return coffer_window_is_free (self) ? GDK_ACTION_COPY : 0;
}

static gboolean
drop_accept_cb (CofferWindow *self,
                GdkDrop      *drop)
{
  return coffer_window_is_free (self) && gdk_content_formats_contain_gtype (gdk_drop_get_formats (drop), GDK_TYPE_FILE_LIST);
}

static void
add_drop_target (CofferWindow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  g_signal_connect_swapped (target, "accept", G_CALLBACK (drop_accept_cb), self);
  g_signal_connect_swapped (target, "enter", G_CALLBACK (drop_enter_cb), self);
  g_signal_connect_swapped (target, "drop", G_CALLBACK (drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self->pages), GTK_EVENT_CONTROLLER (target));
}

static void
restore_size (CofferWindow *self,
              GSettings    *settings)
{
  if (settings == NULL)
    return;

  gtk_window_set_default_size (GTK_WINDOW (self), g_settings_get_int (settings, "window-width"), g_settings_get_int (settings, "window-height"));
  if (g_settings_get_boolean (settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
}

static void
save_size (CofferWindow *self,
           GSettings    *settings)
{
  int width, height;

  if (settings == NULL)
    return;

  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  g_settings_set_int (settings, "window-width", MAX (width, 360));
  g_settings_set_int (settings, "window-height", MAX (height, 294));
  g_settings_set_boolean (settings, "window-maximized", gtk_window_is_maximized (GTK_WINDOW (self)));
  if (self->view == NULL)
    return;

  coffer_vault_view_get_widths (self->view, &width, &height);
  g_settings_set_int (settings, "sidebar-width", MAX (width, 180));
  g_settings_set_int (settings, "preview-width", MAX (height, 240));
  g_settings_set_boolean (settings, "sidebar-visible", coffer_vault_view_get_sidebar_shown (self->view));
}

static gboolean
coffer_window_close_request (GtkWindow *window)
{
  CofferWindow *self = COFFER_WINDOW (window);

  if (coffer_window_keeps_work (self) || coffer_window_keeps_outside (self) || coffer_window_keeps_step (self) ||
      coffer_window_keeps_deletions (self) || coffer_window_keeps_cache (self))
    return TRUE;
  save_size (self, coffer_application_get_settings (get_application (self)));
  return GTK_WINDOW_CLASS (coffer_window_parent_class)->close_request (window);
}

static void
coffer_window_dispose (GObject *object)
{
  CofferWindow *self = COFFER_WINDOW (object);

  g_clear_handle_id (&self->patience, g_source_remove);
  g_clear_handle_id (&self->unseen, g_source_remove);
  g_clear_object (&self->first_row);
  g_cancellable_cancel (self->opening);
  g_clear_object (&self->opening);
  g_cancellable_cancel (self->copying);
  g_clear_object (&self->copying);
  g_clear_pointer (&self->outside, g_ptr_array_unref);
  g_clear_pointer (&self->wanted, g_ptr_array_unref);
  g_clear_weak_pointer (&self->conflict);
  drop_vault (self);
  coffer_window_clear_toasts (self);
  g_clear_object (&self->chooser);
  g_clear_pointer (&self->replaced, coffer_key_unref);
  g_clear_pointer (&self->exporting, coffer_window_export_free);
  g_clear_object (&self->file);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_WINDOW);

  G_OBJECT_CLASS (coffer_window_parent_class)->dispose (object);
}

static void
coffer_window_class_init (CofferWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = coffer_window_close_request;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-window.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, CofferWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, CofferWindow, start_page);
  gtk_widget_class_bind_template_callback (widget_class, stop_opening_cb);
  gtk_widget_class_bind_template_child (widget_class, CofferWindow, wait_title);
  gtk_widget_class_bind_template_child (widget_class, CofferWindow, spinner);
  gtk_widget_class_bind_template_child (widget_class, CofferWindow, problem);

  g_type_ensure (COFFER_TYPE_PROBLEM_PAGE);
  g_type_ensure (COFFER_TYPE_START_PAGE);
}

static void
coffer_window_init (CofferWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->words = coffer_toasts_new (self->toasts);
  coffer_window_watch_toasts (self);
  self->outside = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (self, "notify::is-active", G_CALLBACK (coffer_window_check_outside), NULL);
  coffer_window_add_actions (self);
  add_drop_target (self);
}

CofferWindow *
coffer_window_new (CofferApplication *application)
{
  CofferWindow *self = g_object_new (COFFER_TYPE_WINDOW, "application", application, NULL);

  restore_size (self, coffer_application_get_settings (application));
  coffer_start_page_set_recent (self->start_page, coffer_application_get_recent (application));
  gtk_widget_grab_focus (GTK_WIDGET (self->start_page));
  return self;
}
