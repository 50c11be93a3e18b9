/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-content.h"

G_BEGIN_DECLS

#define COFFER_TYPE_HEADER_BADGE (coffer_header_badge_get_type ())
G_DECLARE_FINAL_TYPE (CofferHeaderBadge, coffer_header_badge, COFFER, HEADER_BADGE, GtkWidget)

/**
 * The header that a value is stored behind: a mark that hides itself where there is none, with a menu to copy the value with
 * it or without.
 *
 * @vault, @key, @facts  (nullable): NULL for no value
 */
void coffer_header_badge_set (CofferHeaderBadge      *self,
                              CofferVault            *vault,
                              CofferKey              *key,
                              const CofferValueFacts *facts);

G_END_DECLS
