/* SPDX-License-Identifier: MIT */
/* Values of this window that other programs have open: which program, and what comes back. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-outside"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"
#include "coffer-outside.h"

/* A value on its way out. */
typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  CofferKey *key;
  CofferWindowWait *wait;
} Opening;

static void
opening_free (Opening *opening)
{
  coffer_window_wait_free (opening->wait);
  g_object_unref (opening->window);
  g_object_unref (opening->vault);
  coffer_key_unref (opening->key);
  g_free (opening);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Opening, opening_free)

static char *
describe (CofferKey *key)
{
  return coffer_key_to_display (key, 60);
}

/* One that stays until it is answered. @text (transfer full) */
static AdwToast *
new_toast (char *text)
{
  g_autofree char *title = g_markup_escape_text (text, -1);
  AdwToast *toast = adw_toast_new (title);

  g_free (text);
  adw_toast_set_timeout (toast, 0);
  return toast;
}

/* What comes back */

static void offer_update (CofferWindow *self, CofferOutside *outside);
static void begin_update (CofferWindow *self, CofferOutside *outside, CofferOutsideUpdate how, gboolean loses);

static void
refused_response_cb (CofferWindow     *self,
                     const char       *response,
                     AdwMessageDialog *dialog)
{
  CofferOutside *outside = g_object_get_data (G_OBJECT (dialog), "outside");

  if (g_str_equal (response, "replace"))
    begin_update (self, outside, COFFER_OUTSIDE_UPDATE_ANY, FALSE);
  else if (g_str_equal (response, "copy"))
    begin_update (self, outside, COFFER_OUTSIDE_UPDATE_COPY, FALSE);
  else
    offer_update (self, outside);
}

/* Two have changed the value, and only one of them can have the key. */
static void
ask_which (CofferWindow  *self,
           CofferOutside *outside)
{
  g_autofree char *name = describe (coffer_outside_get_key (outside));
  g_autofree char *heading = g_strdup_printf (_("“%s” Was Changed in the Vault, Too"), name);
  AdwMessageDialog *dialog = coffer_window_ask (self, heading,
                                                _("Somebody else changed or deleted the value after it was opened. Replacing it loses what they did; a copy "
                                                  "has the same name with a number."),
                                                "replace", _("_Replace Anyway"), ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (refused_response_cb));

  adw_message_dialog_add_response (dialog, "copy", _("_Save a Copy"));
  adw_message_dialog_set_response_appearance (dialog, "copy", ADW_RESPONSE_SUGGESTED);
  g_object_set_data_full (G_OBJECT (dialog), "outside", g_object_ref (outside), g_object_unref);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
lose_response_cb (CofferWindow     *self,
                  const char       *response,
                  AdwMessageDialog *dialog)
{
  CofferOutside *outside = g_object_get_data (G_OBJECT (dialog), "outside");

  if (g_str_equal (response, "replace"))
    begin_update (self, outside, GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (dialog), "how")), TRUE);
  else
    offer_update (self, outside);
}

static void
ask_to_lose (CofferWindow        *self,
             CofferOutside       *outside,
             CofferOutsideUpdate  how)
{
  g_autofree char *name = describe (coffer_outside_get_key (outside));
  g_autofree char *heading = g_strdup_printf (_("Replace the Value of “%s”?"), name);
  const char *body = _("There is no room to keep it: once it is replaced, it cannot be brought back.");
  AdwMessageDialog *dialog = coffer_window_ask (self, heading, body, "replace", _("_Replace"), ADW_RESPONSE_DESTRUCTIVE,
                                                G_CALLBACK (lose_response_cb));

  g_object_set_data_full (G_OBJECT (dialog), "outside", g_object_ref (outside), g_object_unref);
  g_object_set_data (G_OBJECT (dialog), "how", GUINT_TO_POINTER (how));
  gtk_window_present (GTK_WINDOW (dialog));
}

typedef struct {
  CofferWindow *window;
  CofferOutsideUpdate how;
  CofferWindowWait *wait;
} Update;

static void
update_free (Update *update)
{
  coffer_window_wait_free (update->wait);
  g_object_unref (update->window);
  g_free (update);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Update, update_free)

static void
tell_failure (CofferWindow        *self,
              CofferOutside       *outside,
              CofferOutsideUpdate  how,
              const GError        *error)
{
  g_autofree char *name = describe (coffer_outside_get_key (outside));

  self->closes_when_updated = FALSE;
  if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE))
    {
      ask_which (self, outside);
      return;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    {
      ask_to_lose (self, outside, how);
      return;
    }
  coffer_window_report (self, error, name);
  offer_update (self, outside);
}

static void
close_cb (gpointer data)
{
  g_autoptr(CofferWindow) self = data;

  gtk_window_close (GTK_WINDOW (self));
}

/* Once none is left that is known to be changed; what is written still is asked about again. */
static void
close_when_updated (CofferWindow *self)
{
  for (guint i = 0; i < self->outside->len; i++)
    if (coffer_outside_get_changed (g_ptr_array_index (self->outside, i)))
      return;
  if (self->closes_when_updated)
    g_idle_add_once (close_cb, g_object_ref (self));
}

static void
updated_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(Update) update = user_data;
  CofferWindow *self = update->window;
  CofferOutside *outside = COFFER_OUTSIDE (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferKept) old = NULL;
  g_autofree char *name = NULL, *text = NULL, *now = NULL;
  gboolean updated = coffer_outside_update_finish (outside, result, &old, &now, &error);

  if (self->outside == NULL)   /* the window is gone */
    return;
  if (!updated)
    {
      tell_failure (self, outside, update->how, error);
      return;
    }
  name = describe (coffer_outside_get_key (outside));   /* that of the copy, if it is one */
  text = g_strdup_printf (update->how == COFFER_OUTSIDE_UPDATE_COPY ? _("Saved as “%s”") : _("“%s” updated"), name);
  if (old != NULL && self->undo != NULL && self->vault == coffer_outside_get_vault (outside))
    {
      coffer_undo_push_value (self->undo, coffer_outside_get_table (outside), coffer_outside_get_key (outside), old, now);
      coffer_window_toast_undo (self, text);
    }
  else
    coffer_window_toast (self, text);
  close_when_updated (self);
}

static void
begin_update (CofferWindow        *self,
              CofferOutside       *outside,
              CofferOutsideUpdate  how,
              gboolean             loses)
{
  g_autofree char *name = describe (coffer_outside_get_key (outside));
  Update *update = g_new (Update, 1);

  *update = (Update) { g_object_ref (self), how, coffer_window_wait_new (self, g_strdup_printf (_("Updating “%s”…"), name)) };
  coffer_outside_update_async (outside, how, loses, coffer_window_wait_get_progress (update->wait),
                               coffer_window_wait_get_cancellable (update->wait), updated_cb, update);
}

/* A vault that is open for viewing is asked about first; the offer stands meanwhile. */
static void
update (CofferWindow  *self,
        CofferOutside *outside)
{
  if (coffer_outside_is_busy (outside))
    {
      self->closes_when_updated = FALSE;
      coffer_window_toast (self, _("The other program is still writing"));
      offer_update (self, outside);
    }
  else if (self->vault != NULL && coffer_vault_get_editable (self->vault))
    begin_update (self, outside, COFFER_OUTSIDE_UPDATE_KNOWN, FALSE);
  else
    {
      gtk_widget_activate_action (GTK_WIDGET (self), "win.edit", NULL);
      offer_update (self, outside);
    }
}

static void
update_clicked_cb (AdwToast      *toast,
                   CofferOutside *outside)
{
  CofferWindow *self = g_object_get_data (G_OBJECT (toast), "window");

  self->closes_when_updated = FALSE;
  update (self, outside);
}

static void
withdraw_offer (CofferOutside *outside)
{
  AdwToast *toast = g_object_get_data (G_OBJECT (outside), "toast");

  if (toast != NULL)
    adw_toast_dismiss (toast);
  g_object_set_data (G_OBJECT (outside), "toast", NULL);
}

static void
offer_update (CofferWindow  *self,
              CofferOutside *outside)
{
  g_autofree char *name = describe (coffer_outside_get_key (outside));
  /* Translators: a key, whose value another program has open and changed */
  AdwToast *toast = new_toast (g_strdup_printf (_("“%s” was changed by another program"), name));

  withdraw_offer (outside);
  adw_toast_set_button_label (toast, _("_Update Value"));
  g_object_set_data (G_OBJECT (toast), "window", self);
  g_signal_connect_object (toast, "button-clicked", G_CALLBACK (update_clicked_cb), outside, 0);
  g_object_set_data_full (G_OBJECT (outside), "toast", g_object_ref (toast), g_object_unref);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
changed_cb (CofferWindow  *self,
            GParamSpec    *pspec,
            CofferOutside *outside)
{
  if (coffer_outside_get_changed (outside))
    offer_update (self, outside);
  else
    withdraw_offer (outside);
}

/* Which program */

static void
launch (CofferWindow  *self,
        GAppInfo      *app,
        CofferOutside *outside)
{
  g_autoptr(GdkAppLaunchContext) context = gdk_display_get_app_launch_context (gtk_widget_get_display (GTK_WIDGET (self)));
  GList files = { coffer_outside_get_file (outside), NULL, NULL };
  g_autoptr(GError) error = NULL;

  if (!g_app_info_launch (app, &files, G_APP_LAUNCH_CONTEXT (context), &error))
    {
      coffer_window_report (self, error, g_app_info_get_display_name (app));
      return;
    }
  g_ptr_array_add (self->outside, g_object_ref (outside));
  g_signal_connect_object (outside, "notify::changed", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
}

static void
chosen_cb (CofferWindow        *self,
           int                  response,
           GtkAppChooserDialog *dialog)
{
  CofferOutside *outside = g_object_get_data (G_OBJECT (dialog), "outside");
  g_autoptr(GAppInfo) app = response == GTK_RESPONSE_OK ? gtk_app_chooser_get_app_info (GTK_APP_CHOOSER (dialog)) : NULL;

  if (app != NULL)
    launch (self, app, outside);
  gtk_window_destroy (GTK_WINDOW (dialog));
}

static void
choose_app (CofferWindow  *self,
            CofferOutside *outside)
{
  g_autofree char *name = describe (coffer_outside_get_key (outside));
  g_autofree char *markup = g_markup_escape_text (name, -1);
  g_autofree char *heading = g_strdup_printf (_("Open “%s” with"), markup);
  GtkWidget *dialog = gtk_app_chooser_dialog_new_for_content_type (GTK_WINDOW (self), GTK_DIALOG_MODAL,
                                                                   coffer_outside_get_content_type (outside));

  gtk_app_chooser_dialog_set_heading (GTK_APP_CHOOSER_DIALOG (dialog), heading);
  g_object_set_data_full (G_OBJECT (dialog), "outside", g_object_ref (outside), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (chosen_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Out with it */

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(Opening) opening = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferOutside) outside = coffer_outside_new_finish (result, &error);
  g_autofree char *name = describe (opening->key);

  if (opening->window->outside == NULL || opening->window->vault != opening->vault)   /* gone, or at another vault */
    return;
  if (outside != NULL)
    choose_app (opening->window, outside);
  else
    coffer_window_report (opening->window, error, name);
}

void
coffer_window_open_with_action (GSimpleAction *action,
                                GVariant      *parameter,
                                gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferEntry *entry = coffer_window_get_single_entry (self);
  g_autofree char *name = NULL;
  Opening *opening;

  if (entry == NULL)
    return;

  opening = g_new0 (Opening, 1);
  opening->window = g_object_ref (self);
  opening->vault = g_object_ref (self->vault);
  opening->key = coffer_key_ref (coffer_entry_get_key (entry));
  name = describe (opening->key);
  opening->wait = coffer_window_wait_new (self, g_strdup_printf (_("Preparing “%s”…"), name));
  coffer_outside_new_async (self->vault, opening->key, coffer_window_wait_get_cancellable (opening->wait), written_cb, opening);
}

/* Before it is too late */

static gboolean
is_changed (CofferOutside *outside)
{
  return coffer_outside_get_changed (outside) || !coffer_outside_is_settled (outside);
}

static guint
count_changed (CofferWindow *self)
{
  guint n = 0;

  for (guint i = 0; i < self->outside->len; i++)
    n += is_changed (g_ptr_array_index (self->outside, i));

  return n;
}

static void
discard_changed (CofferWindow *self)
{
  for (guint i = 0; i < self->outside->len; i++)
    if (is_changed (g_ptr_array_index (self->outside, i)))
      coffer_outside_discard (g_ptr_array_index (self->outside, i));
}

static void
update_all (CofferWindow *self)
{
  if (self->vault == NULL || !coffer_vault_get_editable (self->vault))
    {
      gtk_widget_activate_action (GTK_WIDGET (self), "win.edit", NULL);
      return;
    }

  self->closes_when_updated = count_changed (self) > 0;
  for (guint i = 0; i < self->outside->len; i++)
    {
      CofferOutside *outside = g_ptr_array_index (self->outside, i);

      if (!is_changed (outside))
        continue;
      withdraw_offer (outside);
      update (self, outside);
    }
}

/* The dialog goes with the window, and is still at work here. */
static void
close_response_cb (CofferWindow *self,
                   const char   *response)
{
  if (g_str_equal (response, "discard"))
    {
      discard_changed (self);
      g_ptr_array_set_size (self->outside, 0);
      g_idle_add_once (close_cb, g_object_ref (self));
    }
  else if (g_str_equal (response, "update"))
    update_all (self);
}

gboolean
coffer_window_keeps_outside (CofferWindow *self)
{
  guint n = count_changed (self);
  g_autofree char *heading = NULL;
  AdwMessageDialog *dialog;

  self->closes_when_updated = FALSE;
  if (n == 0)
    return FALSE;

  heading = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u Value Was Changed by Another Program", "%u Values Were Changed by Other Programs", n), n);
  dialog = coffer_window_ask (self, heading,
                              _("The changes are not in the vault. What is not saved in the other program yet cannot be updated once this window is closed."),
                              "discard", _("_Discard Changes"), ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (close_response_cb));
  adw_message_dialog_add_response (dialog, "update", n == 1 ? _("_Update Value") : _("_Update Values"));
  adw_message_dialog_set_response_appearance (dialog, "update", ADW_RESPONSE_SUGGESTED);
  gtk_window_present (GTK_WINDOW (dialog));

  return TRUE;
}

void
coffer_window_check_outside (CofferWindow *self)
{
  if (self->outside == NULL || !gtk_window_is_active (GTK_WINDOW (self)))
    return;
  for (guint i = 0; i < self->outside->len; i++)
    coffer_outside_check (g_ptr_array_index (self->outside, i));
}
