/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/** Pop up what can be done with the table or the prefix on show: actions of the window on all its keys. @x, @y: in @widget. */
void coffer_place_menu_popup (GtkWidget *widget, double x, double y);

G_END_DECLS
