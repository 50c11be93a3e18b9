/* SPDX-License-Identifier: MIT */
/*
 * Changes of the rows, and how they are told. Main thread.
 *
 * The blocks are changed first, and the entries alive are moved to where their rows are now. Then the edits are told to the
 * letter ("edited"), for who keeps positions, and by items-changed, from the last to the first, for widgets: there edits
 * with no entry alive between them are told as one, so that a view has no more to do than it shows. While that goes on, the
 * list has the rows it had in front of what was told already: `untold` tells where such a row is now.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

/* ---- all rows ---- */

static void
tell (CofferEntryList *self,
      guint            position,
      guint            removed,
      guint            added)
{
  self->n_rows = self->n_rows - removed + added;
  g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
}

/* In two steps, since in one GTK would look for items that moved, 0.4 s a million. */
void
coffer_entry_list_replace (CofferEntryList *self,
                           CofferBlocks    *blocks,
                           gboolean         are_known)
{
  guint old = self->n_rows;
  guint n_rows = coffer_blocks_get_n_rows (blocks);

  coffer_entry_list_forget_rows (self);
  self->n_changes++;
  if (self->whole_of != NULL)
    coffer_entry_list_set_whole_aside (self);
  else
    coffer_blocks_free (self->blocks);
  self->blocks = coffer_blocks_new ();
  if (old > 0)
    tell (self, 0, old, 0);
  coffer_blocks_free (self->blocks);
  self->blocks = blocks;
  if (are_known)
    coffer_entry_list_catch_up (self);
  if (n_rows > 0)
    tell (self, 0, 0, n_rows);
  coffer_entry_list_tell_n_rows (self);
}

void
coffer_entry_list_append (CofferEntryList *self,
                          GPtrArray       *blocks)
{
  guint old = coffer_blocks_get_n_rows (self->blocks);
  guint n_rows;

  if (blocks->len == 0)
    return;
  coffer_blocks_splice (self->blocks, coffer_blocks_get_n_blocks (self->blocks), 0, blocks);
  n_rows = coffer_blocks_get_n_rows (self->blocks) - old;
  tell (self, old, 0, n_rows);
  coffer_entry_list_tell_n_rows (self);
}

/* ---- edits ---- */

static int
compare_positions (gconstpointer a,
                   gconstpointer b)
{
  guint x = (*(CofferEntry *const *) a)->position;
  guint y = (*(CofferEntry *const *) b)->position;

  return x < y ? -1 : x > y;
}

/* The entries alive, by position. */
static GPtrArray *
list_live (CofferEntryList *self)
{
  GPtrArray *entries = g_ptr_array_sized_new (g_hash_table_size (self->live));
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    g_ptr_array_add (entries, entry);
  g_ptr_array_sort (entries, compare_positions);
  return entries;
}

/* Whether a row stays while another comes or goes between two edits: an entry alive that lies there. */
static gboolean
is_live_between (GPtrArray *entries,
                 guint     *next,
                 guint      from,
                 guint      to)
{
  while (*next < entries->len && COFFER_ENTRY (g_ptr_array_index (entries, *next))->position < from)
    (*next)++;
  return *next < entries->len && COFFER_ENTRY (g_ptr_array_index (entries, *next))->position < to;
}

/* The edits as views are told them. */
static GArray *
join_edits (const GArray *edits,
            GPtrArray    *entries)
{
  GArray *joined = g_array_new (FALSE, FALSE, sizeof (CofferEdit));
  guint next = 0;

  for (guint i = 0; i < edits->len; i++)
    {
      const CofferEdit *edit = &g_array_index (edits, CofferEdit, i);
      CofferEdit *last = joined->len > 0 ? &g_array_index (joined, CofferEdit, joined->len - 1) : NULL;
      guint end = last != NULL ? last->position + last->removed : 0;

      if (last == NULL || is_live_between (entries, &next, end, edit->position))
        {
          g_array_append_val (joined, *edit);
          continue;
        }
      last->added += edit->position - end + edit->added;
      last->removed += edit->position - end + edit->removed;
    }
  return joined;
}

static void
let_go_of (CofferEntryList *self,
           CofferEntry     *entry)
{
  g_hash_table_insert (self->leaving, GUINT_TO_POINTER (entry->position), g_object_ref (entry));
  coffer_entry_wait_in (entry, NULL);
  entry->list = NULL;
}

/*
 * Moves the entries, by position, to where their rows are now; those whose rows go are let go of, but stand for them until that is
 * told. In one pass over both: another order makes as many edits as there are rows.
 */
static void
move_entries (CofferEntryList *self,
              const GArray    *edits,
              GPtrArray       *entries)
{
  guint shift = 0;   /* of the rows behind the edits before @e; it wraps */
  guint e = 0;

  g_hash_table_remove_all (self->live);
  for (guint i = 0; i < entries->len; i++)
    {
      CofferEntry *entry = g_ptr_array_index (entries, i);
      const CofferEdit *edit;

      for (; e < edits->len; e++)
        {
          edit = &g_array_index (edits, CofferEdit, e);
          if (edit->position + edit->removed > entry->position)
            break;
          shift += edit->added - edit->removed;
        }
      if (e < edits->len && edit->position <= entry->position)
        {
          let_go_of (self, entry);
          continue;
        }
      entry->position += shift;
      g_hash_table_insert (self->live, GUINT_TO_POINTER (entry->position), entry);
    }
}

guint
coffer_entry_list_map (CofferEntryList *self,
                       guint            position)
{
  guint now = position;

  for (guint i = 0; self->untold != NULL && i < self->untold->len; i++)
    {
      const CofferEdit *edit = &g_array_index (self->untold, CofferEdit, i);

      if (position < edit->position)
        break;
      if (position - edit->position < edit->removed)
        return G_MAXUINT;
      now = now - edit->removed + edit->added;
    }
  return now;
}

/* Tells @joined, which is emptied, from the last to the first; what goes before what comes: see coffer_entry_list_replace(). */
static void
tell_edits (CofferEntryList *self,
            GArray          *joined)
{
  self->untold = joined;
  while (joined->len > 0)
    {
      CofferEdit *last = &g_array_index (joined, CofferEdit, joined->len - 1);
      CofferEdit edit = *last;

      if (edit.removed > 0 && edit.added > 0)
        {
          last->removed = 0;   /* gone by then, while what comes is not there yet */
          tell (self, edit.position, edit.removed, 0);
        }
      g_array_set_size (joined, joined->len - 1);
      tell (self, edit.position, edit.added > 0 ? 0 : edit.removed, edit.added);
    }
  self->untold = NULL;
  g_hash_table_remove_all (self->leaving);
}

/* A row that moved neither came nor went. */
static void
count_edits (CofferEntryList *self,
             const GArray    *edits,
             const GArray    *moves)
{
  guint n_moves = moves != NULL ? moves->len : 0;
  guint64 n_added = 0, n_removed = 0;

  for (guint i = 0; i < edits->len; i++)
    {
      n_added += g_array_index (edits, CofferEdit, i).added;
      n_removed += g_array_index (edits, CofferEdit, i).removed;
    }
  coffer_entry_list_count_changes (self, n_added - n_moves, n_removed - n_moves);
}

void
coffer_entry_list_edit (CofferEntryList *self,
                        GArray          *edits,
                        const GArray    *moves,
                        guint            index,
                        guint            n_blocks,
                        GPtrArray       *blocks)
{
  g_autoptr(GPtrArray) entries = list_live (self);
  g_autoptr(GArray) joined = join_edits (edits, entries);

  g_assert (self->untold == NULL);

  self->n_changes++;
  coffer_blocks_splice (self->blocks, index, n_blocks, blocks);
  move_entries (self, edits, entries);
  self->untold = joined;
  coffer_entry_list_tell_edited (self, edits, moves);
  count_edits (self, edits, moves);
  tell_edits (self, joined);
  coffer_entry_list_tell_n_rows (self);
}

gboolean
coffer_entry_list_take_checked (CofferEntryList    *self,
                                guint               index,
                                CofferCheckedBlock *checked)
{
  guint start = coffer_blocks_get_start (self->blocks, index);

  if (checked->blocks == NULL || checked->overgrown)
    return FALSE;
  for (guint i = 0; i < checked->edits->len; i++)
    g_array_index (checked->edits, CofferEdit, i).position += start;
  coffer_entry_list_edit (self, checked->edits, NULL, index, 1, checked->blocks);
  return TRUE;
}
