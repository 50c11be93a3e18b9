/* SPDX-License-Identifier: MIT */
/* The three panes. Two leaflets are nested, so that the preview folds first:
 *
 *   outer ( sidebar | inner ( keys | preview ) )
 *
 * Which page the middle shows is decided in one place, coffer_vault_view_update_page(), from the section chosen and the state
 * of the list. Waiting shows only after a moment. Main thread.
 */
#define G_LOG_DOMAIN "coffer-vault-view"

#include "coffer-vault-view-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-file-drop.h"

#define BAR_ROOM 72  /* below the keys, while the selection bar is up */

G_DEFINE_FINAL_TYPE (CofferVaultView, coffer_vault_view, ADW_TYPE_BIN)

static void update_watching (CofferVaultView *self);

/* The preview */

gboolean
coffer_vault_view_get_large (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), FALSE);

  return gtk_widget_get_visible (GTK_WIDGET (self->large_view));
}

/* The pane's own preview moves over, with all that plays in it. */
void
coffer_vault_view_set_large (CofferVaultView *self,
                             gboolean         large)
{
  GtkWidget *preview;

  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (large == coffer_vault_view_get_large (self))
    return;

  preview = g_object_ref (GTK_WIDGET (self->preview));
  if (large)
    {
      gtk_box_remove (self->preview_box, preview);
      coffer_large_view_set_content (self->large_view, preview);
    }
  else
    {
      coffer_large_view_set_content (self->large_view, NULL);
      gtk_box_append (self->preview_box, preview);
    }
  coffer_preview_set_large (self->preview, large);
  gtk_widget_set_visible (GTK_WIDGET (self->large_view), large);
  gtk_widget_grab_focus (GTK_WIDGET (self->keys));
  g_object_unref (preview);
}

/* Returns: (transfer full) (nullable): unless it is on its way */
static CofferKey *
dup_key_at (CofferVaultView *self,
            guint            position)
{
  g_autoptr(CofferEntry) entry = g_list_model_get_item (G_LIST_MODEL (self->list), position);
  CofferKey *key = entry != NULL ? coffer_entry_get_key (entry) : NULL;

  return key != NULL ? coffer_key_ref (key) : NULL;
}

static void
tell_neighbours (CofferVaultView *self)
{
  guint position = coffer_key_selection_get_current (self->selection);
  CofferKey *next[COFFER_PREVIEW_NEIGHBOURS] = { NULL }, *previous[COFFER_PREVIEW_NEIGHBOURS] = { NULL };

  if (position == GTK_INVALID_LIST_POSITION)
    return;

  for (guint i = 0; i < COFFER_PREVIEW_NEIGHBOURS; i++)
    {
      next[i] = dup_key_at (self, position + 1 + i);
      previous[i] = position > i ? dup_key_at (self, position - 1 - i) : NULL;
    }
  coffer_preview_set_neighbours (self->preview, next, previous);
  for (guint i = 0; i < COFFER_PREVIEW_NEIGHBOURS; i++)
    {
      g_clear_pointer (&next[i], coffer_key_unref);
      g_clear_pointer (&previous[i], coffer_key_unref);
    }
}

/* A row whose key is on its way leaves the last value on show rather than flash. */
static void
selected_cb (CofferVaultView *self)
{
  CofferEntry *entry = coffer_key_selection_get_selected_entry (self->selection);
  guint n_selected = coffer_key_selection_get_n_selected (self->selection);

  coffer_preview_set_n_selected (self->preview, n_selected);
  coffer_key_views_set_bottom_room (self->keys, n_selected > 1 ? BAR_ROOM : 0);
  if (entry == NULL || coffer_entry_get_key (entry) != NULL)
    {
      coffer_preview_show_key (self->preview, entry != NULL ? coffer_entry_get_key (entry) : NULL);
      coffer_large_view_set_key (self->large_view, entry != NULL ? coffer_entry_get_key (entry) : NULL);
      coffer_vault_view_update_preview_title (self);
    }
  if (entry != NULL && coffer_entry_get_key (entry) != NULL)
    tell_neighbours (self);
}

/* The bar goes, and what had the keyboard in it. */
static void
n_selected_cb (CofferVaultView *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  if (coffer_key_selection_get_n_selected (self->selection) < 2 && focus != NULL &&
      gtk_widget_is_ancestor (focus, GTK_WIDGET (self->selection_bar)))
    gtk_widget_grab_focus (GTK_WIDGET (self->keys));
}

/* The vault */

GListModel *
coffer_vault_view_get_list (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return self->list != NULL ? G_LIST_MODEL (self->list) : NULL;
}

CofferKeySelection *
coffer_vault_view_get_selection (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return self->selection;
}

CofferThumbnails *
coffer_vault_view_get_thumbnails (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return self->thumbnails;
}

CofferKeyTally *
coffer_vault_view_get_tally (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return self->tally;
}

CofferKeyView *
coffer_vault_view_get_keys (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return coffer_key_views_get_list (self->keys);
}

CofferKeyViews *
coffer_vault_view_get_views (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return self->keys;
}

GBytes *
coffer_vault_view_get_prefix (CofferVaultView *self)
{
  g_return_val_if_fail (COFFER_IS_VAULT_VIEW (self), NULL);

  return coffer_sidebar_get_prefix (self->sidebar);
}

void
coffer_vault_view_go_to (CofferVaultView *self,
                         const char      *table,
                         GBytes          *prefix)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  coffer_sidebar_select (self->sidebar, table, prefix);
}

void
coffer_vault_view_set_can_add (CofferVaultView *self,
                               gboolean         can_add)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (self->add_button == NULL)   /* its parts are gone already when a window goes */
    return;
  gtk_widget_set_visible (self->add_button, can_add);
  gtk_widget_set_visible (self->empty_add_button, can_add);
  adw_status_page_set_description (self->empty, can_add ? _("Drop files and folders here, or paste them") : _("This table is empty"));
}

void
coffer_vault_view_set_transfers (CofferVaultView *self,
                                 CofferTransfers *transfers)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  coffer_status_bar_set_transfers (self->status_bar, transfers);
}

void
coffer_vault_view_set_storage (CofferVaultView *self,
                               CofferStorage   *storage)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  coffer_status_bar_set_storage (self->status_bar, storage);
}

/* Files that are dropped on the keys go under the prefix on show. */
static GVariant *
find_drop_place (GtkWidget *widget)
{
  CofferVaultView *self = COFFER_VAULT_VIEW (gtk_widget_get_ancestor (widget, COFFER_TYPE_VAULT_VIEW));

  if (self->list == NULL || self->watched != NULL || coffer_vault_get_table (self->vault) == NULL)
    return NULL;
  return coffer_file_drop_place (coffer_vault_get_table (self->vault), coffer_sidebar_get_prefix (self->sidebar));
}

void
coffer_vault_view_refresh (CofferVaultView *self)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (self->list == NULL)
    return;

  coffer_entry_list_refresh (self->list);
  coffer_thumbnails_check (self->thumbnails);
  coffer_preview_refresh (self->preview);
  coffer_status_bar_refresh (self->status_bar);
  coffer_banner_find_holders (self->banner);
}

static void
drop_vault (CofferVaultView *self)
{
  coffer_vault_view_set_large (self, FALSE);
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_func (self->list, coffer_vault_view_list_changed, self);
  g_clear_handle_id (&self->patience, g_source_remove);
  g_clear_handle_id (&self->title_id, g_source_remove);
  if (self->selection != NULL)
    {
      coffer_key_selection_clear (self->selection);
      g_signal_handlers_disconnect_by_func (self->selection, selected_cb, self);
      g_signal_handlers_disconnect_by_func (self->selection, n_selected_cb, self);
    }
  coffer_selection_bar_set_selection (self->selection_bar, NULL, NULL);
  coffer_key_views_set_selection (self->keys, NULL, NULL);
  g_clear_object (&self->thumbnails);
  g_clear_object (&self->selection);
  g_clear_object (&self->tally);
  coffer_search_bar_set_list (self->search, NULL);
  coffer_vault_view_watch_section (self, NULL);
  coffer_preview_set_vault (self->preview, NULL);
  coffer_status_bar_set_vault (self->status_bar, NULL, NULL, NULL);
  coffer_banner_set_vault (self->banner, NULL);
  coffer_sidebar_set_vault (self->sidebar, NULL);
  coffer_history_clear (self->history);
  g_clear_object (&self->list);
  if (self->vault != NULL)
    coffer_vault_set_watching (self->vault, FALSE);
  g_clear_object (&self->vault);
}

void
coffer_vault_view_set_vault (CofferVaultView *self,
                             CofferVault     *vault)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  drop_vault (self);
  if (vault == NULL)
    return;

  self->vault = g_object_ref (vault);
  self->list = coffer_entry_list_new (vault);
  g_signal_connect_swapped (self->list, "items-changed", G_CALLBACK (coffer_vault_view_list_changed), self);
  g_signal_connect_swapped (self->list, "notify", G_CALLBACK (coffer_vault_view_list_changed), self);
  coffer_preview_set_vault (self->preview, vault);
  self->selection = coffer_key_selection_new (self->list);
  g_signal_connect_swapped (self->selection, "notify::selected-entry", G_CALLBACK (selected_cb), self);
  g_signal_connect_swapped (self->selection, "notify::n-selected", G_CALLBACK (selected_cb), self);
  self->thumbnails = coffer_thumbnails_new (vault);
  g_signal_connect_object (vault, "touched", G_CALLBACK (coffer_thumbnails_check), self->thumbnails, G_CONNECT_SWAPPED);
  coffer_key_views_set_selection (self->keys, self->selection, self->thumbnails);
  self->tally = coffer_key_tally_new (self->selection);
  g_signal_connect_swapped (self->selection, "notify::n-selected", G_CALLBACK (n_selected_cb), self);
  coffer_selection_bar_set_selection (self->selection_bar, self->selection, self->tally);
  coffer_status_bar_set_vault (self->status_bar, vault, self->list, self->tally);
  coffer_search_bar_set_list (self->search, self->list);
  coffer_banner_set_vault (self->banner, vault);
  coffer_sidebar_set_vault (self->sidebar, vault);
  coffer_sidebar_select (self->sidebar, coffer_vault_get_table (vault), NULL);
  update_watching (self);
  coffer_vault_view_update_page (self);
  coffer_vault_view_update_title (self);
  coffer_vault_view_show_content (self);
}

/* What others write is followed while somebody can see it. */
static void
update_watching (CofferVaultView *self)
{
  GtkNative *native = gtk_widget_get_native (GTK_WIDGET (self));
  GdkSurface *surface = native != NULL ? gtk_native_get_surface (native) : NULL;
  gboolean minimized = GDK_IS_TOPLEVEL (surface) &&
                       (gdk_toplevel_get_state (GDK_TOPLEVEL (surface)) & GDK_TOPLEVEL_STATE_MINIMIZED) != 0;

  if (self->vault != NULL)
    coffer_vault_set_watching (self->vault, gtk_widget_get_mapped (GTK_WIDGET (self)) && !minimized);
}

static void
coffer_vault_view_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (coffer_vault_view_parent_class)->map (widget);
  g_signal_connect_object (gtk_native_get_surface (gtk_widget_get_native (widget)), "notify::state", G_CALLBACK (update_watching),
                           widget, G_CONNECT_SWAPPED);
  update_watching (COFFER_VAULT_VIEW (widget));
}

static void
coffer_vault_view_unmap (GtkWidget *widget)
{
  g_signal_handlers_disconnect_by_func (gtk_native_get_surface (gtk_widget_get_native (widget)), update_watching, widget);
  GTK_WIDGET_CLASS (coffer_vault_view_parent_class)->unmap (widget);
  update_watching (COFFER_VAULT_VIEW (widget));
}

static gboolean
input_cb (CofferVaultView *self,
          GdkEvent        *event)
{
  coffer_status_bar_note_input (self->status_bar);
  if (gdk_event_get_event_type (event) == GDK_SCROLL)
    coffer_preview_note_scrolling (self->preview);
  return GDK_EVENT_PROPAGATE;
}

/* Where the keys are, people begin. */
static gboolean
coffer_vault_view_grab_focus (GtkWidget *widget)
{
  return coffer_vault_view_focus_pane (COFFER_VAULT_VIEW (widget), 1);
}

static void
coffer_vault_view_dispose (GObject *object)
{
  CofferVaultView *self = COFFER_VAULT_VIEW (object);

  if (self->keys != NULL)
    drop_vault (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_VAULT_VIEW);

  G_OBJECT_CLASS (coffer_vault_view_parent_class)->dispose (object);
}

static void
coffer_vault_view_finalize (GObject *object)
{
  coffer_history_free (COFFER_VAULT_VIEW (object)->history);

  G_OBJECT_CLASS (coffer_vault_view_parent_class)->finalize (object);
}

static void
coffer_vault_view_class_init (CofferVaultViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_vault_view_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_vault_view_finalize;
  widget_class->grab_focus = coffer_vault_view_grab_focus;
  widget_class->map = coffer_vault_view_map;
  widget_class->unmap = coffer_vault_view_unmap;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-vault-view.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, outer);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, inner);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, sidebar_pane);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, content_pane);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview_pane);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, sidebar);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, content_header);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, content_title);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, content_back);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, more_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, undo_section);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, add_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, list_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, grid_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, banner);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, incomplete);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, incomplete_why);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, search);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, widen_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, empty);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, empty_add_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, pages);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, keys);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, selection_bar);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, spinner);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, problem);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, section_page);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, section_facts);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, values_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview_header);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview_back);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview_more);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview_title);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, large_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, show_as);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, show_as_kind);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, show_as_label);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview_box);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, large_view);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, status_bar);
  coffer_vault_view_bind_pages (widget_class);
  coffer_vault_view_bind_panes (widget_class);
  coffer_vault_view_bind_places (widget_class);

  g_type_ensure (COFFER_TYPE_BANNER);
  g_type_ensure (COFFER_TYPE_FACTS_LIST);
  g_type_ensure (COFFER_TYPE_KEY_VIEWS);
  g_type_ensure (COFFER_TYPE_LARGE_VIEW);
  g_type_ensure (COFFER_TYPE_PANE);
  g_type_ensure (COFFER_TYPE_PLACE_TITLE);
  g_type_ensure (COFFER_TYPE_PREVIEW);
  g_type_ensure (COFFER_TYPE_SEARCH_BAR);
  g_type_ensure (COFFER_TYPE_SELECTION_BAR);
  g_type_ensure (COFFER_TYPE_SIDEBAR);
  g_type_ensure (COFFER_TYPE_STATUS_BAR);
}

static void
coffer_vault_view_init (CofferVaultView *self)
{
  GtkEventController *input = gtk_event_controller_legacy_new ();

  self->sidebar_shown = TRUE;
  self->history = coffer_history_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  coffer_file_drop_add (GTK_WIDGET (self->pages), find_drop_place);
  gtk_widget_insert_action_group (GTK_WIDGET (self->preview_pane), "preview", coffer_preview_get_actions (self->preview));
  gtk_event_controller_set_propagation_phase (input, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (input, "event", G_CALLBACK (input_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), input);
  coffer_vault_view_fill_preview_menu (self);
  coffer_vault_view_update_folds (self);
}

GtkWidget *
coffer_vault_view_new (CofferRecent *recent)
{
  CofferVaultView *self = g_object_new (COFFER_TYPE_VAULT_VIEW, NULL);

  coffer_sidebar_set_recent (self->sidebar, recent);
  return GTK_WIDGET (self);
}
