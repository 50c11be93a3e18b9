/* SPDX-License-Identifier: MIT */
/* The menu of a table or a prefix, in the sidebar and on the way to it. It is made when it is wanted, and keeps its size: no part of it
 * comes or goes, which who has it as a child would have to see to in GTK 4.8. Main thread.
 */
#include "coffer-place-menu.h"

#include <glib/gi18n-lib.h>

static gboolean
drop_cb (gpointer popover)
{
  if (gtk_widget_get_parent (popover) != NULL)
    gtk_widget_unparent (popover);
  return G_SOURCE_REMOVE;
}

/* Not before the item that closed it has done its work. */
static void
closed_cb (GtkWidget *popover)
{
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, drop_cb, g_object_ref (popover), g_object_unref);
}

static void
destroyed_cb (GtkWidget *popover)
{
  drop_cb (popover);
}

void
coffer_place_menu_popup (GtkWidget *widget,
                         double     x,
                         double     y)
{
  g_autoptr(GMenu) menu = g_menu_new ();
  GtkRoot *root = gtk_widget_get_root (widget);
  GtkWidget *popover;

  g_return_if_fail (GTK_IS_WIDGET (widget));

  g_menu_append (menu, _("_Export…"), "win.export-shown");
  if (G_IS_ACTION_MAP (root) && g_action_map_lookup_action (G_ACTION_MAP (root), "export-archive-shown") != NULL)
    g_menu_append (menu, _("Export as _Archive…"), "win.export-archive-shown");
  g_menu_append (menu, _("_Rename…"), "win.rename-shown");
  g_menu_append (menu, _("_Delete…"), "win.delete-shown");
  popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  gtk_widget_set_parent (popover, widget);
  gtk_widget_set_halign (popover, GTK_ALIGN_START);
  gtk_popover_set_has_arrow (GTK_POPOVER (popover), FALSE);
  gtk_popover_set_pointing_to (GTK_POPOVER (popover), &(GdkRectangle) { x, y, 1, 1 });
  g_signal_connect (popover, "closed", G_CALLBACK (closed_cb), NULL);
  g_signal_connect_object (widget, "destroy", G_CALLBACK (destroyed_cb), popover, G_CONNECT_SWAPPED);
  gtk_popover_popup (GTK_POPOVER (popover));
}
