/* SPDX-License-Identifier: MIT */
/*
 * Giving keys other names, and taking that back. Functions marked "lane" run on the thread of the WRITE lane, the others on the main thread.
 *
 * What a rename leaves behind is remembered by row and length, so that taking it back can tell whether somebody else has
 * written there since.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-renames.h"

#include "coffer-deletion-private.h"
#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define STEP_KEYS 500
#define STEP_BYTES (32u << 20)

/* Of a ring: one of it goes by a name of its own. */
typedef enum {
  WHOLE,
  TO_WAIT,                 /* from its old name to the one under which it waits, */
  FROM_WAIT,               /* and from that to its new one */
} Half;

typedef struct {
  CofferKey *key;
  GBytes *new_key;
  Half half;
  gboolean joined;         /* in one transaction with the one before it */
  gboolean done;
  gint64 id;               /* of the row under the name it has, once one of our jobs left it there; 0: none did */
  guint64 size;
} Rename;

struct _CofferRenames {
  gatomicrefcount refs;
  char *table;
  GArray *all;             /* of Rename */
  guint n_rings;           /* each is one more of them */
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
  return self->all->len - self->n_rings;
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
    n += get_rename (self, i)->done && get_rename (self, i)->half != TO_WAIT;
  return n;
}

/* A ring is done whole or not at all. What never was done is no part of what is taken back. */
void
coffer_renames_keep_done (CofferRenames *self)
{
  for (guint i = self->all->len; i > 0; i--)
    {
      Rename *rename = get_rename (self, i - 1);

      if (rename->done)
        continue;
      self->n_rings -= rename->half == TO_WAIT;
      g_array_remove_index (self->all, i - 1);
    }
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

/* ---- in which order ---- */

typedef struct {
  CofferRenames *self;
  GHashTable *by_key;      /* old name → number + 1 */
  GArray *arranged;        /* of Rename */
  gboolean *seen;
} Arranging;

/* The number + 1 of the one that has the new name of another; 0: none has. */
static guint
find_next (Arranging *a,
           guint      i)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (a->by_key, get_rename (a->self, i)->new_key));
}

static GBytes *
make_name_to_wait (GBytes *key)
{
  gsize size;
  const char *bytes = g_bytes_get_data (key, &size);
  g_autofree char *name = g_strdup_printf ("%.*s~%08x%08x", (int) MIN (size, 200), size > 0 ? bytes : "", g_random_int (), g_random_int ());

  return g_bytes_new (name, strlen (name));
}

static void
put_rename (Arranging *a,
            guint      i,
            gboolean   joined)
{
  Rename rename = *get_rename (a->self, i);

  rename.joined = joined;
  g_array_append_val (a->arranged, rename);
}

/* @path: numbers, each of which needs the name of the next; the last that of the first. */
static void
put_ring (Arranging *a,
          GArray    *path)
{
  Rename last = *get_rename (a->self, g_array_index (path, guint, path->len - 1));
  g_autoptr(GBytes) name = make_name_to_wait (coffer_key_get_bytes (last.key));
  Rename to_wait = { coffer_key_ref (last.key), g_bytes_ref (name), TO_WAIT };
  Rename from_wait = { coffer_key_new_written (name), last.new_key, FROM_WAIT, TRUE };

  coffer_key_unref (last.key);
  g_array_append_val (a->arranged, to_wait);
  for (guint i = path->len - 1; i > 0; i--)
    put_rename (a, g_array_index (path, guint, i - 1), TRUE);
  g_array_append_val (a->arranged, from_wait);
  a->self->n_rings++;
}

static void
put_path (Arranging *a,
          guint      first)
{
  g_autoptr(GArray) path = g_array_new (FALSE, FALSE, sizeof (guint));
  guint i = first, next;

  for (;;)
    {
      a->seen[i] = TRUE;
      g_array_append_val (path, i);
      next = find_next (a, i);
      if (next == 0 || a->seen[next - 1])
        break;
      i = next - 1;
    }
  if (next == first + 1 && path->len > 1)
    put_ring (a, path);
  else
    for (i = path->len; i > 0; i--)
      put_rename (a, g_array_index (path, guint, i - 1), FALSE);
}

void
coffer_renames_arrange (CofferRenames *self)
{
  g_autoptr(GHashTable) by_key = g_hash_table_new (g_bytes_hash, g_bytes_equal);
  g_autofree gboolean *seen = g_new0 (gboolean, self->all->len);
  Arranging a = { self, by_key, g_array_new (FALSE, FALSE, sizeof (Rename)), seen };

  for (guint i = 0; i < self->all->len; i++)
    g_hash_table_insert (by_key, coffer_key_get_bytes (get_rename (self, i)->key), GUINT_TO_POINTER (i + 1));
  for (guint i = 0; i < self->all->len; i++)
    if (!seen[i])
      put_path (&a, i);
  g_array_set_clear_func (self->all, NULL);   /* what is in it is in the other one now */
  g_array_unref (self->all);
  self->all = a.arranged;
  g_array_set_clear_func (self->all, rename_clear);
}

/* ---- on the lane ---- */

typedef struct {
  CofferRenames *renames;
  gboolean back;
  CofferProgress *progress;    /* or NULL */
  guint n_before, n_renamed;
  GHashTable *freed;           /* names that will be, while all are looked at before the first is renamed; NULL then */
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

/* Whether it waits under that name only since this transaction began. */
static gboolean
is_waiting (Job    *job,
            Rename *rename)
{
  return rename->half == (job->back ? TO_WAIT : FROM_WAIT);
}

/* Lane. Whether a name will be free, or is. */
static int
find_name (Job    *job,
           kvault *vault,
           GBytes *name)
{
  if (job->freed != NULL && g_hash_table_contains (job->freed, name))
    return KVAULT_NOTFOUND;
  return kvault_exists (vault, g_bytes_get_data (name, NULL), g_bytes_get_size (name));
}

/* Lane. Whether it can be renamed as things are, or will be once those before it are renamed. */
static gboolean
check_rename (Job     *job,
              kvault  *vault,
              Rename  *rename,
              GError **error)
{
  GBytes *from = get_from (job, rename), *to = get_to (job, rename);
  gboolean waits = is_waiting (job, rename);
  gint64 id;
  guint64 size;
  int rc = waits && job->freed != NULL ? KVAULT_OK : find_row (vault, from, &id, &size);

  if (coffer_key_get_class (rename->key) != KVAULT_CLASS_BLOB)
    *error = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EINVAL),
                                  _("A key that is no bytes, but a text or a number, cannot be renamed"));
  else if (rc == KVAULT_NOTFOUND)
    *error = new_error (job, from, COFFER_ERROR_STALE, _("“%s” is not there any more"));
  else if (rc != KVAULT_OK)
    *error = coffer_error_new (vault, rc);
  else if (!waits && rename->id != 0 && (rename->id != id || rename->size != size))
    *error = new_error (job, from, COFFER_ERROR_STALE, _("“%s” has another value since: somebody else wrote to it"));
  else if ((rc = find_name (job, vault, to)) == KVAULT_OK)
    *error = new_error (job, to, COFFER_ERROR_EXISTS, _("There is a key “%s” already"));
  else if (rc != KVAULT_NOTFOUND)
    *error = coffer_error_new (vault, rc);
  else if ((rc = coffer_deletion_find_key (vault, to)) == KVAULT_OK)
    *error = new_error (job, to, COFFER_ERROR_EXISTS, job->back || rename->id != 0 ?
                        _("“%s” was deleted a moment ago and can still be brought back: its value would be lost. Bring it back, or choose "
                          "“Write Deletions Now” (Ctrl+S), which deletes it from the file") :
                        _("“%s” was deleted a moment ago and can still be brought back: its value would be lost. Choose another name, or close the "
                          "window or choose “Write Deletions Now” (Ctrl+S) first, which deletes it from the file"));
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
  g_autoptr(GHashTable) freed = g_hash_table_new (g_bytes_hash, g_bytes_equal);
  gboolean fine = TRUE;

  job->freed = freed;
  for (guint i = 0; fine && i < job->renames->all->len; i++)
    {
      Rename *rename = get_next (job, i);

      if (rename->done != job->back)
        continue;
      fine = !g_cancellable_set_error_if_cancelled (cancellable, error) && check_rename (job, vault, rename, error);
      g_hash_table_add (freed, get_from (job, rename));
    }
  job->freed = NULL;
  return fine;
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

/* Whether a ring goes on at the @at-th. */
static gboolean
is_joined (Job   *job,
           guint  at)
{
  return job->back ? at > 0 && get_next (job, at - 1)->joined : get_next (job, at)->joined;
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

  for (; rc == KVAULT_OK && *at < job->renames->all->len; ++*at)
    {
      Rename *rename = get_next (job, *at);
      gboolean joined = is_joined (job, *at);

      if (!joined && (touched->len >= STEP_KEYS || n_bytes >= STEP_BYTES))
        break;
      if (rename->done != job->back)
        continue;
      if (touched->len > 0 && !joined && g_cancellable_is_cancelled (cancellable))   /* what is done is kept */
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
  for (guint i = 0; i < job->renames->all->len; i++)
    job->n_before += get_rename (job->renames, i)->done != job->back;   /* by a job before this one */
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
