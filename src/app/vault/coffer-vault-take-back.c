/* SPDX-License-Identifier: MIT */
/*
 * Taking back what was added, and showing it again. Values are compared before anything is locked; what is to go is deleted later, as
 * coffer-deletion.c does it. Functions marked "lane" run on a lane's thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-add-job-private.h"

#include "coffer-cache-private.h"
#include "coffer-deletion-private.h"
#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PIECE_SIZE (1 << 20)
#define TAKE_BACK_STEP 500             /* keys that go in one transaction, … */
#define PUT_BACK_STEP (64u << 20)      /* … and about so many bytes that come back */

static gboolean
can_take_back (const CofferAddition *addition)
{
  return addition->state == COFFER_ADDITION_ADDED || (addition->state == COFFER_ADDITION_REPLACED && addition->old != NULL) ||
         coffer_addition_is_mendable (addition);
}

/* Lane. Whether the key has the value still that was found when it was read back, or none, or none that can be read. */
static int
is_wrong_still (CofferAddJob   *job,
                CofferAddition *addition)
{
  g_autofree char *piece = g_malloc (PIECE_SIZE);
  guint8 found[COFFER_SUM_SIZE];
  kvault_blob *blob = NULL;
  manifest_sum sum;
  guint64 size;
  int rc = kvault_blob_open (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  manifest_sum_init (&sum);
  size = rc == KVAULT_OK ? kvault_blob_size (blob) : 0;
  for (guint64 at = 0; rc == KVAULT_OK && at < size; at += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, size - at);

      rc = g_cancellable_is_cancelled (job->stop) ? KVAULT_ECANCELLED : kvault_blob_read (blob, piece, len, at);
      if (rc == KVAULT_OK)
        manifest_sum_add (&sum, piece, len);
      coffer_additions_stir (job->additions);
    }
  kvault_blob_close (blob);
  manifest_sum_end (&sum, found);
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND && rc != KVAULT_ECORRUPT)
    return rc;
  addition->identical = rc != KVAULT_OK || (addition->wrong_sum != NULL && memcmp (found, addition->wrong_sum, sizeof found) == 0);
  return KVAULT_OK;
}

/* Lane. What was stored; what replaced another value, and was deleted since in a way that can be undone, is there still, to be undone below that. */
static int
open_stored (CofferAddJob          *job,
             const CofferAddition  *addition,
             kvault_blob          **blob)
{
  gsize size;
  gconstpointer key = g_bytes_get_data (addition->key, &size);
  int rc = kvault_blob_open (job->vault, key, size, blob);

  if (rc != KVAULT_NOTFOUND || addition->state != COFFER_ADDITION_REPLACED)
    return rc;
  return kvault_blob_open_hidden (job->vault, key, size, blob);
}

/* Lane. Whether the value of a key is the one that was stored, by its print. */
static int
compare_print (CofferAddJob   *job,
               CofferAddition *addition)
{
  g_autofree char *piece = g_malloc (PIECE_SIZE);
  guint64 found[2];
  kvault_blob *blob = NULL;
  int rc = open_stored (job, addition, &blob);

  coffer_print_begin (&job->sum.print);
  addition->identical = rc == KVAULT_OK && kvault_blob_size (blob) == addition->size;
  for (guint64 at = 0; rc == KVAULT_OK && addition->identical && at < addition->size; at += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, addition->size - at);

      rc = g_cancellable_is_cancelled (job->stop) ? KVAULT_ECANCELLED : kvault_blob_read (blob, piece, len, at);
      if (rc == KVAULT_OK)
        coffer_print_add (&job->sum.print, piece, len);
      coffer_additions_note_looked (job->additions, job->looked, job->bytes_looked + at + len);
    }
  kvault_blob_close (blob);
  coffer_print_get (&job->sum.print, found);
  addition->identical = addition->identical && rc == KVAULT_OK && memcmp (found, addition->print, sizeof found) == 0;
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Lane. */
static gboolean
stopped_cb (guint64  n_bytes,
            gpointer data)
{
  CofferAddJob *job = data;

  coffer_additions_stir (job->additions);
  return g_cancellable_is_cancelled (job->stop);
}

/* Lane. A value that is about to be replaced by the old one, to be put there again. Whether there is room for it. */
static gboolean
keep_fresh (CofferAddJob   *job,
            CofferAddition *addition,
            int            *rc)
{
  guint64 needed = coffer_kept_get_size (addition->old);
  kvault_blob *blob = NULL;

  coffer_addition_keep_fresh (addition, NULL);
  *rc = open_stored (job, addition, &blob);
  if (*rc == KVAULT_OK)
    coffer_addition_keep_fresh (addition, coffer_attic_keep (job->attic, job->vault, blob, needed, FALSE, stopped_cb, job, rc));
  kvault_blob_close (blob);
  return addition->fresh != NULL;
}

/* Lane. A key that was not there is hidden, and its value stays in the file: nothing is lost if its source is gone. One that replaced
 * another is kept, or else has to be in its file.
 */
static int
is_ours (CofferAddJob   *job,
         CofferAddition *addition)
{
  int rc = compare_print (job, addition);

  if (rc != KVAULT_OK || !addition->identical || addition->state == COFFER_ADDITION_ADDED)
    return rc;
  if (keep_fresh (job, addition, &rc) || rc != KVAULT_OK)
    return rc;
  addition->identical = FALSE;
  rc = coffer_add_job_compare_addition (job, addition);
  addition->no_room = rc == KVAULT_OK && !addition->identical;
  return rc;
}

/* Lane. A value that would be compared with itself, by whatever name its file goes: that proves nothing. */
static gboolean
is_itself (const CofferAddJob   *job,
           const CofferAddition *addition)
{
  struct stat here, there;

  return addition->value != NULL && g_bytes_equal (addition->key, addition->value) &&
         g_strcmp0 (job->additions->source_table, kvault_table (job->vault)) == 0 &&
         stat (kvault_location (job->vault), &here) == 0 && stat (job->additions->source_path, &there) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* Lane. Which values still are those that were stored. What somebody else has put there is not ours to delete; and of what came from
 * another vault, and is there no more, there may be no other copy.
 */
static int
find_ours (CofferAddJob *job,
           guint         at,
           guint         end)
{
  int rc = KVAULT_OK;

  for (guint i = at; rc == KVAULT_OK && i < end; i++)
    {
      CofferAddition *addition = coffer_additions_get (job->additions, i);

      addition->identical = addition->no_room = FALSE;
      if (!can_take_back (addition))
        continue;
      if (addition->wrong)
        rc = is_wrong_still (job, addition);
      else if (addition->printed)
        rc = is_ours (job, addition);
      else if (!is_itself (job, addition))
        rc = coffer_add_job_compare_addition (job, addition);
      job->looked++;
      job->bytes_looked += addition->size;
      coffer_additions_note_looked (job->additions, job->looked, job->bytes_looked);
    }
  return rc;
}

/* Lane. In a transaction. What had been deleted before is hidden again, and goes if that was written since; it stays on show if that was undone.
 * What was deleted after it was added stays hidden.
 */
static int
put_back (CofferAddJob         *job,
          const CofferAddition *addition)
{
  gboolean deleted = coffer_deletion_find_key (job->vault, addition->key) == KVAULT_OK;
  int rc = coffer_kept_put (addition->old, job->vault, addition->key, stopped_cb, job, &job->damaged);
  gsize size;
  gconstpointer key = g_bytes_get_data (addition->key, &size);

  if (rc == KVAULT_OK && deleted && (rc = kvault_deletion_keep (job->vault, key, size)) == KVAULT_NOTFOUND)
    rc = KVAULT_OK;   /* its deletion was undone meanwhile: it is on show, with its old value */
  if (rc != KVAULT_OK || !addition->over)
    return rc;
  rc = kvault_deletion_resume (job->vault, key, size);
  if (rc == KVAULT_ESTALE)
    return kvault_delete (job->vault, key, size);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Whether it is hidden rather than deleted. */
static gboolean
is_to_be_hidden (const CofferAddition *addition)
{
  return addition->identical && addition->printed && addition->state == COFFER_ADDITION_ADDED;
}

/* Lane. In a transaction. */
static int
delete_ours (CofferAddJob *job,
             guint         at,
             guint         end,
             gssize       *n)
{
  int rc = KVAULT_OK;

  for (guint i = at; rc == KVAULT_OK && i < end; i++)
    {
      CofferAddition *addition = coffer_additions_get (job->additions, i);
      gsize size;
      gconstpointer key = g_bytes_get_data (addition->key, &size);

      if (!addition->identical || is_to_be_hidden (addition))
        continue;
      rc = addition->state != COFFER_ADDITION_ADDED ? put_back (job, addition) : kvault_delete (job->vault, key, size);
      *n += rc == KVAULT_OK;
      rc = rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
    }
  return rc;
}

/* Lane. In a transaction, in which they vanish: whoever stores a value there does so after it, and that is not hidden. */
static int
hide_ours (CofferAddJob *job,
           guint         at,
           guint         end,
           gssize       *n)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  CofferHidden hidden;
  int rc = KVAULT_OK;

  for (guint i = at; i < end; i++)
    if (is_to_be_hidden (coffer_additions_get (job->additions, i)))
      g_ptr_array_add (keys, coffer_key_new_written (coffer_additions_get (job->additions, i)->key));
  if (keys->len == 0)
    return rc;
  hidden = (CofferHidden) { coffer_deletion_new_measured (job->vault, job->veil, job->cache, &job->meant_for, keys, &rc), at, end };
  g_array_append_val (job->deletions, hidden);
  if (rc == KVAULT_OK)
    coffer_deletion_hide_measured (hidden.deletion);
  *n += coffer_deletion_get_n_left (hidden.deletion);   /* another window may have hidden some */
  return rc;
}

/* Lane. What was measured, but is not taken back. */
static void
show_measured (CofferAddJob *job)
{
  if (job->n_hidden < job->deletions->len)
    coffer_deletion_show_measured (g_array_index (job->deletions, CofferHidden, job->n_hidden).deletion);
}

/* Lane. What was taken back is WAITING. */
static void
note_taken (CofferAddJob *job,
            guint         at,
            guint         end)
{
  CofferDeletion *deletion = NULL;

  if (job->n_hidden < job->deletions->len)
    deletion = g_array_index (job->deletions, CofferHidden, job->n_hidden++).deletion;
  for (guint i = at; i < end; i++)
    {
      CofferAddition *addition = coffer_additions_get (job->additions, i);

      if (!addition->identical)
        continue;
      addition->hidden = is_to_be_hidden (addition) ? deletion : NULL;
      coffer_addition_reset (addition);
      addition->taken = TRUE;
    }
}

/* Lane. What was kept of what is not taken back. */
static void
drop_fresh (CofferAddJob *job,
            guint         at,
            guint         end)
{
  for (guint i = at; i < end; i++)
    if (!coffer_additions_get (job->additions, i)->taken)
      coffer_addition_keep_fresh (coffer_additions_get (job->additions, i), NULL);
}

/* Lane. From @at on, up to @end; all of them or none. They are compared before anything is locked, and once more if somebody
 * wrote meanwhile.
 */
static int
take_back_some (CofferAddJob *job,
                guint         at,
                guint         end)
{
  uint64_t before, now;
  guint looked = job->looked;
  guint64 bytes_looked = job->bytes_looked;
  gssize n = 0;
  int rc = kvault_data_version (job->vault, &before);

  if (rc == KVAULT_OK)
    rc = find_ours (job, at, end);
  if (rc != KVAULT_OK || (rc = kvault_begin (job->vault)) != KVAULT_OK)
    {
      drop_fresh (job, at, end);
      return rc;
    }
  coffer_additions_set_begun (job->additions, TRUE);
  rc = kvault_data_version (job->vault, &now);
  if (rc == KVAULT_OK && now != before)
    {
      job->looked = looked;
      job->bytes_looked = bytes_looked;
      rc = find_ours (job, at, end);
    }
  if (rc == KVAULT_OK)
    rc = delete_ours (job, at, end, &n);
  if (rc == KVAULT_OK)
    rc = hide_ours (job, at, end, &n);
  if (rc == KVAULT_OK)
    rc = kvault_commit (job->vault);
  coffer_additions_set_begun (job->additions, FALSE);
  if (rc != KVAULT_OK)
    {
      kvault_rollback (job->vault);
      show_measured (job);
      drop_fresh (job, at, end);
      return rc;
    }
  note_taken (job, at, end);
  drop_fresh (job, at, end);
  job->n_stored += n;
  return KVAULT_OK;
}

/* Lane. */
static guint
find_step (CofferAddJob *job,
           guint         at)
{
  guint end = MIN (at + TAKE_BACK_STEP, job->additions->files->len);
  guint64 n_bytes = 0;

  for (guint i = at; i < end; i++)
    {
      const CofferAddition *addition = coffer_additions_get (job->additions, i);

      n_bytes += can_take_back (addition) && addition->state != COFFER_ADDITION_ADDED ? coffer_kept_get_size (addition->old) : 0;
      if (n_bytes >= PUT_BACK_STEP)
        return i + 1;
    }
  return end;
}

/* Lane. All of them, once. */
static int
take_back_pass (CofferAddJob *job)
{
  guint n_files = job->additions->files->len;
  int rc = KVAULT_OK;

  job->looked = 0;
  job->bytes_looked = 0;
  for (guint at = 0, end; rc == KVAULT_OK && at < n_files && !g_cancellable_is_cancelled (job->stop); at = end)
    {
      end = find_step (job, at);
      rc = take_back_some (job, at, end);
    }
  return rc;
}

/* Lane. */
static void
begin_looking (CofferAddJob *job)
{
  guint64 n_bytes = 0;

  for (guint i = 0; i < job->additions->files->len; i++)
    if (can_take_back (coffer_additions_get (job->additions, i)))
      n_bytes += coffer_additions_get (job->additions, i)->size;
  coffer_additions_begin_looking (job->additions, coffer_additions_count_undoable (job->additions), n_bytes);
}

/* Lane. Where two files had one key, the value of the first is there once the second is taken back. */
static gpointer
take_back_worker (kvault        *vault,
                  gpointer       data,
                  GCancellable  *cancellable,
                  GError       **error)
{
  CofferAddJob *job = data;
  gssize n_before;
  int rc;

  coffer_add_job_start (job, vault);
  begin_looking (job);
  do
    {
      n_before = job->n_stored;
      rc = take_back_pass (job);
    }
  while (rc == KVAULT_OK && job->n_stored > n_before && coffer_additions_count_undoable (job->additions) > 0 &&
         !g_cancellable_is_cancelled (job->stop));
  coffer_additions_tally (job->additions);
  coffer_add_job_close_source (job);
  coffer_add_job_close_archive (job);
  if (rc == KVAULT_OK)
    return GINT_TO_POINTER (TRUE);
  *error = job->damaged ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, _("What was kept of the value cannot be read any more"))
                        : coffer_error_new (vault, rc);
  return NULL;
}

static void
taken_back_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  CofferAddJob *job = g_task_get_task_data (task);
  GError *error = NULL;

  coffer_vault_run_finish (self, result, &error);
  for (guint i = 0; i < job->n_hidden; i++)
    {
      CofferHidden hidden = g_array_index (job->deletions, CofferHidden, i);

      coffer_vault_adopt_deletion (self, hidden.deletion);
      coffer_deletion_ref (hidden.deletion);
      g_array_append_val (job->additions->hidden, hidden);
    }
  if (g_cancellable_is_cancelled (job->stop) && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error)))
    g_clear_error (&error);
  if (job->n_stored > 0)
    coffer_vault_tell_sharers (self);
  if (error == NULL)
    g_task_return_int (task, job->n_stored);
  else
    g_task_return_error (task, error);
}

void
coffer_vault_take_back_async (CofferVault         *self,
                              CofferAdditions     *additions,
                              GCancellable        *stop,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_autoptr(GCancellable) force = g_cancellable_new ();
  g_autoptr(GTask) task = NULL;
  CofferAddJob *job;

  g_return_if_fail (COFFER_IS_VAULT (self) && additions != NULL);

  task = g_task_new (self, force, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_take_back_async);
  if ((job = coffer_add_job_begin (self, additions, stop, task)) == NULL)
    return;
  job->veil = kvault_veil_ref (self->veil);
  job->cache = g_object_ref (self->cache);
  job->meant_for = self->shown;
  job->deletions = coffer_hidden_array_new ();
  coffer_vault_run_async (self, COFFER_LANE_WRITE, additions->table, take_back_worker, job, NULL, NULL, force, taken_back_cb,
                          g_object_ref (task));
}

gssize
coffer_vault_take_back_finish (CofferVault   *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

/* Showing it again */

/* Of a deletion that is shown, or written, at least in part: what is not in the file any more is to be added again, which leaves alone what others
 * put there, if that is there still. On a thread that has the list to itself. Returns: how many are there again
 */
static guint
note_shown (CofferAdditions *additions,
            CofferHidden     hidden)
{
  guint at = 0, n = 0;

  for (guint i = hidden.at; i < hidden.end; i++)
    {
      CofferAddition *addition = coffer_additions_get (additions, i);
      kvault_fate fate;

      if (addition->hidden != hidden.deletion)
        continue;
      addition->hidden = NULL;
      fate = coffer_deletion_get_fate (hidden.deletion, at++);
      addition->taken = fate != KVAULT_FATE_LEFT;
      if (fate == KVAULT_FATE_LEFT)
        addition->state = COFFER_ADDITION_ADDED;
      n += fate == KVAULT_FATE_LEFT;
    }
  return n;
}

/* What is noted of many takes longer than a turn of the main loop may. */
static void
note_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  CofferAddJob *job = data;
  const GArray *hidden = job->additions->hidden;

  for (guint i = 0; i < job->n_hidden; i++)
    job->n_stored += note_shown (job->additions, g_array_index (hidden, CofferHidden, hidden->len - 1 - i));
  coffer_additions_tally (job->additions);
  g_task_return_boolean (task, TRUE);
}

static void
noted_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferAddJob *job = g_task_get_task_data (task);
  GArray *hidden = job->additions->hidden;

  g_array_set_size (hidden, hidden->len - job->n_hidden);
  if (job->shown_error == NULL)
    g_task_return_int (task, job->n_stored);
  else
    g_task_return_error (task, g_steal_pointer (&job->shown_error));
}

static void
taken_shown_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      data)
{
  g_autoptr(GTask) task = data;
  CofferAddJob *job = g_task_get_task_data (task);
  g_autoptr(GTask) noting = g_task_new (source, NULL, noted_cb, g_object_ref (task));

  coffer_vault_show_measured_finish (COFFER_VAULT (source), result, &job->n_hidden, &job->shown_error);
  g_task_set_source_tag (noting, taken_shown_cb);
  g_task_set_task_data (noting, job, NULL);
  g_task_run_in_thread (noting, note_thread);
}

void
coffer_vault_show_taken_async (CofferVault         *self,
                               CofferAdditions     *additions,
                               GCancellable        *stop,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  g_autoptr(GPtrArray) deletions = NULL;

  g_return_if_fail (COFFER_IS_VAULT (self) && additions != NULL);

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_show_taken_async);
  g_task_set_task_data (task, coffer_add_job_new (additions, stop), coffer_add_job_free);
  if (coffer_vault_refuse_additions (self, additions, task))
    return;
  deletions = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_deletion_unref);
  for (guint i = 0; i < additions->hidden->len; i++)
    g_ptr_array_add (deletions, coffer_deletion_ref (g_array_index (additions->hidden, CofferHidden, i).deletion));
  coffer_vault_show_measured_async (self, additions->table, deletions, stop, taken_shown_cb, g_steal_pointer (&task));
}

gssize
coffer_vault_show_taken_finish (CofferVault   *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return g_task_propagate_int (G_TASK (result), error);
}
