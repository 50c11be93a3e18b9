/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry-list.h"
#include "coffer-entry-pages.h"
#include "coffer-entry-walk.h"
#include "coffer-vault-private.h"

G_BEGIN_DECLS

/* A walk over all keys, from the first on. */
typedef struct {
  GPtrArray *fences;
  guint n_rows;
  CofferKey *last;
  guint64 hash;                /* of its keys so far */
  CofferIdentity file;         /* that was on show as it began */
  gboolean behind;             /* the rows on show stay as they are until it is over */
  GCancellable *cancellable;   /* NULL: no walk */
} CofferWalk;

struct _CofferEntryList {
  GObject parent_instance;

  CofferVault *vault;
  char *table;
  gboolean descending;
  char *error;

  CofferWalk walk;
  gint64 walked_at;            /* when the last walk began */
  guint refresh_id;

  GPtrArray *fences;
  guint n_rows;
  guint64 hash;                /* of all their keys, if complete */
  CofferIdentity file;         /* of the walk that found them */
  gboolean doubted;            /* rows were read that the file did not have when it was walked */
  gboolean complete;           /* there is nothing behind the last row */

  GHashTable *live;            /* position → CofferEntry, unowned */
  GQueue unkeyed;
  GQueue unsized;
  CofferPages *pages;
  GCancellable *rows_cancellable;
  gboolean reading;            /* a job for rows is in the lane, of this page if for keys */
  guint page;
};

/* coffer-entry-list.c */
void coffer_entry_list_set_error    (CofferEntryList *self, const GError *error);
/** Walk again, but not all the time beside a busy writer. */
void coffer_entry_list_refresh_soon (CofferEntryList *self);

/* coffer-entry-list-rows.c */
/** Begin to read what entries wait for, unless that is under way. */
void coffer_entry_list_read_rows    (CofferEntryList *self);
/** Read again what is known of the rows, whose keys are the same: what is on show stays until it is known to be another. */
void coffer_entry_list_reread_rows  (CofferEntryList *self);
/** Let go of every row: entries still held keep what they know. */
void coffer_entry_list_forget_rows  (CofferEntryList *self);

G_END_DECLS
