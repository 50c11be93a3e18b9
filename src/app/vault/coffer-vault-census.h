/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-census.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

/** Rows counted so far, and how many there are; 0 if that is not known. */
typedef void (*CofferCensusProgress) (guint64 n_rows, guint64 n_bytes, guint64 n_total, gpointer data);

/**
 * What is known of all values of a table: what was gathered last, if the file is as it was then; else from the cache folder, if the
 * file is exactly the one it was kept for; else gathered, in short jobs on the BACKGROUND lane. Who asks for the same meanwhile
 * shares the work, which ends when the last of them has cancelled.
 */
void          coffer_vault_census_async    (CofferVault          *self,
                                            const char           *table,
                                            gboolean              with_types,
                                            CofferCensusProgress  progress,
                                            gpointer              progress_data,
                                            GCancellable         *cancellable,
                                            GAsyncReadyCallback   callback,
                                            gpointer              user_data);
CofferCensus *coffer_vault_census_finish   (CofferVault          *self,
                                            GAsyncResult         *result,
                                            GError              **error);   /* (transfer full) */

/** What was gathered last of @table, while nothing is known to have changed since. (transfer none) (nullable) */
CofferCensus *coffer_vault_peek_census     (CofferVault          *self,
                                            const char           *table);

/** Something was written to the file. */
void          coffer_vault_drop_census     (CofferVault          *self);

G_END_DECLS
