/* SPDX-License-Identifier: MIT */
/*
 * How a list differs from what it was, each row being a number that is another for another row. Rows that stay keep their order, so
 * the first number of the new list that a window of the old one has tells both what went and what came before it. The window
 * grows until there is one: the work grows with the changes. Where the order did change a row that moved goes and comes. Any
 * thread.
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

/* Where, from @i and @j on, the lists go on alike; their ends if nowhere. */
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

      g_hash_table_remove_all (window);
      g_array_set_size (numbers, old_end - i);
      for (guint k = i; k < old_end; k++)
        {
          guint64 *number = &g_array_index (numbers, guint64, k - i);

          *number = number_at (old, k);
          if (!g_hash_table_contains (window, number))   /* of two alike the first */
            g_hash_table_insert (window, number, GUINT_TO_POINTER (k));
        }
      for (guint k = j; k < now_end; k++)
        {
          guint64 number = number_at (now, k);
          gpointer at;

          if (!g_hash_table_lookup_extended (window, &number, NULL, &at))
            continue;
          *next_i = GPOINTER_TO_UINT (at);
          *next_j = k;
          return;
        }
      if (old_end == old->n && now_end == now->n)
        break;
    }
  *next_i = old->n;
  *next_j = now->n;
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

GArray *
coffer_edits_of_prints (const guint32 *old,
                        guint          n_old,
                        const guint32 *now,
                        guint          n_now)
{
  return find_edits (&(Numbers) { old, NULL, n_old }, &(Numbers) { now, NULL, n_now });
}

GArray *
coffer_edits_of_ids (const CofferMarks *old,
                     const CofferMarks *now)
{
  const Numbers before = { (guint32 *) (gpointer) old->prints->data, (gint64 *) (gpointer) old->ids->data, old->ids->len };
  const Numbers after = { (guint32 *) (gpointer) now->prints->data, (gint64 *) (gpointer) now->ids->data, now->ids->len };

  return find_edits (&before, &after);
}
