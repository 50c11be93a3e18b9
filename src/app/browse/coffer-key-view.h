/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-entry-list.h"
#include "coffer-entry.h"

G_BEGIN_DECLS

#define COFFER_TYPE_KEY_VIEW (coffer_key_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferKeyView, coffer_key_view, COFFER, KEY_VIEW, GtkWidget)

/**
 * The keys of a table as a list with the columns Key, Size and Type; rows of two lines where there is little room.
 *
 * Typing jumps to the first key that begins so. When the list is read again the selected key is looked up and selected again.
 * Its menu and keys activate win.copy-key, win.rename-key and win.delete-key.
 *
 * Properties: "selected-entry" CofferEntry (read-only, nullable; notify again when its key is known), "compact" gboolean (read-only, notify), "descending" gboolean.
 * Signal "activated": a row was opened (Enter, a double click; a click where rows have two lines).
 */
void         coffer_key_view_set_list           (CofferKeyView   *self,
                                                 CofferEntryList *list);
/** Returns: (transfer none) (nullable) */
CofferEntry *coffer_key_view_get_selected_entry (CofferKeyView   *self);

/** Select nothing, and nothing again after the list is read again. */
void         coffer_key_view_unselect           (CofferKeyView   *self);

/** Select @key instead of the key selected now once the list is read again, as after renaming; NULL: never mind. */
void         coffer_key_view_follow             (CofferKeyView   *self,
                                                 GBytes          *key);

G_END_DECLS
