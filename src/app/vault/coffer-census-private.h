/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-census.h"

G_BEGIN_DECLS

#define COFFER_CENSUS_BLOCK_ROWS 512
#define COFFER_CENSUS_MOST_LABELS 256   /* the first is NULL: of no type */

/** A row as it is before it is packed. */
typedef struct {
  gint64 id;
  guint64 size;             /* G_MAXUINT64: not readable */
  guint8 type;              /* a number in `labels` */
} CofferCensusRow;

/**
 * What the numbers of some rows are packed as, in memory and in a file: of each the difference from the least, in as many bits as
 * the largest difference needs, so that numbers which are all alike take none. Of ids it is how many are left out between the
 * first row and this one.
 */
typedef struct {
  gint64 first_id;
  guint64 least_size;
  guint16 n_rows;
  guint8 gap_bits, size_bits, type_bits;
  guint8 least_type;
  guint8 has_unreadable;    /* their sizes are packed as 0, the others' one higher */
  guint8 zero;
} CofferCensusShape;

typedef struct {
  CofferCensusShape shape;
  guint8 *packed;           /* the gaps, the sizes, the types; NULL if they take no bits */
} CofferCensusBlock;

struct _CofferCensus {
  gatomicrefcount refs;
  gboolean has_types;
  GArray *blocks;           /* of CofferCensusBlock, by id */
  GPtrArray *labels;        /* interned */
  guint64 n_rows, n_bytes, unreadable;
  guint64 digest;           /* of all rows in their order: what a file that was damaged does not have */

  CofferCensusRow *open;    /* the rows that come after the last block; NULL once there are no more to come */
  guint n_open;
};

/** Counts a row, the next one. */
void     coffer_census_note           (CofferCensus *self, const CofferCensusRow *row);

void     coffer_census_block_pack     (CofferCensusBlock *self, const CofferCensusRow *rows, guint n_rows);
/** A block for packed numbers that are to be read into it: see coffer_census_shape_get_size(). */
void     coffer_census_block_init     (CofferCensusBlock *self, const CofferCensusShape *shape);

/** Whether the numbers in it are such that a block can be made for it. */
gboolean coffer_census_shape_is_sound (const CofferCensusShape *self);
/** Bytes of the packed numbers. */
gsize    coffer_census_shape_get_size (const CofferCensusShape *self);

void     coffer_census_block_get      (const CofferCensusBlock *self, guint row, CofferCensusRow *answer);
/** @type  (nullable). Returns: FALSE if no row has that id, which is not before the first. */
gboolean coffer_census_block_find     (const CofferCensusBlock *self, gint64 id, guint64 *size, guint8 *type);
/** Have what is known of a row on its way from memory. */
void     coffer_census_block_expect   (const CofferCensusBlock *self, gint64 id);

G_END_DECLS
