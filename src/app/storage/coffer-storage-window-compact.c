/* SPDX-License-Identifier: MIT */
/* Compacting in the window "Storage": what it would do, how far it is, what it did; and the copy, which is work of the same kind. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-storage-words.h"

static void
update_way (CofferStorageWindow     *self,
            const CofferCompactPlan *plan)
{
  g_autofree char *obstacle = plan->way != COFFER_COMPACT_SWAP || !plan->possible ? coffer_storage_window_describe_obstacle (plan) : NULL;
  const char *text = obstacle != NULL ? obstacle : coffer_storage_window_get_way_subtitle (plan->way);
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->way_row), coffer_storage_window_get_way_title (plan->way));
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
  g_autofree char *seconds = coffer_storage_format_seconds ((double) plan->duration_ms / 1000);
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
  gboolean shown = plan != NULL && coffer_storage_get_job (self->storage) != COFFER_STORAGE_COMPACT && coffer_storage_get_job (self->storage) != COFFER_STORAGE_CONVERT;
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
  left = coffer_storage_format_seconds ((double) (step->bytes_total - MIN (step->bytes, step->bytes_total)) / (double) rate);
  /* Translators: bytes a second, and a time */
  return g_strdup_printf (_("%s/s, about %s left"), speed, left);
}

static void
update_progress (CofferStorageWindow *self)
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

  gtk_label_set_text (self->job_title, coffer_storage_get_job_words (self->storage));
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
  const char *problem;
  gboolean converted = coffer_storage_get_converted (self->storage, &problem);
  g_autofree char *freed = NULL, *took = NULL, *was = NULL, *is = NULL, *title = NULL, *subtitle = NULL, *all = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->receipt_row), done != NULL || converted);
  if (converted)
    {
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->receipt_row), _("The table is converted"));
      adw_action_row_set_subtitle (self->receipt_row, problem != NULL ? problem : _("The room of its older shape can be given back by compacting."));
    }
  if (done == NULL)
    return;
  freed = g_format_size (!done->complete ? done->freed : done->before > done->after ? done->before - done->after : 0);
  took = coffer_storage_format_seconds (seconds);
  was = g_format_size (done->before);
  is = g_format_size (done->after);
  all = g_format_size (before.free_size);
  /* Translators: bytes that were given back, of all that could have been */
  title = done->complete ? g_strdup_printf (_("Freed %s"), freed) : g_strdup_printf (_("Freed %s of %s"), freed, all);
  if (*done->problem != '\0' && done->complete)
    /* Translators: what went wrong after the file was compacted */
    subtitle = g_strdup_printf (_("Before %s, after %s. The file is compacted, but: %s"), was, is, done->problem);
  else if (!done->complete && done->cancelled)
    subtitle = g_strdup (_("Cancelled. What was given back by then stays so, and the vault is whole; the rest can be given back later."));
  else if (!done->complete)
    subtitle = g_strdup_printf (_("Then it ended: %s. What was given back by then stays so, and the vault is whole."), done->problem);
  else if (done->log_in_use)
    subtitle = g_strdup_printf (_("Took %s. The file shrinks when another program has let go of the log."), took);
  else if (done->way == COFFER_COMPACT_SWAP)
    subtitle = g_strdup_printf (_("Before %s, after %s. Took %s. Every page was checked, and rows and bytes of every table are as before."), was, is,
                                took);
  else
    subtitle = g_strdup_printf (_("Before %s, after %s. Took %s."), was, is, took);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->receipt_row), title);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self->receipt_row), FALSE);
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
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->problem_row), coffer_storage_get_failure_words (job));
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
  g_autofree char *text = problem != NULL ? g_strdup_printf (_("Saved as %s, but: %s"), name, problem)
                        : name != NULL ? g_strdup_printf (_("Saved as %s, and compared with the vault"), name) : NULL;
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
  gboolean rewrites = job == COFFER_STORAGE_COMPACT || job == COFFER_STORAGE_CONVERT;

  gtk_widget_set_visible (self->job_row, !idle);
  gtk_widget_set_visible (GTK_WIDGET (self->meanwhile_row), rewrites);
  adw_action_row_set_subtitle (self->meanwhile_row, coffer_storage_can_cancel (self->storage) ? _("Changes wait; Cancel leaves the vault whole")
                                                                                          : _("Changes wait until this is done"));
  gtk_button_set_label (self->compact_button, idle ? _("Compact…") : _("Cancel"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->compact_button), idle ? plan != NULL && plan->possible && (plan->freed > 0 || self->page_maps_wanted)
                                                                     : coffer_storage_can_cancel (self->storage));
  if (!idle)
    update_progress (self);
  update_plan (self);
  coffer_storage_window_update_ways (self);
  update_receipt (self);
  update_problem (self);
  update_copy (self, job);
}

void
coffer_storage_window_bind_compact (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, CofferStorageWindow, meanwhile_row);
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
}
