/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

G_BEGIN_DECLS

/**
 * Whether any of the values has a header. Where that would take longer than people wait for a dialog, or cannot be read, it is taken
 * for granted. Cannot fail but by being cancelled.
 *
 * @keys  of CofferKey, of the table of the vault that is in use; must not change
 */
void     coffer_export_find_headers_async  (CofferVault *vault, GPtrArray *keys, GCancellable *cancellable, GAsyncReadyCallback callback,
                                            gpointer user_data);
gboolean coffer_export_find_headers_finish (CofferVault *vault, GAsyncResult *result);

G_END_DECLS
