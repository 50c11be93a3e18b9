/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-columns.h"
#include "coffer-key-selection.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_VIEW (coffer_key_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyView, coffer_key_view, COFFER, KEY_VIEW, GtkWidget)

/**
 * The keys of a table as a list with the columns Key, Size and Type; rows of two lines where there is little room.
 *
 * Typing jumps to the first key that begins so. Its menu and keys activate actions of the window, win.copy-key and others.
 *
 * Property "compact" gboolean (read-only, notify).
 * Signal "activated": a row was opened (Enter, a double click; a click where rows have two lines).
 */

/** @selection (nullable): with it comes the list, which gets the order that the columns tell. */
void           coffer_key_view_set_selection (CofferKeyView      *self,
                                              CofferKeySelection *selection);
/** Returns: (transfer none) */
CofferColumns *coffer_key_view_get_columns   (CofferKeyView      *self);

/** @thumbnails (nullable): who makes pictures of the values. */
void coffer_key_view_set_thumbnails (CofferKeyView     *self,
                                     CofferThumbnails  *thumbnails);

/** FALSE: it has no rows, for nobody would see them; the order is still seen to. */
void  coffer_key_view_set_shown     (CofferKeyView      *self,
                                     gboolean            shown);

/** The position of the first key in view, and whether another one is, by half at least. */
guint coffer_key_view_get_first_visible (CofferKeyView *self);
gboolean coffer_key_view_shows      (CofferKeyView      *self,
                                     guint               position);

/** Scroll until @position is the first one in view, and no further than needed for @also to be, if that is a position. */
void  coffer_key_view_show_first    (CofferKeyView      *self,
                                     guint               position,
                                     guint               also);

G_END_DECLS
