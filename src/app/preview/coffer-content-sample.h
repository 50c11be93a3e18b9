/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-value.h>
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * So far in, nothing keeps a person waiting. To reach what is further may take reading all that is ahead of it, about a second a
 * gigabyte: in files without page maps.
 */
#define COFFER_CONTENT_NEAR (8 << 20)

/**
 * So much of a value that another one is likely to be told from it: all of it up to 256 KiB; else its size, its first bytes, and of
 * a value up to COFFER_CONTENT_NEAR its last.
 *
 * @stream  is left at the beginning of the data
 * Returns: (transfer full) (nullable)
 */
GBytes   *coffer_content_sample      (GInputStream           *stream,
                                      const CofferValueFacts *facts,
                                      GCancellable           *cancellable,
                                      GError                **error);

/** The same as a CofferValueFunc, without data. */
gpointer  coffer_content_sample_func (GInputStream           *stream,
                                      const CofferValueFacts *facts,
                                      gpointer                unused,
                                      GCancellable           *cancellable,
                                      GError                **error);

G_END_DECLS
