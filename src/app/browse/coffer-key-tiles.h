/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-key-selection.h"
#include "coffer-key-tile.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_TILES (coffer_key_tiles_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyTiles, coffer_key_tiles, COFFER, KEY_TILES, GtkWidget)

/**
 * The keys of a selection as tiles of one size in rows, as the child of a GtkScrolledWindow. However many keys there are, there
 * are tiles for those in view, and for a row before and behind.
 *
 * Arrows, Home, End and the Page keys move and select as in any list of GTK, with Shift and Control as there, Control+Space
 * selects or not; Space alone is left to others. A drag selects what it touches.
 *
 * Signal "activated" (uint position): Enter, or a double click; a click where there is little room.
 */

/** @selection (nullable) */
void           coffer_key_tiles_set_selection     (CofferKeyTiles     *self,
                                                   CofferKeySelection *selection);
/** @thumbnails (nullable): who makes the pictures, which are @width logical pixels wide. The place is kept. */
void           coffer_key_tiles_set_pictures      (CofferKeyTiles     *self,
                                                   CofferThumbnails   *thumbnails,
                                                   int                 width);
/** Logical pixels to be left free under the last row, for something that lies over it. */
void           coffer_key_tiles_set_bottom_room   (CofferKeyTiles     *self,
                                                   int                 room);

/** The position of the first tile in view; 0 if there is none. */
guint          coffer_key_tiles_get_first_visible (CofferKeyTiles     *self);
/** Scroll until @position is in the first row. */
void           coffer_key_tiles_show_first        (CofferKeyTiles     *self,
                                                   guint               position);
/** Scroll no further than until @position is in view, and let keys go on from there. */
void           coffer_key_tiles_reveal            (CofferKeyTiles     *self,
                                                   guint               position);

/** Select as a click does. @modify: with Control. @extend: with Shift. */
void           coffer_key_tiles_choose            (CofferKeyTiles     *self,
                                                   guint               position,
                                                   gboolean            modify,
                                                   gboolean            extend);

/** The tile at a point. Returns: (transfer none) (nullable) */
CofferKeyTile *coffer_key_tiles_pick              (CofferKeyTiles     *self,
                                                   double              x,
                                                   double              y);
/** The tile of a position, if that is in view or near. Returns: (transfer none) (nullable) */
CofferKeyTile *coffer_key_tiles_get_tile          (CofferKeyTiles     *self,
                                                   guint               position);

G_END_DECLS
