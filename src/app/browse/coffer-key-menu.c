/* SPDX-License-Identifier: MIT */
/* What the list and the grid have in common: the menu of a key, and its shortcuts. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-menu"

#include "coffer-key-menu.h"

static gboolean
restore_cb (gpointer user_data)
{
  GtkPopoverMenu *menu = user_data;

  gtk_popover_menu_set_menu_model (menu, g_object_get_data (G_OBJECT (menu), "key-menu"));
  return G_SOURCE_REMOVE;
}

/* Not before the item that closed it has done its work. */
static void
copy_menu_closed_cb (GtkPopoverMenu *menu)
{
  g_signal_handlers_disconnect_by_func (menu, copy_menu_closed_cb, NULL);
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, restore_cb, g_object_ref (menu), g_object_unref);
}

/* The formats alone, where the view has its menu. */
static gboolean
copy_as_cb (GtkWidget *view,
            GVariant  *parameter,
            gpointer   user_data)
{
  GtkPopoverMenu *menu = user_data;

  if (gtk_widget_get_visible (GTK_WIDGET (menu)))
    return FALSE;

  gtk_popover_menu_set_menu_model (menu, g_object_get_data (G_OBJECT (menu), "copy-menu"));
  gtk_widget_activate_action (view, "keys.menu", NULL);
  if (gtk_widget_get_visible (GTK_WIDGET (menu)))
    g_signal_connect (menu, "closed", G_CALLBACK (copy_menu_closed_cb), NULL);
  else   /* nothing is selected */
    restore_cb (menu);
  return TRUE;
}

/* Having shown a menu in the menu, the popover keeps the keyboard to itself. */
static void
closed_cb (GtkWidget *menu)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (menu));

  if (focus == NULL || focus == menu || gtk_widget_is_ancestor (focus, menu))
    gtk_widget_grab_focus (gtk_widget_get_parent (menu));
}

GtkPopover *
coffer_key_menu_attach (GtkWidget *view)
{
  g_autoptr(GtkBuilder) builder = gtk_builder_new_from_resource ("/io/github/coffervault/Coffer/ui/coffer-key-menu.ui");
  GtkPopover *menu = GTK_POPOVER (gtk_builder_get_object (builder, "menu"));
  GtkShortcutController *shortcuts = GTK_SHORTCUT_CONTROLLER (gtk_builder_get_object (builder, "shortcuts"));
  const char *menus[] = { "key-menu", "copy-menu" };

  for (gsize i = 0; i < G_N_ELEMENTS (menus); i++)
    g_object_set_data_full (G_OBJECT (menu), menus[i], g_object_ref (gtk_builder_get_object (builder, menus[i])), g_object_unref);
  gtk_shortcut_controller_add_shortcut (shortcuts, gtk_shortcut_new (gtk_shortcut_trigger_parse_string ("<Control><Shift>c"),
                                                                     gtk_callback_action_new (copy_as_cb, menu, NULL)));
  g_signal_connect (menu, "closed", G_CALLBACK (closed_cb), NULL);
  gtk_widget_set_parent (GTK_WIDGET (menu), view);
  gtk_widget_add_controller (view, GTK_EVENT_CONTROLLER (g_object_ref (shortcuts)));
  return menu;
}
