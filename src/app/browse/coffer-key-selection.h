/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry-list.h"
#include "coffer-ranges.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_SELECTION (coffer_key_selection_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeySelection, coffer_key_selection, COFFER, KEY_SELECTION, GObject)

/**
 * Which rows of a list are selected: any number of them in the room of their ranges, and changed in O(ranges) at most. A row is
 * asked for only when it is the one looked at. One of these serves all views of a list.
 *
 * Rows that come are not selected, and a row that goes leaves. But where all, or all others, were selected while the list still
 * grows, what it brings is selected, too, and of a prefix all keys are, until others are selected instead: see "growing". When the list is emptied, which it is for another order, and a
 * single key was selected, that key, or the next one if it is gone, is selected again once the list has its rows.
 *
 * Properties, all read-only with notify:
 *   "n-selected"      uint; notify when they are other rows, too
 *   "selected-entry"  CofferEntry, nullable: the row selected last if it still is; of a single row, that. Notify again when its key is known.
 *   "growing"         gboolean: more rows will be selected once the list has them
 * Signal "reveal" (uint position): a row was looked up and selected: whoever is on show brings it into view.
 * Signal "not-found": no key begins with what was typed, and none will, as the list has all its rows.
 */
CofferKeySelection *coffer_key_selection_new           (CofferEntryList    *list);
/** Returns: (transfer none) */
CofferEntryList    *coffer_key_selection_get_list      (CofferKeySelection *self);

guint               coffer_key_selection_get_n_selected (CofferKeySelection *self);
/** Returns: (transfer none) (nullable) */
CofferEntry        *coffer_key_selection_get_selected_entry (CofferKeySelection *self);
/** The position of that; GTK_INVALID_LIST_POSITION if none. */
guint               coffer_key_selection_get_current   (CofferKeySelection *self);
/** Make a row that is selected the one selected last. */
void                coffer_key_selection_look_at       (CofferKeySelection *self,
                                                        guint               position);
gboolean            coffer_key_selection_is_growing    (CofferKeySelection *self);
/** The rows selected, borrowed until that changes. */
const CofferRanges *coffer_key_selection_peek_rows     (CofferKeySelection *self);

/** Select nothing, and nothing again after the list is read again. */
void                coffer_key_selection_clear         (CofferKeySelection *self);
/** Not while keys of a prefix are still to come. */
void                coffer_key_selection_invert        (CofferKeySelection *self);

/**
 * Add every row whose key begins with @prefix, once they are found; only where the list is by key, see coffer_entry_list_is_by_key().
 * In descending order @prefix must not end with a NUL, of which there is none before.
 */
void                coffer_key_selection_add_prefix    (CofferKeySelection *self,
                                                        GBytes             *prefix);

/** Select the first row whose key begins with @prefix, or the one where it would be if the list is by key, and reveal it. */
void                coffer_key_selection_go_to         (CofferKeySelection *self,
                                                        GBytes             *prefix);

/**
 * The same for what somebody types: of a list of a prefix, which keys are known by what follows it, that is what @typed is the
 * beginning of; or else, if @typed begins with the prefix and no key is so within it, the beginning of the whole key.
 */
void                coffer_key_selection_go_to_typed   (CofferKeySelection *self,
                                                        GBytes             *typed);

/** When all that is selected goes now, which is about to be deleted, the row that takes the place of the current one is selected. */
void                coffer_key_selection_keep_place    (CofferKeySelection *self,
                                                        gboolean            keep);

/** Select @key instead of the key selected now as soon as the list is not being read, as after renaming; NULL: never mind. */
void                coffer_key_selection_follow        (CofferKeySelection *self,
                                                        CofferKey          *key);

G_END_DECLS
