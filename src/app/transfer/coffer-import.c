/* SPDX-License-Identifier: MIT */
/*
 * An import as a transfer: the vault stores some files at a time, and between two of these times it may pause, be cancelled, or ask.
 * Main thread.
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-import.h"

#include <coffer-error.h>

#include <glib/gi18n-lib.h>

#define PATIENCE_US G_USEC_PER_SEC      /* before it tells that it waits */
#define BUSY_US (30 * G_USEC_PER_SEC)   /* that another program may keep us waiting */

/* How long it takes, until an import has shown better: reading and writing, and what comes with each file. */
#define GUESSED_RATE 200e6        /* bytes a second */
#define GUESSED_FILE_US 150.0

static double longer = 1;         /* than guessed, the last time that took long enough to tell */

struct _CofferImport {
  CofferTransfer parent_instance;

  CofferVault *vault;
  CofferAdditions *additions;
  GCancellable *stop;          /* of the turn under way */
  gboolean running;            /* a turn is under way */
  gboolean verifying;          /* and reads back */
  gboolean paused;
  gboolean idled;              /* a person kept it waiting */
  gint64 run_since;            /* the turn under way */
  gint64 busy_since;           /* another program has kept us waiting; 0: none does */
  guint next_at_start;         /* of the turn */
};

G_DEFINE_FINAL_TYPE (CofferImport, coffer_import, COFFER_TYPE_TRANSFER)

static guint conflict_signal;

static void run    (CofferImport *self);
static void verify (CofferImport *self);

static char *
describe_source (const CofferAddition *addition)
{
  g_autofree char *path = addition->path != NULL ? g_build_filename (addition->root, addition->path, NULL) : g_strdup (addition->root);

  return g_filename_display_name (path);
}

/* @error (transfer full) (nullable) */
static void
end (CofferImport *self,
     GError       *error)
{
  guint n_files = coffer_additions_get_n (self->additions);

  for (guint i = 0, n_left = coffer_additions_count (self->additions, COFFER_ADDITION_FAILED); n_left > 0; i++)
    {
      const CofferAddition *addition = coffer_additions_get (self->additions, i);

      n_left -= addition->state == COFFER_ADDITION_FAILED;
      if (addition->state == COFFER_ADDITION_FAILED)
        coffer_transfer_add_skip (COFFER_TRANSFER (self), describe_source (addition), g_strdup (addition->problem));
    }
  coffer_transfer_end (COFFER_TRANSFER (self), coffer_additions_get_next (self->additions) == n_files, error);
}

static double
guess_seconds (guint    n_files,
               guint64  n_bytes,
               gboolean verifies)
{
  return (n_bytes / GUESSED_RATE + n_files * GUESSED_FILE_US / G_USEC_PER_SEC) * (verifies ? 1.5 : 1);
}

double
coffer_import_estimate (guint    n_files,
                        guint64  n_bytes,
                        gboolean verifies)
{
  return guess_seconds (n_files, n_bytes, verifies) * longer;
}

/* Another disk is slower, or this one is busy. */
static void
learn (CofferImport *self)
{
  CofferTransferProgress progress = coffer_transfer_get_progress (COFFER_TRANSFER (self));
  gboolean verifies = coffer_additions_get_verifies (self->additions);
  double guess = guess_seconds (progress.items, verifies ? progress.bytes / 2 : progress.bytes, verifies);
  gint64 seconds = coffer_transfer_get_seconds (COFFER_TRANSFER (self));

  if (!self->idled && seconds >= 2 && guess > 0)
    longer = CLAMP (seconds / guess, 0.1, 50);
}

/* Conflicts the vault knew of when it was asked; more or fewer may come. */
static guint
count_conflicts_after (CofferImport *self,
                       guint         position)
{
  guint n = 0;

  for (guint i = position + 1; i < coffer_additions_get_n (self->additions); i++)
    {
      const CofferAddition *addition = coffer_additions_get (self->additions, i);

      n += (addition->found_size != G_MAXUINT64 && !addition->identical) || addition->twice;
    }
  return n;
}

static gboolean
is_to_verify (CofferImport *self)
{
  return coffer_additions_get_verifies (self->additions) && !coffer_additions_is_verified (self->additions);
}

/* Goes on, or comes to an end, between two turns. */
static void
go_on (CofferImport *self)
{
  guint next = coffer_additions_get_next (self->additions);

  gboolean stored = next == coffer_additions_get_n (self->additions);

  if (stored && !is_to_verify (self))
    learn (self);
  if (coffer_transfer_is_cancelled (COFFER_TRANSFER (self)) || (stored && !is_to_verify (self)))
    end (self, NULL);
  else if (stored && !self->paused)
    verify (self);
  else if (coffer_additions_asks (self->additions))
    {
      self->idled = TRUE;
      g_signal_emit (self, conflict_signal, 0, next, count_conflicts_after (self, next));
    }
  else if (!self->paused)
    run (self);
}

/* Whether it may go on nevertheless. */
static gboolean
is_patient_with (CofferImport *self,
                 const GError *error)
{
  gint64 now = g_get_monotonic_time ();

  if (!coffer_error_is_busy (error))
    return FALSE;
  if (self->busy_since == 0 || coffer_additions_get_next (self->additions) > self->next_at_start)
    self->busy_since = now;
  return now - self->busy_since < BUSY_US;
}

static void
added_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(CofferImport) self = data;
  GError *error = NULL;

  self->running = FALSE;
  if (coffer_vault_add_finish (COFFER_VAULT (source), result, &error))
    self->busy_since = 0;
  else if (g_cancellable_is_cancelled (self->stop) ? g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || coffer_error_is_busy (error)
                                                   : is_patient_with (self, error))
    g_clear_error (&error);
  if (error != NULL)
    end (self, error);
  else
    go_on (self);
}

static void
run (CofferImport *self)
{
  g_clear_object (&self->stop);
  self->stop = g_cancellable_new ();
  self->running = TRUE;
  self->run_since = g_get_monotonic_time ();
  self->next_at_start = coffer_additions_get_next (self->additions);
  coffer_vault_add_async (self->vault, self->additions, self->stop, added_cb, g_object_ref (self));
}

static void
verified_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(CofferImport) self = data;
  gboolean stopped = g_cancellable_is_cancelled (self->stop);
  GError *error = NULL;

  self->running = self->verifying = FALSE;
  if (!coffer_vault_verify_additions_finish (COFFER_VAULT (source), result, &error) && (stopped || is_patient_with (self, error)))
    g_clear_error (&error);
  if (error != NULL)
    end (self, error);
  else
    go_on (self);
}

/* Some of what was stored. */
static void
verify (CofferImport *self)
{
  g_clear_object (&self->stop);
  self->stop = g_cancellable_new ();
  self->running = self->verifying = TRUE;
  coffer_transfer_set_waits_for (COFFER_TRANSFER (self), _("Reading back what was stored"));
  coffer_vault_verify_additions_async (self->vault, self->additions, self->stop, verified_cb, g_object_ref (self));
}

static void
coffer_import_start (CofferTransfer *transfer)
{
  go_on (COFFER_IMPORT (transfer));
}

static void
coffer_import_stop (CofferTransfer *transfer)
{
  CofferImport *self = COFFER_IMPORT (transfer);

  if (self->running)
    g_cancellable_cancel (self->stop);
  else
    go_on (self);
}

static void
coffer_import_pause (CofferTransfer *transfer,
                     gboolean        paused)
{
  CofferImport *self = COFFER_IMPORT (transfer);

  self->paused = paused;
  self->busy_since = 0;        /* a pause tries nobody's patience */
  self->idled = TRUE;
  if (paused)
    g_cancellable_cancel (self->stop);
  else if (!self->running)
    go_on (self);
}

/* Whether another program keeps us waiting, for long enough to tell. */
static void
tell_waiting (CofferImport *self)
{
  gboolean waits = self->running && !coffer_additions_has_begun (self->additions) &&
                   (self->busy_since != 0 || g_get_monotonic_time () - self->run_since > PATIENCE_US);

  coffer_transfer_set_waits_for (COFFER_TRANSFER (self), waits ? _("Waiting for another program that writes to the vault") : NULL);
}

static void
coffer_import_look (CofferTransfer         *transfer,
                    CofferTransferProgress *progress)
{
  CofferImport *self = COFFER_IMPORT (transfer);
  guint n_files;

  if (!self->verifying)
    tell_waiting (self);
  coffer_additions_get_progress (self->additions, &n_files, &progress->bytes);
  progress->items = n_files;
  progress->n_items = coffer_additions_get_n (self->additions);
  progress->n_bytes = MAX (coffer_additions_get_size (self->additions), progress->bytes);
}

void
coffer_import_answer (CofferImport   *self,
                      CofferConflict  conflict,
                      gboolean        for_all)
{
  g_return_if_fail (COFFER_IS_IMPORT (self));

  if (!coffer_additions_asks (self->additions))
    return;
  if (for_all && coffer_additions_asks_to_lose (self->additions) && conflict == COFFER_CONFLICT_REPLACE)
    coffer_additions_set_loses (self->additions);
  coffer_additions_answer (self->additions, conflict);
  if (for_all)
    coffer_additions_set_conflict (self->additions, conflict);
  go_on (self);
}

CofferVault *
coffer_import_get_vault (CofferImport *self)
{
  return self->vault;
}

CofferAdditions *
coffer_import_get_additions (CofferImport *self)
{
  return self->additions;
}

guint
coffer_import_get_n_added (CofferImport *self)
{
  return coffer_additions_count (self->additions, COFFER_ADDITION_ADDED) + coffer_additions_count_over (self->additions);
}

guint
coffer_import_get_n_replaced (CofferImport *self)
{
  return coffer_additions_count (self->additions, COFFER_ADDITION_REPLACED) - coffer_additions_count_over (self->additions);
}

guint
coffer_import_get_n_identical (CofferImport *self)
{
  return coffer_additions_count (self->additions, COFFER_ADDITION_IDENTICAL);
}

static void
coffer_import_finalize (GObject *object)
{
  CofferImport *self = COFFER_IMPORT (object);

  g_clear_object (&self->stop);
  g_clear_object (&self->vault);
  g_clear_pointer (&self->additions, coffer_additions_unref);

  G_OBJECT_CLASS (coffer_import_parent_class)->finalize (object);
}

static void
coffer_import_class_init (CofferImportClass *klass)
{
  CofferTransferClass *transfer_class = COFFER_TRANSFER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_import_finalize;
  transfer_class->start = coffer_import_start;
  transfer_class->stop = coffer_import_stop;
  transfer_class->pause = coffer_import_pause;
  transfer_class->look = coffer_import_look;

  conflict_signal = g_signal_new ("conflict", COFFER_TYPE_IMPORT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                  G_TYPE_UINT, G_TYPE_UINT);
}

static void
coffer_import_init (CofferImport *self)
{
}

CofferImport *
coffer_import_new (CofferVault     *vault,
                   CofferAdditions *additions,
                   CofferConflict   conflict)
{
  CofferImport *self = g_object_new (COFFER_TYPE_IMPORT, NULL);
  guint n_files = coffer_additions_get_n (additions);
  g_autofree char *number = g_strdup_printf ("%'u", n_files);
  g_autofree char *title = coffer_additions_are_values (additions)
                           ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Copying %s key", "Copying %s keys", n_files), number)
                           : g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Adding %s file", "Adding %s files", n_files), number);

  self->vault = g_object_ref (vault);
  self->additions = coffer_additions_ref (additions);
  coffer_additions_set_conflict (additions, conflict);
  coffer_transfer_set_up (COFFER_TRANSFER (self), title, "list-add-symbolic", vault);
  return self;
}
