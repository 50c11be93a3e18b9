/* SPDX-License-Identifier: MIT */
/* The job of the window "Storage" in the status bar, so that leaving that window loses nothing. Main thread. */
#define G_LOG_DOMAIN "coffer-job-entry"

#include "coffer-job-entry.h"

#include <glib/gi18n-lib.h>

#include "coffer-storage-words.h"

#define BAR_WIDTH 150

struct _CofferJobEntry {
  AdwBin parent_instance;

  GtkWidget *button;
  GtkProgressBar *bar;
  GtkLabel *label;
  CofferStorage *storage;
  gboolean narrow;
};

G_DEFINE_FINAL_TYPE (CofferJobEntry, coffer_job_entry, ADW_TYPE_BIN)

static void
update_cb (CofferJobEntry *self)
{
  gboolean busy = self->storage != NULL && coffer_storage_get_job (self->storage) != COFFER_STORAGE_IDLE;
  double fraction = busy ? coffer_storage_get_fraction (self->storage) : -1;
  g_autofree char *text = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self), busy);
  if (!busy)
    return;
  /* Translators: what is being done, and how much of it is done */
  text = fraction < 0 ? g_strdup (coffer_storage_get_job_words (self->storage))
                      : g_strdup_printf (_("%s, %d %%"), coffer_storage_get_job_words (self->storage), (int) (fraction * 100));
  gtk_label_set_text (self->label, text);
  gtk_progress_bar_set_fraction (self->bar, MAX (fraction, 0));
  gtk_widget_set_visible (GTK_WIDGET (self->bar), fraction >= 0 && !self->narrow);
}

void
coffer_job_entry_set_storage (CofferJobEntry *self,
                              CofferStorage  *storage)
{
  g_return_if_fail (COFFER_IS_JOB_ENTRY (self));

  if (self->storage == storage)
    return;
  if (self->storage != NULL)
    g_signal_handlers_disconnect_by_func (self->storage, update_cb, self);
  g_set_object (&self->storage, storage);
  if (storage != NULL)
    g_signal_connect_swapped (storage, "changed", G_CALLBACK (update_cb), self);
  update_cb (self);
}

void
coffer_job_entry_set_narrow (CofferJobEntry *self,
                             gboolean        narrow)
{
  g_return_if_fail (COFFER_IS_JOB_ENTRY (self));

  self->narrow = narrow;
  update_cb (self);
}

static void
coffer_job_entry_dispose (GObject *object)
{
  CofferJobEntry *self = COFFER_JOB_ENTRY (object);

  if (self->storage != NULL)
    g_signal_handlers_disconnect_by_func (self->storage, update_cb, self);
  g_clear_object (&self->storage);

  G_OBJECT_CLASS (coffer_job_entry_parent_class)->dispose (object);
}

static void
coffer_job_entry_class_init (CofferJobEntryClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_job_entry_dispose;
}

static void
coffer_job_entry_init (CofferJobEntry *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);

  self->button = gtk_button_new ();
  self->bar = GTK_PROGRESS_BAR (gtk_progress_bar_new ());
  self->label = GTK_LABEL (gtk_label_new (NULL));
  gtk_widget_set_size_request (GTK_WIDGET (self->bar), BAR_WIDTH, -1);
  gtk_widget_set_valign (GTK_WIDGET (self->bar), GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Progress"), -1);
  gtk_label_set_ellipsize (self->label, PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (GTK_WIDGET (self->label), "num");
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->bar));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->label));
  gtk_button_set_child (GTK_BUTTON (self->button), box);
  gtk_widget_set_valign (self->button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (self->button, _("What is being done to the file"));
  gtk_widget_add_css_class (self->button, "flat");
  gtk_widget_add_css_class (self->button, "status-entry");
  gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (self->button), "win.storage::reclaimable");
  adw_bin_set_child (ADW_BIN (self), self->button);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}
