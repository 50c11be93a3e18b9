/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-key-cells.h"
#include "coffer-key-selection.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

/** How wide pictures are. */
typedef enum {
  COFFER_THUMBNAIL_SIZE_SMALL,
  COFFER_THUMBNAIL_SIZE_MEDIUM,
  COFFER_THUMBNAIL_SIZE_LARGE,
  COFFER_THUMBNAIL_SIZE_EXTRA_LARGE,
} CofferThumbnailSize;

#define COFFER_N_THUMBNAIL_SIZES 4

#define COFFER_TYPE_KEY_GRID (coffer_key_grid_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyGrid, coffer_key_grid, COFFER, KEY_GRID, GtkWidget)

/**
 * The keys of a table as tiles with their pictures.
 *
 * Control with a wheel activates win.larger-thumbnails and win.smaller-thumbnails.
 *
 * Signal "activated": a key was opened (Enter, a double click; a click where there is little room).
 */

/** @selection (nullable): of the keys to show. While it has one the grid holds, reads and follows what is in view. */
void                coffer_key_grid_set_selection      (CofferKeyGrid       *self,
                                                        CofferKeySelection  *selection);
/** @thumbnails (nullable): who makes pictures of the values. */
void                coffer_key_grid_set_thumbnails     (CofferKeyGrid       *self,
                                                        CofferThumbnails    *thumbnails);
void                coffer_key_grid_set_size           (CofferKeyGrid       *self,
                                                        CofferThumbnailSize  size);
CofferThumbnailSize coffer_key_grid_get_size           (CofferKeyGrid       *self);

/** Returns: (transfer none) */
CofferKeyCells     *coffer_key_grid_get_cells          (CofferKeyGrid       *self);

G_END_DECLS
