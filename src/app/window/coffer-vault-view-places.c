/* SPDX-License-Identifier: MIT */
/* Going from place to place, and searching there. Main thread. */
#define G_LOG_DOMAIN "coffer-vault-view"

#include "coffer-vault-view-private.h"

static void
section_cb (CofferVaultView *self)
{
  CofferSection *section = coffer_sidebar_get_section (self->sidebar);

  if (self->vault == NULL || section == NULL)
    return;

  coffer_history_visit (self->history, coffer_section_get_name (section), coffer_sidebar_get_prefix (self->sidebar));
  if (!coffer_section_has_keys (section))
    {
      coffer_key_selection_clear (self->selection);
      coffer_vault_view_watch_section (self, section);
    }
  else
    {
      coffer_vault_view_watch_section (self, NULL);
      if (g_strcmp0 (coffer_vault_get_table (self->vault), coffer_section_get_name (section)) != 0)
        {
          coffer_key_selection_clear (self->selection);
          coffer_vault_set_table (self->vault, coffer_section_get_name (section));
        }
      coffer_entry_list_set_prefix (self->list, coffer_sidebar_get_prefix (self->sidebar));
    }
  coffer_vault_view_update_scope (self);
  coffer_vault_view_update_page (self);
  coffer_vault_view_update_title (self);
}

static void
section_activated_cb (CofferVaultView *self)
{
  coffer_vault_view_show_content (self);
  if (adw_leaflet_get_folded (self->outer))
    gtk_widget_grab_focus (GTK_WIDGET (self->keys));
}

static void
crumb_chosen_cb (CofferVaultView *self,
                 GBytes          *prefix)
{
  coffer_sidebar_choose (self->sidebar, coffer_sidebar_get_section (self->sidebar), prefix);
}

void
coffer_vault_view_go_up (CofferVaultView *self)
{
  GBytes *prefix = coffer_sidebar_get_prefix (self->sidebar);
  g_autoptr(GBytes) parent = NULL;
  gsize size;

  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (prefix == NULL)
    return;
  size = coffer_separators_parent (coffer_sidebar_get_separators (self->sidebar), prefix);
  parent = size > 0 ? g_bytes_new_from_bytes (prefix, 0, size) : NULL;
  coffer_sidebar_choose (self->sidebar, coffer_sidebar_get_section (self->sidebar), parent);
}

void
coffer_vault_view_go_along (CofferVaultView *self,
                            int              step)
{
  gboolean at_preview = adw_leaflet_get_folded (self->inner) && adw_leaflet_get_visible_child (self->inner) == GTK_WIDGET (self->preview_pane);
  const char *section;
  GBytes *prefix;

  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (!at_preview && coffer_history_go (self->history, step, &section, &prefix))
    coffer_sidebar_select (self->sidebar, section, prefix);
  else if (step < 0)
    coffer_vault_view_go_back (self);
}

void
coffer_vault_view_set_separators (CofferVaultView *self,
                                  const char      *characters)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  coffer_sidebar_set_separators (self->sidebar, characters);
}

const CofferSeparators *
coffer_vault_view_get_separators (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return coffer_sidebar_get_separators (self->sidebar);
}

/* Searching */

/* The first hit, if none was chosen: it is what people go down for. */
static void
choose_hit (CofferVaultView *self)
{
  if (coffer_search_bar_get_active (self->search) && coffer_key_selection_get_n_selected (self->selection) == 0 &&
      g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0)
    gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), 0, TRUE);
}

static void
leave_search_cb (CofferVaultView *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self->keys)))
    {
      choose_hit (self);
      gtk_widget_grab_focus (GTK_WIDGET (self->keys));
    }
  else   /* none was found; the search is left and they come back, or it is not */
    self->keys_awaited = !coffer_search_bar_get_active (self->search);
}

/* From one prefix to all keys. */
static void
widen_cb (CofferVaultView *self)
{
  coffer_sidebar_choose (self->sidebar, coffer_sidebar_get_section (self->sidebar), NULL);
}

static void
clear_search_cb (CofferVaultView *self)
{
  coffer_search_bar_clear (self->search);
}

static gboolean
escape_cb (CofferVaultView *self,
           guint            keyval,
           guint            keycode,
           GdkModifierType  state)
{
  if (keyval == GDK_KEY_Escape && coffer_vault_view_get_large (self))
    return gtk_widget_activate_action (GTK_WIDGET (self), "win.large-preview", NULL);
  if (keyval != GDK_KEY_Escape || !coffer_search_bar_get_active (self->search))
    return GDK_EVENT_PROPAGATE;

  coffer_search_bar_set_active (self->search, FALSE);
  return GDK_EVENT_STOP;
}

/* The keys have the keyboard while their value is shown large: they go through it, and the picture has its own. */
static gboolean
large_key_cb (CofferVaultView *self,
              guint            keyval,
              guint            keycode,
              GdkModifierType  state)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  return coffer_vault_view_get_large (self) && focus != NULL && gtk_widget_is_ancestor (focus, GTK_WIDGET (self->keys)) &&
         coffer_preview_key (self->preview, keyval, state);
}

CofferSearchBar *
coffer_vault_view_get_search (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return self->search;
}

gboolean
coffer_vault_view_can_search (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), FALSE);

  return self->list != NULL && self->watched == NULL;
}

void
coffer_vault_view_bind_places (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_callback (widget_class, clear_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, crumb_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, escape_cb);
  gtk_widget_class_bind_template_callback (widget_class, leave_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, large_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, section_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, section_cb);
  gtk_widget_class_bind_template_callback (widget_class, widen_cb);
}
