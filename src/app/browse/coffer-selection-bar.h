/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-key-tally.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SELECTION_BAR (coffer_selection_bar_get_type ())
G_DECLARE_FINAL_TYPE (CofferSelectionBar, coffer_selection_bar, COFFER, SELECTION_BAR, AdwBin)

/**
 * What floats over the keys while several are selected: how many, and what can be done with them. Its buttons activate actions of
 * the window; one whose action is disabled is not there.
 *
 * Property "narrow" gboolean: pictures without words on the buttons.
 */

/** @selection, @tally (nullable): both or none. */
void coffer_selection_bar_set_selection (CofferSelectionBar *self,
                                         CofferKeySelection *selection,
                                         CofferKeyTally     *tally);

/** Only what fits the width of a telephone. */
void coffer_selection_bar_set_tiny      (CofferSelectionBar *self,
                                         gboolean            tiny);

G_END_DECLS
