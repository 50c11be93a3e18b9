/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault-storage.h>

G_BEGIN_DECLS

typedef enum {
  COFFER_PART_IN_USE,      /* all that is not free; 0 once it is known what it is */
  COFFER_PART_VALUES,
  COFFER_PART_KEYS,
  COFFER_PART_TABLE,       /* segments only: one of several tables of values, with its keys, or another table that is large */
  COFFER_PART_OTHER,
  COFFER_PART_FREE,
  COFFER_PART_LOG,
  COFFER_N_PARTS
} CofferPart;

/** How many colours there are for values, keys and tables. */
#define COFFER_N_RANKS 6

/** A stretch of the bar of a file, with its row in the legend. */
typedef struct {
  CofferPart part;
  char      *table;        /* of COFFER_PART_TABLE: its name, UTF-8 */
  gboolean   is_vault;     /* of that: there are values in it */
  guint64    size;
  guint64    keys;         /* of that size, of a table: in its indexes */
  guint      rank;         /* of values, keys and tables: which colour */
} CofferSegment;

/**
 * What a main file is made of. A file with one table of values has them and their keys apart, one with several has a segment for each; other
 * tables have one if they are large. All the rest is COFFER_PART_OTHER.
 *
 * Returns: (transfer full) of CofferSegment; the sizes add up to @main_size
 */
GPtrArray *coffer_segments_new_split (const CofferSplit  *split);
/** The same before that is known. */
GPtrArray *coffer_segments_new_whole (guint64             main_size,
                                      guint64             free_size);
/** One more at the end. */
void       coffer_segments_add       (GPtrArray          *segments,
                                      CofferPart          part,
                                      guint64             size);
/** Whether both have the same rows; the sizes may be others. */
gboolean   coffer_segments_are_alike (GPtrArray          *a,
                                      GPtrArray          *b);

G_END_DECLS
