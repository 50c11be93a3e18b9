/* SPDX-License-Identifier: MIT */
/* The actions of a window on where one is in a vault, and on what parts keys into prefixes. Main thread. */
#define G_LOG_DOMAIN "coffer-window-places"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-application.h"
#include "coffer-clean-window.h"

#define SEPARATORS_KEY "prefix-separators"

/* (nullable) */
static GSettings *
get_settings (CofferWindow *self)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  return application != NULL ? coffer_application_get_settings (COFFER_APPLICATION (application)) : NULL;
}

static void
go_up_action (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  coffer_vault_view_go_up (COFFER_WINDOW (user_data)->view);
}

static void
go_back_action (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  coffer_vault_view_go_along (COFFER_WINDOW (user_data)->view, -1);
}

static void
go_forward_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  coffer_vault_view_go_along (COFFER_WINDOW (user_data)->view, 1);
}

/* Separators */

static gboolean
is_ascii (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isprint (*text))
      return FALSE;
  return TRUE;
}

static void
separators_changed_cb (AdwMessageDialog *dialog,
                       GtkEditable      *entry)
{
  const char *text = gtk_editable_get_text (entry);
  gboolean good = is_ascii (text);

  adw_message_dialog_set_response_enabled (dialog, "set", good);
  if (good)
    gtk_widget_remove_css_class (GTK_WIDGET (entry), "error");
  else
    gtk_widget_add_css_class (GTK_WIDGET (entry), "error");
}

static void
separators_response_cb (CofferWindow     *self,
                        const char       *response,
                        AdwMessageDialog *dialog)
{
  GtkEditable *entry = g_object_get_data (G_OBJECT (dialog), "entry");
  GSettings *settings = get_settings (self);

  if (settings != NULL && g_str_equal (response, "set"))
    g_settings_set_string (settings, SEPARATORS_KEY, gtk_editable_get_text (entry));
}

static void
separators_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  CofferWindow *self = user_data;
  g_autofree char *text = g_settings_get_string (get_settings (self), SEPARATORS_KEY);
  GtkWidget *entry = gtk_entry_new ();
  AdwMessageDialog *dialog = coffer_window_ask (self, _("Prefix Separators"),
                                                _("Each of these characters ends a prefix in the sidebar, as in “img/2024/”. Without any, there are no prefixes."),
                                                "set", _("_Set"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (separators_response_cb));

  g_object_set_data (G_OBJECT (dialog), "entry", entry);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Separators"), -1);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  adw_message_dialog_set_extra_child (dialog, entry);
  g_signal_connect_object (entry, "changed", G_CALLBACK (separators_changed_cb), dialog, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  gtk_widget_grab_focus (entry);
}

void
coffer_window_apply_separators (CofferWindow *self)
{
  GSettings *settings = get_settings (self);
  g_autofree char *text = settings != NULL ? g_settings_get_string (settings, SEPARATORS_KEY) : NULL;

  if (text == NULL)
    return;
  coffer_vault_view_set_separators (self->view, text);
  coffer_window_update_key_actions (self);
  if (self->clean != NULL)
    coffer_clean_window_set_separators (COFFER_CLEAN_WINDOW (self->clean), text);
}

void
coffer_window_follow_separators (CofferWindow *self)
{
  GSettings *settings = get_settings (self);

  if (settings == NULL)
    return;
  g_signal_connect_object (settings, "changed::" SEPARATORS_KEY, G_CALLBACK (coffer_window_apply_separators), self, G_CONNECT_SWAPPED);
  coffer_window_apply_separators (self);
}

static const GActionEntry entries[] = {
  { "go-back", go_back_action },
  { "go-forward", go_forward_action },
  { "go-up", go_up_action },
  { "separators", separators_action },
};

void
coffer_window_update_place_actions (CofferWindow *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++)
    coffer_window_enable (self, entries[i].name, self->vault != NULL);
  coffer_window_enable (self, "separators", get_settings (self) != NULL);
}

void
coffer_window_add_place_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}
