/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-key-format.h>
#include <coffer-vault.h>

G_BEGIN_DECLS

/**
 * A part of a stored value as text for the clipboard.
 *
 * @format  as keys are written; -1: text if it is one, else hex
 */
void  coffer_bytes_copy_async  (CofferVault         *vault,
                                CofferKey           *key,
                                guint64              offset,
                                guint64              size,
                                int                  format,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data);
/** Returns: (transfer full) (nullable): fails with words for people, also when @size is more than is copied */
char *coffer_bytes_copy_finish (GAsyncResult        *result,
                                GError             **error);

G_END_DECLS
