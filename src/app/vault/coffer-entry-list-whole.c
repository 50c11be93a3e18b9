/* SPDX-License-Identifier: MIT */
/*
 * What came and went of each table since it was first listed, whatever of it is on show. Main thread.
 *
 * Each view tells what comes and goes in it; of the rest of the table nothing is known meanwhile. So the list of all keys is set
 * aside when another takes its place (a fence for every 512th key and a print of each, which large lists have in a file), and
 * comes back when all are wanted again: at once, and a walk over it tells what came and went in between.
 *
 * Two counts of a table: `told` never sinks; `whole` is what led from the first list of all keys to the blocks of the latest one.
 * How many more came than went is certain of the latter, and once it has caught up the former agrees.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

typedef struct {
  guint64 n_added;
  guint64 n_removed;
} Changes;

struct _CofferTableChanges {
  Changes told;
  Changes whole;
  CofferBlocks *blocks;      /* (nullable) of all keys, set aside */
  gboolean descending;       /* likewise */
  gboolean catching_up;      /* they are on show again, and not walked to the end yet */
};

static void
table_changes_free (gpointer data)
{
  CofferTableChanges *changes = data;

  g_clear_pointer (&changes->blocks, coffer_blocks_free);
  g_free (changes);
}

GHashTable *
coffer_entry_list_new_changes (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, table_changes_free);
}

/* Of @table, or where the file has none. */
static CofferTableChanges *
get_changes (CofferEntryList *self,
             const char      *table)
{
  const char *name = table != NULL ? table : "";
  CofferTableChanges *changes = g_hash_table_lookup (self->changes, name);

  if (changes == NULL)
    {
      changes = g_new0 (CofferTableChanges, 1);
      g_hash_table_insert (self->changes, g_strdup (name), changes);
    }
  return changes;
}

void
coffer_entry_list_tell_changes (CofferEntryList *self)
{
  const CofferTableChanges *changes = get_changes (self, self->table);

  coffer_entry_list_set_changes (self, changes->told.n_added, changes->told.n_removed);
}

void
coffer_entry_list_count_changes (CofferEntryList *self,
                                 guint64          n_added,
                                 guint64          n_removed)
{
  CofferTableChanges *changes = get_changes (self, self->table);

  if (self->whole_of != NULL)
    {
      changes->whole.n_added += n_added;
      changes->whole.n_removed += n_removed;
    }
  if (!changes->catching_up)
    {
      changes->told.n_added += n_added;
      changes->told.n_removed += n_removed;
    }
  coffer_entry_list_tell_changes (self);
}

/* As few as led from the one number of keys to the other, and all that were seen. */
static void
agree (CofferTableChanges *changes)
{
  gint64 more = (gint64) (changes->whole.n_added - changes->whole.n_removed);
  gint64 n_added = (gint64) MAX (changes->told.n_added, changes->whole.n_added);

  n_added = MAX (n_added, (gint64) changes->told.n_removed + more);
  changes->told = changes->whole = (Changes) { (guint64) n_added, (guint64) (n_added - more) };
  changes->catching_up = FALSE;
}

/* Another list of all keys: how many more they are, or fewer, is all that can be told from two of them. */
static void
compare (CofferTableChanges *changes,
         CofferBlocks       *blocks)
{
  guint before = coffer_blocks_get_n_rows (changes->blocks), now = coffer_blocks_get_n_rows (blocks);

  changes->whole.n_added += now > before ? now - before : 0;
  changes->whole.n_removed += before > now ? before - now : 0;
  g_clear_pointer (&changes->blocks, coffer_blocks_free);
  agree (changes);
}

/* What is on show are all keys of the table. */
static void
set_whole (CofferEntryList *self)
{
  g_free (self->whole_of);
  self->whole_of = g_strdup (self->table != NULL ? self->table : "");
  self->whole_descending = self->scope.descending;
}

void
coffer_entry_list_note_whole (CofferEntryList *self)
{
  CofferTableChanges *changes = get_changes (self, self->table);

  if (self->scope.prefix != NULL || coffer_entry_list_is_query (self))
    return;
  if (self->whole_of != NULL)
    agree (changes);
  else if (changes->blocks != NULL)
    compare (changes, self->blocks);
  else
    changes->whole = changes->told;
  set_whole (self);
  coffer_entry_list_tell_changes (self);
}

void
coffer_entry_list_set_whole_aside (CofferEntryList *self)
{
  CofferTableChanges *changes = get_changes (self, self->whole_of);

  coffer_blocks_forget_all (self->blocks);
  changes->blocks = g_steal_pointer (&self->blocks);
  changes->descending = self->whole_descending;
  changes->catching_up = FALSE;
  g_clear_pointer (&self->whole_of, g_free);
}

CofferBlocks *
coffer_entry_list_take_whole (CofferEntryList *self)
{
  CofferTableChanges *changes = get_changes (self, self->table);

  if (self->scope.prefix != NULL || coffer_entry_list_is_query (self) || changes->descending != self->descending)
    return NULL;
  if (changes->blocks == NULL || coffer_blocks_get_n_rows (changes->blocks) == 0)   /* no block would be looked into */
    return NULL;
  return g_steal_pointer (&changes->blocks);
}

void
coffer_entry_list_catch_up (CofferEntryList *self)
{
  set_whole (self);
  get_changes (self, self->table)->catching_up = TRUE;
}
