/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_FILTER_POPOVER (coffer_filter_popover_get_type ())
G_DECLARE_FINAL_TYPE (CofferFilterPopover, coffer_filter_popover, COFFER, FILTER_POPOVER, GtkPopover)

/**
 * Which values a search is for: types to tick, and sizes from and to.
 *
 * Signal "changed": people changed something; not when it is set from here.
 */

/** A set of CofferGroup; 0 is any. */
guint    coffer_filter_popover_get_groups (CofferFilterPopover *self);
void     coffer_filter_popover_set_groups (CofferFilterPopover *self,
                                           guint                groups);

/** "1 MB", where g_format_size() says "1.0 MB". Returns: (transfer full) */
char    *coffer_filter_format_size        (guint64              size);

/** 0 and G_MAXUINT64 are any. */
void     coffer_filter_popover_get_sizes  (CofferFilterPopover *self,
                                           guint64             *min_size,
                                           guint64             *max_size);
void     coffer_filter_popover_set_sizes  (CofferFilterPopover *self,
                                           guint64              min_size,
                                           guint64              max_size);

G_END_DECLS
