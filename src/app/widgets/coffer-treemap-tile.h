/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_TREEMAP_TILE (coffer_treemap_tile_get_type ())
G_DECLARE_FINAL_TYPE (CofferTreemapTile, coffer_treemap_tile, COFFER, TREEMAP_TILE, GtkButton)

/**
 * A tile of a treemap: a button that writes a name and a detail as far as there is room for them. Its colour comes from its style
 * classes "rank-1" to "rank-6", "others" or none of these.
 */
GtkWidget *coffer_treemap_tile_new      (void);

/** @spoken  the tooltip and what is read out: all of it */
void       coffer_treemap_tile_set_text (CofferTreemapTile *self,
                                         const char        *name,
                                         const char        *detail,
                                         const char        *spoken);
const char *coffer_treemap_tile_get_spoken (CofferTreemapTile *self);
/** @rank  from 0; what has no colour of its own: any other */
void       coffer_treemap_tile_set_rank (CofferTreemapTile *self,
                                         guint              rank,
                                         gboolean           is_others);

G_END_DECLS
