/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-source.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * Open what another program may have put something else in the place of: not a link, and no pipe that nobody writes to would
 * keep the thread for good. Blocks.
 *
 * @guard  (nullable) what is not opened: closing it would drop the locks that this process has on a vault
 * @size   (out): as it is now
 * Returns: (transfer full) (nullable)
 */
GInputStream *coffer_regular_file_open (GFile              *file,
                                        const CofferGuard  *guard,
                                        guint64            *size,
                                        GError            **error);

G_END_DECLS
