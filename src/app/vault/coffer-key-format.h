/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key.h"

G_BEGIN_DECLS

/** How a key is written for somebody who takes it elsewhere. All but the text give its bytes exactly, whatever they are. */
typedef enum {
  COFFER_KEY_FORMAT_TEXT,     /* the key itself; if it is no text, as it is shown */
  COFFER_KEY_FORMAT_HEX,      /* 6b6579 */
  COFFER_KEY_FORMAT_PYTHON,   /* b'key', as Python's repr() writes it */
  COFFER_KEY_FORMAT_C,        /* "key", whatever characters come next, and without trigraphs */
  COFFER_KEY_FORMAT_SQL,      /* X'6b6579' */
} CofferKeyFormat;

/** "text", "hex", "python", "c", "sql". Returns: whether @name is one of these */
gboolean coffer_key_format_from_name (const char       *name,
                                      CofferKeyFormat  *format);

/**
 * Keys as text in UTF-8, one a line, without a break behind the last. A text that is not alone must not break lines: one that
 * would is written as it is shown.
 *
 * @keys      of CofferKey
 * @max_size  bytes of text; more fail with G_IO_ERROR_NO_SPACE
 *
 * Thread: any.
 * Returns: (transfer full) (nullable)
 */
GBytes  *coffer_keys_format          (GPtrArray        *keys,
                                      CofferKeyFormat   format,
                                      gsize             max_size,
                                      GCancellable     *cancellable,
                                      GError          **error);

G_END_DECLS
