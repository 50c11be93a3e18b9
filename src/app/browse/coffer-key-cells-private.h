/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key-cells.h"

G_BEGIN_DECLS

struct _CofferKeyCells {
  GtkWidget parent_instance;

  GtkAdjustment *hadjustment;
  GtkAdjustment *vadjustment;
  CofferKeySelection *selection;
  const CofferKeyShape *shape;
  gpointer shape_owner;        /* unowned */
  int bottom_room;

  /* As of the last time that it was given room; 0 before. */
  int cell_width;
  int cell_height;
  gboolean full_width;     /* each has a row of its own */
  guint n_columns;
  double pitch;            /* from the left of a cell to that of the next */

  /* The cells there are, of the positions from `first` on. */
  GPtrArray *cells;        /* unowned: children */
  guint first;
  GPtrArray *spare;        /* owned: without a key, and no children */
  CofferKeyCell *strayed;  /* unowned: a cell that has the focus, but is not among these; NULL: none */
  gboolean stale;          /* entries may have other positions than cells */
  guint update_tick;
  guint order_id;          /* until they are put in order among the children */

  /* The place: this position's row begins so far below the top. */
  guint anchor;
  double anchor_y;
  gboolean placing;        /* the adjustments are changed from here */

  /* Positions or GTK_INVALID_LIST_POSITION: where keys go on from, and what to bring into view once there is room. */
  guint cursor;
  guint range_start;
  guint revealed;

  /* A person wants the last key of a list that still grows; with these modifiers. */
  gboolean to_end;
  GdkModifierType to_end_state;

  /* While something is dragged over the cells; y from the top of the first row. */
  GtkWidget *band;
  graphene_point_t band_start;
  graphene_point_t pointer;    /* in the widget */
  GdkModifierType band_state;
  guint band_tick;

  /* While another key is written in the place of one; the first two are children. */
  GtkWidget *writer;
  GtkWidget *refusal;
  char *note;              /* (nullable) that stands in its place while there is none */
  CofferEntry *renamed;

  const CofferKeyDrag *drag;   /* (nullable) */
  gpointer drag_data;
};

guint          coffer_key_cells_get_n_keys   (CofferKeyCells   *self);
double         coffer_key_cells_get_scroll   (CofferKeyCells   *self);
/** From the top of a row to that of the next. */
double         coffer_key_cells_get_pitch    (CofferKeyCells   *self);
double         coffer_key_cells_get_row_y    (CofferKeyCells   *self,
                                              guint             position);
/** Where a cell is, in the widget. */
GdkRectangle   coffer_key_cells_get_box      (CofferKeyCells   *self,
                                              guint             position);
/** Bring the cells to the positions that are in view now. */
void           coffer_key_cells_update       (CofferKeyCells   *self);
/** The same before the next frame gives out sizes. */
void           coffer_key_cells_queue_update (CofferKeyCells   *self);
/** Make the @i-th of @cells one for that position, of @others or anew, unless there is one. */
void           coffer_key_cells_fill_cell    (CofferKeyCells   *self,
                                              GPtrArray        *cells,
                                              guint             i,
                                              guint             position,
                                              GPtrArray        *others);
void           coffer_key_cells_drop_strayed (CofferKeyCells   *self);
/** Let the cells show what is selected, or will be. */
void           coffer_key_cells_show_selected (CofferKeyCells  *self);
guint          coffer_key_cells_get_position (CofferKeyCell    *cell);

/* Input: coffer-key-cells-input.c */
void           coffer_key_cells_add_input    (CofferKeyCells   *self);
gboolean       coffer_key_cells_focus_cursor (CofferKeyCells   *self);
/** As by a key, to @position. */
void           coffer_key_cells_go_to        (CofferKeyCells   *self,
                                              guint             position,
                                              GdkModifierType   state);
GdkModifierType coffer_key_cells_get_state   (GtkGesture       *gesture);
extern guint   coffer_key_cells_activated_signal;

/* The rubber band: coffer-key-cells-band.c */
void           coffer_key_cells_add_band     (CofferKeyCells   *self);
void           coffer_key_cells_stop_band    (CofferKeyCells   *self);
void           coffer_key_cells_place_band   (CofferKeyCells   *self);
void           coffer_key_cells_preview_band (CofferKeyCells   *self);

/* Writing another key: coffer-key-cells-rename.c */
void           coffer_key_cells_place_writer (CofferKeyCells   *self);
/** Drop what is written, whosever it is. */
void coffer_key_cells_end_rename (CofferKeyCells *self);
void           coffer_key_cells_follow_renamed (CofferKeyCells *self);
/** Whether that point is in the entry. */
gboolean       coffer_key_cells_is_writing   (CofferKeyCells   *self,
                                              double            x,
                                              double            y);
extern guint   coffer_key_cells_renamed_signal;

/* Taking keys along: coffer-key-cells-drag.c */
void           coffer_key_cells_add_drag     (CofferKeyCells   *self);
/** Whether a drag from there takes keys along. */
gboolean       coffer_key_cells_can_drag     (CofferKeyCells   *self,
                                              double            x,
                                              double            y);

G_END_DECLS
