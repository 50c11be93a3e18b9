/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>

#include "coffer-cues.h"

G_BEGIN_DECLS

/** An application message: there are words that were not known before. */
#define COFFER_CUE_TAP_ADDED "coffer-cue"

/** Before @playbin does anything: fill @cues (transfer none) with the words of all its tracks of text, and show none otherwise. */
void coffer_cue_tap_add (GstElement *playbin,
                         CofferCues *cues);

G_END_DECLS
