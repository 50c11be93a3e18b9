/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault-upkeep.h>

#include "coffer-storage.h"

G_BEGIN_DECLS

/*
 * Rare work on the file, each a job as those of coffer-storage.h. All but saving what can be read needs "editable".
 */

/** @wal: a write-ahead log, else a rollback journal */
void                 coffer_storage_set_journal     (CofferStorage *self, gboolean wal);

void                 coffer_storage_optimize        (CofferStorage *self);
/** When that was done last. (nullable) */
GDateTime           *coffer_storage_get_optimized   (CofferStorage *self);

/** Write zeros over what deleted values left. */
void                 coffer_storage_wipe            (CofferStorage *self);
GDateTime           *coffer_storage_get_wiped       (CofferStorage *self);

/** Read what can be read into a new vault. One that is there is replaced. Returns: FALSE, another job is under way */
gboolean             coffer_storage_salvage         (CofferStorage *self, GFile *target);
/** What came of it. @target (out) (transfer none) where it is. (nullable) */
const CofferSalvage *coffer_storage_get_salvage     (CofferStorage *self, GFile **target);

G_END_DECLS
