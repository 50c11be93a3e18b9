/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_TWO_COLUMNS (coffer_two_columns_get_type ())
G_DECLARE_FINAL_TYPE (CofferTwoColumns, coffer_two_columns, COFFER, TWO_COLUMNS, GtkWidget)

/** Two children of equal width beside each other where there is room, else the second under the first. */

/** Whether they are beside each other now. */
gboolean coffer_two_columns_is_wide (CofferTwoColumns *self);

G_END_DECLS
