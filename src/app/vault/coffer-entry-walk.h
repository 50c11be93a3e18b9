/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry-private.h"
#include "coffer-vault-private.h"

G_BEGIN_DECLS

/* Rows between two fences, and in a page. A page never spans a fence. */
#define COFFER_FENCE_ROWS 512
#define COFFER_PAGE_ROWS 256

/* The hash of none; any number but 0. */
#define COFFER_NO_KEYS G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)

/** A piece of the walk over all keys: begins behind @after (NULL: at the first), ends at a fence when a limit is reached. */
typedef struct {
  CofferKey *after;       /* owned, nullable */
  guint max_rows;         /* a multiple of COFFER_FENCE_ROWS */
  guint max_us;
  gboolean descending;
  guint64 hash;           /* of the slices before; COFFER_NO_KEYS for the first */
} CofferSliceRequest;

typedef struct {
  GPtrArray *fences;      /* of CofferKey: the first row, and every COFFER_FENCE_ROWS from it */
  guint n_rows;           /* a multiple of COFFER_FENCE_ROWS unless @ended */
  CofferKey *last;        /* nullable */
  gboolean ended;
  guint64 hash;           /* of all keys walked so far, in order; 0: some cannot be told apart by it */
  GError *error;          /* why it ended early; nullable */
} CofferSlice;

void     coffer_slice_request_free (gpointer request);
void     coffer_slice_free         (gpointer slice);
gpointer coffer_slice_worker       (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

/** Begin to walk from the first key of the table that the file is opened with, before it is known: see coffer-vault-ahead.c. */
void         coffer_vault_walk_ahead         (CofferVault *self);
/** Forget what was or is being walked so, unless somebody awaits it. */
void         coffer_vault_drop_ahead         (CofferVault *self);
/** What was walked so, if that is over and was @table. (transfer full) (nullable) */
CofferSlice *coffer_vault_take_ahead         (CofferVault *self, const char *table);
/** The same once it is over; FALSE, and no callback, if nothing was begun or somebody has it. */
gboolean     coffer_vault_await_ahead        (CofferVault *self, const char *table, GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data);
CofferSlice *coffer_vault_await_ahead_finish (CofferVault *self, GAsyncResult *result, GError **error);   /* nullable */

/** The keys of some rows behind a fence. */
typedef struct {
  CofferKey *fence;       /* owned */
  CofferKey *next_fence;  /* owned, nullable: none known */
  guint skip;             /* rows from the fence */
  guint n_rows;           /* as many as the list thinks there are, COFFER_PAGE_ROWS at most */
  gboolean at_end;        /* the last of them should be the last key there is, or the last before @next_fence */
  gboolean descending;
} CofferPageRequest;

typedef struct {
  GPtrArray *keys;        /* of CofferKey */
  gboolean stale;         /* the keys are no longer those the fences were made of */
  GError *error;          /* why there are not more; nullable */
} CofferPageKeys;

void     coffer_page_request_free  (gpointer request);
void     coffer_page_keys_free     (gpointer keys);
gpointer coffer_page_worker        (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

/** Sizes and types of some keys, as many as can be read in some milliseconds, one at least. */
typedef struct {
  CofferKey *key;         /* owned */
  guint position;
  CofferRowFacts facts;   /* the answer; read is FALSE for those left for another time */
  gboolean gone;          /* there is no such key any more */
} CofferRow;

GArray  *coffer_rows_new           (void);
gpointer coffer_rows_worker        (kvault *vault, gpointer rows, GCancellable *cancellable, GError **error);

/** How far behind a fence the row is that coffer_entry_list_find_async() seeks; COFFER_FENCE_ROWS if it is not there. */
typedef struct {
  CofferKey *fence;       /* owned */
  GBytes *prefix;
  gboolean descending;
} CofferFindRequest;

void     coffer_find_request_free  (gpointer request);
gpointer coffer_find_worker        (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

/** Whether a row with @key comes at or after @prefix in the list's order. */
gboolean coffer_key_reaches        (gconstpointer key, gsize key_size, int key_class, GBytes *prefix, gboolean descending);

G_END_DECLS
