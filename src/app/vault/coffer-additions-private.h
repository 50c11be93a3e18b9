/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-additions.h"

#include "coffer-archive.h"
#include "coffer-deletion.h"
#include "coffer-worker.h"

G_BEGIN_DECLS

/** Some that were taken back as one deletion: they are among those from @at on, up to @end, and their `hidden` is it. */
typedef struct {
  CofferDeletion *deletion;
  guint at, end;
} CofferHidden;

GArray *coffer_hidden_array_new (void);

/** How many are in each state, and what the functions coffer_additions_count_… of these names tell. */
typedef struct {
  guint n[COFFER_ADDITION_FAILED + 1];
  guint n_over, n_name_deleted, n_undoable, n_lost, n_wrong, n_no_room, n_taken;
} CofferTally;

struct _CofferAdditions {
  gatomicrefcount refs;
  char *table;
  char *source_path;         /* of the vault that values come from; NULL: they are files */
  char *source_table;
  GPtrArray *files;          /* of CofferAddition */
  CofferTally tally;
  gboolean tallied;          /* none was touched since */
  CofferForesight foresight;
  guint64 size;              /* of all */
  guint next;                /* the first that is not dealt with */
  CofferConflict conflict;
  CofferConflict answer;     /* for the next alone */
  gboolean asks;
  gboolean asks_to_lose;     /* see coffer_additions_asks_to_lose() */
  gboolean loses_next;       /* that was answered, of the next … */
  gboolean loses;            /* … and of all */
  gboolean direct;           /* one of them met that does not wait in the cache: the rest does not either */
  gboolean again;            /* see coffer_additions_begin_again() */
  GArray *hidden;            /* of CofferHidden: what was taken back; the main thread's */
  CofferIdentity meant_for;  /* the file that the first of them went to; none: it is not known yet; the main thread's */
  GHashTable *numbers;       /* key → the last number given to one that was taken; NULL: none yet */
  gboolean verifies;
  guint verified;            /* the first that was not read back */
  CofferArchive *archive;    /* that the member at hand is in, the lane's, left open from turn to turn; (nullable) */

  GMutex lock;               /* of what follows */
  guint seen;                /* as `next` */
  guint64 bytes_seen;        /* of the files before it */
  guint64 bytes_of_next;
  guint64 bytes_verified;
  gboolean begun;            /* the vault lets us write */
  guint looked, n_to_look;   /* see coffer_additions_get_looked() */
  guint64 bytes_looked, bytes_to_look;
  guint stirs;               /* see coffer_additions_get_stirs() */
};

/** Count them, at the end of a lane's work on them: the main thread, which asks then, has not to look at them all. */
void coffer_additions_tally      (CofferAdditions *self);
/** Sum up what was found of each, likewise. */
void coffer_additions_sum_foresight  (CofferAdditions *self);
/** Whether the vault lets us write now. */
void coffer_additions_set_begun  (CofferAdditions *self, gboolean begun);
/** So many bytes of the next file are stored. */
void coffer_additions_note_bytes (CofferAdditions *self, guint64 n_bytes);
/** So many are to be looked at, and none is yet. */
void coffer_additions_begin_looking (CofferAdditions *self, guint n_all, guint64 all_bytes);
/** So many are looked at. */
void coffer_additions_note_looked (CofferAdditions *self, guint n_files, guint64 n_bytes);
/** A piece of a value was read or kept, which counts for nothing else. */
void coffer_additions_stir       (CofferAdditions *self);
/** Keep or drop (NULL) the value a key had. @old (transfer full) (nullable) */
void coffer_addition_keep        (CofferAddition *addition, CofferKept *old);
/** The same for the one that was stored there. @fresh (transfer full) (nullable) */
void coffer_addition_keep_fresh  (CofferAddition *addition, CofferKept *fresh);
/** Whether it was REPLACED, found to be wrong, and its old value is kept. */
gboolean coffer_addition_is_mendable (const CofferAddition *addition);
/** It is WAITING, and all that was found out about it is forgotten but for its old value. */
void     coffer_addition_reset    (CofferAddition *addition);
/** The next file is dealt with. */
void coffer_additions_step       (CofferAdditions *self);
/** The next that was stored is verified. */
void coffer_additions_step_verified (CofferAdditions *self);
/** What was dealt with from @next on, is not. */
void coffer_additions_go_back    (CofferAdditions *self, guint next);

G_END_DECLS
