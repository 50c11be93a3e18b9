/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry-private.h"
#include "coffer-prints.h"

G_BEGIN_DECLS

/** Rows of a block as it is made; a block that others have grown to twice as many is split. */
#define COFFER_BLOCK_ROWS COFFER_PRINTS_BLOCK

typedef struct {
  CofferKey *key;          /* NULL: not read */
  CofferRowFacts facts;
} CofferBlockRow;

/**
 * Some rows of a list that lie together. A block knows a print of 32 bits of each key, by which rows that came or went are found.
 * In key order it begins at its fence and ends before the next one's; in any other order it holds row ids, which may come to name
 * others.
 */
typedef struct {
  CofferKey *fence;        /* its first key when it was read; NULL: of row ids */
  CofferPrints *prints;    /* of n_rows */
  gint64 *ids;             /* a g_atomic_rc_box of n_rows; NULL: of keys */
  guint n_rows;

  /* main thread */
  guint serial;            /* another for each state of it: answers to what was asked before are void */
  CofferBlockRow *rows;    /* of n_rows; NULL: nothing is known of them now */
  gsize n_bytes;           /* of their keys */
  GList link;              /* among the blocks with rows, used last first */
} CofferBlock;

/** @fence, @prints (transfer full) */
CofferBlock  *coffer_block_new            (CofferKey *fence, CofferPrints *prints, guint n_rows);
/** @ids, @prints  copied */
CofferBlock  *coffer_block_new_ids        (const gint64 *ids, const guint32 *prints, guint n_rows);
void          coffer_block_free           (gpointer block);

/** The blocks of a list in order. What is known of their rows is kept for those used lately. Main thread. */
typedef struct _CofferBlocks CofferBlocks;

CofferBlocks *coffer_blocks_new           (void);
void          coffer_blocks_free          (CofferBlocks *self);

guint         coffer_blocks_get_n_rows    (CofferBlocks *self);
guint         coffer_blocks_get_n_blocks  (CofferBlocks *self);
CofferBlock  *coffer_blocks_get           (CofferBlocks *self, guint index);
/** The position of the first row of a block. */
guint         coffer_blocks_get_start     (CofferBlocks *self, guint index);
/** The block of a row that is there. */
guint         coffer_blocks_find          (CofferBlocks *self, guint position);

/** Put @added (of CofferBlock, emptied) in the place of some blocks. */
void          coffer_blocks_splice        (CofferBlocks *self, guint index, guint n_removed, GPtrArray *added);

/** Keep the keys of a block (as many as it has rows), in the place of what was known of them. */
void          coffer_blocks_put_keys      (CofferBlocks *self, CofferBlock *block, GPtrArray *keys);
/** What is known of a row; NULL if nothing. Borrowed until the next call that changes something. */
CofferBlockRow *coffer_blocks_peek_row    (CofferBlocks *self, guint position);
void          coffer_blocks_forget_all    (CofferBlocks *self);
/** Keep the keys alone. */
void          coffer_blocks_forget_facts  (CofferBlocks *self);

G_END_DECLS
