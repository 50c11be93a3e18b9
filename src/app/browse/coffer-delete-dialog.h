/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-thumbnails.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

/** More entries are not shown, */
#define COFFER_DELETE_DIALOG_MOST_PICTURES 5
/** and more are not looked at to find them. */
#define COFFER_DELETE_DIALOG_LOOKS_AT 200

/**
 * What a question about deleting @n_keys keys of the table in use shows beside its words: a few of the pictures, what the file would weigh
 * without the values, and, where they are many or all of many, a place to type their number, without which "delete" cannot be answered.
 * Goes with the dialog.
 */
void  coffer_delete_dialog_extend       (AdwMessageDialog *dialog, CofferVault *vault, guint n_keys);

/** What the button says: with the number where that is large. Returns: (transfer full) */
char *coffer_delete_dialog_dup_label    (guint n_keys);

/** @entries  of CofferEntry: a few are shown, first those that are known to be of a type that has pictures */
void  coffer_delete_dialog_set_pictures (AdwMessageDialog *dialog, CofferThumbnails *thumbnails, GPtrArray *entries);

/** How much they are; G_MAXUINT64 while that is being found out. */
void  coffer_delete_dialog_set_bytes    (AdwMessageDialog *dialog, guint64 bytes);

G_END_DECLS
