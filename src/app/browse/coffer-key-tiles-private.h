/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key-tiles.h"

G_BEGIN_DECLS

struct _CofferKeyTiles {
  GtkWidget parent_instance;

  GtkAdjustment *hadjustment;
  GtkAdjustment *vadjustment;
  CofferKeySelection *selection;
  CofferThumbnails *thumbnails;
  int picture_width;
  int bottom_room;

  /* As of the last time that it was given room; 0 before. */
  int tile_width;
  int tile_height;
  guint n_columns;
  double pitch;            /* from the left of a tile to that of the next */

  /* The tiles there are, of the positions from `first` on. */
  GPtrArray *tiles;        /* unowned: children */
  guint first;
  CofferKeyTile *strayed;  /* unowned: a tile that has the focus, but is not among these; NULL: none */
  gboolean stale;          /* entries may have other positions than tiles */

  /* The place: this position's row begins so far below the top. */
  guint anchor;
  double anchor_y;
  gboolean placing;        /* the adjustments are changed from here */

  /* Positions that keys go on from, or GTK_INVALID_LIST_POSITION. */
  guint cursor;
  guint range_start;

  /* While something is dragged over the tiles; y from the top of the first row. */
  GtkWidget *band;
  graphene_point_t band_start;
  graphene_point_t pointer;    /* in the widget */
  guint band_tick;
};

guint          coffer_key_tiles_get_n_keys   (CofferKeyTiles   *self);
double         coffer_key_tiles_get_row_y    (CofferKeyTiles   *self,
                                              guint             position);
/** Where a tile is, in the widget. */
GdkRectangle   coffer_key_tiles_get_box      (CofferKeyTiles   *self,
                                              guint             position);
/** Bring the tiles to the positions that are in view now. */
void           coffer_key_tiles_update       (CofferKeyTiles   *self);
void           coffer_key_tiles_drop_strayed (CofferKeyTiles   *self);
guint          coffer_key_tiles_get_position (CofferKeyTile    *tile);

/* Input: coffer-key-tiles-input.c */
void           coffer_key_tiles_add_input    (CofferKeyTiles   *self);
void           coffer_key_tiles_stop_band    (CofferKeyTiles   *self);
void           coffer_key_tiles_place_band   (CofferKeyTiles   *self);
gboolean       coffer_key_tiles_focus_cursor (CofferKeyTiles   *self);
extern guint   coffer_key_tiles_activated_signal;

G_END_DECLS
