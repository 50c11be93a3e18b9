/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-thumbnails.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

/**
 * What a question about deleting keys shows beside its words: a few of the pictures, what the file would weigh without the values, and a
 * place to type the number where that is asked for. Goes with the dialog.
 */
void coffer_delete_dialog_extend       (AdwMessageDialog *dialog, CofferVault *vault);

/** @entries  of CofferEntry: a few are shown */
void coffer_delete_dialog_set_pictures (AdwMessageDialog *dialog, CofferThumbnails *thumbnails, GPtrArray *entries);

/** How much they are; G_MAXUINT64 while that is being found out. */
void coffer_delete_dialog_set_bytes    (AdwMessageDialog *dialog, guint64 bytes);

/** "delete" can only be answered once this number was typed. */
void coffer_delete_dialog_ask_number   (AdwMessageDialog *dialog, guint number);

G_END_DECLS
