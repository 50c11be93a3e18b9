/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>
#include <coffer-additions.h>
#include <coffer-bundle.h>

G_BEGIN_DECLS

/**
 * What to do with a file whose key is in the vault already: both sides, as far as they can be shown. Its responses are "skip", which
 * is the default, "keep", "replace" and "cancel".
 *
 * @bundle  (nullable) the values that are being added, if they are no files
 * @number  which conflict it is, from 1
 * @n_left  how many may come after it
 * @loses   there is no room to keep the one in the vault: replaced, it cannot be brought back
 */
GtkWidget *coffer_conflict_dialog_new         (GtkWindow *parent, CofferVault *vault, const CofferAddition *addition, CofferBundle *bundle,
                                               guint number, guint n_left, gboolean loses);
/** Whether the answer is meant for the others, too. */
gboolean   coffer_conflict_dialog_get_for_all (AdwMessageDialog *dialog);

G_END_DECLS
