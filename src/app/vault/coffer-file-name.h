/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key.h"

G_BEGIN_DECLS

/** The ending, without its dot, by which programs know a content. Returns: (transfer none) (nullable) */
const char *coffer_file_name_ending  (const char      *content_type);

/**
 * A name for the file of one value: the last part of its key, made safe for any folder (names.h, NAMES_PLAIN), with an ending
 * by its content where it has none.
 *
 * @content_type  (nullable)
 * Returns: (transfer full)
 */
char       *coffer_file_name_for_key (const CofferKey *key,
                                      const char      *content_type);

G_END_DECLS
