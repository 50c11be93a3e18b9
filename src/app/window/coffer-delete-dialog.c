/* SPDX-License-Identifier: MIT */
/* The rest of a question about deleting keys. Main thread; the dialog keeps the parts. */
#define G_LOG_DOMAIN "coffer-delete-dialog"

#include "coffer-delete-dialog.h"

#include <glib/gi18n-lib.h>

#include "coffer-thumb.h"

#define MAX_PICTURES 5

typedef struct {
  AdwMessageDialog *dialog;    /* unowned: it owns this */
  GtkWidget *pictures;
  GtkWidget *spinner;
  GtkLabel *weight;
  GtkWidget *entry;            /* of the number; NULL: not asked for */
  guint number;
  GCancellable *cancellable;
  CofferVaultStats stats;
  gboolean have_stats;
  guint64 bytes;               /* G_MAXUINT64: not known */
} Parts;

static void
parts_free (gpointer data)
{
  Parts *self = data;

  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_free (self);
}

static Parts *
get_parts (AdwMessageDialog *dialog)
{
  return g_object_get_data (G_OBJECT (dialog), "delete-parts");
}

/* The log is part of what the file weighs now. */
static void
update_weight (Parts *self)
{
  guint64 now = self->stats.file_size + self->stats.wal_size;
  guint64 gone = self->stats.reclaimable_size + self->stats.wal_size + self->bytes;
  g_autofree char *before = NULL, *after = NULL, *text = NULL;

  gtk_widget_set_visible (self->spinner, self->bytes == G_MAXUINT64);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), self->bytes == G_MAXUINT64);
  if (self->bytes == G_MAXUINT64)
    text = g_strdup (_("Adding up their sizes…"));
  else if (self->have_stats)
    {
      before = g_format_size (now);
      after = g_format_size (now - MIN (gone, now));
      text = g_strdup_printf (_("The file is %s now. Compacted without them it would be about %s."), before, after);
    }
  gtk_label_set_text (self->weight, text != NULL ? text : "");
}

static void
stats_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  CofferVaultStats stats;
  g_autoptr(GError) error = NULL;
  Parts *self = user_data;

  if (!coffer_vault_stats_finish (COFFER_VAULT (source), result, &stats, &error))
    return;   /* cancelled, perhaps: then @self is gone */
  self->stats = stats;
  self->have_stats = TRUE;
  update_weight (self);
}

void
coffer_delete_dialog_extend (AdwMessageDialog *dialog,
                             CofferVault      *vault)
{
  Parts *self = g_new0 (Parts, 1);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->dialog = dialog;
  self->cancellable = g_cancellable_new ();
  self->bytes = G_MAXUINT64;
  self->pictures = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  self->spinner = gtk_spinner_new ();
  self->weight = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_wrap (self->weight, TRUE);
  gtk_label_set_justify (self->weight, GTK_JUSTIFY_CENTER);
  gtk_widget_add_css_class (GTK_WIDGET (self->weight), "caption");
  gtk_widget_set_halign (self->pictures, GTK_ALIGN_CENTER);
  gtk_widget_set_halign (line, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (self->pictures, FALSE);
  gtk_box_append (GTK_BOX (line), self->spinner);
  gtk_box_append (GTK_BOX (line), GTK_WIDGET (self->weight));
  gtk_box_append (GTK_BOX (box), self->pictures);
  gtk_box_append (GTK_BOX (box), line);
  adw_message_dialog_set_extra_child (dialog, box);
  g_object_set_data_full (G_OBJECT (dialog), "delete-parts", self, parts_free);
  update_weight (self);
  coffer_vault_stats_async (vault, self->cancellable, stats_cb, self);
}

void
coffer_delete_dialog_set_pictures (AdwMessageDialog *dialog,
                                   CofferThumbnails *thumbnails,
                                   GPtrArray        *entries)
{
  Parts *self = get_parts (dialog);

  for (guint i = 0; i < MIN (entries->len, MAX_PICTURES); i++)
    gtk_box_append (GTK_BOX (self->pictures), coffer_thumb_new (thumbnails, g_ptr_array_index (entries, i)));
  gtk_widget_set_visible (self->pictures, entries->len > 0);
}

void
coffer_delete_dialog_set_bytes (AdwMessageDialog *dialog,
                                guint64           bytes)
{
  Parts *self = get_parts (dialog);

  self->bytes = bytes;
  update_weight (self);
}

/* People copy what they read, so marks between thousands are no mistake. */
static gboolean
is_number (const char *text,
           guint       number)
{
  GString *digits = g_string_new (NULL);
  g_autofree char *expected = g_strdup_printf ("%u", number);
  gboolean same;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    if (g_ascii_isdigit (*text))
      g_string_append_c (digits, *text);
    else if (g_unichar_isalpha (g_utf8_get_char (text)))
      g_string_append_c (digits, 'x');
  same = g_str_equal (digits->str, expected);
  g_string_free (digits, TRUE);
  return same;
}

static void
number_cb (Parts       *self,
           GtkEditable *editable)
{
  adw_message_dialog_set_response_enabled (self->dialog, "delete", is_number (gtk_editable_get_text (editable), self->number));
}

void
coffer_delete_dialog_ask_number (AdwMessageDialog *dialog,
                                 guint             number)
{
  Parts *self = get_parts (dialog);
  g_autofree char *shown = g_strdup_printf ("%'u", number);
  /* Translators: asked for before many keys are deleted; %s is their number */
  g_autofree char *text = g_strdup_printf (_("Type %s to delete them"), shown);
  GtkWidget *box = adw_message_dialog_get_extra_child (dialog);
  GtkWidget *label = gtk_label_new (text);

  self->number = number;
  self->entry = gtk_entry_new ();
  gtk_entry_set_input_purpose (GTK_ENTRY (self->entry), GTK_INPUT_PURPOSE_DIGITS);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), self->entry);
  g_signal_connect_swapped (self->entry, "changed", G_CALLBACK (number_cb), self);
  number_cb (self, GTK_EDITABLE (self->entry));
}
