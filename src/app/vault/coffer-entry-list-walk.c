/* SPDX-License-Identifier: MIT */
/*
 * The walks of a list. Main thread; the work is coffer-entry-walk.c's, slice by slice, on the WALK lane.
 *
 * A list begins with a fresh walk over its keys, whose first slice is the first screen. Looking again is a walk over the blocks
 * that are known, which reads all keys but has only to tell what came and went, if another file is at the path too; or, after
 * one that came to no end, a fresh one behind the rows on show, which it replaces once it is over.
 *
 * What is kept true: one walk at a time, and one job of it; what changes while it runs is not lost (`again`).
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>

#define SLICE_ROWS 262144
#define SLICE_US (100 * 1000)
#define FIRST_FRAME_MS 150       /* after what was walked ahead: the walk leaves the cores to those who draw the first rows */
#define REFRESH_PAUSE_US (2 * G_USEC_PER_SEC)
#define REFRESH_SHARE 4          /* a walk runs a fifth of the time at most */

G_STATIC_ASSERT (SLICE_ROWS % COFFER_BLOCK_ROWS == 0);

static void next_slice (CofferEntryList *self);
static void next_check (CofferEntryList *self);

static gboolean
refresh_cb (gpointer data)
{
  CofferEntryList *self = data;

  self->refresh_id = 0;
  coffer_entry_list_follow (self);
  return G_SOURCE_REMOVE;
}

void
coffer_entry_list_refresh_soon (CofferEntryList *self)
{
  gint64 pause = MAX (REFRESH_PAUSE_US, self->walk_us * REFRESH_SHARE);
  gint64 wait = self->walked_at + pause - g_get_monotonic_time ();

  if (self->refresh_id != 0)
    return;
  self->refresh_id = g_timeout_add (MAX (wait, 0) / 1000, refresh_cb, self);
  g_source_set_name_by_id (self->refresh_id, "[coffer] refresh");
}

void
coffer_entry_list_stop_walk (CofferEntryList *self)
{
  g_cancellable_cancel (self->walk.cancellable);
  g_clear_object (&self->walk.cancellable);
  g_clear_handle_id (&self->walk.pause_id, g_source_remove);
  g_clear_pointer (&self->walk.blocks, coffer_blocks_free);
  g_clear_pointer (&self->walk.last, coffer_key_unref);
  coffer_marks_clear (&self->walk.rows);
  g_clear_pointer (&self->walk.keys, g_ptr_array_unref);
  g_clear_pointer (&self->walk.census, coffer_census_unref);
  self->walk.kind = COFFER_WALK_NONE;
}

/* Whether it says nothing about what is in the file. */
static gboolean
is_passing (const GError *error)
{
  return error != NULL && !g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT));
}

/* What a fresh walk behind the rows found takes their place, unless it could not be made and is of the same file. */
static gboolean
is_better (CofferEntryList  *self,
           const CofferWalk *walk,
           const GError     *error)
{
  gboolean same_file = coffer_identity_equal (&self->file, &walk->file);

  return !(is_passing (error) && same_file && (self->complete || walk->n_rows <= coffer_blocks_get_n_rows (self->blocks)));
}

/* Of a whole scope, whose keys then need not be counted. */
static void
note_count (CofferEntryList *self)
{
  self->n_scope_known = coffer_blocks_get_n_rows (self->blocks);
  if (self->scope.prefix == NULL)
    coffer_vault_note_count (self->vault, self->table, self->n_scope_known);
}

static void
take_fresh (CofferEntryList *self,
            const GError    *error)
{
  if (self->walk.behind && !is_better (self, &self->walk, error))
    return;
  self->complete = error == NULL;
  self->file = self->walk.file;
  g_clear_pointer (&self->last, coffer_key_unref);
  if (self->walk.behind)
    coffer_entry_list_replace (self, g_steal_pointer (&self->walk.blocks), FALSE);
}

/* A damaged index of the keys is no reason to show none: the table has them too. That of another file that has come meanwhile,
 * and has not been told of yet, may be sound.
 */
static gboolean
go_by_table (CofferEntryList *self,
             const GError    *error)
{
  if (!g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT)) || self->by_table)
    return FALSE;
  self->by_table = coffer_identity_equal (&self->walk.file, &self->vault->shown);
  coffer_entry_list_start (self, TRUE);
  return TRUE;
}

void
coffer_entry_list_end_walk (CofferEntryList *self,
                            const GError    *error)
{
  CofferWalkKind kind = self->walk.kind;
  GCancellable *walk = self->walk.cancellable;

  coffer_vault_drop_ahead (self->vault);   /* from now on it is older than what is known */
  self->walk_us = g_get_monotonic_time () - self->walked_at;
  if (kind == COFFER_WALK_FRESH)
    take_fresh (self, error);
  else if (error == NULL)
    self->file = self->walk.file;
  if (self->walk.cancellable != walk || go_by_table (self, error))
    return;   /* whoever was told began another walk */
  coffer_entry_list_stop_walk (self);
  if (error == NULL && self->was_empty)
    {
      self->was_empty = FALSE;
      coffer_entry_list_count_changes (self, coffer_blocks_get_n_rows (self->blocks), 0);
    }
  if (error == NULL && kind != COFFER_WALK_QUERY)
    {
      note_count (self);
      coffer_entry_list_note_whole (self);
    }
  if (kind != COFFER_WALK_FRESH)
    coffer_entry_list_reread_rows (self);
  if (error == NULL && self->by_table)
    coffer_entry_list_set_problem (self, _("The index of the keys is damaged: they are listed from the table itself"));
  else
    coffer_entry_list_set_error (self, error);
  coffer_entry_list_set_progress (self, self->n_scope, -1);
  if (self->again && error == NULL && self->walk.cancellable == NULL)
    coffer_entry_list_refresh (self);
  if (self->walk.cancellable == NULL)
    coffer_entry_list_tell_loading (self);
}

/* ---- fresh ---- */

static void
keep_slice (CofferEntryList *self,
            CofferSlice     *slice)
{
  self->walk.n_rows += slice->n_rows;
  g_clear_pointer (&self->walk.last, coffer_key_unref);
  self->walk.last = g_steal_pointer (&slice->last);
  if (self->walk.behind)
    {
      coffer_blocks_splice (self->walk.blocks, coffer_blocks_get_n_blocks (self->walk.blocks), 0, slice->blocks);
      return;
    }
  self->complete = slice->ended && slice->error == NULL;
  g_clear_pointer (&self->last, coffer_key_unref);
  if (!slice->ended)
    self->last = coffer_key_ref (self->walk.last);
  coffer_entry_list_append (self, slice->blocks);
}

static gboolean
pause_cb (gpointer data)
{
  g_autoptr(CofferEntryList) self = g_object_ref (data);

  self->walk.pause_id = 0;
  next_slice (self);
  return G_SOURCE_REMOVE;
}

static void
take_slice (CofferEntryList *self,
            CofferSlice     *slice,
            guint            pause_ms)
{
  GCancellable *walk = self->walk.cancellable;

  keep_slice (self, slice);
  if (self->walk.cancellable != walk)
    return;   /* whoever was told began another walk */
  if (slice->ended)
    coffer_entry_list_end_walk (self, slice->error);
  else if (pause_ms == 0)
    next_slice (self);
  else
    {
      self->walk.pause_id = g_timeout_add (pause_ms, pause_cb, self);
      g_source_set_name_by_id (self->walk.pause_id, "[coffer] first frame");
    }
}

static void
slice_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferSlice *slice = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  if (slice == NULL)
    {
      coffer_entry_list_end_walk (self, error);
      return;
    }
  take_slice (self, slice, 0);
  coffer_slice_free (slice);
}

/* What was walked ahead begins with the slice that is here. */
static void
ahead_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferSlice *slice = coffer_vault_await_ahead_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;
  guint n_here;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  n_here = coffer_blocks_get_n_blocks (self->blocks);
  if (slice == NULL || slice->blocks->len <= n_here)
    {
      g_clear_pointer (&slice, coffer_slice_free);
      next_slice (self);
      return;
    }
  g_ptr_array_remove_range (slice->blocks, 0, n_here);
  slice->n_rows -= self->walk.n_rows;
  take_slice (self, slice, FIRST_FRAME_MS);
  coffer_slice_free (slice);
}

/* Whether the walk, upwards over all keys and for a list that is empty, can go on with what was begun ahead of it. */
static gboolean
use_ahead (CofferEntryList *self)
{
  CofferSlice *slice;

  if (self->walk.behind || self->scope.descending || self->scope.prefix != NULL)
    return FALSE;
  if (self->walk.n_rows > 0)
    return coffer_vault_await_ahead (self->vault, self->table, self->walk.cancellable, ahead_cb, self);
  if ((slice = coffer_vault_take_ahead (self->vault, self->table)) == NULL)
    return FALSE;
  take_slice (self, slice, FIRST_FRAME_MS);
  coffer_slice_free (slice);
  return TRUE;
}

/* The first slice is the first screen; the others go on behind what that asks for. */
static void
next_slice (CofferEntryList *self)
{
  CofferSliceRequest *request;
  gboolean first = self->walk.n_rows == 0;

  if (use_ahead (self))
    return;

  request = g_new0 (CofferSliceRequest, 1);
  coffer_scope_init (&request->scope, self->scope.prefix, self->scope.descending);
  if (self->walk.last != NULL)
    request->after = coffer_key_ref (self->walk.last);
  request->max_rows = first ? COFFER_BLOCK_ROWS : SLICE_ROWS;
  request->max_us = SLICE_US;
  coffer_vault_run_async (self->vault, first ? COFFER_LANE_LIST : COFFER_LANE_WALK, self->table, coffer_slice_worker, request,
                          coffer_slice_request_free, coffer_slice_free, self->walk.cancellable, slice_cb, self);
}

/* ---- over what is known ---- */

/* The block that an answer is for; G_MAXUINT if it has changed since. Blocks read meanwhile for rows on show may have moved it. */
static guint
find_serial (CofferEntryList *self,
             guint            index,
             guint            serial)
{
  guint n = coffer_blocks_get_n_blocks (self->blocks);

  for (guint i = 0; i < n; i++)
    {
      guint at = (index + i) % n;

      if (coffer_blocks_get (self->blocks, at)->serial == serial)
        return at;
    }
  return G_MAXUINT;
}

/* Whatever is told may begin another walk, or bring other blocks: each is looked for. */
static void
take_check (CofferEntryList *self,
            CofferCheck     *check)
{
  GCancellable *walk = self->walk.cancellable;

  for (guint i = 0; i < check->blocks->len && self->walk.cancellable == walk; i++)
    {
      CofferCheckedBlock *checked = g_ptr_array_index (check->blocks, i);
      guint n_now = checked->blocks != NULL ? checked->blocks->len : 1;
      guint at = self->walk.next;

      if (at >= coffer_blocks_get_n_blocks (self->blocks) || coffer_blocks_get (self->blocks, at)->serial != checked->serial)
        at = find_serial (self, at, checked->serial);
      if (at == G_MAXUINT)   /* it was read, and changed, for somebody who looks at it */
        {
          self->walk.next++;
          continue;
        }
      coffer_entry_list_take_checked (self, at, checked);
      self->walk.next = at + n_now;
    }
  if (self->walk.cancellable != walk)
    return;
  if (check->error != NULL || self->walk.next >= coffer_blocks_get_n_blocks (self->blocks))
    coffer_entry_list_end_walk (self, check->error);
  else
    next_check (self);
}

static void
check_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferCheck *check = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  if (check == NULL)
    {
      coffer_entry_list_end_walk (self, error);
      return;
    }
  take_check (self, check);
  coffer_check_free (check);
}

static void
next_check (CofferEntryList *self)
{
  CofferCheckRequest *request = coffer_check_request_new (&self->scope);
  guint n = coffer_blocks_get_n_blocks (self->blocks);
  guint end = MIN (n, self->walk.next + SLICE_ROWS / COFFER_BLOCK_ROWS);

  for (guint i = self->walk.next; i < end; i++)
    coffer_check_request_add (request, coffer_blocks_get (self->blocks, i));
  request->from_start = self->walk.next == 0;
  if (end < n)
    request->end = coffer_key_ref (coffer_blocks_get (self->blocks, end)->fence);
  request->max_us = SLICE_US;
  coffer_vault_run_async (self->vault, COFFER_LANE_WALK, self->table, coffer_check_worker, request, coffer_check_request_free,
                          coffer_check_free, self->walk.cancellable, check_cb, self);
}

/* ---- beginning ---- */

gboolean
coffer_entry_list_is_query (CofferEntryList *self)
{
  return self->filter != NULL || self->sort != COFFER_SORT_KEY || self->by_table;
}

/* What is on show goes. All keys of a table are shown as they were last, and what came and went since is looked for; of others there
 * may be nothing to see for a moment.
 */
static void
empty (CofferEntryList *self)
{
  CofferBlocks *known = coffer_entry_list_take_whole (self);

  if (known != NULL)
    self->walk.kind = COFFER_WALK_CHECK;
  self->scope.descending = self->descending;
  self->complete = known != NULL;
  self->file = self->walk.file;
  g_clear_pointer (&self->last, coffer_key_unref);
  coffer_entry_list_replace (self, known != NULL ? known : coffer_blocks_new (), known != NULL);
}

static void
begin (CofferEntryList *self,
       CofferWalkKind   kind,
       gboolean         behind)
{
  gboolean was_loading = self->walk.cancellable != NULL;
  GCancellable *walk;

  coffer_entry_list_stop_walk (self);
  coffer_vault_put_off_counting (self->vault);
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  self->again = self->stopped = FALSE;
  walk = g_cancellable_new ();
  self->walk = (CofferWalk) { .kind = kind, .behind = behind, .file = self->vault->shown, .cancellable = walk };
  self->walked_at = g_get_monotonic_time ();
  if (behind && kind == COFFER_WALK_FRESH)
    self->walk.blocks = coffer_blocks_new ();
  else if (!behind && kind != COFFER_WALK_CHECK)
    {
      empty (self);
      if (self->walk.cancellable != walk)
        return;
      coffer_entry_list_set_error (self, NULL);
    }
  if (self->walk.kind == COFFER_WALK_CHECK)
    next_check (self);
  else if (kind == COFFER_WALK_FRESH)
    next_slice (self);
  else
    coffer_entry_list_begin_query (self);
  if (!was_loading && self->walk.cancellable != NULL)
    coffer_entry_list_tell_loading (self);
}

void
coffer_entry_list_start (CofferEntryList *self,
                         gboolean         behind)
{
  self->complete = self->was_empty = FALSE;
  begin (self, coffer_entry_list_is_query (self) ? COFFER_WALK_QUERY : COFFER_WALK_FRESH, behind);
}

gboolean
coffer_entry_list_is_growing (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), FALSE);

  return self->walk.cancellable != NULL && self->walk.kind != COFFER_WALK_CHECK && !self->walk.behind && !self->walk.compare &&
         self->sort == COFFER_SORT_KEY && !self->by_table;
}

void
coffer_entry_list_stop (CofferEntryList *self)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self));

  if (!coffer_entry_list_is_growing (self))
    return;
  coffer_vault_drop_ahead (self->vault);
  coffer_entry_list_stop_walk (self);
  self->stopped = TRUE;
  coffer_entry_list_set_problem (self, _("Reading was stopped: not all keys are listed"));
  coffer_entry_list_set_progress (self, self->n_scope, -1);
  coffer_entry_list_tell_loading (self);
}

/* Whether a walk runs that will show the file that is there now. */
static gboolean
is_walking (CofferEntryList *self)
{
  return self->walk.cancellable != NULL && coffer_identity_equal (&self->walk.file, &self->vault->shown);
}

void
coffer_entry_list_refresh (CofferEntryList *self)
{
  gboolean is_empty = coffer_blocks_get_n_rows (self->blocks) == 0;

  g_return_if_fail (COFFER_IS_ENTRY_LIST (self));

  if (self->untold != NULL)
    coffer_entry_list_refresh_soon (self);
  else if (is_walking (self))
    self->again = TRUE;
  else if (self->by_table && !coffer_identity_equal (&self->file, &self->vault->shown))
    {
      self->by_table = FALSE;   /* the index of another file may be sound */
      coffer_entry_list_start (self, self->scope.descending == self->descending);
    }
  else if (coffer_entry_list_is_query (self))
    begin (self, COFFER_WALK_QUERY, TRUE);
  else if (is_empty || !self->complete)
    {
      self->was_empty |= is_empty && self->complete;
      begin (self, COFFER_WALK_FRESH, !is_empty);
    }
  else
    begin (self, COFFER_WALK_CHECK, FALSE);
}

void
coffer_entry_list_follow (CofferEntryList *self)
{
  if (self->stopped && !self->missing && coffer_identity_equal (&self->file, &self->vault->shown))
    coffer_entry_list_set_problem (self, _("Reading was stopped: not all keys are listed, nor all that changed"));
  else
    coffer_entry_list_refresh (self);
}
