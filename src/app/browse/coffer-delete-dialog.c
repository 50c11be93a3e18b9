/* SPDX-License-Identifier: MIT */
/* The rest of a question about deleting keys. Main thread; the dialog keeps the parts. */
#define G_LOG_DOMAIN "coffer-delete-dialog"

#include "coffer-delete-dialog.h"

#include <glib/gi18n-lib.h>

#include "coffer-thumb.h"
#include "coffer-thumb-maker.h"
#include "coffer-vault-weigh.h"

#define MANY_KEYS 1000        /* as many and more are named on the button, too, and typed */
#define MANY_OF_ALL 100       /* the same, where nothing would be left */
#define NARROW 440            /* a window that wide has room for NARROW_PICTURES beside each other */
#define NARROW_PICTURES 4

typedef struct {
  AdwMessageDialog *dialog;    /* unowned: it owns this */
  GtkWidget *pictures;
  GtkWidget *spinner;
  GtkLabel *weight;
  GtkWidget *entry;            /* of the number; NULL: not asked for */
  guint n_keys;
  GCancellable *cancellable;
  CofferWeight weight_now;
  gboolean is_weighed;
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

static void
update_weight (Parts *self)
{
  gboolean adding = self->bytes == G_MAXUINT64 || !self->is_weighed;
  g_autofree char *before = NULL, *after = NULL, *text = NULL;

  gtk_widget_set_visible (self->spinner, adding);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), adding);
  if (adding)
    text = g_strdup (_("Adding up their sizes…"));
  else if (self->weight_now.size > 0)
    {
      before = g_format_size (self->weight_now.size);
      after = g_format_size (coffer_weight_without (&self->weight_now, self->n_keys, self->bytes));
      text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "The file is %s now. Compacted without this key it would be about %s.",
                                           "The file is %s now. Compacted without them it would be about %s.", self->n_keys), before, after);
    }
  gtk_label_set_text (self->weight, text != NULL ? text : "");
}

static void
weighed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  CofferWeight weight;
  g_autoptr(GError) error = NULL;
  Parts *self = user_data;

  if (!coffer_vault_weigh_finish (COFFER_VAULT (source), result, &weight, &error) && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;   /* @self is gone */
  self->weight_now = weight;
  self->is_weighed = TRUE;
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
  adw_message_dialog_set_response_enabled (self->dialog, "delete", is_number (gtk_editable_get_text (editable), self->n_keys));
}

static void
ask_number (Parts     *self,
            GtkWidget *box)
{
  g_autofree char *shown = g_strdup_printf ("%'u", self->n_keys);
  /* Translators: asked for before many keys are deleted; %s is their number */
  g_autofree char *text = g_strdup_printf (_("Type %s to delete them"), shown);
  GtkWidget *label = gtk_label_new (text);

  self->entry = gtk_entry_new ();
  gtk_entry_set_input_purpose (GTK_ENTRY (self->entry), GTK_INPUT_PURPOSE_DIGITS);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), self->entry);
  g_signal_connect_swapped (self->entry, "changed", G_CALLBACK (number_cb), self);
  number_cb (self, GTK_EDITABLE (self->entry));
}

static gboolean
is_large (CofferVault *vault,
          guint        n_keys)
{
  return n_keys >= MANY_KEYS || (n_keys >= MANY_OF_ALL && n_keys == coffer_vault_get_count (vault, coffer_vault_get_table (vault)));
}

char *
coffer_delete_dialog_dup_label (guint n_keys)
{
  g_autofree char *number = g_strdup_printf ("%'u", n_keys);

  return n_keys >= MANY_KEYS ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "_Delete %s Key", "_Delete %s Keys", n_keys), number)
                             : g_strdup (_("_Delete"));
}

void
coffer_delete_dialog_extend (AdwMessageDialog *dialog,
                             CofferVault      *vault,
                             guint             n_keys)
{
  Parts *self = g_new0 (Parts, 1);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->dialog = dialog;
  self->n_keys = n_keys;
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
  if (is_large (vault, n_keys))
    ask_number (self, box);
  update_weight (self);
  coffer_vault_weigh_async (vault, self->cancellable, weighed_cb, self);
}

static gboolean
has_picture (CofferEntry *entry)
{
  const char *type = coffer_entry_get_content_type (entry);

  return type != NULL && coffer_thumb_is_possible (type);
}

/* How many there are now. */
static guint
add_pictures (Parts            *self,
              CofferThumbnails *thumbnails,
              GPtrArray        *entries,
              gboolean          pictures,
              guint             n)
{
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (self->dialog));
  gboolean narrow = parent != NULL && gtk_widget_get_width (GTK_WIDGET (parent)) < NARROW;
  guint most = narrow ? NARROW_PICTURES : COFFER_DELETE_DIALOG_MOST_PICTURES;

  for (guint i = 0; i < MIN (entries->len, COFFER_DELETE_DIALOG_LOOKS_AT) && n < most; i++)
    if (has_picture (entries->pdata[i]) == pictures)
      {
        gtk_box_append (GTK_BOX (self->pictures), coffer_thumb_new (thumbnails, entries->pdata[i]));
        n++;
      }
  return n;
}

void
coffer_delete_dialog_set_pictures (AdwMessageDialog *dialog,
                                   CofferThumbnails *thumbnails,
                                   GPtrArray        *entries)
{
  Parts *self = get_parts (dialog);

  add_pictures (self, thumbnails, entries, FALSE, add_pictures (self, thumbnails, entries, TRUE, 0));
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
