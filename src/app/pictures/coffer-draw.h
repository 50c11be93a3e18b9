/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-image.h"

G_BEGIN_DECLS

/** Bytes of a picture that coffer-draw takes at the most. */
#define COFFER_DRAW_MAX_SIZE (64 << 20)

/**
 * Decode a picture in another process (coffer-draw), which is ended when @cancellable is cancelled, when it takes more than two
 * seconds of the processor (thirty with COFFER_IMAGE_PATIENT), or when it fails: for formats whose loaders can neither be stopped
 * nor be told what memory to take. The process is kept for the next one; it takes no more than 768 MB.
 *
 * @image   (out caller-allocates) as coffer_image_decode_full() fills it; what moves stands still
 * @bytes   no more than COFFER_DRAW_MAX_SIZE
 *
 * Thread:  any; several at once have a process each.
 * Returns: whether there is something to show; else an error as coffer_image_decode_full() gives it
 */
gboolean coffer_draw (CofferImage       *image,
                      const char        *content_type,
                      GBytes            *bytes,
                      int                max_width,
                      int                max_height,
                      CofferImageFlags   flags,
                      GCancellable      *cancellable,
                      GError           **error);

/** Whether the program for it is there. */
gboolean coffer_draw_is_possible (void);

G_END_DECLS
