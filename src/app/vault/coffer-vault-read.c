/* SPDX-License-Identifier: MIT */
/*
 * What a vault is asked besides its list: facts about the file, totals of a table, one value. Functions marked "lane" run
 * on a lane's thread; the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-cache-private.h"
#include "coffer-error-private.h"
#include "coffer-vault-census.h"
#include "coffer-value-stream.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Lane. */
static gpointer
stats_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  kvault_stats stats;
  CofferVaultStats *answer;
  int rc;

  if ((rc = kvault_stats_get (vault, &stats)) != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  answer = g_new (CofferVaultStats, 1);
  *answer = (CofferVaultStats) {
    .file_size = stats.file_size,
    .reclaimable_size = stats.reclaimable_size,
    .main_free_size = stats.main_free_size,
    .wal_size = stats.wal_size,
    .wal_waiting = stats.wal_waiting * stats.page_size,
    .page_size = stats.page_size,
    .wal_mode = stats.journal == KVAULT_JOURNAL_WAL,
    .frozen = stats.frozen != 0,
    .auto_vacuum = stats.auto_vacuum,
  };
  return answer;
}

void
coffer_vault_stats_async (CofferVault         *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  coffer_vault_run_async (self, COFFER_LANE_LIST, NULL, stats_worker, NULL, NULL, g_free, cancellable, callback, user_data);
}

gboolean
coffer_vault_stats_finish (CofferVault       *self,
                           GAsyncResult      *result,
                           CofferVaultStats  *stats,
                           GError           **error)
{
  g_autofree CofferVaultStats *answer = coffer_vault_run_finish (self, result, error);

  memset (stats, 0, sizeof *stats);
  if (answer == NULL)
    return FALSE;
  *stats = *answer;
  return TRUE;
}

/* Totals are those of a census, which is wanted for more than that. */
typedef struct {
  char *table;
  CofferTotalsProgress progress;
  gpointer progress_data;
  CofferCensus *census;
} Totals;

static void
totals_free (gpointer data)
{
  Totals *totals = data;

  g_clear_pointer (&totals->census, coffer_census_unref);
  g_free (totals->table);
  g_free (totals);
}

static void
progress_cb (guint64  n_rows,
             guint64  n_bytes,
             guint64  n_total,
             gpointer data)
{
  const Totals *totals = g_task_get_task_data (data);
  const CofferVaultTotals so_far = { n_rows, n_bytes, 0 };

  if (totals->progress != NULL)
    totals->progress (&so_far, totals->progress_data);
}

/* Lane. */
static gpointer
measure_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  int rc = kvault_shelf_measure (vault);

  if (rc != KVAULT_OK)
    *error = coffer_error_new (vault, rc);
  return rc == KVAULT_OK ? GINT_TO_POINTER (TRUE) : NULL;
}

static void
measured_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(GTask) task = data;
  Totals *totals = g_task_get_task_data (task);
  GError *error = NULL;

  coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&totals->census), (GDestroyNotify) coffer_census_unref);
}

/* What waits may replace other keys by now than when it was put. */
static void
census_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  Totals *totals = g_task_get_task_data (task);
  GError *error = NULL;

  totals->census = coffer_vault_census_finish (self, result, &error);
  if (totals->census == NULL)
    g_task_return_error (task, error);
  else if (coffer_cache_is_empty (self->cache))
    g_task_return_pointer (task, g_steal_pointer (&totals->census), (GDestroyNotify) coffer_census_unref);
  else
    coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, totals->table, measure_worker, NULL, NULL, NULL, g_task_get_cancellable (task), measured_cb,
                            g_object_ref (task));
}

void
coffer_vault_totals_async (CofferVault          *self,
                           const char           *table,
                           CofferTotalsProgress  progress,
                           gpointer              progress_data,
                           GCancellable         *cancellable,
                           GAsyncReadyCallback   callback,
                           gpointer              user_data)
{
  GTask *task;
  Totals *totals;

  g_return_if_fail (COFFER_IS_VAULT (self) && table != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  totals = g_new (Totals, 1);
  *totals = (Totals) { g_strdup (table), progress, progress_data, NULL };
  g_task_set_source_tag (task, coffer_vault_totals_async);
  g_task_set_task_data (task, totals, totals_free);
  coffer_vault_census_async (self, table, FALSE, progress_cb, task, cancellable, census_cb, task);
}

gboolean
coffer_vault_totals_finish (CofferVault        *self,
                            GAsyncResult       *result,
                            CofferVaultTotals  *totals,
                            GError            **error)
{
  g_autoptr(CofferCensus) census = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  memset (totals, 0, sizeof *totals);
  if ((census = g_task_propagate_pointer (G_TASK (result), error)) == NULL)
    return FALSE;
  *totals = (CofferVaultTotals) { coffer_census_get_n_rows (census), coffer_census_get_n_bytes (census),
                                  coffer_census_get_unreadable (census) };
  coffer_cache_add_to_totals (self->cache, ((Totals *) g_task_get_task_data (G_TASK (result)))->table, totals);
  return TRUE;
}

typedef struct {
  CofferKey *key;
  CofferValueFunc func;
  gpointer func_data;
  GDestroyNotify func_data_free;
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  coffer_key_unref (reading->key);
  if (reading->func_data_free != NULL)
    reading->func_data_free (reading->func_data);
  g_free (reading);
}

CofferValueFacts *
coffer_value_facts_read (kvault       *vault,
                         kvault_blob  *blob,
                         GError      **error)
{
  guint8 head[COFFER_VALUE_HEAD];
  guint64 size = kvault_blob_size (blob);
  gsize len = MIN (size, sizeof head);
  CofferValueFacts *facts;
  int rc;

  if ((rc = kvault_blob_read (blob, head, len, 0)) != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  facts = coffer_value_facts_new (kvault_table_kind (vault), head, len, size);
  facts->value_class = kvault_blob_class (blob);
  return facts;
}

/* Lane. */
static gpointer
read_value_worker (kvault        *vault,
                   gpointer       data,
                   GCancellable  *cancellable,
                   GError       **error)
{
  Reading *reading = data;
  kvault_entry entry = coffer_key_to_entry (reading->key);
  kvault_blob *blob = NULL;
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GInputStream) stream = NULL;
  gpointer answer;
  int rc;

  if ((rc = kvault_blob_open_entry (vault, &entry, &blob)) != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  if ((facts = coffer_value_facts_read (vault, blob, error)) == NULL)
    {
      kvault_blob_close (blob);
      return NULL;
    }
  stream = coffer_value_stream_new (vault, blob, cancellable);
  answer = reading->func (stream, facts, reading->func_data, cancellable, error);
  coffer_value_stream_release (COFFER_VALUE_STREAM (stream));
  if (answer == NULL && *error == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("The value could not be shown"));
  return answer;
}

void
coffer_vault_read_value_async (CofferVault         *self,
                               CofferKey           *key,
                               CofferValueFunc      func,
                               gpointer             func_data,
                               GDestroyNotify       func_data_free,
                               GDestroyNotify       result_free,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  Reading *reading;

  g_return_if_fail (COFFER_IS_VAULT (self) && key != NULL && func != NULL);

  reading = g_new (Reading, 1);
  *reading = (Reading) { coffer_key_ref (key), func, func_data, func_data_free };
  coffer_vault_run_async (self, COFFER_LANE_PREVIEW, coffer_vault_get_table (self), read_value_worker, reading, reading_free,
                          result_free, cancellable, callback, user_data);
}

gpointer
coffer_vault_read_value_finish (CofferVault   *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  return coffer_vault_run_finish (self, result, error);
}
