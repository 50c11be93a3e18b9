/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-entry.h"
#include "coffer-key-tally.h"
#include "coffer-key-views.h"
#include "coffer-prefix.h"
#include "coffer-recent.h"
#include "coffer-search-bar.h"
#include "coffer-thumbnails.h"
#include "coffer-storage.h"
#include "coffer-transfers.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_VAULT_VIEW (coffer_vault_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferVaultView, coffer_vault_view, COFFER, VAULT_VIEW, AdwBin)

/**
 * A vault in three panes: its tables, the keys of one, the value of one key; and a status bar. The preview folds away under 860
 * logical pixels, the tables under 600.
 *
 * Its buttons and menus use the actions of the window: win.back, win.edit, win.refresh and others.
 */
GtkWidget     *coffer_vault_view_new                (CofferRecent    *recent);

/** @vault (nullable) */
void           coffer_vault_view_set_vault          (CofferVaultView *self,
                                                     CofferVault     *vault);
/** Returns: (transfer none) */
CofferKeyView *coffer_vault_view_get_keys           (CofferVaultView *self);
/** The list and the grid of the keys. Returns: (transfer none) */
CofferKeyViews *coffer_vault_view_get_views         (CofferVaultView *self);

/** Which keys of the vault are selected, in whatever view. Returns: (transfer none) (nullable) NULL without a vault */
CofferKeySelection *
               coffer_vault_view_get_selection      (CofferVaultView *self);

/** How many those are, and their bytes. Returns: (transfer none) (nullable) */
CofferKeyTally *
               coffer_vault_view_get_tally          (CofferVaultView *self);

/** Who makes small pictures of the values. Returns: (transfer none) (nullable) */
CofferThumbnails *
               coffer_vault_view_get_thumbnails     (CofferVaultView *self);

/** The CofferEntryList on show. Returns: (transfer none) (nullable) */
GListModel    *coffer_vault_view_get_list           (CofferVaultView *self);

/** Returns: (transfer none) */
CofferSearchBar *coffer_vault_view_get_search       (CofferVaultView *self);
/** Whether there are keys to search. */
gboolean       coffer_vault_view_can_search         (CofferVaultView *self);

/** The prefix on show. Returns: (transfer none) (nullable) */
GBytes        *coffer_vault_view_get_prefix         (CofferVaultView *self);
/** Show a table, and of it a prefix (nullable). */
void           coffer_vault_view_go_to              (CofferVaultView *self,
                                                     const char      *table,
                                                     GBytes          *prefix);
/** What menus say can be taken back and done again (nullable), and whether deletions wait to be written. */
void           coffer_vault_view_set_undo           (CofferVaultView *self,
                                                     const char      *undo,
                                                     const char      *redo,
                                                     gboolean         writes);
/** Whether files can be added now: there is a button for it then. */
void           coffer_vault_view_set_can_add        (CofferVaultView *self,
                                                     gboolean         can_add);
/** Tell how far those are that write to the vault on show. */
void           coffer_vault_view_set_transfers      (CofferVaultView *self,
                                                     CofferTransfers *transfers);
/** What is done to the file goes to the status bar. @storage (nullable) */
void coffer_vault_view_set_storage (CofferVaultView *self, CofferStorage *storage);

/** Read the keys and the facts about the file again. */
void           coffer_vault_view_refresh            (CofferVaultView *self);

/** From the preview to the keys, or from the keys to the tables, when folded. */
void           coffer_vault_view_go_back            (CofferVaultView *self);
/** To the prefix around the one on show. */
void           coffer_vault_view_go_up              (CofferVaultView *self);
/** To where one was before (@step -1), or went from there (1): tables and prefixes. */
void           coffer_vault_view_go_along           (CofferVaultView *self,
                                                     int              step);
/** Which bytes part keys into prefixes. */
void           coffer_vault_view_set_separators     (CofferVaultView *self,
                                                     const char      *characters);
const CofferSeparators *coffer_vault_view_get_separators (CofferVaultView *self);
void           coffer_vault_view_focus_next_pane    (CofferVaultView *self);
void           coffer_vault_view_pop_up_menu        (CofferVaultView *self);

/** Show or hide the tables when there is room for them beside the keys; else go to them. */
void           coffer_vault_view_toggle_sidebar     (CofferVaultView *self);
gboolean       coffer_vault_view_get_sidebar_shown  (CofferVaultView *self);
void           coffer_vault_view_set_sidebar_shown  (CofferVaultView *self,
                                                     gboolean         shown);

/** The widths people gave the side panes, in logical pixels. */
void           coffer_vault_view_get_widths         (CofferVaultView *self,
                                                     int             *sidebar,
                                                     int             *preview);
void           coffer_vault_view_set_widths         (CofferVaultView *self,
                                                     int              sidebar,
                                                     int              preview);

/** Whether the value has the window to itself; the keys keep the keyboard then. */
gboolean            coffer_vault_view_get_large     (CofferVaultView *self);
void                coffer_vault_view_set_large     (CofferVaultView *self,
                                                     gboolean         large);

G_END_DECLS
