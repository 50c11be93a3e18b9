/* SPDX-License-Identifier: MIT */
/*
 * Taking back what was done in a window, and doing it again; and deletions, which are written to the file at the last moment: when
 * the window closes, when editing ends, or when a person says so. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-undo"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"

#define TOAST_SECONDS 8

void
coffer_window_toast_undo (CofferWindow *self,
                          const char   *text)
{
  coffer_window_toast (self, text);
  adw_toast_set_timeout (self->toast, TOAST_SECONDS);
  adw_toast_set_button_label (self->toast, _("_Undo"));
  adw_toast_set_action_name (self->toast, "win.undo");
}

/* Taking a step */

typedef struct {
  CofferWindow *window;
  gboolean redo;
  CofferWindowWait *wait;
} Step;

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
stepped_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  CofferUndo *undo = COFFER_UNDO (source);
  g_autofree Step *step = user_data;
  g_autoptr(CofferWindow) self = step->window;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = coffer_undo_step_finish (undo, result, &error);
  g_autoptr(CofferKey) followed = NULL;

  coffer_window_wait_free (step->wait);
  if (self->undo != undo)
    return;
  if (error != NULL)
    {
      report (self, step->redo, error);
      return;
    }
  followed = coffer_undo_dup_followed (undo, step->redo);
  if (followed != NULL)
    coffer_key_selection_follow (coffer_vault_view_get_selection (self->view), coffer_key_get_bytes (followed));
  if (step->redo)
    coffer_window_toast_undo (self, text);
  else
    coffer_window_toast (self, text);
}

/* Whoever is writing a text means that text. */
static gboolean
is_for_text (CofferWindow *self,
             const char   *action)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  if (!GTK_IS_EDITABLE (focus) && !GTK_IS_TEXT_VIEW (focus))
    return FALSE;
  gtk_widget_activate_action (focus, action, NULL);
  return TRUE;
}

static void
take_step (CofferWindow *self,
           gboolean      redo)
{
  Step *step;

  if (is_for_text (self, redo ? "text.redo" : "text.undo"))
    return;
  step = g_new (Step, 1);
  *step = (Step) { g_object_ref (self), redo, coffer_window_wait_new (self, g_strdup (redo ? _("Redoing…") : _("Undoing…"))) };
  coffer_undo_step_async (self->undo, redo, coffer_window_wait_get_progress (step->wait), coffer_window_wait_get_cancellable (step->wait),
                          stepped_cb, step);
}

static void
undo_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  take_step (user_data, FALSE);
}

static void
redo_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
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
      else
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

  if (coffer_vault_get_n_deferred (self->vault) > 0)   /* which has what waits written first */
    write_deletions (self, NULL);
  else
    coffer_window_flush (self, NULL);
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
  if (coffer_vault_get_n_deferred (self->vault) > 0)
    write_deletions (self, stop_editing_now);
  else if (coffer_window_has_waiting (self))
    coffer_window_flush (self, stop_editing_now);
  else
    coffer_vault_stop_editing (self->vault);
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
}

void
coffer_window_add_undo_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}
