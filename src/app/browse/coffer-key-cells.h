/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-key-selection.h"
#include "coffer-key-cell.h"

G_BEGIN_DECLS

/** Logical pixels: narrower than this there is little room. Rows have two lines, and a click opens. */
#define COFFER_KEY_CELLS_COMPACT_BELOW 440

/** What becomes of selected keys that are dragged. */
typedef struct {
  /** (transfer full) (nullable): what is selected, for whoever it is dropped on. */
  GdkContentProvider *(*prepare) (gpointer data);
  /** It is on its way. */
  void                (*begin)   (gpointer data, GdkDrag *drag);
} CofferKeyDrag;

#define COFFER_TYPE_KEY_CELLS (coffer_key_cells_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyCells, coffer_key_cells, COFFER, KEY_CELLS, GtkWidget)

/** What cells there are. The functions get the owner that came with it. */
typedef struct {
  /** (transfer full): a new CofferKeyCell. */
  GtkWidget *(*make_cell)    (gpointer owner);
  /** Make a cell, new or old, look as cells look now. */
  void       (*prepare_cell) (gpointer owner, CofferKeyCell *cell);
  /** How large they all are, with the font of @cells, in logical pixels; @width 0: as wide as there is room, one in a row. */
  void       (*measure_cell) (gpointer owner, GtkWidget *cells, int *width, int *height);
  int edge;   /* logical pixels around all cells */
  int gap;    /* and between two */
} CofferKeyShape;

/**
 * The keys of a selection as cells of one size, as the child of a GtkScrolledWindow. However many keys there are, there are cells for
 * those in view, and for a row before and behind; they are kept and given other entries when it scrolls, or has other keys.
 *
 * Arrows, Home, End and the Page keys move and select as in any list of GTK, with Shift and Control as there, Control+Space
 * selects or not; Space alone is left to others. A drag from where a cell has nothing selects what it touches; from a cell that is
 * selected, or from the picture or the key of another one, it takes the keys along, see coffer_key_cells_set_drag(). A row that the selection reveals is brought into
 * view, and has the focus if another one had.
 *
 * Signal "activated" (uint position): Enter, or a double click; a click where there is little room.
 * Signal "renamed" (CofferEntry entry, string text): that was written for another key of it, see coffer_key_cells_rename().
 */

/** @shape: borrowed, for good. */
void           coffer_key_cells_set_shape         (CofferKeyCells       *self,
                                                   const CofferKeyShape *shape,
                                                   gpointer              owner);
/** Cells shall look otherwise than they did: prepare them all. The place is kept. */
void           coffer_key_cells_reshape           (CofferKeyCells     *self);

/** @selection (nullable) */
void           coffer_key_cells_set_selection     (CofferKeyCells     *self,
                                                   CofferKeySelection *selection);
/** @drag: borrowed, for good; without it all drags select. */
void           coffer_key_cells_set_drag          (CofferKeyCells      *self,
                                                   const CofferKeyDrag *drag,
                                                   gpointer             data);
/** Logical pixels to be left free under the last row, for something that lies over it. */
void           coffer_key_cells_set_bottom_room   (CofferKeyCells     *self,
                                                   int                 room);

/** The position of the first cell in view; 0 if there is none. */
guint          coffer_key_cells_get_first_visible (CofferKeyCells     *self);
/** Whether at least half of a cell is in view. */
gboolean       coffer_key_cells_shows             (CofferKeyCells     *self,
                                                   guint               position);
/** Scroll until @position is in the first row, and no further than needed for @also to be in view, if that is a position. */
void           coffer_key_cells_show_first        (CofferKeyCells     *self,
                                                   guint               position,
                                                   guint               also);
/** Scroll no further than until @position is in view, and let keys go on from there. */
void           coffer_key_cells_reveal            (CofferKeyCells     *self,
                                                   guint               position);

/** Select as a click does. @modify: with Control. @extend: with Shift. */
void           coffer_key_cells_choose            (CofferKeyCells     *self,
                                                   guint               position,
                                                   gboolean            modify,
                                                   gboolean            extend);

/**
 * Let a person write another key in the place of the one at @position, which is brought into view. Return emits "renamed", after which
 * the entry waits for one of the other two; Escape, and going elsewhere, drop it.
 *
 * @text  to begin with
 * @note  (nullable) what is to be known before: it stands below
 */
void           coffer_key_cells_rename            (CofferKeyCells     *self,
                                                   guint               position,
                                                   const char         *text,
                                                   const char         *note);
/** Say why the key written for @entry cannot be, and let it be written otherwise. Returns: FALSE if that one is not written any more */
gboolean       coffer_key_cells_refuse_rename     (CofferKeyCells     *self,
                                                   CofferEntry        *entry,
                                                   const char         *problem);
/** It has it now. Nothing happens if another's is written by now. */
void           coffer_key_cells_finish_rename     (CofferKeyCells     *self,
                                                   CofferEntry        *entry);

/** The cell at a point. Returns: (transfer none) (nullable) */
CofferKeyCell *coffer_key_cells_pick              (CofferKeyCells     *self,
                                                   double              x,
                                                   double              y);
/** The cell of a position, if that is in view or near. Returns: (transfer none) (nullable) */
CofferKeyCell *coffer_key_cells_get_cell          (CofferKeyCells     *self,
                                                   guint               position);

G_END_DECLS
