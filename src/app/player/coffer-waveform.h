/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_WAVEFORM (coffer_waveform_get_type ())
G_DECLARE_FINAL_TYPE (CofferWaveform, coffer_waveform, COFFER, WAVEFORM, GtkWidget)

/** Bars as high as a sound is loud, those that were played brighter. For the eyes only. */

/** @peaks of 0 to 1; copied. @n_known of them are drawn */
void coffer_waveform_set_peaks (CofferWaveform *self,
                                const float    *peaks,
                                guint           n,
                                guint           n_known);

/** How much was played, 0 to 1. */
void coffer_waveform_set_part  (CofferWaveform *self,
                                double          part);

G_END_DECLS
