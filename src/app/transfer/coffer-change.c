/* SPDX-License-Identifier: MIT */
/* Replacing a value and renaming keys, as a transfer, of which each run renames what is left. Main thread. */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-change.h"

#include <coffer-error.h>

#include <glib/gi18n-lib.h>

struct _CofferChange {
  CofferRun parent_instance;

  CofferVault *vault;
  char *table;                 /* a value is replaced: of this, */
  CofferKey *key;
  GFile *file;
  char *expected;              /* or NULL */
  char *checksum;              /* NULL: it was not replaced */
  CofferRenames *renames;      /* keys are renamed: these, */
  guint n;                     /* so many, of which some may be forgotten once it ended; or one value */
  guint64 n_bytes;
  CofferProgress *progress;    /* of the run under way */
  double fraction;
  double fraction_at_start;    /* of the run */
};

G_DEFINE_FINAL_TYPE (CofferChange, coffer_change, COFFER_TYPE_RUN)

static gboolean
finish (CofferChange  *self,
        GAsyncResult  *result,
        GError       **error)
{
  g_autoptr(CofferKey) key = NULL;
  g_autofree char *content = NULL;

  if (self->renames != NULL)
    return coffer_vault_rename_keys_finish (self->vault, result, error);
  g_clear_pointer (&self->checksum, g_free);
  key = coffer_vault_replace_finish (self->vault, result, &self->checksum, &content, error);
  return key != NULL;
}

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(CofferChange) self = data;
  gboolean cancelled = coffer_transfer_is_cancelled (COFFER_TRANSFER (self));
  GError *error = NULL;
  gboolean done = finish (self, result, &error), moved = self->renames != NULL && self->fraction > self->fraction_at_start;

  coffer_progress_stop (self->progress);
  g_clear_pointer (&self->progress, coffer_progress_unref);
  if (coffer_run_goes_on (COFFER_RUN (self), done, moved, &error))
    return;
  if (cancelled && !done && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error)))
    g_clear_error (&error);
  if (done)
    self->fraction = 1;
  coffer_transfer_end (COFFER_TRANSFER (self), done, error);
}

static void
progress_cb (gpointer latest,
             gpointer data)
{
  CofferChange *self = data;
  g_autofree double *fraction = latest;

  self->fraction = *fraction;
}

static void
coffer_change_run (CofferRun    *run,
                   GCancellable *stop)
{
  CofferChange *self = COFFER_CHANGE (run);

  self->progress = coffer_progress_new (progress_cb, self, g_free);
  self->fraction_at_start = self->fraction;
  if (self->renames != NULL)
    coffer_vault_rename_keys_async (self->vault, self->renames, FALSE, self->progress, stop, done_cb, g_object_ref (self));
  else
    coffer_vault_replace_async (self->vault, self->table, self->key, self->file, NULL, self->expected, self->progress, stop, done_cb,
                                g_object_ref (self));
}

/* One large value goes under its other name in one piece, and only a run that failed tells that it was kept waiting. */
static void
coffer_change_look (CofferTransfer         *transfer,
                    CofferTransferProgress *progress)
{
  CofferChange *self = COFFER_CHANGE (transfer);
  guint n = self->n;

  if (self->fraction > self->fraction_at_start)
    coffer_run_note_moved (COFFER_RUN (self));
  coffer_transfer_set_waits_for (transfer, coffer_run_is_kept_waiting (COFFER_RUN (self))
                                             ? _("Waiting for another program that writes to the vault") : NULL);
  progress->items = (guint64) (self->fraction * n + 0.5);
  progress->n_items = n;
  progress->bytes = (guint64) (self->fraction * self->n_bytes);
  progress->n_bytes = self->n_bytes;
}

CofferVault *
coffer_change_get_vault (CofferChange *self)
{
  return self->vault;
}

CofferRenames *
coffer_change_get_renames (CofferChange *self)
{
  return self->renames;
}

const char *
coffer_change_get_checksum (CofferChange *self)
{
  return self->checksum;
}

static void
coffer_change_finalize (GObject *object)
{
  CofferChange *self = COFFER_CHANGE (object);

  g_clear_object (&self->vault);
  g_clear_object (&self->file);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_clear_pointer (&self->renames, coffer_renames_unref);
  g_free (self->table);
  g_free (self->expected);
  g_free (self->checksum);

  G_OBJECT_CLASS (coffer_change_parent_class)->finalize (object);
}

static void
coffer_change_class_init (CofferChangeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_change_finalize;
  COFFER_TRANSFER_CLASS (klass)->look = coffer_change_look;
  COFFER_RUN_CLASS (klass)->run = coffer_change_run;
}

static void
coffer_change_init (CofferChange *self)
{
}

static CofferChange *
new_of (CofferVault *vault,
        guint64      n_bytes)
{
  CofferChange *self = g_object_new (COFFER_TYPE_CHANGE, NULL);

  self->vault = g_object_ref (vault);
  self->n_bytes = n_bytes;
  self->n = 1;
  return self;
}

CofferChange *
coffer_change_new_value (CofferVault *vault,
                         const char  *table,
                         CofferKey   *key,
                         GFile       *file,
                         const char  *expected,
                         guint64      n_bytes)
{
  CofferChange *self = new_of (vault, n_bytes);
  g_autofree char *shown = coffer_key_to_display (key, 40);
  g_autofree char *title = g_strdup_printf (_("Replacing “%s”"), shown);

  self->table = g_strdup (table);
  self->key = coffer_key_ref (key);
  self->file = g_object_ref (file);
  self->expected = g_strdup (expected);
  coffer_transfer_set_up (COFFER_TRANSFER (self), title, "document-edit-symbolic", vault);
  coffer_transfer_set_can_pause (COFFER_TRANSFER (self), FALSE);
  return self;
}

CofferChange *
coffer_change_new_renames (CofferVault   *vault,
                           CofferRenames *renames,
                           guint64        n_bytes)
{
  CofferChange *self = new_of (vault, n_bytes);
  guint n = coffer_renames_get_n (renames);
  g_autofree char *number = g_strdup_printf ("%'u", n);
  g_autofree char *title = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Renaming %s key", "Renaming %s keys", n), number);

  self->renames = coffer_renames_ref (renames);
  self->n = n;
  coffer_transfer_set_up (COFFER_TRANSFER (self), title, "document-edit-symbolic", vault);
  coffer_transfer_set_can_pause (COFFER_TRANSFER (self), n > 1);   /* one goes in one piece */
  return self;
}
