/* SPDX-License-Identifier: MIT */
/* A cell of the Size or Type column. It follows its entry while it is bound and is blank until the fact is known, so nothing
 * moves when the fact arrives. There are hundreds, so they do without a template. Main thread.
 */
#define G_LOG_DOMAIN "coffer-fact-cell"

#include "coffer-fact-cell.h"

struct _CofferFactCell {
  GtkWidget parent_instance;

  GtkWidget *inscription;

  CofferFact fact;
  CofferEntry *entry;
};

G_DEFINE_FINAL_TYPE (CofferFactCell, coffer_fact_cell, GTK_TYPE_WIDGET)

char *
coffer_fact_format_size (guint64 size)
{
  return size == G_MAXUINT64 ? g_strdup ("") : g_format_size (size);
}

static void
update_cb (CofferFactCell *self)
{
  g_autofree char *size = NULL;
  const char *text = NULL;

  if (self->entry != NULL && self->fact == COFFER_FACT_SIZE)
    text = size = coffer_fact_format_size (coffer_entry_get_size (self->entry));
  else if (self->entry != NULL)
    text = coffer_entry_get_type_label (self->entry);

  gtk_inscription_set_text (GTK_INSCRIPTION (self->inscription), text);
}

void
coffer_fact_cell_set_entry (CofferFactCell *self,
                            CofferEntry    *entry)
{
  g_return_if_fail (COFFER_IS_FACT_CELL (self));

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_func (self->entry, update_cb, self);
  g_set_object (&self->entry, entry);
  if (entry != NULL)
    g_signal_connect_swapped (entry, self->fact == COFFER_FACT_SIZE ? "notify::size" : "notify::type-label",
                              G_CALLBACK (update_cb), self);
  update_cb (self);
}

static void
coffer_fact_cell_dispose (GObject *object)
{
  CofferFactCell *self = COFFER_FACT_CELL (object);

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_func (self->entry, update_cb, self);
  g_clear_object (&self->entry);
  g_clear_pointer (&self->inscription, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_fact_cell_parent_class)->dispose (object);
}

static void
coffer_fact_cell_class_init (CofferFactCellClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_fact_cell_dispose;

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
coffer_fact_cell_init (CofferFactCell *self)
{
  self->inscription = g_object_new (GTK_TYPE_INSCRIPTION,
                                    "min-chars", 3,
                                    "nat-chars", 8,
                                    "text-overflow", GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END,
                                    "valign", GTK_ALIGN_CENTER,
                                    NULL);
  gtk_widget_set_parent (self->inscription, GTK_WIDGET (self));
}

GtkWidget *
coffer_fact_cell_new (CofferFact fact)
{
  CofferFactCell *self = g_object_new (COFFER_TYPE_FACT_CELL, NULL);

  self->fact = fact;
  gtk_widget_add_css_class (GTK_WIDGET (self), fact == COFFER_FACT_SIZE ? "num" : "dim-label");
  gtk_inscription_set_xalign (GTK_INSCRIPTION (self->inscription), fact == COFFER_FACT_SIZE ? 1.0 : 0.0);
  return GTK_WIDGET (self);
}
