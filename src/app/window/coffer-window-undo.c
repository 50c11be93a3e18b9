/* SPDX-License-Identifier: MIT */
/*
 * Taking back what was done in a window, and doing it again; and deletions, which are written to the file at the last moment: when
 * the window closes, when editing ends, or when a person says so. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-undo"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-application.h"
#include "coffer-error.h"
#include "coffer-undoing.h"

#define TOAST_SECONDS 8
#define PATIENCE_MS 500   /* before it is among the transfers */

static void take_step (CofferWindow *self,
                       gboolean      redo);

/* A toast may still be there for a moment when its step is not the last any more. */
static void
toast_clicked_cb (AdwToast     *toast,
                  CofferWindow *self)
{
  if (toast == self->undo_toast && g_action_group_get_action_enabled (G_ACTION_GROUP (self), "undo"))
    take_step (self, FALSE);
}

void
coffer_window_toast_undo (CofferWindow *self,
                          const char   *text)
{
  coffer_window_toast_for (self, text, TOAST_SECONDS);
  self->undo_toast_step = coffer_undo_get_undo_step (self->undo);
  g_set_weak_pointer (&self->undo_toast, self->toast);
  adw_toast_set_button_label (self->toast, _("_Undo"));
  g_signal_connect_object (self->toast, "button-clicked", G_CALLBACK (toast_clicked_cb), self, 0);
}

/* It was taken back by other means, or something else was done since: what is offered would be another step. */
static void
withdraw_toast (CofferWindow *self)
{
  if (self->undo_toast == NULL || (self->undo != NULL && coffer_undo_get_undo_step (self->undo) == self->undo_toast_step))
    return;
  coffer_toasts_withdraw (self->words, self->undo_toast);
  g_clear_weak_pointer (&self->undo_toast);
}

/* Taking a step */

static void
tell_refusal (CofferWindow *self,
              gboolean      redo,
              const GError *error)
{
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), redo ? _("It Cannot Be Done Again") : _("It Cannot Be Taken Back"),
                                              error->message);

  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
report (CofferWindow *self,
        gboolean      redo,
        const GError *error)
{
  if (error->domain == G_IO_ERROR)   /* there was nothing, or the last one is not over */
    coffer_window_toast (self, error->message);
  else if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE) || g_error_matches (error, COFFER_ERROR, COFFER_ERROR_EXISTS))
    tell_refusal (self, redo, error);
  else
    coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
}

static void
close_cb (gpointer data)
{
  g_autoptr(CofferWindow) self = data;

  gtk_window_close (GTK_WINDOW (self));
}

/* What the step changed is where one is looking. */
static void
tell_step (CofferWindow  *self,
           CofferUndoing *undoing)
{
  gboolean redo = coffer_undoing_is_redo (undoing);
  const char *text = coffer_undoing_get_text (undoing);
  g_autoptr(CofferKey) followed = coffer_undo_dup_followed (self->undo, redo);

  if (followed != NULL)
    coffer_key_selection_follow (coffer_vault_view_get_selection (self->view), followed);
  if (redo)
    coffer_window_toast_undo (self, text);
  else
    coffer_window_toast (self, text);
  coffer_window_tell_desktop (self, COFFER_TRANSFER (undoing), text);
}

/* One that is among the transfers is so until it has told everybody. */
static void
step_state_cb (CofferWindow  *self,
               GParamSpec    *pspec,
               CofferUndoing *undoing)
{
  const GError *failure = coffer_undoing_get_failure (undoing);
  gboolean closes = self->closes_after_step;

  if (coffer_transfer_is_active (COFFER_TRANSFER (undoing)))
    return;
  self->closes_after_step = FALSE;
  if (self->undo != coffer_undoing_get_undo (undoing) || self->closes)
    return;
  if (failure != NULL)
    report (self, coffer_undoing_is_redo (undoing), failure);
  else if (closes)
    g_idle_add_once (close_cb, g_object_ref (self));
  else
    tell_step (self, undoing);
}

typedef struct {
  CofferWindow *window;
  CofferUndoing *undoing;
} Step;

static void
step_free (gpointer data)
{
  Step *step = data;

  g_object_unref (step->undoing);
  g_object_unref (step->window);
  g_free (step);
}

static gboolean
patience_cb (gpointer data)
{
  const Step *step = data;
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (step->window));

  if (application != NULL && coffer_transfer_is_active (COFFER_TRANSFER (step->undoing)))
    coffer_transfers_add (coffer_application_get_transfers (COFFER_APPLICATION (application)), COFFER_TRANSFER (step->undoing));
  return G_SOURCE_REMOVE;
}

gboolean
coffer_window_gives_to_text (CofferWindow *self,
                             const char   *action)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));
  g_autofree char *text_action = g_strconcat ("text.", action, NULL);

  if (!GTK_IS_EDITABLE (focus) && !GTK_IS_TEXT_VIEW (focus))
    return FALSE;
  gtk_widget_activate_action (focus, text_action, NULL);
  return TRUE;
}

static void
take_step (CofferWindow *self,
           gboolean      redo)
{
  CofferUndoing *undoing = coffer_undoing_new (self->undo, self->vault, redo);
  Step *step = g_new (Step, 1);

  *step = (Step) { g_object_ref (self), undoing };
  g_signal_connect_object (undoing, "notify::state", G_CALLBACK (step_state_cb), self, G_CONNECT_SWAPPED);
  coffer_transfer_start (COFFER_TRANSFER (undoing));
  g_timeout_add_full (G_PRIORITY_DEFAULT, PATIENCE_MS, patience_cb, step, step_free);
}

static void
undo_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  if (!coffer_window_gives_to_text (user_data, "undo"))
    take_step (user_data, FALSE);
}

static void
redo_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  if (!coffer_window_gives_to_text (user_data, "redo"))
    take_step (user_data, TRUE);
}

/* Writing deletions */

typedef void (*ThenFunc) (CofferWindow *self);

typedef struct {
  CofferWindow *window;
  CofferWindowWait *wait;
  ThenFunc then;           /* what waits for it; NULL: nothing */
} Writing;

static void
close_now (CofferWindow *self)
{
  gtk_window_close (GTK_WINDOW (self));
}

static void
stop_editing_now (CofferWindow *self)
{
  coffer_vault_stop_editing (self->vault);
}

static void
flush_and_stop_editing (CofferWindow *self)
{
  if (coffer_window_has_waiting (self))
    coffer_window_flush (self, stop_editing_now);
  else
    stop_editing_now (self);
}

static void
lose_response_cb (CofferWindow *self,
                  const char   *response)
{
  if (!g_str_equal (response, "close"))
    return;
  self->loses_deletions = TRUE;
  gtk_window_close (GTK_WINDOW (self));
}

/* The window is to close, and what is hidden would come back. */
static void
ask_to_lose (CofferWindow *self,
             const GError *error)
{
  guint n = coffer_vault_get_n_deferred (self->vault);
  g_autofree char *line = coffer_error_dup_line (error);
  g_autofree char *number = g_strdup_printf ("%'u", n);
  g_autofree char *kept = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s deleted key is still in the file, and stays there if you close.",
                                                        "%s deleted keys are still in the file, and stay there if you close.", n), number);
  g_autofree char *body = g_strdup_printf ("%s\n%s", line, kept);

  gtk_window_present (GTK_WINDOW (coffer_window_ask (self, _("The Deletion Could Not Be Written"), body, "close", _("Close _Anyway"),
                                                     ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (lose_response_cb))));
}

static void
tell_written (CofferWindow        *self,
              const CofferDeleted *deleted)
{
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, deleted->n_deleted);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key deleted from the file", "%s keys deleted from the file",
                                                        deleted->n_deleted), number);
  g_autofree char *changed = g_strdup_printf ("%'" G_GUINT64_FORMAT, deleted->n_changed);
  g_autofree char *stay = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s stays: somebody else wrote to it", "%s stay: somebody else wrote to them",
                                                        deleted->n_changed), changed);
  g_autofree char *both = g_strdup_printf ("%s; %s", text, stay);

  coffer_window_toast (self, deleted->n_changed > 0 ? both : text);
}

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autofree Writing *writing = user_data;
  g_autoptr(CofferWindow) self = writing->window;
  CofferDeleted deleted;
  g_autoptr(GError) error = NULL;

  self->writing = NULL;
  coffer_window_wait_free (writing->wait);
  if (self->vault != COFFER_VAULT (source))
    return;
  if (coffer_vault_write_deletions_finish (self->vault, result, &deleted, &error))
    {
      if (writing->then != NULL)
        writing->then (self);
      else if (coffer_window_has_waiting (self))   /* which was asked for, too */
        coffer_window_flush (self, NULL);
      else if (deleted.n_deleted > 0 || deleted.n_changed > 0)   /* else they had been nowhere but in memory */
        tell_written (self, &deleted);
    }
  else if (writing->then == close_now && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    ask_to_lose (self, error);
  else
    coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
}

static void
write_deletions (CofferWindow *self,
                 ThenFunc      then)
{
  Writing *writing = self->writing;

  if (writing != NULL)   /* closing is more than what waited for it */
    {
      if (then != NULL)
        writing->then = then;
      return;
    }
  self->writing = writing = g_new (Writing, 1);
  writing->window = g_object_ref (self);
  writing->wait = coffer_window_wait_new (self, g_strdup (_("Deleting from the file…")));
  writing->then = then;
  coffer_vault_write_deletions_async (self->vault, coffer_window_wait_get_progress (writing->wait),
                                      coffer_window_wait_get_cancellable (writing->wait), written_cb, writing);
}

static void
write_deletions_action (GSimpleAction *action,
                        GVariant      *parameter,
                        gpointer       user_data)
{
  CofferWindow *self = user_data;

  if (coffer_vault_get_n_deferred (self->vault) > 0)   /* first: that frees room */
    write_deletions (self, NULL);
  else
    coffer_window_flush (self, NULL);
}

/* Half of a step is hidden, and would be back, and the other half is not. */
gboolean
coffer_window_keeps_step (CofferWindow *self)
{
  if (self->undo == NULL || !coffer_undo_get_busy (self->undo))
    return FALSE;
  self->closes_after_step = TRUE;
  return TRUE;
}

gboolean
coffer_window_keeps_deletions (CofferWindow *self)
{
  if (self->vault == NULL || self->loses_deletions || (self->writing == NULL && coffer_vault_get_n_deferred (self->vault) == 0))
    return FALSE;
  write_deletions (self, close_now);
  return TRUE;
}

void
coffer_window_stop_editing (CofferWindow *self)
{
  if (coffer_undo_get_busy (self->undo))
    coffer_window_toast (self, _("The last step is still being taken back"));
  else if (coffer_vault_get_n_deferred (self->vault) > 0)
    write_deletions (self, flush_and_stop_editing);
  else
    flush_and_stop_editing (self);
}

/* What can be done */

static const GActionEntry entries[] = {
  { "redo", redo_action },
  { "undo", undo_action },
  { "write-deletions", write_deletions_action },
};

void
coffer_window_update_undo_actions (CofferWindow *self)
{
  gboolean editable = self->undo != NULL && coffer_vault_get_editable (self->vault) && !coffer_undo_get_busy (self->undo);
  const char *undo = self->undo != NULL ? coffer_undo_get_undo_label (self->undo) : NULL;
  const char *redo = self->undo != NULL ? coffer_undo_get_redo_label (self->undo) : NULL;
  gboolean writes = self->undo != NULL && coffer_vault_get_n_deferred (self->vault) > 0;

  withdraw_toast (self);
  coffer_window_enable (self, "undo", editable && undo != NULL);
  coffer_window_enable (self, "redo", editable && redo != NULL);
  coffer_window_enable (self, "write-deletions", editable && (writes || coffer_window_has_waiting (self)));
  if (self->view != NULL)
    coffer_vault_view_set_undo (self->view, undo, redo, writes);
}

void
coffer_window_start_undo (CofferWindow *self)
{
  self->undo = coffer_undo_new (self->vault);
  self->loses_deletions = FALSE;
  g_signal_connect_object (self->undo, "notify", G_CALLBACK (coffer_window_update_undo_actions), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->vault, "changed", G_CALLBACK (coffer_window_update_undo_actions), self, G_CONNECT_SWAPPED);
}

void
coffer_window_stop_undo (CofferWindow *self)
{
  if (self->undo != NULL)
    g_signal_handlers_disconnect_by_data (self->undo, self);
  g_signal_handlers_disconnect_by_func (self->vault, coffer_window_update_undo_actions, self);
  g_clear_object (&self->undo);
  withdraw_toast (self);
}

void
coffer_window_add_undo_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}
