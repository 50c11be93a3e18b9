/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * How loud a sound is, from its beginning to its end: decoded behind, on a thread of its own, by a decoder of its own. Main
 * thread.
 */
typedef struct _CofferPeaks CofferPeaks;

#define COFFER_PEAKS_N 240
/* Of longer ones none are made: that takes too long for a picture. In nanoseconds. */
#define COFFER_PEAKS_MAX_DURATION (G_GINT64_CONSTANT (45 * 60) * 1000000000)

/** @peaks COFFER_PEAKS_N of 0 to 1, of which @n_known are known so far */
typedef void (*CofferPeaksFunc) (const float *peaks,
                                 guint        n_known,
                                 gpointer     data);

/** @func comes with more and more, until coffer_peaks_close() */
CofferPeaks *coffer_peaks_new   (const char      *uri,
                                 gint64           duration,
                                 CofferPeaksFunc  func,
                                 gpointer         data);
/** Returns at once. (transfer full) */
void         coffer_peaks_close (CofferPeaks     *self);

G_END_DECLS
