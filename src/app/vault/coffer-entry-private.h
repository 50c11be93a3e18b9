/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry-list.h"
#include "coffer-entry.h"

G_BEGIN_DECLS

/** What is known of a row's value. Strings of content_type and type_label are interned. */
typedef struct {
  gboolean read;
  guint64 size;               /* G_MAXUINT64: not readable */
  const char *content_type;   /* nullable */
  const char *type_label;     /* nullable */
  GRefString *error;          /* nullable, translated */
  gboolean unsaved;           /* it waits in the cache */
} CofferRowFacts;

void         coffer_row_facts_clear      (CofferRowFacts *facts);
void         coffer_row_facts_copy       (const CofferRowFacts *facts, CofferRowFacts *copy);

struct _CofferEntry {
  GObject parent_instance;

  CofferEntryList *list;      /* unowned; NULL once the list has let go of the row */
  GQueue *queue;              /* unowned; of the list: where the entry waits, or NULL */
  GList link;
  guint position;
  CofferKey *key;
  char *display_key;          /* made when asked for */
  CofferRowFacts facts;
};

CofferEntry *coffer_entry_new            (CofferEntryList *list, guint position);
void         coffer_entry_set_key        (CofferEntry *self, CofferKey *key);
void         coffer_entry_set_facts      (CofferEntry *self, const CofferRowFacts *facts);
void         coffer_entry_wait_in        (CofferEntry *self, GQueue *queue);   /* NULL: in none */

/** Called by the entry as it goes. */
void         coffer_entry_list_forget    (CofferEntryList *self, CofferEntry *entry);

/** Entries alive; for tests. */
guint        coffer_entry_list_count_live (CofferEntryList *self);

G_END_DECLS
