/* SPDX-License-Identifier: MIT */
#include "screen.h"

guint32 *
screen_draw (GtkWidget *widget,
             int       *width,
             int       *height)
{
  g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr(GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr(GskRenderNode) node = NULL;
  g_autoptr(GdkTexture) texture = NULL;
  guint32 *pixels;

  *width = gtk_widget_get_width (widget);
  *height = gtk_widget_get_height (widget);
  gdk_paintable_snapshot (paintable, snapshot, *width, *height);
  node = gtk_snapshot_to_node (snapshot);
  g_assert_nonnull (node);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, *width, *height));
  pixels = g_new (guint32, (gsize) *width * *height);
  gdk_texture_download (texture, (guchar *) pixels, (gsize) *width * 4);

  return pixels;
}

gboolean
screen_wait (gboolean (*test) (gpointer),
             gpointer data)
{
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (!test (data))
    {
      if (g_get_monotonic_time () > end)
        return FALSE;
      screen_run (5);
    }

  return TRUE;
}

gint64
screen_run (guint ms)
{
  gint64 began = g_get_monotonic_time (), last = began, worst = 0;

  while (last < began + ms * 1000)
    {
      gint64 now;

      if (!g_main_context_iteration (NULL, FALSE))
        {
          g_usleep (500);
          last = g_get_monotonic_time ();
          continue;
        }
      now = g_get_monotonic_time ();
      worst = MAX (worst, now - last);
      last = now;
    }

  return worst;
}

GtkWindow *
screen_show (GtkWidget *child,
             int        width,
             int        height)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_decorated (GTK_WINDOW (window), FALSE);
  gtk_window_set_default_size (GTK_WINDOW (window), width, height);
  gtk_window_set_child (GTK_WINDOW (window), child);
  gtk_window_present (GTK_WINDOW (window));
  screen_run (200);

  return GTK_WINDOW (window);
}
