/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * What an ICC profile calls itself, "Display P3". Any thread; the bytes may be anything.
 *
 * Returns: (transfer full) (nullable): UTF-8, one line; NULL if it has no name
 */
char *coffer_color_profile_dup_name (const guint8 *data,
                                     gsize         len);

G_END_DECLS
