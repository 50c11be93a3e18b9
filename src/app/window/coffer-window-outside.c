/* SPDX-License-Identifier: MIT */
/* Values of this window that other programs have open: which program, and what comes back. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-outside"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-outside.h"

#define PATIENCE_MS 500   /* until a value that is being written is told of */

/* A value on its way out; the toast, if there is one, can cancel it. */
typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  CofferKey *key;
  GCancellable *cancellable;
  AdwToast *toast;      /* or NULL */
  guint patience_id;
} Opening;

static void
opening_free (Opening *opening)
{
  g_clear_handle_id (&opening->patience_id, g_source_remove);
  if (opening->toast != NULL)
    adw_toast_dismiss (opening->toast);
  g_clear_object (&opening->toast);
  g_object_unref (opening->window);
  g_object_unref (opening->vault);
  g_object_unref (opening->cancellable);
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

static void
updated_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  CofferOutside *outside = COFFER_OUTSIDE (source);
  g_autofree char *name = describe (coffer_outside_get_key (outside));
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gboolean updated = coffer_outside_update_finish (outside, result, &error);

  if (self->outside == NULL)   /* the window is gone */
    return;
  if (!updated)
    {
      coffer_window_report (self, error, name);
      offer_update (self, outside);
      return;
    }
  text = g_strdup_printf (_("“%s” updated"), name);
  coffer_window_toast (self, text);
}

/* A vault that is open for viewing is asked about first; the offer stands meanwhile. */
static void
update_clicked_cb (AdwToast      *toast,
                   CofferOutside *outside)
{
  CofferWindow *self = g_object_get_data (G_OBJECT (toast), "window");

  if (!coffer_outside_is_settled (outside))
    {
      coffer_window_toast (self, _("The other program is still writing"));
      offer_update (self, outside);
      return;
    }
  if (self->vault != NULL && coffer_vault_get_editable (self->vault))
    {
      coffer_outside_update_async (outside, NULL, updated_cb, g_object_ref (self));
      return;
    }
  gtk_widget_activate_action (GTK_WIDGET (self), "win.edit", NULL);
  offer_update (self, outside);
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

  if (opening->window->vault != opening->vault)
    return;
  if (outside != NULL)
    choose_app (opening->window, outside);
  else
    coffer_window_report (opening->window, error, name);
}

static gboolean
patience_cb (gpointer data)
{
  Opening *opening = data;
  g_autofree char *name = describe (opening->key);

  opening->patience_id = 0;
  if (opening->window->outside == NULL)
    return G_SOURCE_REMOVE;
  opening->toast = g_object_ref (new_toast (g_strdup_printf (_("Preparing “%s”…"), name)));
  adw_toast_set_button_label (opening->toast, _("_Cancel"));
  g_signal_connect_object (opening->toast, "button-clicked", G_CALLBACK (g_cancellable_cancel), opening->cancellable, G_CONNECT_SWAPPED);
  adw_toast_overlay_add_toast (opening->window->toasts, opening->toast);

  return G_SOURCE_REMOVE;
}

void
coffer_window_open_with_action (GSimpleAction *action,
                                GVariant      *parameter,
                                gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferEntry *entry = coffer_window_get_single_entry (self);
  Opening *opening;

  if (entry == NULL)
    return;

  opening = g_new0 (Opening, 1);
  opening->window = g_object_ref (self);
  opening->vault = g_object_ref (self->vault);
  opening->key = coffer_key_ref (coffer_entry_get_key (entry));
  opening->cancellable = g_cancellable_new ();
  opening->patience_id = g_timeout_add (PATIENCE_MS, patience_cb, opening);
  coffer_outside_new_async (self->vault, opening->key, opening->cancellable, written_cb, opening);
}

/* Before it is too late */

static guint
count_changed (CofferWindow *self)
{
  guint n = 0;

  for (guint i = 0; i < self->outside->len; i++)
    {
      CofferOutside *outside = g_ptr_array_index (self->outside, i);

      n += coffer_outside_get_changed (outside) || !coffer_outside_is_settled (outside);
    }

  return n;
}

static void
close_cb (gpointer data)
{
  g_autoptr(CofferWindow) self = data;

  gtk_window_close (GTK_WINDOW (self));
}

/* The dialog goes with the window, and is still at work here. */
static void
close_response_cb (CofferWindow *self,
                   const char   *response)
{
  if (!g_str_equal (response, "discard"))
    return;

  g_ptr_array_set_size (self->outside, 0);
  g_idle_add_once (close_cb, g_object_ref (self));
}

gboolean
coffer_window_keeps_outside (CofferWindow *self)
{
  guint n = count_changed (self);
  g_autofree char *heading = NULL;
  AdwMessageDialog *dialog;

  if (n == 0)
    return FALSE;

  heading = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u Value Was Changed by Another Program", "%u Values Were Changed by Other Programs", n), n);
  dialog = coffer_window_ask (self, heading, _("The changes are not in the vault. They are lost with the window."),
                              "discard", _("_Discard Changes"), ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (close_response_cb));
  gtk_window_present (GTK_WINDOW (dialog));

  return TRUE;
}
