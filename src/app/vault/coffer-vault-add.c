/* SPDX-License-Identifier: MIT */
/*
 * Storing files, or values of another vault, as values. One job of the WRITE lane is a bulk import of the library that ends after some seconds, so that others
 * who want the lane, or the file, get their turn; and whatever a person has to be asked is asked between two jobs, while nothing is
 * locked.
 *
 * A job is not ended by its cancellable, but where a value is whole: what came before it is then committed. Functions marked "lane"
 * run on a lane's thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-add-job-private.h"

#include "coffer-cache-private.h"
#include "coffer-deletion-private.h"
#include "coffer-error-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <names.h>
#include <string.h>
#include <unistd.h>

#define PIECE_SIZE (1 << 20)

/* Old values */

/* Lane. */
static gboolean
keep_cb (guint64  n_bytes,
         gpointer data)
{
  return g_cancellable_is_cancelled (((CofferAddJob *) data)->stop);
}

/* Lane. What is hidden since a person deleted it, and may be brought back; the veil is asked, so it is what is so at this moment. */
static int
open_deleted (CofferAddJob  *job,
              GBytes        *key,
              kvault_blob  **blob)
{
  return kvault_blob_open_hidden (job->vault, g_bytes_get_data (key, NULL), g_bytes_get_size (key), blob);
}

/* Lane. Before it is replaced; it may have been deleted since it was seen. If there is no room for it, whoever has not said so is asked: `asks`. */
static int
keep_old (CofferAddJob   *job,
          CofferAddition *addition)
{
  CofferAdditions *additions = job->additions;
  guint64 needed = job->before.st_size + coffer_addition_get_header_size (addition);
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  job->over = rc == KVAULT_NOTFOUND;
  if (job->over)
    rc = open_deleted (job, addition->key, &blob);
  coffer_addition_keep (addition, NULL);
  if (rc == KVAULT_OK)
    coffer_addition_keep (addition, coffer_attic_keep (job->attic, job->vault, blob, needed, FALSE, keep_cb, job, &rc));
  kvault_blob_close (blob);
  additions->asks_to_lose = additions->asks = rc == KVAULT_OK && addition->old == NULL && !additions->loses && !additions->loses_next;
  return rc;
}

/* Lane. KVAULT_OK: there is such a one, be it damaged. */
static int
find_deleted (CofferAddJob *job,
              GBytes       *key)
{
  int rc = coffer_deletion_find_key (job->vault, key);

  return rc == KVAULT_ECORRUPT ? KVAULT_OK : rc;
}

/* Lane. Whether the value of a key is the one that is kept; or that which was deleted. */
static int
is_old (CofferAddJob         *job,
        const CofferAddition *addition,
        gboolean              deleted,
        gboolean             *identical)
{
  guint64 size = coffer_kept_get_size (addition->old);
  g_autofree char *piece = g_malloc (PIECE_SIZE), *old = g_malloc (PIECE_SIZE);
  kvault_blob *blob = NULL;
  int rc = deleted ? open_deleted (job, addition->key, &blob)
                   : kvault_blob_open (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  *identical = rc == KVAULT_OK && kvault_blob_size (blob) == size;
  for (guint64 at = 0; rc == KVAULT_OK && *identical && at < size; at += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, size - at);

      rc = g_cancellable_is_cancelled (job->stop) ? KVAULT_ECANCELLED : kvault_blob_read (blob, piece, len, at);
      *identical = rc == KVAULT_OK && coffer_kept_read (addition->old, old, len, at) && memcmp (piece, old, len) == 0;
    }
  kvault_blob_close (blob);
  return rc;
}

/* Which key */

static GBytes *
number_key (GBytes *key,
            guint   number)
{
  names_text text = { NULL };
  gsize size;
  gconstpointer bytes = g_bytes_get_data (key, &size);

  if (!names_text_add (&text, size > 0 ? bytes : "", size) || !names_number (&text, 0, number))
    g_error ("no memory for a key");
  return g_bytes_new_with_free_func (text.data, text.size, free, text.data);
}

/* The first number that may be free: those before it were found to be taken by this import, which would look at them all again for each of
 * many files of one name.
 */
static guint
get_first_number (CofferAdditions *additions,
                  GBytes          *key)
{
  if (additions->numbers == NULL)
    additions->numbers = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  return MAX (GPOINTER_TO_UINT (g_hash_table_lookup (additions->numbers, key)), 2);
}

/* Lane. The first numbered key that is free becomes the addition's. KVAULT_OK or a failure. */
static int
take_free_key (CofferAddJob   *job,
               CofferAddition *addition)
{
  for (guint number = get_first_number (job->additions, addition->key); !g_cancellable_is_cancelled (job->stop); number++)
    {
      g_autoptr(GBytes) key = number_key (addition->key, number);
      int rc = kvault_exists (job->vault, g_bytes_get_data (key, NULL), g_bytes_get_size (key));

      if (rc == KVAULT_NOTFOUND)
        rc = find_deleted (job, key);
      if (rc == KVAULT_OK)
        continue;
      if (rc != KVAULT_NOTFOUND)
        return rc;
      g_hash_table_insert (job->additions->numbers, addition->key, GUINT_TO_POINTER (number));   /* its key is the table's now */
      addition->key = g_steal_pointer (&key);
      return KVAULT_OK;
    }
  return KVAULT_ECANCELLED;
}

/* What was answered, of this one or of all. */
static CofferConflict
get_conflict (const CofferAdditions *additions)
{
  return additions->answer != COFFER_CONFLICT_ASK ? additions->answer : additions->conflict;
}

/* Lane. A key that a person deleted a moment ago has its row still, which is about to be taken: the deletion cannot bring its value back
 * any more, until the addition is taken back, which hides it again. What was written to the file meanwhile is not there, and nobody could bring
 * back what is damaged. Where there is no room for it, what was answered goes as for a key that is there.
 */
static int
keep_deleted (CofferAddJob        *job,
              CofferAddition      *addition,
              CofferAdditionState *state)
{
  CofferAdditions *additions = job->additions;
  CofferConflict conflict = get_conflict (additions);
  int rc = keep_old (job, addition);

  if (rc == KVAULT_NOTFOUND || rc == KVAULT_ECORRUPT)
    return KVAULT_OK;
  if (rc != KVAULT_OK)
    return rc;
  if (!additions->asks_to_lose)
    *state = COFFER_ADDITION_REPLACED;
  else if (conflict == COFFER_CONFLICT_SKIP || conflict == COFFER_CONFLICT_KEEP_BOTH)
    {
      additions->asks_to_lose = additions->asks = FALSE;
      if (conflict == COFFER_CONFLICT_KEEP_BOTH)
        return take_free_key (job, addition);
      *state = COFFER_ADDITION_SKIPPED;
    }
  addition->name_deleted = *state == COFFER_ADDITION_SKIPPED;
  return KVAULT_OK;
}

/* Lane. The same where it is done again. It was deleted before it was added at first; or else in another window since, which knows nothing of
 * what is done here: a value that comes back from another vault does not take its place then.
 */
static int
keep_deleted_again (CofferAddJob        *job,
                    CofferAddition      *addition,
                    CofferAdditionState *state)
{
  gboolean same = FALSE;
  int rc = addition->old != NULL ? is_old (job, addition, TRUE, &same) : find_deleted (job, addition->key);

  if (rc == KVAULT_NOTFOUND)
    return KVAULT_OK;
  if (rc != KVAULT_OK && rc != KVAULT_ECORRUPT)
    return rc;
  if (!same && job->additions->source_path == NULL)
    return keep_deleted (job, addition, state);
  job->over = same;
  addition->name_deleted = !same;
  *state = same ? COFFER_ADDITION_REPLACED : COFFER_ADDITION_SKIPPED;
  return KVAULT_OK;
}

/* Lane. The key is there: what becomes of the file. WAITING: somebody has to be asked. */
static int
decide (CofferAddJob        *job,
        CofferAddition      *addition,
        CofferAdditionState *state)
{
  CofferAdditions *additions = job->additions;
  CofferConflict conflict = get_conflict (additions);
  gboolean identical;
  int rc = coffer_add_job_compare (job, addition, job->before.st_size, &identical);

  if (rc != KVAULT_OK)
    return rc;
  *state = COFFER_ADDITION_WAITING;
  if (identical)
    *state = COFFER_ADDITION_IDENTICAL;
  else if (additions->again && addition->old != NULL)
    {
      rc = is_old (job, addition, FALSE, &identical);
      *state = identical ? COFFER_ADDITION_REPLACED : COFFER_ADDITION_SKIPPED;
      return rc;
    }
  else if (conflict == COFFER_CONFLICT_SKIP)
    *state = COFFER_ADDITION_SKIPPED;
  else if (conflict == COFFER_CONFLICT_REPLACE)
    *state = COFFER_ADDITION_REPLACED;
  else if (conflict == COFFER_CONFLICT_KEEP_BOTH)
    {
      *state = COFFER_ADDITION_ADDED;
      return take_free_key (job, addition);
    }
  return KVAULT_OK;
}

/* Storing */

static void
fail_addition (CofferAddition *addition,
               const char     *problem)
{
  addition->state = COFFER_ADDITION_FAILED;
  g_free (addition->problem);
  addition->problem = g_strdup (problem);
}

static gboolean
wants_sum (CofferAddJob *job)
{
  return job->addition->sum != NULL || job->additions->verifies;
}

static void
keep_sum (CofferAddJob   *job,
          CofferAddition *addition)
{
  g_clear_pointer (&addition->stored_sum, g_free);
  if (!job->additions->verifies)
    return;
  addition->stored_sum = g_new (guint8, COFFER_SUM_SIZE);
  coffer_source_sum_get (&job->sum, addition->stored_sum);
}

/* Values of other vaults are compared with those. */
static void
keep_print (CofferAddJob   *job,
            CofferAddition *addition)
{
  addition->printed = job->blob == NULL;
  if (addition->printed)
    coffer_print_get (&job->sum.print, addition->print);
}

/* Lane. Once all of the file was added up. */
static gboolean
is_as_told (CofferAddJob *job)
{
  guint8 sum[COFFER_SUM_SIZE];

  if (job->addition->sum == NULL)
    return TRUE;
  coffer_source_sum_get (&job->sum, sum);
  return memcmp (sum, job->addition->sum, sizeof sum) == 0;
}

/* Lane. What was read so far. A value of another vault is added up only to be read back: else nobody asks for its sum or print. */
static gboolean
add_up (CofferAddJob *job,
        guint64       done)
{
  if (job->blob != NULL)
    return !wants_sum (job) || coffer_source_sum_add_value (&job->sum, job->blob, done);
  return job->fd < 0 || coffer_source_sum_add (&job->sum, job->fd, done);
}

/* The last look comes before the value is whole, so that a changed file can still be left out. */
static int
progress_cb (const kvault_progress *progress,
             void                  *data)
{
  CofferAddJob *job = data;

  coffer_additions_note_bytes (job->additions, progress->bytes);
  if (!add_up (job, progress->bytes))
    job->changed = TRUE;
  else if (progress->bytes >= (guint64) job->before.st_size)
    {
      job->changed = job->fd >= 0 && coffer_source_changed (job->fd, &job->before);
      job->lies = !job->changed && !is_as_told (job);
    }
  return job->changed || job->lies || g_cancellable_is_cancelled (job->stop);
}

/* Lane. Whether a put failed for a reason that lies in the file. */
static gboolean
is_of_file (CofferAddJob *job,
            int           rc)
{
  const kvault_error *error = kvault_last_error (job->vault);

  return rc == KVAULT_ERANGE || rc == KVAULT_ETOOBIG || job->damaged || (rc == KVAULT_ECANCELLED && (job->changed || job->lies)) ||
         (rc == KVAULT_EIO && (error->system_errno != 0 || job->blob != NULL) && error->sqlite_code == 0);
}

/* What waits */

/* Lane. Whether what is at hand may wait: a clip is played by others, who see the file alone. */
static gboolean
may_wait (CofferAddJob   *job,
          CofferAddition *addition)
{
  guint8 head[COFFER_VALUE_HEAD];
  gsize len = MIN ((guint64) job->before.st_size, sizeof head);
  const char *content_type, *label;

  if (job->fd < 0 || (guint64) job->before.st_size + coffer_addition_get_header_size (addition) > MIN (COFFER_CACHE_LONGEST, job->capacity / 2))
    return FALSE;
  if (!coffer_add_job_read (job, (char *) head, len, 0))
    return FALSE;
  coffer_value_classify (kvault_table_kind (job->vault), head, len, job->before.st_size, &content_type, &label);
  return content_type == NULL || (!g_str_has_prefix (content_type, "audio/") && !g_str_has_prefix (content_type, "video/") &&
                                  !g_str_equal (content_type, "application/ogg"));
}

/* Lane. */
static int
make_room (CofferAddJob *job,
           guint64       size)
{
  kvault_shelf_stats stats;
  int rc;

  kvault_shelf_stats_get (job->shelf, NULL, &stats);
  if (stats.entries < COFFER_CACHE_MOST && stats.bytes + size <= job->capacity)
    return KVAULT_OK;
  rc = kvault_shelf_flush (job->vault);
  job->full = rc != KVAULT_OK;
  return rc;
}

/* Lane. The value is read whole, and laid on the shelf. */
static int
shelve_incoming (CofferAddJob   *job,
                 CofferAddition *addition)
{
  gsize key_size, header_size = coffer_addition_get_header_size (addition), size = header_size + (gsize) job->before.st_size;
  gconstpointer key = g_bytes_get_data (addition->key, &key_size);
  g_autofree char *value = g_malloc (size + 1);
  kvault_progress progress = { .bytes = job->before.st_size, .bytes_total = job->before.st_size };
  int rc = make_room (job, key_size + size);

  if (rc != KVAULT_OK)
    return rc;
  if (header_size > 0)
    memcpy (value, g_bytes_get_data (addition->header, NULL), header_size);
  job->changed = !coffer_add_job_read (job, value + header_size, size - header_size, 0);
  if (job->changed || progress_cb (&progress, job) != 0)
    return KVAULT_ECANCELLED;
  return kvault_shelf_put (job->vault, key, key_size, value, size);
}

/* Lane. */
static gboolean
fresh_cb (guint64  n_bytes,
          gpointer data)
{
  CofferAddJob *job = data;

  coffer_additions_note_bytes (job->additions, n_bytes);
  return g_cancellable_is_cancelled (job->stop);
}

/* Lane. What was kept when it was taken back. */
static int
put_fresh (CofferAddJob   *job,
           CofferAddition *addition)
{
  job->damaged = !coffer_kept_add_up (job->fresh, &job->sum, coffer_addition_get_header_size (addition));
  if (job->damaged)
    return KVAULT_EIO;
  return coffer_kept_put (job->fresh, job->vault, addition->key, fresh_cb, job, &job->damaged);
}

/* Lane. */
static int
put_incoming (CofferAddJob   *job,
              CofferAddition *addition)
{
  gsize size;
  gconstpointer key = g_bytes_get_data (addition->key, &size);

  if (job->fresh != NULL)
    return put_fresh (job, addition);
  if (job->waits)
    return shelve_incoming (job, addition);
  if (job->blob != NULL)
    return kvault_put_blob (job->vault, key, size, job->blob, progress_cb, job);
  return coffer_source_put (job->vault, addition->key, addition->header, job->fd, job->before.st_size, progress_cb, job);
}

/* Lane. KVAULT_OK: the file is dealt with, or FAILED. */
static int
put_file (CofferAddJob        *job,
          CofferAddition      *addition,
          CofferAdditionState  state)
{
  guint64 size = job->before.st_size;
  int rc;

  job->changed = job->damaged = FALSE;
  coffer_source_sum_begin (&job->sum, wants_sum (job), addition->header);
  job->lies = size == 0 && !is_as_told (job);
  rc = job->lies ? KVAULT_ECANCELLED : put_incoming (job, addition);
  if (rc == KVAULT_OK)
    {
      addition->size = size + coffer_addition_get_header_size (addition);
      keep_sum (job, addition);
      keep_print (job, addition);
      addition->state = state;
      addition->over = job->over && state == COFFER_ADDITION_REPLACED;
      addition->taken = FALSE;
      addition->hidden = NULL;
      g_array_append_val (job->puts, job->additions->next);
      return rc;
    }
  if (!is_of_file (job, rc))
    return rc;
  if (job->lies)
    fail_addition (addition, _("It is not what coffer.json says"));
  else if (rc == KVAULT_ETOOBIG)
    fail_addition (addition, _("It is too long for a vault"));
  else if (job->damaged || (job->blob != NULL && (rc == KVAULT_EIO || rc == KVAULT_ECANCELLED)))
    fail_addition (addition, _("It could not be read"));
  else if (rc == KVAULT_EIO)
    {
      g_autofree char *words = coffer_source_describe_errno (kvault_last_error (job->vault)->system_errno);

      fail_addition (addition, words);
    }
  else
    fail_addition (addition, _("It changed while it was read"));
  return KVAULT_OK;
}

/* A file of /proc says it is empty, and is not. */
static gboolean
is_of_unknown_size (CofferAddJob *job)
{
  char byte;

  return job->fd >= 0 && job->before.st_size == 0 && pread (job->fd, &byte, 1, 0) > 0;
}

/* Lane. */
static int
add_incoming (CofferAddJob   *job,
              CofferAddition *addition)
{
  CofferAdditionState state = COFFER_ADDITION_ADDED;
  int rc;

  if (is_of_unknown_size (job))
    {
      fail_addition (addition, _("Its size is not known"));
      return KVAULT_OK;
    }
  if (addition->sum != NULL && job->before.st_size + coffer_addition_get_header_size (addition) != addition->size)
    {
      fail_addition (addition, _("It is not what coffer.json says"));
      return KVAULT_OK;
    }
  job->over = addition->name_deleted = FALSE;
  rc = kvault_exists (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key));
  if (rc == KVAULT_OK)
    {
      rc = decide (job, addition, &state);
      if (rc == KVAULT_OK && state == COFFER_ADDITION_REPLACED && !job->additions->again)
        rc = keep_old (job, addition);
    }
  else if (rc == KVAULT_NOTFOUND)
    rc = job->additions->again ? keep_deleted_again (job, addition, &state) : keep_deleted (job, addition, &state);
  if (rc != KVAULT_OK)
    return rc;
  if (job->additions->asks_to_lose)
    return KVAULT_OK;
  if (state == COFFER_ADDITION_WAITING)
    job->additions->asks = TRUE;
  else if (state == COFFER_ADDITION_ADDED || state == COFFER_ADDITION_REPLACED)
    return put_file (job, addition, state);
  else
    addition->state = state;
  return KVAULT_OK;
}

/* Lane. The next file. What is to be done again is what was taken back: others were never added, or are in the vault still. */
static int
add_next (CofferAddJob *job)
{
  CofferAddition *addition = coffer_additions_get (job->additions, job->additions->next);
  g_autoptr(GError) error = NULL;
  int rc = KVAULT_OK;

  if (job->additions->again && !addition->taken)
    {
      coffer_additions_step (job->additions);
      return KVAULT_OK;
    }
  job->addition = addition;
  if (coffer_add_job_open (job, addition, &error))
    {
      job->turned = job->waits && !may_wait (job, addition);
      rc = job->turned ? KVAULT_OK : add_incoming (job, addition);
    }
  else if (addition->packed && g_cancellable_is_cancelled (job->stop))   /* it was being unpacked */
    rc = KVAULT_ECANCELLED;
  else
    {
      g_autofree char *line = coffer_error_dup_line (error);

      fail_addition (addition, line);
    }
  coffer_add_job_close (job);
  if (rc == KVAULT_OK && !job->additions->asks && !job->turned)
    coffer_additions_step (job->additions);
  return rc;
}

/* Lane. It is as if it had not been dealt with. */
static void
forget (CofferAdditions *additions,
        guint            position)
{
  CofferAddition *addition = coffer_additions_get (additions, position);

  coffer_addition_reset (addition);
  addition->taken = additions->again;
  if (!additions->again)
    coffer_addition_keep (addition, NULL);
}

/* Lane. A key that a person deleted while its value was being put, or waited to be committed, was there when that was decided. */
static void
note_deleted_meanwhile (CofferAddJob   *job,
                        CofferAddition *addition)
{
  addition->over = addition->over || (addition->state == COFFER_ADDITION_REPLACED &&
                                      kvault_displaced_late (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key)));
}

/* Lane. What was put after the last commit is gone. Done again, others between are in the vault, or were never to be added. */
static void
forget_undone (CofferAddJob *job)
{
  guint n_durable = kvault_bulk_committed (job->vault);

  if (n_durable < job->puts->len)
    {
      guint from = g_array_index (job->puts, guint, n_durable);

      for (guint i = n_durable; job->additions->again && i < job->puts->len; i++)
        forget (job->additions, g_array_index (job->puts, guint, i));
      for (guint i = from; !job->additions->again && i < job->additions->next; i++)
        forget (job->additions, i);
      coffer_additions_go_back (job->additions, from);
      job->additions->asks = job->additions->asks_to_lose = FALSE;
    }
  job->n_stored = MIN (n_durable, job->puts->len);
  for (guint i = 0; i < job->n_stored; i++)
    {
      CofferAddition *addition = coffer_additions_get (job->additions, g_array_index (job->puts, guint, i));

      coffer_addition_keep_fresh (addition, NULL);   /* it is in the vault */
      note_deleted_meanwhile (job, addition);
    }
}

static guint64
get_bytes_left (CofferAdditions *additions)
{
  guint n_files;
  guint64 n_bytes;

  coffer_additions_get_progress (additions, &n_files, &n_bytes);
  return additions->size - MIN (n_bytes, additions->size);
}

/* Lane. What is not added again is not read back again. */
static void
forget_sums (CofferAdditions *additions)
{
  for (guint i = 0; i < additions->files->len; i++)
    g_clear_pointer (&coffer_additions_get (additions, i)->stored_sum, g_free);
}

/* Lane. Files until one of the reasons to end. */
static int
add_some (CofferAddJob *job)
{
  int rc = KVAULT_OK;

  if (job->additions->again && job->additions->next == 0)
    forget_sums (job->additions);
  while (rc == KVAULT_OK && job->additions->next < job->additions->files->len && !job->additions->asks && !job->turned &&
         !g_cancellable_is_cancelled (job->stop) && g_get_monotonic_time () < job->until)
    rc = add_next (job);
  return rc;
}

/* Lane. What is put is there, whatever comes then. */
static gpointer
shelve_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  CofferAddJob *job = data;
  int rc;

  coffer_add_job_start (job, vault);
  coffer_additions_set_begun (job->additions, TRUE);
  rc = add_some (job);
  if (rc != KVAULT_OK && !(rc == KVAULT_ECANCELLED && g_cancellable_is_cancelled (job->stop)))
    *error = coffer_error_new (vault, rc);
  job->additions->direct |= job->turned;
  job->n_stored = job->puts->len;
  coffer_additions_tally (job->additions);
  coffer_add_job_close_archive_at_end (job);
  coffer_additions_note_bytes (job->additions, 0);
  return *error == NULL ? GINT_TO_POINTER (TRUE) : NULL;
}

/* Lane. */
static gpointer
add_worker (kvault        *vault,
            gpointer       data,
            GCancellable  *cancellable,
            GError       **error)
{
  CofferAddJob *job = data;
  int rc, end;

  coffer_add_job_start (job, vault);
  if ((rc = kvault_bulk_begin (vault, get_bytes_left (job->additions))) == KVAULT_OK)
    {
      coffer_additions_set_begun (job->additions, TRUE);
      rc = add_some (job);
      if (rc != KVAULT_OK && !(rc == KVAULT_ECANCELLED && g_cancellable_is_cancelled (job->stop)))
        *error = coffer_error_new (vault, rc);
      end = kvault_bulk_end (vault);
      if (end != KVAULT_OK && end != KVAULT_EBUSY && *error == NULL)   /* busy: all is on the disk */
        *error = coffer_error_new (vault, end);
      forget_undone (job);
    }
  else
    *error = coffer_error_new (vault, rc);
  coffer_additions_tally (job->additions);
  coffer_add_job_close_source (job);
  coffer_add_job_close_archive_at_end (job);
  coffer_additions_note_bytes (job->additions, 0);
  return *error == NULL ? GINT_TO_POINTER (TRUE) : NULL;
}

static void
added_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  CofferAddJob *job = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean done = coffer_vault_run_finish (self, result, &error) != NULL;

  if (job->waits)
    {
      coffer_cache_release (self->cache);
      coffer_cache_note_put (self->cache, job->full ? error : NULL);
    }
  if (job->n_stored > 0 && job->waits)
    coffer_vault_tell_sharers (self);
  else if (job->n_stored > 0)
    coffer_vault_emit_changed (self);
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Few files, of which nobody wants to know that they are on the disk; nor values that are deleted elsewhere once they are here. */
static gboolean
can_wait (CofferVault     *self,
          CofferAdditions *additions)
{
  return !additions->direct && !additions->verifies && additions->source_path == NULL &&
         coffer_cache_takes (self->cache, self, additions->files->len - additions->next, get_bytes_left (additions));
}

void
coffer_vault_add_async (CofferVault         *self,
                        CofferAdditions     *additions,
                        GCancellable        *stop,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr(GCancellable) force = g_cancellable_new ();
  g_autoptr(GTask) task = NULL;
  CofferAddJob *job;

  g_return_if_fail (COFFER_IS_VAULT (self) && additions != NULL && !additions->asks);

  task = g_task_new (self, force, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_add_async);
  if ((job = coffer_add_job_begin (self, additions, stop, task)) == NULL)
    return;
  if (can_wait (self, additions) && coffer_cache_claim (self->cache, &self->shown, NULL))
    {
      job->waits = TRUE;
      job->capacity = coffer_cache_get_options (self->cache)->capacity;
      job->shelf = kvault_shelf_ref (coffer_cache_get_shelf (self->cache));
      coffer_vault_run_unsettled_async (self, additions->table, shelve_worker, job, NULL, NULL, force, added_cb, g_object_ref (task));
    }
  else
    coffer_vault_run_async (self, COFFER_LANE_WRITE, additions->table, add_worker, job, NULL, NULL, force, added_cb, g_object_ref (task));
}

gboolean
coffer_vault_add_finish (CofferVault   *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
