/* SPDX-License-Identifier: MIT */
/*
 * The last look before equal values are deleted: minutes may have gone by since they were found, and other programs write. All of the
 * SHA-256 of what goes is compared with that of what stays.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-duplicates.h"

#include <string.h>

#include "coffer-digest-value.h"
#include "coffer-vault-scan.h"

#define TELL_US (100 * 1000)

typedef struct {
  GPtrArray *choices;
  CofferProgress *progress;
  CofferDuplicatesProgress so_far;
  gint64 told_us;
  guint next;              /* choice */
  GPtrArray *good;         /* of CofferKey */
} Check;

static void
note_bytes (guint64  n_bytes,
            gpointer data)
{
  Check *self = data;
  gint64 now = g_get_monotonic_time ();

  self->so_far.n_bytes += n_bytes;
  if (self->progress == NULL || now - self->told_us < TELL_US)
    return;
  self->told_us = now;
  coffer_progress_tell (self->progress, g_memdup2 (&self->so_far, sizeof self->so_far));
}

/* Whether the value is still that of its group. FALSE with @error if nothing can be read any more. */
static gboolean
is_the_same (Check                        *self,
             CofferValueReader            *reader,
             const CofferDuplicateChoice  *choice,
             CofferKey                    *key,
             guint8                       *sha256,
             GCancellable                 *cancellable,
             GError                      **error)
{
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GError) problem = NULL;
  g_autoptr(GInputStream) stream = coffer_value_reader_open (reader, key, &facts, cancellable, &problem);
  gboolean done = stream != NULL && coffer_digest_stream (stream, sha256, note_bytes, self, cancellable, &problem);

  coffer_value_reader_close (reader);
  if (!done && coffer_clean_ends_run (reader, problem))
    g_propagate_error (error, g_steal_pointer (&problem));
  return done && memcmp (sha256, choice->digest, sizeof choice->digest) == 0;
}

/* TRUE, and what the others have to be like, if one that stays is there. */
static gboolean
find_kept (Check                        *self,
           CofferValueReader            *reader,
           const CofferDuplicateChoice  *choice,
           guint8                       *sha256,
           GCancellable                 *cancellable,
           GError                      **error)
{
  for (guint i = 0; i < choice->kept->len && *error == NULL; i++)
    if (is_the_same (self, reader, choice, g_ptr_array_index (choice->kept, i), sha256, cancellable, error))
      return TRUE;
  return FALSE;
}

static gboolean
check_choice (Check                        *self,
              CofferValueReader            *reader,
              const CofferDuplicateChoice  *choice,
              GCancellable                 *cancellable,
              GError                      **error)
{
  guint8 kept[COFFER_SHA256_SIZE], gone[COFFER_SHA256_SIZE];
  gboolean keeps = choice->kept->len > 0;
  guint n_good = self->good->len;

  if (keeps && !find_kept (self, reader, choice, kept, cancellable, error))
    return *error == NULL;
  for (guint i = 0; i < choice->gone->len && *error == NULL; i++)
    {
      CofferKey *key = g_ptr_array_index (choice->gone, i);

      if (is_the_same (self, reader, choice, key, gone, cancellable, error) && (!keeps || memcmp (kept, gone, sizeof kept) == 0))
        g_ptr_array_add (self->good, coffer_key_ref (key));
    }
  if (*error == NULL)
    return TRUE;
  g_ptr_array_set_size (self->good, (gint) n_good);   /* it is begun anew */
  return FALSE;
}

/* Lane. */
static gboolean
check (CofferValueReader  *reader,
       gpointer            data,
       GCancellable       *cancellable,
       GError            **error)
{
  Check *self = data;

  for (; self->next < self->choices->len; self->next++)
    {
      guint64 before = self->so_far.n_bytes;

      if (!g_cancellable_set_error_if_cancelled (cancellable, error) &&
          check_choice (self, reader, g_ptr_array_index (self->choices, self->next), cancellable, error))
        continue;
      self->so_far.n_bytes = before;
      return FALSE;
    }
  return TRUE;
}

static void
check_free (gpointer data)
{
  Check *self = data;

  g_ptr_array_unref (self->choices);
  g_clear_pointer (&self->good, g_ptr_array_unref);
  g_clear_pointer (&self->progress, coffer_progress_unref);
  g_free (self);
}

void
coffer_duplicate_choice_free (gpointer data)
{
  CofferDuplicateChoice *choice = data;

  g_ptr_array_unref (choice->gone);
  g_ptr_array_unref (choice->kept);
  g_free (choice);
}

static void
checked_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GTask) task = data;
  Check *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    g_task_return_pointer (task, g_steal_pointer (&self->good), (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

void
coffer_duplicates_verify_async (CofferVault         *vault,
                                const char          *table,
                                GPtrArray           *choices,
                                CofferProgress      *progress,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  GTask *task;
  Check *self;

  g_return_if_fail (COFFER_IS_VAULT (vault) && table != NULL && choices != NULL);

  self = g_new0 (Check, 1);
  self->choices = g_ptr_array_ref (choices);
  self->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  self->good = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  task = g_task_new (vault, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_duplicates_verify_async);
  g_task_set_task_data (task, self, check_free);
  coffer_vault_scan_values_async (vault, table, check, self, NULL, cancellable, checked_cb, task);
}

GPtrArray *
coffer_duplicates_verify_finish (CofferVault   *vault,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, vault), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
