/* SPDX-License-Identifier: MIT */
/*
 * What a file would weigh without some keys. A row takes more than its value: its key stands in the table and its indexes, and the page it
 * begins in is seldom full, which can be half of a small file. How much that is for a row is told by the pages of the table and the totals
 * of its values. Main thread, but for functions marked "lane".
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-weigh.h"

#include "coffer-deletion-private.h"
#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <string.h>

#define LARGE (G_GUINT64_CONSTANT (64) << 20)   /* the pages of a larger file are not gone through, for which a moment is enough below */
#define KEY_SIZE 64                             /* about what a row has beside its value, in the table and an index */

typedef struct {
  char *table;
  gboolean is_alone;        /* there is no other */
  CofferVaultTotals totals;
} Weighing;

static void
weighing_free (gpointer data)
{
  Weighing *weighing = data;

  g_free (weighing->table);
  g_free (weighing);
}

/* Lane. */
static guint64
measure_table (kvault         *vault,
               const Weighing *weighing)
{
  const kvault_split_table *tables;
  kvault_split split;
  size_t n;

  if (kvault_split_tables (vault, &split, &tables, &n, NULL, NULL) == KVAULT_OK)
    for (size_t i = 0; i < n; i++)
      if (strcmp (tables[i].name, weighing->table) == 0)
        return tables[i].live_size - tables[i].empty_size;
  return G_MAXUINT64;
}

/* Lane. */
static gpointer
weigh_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  const Weighing *weighing = data;
  kvault_stats stats;
  GStatBuf found;
  CofferWeight *weight;
  int rc = kvault_stats_get (vault, &stats);

  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  weight = g_new0 (CofferWeight, 1);
  weight->size = (g_stat (kvault_location (vault), &found) == 0 ? (guint64) found.st_size : stats.file_size) + stats.wal_size;
  weight->live = stats.file_size - stats.reclaimable_size;
  weight->page_size = stats.page_size;
  weight->table = G_MAXUINT64;
  if (weight->live <= LARGE)
    weight->table = measure_table (vault, weighing);
  if (weight->table == G_MAXUINT64 && weighing->is_alone)
    weight->table = weight->live - MIN (weight->live, stats.empty_size);
  return weight;
}

/* Those of any window on the file. */
static void
add_gone (CofferVault  *self,
          const char   *table,
          CofferWeight *weight)
{
  g_autoptr(GPtrArray) sharers = coffer_vault_list_sharers (self);

  g_ptr_array_add (sharers, self);
  for (guint i = 0; i < sharers->len; i++)
    {
      GPtrArray *deferred = ((CofferVault *) sharers->pdata[i])->deferred;

      for (guint j = 0; j < deferred->len; j++)
        {
          CofferDeletion *deletion = deferred->pdata[j];
          guint64 bytes;
          gsize n = kvault_deletion_count (deletion->rows, &bytes);

          if (bytes == KVAULT_SIZE_UNKNOWN)   /* they could not be read */
            bytes = 0;
          if (g_str_equal (deletion->table, table))
            {
              weight->n_gone += n;
              weight->gone += bytes;
            }
          else
            weight->gone_elsewhere += bytes;
        }
    }
}

static void
weighed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  const Weighing *weighing = g_task_get_task_data (task);
  GError *error = NULL;
  CofferWeight *weight = coffer_vault_run_finish (self, result, &error);

  if (weight == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  add_gone (self, weighing->table, weight);
  if (weighing->totals.keys + weight->n_gone > 0 && weighing->totals.unreadable == 0)
    {
      weight->n_rows = weighing->totals.keys + weight->n_gone;
      weight->n_bytes = weighing->totals.bytes + weight->gone;
    }
  g_task_return_pointer (task, weight, g_free);
}

/* Without them it is less exact. What was deleted before is measured on that lane, too, so its bytes are known then. */
static void
totals_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  GTask *task = data;
  Weighing *weighing = g_task_get_task_data (task);
  g_autoptr(GError) error = NULL;

  if (!coffer_vault_totals_finish (self, result, &weighing->totals, &error))
    weighing->totals.unreadable = 1;
  coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, NULL, weigh_worker, weighing, NULL, g_free, g_task_get_cancellable (task), weighed_cb, task);
}

void
coffer_vault_weigh_async (CofferVault         *self,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  GTask *task;
  Weighing *weighing;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  weighing = g_new0 (Weighing, 1);
  weighing->table = g_strdup (coffer_vault_get_table (self));
  weighing->is_alone = g_list_model_get_n_items (coffer_vault_get_sections (self)) == 1;
  g_task_set_source_tag (task, coffer_vault_weigh_async);
  g_task_set_task_data (task, weighing, weighing_free);
  coffer_vault_totals_async (self, weighing->table, NULL, NULL, cancellable, totals_cb, task);
}

gboolean
coffer_vault_weigh_finish (CofferVault   *self,
                           GAsyncResult  *result,
                           CofferWeight  *weight,
                           GError       **error)
{
  g_autofree CofferWeight *answer = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  memset (weight, 0, sizeof *weight);
  if ((answer = g_task_propagate_pointer (G_TASK (result), error)) == NULL)
    return FALSE;
  *weight = *answer;
  return TRUE;
}

/* How much rows may take beside their values, if those are about equal: a key each, and less of a page than there is of the value. */
static double
spread (const CofferWeight *self,
        guint64             n,
        guint64             bytes)
{
  return n == 0 ? 0 : (double) n * (KEY_SIZE + MIN ((double) bytes / (double) n, (double) self->page_size));
}

/* What is not the values' of the table, as far as it is of the rows that go, and not of those that stay. */
static guint64
get_beside (const CofferWeight *self,
            guint64             n_keys,
            guint64             n_bytes)
{
  guint64 n_stay = self->n_rows - self->n_gone - n_keys;
  guint64 stay = self->n_bytes - MIN (self->n_bytes, self->gone + n_bytes);
  guint64 beside = self->table - MIN (self->table, self->n_bytes);
  double go = spread (self, self->n_gone, self->gone) + spread (self, n_keys, n_bytes);

  return go > 0 ? (guint64) ((double) beside * go / (go + spread (self, n_stay, stay))) : 0;
}

guint64
coffer_weight_without (const CofferWeight *self,
                       guint64             n_keys,
                       guint64             n_bytes)
{
  guint64 gone = self->gone + n_bytes;

  if (self->table != G_MAXUINT64 && self->n_rows > 0)
    gone = self->n_gone + n_keys >= self->n_rows ? self->table : MIN (self->table, gone + get_beside (self, n_keys, n_bytes));
  return self->live - MIN (self->live, gone + self->gone_elsewhere);
}
