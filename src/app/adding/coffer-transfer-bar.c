/* SPDX-License-Identifier: MIT */
/*
 * A line in the status bar for the transfer at work, or for several, which are in a list behind a button then. What is over in no time
 * never shows. Main thread.
 */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-transfer-bar.h"

#include <glib/gi18n-lib.h>

#include "coffer-transfer-row.h"

#define PATIENCE_MS 300
#define BAR_WIDTH 150          /* logical pixels */
#define NARROW_BAR_WIDTH 90    /* beside which the number of keys and their bytes have room */

struct _CofferTransferBar {
  AdwBin parent_instance;

  GtkLabel *title;
  GtkProgressBar *progress;
  GtkLabel *facts;
  GtkButton *pause_button;
  GtkWidget *cancel_button;
  GtkMenuButton *list_button;
  GtkWidget *list;

  CofferTransfers *transfers;
  gpointer target;           /* unowned; compared only */
  GPtrArray *shown;          /* of CofferTransfer, those on it, the oldest first */
  CofferTransferProgress gone;   /* of those that have ended beside these */
  guint patience_id;
  gboolean narrow;
};

enum {
  PROP_NARROW = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferTransferBar, coffer_transfer_bar, ADW_TYPE_BIN)

/* With those that have ended since there were several: it does not go back. */
static CofferTransferProgress
sum_up (CofferTransferBar *self)
{
  CofferTransferProgress sum = { self->gone.items, self->gone.items, self->gone.bytes, self->gone.bytes, 0, -1 };

  for (guint i = 0; i < self->shown->len; i++)
    {
      CofferTransferProgress progress = coffer_transfer_get_progress (self->shown->pdata[i]);

      sum.items += progress.items;
      sum.n_items += progress.n_items;
      sum.bytes += progress.bytes;
      sum.n_bytes += progress.n_bytes;
      sum.rate += coffer_transfer_get_state (self->shown->pdata[i]) == COFFER_TRANSFER_RUNNING ? progress.rate : 0;
    }
  if (sum.rate > 0 && sum.n_bytes >= sum.bytes)
    sum.seconds_left = (gint64) ((sum.n_bytes - sum.bytes) / sum.rate + 0.5);
  return sum;
}

/* Where there is room for one of the two, it is for what explains that nothing gets on. */
static void
update_room (CofferTransferBar *self)
{
  CofferTransfer *first = self->shown->len > 0 ? self->shown->pdata[0] : NULL;
  gboolean waits = first != NULL && coffer_transfer_get_waits_for (first) != NULL &&
                   coffer_transfer_get_state (first) != COFFER_TRANSFER_PAUSED;

  gtk_widget_set_tooltip_text (GTK_WIDGET (self->facts), self->narrow && waits ? coffer_transfer_get_waits_for (first) : NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), !self->narrow || !waits);
  gtk_widget_set_visible (GTK_WIDGET (self->facts), !self->narrow || waits);
}

/* What the first one waits for, the others do, too. */
static void
progress_cb (CofferTransferBar *self)
{
  CofferTransfer *first = self->shown->pdata[0];
  gboolean waits = coffer_transfer_get_waits_for (first) != NULL || coffer_transfer_get_state (first) == COFFER_TRANSFER_PAUSED;
  CofferTransferProgress progress = sum_up (self);
  g_autofree char *facts = self->shown->len == 1 || waits ? coffer_transfer_row_describe_one (first)
                                                          : coffer_transfer_row_describe (&progress);

  gtk_progress_bar_set_fraction (self->progress, coffer_transfer_row_get_part (&progress));
  gtk_label_set_text (self->facts, facts);
  update_room (self);
}

static void
state_cb (CofferTransferBar *self)
{
  coffer_transfer_row_set_button (self->pause_button, self->shown->pdata[0]);
  progress_cb (self);
}

static void
pause_cb (CofferTransferBar *self)
{
  if (self->shown->len > 0)
    coffer_transfer_set_paused (self->shown->pdata[0], coffer_transfer_get_state (self->shown->pdata[0]) != COFFER_TRANSFER_PAUSED);
}

static void
cancel_cb (CofferTransferBar *self)
{
  if (self->shown->len > 0)
    coffer_transfer_cancel (self->shown->pdata[0]);
}

static gboolean
appear_cb (gpointer data)
{
  CofferTransferBar *self = data;

  self->patience_id = 0;
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
  return G_SOURCE_REMOVE;
}

/* The list of several */

static CofferTransferRow *
find_row (CofferTransferBar *self,
          CofferTransfer    *transfer)
{
  for (GtkWidget *row = gtk_widget_get_first_child (self->list); row != NULL; row = gtk_widget_get_next_sibling (row))
    if (coffer_transfer_row_get_transfer (COFFER_TRANSFER_ROW (row)) == transfer)
      return COFFER_TRANSFER_ROW (row);
  return NULL;
}

static void
update_list (CofferTransferBar *self)
{
  GtkWidget *row = gtk_widget_get_first_child (self->list), *next;

  for (; row != NULL; row = next)
    {
      next = gtk_widget_get_next_sibling (row);
      if (self->shown->len < 2 || !g_ptr_array_find (self->shown, coffer_transfer_row_get_transfer (COFFER_TRANSFER_ROW (row)), NULL))
        gtk_box_remove (GTK_BOX (self->list), row);
    }
  for (guint i = 0; i < self->shown->len && self->shown->len > 1; i++)
    if (find_row (self, self->shown->pdata[i]) == NULL)
      gtk_box_append (GTK_BOX (self->list), coffer_transfer_row_new (self->shown->pdata[i]));
}

/* One has its name and its buttons here, of several these are in the list. */
static void
update_parts (CofferTransferBar *self)
{
  gboolean several = self->shown->len > 1;
  g_autofree char *number = g_strdup_printf ("%'u", self->shown->len);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s Transfer", "%s Transfers", self->shown->len), number);
  const char *title = several || self->shown->len == 0 ? text : coffer_transfer_get_title (self->shown->pdata[0]);

  gtk_label_set_text (self->title, title);
  gtk_menu_button_set_label (self->list_button, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  if (!several)
    gtk_menu_button_popdown (self->list_button);
  gtk_widget_set_visible (GTK_WIDGET (self->list_button), several);
  gtk_widget_set_visible (GTK_WIDGET (self->title), !several && !self->narrow);
  gtk_widget_set_visible (GTK_WIDGET (self->pause_button), self->shown->len == 1 && coffer_transfer_can_pause (self->shown->pdata[0]));
  gtk_widget_set_visible (self->cancel_button, !several);
}

/* What is shown */

static void
let_go (CofferTransferBar *self,
        CofferTransfer    *transfer)
{
  g_signal_handlers_disconnect_by_func (transfer, progress_cb, self);
  g_signal_handlers_disconnect_by_func (transfer, state_cb, self);
}

static void
follow (CofferTransferBar *self,
        CofferTransfer    *transfer)
{
  g_signal_connect_swapped (transfer, "progress", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (transfer, "notify::waits-for", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (transfer, "notify::state", G_CALLBACK (state_cb), self);
}

/* Those that have ended are known only now. */
static void
count_gone (CofferTransferBar *self,
            GPtrArray         *transfers)
{
  for (guint i = 0; i < self->shown->len; i++)
    if (!g_ptr_array_find (transfers, self->shown->pdata[i], NULL))
      {
        CofferTransferProgress progress = coffer_transfer_get_progress (self->shown->pdata[i]);

        self->gone.items += progress.items;
        self->gone.bytes += progress.bytes;
      }
  if (transfers->len < 2)
    self->gone = (CofferTransferProgress) { 0 };
}

/* @transfers (transfer full): all that are to be told of */
static void
show_transfers (CofferTransferBar *self,
                GPtrArray         *transfers)
{
  count_gone (self, transfers);
  for (guint i = 0; i < self->shown->len; i++)
    let_go (self, self->shown->pdata[i]);
  for (guint i = 0; i < transfers->len; i++)
    follow (self, transfers->pdata[i]);
  g_ptr_array_unref (self->shown);
  self->shown = transfers;
  update_list (self);
  update_parts (self);
  if (transfers->len == 0)
    {
      g_clear_handle_id (&self->patience_id, g_source_remove);
      gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
      return;
    }
  state_cb (self);
  if (!gtk_widget_get_visible (GTK_WIDGET (self)) && self->patience_id == 0)
    self->patience_id = g_timeout_add (PATIENCE_MS, appear_cb, self);
}

static void
transfers_cb (CofferTransferBar *self)
{
  GListModel *model = self->target != NULL ? G_LIST_MODEL (self->transfers) : NULL;
  GPtrArray *transfers = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; model != NULL && i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr(CofferTransfer) transfer = g_list_model_get_item (model, i);

      if (coffer_transfer_concerns (transfer, self->target))
        g_ptr_array_add (transfers, g_steal_pointer (&transfer));
    }
  show_transfers (self, transfers);
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
      gtk_widget_set_size_request (GTK_WIDGET (self->progress), self->narrow ? NARROW_BAR_WIDTH : BAR_WIDTH, -1);
      update_room (self);
      update_parts (self);
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
coffer_transfer_bar_finalize (GObject *object)
{
  g_ptr_array_unref (COFFER_TRANSFER_BAR (object)->shown);

  G_OBJECT_CLASS (coffer_transfer_bar_parent_class)->finalize (object);
}

static void
coffer_transfer_bar_class_init (CofferTransferBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_transfer_bar_get_property;
  object_class->set_property = coffer_transfer_bar_set_property;
  object_class->dispose = coffer_transfer_bar_dispose;
  object_class->finalize = coffer_transfer_bar_finalize;
  properties[PROP_NARROW] = g_param_spec_boolean ("narrow", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-transfer-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, title);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, progress);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, facts);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, pause_button);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, list_button);
  gtk_widget_class_bind_template_child (widget_class, CofferTransferBar, list);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, pause_cb);
}

static void
coffer_transfer_bar_init (CofferTransferBar *self)
{
  self->shown = g_ptr_array_new_with_free_func (g_object_unref);
  gtk_widget_init_template (GTK_WIDGET (self));
}
