/* SPDX-License-Identifier: MIT */
/*
 * Numbers of some hundred rows, packed. Any thread.
 *
 * A number lies in eight bytes that are read at once, from the byte that its first bit is in: hence at most 57 bits, or 64 where
 * each begins with a byte, and eight bytes more than all of them take.
 */
#define G_LOG_DOMAIN "coffer-census"

#include "coffer-census-private.h"

#include <string.h>

#define MOST_BITS 57
#define ALL_BITS 64

G_STATIC_ASSERT (sizeof (CofferCensusShape) == 24);

static guint
count_bits (guint64 largest)
{
  guint bits = 0;

  for (; largest > 0; largest >>= 1)
    bits++;
  return bits <= MOST_BITS ? bits : ALL_BITS;
}

/* @start  the byte that the first of them begins with */
static inline guint64
peek_bits (const guint8 *packed,
           gsize         start,
           guint         index,
           guint         bits)
{
  gsize at = (gsize) index * bits;
  guint64 word;

  if (bits == 0)
    return 0;
  memcpy (&word, packed + start + at / 8, sizeof word);
  word = GUINT64_FROM_LE (word) >> at % 8;
  return bits == ALL_BITS ? word : word & ((G_GUINT64_CONSTANT (1) << bits) - 1);
}

/* Where nothing was put yet. */
static void
put_bits (guint8  *packed,
          gsize    start,
          guint    index,
          guint    bits,
          guint64  number)
{
  gsize at = (gsize) index * bits;
  guint64 word;

  if (bits == 0)
    return;
  memcpy (&word, packed + start + at / 8, sizeof word);
  word |= GUINT64_TO_LE (number << at % 8);
  memcpy (packed + start + at / 8, &word, sizeof word);
}

static inline gsize
count_bytes (guint n_rows,
             guint bits)
{
  return ((gsize) n_rows * bits + 7) / 8;
}

static inline gsize
get_sizes_start (const CofferCensusShape *shape)
{
  return count_bytes (shape->n_rows, shape->gap_bits);
}

static inline gsize
get_types_start (const CofferCensusShape *shape)
{
  return get_sizes_start (shape) + count_bytes (shape->n_rows, shape->size_bits);
}

gsize
coffer_census_shape_get_size (const CofferCensusShape *self)
{
  return get_types_start (self) + count_bytes (self->n_rows, self->type_bits);
}

static gboolean
are_bits (guint bits)
{
  return bits <= MOST_BITS || bits == ALL_BITS;
}

gboolean
coffer_census_shape_is_sound (const CofferCensusShape *self)
{
  return self->n_rows > 0 && self->n_rows <= COFFER_CENSUS_BLOCK_ROWS && are_bits (self->gap_bits) && are_bits (self->size_bits) &&
         self->type_bits <= 8 && self->has_unreadable <= 1 && self->zero == 0;
}

/* ids that are left out between the first row and this one */
static guint64
count_gaps (const CofferCensusShape *shape,
            const CofferCensusRow   *rows,
            guint                    row)
{
  return (guint64) rows[row].id - (guint64) shape->first_id - row;
}

static CofferCensusShape
find_shape (const CofferCensusRow *rows,
            guint                  n_rows)
{
  CofferCensusShape shape = { .first_id = rows[0].id, .least_size = G_MAXUINT64, .n_rows = (guint16) n_rows, .least_type = 255 };
  guint64 most_size = 0;
  guint8 most_type = 0;

  for (guint i = 0; i < n_rows; i++)
    {
      shape.least_type = MIN (shape.least_type, rows[i].type);
      most_type = MAX (most_type, rows[i].type);
      if (rows[i].size == G_MAXUINT64)
        {
          shape.has_unreadable = TRUE;
          continue;
        }
      shape.least_size = MIN (shape.least_size, rows[i].size);
      most_size = MAX (most_size, rows[i].size);
    }
  shape.least_size = MIN (shape.least_size, most_size);   /* none can be read */
  shape.gap_bits = (guint8) count_bits (count_gaps (&shape, rows, n_rows - 1));
  shape.size_bits = (guint8) count_bits (most_size - shape.least_size + shape.has_unreadable);
  shape.type_bits = (guint8) count_bits ((guint64) (most_type - shape.least_type));
  return shape;
}

void
coffer_census_block_init (CofferCensusBlock       *self,
                          const CofferCensusShape *shape)
{
  gsize size = coffer_census_shape_get_size (shape);

  self->shape = *shape;
  self->packed = size > 0 ? g_malloc0 (size + sizeof (guint64)) : NULL;
}

void
coffer_census_block_pack (CofferCensusBlock     *self,
                          const CofferCensusRow *rows,
                          guint                  n_rows)
{
  const CofferCensusShape shape = find_shape (rows, n_rows);

  coffer_census_block_init (self, &shape);
  for (guint i = 0; i < n_rows; i++)
    {
      guint64 size = rows[i].size != G_MAXUINT64 ? rows[i].size - shape.least_size + shape.has_unreadable : 0;

      put_bits (self->packed, 0, i, shape.gap_bits, count_gaps (&shape, rows, i));
      put_bits (self->packed, get_sizes_start (&shape), i, shape.size_bits, size);
      put_bits (self->packed, get_types_start (&shape), i, shape.type_bits, (guint64) (rows[i].type - shape.least_type));
    }
}

static inline guint64
peek_offset (const CofferCensusBlock *self,
             guint                    row)
{
  return row + peek_bits (self->packed, 0, row, self->shape.gap_bits);
}

static inline guint64
peek_size (const CofferCensusBlock *self,
           guint                    row)
{
  const CofferCensusShape *shape = &self->shape;
  guint64 size = peek_bits (self->packed, get_sizes_start (shape), row, shape->size_bits);

  return size >= shape->has_unreadable ? shape->least_size + (size - shape->has_unreadable) : G_MAXUINT64;
}

static inline guint8
peek_type (const CofferCensusBlock *self,
           guint                    row)
{
  return (guint8) (self->shape.least_type + peek_bits (self->packed, get_types_start (&self->shape), row, self->shape.type_bits));
}

void
coffer_census_block_get (const CofferCensusBlock *self,
                         guint                    row,
                         CofferCensusRow         *answer)
{
  answer->id = (gint64) ((guint64) self->shape.first_id + peek_offset (self, row));
  answer->size = peek_size (self, row);
  answer->type = peek_type (self, row);
}

/* The first row that is so far from the first one, or farther. */
static guint
find_offset (const CofferCensusBlock *self,
             guint64                  offset)
{
  guint low = 0;
  guint high = self->shape.n_rows;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (peek_offset (self, middle) < offset)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

gboolean
coffer_census_block_find (const CofferCensusBlock *self,
                          gint64                   id,
                          guint64                 *size,
                          guint8                  *type)
{
  guint64 offset = (guint64) id - (guint64) self->shape.first_id;
  guint row;

  if (self->shape.gap_bits == 0)
    row = (guint) MIN (offset, self->shape.n_rows);
  else
    row = find_offset (self, offset);
  if (row == self->shape.n_rows || (self->shape.gap_bits > 0 && peek_offset (self, row) != offset))
    return FALSE;
  *size = peek_size (self, row);
  if (type != NULL)
    *type = peek_type (self, row);
  return TRUE;
}

void
coffer_census_block_expect (const CofferCensusBlock *self,
                            gint64                   id)
{
  guint64 offset = (guint64) id - (guint64) self->shape.first_id;
  guint row = (guint) MIN (offset, self->shape.n_rows - 1u);

  if (self->packed != NULL)
    __builtin_prefetch (self->packed + get_sizes_start (&self->shape) + (gsize) row * self->shape.size_bits / 8);
}
