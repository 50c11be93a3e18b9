/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct _CofferTiles CofferTiles;

/**
 * A picture of many pixels, of which a small part is seen: drawn in pieces, and only those. The renderer would copy a texture of it
 * as a whole for each frame, or it is larger than the graphics can have.
 */

/** @pixels: GDK_MEMORY_DEFAULT without gaps; shared, not copied */
CofferTiles *coffer_tiles_new       (GBytes                *pixels,
                                     int                    width,
                                     int                    height);
void         coffer_tiles_free      (CofferTiles           *self);
int          coffer_tiles_get_width (CofferTiles           *self);

/** Draw what is seen of it. @box: where all of it would be; @seen: a part of that */
void         coffer_tiles_snapshot  (CofferTiles           *self,
                                     GtkSnapshot           *snapshot,
                                     const graphene_rect_t *box,
                                     const graphene_rect_t *seen);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferTiles, coffer_tiles_free)

G_END_DECLS
