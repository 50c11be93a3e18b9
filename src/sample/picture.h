/* SPDX-License-Identifier: MIT */
/* Drawings as the bytes of picture files. */
#pragma once

#include <cairo.h>
#include <gdk-pixbuf/gdk-pixbuf.h>

/* Each returns: (transfer full): the file, never NULL: what goes wrong here is a broken
 * installation, and ends the program.
 */
GBytes *picture_new_jpeg   (cairo_surface_t *surface,
                            gboolean         turned);
GBytes *picture_new_png    (cairo_surface_t *surface);
/* A lighthouse whose beam goes round: an animated GIF. */
GBytes *picture_new_beacon (void);
