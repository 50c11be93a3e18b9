/* SPDX-License-Identifier: MIT */
/*
 * A safe copy of a whole file, with what waits for it. Functions marked "lane" run on a lane's thread, the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-storage.h"

#include "coffer-cache-private.h"
#include "coffer-error-private.h"
#include "coffer-new-file.h"
#include "coffer-vault-private.h"
#include "coffer-wish-private.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Lane. @copy may be on any of its tables then. */
static void
put_waiting (const CofferWish *wish,
             kvault           *copy,
             GError          **error)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) tables = NULL;
  const kvault_section *sections;
  size_t n_sections;
  guint64 n = coffer_wish_count_waiting (wish, NULL, NULL), n_there = 0, n_here;
  int rc = kvault_sections (copy, &sections, &n_sections);

  for (size_t i = 0; rc == KVAULT_OK && i < n_sections; i++)
    if ((n_here = coffer_wish_count_waiting (wish, sections[i].name, NULL)) > 0)
      {
        g_strv_builder_add (builder, sections[i].name);
        n_there += n_here;
      }
  tables = g_strv_builder_end (builder);
  for (guint i = 0; rc == KVAULT_OK && tables[i] != NULL; i++)
    if ((rc = kvault_use_table (copy, tables[i])) == KVAULT_OK)
      rc = kvault_shelf_copy (wish->shelf, copy);
  if (rc != KVAULT_OK)
    *error = coffer_error_new (copy, rc);
  else if (n_there < n)
    g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOENT), _("the table of some of it is not in the vault any more"));
}

/* Lane. Into the copy goes what could not be written to the file. FALSE: none of it is there, or not all; the copy is whole without it. */
static gboolean
add_waiting (const CofferWish  *wish,
             const char        *path,
             GError           **error)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error problem;
  kvault *copy;
  int rc;

  options.durability = KVAULT_DURABILITY_FULL;
  if (kvault_open (path, &options, &copy, &problem) != KVAULT_OK)
    {
      *error = coffer_error_new_open (&problem);
      return FALSE;
    }
  put_waiting (wish, copy, error);
  if (*error == NULL && (rc = kvault_checkpoint (copy, KVAULT_CHECKPOINT_TRUNCATE, NULL)) != KVAULT_OK)
    *error = coffer_error_new (copy, rc);   /* closing would say nothing */
  kvault_close (copy);
  return *error == NULL;
}

/* Lane. The copy is there. @n_flushes: before it was made; it may have begun before what was written since. */
static char *
complete_copy (const CofferWish *wish,
               const char       *path,
               guint64           n_before,
               guint64           n_flushes)
{
  g_autoptr(GError) problem = NULL;
  guint64 n_flushes_now, n = coffer_wish_count_waiting (wish, NULL, &n_flushes_now);

  if (n_before > 0 && n_flushes_now != n_flushes)
    return g_strdup (_("What waited in memory was written to the vault meanwhile, and may not be in the copy"));
  if (n == 0 || add_waiting (wish, path, &problem))
    return g_strdup ("");
  return g_strdup_printf (_("What waits in memory is not in the copy: %s"), problem->message);
}

/* Lane. */
static gpointer
backup_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  const CofferWish *wish = data;
  guint64 n_flushes, n_waiting = coffer_wish_count_waiting (wish, NULL, &n_flushes);
  g_autoptr(CofferNewFile) file = coffer_new_file_begin (wish->target, kvault_location (vault), (const char *const *) wish->open_paths, error);
  g_autofree char *lacking = NULL;
  const char *path, *problem;
  int rc;

  if (file == NULL)
    return NULL;
  path = coffer_new_file_get_path (file);
  rc = kvault_backup (vault, path, coffer_wish_progress_cb, data);
  if (rc != KVAULT_OK && (rc != KVAULT_EIO || g_access (path, F_OK) != 0))   /* else it is whole, and whether it is on the disk is seen below */
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  lacking = complete_copy (wish, path, n_waiting, n_flushes);
  if (!coffer_new_file_finish (file, error))
    return NULL;
  problem = coffer_new_file_get_problem (file);
  return g_strdup (problem == NULL || *lacking != '\0' ? lacking : problem);
}

static void
copied_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GTask) task = data;
  GError *error = NULL;
  char *problem = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);

  if (problem != NULL)
    g_task_return_pointer (task, problem, g_free);
  else
    g_task_return_error (task, error);
}

static void
copy (CofferVault *self,
      GTask       *task)
{
  coffer_vault_run_told_async (self, COFFER_LANE_SCAN, KVAULT_ACCESS_VIEW, backup_worker, g_task_get_task_data (task), NULL, g_free,
                               g_task_get_cancellable (task), copied_cb, task);
}

/* What could not be written waits on, and goes into the copy. */
static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  CofferVault *self = COFFER_VAULT (source);
  GTask *task = data;
  GError *error = NULL;

  coffer_vault_flush_finish (self, result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_clear_error (&error);
  copy (self, task);
}

void
coffer_vault_backup_async (CofferVault         *self,
                           GFile               *target,
                           CofferProgress      *progress,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  GTask *task;
  CofferWish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_vault_backup_async);
  g_task_set_check_cancellable (task, FALSE);   /* a copy that is there is told, cancelled or not */
  wish = coffer_wish_new (progress);
  coffer_wish_set_target (wish, target);
  coffer_wish_add_waiting (wish, self);
  g_task_set_task_data (task, wish, coffer_wish_free);
  if (!coffer_cache_is_empty (self->cache) && coffer_cache_can_flush (self->cache))
    coffer_vault_flush_async (self, cancellable, written_cb, task);
  else
    copy (self, task);
}

gboolean
coffer_vault_backup_finish (CofferVault   *self,
                            GAsyncResult  *result,
                            char         **problem,
                            GError       **error)
{
  *problem = g_task_propagate_pointer (G_TASK (result), error);
  return *problem != NULL;
}
