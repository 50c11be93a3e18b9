/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** How the element that reads vaults is made known, which must come after GStreamer is started; before the others. */
void     coffer_media_set_source     (gboolean            (*register_source) (void));

/** Starts GStreamer, once, and then says how that went. Slow at first, so from any thread but the main one. */
gboolean coffer_media_prepare        (void);

/** The same on a thread. The callback comes later, also when it is done already. */
void     coffer_media_prepare_async  (GCancellable         *cancellable,
                                      GAsyncReadyCallback   callback,
                                      gpointer              user_data);
/** Returns: whether anything can be played; FALSE with an error if cancelled or not */
gboolean coffer_media_prepare_finish (GAsyncResult         *result,
                                      GError              **error);

G_END_DECLS
