/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-sidebar-tree.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SIDEBAR_ROW (coffer_sidebar_row_get_type ())
G_DECLARE_FINAL_TYPE (CofferSidebarRow, coffer_sidebar_row, COFFER, SIDEBAR_ROW, GtkWidget)

/**
 * A row of the sidebar: a section of a vault, or a prefix of its keys. Icon, name, and the count once it is known.
 *
 * Signals "clicked", anywhere but at the arrow, and "toggled", there.
 */
GtkWidget         *coffer_sidebar_row_new            (GtkListItem       *list_item);

/** @item (nullable) */
void               coffer_sidebar_row_set_item       (CofferSidebarRow  *self,
                                                      CofferSidebarItem *item);
/** Returns: (transfer none) (nullable) */
CofferSidebarItem *coffer_sidebar_row_get_item       (CofferSidebarRow  *self);
/** What stands above it; @heading (nullable). */
void               coffer_sidebar_row_set_heading    (CofferSidebarRow  *self,
                                                      const char        *heading);
/** GTK_INVALID_LIST_POSITION: nowhere. */
guint              coffer_sidebar_row_get_position   (CofferSidebarRow  *self);
/** Whether it has an arrow: something is below it, or may be. */
void               coffer_sidebar_row_set_expandable (CofferSidebarRow  *self,
                                                      gboolean           expandable);
gboolean           coffer_sidebar_row_get_expandable (CofferSidebarRow  *self);

/** The symbolic icon of a kind of section; static. */
const char        *coffer_sidebar_row_icon_name      (CofferSection     *section);

G_END_DECLS
