/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry-blocks.h"
#include "coffer-ranges.h"
#include "coffer-vault-private.h"

G_BEGIN_DECLS

/** Which keys, and which way: what a list in the order of its keys is made of. */
typedef struct {
  GBytes *prefix;         /* owned, nullable: all */
  gboolean descending;
} CofferScope;

void     coffer_scope_init         (CofferScope *self, GBytes *prefix, gboolean descending);
void     coffer_scope_clear        (CofferScope *self);

/** A piece of the walk over all keys: begins behind @after (NULL: at the first), ends with a whole block at a limit. */
typedef struct {
  CofferScope scope;
  CofferKey *after;       /* owned, nullable */
  guint max_rows;         /* a multiple of COFFER_BLOCK_ROWS */
  guint max_us;
} CofferSliceRequest;

typedef struct {
  GPtrArray *blocks;      /* of CofferBlock */
  guint n_rows;           /* of all of them */
  CofferKey *last;        /* nullable */
  gboolean ended;
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

/** What is known of a block that is to be read again. */
typedef struct {
  CofferKey *fence;       /* owned */
  CofferPrints *prints;   /* owned */
  guint n_rows;
  guint serial;
} CofferKnownBlock;

/** Read some blocks that lie together, and see what came and went in each. */
typedef struct {
  CofferScope scope;
  GArray *blocks;         /* of CofferKnownBlock */
  gboolean from_start;    /* the first of them is the first of all: rows before its fence are its own */
  CofferKey *end;         /* owned, nullable: the fence behind the last of them */
  CofferKey *last;        /* owned, nullable, without @end: their last row; without either they go to the end */
  gboolean want_keys;
  guint max_us;           /* one block is read in any case */
} CofferCheckRequest;

typedef struct {
  guint serial;           /* of the block that this is the answer for */
  GPtrArray *blocks;      /* of CofferBlock: what takes its place, perhaps none; NULL: it is as it was */
  GArray *edits;          /* of CofferEdit, from the block's first row on; NULL likewise */
  GPtrArray *keys;        /* of CofferKey, if wanted: of all rows that it has now, or of as many as could be read */
  gboolean overgrown;     /* too much has come to be told here: only a walk will do */
} CofferCheckedBlock;

typedef struct {
  GPtrArray *blocks;      /* of CofferCheckedBlock, for those from the first on that were read */
  GError *error;          /* why there are not more; nullable */
} CofferCheck;

CofferCheckRequest *coffer_check_request_new  (CofferScope *scope);
void                coffer_check_request_add  (CofferCheckRequest *self, const CofferBlock *block);
void                coffer_check_request_free (gpointer request);
void                coffer_check_free         (gpointer check);
gpointer            coffer_check_worker       (kvault *vault, gpointer request, GCancellable *cancellable, GError **error);

/** Sizes and types of some keys, as many as can be read in some milliseconds, one at least. */
typedef struct {
  CofferKey *key;         /* owned */
  guint position;
  CofferRowFacts facts;   /* the answer; read is FALSE for those left for another time */
  gboolean gone;          /* there is no such key any more */
} CofferRow;

GArray  *coffer_rows_new           (void);
gpointer coffer_rows_worker        (kvault *vault, gpointer rows, GCancellable *cancellable, GError **error);

/** What a value is, from its first bytes: no other page of it is read. Strings are interned. Returns: a kvault_result */
int      coffer_entry_sniff        (kvault *vault, const kvault_entry *entry, guint64 *size, const char **content_type,
                                    const char **type_label);

/** A cursor to hold while several rows are read. (transfer full) (nullable) */
kvault_cursor *coffer_hold_cursor  (kvault *vault);

/** A cursor over a scope, at @key or behind it; from the first row if that is NULL. Returns: a kvault_result */
int      coffer_scope_open_cursor  (const CofferScope *self, kvault *vault, CofferKey *key, unsigned flags,
                                    kvault_cursor **cursor);

/**
 * Stands for a key among others. Of those that are no blobs it is another for each row. That two of a few hundred keys are alike by
 * chance, one of which goes as the other comes, is not to be expected in a lifetime.
 */
guint32  coffer_entry_print        (const kvault_entry *entry);

/** Rows by their ids, with the prints of their keys: an id may come to name another row. */
typedef struct {
  GArray *ids;            /* of gint64 */
  GArray *prints;         /* of guint32 */
} CofferMarks;

void     coffer_marks_init         (CofferMarks *self);
void     coffer_marks_clear        (CofferMarks *self);
void     coffer_marks_add          (CofferMarks *self, gint64 id, guint32 print);

/** Whether a row with @key comes at or after @prefix in the list's order. */
gboolean coffer_key_reaches        (gconstpointer key, gsize key_size, int key_class, GBytes *prefix, gboolean descending);
/** The same where all keys are ids of rows; @key as the engine spells it. */
gboolean coffer_id_reaches         (const char *key, GBytes *digits, gboolean descending);
/** FALSE: not the number of a row. */
gboolean coffer_id_parse           (GBytes *digits, gint64 *id);

/**
 * How two lists, as numbers that stand for their rows, differ: edits of the first. (transfer full)
 *
 * @moves  (out) (transfer full) of CofferRowMove: rows that are removed in one place and added in another
 */
GArray  *coffer_edits_of_prints    (const guint32 *old, guint n_old, const guint32 *now, guint n_now);
GArray  *coffer_edits_of_ids       (const CofferMarks *old, const CofferMarks *now, GArray **moves);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (kvault_cursor, kvault_cursor_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (kvault_blob, kvault_blob_close)

G_END_DECLS
