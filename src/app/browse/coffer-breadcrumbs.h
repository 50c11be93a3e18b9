/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-prefix.h"

G_BEGIN_DECLS

#define COFFER_TYPE_BREADCRUMBS (coffer_breadcrumbs_get_type ())
G_DECLARE_FINAL_TYPE (CofferBreadcrumbs, coffer_breadcrumbs, COFFER, BREADCRUMBS, GtkWidget)

/**
 * Where one is: a table and the segments of a prefix, a button each. For those there is no room for, a menu “…” stands.
 *
 * Signal "chosen" (GBytes *prefix): somebody wants to go there; NULL is the table.
 */
GtkWidget *coffer_breadcrumbs_new       (void);

/** @table as it is shown, @prefix ends with a separator. */
void       coffer_breadcrumbs_set_place (CofferBreadcrumbs      *self,
                                         const char             *table,
                                         GBytes                 *prefix,
                                         const CofferSeparators *separators);

G_END_DECLS
