/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-additions.h>

#include "coffer-transfer.h"

G_BEGIN_DECLS

#define COFFER_TYPE_IMPORT (coffer_import_get_type ())
G_DECLARE_FINAL_TYPE (CofferImport, coffer_import, COFFER, IMPORT, CofferTransfer)

/**
 * Files on their way into a vault. What is done is on the disk, whenever it ends and why.
 *
 * Signal "conflict" (guint position, guint n_left): somebody has to say what becomes of the addition there, and @n_left others may be
 * asked about after it; it goes on with coffer_import_answer().
 *
 * @additions  nobody else's until it is over
 */
CofferImport    *coffer_import_new            (CofferVault *vault, CofferAdditions *additions, CofferConflict conflict);

CofferVault     *coffer_import_get_vault      (CofferImport *self);
/** To be read while it asks, and when it is over. (transfer none) */
CofferAdditions *coffer_import_get_additions  (CofferImport *self);

/** @for_all  for all that come after it too, without asking */
void             coffer_import_answer         (CofferImport *self, CofferConflict conflict, gboolean for_all);

/** How many keys are new, and in how many is another value; for when it is over. */
guint            coffer_import_get_n_added    (CofferImport *self);
guint            coffer_import_get_n_replaced (CofferImport *self);
guint            coffer_import_get_n_identical (CofferImport *self);

/** How many seconds an import will take, as far as can be told: guessed, and better once one has taken its time. */
double           coffer_import_estimate        (guint n_files, guint64 n_bytes, gboolean verifies);

G_END_DECLS
