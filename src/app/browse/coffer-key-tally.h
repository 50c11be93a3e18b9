/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key-selection.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_TALLY (coffer_key_tally_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyTally, coffer_key_tally, COFFER, KEY_TALLY, GObject)

/**
 * How many keys are selected, and their bytes once these are known.
 *
 * Property "text" string (read-only, notify): "5 selected, 24.0 MB", without the bytes until they are known; "" if nothing is selected.
 */
CofferKeyTally *coffer_key_tally_new        (CofferKeySelection *selection);
const char     *coffer_key_tally_get_text   (CofferKeyTally     *self);

/** G_MAXUINT64 until they are known. */
guint64         coffer_key_tally_get_bytes  (CofferKeyTally     *self);

/** The bytes of all rows of the list, or G_MAXUINT64 if they are not known. */
void            coffer_key_tally_set_total  (CofferKeyTally     *self,
                                             guint64             bytes);

G_END_DECLS
