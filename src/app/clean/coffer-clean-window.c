/* SPDX-License-Identifier: MIT */
/* The window "Clean Up": its pages, and what they have in common. All of it is about the table in use: when that becomes another one, what
 * was found is forgotten. Main thread.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-clean-window-private.h"

#include <coffer-error.h>
#include <glib/gi18n-lib.h>

enum { SHOW_KEY, DELETE, EXPORT, UNDO, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferCleanWindow, coffer_clean_window, ADW_TYPE_WINDOW)

/* Jobs */

void
coffer_clean_job_end (CofferCleanJob *job)
{
  g_clear_object (&job->running);
  if (job->progress == NULL)
    return;
  coffer_progress_stop (job->progress);
  g_clear_pointer (&job->progress, coffer_progress_unref);
}

static void
cancel_job (CofferCleanJob *job)
{
  g_cancellable_cancel (job->running);
  coffer_clean_job_end (job);
}

GCancellable *
coffer_clean_job_begin (CofferCleanJob     *job,
                        CofferVault        *vault,
                        CofferProgressFunc  func,
                        gpointer            data)
{
  cancel_job (job);
  job->running = g_cancellable_new ();
  job->progress = coffer_progress_new (func, data, g_free);
  g_free (job->table);
  job->table = g_strdup (coffer_vault_get_table (vault));
  return job->running;
}

void
coffer_clean_window_show_error (CofferCleanWindow *self,
                                CofferCleanJob    *job,
                                const GError      *error)
{
  g_autofree char *title = NULL;
  g_autofree char *advice = NULL;

  coffer_error_describe (error, coffer_vault_get_display_name (self->vault), &title, &advice);
  coffer_clean_page_show_nothing (job->page, "dialog-warning-symbolic", title, advice);
}

void
coffer_clean_window_toast (CofferCleanWindow *self,
                           const char        *text)
{
  g_autofree char *title = g_markup_escape_text (text, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (title));
}

/* Deleting */

static void
edited_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(CofferCleanWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;

  if (coffer_vault_edit_finish (COFFER_VAULT (source), result, &error) || self->vault == NULL)
    return;
  line = coffer_error_dup_line (error);
  coffer_clean_window_toast (self, line);
}

static void
edit_response_cb (CofferCleanWindow *self,
                  const char        *response)
{
  if (g_str_equal (response, "edit") && self->vault != NULL)
    coffer_vault_edit_async (self->vault, NULL, edited_cb, g_object_ref (self));
}

static void
offer_editing (CofferCleanWindow *self)
{
  g_autofree char *heading = g_strdup_printf (_("Edit “%s”?"), coffer_vault_get_display_name (self->vault));
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), heading,
                                              _("The vault is open for viewing. Keys can be deleted once it is open for editing."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "edit", _("_Edit"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "edit", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (edit_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

gboolean
coffer_clean_window_can_delete (CofferCleanWindow *self)
{
  const char *reason = coffer_vault_get_lock_reason (self->vault);

  if (coffer_vault_get_editable (self->vault))
    return TRUE;
  if (reason == NULL)
    offer_editing (self);
  else
    coffer_clean_window_toast (self, reason);
  return FALSE;
}

GtkWidget *
coffer_clean_window_ask (CofferCleanWindow         *self,
                         const CofferFindingsTally *tally,
                         const char                *body,
                         GCallback                  response_cb)
{
  g_autofree char *number = g_strdup_printf ("%'u", tally->n_keys);
  g_autofree char *heading = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Delete %s Key?", "Delete %s Keys?", tally->n_keys), number);
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), heading, body);

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "delete", _("_Delete"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "delete", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", response_cb, self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  return dialog;
}

static void
tell_left_out (CofferCleanWindow *self)
{
  g_autofree char *number = g_strdup_printf ("%'u", self->n_left_out);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key was kept: it is not what it was any more",
                                                        "%s keys were kept: they are not what they were any more", self->n_left_out), number);

  coffer_clean_window_toast (self, text);
}

void
coffer_clean_window_delete (CofferCleanWindow *self,
                            CofferCleanJob    *job,
                            GPtrArray         *keys,
                            guint              n_left_out)
{
  self->n_left_out = n_left_out;
  if (n_left_out > 0)
    tell_left_out (self);
  if (job != NULL)
    coffer_clean_page_show_results (job->page);
  if (keys->len == 0)
    return;
  self->deleting = job;
  g_signal_emit (self, signals[DELETE], 0, keys);
}

static void
undo_cb (CofferCleanWindow *self)
{
  g_signal_emit (self, signals[UNDO], 0);
}

static void
toast_undo (CofferCleanWindow *self,
            const char        *text)
{
  g_autofree char *title = g_markup_escape_text (text, -1);
  AdwToast *toast = adw_toast_new (title);

  adw_toast_set_button_label (toast, _("_Undo"));
  g_signal_connect_object (toast, "button-clicked", G_CALLBACK (undo_cb), self, G_CONNECT_SWAPPED);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

void
coffer_clean_window_take_deleted (CofferCleanWindow *self,
                                  GPtrArray         *keys,
                                  const GError      *error)
{
  CofferCleanJob *job = g_steal_pointer (&self->deleting);
  g_autofree char *line = NULL;
  g_autofree char *number = NULL;
  g_autofree char *text = NULL;

  g_return_if_fail (COFFER_IS_CLEAN_WINDOW (self));

  if (self->vault == NULL)
    return;
  if (error != NULL)
    {
      line = coffer_error_dup_line (error);
      coffer_clean_window_toast (self, line);
      return;
    }
  number = g_strdup_printf ("%'u", keys->len);
  text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key deleted", "%s keys deleted", keys->len), number);
  toast_undo (self, text);
  if (job == NULL || coffer_clean_page_get_findings (job->page) == NULL)
    return;
  coffer_findings_remove (coffer_clean_page_get_findings (job->page), keys, job == &self->duplicates ? 2 : 1);
  if (job == &self->duplicates)
    coffer_clean_window_update_duplicates (self);
  else
    coffer_clean_window_update_damaged (self);
}

/* The window */

static void
show_scope (CofferCleanWindow *self)
{
  const char *table = coffer_vault_get_table (self->vault);
  g_autofree char *shown = table != NULL ? coffer_key_bytes_to_display (table, strlen (table), 80) : NULL;
  g_autofree char *prefix = NULL;

  if (self->prefix != NULL && g_bytes_get_size (self->prefix) > 0)
    prefix = coffer_key_bytes_to_display (g_bytes_get_data (self->prefix, NULL), g_bytes_get_size (self->prefix), 80);
  coffer_clean_page_set_scope (self->duplicates.page, shown != NULL ? shown : "", prefix);
  if (self->damaged.page != NULL)
    coffer_clean_page_set_scope (self->damaged.page, shown != NULL ? shown : "", prefix);
}

static void
reset_job (CofferCleanWindow *self,
           CofferCleanJob    *job)
{
  if (job->table == NULL || g_strcmp0 (job->table, coffer_vault_get_table (self->vault)) == 0)
    return;
  cancel_job (job);
  g_clear_pointer (&job->table, g_free);
  coffer_clean_page_show_start (job->page);
}

static void
table_cb (CofferCleanWindow *self)
{
  reset_job (self, &self->duplicates);
  reset_job (self, &self->damaged);
  show_scope (self);
}

void
coffer_clean_window_set_prefix (CofferCleanWindow *self,
                                GBytes            *prefix)
{
  g_return_if_fail (COFFER_IS_CLEAN_WINDOW (self));

  if (prefix != NULL)
    g_bytes_ref (prefix);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  self->prefix = prefix;
  show_scope (self);
}

static void
show_key_cb (CofferCleanWindow *self,
             CofferKey         *key)
{
  g_signal_emit (self, signals[SHOW_KEY], 0, key);
}

void
coffer_clean_window_add_page (CofferCleanWindow *self,
                              GtkWidget         *page,
                              const char        *name,
                              const char        *title)
{
  g_return_if_fail (COFFER_IS_CLEAN_WINDOW (self));

  if (gtk_stack_get_child_by_name (self->stack, name) != NULL)
    adw_bin_set_child (ADW_BIN (gtk_stack_get_child_by_name (self->stack, name)), page);
  else
    gtk_stack_add_titled (self->stack, page, name, title);
  if (!COFFER_IS_CLEAN_PAGE (page))
    return;
  coffer_clean_page_set_thumbnails (COFFER_CLEAN_PAGE (page), self->thumbnails);
  g_signal_connect_object (page, "show-key", G_CALLBACK (show_key_cb), self, G_CONNECT_SWAPPED);
}

/* Pages that do not show are made one by one, each in a turn of its own once the window is there: together they take too long for one. */

static void
add_place (CofferCleanWindow *self,
           const char        *name,
           const char        *title)
{
  gtk_stack_add_titled (self->stack, adw_bin_new (), name, title);
}

/* FALSE: there is nothing more to make. */
static gboolean
fill_next (CofferCleanWindow *self)
{
  if (self->damaged.page == NULL)
    {
      coffer_clean_window_add_damaged (self);
      coffer_clean_page_show_start (self->damaged.page);
      show_scope (self);
    }
  else if (self->largest == NULL)
    coffer_clean_window_add_largest (self);
  return self->largest == NULL;
}

static gboolean
fill_cb (gpointer data)
{
  CofferCleanWindow *self = data;

  if (fill_next (self))
    return G_SOURCE_CONTINUE;
  self->fill_id = 0;
  return G_SOURCE_REMOVE;
}

/* Somebody is faster. */
static void
shown_cb (CofferCleanWindow *self)
{
  if (self->vault != NULL && g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "duplicates") != 0)
    while (fill_next (self))
      ;
}

static void
clear_job (CofferCleanJob *job)
{
  cancel_job (job);
  g_clear_pointer (&job->table, g_free);
}

static void
coffer_clean_window_dispose (GObject *object)
{
  CofferCleanWindow *self = COFFER_CLEAN_WINDOW (object);

  g_clear_handle_id (&self->fill_id, g_source_remove);
  clear_job (&self->duplicates);
  clear_job (&self->damaged);
  if (self->vault != NULL)
    g_signal_handlers_disconnect_by_data (self->vault, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_CLEAN_WINDOW);
  g_clear_object (&self->thumbnails);
  g_clear_object (&self->vault);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_clear_pointer (&self->separators, g_free);

  G_OBJECT_CLASS (coffer_clean_window_parent_class)->dispose (object);
}

static void
coffer_clean_window_class_init (CofferCleanWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_clean_window_dispose;

  signals[SHOW_KEY] = g_signal_new ("show-key", COFFER_TYPE_CLEAN_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                    COFFER_TYPE_KEY);
  signals[EXPORT] = g_signal_new ("export", COFFER_TYPE_CLEAN_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                  G_TYPE_PTR_ARRAY, G_TYPE_UINT64);
  signals[UNDO] = g_signal_new ("undo", COFFER_TYPE_CLEAN_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[DELETE] = g_signal_new ("delete", COFFER_TYPE_CLEAN_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                  G_TYPE_PTR_ARRAY);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-clean-window.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferCleanWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanWindow, stack);
}

static void
coffer_clean_window_init (CofferCleanWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
coffer_clean_window_new (CofferVault *vault)
{
  CofferCleanWindow *self = g_object_new (COFFER_TYPE_CLEAN_WINDOW, NULL);

  self->vault = g_object_ref (vault);
  self->thumbnails = coffer_thumbnails_new (vault);
  coffer_clean_window_add_duplicates (self);
  add_place (self, "damaged", _("Damaged"));
  add_place (self, "largest", _("Largest"));
  self->fill_id = g_idle_add_full (G_PRIORITY_LOW, fill_cb, self, NULL);
  g_signal_connect_object (self->stack, "notify::visible-child", G_CALLBACK (shown_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_swapped (vault, "notify::table", G_CALLBACK (table_cb), self);
  show_scope (self);
  coffer_clean_page_show_start (self->duplicates.page);
  return GTK_WIDGET (self);
}
