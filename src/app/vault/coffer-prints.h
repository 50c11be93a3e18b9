/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** As many as a block of a list has at most; more are kept in memory in any case. */
#define COFFER_PRINTS_BLOCK 512

/**
 * Prints of keys, four bytes each, that do not change. A list has one for every key that it knows, and asks for them only when it
 * looks whether rows are what they were: those of large lists lie in a file without a name, in the cache folder. Any thread.
 */
typedef struct _CofferPrints CofferPrints;

/** Keep some in memory. @prints  copied */
CofferPrints *coffer_prints_new    (const guint32 *prints, guint n);
/** Keep some in memory, or in the file if there are many others. Blocks: not for the main thread. */
CofferPrints *coffer_prints_store  (const guint32 *prints, guint n);
CofferPrints *coffer_prints_ref    (CofferPrints *self);
void          coffer_prints_unref  (gpointer self);

/**
 * Blocks: not for the main thread. Prints that cannot be read any more are those of no key: rows that others have taken the place
 * of, as far as anybody knows.
 *
 * @prints  room for all of them
 */
void          coffer_prints_read   (const CofferPrints *self, guint32 *prints);

/** How many of all that are stored stay in memory; for tests. */
void          coffer_prints_set_most_in_memory (guint n_blocks);

G_END_DECLS
