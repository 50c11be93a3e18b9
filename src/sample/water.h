/* SPDX-License-Identifier: MIT */
/* A sea or a lake. */
#pragma once

#include "canvas.h"

void water_draw_sea  (Canvas *self);
/* With peaks; what stands above the horizon comes once more, upside down. Moves the horizon. */
void water_draw_lake (Canvas *self);
