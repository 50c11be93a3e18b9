/* SPDX-License-Identifier: MIT */
/* A section's row in the sidebar: icon, name, count. Follows its section. Main thread. */
#define G_LOG_DOMAIN "coffer-sidebar-row"

#include "coffer-sidebar-row.h"

#include <glib/gi18n-lib.h>

struct _CofferSidebarRow {
  GtkListBoxRow parent_instance;

  GtkImage *icon;
  GtkLabel *name;
  GtkLabel *count;

  CofferSection *section;
};

G_DEFINE_FINAL_TYPE (CofferSidebarRow, coffer_sidebar_row, GTK_TYPE_LIST_BOX_ROW)

const char *
coffer_sidebar_row_icon_name (CofferSection *section)
{
  switch (coffer_section_get_kind (section))
    {
    case COFFER_SECTION_COLUMNS:
      return "x-office-spreadsheet-symbolic";
    case COFFER_SECTION_TEXT:
      return "text-x-generic-symbolic";
    case COFFER_SECTION_VECTOR:
      return "applications-science-symbolic";
    default:
      return "package-x-generic-symbolic";
    }
}

static void
count_cb (CofferSidebarRow *self)
{
  guint64 count = coffer_section_get_count (self->section);
  g_autofree char *text = count == G_MAXUINT64 ? NULL : g_strdup_printf ("%'" G_GUINT64_FORMAT, count);
  g_autofree char *name = text == NULL ? g_strdup (coffer_section_get_display_name (self->section))
                                       : g_strdup_printf (_("%s, %s"), coffer_section_get_display_name (self->section), text);

  gtk_label_set_text (self->count, text != NULL ? text : "");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
coffer_sidebar_row_dispose (GObject *object)
{
  g_clear_object (&COFFER_SIDEBAR_ROW (object)->section);
  gtk_widget_dispose_template (GTK_WIDGET (object), COFFER_TYPE_SIDEBAR_ROW);

  G_OBJECT_CLASS (coffer_sidebar_row_parent_class)->dispose (object);
}

static void
coffer_sidebar_row_class_init (CofferSidebarRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_sidebar_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-sidebar-row.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferSidebarRow, icon);
  gtk_widget_class_bind_template_child (widget_class, CofferSidebarRow, name);
  gtk_widget_class_bind_template_child (widget_class, CofferSidebarRow, count);
}

static void
coffer_sidebar_row_init (CofferSidebarRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

CofferSection *
coffer_sidebar_row_get_section (CofferSidebarRow *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_ROW (self), NULL);

  return self->section;
}

GtkWidget *
coffer_sidebar_row_new (CofferSection *section)
{
  CofferSidebarRow *self = g_object_new (COFFER_TYPE_SIDEBAR_ROW, NULL);

  self->section = g_object_ref (section);
  gtk_image_set_from_icon_name (self->icon, coffer_sidebar_row_icon_name (section));
  gtk_label_set_text (self->name, coffer_section_get_display_name (section));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), coffer_section_get_reason (section));
  g_signal_connect_object (section, "notify::count", G_CALLBACK (count_cb), self, G_CONNECT_SWAPPED);
  count_cb (self);

  return GTK_WIDGET (self);
}
