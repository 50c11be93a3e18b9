/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-key-format.h>
#include <coffer-vault.h>
#include <gtk/gtk.h>

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
/** Puts it on the clipboard of @widget. Returns: (transfer full) (nullable): what to say of that; NULL if it was cancelled */
char *coffer_bytes_copy_finish (GAsyncResult        *result,
                                GtkWidget           *widget);

G_END_DECLS
