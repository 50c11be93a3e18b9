/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define COFFER_BYTES_FIND_MAX (64 * 1024)

/**
 * Look for bytes in a stream, from one place to the other.
 *
 * @begin, @end  where a match may begin, and where none begins any more
 * @last         the last one is wanted, not the first
 * @found        (out) where it begins
 *
 * Returns: whether there is one; FALSE with @error set when reading failed or was cancelled
 */
gboolean coffer_bytes_find (GInputStream  *stream,
                            GBytes        *needle,
                            guint64        begin,
                            guint64        end,
                            gboolean       last,
                            guint64       *found,
                            GCancellable  *cancellable,
                            GError       **error);

G_END_DECLS
