/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * Presents a window that was just built in a turn of the main loop of its own, with a frame of other windows between. One that is
 * destroyed until then is not shown, and one whose parent is gone is destroyed.
 */
void coffer_present_soon (GtkWindow *window);

G_END_DECLS
