/* SPDX-License-Identifier: MIT */
/* What is asked before several keys become files. GTK's own chooser of files would lay the same questions in one line, which is wider
 * than many screens. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-export"

#include "coffer-export-sheet.h"

#include <glib/gi18n-lib.h>

#include "coffer-upright.h"

#define WIDTH 480

struct _CofferExportSheet {
  AdwWindow parent_instance;

  AdwWindowTitle *heading;
  GtkButton *choose_button;
  AdwComboRow *existing_row;
  AdwComboRow *format_row;
  GtkSwitch *endings_switch;
  GtkSwitch *lists_switch;
  GtkWidget *headers_row;
  GtkSwitch *headers_switch;
  GtkSwitch *verify_switch;

  CofferExportQuestion question;
};

static guint choose_signal;

G_DEFINE_FINAL_TYPE (CofferExportSheet, coffer_export_sheet, ADW_TYPE_WINDOW)

/* In the order of the rows of the .ui file. */
static const CofferExportExisting existing[] = { COFFER_EXPORT_NUMBER, COFFER_EXPORT_SKIP, COFFER_EXPORT_REPLACE };
static const char *const endings[] = { ".zip", ".tar", ".tar.zst" };

static void
choose_cb (CofferExportSheet *self)
{
  g_signal_emit (self, choose_signal, 0);
  gtk_window_close (GTK_WINDOW (self));
}

void
coffer_export_sheet_get_options (CofferExportSheet   *self,
                                 CofferExportOptions *options)
{
  g_return_if_fail (COFFER_IS_EXPORT_SHEET (self) && options != NULL);

  *options = (CofferExportOptions) {
    .existing = existing[adw_combo_row_get_selected (self->existing_row)],
    .endings = gtk_switch_get_active (self->endings_switch),
    .headers = self->question.headers && gtk_switch_get_active (self->headers_switch),
    .verifies = gtk_switch_get_active (self->verify_switch),
    .lists = gtk_switch_get_active (self->lists_switch),
  };
}

const char *
coffer_export_sheet_get_ending (CofferExportSheet *self)
{
  g_return_val_if_fail (COFFER_IS_EXPORT_SHEET (self), NULL);

  return endings[adw_combo_row_get_selected (self->format_row)];
}

static void
show_question (CofferExportSheet *self)
{
  const CofferExportQuestion *question = &self->question;
  g_autofree char *number = g_strdup_printf ("%'u", question->n_keys);
  g_autofree char *title = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Export %s Key", "Export %s Keys", question->n_keys), number);
  g_autofree char *size = question->n_bytes > 0 ? g_format_size (question->n_bytes) : NULL;

  adw_window_title_set_title (self->heading, title);
  if (size != NULL)
    adw_window_title_set_subtitle (self->heading, size);
  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_button_set_label (self->choose_button, question->archives ? _("Choose _File…") : _("Choose _Folder…"));
  gtk_widget_set_visible (GTK_WIDGET (self->existing_row), !question->archives);
  gtk_widget_set_visible (GTK_WIDGET (self->format_row), question->archives);
  gtk_widget_set_visible (self->headers_row, question->headers);
}

static void
show_options (CofferExportSheet         *self,
              const CofferExportOptions *options)
{
  for (guint i = 0; i < G_N_ELEMENTS (existing); i++)
    if (existing[i] == options->existing)
      adw_combo_row_set_selected (self->existing_row, i);
  gtk_switch_set_active (self->endings_switch, options->endings);
  gtk_switch_set_active (self->headers_switch, options->headers);
  gtk_switch_set_active (self->verify_switch, options->verifies);
  gtk_switch_set_active (self->lists_switch, options->lists);
}

static void
coffer_export_sheet_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), COFFER_TYPE_EXPORT_SHEET);

  G_OBJECT_CLASS (coffer_export_sheet_parent_class)->dispose (object);
}

static void
coffer_export_sheet_class_init (CofferExportSheetClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_export_sheet_dispose;
  choose_signal = g_signal_new ("choose", COFFER_TYPE_EXPORT_SHEET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (COFFER_TYPE_UPRIGHT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-export-sheet.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, heading);
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, choose_button);
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, existing_row);
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, format_row);
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, endings_switch);
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, lists_switch);
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, headers_row);
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, headers_switch);
  gtk_widget_class_bind_template_child (widget_class, CofferExportSheet, verify_switch);
  gtk_widget_class_bind_template_callback (widget_class, choose_cb);
}

static void
coffer_export_sheet_init (CofferExportSheet *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

CofferExportSheet *
coffer_export_sheet_new (GtkWindow                  *parent,
                         const CofferExportQuestion *question,
                         const CofferExportOptions  *options)
{
  CofferExportSheet *self = g_object_new (COFFER_TYPE_EXPORT_SHEET, "transient-for", parent, "destroy-with-parent", TRUE, NULL);

  self->question = *question;
  show_question (self);
  show_options (self, options);
  gtk_window_set_default_size (GTK_WINDOW (self), MIN (WIDTH, gtk_widget_get_width (GTK_WIDGET (parent))), -1);
  gtk_window_set_default_widget (GTK_WINDOW (self), GTK_WIDGET (self->choose_button));
  gtk_window_set_focus (GTK_WINDOW (self), GTK_WIDGET (self->choose_button));
  return self;
}
