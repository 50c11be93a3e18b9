/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key.h"

G_BEGIN_DECLS

/**
 * A name for the file of one value: the last part of its key, made safe for any folder (never hidden, no "/", no control
 * characters, valid UTF-8, 200 bytes at most), with an ending by its content where it has none.
 *
 * @content_type  (nullable)
 * Returns: (transfer full)
 */
char *coffer_file_name_for_key (const CofferKey *key,
                                const char      *content_type);

G_END_DECLS
