/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

/** The longest value that is kept in memory so that replacing it can be taken back. */
#define COFFER_KEPT_MAX (64u << 20)

/**
 * Copy a value of up to COFFER_KEPT_MAX bytes, on the WRITE lane, behind what is on its way.
 *
 * @checksum  (out) (transfer full) its SHA-256 in hex; not set without a value
 * Returns: (finish) (transfer full) (nullable): NULL without an error: it is longer
 */
void    coffer_vault_keep_value_async  (CofferVault *self, CofferKey *key, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer user_data);
GBytes *coffer_vault_keep_value_finish (CofferVault *self, GAsyncResult *result, char **checksum, GError **error);

/**
 * Put @value in the place of the one that is there, in one transaction; needs "editable". Emits "changed".
 *
 * @expected  SHA-256 of the one there; if it is another, COFFER_ERROR_STALE and nothing is written
 * @old       (out) (transfer full) (nullable) that one; NULL if it is longer than COFFER_KEPT_MAX
 * @checksum  (out) (transfer full) of @value
 */
void     coffer_vault_swap_value_async  (CofferVault *self, const char *table, CofferKey *key, GBytes *value, const char *expected,
                                         GAsyncReadyCallback callback, gpointer user_data);
gboolean coffer_vault_swap_value_finish (CofferVault *self, GAsyncResult *result, GBytes **old, char **checksum, GError **error);

G_END_DECLS
