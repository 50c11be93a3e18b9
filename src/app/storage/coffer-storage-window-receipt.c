/* SPDX-License-Identifier: MIT */
/* What compacting did, in the window "Storage": what came back, when, what was verified, and the file before and after. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-storage-words.h"

enum { MAIN_FILE, RECLAIMABLE, LOG, KEYS, N_LINES };
enum { NAME, BEFORE, AFTER, N_COLUMNS };

/* ---- the table ---- */

static GtkLabel *
add_label (GtkGrid    *grid,
           int         column,
           int         row,
           const char *text,
           const char *style)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), column == NAME ? 0 : 1);
  gtk_label_set_wrap (GTK_LABEL (label), column == NAME);
  gtk_widget_set_hexpand (label, column == NAME);
  gtk_widget_set_valign (label, GTK_ALIGN_END);
  if (column != NAME)
    gtk_widget_add_css_class (label, "num");
  if (style != NULL)
    gtk_widget_add_css_class (label, style);
  gtk_grid_attach (grid, label, column, row, 1, 1);
  return GTK_LABEL (label);
}

/* Most windows need none. */
static void
build_table (CofferStorageWindow *self)
{
  const char *names[N_LINES] = { _("Main file"), _("Reclaimable"), _("Write-ahead log"), _("Keys") };
  GtkGrid *grid = GTK_GRID (gtk_grid_new ());

  gtk_grid_set_column_spacing (grid, 18);
  gtk_grid_set_row_spacing (grid, 4);
  gtk_widget_set_margin_top (GTK_WIDGET (grid), 12);
  gtk_widget_set_margin_bottom (GTK_WIDGET (grid), 12);
  gtk_widget_set_margin_start (GTK_WIDGET (grid), 12);
  gtk_widget_set_margin_end (GTK_WIDGET (grid), 12);
  gtk_widget_add_css_class (GTK_WIDGET (add_label (grid, BEFORE, 0, _("Before"), "dim-label")), "smaller");
  gtk_widget_add_css_class (GTK_WIDGET (add_label (grid, AFTER, 0, _("After"), "dim-label")), "smaller");
  for (int i = 0; i < N_LINES; i++)
    {
      self->receipt_labels[i][NAME] = add_label (grid, NAME, i + 1, names[i], "dim-label");
      self->receipt_labels[i][BEFORE] = add_label (grid, BEFORE, i + 1, NULL, NULL);
      self->receipt_labels[i][AFTER] = add_label (grid, AFTER, i + 1, NULL, "strong");
    }
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->receipt_table), _("Before and after"));
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self->receipt_table), GTK_WIDGET (grid));
}

/* Numbers stand alone in their column: whoever hears them is told of what they are. */
static void
set_number (CofferStorageWindow *self,
            int                  line,
            int                  column,
            guint64              n)
{
  g_autofree char *text = line == KEYS ? coffer_storage_window_dup_number (n) : n > 0 ? g_format_size (n) : g_strdup (_("None"));
  const char *name = gtk_label_get_text (self->receipt_labels[line][NAME]);
  /* Translators: the name of a number, and the number: that of a file before, or after, it was compacted */
  g_autofree char *spoken = g_strdup_printf (column == BEFORE ? _("%s before: %s") : _("%s after: %s"), name, text);

  if (g_str_equal (gtk_label_get_text (self->receipt_labels[line][column]), text))
    return;
  gtk_label_set_text (self->receipt_labels[line][column], text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->receipt_labels[line][column]), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

static void
set_side (CofferStorageWindow     *self,
          int                      column,
          const CofferCompactSide *side)
{
  set_number (self, MAIN_FILE, column, side->main_size);
  set_number (self, RECLAIMABLE, column, side->free_size);
  set_number (self, LOG, column, side->wal_size);
  set_number (self, KEYS, column, side->keys);
}

static void
update_table (CofferStorageWindow       *self,
              const CofferCompactResult *done)
{
  gboolean known = done != NULL && done->is.main_size > 0;

  gtk_widget_set_visible (self->receipt_table, known);
  if (!known)
    return;
  if (self->receipt_labels[0][NAME] == NULL)
    build_table (self);
  set_side (self, BEFORE, &done->was);
  set_side (self, AFTER, &done->is);
  for (int i = 0; i < N_COLUMNS; i++)
    gtk_widget_set_visible (GTK_WIDGET (self->receipt_labels[KEYS][i]), done->was.keys != G_MAXUINT64 && done->is.keys != G_MAXUINT64);
}

/* ---- words ---- */

char *
coffer_storage_window_dup_was (CofferStorageWindow *self)
{
  double seconds;
  CofferSpace before;
  const CofferCompactResult *done = coffer_storage_get_compacted (self->storage, &seconds, &before);
  g_autofree char *size = done != NULL ? g_format_size (done->before) : NULL;

  /* Translators: beside the size of a file: what it was before it was compacted */
  return size != NULL && done->after < done->before ? g_strdup_printf (_("on disk, was %s"), size) : NULL;
}

static const char *
describe_verified (const CofferCompactResult *done)
{
  if (done->pages_verified && done->content_verified)
    return _("Every page was checked, and rows and bytes of every table are as before.");
  if (done->pages_verified && done->verify_cancelled)
    return _("Every page was checked. Rows were not compared, since that was cancelled.");
  if (done->pages_verified)
    return _("Every page was checked. Rows were not compared, since another program wrote meanwhile.");
  if (done->way == COFFER_COMPACT_STEPS)
    return _("Pages were moved in transactions, and nothing was checked afterwards; “Check…” looks at every page.");
  return _("Nothing was checked, since that was cancelled; “Check…” looks at every page.");
}

/* (transfer full) */
static char *
describe_end (CofferStorageWindow       *self,
              const CofferCompactResult *done,
              double                     seconds)
{
  g_autofree char *took = coffer_storage_format_seconds (seconds);
  GDateTime *when = coffer_storage_get_compacted_at (self->storage);
  g_autofree char *time = when != NULL ? g_date_time_format (when, "%X") : g_strdup ("");
  /* Translators: how long it took, and the time of day */
  g_autofree char *end = g_strdup_printf (_("Took %s. Finished at %s."), took, time);

  if (*done->problem != '\0' && done->complete)
    /* Translators: how long it took and when it was finished; what went wrong after the file was compacted */
    return g_strdup_printf (_("%s The file is compacted, but: %s"), end, done->problem);
  if (!done->complete && done->cancelled)
    return g_strdup (_("Cancelled. What was given back by then stays so, and the vault is whole; the rest can be given back later."));
  if (!done->complete)
    return g_strdup_printf (_("Then it ended: %s. What was given back by then stays so, and the vault is whole."), done->problem);
  if (done->log_in_use)
    return g_strdup_printf ("%s %s %s", end, _("The file shrinks when another program has let go of the log."), describe_verified (done));
  return g_strdup_printf ("%s %s", end, describe_verified (done));
}

static void
set_icon (CofferStorageWindow *self,
          gboolean             warns)
{
  GtkWidget *icon = GTK_WIDGET (self->receipt_icon);

  gtk_image_set_from_icon_name (self->receipt_icon, warns ? "dialog-warning-symbolic" : "object-select-symbolic");
  gtk_widget_remove_css_class (icon, warns ? "success" : "warning");
  gtk_widget_add_css_class (icon, warns ? "warning" : "success");
}

static void
update_converted (CofferStorageWindow *self,
                  const char          *problem)
{
  set_icon (self, FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->receipt_row), _("The table is converted"));
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self->receipt_row), FALSE);
  adw_action_row_set_subtitle (self->receipt_row, problem != NULL ? problem : _("The room of its older shape can be given back by compacting."));
}

static void
update_compacted (CofferStorageWindow       *self,
                  const CofferCompactResult *done,
                  double                     seconds,
                  guint64                    could_be_freed)
{
  g_autofree char *freed = g_format_size (done->freed);
  g_autofree char *all = g_format_size (could_be_freed);
  /* Translators: bytes that were given back, of all that could have been */
  g_autofree char *title = done->complete ? coffer_storage_dup_freed (done) : g_strdup_printf (_("Freed %s of %s"), freed, all);
  g_autofree char *subtitle = describe_end (self, done, seconds);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->receipt_row), title);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self->receipt_row), FALSE);
  adw_action_row_set_subtitle (self->receipt_row, subtitle);
  set_icon (self, done->complete && done->log_in_use);
}

void
coffer_storage_window_update_receipt (CofferStorageWindow *self)
{
  double seconds;
  CofferSpace before;
  const CofferCompactResult *done = coffer_storage_get_compacted (self->storage, &seconds, &before);
  const char *problem;
  gboolean converted = coffer_storage_get_converted (self->storage, &problem);

  gtk_widget_set_visible (GTK_WIDGET (self->receipt_row), done != NULL || converted);
  update_table (self, done);
  if (converted)
    update_converted (self, problem);
  if (done != NULL)
    update_compacted (self, done, seconds, before.free_size);
}

const CofferStoragePart coffer_storage_window_receipt_parts[] = {
  COFFER_STORAGE_CHILD (receipt_row),
  COFFER_STORAGE_CHILD (receipt_icon),
  COFFER_STORAGE_CHILD (receipt_table),
  { NULL }
};
