/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define COFFER_TYPE_UPRIGHT (coffer_upright_get_type ())
G_DECLARE_DERIVABLE_TYPE (CofferUpright, coffer_upright, COFFER, UPRIGHT, AdwBin)

struct _CofferUprightClass {
  AdwBinClass parent_class;
};

/**
 * What a window holds, where that has labels that wrap: its height follows from its width, and never the other way round.
 *
 * Asked how wide it has to be at some height, it gives the least width that its child ever needs, where the child is no higher
 * than that then; else the one at which nothing wraps.
 */
GtkWidget *coffer_upright_new (void);

G_END_DECLS
