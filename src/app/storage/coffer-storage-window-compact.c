/* SPDX-License-Identifier: MIT */
/* Compacting in the window "Storage": what it would do, how far it is, what it did; and the copy, which is work of the same kind. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <coffer-error.h>
#include <glib/gi18n-lib.h>

#include "coffer-storage-words.h"

#define PULSE_MS 100
#define REVEAL_MS 400     /* what is over by then needs no progress */
#define REVEAL_MARGIN 6

static void
update_way (CofferStorageWindow     *self,
            const CofferCompactPlan *plan)
{
  g_autofree char *obstacle = plan->way != COFFER_COMPACT_SWAP || !plan->possible ? coffer_storage_window_describe_obstacle (plan) : NULL;
  const char *lock = coffer_storage_window_get_lock (self);
  const char *text = lock != NULL ? lock : obstacle != NULL ? obstacle : coffer_storage_window_get_way_subtitle (self, plan, plan->way);
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->way_row), coffer_storage_window_get_way_title (plan->way));
  adw_action_row_set_subtitle (self->way_row, escaped);
}

static void
update_unknown (CofferStorageWindow *self,
                const GError        *error)
{
  g_autofree char *line = coffer_error_dup_line (error);
  g_autofree char *escaped = g_markup_escape_text (line, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->way_row), _("What it would do cannot be told"));
  adw_action_row_set_subtitle (self->way_row, escaped);
}

/* Beside a number: that there is enough of it, or not. Colour does not stand alone. */
static void
set_enough (GtkImage   *icon,
            gboolean    enough,
            const char *words)
{
  GtkWidget *widget = GTK_WIDGET (icon);

  if (g_strcmp0 (gtk_widget_get_tooltip_text (widget), words) == 0)
    return;
  gtk_image_set_from_icon_name (icon, enough ? "object-select-symbolic" : "dialog-warning-symbolic");
  gtk_widget_remove_css_class (widget, enough ? "warning" : "success");
  gtk_widget_add_css_class (widget, enough ? "success" : "warning");
  gtk_widget_set_tooltip_text (widget, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (icon), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

static gboolean
has_memory (const CofferCompactPlan *plan)
{
  return plan->memory_needed <= plan->memory_free;
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
  g_autofree char *seconds = coffer_storage_dup_duration (plan);
  /* Translators: bytes that come back, of all bytes */
  g_autofree char *frees = g_strdup_printf (_("%s of %s"), freed, all);
  g_autofree char *beside = g_strdup_printf (_("%s, %s free"), needed, room);
  g_autofree char *temporary = coffer_storage_dup_temporary (plan);
  g_autofree char *disk = g_strjoin ("\n", beside, temporary, NULL);
  g_autofree char *available = g_format_size (plan->memory_free);
  /* Translators: bytes of memory that are needed, and those that are free */
  g_autofree char *about = has_memory (plan) ? g_strdup_printf (_("About %s"), memory) : g_strdup_printf (_("About %s, %s free"), memory, available);
  g_autofree char *time = g_strdup_printf (_("About %s"), seconds);
  g_autofree char *source = coffer_storage_dup_time_source (self->storage);

  gtk_label_set_text (self->frees, plan->freed > 0 ? frees : plan->log_held ? _("Nothing for now") : _("Nothing"));
  gtk_label_set_text (self->disk, disk);
  gtk_label_set_text (self->memory, about);
  set_enough (self->disk_icon, plan->disk_enough, plan->disk_enough ? _("There is enough disk space") : _("There is not enough disk space"));
  set_enough (self->memory_icon, has_memory (plan), has_memory (plan) ? _("There is enough memory") : _("There is not enough memory"));
  gtk_label_set_text (self->time, time);
  gtk_label_set_text (self->time_source, source != NULL ? source : "");
  gtk_widget_set_visible (GTK_WIDGET (self->time_source), source != NULL && plan->freed > 0 && plan->disk_needed > 0);
}

static void
update_plan (CofferStorageWindow *self)
{
  const CofferCompactPlan *plan = coffer_storage_get_plan (self->storage);
  const GError *error = coffer_storage_get_plan_error (self->storage);
  gboolean idle = coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE;
  gboolean shown = plan != NULL && idle;
  gboolean any = shown && (plan->freed > 0 || plan->log_held);
  double seconds;
  CofferSpace before;
  GtkWidget *costs[] = {
    self->disk_name, GTK_WIDGET (self->disk), GTK_WIDGET (self->disk_icon), self->memory_name, GTK_WIDGET (self->memory), GTK_WIDGET (self->memory_icon),
    self->time_name, GTK_WIDGET (self->time),
  };

  gtk_widget_set_visible (self->plan_row, any || (shown && coffer_storage_get_compacted (self->storage, &seconds, &before) == NULL));
  for (guint i = 0; i < G_N_ELEMENTS (costs); i++)
    gtk_widget_set_visible (costs[i], any && plan->disk_needed > 0 && !plan->log_held);
  gtk_widget_set_visible (GTK_WIDGET (self->way_row), any || (error != NULL && idle));
  if (error != NULL && idle)
    update_unknown (self, error);
  if (!shown)
    return;
  update_numbers (self, plan);
  update_way (self, plan);
}

/* ---- what is under way ---- */

static gboolean
pulse_cb (gpointer data)
{
  CofferStorageWindow *self = data;

  gtk_progress_bar_pulse (self->job_bar);
  return G_SOURCE_CONTINUE;
}

/* How far it is, or only that it goes on: a bar that stood still would say that it does not. */
static void
set_bar (CofferStorageWindow *self,
         gboolean             busy,
         double               fraction)
{
  if (!busy || fraction >= 0)
    g_clear_handle_id (&self->pulse_id, g_source_remove);
  else if (self->pulse_id == 0)
    {
      self->pulse_id = g_timeout_add (PULSE_MS, pulse_cb, self);
      g_source_set_name_by_id (self->pulse_id, "[coffer] pulse");
    }
  if (fraction >= 0)
    gtk_progress_bar_set_fraction (self->job_bar, fraction);
}

static void
update_progress (CofferStorageWindow *self)
{
  double fraction = coffer_storage_get_fraction (self->storage);
  gboolean known = fraction >= 0;
  g_autofree char *percent = g_strdup_printf ("%d %%", (int) (fraction * 100));
  g_autofree char *so_far = coffer_storage_dup_bytes (self->storage);
  g_autofree char *speed = coffer_storage_dup_rate (self->storage);

  gtk_label_set_text (self->job_title, coffer_storage_get_step_words (self->storage));
  gtk_label_set_text (self->job_percent, known ? percent : "");
  gtk_widget_set_visible (self->job_numbers, *so_far != '\0');
  gtk_label_set_text (self->job_bytes, so_far);
  gtk_label_set_text (self->job_rate, speed != NULL ? speed : "");
  set_bar (self, TRUE, fraction);
}

/* Of what takes longer a person sees how far it is, wherever its button was, and then what became of it there. */
static gboolean
reveal_cb (gpointer data)
{
  CofferStorageWindow *self = data;
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);
  graphene_rect_t bounds;

  self->reveal_id = 0;
  if (!gtk_widget_compute_bounds (self->job_row, GTK_WIDGET (self->scrolled), &bounds) ||
      (bounds.origin.y >= 0 && bounds.origin.y + bounds.size.height <= (float) gtk_widget_get_height (GTK_WIDGET (self->scrolled))))
    return G_SOURCE_REMOVE;
  if (!gtk_widget_compute_bounds (self->compact_group, GTK_WIDGET (self->scrolled), &bounds))
    return G_SOURCE_REMOVE;
  self->revealed_from = gtk_adjustment_get_value (adjustment);
  gtk_adjustment_set_value (adjustment, self->revealed_from + bounds.origin.y - REVEAL_MARGIN);
  self->revealed_at = gtk_adjustment_get_value (adjustment);
  return G_SOURCE_REMOVE;
}

static void
reveal (CofferStorageWindow *self,
        gboolean             busy)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);

  if (busy == self->busy)
    return;
  self->busy = busy;
  g_clear_handle_id (&self->reveal_id, g_source_remove);
  if (busy)
    {
      self->revealed_at = -1;
      self->reveal_id = g_timeout_add (REVEAL_MS, reveal_cb, self);
      g_source_set_name_by_id (self->reveal_id, "[coffer] reveal job");
    }
  else if (self->revealed_at >= 0 && gtk_adjustment_get_value (adjustment) == self->revealed_at)   /* nobody has scrolled since */
    gtk_adjustment_set_value (adjustment, self->revealed_from);
}

void
coffer_storage_window_stop_job (CofferStorageWindow *self)
{
  g_clear_handle_id (&self->pulse_id, g_source_remove);
  g_clear_handle_id (&self->reveal_id, g_source_remove);
}

/* ---- what was done ---- */

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
  adw_action_row_set_subtitle (self->problem_row, cancelled ? coffer_storage_get_cancelled_words (job) : escaped);
}

void
coffer_storage_window_update_job (CofferStorageWindow *self)
{
  const CofferCompactPlan *plan = coffer_storage_get_plan (self->storage);
  CofferStorageJob job = coffer_storage_get_job (self->storage);
  gboolean idle = job == COFFER_STORAGE_IDLE;
  gboolean rewrites = job == COFFER_STORAGE_COMPACT || job == COFFER_STORAGE_CONVERT;

  if (self->compact_group == NULL)
    return;
  gtk_widget_set_visible (self->job_row, !idle);
  gtk_widget_set_visible (GTK_WIDGET (self->meanwhile_row), rewrites);
  adw_action_row_set_subtitle (self->meanwhile_row, coffer_storage_can_cancel (self->storage) ? _("Changes wait; Cancel leaves the vault whole")
                                                                                          : _("Changes wait until this is done"));
  gtk_button_set_label (self->compact_button, idle ? _("Compact…") : _("Cancel"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->compact_button), idle ? plan != NULL && plan->possible && has_memory (plan) && (plan->freed > 0 || self->page_maps_wanted)
                                                                     : coffer_storage_can_cancel (self->storage));
  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self->compact_group), idle || rewrites ? _("Compact") : _("Under Way"));
  if (!idle)
    update_progress (self);
  else
    set_bar (self, FALSE, 0);
  reveal (self, !idle);
  update_plan (self);
  coffer_storage_window_update_ways (self);
  coffer_storage_window_update_receipt (self);
  update_problem (self);
}

const CofferStoragePart coffer_storage_window_compact_parts[] = {
  COFFER_STORAGE_CHILD (meanwhile_row),
  COFFER_STORAGE_CHILD (plan_row),
  COFFER_STORAGE_CHILD (way_row),
  COFFER_STORAGE_CHILD (frees),
  COFFER_STORAGE_CHILD (disk_name),
  COFFER_STORAGE_CHILD (disk),
  COFFER_STORAGE_CHILD (disk_icon),
  COFFER_STORAGE_CHILD (memory_name),
  COFFER_STORAGE_CHILD (memory),
  COFFER_STORAGE_CHILD (memory_icon),
  COFFER_STORAGE_CHILD (time_name),
  COFFER_STORAGE_CHILD (time),
  COFFER_STORAGE_CHILD (time_source),
  COFFER_STORAGE_CHILD (job_row),
  COFFER_STORAGE_CHILD (job_numbers),
  COFFER_STORAGE_CHILD (compact_group),
  COFFER_STORAGE_CHILD (job_title),
  COFFER_STORAGE_CHILD (job_percent),
  COFFER_STORAGE_CHILD (job_bytes),
  COFFER_STORAGE_CHILD (job_rate),
  COFFER_STORAGE_CHILD (job_bar),
  COFFER_STORAGE_CHILD (problem_row),
  { NULL }
};

/* ---- a copy ---- */

void
coffer_storage_window_update_copy (CofferStorageWindow *self)
{
  const char *problem;
  GFile *copied = coffer_storage_get_copied (self->storage, &problem);
  g_autofree char *name = copied != NULL ? g_file_get_parse_name (copied) : NULL;
  g_autofree char *text = problem != NULL ? g_strdup_printf (_("Saved as %s, but: %s"), name, problem)
                        : name != NULL ? g_strdup_printf (_("Saved as %s, and compared with the vault"), name) : NULL;
  g_autofree char *escaped = text != NULL ? g_markup_escape_text (text, -1) : NULL;

  if (self->safety == NULL)
    return;
  adw_action_row_set_subtitle (self->copy_row, escaped != NULL ? escaped
                               : coffer_storage_get_space (self->storage) != NULL && !coffer_storage_get_space (self->storage)->wal_mode
                               ? _("Other programs can read meanwhile, and write when it is done")
                               : _("Other programs may go on writing meanwhile"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->copy_button), coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE);
}

static void
copy_cb (CofferStorageWindow *self)
{
  if (coffer_storage_get_job (self->storage) == COFFER_STORAGE_COPY)
    coffer_storage_cancel (self->storage);
  else
    g_signal_emit_by_name (self, "save-copy");
}

const CofferStoragePart coffer_storage_window_copy_parts[] = {
  COFFER_STORAGE_CHILD (copy_row),
  COFFER_STORAGE_CHILD (copy_button),
  COFFER_STORAGE_CALLBACK (copy_cb),
  { NULL }
};
