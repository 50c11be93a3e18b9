/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_TILE (coffer_key_tile_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyTile, coffer_key_tile, COFFER, KEY_TILE, GtkWidget)

/** A tile of the grid: the picture of a value, the last part of its key, its size; a badge with its type, a tick when selected. */
GtkWidget   *coffer_key_tile_new          (void);

/** @entry (nullable): what to show and follow. */
void         coffer_key_tile_set_entry    (CofferKeyTile    *self,
                                           CofferEntry      *entry);
/** Returns: (transfer none) (nullable) */
CofferEntry *coffer_key_tile_get_entry    (CofferKeyTile    *self);

/** @thumbnails (nullable): who makes its picture, which is @picture_width wide. */
void         coffer_key_tile_set_picture  (CofferKeyTile    *self,
                                           CofferThumbnails *thumbnails,
                                           int               picture_width);
void         coffer_key_tile_set_selected (CofferKeyTile    *self,
                                           gboolean          selected);

/** How large tiles are that have the font of @widget, whatever they show. */
void         coffer_key_tile_get_size     (GtkWidget        *widget,
                                           int               picture_width,
                                           int              *width,
                                           int              *height);

G_END_DECLS
