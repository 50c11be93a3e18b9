/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_PANE (coffer_pane_get_type ())
G_DECLARE_FINAL_TYPE (CofferPane, coffer_pane, COFFER, PANE, GtkWidget)

/**
 * One of the panes of a window: it would like a width of its own, may be given less or more, and keeps Tab within itself.
 *
 * Properties: "child" GtkWidget, "width" gint (logical pixels it would like; 0: what the child likes), "min-width" gint,
 * "grip" GtkPositionType (GTK_POS_LEFT or GTK_POS_RIGHT, in the direction of text: the edge that can be dragged), "resizable" gboolean.
 */
int  coffer_pane_get_width (CofferPane *self);
void coffer_pane_set_width (CofferPane *self,
                            int         width);

G_END_DECLS
