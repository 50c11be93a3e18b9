/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-census.h"
#include "coffer-entry-list.h"
#include "coffer-entry-walk.h"
#include "coffer-filter.h"

G_BEGIN_DECLS

/** A piece of a search, or of a walk that is to be put in another order: the ids of the rows that a filter lets through. */
typedef struct {
  CofferScope scope;
  CofferFilter *filter;   /* owned, nullable: every key */
  gboolean stored;        /* by row ids, without the index of the keys, which is damaged */
  CofferKey *after;       /* owned, nullable */
  gint64 start_id;        /* likewise, of a walk by row ids */
  guint max_us;
} CofferQueryRequest;

typedef struct {
  CofferMarks rows;
  GPtrArray *keys;        /* of CofferKey: of a walk by row ids; else NULL */
  guint64 n_scanned;
  CofferKey *last;        /* nullable: none was walked */
  gint64 next_id;
  gboolean ended;
  GError *error;          /* why it ended early; nullable */
} CofferQuerySlice;

void     coffer_query_request_free (gpointer request);
void     coffer_query_slice_free   (gpointer slice);
gpointer coffer_query_worker       (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

/** The row ids of a list, and the prints of their keys, as it was at one moment, shared with its blocks. */
typedef struct {
  GPtrArray *ids;         /* of gint64[], g_atomic_rc_box */
  GPtrArray *prints;      /* of CofferPrints */
  GArray *n_rows;         /* of guint: of each of them */
} CofferIds;

void     coffer_ids_init           (CofferIds *self);
void     coffer_ids_add            (CofferIds *self, const CofferBlock *block);
void     coffer_ids_clear          (CofferIds *self);
void     coffer_ids_free           (gpointer ids);

/** Rows put in order, those alike in that of their keys, and compared with what was there before. */
typedef struct {
  CofferMarks rows;       /* owned, in the order of their keys; they are taken */
  GPtrArray *keys;        /* owned, nullable: of CofferKey; then the order is theirs, whatever that of @rows is */
  CofferCensus *census;   /* owned, nullable: for the order of a column */
  CofferSort sort;
  gboolean descending;
  gboolean compare;
  CofferIds old;
} CofferOrderRequest;

typedef struct {
  GPtrArray *blocks;      /* of CofferBlock: the rows */
  GArray *edits;          /* of CofferEdit, if they were compared; else NULL */
  GArray *moves;          /* of CofferRowMove; likewise */
} CofferOrder;

/** (transfer full) Blocks of some rows. */
GPtrArray *coffer_marks_to_blocks  (const CofferMarks *rows);

void     coffer_order_request_free (gpointer request);
void     coffer_order_free         (gpointer order);
gpointer coffer_order_worker       (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

/** The keys of some rows, given as CofferIds; NULL for those that are gone, or others. The answer is a GPtrArray of CofferKey. */
gpointer coffer_ids_worker         (kvault *vault, gpointer ids, GCancellable *cancellable, GError **error);

/** The same for a few. */
GPtrArray *coffer_ids_read         (kvault *vault, const gint64 *ids, const guint32 *prints, guint n, GError **error);

/** The first row of a list whose key begins with a prefix, or that of the key which it is if that is there. */
typedef struct {
  GBytes *prefix;         /* owned */
  CofferIds ids;
  gboolean is_key;        /* of another class than bytes: none begins with it, and its row is known, or not to be found */
  gint64 id;              /* that row; 0: not known */
  gboolean thorough;      /* however many keys begin so: over ten million that takes seconds */
} CofferSeekRequest;

typedef struct {
  guint position;         /* G_MAXUINT: there is none */
  gboolean unsure;        /* only asking thoroughly tells */
} CofferSought;

void     coffer_seek_request_free  (gpointer request);
/** The answer is a CofferSought, to be freed. */
gpointer coffer_seek_worker        (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

G_END_DECLS
