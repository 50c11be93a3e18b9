/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-key-selection.h"

G_BEGIN_DECLS

#define NO_ROW GTK_INVALID_LIST_POSITION

struct _CofferKeySelection {
  GObject parent_instance;

  CofferEntryList *list;
  CofferRanges *rows;
  guint current;           /* NO_ROW: none */
  CofferEntry *entry;      /* of the current row */
  gboolean moved;          /* rows came or went among those selected, which is not told yet */
  gboolean keep_place;     /* if the current row goes, the one in its place shall be selected */
  guint place;             /* which that is; NO_ROW: none to be selected */
  CofferKey *return_to;       /* the key to select once the list is read again */
  GCancellable *finding;
  gboolean rest;           /* rows that are still to come behind the last are selected, too */
  GPtrArray *to_come;      /* of GBytes: prefixes whose keys are not all found yet */
};

extern guint coffer_key_selection_reveal_signal;
extern guint coffer_key_selection_not_found_signal;

guint coffer_key_selection_get_n_rows (CofferKeySelection *self);

/** Select @rows (transfer full), which a person or a program chose, instead of those that are; @current is the one looked at. */
void  coffer_key_selection_set_rows   (CofferKeySelection *self,
                                       CofferRanges       *rows,
                                       guint               current);

/** The same, of a choice that only adds or takes away: what is to come stays as it was chosen. */
void  coffer_key_selection_change_rows (CofferKeySelection *self,
                                        CofferRanges       *rows,
                                        guint               current);

/** What is to come from now on. */
void  coffer_key_selection_set_to_come (CofferKeySelection *self,
                                        gboolean            rest);

/** Look for the keys of a prefix that are to come, if there are any to look for. */
void  coffer_key_selection_find_next  (CofferKeySelection *self);
void  coffer_key_selection_tell_growing (CofferKeySelection *self);

/** Whether the list is about to have that key at all: whether it begins with the prefix that the list is of. */
/* Select the row of a key, of any class; where it would be if it is not there and the list is by key. */
void     coffer_key_selection_go_to_key   (CofferKeySelection *self,
                                           CofferKey          *key);
gboolean coffer_key_selection_is_in_scope (CofferKeySelection *self,
                                           GBytes             *key);

/** Select the row at @position, or else the last one, alone and tell views to show it; there has to be one. */
void  coffer_key_selection_reveal     (CofferKeySelection *self,
                                       guint               position);

G_END_DECLS
