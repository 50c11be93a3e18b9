/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SIDEBAR_ROW (coffer_sidebar_row_get_type ())
G_DECLARE_FINAL_TYPE (CofferSidebarRow, coffer_sidebar_row, COFFER, SIDEBAR_ROW, GtkListBoxRow)

/** The row of one section in the sidebar; its count comes when it is known. */
GtkWidget     *coffer_sidebar_row_new         (CofferSection    *section);
/** Returns: (transfer none) */
CofferSection *coffer_sidebar_row_get_section (CofferSidebarRow *self);

/** The symbolic icon of a kind of section; static. */
const char    *coffer_sidebar_row_icon_name   (CofferSection    *section);

G_END_DECLS
