/* SPDX-License-Identifier: MIT */
/*
 * Deletions that are written later. Main thread, but for functions marked "lane".
 *
 * What is kept true: `deferred` of a vault has every deletion that is hidden through it; while one is being written nobody shows it; a
 * deletion is of the file that was on show when it was made, and void once another one is.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-deletion.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

struct _CofferDeletion {
  gatomicrefcount refs;
  kvault_deletion *rows;
  GPtrArray *keys;
  char *table;
  gboolean hidden;
  gboolean is_void;        /* another file is at the path */
};

G_DEFINE_BOXED_TYPE (CofferDeletion, coffer_deletion, coffer_deletion_ref, coffer_deletion_unref)

CofferDeletion *
coffer_deletion_ref (CofferDeletion *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

static void
free_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  kvault_deletion_free (data);
}

void
coffer_deletion_unref (CofferDeletion *self)
{
  g_autoptr(GTask) task = NULL;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_task_set_task_data (task, self->rows, NULL);
  g_task_run_in_thread (task, free_thread);
  coffer_keys_unref (self->keys);
  g_free (self->table);
  g_free (self);
}

guint
coffer_deletion_get_n (CofferDeletion *self)
{
  return self->keys->len;
}

guint
coffer_deletion_get_n_left (CofferDeletion *self)
{
  return self->is_void ? 0 : kvault_deletion_count (self->rows, NULL);
}

gboolean
coffer_deletion_is_hidden (CofferDeletion *self)
{
  return self->hidden;
}

CofferKey *
coffer_deletion_peek_key (CofferDeletion *self)
{
  return g_ptr_array_index (self->keys, 0);
}

/* ---- hiding and showing ---- */

/* A key of which no row is known is looked for. Returns KVAULT_NOTFOUND if it is gone. */
static int
add_key (kvault          *vault,
         kvault_deletion *rows,
         CofferKey       *key)
{
  kvault_entry entry = coffer_key_to_entry (key);
  kvault_cursor_options options = { .has_start = TRUE, .start = entry.key, .start_size = entry.key_size, .start_class = entry.key_class,
                                    .flags = KVAULT_CURSOR_IDS };
  kvault_cursor *cursor = NULL;
  const kvault_entry *found;
  int rc;

  if (entry.id != 0)
    return kvault_deletion_add (rows, &entry);
  if ((rc = kvault_cursor_open (vault, &options, &cursor)) == KVAULT_OK && (rc = kvault_cursor_next (cursor, &found)) == KVAULT_OK)
    {
      g_autoptr(CofferKey) there = coffer_key_new_from_entry (found);

      rc = coffer_key_equal (there, key) ? kvault_deletion_add (rows, found) : KVAULT_NOTFOUND;
    }
  kvault_cursor_close (cursor);
  return rc;
}

typedef struct {
  CofferDeletion *deletion;
  kvault_veil *veil;
  gboolean adds, hides;
} Hiding;

static void
hiding_free (gpointer data)
{
  Hiding *hiding = data;

  coffer_deletion_unref (hiding->deletion);
  kvault_veil_unref (hiding->veil);
  g_free (hiding);
}

/* Lane. It may run twice. */
static gpointer
hide_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Hiding *hiding = data;
  CofferDeletion *deletion = hiding->deletion;
  int rc = KVAULT_OK;

  if (hiding->adds)
    {
      kvault_deletion_free (deletion->rows);   /* of a first try */
      deletion->rows = kvault_deletion_new (hiding->veil, deletion->table);
    }
  for (guint i = 0; hiding->adds && rc == KVAULT_OK && i < deletion->keys->len; i++)
    if ((rc = add_key (vault, deletion->rows, g_ptr_array_index (deletion->keys, i))) == KVAULT_NOTFOUND)
      rc = KVAULT_OK;
  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  hiding->adds = FALSE;
  if (hiding->hides)
    kvault_deletion_hide (deletion->rows);
  else
    kvault_deletion_show (deletion->rows);
  return GINT_TO_POINTER (TRUE);
}

/* Lane. */
static gpointer
measure_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  CofferDeletion *deletion = data;
  int rc = kvault_deletion_measure (vault, deletion->rows, NULL, NULL);

  if (rc == KVAULT_OK)
    return GINT_TO_POINTER (TRUE);
  *error = coffer_error_new (vault, rc);
  return NULL;
}

static void
measure (CofferVault    *self,
         CofferDeletion *deletion)
{
  coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, deletion->table, measure_worker, coffer_deletion_ref (deletion),
                          (GDestroyNotify) coffer_deletion_unref, NULL, NULL, NULL, NULL);
}

static void
set_hidden (CofferVault    *self,
            CofferDeletion *deletion,
            gboolean        hidden)
{
  if (hidden && !deletion->hidden)
    g_ptr_array_add (self->deferred, coffer_deletion_ref (deletion));
  deletion->hidden = hidden;
  if (!hidden)
    g_ptr_array_remove (self->deferred, deletion);
  coffer_vault_tell_sharers (self);
}

/* Another file may have come to the path meanwhile. */
static gboolean
check_left (CofferDeletion *deletion,
            GTask          *task)
{
  if (coffer_deletion_get_n_left (deletion) > 0)
    return TRUE;
  if (deletion->is_void)
    g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_STALE, _("Another file has taken the place of the vault since"));
  else
    g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_STALE, _("The keys are not in the vault any more"));
  return FALSE;
}

static void
hidden_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  CofferDeletion *deletion = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_run_finish (self, result, &error) == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (!check_left (deletion, task))
    return;
  set_hidden (self, deletion, TRUE);
  measure (self, deletion);
  g_task_return_pointer (task, coffer_deletion_ref (deletion), (GDestroyNotify) coffer_deletion_unref);
}

static void
run (CofferVault         *self,
     CofferDeletion      *deletion,
     gboolean             adds,
     gboolean             hides,
     GAsyncReadyCallback  callback,
     GTask               *task)
{
  Hiding *hiding = g_new (Hiding, 1);

  *hiding = (Hiding) { coffer_deletion_ref (deletion), kvault_veil_ref (self->veil), adds, hides };
  coffer_vault_run_settled_async (self, COFFER_LANE_LIST, deletion->table, FALSE, hide_worker, hiding, hiding_free, NULL, NULL, callback, task);
}

static gboolean
check_editable (CofferVault *self,
                GTask       *task)
{
  if (coffer_vault_get_editable (self))
    return TRUE;
  g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
  return FALSE;
}

void
coffer_vault_hide_async (CofferVault         *self,
                         GPtrArray           *keys,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  CofferDeletion *deletion;

  g_return_if_fail (COFFER_IS_VAULT (self) && keys != NULL && keys->len > 0);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_hide_async);
  g_task_set_check_cancellable (task, FALSE);
  if (!check_editable (self, task))
    return;
  deletion = g_new0 (CofferDeletion, 1);
  g_atomic_ref_count_init (&deletion->refs);
  deletion->keys = g_ptr_array_ref (keys);
  deletion->table = g_strdup (coffer_vault_get_table (self));
  deletion->rows = kvault_deletion_new (self->veil, deletion->table);
  g_task_set_task_data (task, deletion, (GDestroyNotify) coffer_deletion_unref);
  run (self, deletion, TRUE, TRUE, hidden_cb, g_steal_pointer (&task));
}

CofferDeletion *
coffer_vault_hide_finish (CofferVault   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
shown_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  CofferDeletion *deletion = g_task_get_task_data (task);
  gboolean show = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (task), "show"));
  GError *error = NULL;

  if (coffer_vault_run_finish (self, result, &error) == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  set_hidden (self, deletion, !show);
  if (!show)
    measure (self, deletion);
  g_task_return_boolean (task, TRUE);
}

void
coffer_vault_show_deletion_async (CofferVault         *self,
                                  CofferDeletion      *deletion,
                                  gboolean             show,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;

  g_return_if_fail (COFFER_IS_VAULT (self) && deletion != NULL);

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_show_deletion_async);
  g_task_set_task_data (task, coffer_deletion_ref (deletion), (GDestroyNotify) coffer_deletion_unref);
  g_object_set_data (G_OBJECT (task), "show", GINT_TO_POINTER (show));
  if (!check_editable (self, task) || !check_left (deletion, task))
    return;
  if (self->n_writing > 0)
    {
      g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_STALE, _("The keys are being deleted from the file already"));
      return;
    }
  run (self, deletion, FALSE, !show, shown_cb, g_steal_pointer (&task));
}

gboolean
coffer_vault_show_deletion_finish (CofferVault   *self,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

guint
coffer_vault_get_n_deferred (CofferVault *self)
{
  guint n = 0;

  g_return_val_if_fail (COFFER_IS_VAULT (self), 0);

  for (guint i = 0; i < self->deferred->len; i++)
    n += coffer_deletion_get_n_left (g_ptr_array_index (self->deferred, i));
  return n;
}

void
coffer_vault_drop_deletions (CofferVault *self)
{
  for (guint i = 0; i < self->deferred->len; i++)
    {
      CofferDeletion *deletion = g_ptr_array_index (self->deferred, i);

      kvault_deletion_show (deletion->rows);
      deletion->hidden = FALSE;
      deletion->is_void = TRUE;
    }
  g_ptr_array_set_size (self->deferred, 0);
}

/* ---- writing ---- */

typedef struct {
  GPtrArray *deletions;        /* of one table */
  CofferProgress *progress;    /* or NULL */
  guint64 n_all, n_before;     /* keys */
  CofferDeleted deleted;
  gboolean complete;
} Writing;

static void
writing_free (gpointer data)
{
  Writing *writing = data;

  g_ptr_array_unref (writing->deletions);
  g_clear_pointer (&writing->progress, coffer_progress_unref);
  g_free (writing);
}

/* Lane. */
static int
progress_cb (const kvault_progress *progress,
             void                  *data)
{
  Writing *writing = data;
  double *fraction;

  if (writing->progress == NULL || writing->n_all == 0)
    return 0;
  fraction = g_new (double, 1);
  *fraction = (double) (writing->n_before + progress->keys) / writing->n_all;
  coffer_progress_tell (writing->progress, fraction);
  return 0;
}

/* Lane. */
static gpointer
write_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  Writing *writing = data;
  int rc = KVAULT_OK;

  for (guint i = 0; rc == KVAULT_OK && i < writing->deletions->len; i++)
    {
      CofferDeletion *deletion = g_ptr_array_index (writing->deletions, i);
      kvault_deletion_result result;

      if ((rc = kvault_use_table (vault, deletion->table)) == KVAULT_OK)
        {
          rc = kvault_deletion_write (vault, deletion->rows, progress_cb, writing, &result);
          writing->deleted.n_deleted += result.deleted;
          writing->deleted.n_bytes += result.bytes;
          writing->deleted.n_changed += result.changed;
          writing->n_before += result.deleted;
        }
    }
  if (rc != KVAULT_OK)
    *error = coffer_error_new (vault, rc);
  return rc == KVAULT_OK ? GINT_TO_POINTER (TRUE) : NULL;
}

/* Those that are written to the last key go. */
static void
forget_written (CofferVault *self)
{
  for (guint i = self->deferred->len; i > 0; i--)
    {
      CofferDeletion *deletion = g_ptr_array_index (self->deferred, i - 1);

      if (coffer_deletion_get_n_left (deletion) > 0)
        continue;
      deletion->hidden = FALSE;
      g_ptr_array_remove_index (self->deferred, i - 1);
    }
}

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GTask) task = data;
  GError *error = NULL;

  self->n_writing--;
  coffer_vault_run_finish (self, result, &error);
  forget_written (self);
  coffer_vault_tell_sharers (self);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
coffer_vault_write_deletions_async (CofferVault         *self,
                                    CofferProgress      *progress,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  Writing *writing;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_write_deletions_async);
  g_task_set_check_cancellable (task, FALSE);
  writing = g_new0 (Writing, 1);
  writing->deletions = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_deletion_unref);
  writing->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  writing->n_all = coffer_vault_get_n_deferred (self);
  for (guint i = 0; i < self->deferred->len; i++)
    g_ptr_array_add (writing->deletions, coffer_deletion_ref (g_ptr_array_index (self->deferred, i)));
  g_task_set_task_data (task, writing, writing_free);
  if (writing->deletions->len == 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  self->n_writing++;
  coffer_vault_run_async (self, COFFER_LANE_WRITE, NULL, write_worker, writing, NULL, NULL, cancellable, written_cb,
                          g_steal_pointer (&task));
}

gboolean
coffer_vault_write_deletions_finish (CofferVault    *self,
                                     GAsyncResult   *result,
                                     CofferDeleted  *deleted,
                                     GError        **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  if (deleted != NULL)
    *deleted = ((Writing *) g_task_get_task_data (G_TASK (result)))->deleted;
  return g_task_propagate_boolean (G_TASK (result), error);
}
