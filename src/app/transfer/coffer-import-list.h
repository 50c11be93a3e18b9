/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-import-walk.h"

G_BEGIN_DECLS

/** What coffer.json tells of a file. */
typedef struct {
  guint position;          /* of it in the files of the walk */
  GBytes *key;
  GBytes *header;          /* (nullable) */
  guint8 sum[COFFER_SUM_SIZE];
} CofferImportListed;

/** What an export left in the folder that was walked: immutable once it was read. */
typedef struct {
  GArray *listed;          /* of CofferImportListed, in its order; keys that were no bytes come last, so that others have theirs */
  guint n_inexact;         /* of them: their keys or values were no bytes, and become bytes */
  GPtrArray *problems;     /* of CofferImportProblem: what is missing or changed, and what it does not tell of */
  char *failure;           /* translated: why it is of no use; NULL: it is */
  CofferImportCounts counts;
  guint deepest;           /* of listed */
} CofferImportList;

/** Blocks. NULL if there is none: any other file may have its name. */
CofferImportList *coffer_import_list_new  (CofferImportWalk *walk, GCancellable *cancellable);
void              coffer_import_list_free (CofferImportList *self);

G_END_DECLS
