/* SPDX-License-Identifier: MIT */
/*
 * What the page "Storage" asks of a vault and does to it: where the bytes are, the log, compacting, a safe copy. Functions marked "lane" run
 * on a lane's thread, the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-storage.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* Lane. */
static gpointer
fail (kvault  *vault,
      int      rc,
      GError **error)
{
  *error = coffer_error_new (vault, rc);
  return NULL;
}

/* What a job is asked for; each takes what it needs. */
typedef struct {
  CofferProgress *progress;
  CofferCheckpointMode mode;
  CofferCompactWay way;
  gboolean page_maps;
  gboolean full;
  char *target;
} Wish;

static Wish *
wish_new (CofferProgress *progress)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  return wish;
}

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_clear_pointer (&wish->progress, coffer_progress_unref);
  g_free (wish->target);
  g_free (wish);
}

/* Lane. A cancel reaches the engine by itself. */
static int
progress_cb (const kvault_progress *progress,
             void                  *data)
{
  const Wish *wish = data;
  CofferStep *step;

  if (wish->progress == NULL)
    return 0;
  step = g_new (CofferStep, 1);
  *step = (CofferStep) { progress->bytes, progress->bytes_total };
  coffer_progress_tell (wish->progress, step);
  return 0;
}

/* ---- where the bytes are ---- */

/* stat() opens nothing, so no lock of this process is lost by it. */
static guint64
size_on_disk (kvault *vault)
{
  GStatBuf found;

  return g_stat (kvault_location (vault), &found) == 0 ? (guint64) found.st_size : 0;
}

/* Lane. */
static gpointer
space_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  kvault_stats stats;
  CofferSpace *space;
  int rc = kvault_stats_get (vault, &stats);

  if (rc != KVAULT_OK)
    return fail (vault, rc, error);
  space = g_new (CofferSpace, 1);
  *space = (CofferSpace) {
    .main_size = size_on_disk (vault),
    .wal_size = stats.wal_size,
    .wal_frames = stats.wal_frames,
    .wal_waiting = stats.wal_waiting * stats.page_size,
    .free_size = stats.reclaimable_size,
    .file_size = stats.file_size,
    .page_size = stats.page_size,
    .wal_mode = stats.journal == KVAULT_JOURNAL_WAL,
    .frozen = stats.frozen != 0,
    .page_maps = stats.auto_vacuum != 0,
  };
  return space;
}

void
coffer_vault_space_async (CofferVault         *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  coffer_vault_run_async (self, COFFER_LANE_LIST, NULL, space_worker, NULL, NULL, g_free, cancellable, callback, user_data);
}

/* Moves what a job gave to where a caller wants it. */
#define TAKE(answer, out) \
  G_STMT_START { \
    if ((answer) == NULL) \
      return FALSE; \
    *(out) = *(answer); \
    g_free (answer); \
    return TRUE; \
  } G_STMT_END

gboolean
coffer_vault_space_finish (CofferVault   *self,
                           GAsyncResult  *result,
                           CofferSpace   *space,
                           GError       **error)
{
  CofferSpace *answer = coffer_vault_run_finish (self, result, error);

  TAKE (answer, space);
}

/* Lane. */
static gpointer
split_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  kvault_split found;
  CofferSplit *split;
  int rc = kvault_split_get (vault, &found, progress_cb, data);

  if (rc != KVAULT_OK)
    return fail (vault, rc, error);
  split = g_new (CofferSplit, 1);
  *split = (CofferSplit) { found.main_size, found.values_size, found.keys_size, found.other_size, found.reclaimable_size };
  return split;
}

void
coffer_vault_split_async (CofferVault         *self,
                          CofferProgress      *progress,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  coffer_vault_run_async (self, COFFER_LANE_SCAN, NULL, split_worker, wish_new (progress), wish_free, g_free, cancellable, callback,
                          user_data);
}

gboolean
coffer_vault_split_finish (CofferVault   *self,
                           GAsyncResult  *result,
                           CofferSplit   *split,
                           GError       **error)
{
  CofferSplit *answer = coffer_vault_run_finish (self, result, error);

  TAKE (answer, split);
}

/* ---- the log ---- */

/* Nothing was told of the log: a part of this program did not let go of the file. */
static gboolean
never_began (const kvault_checkpoint_result *found)
{
  return found->frames == 0 && !found->reader && !found->writer && !found->checkpointer;
}

/* Lane. */
static gpointer
checkpoint_worker (kvault        *vault,
                   gpointer       data,
                   GCancellable  *cancellable,
                   GError       **error)
{
  static const kvault_checkpoint_mode modes[] = { KVAULT_CHECKPOINT_PASSIVE, KVAULT_CHECKPOINT_FULL, KVAULT_CHECKPOINT_TRUNCATE };
  const Wish *wish = data;
  kvault_checkpoint_result found;
  CofferCheckpoint *checkpoint;
  int rc = wish->mode == COFFER_CHECKPOINT_ALONE ? kvault_checkpoint_alone (vault, &found)
                                                 : kvault_checkpoint (vault, modes[wish->mode], &found);

  if (rc != KVAULT_OK && (rc != KVAULT_EBUSY || never_began (&found)))
    return fail (vault, rc, error);
  checkpoint = g_new (CofferCheckpoint, 1);
  *checkpoint = (CofferCheckpoint) {
    .frames = found.frames, .moved = found.moved, .finished = rc == KVAULT_OK && found.finished, .own = found.own,
    .reader = found.reader, .writer = found.writer, .checkpointer = found.checkpointer, .pid = (int) found.pid,
  };
  g_strlcpy (checkpoint->program, found.program, sizeof checkpoint->program);
  return checkpoint;
}

void
coffer_vault_checkpoint_async (CofferVault          *self,
                               CofferCheckpointMode  mode,
                               GCancellable         *cancellable,
                               GAsyncReadyCallback   callback,
                               gpointer              user_data)
{
  Wish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  wish = wish_new (NULL);
  wish->mode = mode;
  coffer_vault_run_async (self, COFFER_LANE_WRITE, NULL, checkpoint_worker, wish, wish_free, g_free, cancellable, callback, user_data);
}

gboolean
coffer_vault_checkpoint_finish (CofferVault       *self,
                                GAsyncResult      *result,
                                CofferCheckpoint  *checkpoint,
                                GError           **error)
{
  CofferCheckpoint *answer = coffer_vault_run_finish (self, result, error);

  TAKE (answer, checkpoint);
}

/* ---- compacting ---- */

void
coffer_compact_plan_free (CofferCompactPlan *self)
{
  g_free (self->reason);
  g_free (self->program);
  g_free (self);
}

/* The engine knows them by the same numbers. */
G_STATIC_ASSERT (COFFER_COMPACT_AUTO == (int) KVAULT_VACUUM_AUTO && COFFER_COMPACT_SWAP == (int) KVAULT_VACUUM_SWAP &&
                 COFFER_COMPACT_STEPS == (int) KVAULT_VACUUM_INCREMENTAL && COFFER_COMPACT_IN_PLACE == (int) KVAULT_VACUUM_IN_PLACE);

/* Lane. Where somebody is in the way of the quickest way, the numbers are those of the way that is left; who it is stays told. */
static int
plan_with_others (kvault                 *vault,
                  kvault_vacuum_options   options,
                  kvault_vacuum_estimate *found)
{
  kvault_vacuum_estimate quickest;
  int rc = kvault_vacuum_plan (vault, &options, found);

  if (rc != KVAULT_OK || options.way != KVAULT_VACUUM_AUTO ||
      (found->possible != KVAULT_EBUSY && found->possible != KVAULT_EPERM && found->possible != KVAULT_EFULL))
    return rc;
  quickest = *found;
  options.way = KVAULT_VACUUM_IN_PLACE;
  if ((rc = kvault_vacuum_plan (vault, &options, found)) != KVAULT_OK)
    return rc;
  found->n_others = quickest.n_others;
  found->pid = quickest.pid;
  memcpy (found->program, quickest.program, sizeof found->program);
  if (found->possible == KVAULT_OK)
    memcpy (found->reason, quickest.reason, sizeof found->reason);
  return rc;
}

/* Lane. */
static CofferCompactPlan *
plan_way (kvault            *vault,
          CofferCompactWay   way,
          gboolean           page_maps,
          GError           **error)
{
  const kvault_vacuum_options options = { .way = (kvault_vacuum_way) way, .page_maps = page_maps };
  kvault_vacuum_estimate found;
  CofferCompactPlan *plan;
  int rc = plan_with_others (vault, options, &found);

  if (rc != KVAULT_OK)
    return fail (vault, rc, error);
  plan = g_new (CofferCompactPlan, 1);
  *plan = (CofferCompactPlan) {
    .way = (CofferCompactWay) found.way, .possible = found.possible == KVAULT_OK, .reason = *found.reason != '\0' ? g_strdup (found.reason) : NULL,
    .live = found.live_size, .freed = found.freed, .disk_needed = found.disk_needed, .disk_free = found.disk_free,
    .memory_needed = found.memory_needed, .duration_ms = found.duration_ms, .n_others = found.n_others, .pid = (int) found.pid,
    .program = *found.program != '\0' ? g_strdup (found.program) : NULL,
  };
  return plan;
}

/* Lane. */
static gpointer
plan_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  const Wish *wish = data;

  return plan_way (vault, wish->way, wish->page_maps, error);
}

void
coffer_compact_plans_free (CofferCompactPlans *self)
{
  for (guint i = 0; i < COFFER_N_COMPACT_WAYS; i++)
    g_clear_pointer (&self->ways[i], coffer_compact_plan_free);
  g_free (self);
}

/* Lane. */
static gpointer
plans_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr(CofferCompactPlans) plans = g_new0 (CofferCompactPlans, 1);

  for (guint i = 0; i < COFFER_N_COMPACT_WAYS; i++)
    if ((plans->ways[i] = plan_way (vault, i, FALSE, error)) == NULL)
      return NULL;
  return g_steal_pointer (&plans);
}

void
coffer_vault_compact_plans_async (CofferVault         *self,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  coffer_vault_run_async (self, COFFER_LANE_LIST, NULL, plans_worker, NULL, NULL, (GDestroyNotify) coffer_compact_plans_free, cancellable,
                          callback, user_data);
}

CofferCompactPlans *
coffer_vault_compact_plans_finish (CofferVault   *self,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  return coffer_vault_run_finish (self, result, error);
}

void
coffer_vault_compact_plan_async (CofferVault         *self,
                                 CofferCompactWay     way,
                                 gboolean             page_maps,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  Wish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  wish = wish_new (NULL);
  wish->way = way;
  wish->page_maps = page_maps;
  coffer_vault_run_async (self, COFFER_LANE_LIST, NULL, plan_worker, wish, wish_free, (GDestroyNotify) coffer_compact_plan_free,
                          cancellable, callback, user_data);
}

CofferCompactPlan *
coffer_vault_compact_plan_finish (CofferVault   *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return coffer_vault_run_finish (self, result, error);
}

/* Lane. */
static gpointer
compact_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  Wish *wish = data;
  const kvault_vacuum_options options = {
    .way = (kvault_vacuum_way) wish->way, .page_maps = wish->page_maps, .progress = progress_cb, .progress_data = wish,
  };
  kvault_vacuum_result found;
  CofferCompactResult *done;
  int rc = kvault_vacuum (vault, &options, &found);

  if (rc != KVAULT_OK && !found.done && found.freed == 0)
    return fail (vault, rc, error);
  done = g_new0 (CofferCompactResult, 1);
  *done = (CofferCompactResult) {
    .way = (CofferCompactWay) found.way, .before = found.size_before, .after = found.size_after, .log_in_use = found.log_in_use != 0,
    .freed = found.freed, .complete = rc == KVAULT_OK || found.done, .cancelled = rc == KVAULT_ECANCELLED,
  };
  if (rc != KVAULT_OK)
    {
      g_autoptr(GError) problem = coffer_error_new (vault, rc);

      g_strlcpy (done->problem, problem->message, sizeof done->problem);
    }
  return done;
}

/* What was read by the numbers of rows may be wrong now. */
static void
compacted_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  CofferCompactResult *done = coffer_vault_run_finish (self, result, &error);

  coffer_vault_end_rewrite (self);
  if (done != NULL && done->way == COFFER_COMPACT_IN_PLACE)
    coffer_vault_tell_sharers (self);
  if (done != NULL)
    g_task_return_pointer (task, done, g_free);
  else
    g_task_return_error (task, error);
}

void
coffer_vault_compact_async (CofferVault         *self,
                            CofferCompactWay     way,
                            gboolean             page_maps,
                            CofferProgress      *progress,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  GTask *task;
  Wish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_compact_async);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told, cancelled or not */
  wish = wish_new (progress);
  wish->way = way;
  wish->page_maps = page_maps;
  coffer_vault_begin_rewrite (self);
  coffer_vault_run_async (self, COFFER_LANE_WRITE, NULL, compact_worker, wish, wish_free, g_free, cancellable, compacted_cb, task);
}

gboolean
coffer_vault_compact_finish (CofferVault          *self,
                             GAsyncResult         *result,
                             CofferCompactResult  *done,
                             GError              **error)
{
  CofferCompactResult *answer = g_task_propagate_pointer (G_TASK (result), error);

  TAKE (answer, done);
}

/* ---- another shape ---- */

/* Lane. */
static gpointer
convert_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  int rc = kvault_convert (vault, progress_cb, data);
  g_autoptr(GError) problem = NULL;

  if (rc == KVAULT_OK)
    return g_strdup ("");
  if (kvault_table_kind (vault) != KVAULT_SECTION_V2)
    return fail (vault, rc, error);
  problem = coffer_error_new (vault, rc);
  return g_strdup (problem->message);
}

static void
converted_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  char *problem = coffer_vault_run_finish (self, result, &error);

  coffer_vault_end_rewrite (self);
  if (problem != NULL)
    coffer_vault_read_anew (self);
  if (problem != NULL)
    g_task_return_pointer (task, problem, g_free);
  else
    g_task_return_error (task, error);
}

void
coffer_vault_convert_async (CofferVault         *self,
                            CofferProgress      *progress,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  GTask *task;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_convert_async);
  g_task_set_check_cancellable (task, FALSE);
  coffer_vault_begin_rewrite (self);
  coffer_vault_run_async (self, COFFER_LANE_WRITE, coffer_vault_get_table (self), convert_worker, wish_new (progress), wish_free, g_free,
                          cancellable, converted_cb, task);
}

gboolean
coffer_vault_convert_finish (CofferVault   *self,
                             GAsyncResult  *result,
                             char         **problem,
                             GError       **error)
{
  *problem = g_task_propagate_pointer (G_TASK (result), error);
  return *problem != NULL;
}

/* ---- looking for damage ---- */

#define MAX_FOUND 1000   /* that are told one by one */

static void
found_free (gpointer data)
{
  CofferFound *found = data;

  g_free (found->message);
  g_free (found->table);
  g_clear_pointer (&found->key, coffer_key_unref);
  g_free (found);
}

void
coffer_inspection_free (CofferInspection *self)
{
  g_ptr_array_unref (self->found);
  g_free (self);
}

/* Lane. (transfer full) */
static CofferKey *
make_key (const kvault_entry *entry)
{
  g_autoptr(GBytes) bytes = g_bytes_new (entry->key, entry->key_size);

  return coffer_key_new (bytes, entry->key_class, entry->id);
}

/* Lane. */
static int
found_cb (const kvault_finding *finding,
          void                 *data)
{
  CofferInspection *check = data;
  CofferFound *found;

  if (check->found->len == MAX_FOUND)
    return 0;
  found = g_new (CofferFound, 1);
  *found = (CofferFound) {
    .message = g_utf8_make_valid (finding->message, -1), .is_damage = finding->is_damage != 0, .table = g_strdup (finding->table),
    .key = finding->entry != NULL ? make_key (finding->entry) : NULL,
  };
  g_ptr_array_add (check->found, found);
  return 0;
}

/* Lane. */
static gpointer
check_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  const Wish *wish = data;
  g_autoptr(CofferInspection) check = g_new0 (CofferInspection, 1);
  kvault_check_result result;
  int rc;

  check->found = g_ptr_array_new_with_free_func (found_free);
  rc = kvault_check (vault, wish->full ? KVAULT_CHECK_FULL : 0, found_cb, check, progress_cb, data, &result);
  if (rc != KVAULT_OK)
    return fail (vault, rc, error);
  check->full = wish->full;
  check->keys = result.keys;
  check->bytes = result.bytes;
  check->n_found = result.findings;
  check->n_damages = result.damages;
  return g_steal_pointer (&check);
}

void
coffer_vault_check_async (CofferVault         *self,
                          gboolean             full,
                          CofferProgress      *progress,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  Wish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  wish = wish_new (progress);
  wish->full = full;
  coffer_vault_run_settled_async (self, COFFER_LANE_SCAN, NULL, FALSE, check_worker, wish, wish_free, (GDestroyNotify) coffer_inspection_free, cancellable,
                          callback, user_data);
}

CofferInspection *
coffer_vault_check_finish (CofferVault   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return coffer_vault_run_finish (self, result, error);
}

/* ---- a safe copy ---- */

/* Lane. */
static gpointer
backup_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  const Wish *wish = data;
  gboolean was_there = g_access (wish->target, F_OK) == 0;
  int rc = kvault_backup (vault, wish->target, progress_cb, data);
  g_autoptr(GError) problem = NULL;

  if (rc == KVAULT_OK)
    return g_strdup ("");
  if (was_there || rc == KVAULT_EEXIST || g_access (wish->target, F_OK) != 0)
    return fail (vault, rc, error);
  problem = coffer_error_new (vault, rc);   /* the copy is whole, see kvault_backup() */
  return g_strdup (problem->message);
}

void
coffer_vault_backup_async (CofferVault         *self,
                           GFile               *target,
                           CofferProgress      *progress,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  Wish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  wish = wish_new (progress);
  wish->target = g_file_get_path (target);
  coffer_vault_run_settled_async (self, COFFER_LANE_SCAN, NULL, TRUE, backup_worker, wish, wish_free, g_free, cancellable, callback, user_data);
}

gboolean
coffer_vault_backup_finish (CofferVault   *self,
                            GAsyncResult  *result,
                            char         **problem,
                            GError       **error)
{
  *problem = coffer_vault_run_finish (self, result, error);
  return *problem != NULL;
}
