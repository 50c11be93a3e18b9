/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-columns.h"

G_BEGIN_DECLS

#define COFFER_TYPE_COLUMN_HEADER (coffer_column_header_get_type ())
G_DECLARE_FINAL_TYPE (CofferColumnHeader, coffer_column_header, COFFER, COLUMN_HEADER, GtkWidget)

/**
 * The titles of the columns: a click sorts and another one turns, edges are dragged to resize, titles to reorder, and a menu does
 * what a mouse does. Padding on its sides in style.css must be that of the rows.
 */
void coffer_column_header_set_columns (CofferColumnHeader *self,
                                       CofferColumns      *columns);

G_END_DECLS
