/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-holders.h>
#include <coffer-vault-storage.h>

#include "coffer-log-holder.h"
#include "coffer-segments.h"

G_BEGIN_DECLS

#define COFFER_TYPE_STORAGE (coffer_storage_get_type ())
G_DECLARE_FINAL_TYPE (CofferStorage, coffer_storage, COFFER, STORAGE, GObject)

/**
 * Where the bytes of a vault are, and what is being done about it. Knows no widgets.
 *
 * What costs next to nothing is there soon and follows the vault; what the pages belong to is read when asked for, or by itself in a file
 * of which that takes a moment.
 *
 * Signal "changed": anything below.
 * Signal "ended" (CofferStorageJob): a job is over; all about it is known by then.
 */
CofferStorage *coffer_storage_new            (CofferVault *vault);   /* (transfer full) */
CofferVault   *coffer_storage_get_vault      (CofferStorage *self);

/** Nobody looks (or somebody does, as at first): it does not follow the vault, and measures nothing. A job goes on. */
void           coffer_storage_set_watched    (CofferStorage *self, gboolean watched);

/** Look again at what costs next to nothing. */
void           coffer_storage_look           (CofferStorage *self);

/**
 * The bytes of each part.
 *
 * Returns: their sum, which is that of both files on the disk; 0 while nothing is known
 */
guint64        coffer_storage_get_parts      (CofferStorage *self, guint64 parts[COFFER_N_PARTS]);
/** The same with the tables apart, as they are shown. Returns: (transfer full) of CofferSegment */
GPtrArray     *coffer_storage_list_segments  (CofferStorage *self);
/** Returns: (nullable) */
const CofferSpace *coffer_storage_get_space  (CofferStorage *self);
/** Why nothing is known. (nullable) */
const GError  *coffer_storage_get_error      (CofferStorage *self);

/** Find out what the pages belong to, which reads them all; again if the file grows or shrinks meanwhile, and behind a job. */
void           coffer_storage_measure        (CofferStorage *self);
void           coffer_storage_stop_measuring (CofferStorage *self);
/** How far that is, 0 to 1; negative: it is not under way. */
double         coffer_storage_get_measured   (CofferStorage *self);
gboolean       coffer_storage_is_split       (CofferStorage *self);
/** Since when that is not known to be so any more: pages came or went in a large file. (transfer none) (nullable) if it is as of now */
GDateTime     *coffer_storage_get_split_time (CofferStorage *self);
/** Why that could not be found out. (nullable) */
const GError  *coffer_storage_get_split_error (CofferStorage *self);

/** Other programs that have the file open; of CofferHolder. @unseen: (out) (optional). (transfer none) (nullable) while nobody has looked. */
GPtrArray     *coffer_storage_get_holders    (CofferStorage *self, CofferUnseen *unseen);

/** Work that changes the file, or copies it: one at a time. */
typedef enum {
  COFFER_STORAGE_IDLE,
  COFFER_STORAGE_CHECKPOINT,
  COFFER_STORAGE_COMPACT,
  COFFER_STORAGE_COPY,
  COFFER_STORAGE_CHECK,
  COFFER_STORAGE_JOURNAL,          /* these: see coffer-storage-upkeep.h */
  COFFER_STORAGE_OPTIMIZE,
  COFFER_STORAGE_WIPE,
  COFFER_STORAGE_SALVAGE,
  COFFER_STORAGE_CONVERT,
} CofferStorageJob;

CofferStorageJob coffer_storage_get_job      (CofferStorage *self);
/** How far the job is. @step (out); Returns: bytes a second of that step, 0 while that is unknown */
guint64        coffer_storage_get_step       (CofferStorage *self, CofferStep *step);
/** Seconds until the whole job is done, if it goes on as it did; negative while that cannot be told. */
double         coffer_storage_get_left       (CofferStorage *self);
void           coffer_storage_cancel         (CofferStorage *self);
/** FALSE: it is at a step that cannot be stopped, and only to be waited for. */
gboolean       coffer_storage_can_cancel     (CofferStorage *self);
/** Whether the last step of what is under way is to move the log. */
gboolean       coffer_storage_moves_log      (CofferStorage *self);
/** Why the last job failed; of cancelled ones too. (nullable) */
const GError  *coffer_storage_get_job_error  (CofferStorage *self, CofferStorageJob *job);

/** A vault that is only viewed stays so. */
void           coffer_storage_checkpoint     (CofferStorage *self, CofferCheckpointMode mode);
void           coffer_storage_compact        (CofferStorage *self, CofferCompactWay way, gboolean page_maps);
/** Give the table in use the newer shape. */
void           coffer_storage_convert        (CofferStorage *self);
/** This needs nothing. A @target that is there is replaced, if it is a file that nobody has open. Returns: FALSE: something else is being done */
gboolean       coffer_storage_copy           (CofferStorage *self, GFile *target);

/** The last checkpoint, and when. (nullable) */
const CofferCheckpoint *coffer_storage_get_checkpoint (CofferStorage *self, GDateTime **when);

/** Who was in its way, if it could not finish, until they are gone. (transfer none) (nullable) */
CofferLogHolder *coffer_storage_get_log_holder (CofferStorage *self);

/** Whether the time that compacting takes is known from the disk itself. */
typedef enum {
  COFFER_DISK_NOT_TRIED,           /* it does not matter: there is nothing to be done, or it is done at once */
  COFFER_DISK_BEING_MEASURED,
  COFFER_DISK_MEASURED,
  COFFER_DISK_UNKNOWN,             /* it cannot be measured */
} CofferDiskState;

/** @disk (out): of zeros unless it is measured. */
CofferDiskState coffer_storage_get_disk      (CofferStorage *self, CofferDisk *disk);

/** What compacting in the best way would do. (transfer none) (nullable) until it is known */
const CofferCompactPlan *coffer_storage_get_plan (CofferStorage *self);
/** Why that cannot be told. (nullable) */
const GError  *coffer_storage_get_plan_error (CofferStorage *self);
/** What this way would do. (transfer none) (nullable) until it is known */
const CofferCompactPlan *coffer_storage_get_way_plan (CofferStorage *self, CofferCompactWay way);
/** Receipts, until the next job begins. What compacting did, or what of it. @seconds (out) @before (out): of the file then. (nullable) */
const CofferCompactResult *coffer_storage_get_compacted (CofferStorage *self, double *seconds, CofferSpace *before);
/** When that was done. (transfer none) (nullable) */
GDateTime     *coffer_storage_get_compacted_at (CofferStorage *self);
/** Look for damage; needs nothing. @full: read every value, too */
void           coffer_storage_check          (CofferStorage *self, gboolean full);
/** What was found last, and when. (nullable) */
const CofferInspection *coffer_storage_get_check  (CofferStorage *self, GDateTime **when);
/** The copy; @problem (out) (nullable): what went wrong when it was whole. (nullable) */
GFile         *coffer_storage_get_copied     (CofferStorage *self, const char **problem);
/** Whether the table was converted; @problem likewise. */
gboolean       coffer_storage_get_converted  (CofferStorage *self, const char **problem);

G_END_DECLS
