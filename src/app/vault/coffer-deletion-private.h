/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-cache.h"
#include "coffer-deletion.h"
#include "coffer-worker.h"

#include <kvault.h>

G_BEGIN_DECLS

struct _CofferDeletion {
  gatomicrefcount refs;
  kvault_deletion *rows;
  GPtrArray *keys;
  char *table;
  gboolean hidden;
  gboolean is_void;        /* another file is at the path */

  /* What waited in the cache for keys was taken off it, and is laid back when they are shown: */
  CofferCache *cache;
  CofferIdentity meant_for;   /* the file that it was made on */
  GPtrArray *taken;        /* of kvault_taken, while they are hidden, */
  GPtrArray *taken_keys;   /* and of CofferKey, unowned, as many */
  GHashTable *waited;      /* of CofferKey, unowned: those for which something ever did; the main thread's, or a job's */
  kvault_deletion *waited_rows;   /* of them, looked for each time they are hidden: it may have been written meanwhile */
  GHashTable *alone;       /* of CofferKey, unowned, of what was taken: those that are not in the file, and so not among those rows */
  guint n_outdated;        /* of these that have newer values, and were not laid back */
  gboolean gave_back;      /* when they were shown last */
  GPtrArray *old_rows;     /* of kvault_deletion, shown: another lane may be measuring them still */
  gboolean showing;        /* is being undone, and not to be written */
};

/**
 * One that hides nothing yet, of no rows.
 *
 * @keys  kept; must not change any more
 *
 * Returns: (transfer full)
 */
CofferDeletion *coffer_deletion_new           (kvault_veil *veil, CofferCache *cache, const CofferIdentity *meant_for, const char *table,
                                               GPtrArray *keys);
/** Lane. A row to be hidden. @looks: it is looked for by its key, else only where none is known; KVAULT_NOTFOUND: it is gone */
int             coffer_deletion_add_key       (kvault *vault, kvault_deletion *rows, CofferKey *key, gboolean looks);
/**
 * Lane. Whether a key is hidden that a person deleted, in any window, and can bring back: its value would be lost to who stores another there.
 * KVAULT_NOTFOUND: there is none.
 */
int             coffer_deletion_find_key      (kvault *vault, GBytes *key);
/** How many rows of the file are left to be deleted. */
guint           coffer_deletion_count_rows    (CofferDeletion *self);
/** Another file is at the path: it is over. */
void            coffer_deletion_make_void     (CofferDeletion *self);
/** Whether keys of @file can be hidden, or shown; no more than a claim of the file is kept of it, until coffer_cache_release(). FALSE: @task
 * has returned why not */
gboolean        coffer_deletion_check_editable (CofferVault *self, const CofferIdentity *file, GTask *task);

/**
 * A deletion that a lane makes of what it has just looked at, for which nothing waits in the cache. In a transaction, so that what is measured
 * is what was looked at; not hidden yet. A key that is not there counts as KVAULT_FATE_MISSING.
 *
 * @meant_for  the file that it is
 * @keys       kept; must not change any more
 * @rc         KVAULT_OK, or a failure of the vault
 *
 * Returns: (transfer full): to be let go of on the main thread
 */
CofferDeletion *coffer_deletion_new_measured  (kvault *vault, kvault_veil *veil, CofferCache *cache, const CofferIdentity *meant_for,
                                               GPtrArray *keys, int *rc);
/** The lane's, in that transaction: a value that somebody stores after it is not hidden with them. */
void            coffer_deletion_hide_measured (CofferDeletion *self);
/** If the transaction failed. The lane's. */
void            coffer_deletion_show_measured (CofferDeletion *self);
/** The main thread takes over what a lane has hidden. Of a vault that was closed meanwhile it is shown again. Tells nobody yet. */
void            coffer_vault_adopt_deletion   (CofferVault *self, CofferDeletion *deletion);
/**
 * Show measured ones of a table again, the last first. What others deleted or wrote to meanwhile is left out: see coffer_deletion_get_fate().
 * Emits "changed".
 *
 * @deletions  of CofferDeletion; must not change until the callback
 * @stop       (nullable) ends it between two
 * @n_shown    (finish) set to how many of them, from the last on, are not hidden any more; after a failure, too
 */
void            coffer_vault_show_measured_async  (CofferVault *self, const char *table, GPtrArray *deletions, GCancellable *stop,
                                                   GAsyncReadyCallback callback, gpointer user_data);
gboolean        coffer_vault_show_measured_finish (CofferVault *self, GAsyncResult *result, guint *n_shown, GError **error);
/** Of a measured one: what has become of key number @i. Any thread. */
kvault_fate     coffer_deletion_get_fate      (CofferDeletion *self, guint i);

G_END_DECLS
