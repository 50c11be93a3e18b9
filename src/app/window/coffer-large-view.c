/* SPDX-License-Identifier: MIT */
/* The frame around a value that has the window to itself. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window"

#include "coffer-large-view.h"

#define KEY_BYTES 256   /* of a key: more than fits, its middle left out */

struct _CofferLargeView {
  AdwBin parent_instance;

  AdwWindowTitle *title;
  AdwBin *room;
};

G_DEFINE_FINAL_TYPE (CofferLargeView, coffer_large_view, ADW_TYPE_BIN)

void
coffer_large_view_set_content (CofferLargeView *self,
                               GtkWidget       *content)
{
  g_return_if_fail (COFFER_IS_LARGE_VIEW (self));

  adw_bin_set_child (self->room, content);
}

void
coffer_large_view_set_key (CofferLargeView *self,
                           CofferKey       *key)
{
  g_autofree char *prefix = NULL;
  g_autofree char *name = key != NULL ? coffer_key_split_display (key, KEY_BYTES, &prefix) : NULL;

  g_return_if_fail (COFFER_IS_LARGE_VIEW (self));

  adw_window_title_set_title (self->title, name != NULL ? name : "");
  adw_window_title_set_subtitle (self->title, prefix != NULL ? prefix : "");
}

static gboolean
key_pressed_cb (CofferLargeView *self,
                guint            keyval,
                guint            keycode,
                GdkModifierType  state)
{
  if ((keyval != GDK_KEY_Escape && keyval != GDK_KEY_space) || (state & gtk_accelerator_get_default_mod_mask ()) != 0)
    return GDK_EVENT_PROPAGATE;

  gtk_widget_activate_action (GTK_WIDGET (self), "win.large-preview", NULL);
  return GDK_EVENT_STOP;
}

static void
coffer_large_view_class_init (CofferLargeViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-large-view.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferLargeView, title);
  gtk_widget_class_bind_template_child (widget_class, CofferLargeView, room);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
}

static void
coffer_large_view_init (CofferLargeView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
