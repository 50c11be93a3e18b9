/* SPDX-License-Identifier: MIT */
/* Which stretches the bar of a file has. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-segments.h"

#define PARTS_TABLE "kvault_parts"     /* of values that are too large for a row; see kvault.h */

static void
segment_free (gpointer data)
{
  CofferSegment *self = data;

  g_free (self->table);
  g_free (self);
}

static CofferSegment *
add (GPtrArray  *segments,
     CofferPart  part,
     guint64     size)
{
  CofferSegment *segment = g_new0 (CofferSegment, 1);

  segment->part = part;
  segment->size = size;
  g_ptr_array_add (segments, segment);
  return segment;
}

void
coffer_segments_add (GPtrArray  *segments,
                     CofferPart  part,
                     guint64     size)
{
  add (segments, part, size);
}

GPtrArray *
coffer_segments_new_whole (guint64 main_size,
                           guint64 free_size)
{
  GPtrArray *segments = g_ptr_array_new_with_free_func (segment_free);

  add (segments, COFFER_PART_IN_USE, main_size - free_size);
  add (segments, COFFER_PART_FREE, free_size);
  return segments;
}

/* The parts of large values belong to the one table that there is. */
static gboolean
has_several_vaults (const CofferSplit *split)
{
  guint n = 0;

  for (guint i = 0; i < split->tables->len; i++)
    {
      const CofferSplitTable *table = g_ptr_array_index (split->tables, i);

      n += table->is_vault && !g_str_equal (table->name, PARTS_TABLE);
    }
  return n > 1;
}

/* Largest first, as they come; a hundredth of the file is not to be seen. Returns: the bytes that have a segment now */
static guint64
add_tables (GPtrArray         *segments,
            const CofferSplit *split,
            gboolean           several,
            guint              rank)
{
  guint64 named = 0;

  for (guint i = 0; i < split->tables->len && rank < COFFER_N_RANKS; i++)
    {
      const CofferSplitTable *table = g_ptr_array_index (split->tables, i);
      guint64 size = table->values + table->keys;
      CofferSegment *segment;

      if (size == 0 || (table->is_vault ? !several : size < split->main_size / 100))
        continue;
      segment = add (segments, COFFER_PART_TABLE, size);
      segment->table = g_strdup (table->name);
      segment->is_vault = table->is_vault;
      segment->keys = table->keys;
      segment->rank = rank++;
      named += size;
    }
  return named;
}

GPtrArray *
coffer_segments_new_split (const CofferSplit *split)
{
  GPtrArray *segments = g_ptr_array_new_with_free_func (segment_free);
  gboolean several = has_several_vaults (split);
  guint64 named = 0, shown;

  if (!several)
    {
      add (segments, COFFER_PART_VALUES, split->values);
      add (segments, COFFER_PART_KEYS, split->keys)->rank = 1;
      named = split->values + split->keys;
    }
  named += add_tables (segments, split, several, segments->len);
  shown = named + split->free;
  add (segments, COFFER_PART_OTHER, split->main_size > shown ? split->main_size - shown : 0);
  add (segments, COFFER_PART_FREE, split->free);
  return segments;
}

gboolean
coffer_segments_are_alike (GPtrArray *a,
                           GPtrArray *b)
{
  if (a == NULL || b == NULL || a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    {
      const CofferSegment *first = g_ptr_array_index (a, i), *second = g_ptr_array_index (b, i);

      if (first->part != second->part || first->is_vault != second->is_vault || g_strcmp0 (first->table, second->table) != 0)
        return FALSE;
    }
  return TRUE;
}
