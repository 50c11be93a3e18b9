/* SPDX-License-Identifier: MIT */
/*
 * What rows that somebody chose by their positions are: their keys, or number and bytes. Main thread; the work is
 * coffer-entry-measure.c's, in short jobs on the BACKGROUND lane.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

#include "coffer-entry-measure.h"
#include "coffer-error-private.h"
#include "coffer-vault-census.h"

static void
add_piece (CofferEntryList *self,
           CofferMeasure   *measure,
           guint            index,
           guint            skip,
           guint            n_rows)
{
  CofferBlock *block = coffer_blocks_get (self->blocks, index);
  CofferPiece piece = { .from_start = index == 0, .skip = skip, .n_rows = n_rows };

  piece.known.n_rows = block->n_rows;
  piece.known.prints = coffer_prints_ref (block->prints);
  if (block->ids != NULL)
    piece.ids = (gint64 *) (gpointer) g_atomic_rc_box_acquire (block->ids);
  else
    {
      piece.known.fence = coffer_key_ref (block->fence);
      if (index + 1 < coffer_blocks_get_n_blocks (self->blocks))
        piece.end = coffer_key_ref (coffer_blocks_get (self->blocks, index + 1)->fence);
      else if (self->last != NULL)
        piece.last = coffer_key_ref (self->last);
    }
  g_array_append_val (measure->pieces, piece);
}

static void
add_range (CofferEntryList   *self,
           CofferMeasure     *measure,
           const CofferRange *range)
{
  guint end = MIN (range->end, coffer_blocks_get_n_rows (self->blocks));
  guint position = range->position;

  while (position < end)
    {
      guint index = coffer_blocks_find (self->blocks, position);
      guint start = coffer_blocks_get_start (self->blocks, index);
      guint block_end = MIN (end, start + coffer_blocks_get (self->blocks, index)->n_rows);

      add_piece (self, measure, index, position - start, block_end - position);
      position = block_end;
    }
}

/* For keys somebody waits; a sum is asked for again and again beside a busy writer. */
static void
look_again (GTask *task)
{
  CofferEntryList *self = g_task_get_source_object (task);

  if (g_task_get_source_tag (task) == coffer_entry_list_keys_async)
    coffer_entry_list_refresh (self);
  else
    coffer_entry_list_refresh_soon (self);
}

static void next_slice (GTask *task);

static void
measured_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferMeasure *measure = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_run_finish (COFFER_VAULT (source), result, &error) == NULL)
    {
      if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE)))
        look_again (task);
      g_task_return_error (task, error);
    }
  else if (measure->next < measure->pieces->len)
    next_slice (task);
  else
    g_task_return_boolean (task, TRUE);
}

/* The lane has the measure, which is the task's, while a job runs. */
static void
next_slice (GTask *task)
{
  CofferEntryList *self = g_task_get_source_object (task);

  coffer_vault_run_async (self->vault, COFFER_LANE_BACKGROUND, self->table, coffer_measure_worker, g_task_get_task_data (task),
                          NULL, NULL, g_task_get_cancellable (task), measured_cb, g_object_ref (task));
}

static void
measure_rows (CofferEntryList     *self,
              const CofferRanges  *rows,
              gboolean             want_keys,
              gpointer             tag,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  CofferMeasure *measure = coffer_measure_new (&self->scope);
  CofferCensus *census = coffer_vault_peek_census (self->vault, self->table);
  const CofferRange *ranges;
  guint n_ranges;

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, measure, coffer_measure_free);
  measure->want_keys = want_keys;
  if (census != NULL)
    measure->census = coffer_census_ref (census);
  ranges = coffer_ranges_peek (rows, &n_ranges);
  for (guint i = 0; i < n_ranges; i++)
    add_range (self, measure, &ranges[i]);
  next_slice (task);
}

void
coffer_entry_list_measure_async (CofferEntryList     *self,
                                 const CofferRanges  *rows,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self) && rows != NULL);

  measure_rows (self, rows, FALSE, coffer_entry_list_measure_async, cancellable, callback, user_data);
}

gboolean
coffer_entry_list_measure_finish (CofferEntryList    *self,
                                  GAsyncResult       *result,
                                  CofferVaultTotals  *totals,
                                  GError            **error)
{
  CofferMeasure *measure;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  measure = g_task_get_task_data (G_TASK (result));
  *totals = measure->totals;
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
coffer_entry_list_keys_async (CofferEntryList     *self,
                              const CofferRanges  *rows,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self) && rows != NULL);

  measure_rows (self, rows, TRUE, coffer_entry_list_keys_async, cancellable, callback, user_data);
}

GPtrArray *
coffer_entry_list_keys_finish (CofferEntryList  *self,
                               GAsyncResult     *result,
                               GError          **error)
{
  CofferMeasure *measure;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  measure = g_task_get_task_data (G_TASK (result));
  return g_task_propagate_boolean (G_TASK (result), error) ? g_ptr_array_ref (measure->keys) : NULL;
}
