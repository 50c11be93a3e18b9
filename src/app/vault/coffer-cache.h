/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_CACHE (coffer_cache_get_type ())
G_DECLARE_FINAL_TYPE (CofferCache, coffer_cache, COFFER, CACHE, GObject)

/**
 * Small values that are added wait here, in memory, to be written to the file together; see WAITING FOR ALL in kvault.h. All
 * vaults of the process on a file have one cache between them, and all their lanes see what waits; every other change of the file,
 * and whatever reads the file in its own order, has it written first.
 *
 * What waits is written when the interval is over or the threshold reached, by coffer_vault_flush_async(), and at the end of the WRITE lane at the
 * latest. If that fails everything goes on waiting, "problem" of the state says why, and it is tried again, after longer and longer pauses.
 * If another file comes to the path nothing is written to it before a person says so: coffer_cache_accept_file().
 *
 * Main thread. Signal "changed": the options or the state are others.
 */
typedef struct {
  gboolean on;               /* FALSE at first */
  guint64 capacity;          /* bytes that wait at most */
  guint64 threshold;         /* so many are written at once */
  guint interval_s;          /* nothing waits longer */
} CofferCacheOptions;

typedef struct {
  guint64 n_entries, n_bytes;    /* that wait; bytes of keys and values */
  guint64 oldest_ms;             /* how long the first has waited */
  guint64 n_flushes;             /* that wrote something */
  gint64 flushed_at_ms;          /* when the last one ended or failed, as of g_get_real_time(); 0: there was none */
  guint64 flush_ms, flush_bytes; /* how long it took, and what it wrote */
  gboolean flush_failed;
  const char *problem;           /* why what waits is not written: the last one failed, translated; NULL: it did not; the cache's */
  gboolean is_stale;             /* that is: another file is at the path */
  int retry_s;                   /* until it is tried again; -1: it is not */
} CofferCacheState;

#define COFFER_CACHE_CAPACITY 64000000
#define COFFER_CACHE_THRESHOLD 16000000
#define COFFER_CACHE_INTERVAL 5

CofferCache *coffer_vault_get_cache    (CofferVault              *self);   /* (transfer none) */

/** Turned off, what waits is written at once. The threshold is no more than the capacity. */
void         coffer_cache_set_options  (CofferCache              *self,
                                        const CofferCacheOptions *options);
const CofferCacheOptions *
             coffer_cache_get_options  (CofferCache              *self);
void         coffer_cache_get_state    (CofferCache              *self,
                                        CofferCacheState         *state);
gboolean     coffer_cache_is_empty     (CofferCache              *self);
/** Whether a value waits for this key: who reads the file by other ways than the vault's does not find it there. */
gboolean     coffer_cache_has          (CofferCache              *self,
                                        const char               *table,
                                        const CofferKey          *key);
/** Whether a vault that has it is being edited: else nobody writes what waits, unless that begins. */
gboolean     coffer_cache_has_writer   (CofferCache              *self);
/** Whether it still waits once @vault is closed, and somebody sees to it: there is another vault, and @vault is not the only one that writes. */
gboolean     coffer_cache_is_kept      (CofferCache              *self,
                                        CofferVault              *vault);
/** "is_stale", and a person that was asked wants what waits in the file that is at the path now. Keys that it has get these values. */
void         coffer_cache_accept_file  (CofferCache              *self,
                                        CofferVault              *vault);
/** Throw away what waits. */
void         coffer_cache_discard      (CofferCache              *self);

/**
 * Write what waits, now, to whichever table it is of. This vault does it if it is open for editing, else another one that has the cache. If
 * none is that is an error; and if another file is at the path COFFER_ERROR_WAITING.
 */
void         coffer_vault_flush_async  (CofferVault              *self,
                                        GCancellable             *cancellable,
                                        GAsyncReadyCallback       callback,
                                        gpointer                  user_data);
gboolean     coffer_vault_flush_finish (CofferVault              *self,
                                        GAsyncResult             *result,
                                        GError                  **error);

G_END_DECLS
