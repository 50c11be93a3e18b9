/* SPDX-License-Identifier: MIT */
/*
 * Giving keys other names, and taking that back. Functions marked "lane" run on the thread of the WRITE lane, the others on the main thread.
 *
 * What a rename leaves behind is remembered by row and length, so that taking it back can tell whether somebody else has
 * written there since.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-renames.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

#define STEP_KEYS 500
#define STEP_BYTES (32u << 20)

typedef struct {
  CofferKey *key;
  GBytes *new_key;
  gboolean done;
  gint64 id;               /* of the row under the name it has, once one of our jobs left it there; 0: none did */
  guint64 size;
} Rename;

struct _CofferRenames {
  gatomicrefcount refs;
  char *table;
  GArray *all;             /* of Rename */
};

G_DEFINE_BOXED_TYPE (CofferRenames, coffer_renames, coffer_renames_ref, coffer_renames_unref)

static void
rename_clear (gpointer data)
{
  Rename *rename = data;

  coffer_key_unref (rename->key);
  g_bytes_unref (rename->new_key);
}

CofferRenames *
coffer_renames_new (const char *table)
{
  CofferRenames *self = g_new0 (CofferRenames, 1);

  g_atomic_ref_count_init (&self->refs);
  self->table = g_strdup (table);
  self->all = g_array_new (FALSE, FALSE, sizeof (Rename));
  g_array_set_clear_func (self->all, rename_clear);
  return self;
}

CofferRenames *
coffer_renames_ref (CofferRenames *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
coffer_renames_unref (CofferRenames *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_array_unref (self->all);
  g_free (self->table);
  g_free (self);
}

void
coffer_renames_add (CofferRenames *self,
                    CofferKey     *key,
                    GBytes        *new_key)
{
  Rename rename = { coffer_key_ref (key), g_bytes_ref (new_key) };

  g_array_append_val (self->all, rename);
}

guint
coffer_renames_get_n (CofferRenames *self)
{
  return self->all->len;
}

static Rename *
get_rename (CofferRenames *self,
            guint          i)
{
  return &g_array_index (self->all, Rename, i);
}

guint
coffer_renames_get_n_done (CofferRenames *self)
{
  guint n = 0;

  for (guint i = 0; i < self->all->len; i++)
    n += get_rename (self, i)->done;
  return n;
}

CofferKey *
coffer_renames_get_key (CofferRenames *self,
                        guint          i)
{
  return get_rename (self, i)->key;
}

GBytes *
coffer_renames_get_new_key (CofferRenames *self,
                            guint          i)
{
  return get_rename (self, i)->new_key;
}

/* ---- on the lane ---- */

typedef struct {
  CofferRenames *renames;
  gboolean back;
  CofferProgress *progress;    /* or NULL */
  guint n_before, n_renamed;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  coffer_renames_unref (job->renames);
  g_clear_pointer (&job->progress, coffer_progress_unref);
  g_free (job);
}

/* The i-th to be dealt with: the last renamed goes back first. */
static Rename *
get_next (Job   *job,
          guint  i)
{
  return get_rename (job->renames, job->back ? job->renames->all->len - 1 - i : i);
}

static GBytes *
get_from (Job    *job,
          Rename *rename)
{
  return job->back ? rename->new_key : coffer_key_get_bytes (rename->key);
}

static GBytes *
get_to (Job    *job,
        Rename *rename)
{
  return job->back ? coffer_key_get_bytes (rename->key) : rename->new_key;
}

/* Lane. The row and the length of the value of a key. */
static int
find_row (kvault  *vault,
          GBytes  *key,
          gint64  *id,
          guint64 *size)
{
  kvault_cursor_options options = { .has_start = TRUE, .flags = KVAULT_CURSOR_IDS | KVAULT_CURSOR_SIZES };
  kvault_cursor *cursor = NULL;
  const kvault_entry *entry;
  int rc;

  options.start = g_bytes_get_data (key, &options.start_size);
  if (options.start == NULL)
    options.start = "";
  if ((rc = kvault_cursor_open (vault, &options, &cursor)) == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      if (entry->key_class != KVAULT_CLASS_BLOB || entry->key_size != options.start_size ||
          (options.start_size > 0 && memcmp (entry->key, options.start, options.start_size) != 0))
        rc = KVAULT_NOTFOUND;
      else if ((rc = entry->result) == KVAULT_OK)
        {
          *id = entry->id;
          *size = entry->value_size;
        }
    }
  kvault_cursor_close (cursor);
  return rc;
}

static GError *
new_error (Job        *job,
           GBytes     *key,
           CofferError code,
           const char *format)
{
  g_autoptr(CofferKey) named = coffer_key_new_written (key);
  g_autofree char *shown = coffer_key_to_display (named, 80);
  g_auto(GStrv) parts = g_strsplit (format, "%s", 2);
  g_autofree char *text = g_strjoinv (shown, parts);

  return g_error_new_literal (COFFER_ERROR, code, text);
}

/* Lane. Whether it can be renamed as things are. */
static gboolean
check_rename (Job     *job,
              kvault  *vault,
              Rename  *rename,
              GError **error)
{
  GBytes *from = get_from (job, rename), *to = get_to (job, rename);
  gint64 id;
  guint64 size;
  int rc = find_row (vault, from, &id, &size);

  if (coffer_key_get_class (rename->key) != KVAULT_CLASS_BLOB)
    *error = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EINVAL),
                                  _("A key that is no bytes, but a text or a number, cannot be renamed"));
  else if (rc == KVAULT_NOTFOUND)
    *error = new_error (job, from, COFFER_ERROR_STALE, _("“%s” is not there any more"));
  else if (rc != KVAULT_OK)
    *error = coffer_error_new (vault, rc);
  else if (rename->id != 0 && (rename->id != id || rename->size != size))
    *error = new_error (job, from, COFFER_ERROR_STALE, _("“%s” has another value since: somebody else wrote to it"));
  else if ((rc = kvault_exists (vault, g_bytes_get_data (to, NULL), g_bytes_get_size (to))) == KVAULT_OK)
    *error = new_error (job, to, COFFER_ERROR_EXISTS, _("There is a key “%s” already"));
  else if (rc != KVAULT_NOTFOUND)
    *error = coffer_error_new (vault, rc);
  return *error == NULL;
}

/* Lane. */
static gboolean
check_all (Job           *job,
           kvault        *vault,
           GCancellable  *cancellable,
           GError       **error)
{
  for (guint i = 0; i < job->renames->all->len; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
        (get_next (job, i)->done == job->back && !check_rename (job, vault, get_next (job, i), error)))
      return FALSE;
  return TRUE;
}

/* Lane, in a transaction. */
static int
rename_one (Job     *job,
            kvault  *vault,
            Rename  *rename,
            GError **error)
{
  GBytes *from = get_from (job, rename), *to = get_to (job, rename);
  gint64 id;
  guint64 size;
  int rc;

  if (!check_rename (job, vault, rename, error))
    return KVAULT_ESTALE;
  if ((rc = kvault_rename (vault, g_bytes_get_data (from, NULL), g_bytes_get_size (from), g_bytes_get_data (to, NULL), g_bytes_get_size (to),
                           FALSE)) == KVAULT_OK &&
      (rc = find_row (vault, to, &id, &size)) == KVAULT_OK)
    {
      rename->id = id;
      rename->size = size;
      rename->done = !job->back;
    }
  return rc;
}

static void
tell_progress (Job *job)
{
  double *fraction;

  if (job->progress == NULL)
    return;
  fraction = g_new (double, 1);
  *fraction = (double) (job->n_before + job->n_renamed) / job->renames->all->len;
  coffer_progress_tell (job->progress, fraction);
}

/* Lane. One transaction, from the @at-th on; what it did is undone in memory, too, if it fails. */
static gboolean
rename_some (Job           *job,
             kvault        *vault,
             guint         *at,
             GCancellable  *cancellable,
             GError       **error)
{
  g_autoptr(GArray) before = g_array_new (FALSE, FALSE, sizeof (Rename));
  g_autoptr(GPtrArray) touched = g_ptr_array_new ();
  guint64 n_bytes = 0;
  int rc = kvault_begin (vault);

  for (; rc == KVAULT_OK && *at < job->renames->all->len && touched->len < STEP_KEYS && n_bytes < STEP_BYTES; ++*at)
    {
      Rename *rename = get_next (job, *at);

      if (rename->done != job->back)
        continue;
      if (touched->len > 0 && g_cancellable_is_cancelled (cancellable))   /* what is done is kept */
        break;
      g_array_append_val (before, *rename);
      g_ptr_array_add (touched, rename);
      rc = rename_one (job, vault, rename, error);
      n_bytes += rename->size;
    }
  if (rc == KVAULT_OK)
    rc = kvault_commit (vault);
  if (rc == KVAULT_OK)
    {
      job->n_renamed += touched->len;
      tell_progress (job);
      return !g_cancellable_set_error_if_cancelled (cancellable, error);
    }
  if (*error == NULL)
    *error = coffer_error_new (vault, rc);
  kvault_rollback (vault);
  for (guint i = 0; i < touched->len; i++)
    *(Rename *) g_ptr_array_index (touched, i) = g_array_index (before, Rename, i);
  return FALSE;
}

static gpointer
rename_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  Job *job = data;
  guint at = 0;

  if (!check_all (job, vault, cancellable, error))
    return NULL;
  while (at < job->renames->all->len)
    if (!rename_some (job, vault, &at, cancellable, error))
      return NULL;
  return GINT_TO_POINTER (TRUE);
}

/* ---- main thread ---- */

static void
renamed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  Job *job = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean done = coffer_vault_run_finish (self, result, &error) != NULL;

  if (job->n_renamed > 0)
    coffer_vault_emit_changed (self);
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
coffer_vault_rename_keys_async (CofferVault         *self,
                                CofferRenames       *renames,
                                gboolean             back,
                                CofferProgress      *progress,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  GTask *task;
  Job *job;

  g_return_if_fail (COFFER_IS_VAULT (self) && renames != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_rename_keys_async);
  g_task_set_check_cancellable (task, FALSE);
  job = g_new0 (Job, 1);
  job->renames = coffer_renames_ref (renames);
  job->back = back;
  job->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  g_task_set_task_data (task, job, job_free);
  if (!coffer_vault_get_editable (self))
    {
      g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
      g_object_unref (task);
      return;
    }
  coffer_vault_run_async (self, COFFER_LANE_WRITE, renames->table, rename_worker, job, NULL, NULL, cancellable, renamed_cb, task);
}

gboolean
coffer_vault_rename_keys_finish (CofferVault   *self,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
