/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-columns.h"
#include "coffer-key-cells.h"
#include "coffer-key-selection.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_VIEW (coffer_key_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyView, coffer_key_view, COFFER, KEY_VIEW, GtkWidget)

/**
 * The keys of a table as a list with the columns Key, Size and Type; rows of two lines where there is little room.
 *
 * Property "compact" gboolean (read-only, notify).
 * Signal "activated": a row was opened (Enter, a double click; a click where rows have two lines).
 */

/** @selection (nullable): with it comes the list, which gets the order that the columns tell. */
void            coffer_key_view_set_selection  (CofferKeyView      *self,
                                                CofferKeySelection *selection);
/** Returns: (transfer none) */
CofferColumns  *coffer_key_view_get_columns    (CofferKeyView      *self);
/** Returns: (transfer none) */
CofferKeyCells *coffer_key_view_get_cells      (CofferKeyView      *self);

/** @thumbnails (nullable): who makes pictures of the values. */
void            coffer_key_view_set_thumbnails (CofferKeyView      *self,
                                                CofferThumbnails   *thumbnails);

/** FALSE: it has no rows, for nobody would see them; the order is still seen to. */
void            coffer_key_view_set_shown      (CofferKeyView      *self,
                                                gboolean            shown);

G_END_DECLS
