/* SPDX-License-Identifier: MIT */
/* The page of an empty window. It only shows and asks: opening is the application's, through app.open-path. Main thread. */
#define G_LOG_DOMAIN "coffer-start-page"

#include "coffer-start-page.h"

struct _CofferStartPage {
  AdwBin parent_instance;

  GtkWidget *open_button;
  GtkWidget *recent_clamp;
  GtkListBox *recent_list;

  CofferRecent *recent;
};

G_DEFINE_FINAL_TYPE (CofferStartPage, coffer_start_page, ADW_TYPE_BIN)

static GtkWidget *
create_row (gpointer item,
            gpointer user_data)
{
  g_autofree char *size = g_format_size (coffer_recent_file_get_size (item));
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *label = gtk_label_new (size);
  GtkWidget *icon = gtk_image_new_from_icon_name ("package-x-generic-symbolic");

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), coffer_recent_file_get_name (item));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), coffer_recent_file_get_folder (item));
  adw_action_row_set_title_lines (ADW_ACTION_ROW (row), 1);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 1);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), icon);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_widget_add_css_class (label, "num");
  gtk_widget_add_css_class (label, "dim-label");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), label);

  return row;
}

static void
row_activated_cb (CofferStartPage *self,
                  GtkListBoxRow   *row)
{
  g_autoptr(CofferRecentFile) file = g_list_model_get_item (G_LIST_MODEL (self->recent), gtk_list_box_row_get_index (row));

  g_autofree char *uri = file != NULL ? g_file_get_uri (coffer_recent_file_get_file (file)) : NULL;

  if (uri != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.open-path", "s", uri);
}

static void
recent_changed_cb (CofferStartPage *self)
{
  gboolean any = g_list_model_get_n_items (G_LIST_MODEL (self->recent)) > 0;

  gtk_widget_set_visible (self->recent_clamp, any);
}

void
coffer_start_page_set_recent (CofferStartPage *self,
                              CofferRecent    *recent)
{
  g_return_if_fail (COFFER_IS_START_PAGE (self));
  g_return_if_fail (self->recent == NULL);

  self->recent = g_object_ref (recent);
  g_signal_connect_object (recent, "items-changed", G_CALLBACK (recent_changed_cb), self, G_CONNECT_SWAPPED);
  gtk_list_box_bind_model (self->recent_list, G_LIST_MODEL (recent), create_row, NULL, NULL);
  recent_changed_cb (self);
}

static gboolean
coffer_start_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (COFFER_START_PAGE (widget)->open_button);
}

static void
coffer_start_page_dispose (GObject *object)
{
  g_clear_object (&COFFER_START_PAGE (object)->recent);
  gtk_widget_dispose_template (GTK_WIDGET (object), COFFER_TYPE_START_PAGE);

  G_OBJECT_CLASS (coffer_start_page_parent_class)->dispose (object);
}

static void
coffer_start_page_class_init (CofferStartPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_start_page_dispose;
  widget_class->grab_focus = coffer_start_page_grab_focus;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-start-page.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferStartPage, open_button);
  gtk_widget_class_bind_template_child (widget_class, CofferStartPage, recent_clamp);
  gtk_widget_class_bind_template_child (widget_class, CofferStartPage, recent_list);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
coffer_start_page_init (CofferStartPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
