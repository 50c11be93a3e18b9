/* SPDX-License-Identifier: MIT */
/* The window "Clean Up": its pages, and what they have in common. All of it is about the table in use: when that becomes another one, what
 * was found is forgotten. Main thread.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-clean-window-private.h"

#include <coffer-delete-dialog.h>
#include <coffer-error.h>
#include <glib/gi18n-lib.h>

enum { SHOW_KEY, DELETE, EXPORT, UNDO, REDO, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferCleanWindow, coffer_clean_window, ADW_TYPE_WINDOW)

/* Jobs */

static void
end_job (CofferCleanJob *job)
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
  end_job (job);
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

gboolean
coffer_clean_job_take (CofferCleanJob *job,
                       GAsyncResult   *result)
{
  if (job->running == NULL || job->running != g_task_get_cancellable (G_TASK (result)))
    return FALSE;
  end_job (job);
  return TRUE;
}

/* Deletions that are taken back */

void
coffer_clean_job_forget (CofferCleanJob *job)
{
  g_clear_pointer (&job->deletions, g_ptr_array_unref);
  job->n_back = 0;
  job->all_gone = FALSE;
}

/* Those that were written to the file are not hidden either, but have none left. */
static guint
count_back (const CofferCleanJob *job)
{
  guint n = 0;

  for (guint i = 0; job->deletions != NULL && i < job->deletions->len; i++)
    if (!coffer_deletion_is_hidden (job->deletions->pdata[i]))
      n += coffer_deletion_get_n_left (job->deletions->pdata[i]);
  return n;
}

/* (nullable): none is. */
static char *
describe_back (CofferCleanJob *job)
{
  g_autofree char *number = g_strdup_printf ("%'u", job->n_back);

  return job->n_back == 0 ? NULL : g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s deleted key is back. Look again to see it.",
                                                                 "%s deleted keys are back. Look again to see them.", job->n_back), number);
}

void
coffer_clean_job_show_left (CofferCleanJob *job,
                            const char     *summary)
{
  g_autofree char *back = describe_back (job);
  g_autofree char *both = g_strjoin (" ", summary, back, NULL);

  coffer_clean_page_set_findings (job->page, coffer_clean_page_get_findings (job->page), both);
}

void
coffer_clean_job_show_all_gone (CofferCleanJob *job,
                                const char     *title,
                                const char     *text)
{
  g_autofree char *back = describe_back (job);

  job->all_gone = TRUE;
  if (back != NULL)
    coffer_clean_page_show_outdated (job->page, "edit-undo-symbolic", _("Keys Are Back"), back);
  else
    coffer_clean_page_show_nothing (job->page, "emblem-ok-symbolic", title, text);
}

/* What its page says about keys that are gone. */
static void
update_job (CofferCleanWindow *self,
            CofferCleanJob    *job)
{
  if (coffer_clean_page_get_findings (job->page) == NULL && !(job->all_gone && coffer_clean_page_shows_nothing (job->page)))
    return;
  if (job == &self->duplicates)
    coffer_clean_window_update_duplicates (self);
  else
    coffer_clean_window_update_damaged (self);
}

static void
look_for_back (CofferCleanWindow *self,
               CofferCleanJob    *job)
{
  guint n_back = count_back (job);

  if (n_back == job->n_back)
    return;
  job->n_back = n_back;
  update_job (self, job);
}

static void
changed_cb (CofferCleanWindow *self)
{
  look_for_back (self, &self->duplicates);
  look_for_back (self, &self->damaged);
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

  coffer_toasts_show (self->words, adw_toast_new (title));
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
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "edit");
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
                         GPtrArray                 *entries,
                         const char                *more,
                         GCallback                  response_cb)
{
  g_autofree char *size = g_format_size (tally->n_bytes);
  g_autofree char *weight = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Its value takes %s.", "Their values take %s.", tally->n_keys), size);
  g_autofree char *body = g_strjoin (" ", weight, more, NULL);
  g_autofree char *number = g_strdup_printf ("%'u", tally->n_keys);
  g_autofree char *heading = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Delete %s Key?", "Delete %s Keys?", tally->n_keys), number);
  g_autofree char *label = coffer_delete_dialog_dup_label (tally->n_keys);
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), heading, body);

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "delete", label, NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "delete", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  coffer_delete_dialog_extend (ADW_MESSAGE_DIALOG (dialog), self->vault, tally->n_keys);
  coffer_delete_dialog_set_pictures (ADW_MESSAGE_DIALOG (dialog), self->thumbnails, entries);
  coffer_delete_dialog_set_bytes (ADW_MESSAGE_DIALOG (dialog), tally->n_bytes);
  g_signal_connect_object (dialog, "response", response_cb, self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  return dialog;
}

static char *
describe_left_out (guint n)
{
  g_autofree char *number = g_strdup_printf ("%'u", n);

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key was kept: it is not what it was any more",
                                       "%s keys were kept: they are not what they were any more", n), number);
}

/* Both in one toast: of two, the last one counts. */
static char *
describe_deleted (CofferCleanWindow *self,
                  guint              n)
{
  g_autofree char *number = g_strdup_printf ("%'u", n);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key deleted", "%s keys deleted", n), number);
  g_autofree char *kept = describe_left_out (self->n_left_out);

  return self->n_left_out > 0 ? g_strdup_printf ("%s; %s", text, kept) : g_steal_pointer (&text);
}

void
coffer_clean_window_delete (CofferCleanWindow *self,
                            CofferCleanJob    *job,
                            GPtrArray         *keys,
                            guint              n_left_out)
{
  g_autofree char *kept = describe_left_out (n_left_out);

  self->n_left_out = n_left_out;
  if (keys->len == 0 && n_left_out > 0)
    coffer_clean_window_toast (self, kept);
  if (job != NULL)
    coffer_clean_page_show_results (job->page);
  if (keys->len == 0)
    return;
  self->deleting = job;
  g_signal_emit (self, signals[DELETE], 0, keys);
}

/* A toast may still be there for a moment when its step is not the last any more. */
static void
undo_cb (AdwToast          *toast,
         CofferCleanWindow *self)
{
  if (toast == self->undo_toast)
    g_signal_emit (self, signals[UNDO], 0);
}

/* It was taken back by other means, or something else was done since, in the vault's window, too: what is offered would be another step. */
static void
undo_step_cb (CofferCleanWindow *self)
{
  if (self->undo_toast == NULL || coffer_undo_get_undo_step (self->undo) == self->undo_toast_step)
    return;
  coffer_toasts_withdraw (self->words, self->undo_toast);
  g_clear_weak_pointer (&self->undo_toast);
}

static gboolean
undo_key_cb (GtkWidget *widget,
             GVariant  *parameter,
             gpointer   user_data)
{
  g_signal_emit (widget, signals[g_variant_get_boolean (parameter) ? REDO : UNDO], 0);
  return TRUE;
}

static void
toast_undo (CofferCleanWindow *self,
            const char        *text)
{
  g_autofree char *title = g_markup_escape_text (text, -1);
  AdwToast *toast = adw_toast_new (title);

  adw_toast_set_button_label (toast, _("_Undo"));
  g_signal_connect_object (toast, "button-clicked", G_CALLBACK (undo_cb), self, 0);
  self->undo_toast_step = coffer_undo_get_undo_step (self->undo);
  g_set_weak_pointer (&self->undo_toast, toast);
  coffer_toasts_show (self->words, toast);
}

void
coffer_clean_window_take_deleted (CofferCleanWindow *self,
                                  GPtrArray         *keys,
                                  CofferDeletion    *deletion,
                                  const GError      *error)
{
  CofferCleanJob *job = g_steal_pointer (&self->deleting);
  g_autofree char *line = NULL;
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
  text = describe_deleted (self, keys->len);
  if (deletion != NULL)
    toast_undo (self, text);
  else
    coffer_clean_window_toast (self, text);   /* somebody else had been there: it is no step */
  if (job == NULL || coffer_clean_page_get_findings (job->page) == NULL)
    return;
  if (job->deletions == NULL)
    job->deletions = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_deletion_unref);
  if (deletion != NULL)
    g_ptr_array_add (job->deletions, coffer_deletion_ref (deletion));
  coffer_findings_remove (coffer_clean_page_get_findings (job->page), keys, job == &self->duplicates ? 2 : 1);
  job->n_back = count_back (job);
  update_job (self, job);
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
  coffer_clean_job_forget (job);
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
cancel_cb (CofferCleanWindow *self,
           CofferCleanPage   *page)
{
  cancel_job (page == self->duplicates.page ? &self->duplicates : &self->damaged);
  if (coffer_clean_page_get_findings (page) != NULL)   /* it was about to be deleted from */
    coffer_clean_page_show_results (page);
  else
    coffer_clean_page_show_start (page);
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
  g_signal_connect_object (page, "cancel", G_CALLBACK (cancel_cb), self, G_CONNECT_SWAPPED);
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
  coffer_clean_job_forget (job);
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
  g_clear_weak_pointer (&self->undo_toast);
  g_clear_object (&self->words);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_CLEAN_WINDOW);
  g_clear_object (&self->thumbnails);
  g_clear_object (&self->undo);
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
  signals[REDO] = g_signal_new ("redo", COFFER_TYPE_CLEAN_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[DELETE] = g_signal_new ("delete", COFFER_TYPE_CLEAN_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                  G_TYPE_PTR_ARRAY);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-clean-window.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferCleanWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, CofferCleanWindow, stack);

  /* As in the window of the vault, and what they take back is its, too. */
  gtk_widget_class_add_binding (widget_class, GDK_KEY_z, GDK_CONTROL_MASK, undo_key_cb, "b", FALSE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK, undo_key_cb, "b", TRUE);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_y, GDK_CONTROL_MASK, undo_key_cb, "b", TRUE);
}

static void
coffer_clean_window_init (CofferCleanWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->words = coffer_toasts_new (self->toasts);
}

GtkWidget *
coffer_clean_window_new (CofferVault *vault,
                         CofferUndo  *undo)
{
  CofferCleanWindow *self = g_object_new (COFFER_TYPE_CLEAN_WINDOW, NULL);

  self->vault = g_object_ref (vault);
  self->undo = g_object_ref (undo);
  g_signal_connect_object (undo, "notify::undo-step", G_CALLBACK (undo_step_cb), self, G_CONNECT_SWAPPED);
  self->thumbnails = coffer_thumbnails_new (vault);
  coffer_clean_window_add_duplicates (self);
  add_place (self, "damaged", _("Damaged"));
  add_place (self, "largest", _("Largest"));
  self->fill_id = g_idle_add_full (G_PRIORITY_LOW, fill_cb, self, NULL);
  g_signal_connect_object (self->stack, "notify::visible-child", G_CALLBACK (shown_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_swapped (vault, "notify::table", G_CALLBACK (table_cb), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (changed_cb), self);
  show_scope (self);
  coffer_clean_page_show_start (self->duplicates.page);
  return GTK_WIDGET (self);
}
