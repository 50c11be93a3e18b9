/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-undo.h>

#include "coffer-transfer.h"

G_BEGIN_DECLS

#define COFFER_TYPE_UNDOING (coffer_undoing_get_type ())
G_DECLARE_FINAL_TYPE (CofferUndoing, coffer_undoing, COFFER, UNDOING, CofferTransfer)

/**
 * The last step on its way back, or again. It waits for no other transfer: coffer_transfer_start() it, and give it to CofferTransfers if it
 * takes long. Cancelled, it leaves the rest as it is, to be tried again.
 */
CofferUndoing *coffer_undoing_new        (CofferUndo *undo, CofferVault *vault, gboolean redo);

CofferUndo    *coffer_undoing_get_undo   (CofferUndoing *self);
gboolean       coffer_undoing_is_redo    (CofferUndoing *self);
/** What happened, for a toast, also of one that was cancelled; NULL: nothing that counts, see the failure. (transfer none) */
const char    *coffer_undoing_get_text   (CofferUndoing *self);
/** As coffer_undo_step_finish() told it. (transfer none) (nullable) */
const GError  *coffer_undoing_get_failure (CofferUndoing *self);

G_END_DECLS
