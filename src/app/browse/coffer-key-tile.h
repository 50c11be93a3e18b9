/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-key-cell.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_TILE (coffer_key_tile_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyTile, coffer_key_tile, COFFER, KEY_TILE, CofferKeyCell)

/** A tile of the grid: the picture of a value, the last part of its key, its size; a badge with its type, a tick when selected. */
GtkWidget   *coffer_key_tile_new         (void);

/** @thumbnails (nullable): who makes its picture, which is @picture_width wide. */
void         coffer_key_tile_set_picture (CofferKeyTile    *self,
                                          CofferThumbnails *thumbnails,
                                          int               picture_width);

/** How large tiles are that have the font of @widget, whatever they show. */
void         coffer_key_tile_get_size    (GtkWidget        *widget,
                                          int               picture_width,
                                          int              *width,
                                          int              *height);

G_END_DECLS
