/* SPDX-License-Identifier: MIT */
/* Sizes of pictures. Pure functions, any thread. */
#include "coffer-image-fit.h"

void
coffer_image_fit (int  width,
                  int  height,
                  int  max_width,
                  int  max_height,
                  int *fit_width,
                  int *fit_height)
{
  double scale = MIN (1, MIN ((double) max_width / width, (double) max_height / height));

  *fit_width = MAX (1, (int) (width * scale + .5));
  *fit_height = MAX (1, (int) (height * scale + .5));
}

void
coffer_image_enlarge (int  width,
                      int  height,
                      int  max_width,
                      int  max_height,
                      int *fit_width,
                      int *fit_height)
{
  double scale = MIN ((double) max_width / width, (double) max_height / height);

  *fit_width = MAX (1, (int) (width * scale + .5));
  *fit_height = MAX (1, (int) (height * scale + .5));
}

void
coffer_image_cover (int  width,
                    int  height,
                    int  width_to_cover,
                    int  height_to_cover,
                    int *max_width,
                    int *max_height)
{
  double scale = MAX ((double) width_to_cover / width, (double) height_to_cover / height);

  *max_width = CLAMP (width * scale + .5, 1, 2. * width_to_cover);
  *max_height = CLAMP (height * scale + .5, 1, 2. * height_to_cover);
}

gboolean
coffer_image_is_on_side (int orientation)
{
  return orientation >= 5 && orientation <= 8;
}
