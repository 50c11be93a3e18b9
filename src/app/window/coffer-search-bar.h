/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-entry-list.h"

G_BEGIN_DECLS

#define COFFER_TYPE_SEARCH_BAR (coffer_search_bar_get_type ())
G_DECLARE_FINAL_TYPE (CofferSearchBar, coffer_search_bar, COFFER, SEARCH_BAR, AdwBin)

/**
 * What a list is searched for: a text and what it means, types and sizes, each with a button to take it away again; and what
 * was found so far.
 *
 * It narrows its list as people type. Escape, or "active" set to FALSE, gives the list all its keys again.
 *
 * Properties: "active" gboolean, whether it is open; "mode" string, "contains", "glob", "regex" or "bytes".
 * Signal "leave": the keyboard should go to what was found, or to all keys once it is closed.
 * Signal "scope-removed": people want to search beyond the scope.
 */

/** @list (nullable) */
void     coffer_search_bar_set_list   (CofferSearchBar *self,
                                       CofferEntryList *list);

/** What the list is narrowed to beside the search, for people: a prefix. @scope (nullable) */
void     coffer_search_bar_set_scope  (CofferSearchBar *self,
                                       const char      *scope);

gboolean coffer_search_bar_get_active (CofferSearchBar *self);
void     coffer_search_bar_set_active (CofferSearchBar *self,
                                       gboolean         active);

/** Open it, if need be, and have the keyboard in the entry. */
void     coffer_search_bar_open       (CofferSearchBar *self);

/** Take the text and all filters away, and leave it open. */
void     coffer_search_bar_clear      (CofferSearchBar *self);

/** Whether the list is narrowed now. */
gboolean coffer_search_bar_is_searching (CofferSearchBar *self);

G_END_DECLS
