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

#include "coffer-vault-private.h"

#include "coffer-additions-private.h"
#include "coffer-cache-private.h"
#include "coffer-error-private.h"
#include "coffer-source.h"
#include "coffer-source-sum.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <names.h>
#include <string.h>
#include <unistd.h>

#define TURN_US (2 * G_USEC_PER_SEC)   /* of a job; leaving the log and coming back costs some 50 ms */
#define PIECE_SIZE (1 << 20)
#define TAKE_BACK_STEP 500             /* keys deleted in one transaction */

/* One job. */
typedef struct {
  CofferAdditions *additions;
  GCancellable *stop;
  GStrv vaults;                /* paths of what is open in this process */
  gssize n_stored;             /* of this job, durable, or waiting */
  kvault_shelf *shelf;         /* of the cache, where they wait; NULL: they do not */
  gboolean waits;              /* values are put into the cache */
  guint64 capacity;            /* of that */

  /* The lane's: */
  kvault *vault;
  CofferGuard *guard;
  GArray *puts;                /* of guint: positions, in the order they were put */
  gint64 until;
  int fd;                      /* of the file at hand; -1: it is a value */
  kvault_shelf *source_shelf;  /* what is not written there yet; (nullable) */
  kvault *source;              /* where values come from; NULL: not opened yet */
  GError *source_error;        /* why it cannot be, in this turn */
  kvault_blob *blob;           /* of the value at hand */
  struct stat before;          /* of a value the size alone */
  CofferAddition *addition;    /* that it is */
  CofferSourceSum sum;         /* of it, where one is told */
  gboolean changed;            /* it did, while it was read */
  gboolean turned;             /* the next one does not wait: this turn is over */
  gboolean full;               /* the cache, which could not be written */
  gboolean lies;               /* its sum is another than that told */
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  coffer_additions_unref (job->additions);
  g_clear_object (&job->stop);
  g_strfreev (job->vaults);
  g_clear_pointer (&job->guard, coffer_guard_free);
  g_clear_pointer (&job->puts, g_array_unref);
  coffer_source_sum_clear (&job->sum);
  kvault_shelf_unref (job->shelf);
  kvault_shelf_unref (job->source_shelf);
  g_free (job);
}

static Job *
job_new (CofferAdditions *additions,
         GCancellable    *stop)
{
  Job *job = g_new0 (Job, 1);

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

/* Lane. */
static int
is_stopped_cb (void *data)
{
  return g_cancellable_is_cancelled (((Job *) data)->stop);
}

/* Lane. Looked at once in a turn. */
static gboolean
open_source (Job *job)
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
open_value (Job             *job,
            CofferAddition  *addition,
            GError         **error)
{
  int rc;

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

/* Lane. The file or the value, to be closed again. Returns: whether it can be read */
static gboolean
open_incoming (Job            *job,
               CofferAddition *addition,
               GError        **error)
{
  if (addition->value != NULL)
    return open_value (job, addition, error);
  job->fd = coffer_source_open (addition->root, addition->path, job->guard, &job->before, error);
  return job->fd >= 0;
}

/* Lane. */
static void
close_incoming (Job *job)
{
  kvault_blob_close (g_steal_pointer (&job->blob));
  if (job->fd >= 0)
    close (job->fd);
  job->fd = -1;
}

/* Lane. Whether all of it came. */
static gboolean
read_incoming (Job    *job,
               char   *buffer,
               gsize   len,
               guint64 offset)
{
  if (job->blob != NULL)
    return kvault_blob_read (job->blob, buffer, len, offset) == KVAULT_OK;
  return pread (job->fd, buffer, len, (off_t) offset) == (gssize) len;
}

/* Lane. At the end of each turn, so that nothing is held that is not needed. */
static void
close_source (Job *job)
{
  kvault_close (g_steal_pointer (&job->source));
  g_clear_error (&job->source_error);
}

/* Lane. The first look at what is open here. */
static void
start_job (Job    *job,
           kvault *vault)
{
  job->vault = vault;
  g_clear_pointer (&job->guard, coffer_guard_free);
  job->guard = coffer_guard_new ((const char *const *) job->vaults);
  job->until = g_get_monotonic_time () + TURN_US;
}

/* Comparing */

static gsize
get_header_size (const CofferAddition *addition)
{
  return addition->header != NULL ? g_bytes_get_size (addition->header) : 0;
}

/* Lane. Whether a value begins with a header, which may be none. */
static int
compare_header (kvault_blob          *blob,
                const CofferAddition *addition,
                gboolean             *identical)
{
  gsize size = get_header_size (addition);
  g_autofree char *found = g_malloc (size + 1);
  int rc = kvault_blob_read (blob, found, size, 0);

  *identical = rc == KVAULT_OK && (size == 0 || memcmp (found, g_bytes_get_data (addition->header, NULL), size) == 0);
  return rc;
}

/* Lane. Whether the value of a key is what is at hand, of @size bytes, behind the header. KVAULT_OK, KVAULT_ECANCELLED, or a failure of
 * the vault.
 */
static int
compare (Job                  *job,
         const CofferAddition *addition,
         guint64               size,
         gboolean             *identical)
{
  g_autofree char *in_vault = g_malloc (PIECE_SIZE), *in_file = g_malloc (PIECE_SIZE);
  gsize start = get_header_size (addition);
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  *identical = rc == KVAULT_OK && kvault_blob_size (blob) == start + size;
  if (*identical)
    rc = compare_header (blob, addition, identical);
  for (guint64 offset = 0; rc == KVAULT_OK && *identical && offset < size; offset += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, size - offset);

      rc = g_cancellable_is_cancelled (job->stop) ? KVAULT_ECANCELLED : kvault_blob_read (blob, in_vault, len, start + offset);
      *identical = rc == KVAULT_OK && read_incoming (job, in_file, len, offset) && memcmp (in_vault, in_file, len) == 0;
    }
  kvault_blob_close (blob);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Lane. Opens the file for a moment. What cannot be read is none of our business here. */
static int
compare_addition (Job            *job,
                  CofferAddition *addition)
{
  g_autoptr(GError) error = NULL;
  int rc = KVAULT_OK;

  if (open_incoming (job, addition, &error))
    rc = compare (job, addition, addition->size - get_header_size (addition), &addition->identical);
  close_incoming (job);
  return rc;
}

/* Old values */

/* Lane. Before it is replaced; one that is too long for what is left of the room is not kept. */
static int
keep_old (Job            *job,
          CofferAddition *addition)
{
  CofferAdditions *additions = job->additions;
  g_autofree char *copy = NULL;
  kvault_blob *blob = NULL;
  guint64 size;
  int rc = kvault_blob_open (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  coffer_additions_keep (additions, addition, NULL);
  size = rc == KVAULT_OK ? kvault_blob_size (blob) : 0;
  if (rc == KVAULT_OK && size < COFFER_ADDITIONS_KEPT - MIN (additions->kept, COFFER_ADDITIONS_KEPT))
    {
      copy = g_malloc (size + 1);
      if (size == 0 || (rc = kvault_blob_read (blob, copy, size, 0)) == KVAULT_OK)
        coffer_additions_keep (additions, addition, g_bytes_new_take (g_steal_pointer (&copy), size));
    }
  kvault_blob_close (blob);
  return rc;
}

/* Lane. Whether the value of a key is the one that is kept. */
static int
is_old (Job                  *job,
        const CofferAddition *addition,
        gboolean             *identical)
{
  gsize size = g_bytes_get_size (addition->old);
  const char *old = g_bytes_get_data (addition->old, NULL);
  g_autofree char *piece = g_malloc (PIECE_SIZE);
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  *identical = rc == KVAULT_OK && kvault_blob_size (blob) == size;
  for (gsize at = 0; rc == KVAULT_OK && *identical && at < size; at += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, size - at);

      rc = kvault_blob_read (blob, piece, len, at);
      *identical = rc == KVAULT_OK && memcmp (piece, old + at, len) == 0;
    }
  kvault_blob_close (blob);
  return rc;
}

static int
find_addition (Job            *job,
               CofferAddition *addition)
{
  uint64_t size;
  int rc = kvault_size (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &size);

  addition->identical = FALSE;
  addition->found_size = rc == KVAULT_OK ? size : G_MAXUINT64;
  if (rc == KVAULT_OK && size == addition->size)
    rc = compare_addition (job, addition);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Lane. */
static gpointer
find_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Job *job = data;
  g_autoptr(GHashTable) keys = g_hash_table_new (g_bytes_hash, g_bytes_equal);
  int rc;

  start_job (job, vault);
  for (guint i = 0; *error == NULL && i < job->additions->files->len; i++)
    {
      CofferAddition *addition = coffer_additions_get (job->additions, i);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        break;
      addition->twice = !g_hash_table_add (keys, addition->key);
      if ((rc = find_addition (job, addition)) != KVAULT_OK)
        *error = coffer_error_new (vault, rc);
    }
  close_source (job);
  return GINT_TO_POINTER (*error == NULL);
}

void
coffer_vault_find_additions_async (CofferVault         *self,
                                   CofferAdditions     *additions,
                                   GCancellable        *cancellable,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self) && additions != NULL);

  coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, additions->table, find_worker, job_new (additions, NULL), job_free, NULL,
                          cancellable, callback, user_data);
}

gboolean
coffer_vault_find_additions_finish (CofferVault   *self,
                                    GAsyncResult  *result,
                                    GError       **error)
{
  return coffer_vault_run_finish (self, result, error) != NULL;
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
take_free_key (Job            *job,
               CofferAddition *addition)
{
  for (guint number = get_first_number (job->additions, addition->key); !g_cancellable_is_cancelled (job->stop); number++)
    {
      g_autoptr(GBytes) key = number_key (addition->key, number);
      int rc = kvault_exists (job->vault, g_bytes_get_data (key, NULL), g_bytes_get_size (key));

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

/* Lane. The key is there: what becomes of the file. WAITING: somebody has to be asked. */
static int
decide (Job                 *job,
        CofferAddition      *addition,
        CofferAdditionState *state)
{
  CofferAdditions *additions = job->additions;
  CofferConflict conflict = additions->answer != COFFER_CONFLICT_ASK ? additions->answer : additions->conflict;
  gboolean identical;
  int rc = compare (job, addition, job->before.st_size, &identical);

  if (rc != KVAULT_OK)
    return rc;
  *state = COFFER_ADDITION_WAITING;
  if (identical)
    *state = COFFER_ADDITION_IDENTICAL;
  else if (additions->again && addition->old != NULL)
    {
      rc = is_old (job, addition, &identical);
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
wants_sum (Job *job)
{
  return job->addition->sum != NULL || job->additions->verifies;
}

static void
keep_sum (Job            *job,
          CofferAddition *addition)
{
  g_clear_pointer (&addition->stored_sum, g_free);
  if (!job->additions->verifies)
    return;
  addition->stored_sum = g_new (guint8, COFFER_SUM_SIZE);
  coffer_source_sum_get (&job->sum, addition->stored_sum);
}

/* Lane. Once all of the file was added up. */
static gboolean
is_as_told (Job *job)
{
  guint8 sum[COFFER_SUM_SIZE];

  if (job->addition->sum == NULL)
    return TRUE;
  coffer_source_sum_get (&job->sum, sum);
  return memcmp (sum, job->addition->sum, sizeof sum) == 0;
}

/* The last look comes before the value is whole, so that a changed file can still be left out. */
static int
progress_cb (const kvault_progress *progress,
             void                  *data)
{
  Job *job = data;

  coffer_additions_note_bytes (job->additions, progress->bytes);
  if (wants_sum (job) && !coffer_source_sum_add (&job->sum, job->fd, progress->bytes))
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
is_of_file (Job *job,
            int  rc)
{
  const kvault_error *error = kvault_last_error (job->vault);

  return rc == KVAULT_ERANGE || rc == KVAULT_ETOOBIG || (rc == KVAULT_ECANCELLED && (job->changed || job->lies)) ||
         (rc == KVAULT_EIO && (error->system_errno != 0 || job->blob != NULL) && error->sqlite_code == 0);
}

/* What waits */

/* Lane. Whether what is at hand may wait: a clip is played by others, who see the file alone. */
static gboolean
may_wait (Job            *job,
          CofferAddition *addition)
{
  guint8 head[COFFER_VALUE_HEAD];
  gsize len = MIN ((guint64) job->before.st_size, sizeof head);
  const char *content_type, *label;

  if (job->fd < 0 || (guint64) job->before.st_size + get_header_size (addition) > MIN (COFFER_CACHE_LONGEST, job->capacity / 2))
    return FALSE;
  if (!read_incoming (job, (char *) head, len, 0))
    return FALSE;
  coffer_value_classify (kvault_table_kind (job->vault), head, len, job->before.st_size, &content_type, &label);
  return content_type == NULL || (!g_str_has_prefix (content_type, "audio/") && !g_str_has_prefix (content_type, "video/") &&
                                  !g_str_equal (content_type, "application/ogg"));
}

/* Lane. */
static int
make_room (Job    *job,
           guint64 size)
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
shelve_incoming (Job            *job,
                 CofferAddition *addition)
{
  gsize key_size, header_size = get_header_size (addition), size = header_size + (gsize) job->before.st_size;
  gconstpointer key = g_bytes_get_data (addition->key, &key_size);
  g_autofree char *value = g_malloc (size + 1);
  kvault_progress progress = { .bytes = job->before.st_size, .bytes_total = job->before.st_size };
  int rc = make_room (job, key_size + size);

  if (rc != KVAULT_OK)
    return rc;
  if (header_size > 0)
    memcpy (value, g_bytes_get_data (addition->header, NULL), header_size);
  job->changed = !read_incoming (job, value + header_size, size - header_size, 0);
  if (job->changed || progress_cb (&progress, job) != 0)
    return KVAULT_ECANCELLED;
  return kvault_shelf_put (job->vault, key, key_size, value, size);
}

/* Lane. */
static int
put_incoming (Job            *job,
              CofferAddition *addition)
{
  gsize size;
  gconstpointer key = g_bytes_get_data (addition->key, &size);

  if (job->waits)
    return shelve_incoming (job, addition);
  if (job->blob != NULL)
    return kvault_put_blob (job->vault, key, size, job->blob, progress_cb, job);
  return coffer_source_put (job->vault, addition->key, addition->header, job->fd, job->before.st_size, progress_cb, job);
}

/* Lane. KVAULT_OK: the file is dealt with, or FAILED. */
static int
put_file (Job                 *job,
          CofferAddition      *addition,
          CofferAdditionState  state)
{
  guint64 size = job->before.st_size;
  int rc;

  job->changed = FALSE;
  coffer_source_sum_begin (&job->sum);
  job->lies = size == 0 && !is_as_told (job);
  rc = job->lies ? KVAULT_ECANCELLED : put_incoming (job, addition);
  if (rc == KVAULT_OK)
    {
      addition->size = size + get_header_size (addition);
      keep_sum (job, addition);
      addition->state = state;
      addition->taken = FALSE;
      g_array_append_val (job->puts, job->additions->next);
      return rc;
    }
  if (!is_of_file (job, rc))
    return rc;
  if (job->lies)
    fail_addition (addition, _("It is not what coffer.json says"));
  else if (rc == KVAULT_ETOOBIG)
    fail_addition (addition, _("It is too long for a vault"));
  else if (rc == KVAULT_EIO && job->blob != NULL)
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
is_of_unknown_size (Job *job)
{
  char byte;

  return job->fd >= 0 && job->before.st_size == 0 && pread (job->fd, &byte, 1, 0) > 0;
}

/* Lane. */
static int
add_incoming (Job            *job,
               CofferAddition *addition)
{
  CofferAdditionState state = COFFER_ADDITION_ADDED;
  int rc;

  if (is_of_unknown_size (job))
    {
      fail_addition (addition, _("Its size is not known"));
      return KVAULT_OK;
    }
  if (addition->sum != NULL && job->before.st_size + get_header_size (addition) != addition->size)
    {
      fail_addition (addition, _("It is not what coffer.json says"));
      return KVAULT_OK;
    }
  rc = kvault_exists (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key));
  if (rc == KVAULT_OK)
    rc = decide (job, addition, &state);
  else if (rc == KVAULT_NOTFOUND)
    rc = KVAULT_OK;
  if (rc != KVAULT_OK)
    return rc;
  if (state == COFFER_ADDITION_REPLACED && !job->additions->again && (rc = keep_old (job, addition)) != KVAULT_OK)
    return rc;
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
add_next (Job *job)
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
  if (open_incoming (job, addition, &error))
    {
      job->turned = job->waits && !may_wait (job, addition);
      rc = job->turned ? KVAULT_OK : add_incoming (job, addition);
    }
  else
    {
      g_autofree char *line = coffer_error_dup_line (error);

      fail_addition (addition, line);
    }
  close_incoming (job);
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
    coffer_additions_keep (additions, addition, NULL);
}

/* Lane. What was put after the last commit is gone. Done again, others between are in the vault, or were never to be added. */
static void
forget_undone (Job *job)
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
      job->additions->asks = FALSE;
    }
  job->n_stored = MIN (n_durable, job->puts->len);
}

static guint64
get_bytes_left (CofferAdditions *additions)
{
  guint n_files;
  guint64 n_bytes;

  coffer_additions_get_progress (additions, &n_files, &n_bytes);
  return additions->size - MIN (n_bytes, additions->size);
}

/* Lane. Files until one of the reasons to end. */
static int
add_some (Job *job)
{
  int rc = KVAULT_OK;

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
  Job *job = data;
  int rc;

  start_job (job, vault);
  coffer_additions_set_begun (job->additions, TRUE);
  rc = add_some (job);
  if (rc != KVAULT_OK && !(rc == KVAULT_ECANCELLED && g_cancellable_is_cancelled (job->stop)))
    *error = coffer_error_new (vault, rc);
  job->additions->direct |= job->turned;
  job->n_stored = job->puts->len;
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
  Job *job = data;
  int rc, end;

  start_job (job, vault);
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
  close_source (job);
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
  Job *job = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean done = coffer_vault_run_finish (self, result, &error) != NULL;

  if (job->waits)
    coffer_cache_note_put (self->cache, job->full ? error : NULL);
  if (job->n_stored > 0 && job->waits)
    coffer_vault_tell_sharers (self);
  else if (job->n_stored > 0)
    coffer_vault_emit_changed (self);
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Waiting for another program to let us write can be ended by force, as nothing is stored yet; and so can reading before that. */
static void
stop_cb (GCancellable *stop,
         GTask        *task)
{
  Job *job = g_task_get_task_data (task);

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

static gboolean
return_if_viewing (CofferVault *self,
                   GTask       *task)
{
  if (coffer_vault_get_editable (self))
    return FALSE;
  g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
  return TRUE;
}

/* Few files, of which nobody wants to know that they are on the disk; nor values that are deleted elsewhere once they are here. */
static gboolean
can_wait (CofferVault     *self,
          CofferAdditions *additions)
{
  return !additions->direct && !additions->verifies && additions->source_path == NULL &&
         coffer_cache_takes (self->cache, additions->files->len - additions->next, get_bytes_left (additions));
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
  Job *job;

  g_return_if_fail (COFFER_IS_VAULT (self) && additions != NULL && !additions->asks);

  task = g_task_new (self, force, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_add_async);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told, cancelled or not */
  g_task_set_task_data (task, job_new (additions, stop), job_free);
  if (return_if_viewing (self, task))
    return;
  watch_stop (additions, stop, task);
  job = g_task_get_task_data (task);
  if (can_wait (self, additions))
    {
      job->waits = TRUE;
      job->capacity = coffer_cache_get_options (self->cache)->capacity;
      job->shelf = kvault_shelf_ref (coffer_cache_get_shelf (self->cache));
      coffer_vault_run_unsettled_async (self, additions->table, shelve_worker, job, force, added_cb, g_object_ref (task));
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

/* Taking back */

static gboolean
can_take_back (const CofferAddition *addition)
{
  return addition->state == COFFER_ADDITION_ADDED || (addition->state == COFFER_ADDITION_REPLACED && addition->old != NULL) ||
         coffer_addition_is_mendable (addition);
}

/* Lane. Whether the key has the value still that was found when it was read back, or none, or none that can be read. */
static int
is_wrong_still (Job            *job,
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
    }
  kvault_blob_close (blob);
  manifest_sum_end (&sum, found);
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND && rc != KVAULT_ECORRUPT)
    return rc;
  addition->identical = rc != KVAULT_OK || (addition->wrong_sum != NULL && memcmp (found, addition->wrong_sum, sizeof found) == 0);
  return KVAULT_OK;
}

/* Lane. Which values still are what is in their files. What somebody else has put there is not ours to delete, and of what is in no
 * file any more there may be no other copy.
 */
static int
find_ours (Job   *job,
           guint  at,
           guint  end)
{
  int rc = KVAULT_OK;

  for (guint i = at; rc == KVAULT_OK && i < end; i++)
    {
      CofferAddition *addition = coffer_additions_get (job->additions, i);

      addition->identical = FALSE;
      if (addition->wrong && can_take_back (addition))
        rc = is_wrong_still (job, addition);
      else if (can_take_back (addition))
        rc = compare_addition (job, addition);
    }
  return rc;
}

/* Lane. In a transaction. */
static int
put_back (Job                  *job,
          const CofferAddition *addition)
{
  gsize key_size, size;
  gconstpointer key = g_bytes_get_data (addition->key, &key_size), old = g_bytes_get_data (addition->old, &size);

  return kvault_put (job->vault, key, key_size, old, size);
}

/* Lane. In a transaction. */
static int
delete_ours (Job    *job,
             guint   at,
             guint   end,
             gssize *n)
{
  int rc = KVAULT_OK;

  for (guint i = at; rc == KVAULT_OK && i < end; i++)
    {
      CofferAddition *addition = coffer_additions_get (job->additions, i);
      gsize size;
      gconstpointer key = g_bytes_get_data (addition->key, &size);

      if (!addition->identical)
        continue;
      rc = addition->state != COFFER_ADDITION_ADDED ? put_back (job, addition) : kvault_delete (job->vault, key, size);
      *n += rc == KVAULT_OK;
      rc = rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
    }
  return rc;
}

/* Lane. From @at on, up to @end; all of them or none. They are compared before anything is locked, and once more if somebody
 * wrote meanwhile.
 */
static int
take_back_some (Job   *job,
                guint  at,
                guint  end)
{
  uint64_t before, now;
  gssize n = 0;
  int rc = kvault_data_version (job->vault, &before);

  if (rc == KVAULT_OK)
    rc = find_ours (job, at, end);
  if (rc != KVAULT_OK || (rc = kvault_begin (job->vault)) != KVAULT_OK)
    return rc;
  coffer_additions_set_begun (job->additions, TRUE);
  rc = kvault_data_version (job->vault, &now);
  if (rc == KVAULT_OK && now != before)
    rc = find_ours (job, at, end);
  if (rc == KVAULT_OK)
    rc = delete_ours (job, at, end, &n);
  if (rc == KVAULT_OK)
    rc = kvault_commit (job->vault);
  coffer_additions_set_begun (job->additions, FALSE);
  if (rc != KVAULT_OK)
    {
      kvault_rollback (job->vault);
      return rc;
    }
  for (guint i = at; i < end; i++)
    if (coffer_additions_get (job->additions, i)->identical)
      {
        coffer_addition_reset (coffer_additions_get (job->additions, i));
        coffer_additions_get (job->additions, i)->taken = TRUE;
      }
  job->n_stored += n;
  return KVAULT_OK;
}

/* Lane. All of them, once. */
static int
take_back_pass (Job *job)
{
  guint n_files = job->additions->files->len;
  int rc = KVAULT_OK;

  for (guint at = 0; rc == KVAULT_OK && at < n_files && !g_cancellable_is_cancelled (job->stop); at += TAKE_BACK_STEP)
    rc = take_back_some (job, at, MIN (at + TAKE_BACK_STEP, n_files));
  return rc;
}

/* Lane. Where two files had one key, the value of the first is there once the second is taken back. */
static gpointer
take_back_worker (kvault        *vault,
                  gpointer       data,
                  GCancellable  *cancellable,
                  GError       **error)
{
  Job *job = data;
  gssize n_before;
  int rc;

  start_job (job, vault);
  do
    {
      n_before = job->n_stored;
      rc = take_back_pass (job);
    }
  while (rc == KVAULT_OK && job->n_stored > n_before && coffer_additions_count_undoable (job->additions) > 0 &&
         !g_cancellable_is_cancelled (job->stop));
  close_source (job);
  if (rc == KVAULT_OK)
    return GINT_TO_POINTER (TRUE);
  *error = coffer_error_new (vault, rc);
  return NULL;
}

static void
taken_back_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  Job *job = g_task_get_task_data (task);
  GError *error = NULL;

  coffer_vault_run_finish (self, result, &error);
  if (g_cancellable_is_cancelled (job->stop) && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error)))
    g_clear_error (&error);
  if (job->n_stored > 0)
    coffer_vault_emit_changed (self);
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

  g_return_if_fail (COFFER_IS_VAULT (self) && additions != NULL);

  task = g_task_new (self, force, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_take_back_async);
  g_task_set_check_cancellable (task, FALSE);   /* what was done is told, cancelled or not */
  g_task_set_task_data (task, job_new (additions, stop), job_free);
  if (return_if_viewing (self, task))
    return;
  watch_stop (additions, stop, task);
  coffer_vault_run_async (self, COFFER_LANE_WRITE, additions->table, take_back_worker, g_task_get_task_data (task), NULL, NULL, force,
                          taken_back_cb, g_object_ref (task));
}

gssize
coffer_vault_take_back_finish (CofferVault   *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return g_task_propagate_int (G_TASK (result), error);
}
