/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-transfer.h"

G_BEGIN_DECLS

#define COFFER_TYPE_TRANSFERS (coffer_transfers_get_type ())
G_DECLARE_FINAL_TYPE (CofferTransfers, coffer_transfers, COFFER, TRANSFERS, GObject)

/**
 * The transfers of a program that are not over, as a GListModel of CofferTransfer, the oldest first. Those that write to one vault
 * run one after the other.
 */
CofferTransfers *coffer_transfers_new  (void);

/** Begin @transfer when its turn has come, and keep it until it is over. */
void             coffer_transfers_add  (CofferTransfers *self, CofferTransfer *transfer);

/** The first of those on a vault, or on any (@vault NULL). (transfer none) (nullable) */
CofferTransfer  *coffer_transfers_find (CofferTransfers *self, gpointer vault);

G_END_DECLS
