/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-value.h>
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * So much of a value that another one is likely to be told from it: all of it up to 256 KiB; else its size, its first bytes, and of
 * a value up to 8 MiB its last. Large values keep their end to themselves: to reach it may take reading all of them.
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
