/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The largest size of the proportions of @width × @height that fits @max_width × @max_height, never above itself. */
void     coffer_image_fit        (int  width,
                                  int  height,
                                  int  max_width,
                                  int  max_height,
                                  int *fit_width,
                                  int *fit_height);

/** The same for what may be made larger. */
void     coffer_image_enlarge    (int  width,
                                  int  height,
                                  int  max_width,
                                  int  max_height,
                                  int *fit_width,
                                  int *fit_height);

/** The room that it has to fit to cover @width_to_cover × @height_to_cover, but for sides over twice as long. */
void     coffer_image_cover      (int  width,
                                  int  height,
                                  int  width_to_cover,
                                  int  height_to_cover,
                                  int *max_width,
                                  int *max_height);

/** Whether an EXIF orientation swaps width and height. */
gboolean coffer_image_is_on_side (int  orientation);

G_END_DECLS
