/* SPDX-License-Identifier: MIT */
/*
 * A line in the status bar for the transfer at work. One that is over in no time never shows. Main thread.
 */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-transfer-bar.h"

#include <glib/gi18n-lib.h>

#define PATIENCE_MS 300

struct _CofferTransferBar {
  AdwBin parent_instance;

  GtkLabel *title;
  GtkProgressBar *progress;
  GtkLabel *facts;
  GtkButton *pause_button;

  CofferTransfers *transfers;
  gpointer target;           /* unowned; compared only */
  CofferTransfer *shown;
  guint patience_id;
  gboolean narrow;
};

enum {
  PROP_NARROW = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferTransferBar, coffer_transfer_bar, ADW_TYPE_BIN)

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

/* "1.2 GB of 9.6 GB, 310 MB/s, 27 s left" (transfer full) */
static char *
describe (const CofferTransferProgress *progress)
{
  g_autofree char *done = g_format_size (progress->bytes), *all = g_format_size (progress->n_bytes);
  g_autofree char *rate = progress->rate > 0 ? g_format_size ((guint64) progress->rate) : NULL;
  g_autofree char *left = progress->seconds_left >= 0 ? format_time (progress->seconds_left) : NULL;

  if (rate == NULL || left == NULL)
    return g_strdup_printf (_("%s of %s"), done, all);
  /* Translators: bytes done, of all, in a second, and what is left of the time */
  return g_strdup_printf (_("%s of %s, %s/s, %s"), done, all, rate, left);
}

static void
progress_cb (CofferTransferBar *self)
{
  CofferTransferProgress progress = coffer_transfer_get_progress (self->shown);
  const char *waits_for = coffer_transfer_get_waits_for (self->shown);
  g_autofree char *facts = waits_for != NULL ? g_strdup (waits_for) : describe (&progress);
  double part = progress.n_bytes > 0 ? (double) progress.bytes / progress.n_bytes
                : progress.n_items > 0 ? (double) progress.items / progress.n_items : 0;

  gtk_progress_bar_set_fraction (self->progress, MIN (part, 1));
  gtk_label_set_text (self->facts, coffer_transfer_get_state (self->shown) == COFFER_TRANSFER_PAUSED ? _("paused") : facts);
}

static void
state_cb (CofferTransferBar *self)
{
  gboolean paused = coffer_transfer_get_state (self->shown) == COFFER_TRANSFER_PAUSED;
  const char *label = paused ? _("Go On") : _("Pause");

  gtk_button_set_icon_name (self->pause_button, paused ? "media-playback-start-symbolic" : "media-playback-pause-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->pause_button), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->pause_button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  progress_cb (self);
}

static void
pause_cb (CofferTransferBar *self)
{
  if (self->shown != NULL)
    coffer_transfer_set_paused (self->shown, coffer_transfer_get_state (self->shown) != COFFER_TRANSFER_PAUSED);
}

static void
cancel_cb (CofferTransferBar *self)
{
  if (self->shown != NULL)
    coffer_transfer_cancel (self->shown);
}

static gboolean
appear_cb (gpointer data)
{
  CofferTransferBar *self = data;

  self->patience_id = 0;
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
  return G_SOURCE_REMOVE;
}

static void
show_transfer (CofferTransferBar *self,
               CofferTransfer    *transfer)
{
  if (self->shown == transfer)
    return;
  if (self->shown != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->shown, progress_cb, self);
      g_signal_handlers_disconnect_by_func (self->shown, state_cb, self);
    }
  g_set_object (&self->shown, transfer);
  g_clear_handle_id (&self->patience_id, g_source_remove);
  if (transfer == NULL)
    {
      gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
      return;
    }
  g_signal_connect_swapped (transfer, "progress", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (transfer, "notify::waits-for", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (transfer, "notify::state", G_CALLBACK (state_cb), self);
  gtk_label_set_text (self->title, coffer_transfer_get_title (transfer));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL, coffer_transfer_get_title (transfer), -1);
  state_cb (self);
  if (!gtk_widget_get_visible (GTK_WIDGET (self)))
    self->patience_id = g_timeout_add (PATIENCE_MS, appear_cb, self);
}

static void
transfers_cb (CofferTransferBar *self)
{
  show_transfer (self, self->transfers != NULL && self->target != NULL ? coffer_transfers_find (self->transfers, self->target) : NULL);
}

void
coffer_transfer_bar_set_transfers (CofferTransferBar *self,
                                   CofferTransfers   *transfers,
                                   gpointer           target)
{
  g_return_if_fail (COFFER_IS_TRANSFER_BAR (self));

  if (self->transfers != NULL)
    g_signal_handlers_disconnect_by_func (self->transfers, transfers_cb, self);
  g_set_object (&self->transfers, transfers);
  self->target = target;
  if (transfers != NULL)
    g_signal_connect_swapped (transfers, "items-changed", G_CALLBACK (transfers_cb), self);
  transfers_cb (self);
}

static void
coffer_transfer_bar_get_property (GObject    *object,
                                  guint       id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_NARROW:
      g_value_set_boolean (value, COFFER_TRANSFER_BAR (object)->narrow);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_transfer_bar_set_property (GObject      *object,
                                  guint         id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  CofferTransferBar *self = COFFER_TRANSFER_BAR (object);

  switch (id)
    {
    case PROP_NARROW:
      self->narrow = g_value_get_boolean (value);
      gtk_widget_set_visible (GTK_WIDGET (self->facts), !self->narrow);
      gtk_widget_set_visible (GTK_WIDGET (self->title), !self->narrow);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_transfer_bar_dispose (GObject *object)
{
  CofferTransferBar *self = COFFER_TRANSFER_BAR (object);

  if (self->title != NULL)
    coffer_transfer_bar_set_transfers (self, NULL, NULL);
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_TRANSFER_BAR);

  G_OBJECT_CLASS (coffer_transfer_bar_parent_class)->dispose (object);
}

static void
coffer_transfer_bar_class_init (CofferTransferBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_transfer_bar_get_property;
  object_class->set_property = coffer_transfer_bar_set_property;
  object_class->dispose = coffer_transfer_bar_dispose;
  properties[PROP_NARROW] = g_param_spec_boolean ("narrow", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-transfer-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, title);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, progress);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, facts);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, pause_button);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, pause_cb);
}

static void
coffer_transfer_bar_init (CofferTransferBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
