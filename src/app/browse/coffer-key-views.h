/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-key-grid.h"
#include "coffer-key-view.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_VIEWS (coffer_key_views_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyViews, coffer_key_views, COFFER, KEY_VIEWS, GtkWidget)

/**
 * The keys of a table, as a list or as a grid. They share their selection, and changing from one to the other keeps the place.
 *
 * Typing jumps to the first key that begins so. The menu and its keys activate actions of the window, win.copy-key and others.
 *
 * Property "tight" (boolean, read-only, notify): there is little room beside each other.
 * Signal "activated": a key was opened.
 * Signal "renamed" (CofferEntry entry, string text): as of CofferKeyCells.
 */

/** @selection (nullable): of the keys to show. @thumbnails (nullable): who makes pictures of their values. */
void           coffer_key_views_set_selection  (CofferKeyViews     *self,
                                                CofferKeySelection *selection,
                                                CofferThumbnails   *thumbnails);
void           coffer_key_views_set_grid_shown (CofferKeyViews     *self,
                                                gboolean            shown);
gboolean       coffer_key_views_get_grid_shown (CofferKeyViews     *self);

/** As of coffer_key_cells_set_drag(). */
void           coffer_key_views_set_drag       (CofferKeyViews      *self,
                                                const CofferKeyDrag *drag,
                                                gpointer             data);

/** Logical pixels to be left free under the last row, for something that lies over it. */
void           coffer_key_views_set_bottom_room (CofferKeyViews    *self,
                                                 int                room);

/** As coffer_key_cells_rename() and its kin, with those on show. */
void           coffer_key_views_rename         (CofferKeyViews     *self,
                                                guint               position,
                                                const char         *text,
                                                const char         *note);
gboolean       coffer_key_views_refuse_rename  (CofferKeyViews     *self,
                                                CofferEntry        *entry,
                                                const char         *problem);
void           coffer_key_views_finish_rename  (CofferKeyViews     *self,
                                                CofferEntry        *entry);

/** Both Returns: (transfer none) */
CofferKeyView *coffer_key_views_get_list       (CofferKeyViews     *self);
CofferKeyGrid *coffer_key_views_get_grid       (CofferKeyViews     *self);

G_END_DECLS
