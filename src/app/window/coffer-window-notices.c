/* SPDX-License-Identifier: MIT */
/* What the desktop is told while nobody looks at the window. Main thread. */
#define G_LOG_DOMAIN "coffer-window-notices"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#define LONG_SECONDS 10   /* whoever began it may be elsewhere by then */

void
coffer_window_tell_desktop_after (CofferWindow *self,
                                  gint64        seconds,
                                  const char   *text)
{
  g_autoptr(GNotification) notification = NULL;
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));
  const char *path = self->file != NULL ? g_file_peek_path (self->file) : NULL;

  if (application == NULL || gtk_window_is_active (GTK_WINDOW (self)) || seconds < LONG_SECONDS)
    return;
  notification = g_notification_new (coffer_vault_get_display_name (self->vault));
  g_notification_set_body (notification, text);
  if (path != NULL)
    g_notification_set_default_action_and_target (notification, "app.open-path", "s", path);
  g_application_send_notification (G_APPLICATION (application), NULL, notification);
}

void
coffer_window_tell_desktop (CofferWindow   *self,
                            CofferTransfer *transfer,
                            const char     *text)
{
  coffer_window_tell_desktop_after (self, coffer_transfer_get_seconds (transfer), text);
}
