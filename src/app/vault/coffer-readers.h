/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

/**
 * What this program itself reads of a vault, for people who have to decide whether it may be let go of. Main thread.
 */

/** A player shows a value of @vault, and reads it by a handle of its own: until it is told otherwise, with a @name of NULL. @player: a key */
void  coffer_vault_set_played  (CofferVault   *self,
                                gconstpointer  player,
                                const char    *name);

/**
 * Sentences, of what the windows on the file read now. @other_window: (out) whether it is not @self that reads.
 *
 * Returns: (transfer full) (nullable): nothing is known of
 */
char *coffer_vault_dup_readers (CofferVault   *self,
                                gboolean      *other_window);

G_END_DECLS
