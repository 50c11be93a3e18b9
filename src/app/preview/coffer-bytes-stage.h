/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_BYTES_STAGE (coffer_bytes_stage_get_type ())
G_DECLARE_FINAL_TYPE (CofferBytesStage, coffer_bytes_stage, COFFER, BYTES_STAGE, GtkWidget)

/** A CofferStage for any value: its bytes, with a way to go to some, to find some and to copy them. */

/** Tint bytes a little: what those that are selected belong to. @size  0 for none */
void coffer_bytes_stage_set_mark (CofferBytesStage *self,
                                  guint64           offset,
                                  guint64           size);

G_END_DECLS
