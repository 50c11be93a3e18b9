/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct {
  const char *name;
  const char *detail;   /* under it, where there is room */
  const char *spoken;   /* all of it: the tooltip, and what is read out */
  guint64 size;
} CofferTreemapItem;

#define COFFER_TYPE_TREEMAP (coffer_treemap_get_type ())
G_DECLARE_FINAL_TYPE (CofferTreemap, coffer_treemap, COFFER, TREEMAP, GtkWidget)

/**
 * Sizes as areas. What would be too small to be met by a pointer shares one tile, "1,204 others", with what is not told of at all; so
 * there are never more than some hundred tiles, each a widget of its own. Tab comes to one of them, arrow keys go from there to those
 * that lie beside it, Home and End to the largest and the smallest.
 *
 * Signals:
 *   "activated" (uint item)  by click, Enter or Space
 *   "up"                     by Backspace or Alt+Up
 */
GtkWidget *coffer_treemap_new        (void);

/**
 * @items     copied, the largest first
 * @n_others  smaller ones that are not among them, of @others bytes
 */
void       coffer_treemap_set_items  (CofferTreemap           *self,
                                      const CofferTreemapItem *items,
                                      guint                    n_items,
                                      guint64                  n_others,
                                      guint64                  others);

/** As many of the items as have a tile of their own, once there is room. */
guint      coffer_treemap_get_n_tiles (CofferTreemap          *self);
/** The tile with the keyboard comes to be that of an item. */
void       coffer_treemap_set_current (CofferTreemap          *self,
                                       guint                   item);
guint      coffer_treemap_get_current (CofferTreemap          *self);

G_END_DECLS
