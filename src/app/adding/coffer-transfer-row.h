/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-transfer.h"

G_BEGIN_DECLS

#define COFFER_TYPE_TRANSFER_ROW (coffer_transfer_row_get_type ())
G_DECLARE_FINAL_TYPE (CofferTransferRow, coffer_transfer_row, COFFER, TRANSFER_ROW, GtkBox)

/** How far one of several transfers is, with its buttons. Another reference to @transfer is taken. */
GtkWidget      *coffer_transfer_row_new          (CofferTransfer *transfer);
/** (transfer none) */
CofferTransfer *coffer_transfer_row_get_transfer (CofferTransferRow *self);

/* What the bar says of one has the same words: */

/** "1.2 GB of 9.6 GB, 310 MB/s, 27 s left" (transfer full) */
char           *coffer_transfer_row_describe     (const CofferTransferProgress *progress);
/** That, or why it does not go on. (transfer full) */
char           *coffer_transfer_row_describe_one (CofferTransfer *transfer);
/** From 0 to 1. */
double          coffer_transfer_row_get_part     (const CofferTransferProgress *progress);
/** A button that pauses it, or has it go on. */
void            coffer_transfer_row_set_button   (GtkButton *button, CofferTransfer *transfer);

G_END_DECLS
