/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

/**
 * Keys that were deleted together, in a way that can be taken back without a copy of their values: they are hidden from all lanes of all vaults
 * of this process on the file, and deleted from the file later, by coffer_vault_write_deletions_async(). Until then
 * other programs see them, and if this one is killed they are still there; see DELETING LATER in kvault.h.
 *
 * Counted references. A deletion ends, and its keys are shown again, with the last one; the vault has one of each that is
 * hidden. Main thread.
 */
typedef struct _CofferDeletion CofferDeletion;

#define COFFER_TYPE_DELETION (coffer_deletion_get_type ())
GType           coffer_deletion_get_type    (void);
CofferDeletion *coffer_deletion_ref         (CofferDeletion *self);
void            coffer_deletion_unref       (CofferDeletion *self);

/** How many keys were deleted, at first. */
guint           coffer_deletion_get_n       (CofferDeletion *self);
/** Those of them that are not deleted from the file; any new value at a key makes one less. */
guint           coffer_deletion_get_n_left  (CofferDeletion *self);
/** Those at which values were added since, and that can be brought back once these are taken back. */
guint           coffer_deletion_get_n_displaced (CofferDeletion *self);
/** Whether they are hidden now. */
gboolean        coffer_deletion_is_hidden   (CofferDeletion *self);
/** The first of its keys. (transfer none) */
CofferKey      *coffer_deletion_peek_key    (CofferDeletion *self);

/**
 * Hide keys of the table in use; needs "editable". Emits "changed", here and on other vaults of this process on the file. Then their sizes are
 * looked at behind, to be compared when they are deleted. @keys must not change any more.
 *
 * Returns: (finish) (transfer full) (nullable)
 */
void            coffer_vault_hide_async     (CofferVault *self, GPtrArray *keys, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);
CofferDeletion *coffer_vault_hide_finish    (CofferVault *self, GAsyncResult *result, GError **error);

/** Show or hide them (again): undo and redo. Fails with COFFER_ERROR_STALE if none is left, or another file is at the path, and with
 * COFFER_ERROR_WAITING if values wait in the cache that are meant for another file. Emits "changed". */
void            coffer_vault_show_deletion_async  (CofferVault *self, CofferDeletion *deletion, gboolean show,
                                                   GAsyncReadyCallback callback, gpointer user_data);
gboolean        coffer_vault_show_deletion_finish (CofferVault *self, GAsyncResult *result, GError **error);

/** What has become of the keys of a deletion. */
typedef struct {
  guint n_left;                /* as they were, */
  guint n_changed;             /* written to meanwhile, by whomever, */
  guint n_missing;             /* deleted by others, */
  guint n_deleted;             /* or by us, for good */
} CofferFates;

/**
 * Look what others did to keys that are shown, or hidden, again: that is left out of the deletion from then on, so that it is told as it is.
 * On the lane of lists, in pieces between which that has its turns. Emits "changed" if there was something.
 *
 * @progress     (nullable) told the fraction as a double, to be freed with g_free()
 * @cancellable  what was found by then stays found
 *
 * Cost:    the rows are found and the first bytes of their values read: some 5 us a key that is in memory
 */
void            coffer_vault_look_at_deletion_async  (CofferVault *self, CofferDeletion *deletion, CofferProgress *progress,
                                                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean        coffer_vault_look_at_deletion_finish (CofferVault *self, GAsyncResult *result, CofferFates *fates, GError **error);

/** How many keys are hidden and wait to be deleted from the file; "changed" tells when it is another number. */
guint           coffer_vault_get_n_deferred (CofferVault *self);

/** What came of it. */
typedef struct {
  guint64 n_deleted, n_bytes;
  guint64 n_changed;           /* keys that others wrote to meanwhile: they stay, and show again */
} CofferDeleted;

/**
 * Delete what is hidden from the file, in steps between which others write. Needs "editable". What is done when it fails or is cancelled
 * stays done; the rest stays hidden. Emits "changed".
 *
 * @progress  (nullable) told the fraction as a double, to be freed with g_free()
 */
void            coffer_vault_write_deletions_async  (CofferVault *self, CofferProgress *progress, GCancellable *cancellable,
                                                     GAsyncReadyCallback callback, gpointer user_data);
gboolean        coffer_vault_write_deletions_finish (CofferVault *self, GAsyncResult *result, CofferDeleted *deleted, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferDeletion, coffer_deletion_unref)

G_END_DECLS
