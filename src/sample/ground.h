/* SPDX-License-Identifier: MIT */
/* The lower half of a landscape. */
#pragma once

#include "canvas.h"

/* Draws the scene's ground over what is there; may move the horizon. */
void ground_draw (Canvas *self);
