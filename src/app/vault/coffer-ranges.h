/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * A set of rows of a list, as ranges in order that neither overlap nor touch: all of ten million rows cost as much as one.
 *
 * Looking for a row takes O(log ranges), changing the set O(ranges) at most, whatever number of rows it has. Not for two threads
 * at once: give another one a copy.
 */
typedef struct _CofferRanges CofferRanges;

/** Rows @position up to, and without, @end. */
typedef struct {
  guint position, end;
} CofferRange;

/** What happened to a list: in the place of @removed rows at @position, of the list as it was, there are @added others. */
typedef struct {
  guint position, removed, added;
} CofferEdit;

/** Of rows that edits remove, and add, one that is the same: its place in the list as it was, and as it is now. */
typedef struct {
  guint from, to;
} CofferRowMove;

CofferRanges *coffer_ranges_new          (void);
CofferRanges *coffer_ranges_copy         (const CofferRanges *self);
void          coffer_ranges_free         (CofferRanges       *self);

/** Rows in the set. */
guint         coffer_ranges_count        (const CofferRanges *self);
gboolean      coffer_ranges_contains     (const CofferRanges *self,
                                          guint               position);
gboolean      coffer_ranges_equal        (const CofferRanges *a,
                                          const CofferRanges *b);

/** The first row, and the one behind the last; of an empty set G_MAXUINT and 0. */
guint         coffer_ranges_get_first    (const CofferRanges *self);
guint         coffer_ranges_get_end      (const CofferRanges *self);

/** The ranges in ascending order, to go through them; borrowed until the set changes. */
const CofferRange *
              coffer_ranges_peek         (const CofferRanges *self,
                                          guint              *n_ranges);

/** Both return whether the set is another one now. */
gboolean      coffer_ranges_add_range    (CofferRanges       *self,
                                          guint               position,
                                          guint               n_rows);
gboolean      coffer_ranges_remove_range (CofferRanges       *self,
                                          guint               position,
                                          guint               n_rows);
void          coffer_ranges_clear        (CofferRanges       *self);

/** Of a list of @n_rows rows, those that were not in the set. */
void          coffer_ranges_invert       (CofferRanges       *self,
                                          guint               n_rows);

/**
 * Follow the rows through changes of the list: what is removed leaves the set, what is added is not in it.
 *
 * @edits  in ascending order, and none overlaps another
 */
void          coffer_ranges_apply_edits  (CofferRanges       *self,
                                          const CofferEdit   *edits,
                                          guint               n_edits);

/**
 * Rows that only moved come into the set again, after coffer_ranges_apply_edits().
 *
 * @before  the set as it was before that
 * @moves   of those edits, ascending by where they go to
 */
void          coffer_ranges_apply_moves  (CofferRanges        *self,
                                          const CofferRanges  *before,
                                          const CofferRowMove *moves,
                                          guint                n_moves);

/** Follow the edits with one row, to its place in the list as it is now. Returns: whether it is still there; else that is where it was */
gboolean      coffer_edits_follow_row    (const CofferEdit   *edits,
                                          guint               n_edits,
                                          guint              *position);

/** Where a row that edits removed is now; G_MAXUINT: it is gone. O(moves) */
guint         coffer_moves_find          (const CofferRowMove *moves,
                                          guint                n_moves,
                                          guint                from);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferRanges, coffer_ranges_free)

G_END_DECLS
