/* SPDX-License-Identifier: MIT */
/* Starting, pausing and stopping a transfer that goes in runs, and its patience with other programs. Main thread. */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-run.h"

#include <coffer-error.h>

#define BUSY_US (30 * G_USEC_PER_SEC)   /* that another program may keep us waiting */

typedef struct {
  GCancellable *stop;          /* of the run under way, or the last one */
  gboolean running, paused;
  gint64 busy_since;           /* another program has kept us waiting; 0: none does */
} CofferRunPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (CofferRun, coffer_run, COFFER_TYPE_TRANSFER)

static CofferRunPrivate *
get_private (CofferRun *self)
{
  return coffer_run_get_instance_private (self);
}

static void
run (CofferRun *self)
{
  CofferRunPrivate *private = get_private (self);

  g_clear_object (&private->stop);
  private->stop = g_cancellable_new ();
  private->running = TRUE;
  COFFER_RUN_GET_CLASS (self)->run (self, private->stop);
}

/* Whether it may go on nevertheless. */
static gboolean
is_patient_with (CofferRun    *self,
                 const GError *error,
                 gboolean      moved)
{
  CofferRunPrivate *private = get_private (self);
  gint64 now = g_get_monotonic_time ();

  if (error == NULL || !coffer_error_is_busy (error))
    return FALSE;
  if (private->busy_since == 0 || moved)
    private->busy_since = now;
  return now - private->busy_since < BUSY_US;
}

gboolean
coffer_run_goes_on (CofferRun  *self,
                    gboolean    done,
                    gboolean    moved,
                    GError    **error)
{
  CofferRunPrivate *private = get_private (self);

  private->running = FALSE;
  if (done || coffer_transfer_is_cancelled (COFFER_TRANSFER (self)) ||
      (!coffer_run_was_stopped (self) && !is_patient_with (self, *error, moved)))
    return FALSE;
  g_clear_error (error);
  if (!private->paused)
    run (self);
  return TRUE;
}

gboolean
coffer_run_was_stopped (CofferRun *self)
{
  return g_cancellable_is_cancelled (get_private (self)->stop);
}

gboolean
coffer_run_is_running (CofferRun *self)
{
  return get_private (self)->running;
}

gboolean
coffer_run_is_kept_waiting (CofferRun *self)
{
  return get_private (self)->running && get_private (self)->busy_since != 0;
}

void
coffer_run_note_moved (CofferRun *self)
{
  get_private (self)->busy_since = 0;
}

static void
coffer_run_start (CofferTransfer *transfer)
{
  run (COFFER_RUN (transfer));
}

static void
coffer_run_stop (CofferTransfer *transfer)
{
  CofferRunPrivate *private = get_private (COFFER_RUN (transfer));

  if (private->running)
    g_cancellable_cancel (private->stop);
  else
    coffer_transfer_end (transfer, FALSE, NULL);
}

static void
coffer_run_pause (CofferTransfer *transfer,
                  gboolean        paused)
{
  CofferRunPrivate *private = get_private (COFFER_RUN (transfer));

  private->paused = paused;
  private->busy_since = 0;
  if (paused)
    g_cancellable_cancel (private->stop);
  else if (!private->running)
    run (COFFER_RUN (transfer));
}

static void
coffer_run_finalize (GObject *object)
{
  g_clear_object (&get_private (COFFER_RUN (object))->stop);

  G_OBJECT_CLASS (coffer_run_parent_class)->finalize (object);
}

static void
coffer_run_class_init (CofferRunClass *klass)
{
  CofferTransferClass *transfer_class = COFFER_TRANSFER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_run_finalize;
  transfer_class->start = coffer_run_start;
  transfer_class->stop = coffer_run_stop;
  transfer_class->pause = coffer_run_pause;
}

static void
coffer_run_init (CofferRun *self)
{
}
