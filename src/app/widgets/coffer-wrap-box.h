/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_WRAP_BOX (coffer_wrap_box_get_type ())
G_DECLARE_FINAL_TYPE (CofferWrapBox, coffer_wrap_box, COFFER, WRAP_BOX, GtkWidget)

/**
 * Widgets in a line, and in as many more as they need. One whose "halign" is GTK_ALIGN_END, which should be the last, is at
 * the end of its line.
 *
 * Its children are those of a GtkWidget: gtk_widget_insert_before(), gtk_widget_unparent().
 *
 * Properties: "spacing" int, between widgets and between lines.
 */
GtkWidget *coffer_wrap_box_new (int spacing);

G_END_DECLS
