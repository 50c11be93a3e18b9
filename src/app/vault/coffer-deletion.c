/* SPDX-License-Identifier: MIT */
/*
 * Deletions that are written later. Main thread, but for functions marked "lane".
 *
 * What waits in the cache for a deleted key is taken off it rather than written for that, and laid back when the key is shown: a disk that
 * is full keeps nobody from deleting.
 *
 * What is kept true: `deferred` of a vault has every deletion that is hidden through it; while one is being written nobody shows it; a
 * deletion is of the file that was on show when it was made, and void once another one is. What it took off the cache is laid back for that
 * file alone: where values of another one wait by then it is lost with the deletion.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-deletion-private.h"

#include "coffer-cache-private.h"
#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

#define BLOCK 500   /* keys whose values are taken off the cache at once */

G_DEFINE_BOXED_TYPE (CofferDeletion, coffer_deletion, coffer_deletion_ref, coffer_deletion_unref)

CofferDeletion *
coffer_deletion_ref (CofferDeletion *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/* One is of few keys, perhaps, but there may be many of them that go at once. */
static void
free_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  CofferDeletion *self = data;

  g_ptr_array_unref (self->old_rows);
  g_ptr_array_unref (self->keys);
  g_free (self);
}

static GPtrArray *
new_taken (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) kvault_taken_free);
}

/* What came to wait for a key meanwhile is newer, and stays. FALSE: values of another file wait, and it is kept. */
static gboolean
give_back (CofferDeletion *self)
{
  if (self->taken->len > 0 && !coffer_cache_give_back (self->cache, &self->meant_for, self->taken))
    return FALSE;
  g_ptr_array_set_size (self->taken, 0);
  g_ptr_array_set_size (self->taken_keys, 0);
  return TRUE;
}

void
coffer_deletion_unref (CofferDeletion *self)
{
  g_autoptr(GTask) task = NULL;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_ptr_array_add (self->old_rows, self->rows);
  g_ptr_array_add (self->old_rows, self->waited_rows);
  if (!self->is_void)
    give_back (self);
  g_ptr_array_unref (self->taken);
  g_ptr_array_unref (self->taken_keys);
  g_hash_table_unref (self->waited);
  g_hash_table_unref (self->alone);
  g_object_unref (self->cache);
  g_free (self->table);
  g_task_set_task_data (task, self, NULL);
  g_task_run_in_thread (task, free_thread);
}

guint
coffer_deletion_count_rows (CofferDeletion *self)
{
  return kvault_deletion_count (self->rows, NULL) + kvault_deletion_count (self->waited_rows, NULL);
}

guint
coffer_deletion_get_n (CofferDeletion *self)
{
  return self->keys->len;
}

guint
coffer_deletion_get_n_left (CofferDeletion *self)
{
  return self->is_void ? 0 : coffer_deletion_count_rows (self) + g_hash_table_size (self->alone);
}

guint
coffer_deletion_get_n_displaced (CofferDeletion *self)
{
  return self->is_void ? 0 : kvault_deletion_displaced (self->rows) + kvault_deletion_displaced (self->waited_rows);
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

int
coffer_deletion_add_key (kvault          *vault,
                         kvault_deletion *rows,
                         CofferKey       *key,
                         gboolean         looks)
{
  kvault_entry entry = coffer_key_to_entry (key);
  kvault_cursor_options options = { .has_start = TRUE, .start = entry.key, .start_size = entry.key_size, .start_class = entry.key_class,
                                    .flags = KVAULT_CURSOR_IDS };
  kvault_cursor *cursor = NULL;
  const kvault_entry *found;
  int rc;

  if (entry.id != 0 && !looks)
    return kvault_deletion_add (rows, &entry);
  if ((rc = kvault_cursor_open (vault, &options, &cursor)) == KVAULT_OK && (rc = kvault_cursor_next (cursor, &found)) == KVAULT_OK)
    {
      g_autoptr(CofferKey) there = coffer_key_new_from_entry (found);

      rc = coffer_key_equal (there, key) ? kvault_deletion_add (rows, found) : KVAULT_NOTFOUND;
    }
  kvault_cursor_close (cursor);
  return rc;
}

int
coffer_deletion_find_key (kvault *vault,
                          GBytes *key)
{
  kvault_blob *blob = NULL;
  int rc = kvault_blob_open_hidden (vault, g_bytes_get_data (key, NULL), g_bytes_get_size (key), &blob);

  kvault_blob_close (blob);
  return rc;
}

typedef struct {
  CofferDeletion *deletion;
  kvault_veil *veil;
  gboolean adds, hides;

  GPtrArray *asked;        /* of CofferKey, unowned: what is to be laid back on the cache */

  /* The lane's, then the callback's: */
  GPtrArray *taken, *taken_keys;
  GHashTable *waited, *outdated, *alone;   /* of CofferKey, unowned */
} Hiding;

static void
hiding_free (gpointer data)
{
  Hiding *hiding = data;

  coffer_deletion_unref (hiding->deletion);
  kvault_veil_unref (hiding->veil);
  g_ptr_array_unref (hiding->asked);
  g_ptr_array_unref (hiding->taken);
  g_ptr_array_unref (hiding->taken_keys);
  g_hash_table_unref (hiding->waited);
  g_hash_table_unref (hiding->outdated);
  g_hash_table_unref (hiding->alone);
  g_free (hiding);
}

/* Lane. */
static gboolean
waits (Hiding    *hiding,
       CofferKey *key)
{
  return g_hash_table_contains (hiding->waited, key) || g_hash_table_contains (hiding->deletion->waited, key);
}

/* Lane. So that no flush writes them. */
static int
take_block (kvault       *vault,
            Hiding       *hiding,
            CofferKey   **keys,
            guint         n)
{
  kvault_entry entries[BLOCK];
  kvault_taken *taken[BLOCK];
  int rc;

  for (guint i = 0; i < n; i++)
    entries[i] = coffer_key_to_entry (keys[i]);
  rc = kvault_shelf_take_many (vault, entries, n, taken);
  for (guint i = 0; i < n; i++)
    if (taken[i] != NULL)
      {
        g_ptr_array_add (hiding->taken, taken[i]);
        g_ptr_array_add (hiding->taken_keys, keys[i]);
        g_hash_table_add (hiding->waited, keys[i]);
      }
  return rc;
}

/* Lane. What a first run took is taken. A value that came to wait after the first time is no part of the deletion. */
static int
take_waiting (kvault *vault,
              Hiding *hiding)
{
  const GPtrArray *keys = hiding->deletion->keys;
  CofferKey *block[BLOCK];
  guint n = 0;
  int rc = KVAULT_OK;

  for (guint i = 0; rc == KVAULT_OK && i < keys->len; i++)
    {
      CofferKey *key = g_ptr_array_index (keys, i);

      if (coffer_key_get_class (key) == KVAULT_CLASS_BLOB && (hiding->adds || waits (hiding, key)))
        block[n++] = key;
      if (n == BLOCK || (n > 0 && i + 1 == keys->len))
        {
          rc = take_block (vault, hiding, block, n);
          n = 0;
        }
    }
  return rc;
}

/* Lane. The keys of a first time; @waited: those for which something waited, of any time. */
static int
add_keys (kvault   *vault,
          Hiding   *hiding,
          gboolean  waited)
{
  CofferDeletion *deletion = hiding->deletion;
  kvault_deletion **rows = waited ? &deletion->waited_rows : &deletion->rows;
  int rc = KVAULT_OK;

  kvault_deletion_show (*rows);   /* of a first try, or an earlier time */
  g_ptr_array_add (deletion->old_rows, *rows);
  *rows = kvault_deletion_new (hiding->veil, deletion->table);
  for (guint i = 0; rc == KVAULT_OK && i < deletion->keys->len; i++)
    {
      CofferKey *key = g_ptr_array_index (deletion->keys, i);

      if (waits (hiding, key) != waited)
        continue;
      if ((rc = coffer_deletion_add_key (vault, *rows, key, waited)) == KVAULT_NOTFOUND)
        {
          if (g_hash_table_contains (hiding->waited, key))
            g_hash_table_add (hiding->alone, key);
          rc = KVAULT_OK;
        }
    }
  return rc;
}

/* Lane. */
static int
take_and_add (kvault *vault,
              Hiding *hiding)
{
  int rc;

  g_hash_table_remove_all (hiding->alone);
  rc = take_waiting (vault, hiding);
  if (rc == KVAULT_OK && hiding->adds)
    rc = add_keys (vault, hiding, FALSE);
  return rc == KVAULT_OK ? add_keys (vault, hiding, TRUE) : rc;
}

/* Lane. The rows are hidden still: a key that has a value now got it after it was deleted, and that is newer than what waited. */
static int
find_outdated (kvault *vault,
               Hiding *hiding)
{
  int rc = KVAULT_NOTFOUND;

  for (guint i = 0; (rc == KVAULT_OK || rc == KVAULT_NOTFOUND) && i < hiding->asked->len; i++)
    {
      CofferKey *key = g_ptr_array_index (hiding->asked, i);
      kvault_entry entry = coffer_key_to_entry (key);

      rc = kvault_exists (vault, entry.key, entry.key_size);
      if (rc == KVAULT_OK)
        g_hash_table_add (hiding->outdated, key);
    }
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
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
  int rc = hiding->hides ? take_and_add (vault, hiding) : find_outdated (vault, hiding);

  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  if (!hiding->hides)
    {
      kvault_deletion_show (deletion->rows);
      kvault_deletion_show (deletion->waited_rows);
      return GINT_TO_POINTER (TRUE);
    }
  kvault_deletion_hide (deletion->rows);
  kvault_deletion_hide (deletion->waited_rows);
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
    rc = kvault_deletion_measure (vault, deletion->waited_rows, NULL, NULL);
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

void
coffer_deletion_make_void (CofferDeletion *deletion)
{
  kvault_deletion_show (deletion->rows);
  kvault_deletion_show (deletion->waited_rows);
  give_back (deletion);
  deletion->hidden = FALSE;
  deletion->is_void = TRUE;
}

static void
drop_outdated (CofferDeletion *deletion,
               GHashTable     *outdated)
{
  for (guint i = deletion->taken->len; i > 0; i--)
    {
      CofferKey *key = g_ptr_array_index (deletion->taken_keys, i - 1);

      if (!g_hash_table_contains (outdated, key))
        continue;
      deletion->n_outdated += g_hash_table_remove (deletion->alone, key);
      g_ptr_array_remove_index (deletion->taken, i - 1);
      g_ptr_array_remove_index (deletion->taken_keys, i - 1);
    }
}

/* As it is hidden. */
static void
take_alone (CofferDeletion *deletion,
            Hiding         *hiding)
{
  GHashTable *old = deletion->alone;

  deletion->alone = hiding->alone;
  hiding->alone = old;
  deletion->n_outdated = 0;
}

/* What the lane took off the cache is the deletion's now; or it lies there again. */
static gboolean
keep_taken (CofferVault *self,
            Hiding      *hiding,
            gboolean     done)
{
  CofferDeletion *deletion = hiding->deletion;
  GHashTableIter iter;
  gboolean moved = hiding->taken->len > 0 || (done && !hiding->hides && deletion->taken->len > 0);
  gboolean kept = TRUE;
  gpointer key;

  g_ptr_array_extend_and_steal (deletion->taken, g_steal_pointer (&hiding->taken));
  hiding->taken = new_taken ();
  g_ptr_array_extend_and_steal (deletion->taken_keys, g_steal_pointer (&hiding->taken_keys));
  hiding->taken_keys = g_ptr_array_new ();
  if (done && hiding->hides)
    take_alone (deletion, hiding);
  g_hash_table_iter_init (&iter, hiding->waited);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (deletion->waited, key);
  drop_outdated (deletion, hiding->outdated);
  deletion->gave_back = done && !hiding->hides && deletion->taken->len > 0;
  if (!done || !hiding->hides)
    kept = give_back (deletion);
  coffer_cache_release (self->cache);
  if (moved)
    coffer_cache_note_put (self->cache, NULL);
  return kept;
}

/* While it was being hidden. */
static gboolean
note_other_file (CofferVault    *self,
                 CofferDeletion *deletion)
{
  if (coffer_identity_equal (&deletion->meant_for, &self->shown))
    return FALSE;
  coffer_deletion_make_void (deletion);
  coffer_vault_tell_sharers (self);
  return TRUE;
}

/* Another file may have come to the path meanwhile. */
static gboolean
check_left (CofferDeletion *deletion,
            GTask          *task)
{
  if (coffer_deletion_get_n_left (deletion) + coffer_deletion_get_n_displaced (deletion) > 0)
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
  Hiding *hiding = g_task_get_task_data (task);
  CofferDeletion *deletion = hiding->deletion;
  GError *error = NULL;
  gboolean done = coffer_vault_run_finish (self, result, &error) != NULL;

  keep_taken (self, hiding, done);
  if (!done)
    {
      g_task_return_error (task, error);
      return;
    }
  note_other_file (self, deletion);
  if (!check_left (deletion, task))
    return;
  set_hidden (self, deletion, TRUE);
  measure (self, deletion);
  g_task_return_pointer (task, coffer_deletion_ref (deletion), (GDestroyNotify) coffer_deletion_unref);
}

/* The task keeps what the lane is given. Nothing is written for it: keys can be deleted on a full disk. */
static void
run (CofferVault         *self,
     CofferDeletion      *deletion,
     gboolean             adds,
     gboolean             hides,
     GAsyncReadyCallback  callback,
     GTask               *task)
{
  Hiding *hiding = g_new (Hiding, 1);

  *hiding = (Hiding) {
    .deletion = coffer_deletion_ref (deletion),
    .veil = kvault_veil_ref (self->veil),
    .adds = adds,
    .hides = hides,
    .asked = g_ptr_array_new (),
    .taken = new_taken (),
    .taken_keys = g_ptr_array_new (),
    .waited = g_hash_table_new (NULL, NULL),
    .outdated = g_hash_table_new (NULL, NULL),
    .alone = g_hash_table_new (NULL, NULL),
  };
  if (!hides)
    g_ptr_array_extend (hiding->asked, deletion->taken_keys, NULL, NULL);
  g_task_set_task_data (task, hiding, hiding_free);
  coffer_vault_run_async (self, COFFER_LANE_LIST, deletion->table, hide_worker, hiding, NULL, NULL, NULL, callback, task);
}

gboolean
coffer_deletion_check_editable (CofferVault          *self,
                                const CofferIdentity *file,
                                GTask                *task)
{
  GError *refusal = coffer_cache_dup_refusal (self->cache);   /* else whose key would it be? */

  if (refusal != NULL)
    g_task_return_error (task, refusal);
  else if (!coffer_vault_get_editable (self))
    g_task_return_new_error (task, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY), _("The vault is open for viewing"));
  else if (!coffer_cache_claim (self->cache, file, &refusal))
    g_task_return_error (task, refusal);
  else
    return TRUE;
  return FALSE;
}

CofferDeletion *
coffer_deletion_new (kvault_veil          *veil,
                     CofferCache          *cache,
                     const CofferIdentity *meant_for,
                     const char           *table,
                     GPtrArray            *keys)
{
  CofferDeletion *deletion = g_new0 (CofferDeletion, 1);

  g_atomic_ref_count_init (&deletion->refs);
  deletion->keys = g_ptr_array_ref (keys);
  deletion->table = g_strdup (table);
  deletion->rows = kvault_deletion_new (veil, table);
  deletion->waited_rows = kvault_deletion_new (veil, table);
  deletion->cache = g_object_ref (cache);
  deletion->meant_for = *meant_for;
  deletion->taken = new_taken ();
  deletion->taken_keys = g_ptr_array_new ();
  deletion->old_rows = g_ptr_array_new_with_free_func ((GDestroyNotify) kvault_deletion_free);
  deletion->waited = g_hash_table_new (NULL, NULL);
  deletion->alone = g_hash_table_new (NULL, NULL);
  return deletion;
}

void
coffer_vault_hide_async (CofferVault         *self,
                         GPtrArray           *keys,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  g_autoptr(CofferDeletion) deletion = NULL;

  g_return_if_fail (COFFER_IS_VAULT (self) && keys != NULL && keys->len > 0);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_hide_async);
  g_task_set_check_cancellable (task, FALSE);
  if (!coffer_deletion_check_editable (self, &self->shown, task))
    return;
  deletion = coffer_deletion_new (self->veil, self->cache, &self->shown, coffer_vault_get_table (self), keys);
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
  Hiding *hiding = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean done = coffer_vault_run_finish (self, result, &error) != NULL, kept = TRUE;

  if (!hiding->hides)
    hiding->deletion->showing = FALSE;
  if (done || hiding->hides)
    kept = keep_taken (self, hiding, done);
  else
    coffer_cache_release (self->cache);
  if (!done)
    {
      g_task_return_error (task, error);
      return;
    }
  if (hiding->hides && note_other_file (self, hiding->deletion) && !check_left (hiding->deletion, task))
    return;
  set_hidden (self, hiding->deletion, hiding->hides);
  if (hiding->hides)
    measure (self, hiding->deletion);
  if (!kept)
    g_task_return_error (task, coffer_cache_new_refusal ());
  else
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
  if (!check_left (deletion, task))
    return;
  if (self->n_writing > 0)
    {
      /* It may fail, and can be shown again then. */
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY, "%s", _("The keys are being deleted from the file already"));
      return;
    }
  if (!coffer_deletion_check_editable (self, &deletion->meant_for, task))
    return;
  deletion->showing = show;
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
    coffer_deletion_make_void (g_ptr_array_index (self->deferred, i));
  g_ptr_array_set_size (self->deferred, 0);
}
