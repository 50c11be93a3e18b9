/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_LARGEST_PAGE (coffer_largest_page_get_type ())
G_DECLARE_FINAL_TYPE (CofferLargestPage, coffer_largest_page, COFFER, LARGEST_PAGE, AdwBin)

/**
 * Where the bytes of the vault's table are: prefixes as a treemap that can be gone into, and the largest keys. Begins to gather sizes
 * when it is shown first, and follows the file while it is.
 *
 * Signals:
 *   "show-key" (CofferKey)                          a key was clicked
 *   "delete-keys" (GPtrArray of CofferKey, uint64, GPtrArray of CofferEntry)
 *                                                   somebody wants to delete these, whose values take so many bytes, and the first of
 *                                                   which those entries are; they have not been asked yet
 *   "export-keys" (GPtrArray of CofferKey, uint64)  likewise
 */
GtkWidget *coffer_largest_page_new            (void);

/** @vault (nullable) */
void       coffer_largest_page_set_vault      (CofferLargestPage *self,
                                               CofferVault       *vault);
/** Which bytes part keys into prefixes. */
void       coffer_largest_page_set_separators (CofferLargestPage *self,
                                               const char        *characters);
/** Go into a prefix, or to all keys. @prefix (nullable) */
void       coffer_largest_page_go_to          (CofferLargestPage *self,
                                               GBytes            *prefix);

G_END_DECLS
