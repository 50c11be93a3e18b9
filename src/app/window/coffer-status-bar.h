/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-entry-list.h"
#include "coffer-key-tally.h"
#include "coffer-storage.h"
#include "coffer-transfers.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_STATUS_BAR (coffer_status_bar_get_type ())
G_DECLARE_FINAL_TYPE (CofferStatusBar, coffer_status_bar, COFFER, STATUS_BAR, AdwBin)

/**
 * Keys in view, their bytes once they are counted or else how far that is, what is selected; and of the file what is worth
 * knowing. An entry with nothing to report is not there.
 *
 * Property "narrow" gboolean: only what fits the width of a telephone.
 */

/** @vault, @list, @tally (nullable): all or none. */
void coffer_status_bar_set_vault    (CofferStatusBar *self,
                                     CofferVault     *vault,
                                     CofferEntryList *list,
                                     CofferKeyTally  *tally);
/** Show @section, which is no table of keys, instead of the keys; NULL: the keys. */
void coffer_status_bar_set_section  (CofferStatusBar *self,
                                     CofferSection   *section);
/** What is on its way into the vault. */
void coffer_status_bar_set_transfers (CofferStatusBar *self,
                                     CofferTransfers *transfers);
/** What is done to the file, if anything ever is. @storage (nullable) */
void coffer_status_bar_set_storage  (CofferStatusBar *self,
                                     CofferStorage   *storage);
/** Somebody does something: what only costs time can wait. */
void coffer_status_bar_note_input   (CofferStatusBar *self);
/** Look at the file again, and count even if a person stopped that. */
void coffer_status_bar_refresh      (CofferStatusBar *self);

/** "6,214 keys" (transfer full) */
char *coffer_status_bar_format_keys (guint64          n_keys);

/** There is room for more than one word on each thing. */
void       coffer_status_bar_set_roomy  (CofferStatusBar *self,
                                         gboolean         roomy);

G_END_DECLS
