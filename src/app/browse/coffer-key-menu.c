/* SPDX-License-Identifier: MIT */
/* What the list and the grid have in common: the menu of a key, and its shortcuts. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-menu"

#include "coffer-key-menu.h"

GtkPopover *
coffer_key_menu_attach (GtkWidget *view)
{
  g_autoptr(GtkBuilder) builder = gtk_builder_new_from_resource ("/io/github/coffervault/Coffer/ui/coffer-key-menu.ui");
  GtkPopover *menu = GTK_POPOVER (gtk_builder_get_object (builder, "menu"));

  gtk_widget_set_parent (GTK_WIDGET (menu), view);
  gtk_widget_add_controller (view, g_object_ref (GTK_EVENT_CONTROLLER (gtk_builder_get_object (builder, "shortcuts"))));
  return menu;
}
