/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry.h"
#include "coffer-filter.h"
#include "coffer-ranges.h"
#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_ENTRY_LIST (coffer_entry_list_get_type ())
G_DECLARE_FINAL_TYPE (CofferEntryList, coffer_entry_list, COFFER, ENTRY_LIST, GObject)

typedef enum {
  COFFER_SORT_KEY,
  COFFER_SORT_SIZE,
  COFFER_SORT_TYPE,
} CofferSort;

/**
 * The keys of a vault's table in use, or of a prefix of it, or those of them that a search is for, as a lazy GListModel of
 * CofferEntry.
 *
 * A row is a number until someone looks at it. What is kept in the order of the keys is a fence, every 512th key or so, and a print
 * of each key, which large lists have in a file (coffer-prints.h), found by a walk over the key index on a lane that runs behind
 * the first rows; ten million keys cost some 8 MB of memory. The first rows come at once, before the count is known: the list
 * first has as many rows as arrived, and grows as the walk goes on.
 *
 * get_item() gives the same object for a position while one is alive. Its keys arrive, with the others of their block, in a
 * later turn of the main loop, then its size and type, what was looked at last first; that shows through notify, never
 * items-changed.
 *
 * In the order of sizes or types, and of what a filter lets through, a list holds a row id and a print of the key for each row, of
 * twelve bytes. Hits are shown as they come, in the order of their keys. For another order the sizes, or types, of all values of
 * the table are gathered first (coffer-vault-census.h), and the rows there are stay until that is done; rows alike stay in the
 * order of their keys.
 *
 * Where the index of the keys is damaged, the keys are found and put in order through the table, and "error" says so.
 *
 * Another "table" of the vault, another prefix, or another order, empties the list and fills it anew: (0, old, 0), then
 * (0, 0, first), then appends. "changed" of the vault and refresh() leave the rows as they are while the keys are walked once more;
 * rows that came or went meanwhile come and go, each in its place, and entries of those that stay remain. The same happens when
 * rows are read and the file turns out to have others there, and if another file comes to the path.
 * If a walk fails, the rows stay, and "error" tells why; the next one that does not brings (0, old, 0) and (0, 0, new) if not all
 * had been walked. Entries that somebody still holds keep what they knew.
 *
 * Properties (read-only, notify):
 *   "loading"     gboolean  a walk runs
 *   "error"       string    why it ended early, or the rows cannot be read; translated; NULL if neither
 *   "n-keys"      uint64    rows known so far
 *   "n-scope"     uint64    keys of the table, or of the prefix, that were looked at for them; as many as rows without a filter
 *   "progress"    double    of a walk that has to end before its rows show, 0 to 1; -1 if that cannot be told
 *   "n-added", "n-removed"  uint64  keys of the table that came and went since it was first listed; one that only moved is neither.
 *                           While not all are on show, only those among what is; the others are found when all are again, those
 *                           that came and went in between excepted
 *   "sort"        CofferSort
 *   "descending"  gboolean
 *
 * Signal "edited" (const CofferEdit *edits, guint n_edits, const CofferRowMove *moves, guint n_moves): what came and went, to the
 * letter, before the same is told by items-changed, there perhaps in fewer and larger steps; and which of those rows are the same,
 * elsewhere in the order of a column. Who keeps positions follows this, and pays no heed to items-changed while
 * coffer_entry_list_is_editing().
 */
CofferEntryList *coffer_entry_list_new            (CofferVault          *vault);
gboolean         coffer_entry_list_get_loading    (CofferEntryList      *self);
const char      *coffer_entry_list_get_error      (CofferEntryList      *self);
guint64          coffer_entry_list_get_n_keys     (CofferEntryList      *self);
gboolean         coffer_entry_list_is_editing     (CofferEntryList      *self);

/** Show the keys that begin with @prefix only; NULL or empty: all. Another table is shown whole. */
void             coffer_entry_list_set_prefix     (CofferEntryList      *self,
                                                   GBytes               *prefix);
GBytes          *coffer_entry_list_get_prefix     (CofferEntryList      *self);   /* (transfer none) (nullable) */

/** Show the keys that @filter lets through only; NULL: all. */
void             coffer_entry_list_set_filter     (CofferEntryList      *self,
                                                   CofferFilter         *filter);
CofferFilter    *coffer_entry_list_get_filter     (CofferEntryList      *self);   /* (transfer none) (nullable) */
guint64          coffer_entry_list_get_n_scope    (CofferEntryList      *self);
double           coffer_entry_list_get_progress   (CofferEntryList      *self);

void             coffer_entry_list_set_order      (CofferEntryList      *self,
                                                   CofferSort            sort,
                                                   gboolean              descending);
CofferSort       coffer_entry_list_get_sort       (CofferEntryList      *self);
gboolean         coffer_entry_list_get_descending (CofferEntryList      *self);

/** Whether the rows are all keys of the table or prefix in their order, so that those of a prefix follow each other. */
gboolean         coffer_entry_list_is_by_key      (CofferEntryList      *self);

/** Whether the rows are still those of what was asked for before, as nothing was found yet. */
gboolean         coffer_entry_list_shows_others   (CofferEntryList      *self);
/** How many rows there will be, where the keys of the table were counted before they are walked; or else how many there are. */
guint64          coffer_entry_list_get_n_expected (CofferEntryList      *self);
/** Let the rows there are be all until all is read again; "error" says so. Only of a list that grows. */
void             coffer_entry_list_stop           (CofferEntryList      *self);

/** Whether rows are still to come behind the last, each in its place: those of a walk that shows what it finds. */
gboolean         coffer_entry_list_is_growing     (CofferEntryList      *self);

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
/** Likewise, of @key itself. If it is text or a number it is found in another order than that of the keys only if its row is known. */
void             coffer_entry_list_find_key_async (CofferEntryList      *self,
                                                   CofferKey            *key,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
/** Likewise, of the first row behind all whose key begins with @key_prefix; in another order than that of the keys G_MAXUINT. */
void             coffer_entry_list_find_behind_async (CofferEntryList     *self,
                                                      GBytes              *key_prefix,
                                                      GCancellable        *cancellable,
                                                      GAsyncReadyCallback  callback,
                                                      gpointer             user_data);

/**
 * How many keys some rows have and how many bytes their values, or the keys themselves; found on the BACKGROUND lane, for rows as
 * they are known now: if others come or go among them before they are read, it fails with KVAULT_ESTALE's code of COFFER_ERROR,
 * and a walk that sorts that out has begun, or after measuring will soon.
 */
void             coffer_entry_list_measure_async  (CofferEntryList      *self,
                                                   const CofferRanges   *rows,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
gboolean         coffer_entry_list_measure_finish (CofferEntryList      *self,
                                                   GAsyncResult         *result,
                                                   CofferVaultTotals    *totals,
                                                   GError              **error);
void             coffer_entry_list_keys_async     (CofferEntryList      *self,
                                                   const CofferRanges   *rows,
                                                   GCancellable         *cancellable,
                                                   GAsyncReadyCallback   callback,
                                                   gpointer              user_data);
/** Returns: (transfer full) an array of CofferKey, in the order of the rows; (nullable) */
GPtrArray       *coffer_entry_list_keys_finish    (CofferEntryList      *self,
                                                   GAsyncResult         *result,
                                                   GError              **error);

G_END_DECLS
