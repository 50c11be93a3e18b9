/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-disk.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

/** What is known of the file at once. Bytes, as stat(2) has them for the two files. */
typedef struct {
  guint64  main_size, wal_size;    /* on the disk */
  guint64  free_size;              /* in free pages */
  guint64  main_free_size;         /* of the main file: at least, while the log holds pages past its end */
  guint64  file_size;              /* the main file with what is in the log only */
  guint64  wal_frames;             /* pages in the log */
  guint64  wal_waiting;            /* bytes of those that are not in the main file yet */
  guint    page_size;
  gboolean wal_mode, frozen, page_maps;
} CofferSpace;

void         coffer_vault_space_async          (CofferVault *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                                gpointer user_data);
gboolean     coffer_vault_space_finish         (CofferVault *self, GAsyncResult *result, CofferSpace *space, GError **error);

/** What the main file is made of: the four behind the first add up to it. */
typedef struct {
  guint64 main_size, values, keys, other, free;
  GPtrArray *tables;               /* of CofferSplitTable, the largest first; the receiver's */
} CofferSplit;

/** A table of it: of a vault, among values and keys; else among what is other. SQLite's own are not there. */
typedef struct {
  char    *name;                   /* UTF-8 */
  gboolean is_vault;
  guint64  values, keys;           /* its own pages; those of its indexes */
} CofferSplitTable;

/** What is being done just now, see kvault_step. */
typedef enum {
  COFFER_STEP_NONE,
  COFFER_STEP_COPY,
  COFFER_STEP_CHECK,
  COFFER_STEP_COMPARE,
  COFFER_STEP_PLACE,
  COFFER_STEP_WRITE_BACK,
  COFFER_STEP_MOVE,
} CofferStepKind;

/** How far a long work is; bytes_total may be G_MAXUINT64. Where the work has steps, the bytes are those of this one alone. */
typedef struct {
  guint64 bytes, bytes_total;
  CofferStepKind kind;
  guint   number, n;               /* the first is 1; 0: the work has no steps */
  double  fraction;                /* of all steps; never goes back */
} CofferStep;

/** Reads all pages in use, on the SCAN lane. @progress (nullable) is told a CofferStep, to be freed with g_free(). */
void         coffer_vault_split_async          (CofferVault *self, CofferProgress *progress, GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);
gboolean     coffer_vault_split_finish         (CofferVault *self, GAsyncResult *result, CofferSplit *split, GError **error);

/** The log moved into the main file, as far as nobody is in the way. */
typedef struct {
  guint64  frames, moved;          /* pages in the log, and those of them that are in the main file now */
  gboolean finished, own;
  gboolean reader, writer, checkpointer;   /* who is in the way */
  int      pid;                    /* of another program there, or 0 */
  char     program[32];            /* its name, or "" */
} CofferCheckpoint;

typedef enum {
  COFFER_CHECKPOINT_PASSIVE,       /* what can be moved at once */
  COFFER_CHECKPOINT_FULL,          /* waits for others, moves all */
  COFFER_CHECKPOINT_TRUNCATE,      /* and cuts the log to nothing */
  COFFER_CHECKPOINT_ALONE,         /* and has all that this program reads let go of the file before */
} CofferCheckpointMode;

/** On the WRITE lane. That somebody is in the way is no failure: it is in @checkpoint. */
void         coffer_vault_checkpoint_async     (CofferVault *self, CofferCheckpointMode mode, GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);
gboolean     coffer_vault_checkpoint_finish    (CofferVault *self, GAsyncResult *result, CofferCheckpoint *checkpoint,
                                                GError **error);

typedef enum {
  COFFER_COMPACT_AUTO,             /* the best that can be done now */
  COFFER_COMPACT_SWAP,             /* into a new file that takes the place of this one */
  COFFER_COMPACT_STEPS,            /* free pages given back, in steps: needs page maps */
  COFFER_COMPACT_IN_PLACE,
  COFFER_N_COMPACT_WAYS
} CofferCompactWay;

/** What compacting would do, see kvault_vacuum_plan(). */
typedef struct {
  CofferCompactWay way;
  gboolean possible;
  char    *reason;                 /* (nullable) a sentence: why not, or with AUTO why not by SWAP */
  guint64  live, freed;
  guint64  disk_needed, disk_free; /* beside the file, and on its disk; 0 needed: it was not reckoned, since nothing may be written */
  guint64  temporary_needed, temporary_free;   /* on another disk, for temporary files; 0 needed: they are on this one, too, or there are none */
  gboolean disk_enough;            /* for temporary files, too */
  gboolean keeps_old;              /* until what is written was compared with it */
  guint64  memory_needed, memory_free;   /* G_MAXUINT64: unknown */
  guint64  duration_ms, duration_max_ms;   /* the same if the disk is known, else what it takes on a fast one and on a slow one */
  gboolean log_held;               /* another process reads what was before the log's last pages: nothing comes back before it ends */
  guint64  log_size;               /* bytes of the log, which are in @freed too */
  guint    n_others;
  int      pid;                    /* of one of them, or of who holds the log; or 0 */
  char    *program;                /* (nullable) its name */
} CofferCompactPlan;

/** One for each way, AUTO's too. */
typedef struct {
  CofferCompactPlan *ways[COFFER_N_COMPACT_WAYS];
} CofferCompactPlans;

void                coffer_compact_plans_free         (CofferCompactPlans *self);
/** @disk (nullable): the vault's. */
void                coffer_vault_compact_plans_async  (CofferVault *self, const CofferDisk *disk, GCancellable *cancellable,
                                                       GAsyncReadyCallback callback, gpointer user_data);
/** Returns: (transfer full) (nullable) */
CofferCompactPlans *coffer_vault_compact_plans_finish (CofferVault *self, GAsyncResult *result, GError **error);

/** The file before or after. */
typedef struct {
  guint64 main_size, wal_size;     /* on the disk; both 0: unknown */
  guint64 free_size;               /* as main_free_size above */
  guint64 keys;                    /* of all its vaults; G_MAXUINT64: nobody counted */
} CofferCompactSide;

/** What compacting did. */
typedef struct {
  CofferCompactWay way;
  guint64  before, after;          /* bytes of both files */
  CofferCompactSide was, is;
  gboolean pages_verified;         /* every page of what was written, by SQLite's quick check */
  gboolean content_verified;       /* rows of all tables and bytes of their values are as before */
  gboolean verify_cancelled;       /* IN_PLACE, when it was done: the other two were not looked at further */
  gboolean log_in_use;             /* the file shrinks when a reader has let go of the log */
  guint64  freed;                  /* STEPS: bytes of the pages given back */
  gboolean complete;               /* FALSE: STEPS, of which some are done, and stay done */
  gboolean cancelled;
  char     problem[512];           /* what went wrong then, or after the file was compacted; "" */
} CofferCompactResult;

/** Fails where nothing was done. On the WRITE lane; the other lanes of all vaults of the process on the file let go of it for the moment of the swap. */
void         coffer_vault_compact_async        (CofferVault *self, CofferCompactWay way, gboolean page_maps,
                                                CofferProgress *progress, GCancellable *cancellable, GAsyncReadyCallback callback,
                                                gpointer user_data);
gboolean     coffer_vault_compact_finish       (CofferVault *self, GAsyncResult *result, CofferCompactResult *done,
                                                GError **error);

/**
 * Give the table in use the newer shape, see kvault_convert(). On the WRITE lane; fails where nothing was done.
 * @problem (out) (transfer full): what went wrong after it was done, or ""
 */
void         coffer_vault_convert_async        (CofferVault *self, CofferProgress *progress, GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);
gboolean     coffer_vault_convert_finish       (CofferVault *self, GAsyncResult *result, char **problem, GError **error);

/** Write a copy of the file as it is at one moment, compared with it, over @target if that is there, see coffer-new-file.h. Done is done,
 * even if it was cancelled by then. What waits in the cache is written to the file before; if that fails it waits on, and is put into the copy. */
void         coffer_vault_backup_async         (CofferVault *self, GFile *target, CofferProgress *progress,
                                                GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/** @problem (out) (transfer full): what went wrong after the copy was whole, or "" */
gboolean     coffer_vault_backup_finish        (CofferVault *self, GAsyncResult *result, char **problem, GError **error);

/** One thing that a check found. */
typedef struct {
  char    *message;                /* one line that names the key */
  gboolean is_damage;
  char    *table;                  /* (nullable) where the key is */
  CofferKey *key;                  /* (nullable) */
} CofferFound;

/** What a check found. */
typedef struct {
  gboolean   full;                 /* every value was read, too */
  guint64    keys, bytes;          /* looked at; bytes only if values were read */
  guint64    n_found, n_damages;
  guint64    n_waiting;            /* values that waited in memory, and so were no part of it */
  GPtrArray *found;                /* of CofferFound: the first thousand */
} CofferInspection;

void         coffer_inspection_free                 (CofferInspection *self);
/** Look for damage, on the SCAN lane. @full: read every value, too. Changes nothing, and writes nothing that waits. */
void         coffer_vault_check_async          (CofferVault *self, gboolean full, CofferProgress *progress,
                                                GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/** Returns: (transfer full) (nullable) */
CofferInspection *coffer_vault_check_finish         (CofferVault *self, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferInspection, coffer_inspection_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferCompactPlans, coffer_compact_plans_free)

G_END_DECLS
