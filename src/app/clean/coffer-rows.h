/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** Many rows of a table as packed numbers: an id, and one or two that rows are compared by. */
typedef struct {
  guint64 *words;        /* owned: @stride of them a row */
  gsize n;
  gsize room;
  guint stride;          /* 2: by, id; 3: by, id, more */
} CofferRows;

#define COFFER_ROW_BY 0
#define COFFER_ROW_ID 1
#define COFFER_ROW_MORE 2

void     coffer_rows_init   (CofferRows *self, guint stride);
void     coffer_rows_clear  (CofferRows *self);
void     coffer_rows_append (CofferRows *self, const guint64 *row);
guint64 *coffer_rows_get    (const CofferRows *self, gsize i);
void     coffer_rows_shrink (CofferRows *self, gsize n);

/** Sort @n rows from @first by the word @by; in place. Returns: FALSE when cancelled: they are in no order then, but all there */
gboolean coffer_rows_sort   (CofferRows *self, gsize first, gsize n, guint by, GCancellable *cancellable);

/** How many rows from @first on have the same word @by. */
gsize    coffer_rows_run    (const CofferRows *self, gsize first, gsize end, guint by);

G_END_DECLS
