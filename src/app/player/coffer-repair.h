/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * Turn clips that were filmed on their side, and make whole frames of half ones, where the filters for that are installed. They
 * are put into @bin, a video sink with a ghost pad "sink", before all else, but only once a clip asks for them: together they make
 * the first frame a third later.
 */
void coffer_repair_add (GstElement *bin);

G_END_DECLS
