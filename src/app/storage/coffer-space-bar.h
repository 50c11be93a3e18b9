/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-storage.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SPACE_BAR (coffer_space_bar_get_type ())
G_DECLARE_FINAL_TYPE (CofferSpaceBar, coffer_space_bar, COFFER, SPACE_BAR, GtkWidget)

/** One bar of all segments, of CofferSegment, each as long as it is large, but long enough to be seen. */
void        coffer_space_bar_set_segments    (CofferSpaceBar      *self,
                                              GPtrArray           *segments);

/** "Values", or the name of the table, and the class of its colour. (transfer none) */
const char *coffer_segment_get_name          (const CofferSegment *segment);
const char *coffer_segment_get_css_class     (const CofferSegment *segment);

G_END_DECLS
