/* SPDX-License-Identifier: MIT */
/* The three panes of a window and how they fold. Main thread. */
#define G_LOG_DOMAIN "coffer-vault-view"

#include "coffer-vault-view-private.h"

#include <glib/gi18n-lib.h>

#define KEY_BYTES 256

/* Where there is little room it says only what is shown, and where the pane is alone that is in the menu. */
static void
preview_title_cb (CofferVaultView *self)
{
  const char *title = coffer_preview_get_title (self->preview);
  g_autofree char *label = title != NULL ? g_strdup_printf (_("Show as: %s"), title) : g_strdup ("");

  gtk_label_set_label (self->show_as_label, label);
  gtk_label_set_label (self->show_as_kind, title != NULL ? title : "");
  gtk_widget_set_visible (self->show_as, title != NULL && !adw_leaflet_get_folded (self->inner));
}

void
coffer_vault_view_update_preview_title (CofferVaultView *self)
{
  gboolean alone = adw_leaflet_get_folded (self->inner);
  CofferEntry *entry = alone && self->selection != NULL ? coffer_key_selection_get_selected_entry (self->selection) : NULL;
  CofferKey *key = entry != NULL ? coffer_entry_get_key (entry) : NULL;
  g_autofree char *prefix = NULL;
  g_autofree char *name = key != NULL ? coffer_key_split_display (key, KEY_BYTES, &prefix) : NULL;

  adw_window_title_set_title (self->preview_title, name != NULL ? name : "");
  adw_window_title_set_subtitle (self->preview_title, prefix != NULL ? prefix : "");
  gtk_widget_set_visible (GTK_WIDGET (self->preview_title), alone);
}

void
coffer_vault_view_fill_preview_menu (CofferVaultView *self)
{
  g_autoptr(GMenu) menu = g_menu_new ();

  g_menu_append_submenu (menu, _("_Show As"), gtk_menu_button_get_menu_model (GTK_MENU_BUTTON (self->show_as)));
  g_menu_append (menu, _("_Large Preview"), "win.large-preview");
  gtk_menu_button_set_menu_model (self->preview_more, G_MENU_MODEL (menu));
}

void
coffer_vault_view_update_folds (CofferVaultView *self)
{
  gboolean outer_folded = adw_leaflet_get_folded (self->outer);
  gboolean inner_folded = adw_leaflet_get_folded (self->inner);
  gboolean at_sidebar = outer_folded && adw_leaflet_get_visible_child (self->outer) == GTK_WIDGET (self->sidebar_pane);
  gboolean at_preview = inner_folded && adw_leaflet_get_visible_child (self->inner) == GTK_WIDGET (self->preview_pane);
  gboolean first_is_content = outer_folded || !self->sidebar_shown;

  adw_header_bar_set_show_end_title_buttons (coffer_sidebar_get_header (self->sidebar), outer_folded);
  adw_header_bar_set_show_start_title_buttons (self->content_header, first_is_content);
  adw_header_bar_set_show_end_title_buttons (self->content_header, inner_folded);
  adw_header_bar_set_show_start_title_buttons (self->preview_header, first_is_content && inner_folded);
  gtk_widget_set_visible (self->content_back, outer_folded);
  gtk_widget_set_visible (self->preview_back, inner_folded);
  gtk_widget_set_visible (GTK_WIDGET (self->more_button), first_is_content);
  gtk_widget_set_visible (self->list_button, !outer_folded);
  gtk_widget_set_visible (self->grid_button, !outer_folded);
  gtk_widget_set_visible (GTK_WIDGET (self->status_bar), !at_sidebar && !at_preview);
  g_object_set (self->sidebar_pane, "resizable", !outer_folded, NULL);
  g_object_set (self->preview_pane, "resizable", !inner_folded, NULL);
  g_object_set (self->status_bar, "narrow", outer_folded, NULL);
  coffer_selection_bar_set_tiny (self->selection_bar, outer_folded);
  coffer_status_bar_set_roomy (self->status_bar, !inner_folded && !outer_folded);
  gtk_widget_set_visible (GTK_WIDGET (self->preview_more), inner_folded);
  gtk_widget_set_visible (self->large_button, !inner_folded);
  coffer_preview_set_heading (self->preview, !inner_folded);
  coffer_vault_view_update_preview_title (self);
  preview_title_cb (self);
}

void
coffer_vault_view_go_back (CofferVaultView *self)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (adw_leaflet_get_folded (self->inner) && adw_leaflet_get_visible_child (self->inner) == GTK_WIDGET (self->preview_pane))
    {
      adw_leaflet_set_visible_child (self->inner, GTK_WIDGET (self->content_pane));
      gtk_widget_grab_focus (GTK_WIDGET (self->keys));
    }
  else if (adw_leaflet_get_folded (self->outer))
    {
      adw_leaflet_set_visible_child (self->outer, GTK_WIDGET (self->sidebar_pane));
      gtk_widget_grab_focus (GTK_WIDGET (self->sidebar));
    }
}

void
coffer_vault_view_show_content (CofferVaultView *self)
{
  adw_leaflet_set_visible_child (self->outer, GTK_WIDGET (self->inner));
  adw_leaflet_set_visible_child (self->inner, GTK_WIDGET (self->content_pane));
}

static void
key_activated_cb (CofferVaultView *self)
{
  if (adw_leaflet_get_folded (self->inner))
    {
      adw_leaflet_set_visible_child (self->inner, GTK_WIDGET (self->preview_pane));
      /* The leaflet gave it to Back, and Enter would go there. */
      gtk_root_set_focus (gtk_widget_get_root (GTK_WIDGET (self)), NULL);
      coffer_preview_focus (self->preview);
    }
  coffer_preview_play (self->preview);
}

gboolean
coffer_vault_view_focus_pane (CofferVaultView *self,
                              int              i)
{
  switch (i)
    {
    case 0:
      return gtk_widget_get_mapped (GTK_WIDGET (self->sidebar_pane)) && gtk_widget_grab_focus (GTK_WIDGET (self->sidebar));
    case 1:
      if (!gtk_widget_get_mapped (GTK_WIDGET (self->content_pane)))
        return FALSE;
      if (gtk_widget_get_mapped (GTK_WIDGET (self->keys)))
        return gtk_widget_grab_focus (GTK_WIDGET (self->keys));
      return (gtk_widget_get_mapped (self->empty_add_button) && gtk_widget_grab_focus (self->empty_add_button)) ||
             gtk_widget_child_focus (GTK_WIDGET (self->content_pane), GTK_DIR_TAB_FORWARD);
    default:
      return gtk_widget_get_mapped (GTK_WIDGET (self->preview_pane)) &&
             (gtk_widget_child_focus (GTK_WIDGET (self->preview), GTK_DIR_TAB_FORWARD) ||
              gtk_widget_child_focus (GTK_WIDGET (self->preview_pane), GTK_DIR_TAB_FORWARD));
    }
}

void
coffer_vault_view_focus_next_pane (CofferVaultView *self)
{
  GtkWidget *panes[] = { GTK_WIDGET (self->sidebar_pane), GTK_WIDGET (self->content_pane), GTK_WIDGET (self->preview_pane) };
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (GTK_WIDGET (self)));
  int at = -1;

  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  for (int i = 0; i < 3; i++)
    if (focus != NULL && gtk_widget_is_ancestor (focus, panes[i]))
      at = i;
  for (int i = 1; i <= 3; i++)
    if (coffer_vault_view_focus_pane (self, (at + i) % 3))
      return;
}

void
coffer_vault_view_pop_up_menu (CofferVaultView *self)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (gtk_widget_get_mapped (GTK_WIDGET (self->sidebar_pane)))
    coffer_sidebar_pop_up_menu (self->sidebar);
  else if (gtk_widget_get_mapped (GTK_WIDGET (self->more_button)))
    gtk_menu_button_popup (self->more_button);
}

static void
fill_undo_menu (GMenu      *menu,
                const char *undo,
                const char *redo,
                gboolean    writes)
{
  g_menu_remove_all (menu);
  if (undo != NULL)
    g_menu_append (menu, undo, "win.undo");
  if (redo != NULL)
    g_menu_append (menu, redo, "win.redo");
  if (writes)
    g_menu_append (menu, _("_Write Deletions Now"), "win.write-deletions");
}

void
coffer_vault_view_set_undo (CofferVaultView *self,
                            const char      *undo,
                            const char      *redo,
                            gboolean         writes)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (self->undo_section == NULL)   /* its parts are gone already when a window goes */
    return;
  fill_undo_menu (self->undo_section, undo, redo, writes);
  fill_undo_menu (coffer_sidebar_get_undo_menu (self->sidebar), undo, redo, writes);
}

gboolean
coffer_vault_view_get_sidebar_shown (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), FALSE);

  return self->sidebar_shown;
}

void
coffer_vault_view_set_sidebar_shown (CofferVaultView *self,
                                     gboolean         shown)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  self->sidebar_shown = shown;
  gtk_widget_set_visible (GTK_WIDGET (self->sidebar_pane), shown);
  coffer_vault_view_update_folds (self);
}

void
coffer_vault_view_toggle_sidebar (CofferVaultView *self)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (!adw_leaflet_get_folded (self->outer))
    coffer_vault_view_set_sidebar_shown (self, !self->sidebar_shown);
  else if (adw_leaflet_get_visible_child (self->outer) == GTK_WIDGET (self->sidebar_pane))
    coffer_vault_view_show_content (self);
  else
    adw_leaflet_set_visible_child (self->outer, GTK_WIDGET (self->sidebar_pane));
}

void
coffer_vault_view_get_widths (CofferVaultView *self,
                              int             *sidebar,
                              int             *preview)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  *sidebar = coffer_pane_get_width (self->sidebar_pane);
  *preview = coffer_pane_get_width (self->preview_pane);
}

void
coffer_vault_view_set_widths (CofferVaultView *self,
                              int              sidebar,
                              int              preview)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  coffer_pane_set_width (self->sidebar_pane, sidebar);
  coffer_pane_set_width (self->preview_pane, preview);
}

void
coffer_vault_view_bind_panes (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_callback (widget_class, key_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, preview_title_cb);
  gtk_widget_class_bind_template_callback_full (widget_class, "update_folds", G_CALLBACK (coffer_vault_view_update_folds));
}
