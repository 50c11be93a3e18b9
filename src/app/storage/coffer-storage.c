/* SPDX-License-Identifier: MIT */
/*
 * The storage of a vault, by its lanes. An answer about a file that has changed meanwhile is asked for again: what the pages belong to is
 * dropped when their number is another. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage.h"

#include "coffer-storage-private.h"

#include <string.h>

#define SMALL_SIZE (G_GUINT64_CONSTANT (1) << 30)        /* whose pages are looked at without being asked for: a second or two */
#define SMALL_ROLLBACK (G_GUINT64_CONSTANT (256) << 20)  /* where writers wait for that */

struct _CofferStorage {
  GObject parent_instance;

  CofferVault *vault;
  GCancellable *looking;           /* what was asked for last */
  CofferSpace space;
  gboolean have_space;
  GError *error;
  GPtrArray *holders;
  CofferCompactPlans *plans;
  gboolean watched;

  GCancellable *measuring;         /* NULL: not under way */
  CofferProgress *measure_progress;
  double measured;
  CofferSpace split_space;         /* as it was when that began */
  CofferSplit split;
  gboolean have_split;
  gboolean stopped;                /* a person does not want to know */
  GError *split_error;

  CofferStorageJob job;
  GCancellable *working;
  CofferProgress *job_progress;
  CofferStep step;
  gint64 begun_at;
  CofferSpace before;
  GError *job_error;
  CofferStorageJob failed_job;
  CofferCheckpoint checkpoint;
  GDateTime *checkpoint_at;        /* NULL: there was none */
  CofferCompactResult compacted;
  gboolean have_compacted;
  double compact_seconds;
  CofferSpace compact_before;
  CofferInspection *check;
  GDateTime *check_at;
  GFile *target;                   /* of the copy under way */
  GFile *copied;
  gboolean converted;
  char *problem;                   /* of what was copied or converted nevertheless */
  CofferCompactWay way;            /* of the job under way */
};

static guint changed_signal, ended_signal;

G_DEFINE_FINAL_TYPE (CofferStorage, coffer_storage, G_TYPE_OBJECT)

static void
tell (CofferStorage *self)
{
  g_signal_emit (self, changed_signal, 0);
}

static gboolean
is_cancelled (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* ---- what the pages belong to ---- */

static void
end_measuring (CofferStorage *self)
{
  g_clear_object (&self->measuring);
  if (self->measure_progress != NULL)
    coffer_progress_stop (self->measure_progress);
  g_clear_pointer (&self->measure_progress, coffer_progress_unref);
}

static void
measure_progress_cb (gpointer latest,
                     gpointer data)
{
  CofferStorage *self = data;
  g_autofree CofferStep *step = latest;

  if (step->bytes_total > 0 && step->bytes_total != G_MAXUINT64)
    self->measured = MIN (1.0, (double) step->bytes / (double) step->bytes_total);
  tell (self);
}

/* Whether pages came or went. */
static gboolean
is_same_space (const CofferSpace *a,
               const CofferSpace *b)
{
  return a->main_size == b->main_size && a->file_size == b->file_size && a->free_size == b->free_size;
}

static void
split_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  g_autoptr(GError) error = NULL;
  CofferSplit split;
  gboolean found = coffer_vault_split_finish (COFFER_VAULT (source), result, &split, &error);

  if (self->measuring != g_task_get_cancellable (G_TASK (result)))
    return;
  end_measuring (self);
  if (found && split.main_size == self->space.main_size)
    {
      self->split = split;
      self->split_space = self->space;
      self->have_split = TRUE;
    }
  else if (found)
    coffer_storage_look (self);   /* the file has another size now: once more, if that is not for a person to say */
  else if (!is_cancelled (error))
    self->split_error = g_steal_pointer (&error);
  tell (self);
}

void
coffer_storage_measure (CofferStorage *self)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (self->measuring != NULL || !self->have_space || self->job != COFFER_STORAGE_IDLE)
    return;
  g_clear_error (&self->split_error);
  self->stopped = FALSE;
  self->measured = 0;
  self->measuring = g_cancellable_new ();
  self->measure_progress = coffer_progress_new (measure_progress_cb, self, g_free);
  coffer_vault_split_async (self->vault, self->measure_progress, self->measuring, split_cb, g_object_ref (self));
  tell (self);
}

void
coffer_storage_stop_measuring (CofferStorage *self)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (self->measuring == NULL)
    return;
  self->stopped = TRUE;
  g_cancellable_cancel (self->measuring);
  end_measuring (self);
  tell (self);
}

static void
measure_if_quick (CofferStorage *self)
{
  guint64 limit = self->space.wal_mode ? SMALL_SIZE : SMALL_ROLLBACK;

  if (self->watched && !self->have_split && !self->stopped && self->split_error == NULL && self->job == COFFER_STORAGE_IDLE
      && self->space.main_size <= limit)
    coffer_storage_measure (self);
}

/* ---- what costs next to nothing ---- */

static void
space_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  g_autoptr(GError) error = NULL;
  CofferSpace space;
  gboolean found = coffer_vault_space_finish (COFFER_VAULT (source), result, &space, &error);

  if (self->looking != g_task_get_cancellable (G_TASK (result)) || is_cancelled (error))
    return;
  g_clear_error (&self->error);
  self->have_space = found;
  if (!found)
    self->error = g_steal_pointer (&error);
  else
    self->space = space;
  if (found && self->have_split && !is_same_space (&space, &self->split_space))
    self->have_split = FALSE;
  if (found)
    measure_if_quick (self);
  tell (self);
}

static void
plans_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  g_autoptr(CofferCompactPlans) plans = coffer_vault_compact_plans_finish (COFFER_VAULT (source), result, NULL);

  if (plans == NULL || self->looking != g_task_get_cancellable (G_TASK (result)))
    return;
  g_clear_pointer (&self->plans, coffer_compact_plans_free);
  self->plans = g_steal_pointer (&plans);
  tell (self);
}

static void
holders_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  g_autoptr(GPtrArray) holders = coffer_holders_find_finish (result, NULL);

  if (holders == NULL)
    return;
  g_clear_pointer (&self->holders, g_ptr_array_unref);
  self->holders = g_steal_pointer (&holders);
  tell (self);
}

void
coffer_storage_look (CofferStorage *self)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (!self->watched || self->job == COFFER_STORAGE_COMPACT || self->job == COFFER_STORAGE_CONVERT)
    return;   /* the lanes may have let go; it looks when it is done */
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  self->looking = g_cancellable_new ();
  coffer_vault_space_async (self->vault, self->looking, space_cb, g_object_ref (self));
  coffer_vault_compact_plans_async (self->vault, self->looking, plans_cb, g_object_ref (self));
  coffer_holders_find_async (coffer_vault_get_file (self->vault), self->looking, holders_cb, g_object_ref (self));
}

void
coffer_storage_set_watched (CofferStorage *self,
                            gboolean       watched)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (self->watched == watched)
    return;
  self->watched = watched;
  if (watched)
    {
      coffer_storage_look (self);
      return;
    }
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  g_cancellable_cancel (self->measuring);   /* begins again when somebody looks */
  end_measuring (self);
}

/* ---- jobs ---- */

static void
job_progress_cb (gpointer latest,
                 gpointer data)
{
  CofferStorage *self = data;
  g_autofree CofferStep *step = latest;

  self->step = *step;
  tell (self);
}

static gboolean
begin (CofferStorage    *self,
       CofferStorageJob  job)
{
  if (self->job != COFFER_STORAGE_IDLE)
    return FALSE;
  if (self->measuring != NULL)
    {
      g_cancellable_cancel (self->measuring);   /* begins again when the job is done */
      end_measuring (self);
    }
  g_clear_error (&self->job_error);
  self->have_compacted = FALSE;
  self->converted = FALSE;
  g_clear_object (&self->copied);
  g_clear_pointer (&self->problem, g_free);
  self->way = COFFER_COMPACT_AUTO;
  self->job = job;
  self->before = self->space;
  self->step = (CofferStep) { 0, G_MAXUINT64 };
  self->begun_at = g_get_monotonic_time ();
  self->working = g_cancellable_new ();
  self->job_progress = coffer_progress_new (job_progress_cb, self, g_free);
  return TRUE;
}

static void
end (CofferStorage *self,
     GError        *error)
{
  CofferStorageJob job = self->job;

  if (error != NULL)
    {
      self->job_error = error;
      self->failed_job = job;
    }
  self->job = COFFER_STORAGE_IDLE;
  g_clear_object (&self->working);
  coffer_progress_stop (self->job_progress);
  g_clear_pointer (&self->job_progress, coffer_progress_unref);
  coffer_storage_look (self);
  tell (self);
  g_signal_emit (self, ended_signal, 0, job);
}

GCancellable *
coffer_storage_begin (CofferStorage     *self,
                      CofferStorageJob   job,
                      CofferProgress   **progress)
{
  if (!begin (self, job))
    return NULL;
  tell (self);
  *progress = self->job_progress;
  return self->working;
}

void
coffer_storage_end (CofferStorage *self,
                    GError        *error)
{
  end (self, error);
}

static void
checkpoint_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  GError *error = NULL;
  CofferCheckpoint checkpoint;

  if (coffer_vault_checkpoint_finish (COFFER_VAULT (source), result, &checkpoint, &error))
    {
      self->checkpoint = checkpoint;
      g_clear_pointer (&self->checkpoint_at, g_date_time_unref);
      self->checkpoint_at = g_date_time_new_now_local ();
    }
  end (self, error);
}

void
coffer_storage_checkpoint (CofferStorage        *self,
                           CofferCheckpointMode  mode)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (!begin (self, COFFER_STORAGE_CHECKPOINT))
    return;
  coffer_vault_checkpoint_async (self->vault, mode, self->working, checkpoint_cb, g_object_ref (self));
  tell (self);
}

static void
compact_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  GError *error = NULL;

  if (coffer_vault_compact_finish (COFFER_VAULT (source), result, &self->compacted, &error))
    {
      self->have_compacted = TRUE;
      self->compact_seconds = (double) (g_get_monotonic_time () - self->begun_at) / G_USEC_PER_SEC;
      self->compact_before = self->before;
    }
  end (self, error);
}

void
coffer_storage_compact (CofferStorage    *self,
                        CofferCompactWay  way,
                        gboolean          page_maps)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (!begin (self, COFFER_STORAGE_COMPACT))
    return;
  self->way = way;
  coffer_vault_compact_async (self->vault, way, page_maps, self->job_progress, self->working, compact_cb, g_object_ref (self));
  tell (self);
}

static void
copy_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  GError *error = NULL;

  if (coffer_vault_backup_finish (COFFER_VAULT (source), result, &self->problem, &error))
    g_set_object (&self->copied, self->target);
  g_clear_object (&self->target);
  end (self, error);
}

gboolean
coffer_storage_copy (CofferStorage *self,
                     GFile         *target)
{
  g_return_val_if_fail (COFFER_IS_STORAGE (self), FALSE);
  g_return_val_if_fail (g_file_peek_path (target) != NULL, FALSE);

  if (!begin (self, COFFER_STORAGE_COPY))
    return FALSE;
  self->target = g_object_ref (target);
  coffer_vault_backup_async (self->vault, target, self->job_progress, self->working, copy_cb, g_object_ref (self));
  tell (self);
  return TRUE;
}

static void
convert_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  GError *error = NULL;

  self->converted = coffer_vault_convert_finish (COFFER_VAULT (source), result, &self->problem, &error);
  end (self, error);
}

void
coffer_storage_convert (CofferStorage *self)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (!begin (self, COFFER_STORAGE_CONVERT))
    return;
  coffer_vault_convert_async (self->vault, self->job_progress, self->working, convert_cb, g_object_ref (self));
  tell (self);
}

static void
check_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  GError *error = NULL;
  CofferInspection *check = coffer_vault_check_finish (COFFER_VAULT (source), result, &error);

  if (check != NULL)
    {
      self->check = check;
      self->check_at = g_date_time_new_now_local ();
    }
  end (self, error);
}

void
coffer_storage_check (CofferStorage *self,
                      gboolean       full)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (!begin (self, COFFER_STORAGE_CHECK))
    return;
  g_clear_pointer (&self->check, coffer_inspection_free);
  g_clear_pointer (&self->check_at, g_date_time_unref);
  coffer_vault_check_async (self->vault, full, self->job_progress, self->working, check_cb, g_object_ref (self));
  tell (self);
}

void
coffer_storage_cancel (CofferStorage *self)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  g_cancellable_cancel (self->working);
}

/* In place, what has been read is then written back in one step of SQLite's. */
gboolean
coffer_storage_can_cancel (CofferStorage *self)
{
  g_return_val_if_fail (COFFER_IS_STORAGE (self), FALSE);

  return self->job != COFFER_STORAGE_IDLE && self->job != COFFER_STORAGE_CHECKPOINT && (self->way != COFFER_COMPACT_IN_PLACE ||
         self->step.bytes < self->step.bytes_total);
}

/* ---- what is known ---- */

CofferVault *
coffer_storage_get_vault (CofferStorage *self)
{
  return self->vault;
}

guint64
coffer_storage_get_parts (CofferStorage *self,
                          guint64        parts[COFFER_N_PARTS])
{
  const CofferSpace *space = &self->space;
  guint64 cut = space->main_size > space->file_size ? space->main_size - space->file_size : 0;

  memset (parts, 0, COFFER_N_PARTS * sizeof *parts);
  if (!self->have_space)
    return 0;
  parts[COFFER_PART_LOG] = space->wal_size;
  parts[COFFER_PART_FREE] = MIN (space->free_size + cut, space->main_size);
  if (self->have_split)
    {
      parts[COFFER_PART_VALUES] = self->split.values;
      parts[COFFER_PART_KEYS] = self->split.keys;
      parts[COFFER_PART_OTHER] = self->split.other;
      parts[COFFER_PART_FREE] = self->split.free;
    }
  else
    parts[COFFER_PART_IN_USE] = space->main_size - parts[COFFER_PART_FREE];
  return space->main_size + space->wal_size;
}

const CofferSpace *
coffer_storage_get_space (CofferStorage *self)
{
  return self->have_space ? &self->space : NULL;
}

const GError *
coffer_storage_get_error (CofferStorage *self)
{
  return self->error;
}

double
coffer_storage_get_measured (CofferStorage *self)
{
  return self->measuring != NULL ? self->measured : -1;
}

gboolean
coffer_storage_is_split (CofferStorage *self)
{
  return self->have_split;
}

const GError *
coffer_storage_get_split_error (CofferStorage *self)
{
  return self->split_error;
}

GPtrArray *
coffer_storage_get_holders (CofferStorage *self)
{
  return self->holders;
}

CofferStorageJob
coffer_storage_get_job (CofferStorage *self)
{
  return self->job;
}

guint64
coffer_storage_get_step (CofferStorage *self,
                         CofferStep    *step)
{
  gint64 us = g_get_monotonic_time () - self->begun_at;

  *step = self->step;
  return us > G_USEC_PER_SEC / 2 ? (guint64) ((double) step->bytes * G_USEC_PER_SEC / (double) us) : 0;
}

const GError *
coffer_storage_get_job_error (CofferStorage    *self,
                              CofferStorageJob *job)
{
  *job = self->failed_job;
  return self->job_error;
}

const CofferCheckpoint *
coffer_storage_get_checkpoint (CofferStorage  *self,
                               GDateTime     **when)
{
  *when = self->checkpoint_at;
  return self->checkpoint_at != NULL ? &self->checkpoint : NULL;
}

const CofferCompactPlan *
coffer_storage_get_plan (CofferStorage *self)
{
  return coffer_storage_get_way_plan (self, COFFER_COMPACT_AUTO);
}

const CofferCompactPlan *
coffer_storage_get_way_plan (CofferStorage    *self,
                             CofferCompactWay  way)
{
  return self->plans != NULL ? self->plans->ways[way] : NULL;
}

const CofferCompactResult *
coffer_storage_get_compacted (CofferStorage *self,
                              double        *seconds,
                              CofferSpace   *before)
{
  *seconds = self->compact_seconds;
  *before = self->compact_before;
  return self->have_compacted ? &self->compacted : NULL;
}

const CofferInspection *
coffer_storage_get_check (CofferStorage  *self,
                          GDateTime     **when)
{
  *when = self->check_at;
  return self->check;
}

/* (nullable) */
static const char *
get_problem (CofferStorage *self)
{
  return self->problem != NULL && *self->problem != '\0' ? self->problem : NULL;
}

GFile *
coffer_storage_get_copied (CofferStorage  *self,
                           const char    **problem)
{
  *problem = self->copied != NULL ? get_problem (self) : NULL;
  return self->copied;
}

gboolean
coffer_storage_get_converted (CofferStorage  *self,
                              const char    **problem)
{
  *problem = self->converted ? get_problem (self) : NULL;
  return self->converted;
}

/* ---- the object ---- */

static void
coffer_storage_dispose (GObject *object)
{
  CofferStorage *self = COFFER_STORAGE (object);

  if (self->vault != NULL)
    g_signal_handlers_disconnect_by_data (self->vault, self);
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  g_cancellable_cancel (self->measuring);
  end_measuring (self);
  g_clear_object (&self->vault);

  G_OBJECT_CLASS (coffer_storage_parent_class)->dispose (object);
}

static void
coffer_storage_finalize (GObject *object)
{
  CofferStorage *self = COFFER_STORAGE (object);

  g_clear_pointer (&self->plans, coffer_compact_plans_free);
  g_clear_pointer (&self->problem, g_free);
  g_clear_pointer (&self->holders, g_ptr_array_unref);
  g_clear_pointer (&self->checkpoint_at, g_date_time_unref);
  g_clear_pointer (&self->check, coffer_inspection_free);
  g_clear_pointer (&self->check_at, g_date_time_unref);
  g_clear_object (&self->copied);
  g_clear_object (&self->target);
  g_clear_error (&self->error);
  g_clear_error (&self->split_error);
  g_clear_error (&self->job_error);

  G_OBJECT_CLASS (coffer_storage_parent_class)->finalize (object);
}

static void
coffer_storage_class_init (CofferStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = coffer_storage_dispose;
  object_class->finalize = coffer_storage_finalize;
  changed_signal = g_signal_new ("changed", COFFER_TYPE_STORAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  ended_signal = g_signal_new ("ended", COFFER_TYPE_STORAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
coffer_storage_init (CofferStorage *self)
{
  self->watched = TRUE;
}

CofferStorage *
coffer_storage_new (CofferVault *vault)
{
  CofferStorage *self;

  g_return_val_if_fail (COFFER_IS_VAULT (vault), NULL);

  self = g_object_new (COFFER_TYPE_STORAGE, NULL);
  self->vault = g_object_ref (vault);
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (coffer_storage_look), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (coffer_storage_look), self);
  coffer_storage_look (self);
  return self;
}
