/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-cache.h"

#include <kvault.h>

G_BEGIN_DECLS

CofferCache  *coffer_cache_new          (void);
kvault_shelf *coffer_cache_get_shelf    (CofferCache *self);   /* (transfer none) */

/** A vault that has the cache, from its beginning to its closing. */
void          coffer_cache_add_vault    (CofferCache *self, CofferVault *vault);
void          coffer_cache_remove_vault (CofferCache *self, CofferVault *vault);

/** What waited was written, or that failed. @error (nullable) */
void          coffer_cache_note         (CofferCache *self, const GError *error);
/** Something was put there. @error  (nullable) why it had to be written for that and could not */
void          coffer_cache_note_put     (CofferCache *self, const GError *error);
/** Another file has come to the path. */
void          coffer_cache_note_replaced (CofferCache *self);
/** Why nothing may be written now; (transfer full) (nullable) */
GError       *coffer_cache_dup_refusal  (CofferCache *self);

/** Whether values wait that are to be added, and how many bytes there may be. */
gboolean      coffer_cache_takes        (CofferCache *self, guint n, guint64 size);

/** What waits of a table and a census of the file does not know: keys and bytes to be added to it. */
void          coffer_cache_add_to_totals (CofferCache *self, const char *table, CofferVaultTotals *totals);

/** How many entries wait at most. */
#define COFFER_CACHE_MOST 2000
/** A value that is longer does not wait. */
#define COFFER_CACHE_LONGEST 4000000

G_END_DECLS
