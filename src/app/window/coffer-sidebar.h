/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-prefix.h"
#include "coffer-recent.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SIDEBAR (coffer_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (CofferSidebar, coffer_sidebar, COFFER, SIDEBAR, AdwBin)

/**
 * The tables, their prefixes, and the other sections of a vault, under a header bar with its name.
 *
 * Properties (read-only, nullable, notify): "section" CofferSection, the one chosen; "prefix" GBytes, the prefix of its keys that is
 * chosen, NULL for all of them.
 * Signal "activated": one was chosen by click or Enter, perhaps the same again.
 */
void           coffer_sidebar_set_vault     (CofferSidebar *self,
                                             CofferVault   *vault);
void           coffer_sidebar_set_recent    (CofferSidebar *self,
                                             CofferRecent  *recent);
/** Returns: (transfer none) (nullable) */
CofferSection *coffer_sidebar_get_section   (CofferSidebar *self);
/** Returns: (transfer none) (nullable) */
GBytes        *coffer_sidebar_get_prefix    (CofferSidebar *self);
/** @section (nullable), @prefix (nullable) */
void           coffer_sidebar_choose        (CofferSidebar *self,
                                             CofferSection *section,
                                             GBytes        *prefix);
/** Which bytes part keys into segments; whatever prefix is chosen is left. */
void           coffer_sidebar_set_separators (CofferSidebar *self,
                                             const char    *characters);
const CofferSeparators *coffer_sidebar_get_separators (CofferSidebar *self);
/** Choose the section called @name, if there is one, or @prefix (nullable) in it. */
void           coffer_sidebar_select        (CofferSidebar *self,
                                             const char    *name,
                                             GBytes        *prefix);
AdwHeaderBar  *coffer_sidebar_get_header    (CofferSidebar *self);
void           coffer_sidebar_pop_up_menu   (CofferSidebar *self);
/** The part of the menu that says what can be taken back. (transfer none) */
GMenu         *coffer_sidebar_get_undo_menu (CofferSidebar *self);

G_END_DECLS
