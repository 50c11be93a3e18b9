/* SPDX-License-Identifier: MIT */
/*
 * When what waits in memory is written. The values themselves lie on the engine's shelf, which the WRITE lane puts them on and
 * writes them from; here are the clock, the reasons, and who has to be told. Main thread.
 *
 * What is kept true: there is a clock running whenever something waits and a vault that has the cache may write, unless a flush is
 * under way or a person has to decide.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-cache-private.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

#define FIRST_RETRY_S 1
#define LONGEST_RETRY_S 60

struct _CofferCache {
  GObject parent_instance;

  kvault_shelf *shelf;
  CofferCacheOptions options;
  GPtrArray *vaults;           /* unowned */
  char *problem;
  guint pause_s;               /* after the last failure; 0: none */
  gint64 retry_at;             /* monotonic */
  gboolean is_stale;           /* what waits was meant for another file */
  guint n_flushing;
  guint clock_id;
};

enum {
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void schedule (CofferCache *self);

G_DEFINE_FINAL_TYPE (CofferCache, coffer_cache, G_TYPE_OBJECT)

static void
coffer_cache_finalize (GObject *object)
{
  CofferCache *self = COFFER_CACHE (object);

  g_clear_handle_id (&self->clock_id, g_source_remove);
  g_ptr_array_unref (self->vaults);
  kvault_shelf_unref (self->shelf);
  g_free (self->problem);

  G_OBJECT_CLASS (coffer_cache_parent_class)->finalize (object);
}

static void
coffer_cache_class_init (CofferCacheClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_cache_finalize;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_cache_init (CofferCache *self)
{
  if ((self->shelf = kvault_shelf_new ()) == NULL)
    g_error ("no memory for a shelf");
  self->vaults = g_ptr_array_new ();
  self->options = (CofferCacheOptions) { FALSE, COFFER_CACHE_CAPACITY, COFFER_CACHE_THRESHOLD, COFFER_CACHE_INTERVAL };
}

CofferCache *
coffer_cache_new (void)
{
  return g_object_new (COFFER_TYPE_CACHE, NULL);
}

kvault_shelf *
coffer_cache_get_shelf (CofferCache *self)
{
  return self->shelf;
}

void
coffer_cache_add_vault (CofferCache *self,
                        CofferVault *vault)
{
  g_ptr_array_add (self->vaults, vault);
}

void
coffer_cache_remove_vault (CofferCache *self,
                           CofferVault *vault)
{
  g_ptr_array_remove (self->vaults, vault);
  if (self->vaults->len == 0)
    g_clear_handle_id (&self->clock_id, g_source_remove);
  else
    schedule (self);
}

/* ---- what there is ---- */

void
coffer_cache_get_state (CofferCache      *self,
                        CofferCacheState *state)
{
  kvault_shelf_stats stats;
  gint64 wait = self->retry_at - g_get_monotonic_time ();

  g_return_if_fail (COFFER_IS_CACHE (self));

  kvault_shelf_stats_get (self->shelf, NULL, &stats);
  *state = (CofferCacheState) {
    .n_entries = stats.entries,
    .n_bytes = stats.bytes,
    .oldest_ms = stats.oldest_age_ms,
    .n_flushes = stats.flushes,
    .flushed_at_ms = stats.last_flush_unix_ms,
    .flush_ms = stats.last_flush_ms,
    .flush_bytes = stats.last_flush_bytes,
    .problem = self->problem,
    .is_stale = self->is_stale && stats.entries > 0,
    .retry_s = self->problem == NULL || self->is_stale || stats.entries == 0 ? -1 : (int) (MAX (wait, 0) / G_USEC_PER_SEC),
  };
}

gboolean
coffer_cache_is_empty (CofferCache *self)
{
  kvault_shelf_stats stats;

  g_return_val_if_fail (COFFER_IS_CACHE (self), TRUE);

  kvault_shelf_stats_get (self->shelf, NULL, &stats);
  return stats.entries == 0;
}

const CofferCacheOptions *
coffer_cache_get_options (CofferCache *self)
{
  g_return_val_if_fail (COFFER_IS_CACHE (self), NULL);

  return &self->options;
}

gboolean
coffer_cache_takes (CofferCache *self,
                    guint        n,
                    guint64      size)
{
  return self->options.on && !self->is_stale && n <= COFFER_CACHE_MOST && size <= self->options.threshold;
}

void
coffer_cache_add_to_totals (CofferCache       *self,
                            const char        *table,
                            CofferVaultTotals *totals)
{
  kvault_shelf_stats stats;

  kvault_shelf_stats_get (self->shelf, table, &stats);
  totals->keys += stats.new_keys;
  totals->bytes += stats.value_bytes;
  totals->bytes -= MIN (stats.replaced_bytes, totals->bytes);
}

/* ---- the clock ---- */

static CofferVault *
find_writer (CofferCache *self)
{
  for (guint i = 0; i < self->vaults->len; i++)
    if (COFFER_VAULT (g_ptr_array_index (self->vaults, i))->editing)   /* the table in use need not be writable */
      return g_ptr_array_index (self->vaults, i);
  return NULL;
}

gboolean
coffer_cache_has_writer (CofferCache *self)
{
  g_return_val_if_fail (COFFER_IS_CACHE (self), FALSE);

  return find_writer (self) != NULL;
}

static gboolean
clock_cb (gpointer data)
{
  CofferCache *self = data;
  CofferVault *vault = find_writer (self);

  self->clock_id = 0;
  if (vault != NULL)
    coffer_vault_flush_async (vault, NULL, NULL, NULL);
  return G_SOURCE_REMOVE;
}

/* Milliseconds until what waits is to be written; -1: not by itself. */
static gint64
get_due (CofferCache              *self,
         const kvault_shelf_stats *stats)
{
  gint64 wait = (self->retry_at - g_get_monotonic_time ()) / 1000;

  if (stats->entries == 0 || self->is_stale || self->n_flushing > 0 || find_writer (self) == NULL)
    return -1;
  if (self->problem != NULL)
    return MAX (wait, 0);
  if (!self->options.on || stats->bytes >= self->options.threshold || stats->entries >= COFFER_CACHE_MOST)
    return 0;
  return MAX ((gint64) self->options.interval_s * 1000 - (gint64) stats->oldest_age_ms, 0);
}

static void
schedule (CofferCache *self)
{
  kvault_shelf_stats stats;
  gint64 due;

  g_clear_handle_id (&self->clock_id, g_source_remove);
  kvault_shelf_stats_get (self->shelf, NULL, &stats);
  if ((due = get_due (self, &stats)) < 0)
    return;
  self->clock_id = g_timeout_add ((guint) due, clock_cb, self);
  g_source_set_name_by_id (self->clock_id, "[coffer] flush");
}

void
coffer_cache_set_options (CofferCache              *self,
                          const CofferCacheOptions *options)
{
  g_return_if_fail (COFFER_IS_CACHE (self));

  self->options = *options;
  self->options.threshold = MIN (options->threshold, options->capacity);
  schedule (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

/* ---- what happens to it ---- */

static void
clear_problem (CofferCache *self)
{
  g_clear_pointer (&self->problem, g_free);
  self->pause_s = 0;
  self->is_stale = FALSE;
}

void
coffer_cache_note (CofferCache  *self,
                   const GError *error)
{
  if (error == NULL)
    clear_problem (self);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_free (self->problem);
      self->problem = coffer_error_dup_line (error);
      self->pause_s = self->pause_s == 0 ? FIRST_RETRY_S : MIN (self->pause_s * 2, LONGEST_RETRY_S);
      self->retry_at = g_get_monotonic_time () + self->pause_s * G_USEC_PER_SEC;
    }
  schedule (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

void
coffer_cache_note_put (CofferCache  *self,
                       const GError *error)
{
  if (error != NULL)
    {
      coffer_cache_note (self, error);
      return;
    }
  schedule (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

void
coffer_cache_note_replaced (CofferCache *self)
{
  if (coffer_cache_is_empty (self))
    return;
  self->is_stale = TRUE;
  g_free (self->problem);
  self->problem = g_strdup (_("Another file has taken the place of the vault"));
  schedule (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

GError *
coffer_cache_dup_refusal (CofferCache *self)
{
  if (!self->is_stale || coffer_cache_is_empty (self))
    return NULL;
  return g_error_new_literal (COFFER_ERROR, COFFER_ERROR_STALE,
                              _("Values wait that were meant for another file: write or discard them first, in the Storage window"));
}

void
coffer_cache_discard (CofferCache *self)
{
  g_return_if_fail (COFFER_IS_CACHE (self));

  kvault_shelf_discard (self->shelf);
  clear_problem (self);
  schedule (self);
  g_signal_emit (self, signals[CHANGED], 0);
  if (self->vaults->len > 0)
    coffer_vault_tell_sharers (g_ptr_array_index (self->vaults, 0));
}

/* ---- writing it ---- */

/* Lane. The lane has written it before. */
static gpointer
flush_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  return GINT_TO_POINTER (TRUE);
}

static void
flushed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  CofferVault *vault = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  g_autoptr(CofferCache) cache = g_object_ref (vault->cache);
  GError *error = NULL;

  cache->n_flushing--;
  if (coffer_vault_run_finish (vault, result, &error) != NULL)
    {
      schedule (cache);   /* something may have been put there since */
      g_task_return_boolean (task, TRUE);
      return;
    }
  schedule (cache);
  g_task_return_error (task, error);
}

void
coffer_vault_flush_async (CofferVault         *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_flush_async);
  g_task_set_check_cancellable (task, FALSE);
  if (coffer_cache_is_empty (self->cache))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (!self->editing)
    {
      g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
      return;
    }
  self->cache->is_stale = FALSE;   /* somebody wants it so: the clock does not ask for it then */
  self->cache->n_flushing++;
  g_clear_handle_id (&self->cache->clock_id, g_source_remove);
  coffer_vault_run_async (self, COFFER_LANE_WRITE, NULL, flush_worker, NULL, NULL, NULL, cancellable, flushed_cb, g_steal_pointer (&task));
}

gboolean
coffer_vault_flush_finish (CofferVault   *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

CofferCache *
coffer_vault_get_cache (CofferVault *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT (self), NULL);

  return self->cache;
}
