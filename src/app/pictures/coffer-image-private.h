/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** Failures that pictures decoded here and elsewhere have in common. */
void coffer_image_set_no_loader (const char  *content_type,
                                 GError     **error);
void coffer_image_set_too_large (int          width,
                                 int          height,
                                 GError     **error);
void coffer_image_set_no_memory (GError     **error);

G_END_DECLS
