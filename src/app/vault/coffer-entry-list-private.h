/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry-blocks.h"
#include "coffer-entry-list.h"
#include "coffer-entry-query.h"
#include "coffer-entry-walk.h"
#include "coffer-vault-private.h"

G_BEGIN_DECLS

typedef enum {
  COFFER_WALK_NONE,
  COFFER_WALK_FRESH,           /* over all keys, whatever was known */
  COFFER_WALK_CHECK,           /* over the blocks there are, to see what came and went in each */
  COFFER_WALK_QUERY,           /* for the rows that a filter lets through, or for another order */
} CofferWalkKind;

/** A walk over all rows, from the first on. */
typedef struct {
  CofferWalkKind kind;
  GCancellable *cancellable;   /* NULL: no walk */
  guint pause_id;              /* the next slice is put off */
  CofferIdentity file;         /* that was on show as it began */
  gboolean behind;             /* FRESH: the rows on show stay as they are until it is over */
  CofferBlocks *blocks;        /* FRESH and behind: what was found, */
  guint n_rows;                /* and how much of it */
  CofferKey *last;             /* FRESH, QUERY: where it stands */
  guint next;                  /* CHECK: the block that comes next */
  CofferMarks rows;            /* QUERY: what was found, unless it was shown at once */
  GPtrArray *keys;             /* QUERY without the index of the keys */
  gint64 next_id;              /* likewise: where it stands */
  gboolean compare;            /* QUERY: the rows on show are an earlier answer to the same */
  CofferCensus *census;        /* QUERY for the order of a column */
} CofferWalk;

typedef struct _CofferTableChanges CofferTableChanges;

struct _CofferEntryList {
  GObject parent_instance;

  CofferVault *vault;
  char *table;
  CofferScope scope;           /* its direction is that of blocks of keys, which may be on show when another is wanted */
  CofferFilter *filter;        /* nullable */
  CofferSort sort;
  gboolean descending;
  gboolean by_table;           /* the index of the keys is damaged */
  char *error;
  guint64 n_scope;             /* keys of the scope that were looked at */
  guint64 n_scope_known;       /* how many it had when all were; 0: not known */
  double progress;

  CofferWalk walk;
  gint64 walked_at;            /* when the last walk began, */
  gint64 walk_us;              /* and how long the last that ended took */
  guint refresh_id;
  gboolean again;              /* something changed since the walk began */
  gboolean was_empty;          /* there were no rows, so all that a fresh walk finds came since */

  CofferBlocks *blocks;
  CofferKey *last;             /* the last row known, while there may be more behind it */
  CofferIdentity file;         /* of the walk that found them */
  gboolean complete;           /* there is nothing behind the last row */
  gboolean stopped;            /* nor is it to be read, until somebody asks for it */
  guint64 n_added, n_removed;  /* of the table, found by comparing */
  GHashTable *changes;         /* table → CofferTableChanges */
  char *whole_of;              /* the table of which the blocks are all keys in their order; NULL: they are not, or not yet */
  gboolean whole_descending;
  gboolean missing;            /* rows of ids that are not there were met: a walk tells whether they are gone, */
  gboolean unreadable;         /* and did not: they are damaged */

  guint n_changes;             /* how often rows came, went or gave way to others, all but behind the last */
  guint n_rows;                /* as it was told: behind that of the blocks while edits are being told */
  GArray *untold;              /* of CofferEdit: while they are told, those that are still to be, ascending */
  GHashTable *leaving;         /* position → CofferEntry, owned, for rows of these that go */

  GHashTable *live;            /* position → CofferEntry, unowned */
  GQueue unkeyed;
  GQueue unsized;
  GCancellable *rows_cancellable;
  gboolean reading;            /* a job for rows is in the lane, */
  guint serial;                /* of the block that it reads */
};

/* coffer-entry-list.c */
void         coffer_entry_list_set_error    (CofferEntryList *self, const GError *error);
void         coffer_entry_list_set_problem  (CofferEntryList *self, const char *line);   /* nullable */
void         coffer_entry_list_set_progress (CofferEntryList *self, guint64 n_scope, double progress);
/** The number of rows may be another. */
void         coffer_entry_list_tell_n_rows  (CofferEntryList *self);
void         coffer_entry_list_tell_loading (CofferEntryList *self);
/** @edits  of CofferEdit, @moves (nullable) of CofferRowMove */
void         coffer_entry_list_tell_edited  (CofferEntryList *self, const GArray *edits, const GArray *moves);

/** "n-added" and "n-removed" */
void         coffer_entry_list_set_changes  (CofferEntryList *self, guint64 n_added, guint64 n_removed);

/* coffer-entry-list-whole.c */
/** What came and went of a table, by name. */
GHashTable  *coffer_entry_list_new_changes     (void);
/** Those of the table in use. */
void         coffer_entry_list_tell_changes    (CofferEntryList *self);
/** Rows that came and went. */
void         coffer_entry_list_count_changes   (CofferEntryList *self, guint64 n_added, guint64 n_removed);
/** A walk over all keys that are wanted came to its end. */
void         coffer_entry_list_note_whole      (CofferEntryList *self);
/** The blocks, all keys of a table, give way to others. */
void         coffer_entry_list_set_whole_aside (CofferEntryList *self);
/** (transfer full) (nullable): all keys that are wanted, as they were when they were on show last. */
CofferBlocks *coffer_entry_list_take_whole     (CofferEntryList *self);
/** These are on show now, and what came and went since is not known yet. */
void         coffer_entry_list_catch_up        (CofferEntryList *self);

/* coffer-entry-list-walk.c */
/** The file was written to: look what came and went, unless reading it was stopped and no row on show asks for it. */
void         coffer_entry_list_follow       (CofferEntryList *self);
/** Begin anew with whatever is to be shown. @behind: the rows on show stay until the others are there. */
void         coffer_entry_list_start        (CofferEntryList *self, gboolean behind);
void         coffer_entry_list_stop_walk    (CofferEntryList *self);
/** Look again, but not all the time beside a busy writer. */
void         coffer_entry_list_refresh_soon (CofferEntryList *self);

/** Whether the rows that are wanted are not all keys of the scope in their order. */
gboolean     coffer_entry_list_is_query     (CofferEntryList *self);
void         coffer_entry_list_end_walk     (CofferEntryList *self, const GError *error);

/* coffer-entry-list-query.c */
void         coffer_entry_list_begin_query  (CofferEntryList *self);

/* coffer-entry-list-edit.c */
/** @blocks (transfer full) in the place of all there are. @are_known: coffer_entry_list_take_whole() gave them */
void         coffer_entry_list_replace      (CofferEntryList *self, CofferBlocks *blocks, gboolean are_known);
/** @blocks (emptied) behind the last. */
void         coffer_entry_list_append       (CofferEntryList *self, GPtrArray *blocks);
/** @blocks (emptied) in the place of some: @edits (of CofferEdit) and @moves (of CofferRowMove; nullable) tell what that changes. */
void         coffer_entry_list_edit         (CofferEntryList *self, GArray *edits, const GArray *moves, guint index, guint n_blocks,
                                             GPtrArray *blocks);
/** What a block turned out to be. Returns: whether it was another than was known */
gboolean     coffer_entry_list_take_checked (CofferEntryList *self, guint index, CofferCheckedBlock *checked);
/** Where a row of the list as it was told is in the blocks; G_MAXUINT if it is on its way out. */
guint        coffer_entry_list_map          (CofferEntryList *self, guint position);

/* coffer-entry-list-rows.c */
/** Begin to read what entries wait for, unless that is under way. */
void         coffer_entry_list_read_rows    (CofferEntryList *self);
/** Read again what is known of the rows, whose keys are the same: what is on show stays until it is known to be another. */
void         coffer_entry_list_reread_rows  (CofferEntryList *self);
/** The same, and see whether they are still there: something was written. */
void         coffer_entry_list_check_rows   (CofferEntryList *self);
/** Let go of every row: entries still held keep what they know. */
void         coffer_entry_list_forget_rows  (CofferEntryList *self);
/** What to ask of a block, with its keys, on the LIST lane. */
CofferCheckRequest *coffer_entry_list_ask_block (CofferEntryList *self, guint index);
/**
 * The answer: what came and went is told, then keys are kept. Returns: the first block that the keys are of; G_MAXUINT if the
 * answer is void
 */
guint        coffer_entry_list_take_block   (CofferEntryList *self, CofferCheckedBlock *checked);

G_END_DECLS
