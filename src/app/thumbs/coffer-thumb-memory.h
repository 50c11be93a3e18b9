/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-thumb-id.h"
#include "coffer-thumb-picture.h"

G_BEGIN_DECLS

/** Pictures by id, up to a number of bytes; those not looked at for the longest go first. Main thread. */
typedef struct _CofferThumbMemory CofferThumbMemory;

CofferThumbMemory  *coffer_thumb_memory_new    (gsize                max_bytes);
void                coffer_thumb_memory_free   (CofferThumbMemory   *self);

/**
 * @generation  (out) the one it was put with
 *
 * Returns: (transfer none) (nullable)
 */
CofferThumbPicture *coffer_thumb_memory_lookup (CofferThumbMemory   *self,
                                                const CofferThumbId *id,
                                                guint               *generation);

/** Replaces what is there by that id. One that alone is over the limit is not kept. */
void                coffer_thumb_memory_put    (CofferThumbMemory   *self,
                                                const CofferThumbId *id,
                                                CofferThumbPicture  *picture,
                                                guint                generation);

gsize               coffer_thumb_memory_get_bytes (CofferThumbMemory *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferThumbMemory, coffer_thumb_memory_free)

G_END_DECLS
