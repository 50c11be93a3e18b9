/* SPDX-License-Identifier: MIT */
/*
 * Files, pictures and texts of other programs, and keys of other windows of this one. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window"

#include "coffer-file-drop.h"

#include <string.h>

#include "coffer-bundle-content.h"
#include "coffer-window-private.h"

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

static CofferWindow *
get_window (GtkDropTarget *target)
{
  GtkRoot *root = gtk_widget_get_root (gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (target)));

  return COFFER_IS_WINDOW (root) ? COFFER_WINDOW (root) : NULL;
}

/* Keys are not dropped on the vault that they are in. */
static gboolean
accept_keys (GtkDropTarget *target,
             GdkDrop       *drop)
{
  GdkDrag *drag = gdk_drop_get_drag (drop);
  GdkContentProvider *content = drag != NULL ? gdk_drag_get_content (drag) : NULL;
  CofferWindow *window = get_window (target);

  return COFFER_IS_BUNDLE_CONTENT (content) && window != NULL &&
         !coffer_window_is_source (window, coffer_bundle_content_get_bundle (COFFER_BUNDLE_CONTENT (content)));
}

static gboolean
accept_cb (GtkDropTarget      *target,
           GdkDrop            *drop,
           CofferFileDropFunc  func)
{
  g_autoptr(GVariant) place = can_add (target) ? find_place (target, func) : NULL;

  if (place == NULL)
    return FALSE;
  if (gdk_content_formats_contain_gtype (gdk_drop_get_formats (drop), COFFER_TYPE_BUNDLE))
    return accept_keys (target, drop);
  if (gdk_content_formats_contain_gtype (gdk_drop_get_formats (drop), GDK_TYPE_FILE_LIST))
    return TRUE;
  return gdk_content_formats_contain_gtype (gdk_drop_get_formats (drop), GDK_TYPE_TEXTURE) ||
         gdk_content_formats_contain_gtype (gdk_drop_get_formats (drop), G_TYPE_STRING);
}

static void
set_local (GtkDropTarget *target,
           gboolean       local)
{
  GdkDrop *drop = gtk_drop_target_get_current_drop (target);
  GdkDrag *drag = drop != NULL ? gdk_drop_get_drag (drop) : NULL;

  if (drag != NULL)
    coffer_bundle_content_set_local (drag, local);
}

/* By Shift it is moved; files of other programs are copied in any case. */
static GdkDragAction
enter_cb (GtkDropTarget *target)
{
  GdkDrop *drop = gtk_drop_target_get_current_drop (target);
  GdkDragAction actions = gdk_drop_get_actions (drop);

  set_local (target, TRUE);
  if ((actions & GDK_ACTION_COPY) != 0)
    return GDK_ACTION_COPY;
  return gdk_content_formats_contain_gtype (gdk_drop_get_formats (drop), COFFER_TYPE_BUNDLE) ? actions & GDK_ACTION_MOVE : 0;
}

static void
leave_cb (GtkDropTarget *target)
{
  set_local (target, FALSE);
}

static gboolean
drop_keys (GtkDropTarget *target,
           CofferBundle  *bundle,
           GVariant      *place)
{
  GdkDragAction actions = gdk_drop_get_actions (gtk_drop_target_get_current_drop (target));
  CofferWindow *window = get_window (target);

  if (window == NULL)
    return FALSE;
  coffer_bundle_set_moves (bundle, (actions & GDK_ACTION_COPY) == 0);
  coffer_window_go_to (window, place);
  coffer_window_add_bundle (window, bundle);
  return TRUE;
}

static gboolean
drop_content (GtkDropTarget *target,
              const GValue  *value,
              GVariant      *place)
{
  CofferWindow *window = get_window (target);
  g_autoptr(GBytes) text = NULL;

  if (window == NULL)
    return FALSE;
  coffer_window_go_to (window, place);
  if (G_VALUE_HOLDS (value, GDK_TYPE_TEXTURE))
    {
      coffer_window_add_texture (window, g_value_get_object (value));
      return TRUE;
    }
  text = g_bytes_new (g_value_get_string (value), strlen (g_value_get_string (value)));
  coffer_window_add_bytes (window, text, "text/plain");
  return TRUE;
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
  if (G_VALUE_HOLDS (value, COFFER_TYPE_BUNDLE))
    return drop_keys (target, g_value_get_object (value), place);
  if (!G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST))
    return drop_content (target, value, place);
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
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_INVALID, GDK_ACTION_COPY | GDK_ACTION_MOVE);
  GType types[] = { COFFER_TYPE_BUNDLE, GDK_TYPE_FILE_LIST, GDK_TYPE_TEXTURE, G_TYPE_STRING };

  gtk_drop_target_set_gtypes (target, types, G_N_ELEMENTS (types));
  g_signal_connect (target, "enter", G_CALLBACK (enter_cb), NULL);
  g_signal_connect (target, "motion", G_CALLBACK (enter_cb), NULL);
  g_signal_connect (target, "leave", G_CALLBACK (leave_cb), NULL);
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
