/* SPDX-License-Identifier: MIT */
/*
 * When what waits in memory is written. The values themselves lie on the engine's shelf, which the WRITE lane puts them on and
 * writes them from; here are the clock, the reasons, and who has to be told. Main thread.
 *
 * What is kept true: there is a clock running whenever something waits and a vault that has the cache may write, unless a flush is
 * under way or a person has to decide. What waits was put for one file, which is known; if another one is at the path nothing
 * is written to it, by nobody's wish but a person's that was asked just that. Vaults that have the cache learn of another file one after
 * the other: those that show a file that it is not for do not write it.
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
  CofferIdentity meant_for;    /* the file that what waits was put for */
  gboolean is_stale;           /* another one is there */
  guint n_claims;              /* while there are some it stays the same file, even if nothing waits */
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
    .flush_failed = stats.last_result != KVAULT_OK,
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

gboolean
coffer_cache_has (CofferCache     *self,
                  const char      *table,
                  const CofferKey *key)
{
  kvault_entry entry;

  g_return_val_if_fail (COFFER_IS_CACHE (self) && table != NULL && key != NULL, FALSE);

  entry = coffer_key_to_entry (key);
  return entry.key_class == KVAULT_CLASS_BLOB && kvault_shelf_has (self->shelf, table, entry.key, entry.key_size) != 0;
}

const CofferCacheOptions *
coffer_cache_get_options (CofferCache *self)
{
  g_return_val_if_fail (COFFER_IS_CACHE (self), NULL);

  return &self->options;
}

/* Whether what waits, or is about to, is meant for this file. */
static gboolean
set_file (CofferCache          *self,
          const CofferIdentity *file)
{
  if (self->n_claims == 0 && coffer_cache_is_empty (self))
    {
      self->meant_for = *file;
      self->is_stale = FALSE;
    }
  return coffer_identity_equal (&self->meant_for, file);
}

gboolean
coffer_cache_takes (CofferCache *self,
                    CofferVault *vault,
                    guint        n,
                    guint64      size)
{
  if (!self->options.on || n > COFFER_CACHE_MOST || size > self->options.threshold)
    return FALSE;
  return set_file (self, &vault->shown) && !self->is_stale;
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

/* The table in use need not be writable. */
static gboolean
can_write (CofferCache *self,
           CofferVault *vault)
{
  return vault->editing && coffer_identity_equal (&self->meant_for, &vault->shown);
}

static CofferVault *
find_writer (CofferCache *self)
{
  for (guint i = 0; i < self->vaults->len; i++)
    if (can_write (self, g_ptr_array_index (self->vaults, i)))
      return g_ptr_array_index (self->vaults, i);
  return NULL;
}

gboolean
coffer_cache_has_writer (CofferCache *self)
{
  g_return_val_if_fail (COFFER_IS_CACHE (self), FALSE);

  for (guint i = 0; i < self->vaults->len; i++)
    if (COFFER_VAULT (g_ptr_array_index (self->vaults, i))->editing)
      return TRUE;
  return FALSE;
}

gboolean
coffer_cache_is_kept (CofferCache *self,
                      CofferVault *vault)
{
  gboolean others_write = FALSE;

  g_return_val_if_fail (COFFER_IS_CACHE (self), FALSE);

  for (guint i = 0; i < self->vaults->len; i++)
    {
      CofferVault *other = g_ptr_array_index (self->vaults, i);

      others_write = others_write || (other != vault && other->editing);
    }
  return self->vaults->len > 1 && (others_write || self->is_stale || !vault->editing);
}

gboolean
coffer_cache_can_flush (CofferCache *self)
{
  return !self->is_stale && find_writer (self) != NULL;
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
  else if (!self->is_stale && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_free (self->problem);
      self->problem = coffer_error_dup_write_line (error);
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
coffer_cache_meet (CofferCache          *self,
                   const CofferIdentity *file)
{
  gboolean is_other = self->meant_for.inode != 0 && !coffer_identity_equal (&self->meant_for, file);

  if (coffer_cache_is_empty (self))
    return;
  if (is_other == self->is_stale)
    {
      schedule (self);   /* there may be one more that can write it */
      return;
    }
  clear_problem (self);
  if (is_other)
    {
      self->is_stale = TRUE;
      self->problem = g_strdup (_("Another file has taken the place of the vault"));
    }
  schedule (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

gboolean
coffer_cache_is_stale (CofferCache *self)
{
  return self->is_stale && !coffer_cache_is_empty (self);
}

GError *
coffer_cache_new_refusal (void)
{
  return g_error_new_literal (COFFER_ERROR, COFFER_ERROR_WAITING,
                              _("Values wait that were meant for another file: write or discard them first, in the Storage window"));
}

GError *
coffer_cache_dup_refusal (CofferCache *self)
{
  return coffer_cache_is_stale (self) ? coffer_cache_new_refusal () : NULL;
}

gboolean
coffer_cache_claim (CofferCache           *self,
                    const CofferIdentity  *file,
                    GError               **error)
{
  if (!set_file (self, file))
    {
      g_propagate_error (error, coffer_cache_new_refusal ());
      return FALSE;
    }
  self->n_claims++;
  return TRUE;
}

void
coffer_cache_release (CofferCache *self)
{
  g_return_if_fail (self->n_claims > 0);

  self->n_claims--;
}

/* Vaults that show another file have met an empty cache: they do so anew. */
gboolean
coffer_cache_give_back (CofferCache          *self,
                        const CofferIdentity *file,
                        GPtrArray            *taken)
{
  if (!set_file (self, file))
    return FALSE;
  for (guint i = 0; i < taken->len; i++)
    kvault_shelf_give_back (self->shelf, g_ptr_array_index (taken, i));
  for (guint i = 0; i < self->vaults->len && !self->is_stale; i++)
    coffer_cache_meet (self, &COFFER_VAULT (g_ptr_array_index (self->vaults, i))->shown);
  return TRUE;
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

/* Lane. */
static gpointer
nothing_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  return GINT_TO_POINTER (TRUE);
}

/* A lane that had the other file open for writing refuses its first job on this one: that is not to be the flush. */
void
coffer_cache_accept_file (CofferCache *self,
                          CofferVault *vault)
{
  g_return_if_fail (COFFER_IS_CACHE (self) && COFFER_IS_VAULT (vault));

  self->meant_for = vault->shown;
  for (guint i = 0; i < self->vaults->len; i++)
    if (COFFER_VAULT (g_ptr_array_index (self->vaults, i))->editing)
      coffer_vault_run_full (g_ptr_array_index (self->vaults, i), COFFER_LANE_WRITE, KVAULT_ACCESS_WRITE, NULL, FALSE, nothing_worker, NULL, NULL, NULL,
                             NULL, NULL, NULL);
  clear_problem (self);
  schedule (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
flushed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferVault *writer = COFFER_VAULT (source);
  g_autoptr(CofferCache) cache = g_object_ref (writer->cache);
  GError *error = NULL;

  cache->n_flushing--;
  coffer_vault_run_finish (writer, result, &error);
  schedule (cache);   /* something may have been put there since */
  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
coffer_vault_flush_async (CofferVault         *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  CofferVault *writer;
  GError *refusal;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_flush_async);
  g_task_set_check_cancellable (task, FALSE);
  if (coffer_cache_is_empty (self->cache))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if ((refusal = coffer_cache_dup_refusal (self->cache)) != NULL)
    {
      g_task_return_error (task, refusal);
      return;
    }
  if ((writer = can_write (self->cache, self) ? self : find_writer (self->cache)) == NULL)
    {
      g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
      return;
    }
  self->cache->n_flushing++;
  g_clear_handle_id (&self->cache->clock_id, g_source_remove);   /* it is done already */
  /* The lane writes what waits before its job. */
  coffer_vault_run_async (writer, COFFER_LANE_WRITE, NULL, nothing_worker, NULL, NULL, NULL, cancellable, flushed_cb, g_steal_pointer (&task));
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
