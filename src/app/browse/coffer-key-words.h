/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry.h"

G_BEGIN_DECLS

/* What rows and tiles say of a value, and how. */

/** The symbolic icon for a kind of value; NULL, and no icon, while @content_type is NULL. Static. */
const char  *coffer_key_words_icon_name   (const char   *content_type);

/** The size for a column or a line, "4.8 MB" with a no-break space; "" while it is not known. (transfer full) */
char        *coffer_key_words_format_size (guint64       size);

/** "3.9 MB, JPEG": what is known of the value. (transfer full) */
char        *coffer_key_words_format_size_and_type (CofferEntry *entry);
/** The same, or why nothing is known. (transfer full) */
char        *coffer_key_words_format_detail (CofferEntry *entry);

/** Whether words are written from right to left, by their first letter; @otherwise if they have none. */
gboolean     coffer_key_words_are_rtl     (const char   *words,
                                           gboolean      otherwise);

G_END_DECLS
