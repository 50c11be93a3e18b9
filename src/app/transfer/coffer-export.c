/* SPDX-License-Identifier: MIT */
/*
 * An export as a transfer: a run on the vault's lane for exports, which is ended to pause, and goes on where it was. Main thread.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-export-work.h"

#include "coffer-export-archive.h"

#include <coffer-error.h>

#include <glib/gi18n-lib.h>

#define BUSY_US (30 * G_USEC_PER_SEC)   /* that another program may keep us waiting */
#define AGAIN_MS 200                    /* until we ask it again */

struct _CofferExport {
  CofferTransfer parent_instance;

  CofferVault *vault;
  char *table;
  GFile *file;
  CofferExportWork *work;
  GCancellable *stop;          /* of the run under way */
  gboolean hands_over, archive;
  gboolean running;
  gboolean paused;
  guint again_id;
  gint64 busy_since;           /* another program has kept us waiting; 0: none does */
  guint64 items_at_start;      /* of the run */
  guint64 n_items, n_bytes;    /* expected; 0: not known */
};

G_DEFINE_FINAL_TYPE (CofferExport, coffer_export, COFFER_TYPE_TRANSFER)

static void run (CofferExport *self);

/* @error (transfer full) (nullable) */
static void
end (CofferExport *self,
     gboolean      complete,
     GError       *error)
{
  GPtrArray *skips = coffer_export_work_get_skips (self->work);

  for (guint i = 0; i < skips->len; i++)
    {
      CofferTransferSkip *skip = g_ptr_array_index (skips, i);

      coffer_transfer_add_skip (COFFER_TRANSFER (self), g_strdup (skip->name), g_strdup (skip->reason));
    }
  coffer_export_work_drop (self->work);
  coffer_transfer_end (COFFER_TRANSFER (self), complete, error);
}

static gboolean
again_cb (gpointer data)
{
  CofferExport *self = data;

  self->again_id = 0;
  run (self);
  return G_SOURCE_REMOVE;
}

/* Another program keeps us from reading: whether to wait still. */
static gboolean
is_patient (CofferExport *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->busy_since == 0 || coffer_export_work_get_counts (self->work).n_items > self->items_at_start)
    self->busy_since = now;
  return now - self->busy_since < BUSY_US;
}

static void
wait_for_other (CofferExport *self)
{
  coffer_transfer_set_waits_for (COFFER_TRANSFER (self), _("Waiting for another program that writes to the vault"));
  self->again_id = g_timeout_add (AGAIN_MS, again_cb, self);
}

static void
run_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      data)
{
  g_autoptr(CofferExport) self = data;
  gboolean cancelled = coffer_transfer_is_cancelled (COFFER_TRANSFER (self));
  gboolean stopped = g_cancellable_is_cancelled (self->stop);
  g_autoptr(GError) error = NULL;

  self->running = FALSE;
  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    end (self, TRUE, NULL);
  else if (cancelled || (!stopped && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)))   /* or the vault was closed */
    end (self, FALSE, NULL);
  else if (stopped && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error)))
    {
      if (!self->paused)
        run (self);
    }
  else if (coffer_value_reader_is_lost (error))
    run (self);
  else if (coffer_error_is_busy (error) && is_patient (self))
    wait_for_other (self);
  else
    end (self, FALSE, g_steal_pointer (&error));
}

static void
run (CofferExport *self)
{
  g_clear_object (&self->stop);
  self->stop = g_cancellable_new ();
  self->running = TRUE;
  self->items_at_start = coffer_export_work_get_counts (self->work).n_items;
  coffer_vault_export_values_async (self->vault, self->table, coffer_export_work_run, self->work, NULL, self->stop, run_cb,
                                    g_object_ref (self));
}

static void
coffer_export_start (CofferTransfer *transfer)
{
  run (COFFER_EXPORT (transfer));
}

static void
coffer_export_stop (CofferTransfer *transfer)
{
  CofferExport *self = COFFER_EXPORT (transfer);

  g_clear_handle_id (&self->again_id, g_source_remove);
  coffer_export_work_stop (self->work);
  if (self->running)
    g_cancellable_cancel (self->stop);
  else
    end (self, FALSE, NULL);
}

static void
coffer_export_pause (CofferTransfer *transfer,
                     gboolean        paused)
{
  CofferExport *self = COFFER_EXPORT (transfer);

  self->paused = paused;
  self->busy_since = 0;        /* a pause tries nobody's patience */
  g_clear_handle_id (&self->again_id, g_source_remove);
  if (paused)
    g_cancellable_cancel (self->stop);
  else if (!self->running)
    run (self);
}

static void
coffer_export_look (CofferTransfer         *transfer,
                    CofferTransferProgress *progress)
{
  CofferExport *self = COFFER_EXPORT (transfer);
  CofferExportCounts counts = coffer_export_work_get_counts (self->work);

  if (self->running && counts.n_items > self->items_at_start)
    coffer_transfer_set_waits_for (transfer, NULL);
  progress->items = counts.n_items;
  progress->bytes = counts.n_bytes;
  progress->n_items = MAX (self->n_items, counts.n_items);
  progress->n_bytes = MAX (self->n_bytes, counts.n_bytes);
}

void
coffer_export_set_expected (CofferExport *self,
                            guint64       n_items,
                            guint64       n_bytes)
{
  g_return_if_fail (COFFER_IS_EXPORT (self));

  self->n_items = n_items;
  self->n_bytes = n_bytes;
}

GArray *
coffer_export_get_missing (CofferExport *self)
{
  return coffer_export_work_get_missing (self->work);
}

GPtrArray *
coffer_export_get_inexact (CofferExport *self,
                           guint64      *n)
{
  return coffer_export_work_get_inexact (self->work, n);
}

gboolean
coffer_export_hands_over (CofferExport *self)
{
  return self->hands_over;
}

gboolean
coffer_export_is_archive (CofferExport *self)
{
  return self->archive;
}

CofferVault *
coffer_export_get_vault (CofferExport *self)
{
  return self->vault;
}

GFile *
coffer_export_get_file (CofferExport *self)
{
  return self->file;
}

guint64
coffer_export_get_n_files (CofferExport *self)
{
  return coffer_export_work_get_counts (self->work).n_files;
}

static void
coffer_export_finalize (GObject *object)
{
  CofferExport *self = COFFER_EXPORT (object);

  g_clear_handle_id (&self->again_id, g_source_remove);
  g_clear_object (&self->stop);
  g_clear_object (&self->vault);
  g_clear_object (&self->file);
  g_clear_pointer (&self->work, coffer_export_work_free);
  g_free (self->table);

  G_OBJECT_CLASS (coffer_export_parent_class)->finalize (object);
}

static void
coffer_export_class_init (CofferExportClass *klass)
{
  CofferTransferClass *transfer_class = COFFER_TRANSFER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_export_finalize;
  transfer_class->start = coffer_export_start;
  transfer_class->stop = coffer_export_stop;
  transfer_class->pause = coffer_export_pause;
  transfer_class->look = coffer_export_look;
}

static void
coffer_export_init (CofferExport *self)
{
}

/* @work (transfer full), @title (transfer full) */
static CofferExport *
export_new (CofferVault      *vault,
            const char       *table,
            GFile            *file,
            CofferExportWork *work,
            char             *title)
{
  CofferExport *self = g_object_new (COFFER_TYPE_EXPORT, NULL);

  self->vault = g_object_ref (vault);
  self->table = g_strdup (table);
  self->file = g_object_ref (file);
  self->work = work;
  coffer_transfer_set_up (COFFER_TRANSFER (self), title, "document-save-symbolic", NULL);
  coffer_transfer_set_vault (COFFER_TRANSFER (self), vault);
  g_free (title);
  return self;
}

CofferExport *
coffer_export_new_keys (CofferVault               *vault,
                        GPtrArray                 *keys,
                        GFile                     *folder,
                        const CofferExportOptions *options)
{
  g_autofree char *number = g_strdup_printf ("%'u", keys->len);
  char *title = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Exporting %s key", "Exporting %s keys", keys->len), number);
  CofferExport *self = export_new (vault, coffer_vault_get_table (vault), folder,
                                   coffer_export_work_new (keys, NULL, g_file_peek_path (folder), NULL, FALSE, options), title);

  self->n_items = keys->len;
  return self;
}

CofferExport *
coffer_export_new_archive (CofferVault               *vault,
                           GPtrArray                 *keys,
                           GFile                     *file,
                           const CofferExportOptions *options)
{
  g_autoptr(GFile) parent = g_file_get_parent (file);
  g_autofree char *name = g_file_get_basename (file), *number = g_strdup_printf ("%'u", keys->len);
  char *title = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Exporting %s key", "Exporting %s keys", keys->len), number);
  CofferExport *self = export_new (vault, coffer_vault_get_table (vault), file,
                                   coffer_export_work_new (keys, NULL, g_file_peek_path (parent), name, TRUE, options), title);

  self->archive = TRUE;
  self->n_items = keys->len;
  return self;
}

gboolean
coffer_export_can_archive (const char *name)
{
  return coffer_export_archive_is_possible (name);
}

CofferExport *
coffer_export_new_prefix (CofferVault               *vault,
                          const char                *table,
                          GBytes                    *prefix,
                          GFile                     *folder,
                          const CofferExportOptions *options)
{
  gboolean all = prefix == NULL || g_bytes_get_size (prefix) == 0;
  g_autofree char *shown = all ? NULL : coffer_key_bytes_to_display (g_bytes_get_data (prefix, NULL), g_bytes_get_size (prefix), 40);
  char *title = all ? g_strdup (_("Exporting all keys")) : g_strdup_printf (_("Exporting “%s”"), shown);

  return export_new (vault, table, folder, coffer_export_work_new (NULL, prefix, g_file_peek_path (folder), NULL, FALSE, options),
                     title);
}

CofferExport *
coffer_export_new_file (CofferVault               *vault,
                        CofferKey                 *key,
                        GFile                     *file,
                        const CofferExportOptions *options)
{
  g_autoptr(GFile) parent = g_file_get_parent (file);
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *shown = coffer_key_to_display (key, 40);
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  CofferExport *self;

  g_ptr_array_add (keys, coffer_key_ref (key));
  self = export_new (vault, coffer_vault_get_table (vault), file,
                     coffer_export_work_new (keys, NULL, g_file_peek_path (parent), name, FALSE, options),
                     g_strdup_printf (_("Exporting “%s”"), shown));
  self->n_items = 1;
  return self;
}

CofferExport *
coffer_export_new_named (CofferVault *vault,
                         const char  *table,
                         GPtrArray   *keys,
                         GPtrArray   *names,
                         GFile       *folder)
{
  const CofferExportOptions options = { COFFER_EXPORT_SKIP, FALSE, FALSE };
  CofferExportWork *work = coffer_export_work_new (keys, NULL, g_file_peek_path (folder), NULL, FALSE, &options);
  g_autofree char *number = g_strdup_printf ("%'u", keys->len);
  CofferExport *self;

  coffer_export_work_set_names (work, names);
  self = export_new (vault, table, folder, work,
                     /* Translators: files that another program takes */
                     g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Handing over %s file", "Handing over %s files", keys->len), number));
  self->hands_over = TRUE;
  self->n_items = keys->len;
  return self;
}
