/* SPDX-License-Identifier: MIT */
/*
 * How a list differs from what it was, each row being a number that is another for another row. Where they differ they go on alike
 * at the number, of those that both have in a window, before which the fewest rows went and came: a row that moved goes and comes,
 * and not those that it passed. The window grows until there is one: the work grows with the changes. Any thread.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-walk.h"

#define FIRST_WINDOW 32

/* Both kinds of numbers are looked at as 64 bits. */
typedef struct {
  const guint32 *prints;
  const gint64 *ids;      /* NULL: of prints alone */
  guint n;
} Numbers;

static inline guint64
number_at (const Numbers *self,
           guint          i)
{
  return self->ids == NULL ? self->prints[i] : (guint64) self->ids[i] ^ (guint64) self->prints[i] << 32;
}

static void
add_edit (GArray *edits,
          guint   position,
          guint   removed,
          guint   added)
{
  CofferEdit edit = { position, removed, added };

  if (removed > 0 || added > 0)
    g_array_append_val (edits, edit);
}

/* Where, from @i and @j on, the lists go on alike; their ends if nowhere. It looks at eight rows at most for one that is passed. */
static void
find_next_alike (const Numbers *old,
                 guint          i,
                 const Numbers *now,
                 guint          j,
                 guint         *next_i,
                 guint         *next_j)
{
  g_autoptr(GHashTable) window = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autoptr(GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint reach = FIRST_WINDOW;

  for (;; reach = reach < G_MAXUINT / 4 ? reach * 4 : G_MAXUINT)
    {
      guint old_end = i + MIN (reach, old->n - i);
      guint now_end = j + MIN (reach, now->n - j);
      guint64 least = G_MAXUINT64;

      *next_i = old->n;
      *next_j = now->n;
      g_hash_table_remove_all (window);
      g_array_set_size (numbers, old_end - i);
      for (guint k = i; k < old_end; k++)
        {
          guint64 *number = &g_array_index (numbers, guint64, k - i);

          *number = number_at (old, k);
          if (!g_hash_table_contains (window, number))   /* of two alike the first */
            g_hash_table_insert (window, number, GUINT_TO_POINTER (k));
        }
      for (guint k = j; k < now_end && k - j < least; k++)
        {
          guint64 number = number_at (now, k);
          gpointer at;

          if (!g_hash_table_lookup_extended (window, &number, NULL, &at) || (guint64) GPOINTER_TO_UINT (at) - i + k - j >= least)
            continue;
          least = (guint64) GPOINTER_TO_UINT (at) - i + k - j;
          *next_i = GPOINTER_TO_UINT (at);
          *next_j = k;
        }
      if (least < G_MAXUINT64 || (old_end == old->n && now_end == now->n))
        return;
    }
}

static GArray *
find_edits (const Numbers *old,
            const Numbers *now)
{
  GArray *edits = g_array_new (FALSE, FALSE, sizeof (CofferEdit));
  guint i = 0, j = 0;

  while (i < old->n && j < now->n)
    {
      guint next_i, next_j;

      if (number_at (old, i) == number_at (now, j))
        {
          i++;
          j++;
          continue;
        }
      find_next_alike (old, i, now, j, &next_i, &next_j);
      add_edit (edits, i, next_i - i, next_j - j);
      i = next_i;
      j = next_j;
    }
  add_edit (edits, i, old->n - i, now->n - j);
  return edits;
}

/* ---- rows that moved ---- */

#define NO_ROW 0
#define TAKEN G_MAXUINT

/* The rows that went, by their numbers: a place has the number of a row and one. Two thirds of the places are empty at least. */
typedef struct {
  const Numbers *old;
  guint *places;
  guint bits;
} Gone;

static guint *
place_of (const Gone *self,
          guint64     number)
{
  return &self->places[(number * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> (64 - self->bits)];
}

static guint *
next_place (const Gone *self,
            guint      *place)
{
  return place + 1 < self->places + ((gsize) 1 << self->bits) ? place + 1 : self->places;
}

static void
gone_add (const Gone *self,
          guint       row)
{
  guint *place = place_of (self, number_at (self->old, row));

  while (*place != NO_ROW)
    place = next_place (self, place);
  *place = row + 1;
}

/* Each but once. */
static gboolean
gone_take (const Gone *self,
           guint64     number,
           guint      *row)
{
  guint *place = place_of (self, number);

  while (*place != NO_ROW && (*place == TAKEN || number_at (self->old, *place - 1) != number))
    place = next_place (self, place);
  if (*place == NO_ROW)
    return FALSE;
  *row = *place - 1;
  *place = TAKEN;
  return TRUE;
}

static GArray *
find_moves (const Numbers *old,
            const Numbers *now,
            const GArray  *edits)
{
  GArray *moves = g_array_new (FALSE, FALSE, sizeof (CofferRowMove));
  g_autofree guint *places = NULL;
  Gone gone = { .old = old };
  guint64 n_gone = 0;
  guint shift = 0;   /* it wraps */

  for (guint e = 0; e < edits->len; e++)
    n_gone += g_array_index (edits, CofferEdit, e).removed;
  gone.bits = g_bit_storage (3 * n_gone);
  gone.places = places = g_new0 (guint, (gsize) 1 << gone.bits);
  for (guint e = 0; e < edits->len; e++)
    {
      const CofferEdit *edit = &g_array_index (edits, CofferEdit, e);

      for (guint k = 0; k < edit->removed; k++)
        gone_add (&gone, edit->position + k);
    }
  for (guint e = 0; e < edits->len; e++)
    {
      const CofferEdit *edit = &g_array_index (edits, CofferEdit, e);

      for (guint k = 0; k < edit->added && n_gone > 0; k++)
        {
          CofferRowMove move = { .to = edit->position + shift + k };

          if (gone_take (&gone, number_at (now, move.to), &move.from))
            g_array_append_val (moves, move);
        }
      shift += edit->added - edit->removed;
    }
  return moves;
}

GArray *
coffer_edits_of_prints (const guint32 *old,
                        guint          n_old,
                        const guint32 *now,
                        guint          n_now)
{
  return find_edits (&(Numbers) { old, NULL, n_old }, &(Numbers) { now, NULL, n_now });
}

GArray *
coffer_edits_of_ids (const CofferMarks  *old,
                     const CofferMarks  *now,
                     GArray            **moves)
{
  const Numbers before = { (guint32 *) (gpointer) old->prints->data, (gint64 *) (gpointer) old->ids->data, old->ids->len };
  const Numbers after = { (guint32 *) (gpointer) now->prints->data, (gint64 *) (gpointer) now->ids->data, now->ids->len };
  GArray *edits = find_edits (&before, &after);

  *moves = find_moves (&before, &after, edits);
  return edits;
}
