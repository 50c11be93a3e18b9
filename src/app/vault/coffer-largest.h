/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-census.h"
#include "coffer-prefix.h"

G_BEGIN_DECLS

/** A prefix or a key, and what lies there. */
typedef struct {
  GBytes *prefix;      /* the whole of it; NULL: a key */
  CofferKey *key;      /* NULL: a prefix */
  guint64 size;
  guint64 n_keys;
} CofferLargestPart;

/**
 * Where the bytes of a prefix are. Does not change once it is there.
 *
 * Values that no census knows the size of count as keys, and as unmeasured, with no bytes.
 */
typedef struct {
  GPtrArray *parts;    /* of CofferLargestPart: prefixes and keys right below it, the largest first */
  guint64 n_parts;     /* of them all: those that are not in `parts` are smaller */
  GPtrArray *keys;     /* of CofferLargestPart: the largest keys, however deep, the largest first; of equal ones the first by key */
  guint64 n_keys;
  guint64 n_bytes;
  guint64 n_unmeasured;
} CofferLargest;

CofferLargest *coffer_largest_ref   (CofferLargest *self);
void           coffer_largest_unref (CofferLargest *self);

/** Keys walked over so far. */
typedef void (*CofferLargestProgress) (guint64 n_keys, gpointer data);

/**
 * Walk over the index of the keys once, in short jobs on the BACKGROUND lane, with the sizes that @census knows; no value is read. What
 * is kept meanwhile are the largest of both kinds: @max_parts and @max_keys bound the memory.
 *
 * @prefix    (nullable): NULL for the whole table
 * @progress  (nullable)
 */
void           coffer_largest_async  (CofferVault            *vault,
                                      const char             *table,
                                      GBytes                 *prefix,
                                      const CofferSeparators *separators,
                                      CofferCensus           *census,
                                      guint                   max_parts,
                                      guint                   max_keys,
                                      CofferLargestProgress   progress,
                                      gpointer                progress_data,
                                      GCancellable           *cancellable,
                                      GAsyncReadyCallback     callback,
                                      gpointer                user_data);
CofferLargest *coffer_largest_finish (CofferVault            *vault,
                                      GAsyncResult           *result,
                                      GError                **error);   /* (transfer full) */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferLargest, coffer_largest_unref)

G_END_DECLS
