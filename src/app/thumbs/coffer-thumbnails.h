/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

#include "coffer-thumbnail.h"

G_BEGIN_DECLS

#define COFFER_TYPE_THUMBNAILS (coffer_thumbnails_get_type ())
G_DECLARE_FINAL_TYPE (CofferThumbnails, coffer_thumbnails, COFFER, THUMBNAILS, GObject)

/**
 * Small pictures of the values of a vault: one for a window. They are made on lanes of their own (half the cores), what was
 * asked for last first, and kept in memory up to COFFER_THUMBNAILS_MEMORY bytes. Main thread.
 *
 * What is in memory is trusted until the vault says "changed" or "touched", or coffer_thumbnails_check() is called: then
 * each is compared with its value before it is shown to anybody again, and what is on show behind everything else.
 */
#define COFFER_THUMBNAILS_MEMORY (64 << 20)

CofferThumbnails *coffer_thumbnails_new     (CofferVault *vault);

/**
 * Ask for the picture of a value of the table in use. One that is in memory is READY at once, one of a kind that has none
 * NONE at once; else it is PENDING and comes later. Requests for the same value and box share the work.
 *
 * @value_size     bytes stored; a value of another size has another picture
 * @content_type   (nullable) as the entry has it; NULL: not known yet, the value will tell
 * @width, @height  the box, in device pixels
 *
 * Returns: (transfer full)
 */
CofferThumbnail  *coffer_thumbnails_request (CofferThumbnails *self, CofferKey *key, guint64 value_size,
                                             const char *content_type, int width, int height);

/** Values may have changed; see above. What is on show is compared every other second at the most. */
void              coffer_thumbnails_check   (CofferThumbnails *self);

G_END_DECLS
