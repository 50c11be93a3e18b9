/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-additions.h>
#include <coffer-move.h>

#include "coffer-run.h"

G_BEGIN_DECLS

#define COFFER_TYPE_TAKE_BACK (coffer_take_back_get_type ())
G_DECLARE_FINAL_TYPE (CofferTakeBack, coffer_take_back, COFFER, TAKE_BACK, CofferRun)

/**
 * What an import has stored on its way out of the vault again. Cancelled, it leaves the rest as it was added.
 *
 * @additions  nobody else's until it is over
 */
CofferTakeBack  *coffer_take_back_new           (CofferVault *vault, CofferAdditions *additions);

/**
 * Likewise the second half of a move: what was copied to another vault goes from where it was, each key if it is still what was copied.
 * Cancelled, it leaves the rest in both vaults.
 *
 * @here  the vault that has the copies
 */
CofferTakeBack  *coffer_take_back_new_move      (CofferMove *move, CofferVault *here);

CofferVault     *coffer_take_back_get_vault     (CofferTakeBack *self);
/** To be read when it is over. (transfer none) */
CofferAdditions *coffer_take_back_get_additions (CofferTakeBack *self);
/** (transfer none) (nullable) */
CofferMove      *coffer_take_back_get_move      (CofferTakeBack *self);
/** How many were taken back, or moved. */
guint            coffer_take_back_get_n         (CofferTakeBack *self);

G_END_DECLS
