/* SPDX-License-Identifier: MIT */
/* One of the transfers that are at work on a vault, or wait for their turn: what it does, how far it is, and its buttons. Main thread. */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-transfer-row.h"

#include <glib/gi18n-lib.h>

#define WIDTH 260   /* logical pixels */

struct _CofferTransferRow {
  GtkBox parent_instance;

  GtkProgressBar *progress;
  GtkLabel *facts;
  GtkButton *pause_button;
  CofferTransfer *transfer;
};

G_DEFINE_FINAL_TYPE (CofferTransferRow, coffer_transfer_row, GTK_TYPE_BOX)

/* Words */

static char *
format_time (gint64 seconds)
{
  guint n = (guint) CLAMP (seconds, 0, 359999);

  if (n < 60)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u s left", "%u s left", n), n);
  if (n < 3600)
    return g_strdup_printf (_("%u min left"), (n + 30) / 60);
  return g_strdup_printf (_("%u h %u min left"), n / 3600, n % 3600 / 60);
}

/* Where no bytes are written. */
static char *
describe_items (const CofferTransferProgress *progress)
{
  g_autofree char *done = g_strdup_printf ("%'" G_GUINT64_FORMAT, progress->items), *all = g_strdup_printf ("%'" G_GUINT64_FORMAT, progress->n_items);
  g_autofree char *left = progress->seconds_left >= 0 ? format_time (progress->seconds_left) : NULL;

  if (left == NULL)
    return g_strdup_printf (_("%s of %s"), done, all);
  /* Translators: how many are done, of all, and what is left of the time */
  return g_strdup_printf (_("%s of %s, %s"), done, all, left);
}

char *
coffer_transfer_row_describe (const CofferTransferProgress *progress)
{
  g_autofree char *done = g_format_size (progress->bytes), *all = g_format_size (progress->n_bytes);
  g_autofree char *rate = progress->rate > 0 ? g_format_size ((guint64) progress->rate) : NULL;
  g_autofree char *left = progress->seconds_left >= 0 ? format_time (progress->seconds_left) : NULL;

  if (progress->n_bytes == 0 && progress->n_items > 0)
    return describe_items (progress);
  if (rate == NULL || left == NULL)
    return g_strdup_printf (_("%s of %s"), done, all);
  /* Translators: bytes done, of all, in a second, and what is left of the time */
  return g_strdup_printf (_("%s of %s, %s/s, %s"), done, all, rate, left);
}

char *
coffer_transfer_row_describe_one (CofferTransfer *transfer)
{
  CofferTransferProgress progress = coffer_transfer_get_progress (transfer);
  const char *waits_for = coffer_transfer_get_waits_for (transfer);

  switch (coffer_transfer_get_state (transfer))
    {
    case COFFER_TRANSFER_PAUSED:
      return g_strdup (_("Paused"));
    case COFFER_TRANSFER_WAITING:
      return g_strdup (_("Waits for its turn"));
    case COFFER_TRANSFER_RUNNING:
    case COFFER_TRANSFER_DONE:
    case COFFER_TRANSFER_CANCELLED:
    case COFFER_TRANSFER_FAILED:
    default:
      return waits_for != NULL ? g_strdup (waits_for) : coffer_transfer_row_describe (&progress);
    }
}

double
coffer_transfer_row_get_part (const CofferTransferProgress *progress)
{
  double part = progress->n_bytes > 0 ? (double) progress->bytes / progress->n_bytes
                : progress->n_items > 0 ? (double) progress->items / progress->n_items : 0;

  return MIN (part, 1);
}

void
coffer_transfer_row_set_button (GtkButton      *button,
                                CofferTransfer *transfer)
{
  gboolean paused = coffer_transfer_get_state (transfer) == COFFER_TRANSFER_PAUSED;
  const char *label = paused ? _("Go On") : _("Pause");

  gtk_button_set_icon_name (button, paused ? "media-playback-start-symbolic" : "media-playback-pause-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (button), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

/* The row */

static void
progress_cb (CofferTransferRow *self)
{
  CofferTransferProgress progress = coffer_transfer_get_progress (self->transfer);
  g_autofree char *facts = coffer_transfer_row_describe_one (self->transfer);

  gtk_progress_bar_set_fraction (self->progress, coffer_transfer_row_get_part (&progress));
  gtk_label_set_text (self->facts, facts);
}

static void
state_cb (CofferTransferRow *self)
{
  coffer_transfer_row_set_button (self->pause_button, self->transfer);
  gtk_widget_set_sensitive (GTK_WIDGET (self->pause_button), coffer_transfer_get_state (self->transfer) != COFFER_TRANSFER_WAITING &&
                                                             coffer_transfer_can_pause (self->transfer));
  progress_cb (self);
}

static void
pause_cb (CofferTransferRow *self)
{
  coffer_transfer_set_paused (self->transfer, coffer_transfer_get_state (self->transfer) != COFFER_TRANSFER_PAUSED);
}

/* It may end by that at once, and the row goes with it. */
static void
cancel_cb (CofferTransferRow *self)
{
  g_autoptr(CofferTransferRow) row = g_object_ref (self);

  coffer_transfer_cancel (row->transfer);
}

CofferTransfer *
coffer_transfer_row_get_transfer (CofferTransferRow *self)
{
  g_return_val_if_fail (COFFER_IS_TRANSFER_ROW (self), NULL);

  return self->transfer;
}

static GtkWidget *
add_label (CofferTransferRow *self,
           const char        *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "num");
  gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (self), label);
  return label;
}

static GtkButton *
add_button (GtkWidget  *box,
            const char *icon_name)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon_name);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), button);
  return GTK_BUTTON (button);
}

static void
add_parts (CofferTransferRow *self)
{
  const char *title = coffer_transfer_get_title (self->transfer);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkButton *cancel_button;

  gtk_label_set_text (GTK_LABEL (add_label (self, "strong")), title);
  self->progress = GTK_PROGRESS_BAR (gtk_progress_bar_new ());
  gtk_widget_set_hexpand (GTK_WIDGET (self->progress), TRUE);
  gtk_widget_set_valign (GTK_WIDGET (self->progress), GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->progress));
  self->pause_button = add_button (box, "media-playback-pause-symbolic");
  g_signal_connect_swapped (self->pause_button, "clicked", G_CALLBACK (pause_cb), self);
  cancel_button = add_button (box, "process-stop-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (cancel_button), _("Cancel"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (cancel_button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Cancel Transfer"), -1);
  g_signal_connect_swapped (cancel_button, "clicked", G_CALLBACK (cancel_cb), self);
  gtk_box_append (GTK_BOX (self), box);
  self->facts = GTK_LABEL (add_label (self, "dim-label"));
}

static void
coffer_transfer_row_dispose (GObject *object)
{
  CofferTransferRow *self = COFFER_TRANSFER_ROW (object);

  if (self->transfer != NULL)
    g_signal_handlers_disconnect_by_data (self->transfer, self);
  g_clear_object (&self->transfer);

  G_OBJECT_CLASS (coffer_transfer_row_parent_class)->dispose (object);
}

static void
coffer_transfer_row_class_init (CofferTransferRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_transfer_row_dispose;
}

static void
coffer_transfer_row_init (CofferTransferRow *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_widget_set_size_request (GTK_WIDGET (self), WIDTH, -1);
}

GtkWidget *
coffer_transfer_row_new (CofferTransfer *transfer)
{
  CofferTransferRow *self = g_object_new (COFFER_TYPE_TRANSFER_ROW, NULL);

  self->transfer = g_object_ref (transfer);
  add_parts (self);
  g_signal_connect_swapped (transfer, "progress", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (transfer, "notify::waits-for", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (transfer, "notify::state", G_CALLBACK (state_cb), self);
  state_cb (self);
  return GTK_WIDGET (self);
}
