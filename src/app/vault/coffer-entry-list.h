/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_ENTRY_LIST (coffer_entry_list_get_type ())
G_DECLARE_FINAL_TYPE (CofferEntryList, coffer_entry_list, COFFER, ENTRY_LIST, GObject)

/**
 * The keys of a vault's table in use as a lazy GListModel of CofferEntry, in key order (or the reverse).
 *
 * A row is a number until someone looks at it. What is kept is a fence, every 512th key, found by a walk over the key index
 * on a lane that runs behind the first rows; ten million keys cost two or three megabytes. The first rows come at
 * once, before the count is known: the list first has as many rows as arrived, and grows as the walk goes on.
 *
 * get_item() gives the same object for a position while one is alive. Its page (256 rows: keys first, then sizes and types,
 * what was looked at last first) arrives in a later turn of the main loop and shows through notify, never items-changed.
 *
 * Another "table" of the vault, or "descending", empties the list and fills it anew: (0, old, 0), then (0, 0, first),
 * then appends. "changed" of the vault, refresh() and a file that turns out to have changed leave the rows as they are
 * while the keys are walked behind them; then (0, old, 0) and (0, 0, new) come in one turn. If they are the same keys, the rows
 * stay, and their sizes and types are read again. If that walk fails, for another reason than damage, the rows of that file
 * stay, and "error" tells why. Entries that somebody still holds keep what they knew.
 *
 * Properties:
 *   "loading"     gboolean  the walk runs
 *   "error"       string    why it ended early, or the rows cannot be read; translated; NULL if neither
 *   "n-keys"      uint64    rows known so far
 *   "descending"  gboolean  read-write
 */
CofferEntryList *coffer_entry_list_new            (CofferVault          *vault);
gboolean         coffer_entry_list_get_loading    (CofferEntryList      *self);
const char      *coffer_entry_list_get_error      (CofferEntryList      *self);
guint64          coffer_entry_list_get_n_keys     (CofferEntryList      *self);
void             coffer_entry_list_set_descending (CofferEntryList      *self,
                                                   gboolean              descending);

/** Read everything again (F5). */
void             coffer_entry_list_refresh        (CofferEntryList      *self);

/**
 * The position of the first row, among those known, whose key begins with @key_prefix; where it would be if none does; for
 * type-ahead. G_MAXUINT if that is behind the last row.
 */
void             coffer_entry_list_find_async     (CofferEntryList      *self,
                                                   GBytes               *key_prefix,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
guint            coffer_entry_list_find_finish    (CofferEntryList      *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);

G_END_DECLS
