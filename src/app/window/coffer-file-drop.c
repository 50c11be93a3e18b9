/* SPDX-License-Identifier: MIT */
/*
 * Files from file managers and other programs. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window"

#include "coffer-file-drop.h"

#include <string.h>

static GVariant *
find_place (GtkDropTarget      *target,
            CofferFileDropFunc  func)
{
  return func (gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (target)));
}

static gboolean
can_add (GtkDropTarget *target)
{
  GtkRoot *root = gtk_widget_get_root (gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (target)));

  return G_IS_ACTION_GROUP (root) && g_action_group_get_action_enabled (G_ACTION_GROUP (root), "add-uris");
}

static gboolean
accept_cb (GtkDropTarget      *target,
           GdkDrop            *drop,
           CofferFileDropFunc  func)
{
  g_autoptr(GVariant) place = can_add (target) ? find_place (target, func) : NULL;

  return place != NULL && gdk_content_formats_contain_gtype (gdk_drop_get_formats (drop), GDK_TYPE_FILE_LIST);
}

static gboolean
drop_cb (GtkDropTarget      *target,
         const GValue       *value,
         double              x,
         double              y,
         CofferFileDropFunc  func)
{
  g_autoptr(GVariant) place = find_place (target, func), table = NULL, prefix = NULL;
  GVariantBuilder uris;

  if (place == NULL)
    return FALSE;
  g_variant_builder_init (&uris, G_VARIANT_TYPE_STRING_ARRAY);
  for (GSList *l = g_value_get_boxed (value); l != NULL; l = l->next)
    g_variant_builder_add_value (&uris, g_variant_new_take_string (g_file_get_uri (l->data)));
  g_variant_get (place, "(@ay@ay)", &table, &prefix);
  return gtk_widget_activate_action (gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (target)), "win.add-uris", "(@ay@ayas)",
                                     table, prefix, &uris);
}

void
coffer_file_drop_add (GtkWidget          *widget,
                      CofferFileDropFunc  func)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  g_signal_connect (target, "accept", G_CALLBACK (accept_cb), func);
  g_signal_connect (target, "drop", G_CALLBACK (drop_cb), func);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (target));
}

static GVariant *
new_bytes (gconstpointer bytes,
           gsize         size)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, size, 1);
}

GVariant *
coffer_file_drop_place (const char *table,
                        GBytes     *prefix)
{
  gsize size = 0;
  gconstpointer bytes = prefix != NULL ? g_bytes_get_data (prefix, &size) : NULL;

  return g_variant_ref_sink (g_variant_new ("(@ay@ay)", new_bytes (table, strlen (table)), new_bytes (bytes, size)));
}
