/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>
#include <kvault.h>

G_BEGIN_DECLS

#define COFFER_TYPE_VALUE_STREAM (coffer_value_stream_get_type ())
G_DECLARE_FINAL_TYPE (CofferValueStream, coffer_value_stream, COFFER, VALUE_STREAM, GInputStream)

/**
 * A seekable stream over an open value, for the thread that opened it and no other. Takes over @blob.
 *
 * @vault, @cancellable  must live until coffer_value_stream_release()
 */
GInputStream *coffer_value_stream_new     (kvault *vault, kvault_blob *blob, GCancellable *cancellable);

/** Close the value; whoever still has the stream reads G_IO_ERROR_CLOSED from it. */
void          coffer_value_stream_release (CofferValueStream *self);

G_END_DECLS
