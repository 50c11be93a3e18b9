/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-additions.h"

G_BEGIN_DECLS

struct _CofferAdditions {
  gatomicrefcount refs;
  char *table;
  char *source_path;         /* of the vault that values come from; NULL: they are files */
  char *source_table;
  GPtrArray *files;          /* of CofferAddition */
  guint64 size;              /* of all */
  guint next;                /* the first that is not dealt with */
  CofferConflict conflict;
  CofferConflict answer;     /* for the next alone */
  gboolean asks;
  gboolean direct;           /* one of them met that does not wait in the cache: the rest does not either */
  gboolean again;            /* see coffer_additions_begin_again() */
  guint64 kept;              /* bytes of old values */
  GHashTable *numbers;       /* key → the last number given to one that was taken; NULL: none yet */
  gboolean verifies;
  guint verified;            /* the first that was not read back */

  GMutex lock;               /* of what follows */
  guint seen;                /* as `next` */
  guint64 bytes_seen;        /* of the files before it */
  guint64 bytes_of_next;
  guint64 bytes_verified;
  gboolean begun;            /* the vault lets us write */
};

/** Whether the vault lets us write now. */
void coffer_additions_set_begun  (CofferAdditions *self, gboolean begun);
/** So many bytes of the next file are stored. */
void coffer_additions_note_bytes (CofferAdditions *self, guint64 n_bytes);
/** Keep or drop (NULL) the value a key had. @old (transfer full) (nullable) */
void coffer_additions_keep       (CofferAdditions *self, CofferAddition *addition, GBytes *old);
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
