/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * Open what another program may have put something else in the place of: not a link, and no pipe that nobody writes to would
 * keep the thread for good. Blocks.
 *
 * @size  (out): as it is now
 * Returns: (transfer full) (nullable)
 */
GInputStream *coffer_regular_file_open (GFile    *file,
                                        guint64  *size,
                                        GError  **error);

G_END_DECLS
