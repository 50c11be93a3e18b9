/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * All tags that pass through a pipeline. The messages of its sinks do not tell them all: a pad keeps the last event only, so what
 * two parts of a file tell (ID3 at its head, APE at its end) before a sink is linked comes down to one of them.
 */
typedef struct _CofferThumbTags CofferThumbTags;

/** Before an element is added to @pipeline, which must outlive it. */
CofferThumbTags *coffer_thumb_tags_new  (GstElement      *pipeline);
/** Once @pipeline is stopped. */
void             coffer_thumb_tags_free (CofferThumbTags *self);

/**
 * What came by up to now; of a tag that came more than once the first value is kept.
 *
 * Returns: (transfer full) (nullable)
 */
GstTagList      *coffer_thumb_tags_get  (CofferThumbTags *self);

G_END_DECLS
