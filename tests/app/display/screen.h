/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/** What a widget looks like now, as it is on the screen: 32 bits a pixel, ARGB from the highest byte. Returns: (transfer full) */
guint32   *screen_draw (GtkWidget *widget,
                        int       *width,
                        int       *height);

/** Turns the main loop until @test holds, for ten seconds at most, a minute under the sanitizers. Returns: whether it does */
gboolean   screen_wait (gboolean (*test) (gpointer),
                        gpointer   data);

#ifdef __SANITIZE_ADDRESS__
#define SCREEN_TURNS 6000
#else
#define SCREEN_TURNS 1000
#endif

/** The same for an expression, which must come true. */
#define screen_assert_soon(expression) \
  G_STMT_START { \
    for (int screen_turns = 0; !(expression) && screen_turns < SCREEN_TURNS; screen_turns++) \
      screen_run (10); \
    g_assert_true (expression); \
  } G_STMT_END

/** Turns the main loop for a time: where something must not happen meanwhile. */
void       screen_run  (guint      ms);

/** A window of that size with @child, on the screen. Returns: (transfer none) */
GtkWindow *screen_show (GtkWidget *child,
                        int        width,
                        int        height);

G_END_DECLS
