/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-storage.h"

G_BEGIN_DECLS

/** What of the values that wait to be written a crash would take. (transfer full) */
char       *coffer_storage_dup_cache_risk (CofferVault *vault);
/** "6 min 2 s" (transfer full) */
char       *coffer_storage_format_seconds (double seconds);
/** "Compacting": what the job that is under way does now. */
/** "6 min 2 s"; of a disk that nobody knows "1 s to 40 s". (transfer full) */
char       *coffer_storage_dup_duration   (const CofferCompactPlan *plan);
/** Where that comes from. (transfer full) (nullable) where it is over at once */
char       *coffer_storage_dup_time_source (CofferStorage *self);
/** What is needed of another disk than the vault's. (transfer full) (nullable) nothing is */
char       *coffer_storage_dup_temporary  (const CofferCompactPlan *plan);
/** Who has the vault open, or holds its log, and what to do about that. (transfer full) */
char       *coffer_storage_dup_others     (const CofferCompactPlan *plan);
/** "Freed 47.2 GB" (transfer full) */
char       *coffer_storage_dup_freed      (const CofferCompactResult *done);
/** How much was saved of a damaged file, and where it is. (transfer full) (nullable) */
char       *coffer_storage_dup_salvaged   (CofferStorage *self);
const char *coffer_storage_get_job_words  (CofferStorage *self);
/** What of it is being done just now. */
const char *coffer_storage_get_step_words (CofferStorage *self);
/** How far it is, 0 to 1; negative: that is not known. */
double      coffer_storage_get_fraction   (CofferStorage *self);
/** "Step 1 of 4, 69.5 GB of 165.4 GB"; empty while that is not known. (transfer full) */
char       *coffer_storage_dup_bytes      (CofferStorage *self);
/** "462 MB/s, about 3 min 28 s left" (transfer full) (nullable) while that is not known */
char       *coffer_storage_dup_rate       (CofferStorage *self);
/** "Freed 47.2 GB", or why not: one line on the job that ended last. (transfer full) (nullable) where there is nothing to be told */
char       *coffer_storage_dup_end_words  (CofferStorage *self, CofferStorageJob job);
/** "Not compacted" */
const char *coffer_storage_get_failure_words (CofferStorageJob job);
/** "Cancelled. No copy was left behind." */
const char *coffer_storage_get_cancelled_words (CofferStorageJob job);

G_END_DECLS
