/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-array.h>
#include <coffer-vault.h>

G_BEGIN_DECLS

typedef struct _CofferArrayScan CofferArrayScan;

/**
 * Goes through all values of an array on the vault's preview lane, a fraction of a second at a time, so that nothing is held up.
 *
 * @offset  of the data in the value
 * @changed  called on the main thread as more is known, not after the scan was freed
 */
CofferArrayScan *coffer_array_scan_new (CofferVault       *vault,
                                        CofferKey         *key,
                                        guint64            offset,
                                        const CofferArray *array,
                                        void             (*changed) (gpointer data),
                                        gpointer           data);

/** Stops it. */
void                    coffer_array_scan_free          (CofferArrayScan       *self);

const CofferArrayStats *coffer_array_scan_get_stats     (const CofferArrayScan *self);
/** 0 to 1. */
double                  coffer_array_scan_get_share     (const CofferArrayScan *self);
/** Whether a part could not be read. Returns: (transfer none) (nullable) */
const GError           *coffer_array_scan_get_error     (const CofferArrayScan *self);
/** Returns: (transfer none) (nullable): red, green and blue, when all is read and makes a picture */
GBytes                 *coffer_array_scan_get_pixels    (const CofferArrayScan *self,
                                                         guint                 *width,
                                                         guint                 *height);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferArrayScan, coffer_array_scan_free)

G_END_DECLS
