/* SPDX-License-Identifier: MIT */
/*
 * What the page "Storage" asks of a vault and does to it: where the bytes are, the log, compacting, another shape. Functions marked "lane"
 * run on a lane's thread, the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-storage.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"
#include "coffer-wish-private.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

/* Lane. */
static gpointer
fail (kvault  *vault,
      int      rc,
      GError **error)
{
  *error = coffer_error_new (vault, rc);
  return NULL;
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
    .main_free_size = stats.main_free_size,
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

static void
split_table_free (gpointer data)
{
  CofferSplitTable *self = data;

  g_free (self->name);
  g_free (self);
}

static void
split_free (gpointer data)
{
  CofferSplit *self = data;

  g_clear_pointer (&self->tables, g_ptr_array_unref);
  g_free (self);
}

/* Lane. */
static GPtrArray *
copy_tables (const kvault_split_table *tables,
             size_t                    n)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func (split_table_free);

  for (size_t i = 0; i < n; i++)
    {
      CofferSplitTable *copy = g_new (CofferSplitTable, 1);

      *copy = (CofferSplitTable) { g_utf8_make_valid (tables[i].name, -1), tables[i].is_vault != 0, tables[i].table_size, tables[i].index_size };
      g_ptr_array_add (copies, copy);
    }
  return copies;
}

/* Lane. */
static gpointer
split_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  kvault_split found;
  const kvault_split_table *tables;
  size_t n_tables;
  CofferSplit *split;
  int rc = kvault_split_tables (vault, &found, &tables, &n_tables, coffer_wish_progress_cb, data);

  if (rc != KVAULT_OK)
    return fail (vault, rc, error);
  split = g_new (CofferSplit, 1);
  *split = (CofferSplit) { found.main_size, found.values_size, found.keys_size, found.other_size, found.reclaimable_size,
                            copy_tables (tables, n_tables) };
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

  coffer_vault_run_async (self, COFFER_LANE_SCAN, NULL, split_worker, coffer_wish_new (progress), coffer_wish_free, split_free, cancellable,
                          callback, user_data);
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
  const CofferWish *wish = data;
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
  CofferWish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  wish = coffer_wish_new (NULL);
  wish->mode = mode;
  coffer_vault_run_once_async (self, checkpoint_worker, wish, coffer_wish_free, g_free, cancellable, callback, user_data);
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

static void
plan_free (CofferCompactPlan *self)
{
  g_free (self->reason);
  g_free (self->program);
  g_free (self);
}

/* The engine knows them by the same numbers. */
G_STATIC_ASSERT (COFFER_COMPACT_AUTO == (int) KVAULT_VACUUM_AUTO && COFFER_COMPACT_SWAP == (int) KVAULT_VACUUM_SWAP &&
                 COFFER_COMPACT_STEPS == (int) KVAULT_VACUUM_INCREMENTAL && COFFER_COMPACT_IN_PLACE == (int) KVAULT_VACUUM_IN_PLACE);

/* Lane. Where somebody is in the way of the quickest way, the numbers are those of the way that is left, if there is one; who it is stays
 * told. */
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
  if (found->possible != KVAULT_OK)   /* that way needs no less: what would help is to make room for the quickest */
    {
      *found = quickest;
      return KVAULT_OK;
    }
  found->n_others = quickest.n_others;
  found->pid = quickest.pid;
  memcpy (found->program, quickest.program, sizeof found->program);
  memcpy (found->reason, quickest.reason, sizeof found->reason);
  return rc;
}

/* Why a new file cannot take the old one's place: the engine's words, behind the file's name, as sentences for people. */
static const struct {
  const char *engine, *words;
} obstacles[] = {
  { "the file has more than one name (hard links), and only one could be given to the new file",
    N_("The file has more than one name (hard links), and a new file could have only one of them") },
  { "the file belongs to somebody else", N_("The file belongs to somebody else, who alone may put a new one in its place") },
  { "its file system cannot tell whether others have the file open",
    N_("This disk cannot tell whether others have the file open, so no new file may take its place") },
  { "another part of this program has the file open and does not let go of it",
    N_("Another part of this program has the file open and needs it for now") },
  { "the file has no page maps, which giving space back in steps needs", N_("Needs page maps, which the other ways can turn on") },
  { "it was opened for viewing", N_("The vault is read-only") },
};

/* Lane. (transfer full) (nullable) */
static char *
dup_reason (const char *engine)
{
  for (guint i = 0; i < G_N_ELEMENTS (obstacles); i++)
    if (g_str_has_suffix (engine, obstacles[i].engine))
      return g_strdup (_(obstacles[i].words));
  return *engine != '\0' ? g_strdup (_("Cannot be done with this file now")) : NULL;
}

/* Lane. */
static CofferCompactPlan *
plan_way (kvault            *vault,
          CofferCompactWay   way,
          const CofferDisk  *disk,
          GError           **error)
{
  const kvault_disk known = { .write_rate = disk->write_rate, .read_rate = disk->read_rate };
  const kvault_vacuum_options options = { .way = (kvault_vacuum_way) way, .disk = &known };
  kvault_vacuum_estimate found;
  CofferCompactPlan *plan;
  int rc = plan_with_others (vault, options, &found);

  if (rc != KVAULT_OK)
    return fail (vault, rc, error);
  plan = g_new (CofferCompactPlan, 1);
  *plan = (CofferCompactPlan) {
    .way = (CofferCompactWay) found.way, .possible = found.possible == KVAULT_OK, .reason = dup_reason (found.reason),
    .live = found.live_size, .freed = found.freed, .disk_needed = found.disk_needed + (found.temporary_apart ? 0 : found.temporary_needed),
    .disk_free = found.disk_free, .temporary_needed = found.temporary_apart ? found.temporary_needed : 0, .temporary_free = found.temporary_free,
    .disk_enough = found.disk_enough != 0, .keeps_old = found.keeps_old != 0, .memory_needed = found.memory_needed, .memory_free = found.memory_free,
    .duration_ms = found.duration_ms, .duration_max_ms = found.duration_max_ms, .log_held = found.log_held != 0, .n_others = found.n_others,
    .pid = (int) found.pid,
    .program = *found.program != '\0' ? g_strdup (found.program) : NULL,
  };
  return plan;
}

void
coffer_compact_plans_free (CofferCompactPlans *self)
{
  for (guint i = 0; i < COFFER_N_COMPACT_WAYS; i++)
    g_clear_pointer (&self->ways[i], plan_free);
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
  kvault_stats stats;
  int rc = kvault_stats_get (vault, &stats);

  if (rc != KVAULT_OK)
    return fail (vault, rc, error);
  for (guint i = 0; i < COFFER_N_COMPACT_WAYS; i++)
    {
      if ((plans->ways[i] = plan_way (vault, i, data, error)) == NULL)
        return NULL;
      plans->ways[i]->log_size = stats.wal_size;
    }
  return g_steal_pointer (&plans);
}

void
coffer_vault_compact_plans_async (CofferVault         *self,
                                  const CofferDisk    *disk,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  CofferDisk *known;

  g_return_if_fail (COFFER_IS_VAULT (self));

  known = g_new0 (CofferDisk, 1);
  if (disk != NULL)
    *known = *disk;
  coffer_vault_run_async (self, COFFER_LANE_LIST, NULL, plans_worker, known, g_free, (GDestroyNotify) coffer_compact_plans_free, cancellable,
                          callback, user_data);
}

CofferCompactPlans *
coffer_vault_compact_plans_finish (CofferVault   *self,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  return coffer_vault_run_finish (self, result, error);
}

static CofferCompactSide
side_of (const kvault_vacuum_side *side)
{
  return (CofferCompactSide) { .main_size = side->main_size, .wal_size = side->log_size, .free_size = side->free_size, .keys = side->keys };
}

/* Lane. */
static gpointer
compact_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  CofferWish *wish = data;
  const kvault_vacuum_options options = {
    .way = (kvault_vacuum_way) wish->way, .page_maps = wish->page_maps, .progress = coffer_wish_progress_cb, .progress_data = wish,
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
    .was = side_of (&found.before), .is = side_of (&found.after), .pages_verified = (found.verified & KVAULT_VERIFIED_PAGES) != 0,
    .content_verified = (found.verified & KVAULT_VERIFIED_CONTENT) != 0, .verify_cancelled = found.verify_cancelled != 0,
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
  if (done != NULL && done->way != COFFER_COMPACT_STEPS)
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
  CofferWish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_compact_async);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told, cancelled or not */
  wish = coffer_wish_new (progress);
  wish->way = way;
  wish->page_maps = page_maps;
  coffer_vault_begin_rewrite (self);
  coffer_vault_run_once_async (self, compact_worker, wish, coffer_wish_free, g_free, cancellable, compacted_cb, task);
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
  int rc = kvault_convert (vault, coffer_wish_progress_cb, data);
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
  coffer_vault_run_async (self, COFFER_LANE_WRITE, coffer_vault_get_table (self), convert_worker, coffer_wish_new (progress),
                          coffer_wish_free, g_free, cancellable, converted_cb, task);
  if (!self->editing)
    coffer_vault_let_go (self, COFFER_LANE_WRITE);   /* a vault that is only viewed stays so */
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
