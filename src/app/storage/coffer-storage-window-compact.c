/* SPDX-License-Identifier: MIT */
/* Compacting in the window "Storage": what it would do, how far it is, what it did; and the copy, which is work of the same kind. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <coffer-deletion.h>
#include <coffer-error.h>
#include <glib/gi18n-lib.h>

/* "About 6 min". (transfer full) */
static char *
format_seconds (double seconds)
{
  guint n = (guint) (seconds + .5);

  if (n < 1)
    return g_strdup (_("1 s"));
  if (n < 60)
    return g_strdup_printf (_("%u s"), n);
  if (n < 3600)
    return g_strdup_printf (_("%u min %u s"), n / 60, n % 60);
  return g_strdup_printf (_("%u h %u min"), n / 3600, n / 60 % 60);
}

/* ---- the plan ---- */

static const char *
get_way_title (CofferCompactWay way)
{
  switch (way)
    {
    case COFFER_COMPACT_STEPS:
      return _("Give free pages back in steps");
    case COFFER_COMPACT_IN_PLACE:
      return _("Rewrite the file in place");
    case COFFER_COMPACT_SWAP:
    case COFFER_COMPACT_AUTO:
    default:
      return _("Into a new file that takes its place");
    }
}

static const char *
get_way_subtitle (CofferCompactWay way)
{
  switch (way)
    {
    case COFFER_COMPACT_STEPS:
      return _("Others may go on; what is done when you cancel stays done");
    case COFFER_COMPACT_IN_PLACE:
      return _("Others cannot write meanwhile, and its second half can be neither watched nor stopped");
    case COFFER_COMPACT_SWAP:
    case COFFER_COMPACT_AUTO:
    default:
      return _("The quickest; it is compared with the old one first, and can be cancelled at any time");
    }
}

/* Why the recommendation is not the quickest way: who has the file open comes before the engine's reason. (transfer full) (nullable) */
static char *
describe_obstacle (const CofferCompactPlan *plan)
{
  if (plan->n_others > 0 && plan->program != NULL)
    return g_strdup_printf (_("%s (process %d) has the vault open. Close it there for the quickest way."), plan->program, plan->pid);
  if (plan->n_others > 0)
    return g_strdup (_("Another program has the vault open. Close it there for the quickest way."));
  return g_strdup (plan->reason);
}

static void
update_way (CofferStorageWindow     *self,
            const CofferCompactPlan *plan)
{
  g_autofree char *obstacle = plan->way != COFFER_COMPACT_SWAP || !plan->possible ? describe_obstacle (plan) : NULL;
  const char *text = obstacle != NULL ? obstacle : get_way_subtitle (plan->way);
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->way_row), get_way_title (plan->way));
  adw_action_row_set_subtitle (self->way_row, escaped);
}

static void
update_numbers (CofferStorageWindow     *self,
                const CofferCompactPlan *plan)
{
  const CofferSpace *space = coffer_storage_get_space (self->storage);
  g_autofree char *freed = g_format_size (plan->freed);
  g_autofree char *all = g_format_size (space != NULL ? space->main_size + space->wal_size : 0);
  g_autofree char *needed = g_format_size (plan->disk_needed);
  g_autofree char *room = g_format_size (plan->disk_free);
  g_autofree char *memory = g_format_size (plan->memory_needed);
  g_autofree char *seconds = format_seconds ((double) plan->duration_ms / 1000);
  /* Translators: bytes that come back, of all bytes */
  g_autofree char *frees = g_strdup_printf (_("%s of %s"), freed, all);
  g_autofree char *disk = g_strdup_printf (_("%s, %s free"), needed, room);
  g_autofree char *about = g_strdup_printf (_("About %s"), memory);
  g_autofree char *time = g_strdup_printf (_("About %s"), seconds);

  gtk_label_set_text (self->frees, plan->freed > 0 ? frees : _("Nothing"));
  gtk_label_set_text (self->disk, disk);
  gtk_label_set_text (self->memory, about);
  gtk_label_set_text (self->time, time);
}

static void
update_plan (CofferStorageWindow *self)
{
  const CofferCompactPlan *plan = coffer_storage_get_plan (self->storage);
  gboolean shown = plan != NULL && coffer_storage_get_job (self->storage) != COFFER_STORAGE_COMPACT;
  gboolean any = shown && plan->freed > 0;

  gtk_widget_set_visible (GTK_WIDGET (self->frees_row), shown);
  gtk_widget_set_visible (GTK_WIDGET (self->disk_row), any);
  gtk_widget_set_visible (GTK_WIDGET (self->memory_row), any);
  gtk_widget_set_visible (GTK_WIDGET (self->time_row), any);
  gtk_widget_set_visible (GTK_WIDGET (self->way_row), any);
  if (!shown)
    return;
  update_numbers (self, plan);
  update_way (self, plan);
}

/* ---- what is under way ---- */

/* "3 min 28 s left", or nothing. (transfer full) (nullable) */
static char *
format_rate (const CofferStep *step,
             guint64           rate)
{
  g_autofree char *speed = g_format_size (rate);
  g_autofree char *left = NULL;

  if (rate == 0 || step->bytes_total == G_MAXUINT64)
    return NULL;
  left = format_seconds ((double) (step->bytes_total - MIN (step->bytes, step->bytes_total)) / (double) rate);
  /* Translators: bytes a second, and a time */
  return g_strdup_printf (_("%s/s, about %s left"), speed, left);
}

static const char *
get_job_title (CofferStorageJob job)
{
  switch (job)
    {
    case COFFER_STORAGE_COMPACT:
      return _("Compacting");
    case COFFER_STORAGE_COPY:
      return _("Copying and comparing");
    case COFFER_STORAGE_CHECK:
      return _("Looking for damage");
    case COFFER_STORAGE_JOURNAL:
      return _("Changing the journal");
    case COFFER_STORAGE_OPTIMIZE:
      return _("Optimizing");
    case COFFER_STORAGE_WIPE:
      return _("Wiping free space");
    case COFFER_STORAGE_SALVAGE:
      return _("Saving what can be read");
    case COFFER_STORAGE_CHECKPOINT:
    case COFFER_STORAGE_IDLE:
    default:
      return _("Moving the log into the main file");
    }
}

static const char *
get_failure_title (CofferStorageJob job)
{
  switch (job)
    {
    case COFFER_STORAGE_COMPACT:
      return _("Not compacted");
    case COFFER_STORAGE_COPY:
      return _("Not copied");
    case COFFER_STORAGE_CHECK:
      return _("Not checked");
    case COFFER_STORAGE_OPTIMIZE:
      return _("Not optimized");
    case COFFER_STORAGE_SALVAGE:
      return _("Nothing was saved");
    case COFFER_STORAGE_JOURNAL:   /* told in their own sections */
    case COFFER_STORAGE_WIPE:
    case COFFER_STORAGE_CHECKPOINT:
    case COFFER_STORAGE_IDLE:
    default:
      return _("Log not moved");
    }
}

static void
update_progress (CofferStorageWindow *self,
                 CofferStorageJob     job)
{
  CofferStep step;
  guint64 rate = coffer_storage_get_step (self->storage, &step);
  gboolean known = step.bytes_total != G_MAXUINT64 && step.bytes_total > 0;
  double fraction = known ? MIN (1.0, (double) step.bytes / (double) step.bytes_total) : 0;
  g_autofree char *bytes = g_format_size (step.bytes);
  g_autofree char *total = g_format_size (known ? step.bytes_total : 0);
  g_autofree char *percent = g_strdup_printf ("%d %%", (int) (fraction * 100));
  g_autofree char *so_far = g_strdup_printf (_("%s of %s"), bytes, total);
  g_autofree char *speed = format_rate (&step, rate);

  gtk_label_set_text (self->job_title, get_job_title (job));
  gtk_label_set_text (self->job_percent, known ? percent : "");
  gtk_label_set_text (self->job_bytes, known ? so_far : "");
  gtk_label_set_text (self->job_rate, speed != NULL ? speed : "");
  gtk_progress_bar_set_fraction (self->job_bar, fraction);
}

/* ---- what was done ---- */

static void
update_receipt (CofferStorageWindow *self)
{
  double seconds;
  CofferSpace before;
  const CofferCompactResult *done = coffer_storage_get_compacted (self->storage, &seconds, &before);
  g_autofree char *freed = NULL, *took = NULL, *was = NULL, *is = NULL, *title = NULL, *subtitle = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->receipt_row), done != NULL);
  if (done == NULL)
    return;
  freed = g_format_size (done->before > done->after ? done->before - done->after : 0);
  took = format_seconds (seconds);
  was = g_format_size (done->before);
  is = g_format_size (done->after);
  title = g_strdup_printf (_("Freed %s"), freed);
  if (done->log_in_use)
    subtitle = g_strdup_printf (_("Took %s. The file shrinks when another program has let go of the log."), took);
  else if (done->way == COFFER_COMPACT_SWAP)
    subtitle = g_strdup_printf (_("Before %s, after %s. Took %s. Every page was checked, and rows and bytes of every table are as before."), was, is,
                                took);
  else
    subtitle = g_strdup_printf (_("Before %s, after %s. Took %s."), was, is, took);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->receipt_row), title);
  adw_action_row_set_subtitle (self->receipt_row, subtitle);
}

static void
update_problem (CofferStorageWindow *self)
{
  CofferStorageJob job;
  const GError *error = coffer_storage_get_job_error (self->storage, &job);
  gboolean cancelled = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_autofree char *escaped = error != NULL ? g_markup_escape_text (error->message, -1) : NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->problem_row), error != NULL && job != COFFER_STORAGE_JOURNAL && job != COFFER_STORAGE_WIPE);
  if (error == NULL)
    return;
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->problem_row), get_failure_title (job));
  adw_action_row_set_subtitle (self->problem_row, !cancelled ? escaped : job == COFFER_STORAGE_COPY ? _("Cancelled. No copy was left behind.")
                                                                                                  : _("Cancelled. The vault is whole."));
}

static void
update_copy (CofferStorageWindow *self,
             CofferStorageJob     job)
{
  const char *problem;
  GFile *copied = coffer_storage_get_copied (self->storage, &problem);
  g_autofree char *name = copied != NULL ? g_file_get_parse_name (copied) : NULL;
  g_autofree char *text = name != NULL ? g_strdup_printf (_("Saved as %s, and compared with the vault"), name) : NULL;
  g_autofree char *escaped = text != NULL ? g_markup_escape_text (text, -1) : NULL;

  adw_action_row_set_subtitle (self->copy_row, escaped != NULL ? escaped : _("Other programs may go on writing meanwhile"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->copy_button), job == COFFER_STORAGE_IDLE);
}

void
coffer_storage_window_update_job (CofferStorageWindow *self)
{
  const CofferCompactPlan *plan = coffer_storage_get_plan (self->storage);
  CofferStorageJob job = coffer_storage_get_job (self->storage);
  gboolean idle = job == COFFER_STORAGE_IDLE;

  gtk_widget_set_visible (self->job_row, !idle);
  gtk_button_set_label (self->compact_button, idle ? _("Compact…") : _("Cancel"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->compact_button), !idle || (plan != NULL && plan->possible && plan->freed > 0));
  if (!idle)
    update_progress (self, job);
  update_plan (self);
  update_receipt (self);
  update_problem (self);
  update_copy (self, job);
}

/* ---- asking ---- */

/* What waits to be deleted knows its keys by their rows, which may get other numbers. */
static void
do_compact (CofferStorageWindow *self)
{
  if (coffer_vault_get_n_deferred (coffer_storage_get_vault (self->storage)) > 0)
    {
      g_signal_emit_by_name (self, "write-deletions");
      adw_toast_overlay_add_toast (self->toasts, adw_toast_new (_("Deleted keys are written to the file first. Then choose Compact again.")));
      return;
    }
  coffer_storage_compact (self->storage, self->way, FALSE);
}

static void
response_cb (CofferStorageWindow *self,
             const char          *response)
{
  if (g_str_equal (response, "compact"))
    coffer_storage_window_edit (self, do_compact);
}

static void
compact_cb (CofferStorageWindow *self)
{
  const CofferCompactPlan *plan = coffer_storage_get_plan (self->storage);
  GtkWidget *dialog;
  g_autofree char *body = NULL;
  g_autofree char *obstacle = NULL;

  if (coffer_storage_get_job (self->storage) != COFFER_STORAGE_IDLE)
    {
      coffer_storage_cancel (self->storage);
      return;
    }
  if (plan == NULL)
    return;
  self->way = plan->way;
  obstacle = self->way != COFFER_COMPACT_SWAP ? describe_obstacle (plan) : NULL;
  body = g_strdup_printf ("%s.\n%s.%s%s", get_way_title (self->way), get_way_subtitle (self->way), obstacle != NULL ? "\n" : "",
                          obstacle != NULL ? obstacle : "");
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Compact the Vault?"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "compact", _("C_ompact"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "compact", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

void
coffer_storage_window_bind_compact (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, compact_button);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, frees_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, disk_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, memory_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, time_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, way_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, frees);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, disk);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, memory);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, time);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, job_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, job_title);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, job_percent);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, job_bytes);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, job_rate);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, job_bar);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, receipt_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, problem_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, copy_row);
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, copy_button);
  gtk_widget_class_bind_template_callback (widget_class, compact_cb);
}
