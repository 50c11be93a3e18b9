/* SPDX-License-Identifier: MIT */
/* Clips and sounds for the sample vault, drawn and synthesised, through GStreamer. */
#pragma once

#include "scene.h"

/* Each returns: (transfer full): a whole file, or NULL with @error set. */
GBytes *media_new_webm     (GError **error);   /* a day over the hills, VP8 */
GBytes *media_new_ogv      (GError **error);   /* its evening, small, Theora */
GBytes *media_new_arpeggio (GError **error);   /* Vorbis */
GBytes *media_new_chord    (GError **error);   /* FLAC */
GBytes *media_new_bell     (GError **error);   /* WAV */
/* The day over the hills at @t, from 0 (dawn) to 1 (dusk). */
void    media_draw_day     (cairo_t *cr,
                            double   width,
                            double   height,
                            double   t);
