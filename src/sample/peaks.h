/* SPDX-License-Identifier: MIT */
/* Mountains with hills before them. */
#pragma once

#include "canvas.h"

void peaks_draw (Canvas *self);
