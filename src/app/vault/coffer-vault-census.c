/* SPDX-License-Identifier: MIT */
/*
 * Gathering the sizes and types of all values of a table. Functions marked "lane" run on the BACKGROUND lane; the rest on the main
 * thread.
 *
 *     begin: the file's state, and what the cache folder has of it ──► slice, slice, slice … ──► end: the state again; keep it
 *
 * What is kept true: a census is kept, and taken from the cache folder, only for a state of the file that is sure to be another
 * after any change, and only if the file had it before the first slice and after the last; one gathering at a time; the census
 * in the making is the lane's while a job runs, and nobody else's.
 */
#define G_LOG_DOMAIN "coffer-census"

#include "coffer-vault-census.h"

#include "coffer-entry-walk.h"
#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

#define SLICE_US (60 * 1000)
#define PROGRESS_US (G_USEC_PER_SEC / 10)
#define FEW_ROWS 2000              /* a file for which gathering again costs nothing */

struct _CofferGathering {
  gboolean stale;                  /* the file was written to meanwhile: main thread */
  char *path;
  char *table;
  gboolean with_types;
  gboolean begun;                  /* the state is known */
  gboolean ended;                  /* there are no more rows */
  gboolean loaded;                 /* from the cache folder */
  CofferFileState state;
  CofferCensus *census;
  gint64 next_id;

  GPtrArray *askers;               /* of GTask: main thread */
  GCancellable *cancellable;
  gint64 told_at;
};

/* Who asks, as the data of its task. */
typedef struct {
  CofferCensusProgress progress;
  gpointer progress_data;
} Asker;

static void
gathering_free (CofferGathering *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->askers);
  g_clear_pointer (&self->census, coffer_census_unref);
  g_free (self->path);
  g_free (self->table);
  g_free (self);
}

/* ---- lane ---- */

gboolean
coffer_vault_find_size (kvault             *vault,
                        const CofferCensus *census,
                        const kvault_entry *entry,
                        guint64            *size)
{
  if (entry->key_class == KVAULT_CLASS_BLOB && kvault_is_shelved (vault, entry->key, entry->key_size) &&
      kvault_size (vault, entry->key, entry->key_size, size) == KVAULT_OK)
    return TRUE;
  return census != NULL && coffer_census_find (census, entry->id, size, NULL) && *size != G_MAXUINT64;
}

static void
begin (CofferGathering *self)
{
  g_autofree char *file = coffer_census_dup_file (self->path, self->table);
  CofferCensus *kept;

  self->begun = TRUE;
  coffer_file_state_read (&self->state, self->path);
  kept = coffer_census_load (file, self->path, self->table, &self->state);
  if (kept != NULL && (coffer_census_has_types (kept) || !self->with_types))
    {
      coffer_census_unref (self->census);
      self->census = kept;
      self->loaded = self->ended = TRUE;
    }
  else
    g_clear_pointer (&kept, coffer_census_unref);
}

/* The type of a value as a list shows it; NULL if it cannot be read. KVAULT_ECANCELLED: it was not looked at. */
static int
read_type (kvault              *vault,
           const kvault_entry  *entry,
           const char         **label)
{
  const char *content_type;
  guint64 size;
  int rc = coffer_entry_sniff (vault, entry, &size, &content_type, label);

  if (rc != KVAULT_OK)
    *label = NULL;
  return rc == KVAULT_ECANCELLED ? rc : KVAULT_OK;
}

/* Takes rows until the time is up. Returns: what ended it; KVAULT_OK if that did */
static int
gather (CofferGathering *self,
        kvault          *vault,
        GCancellable    *cancellable)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED, .has_start = 1, .start_id = self->next_id };
  gint64 deadline = g_get_monotonic_time () + SLICE_US;
  g_autoptr(kvault_cursor) cursor = NULL;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (vault, &options, &cursor);

  for (guint n = 1; rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK; n++)
    {
      const char *label = NULL;

      if (self->with_types && (rc = read_type (vault, entry, &label)) != KVAULT_OK)
        break;
      coffer_census_add (self->census, entry->id, entry->result == KVAULT_OK ? entry->value_size : G_MAXUINT64, label);
      if (entry->id == G_MAXINT64)
        return KVAULT_NOTFOUND;
      self->next_id = entry->id + 1;
      if ((n % 64 == 0 || self->with_types) && (g_get_monotonic_time () > deadline || g_cancellable_is_cancelled (cancellable)))
        break;
    }
  return rc;
}

typedef struct {
  gint64 id;
  guint64 size;
} Sized;

static int
compare_sized (gconstpointer a,
               gconstpointer b)
{
  gint64 x = ((const Sized *) a)->id, y = ((const Sized *) b)->id;

  return x < y ? -1 : x > y;
}

/* Where a page of the table is damaged, the index of the keys leads round it. All at once: it is rare. */
static int
gather_by_keys (CofferGathering *self,
                kvault          *vault)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_SIZES };
  g_autoptr(GArray) rows = g_array_new (FALSE, FALSE, sizeof (Sized));
  g_autoptr(kvault_cursor) cursor = NULL;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (vault, &options, &cursor);

  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      Sized row = { entry->id, entry->result == KVAULT_OK ? entry->value_size : G_MAXUINT64 };

      g_array_append_val (rows, row);
    }
  if (rc != KVAULT_NOTFOUND)
    return rc;
  g_array_sort (rows, compare_sized);
  coffer_census_unref (self->census);
  self->census = coffer_census_new (self->with_types);
  for (guint i = 0; i < rows->len; i++)
    coffer_census_add (self->census, g_array_index (rows, Sized, i).id, g_array_index (rows, Sized, i).size, NULL);
  return rc;
}

/* What is known now is what the file holds, if it has the same state as before: then it may be kept. */
static void
end (CofferGathering *self)
{
  g_autofree char *file = coffer_census_dup_file (self->path, self->table);
  CofferFileState state;

  self->ended = TRUE;
  coffer_census_end (self->census);
  coffer_file_state_read (&state, self->path);
  if (!coffer_file_state_equal (&state, &self->state))
    {
      self->state = (CofferFileState) { 0 };
      return;
    }
  if (coffer_census_get_n_rows (self->census) < FEW_ROWS || !coffer_file_state_is_settled (&state))
    return;
  if (coffer_census_save (self->census, file, self->path, self->table, &state, NULL))   /* else it costs time, no more */
    coffer_census_sweep ();
}

static gpointer
gather_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  CofferGathering *self = data;
  int rc = KVAULT_OK;

  if (!self->begun)
    begin (self);
  if (!self->ended)
    rc = gather (self, vault, cancellable);
  if (rc == KVAULT_ECORRUPT)
    rc = gather_by_keys (self, vault);
  if (rc == KVAULT_NOTFOUND)
    end (self);
  else if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  return self;
}

/* ---- main thread ---- */

static void next_slice (CofferVault *vault);

static void
tell_progress (CofferVault     *vault,
               CofferGathering *self)
{
  gint64 now = g_get_monotonic_time ();
  guint64 total = coffer_vault_get_count (vault, self->table);

  if (now - self->told_at < PROGRESS_US)
    return;
  self->told_at = now;
  for (guint i = 0; i < self->askers->len; i++)
    {
      GTask *task = g_ptr_array_index (self->askers, i);
      const Asker *asker = g_task_get_task_data (task);

      if (asker->progress != NULL && !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
        asker->progress (coffer_census_get_n_rows (self->census), coffer_census_get_n_bytes (self->census),
                         total != G_MAXUINT64 ? total : 0, asker->progress_data);
    }
}

void
coffer_vault_forget_census (CofferVault *self)
{
  g_clear_pointer (&self->census, coffer_census_unref);
  g_clear_pointer (&self->census_table, g_free);
}

/* Gives every asker the census, or @error. The gathering is over by then: one of them may begin another. */
static void
give (CofferVault  *vault,
      const GError *error)
{
  g_autoptr(GPtrArray) askers = g_ptr_array_ref (vault->gathering->askers);
  CofferGathering *self = g_steal_pointer (&vault->gathering);

  if (error == NULL && !self->stale)
    {
      coffer_vault_forget_census (vault);
      vault->census = coffer_census_ref (self->census);
      vault->census_table = g_strdup (self->table);
    }
  for (guint i = 0; i < askers->len; i++)
    {
      GTask *task = g_ptr_array_index (askers, i);

      if (error != NULL)
        g_task_return_error (task, g_error_copy (error));
      else
        g_task_return_pointer (task, coffer_census_ref (self->census), (GDestroyNotify) coffer_census_unref);
    }
  gathering_free (self);
  if (error == NULL)
    g_signal_emit_by_name (vault, "census");
}

static void
gathered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  CofferVault *vault = COFFER_VAULT (source);
  g_autoptr(GError) error = NULL;

  coffer_vault_run_finish (vault, result, &error);
  if (vault->gathering != data)
    {
      gathering_free (data);   /* given up while the lane had it */
      return;
    }
  if (error != NULL)
    give (vault, error);
  else if (vault->gathering->ended)
    give (vault, NULL);
  else
    {
      tell_progress (vault, vault->gathering);
      if (vault->gathering == data)
        next_slice (vault);
      else
        gathering_free (data);   /* who was told wants more, or something else */
    }
}

/* A slice that is run again, on another handle, goes on where the last one came to. */
static void
next_slice (CofferVault *vault)
{
  CofferGathering *self = vault->gathering;

  coffer_vault_run_async (vault, COFFER_LANE_BACKGROUND, self->table, gather_worker, self, NULL, NULL, self->cancellable,
                          gathered_cb, self);
}

/* The lane has it still, and frees it. */
static void
give_up (CofferVault *vault)
{
  CofferGathering *self = g_steal_pointer (&vault->gathering);

  if (self != NULL)
    g_cancellable_cancel (self->cancellable);
}

static gboolean
cancelled_cb (gpointer data)
{
  GTask *task = data;
  CofferVault *vault = g_task_get_source_object (task);
  CofferGathering *self = vault->gathering;

  if (self == NULL || !g_ptr_array_find (self->askers, task, NULL))
    return G_SOURCE_REMOVE;
  g_task_return_error_if_cancelled (task);
  g_ptr_array_remove (self->askers, task);
  if (self->askers->len == 0)
    give_up (vault);
  return G_SOURCE_REMOVE;
}

/* May come from within anything. */
static void
cancellable_cb (GCancellable *cancellable,
                gpointer      data)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, cancelled_cb, g_object_ref (data), g_object_unref);
}

static void
ask (CofferVault *vault,
     GTask       *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  g_ptr_array_add (vault->gathering->askers, g_object_ref (task));
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancellable_cb), task, 0);
}

CofferCensus *
coffer_vault_peek_census (CofferVault *self,
                          const char  *table)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), NULL);

  return g_strcmp0 (self->census_table, table) == 0 ? self->census : NULL;
}

void
coffer_vault_drop_census (CofferVault *self)
{
  coffer_vault_forget_census (self);
  if (self->gathering != NULL)
    self->gathering->stale = TRUE;
}

/* In the place of one that is less: who waits for that will do with more. One of another table is given up. */
static void
begin_gathering (CofferVault *vault,
                 const char  *table,
                 gboolean     with_types)
{
  CofferGathering *self = g_new0 (CofferGathering, 1);
  CofferGathering *old = g_steal_pointer (&vault->gathering);

  self->path = g_file_get_path (vault->file);
  self->table = g_strdup (table);
  self->with_types = with_types;
  self->census = coffer_census_new (with_types);
  self->next_id = G_MININT64;
  self->cancellable = g_cancellable_new ();
  self->askers = g_ptr_array_new_with_free_func (g_object_unref);
  vault->gathering = self;
  if (old == NULL)
    return;
  for (guint i = 0; i < old->askers->len; i++)
    {
      GTask *task = g_ptr_array_index (old->askers, i);

      if (g_str_equal (old->table, table))
        g_ptr_array_add (self->askers, g_object_ref (task));
      else
        g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s", _("Cancelled"));
    }
  g_ptr_array_set_size (old->askers, 0);
  g_cancellable_cancel (old->cancellable);   /* freed when the lane gives it back */
}

void
coffer_vault_census_async (CofferVault          *self,
                           const char           *table,
                           gboolean              with_types,
                           CofferCensusProgress  progress,
                           gpointer              progress_data,
                           GCancellable         *cancellable,
                           GAsyncReadyCallback   callback,
                           gpointer              user_data)
{
  g_autoptr(GTask) task = NULL;
  CofferCensus *known;
  Asker *asker;

  g_return_if_fail (COFFER_IS_VAULT (self) && table != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_census_async);
  known = coffer_vault_peek_census (self, table);
  if (known != NULL && (coffer_census_has_types (known) || !with_types))
    {
      g_task_return_pointer (task, coffer_census_ref (known), (GDestroyNotify) coffer_census_unref);
      return;
    }
  asker = g_new (Asker, 1);
  *asker = (Asker) { progress, progress_data };
  g_task_set_task_data (task, asker, g_free);
  if (self->gathering != NULL && g_str_equal (self->gathering->table, table) && (self->gathering->with_types || !with_types))
    {
      ask (self, task);
      return;
    }
  begin_gathering (self, table, with_types);
  ask (self, task);
  next_slice (self);
}

CofferCensus *
coffer_vault_census_finish (CofferVault   *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
