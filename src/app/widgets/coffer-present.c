/* SPDX-License-Identifier: MIT */
/* A window of many parts takes one half of a frame to be built, and the other to be measured and realized. Main thread. */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-present.h"

static gboolean
present_cb (GtkWindow *window)
{
  if (gtk_window_get_transient_for (window) != NULL)
    gtk_window_present (window);
  else
    gtk_window_destroy (window);
  return G_SOURCE_REMOVE;
}

void
coffer_present_soon (GtkWindow *window)
{
  g_autoptr(GSource) source = NULL;

  g_return_if_fail (GTK_IS_WINDOW (window) && gtk_window_get_transient_for (window) != NULL);

  source = g_idle_source_new ();
  g_source_set_closure (source, g_cclosure_new_object_swap (G_CALLBACK (present_cb), G_OBJECT (window)));   /* invalid once it is disposed of */
  g_source_set_static_name (source, "[coffer] present");
  g_source_attach (source, NULL);
}
