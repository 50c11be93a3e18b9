/* SPDX-License-Identifier: MIT */
/* The bar of the selection. It comes with the second key and goes with it; while it goes it still says what it said. Main thread.
 */
#define G_LOG_DOMAIN "coffer-selection-bar"

#include "coffer-selection-bar.h"

struct _CofferSelectionBar {
  AdwBin parent_instance;

  GtkLabel *label;
  GtkWidget *export_word;
  GtkWidget *rename_word;
  GtkWidget *delete_word;
  GtkWidget *copy_button;
  GtkWidget *export_button;
  GtkWidget *archive_button;
  GtkWidget *rename_button;
  GtkWidget *delete_button;

  CofferKeySelection *selection;
  CofferKeyTally *tally;
  gboolean narrow;
  gboolean tiny;
};

enum {
  PROP_NARROW = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferSelectionBar, coffer_selection_bar, ADW_TYPE_BIN)

static void
update_cb (CofferSelectionBar *self)
{
  gboolean several = self->selection != NULL && coffer_key_selection_get_n_selected (self->selection) > 1;

  if (several)
    gtk_label_set_text (self->label, coffer_key_tally_get_text (self->tally));
  gtk_revealer_set_reveal_child (GTK_REVEALER (adw_bin_get_child (ADW_BIN (self))), several);
  gtk_widget_set_can_target (GTK_WIDGET (self), several);
}

void
coffer_selection_bar_set_selection (CofferSelectionBar *self,
                                    CofferKeySelection *selection,
                                    CofferKeyTally     *tally)
{
  g_return_if_fail (COFFER_IS_SELECTION_BAR (self));

  if (self->tally != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->selection, update_cb, self);
      g_signal_handlers_disconnect_by_func (self->tally, update_cb, self);
    }
  g_set_object (&self->selection, selection);
  g_set_object (&self->tally, tally);
  if (tally != NULL)
    {
      g_signal_connect_swapped (selection, "notify::n-selected", G_CALLBACK (update_cb), self);
      g_signal_connect_swapped (tally, "notify::text", G_CALLBACK (update_cb), self);
    }
  update_cb (self);
}

static void
update_button (CofferSelectionBar *self,
               GtkWidget          *button,
               GtkWidget          *word)
{
  gtk_widget_set_visible (word, !self->narrow);
  gtk_widget_remove_css_class (button, self->narrow ? "image-text-button" : "image-button");
  gtk_widget_add_css_class (button, self->narrow ? "image-button" : "image-text-button");
}

static void
update_words (CofferSelectionBar *self)
{
  update_button (self, self->export_button, self->export_word);
  update_button (self, self->rename_button, self->rename_word);
  update_button (self, self->delete_button, self->delete_word);
}

/*
 * What a vault that is only viewed cannot do is absent. Where it can be done and there is little room, how much is selected needs it more than
 * what a menu has, too.
 */
static void
update_buttons (CofferSelectionBar *self)
{
  gboolean editable = gtk_widget_get_sensitive (self->rename_button);
  gboolean full = self->tiny && editable;

  gtk_widget_set_visible (self->copy_button, gtk_widget_get_sensitive (self->copy_button) && !full);
  gtk_widget_set_visible (self->archive_button, !full);
  gtk_widget_set_visible (self->rename_button, editable);
  gtk_widget_set_visible (self->delete_button, gtk_widget_get_sensitive (self->delete_button));
}

void
coffer_selection_bar_set_tiny (CofferSelectionBar *self,
                               gboolean            tiny)
{
  g_return_if_fail (COFFER_IS_SELECTION_BAR (self));

  self->tiny = tiny;
  update_buttons (self);
}

static void
coffer_selection_bar_get_property (GObject    *object,
                                   guint       id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_NARROW:
      g_value_set_boolean (value, COFFER_SELECTION_BAR (object)->narrow);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_selection_bar_set_property (GObject      *object,
                                   guint         id,
                                   const GValue *value,
                                   GParamSpec   *pspec)
{
  CofferSelectionBar *self = COFFER_SELECTION_BAR (object);

  switch (id)
    {
    case PROP_NARROW:
      self->narrow = g_value_get_boolean (value);
      update_words (self);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_selection_bar_dispose (GObject *object)
{
  CofferSelectionBar *self = COFFER_SELECTION_BAR (object);

  if (self->label != NULL)
    coffer_selection_bar_set_selection (self, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_SELECTION_BAR);

  G_OBJECT_CLASS (coffer_selection_bar_parent_class)->dispose (object);
}

static void
coffer_selection_bar_class_init (CofferSelectionBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_selection_bar_get_property;
  object_class->set_property = coffer_selection_bar_set_property;
  object_class->dispose = coffer_selection_bar_dispose;

  properties[PROP_NARROW] = g_param_spec_boolean ("narrow", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-selection-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, label);
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, export_button);
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, export_word);
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, rename_word);
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, delete_word);
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, copy_button);
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, archive_button);
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, rename_button);
  gtk_widget_class_bind_template_child (widget_class, CofferSelectionBar, delete_button);
}

static void
coffer_selection_bar_init (CofferSelectionBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_swapped (self->copy_button, "notify::sensitive", G_CALLBACK (update_buttons), self);
  g_signal_connect_swapped (self->rename_button, "notify::sensitive", G_CALLBACK (update_buttons), self);
  g_signal_connect_swapped (self->delete_button, "notify::sensitive", G_CALLBACK (update_buttons), self);
  update_buttons (self);
  update_words (self);
  update_cb (self);
}
