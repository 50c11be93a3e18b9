/* SPDX-License-Identifier: MIT */
/*
 * Lists that are not all keys in their order: searches, and the order of a column. Main thread; the work is coffer-entry-query.c's,
 * on the WALK lane.
 *
 *     (census) ──► slice, slice, slice … ──► (order) ──► rows
 *
 * Hits of a search in the order of the keys are shown as they come, in the place of what was on show before. Where an order has to
 * be found first, or an earlier answer is on show with which the new one is to be compared, they come at the end.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

#include "coffer-vault-census.h"

#define FIRST_SLICE_US (20 * 1000)
#define SLICE_US (80 * 1000)
#define CENSUS_SHARE .8            /* of the progress, where sizes or types are gathered first */

static void next_slice (CofferEntryList *self);

static gboolean
shows_hits (CofferEntryList *self)
{
  return self->sort == COFFER_SORT_KEY && !self->by_table && !self->walk.compare;
}

/* @added  of CofferBlock, emptied */
static void
replace_rows (CofferEntryList *self,
              GPtrArray       *added)
{
  CofferBlocks *blocks = coffer_blocks_new ();

  coffer_blocks_splice (blocks, 0, 0, added);
  self->file = self->walk.file;
  self->missing = self->unreadable = FALSE;
  g_clear_pointer (&self->last, coffer_key_unref);
  coffer_entry_list_replace (self, blocks, FALSE);
}

/* ---- in order ---- */

static void
show_order (CofferEntryList *self,
            CofferOrder     *order)
{
  self->unreadable = self->missing && order->edits != NULL && order->edits->len == 0;
  self->missing = FALSE;
  if (order->edits != NULL && order->edits->len > 0)
    coffer_entry_list_edit (self, order->edits, order->moves, 0, coffer_blocks_get_n_blocks (self->blocks), order->blocks);
  else if (order->edits == NULL)
    replace_rows (self, order->blocks);
}

static void
ordered_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferOrder *order = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;
  GCancellable *walk;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  walk = self->walk.cancellable;
  if (order != NULL)
    show_order (self, order);
  g_clear_pointer (&order, coffer_order_free);
  if (self->walk.cancellable != walk)
    return;   /* whoever was told began another walk */
  self->complete = error == NULL;
  coffer_entry_list_end_walk (self, error);
}

static void
put_in_order (CofferEntryList *self)
{
  CofferOrderRequest *request = g_new0 (CofferOrderRequest, 1);

  request->rows = self->walk.rows;
  self->walk.rows = (CofferMarks) { 0 };
  request->keys = g_steal_pointer (&self->walk.keys);
  request->census = g_steal_pointer (&self->walk.census);
  request->sort = self->sort;
  request->descending = self->descending;
  request->compare = self->walk.compare;
  coffer_ids_init (&request->old);
  for (guint i = 0; request->compare && i < coffer_blocks_get_n_blocks (self->blocks); i++)
    coffer_ids_add (&request->old, coffer_blocks_get (self->blocks, i));
  coffer_vault_run_async (self->vault, COFFER_LANE_WALK, NULL, coffer_order_worker, request, coffer_order_request_free,
                          coffer_order_free, self->walk.cancellable, ordered_cb, self);
}

/* ---- slices ---- */

static void
tell_progress (CofferEntryList *self)
{
  double begun = self->sort != COFFER_SORT_KEY ? CENSUS_SHARE : 0;
  double share = self->n_scope_known > 0 ? MIN ((double) self->walk.n_rows / self->n_scope_known, 1) : -1;

  coffer_entry_list_set_progress (self, self->walk.n_rows, share < 0 ? -1 : begun + (1 - begun) * share);
}

gboolean
coffer_entry_list_shows_others (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), FALSE);

  return self->walk.cancellable != NULL && self->walk.kind == COFFER_WALK_QUERY && self->walk.behind && !self->walk.compare;
}

/* Hits in the place of what was there; none come there too, once it is sure that there are none. */
static void
show_hits (CofferEntryList  *self,
           CofferQuerySlice *slice)
{
  g_autoptr(GPtrArray) blocks = NULL;

  if (self->walk.behind && slice->rows.ids->len == 0 && !slice->ended)
    return;
  blocks = coffer_marks_to_blocks (&slice->rows);
  if (!self->walk.behind)
    {
      coffer_entry_list_append (self, blocks);
      return;
    }
  self->walk.behind = FALSE;
  replace_rows (self, blocks);
}

static void
keep_slice (CofferEntryList  *self,
            CofferQuerySlice *slice)
{
  self->walk.n_rows += slice->n_scanned;
  self->walk.next_id = slice->next_id;
  if (slice->last != NULL)
    {
      g_clear_pointer (&self->walk.last, coffer_key_unref);
      self->walk.last = coffer_key_ref (slice->last);
    }
  if (shows_hits (self))
    {
      show_hits (self, slice);
      return;
    }
  g_array_append_vals (self->walk.rows.ids, slice->rows.ids->data, slice->rows.ids->len);
  g_array_append_vals (self->walk.rows.prints, slice->rows.prints->data, slice->rows.prints->len);
  for (guint i = 0; slice->keys != NULL && i < slice->keys->len; i++)
    g_ptr_array_add (self->walk.keys, coffer_key_ref (g_ptr_array_index (slice->keys, i)));
}

static void
take_slice (CofferEntryList  *self,
            CofferQuerySlice *slice)
{
  GCancellable *walk = self->walk.cancellable;

  keep_slice (self, slice);
  if (self->walk.cancellable != walk)
    return;   /* whoever was told began another walk */
  tell_progress (self);
  if (!slice->ended)
    next_slice (self);
  else if (slice->error != NULL && (shows_hits (self) || !self->by_table))
    coffer_entry_list_end_walk (self, slice->error);
  else if (!shows_hits (self))
    put_in_order (self);
  else
    {
      self->complete = TRUE;
      coffer_entry_list_end_walk (self, NULL);
    }
}

static void
slice_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferQuerySlice *slice = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  if (slice == NULL)
    coffer_entry_list_end_walk (self, error);
  else
    take_slice (self, slice);
  g_clear_pointer (&slice, coffer_query_slice_free);
}

static void
next_slice (CofferEntryList *self)
{
  CofferQueryRequest *request = g_new0 (CofferQueryRequest, 1);
  gboolean descending = self->descending && self->sort == COFFER_SORT_KEY;

  coffer_scope_init (&request->scope, self->scope.prefix, descending);
  if (self->filter != NULL)
    request->filter = coffer_filter_ref (self->filter);
  request->stored = self->by_table;
  request->start_id = self->walk.next_id;
  if (self->walk.last != NULL)
    request->after = coffer_key_ref (self->walk.last);
  request->max_us = self->walk.n_rows == 0 ? FIRST_SLICE_US : SLICE_US;
  coffer_vault_run_async (self->vault, COFFER_LANE_WALK, self->table, coffer_query_worker, request, coffer_query_request_free,
                          coffer_query_slice_free, self->walk.cancellable, slice_cb, self);
}

/* ---- beginning ---- */

static void
census_progress_cb (guint64  n_rows,
                    guint64  n_bytes,
                    guint64  n_total,
                    gpointer data)
{
  CofferEntryList *self = data;

  if (n_total > 0)
    coffer_entry_list_set_progress (self, self->n_scope, CENSUS_SHARE * MIN ((double) n_rows / n_total, 1));
}

static void
census_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferCensus *census = coffer_vault_census_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  self->walk.census = census;
  if (census == NULL)
    coffer_entry_list_end_walk (self, error);
  else
    next_slice (self);
}

static void
begin_gathering (CofferEntryList *self)
{
  if (self->sort == COFFER_SORT_KEY)
    next_slice (self);
  else
    coffer_vault_census_async (self->vault, self->table, self->sort == COFFER_SORT_TYPE, census_progress_cb, self,
                               self->walk.cancellable, census_cb, self);
}

/* What could not be written has no row, and is not found. */
static void
settled_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(CofferEntryList) self = NULL;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    return;
  self = g_object_ref (data);
  begin_gathering (self);
}

void
coffer_entry_list_begin_query (CofferEntryList *self)
{
  CofferBlock *first = coffer_blocks_get_n_blocks (self->blocks) > 0 ? coffer_blocks_get (self->blocks, 0) : NULL;

  self->walk.compare = self->complete && first != NULL && first->ids != NULL;
  coffer_marks_init (&self->walk.rows);
  self->walk.keys = self->by_table ? g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref) : NULL;
  self->walk.next_id = G_MININT64;
  coffer_entry_list_set_progress (self, 0, self->sort != COFFER_SORT_KEY ? 0 : -1);
  if (coffer_cache_is_empty (self->vault->cache))
    begin_gathering (self);
  else
    coffer_vault_flush_async (self->vault, self->walk.cancellable, settled_cb, self);
}
