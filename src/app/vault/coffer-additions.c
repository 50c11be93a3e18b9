/* SPDX-License-Identifier: MIT */
/*
 * A list of files that are to become values, and how far that is. Plain data: who may touch it, coffer-additions.h tells.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-additions-private.h"

#define MANY_FILES 2000

G_DEFINE_BOXED_TYPE (CofferAdditions, coffer_additions, coffer_additions_ref, coffer_additions_unref)

static void
addition_free (gpointer data)
{
  CofferAddition *addition = data;

  g_clear_pointer (&addition->value, g_bytes_unref);
  g_free (addition->root);
  g_free (addition->path);
  g_bytes_unref (addition->key);
  g_clear_pointer (&addition->header, g_bytes_unref);
  g_clear_pointer (&addition->old, coffer_kept_unref);
  g_clear_pointer (&addition->fresh, coffer_kept_unref);
  g_free (addition->sum);
  g_free (addition->stored_sum);
  g_free (addition->wrong_sum);
  g_free (addition->problem);
  g_free (addition);
}

static void
hidden_clear (gpointer data)
{
  coffer_deletion_unref (((CofferHidden *) data)->deletion);
}

GArray *
coffer_hidden_array_new (void)
{
  GArray *array = g_array_new (FALSE, FALSE, sizeof (CofferHidden));

  g_array_set_clear_func (array, hidden_clear);
  return array;
}

CofferAdditions *
coffer_additions_new (const char *table)
{
  CofferAdditions *self = g_new0 (CofferAdditions, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->table = g_strdup (table);
  self->files = g_ptr_array_new_with_free_func (addition_free);
  self->hidden = coffer_hidden_array_new ();
  return self;
}

CofferAdditions *
coffer_additions_ref (CofferAdditions *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

static gpointer
unref_thread (gpointer files)
{
  g_ptr_array_unref (files);
  return NULL;
}

/* Freeing many takes longer than a turn of the main loop may. */
static void
free_files (GPtrArray *files)
{
  if (files->len <= MANY_FILES)
    g_ptr_array_unref (files);
  else
    g_thread_unref (g_thread_new ("coffer-free", unref_thread, files));
}

void
coffer_additions_unref (CofferAdditions *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  free_files (self->files);
  g_array_unref (self->hidden);
  g_clear_pointer (&self->archive, coffer_archive_close);
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->numbers, g_hash_table_unref);
  g_free (self->table);
  g_free (self->source_path);
  g_free (self->source_table);
  g_free (self);
}

void
coffer_additions_append (CofferAdditions *self,
                         const char      *root,
                         const char      *path,
                         GBytes          *key,
                         guint64          size)
{
  CofferAddition *addition = g_new0 (CofferAddition, 1);

  addition->root = g_strdup (root);
  addition->path = g_strdup (path);
  addition->key = g_bytes_ref (key);
  addition->size = size;
  addition->found_size = G_MAXUINT64;
  self->size += size;
  self->tallied = FALSE;
  g_ptr_array_add (self->files, addition);
}

void
coffer_additions_append_member (CofferAdditions *self,
                                const char      *archive,
                                const char      *path,
                                guint64          at,
                                GBytes          *key,
                                guint64          size)
{
  CofferAddition *addition;

  coffer_additions_append (self, archive, path, key, size);
  addition = coffer_additions_get (self, self->files->len - 1);
  addition->packed = TRUE;
  addition->at = at;
}

void
coffer_additions_tell (CofferAdditions *self,
                       GBytes          *header,
                       const guint8    *sum)
{
  CofferAddition *addition = coffer_additions_get (self, self->files->len - 1);

  if (header != NULL)
    {
      addition->header = g_bytes_ref (header);
      addition->size += g_bytes_get_size (header);
      self->size += g_bytes_get_size (header);
    }
  addition->sum = g_memdup2 (sum, COFFER_SUM_SIZE);
}

void
coffer_additions_append_value (CofferAdditions *self,
                               GBytes          *value,
                               GBytes          *key,
                               guint64          size)
{
  g_autofree char *shown = coffer_key_bytes_to_display (g_bytes_get_data (value, NULL), g_bytes_get_size (value), 0);

  coffer_additions_append (self, shown, NULL, key, size);
  coffer_additions_get (self, self->files->len - 1)->value = g_bytes_ref (value);
}

void
coffer_additions_set_source (CofferAdditions *self,
                             const char      *path,
                             const char      *table)
{
  self->source_path = g_strdup (path);
  self->source_table = g_strdup (table);
}

const char *
coffer_additions_get_table (CofferAdditions *self)
{
  return self->table;
}

gboolean
coffer_additions_are_values (CofferAdditions *self)
{
  return self->source_path != NULL;
}

guint
coffer_additions_get_n (CofferAdditions *self)
{
  return self->files->len;
}

CofferAddition *
coffer_additions_get (CofferAdditions *self,
                      guint            position)
{
  g_return_val_if_fail (position < self->files->len, NULL);

  self->tallied = FALSE;   /* it may be changed */
  return g_ptr_array_index (self->files, position);
}

guint
coffer_additions_get_next (CofferAdditions *self)
{
  return self->next;
}

/* How many of them are what */

gboolean
coffer_addition_is_mendable (const CofferAddition *addition)
{
  return addition->wrong && addition->old != NULL;
}

/* Any number of questions is one look at them all. */
static const CofferTally *
tally (CofferAdditions *self)
{
  CofferTally *counts = &self->tally;

  if (self->tallied)
    return counts;
  *counts = (CofferTally) { 0 };
  for (guint i = 0; i < self->files->len; i++)
    {
      const CofferAddition *addition = g_ptr_array_index (self->files, i);
      gboolean replaced = addition->state == COFFER_ADDITION_REPLACED;

      counts->n[addition->state]++;
      counts->n_over += replaced && addition->over;
      counts->n_name_deleted += addition->state == COFFER_ADDITION_SKIPPED && addition->name_deleted;
      counts->n_undoable += addition->state == COFFER_ADDITION_ADDED || (replaced && addition->old != NULL) || coffer_addition_is_mendable (addition);
      counts->n_lost += replaced && addition->old == NULL;
      counts->n_wrong += addition->wrong;
      counts->n_no_room += addition->no_room;
      counts->n_taken += addition->taken;
    }
  self->tallied = TRUE;
  return counts;
}

void
coffer_additions_tally (CofferAdditions *self)
{
  tally (self);
}

guint
coffer_additions_count (CofferAdditions     *self,
                        CofferAdditionState  state)
{
  return tally (self)->n[state];
}

guint
coffer_additions_count_over (CofferAdditions *self)
{
  return tally (self)->n_over;
}

guint
coffer_additions_count_name_deleted (CofferAdditions *self)
{
  return tally (self)->n_name_deleted;
}

guint
coffer_additions_count_undoable (CofferAdditions *self)
{
  return tally (self)->n_undoable;
}

guint
coffer_additions_count_lost (CofferAdditions *self)
{
  return tally (self)->n_lost;
}

guint
coffer_additions_count_wrong (CofferAdditions *self)
{
  return tally (self)->n_wrong;
}

guint
coffer_additions_count_no_room (CofferAdditions *self)
{
  return tally (self)->n_no_room;
}

guint
coffer_additions_count_taken (CofferAdditions *self)
{
  return tally (self)->n_taken;
}

void
coffer_addition_reset (CofferAddition *addition)
{
  addition->state = COFFER_ADDITION_WAITING;
  addition->wrong = FALSE;
  g_clear_pointer (&addition->wrong_sum, g_free);
  g_clear_pointer (&addition->problem, g_free);
}

void
coffer_addition_keep (CofferAddition *addition,
                      CofferKept     *old)
{
  g_clear_pointer (&addition->old, coffer_kept_unref);
  addition->old = old;
}

void
coffer_addition_keep_fresh (CofferAddition *addition,
                            CofferKept     *fresh)
{
  g_clear_pointer (&addition->fresh, coffer_kept_unref);
  addition->fresh = fresh;
}

/* Its sums are the lane's to forget: here it takes as long for many as for few. */
void
coffer_additions_begin_again (CofferAdditions *self)
{
  g_mutex_lock (&self->lock);
  self->next = self->seen = 0;
  self->bytes_seen = self->bytes_of_next = 0;
  self->verified = 0;
  self->bytes_verified = 0;
  g_mutex_unlock (&self->lock);
  self->conflict = COFFER_CONFLICT_SKIP;
  self->again = TRUE;
}

void
coffer_additions_get_progress (CofferAdditions *self,
                               guint           *n_files,
                               guint64         *n_bytes)
{
  g_mutex_lock (&self->lock);
  *n_files = self->seen;
  *n_bytes = self->bytes_seen + self->bytes_verified + self->bytes_of_next;
  g_mutex_unlock (&self->lock);
}

guint64
coffer_additions_get_size (CofferAdditions *self)
{
  return self->verifies ? 2 * self->size : self->size;   /* written, and read */
}

void
coffer_additions_set_verifies (CofferAdditions *self,
                               gboolean         verifies)
{
  self->verifies = verifies;
}

gboolean
coffer_additions_get_verifies (CofferAdditions *self)
{
  return self->verifies;
}

gboolean
coffer_additions_is_verified (CofferAdditions *self)
{
  return self->verified == self->next;
}

void
coffer_additions_step_verified (CofferAdditions *self)
{
  CofferAddition *addition = coffer_additions_get (self, self->verified);

  g_mutex_lock (&self->lock);
  self->verified++;
  self->bytes_verified += addition->size;
  self->bytes_of_next = 0;
  g_mutex_unlock (&self->lock);
}

void
coffer_additions_set_conflict (CofferAdditions *self,
                               CofferConflict   conflict)
{
  self->conflict = conflict;
}

void
coffer_additions_answer (CofferAdditions *self,
                         CofferConflict   conflict)
{
  g_return_if_fail (self->asks);

  self->answer = conflict;
  self->loses_next = self->asks_to_lose && conflict == COFFER_CONFLICT_REPLACE;
  self->asks = self->asks_to_lose = FALSE;
}

gboolean
coffer_additions_asks (CofferAdditions *self)
{
  return self->asks;
}

gboolean
coffer_additions_asks_to_lose (CofferAdditions *self)
{
  return self->asks_to_lose;
}

void
coffer_additions_set_loses (CofferAdditions *self)
{
  self->loses = TRUE;
}

/* Telling how far it is */

gboolean
coffer_additions_has_begun (CofferAdditions *self)
{
  gboolean begun;

  g_mutex_lock (&self->lock);
  begun = self->begun;
  g_mutex_unlock (&self->lock);
  return begun;
}

void
coffer_additions_set_begun (CofferAdditions *self,
                            gboolean         begun)
{
  g_mutex_lock (&self->lock);
  self->begun = begun;
  g_mutex_unlock (&self->lock);
}

void
coffer_additions_note_bytes (CofferAdditions *self,
                             guint64          n_bytes)
{
  g_mutex_lock (&self->lock);
  self->bytes_of_next = n_bytes;
  g_mutex_unlock (&self->lock);
}

void
coffer_additions_get_looked (CofferAdditions *self,
                             guint           *n_files,
                             guint64         *n_bytes,
                             guint           *n_all,
                             guint64         *all_bytes)
{
  g_mutex_lock (&self->lock);
  *n_files = self->looked;
  *n_bytes = self->bytes_looked;
  *n_all = self->n_to_look;
  *all_bytes = self->bytes_to_look;
  g_mutex_unlock (&self->lock);
}

void
coffer_additions_begin_looking (CofferAdditions *self,
                                guint            n_all,
                                guint64          all_bytes)
{
  g_mutex_lock (&self->lock);
  self->looked = 0;
  self->bytes_looked = 0;
  self->n_to_look = n_all;
  self->bytes_to_look = all_bytes;
  g_mutex_unlock (&self->lock);
}

void
coffer_additions_note_looked (CofferAdditions *self,
                              guint            n_files,
                              guint64          n_bytes)
{
  g_mutex_lock (&self->lock);
  self->looked = MAX (self->looked, n_files);   /* some are looked at twice */
  self->bytes_looked = MAX (self->bytes_looked, n_bytes);
  g_mutex_unlock (&self->lock);
}

void
coffer_additions_stir (CofferAdditions *self)
{
  g_mutex_lock (&self->lock);
  self->stirs++;
  g_mutex_unlock (&self->lock);
}

guint
coffer_additions_get_stirs (CofferAdditions *self)
{
  guint stirs;

  g_mutex_lock (&self->lock);
  stirs = self->stirs;
  g_mutex_unlock (&self->lock);
  return stirs;
}

void
coffer_additions_step (CofferAdditions *self)
{
  CofferAddition *addition = coffer_additions_get (self, self->next);

  g_mutex_lock (&self->lock);
  self->seen = ++self->next;
  self->bytes_seen += addition->size;
  self->bytes_of_next = 0;
  g_mutex_unlock (&self->lock);
  self->answer = COFFER_CONFLICT_ASK;
  self->loses_next = FALSE;
}

void
coffer_additions_go_back (CofferAdditions *self,
                          guint            next)
{
  g_mutex_lock (&self->lock);
  while (self->next > next)
    self->bytes_seen -= coffer_additions_get (self, --self->next)->size;
  self->seen = self->next;
  self->bytes_of_next = 0;
  g_mutex_unlock (&self->lock);
}
