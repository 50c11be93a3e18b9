/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtksourceview/gtksource.h>

G_BEGIN_DECLS

/**
 * Find the language of a text, and make it ready: gtk_source_buffer_set_language() with it takes no time.
 *
 * @name          of a file; asked where the type says no more than that it is a text
 * @content_type  (nullable)
 */
void               coffer_text_language_find_async  (const char          *name,
                                                     const char          *content_type,
                                                     GCancellable        *cancellable,
                                                     GAsyncReadyCallback  callback,
                                                     gpointer             user_data);
/** Returns: (transfer none) (nullable): lives as long as the program */
GtkSourceLanguage *coffer_text_language_find_finish (GAsyncResult        *result,
                                                     GError             **error);

G_END_DECLS
