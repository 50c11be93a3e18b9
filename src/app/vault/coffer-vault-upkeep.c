/* SPDX-License-Identifier: MIT */
/*
 * Rare work on a file as a whole: its journal, SQLite's statistics, wiping, and saving what can be read of a damaged one. Functions marked "lane"
 * run on a lane's thread, the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-upkeep.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

/* What a job is asked for; each takes what it needs. */
typedef struct {
  CofferProgress *progress;
  gboolean wal;
  char *target;

  /* The lane's, of a salvage: */
  GCancellable *cancellable;
  kvault *made;
  kvault_writer *writer;           /* of the value at hand; NULL: it is given up */
  CofferSalvage done;
  guint64 size;                    /* of the file, for want of a better measure */
  GError *error;                   /* of the new file */
} Wish;

static Wish *
wish_new (CofferProgress *progress)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  return wish;
}

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_clear_pointer (&wish->progress, coffer_progress_unref);
  g_clear_error (&wish->error);
  g_free (wish->target);
  g_free (wish);
}

/* Lane. */
static gpointer
answer (kvault  *vault,
        int      rc,
        GError **error)
{
  if (rc == KVAULT_OK)
    return GINT_TO_POINTER (TRUE);
  *error = coffer_error_new (vault, rc);
  return NULL;
}

/* Lane. */
static void
tell (Wish    *wish,
      guint64  bytes,
      guint64  bytes_total)
{
  CofferStep *step;

  if (wish->progress == NULL)
    return;
  step = g_new (CofferStep, 1);
  *step = (CofferStep) { bytes, bytes_total };
  coffer_progress_tell (wish->progress, step);
}

/* Lane. A cancel reaches the engine by itself. */
static int
progress_cb (const kvault_progress *progress,
             void                  *data)
{
  tell (data, progress->bytes, progress->bytes_total);
  return 0;
}

/* ---- on the WRITE lane ---- */

/* Lane. */
static gpointer
journal_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  const Wish *wish = data;

  return answer (vault, kvault_set_journal (vault, wish->wal ? KVAULT_JOURNAL_WAL : KVAULT_JOURNAL_ROLLBACK), error);
}

void
coffer_vault_set_journal_async (CofferVault         *self,
                                gboolean             wal,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  Wish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  wish = wish_new (NULL);
  wish->wal = wal;
  coffer_vault_run_async (self, COFFER_LANE_WRITE, NULL, journal_worker, wish, wish_free, NULL, cancellable, callback, user_data);
}

gboolean
coffer_vault_set_journal_finish (CofferVault   *self,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  return coffer_vault_run_finish (self, result, error) != NULL;
}

/* Lane. */
static gpointer
optimize_worker (kvault        *vault,
                 gpointer       data,
                 GCancellable  *cancellable,
                 GError       **error)
{
  return answer (vault, kvault_optimize (vault), error);
}

void
coffer_vault_optimize_async (CofferVault         *self,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  coffer_vault_run_async (self, COFFER_LANE_WRITE, NULL, optimize_worker, NULL, NULL, NULL, cancellable, callback, user_data);
}

gboolean
coffer_vault_optimize_finish (CofferVault   *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  return coffer_vault_run_finish (self, result, error) != NULL;
}

/* Lane. */
static gpointer
wipe_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  return answer (vault, kvault_wipe (vault, progress_cb, data), error);
}

void
coffer_vault_wipe_async (CofferVault         *self,
                         CofferProgress      *progress,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  coffer_vault_run_async (self, COFFER_LANE_WRITE, NULL, wipe_worker, wish_new (progress), wish_free, NULL, cancellable, callback, user_data);
}

gboolean
coffer_vault_wipe_finish (CofferVault   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return coffer_vault_run_finish (self, result, error) != NULL;
}

/* ---- saving what can be read ---- */

/* Lane. The new file is a failure of the whole, as when the disk is full. */
static int
heed_new_file (Wish *wish,
               int   rc)
{
  if (rc != KVAULT_OK && wish->error == NULL)
    wish->error = coffer_error_new (wish->made, rc);
  return wish->error != NULL;
}

/* Lane. */
static int
begin_cb (const kvault_entry *entry,
          void               *data)
{
  Wish *wish = data;

  if (entry->key_class == KVAULT_CLASS_NULL)
    return 0;
  return heed_new_file (wish, kvault_writer_open (wish->made, entry->key, entry->key_size, KVAULT_SIZE_UNKNOWN, &wish->writer));
}

/* Lane. */
static int
write_cb (const void *bytes,
          size_t      len,
          void       *data)
{
  Wish *wish = data;

  if (wish->writer == NULL)
    return 0;
  wish->done.bytes += len;
  tell (wish, MIN (wish->done.bytes, wish->size), wish->size);
  return heed_new_file (wish, kvault_writer_write (wish->writer, bytes, len));
}

/* Lane. */
static int
end_cb (int         result,
        const char *message,
        void       *data)
{
  Wish *wish = data;
  int rc = KVAULT_OK;

  if (result != KVAULT_OK || wish->writer == NULL)
    wish->done.lost++;
  else if ((rc = kvault_writer_commit (wish->writer)) == KVAULT_OK)
    wish->done.saved++;
  heed_new_file (wish, rc);
  g_clear_pointer (&wish->writer, kvault_writer_free);
  return wish->error != NULL;
}

/* Lane. */
static int
is_cancelled_cb (void *cancellable)
{
  return g_cancellable_is_cancelled (cancellable);
}

/* Lane. */
static gboolean
open_target (Wish        *wish,
             const char  *table,
             gboolean     first,
             GError     **error)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error problem;

  options.access = first ? KVAULT_ACCESS_CREATE_NEW : KVAULT_ACCESS_CREATE;
  options.table = table;
  options.is_cancelled = is_cancelled_cb;
  options.is_cancelled_data = wish->cancellable;
  if (kvault_open (wish->target, &options, &wish->made, &problem) == KVAULT_OK)
    return TRUE;
  *error = coffer_error_new_open (&problem);
  return FALSE;
}

/* Lane. The new file's handle closes with its table. */
static gboolean
salvage_table (kvault      *damaged,
               Wish        *wish,
               const char  *table,
               gboolean     first,
               GError     **error)
{
  const kvault_salvage_sink sink = { begin_cb, write_cb, end_cb, wish };
  int rc = kvault_use_table (damaged, table);

  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (damaged, rc);
      return FALSE;
    }
  if (!open_target (wish, table, first, error))
    return FALSE;
  if ((rc = kvault_bulk_begin (wish->made, 0)) == KVAULT_OK)
    rc = kvault_salvage (damaged, &sink, NULL);
  g_clear_pointer (&wish->writer, kvault_writer_free);
  if (wish->error != NULL)
    *error = g_steal_pointer (&wish->error);
  else if (rc != KVAULT_OK)
    *error = coffer_error_new (damaged, rc);
  else if ((rc = kvault_bulk_end (wish->made)) != KVAULT_OK)
    *error = coffer_error_new (wish->made, rc);
  kvault_close (g_steal_pointer (&wish->made));
  return *error == NULL;
}

/* Lane. */
static GStrv
list_tables (kvault *damaged)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  const kvault_section *sections;
  size_t n = 0;

  if (kvault_sections (damaged, &sections, &n) == KVAULT_OK)
    for (size_t i = 0; i < n; i++)
      if (sections[i].readable && (sections[i].kind == KVAULT_SECTION_V1 || sections[i].kind == KVAULT_SECTION_V2))
        g_strv_builder_add (builder, sections[i].name);
  return g_strv_builder_end (builder);
}

/* Lane. Nothing is left of a file that did not come about, but where another one was. */
static void
remove_target (const char *target)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (target, suffixes[i], NULL);

      g_unlink (path);
    }
}

/* Lane. */
static gboolean
salvage_all (kvault  *damaged,
             Wish    *wish,
             GError **error)
{
  g_auto(GStrv) tables = list_tables (damaged);

  if (tables[0] == NULL)
    g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOTVAULT), _("There is no table of keys that could be read"));
  for (guint i = 0; tables[i] != NULL; i++)
    if (!salvage_table (damaged, wish, tables[i], i == 0, error))
      {
        if (i > 0 || !g_error_matches (*error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EEXIST)))
          remove_target (wish->target);
        return FALSE;
      }
  return tables[0] != NULL;
}

/* Lane. The lane's own handle refuses what a damaged file needs. */
static gpointer
salvage_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  Wish *wish = data;
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error problem;
  kvault *damaged;
  GStatBuf found;
  gboolean done;

  wish->cancellable = cancellable;
  wish->done = (CofferSalvage) { 0 };
  wish->size = g_stat (kvault_location (vault), &found) == 0 ? (guint64) found.st_size : 0;
  options.access = KVAULT_ACCESS_SALVAGE;
  options.is_cancelled = is_cancelled_cb;
  options.is_cancelled_data = cancellable;
  if (kvault_open (kvault_location (vault), &options, &damaged, &problem) != KVAULT_OK)
    {
      *error = coffer_error_new_open (&problem);
      return NULL;
    }
  done = salvage_all (damaged, wish, error);
  kvault_close (damaged);
  return done ? g_memdup2 (&wish->done, sizeof wish->done) : NULL;
}

void
coffer_vault_salvage_async (CofferVault         *self,
                            GFile               *target,
                            CofferProgress      *progress,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  Wish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));
  g_return_if_fail (g_file_peek_path (target) != NULL);

  wish = wish_new (progress);
  wish->target = g_file_get_path (target);
  coffer_vault_run_full (self, COFFER_LANE_SCAN, KVAULT_ACCESS_SALVAGE, NULL, FALSE, salvage_worker, wish, wish_free, g_free, cancellable, callback,
                         user_data);
}

gboolean
coffer_vault_salvage_finish (CofferVault    *self,
                             GAsyncResult   *result,
                             CofferSalvage  *salvage,
                             GError        **error)
{
  g_autofree CofferSalvage *found = coffer_vault_run_finish (self, result, error);

  if (found == NULL)
    return FALSE;
  *salvage = *found;
  return TRUE;
}
