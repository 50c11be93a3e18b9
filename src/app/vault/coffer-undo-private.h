/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-undo.h"

G_BEGIN_DECLS

typedef enum {
  COFFER_UNDO_DELETION,
  COFFER_UNDO_RENAMES,
  COFFER_UNDO_ADDITIONS,
  COFFER_UNDO_VALUE,
  COFFER_UNDO_MOVE,     /* away from here */
  COFFER_UNDO_COPIES,   /* for its words alone: ADDITIONS from another vault */
  COFFER_UNDO_N_KINDS
} CofferUndoKind;

typedef struct {
  guint refs;              /* of the list, and of who takes it */
  CofferUndoKind kind;
  guint64 number;          /* no other step has it */
  gpointer what;           /* CofferDeletion, CofferRenames, CofferAdditions */
  CofferMove *move;        /* MOVE; of ADDITIONS: they were moved here; or NULL */
  CofferKey *key;          /* VALUE: whose, */
  char *table;             /* in which table, */
  CofferKept *other;       /* what it had, or has again to get, */
  char *now;               /* and the SHA-256 of what is there */
  gboolean refused;        /* the last time: not by us, and for good as it seems */
} CofferUndoStep;

struct _CofferUndo {
  GObject parent_instance;

  CofferVault *vault;
  GPtrArray *steps;
  guint n_done;
  gboolean busy;
  GTask *taking;           /* unowned; while it is: see coffer-undo-take.c */
  char *undo_label, *redo_label;
  guint64 undo_step;       /* that was told of last */
};

/** The main thread's, as all that follows. */
void            coffer_undo_step_unref  (gpointer step);
/** The step that would be taken back, or again; NULL: none. (transfer none) */
CofferUndoStep *coffer_undo_peek_step   (CofferUndo *self, gboolean redo);
/** One is being taken. */
void            coffer_undo_begin_step  (CofferUndo *self);
/** It was taken: it stands on the other side now. */
void            coffer_undo_move_step   (CofferUndo *self, CofferUndoStep *step, gboolean redo);
/** None is being taken any more. @drop: it is no step any more */
void            coffer_undo_end_step    (CofferUndo *self, CofferUndoStep *step, gboolean drop);

/** Of how many keys it is. */
guint           coffer_undo_step_get_n  (const CofferUndoStep *step, gboolean redo);
/** The words of a menu for it. (transfer full) */
char           *coffer_undo_describe    (const CofferUndoStep *step, gboolean redo);
/** @words: with one %s, as they are for @n. (transfer full) */
char           *coffer_undo_count_words (const char *words, guint n);

G_END_DECLS
