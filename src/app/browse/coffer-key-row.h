/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-columns.h"
#include "coffer-thumbnails.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_ROW (coffer_key_row_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyRow, coffer_key_row, COFFER, KEY_ROW, GtkWidget)

/** A row: what kind of value it is, its key, size and type; when compact, size and type in a second line. */
GtkWidget   *coffer_key_row_new         (CofferColumns *columns);
/** The columns are others than they were. */
void         coffer_key_row_update_columns (CofferKeyRow *self);

/** @entry (nullable): what to show and follow. */
void         coffer_key_row_set_entry   (CofferKeyRow *self,
                                         CofferEntry  *entry);
/** Returns: (transfer none) (nullable) */
CofferEntry *coffer_key_row_get_entry   (CofferKeyRow *self);
/** @thumbnails (nullable): who makes a picture of the value, for a row that is in view. With another entry there is none again. */
void         coffer_key_row_set_thumbnails (CofferKeyRow     *self,
                                            CofferThumbnails *thumbnails);
void         coffer_key_row_set_compact (CofferKeyRow *self,
                                         gboolean      compact);

/** The symbolic icon for a kind of value; NULL, and no icon, while @content_type is NULL. Static. */
const char  *coffer_key_row_icon_name   (const char   *content_type);

/** The size for a column or a line, "4.8 MB" with a no-break space; "" while it is not known. (transfer full) */
char        *coffer_key_row_format_size (guint64       size);

/** "3.9 MB, JPEG": what is known of the value, or why nothing is. (transfer full) */
char        *coffer_key_row_format_detail (CofferEntry *entry);

/** Whether words are written from right to left, by their first letter; @otherwise if they have none. */
gboolean     coffer_key_row_words_are_rtl (const char *words,
                                           gboolean    otherwise);

G_END_DECLS
