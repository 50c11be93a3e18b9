/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

#include "coffer-transfer.h"

G_BEGIN_DECLS

#define COFFER_TYPE_PREPARATION (coffer_preparation_get_type ())
G_DECLARE_FINAL_TYPE (CofferPreparation, coffer_preparation, COFFER, PREPARATION, CofferTransfer)

/**
 * What is to be handed over to another program, and has no names yet: whoever finds them out ends it with coffer_transfer_end(), unless
 * it was cancelled, which it is at once.
 *
 * @n_bytes  G_MAXUINT64 if it is not known
 */
CofferPreparation *coffer_preparation_new (CofferVault *vault, guint64 n_bytes);

G_END_DECLS
