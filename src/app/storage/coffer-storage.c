/* SPDX-License-Identifier: MIT */
/*
 * The storage of a vault, by its lanes. An answer about a file that has changed meanwhile is asked for again: what the pages belong to is
 * dropped when their number is another. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage.h"

#include "coffer-storage-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SMALL_SIZE (G_GUINT64_CONSTANT (1) << 30)        /* whose pages are looked at without being asked for: a second or two */
#define SMALL_ROLLBACK (G_GUINT64_CONSTANT (256) << 20)  /* where writers wait for that */
#define AROUND_US (3 * G_USEC_PER_SEC)   /* between looks at what reads /proc and tries leases, beside somebody who writes all the time */
#define SHORT_MS 2000                    /* what compacting takes even on a slow disk: nobody needs to know closer */
#define MAX_TRIES 5                      /* to find out what the pages belong to, while others let the file grow or shrink */
#define REST 10                          /* times as long as it took what the pages belong to is left alone then, from its beginning on */

struct _CofferStorage {
  GObject parent_instance;

  CofferVault *vault;
  GCancellable *looking, *looking_around;   /* what was asked for last */
  CofferSpace space;
  gboolean have_space;
  GError *error;
  GPtrArray *holders;
  CofferUnseen unseen;             /* what they may not be all of */
  CofferCompactPlans *plans;
  GError *plans_error;
  gboolean watched;
  CofferDisk disk;                 /* of zeros: unknown */
  CofferDiskState disk_state;
  gint64 around_at;                /* when others and the ways to compact were looked at last */
  guint later_id;                  /* to look at what was put off */

  GCancellable *measuring;         /* NULL: not under way */
  CofferProgress *measure_progress;
  double measured;
  gint64 measure_began, measure_rests_until;
  CofferSpace split_space;         /* as it was when that began */
  CofferSplit split;
  gboolean have_split;
  gboolean split_asked;            /* a person asked for it, in a file so large that it is not read unasked */
  GDateTime *split_at;
  gboolean split_old;              /* pages have come or gone since: as of then */
  gboolean stopped;                /* a person does not want to know */
  gboolean wanted;                 /* a person asked for it, however large the file is; until it is there or they stop it */
  guint n_tries;                   /* for that person */
  GError *split_error;

  CofferStorageJob job;
  GCancellable *working;
  CofferProgress *job_progress;
  CofferStep step;
  gint64 step_begun_at;
  gint64 begun_at;
  CofferSpace before;
  GError *job_error;
  CofferStorageJob failed_job;
  CofferCheckpoint checkpoint;
  GDateTime *checkpoint_at;        /* NULL: there was none */
  CofferLogHolder *log_holder;     /* who was in its way; NULL: nobody, or not any more */
  CofferCompactResult compacted;
  gboolean have_compacted;
  double compact_seconds;
  GDateTime *compacted_at;         /* (nullable) */
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

static void look_at_space (CofferStorage *self);

/* The file has another size now. */
static void
try_again (CofferStorage *self)
{
  if (self->wanted && ++self->n_tries >= MAX_TRIES)
    {
      self->wanted = FALSE;
      self->split_error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, _("The file grew or shrank each time it was read: others write to it"));
    }
  look_at_space (self);
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
    {
      if (found)
        g_ptr_array_unref (split.tables);
      return;
    }
  end_measuring (self);
  self->measure_rests_until = g_get_monotonic_time () + (g_get_monotonic_time () - self->measure_began) * (REST - 1);
  if (found && split.main_size == self->space.main_size)
    {
      self->split_asked = self->wanted;
      self->split_old = FALSE;
      g_clear_pointer (&self->split_at, g_date_time_unref);
      self->split_at = g_date_time_new_now_local ();
      self->wanted = FALSE;
      g_clear_pointer (&self->split.tables, g_ptr_array_unref);
      self->split = split;
      self->split_space = self->space;
      self->have_split = TRUE;
    }
  else if (found)
    {
      g_ptr_array_unref (split.tables);
      try_again (self);
    }
  else if (!is_cancelled (error))
    {
      self->wanted = FALSE;
      self->split_error = g_steal_pointer (&error);
    }
  tell (self);
}

static void
measure (CofferStorage *self)
{
  g_clear_error (&self->split_error);
  self->stopped = FALSE;
  self->measured = 0;
  self->measure_began = g_get_monotonic_time ();
  self->measuring = g_cancellable_new ();
  self->measure_progress = coffer_progress_new (measure_progress_cb, self, g_free);
  coffer_vault_split_async (self->vault, self->measure_progress, self->measuring, split_cb, g_object_ref (self));
  tell (self);
}

void
coffer_storage_measure (CofferStorage *self)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (self->measuring != NULL || !self->have_space || self->job != COFFER_STORAGE_IDLE)
    return;
  self->wanted = TRUE;
  self->n_tries = 0;
  measure (self);
}

void
coffer_storage_stop_measuring (CofferStorage *self)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (self->measuring == NULL)
    return;
  self->stopped = TRUE;
  self->wanted = FALSE;
  g_cancellable_cancel (self->measuring);
  end_measuring (self);
  tell (self);
}

static gboolean
later_cb (gpointer data)
{
  CofferStorage *self = data;

  self->later_id = 0;
  coffer_storage_look (self);
  return G_SOURCE_REMOVE;
}

static void
look_later (CofferStorage *self,
            gint64         at)
{
  gint64 us = at - g_get_monotonic_time ();

  if (self->later_id == 0)
    self->later_id = g_timeout_add ((guint) (MAX (us, 0) / 1000 + 1), later_cb, self);
}

static void
measure_if_due (CofferStorage *self)
{
  guint64 limit = self->space.wal_mode ? SMALL_SIZE : SMALL_ROLLBACK;

  if (!self->watched || (self->have_split && !(self->split_old && self->wanted)) || self->stopped || self->split_error != NULL || self->job != COFFER_STORAGE_IDLE
      || (self->space.main_size > limit && !self->wanted) || self->measuring != NULL)
    return;
  if (g_get_monotonic_time () < self->measure_rests_until && !self->wanted)
    look_later (self, self->measure_rests_until);
  else
    measure (self);
}

/* Pages came or went. What a person waited for, of a large file, is kept as of then; what is free is known without reading. */
static void
outdate_split (CofferStorage *self)
{
  gboolean is_large = self->space.main_size > (self->space.wal_mode ? SMALL_SIZE : SMALL_ROLLBACK);
  guint64 parts[COFFER_N_PARTS];

  self->have_split = FALSE;
  if (!self->split_asked || !is_large)
    return;
  coffer_storage_get_parts (self, parts);   /* as without it */
  self->split.free = parts[COFFER_PART_FREE];
  self->have_split = self->split_old = TRUE;
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
    outdate_split (self);
  if (found)
    measure_if_due (self);
  tell (self);
}

/* The lanes may have let go of the file: it looks when that is done. */
static gboolean
may_look (CofferStorage *self)
{
  return self->watched && self->job != COFFER_STORAGE_COMPACT && self->job != COFFER_STORAGE_CONVERT;
}

static void look_around (CofferStorage *self);

static void
disk_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;

  self->disk_state = coffer_disk_measure_finish (result, &self->disk) ? COFFER_DISK_MEASURED : COFFER_DISK_UNKNOWN;
  if (may_look (self))
    look_around (self);
  tell (self);
}

/* Only if a person would have to know, and once: it writes to the disk. */
static void
measure_disk_if_needed (CofferStorage *self)
{
  const CofferCompactPlan *plan = self->plans->ways[COFFER_COMPACT_AUTO];

  if (self->disk_state != COFFER_DISK_NOT_TRIED || !may_look (self) || plan->freed == 0 || plan->duration_max_ms <= SHORT_MS)
    return;
  self->disk_state = COFFER_DISK_BEING_MEASURED;
  coffer_disk_measure_async (coffer_vault_get_file (self->vault), NULL, disk_cb, g_object_ref (self));
}

static void
plans_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferCompactPlans) plans = coffer_vault_compact_plans_finish (COFFER_VAULT (source), result, &error);

  if (self->looking_around != g_task_get_cancellable (G_TASK (result)) || is_cancelled (error))
    return;
  g_clear_pointer (&self->plans, coffer_compact_plans_free);
  g_clear_error (&self->plans_error);
  self->plans = g_steal_pointer (&plans);
  self->plans_error = g_steal_pointer (&error);
  if (self->plans != NULL)
    measure_disk_if_needed (self);
  if (self->plans != NULL && self->plans->ways[COFFER_COMPACT_AUTO]->log_held && may_look (self))   /* nothing in the file tells when it ends */
    look_later (self, self->around_at + AROUND_US);
  tell (self);
}

static void
holders_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  CofferUnseen unseen;
  g_autoptr(GPtrArray) holders = coffer_holders_find_finish (result, &unseen, NULL);

  if (holders == NULL)
    return;
  self->unseen = unseen;
  g_clear_pointer (&self->holders, g_ptr_array_unref);
  self->holders = g_steal_pointer (&holders);
  tell (self);
}

static void
look_at_space (CofferStorage *self)
{
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  self->looking = g_cancellable_new ();
  coffer_vault_space_async (self->vault, self->looking, space_cb, g_object_ref (self));
}

static void
look_around (CofferStorage *self)
{
  g_cancellable_cancel (self->looking_around);
  g_clear_object (&self->looking_around);
  self->looking_around = g_cancellable_new ();
  self->around_at = g_get_monotonic_time ();
  coffer_vault_compact_plans_async (self->vault, &self->disk, self->looking_around, plans_cb, g_object_ref (self));
  coffer_holders_find_async (coffer_vault_get_file (self->vault), self->looking_around, holders_cb, g_object_ref (self));
}

void
coffer_storage_look (CofferStorage *self)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (!may_look (self))
    return;
  look_at_space (self);
  look_around (self);
}

/* Somebody wrote, which may be many times a second. */
static void
touched_cb (CofferStorage *self)
{
  if (!may_look (self))
    return;
  look_at_space (self);
  if (g_get_monotonic_time () - self->around_at >= AROUND_US)
    look_around (self);
  else
    look_later (self, self->around_at + AROUND_US);
}

static void
stop_looking (CofferStorage *self)
{
  g_clear_handle_id (&self->later_id, g_source_remove);
  g_cancellable_cancel (self->looking);
  g_clear_object (&self->looking);
  g_cancellable_cancel (self->looking_around);
  g_clear_object (&self->looking_around);
}

void
coffer_storage_set_watched (CofferStorage *self,
                            gboolean       watched)
{
  g_return_if_fail (COFFER_IS_STORAGE (self));

  if (self->watched == watched)
    return;
  self->watched = watched;
  if (self->log_holder != NULL)
    coffer_log_holder_set_watched (self->log_holder, watched);
  if (watched)
    {
      coffer_storage_look (self);
      return;
    }
  stop_looking (self);
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

  if (step->number != self->step.number)
    self->step_begun_at = g_get_monotonic_time ();
  self->step = *step;
  tell (self);
}

/* What a person must know who wants to unplug the disk. A check that is cut off has changed nothing, and says so. */
static CofferVaultUse
use_of (CofferStorageJob job)
{
  switch (job)
    {
    case COFFER_STORAGE_COPY:
    case COFFER_STORAGE_SALVAGE:
      return COFFER_VAULT_COPIED;
    case COFFER_STORAGE_CHECKPOINT:
    case COFFER_STORAGE_COMPACT:
    case COFFER_STORAGE_CONVERT:
    case COFFER_STORAGE_JOURNAL:
    case COFFER_STORAGE_OPTIMIZE:
    case COFFER_STORAGE_WIPE:
      return COFFER_VAULT_WRITTEN;
    case COFFER_STORAGE_CHECK:
    case COFFER_STORAGE_IDLE:
    default:
      return COFFER_VAULT_UNUSED;
    }
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
  if (job == COFFER_STORAGE_COMPACT || job == COFFER_STORAGE_CONVERT)
    self->split_asked = FALSE;     /* nothing is left as it was then */
  g_clear_object (&self->copied);
  g_clear_pointer (&self->problem, g_free);
  self->way = COFFER_COMPACT_AUTO;
  self->job = job;
  self->before = self->space;
  self->step = (CofferStep) { .bytes_total = G_MAXUINT64 };
  self->begun_at = self->step_begun_at = g_get_monotonic_time ();
  self->working = g_cancellable_new ();
  self->job_progress = coffer_progress_new (job_progress_cb, self, g_free);
  coffer_vault_begin_use (self->vault, use_of (job));
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
  coffer_vault_end_use (self->vault, use_of (job));
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
drop_log_holder (CofferStorage *self)
{
  if (self->log_holder != NULL)
    g_signal_handlers_disconnect_by_data (self->log_holder, self);
  g_clear_object (&self->log_holder);
}

/* One of them let go. Nothing in the file tells of that. */
static void
holder_changed_cb (CofferStorage *self)
{
  if (!coffer_log_holder_is_there (self->log_holder))
    drop_log_holder (self);
  coffer_storage_look (self);
  tell (self);
}

static void
follow_log_holder (CofferStorage *self)
{
  drop_log_holder (self);
  if (self->checkpoint.finished && self->checkpoint.moved >= self->checkpoint.frames)
    return;
  self->log_holder = coffer_log_holder_new (self->vault, &self->checkpoint);
  g_signal_connect_swapped (self->log_holder, "changed", G_CALLBACK (holder_changed_cb), self);
  coffer_log_holder_set_watched (self->log_holder, self->watched);
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
      follow_log_holder (self);
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
      g_clear_pointer (&self->compacted_at, g_date_time_unref);
      self->compacted_at = g_date_time_new_now_local ();
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

/* The second half of the way in place, in which SQLite writes the copy back and its log is moved; and the log again after steps. */
gboolean
coffer_storage_can_cancel (CofferStorage *self)
{
  gboolean moves_log;

  g_return_val_if_fail (COFFER_IS_STORAGE (self), FALSE);

  moves_log = self->step.kind == COFFER_STEP_PLACE && coffer_storage_moves_log (self);
  return self->job != COFFER_STORAGE_IDLE && self->step.kind != COFFER_STEP_WRITE_BACK && !moves_log;
}

gboolean
coffer_storage_moves_log (CofferStorage *self)
{
  return self->job == COFFER_STORAGE_COMPACT && (self->way == COFFER_COMPACT_STEPS || self->way == COFFER_COMPACT_IN_PLACE);
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

  memset (parts, 0, COFFER_N_PARTS * sizeof *parts);
  if (!self->have_space)
    return 0;
  parts[COFFER_PART_LOG] = space->wal_size;
  parts[COFFER_PART_FREE] = MIN (space->main_free_size, space->main_size);
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

GPtrArray *
coffer_storage_list_segments (CofferStorage *self)
{
  guint64 parts[COFFER_N_PARTS];
  GPtrArray *segments;

  g_return_val_if_fail (COFFER_IS_STORAGE (self), NULL);

  coffer_storage_get_parts (self, parts);
  segments = self->have_space && self->have_split ? coffer_segments_new_split (&self->split)
                                                  : coffer_segments_new_whole (parts[COFFER_PART_IN_USE] + parts[COFFER_PART_FREE],
                                                                               parts[COFFER_PART_FREE]);
  coffer_segments_add (segments, COFFER_PART_LOG, parts[COFFER_PART_LOG]);
  return segments;
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

GDateTime *
coffer_storage_get_split_time (CofferStorage *self)
{
  return self->have_split && self->split_old ? self->split_at : NULL;
}

const GError *
coffer_storage_get_split_error (CofferStorage *self)
{
  return self->split_error;
}

GPtrArray *
coffer_storage_get_holders (CofferStorage *self,
                            CofferUnseen  *unseen)
{
  if (unseen != NULL)
    *unseen = self->unseen;
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
  gint64 us = g_get_monotonic_time () - self->step_begun_at;

  *step = self->step;
  return us > G_USEC_PER_SEC / 2 ? (guint64) ((double) step->bytes * G_USEC_PER_SEC / (double) us) : 0;
}

double
coffer_storage_get_left (CofferStorage *self)
{
  double done = self->step.n > 0 ? self->step.fraction
              : self->step.bytes_total != G_MAXUINT64 ? (double) self->step.bytes / (double) MAX (self->step.bytes_total, 1) : 0;
  double seconds = (double) (g_get_monotonic_time () - self->begun_at) / G_USEC_PER_SEC;

  return done >= .01 && seconds > .5 ? seconds * (1 - MIN (done, 1)) / done : -1;
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

CofferLogHolder *
coffer_storage_get_log_holder (CofferStorage *self)
{
  return self->log_holder;
}

CofferDiskState
coffer_storage_get_disk (CofferStorage *self,
                         CofferDisk    *disk)
{
  *disk = self->disk;
  return self->disk_state;
}

const GError *
coffer_storage_get_plan_error (CofferStorage *self)
{
  return self->plans_error;
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

GDateTime *
coffer_storage_get_compacted_at (CofferStorage *self)
{
  return self->compacted_at;
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
  stop_looking (self);
  drop_log_holder (self);
  g_cancellable_cancel (self->measuring);
  end_measuring (self);
  g_clear_object (&self->vault);

  G_OBJECT_CLASS (coffer_storage_parent_class)->dispose (object);
}

static void
coffer_storage_finalize (GObject *object)
{
  CofferStorage *self = COFFER_STORAGE (object);

  g_clear_pointer (&self->compacted_at, g_date_time_unref);
  g_clear_pointer (&self->split_at, g_date_time_unref);
  g_clear_pointer (&self->split.tables, g_ptr_array_unref);
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
  g_clear_error (&self->plans_error);
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
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (touched_cb), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (coffer_storage_look), self);
  coffer_storage_look (self);
  return self;
}
