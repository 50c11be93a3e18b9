/* SPDX-License-Identifier: MIT */
/*
 * Rare work on a file as a whole: its journal, SQLite's statistics, wiping, and saving what can be read of a damaged one. Functions marked "lane"
 * run on a lane's thread, the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-upkeep.h"

#include "coffer-error-private.h"
#include "coffer-new-file.h"
#include "coffer-vault-private.h"
#include "coffer-wish-private.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

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

/* ---- on the WRITE lane ---- */

/* Lane. */
static gpointer
journal_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  const CofferWish *wish = data;

  return answer (vault, kvault_set_journal (vault, wish->wal ? KVAULT_JOURNAL_WAL : KVAULT_JOURNAL_ROLLBACK), error);
}

void
coffer_vault_set_journal_async (CofferVault         *self,
                                gboolean             wal,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  CofferWish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));

  wish = coffer_wish_new (NULL);
  wish->wal = wal;
  coffer_vault_run_once_async (self, journal_worker, wish, coffer_wish_free, NULL, cancellable, callback, user_data);
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

  coffer_vault_run_once_async (self, optimize_worker, NULL, NULL, NULL, cancellable, callback, user_data);
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
  return answer (vault, kvault_wipe (vault, coffer_wish_progress_cb, data), error);
}

void
coffer_vault_wipe_async (CofferVault         *self,
                         CofferProgress      *progress,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self));

  coffer_vault_run_once_async (self, wipe_worker, coffer_wish_new (progress), coffer_wish_free, NULL, cancellable, callback, user_data);
}

gboolean
coffer_vault_wipe_finish (CofferVault   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return coffer_vault_run_finish (self, result, error) != NULL;
}

/* ---- saving what can be read ---- */

/* The lane's. */
typedef struct {
  const CofferWish *wish;          /* its shelf is saved, too */
  const char *path;                /* where the new file is made */
  GCancellable *cancellable;
  kvault *made;
  kvault_writer *writer;           /* of the value at hand; NULL: it is given up */
  CofferSalvage done;
  guint64 value_size;              /* of the value at hand, as far as it came */
  guint64 read, size;              /* of all values, saved or not; and of the file, for want of a better measure */
  GError *error;                   /* of the new file */
} Salvage;

/* Lane. The new file is a failure of the whole, as when the disk is full. */
static int
heed_new_file (Salvage *self,
               int   rc)
{
  if (rc != KVAULT_OK && self->error == NULL)
    self->error = coffer_error_new (self->made, rc);
  return self->error != NULL;
}

/* Lane. */
static int
begin_cb (const kvault_entry *entry,
          void               *data)
{
  Salvage *self = data;

  self->value_size = 0;
  if (entry->key_class == KVAULT_CLASS_NULL)
    return 0;
  return heed_new_file (self, kvault_writer_open (self->made, entry->key, entry->key_size, KVAULT_SIZE_UNKNOWN, &self->writer));
}

/* Lane. */
static int
write_cb (const void *bytes,
          size_t      len,
          void       *data)
{
  Salvage *self = data;

  if (self->writer == NULL)
    return 0;
  self->value_size += len;
  self->read += len;
  coffer_wish_tell (self->wish, MIN (self->read, self->size), self->size);
  return heed_new_file (self, kvault_writer_write (self->writer, bytes, len));
}

/* Lane. */
static int
end_cb (int         result,
        const char *message,
        void       *data)
{
  Salvage *self = data;
  int rc = KVAULT_OK;

  if (result != KVAULT_OK || self->writer == NULL)
    self->done.lost++;
  else if ((rc = kvault_writer_commit (self->writer)) == KVAULT_OK)
    {
      self->done.saved++;
      self->done.bytes += self->value_size;
    }
  heed_new_file (self, rc);
  g_clear_pointer (&self->writer, kvault_writer_free);
  return self->error != NULL;
}

/* Lane. */
static int
is_cancelled_cb (void *cancellable)
{
  return g_cancellable_is_cancelled (cancellable);
}

/* Lane. */
static gboolean
open_target (Salvage     *self,
             const char  *table,
             gboolean     first,
             GError     **error)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error problem;

  options.access = first ? KVAULT_ACCESS_CREATE_NEW : KVAULT_ACCESS_CREATE;
  options.table = table;
  options.is_cancelled = is_cancelled_cb;
  options.is_cancelled_data = self->cancellable;
  if (kvault_open (self->path, &options, &self->made, &problem) == KVAULT_OK)
    return TRUE;
  *error = coffer_error_new_open (&problem);
  return FALSE;
}

/* Lane. Keys are counted once, however many values of them there are. */
static int
save_waiting (Salvage *self)
{
  kvault_totals_result before, after;
  int rc;

  if (coffer_wish_count_waiting (self->wish, kvault_table (self->made), NULL) == 0)
    return KVAULT_OK;
  if ((rc = kvault_totals (self->made, NULL, 0, NULL, NULL, &before)) != KVAULT_OK ||
      (rc = kvault_shelf_copy (self->wish->shelf, self->made)) != KVAULT_OK ||
      (rc = kvault_totals (self->made, NULL, 0, NULL, NULL, &after)) != KVAULT_OK)
    return rc;
  self->done.saved += after.keys - before.keys;
  self->done.bytes += after.bytes - before.bytes;   /* which may be fewer: the sum is right */
  return KVAULT_OK;
}

/* Lane. The new file's handle closes with its table. */
static gboolean
salvage_table (kvault      *damaged,
               Salvage     *self,
               const char  *table,
               gboolean     first,
               GError     **error)
{
  const kvault_salvage_sink sink = { begin_cb, write_cb, end_cb, self };
  int rc = kvault_use_table (damaged, table);

  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (damaged, rc);
      return FALSE;
    }
  if (!open_target (self, table, first, error))
    return FALSE;
  if ((rc = kvault_bulk_begin (self->made, 0)) == KVAULT_OK)
    rc = kvault_salvage (damaged, &sink, NULL);
  g_clear_pointer (&self->writer, kvault_writer_free);
  if (self->error != NULL)
    *error = g_steal_pointer (&self->error);
  else if (rc != KVAULT_OK)
    *error = coffer_error_new (damaged, rc);
  else if ((rc = kvault_bulk_end (self->made)) != KVAULT_OK || (rc = save_waiting (self)) != KVAULT_OK ||
           (rc = kvault_checkpoint (self->made, KVAULT_CHECKPOINT_TRUNCATE, NULL)) != KVAULT_OK)   /* closing would say nothing */
    *error = coffer_error_new (self->made, rc);
  kvault_close (g_steal_pointer (&self->made));
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

/* Lane. */
static gboolean
salvage_all (kvault  *damaged,
             Salvage  *self,
             GError **error)
{
  g_auto(GStrv) tables = list_tables (damaged);

  if (tables[0] == NULL)
    g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOTVAULT), _("There is no table of keys that could be read"));
  for (guint i = 0; tables[i] != NULL; i++)
    if (!salvage_table (damaged, self, tables[i], i == 0, error))
      return FALSE;
  if (self->done.saved == 0 && self->done.lost > 0)
    g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CORRUPT, _("None of its values could be read"));
  return *error == NULL;
}

/* Lane. The lane's own handle refuses what a damaged file needs. */
static gpointer
salvage_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  Salvage self = { .wish = data, .cancellable = cancellable };
  kvault_options options = KVAULT_OPTIONS_INIT;
  g_autoptr(CofferNewFile) file = coffer_new_file_begin (self.wish->target, kvault_location (vault), (const char *const *) self.wish->open_paths,
                                                         error);
  kvault_error problem;
  kvault *damaged;
  GStatBuf found;
  gboolean done;

  if (file == NULL)
    return NULL;
  self.path = coffer_new_file_get_path (file);
  self.size = g_stat (kvault_location (vault), &found) == 0 ? (guint64) found.st_size : 0;
  options.access = KVAULT_ACCESS_SALVAGE;
  options.is_cancelled = is_cancelled_cb;
  options.is_cancelled_data = cancellable;
  if (kvault_open (kvault_location (vault), &options, &damaged, &problem) != KVAULT_OK)
    {
      *error = coffer_error_new_open (&problem);
      return NULL;
    }
  done = salvage_all (damaged, &self, error);
  kvault_close (damaged);
  done = done && coffer_new_file_finish (file, error);
  return done ? g_memdup2 (&self.done, sizeof self.done) : NULL;
}

void
coffer_vault_salvage_async (CofferVault         *self,
                            GFile               *target,
                            CofferProgress      *progress,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  CofferWish *wish;

  g_return_if_fail (COFFER_IS_VAULT (self));
  g_return_if_fail (g_file_peek_path (target) != NULL);

  wish = coffer_wish_new (progress);
  coffer_wish_set_target (wish, target);
  coffer_wish_add_waiting (wish, self);
  coffer_vault_run_told_async (self, COFFER_LANE_SCAN, KVAULT_ACCESS_SALVAGE, salvage_worker, wish, coffer_wish_free, g_free, cancellable, callback,
                               user_data);
  coffer_vault_let_go (self, COFFER_LANE_SCAN);   /* of a handle that no other job wants */
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

/* ---- whether there is anything to save ---- */

#define ENOUGH_US (2 * G_USEC_PER_SEC)
#define ENOUGH_BYTES (G_GUINT64_CONSTANT (16) << 20)

/* The lane's. Looking for one value that is whole. */
typedef struct {
  gint64 until;
  guint64 n_bytes;
  gboolean found;                  /* or nobody knows, after so long: it can be tried */
} Search;

/* Lane. */
static int
seek_begin_cb (const kvault_entry *entry,
               void               *data)
{
  ((Search *) data)->n_bytes = 0;
  return 0;
}

/* Lane. */
static int
seek_write_cb (const void *bytes,
               size_t      len,
               void       *data)
{
  Search *self = data;

  self->n_bytes += len;
  self->found = self->n_bytes > ENOUGH_BYTES;
  return self->found;
}

/* Lane. */
static int
seek_end_cb (int         result,
             const char *message,
             void       *data)
{
  Search *self = data;

  self->found = result == KVAULT_OK || g_get_monotonic_time () > self->until;
  return self->found;
}

/* Lane. */
gpointer
coffer_damaged_worker (kvault        *vault,
                       gpointer       data,
                       GCancellable  *cancellable,
                       GError       **error)
{
  Search self = { .until = g_get_monotonic_time () + ENOUGH_US };
  const kvault_salvage_sink sink = { seek_begin_cb, seek_write_cb, seek_end_cb, &self };
  g_auto(GStrv) tables = list_tables (vault);
  int rc;

  for (guint i = 0; tables[i] != NULL && !self.found; i++)
    if (((rc = kvault_use_table (vault, tables[i])) != KVAULT_OK || (rc = kvault_salvage (vault, &sink, NULL)) != KVAULT_OK) && !self.found)
      {
        *error = coffer_error_new (vault, rc);
        return NULL;
      }
  if (!self.found)
    g_set_error_literal (error, COFFER_ERROR, COFFER_ERROR_CORRUPT, _("None of its values could be read"));
  return GINT_TO_POINTER (self.found);
}
