/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_SEEK_BAR (coffer_seek_bar_get_type ())
G_DECLARE_FINAL_TYPE (CofferSeekBar, coffer_seek_bar, COFFER, SEEK_BAR, GtkWidget)

/**
 * A bar over a clip, in nanoseconds: what has been played, where it is, and a tick where the pointer is. While it is dragged it
 * shows where that goes.
 *
 * Signal "drag" (boolean begins): it is taken hold of, or let go of.
 * Signal "seek" (int64 position): go there.
 * Signal "hover" (double x, int64 position): the pointer is there, or -1 and -1: it has left.
 */
void     coffer_seek_bar_set_position (CofferSeekBar *self,
                                       gint64         position);
void     coffer_seek_bar_set_duration (CofferSeekBar *self,
                                       gint64         duration);

G_END_DECLS
