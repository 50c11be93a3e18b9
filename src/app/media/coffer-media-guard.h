/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * Watches what a pipeline is made of, as it grows. What it would read from anywhere but a vault it does not get: a value may
 * be a list of addresses. Then an application message of this name is on the bus.
 */
#define COFFER_MEDIA_REFUSED "coffer-refused"

typedef struct _CofferMediaGuard CofferMediaGuard;

/**
 * @pipeline     (transfer none): must outlive it
 * @one_core     whether decoders and converters may have one thread only
 */
CofferMediaGuard *coffer_media_guard_new          (GstElement       *pipeline,
                                                   gboolean          one_core);
/** After the pipeline was stopped. */
void              coffer_media_guard_free         (CofferMediaGuard *self);

/** Whether what takes the file apart has stopped without anything to give. Nobody else tells of that. Any thread. */
gboolean          coffer_media_guard_has_given_up (CofferMediaGuard *self);

G_END_DECLS
