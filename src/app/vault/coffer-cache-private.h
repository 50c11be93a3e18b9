/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-cache.h"
#include "coffer-worker.h"

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
/** A vault that has the cache shows this file: is it the one that what waits was put for? */
void          coffer_cache_meet         (CofferCache *self, const CofferIdentity *file);
/** Whether it is not, and something waits: then it is a person's to decide, and nobody writes it meanwhile. */
gboolean      coffer_cache_is_stale     (CofferCache *self);
/** Whether there is a vault that can write what waits to the file it is meant for; else it waits for a person. */
gboolean      coffer_cache_can_flush    (CofferCache *self);
/** Why nothing may be written now; (transfer full) (nullable) */
GError       *coffer_cache_dup_refusal  (CofferCache *self);
GError       *coffer_cache_new_refusal  (void);   /* that, in any case; (transfer full) */

/** Whether values wait that are to be added to a vault: so many, of so many bytes. They are, then: it notes for which file. */
gboolean      coffer_cache_takes        (CofferCache *self, CofferVault *vault, guint n, guint64 size);

/**
 * Something is to wait for @file, or to be taken off, or laid back: until coffer_cache_release() nothing comes to wait for another one.
 * @error  as of coffer_cache_dup_refusal(): values wait that are meant for another file
 */
gboolean      coffer_cache_claim        (CofferCache *self, const CofferIdentity *file, GError **error);
void          coffer_cache_release      (CofferCache *self);
/** Lay back what was taken off it, of kvault_taken, while it waited for @file. FALSE: values of another file wait, and it was not done. */
gboolean      coffer_cache_give_back    (CofferCache *self, const CofferIdentity *file, GPtrArray *taken);

/** What waits of a table and a census of the file does not know: keys and bytes to be added to it. */
void          coffer_cache_add_to_totals (CofferCache *self, const char *table, CofferVaultTotals *totals);

/** How many entries wait at most. */
#define COFFER_CACHE_MOST 2000
/** A value that is longer does not wait. */
#define COFFER_CACHE_LONGEST 4000000

G_END_DECLS
