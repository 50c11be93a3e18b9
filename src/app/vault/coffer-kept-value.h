/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-attic.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

/**
 * Copy a value to where it is kept, on the WRITE lane, behind what is on its way.
 *
 * @next      (nullable) the file that is to take its place: there has to be room for it, too
 * @progress  (nullable) is told fractions, as double
 * @checksum  (out) (transfer full) its SHA-256 in hex; not set without a value
 * Returns: (finish) (transfer full) (nullable): NULL without an error: there is no room for it
 */
void        coffer_vault_keep_value_async  (CofferVault *self, const char *table, CofferKey *key, GFile *next, CofferProgress *progress,
                                            GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
CofferKept *coffer_vault_keep_value_finish (CofferVault *self, GAsyncResult *result, char **checksum, GError **error);

/**
 * Put @value in the place of the one that is there, in one transaction; needs "editable". Emits "changed".
 *
 * Fails with COFFER_ERROR_STALE if the one there is not the expected one, and with G_IO_ERROR_NO_SPACE if there is no room to keep that.
 * Nothing is written then.
 *
 * @expected  SHA-256 of the one there
 * @progress  (nullable) is told fractions, as double
 * @old       (out) (transfer full) that one
 * @checksum  (out) (transfer full) of @value
 */
void        coffer_vault_swap_value_async  (CofferVault *self, const char *table, CofferKey *key, CofferKept *value, const char *expected,
                                            CofferProgress *progress, GCancellable *cancellable, GAsyncReadyCallback callback,
                                            gpointer user_data);
gboolean    coffer_vault_swap_value_finish (CofferVault *self, GAsyncResult *result, CofferKept **old, char **checksum, GError **error);

G_END_DECLS
