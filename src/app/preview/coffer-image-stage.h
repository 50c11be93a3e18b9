/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-picture.h"

G_BEGIN_DECLS

#define COFFER_TYPE_IMAGE_STAGE (coffer_image_stage_get_type ())
G_DECLARE_FINAL_TYPE (CofferImageStage, coffer_image_stage, COFFER, IMAGE_STAGE, GtkWidget)

/**
 * A CofferStage for pictures. What is looked at closer than it was decoded for is decoded again behind it, as large as that asks
 * for and memory allows. An animation moves while it is seen, unless the desktop wants none.
 */

/** How high the picture may become, in logical pixels. */
void           coffer_image_stage_set_max_height (CofferImageStage *self,
                                                  int               max_height);

/** The picture alone, in the middle of all the room there is. */
void           coffer_image_stage_set_large      (CofferImageStage *self,
                                                  gboolean          large);

/** Returns: (transfer none) */
CofferPicture *coffer_image_stage_get_picture    (CofferImageStage *self);

G_END_DECLS
