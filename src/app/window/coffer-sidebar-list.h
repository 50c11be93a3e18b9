/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-prefix.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SIDEBAR_LIST (coffer_sidebar_list_get_type ())
G_DECLARE_FINAL_TYPE (CofferSidebarList, coffer_sidebar_list, COFFER, SIDEBAR_LIST, GtkWidget)

/**
 * What a vault's file holds, as a tree: its tables, below each the prefixes of its keys, and its other sections.
 *
 * The arrow keys go from row to row and choose nothing; Right and Left open and close, or go to what is below and above. A click or
 * Enter chooses.
 *
 * Signal "chosen" (CofferSection *section, GBytes *prefix): somebody chose a row, perhaps the same again; @prefix is NULL for the
 * section itself.
 * Signal "pointed-at", with the same: its menu comes up, so it has to be on show, and no more.
 */
void coffer_sidebar_list_set_vault      (CofferSidebarList *self,
                                         CofferVault       *vault);
/** Which bytes part keys; the tree is made anew. */
void coffer_sidebar_list_set_separators (CofferSidebarList *self,
                                         const char        *characters);

const CofferSeparators *coffer_sidebar_list_get_separators (CofferSidebarList *self);

/** Show a row as the chosen one: @section (nullable), @prefix (nullable). */
void coffer_sidebar_list_set_chosen     (CofferSidebarList *self,
                                         CofferSection     *section,
                                         GBytes            *prefix);

G_END_DECLS
