/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-storage.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SPACE_BAR (coffer_space_bar_get_type ())
G_DECLARE_FINAL_TYPE (CofferSpaceBar, coffer_space_bar, COFFER, SPACE_BAR, GtkWidget)

/** One bar of all parts, each as long as it is large, but long enough to be seen. */
void        coffer_space_bar_set_parts (CofferSpaceBar *self,
                                        const guint64   parts[COFFER_N_PARTS]);

/** "Values", and the class of its colour. (transfer none) */
const char *coffer_part_get_name       (CofferPart      part);
const char *coffer_part_get_css_class  (CofferPart      part);

G_END_DECLS
