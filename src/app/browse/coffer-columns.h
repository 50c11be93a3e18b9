/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry-list.h"

G_BEGIN_DECLS

/** A column is told by what it sorts by. */
typedef CofferSort CofferColumn;
#define COFFER_N_COLUMNS 3

/** Logical pixels, from where a row begins for who reads it. */
typedef struct {
  int x, width;   /* of a column that is hidden: 0 */
} CofferColumnBox;

#define COFFER_TYPE_COLUMNS (coffer_columns_get_type ())
G_DECLARE_FINAL_TYPE (CofferColumns, coffer_columns, COFFER, COLUMNS, GObject)

/**
 * The columns of the list: their order, their widths, which are shown, and by which the rows are sorted. The key is always shown and
 * has the room that the others leave.
 *
 * Signal "changed": rows look different now.
 * Properties, read-only with notify: "sort" and "descending", as those of CofferEntryList.
 */
CofferColumns *coffer_columns_new            (void);

/** Where everything is in a row as wide as that. The key gets some room in any case: others get narrower, down to their least. */
void           coffer_columns_lay_out        (CofferColumns   *self,
                                              int              width,
                                              CofferColumnBox  boxes[COFFER_N_COLUMNS]);

/** The columns as they follow each other, hidden ones included. */
CofferColumn   coffer_columns_get_nth        (CofferColumns   *self,
                                              guint            place);
guint          coffer_columns_get_place      (CofferColumns   *self,
                                              CofferColumn     column);
/** To the place of its neighbour among those shown; @step -1 or 1, towards the end. Returns: FALSE if there is none */
gboolean       coffer_columns_move           (CofferColumns   *self,
                                              CofferColumn     column,
                                              int              step);

gboolean       coffer_columns_get_visible    (CofferColumns   *self,
                                              CofferColumn     column);
void           coffer_columns_set_visible    (CofferColumns   *self,
                                              CofferColumn     column,
                                              gboolean         visible);

/** What a person gave it; of the key 0. */
int            coffer_columns_get_width      (CofferColumns   *self,
                                              CofferColumn     column);
/** As near to @width as it may be; 0: as it was at first. */
void           coffer_columns_set_width      (CofferColumns   *self,
                                              CofferColumn     column,
                                              int              width);

CofferSort     coffer_columns_get_sort       (CofferColumns   *self);
gboolean       coffer_columns_get_descending (CofferColumns   *self);
void           coffer_columns_set_order      (CofferColumns   *self,
                                              CofferSort       sort,
                                              gboolean         descending);

/** "key", "size", "type". Static. */
const char    *coffer_columns_name           (CofferColumn     column);
/** Returns: whether @name is one of these */
gboolean       coffer_columns_from_name      (const char      *name,
                                              CofferColumn    *column);

/** All but the order of the rows, for the settings: a(sib), of each column its name, its width and whether it is shown. */
GVariant      *coffer_columns_save           (CofferColumns   *self);   /* floating */
/** What is missing or makes no sense in @layout stays as it is. */
void           coffer_columns_load           (CofferColumns   *self,
                                              GVariant        *layout);

#define COFFER_COLUMN_GAP 24   /* between two of them */

G_END_DECLS
