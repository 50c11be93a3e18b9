/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault-storage.h"

G_BEGIN_DECLS

/** Give the file a write-ahead log or a rollback journal, for good. On the WRITE lane; everything else of the process lets go of the file. */
void         coffer_vault_set_journal_async    (CofferVault *self, gboolean wal, GCancellable *cancellable, GAsyncReadyCallback callback,
                                                gpointer user_data);
gboolean     coffer_vault_set_journal_finish   (CofferVault *self, GAsyncResult *result, GError **error);

/** SQLite's small upkeep, see kvault_optimize(). On the WRITE lane. */
void         coffer_vault_optimize_async       (CofferVault *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                                gpointer user_data);
gboolean     coffer_vault_optimize_finish      (CofferVault *self, GAsyncResult *result, GError **error);

/** Write zeros over what deleted values left in the file, see kvault_wipe(). On the WRITE lane. */
void         coffer_vault_wipe_async           (CofferVault *self, CofferProgress *progress, GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);
gboolean     coffer_vault_wipe_finish          (CofferVault *self, GAsyncResult *result, GError **error);

/** What of a damaged file could be read. */
typedef struct {
  guint64 saved, bytes;            /* keys with their whole values, and bytes of these */
  guint64 lost;                    /* that were named, but could not be read */
} CofferSalvage;

/**
 * Read what can be read of all tables of a file, damaged or not, into a new vault; what waits in the cache for these tables is written there,
 * too, and goes on waiting. On the SCAN lane, from its beginning again where that has to let go of the file. A @target that is there is replaced,
 * see coffer-new-file.h. Fails if there are keys, and none can be saved.
 */
void         coffer_vault_salvage_async        (CofferVault *self, GFile *target, CofferProgress *progress, GCancellable *cancellable,
                                                GAsyncReadyCallback callback, gpointer user_data);
gboolean     coffer_vault_salvage_finish       (CofferVault *self, GAsyncResult *result, CofferSalvage *salvage, GError **error);

G_END_DECLS
