/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-additions.h"

G_BEGIN_DECLS

/**
 * Values that were copied to another vault, and deleted where they came from once they were there; and that can be brought back. Both
 * windows know of it, and only one at a time does something with it, at whose end the vault emits "changed". Counted references; main
 * thread.
 */
typedef struct _CofferMove CofferMove;

/**
 * @vault  they came from
 * @there  the keys they had there, ADDED, from the values they have where they are now; it is the move's alone
 */
CofferMove *coffer_move_new         (CofferVault *vault, CofferAdditions *there);
CofferMove *coffer_move_ref         (CofferMove *self);
void        coffer_move_unref       (CofferMove *self);

/** Where they came from; and the keys they had there, to be counted while nobody is at it. (transfer none) */
CofferVault     *coffer_move_get_vault     (CofferMove *self);
CofferAdditions *coffer_move_get_additions (CofferMove *self);

/** How many are gone from where they came from; and how many are there again, and may go once more. */
guint       coffer_move_get_n_gone  (CofferMove *self);
guint       coffer_move_get_n_there (CofferMove *self);

/**
 * Delete them where they came from, if they still are what is where they went to. Fails with G_IO_ERROR_BUSY while the other window is at it.
 *
 * @stop  (nullable)
 *
 * Returns: (finish) how many were deleted, -1 on error
 */
void        coffer_move_go_async    (CofferMove *self, GCancellable *stop, GAsyncReadyCallback callback, gpointer user_data);
gssize      coffer_move_go_finish   (CofferMove *self, GAsyncResult *result, GError **error);

/**
 * Bring back what is gone, and leave the copies alone. Overwrites nothing.
 *
 * Returns: (finish) how many were brought back, -1 on error
 */
void        coffer_move_back_async  (CofferMove *self, GCancellable *stop, GAsyncReadyCallback callback, gpointer user_data);
gssize      coffer_move_back_finish (CofferMove *self, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferMove, coffer_move_unref)

G_END_DECLS
