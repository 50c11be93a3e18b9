/* SPDX-License-Identifier: MIT */
/*
 * What is known of all values of a table, packed by some hundred rows as they come. Blocks are found by the ids that they begin
 * with, from where one would be if ids were spread evenly: most tables have them one after the other, and all are asked for when
 * a list is sorted.
 */
#define G_LOG_DOMAIN "coffer-census"

#include "coffer-census-private.h"

static void
block_clear (gpointer data)
{
  g_free (((CofferCensusBlock *) data)->packed);
}

CofferCensus *
coffer_census_new (gboolean has_types)
{
  CofferCensus *self = g_new0 (CofferCensus, 1);

  g_atomic_ref_count_init (&self->refs);
  self->has_types = has_types;
  self->blocks = g_array_new (FALSE, FALSE, sizeof (CofferCensusBlock));
  g_array_set_clear_func (self->blocks, block_clear);
  self->labels = g_ptr_array_new ();
  g_ptr_array_add (self->labels, NULL);
  self->open = g_new0 (CofferCensusRow, COFFER_CENSUS_BLOCK_ROWS);
  return self;
}

CofferCensus *
coffer_census_ref (CofferCensus *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
coffer_census_unref (CofferCensus *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_array_unref (self->blocks);
  g_ptr_array_unref (self->labels);
  g_free (self->open);
  g_free (self);
}

/* The number of a label; 0, none, once there are too many kinds. */
static guint8
number_type (CofferCensus *self,
             const char   *label)
{
  for (guint i = 0; i < self->labels->len; i++)
    if (g_ptr_array_index (self->labels, i) == label)
      return (guint8) i;
  if (self->labels->len == COFFER_CENSUS_MOST_LABELS)
    return 0;
  g_ptr_array_add (self->labels, (gpointer) label);
  return (guint8) (self->labels->len - 1);
}

static void
pack_open (CofferCensus *self)
{
  CofferCensusBlock block;

  if (self->n_open == 0)
    return;
  coffer_census_block_pack (&block, self->open, self->n_open);
  g_array_append_val (self->blocks, block);
  self->n_open = 0;
}

void
coffer_census_note (CofferCensus          *self,
                    const CofferCensusRow *row)
{
  const guint64 odd = G_GUINT64_CONSTANT (0xff51afd7ed558ccd);

  self->digest = (self->digest ^ (self->digest >> 32) ^ (guint64) row->id) * odd;
  self->digest = (self->digest ^ (self->digest >> 32) ^ row->size) * odd + row->type;
  self->n_rows++;
  if (row->size == G_MAXUINT64)
    self->unreadable++;
  else
    self->n_bytes += row->size;
}

void
coffer_census_add (CofferCensus *self,
                   gint64        id,
                   guint64       size,
                   const char   *type_label)
{
  CofferCensusRow row = { id, size, self->has_types ? number_type (self, type_label) : 0 };

  g_assert (self->open != NULL);

  coffer_census_note (self, &row);
  self->open[self->n_open++] = row;
  if (self->n_open == COFFER_CENSUS_BLOCK_ROWS)
    pack_open (self);
}

void
coffer_census_end (CofferCensus *self)
{
  pack_open (self);
  g_clear_pointer (&self->open, g_free);
}

gboolean
coffer_census_has_types (const CofferCensus *self)
{
  return self->has_types;
}

guint64
coffer_census_get_n_rows (const CofferCensus *self)
{
  return self->n_rows;
}

guint64
coffer_census_get_n_bytes (const CofferCensus *self)
{
  return self->n_bytes;
}

guint64
coffer_census_get_unreadable (const CofferCensus *self)
{
  return self->unreadable;
}

static inline gint64
get_first (const CofferCensus *self,
           guint               block)
{
  return g_array_index (self->blocks, CofferCensusBlock, block).shape.first_id;
}

/* Where the block of an id would be if they were spread evenly from the first to that which the last block begins with. */
static inline guint
guess_block (const CofferCensus *self,
             gint64              id)
{
  guint last = self->blocks->len - 1;
  guint64 first = (guint64) get_first (self, 0);
  guint64 span = (guint64) get_first (self, last) - first;

  return id < get_first (self, last) ? (guint) ((double) ((guint64) id - first) / span * last) : last;
}

/*
 * The last block that begins at or before an id, which is not before the first: from a guess on in steps that double, then by
 * halves.
 */
static const CofferCensusBlock *
find_block (const CofferCensus *self,
            gint64              id)
{
  guint low = guess_block (self, id);
  guint high = low + 1;
  guint step = 1;

  while (get_first (self, low) > id)
    {
      high = low;
      low -= MIN (low, step);
      step *= 2;
    }
  while (high < self->blocks->len && get_first (self, high) <= id)
    {
      low = high;
      high += MIN (self->blocks->len - high, step);
      step *= 2;
    }
  while (high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (get_first (self, middle) <= id)
        low = middle;
      else
        high = middle;
    }
  return &g_array_index (self->blocks, CofferCensusBlock, low);
}

gboolean
coffer_census_find (const CofferCensus  *self,
                    gint64               id,
                    guint64             *size,
                    const char         **type_label)
{
  guint8 type;

  g_assert (self->open == NULL);

  if (self->blocks->len == 0 || id < get_first (self, 0) ||
      !coffer_census_block_find (find_block (self, id), id, size, type_label != NULL ? &type : NULL))
    return FALSE;
  if (type_label != NULL)
    *type_label = g_ptr_array_index (self->labels, type);
  return TRUE;
}

void
coffer_census_expect (const CofferCensus *self,
                      gint64              id)
{
  if (self->blocks->len > 0 && id >= get_first (self, 0))
    coffer_census_block_expect (find_block (self, id), id);
}
