/* SPDX-License-Identifier: MIT */
/*
 * All values looked at, one after the other in the order of their keys. The lane has to let go of the file now and then: what is found, and
 * the last key, are kept between runs.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-damages.h"

#include <coffer-error.h>
#include <coffer-vault-scan.h>

#include "coffer-damage.h"
#include "coffer-digest-value.h"

#define LIST_SIZE 512
#define RAW 0                /* a kvault_encoding */
#define TELL_US (100 * 1000)

typedef struct {
  GBytes *prefix;        /* (nullable) */
  CofferProgress *progress;
  GPtrArray *keys;       /* of CofferKey: the ones at hand */
  guint next;            /* of them */
  gboolean ended;
  gint64 told_us;
  CofferDamages *found;
} Look;

static void
tell (Look *self)
{
  CofferDamagesProgress so_far = { self->found->n_looked_at, self->found->found->len };
  gint64 now = g_get_monotonic_time ();

  if (self->progress == NULL || now - self->told_us < TELL_US)
    return;
  self->told_us = now;
  coffer_progress_tell (self->progress, g_memdup2 (&so_far, sizeof so_far));
}

/* @words (transfer full) (nullable) */
static void
note (Look      *self,
      CofferKey *key,
      guint64    size,
      char      *words)
{
  CofferDamage *damage;

  if (words == NULL)
    return;
  damage = g_new (CofferDamage, 1);
  *damage = (CofferDamage) { coffer_key_ref (key), size, words };
  g_ptr_array_add (self->found->found, damage);
}

/* Data of another kind, which Python takes apart, is none of those that are looked for. */
static gboolean
is_plain (const CofferValueFacts *facts)
{
  return !facts->has_header || facts->encoding == RAW;
}

static gboolean
look_at (Look               *self,
         CofferValueReader  *reader,
         CofferKey          *key,
         GCancellable       *cancellable,
         GError            **error)
{
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autofree char *name = coffer_key_to_display (key, 0);
  g_autoptr(GInputStream) stream = coffer_value_reader_open (reader, key, &facts, cancellable, error);
  const char *words = NULL;

  if (stream != NULL && is_plain (facts))
    words = coffer_damage_check (stream, facts->data_offset, facts->size - MIN (facts->data_offset, facts->size), facts->content_type, name,
                                 cancellable, error);
  coffer_value_reader_close (reader);
  note (self, key, facts != NULL ? facts->size : 0, g_strdup (words));
  return stream != NULL && *error == NULL;
}

static gboolean
is_corrupt (const GError *error)
{
  return g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CORRUPT);
}

static gboolean
take_next (Look               *self,
           CofferValueReader  *reader,
           GCancellable       *cancellable,
           GError            **error)
{
  CofferKey *key = g_ptr_array_index (self->keys, self->next);
  g_autoptr(GError) problem = NULL;

  if (!look_at (self, reader, key, cancellable, &problem))
    {
      if (coffer_clean_ends_run (reader, problem))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
      if (is_corrupt (problem))
        note (self, key, 0, coffer_error_dup_line (problem));
    }
  self->next++;
  self->found->n_looked_at++;
  return TRUE;
}

/* FALSE at the end, or with an error. */
static gboolean
has_next (Look               *self,
          CofferValueReader  *reader,
          GError            **error)
{
  CofferKey *last = self->keys->len > 0 ? g_ptr_array_index (self->keys, self->keys->len - 1) : NULL;
  GPtrArray *keys;

  if (self->next < self->keys->len || self->ended || self->found->found->len >= COFFER_DAMAGES_MOST)
    return self->next < self->keys->len && self->found->found->len < COFFER_DAMAGES_MOST;
  if ((keys = coffer_value_reader_list (reader, self->prefix, last, LIST_SIZE, error)) == NULL)
    return FALSE;
  self->ended = keys->len == 0;
  if (self->ended)
    {
      g_ptr_array_unref (keys);
      return FALSE;
    }
  g_ptr_array_unref (self->keys);
  self->keys = keys;
  self->next = 0;
  return TRUE;
}

/* Lane. */
static gboolean
look (CofferValueReader  *reader,
      gpointer            data,
      GCancellable       *cancellable,
      GError            **error)
{
  Look *self = data;

  while (has_next (self, reader, error))
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error) || !take_next (self, reader, cancellable, error))
        return FALSE;
      tell (self);
    }
  return *error == NULL;
}

static void
damage_free (gpointer data)
{
  CofferDamage *damage = data;

  coffer_key_unref (damage->key);
  g_free (damage->words);
  g_free (damage);
}

void
coffer_damages_free (CofferDamages *self)
{
  g_ptr_array_unref (self->found);
  g_free (self);
}

static void
look_free (gpointer data)
{
  Look *self = data;

  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_clear_pointer (&self->progress, coffer_progress_unref);
  g_clear_pointer (&self->found, coffer_damages_free);
  g_ptr_array_unref (self->keys);
  g_free (self);
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  Look *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    g_task_return_pointer (task, g_steal_pointer (&self->found), (GDestroyNotify) coffer_damages_free);
  else
    g_task_return_error (task, error);
}

void
coffer_damages_find_async (CofferVault         *vault,
                           const char          *table,
                           GBytes              *prefix,
                           CofferProgress      *progress,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  GTask *task;
  Look *self;

  g_return_if_fail (COFFER_IS_VAULT (vault) && table != NULL);

  self = g_new0 (Look, 1);
  self->prefix = prefix != NULL && g_bytes_get_size (prefix) > 0 ? g_bytes_ref (prefix) : NULL;
  self->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  self->keys = g_ptr_array_new ();
  self->found = g_new0 (CofferDamages, 1);
  self->found->found = g_ptr_array_new_with_free_func (damage_free);
  task = g_task_new (vault, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_damages_find_async);
  g_task_set_task_data (task, self, look_free);
  coffer_vault_scan_values_async (vault, table, look, self, NULL, cancellable, looked_cb, task);
}

CofferDamages *
coffer_damages_find_finish (CofferVault   *vault,
                            GAsyncResult  *result,
                            GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, vault), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
