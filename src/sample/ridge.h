/* SPDX-License-Identifier: MIT */
/* A range of hills, the most common layer of a landscape. */
#pragma once

#include "canvas.h"

/* @y: its middle. @swing: how far it goes up and down. @rough: how much of the swing stays each
 * time the line is halved. @pines: their height, part of the picture's; 0: none.
 */
void ridge_draw (Canvas *self,
                 double  y,
                 double  swing,
                 double  rough,
                 guint32 colour,
                 guint32 haze,
                 double  pines);
