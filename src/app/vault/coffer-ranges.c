/* SPDX-License-Identifier: MIT */
/*
 * Sets of rows. What is kept true: no range is empty, each begins behind the end of the one before it (so that equal sets have
 * equal ranges), and `n_rows` is the sum of their lengths.
 */
#define G_LOG_DOMAIN "coffer-ranges"

#include "coffer-ranges.h"

#include <string.h>

struct _CofferRanges {
  GArray *ranges;   /* CofferRange */
  guint n_rows;
};

static CofferRange *
get (const CofferRanges *self,
     guint               i)
{
  return &g_array_index (self->ranges, CofferRange, i);
}

CofferRanges *
coffer_ranges_new (void)
{
  CofferRanges *self = g_new0 (CofferRanges, 1);

  self->ranges = g_array_new (FALSE, FALSE, sizeof (CofferRange));
  return self;
}

CofferRanges *
coffer_ranges_copy (const CofferRanges *self)
{
  CofferRanges *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = g_new0 (CofferRanges, 1);
  copy->ranges = g_array_copy (self->ranges);
  copy->n_rows = self->n_rows;
  return copy;
}

void
coffer_ranges_free (CofferRanges *self)
{
  g_array_unref (self->ranges);
  g_free (self);
}

guint
coffer_ranges_count (const CofferRanges *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_rows;
}

guint
coffer_ranges_get_first (const CofferRanges *self)
{
  g_return_val_if_fail (self != NULL, G_MAXUINT);

  return self->ranges->len > 0 ? get (self, 0)->position : G_MAXUINT;
}

guint
coffer_ranges_get_end (const CofferRanges *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->ranges->len > 0 ? get (self, self->ranges->len - 1)->end : 0;
}

const CofferRange *
coffer_ranges_peek (const CofferRanges *self,
                    guint              *n_ranges)
{
  g_return_val_if_fail (self != NULL && n_ranges != NULL, NULL);

  *n_ranges = self->ranges->len;
  return get (self, 0);
}

/* The first range that ends behind @position; as many as there are if none does. */
static guint
find (const CofferRanges *self,
      guint               position)
{
  guint low = 0;
  guint high = self->ranges->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (get (self, middle)->end > position)
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

gboolean
coffer_ranges_contains (const CofferRanges *self,
                        guint               position)
{
  guint i;

  g_return_val_if_fail (self != NULL, FALSE);

  i = find (self, position);
  return i < self->ranges->len && get (self, i)->position <= position;
}

gboolean
coffer_ranges_equal (const CofferRanges *a,
                     const CofferRanges *b)
{
  g_return_val_if_fail (a != NULL && b != NULL, FALSE);

  return a->ranges->len == b->ranges->len &&
         (a->ranges->len == 0 || memcmp (a->ranges->data, b->ranges->data, a->ranges->len * sizeof (CofferRange)) == 0);
}

/* Puts @n others in the place of the ranges from @first up to @last. */
static void
replace (CofferRanges      *self,
         guint              first,
         guint              last,
         const CofferRange *others,
         guint              n)
{
  guint n_over = MIN (last - first, n);

  for (guint i = first; i < last; i++)
    self->n_rows -= get (self, i)->end - get (self, i)->position;
  for (guint i = 0; i < n; i++)
    self->n_rows += others[i].end - others[i].position;
  if (n_over > 0)
    memcpy (get (self, first), others, n_over * sizeof (CofferRange));
  if (n > n_over)
    g_array_insert_vals (self->ranges, first + n_over, others + n_over, n - n_over);
  else if (last - first > n_over)
    g_array_remove_range (self->ranges, first + n_over, last - first - n_over);
}

gboolean
coffer_ranges_add_range (CofferRanges *self,
                         guint         position,
                         guint         n_rows)
{
  CofferRange range = { position, position + n_rows };
  guint n_before;
  guint first, last;

  g_return_val_if_fail (self != NULL && n_rows <= G_MAXUINT - position, FALSE);

  if (n_rows == 0)
    return FALSE;

  /* Those it touches or overlaps become one with it. */
  n_before = self->n_rows;
  first = find (self, position > 0 ? position - 1 : 0);
  for (last = find (self, range.end - 1); last < self->ranges->len && get (self, last)->position <= range.end;)
    last++;
  if (first < last)
    {
      range.position = MIN (range.position, get (self, first)->position);
      range.end = MAX (range.end, get (self, last - 1)->end);
    }
  replace (self, first, last, &range, 1);
  return self->n_rows != n_before;
}

gboolean
coffer_ranges_remove_range (CofferRanges *self,
                            guint         position,
                            guint         n_rows)
{
  CofferRange rest[2];
  guint n_rest = 0;
  guint n_before;
  guint end = position + n_rows;
  guint first, last;

  g_return_val_if_fail (self != NULL && n_rows <= G_MAXUINT - position, FALSE);

  if (n_rows == 0)
    return FALSE;

  n_before = self->n_rows;
  first = find (self, position);
  last = find (self, end - 1);
  if (last < self->ranges->len && get (self, last)->position < end)
    last++;
  if (first == last)
    return FALSE;

  if (get (self, first)->position < position)
    rest[n_rest++] = (CofferRange) { get (self, first)->position, position };
  if (get (self, last - 1)->end > end)
    rest[n_rest++] = (CofferRange) { end, get (self, last - 1)->end };
  replace (self, first, last, rest, n_rest);
  return self->n_rows != n_before;
}

void
coffer_ranges_clear (CofferRanges *self)
{
  g_return_if_fail (self != NULL);

  g_array_set_size (self->ranges, 0);
  self->n_rows = 0;
}

/* Adds rows behind all that there are. */
static void
append (CofferRanges *self,
        guint         position,
        guint         end)
{
  CofferRange range = { position, end };

  if (position >= end)
    return;
  self->n_rows += end - position;
  if (self->ranges->len > 0 && get (self, self->ranges->len - 1)->end == position)
    get (self, self->ranges->len - 1)->end = end;
  else
    g_array_append_val (self->ranges, range);
}

/* Takes its ranges and leaves the set empty. (transfer full) */
static GArray *
steal_ranges (CofferRanges *self)
{
  GArray *old = self->ranges;

  self->ranges = g_array_sized_new (FALSE, FALSE, sizeof (CofferRange), old->len + 1);
  self->n_rows = 0;
  return old;
}

void
coffer_ranges_invert (CofferRanges *self,
                      guint         n_rows)
{
  g_autoptr(GArray) old = NULL;
  guint from = 0;

  g_return_if_fail (self != NULL);

  old = steal_ranges (self);
  for (guint i = 0; i < old->len; i++)
    {
      const CofferRange *range = &g_array_index (old, CofferRange, i);

      append (self, from, MIN (range->position, n_rows));
      from = range->end;
    }
  append (self, from, n_rows);
}

static guint
end_of (const CofferEdit *edit)
{
  return edit->position + edit->removed;
}

void
coffer_ranges_apply_edits (CofferRanges     *self,
                           const CofferEdit *edits,
                           guint             n_edits)
{
  g_autoptr(GArray) old = NULL;
  guint shift = 0;   /* of the rows behind the edits before @e; one to lower numbers wraps, and so does adding it */
  guint e = 0;

  g_return_if_fail (self != NULL && (edits != NULL || n_edits == 0));

  old = steal_ranges (self);
  for (guint i = 0; i < old->len; i++)
    {
      CofferRange range = g_array_index (old, CofferRange, i);

      for (; e < n_edits && end_of (&edits[e]) <= range.position; e++)
        shift += edits[e].added - edits[e].removed;
      for (; e < n_edits && edits[e].position < range.end; e++)
        {
          append (self, range.position + shift, MAX (edits[e].position, range.position) + shift);
          range.position = MIN (MAX (end_of (&edits[e]), range.position), range.end);
          if (end_of (&edits[e]) > range.end)
            break;   /* and goes on in the next range */
          shift += edits[e].added - edits[e].removed;
        }
      append (self, range.position + shift, range.end + shift);
    }
}

void
coffer_ranges_apply_moves (CofferRanges        *self,
                           const CofferRanges  *before,
                           const CofferRowMove *moves,
                           guint                n_moves)
{
  g_autoptr(GArray) old = NULL;
  guint next = 0;

  g_return_if_fail (self != NULL && before != NULL && (moves != NULL || n_moves == 0));

  old = steal_ranges (self);
  for (guint i = 0; i <= n_moves; i++)
    {
      guint to = i < n_moves ? moves[i].to : G_MAXUINT;

      if (i < n_moves && !coffer_ranges_contains (before, moves[i].from))
        continue;
      for (; next < old->len && g_array_index (old, CofferRange, next).position < to; next++)
        append (self, g_array_index (old, CofferRange, next).position, g_array_index (old, CofferRange, next).end);
      if (i < n_moves)
        append (self, to, to + 1);
    }
}

guint
coffer_moves_find (const CofferRowMove *moves,
                   guint                n_moves,
                   guint                from)
{
  for (guint i = 0; i < n_moves; i++)
    if (moves[i].from == from)
      return moves[i].to;
  return G_MAXUINT;
}

gboolean
coffer_edits_follow_row (const CofferEdit *edits,
                         guint             n_edits,
                         guint            *position)
{
  guint row;

  g_return_val_if_fail (position != NULL && (edits != NULL || n_edits == 0), FALSE);

  row = *position;
  for (guint e = 0; e < n_edits && edits[e].position <= row; e++)
    {
      if (end_of (&edits[e]) > row)
        {
          *position -= row - edits[e].position;
          return FALSE;
        }
      *position += edits[e].added - edits[e].removed;
    }
  return TRUE;
}
