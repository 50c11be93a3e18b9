/* SPDX-License-Identifier: MIT */
/*
 * What those have in common who store files, or values of another vault, and who take them back: a job, and what is at hand, read from
 * wherever it is and compared with what the vault has. Functions marked "lane" run on a lane's thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-add-job-private.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define TURN_US (2 * G_USEC_PER_SEC)   /* of a job; leaving the log and coming back costs some 50 ms */
#define PIECE_SIZE (1 << 20)

void
coffer_add_job_free (gpointer data)
{
  CofferAddJob *job = data;

  coffer_additions_unref (job->additions);
  g_clear_object (&job->stop);
  g_strfreev (job->vaults);
  g_clear_pointer (&job->guard, coffer_guard_free);
  g_clear_pointer (&job->puts, g_array_unref);
  coffer_source_sum_clear (&job->sum);
  kvault_shelf_unref (job->shelf);
  kvault_shelf_unref (job->source_shelf);
  kvault_veil_unref (job->veil);
  g_clear_object (&job->cache);
  g_clear_pointer (&job->attic, coffer_attic_unref);
  g_clear_pointer (&job->deletions, g_array_unref);
  g_clear_error (&job->shown_error);
  g_free (job);
}

CofferAddJob *
coffer_add_job_new (CofferAdditions *additions,
                    GCancellable    *stop)
{
  CofferAddJob *job = g_new0 (CofferAddJob, 1);

  job->additions = coffer_additions_ref (additions);
  if (additions->source_path != NULL)
    job->source_shelf = coffer_vault_dup_shelf_of (additions->source_path);
  g_set_object (&job->stop, stop);
  job->vaults = coffer_vault_dup_open_paths ();
  job->puts = g_array_new (FALSE, FALSE, sizeof (guint));
  job->fd = -1;
  return job;
}

/* What is added */

gsize
coffer_addition_get_header_size (const CofferAddition *addition)
{
  return addition->header != NULL ? g_bytes_get_size (addition->header) : 0;
}

/* Lane. */
static int
is_stopped_cb (void *data)
{
  return g_cancellable_is_cancelled (((CofferAddJob *) data)->stop);
}

/* Lane. Looked at once in a turn. */
static gboolean
open_source (CofferAddJob *job)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error why;

  options.access = KVAULT_ACCESS_VIEW;
  options.table = job->additions->source_table;
  options.shelf = job->source_shelf;
  options.is_cancelled = is_stopped_cb;
  options.is_cancelled_data = job;
  if (job->source == NULL && job->source_error == NULL &&
      kvault_open (job->additions->source_path, &options, &job->source, &why) != KVAULT_OK)
    job->source_error = coffer_error_new_open (&why);
  return job->source != NULL;
}

/* Lane. Nothing is wrong with the vault that it goes into. */
static gboolean
open_value (CofferAddJob    *job,
            CofferAddition  *addition,
            GError         **error)
{
  int rc;

  if (addition->no_bytes)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("Its key is no bytes, but text or a number"));
      return FALSE;
    }
  if (!open_source (job))
    {
      g_propagate_error (error, g_error_copy (job->source_error));
      return FALSE;
    }
  rc = kvault_blob_open (job->source, g_bytes_get_data (addition->value, NULL), g_bytes_get_size (addition->value), &job->blob);
  if (rc == KVAULT_NOTFOUND)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("It is not in the vault any more"));
  else if (rc != KVAULT_OK)
    g_propagate_error (error, coffer_error_new (job->source, rc));
  else
    job->before.st_size = (off_t) kvault_blob_size (job->blob);
  return rc == KVAULT_OK;
}

/* Lane. What is compressed as a whole is to be read once, so the archive stays open to the next member, and the next turn. */
static gboolean
open_member (CofferAddJob    *job,
             CofferAddition  *addition,
             GError         **error)
{
  CofferArchive **archive = &job->additions->archive;

  if (*archive != NULL && !g_str_equal (coffer_archive_get_path (*archive), addition->root))
    g_clear_pointer (archive, coffer_archive_close);
  if (*archive == NULL && (*archive = coffer_archive_open (addition->root, job->guard, job->stop, error)) == NULL)
    return FALSE;
  coffer_archive_set_cancellable (*archive, job->stop);
  job->fd = coffer_archive_unpack (*archive, addition->at, addition->path, &job->before, error);
  return job->fd >= 0;
}

/* Lane. The file or the value, to be closed again. Returns: whether it can be read */
gboolean
coffer_add_job_open (CofferAddJob    *job,
                     CofferAddition  *addition,
                     GError         **error)
{
  if (addition->value != NULL)
    return open_value (job, addition, error);
  if (job->additions->again && addition->fresh != NULL)
    {
      job->fresh = addition->fresh;
      job->before.st_size = (off_t) (coffer_kept_get_size (addition->fresh) - coffer_addition_get_header_size (addition));
      return TRUE;
    }
  if (addition->packed)
    return open_member (job, addition, error);
  job->fd = coffer_source_open (addition->root, addition->path, job->guard, &job->before, error);
  return job->fd >= 0;
}

/* Lane. */
void
coffer_add_job_close (CofferAddJob *job)
{
  kvault_blob_close (g_steal_pointer (&job->blob));
  if (job->fd >= 0)
    close (job->fd);
  job->fd = -1;
  job->fresh = NULL;
}

/* Lane. Whether all of it came. */
gboolean
coffer_add_job_read (CofferAddJob *job,
                     char         *buffer,
                     gsize         len,
                     guint64       offset)
{
  if (job->blob != NULL)
    return kvault_blob_read (job->blob, buffer, len, offset) == KVAULT_OK;
  if (job->fresh != NULL)
    return coffer_kept_read (job->fresh, buffer, len, coffer_addition_get_header_size (job->addition) + offset);
  return pread (job->fd, buffer, len, (off_t) offset) == (gssize) len;
}

/* Lane. At the end of each turn, so that nothing is held that is not needed. */
void
coffer_add_job_close_source (CofferAddJob *job)
{
  kvault_close (g_steal_pointer (&job->source));
  g_clear_error (&job->source_error);
}

/* Lane. Left open only from one turn to the next. */
void
coffer_add_job_close_archive (CofferAddJob *job)
{
  g_clear_pointer (&job->additions->archive, coffer_archive_close);
}

void
coffer_add_job_close_archive_at_end (CofferAddJob *job)
{
  if (job->additions->next == job->additions->files->len || g_cancellable_is_cancelled (job->stop))
    coffer_add_job_close_archive (job);
}

/* Lane. The first look at what is open here. */
void
coffer_add_job_start (CofferAddJob *job,
                      kvault       *vault)
{
  job->vault = vault;
  g_clear_pointer (&job->guard, coffer_guard_free);
  job->guard = coffer_guard_new ((const char *const *) job->vaults);
  job->until = g_get_monotonic_time () + TURN_US;
}

/* Comparing */

/* Lane. Whether a value begins with a header, which may be none. */
static int
compare_header (kvault_blob          *blob,
                const CofferAddition *addition,
                gboolean             *identical)
{
  gsize size = coffer_addition_get_header_size (addition);
  g_autofree char *found = g_malloc (size + 1);
  int rc = kvault_blob_read (blob, found, size, 0);

  *identical = rc == KVAULT_OK && (size == 0 || memcmp (found, g_bytes_get_data (addition->header, NULL), size) == 0);
  return rc;
}

/* Lane. Whether the value of a key is what is at hand, of @size bytes, behind the header. KVAULT_OK, KVAULT_ECANCELLED, or a failure of
 * the vault.
 */
int
coffer_add_job_compare (CofferAddJob         *job,
                        const CofferAddition *addition,
                        guint64               size,
                        gboolean             *identical)
{
  g_autofree char *in_vault = g_malloc (PIECE_SIZE), *in_file = g_malloc (PIECE_SIZE);
  gsize start = coffer_addition_get_header_size (addition);
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  *identical = rc == KVAULT_OK && kvault_blob_size (blob) == start + size;
  if (*identical)
    rc = compare_header (blob, addition, identical);
  for (guint64 offset = 0; rc == KVAULT_OK && *identical && offset < size; offset += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, size - offset);

      rc = g_cancellable_is_cancelled (job->stop) ? KVAULT_ECANCELLED : kvault_blob_read (blob, in_vault, len, start + offset);
      *identical = rc == KVAULT_OK && coffer_add_job_read (job, in_file, len, offset) && memcmp (in_vault, in_file, len) == 0;
      coffer_additions_stir (job->additions);
    }
  kvault_blob_close (blob);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Lane. Opens the file for a moment. What cannot be read is none of our business here. */
int
coffer_add_job_compare_addition (CofferAddJob   *job,
                                 CofferAddition *addition)
{
  g_autoptr(GError) error = NULL;
  int rc = KVAULT_OK;

  if (coffer_add_job_open (job, addition, &error))
    rc = coffer_add_job_compare (job, addition, addition->size - coffer_addition_get_header_size (addition), &addition->identical);
  coffer_add_job_close (job);
  return rc;
}

/* Waiting for another program to let us write can be ended by force, as nothing is stored yet; and so can reading before that. */
static void
stop_cb (GCancellable *stop,
         GTask        *task)
{
  CofferAddJob *job = g_task_get_task_data (task);

  if (!coffer_additions_has_begun (job->additions))
    g_cancellable_cancel (g_task_get_cancellable (task));
}

static void
watch_stop (CofferAdditions *additions,
            GCancellable    *stop,
            GTask           *task)
{
  coffer_additions_set_begun (additions, FALSE);
  if (stop == NULL)
    return;
  if (g_cancellable_is_cancelled (stop))
    stop_cb (stop, task);
  else
    g_signal_connect_object (stop, "cancelled", G_CALLBACK (stop_cb), task, 0);
}

gboolean
coffer_vault_refuse_additions (CofferVault     *self,
                               CofferAdditions *additions,
                               GTask           *task)
{
  if (additions->meant_for.inode == 0)
    additions->meant_for = self->shown;
  if (!coffer_vault_get_editable (self))
    g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
  else if (!coffer_identity_equal (&additions->meant_for, &self->shown))
    g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_STALE, _("Another file has taken the place of the vault since"));
  else
    return FALSE;
  return TRUE;
}

CofferAddJob *
coffer_add_job_begin (CofferVault     *self,
                      CofferAdditions *additions,
                      GCancellable    *stop,
                      GTask           *task)
{
  CofferAddJob *job = coffer_add_job_new (additions, stop);

  g_task_set_check_cancellable (task, FALSE);   /* what was done is told, cancelled or not */
  g_task_set_task_data (task, job, coffer_add_job_free);
  if (coffer_vault_refuse_additions (self, additions, task))
    return NULL;
  job->attic = coffer_attic_ref (self->attic);
  watch_stop (additions, stop, task);
  return job;
}
