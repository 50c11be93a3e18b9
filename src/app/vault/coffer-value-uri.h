/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * Where kvaultsrc finds a value: see gstkvaultsrc.h.
 *
 * @path         of the vault's file, absolute
 * @key          of bytes: the source finds no key of text or of a number
 * @data_offset  what is left out at the beginning
 *
 * Returns: (transfer full)
 */
char *coffer_value_dup_uri (const char *path,
                            const char *table,
                            GBytes     *key,
                            gsize       data_offset);

G_END_DECLS
