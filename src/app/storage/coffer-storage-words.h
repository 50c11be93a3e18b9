/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-storage.h"

G_BEGIN_DECLS

/** "6 min 2 s" (transfer full) */
char       *coffer_storage_format_seconds (double seconds);
/** "Compacting": what the job that is under way does now. */
const char *coffer_storage_get_job_words  (CofferStorage *self);
/** How far it is, 0 to 1; negative: that is not known. */
double      coffer_storage_get_fraction   (CofferStorage *self);
/** "Freed 47.2 GB", or why not: one line on the job that ended last. (transfer full) (nullable) where there is nothing to be told */
char       *coffer_storage_dup_end_words  (CofferStorage *self, CofferStorageJob job);
/** "Not compacted" */
const char *coffer_storage_get_failure_words (CofferStorageJob job);

G_END_DECLS
