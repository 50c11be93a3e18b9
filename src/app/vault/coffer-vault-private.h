/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-attic.h"
#include "coffer-cache.h"
#include "coffer-census.h"
#include "coffer-vault.h"
#include "coffer-worker.h"

G_BEGIN_DECLS

#define COFFER_N_LANES (COFFER_LANE_WRITE + 1)

typedef struct _CofferHold CofferHold;
typedef struct _CofferAhead CofferAhead;
typedef struct _CofferGathering CofferGathering;

struct _CofferVault {
  GObject parent_instance;

  GFile *file;
  char *display_name;
  CofferWorker *lanes[COFFER_N_LANES];
  GListStore *sections;
  char *table;
  gboolean editing;
  gboolean secure_delete;
  gboolean editable;
  const char *file_reason;       /* translated, static: why the file cannot be written */
  GCancellable *counting;        /* of the counts under way */
  guint count_id;                /* until they begin */
  guint recount_id;              /* until everything is to be counted anew */
  gint64 counted_at;             /* when they began last, */
  gint64 count_us;               /* and how long they took */
  GQueue uncounted;              /* of CofferSection: those to count still */
  GPtrArray *quiet_wanted;       /* of GTask: who waits until counting may begin */
  gboolean walking_ahead;        /* see coffer-vault-ahead.c */
  gboolean ahead_dropped;
  CofferAhead *ahead;            /* until somebody takes it */
  GTask *ahead_wanted;
  CofferIdentity met;            /* the file that the last job met, or none */
  CofferIdentity shown;          /* the file that `sections` tell of */
  gboolean damage_met;           /* in the file that was `damaged` */
  CofferIdentity damaged;
  char *lock_reason;             /* as it was told last */
  gboolean reloading;
  guint n_holds;                 /* without their resume */
  gboolean closed;
  guint n_ending;                /* lanes of a closed vault that have not ended */
  GList link;                    /* among all that are not closed */
  CofferHold *hold;
  CofferGathering *gathering;    /* see coffer-vault-census.c */
  CofferCensus *census;          /* of census_table; NULL: none is known */
  char *census_table;
  guint watch_id;                /* see coffer-vault-watch.c */
  gboolean looking;
  gboolean have_state;
  CofferFileState state;         /* as it was seen last, */
  gboolean settling;             /* so soon after a write that there may be more to see */
  kvault_veil *veil;             /* shared by all vaults of the process on the file */
  GPtrArray *deferred;           /* of CofferDeletion: those that are hidden; see coffer-deletion.c */
  guint n_writing;               /* of them at work */
  GHashTable *played;            /* by players, names of values; NULL: none; see coffer-readers.c */
  guint n_rewriting;             /* who rewrites the file, see coffer_vault_begin_rewrite() */
  int n_uses[COFFER_VAULT_WRITTEN + 1];   /* of this vault's own, see coffer_vault_begin_use() */
  CofferCache *cache;            /* of all vaults of the process on the file; see coffer-cache.c */
  CofferAttic *attic;            /* of values that were replaced by this vault */
};

/** What waits in the cache of a vault of this process at @path; (transfer full) (nullable) */
kvault_shelf  *coffer_vault_dup_shelf_of     (const char          *path);

/**
 * On the WRITE lane, but what waits in the cache is not written before it: for what frees room or only moves bytes, which has to be possible
 * just when the disk is full and what waits cannot be written.
 */
void           coffer_vault_run_unsettled_async (CofferVault       *self,
                                               const char          *table,
                                               CofferVaultFunc      func,
                                               gpointer             data,
                                               GDestroyNotify       data_free,
                                               GDestroyNotify       result_free,
                                               GCancellable        *cancellable,
                                               GAsyncReadyCallback  callback,
                                               gpointer             user_data);

/**
 * The same, for one thing that is done to the file as a whole: a vault that is only viewed stays so, and its lane lets go of the file behind it.
 */
void           coffer_vault_run_once_async     (CofferVault         *self,
                                               CofferVaultFunc      func,
                                               gpointer             data,
                                               GDestroyNotify       data_free,
                                               GDestroyNotify       result_free,
                                               GCancellable        *cancellable,
                                               GAsyncReadyCallback  callback,
                                               gpointer             user_data);

/**
 * Give a job the handle of a lane, which uses @table (NULL: any). COFFER_LANE_WRITE has the file open for writing; its
 * jobs write what waits in the cache first, and fail if that does; they fail with KVAULT_EMOVED rather than touch another file than the one on show, or than the one before. On the other
 * lanes @func may run more than once, see CofferVaultFunc.
 *
 * @data         freed with @data_free on the main thread, after the callback's turn has begun
 * @result_free  for a result that nobody takes
 */
void           coffer_vault_run_async         (CofferVault         *self,
                                               CofferLane           lane,
                                               const char          *table,
                                               CofferVaultFunc      func,
                                               gpointer             data,
                                               GDestroyNotify       data_free,
                                               GDestroyNotify       result_free,
                                               GCancellable        *cancellable,
                                               GAsyncReadyCallback  callback,
                                               gpointer             user_data);
/** The same for what leaves something behind on a lane that looks: what was done is told, cancelled or not, and it
 * is of the file on show, or fails with KVAULT_EMOVED, as the WRITE lane's jobs do. @access_mode counts if the lane has no handle open. */
void           coffer_vault_run_told_async    (CofferVault         *self,
                                               CofferLane           lane,
                                               kvault_access        access_mode,
                                               CofferVaultFunc      func,
                                               gpointer             data,
                                               GDestroyNotify       data_free,
                                               GDestroyNotify       result_free,
                                               GCancellable        *cancellable,
                                               GAsyncReadyCallback  callback,
                                               gpointer             user_data);
/** The same, once what waits in the cache is in the file: for what looks there. If writing that fails it does, too; where nobody may
 * write it, as the file is damaged or another one, it looks at the file as it is. @told: as of the one before */
void           coffer_vault_run_settled_async (CofferVault         *self,
                                               CofferLane           lane,
                                               const char          *table,
                                               gboolean             told,
                                               CofferVaultFunc      func,
                                               gpointer             data,
                                               GDestroyNotify       data_free,
                                               GDestroyNotify       result_free,
                                               GCancellable        *cancellable,
                                               GAsyncReadyCallback  callback,
                                               gpointer             user_data);
gpointer       coffer_vault_run_finish        (CofferVault         *self,
                                               GAsyncResult        *result,
                                               GError             **error);

/** Close the handle of a lane after the jobs already in it. */
void           coffer_vault_let_go            (CofferVault         *self,
                                               CofferLane           lane);

/** The whole of it, for opening: @access_mode counts if the lane has no handle open; unless @repeatable, @func runs once. */
void           coffer_vault_run_full          (CofferVault         *self,
                                               CofferLane           lane,
                                               kvault_access        access_mode,
                                               const char          *table,
                                               gboolean             repeatable,
                                               CofferVaultFunc      func,
                                               gpointer             data,
                                               GDestroyNotify       data_free,
                                               GDestroyNotify       result_free,
                                               GCancellable        *cancellable,
                                               GAsyncReadyCallback  callback,
                                               gpointer             user_data);

/** Of one run of a CofferReaderFunc. */
struct _CofferValueReader {
  kvault *vault;                 /* unowned */
  GInputStream *stream;          /* over the value that is open, or NULL */
  kvault_cursor *held;           /* while many rows are looked at, or NULL: see coffer-vault-scan.c */
  guint n_held;
};

/** Run @func on a lane of those that read many values; finish with coffer_vault_read_values_finish(). */
void           coffer_vault_run_reader_async  (CofferVault         *self,
                                               CofferLane           lane,
                                               const char          *table,
                                               CofferReaderFunc     func,
                                               gpointer             data,
                                               GDestroyNotify       data_free,
                                               GCancellable        *cancellable,
                                               GAsyncReadyCallback  callback,
                                               gpointer             user_data);

/** A job came back: if it met another file than the vault knows, or none, look at it anew, then tell. */
void           coffer_vault_note_file         (CofferVault         *self,
                                               const CofferJob     *job);

/** A job came back: if it met damage, nothing is written to its file any more, by no lane. */
void           coffer_vault_note_damage       (CofferVault         *self,
                                               const CofferJob     *job);

/** What a lane found when it looked at the file as a whole. */
typedef struct {
  GPtrArray *sections;
  char *table;
  const char *file_reason;
  CofferFileState state;         /* before all that was read */
} CofferOverview;

void           coffer_overview_free           (CofferOverview      *overview);
/** A CofferVaultFunc that gives one; needs no data. */
gpointer       coffer_overview_worker         (kvault              *vault,
                                               gpointer             data,
                                               GCancellable        *cancellable,
                                               GError             **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferOverview, coffer_overview_free)

/** A CofferVaultFunc that fails unless a value of a damaged file can be read; else gives something that is not NULL. Needs no data. */
gpointer       coffer_damaged_worker          (kvault              *vault,
                                               gpointer             data,
                                               GCancellable        *cancellable,
                                               GError             **error);

/** Show other sections than before; the same object stands for one that stays. */
void           coffer_vault_take_sections     (CofferVault         *self,
                                               GPtrArray           *sections);

/** Count the items of every section anew, behind everything else: after coffer_vault_note_count(), or a second. */
void           coffer_vault_start_counting    (CofferVault         *self);
void           coffer_vault_stop_counting     (CofferVault         *self);
/** The same, but not all the time beside a busy writer. */
void           coffer_vault_count_soon        (CofferVault         *self);
/** Begin what is left of it anew after that: a walk begins. */
void           coffer_vault_put_off_counting  (CofferVault         *self);

/** Wait for the same moment: for what else is to come behind everything, on the BACKGROUND lane. */
void           coffer_vault_await_quiet_async  (CofferVault         *self,
                                                GCancellable        *cancellable,
                                                GAsyncReadyCallback  callback,
                                                gpointer             user_data);
gboolean       coffer_vault_await_quiet_finish (CofferVault         *self,
                                                GAsyncResult        *result,
                                                GError             **error);

/** A whole walk over @table met @n keys: they need not be counted, and the others can be now. */
void           coffer_vault_note_count        (CofferVault         *self,
                                               const char          *table,
                                               guint64              n);

/** As the vault goes. */
void           coffer_vault_forget_census     (CofferVault         *self);
void           coffer_ahead_free              (gpointer             ahead);
void           coffer_vault_drop_hold         (CofferVault         *self);

/** How long the walk that begins beside the opening goes on; for tests. */
extern gint64   coffer_ahead_us;

/** After how long without a job a lane lets go of the file; for tests. */
void           coffer_vault_set_idle_time     (CofferVault         *self,
                                               guint                idle_ms);

/** Say that the file was written to by others. */
void           coffer_vault_tell_touched      (CofferVault         *self);

/** Say that keys were deleted or renamed: counts again, emits "changed". */
void           coffer_vault_emit_changed      (CofferVault         *self);

/** The same, on all vaults of the process on the file. */
void           coffer_vault_tell_sharers      (CofferVault         *self);
/** The others of those; (transfer container) of unowned ones. */
GPtrArray     *coffer_vault_list_sharers      (CofferVault         *self);

/** The file is written anew: until that ends, no vault of the process on it is "editable". They nest. */
void           coffer_vault_begin_rewrite     (CofferVault         *self);
void           coffer_vault_end_rewrite       (CofferVault         *self);

/** The tables have another shape than before, in all vaults of the process on the file: look at it as at another one. */
void           coffer_vault_read_anew         (CofferVault         *self);

/** Show what waits to be deleted: the file is another, or the vault is closed. */
void           coffer_vault_drop_deletions    (CofferVault         *self);

/** Whether editing was asked for; "editable" follows from it and the table in use. */
void           coffer_vault_set_editing       (CofferVault         *self,
                                               gboolean             editing);

/** Lane. The facts of a value from its first bytes. */
CofferValueFacts *coffer_value_facts_read     (kvault              *vault,
                                               kvault_blob         *blob,
                                               GError             **error);

/** A key as the engine's cursors give it; borrowed from @key. */
kvault_entry   coffer_key_to_entry            (const CofferKey     *key);
/** Lane. The bytes of a value as it is seen: one that waits in the cache has its own, else it is what @census (nullable) knows. FALSE: nobody does. */
gboolean       coffer_vault_find_size         (kvault              *vault,
                                               const CofferCensus  *census,
                                               const kvault_entry  *entry,
                                               guint64             *size);

/** The order in which SQLite has keys. */
int            coffer_key_compare_entries     (const kvault_entry  *a,
                                               const kvault_entry  *b);

/** A key out of an entry of a walk; its bytes are copied. */
CofferKey     *coffer_key_new_from_entry      (const kvault_entry  *entry);

/** The engine's reason why a table cannot be read or written, translated; itself if it is not known here. */
const char    *coffer_section_translate_reason (const char         *engine);

CofferSection *coffer_section_new             (const kvault_section *section);
gboolean       coffer_section_is_writable     (CofferSection       *self);
/** Whether the keys of a table are ids of rows: numbers, all of them. */
gboolean       coffer_vault_has_ids_for_keys  (CofferVault         *self,
                                               const char          *table);
void           coffer_section_set_count       (CofferSection       *self,
                                               guint64              count);

G_END_DECLS
