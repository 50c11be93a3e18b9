/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

#include "coffer-thumb-disk.h"
#include "coffer-thumb-id.h"
#include "coffer-thumb-picture.h"

G_BEGIN_DECLS

/** Where values and pictures are. */
typedef struct {
  const char      *path;   /* of the vault's file, for what opens it for itself */
  CofferThumbDisk *disk;   /* (nullable) where pictures are looked for first, and kept */
} CofferThumbPlaces;

/** Whether values of this type can have a picture. NULL: not known. Any thread. */
gboolean            coffer_thumb_is_possible (const char           *content_type);

/**
 * Lane. From a value to its picture.
 *
 * @known  (nullable) what was made of a value by this id before: given back if the value is the same still
 *
 * Returns: (transfer full) (nullable): NULL if stopped, or the value cannot be read
 */
CofferThumbPicture *coffer_thumb_make        (const CofferThumbId  *id,
                                              CofferThumbPicture   *known,
                                              const CofferThumbPlaces *places,
                                              CofferValueReader    *reader,
                                              GCancellable         *cancellable,
                                              GError              **error);

G_END_DECLS
