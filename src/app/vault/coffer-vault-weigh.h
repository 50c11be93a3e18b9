/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-vault.h"

G_BEGIN_DECLS

/** What is known of the weight of a file, and of the table in use when that was asked. Bytes. */
typedef struct {
  guint64 size;             /* on the disk, with the log */
  guint64 live;             /* what of it would be left by compacting */
  guint64 table;            /* of that, what the rows of the table take; G_MAXUINT64: not known */
  guint64 n_rows, n_bytes;  /* of the table: the rows in the file, and their values; no rows: not known */
  guint64 n_gone, gone;     /* of these, what is deleted, but not from the file yet */
  guint64 gone_elsewhere;   /* the same of other tables, the values alone */
  guint    page_size;
} CofferWeight;

/** Waits for the totals of the table, and reads all pages in use of a file that is not large. */
void     coffer_vault_weigh_async  (CofferVault *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean coffer_vault_weigh_finish (CofferVault *self, GAsyncResult *result, CofferWeight *weight, GError **error);

/**
 * About what the file would weigh if it was compacted without so many more keys of the table, whose values are @n_bytes, and without what
 * is deleted already: right to some pages where nothing is left of the table, or where the keys are like the others.
 */
guint64  coffer_weight_without     (const CofferWeight *self, guint64 n_keys, guint64 n_bytes);

G_END_DECLS
