/* SPDX-License-Identifier: MIT */
/* For the parts of CofferStorage: a job of its own. */
#pragma once

#include "coffer-storage.h"

G_BEGIN_DECLS

/**
 * Begin a job, unless another one is under way.
 *
 * @progress  (out) (nullable) (transfer none) what to tell of it
 *
 * Returns: (transfer none) (nullable) what cancels it
 */
GCancellable *coffer_storage_begin (CofferStorage    *self,
                                    CofferStorageJob  job,
                                    CofferProgress  **progress);
/** @error (transfer full) (nullable) */
void          coffer_storage_end   (CofferStorage    *self,
                                    GError           *error);

G_END_DECLS
