/* SPDX-License-Identifier: MIT */
/*
 * A boxed list of facts. Rows are kept and only their words change from one thing shown to the next, so that going through
 * many keys makes no widgets. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-facts-list.h"

#include <glib/gi18n-lib.h>

struct _CofferFactsList
{
  GtkWidget parent_instance;

  GtkListBox *list;
};

G_DEFINE_FINAL_TYPE (CofferFactsList, coffer_facts_list, GTK_TYPE_WIDGET)

static GtkLabel *
name_label_new (void)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_widget_add_css_class (label, "k");
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_valign (label, GTK_ALIGN_BASELINE);

  return GTK_LABEL (label);
}

static GtkLabel *
value_label_new (void)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_widget_add_css_class (label, "num");
  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_RIGHT);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_valign (label, GTK_ALIGN_BASELINE);

  return GTK_LABEL (label);
}

static GtkListBoxRow *
append_row (CofferFactsList *self)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);

  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (name_label_new ()));
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (value_label_new ()));
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_list_box_row_set_selectable (GTK_LIST_BOX_ROW (row), FALSE);
  /* Tab goes to the values, which can be selected, not to the rows around them. */
  gtk_widget_set_focusable (row, FALSE);
  gtk_list_box_append (self->list, row);

  return GTK_LIST_BOX_ROW (row);
}

/* In GTK 4.8 even the same words make the window measure all it shows. */
static void
set_label (GtkWidget  *label,
           const char *text)
{
  if (!g_str_equal (gtk_label_get_label (GTK_LABEL (label)), text))
    gtk_label_set_label (GTK_LABEL (label), text);
}

static void
set_row (GtkListBoxRow *row,
         const char    *name,
         const char    *value)
{
  GtkWidget *box = gtk_list_box_row_get_child (row);
  GtkWidget *name_label = gtk_widget_get_first_child (box);
  GtkWidget *value_label = gtk_widget_get_last_child (box);
  g_autofree char *spoken = g_strdup_printf ("%s: %s", name, value);

  set_label (name_label, name);
  set_label (value_label, value);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

static void
coffer_facts_list_dispose (GObject *object)
{
  CofferFactsList *self = COFFER_FACTS_LIST (object);

  g_clear_pointer ((GtkWidget **) &self->list, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_facts_list_parent_class)->dispose (object);
}

static void
coffer_facts_list_class_init (CofferFactsListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_facts_list_dispose;

  gtk_widget_class_set_css_name (widget_class, "factslist");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
coffer_facts_list_init (CofferFactsList *self)
{
  self->list = GTK_LIST_BOX (gtk_list_box_new ());
  gtk_list_box_set_selection_mode (self->list, GTK_SELECTION_NONE);
  gtk_widget_add_css_class (GTK_WIDGET (self->list), "boxed-list");
  gtk_widget_add_css_class (GTK_WIDGET (self->list), "facts");
  gtk_widget_set_parent (GTK_WIDGET (self->list), GTK_WIDGET (self));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Facts"), -1);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

GtkWidget *
coffer_facts_list_new (void)
{
  return g_object_new (COFFER_TYPE_FACTS_LIST, NULL);
}

void
coffer_facts_list_set (CofferFactsList    *self,
                       const char * const *facts)
{
  GtkListBoxRow *row;
  int n = 0;

  g_return_if_fail (COFFER_IS_FACTS_LIST (self));

  for (; facts != NULL && facts[2 * n] != NULL; n++)
    {
      row = gtk_list_box_get_row_at_index (self->list, n);
      set_row (row != NULL ? row : append_row (self), facts[2 * n], facts[2 * n + 1]);
    }

  /* Without any, they are kept for the next facts: who goes through many keys sees none in between. */
  while (n > 0 && (row = gtk_list_box_get_row_at_index (self->list, n)) != NULL)
    gtk_list_box_remove (self->list, GTK_WIDGET (row));

  gtk_widget_set_visible (GTK_WIDGET (self), n > 0);
}
