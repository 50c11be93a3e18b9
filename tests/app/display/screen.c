/* SPDX-License-Identifier: MIT */
#include "screen.h"

/* Until something must have come. */
#ifdef __SANITIZE_ADDRESS__
#define SECONDS 60
#else
#define SECONDS 10
#endif

/* NULL while a layout is due. */
static GskRenderNode *
draw_now (GtkWidget *widget)
{
  g_autoptr(GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  GtkSnapshot *snapshot = gtk_snapshot_new ();

  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (widget), gtk_widget_get_height (widget));

  return gtk_snapshot_free_to_node (snapshot);
}

guint32 *
screen_draw (GtkWidget *widget,
             int       *width,
             int       *height)
{
  g_autoptr(GskRenderNode) node = NULL;
  g_autoptr(GdkTexture) texture = NULL;
  guint32 *pixels;

  for (int i = 0; i < 250 && (node = draw_now (widget)) == NULL; i++)
    screen_run (20);
  g_assert_nonnull (node);

  *width = gtk_widget_get_width (widget);
  *height = gtk_widget_get_height (widget);
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
  gint64 end = g_get_monotonic_time () + SECONDS * G_USEC_PER_SEC;

  while (!test (data))
    {
      if (g_get_monotonic_time () > end)
        return FALSE;
      screen_run (5);
    }

  return TRUE;
}

void
screen_run (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * 1000;

  while (g_get_monotonic_time () < end)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (500);
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
