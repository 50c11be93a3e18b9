/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-census.h"
#include "coffer-entry-query.h"

G_BEGIN_DECLS

/** Some rows of a block that lie together. */
typedef struct {
  CofferKnownBlock known; /* owned; as it was when the rows were chosen; of ids without a fence */
  gint64 *ids;            /* owned; of ids, else NULL */
  CofferKey *end, *last;  /* owned, nullable: as in CofferCheckRequest */
  gboolean from_start;
  guint skip, n_rows;
} CofferPiece;

/** The keys, or their number and the bytes of their values, of some pieces from @next on; as many as can be done in some time. */
typedef struct {
  CofferScope scope;
  GArray *pieces;         /* of CofferPiece */
  guint next;             /* the worker's: what comes next */
  gboolean want_keys;
  CofferCensus *census;   /* owned, nullable: where sizes are known */
  GPtrArray *keys;        /* of CofferKey, if wanted */
  CofferVaultTotals totals;
} CofferMeasure;

CofferMeasure *coffer_measure_new    (const CofferScope *scope);
void           coffer_measure_free   (gpointer measure);
/** The answer is the measure itself. Fails with KVAULT_ESTALE if a block is not as it was. */
gpointer       coffer_measure_worker (kvault *vault, gpointer measure, GCancellable *cancellable, GError **error);

G_END_DECLS
