/* SPDX-License-Identifier: MIT */
/*
 * The question before a window closes in which something goes on: a job of storage, or transfers. It follows what goes on, and ends with it: the
 * window closes then, as somebody wanted, unless something is there to be seen. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-closing"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-export.h"
#include "coffer-preparation.h"
#include "coffer-storage-upkeep.h"
#include "coffer-take-back.h"
#include "coffer-undoing.h"

static CofferTransfers *
get_transfers (void)
{
  return coffer_application_get_transfers (COFFER_APPLICATION (g_application_get_default ()));
}

/* What goes on: the job is asked about first */

static gboolean
has_job (CofferWindow *self)
{
  return self->storage != NULL && coffer_storage_get_job (self->storage) != COFFER_STORAGE_IDLE;
}

/* (transfer none) (nullable) */
static CofferTransfer *
find_transfer (CofferWindow *self)
{
  return self->vault != NULL ? coffer_transfers_find (get_transfers (), self->vault) : NULL;
}

static gboolean
goes_on (CofferWindow *self)
{
  return has_job (self) || find_transfer (self) != NULL;
}

static gboolean
can_stop (CofferWindow *self)
{
  return !has_job (self) || coffer_storage_can_cancel (self->storage);
}

static const char *
describe_job (CofferStorage *storage)
{
  CofferStep step;

  coffer_storage_get_step (storage, &step);
  if (!coffer_storage_can_cancel (storage))
    return _("This step cannot be stopped any more. The window closes by itself when it is done.");
  if (coffer_storage_moves_log (storage) && (step.kind == COFFER_STEP_CHECK || step.kind == COFFER_STEP_COMPARE))
    return _("The vault is compacted already. If you stop now, only the comparison of the new pages with the old ones is left out.");
  switch (coffer_storage_get_job (storage))
    {
    case COFFER_STORAGE_CHECKPOINT:
      return _("If you stop now, what was moved into the main file stays there, and the rest is safe in the log.");
    case COFFER_STORAGE_COPY:
    case COFFER_STORAGE_SALVAGE:
      return _("If you stop now, no copy is left behind.");
    case COFFER_STORAGE_CHECK:
      return _("If you stop now, it is not known whether anything is damaged.");
    case COFFER_STORAGE_COMPACT:
    case COFFER_STORAGE_CONVERT:
    case COFFER_STORAGE_JOURNAL:
    case COFFER_STORAGE_OPTIMIZE:
    case COFFER_STORAGE_WIPE:
    case COFFER_STORAGE_IDLE:
    default:
      return _("If you stop now, the vault is whole and as it was; steps that are done stay done.");
    }
}

static gboolean
hands_over (CofferTransfer *transfer)
{
  return COFFER_IS_PREPARATION (transfer) || (COFFER_IS_EXPORT (transfer) && coffer_export_hands_over (COFFER_EXPORT (transfer)));
}

/* Returns: the heading */
static const char *
describe_transfer (CofferTransfer  *transfer,
                   const char     **body)
{
  if (coffer_window_is_moving (transfer))
    {
      *body = _("What has been copied and has not gone by now is in both vaults.");
      return _("Keys Are Still Being Moved");
    }
  if (hands_over (transfer))
    {
      *body = _("The other program gets none of them.");
      return _("Files Are Still Being Handed Over");
    }
  if (COFFER_IS_EXPORT (transfer))
    {
      *body = coffer_export_is_archive (COFFER_EXPORT (transfer)) ? _("No archive is written.") : _("The files that are whole by now stay.");
      return _("Keys Are Still Being Exported");
    }
  if (COFFER_IS_CHANGE (transfer) && coffer_change_get_renames (COFFER_CHANGE (transfer)) != NULL)
    {
      *body = _("What has been renamed by now keeps its new name.");
      return _("Keys Are Still Being Renamed");
    }
  if (COFFER_IS_CHANGE (transfer))
    {
      *body = _("It stays as it was.");
      return _("A Value Is Still Being Replaced");
    }
  if (COFFER_IS_UNDOING (transfer))
    {
      *body = _("What is not finished by now stays as it is.");
      return coffer_undoing_is_redo (COFFER_UNDOING (transfer)) ? _("A Step Is Still Being Done Again") : _("A Step Is Still Being Undone");
    }
  if (COFFER_IS_TAKE_BACK (transfer))
    {
      *body = _("What has not been taken back by now stays in the vault.");
      return _("Keys Are Still Being Taken Back");
    }
  *body = _("What has been added by now stays in the vault.");
  return _("Files Are Still Being Added");
}

/* Following it */

static void
close_cb (gpointer data)
{
  g_autoptr(CofferWindow) self = data;

  gtk_window_close (GTK_WINDOW (self));
}

/* What stopping would do is another thing in each step of a job, and when another transfer is the first. */
void
coffer_window_update_closing (CofferWindow *self)
{
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (self->closing);
  const char *heading, *body;

  if (dialog == NULL || !goes_on (self))
    return;
  if (has_job (self))
    {
      heading = _("The Vault Is Still Being Worked On");
      body = describe_job (self->storage);
    }
  else
    heading = describe_transfer (find_transfer (self), &body);
  if (g_strcmp0 (adw_message_dialog_get_heading (dialog), heading) != 0)
    adw_message_dialog_set_heading (dialog, heading);
  if (g_strcmp0 (adw_message_dialog_get_body (dialog), body) != 0)
    adw_message_dialog_set_body (dialog, body);
  adw_message_dialog_set_response_enabled (dialog, "stop", can_stop (self));
}

static void transfer_cb (CofferWindow *self, GParamSpec *pspec, CofferTransfer *transfer);

/* Those that come meanwhile, too. */
static void
transfers_cb (CofferWindow *self,
              guint         position,
              guint         n_removed,
              guint         n_added,
              GListModel   *transfers)
{
  for (guint i = position; i < position + n_added; i++)
    {
      g_autoptr(CofferTransfer) transfer = g_list_model_get_item (transfers, i);

      if (self->vault != NULL && coffer_transfer_concerns (transfer, self->vault))
        g_signal_connect_object (transfer, "notify::state", G_CALLBACK (transfer_cb), self, G_CONNECT_SWAPPED);
    }
}

static void
stop_following (CofferWindow *self)
{
  GListModel *transfers = G_LIST_MODEL (get_transfers ());

  self->closes_when_done = FALSE;
  g_signal_handlers_disconnect_by_func (transfers, transfers_cb, self);
  for (guint i = 0; i < g_list_model_get_n_items (transfers); i++)
    {
      g_autoptr(CofferTransfer) transfer = g_list_model_get_item (transfers, i);

      g_signal_handlers_disconnect_by_func (transfer, transfer_cb, self);
    }
}

static void
follow (CofferWindow *self)
{
  GListModel *transfers = G_LIST_MODEL (get_transfers ());

  stop_following (self);
  g_signal_connect_object (transfers, "items-changed", G_CALLBACK (transfers_cb), self, G_CONNECT_SWAPPED);
  transfers_cb (self, 0, 0, g_list_model_get_n_items (transfers), transfers);
}

/* Something else may keep it open. */
static void
close_soon (CofferWindow *self)
{
  stop_following (self);
  g_idle_add_once (close_cb, g_object_ref (self));
}

/* It was not answered. */
static void
drop_question (CofferWindow *self)
{
  GtkWidget *dialog = self->closing;

  g_clear_weak_pointer (&self->closing);
  if (dialog != NULL)
    gtk_window_destroy (GTK_WINDOW (dialog));
}

/* One of what goes on is over; @well: nobody needs to see how. */
static void
note_end (CofferWindow *self,
          gboolean      well)
{
  if (self->closing == NULL && !self->closes_when_done)
    return;
  if (well && goes_on (self))
    {
      coffer_window_update_closing (self);
      return;
    }
  drop_question (self);
  if (well)
    close_soon (self);
  else
    stop_following (self);
}

/* What was found, or could not be saved, is there to be seen, as a failure is. */
static gboolean
job_went_well (CofferStorage    *storage,
               CofferStorageJob  job)
{
  const CofferInspection *check;
  const CofferSalvage *salvage;
  const char *problem = NULL;
  CofferStorageJob failed;
  GDateTime *when;
  GFile *target;

  if (coffer_storage_get_job_error (storage, &failed) != NULL)
    return FALSE;
  switch (job)
    {
    case COFFER_STORAGE_CHECK:
      check = coffer_storage_get_check (storage, &when);
      return check == NULL || check->n_found == 0;
    case COFFER_STORAGE_SALVAGE:
      salvage = coffer_storage_get_salvage (storage, &target);
      return salvage == NULL || salvage->lost == 0;
    case COFFER_STORAGE_COPY:
      coffer_storage_get_copied (storage, &problem);
      break;
    case COFFER_STORAGE_CONVERT:
      coffer_storage_get_converted (storage, &problem);
      break;
    case COFFER_STORAGE_CHECKPOINT:
    case COFFER_STORAGE_COMPACT:
    case COFFER_STORAGE_JOURNAL:
    case COFFER_STORAGE_OPTIMIZE:
    case COFFER_STORAGE_WIPE:
    case COFFER_STORAGE_IDLE:
    default:
      break;
    }
  return problem == NULL;
}

gboolean
coffer_window_job_ended (CofferWindow     *self,
                         CofferStorageJob  job)
{
  gboolean stopped = self->stops_job, well = job_went_well (self->storage, job);

  if (self->closing == NULL && !self->closes_when_done && !stopped)
    return FALSE;
  self->stops_job = FALSE;
  if (stopped)   /* and asks about transfers, if there are any */
    g_idle_add_once (close_cb, g_object_ref (self));
  else
    note_end (self, well);
  return stopped || well;
}

/* What is told of it needs no look; what a program is handed over is its own. */
static gboolean
went_well (CofferTransfer *transfer)
{
  guint64 n_inexact = 0;

  if (hands_over (transfer))
    return TRUE;
  if (coffer_transfer_get_state (transfer) != COFFER_TRANSFER_DONE || coffer_transfer_get_skips (transfer)->len > 0)
    return FALSE;
  if (COFFER_IS_EXPORT (transfer))
    coffer_export_get_inexact (COFFER_EXPORT (transfer), &n_inexact);
  return n_inexact == 0 &&
         (!COFFER_IS_TAKE_BACK (transfer) || coffer_additions_count_undoable (coffer_take_back_get_additions (COFFER_TAKE_BACK (transfer))) == 0);
}

static void
transfer_cb (CofferWindow   *self,
             GParamSpec     *pspec,
             CofferTransfer *transfer)
{
  if (coffer_transfer_is_active (transfer))
    return;
  g_signal_handlers_disconnect_by_func (transfer, transfer_cb, self);
  if (coffer_transfer_concerns (transfer, self->vault))
    note_end (self, went_well (transfer));
}

/* Answers */

static void stopped_cb (CofferWindow *self, GParamSpec *pspec, CofferTransfer *transfer);

/* Of an export for another program nobody else here hears the end. It may come at once. */
static void
stop (CofferWindow   *self,
      CofferTransfer *transfer)
{
  self->closes = TRUE;
  g_signal_connect_object (transfer, "notify::state", G_CALLBACK (stopped_cb), self, G_CONNECT_SWAPPED);
  coffer_transfer_cancel (transfer);
}

/* The next one, too: that was asked. */
static void
close_stopped_cb (gpointer data)
{
  g_autoptr(CofferWindow) self = data;
  CofferTransfer *next = find_transfer (self);

  if (next != NULL)
    {
      stop (self, next);
      return;
    }
  self->closes = FALSE;   /* it may be kept open by something else */
  gtk_window_close (GTK_WINDOW (self));
}

static void
stopped_cb (CofferWindow   *self,
            GParamSpec     *pspec,
            CofferTransfer *transfer)
{
  if (coffer_transfer_is_active (transfer))
    return;
  g_signal_handlers_disconnect_by_func (transfer, stopped_cb, self);
  if (coffer_transfer_concerns (transfer, self->vault))
    g_idle_add_once (close_stopped_cb, g_object_ref (self));
  else
    self->closes = FALSE;   /* it shows another one by now */
}

/* What pauses would never be done. */
static void
let_go_on (CofferWindow *self)
{
  GListModel *transfers = G_LIST_MODEL (get_transfers ());

  self->closes_when_done = TRUE;
  for (guint i = 0; i < g_list_model_get_n_items (transfers); i++)
    {
      g_autoptr(CofferTransfer) transfer = g_list_model_get_item (transfers, i);

      if (self->vault != NULL && coffer_transfer_concerns (transfer, self->vault))
        coffer_transfer_set_paused (transfer, FALSE);
    }
}

static void
response_cb (CofferWindow *self,
             const char   *response)
{
  gboolean stops = g_str_equal (response, "stop");

  g_clear_weak_pointer (&self->closing);
  if (g_str_equal (response, "cancel") || (self->vault == NULL && self->damaged == NULL))
    stop_following (self);
  else if (!goes_on (self))
    close_soon (self);   /* ended meanwhile */
  else if (!stops)
    let_go_on (self);
  else if (has_job (self))
    {
      stop_following (self);
      self->stops_job = TRUE;
      coffer_storage_cancel (self->storage);
    }
  else
    {
      stop_following (self);
      stop (self, find_transfer (self));
    }
}

gboolean
coffer_window_keeps_work (CofferWindow *self)
{
  AdwMessageDialog *dialog;

  if (!goes_on (self))
    return FALSE;
  if (self->closes || ((self->stops_job || self->closes_when_done) && !can_stop (self)))
    return TRUE;   /* asked and answered; the status bar shows what it waits for */
  if (self->closing != NULL)
    {
      gtk_window_present (GTK_WINDOW (self->closing));
      return TRUE;
    }
  self->stops_job = FALSE;
  /* The last one is on top in a narrow window, and has the focus there: it does no harm. */
  dialog = coffer_window_ask (self, "", "", "stop", _("_Stop and Close"), ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (response_cb));
  adw_message_dialog_add_response (dialog, "wait", _("Close _When Done"));
  g_set_weak_pointer (&self->closing, GTK_WIDGET (dialog));
  coffer_window_update_closing (self);
  follow (self);
  gtk_window_present (GTK_WINDOW (dialog));
  return TRUE;
}

void
coffer_window_forget_closing (CofferWindow *self)
{
  drop_question (self);
  stop_following (self);
  self->stops_job = FALSE;
}
