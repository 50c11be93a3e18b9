/* SPDX-License-Identifier: MIT */
/*
 * In which vaults zeros are written over what is deleted. SQLite keeps that for a connection only, so the program remembers it for each vault, and
 * tells every handle. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-secure"

#include "coffer-window-private.h"

#include "coffer-application.h"

#define KEY "secure-delete"

static GSettings *
get_settings (CofferWindow *self)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  return application != NULL ? coffer_application_get_settings (COFFER_APPLICATION (application)) : NULL;
}

static void
apply_cb (GSettings  *settings,
          const char *key,
          gpointer    data)
{
  CofferVault *vault = data;
  g_autofree char *uri = g_file_get_uri (coffer_vault_get_file (vault));
  g_auto(GStrv) uris = g_settings_get_strv (settings, KEY);

  coffer_vault_set_secure_delete (vault, g_strv_contains ((const char *const *) uris, uri));
}

void
coffer_window_follow_secure_delete (CofferWindow *self)
{
  GSettings *settings = get_settings (self);

  if (settings == NULL)
    return;
  g_signal_connect_object (settings, "changed::" KEY, G_CALLBACK (apply_cb), self->vault, 0);
  apply_cb (settings, KEY, self->vault);
}

void
coffer_window_remember_secure_delete (CofferWindow *self)
{
  GSettings *settings = get_settings (self);
  g_autofree char *uri = NULL;
  g_auto(GStrv) uris = NULL;
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) kept = NULL;

  if (settings == NULL || self->vault == NULL)
    return;
  uri = g_file_get_uri (self->file);
  uris = g_settings_get_strv (settings, KEY);
  for (guint i = 0; uris[i] != NULL; i++)
    if (!g_str_equal (uris[i], uri))
      g_strv_builder_add (builder, uris[i]);
  if (coffer_vault_get_secure_delete (self->vault))
    g_strv_builder_add (builder, uri);
  kept = g_strv_builder_end (builder);
  g_settings_set_strv (settings, KEY, (const char *const *) kept);
}
