/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * Where on a widget files are dropped.
 *
 * Returns: (transfer full) (nullable): a table's name and a prefix, as bytes: "(ayay)"; NULL: nowhere
 */
typedef GVariant *(*CofferFileDropFunc) (GtkWidget *widget);

/** Let files be dropped on @widget, which are added by the action "win.add-uris" of its window, if that is enabled. */
void      coffer_file_drop_add   (GtkWidget *widget, CofferFileDropFunc find_place);

/** @prefix  (nullable) */
GVariant *coffer_file_drop_place (const char *table, GBytes *prefix);

G_END_DECLS
