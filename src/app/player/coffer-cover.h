/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>
#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * The cover that tags bring along, decoded on a thread, no larger than @size.
 *
 * Returns from finish: (transfer full) (nullable): NULL without an error: there is none
 */
gboolean    coffer_cover_is_in       (GstTagList           *tags);
void        coffer_cover_load_async  (GstTagList           *tags,
                                      int                   size,
                                      GCancellable         *cancellable,
                                      GAsyncReadyCallback   callback,
                                      gpointer              user_data);
GdkTexture *coffer_cover_load_finish (GAsyncResult         *result,
                                      GError              **error);

G_END_DECLS
