/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-thumb-disk.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

/**
 * For tests.
 *
 * @disk    (nullable): nothing is kept in files then
 * @memory  bytes of pictures to keep in memory
 */
CofferThumbnails *coffer_thumbnails_new_full  (CofferVault      *vault,
                                               CofferThumbDisk  *disk,
                                               gsize             memory);

/** Of pictures in memory. */
gsize             coffer_thumbnails_get_bytes (CofferThumbnails *self);

G_END_DECLS
