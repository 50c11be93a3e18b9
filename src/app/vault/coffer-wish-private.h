/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault-storage.h"

#include <kvault.h>

G_BEGIN_DECLS

/** What a job on a file as a whole is asked for; each takes what it needs. Made on the main thread, only read on the lane's. */
typedef struct {
  CofferProgress *progress;   /* nullable; told of a CofferStep */
  CofferCheckpointMode mode;
  CofferCompactWay way;
  gboolean page_maps;
  gboolean full;
  gboolean wal;
  char *target;               /* nullable */
  GStrv open_paths;           /* of vaults that are on show, which no target may be; nullable */
  kvault_shelf *shelf;        /* what waits for the file; NULL: nothing is asked of it, or it waits for another one */
} CofferWish;

CofferWish *coffer_wish_new           (CofferProgress       *progress);
void        coffer_wish_free          (gpointer              self);
/** Where it writes another file, over one that is there if need be. */
void        coffer_wish_set_target    (CofferWish           *self,
                                       GFile                *target);
/** For who looks at a file with what waits for it. */
void        coffer_wish_add_waiting   (CofferWish           *self,
                                       CofferVault          *vault);

/** Lane. What waits, of a table (NULL: of all). @n_flushes (out) (nullable): how often something that did was written */
guint64     coffer_wish_count_waiting (const CofferWish     *self,
                                       const char           *table,
                                       guint64              *n_flushes);
/** Lane. In bytes. */
void        coffer_wish_tell          (const CofferWish     *self,
                                       guint64               bytes,
                                       guint64               bytes_total);
/** Lane. A kvault_progress_func, @self being the wish; a cancel reaches the engine by itself. */
int         coffer_wish_progress_cb   (const kvault_progress *progress,
                                       void                  *self);

G_END_DECLS
