/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_SCREEN (coffer_screen_get_type ())
G_DECLARE_FINAL_TYPE (CofferScreen, coffer_screen, COFFER, SCREEN, GtkWidget)

/**
 * Where a video is shown: as large as the width allows, whole and in its proportions, black around it. Asks for a height in
 * these proportions, up to a limit.
 *
 * Signal "resized" (int width, int height): its room, in pixels of the screen.
 */

/** @frames (nullable) */
void coffer_screen_set_paintable  (CofferScreen *self,
                                   GdkPaintable *frames);

/** Of what is shown; its paintable may be of any size. */
void coffer_screen_set_size       (CofferScreen *self,
                                   int           width,
                                   int           height);

/** In logical pixels; 0: none. */
void coffer_screen_set_max_height (CofferScreen *self,
                                   int           max_height);

G_END_DECLS
