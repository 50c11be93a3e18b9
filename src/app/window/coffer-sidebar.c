/* SPDX-License-Identifier: MIT */
/* The sidebar: what is chosen in it, and the header above its list. What is chosen stays what it is while nobody chooses another,
 * whatever the list shows. Main thread.
 */
#define G_LOG_DOMAIN "coffer-sidebar"

#include "coffer-sidebar.h"

#include <glib/gi18n-lib.h>

#include "coffer-sidebar-list.h"

struct _CofferSidebar {
  AdwBin parent_instance;

  AdwHeaderBar *header;
  AdwWindowTitle *title;
  GtkMenuButton *open_button;
  GtkMenuButton *menu_button;
  CofferSidebarList *list;

  CofferVault *vault;
  CofferRecent *recent;
  GMenu *recent_menu;
  GMenu *undo_section;
  CofferSection *section;
  GBytes *prefix;
};

enum {
  PROP_SECTION = 1,
  PROP_PREFIX,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint activated_signal;

G_DEFINE_FINAL_TYPE (CofferSidebar, coffer_sidebar, ADW_TYPE_BIN)

void
coffer_sidebar_choose (CofferSidebar *self,
                       CofferSection *section,
                       GBytes        *prefix)
{
  gboolean same;

  g_return_if_fail (COFFER_IS_SIDEBAR (self));

  same = self->prefix == prefix || (self->prefix != NULL && prefix != NULL && g_bytes_equal (self->prefix, prefix));
  g_object_freeze_notify (G_OBJECT (self));
  if (g_set_object (&self->section, section))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SECTION]);
  if (!same)
    {
      g_clear_pointer (&self->prefix, g_bytes_unref);
      self->prefix = prefix != NULL ? g_bytes_ref (prefix) : NULL;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PREFIX]);
    }
  coffer_sidebar_list_set_chosen (self->list, self->section, self->prefix);
  g_object_thaw_notify (G_OBJECT (self));
}

static void
chosen_cb (CofferSidebar *self,
           CofferSection *section,
           GBytes        *prefix)
{
  coffer_sidebar_choose (self, section, prefix);
  g_signal_emit (self, activated_signal, 0);
}

static void
editable_cb (CofferSidebar *self)
{
  adw_window_title_set_subtitle (self->title, coffer_vault_get_editable (self->vault) ? "" : _("Read-only"));
}

/* (transfer full) (nullable) */
static CofferSection *
find_section (CofferSidebar *self,
              const char    *name)
{
  GListModel *sections = coffer_vault_get_sections (self->vault);
  guint n = g_list_model_get_n_items (sections);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (sections, i);

      if (g_strcmp0 (coffer_section_get_name (section), name) == 0)
        return g_steal_pointer (&section);
    }
  return NULL;
}

void
coffer_sidebar_select (CofferSidebar *self,
                       const char    *name,
                       GBytes        *prefix)
{
  g_autoptr(CofferSection) section = NULL;

  g_return_if_fail (COFFER_IS_SIDEBAR (self));

  section = find_section (self, name);
  if (section != NULL)
    coffer_sidebar_choose (self, section, coffer_section_is_vault (section) ? prefix : NULL);
}

/* The file holds other sections than before: stay with the name, or else with the table in use. */
static void
sections_changed_cb (CofferSidebar *self)
{
  g_autoptr(CofferSection) section = self->section != NULL ? find_section (self, coffer_section_get_name (self->section)) : NULL;

  if (section != NULL)
    coffer_sidebar_choose (self, section, coffer_section_is_vault (section) ? self->prefix : NULL);
  else
    coffer_sidebar_select (self, coffer_vault_get_table (self->vault), NULL);
}

void
coffer_sidebar_set_vault (CofferSidebar *self,
                          CofferVault   *vault)
{
  g_return_if_fail (COFFER_IS_SIDEBAR (self));

  coffer_sidebar_choose (self, NULL, NULL);
  if (self->vault != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->vault, editable_cb, self);
      g_signal_handlers_disconnect_by_func (coffer_vault_get_sections (self->vault), sections_changed_cb, self);
    }
  coffer_sidebar_list_set_vault (self->list, vault);
  g_set_object (&self->vault, vault);
  if (vault == NULL)
    return;

  adw_window_title_set_title (self->title, coffer_vault_get_display_name (vault));
  g_signal_connect_swapped (vault, "notify::editable", G_CALLBACK (editable_cb), self);
  editable_cb (self);
  g_signal_connect_swapped (coffer_vault_get_sections (vault), "items-changed", G_CALLBACK (sections_changed_cb), self);
}

static void
recent_changed_cb (CofferSidebar *self)
{
  g_menu_remove_all (self->recent_menu);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->recent)); i++)
    {
      g_autoptr(CofferRecentFile) file = g_list_model_get_item (G_LIST_MODEL (self->recent), i);
      g_autoptr(GMenuItem) item = g_menu_item_new (NULL, NULL);
      g_autofree char *uri = g_file_get_uri (coffer_recent_file_get_file (file));
      g_auto(GStrv) parts = g_strsplit (coffer_recent_file_get_name (file), "_", -1);
      g_autofree char *label = g_strjoinv ("__", parts);

      g_menu_item_set_label (item, label);
      g_menu_item_set_action_and_target (item, "win.open-path", "s", uri);
      g_menu_append_item (self->recent_menu, item);
    }
}

void
coffer_sidebar_set_recent (CofferSidebar *self,
                           CofferRecent  *recent)
{
  g_return_if_fail (COFFER_IS_SIDEBAR (self));
  g_return_if_fail (self->recent == NULL);

  self->recent = g_object_ref (recent);
  g_signal_connect_object (recent, "items-changed", G_CALLBACK (recent_changed_cb), self, G_CONNECT_SWAPPED);
  recent_changed_cb (self);
}

CofferSection *
coffer_sidebar_get_section (CofferSidebar *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR (self), NULL);

  return self->section;
}

GBytes *
coffer_sidebar_get_prefix (CofferSidebar *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR (self), NULL);

  return self->prefix;
}

const CofferSeparators *
coffer_sidebar_get_separators (CofferSidebar *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR (self), NULL);

  return coffer_sidebar_list_get_separators (self->list);
}

void
coffer_sidebar_set_separators (CofferSidebar *self,
                               const char    *characters)
{
  g_return_if_fail (COFFER_IS_SIDEBAR (self));

  coffer_sidebar_choose (self, self->section, NULL);
  coffer_sidebar_list_set_separators (self->list, characters);
}

AdwHeaderBar *
coffer_sidebar_get_header (CofferSidebar *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR (self), NULL);

  return self->header;
}

void
coffer_sidebar_pop_up_menu (CofferSidebar *self)
{
  g_return_if_fail (COFFER_IS_SIDEBAR (self));

  gtk_menu_button_popup (self->menu_button);
}

GMenu *
coffer_sidebar_get_undo_menu (CofferSidebar *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR (self), NULL);

  return self->undo_section;
}

static gboolean
coffer_sidebar_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (COFFER_SIDEBAR (widget)->list));
}

static void
coffer_sidebar_get_property (GObject    *object,
                             guint       id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_SECTION:
      g_value_set_object (value, COFFER_SIDEBAR (object)->section);
      break;
    case PROP_PREFIX:
      g_value_set_boxed (value, COFFER_SIDEBAR (object)->prefix);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_sidebar_dispose (GObject *object)
{
  CofferSidebar *self = COFFER_SIDEBAR (object);

  if (self->list != NULL)
    coffer_sidebar_set_vault (self, NULL);
  g_clear_object (&self->recent);
  g_clear_object (&self->recent_menu);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_SIDEBAR);

  G_OBJECT_CLASS (coffer_sidebar_parent_class)->dispose (object);
}

static void
coffer_sidebar_class_init (CofferSidebarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_sidebar_get_property;
  object_class->dispose = coffer_sidebar_dispose;
  widget_class->grab_focus = coffer_sidebar_grab_focus;

  properties[PROP_SECTION] = g_param_spec_object ("section", NULL, NULL, COFFER_TYPE_SECTION, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_PREFIX] = g_param_spec_boxed ("prefix", NULL, NULL, G_TYPE_BYTES, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  activated_signal = g_signal_new ("activated", COFFER_TYPE_SIDEBAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferSidebar, header);
  gtk_widget_class_bind_template_child (widget_class, CofferSidebar, title);
  gtk_widget_class_bind_template_child (widget_class, CofferSidebar, open_button);
  gtk_widget_class_bind_template_child (widget_class, CofferSidebar, menu_button);
  gtk_widget_class_bind_template_child (widget_class, CofferSidebar, list);
  gtk_widget_class_bind_template_child (widget_class, CofferSidebar, undo_section);
  gtk_widget_class_bind_template_callback (widget_class, chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, coffer_sidebar_choose);

  g_type_ensure (COFFER_TYPE_SIDEBAR_LIST);
}

static void
coffer_sidebar_init (CofferSidebar *self)
{
  g_autoptr(GMenu) menu = g_menu_new ();
  g_autoptr(GMenu) open = g_menu_new ();

  gtk_widget_init_template (GTK_WIDGET (self));

  self->recent_menu = g_menu_new ();
  g_menu_append (open, _("_Open…"), "win.open");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (open));
  g_menu_append_section (menu, _("Recent"), G_MENU_MODEL (self->recent_menu));
  gtk_menu_button_set_menu_model (self->open_button, G_MENU_MODEL (menu));
}
