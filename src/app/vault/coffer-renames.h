/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

/**
 * Keys that get other names together, in order; and back again. Counted references; while a job is at work on it, it is that
 * job's alone.
 */
typedef struct _CofferRenames CofferRenames;

#define COFFER_TYPE_RENAMES (coffer_renames_get_type ())
GType          coffer_renames_get_type  (void);
CofferRenames *coffer_renames_new       (const char *table);
CofferRenames *coffer_renames_ref       (CofferRenames *self);
void           coffer_renames_unref     (CofferRenames *self);
void           coffer_renames_add       (CofferRenames *self, CofferKey *key, GBytes *new_key);
guint          coffer_renames_get_n     (CofferRenames *self);
/**
 * Put them in an order in which each finds its new name free: of a → b and b → c the second comes first. Where they go round in a ring
 * (a → b, b → a) one of them waits under a name nobody has, and the ring is renamed in one transaction. No two have one new name.
 * Once, after the last coffer_renames_add(), before a job is at work on it.
 */
void           coffer_renames_arrange   (CofferRenames *self);
/** How many have their new names. */
guint          coffer_renames_get_n_done (CofferRenames *self);
/** Those that have not are forgotten. While no job is at work on it. */
void           coffer_renames_keep_done (CofferRenames *self);
CofferKey     *coffer_renames_get_key   (CofferRenames *self, guint i);   /* (transfer none) */
GBytes        *coffer_renames_get_new_key (CofferRenames *self, guint i);   /* (transfer none) */

/**
 * Give the keys their new names, or their old ones back; needs "editable". A name that is taken is left alone and COFFER_ERROR_EXISTS is
 * the answer; so is a key whose row or length is not as it was left by the last of these jobs: COFFER_ERROR_STALE. Both are looked
 * at for all keys before the first is renamed. Then it goes in transactions of some 32 MB: what fails or is
 * cancelled in the middle keeps what is done, and another call goes on with it, either way. Emits "changed" if anything was renamed.
 *
 * Rewrites the values, see kvault_rename().
 *
 * @back      old names
 * @progress  (nullable) told the fraction of keys as a double, to be freed with g_free()
 */
void           coffer_vault_rename_keys_async  (CofferVault *self, CofferRenames *renames, gboolean back, CofferProgress *progress,
                                                GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean       coffer_vault_rename_keys_finish (CofferVault *self, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferRenames, coffer_renames_unref)

G_END_DECLS
