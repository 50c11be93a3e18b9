/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/** What a widget looks like now, as it is on the screen: 32 bits a pixel, ARGB from the highest byte. Returns: (transfer full) */
guint32   *screen_draw (GtkWidget *widget,
                        int       *width,
                        int       *height);

/** Turns the main loop until @test holds, for ten seconds at most. Returns: whether it does */
gboolean   screen_wait (gboolean (*test) (gpointer),
                        gpointer   data);

/** Turns the main loop for a time. */
void       screen_run  (guint      ms);

/** A window of that size with @child, on the screen. Returns: (transfer none) */
GtkWindow *screen_show (GtkWidget *child,
                        int        width,
                        int        height);

G_END_DECLS
