/* SPDX-License-Identifier: MIT */
/*
 * Rows as packed numbers, ten million of which take 160 MB. They are sorted in place, a byte at a time from the highest: qsort() would
 * take half as much memory again, and cannot be stopped. Any thread.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-rows.h"

#include <string.h>

#define FEW 32                 /* that are sorted by inserting */
#define LOOK_EVERY (1 << 16)   /* rows, at the cancellable */
#define MAX_STRIDE 3

void
coffer_rows_init (CofferRows *self,
                  guint       stride)
{
  g_assert (stride >= 2 && stride <= MAX_STRIDE);
  *self = (CofferRows) { .stride = stride };
}

void
coffer_rows_clear (CofferRows *self)
{
  g_clear_pointer (&self->words, g_free);
  self->n = self->room = 0;
}

guint64 *
coffer_rows_get (const CofferRows *self,
                 gsize             i)
{
  return self->words + i * self->stride;
}

static void
resize (CofferRows *self,
        gsize       room)
{
  self->room = room;
  self->words = g_realloc_n (self->words, room, self->stride * sizeof (guint64));
}

void
coffer_rows_append (CofferRows    *self,
                    const guint64 *row)
{
  if (self->n == self->room)
    resize (self, MAX (1024, self->room + self->room / 2));
  memcpy (coffer_rows_get (self, self->n++), row, self->stride * sizeof (guint64));
}

void
coffer_rows_shrink (CofferRows *self,
                    gsize       n)
{
  self->n = n;
  if (n == 0)
    coffer_rows_clear (self);
  else if (n < self->room)
    resize (self, n);
}

gsize
coffer_rows_run (const CofferRows *self,
                 gsize             first,
                 gsize             end,
                 guint             by)
{
  guint64 word = coffer_rows_get (self, first)[by];
  gsize i = first + 1;

  while (i < end && coffer_rows_get (self, i)[by] == word)
    i++;
  return i - first;
}

/* Sorting */

typedef struct {
  CofferRows *rows;
  guint by;
  GCancellable *cancellable;
  gsize n_moved;         /* since the last look */
} Sort;

static gboolean
is_cancelled (Sort  *sort,
              gsize  n_moved)
{
  sort->n_moved += n_moved;
  if (sort->n_moved < LOOK_EVERY)
    return FALSE;
  sort->n_moved = 0;
  return g_cancellable_is_cancelled (sort->cancellable);
}

static void
insert_few (Sort  *sort,
            gsize  first,
            gsize  n)
{
  gsize size = sort->rows->stride * sizeof (guint64);
  guint64 held[MAX_STRIDE];

  for (gsize i = first + 1; i < first + n; i++)
    {
      gsize at = i;

      memcpy (held, coffer_rows_get (sort->rows, i), size);
      while (at > first && coffer_rows_get (sort->rows, at - 1)[sort->by] > held[sort->by])
        at--;
      memmove (coffer_rows_get (sort->rows, at + 1), coffer_rows_get (sort->rows, at), (i - at) * size);
      memcpy (coffer_rows_get (sort->rows, at), held, size);
    }
}

static guint
get_digit (Sort  *sort,
           gsize  i,
           guint  shift)
{
  return coffer_rows_get (sort->rows, i)[sort->by] >> shift & 0xff;
}

static void
swap (CofferRows *rows,
      gsize       a,
      gsize       b)
{
  guint64 *one = coffer_rows_get (rows, a);
  guint64 *other = coffer_rows_get (rows, b);

  for (guint i = 0; i < rows->stride; i++)
    {
      guint64 word = one[i];

      one[i] = other[i];
      other[i] = word;
    }
}

/* Each row to the part of its digit. */
static gboolean
part (Sort        *sort,
      guint        shift,
      gsize       *next,
      const gsize *ends)
{
  for (guint digit = 0; digit < 256; digit++)
    while (next[digit] < ends[digit])
      {
        guint other = get_digit (sort, next[digit], shift);

        if (is_cancelled (sort, 1))
          return FALSE;
        if (other != digit)
          swap (sort->rows, next[digit], next[other]);
        next[other]++;
      }
  return TRUE;
}

static gboolean
count (Sort  *sort,
       gsize  first,
       gsize  n,
       guint  shift,
       gsize *next,
       gsize *ends)
{
  gsize counts[256] = { 0 };
  gsize sum = first;

  for (gsize i = first; i < first + n; i++)
    {
      counts[get_digit (sort, i, shift)]++;
      if (is_cancelled (sort, 1))
        return FALSE;
    }
  for (guint digit = 0; digit < 256; digit++)
    {
      next[digit] = sum;
      ends[digit] = sum += counts[digit];
    }
  return TRUE;
}

static gboolean
sort_part (Sort  *sort,
           gsize  first,
           gsize  n,
           guint  shift)
{
  gsize next[256], ends[256];

  if (n <= FEW)
    {
      insert_few (sort, first, n);
      return !is_cancelled (sort, n);
    }
  if (!count (sort, first, n, shift, next, ends) || !part (sort, shift, next, ends))
    return FALSE;
  for (guint digit = 0; shift > 0 && digit < 256; digit++)
    {
      gsize begin = digit > 0 ? ends[digit - 1] : first;

      if (ends[digit] - begin > 1 && !sort_part (sort, begin, ends[digit] - begin, shift - 8))
        return FALSE;
    }
  return TRUE;
}

gboolean
coffer_rows_sort (CofferRows   *self,
                  gsize         first,
                  gsize         n,
                  guint         by,
                  GCancellable *cancellable)
{
  Sort sort = { .rows = self, .by = by, .cancellable = cancellable };

  return n < 2 || sort_part (&sort, first, n, 56);
}
