/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * Give a view of keys the menu of what can be done with those that are selected, and the shortcuts for the same. It has to have
 * the action keys.menu, which pops the menu up.
 *
 * Returns: (transfer none): a child of @view, which presents it when it is given its size and unparents it in dispose
 */
GtkPopover *coffer_key_menu_attach (GtkWidget *view);

G_END_DECLS
