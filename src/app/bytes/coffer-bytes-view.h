/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-bytes-pages.h"

G_BEGIN_DECLS

#define COFFER_TYPE_BYTES_VIEW (coffer_bytes_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferBytesView, coffer_bytes_view, COFFER, BYTES_VIEW, GtkWidget)

/**
 * Bytes as people read them: offset, hex and text in 16, 8 or 4 columns, as many as there is room for. A GtkScrollable; it
 * draws the rows in view and keeps nothing else, so a value may have any size.
 *
 * Mouse: a press puts the cursor on a byte, dragging or Shift selects from there. Keys: arrows, Home and End of the row, of
 * the value with Ctrl, pages; with Shift they select; Ctrl+A selects all.
 *
 * Signals: "selection-changed".
 */

/**
 * @pages        (transfer none) (nullable)
 * @header_size  bytes at the beginning that are not the value's data: they are tinted
 */
void       coffer_bytes_view_set_pages     (CofferBytesView  *self,
                                            CofferBytesPages *pages,
                                            guint64           header_size);

/** Select bytes and bring the first of them into view. @size 1 puts the cursor there. */
void       coffer_bytes_view_select        (CofferBytesView  *self,
                                            guint64           offset,
                                            guint64           size);

/** Returns: whether something is selected: the byte under the cursor at least */
gboolean   coffer_bytes_view_get_selection (CofferBytesView  *self,
                                            guint64          *offset,
                                            guint64          *size);

/** Tint bytes a little. @size  0 for none */
void       coffer_bytes_view_set_mark      (CofferBytesView  *self,
                                            guint64           offset,
                                            guint64           size);

G_END_DECLS
