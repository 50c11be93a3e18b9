/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-prefix.h"

G_BEGIN_DECLS

#define COFFER_TYPE_PLACE_TITLE (coffer_place_title_get_type ())
G_DECLARE_FINAL_TYPE (CofferPlaceTitle, coffer_place_title, COFFER, PLACE_TITLE, AdwBin)

/**
 * The title of the keys on show: the name of their table, or the way to their prefix; and a line below it.
 *
 * Signal "chosen" (GBytes *prefix): somebody wants to go to a prefix on the way; NULL is the table.
 */

/** @name as it is shown, @prefix (nullable) */
void coffer_place_title_set_place    (CofferPlaceTitle       *self,
                                      const char             *name,
                                      GBytes                 *prefix,
                                      const CofferSeparators *separators);
void coffer_place_title_set_subtitle (CofferPlaceTitle       *self,
                                      const char             *subtitle);

G_END_DECLS
