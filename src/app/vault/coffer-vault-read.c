/* SPDX-License-Identifier: MIT */
/*
 * What a vault is asked besides its list: facts about the file, totals of a table, one value. Functions marked "lane" run
 * on a lane's thread; the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-error-private.h"
#include "coffer-value-stream.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PROGRESS_US (G_USEC_PER_SEC / 10)

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
    .wal_size = stats.wal_size,
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

/* Sums on their way: the lane puts the latest numbers here, and at most one idle is on its way to show them. */
typedef struct {
  gatomicrefcount refs;
  GMainContext *context;
  CofferTotalsProgress progress;
  gpointer progress_data;
  GCancellable *cancellable;   /* the caller's; nullable */

  gint64 put_at;               /* the lane's: when numbers were last put here */
  CofferVaultTotals *latest;   /* atomic; NULL once taken */
  gboolean over;               /* the main thread's: the answer is there, nothing more to show */
} Totals;

static void
totals_unref (Totals *totals)
{
  if (!g_atomic_ref_count_dec (&totals->refs))
    return;
  g_main_context_unref (totals->context);
  g_clear_object (&totals->cancellable);
  g_free (totals->latest);
  g_free (totals);
}

static gboolean
show_progress_cb (gpointer data)
{
  Totals *totals = data;
  g_autofree CofferVaultTotals *latest = g_atomic_pointer_exchange (&totals->latest, NULL);

  if (!totals->over && !g_cancellable_is_cancelled (totals->cancellable))
    totals->progress (latest, totals->progress_data);
  return G_SOURCE_REMOVE;
}

/* Lane. */
static int
progress_worker (const kvault_totals_result *so_far,
                 void                       *data)
{
  Totals *totals = data;
  gint64 now = g_get_monotonic_time ();
  CofferVaultTotals *latest;
  g_autofree CofferVaultTotals *untaken = NULL;
  g_autoptr(GSource) source = NULL;

  if (totals->progress == NULL || now - totals->put_at < PROGRESS_US)
    return 0;
  totals->put_at = now;
  latest = g_new (CofferVaultTotals, 1);
  *latest = (CofferVaultTotals) { so_far->keys, so_far->bytes, so_far->unreadable };
  untaken = g_atomic_pointer_exchange (&totals->latest, latest);
  if (untaken != NULL)   /* its idle will find the newer ones */
    return 0;

  source = g_idle_source_new ();
  g_atomic_ref_count_inc (&totals->refs);
  g_source_set_callback (source, show_progress_cb, totals, (GDestroyNotify) totals_unref);
  g_source_attach (source, totals->context);
  return 0;
}

/* Lane. */
static gpointer
totals_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  kvault_totals_result sums;
  CofferVaultTotals *answer;
  int rc;

  if ((rc = kvault_totals (vault, NULL, 0, progress_worker, data, &sums)) != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  answer = g_new (CofferVaultTotals, 1);
  *answer = (CofferVaultTotals) { sums.keys, sums.bytes, sums.unreadable };
  return answer;
}

/* Main thread, once the answer is given. */
static void
totals_over (gpointer data)
{
  Totals *totals = data;

  totals->over = TRUE;
  totals_unref (totals);
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
  Totals *totals;

  g_return_if_fail (COFFER_IS_VAULT (self) && table != NULL);

  totals = g_new0 (Totals, 1);
  g_atomic_ref_count_init (&totals->refs);
  totals->context = g_main_context_ref_thread_default ();
  totals->progress = progress;
  totals->progress_data = progress_data;
  g_set_object (&totals->cancellable, cancellable);
  coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, table, totals_worker, totals, totals_over, g_free, cancellable,
                          callback, user_data);
}

gboolean
coffer_vault_totals_finish (CofferVault        *self,
                            GAsyncResult       *result,
                            CofferVaultTotals  *totals,
                            GError            **error)
{
  g_autofree CofferVaultTotals *answer = coffer_vault_run_finish (self, result, error);

  memset (totals, 0, sizeof *totals);
  if (answer == NULL)
    return FALSE;
  *totals = *answer;
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
  int rc;

  if ((rc = kvault_blob_read (blob, head, len, 0)) != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  return coffer_value_facts_new (kvault_table_kind (vault), head, len, size);
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
