/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-transfers.h"

G_BEGIN_DECLS

#define COFFER_TYPE_TRANSFER_BAR (coffer_transfer_bar_get_type ())
G_DECLARE_FINAL_TYPE (CofferTransferBar, coffer_transfer_bar, COFFER, TRANSFER_BAR, AdwBin)

/**
 * How far a transfer is, in one line, or how far several are, which a button lists; not there while there is none. Property "narrow"
 * gboolean: without words on its speed.
 */

/** Show those on @target. Both (nullable). */
void coffer_transfer_bar_set_transfers (CofferTransferBar *self, CofferTransfers *transfers, gpointer target);

G_END_DECLS
