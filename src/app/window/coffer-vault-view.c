/* SPDX-License-Identifier: MIT */
/* The three panes. Two leaflets are nested, so that the preview folds first:
 *
 *   outer ( sidebar | inner ( keys | preview ) )
 *
 * Which page the middle shows is decided in one place, update_page(), from the section chosen and the state of the list.
 * Waiting shows only after a moment. Main thread.
 */
#define G_LOG_DOMAIN "coffer-vault-view"

#include "coffer-vault-view.h"

#include <glib/gi18n-lib.h>

#include "coffer-banner.h"
#include "coffer-entry-list.h"
#include "coffer-facts-list.h"
#include "coffer-file-drop.h"
#include "coffer-history.h"
#include "coffer-pane.h"
#include "coffer-place-title.h"
#include "coffer-large-view.h"
#include "coffer-preview.h"
#include "coffer-search-bar.h"
#include "coffer-selection-bar.h"
#include "coffer-sidebar-row.h"
#include "coffer-sidebar.h"
#include "coffer-status-bar.h"

#define PATIENCE_MS 300
#define BAR_ROOM 72           /* below the keys, while the selection bar is up */
#define SCOPE_BYTES 128     /* of a prefix, beside what is searched for */
#define COUNTING_UP_MS 250  /* between numbers that go on growing */

struct _CofferVaultView {
  AdwBin parent_instance;

  AdwLeaflet *outer;
  AdwLeaflet *inner;
  CofferPane *sidebar_pane;
  CofferPane *content_pane;
  CofferPane *preview_pane;
  CofferSidebar *sidebar;
  AdwHeaderBar *content_header;
  CofferPlaceTitle *content_title;
  GtkWidget *content_back;
  GtkMenuButton *more_button;
  GtkWidget *add_button;
  GtkWidget *list_button;
  GtkWidget *grid_button;
  CofferBanner *banner;
  GtkRevealer *incomplete;
  GtkLabel *incomplete_why;
  CofferSearchBar *search;
  GtkWidget *widen_button;
  GtkStack *pages;
  CofferKeyViews *keys;
  CofferSelectionBar *selection_bar;
  GtkSpinner *spinner;
  AdwStatusPage *problem;
  AdwStatusPage *section_page;
  CofferFactsList *section_facts;
  GtkWidget *values_button;
  AdwHeaderBar *preview_header;
  GtkWidget *preview_back;
  GtkWidget *show_as;
  GtkLabel *show_as_label;
  GtkBox *preview_box;
  CofferLargeView *large_view;
  CofferPreview *preview;
  CofferStatusBar *status_bar;

  CofferVault *vault;
  CofferEntryList *list;
  CofferKeySelection *selection;
  CofferThumbnails *thumbnails;
  CofferKeyTally *tally;
  CofferHistory *history;
  CofferSection *watched;  /* the section on show if it is no table */
  gboolean sidebar_shown;
  gboolean keys_awaited;   /* to give them the keyboard */
  guint patience;
  guint title_id;          /* of a title that is put off */
};

G_DEFINE_FINAL_TYPE (CofferVaultView, coffer_vault_view, ADW_TYPE_BIN)

static void update_watching (CofferVaultView *self);

/* Panes */

/* Where there is little room it says only what is shown. */
static void
preview_title_cb (CofferVaultView *self)
{
  const char *title = coffer_preview_get_title (self->preview);
  g_autofree char *label = title != NULL ? g_strdup_printf (_("Show as: %s"), title) : g_strdup ("");

  gtk_label_set_label (self->show_as_label, title != NULL && adw_leaflet_get_folded (self->inner) ? title : label);
  gtk_widget_set_visible (self->show_as, title != NULL);
}

static void
update_folds (CofferVaultView *self)
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
  g_object_set (self->selection_bar, "narrow", outer_folded, NULL);
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

static void
show_content (CofferVaultView *self)
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

static gboolean
focus_pane (CofferVaultView *self,
            int              i)
{
  switch (i)
    {
    case 0:
      return gtk_widget_get_mapped (GTK_WIDGET (self->sidebar_pane)) && gtk_widget_grab_focus (GTK_WIDGET (self->sidebar));
    case 1:
      return gtk_widget_get_mapped (GTK_WIDGET (self->content_pane)) &&
             (gtk_widget_get_mapped (GTK_WIDGET (self->keys)) ? gtk_widget_grab_focus (GTK_WIDGET (self->keys))
                                                              : gtk_widget_child_focus (GTK_WIDGET (self->content_pane), GTK_DIR_TAB_FORWARD));
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
    if (focus_pane (self, (at + i) % 3))
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
  update_folds (self);
}

void
coffer_vault_view_toggle_sidebar (CofferVaultView *self)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  if (!adw_leaflet_get_folded (self->outer))
    coffer_vault_view_set_sidebar_shown (self, !self->sidebar_shown);
  else if (adw_leaflet_get_visible_child (self->outer) == GTK_WIDGET (self->sidebar_pane))
    show_content (self);
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

/* What the middle shows */

static void
show_page (CofferVaultView *self,
           const char      *name)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  gtk_spinner_set_spinning (self->spinner, g_str_equal (name, "loading"));
  if (g_strcmp0 (gtk_stack_get_visible_child_name (self->pages), name) == 0)
    return;

  /* The stack would give the focus of the rows that go to any label of the page that comes. */
  if (focus != NULL && gtk_widget_is_ancestor (focus, GTK_WIDGET (self->pages)))
    gtk_root_set_focus (root, NULL);
  gtk_stack_set_visible_child_name (self->pages, name);
  if (self->keys_awaited && g_str_equal (name, "keys"))
    {
      self->keys_awaited = FALSE;
      if (!coffer_search_bar_get_active (self->search))
        gtk_widget_grab_focus (GTK_WIDGET (self->keys));
    }
}

static gboolean
patience_cb (gpointer user_data)
{
  CofferVaultView *self = user_data;

  self->patience = 0;
  show_page (self, "loading");
  return G_SOURCE_REMOVE;
}

/* The page for the list, or NULL to leave the page as it is for a moment. */
static const char *
choose_list_page (CofferVaultView *self)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (self->list)) > 0)
    return "keys";
  if (coffer_entry_list_get_error (self->list) != NULL)
    return "problem";

  if (coffer_entry_list_get_loading (self->list))
    return NULL;

  return coffer_search_bar_is_searching (self->search) ? "no-hits" : "empty";
}

static void
update_page (CofferVaultView *self)
{
  const char *error = self->list != NULL ? coffer_entry_list_get_error (self->list) : NULL;
  const char *page = self->watched != NULL ? "section" : self->list != NULL ? choose_list_page (self) : "keys";

  if (page != NULL)
    g_clear_handle_id (&self->patience, g_source_remove);
  else if (self->patience == 0)
    self->patience = g_timeout_add (PATIENCE_MS, patience_cb, self);

  if (error != NULL)
    {
      g_autofree char *description = g_markup_escape_text (error, -1);

      adw_status_page_set_description (self->problem, description);
      gtk_label_set_text (self->incomplete_why, error);
    }
  gtk_revealer_set_reveal_child (self->incomplete, error != NULL && g_strcmp0 (page, "keys") == 0);
  if (page != NULL)
    show_page (self, page);
}

static const char *
name_kind (CofferSection *section)
{
  switch (coffer_section_get_kind (section))
    {
    case COFFER_SECTION_COLUMNS:
      return _("Columns");
    case COFFER_SECTION_TEXT:
      return _("Text index");
    case COFFER_SECTION_VECTOR:
      return _("Vector index");
    default:
      return _("Table");
    }
}

static void
update_title (CofferVaultView *self)
{
  CofferSection *section = coffer_sidebar_get_section (self->sidebar);
  g_autofree char *keys = NULL;

  coffer_place_title_set_place (self->content_title, section != NULL ? coffer_section_get_display_name (section) : "",
                                coffer_sidebar_get_prefix (self->sidebar), coffer_sidebar_get_separators (self->sidebar));
  if (self->watched != NULL)
    coffer_place_title_set_subtitle (self->content_title, name_kind (section));
  else if (self->list != NULL && coffer_entry_list_get_filter (self->list) != NULL && coffer_entry_list_get_loading (self->list))
    return;   /* how many there are is known already; a search looks at them all once more */
  else if (self->list != NULL && coffer_entry_list_get_n_scope (self->list) > 0)
    {
      keys = coffer_status_bar_format_keys (coffer_entry_list_get_n_scope (self->list));
      coffer_place_title_set_subtitle (self->content_title, keys);
    }
  else
    coffer_place_title_set_subtitle (self->content_title, "");
}

static gboolean
title_cb (gpointer user_data)
{
  CofferVaultView *self = user_data;

  self->title_id = 0;
  update_title (self);
  return G_SOURCE_REMOVE;
}

/* (nullable) */
static char *
describe_prefix (CofferVaultView *self)
{
  GBytes *prefix = coffer_sidebar_get_prefix (self->sidebar);
  gsize size;
  const char *data = prefix != NULL ? g_bytes_get_data (prefix, &size) : NULL;

  return prefix != NULL ? coffer_key_bytes_to_display (data, size, SCOPE_BYTES) : NULL;
}

/* What the search is among. */
static void
update_scope (CofferVaultView *self)
{
  g_autofree char *prefix = describe_prefix (self);

  coffer_search_bar_set_scope (self->search, prefix);
  gtk_widget_set_visible (self->widen_button, prefix != NULL);
}

/* Any change of the list. */
static void
list_cb (CofferVaultView *self)
{
  gboolean growing = coffer_entry_list_get_loading (self->list) && g_list_model_get_n_items (G_LIST_MODEL (self->list)) > 0;

  update_page (self);
  if (!growing)
    {
      g_clear_handle_id (&self->title_id, g_source_remove);
      update_title (self);
    }
  else if (self->title_id == 0)
    self->title_id = g_timeout_add (COUNTING_UP_MS, title_cb, self);
}

/* The tables that have what a section is about, as KohakuVault calls them. (nullable) */
static char *
name_values (CofferSection *section)
{
  switch (coffer_section_get_kind (section))
    {
    case COFFER_SECTION_COLUMNS:
      return g_strdup ("col_chunks");
    case COFFER_SECTION_TEXT:
    case COFFER_SECTION_VECTOR:
      return g_strdup_printf ("%s_values", coffer_section_get_display_name (section));
    default:
      return NULL;
    }
}

static void
section_count_cb (CofferVaultView *self)
{
  guint64 count = coffer_section_get_count (self->watched);
  g_autofree char *items = count == G_MAXUINT64 ? NULL : g_strdup_printf ("%'" G_GUINT64_FORMAT, count);
  g_autofree char *values = name_values (self->watched);
  const char *facts[7] = { _("Kind"), name_kind (self->watched) };
  guint n = 2;

  if (items != NULL)
    {
      facts[n++] = _("Items");
      facts[n++] = items;
    }
  if (values != NULL)
    {
      facts[n++] = _("Values in");
      facts[n++] = values;
    }
  coffer_facts_list_set (self->section_facts, facts);
}

/* What has the values of the section on show: it follows it, if it can be shown. (transfer full) (nullable) */
static CofferSection *
find_values (CofferVaultView *self)
{
  GListModel *sections = coffer_vault_get_sections (self->vault);
  g_autoptr(CofferSection) values = NULL;
  guint n = g_list_model_get_n_items (sections);

  for (guint i = 0; i + 1 < n && values == NULL; i++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (sections, i);

      if (section == self->watched)
        values = g_list_model_get_item (sections, i + 1);
    }
  return values != NULL && coffer_section_get_kind (values) >= COFFER_SECTION_TEXT_VALUES ? g_steal_pointer (&values) : NULL;
}

static void
values_cb (CofferVaultView *self)
{
  g_autoptr(CofferSection) values = self->watched != NULL ? find_values (self) : NULL;

  if (values != NULL)
    coffer_sidebar_choose (self->sidebar, values, NULL);
}

/* Searching is for keys. */
static void
show_search (CofferVaultView *self,
             gboolean         shown)
{
  if (!shown)
    coffer_search_bar_set_active (self->search, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->search), shown);
}

static void
watch_section (CofferVaultView *self,
               CofferSection   *section)
{
  g_autoptr(CofferSection) values = NULL;
  g_autofree char *description = NULL;

  if (self->watched != NULL)
    g_signal_handlers_disconnect_by_func (self->watched, section_count_cb, self);
  g_set_object (&self->watched, section);
  coffer_status_bar_set_section (self->status_bar, section);
  show_search (self, section == NULL);
  if (section == NULL)
    return;

  description = g_markup_escape_text (coffer_section_get_reason (section) != NULL ? coffer_section_get_reason (section) : "", -1);
  adw_status_page_set_icon_name (self->section_page, coffer_sidebar_row_icon_name (section));
  adw_status_page_set_title (self->section_page, coffer_section_get_display_name (section));
  adw_status_page_set_description (self->section_page, description);
  values = find_values (self);
  gtk_widget_set_visible (self->values_button, values != NULL);
  g_signal_connect_swapped (section, "notify::count", G_CALLBACK (section_count_cb), self);
  section_count_cb (self);
}

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
      watch_section (self, section);
    }
  else
    {
      watch_section (self, NULL);
      if (g_strcmp0 (coffer_vault_get_table (self->vault), coffer_section_get_name (section)) != 0)
        {
          coffer_key_selection_clear (self->selection);
          coffer_vault_set_table (self->vault, coffer_section_get_name (section));
        }
      coffer_entry_list_set_prefix (self->list, coffer_sidebar_get_prefix (self->sidebar));
    }
  update_scope (self);
  update_page (self);
  update_title (self);
}

static void
section_activated_cb (CofferVaultView *self)
{
  show_content (self);
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

  if (self->add_button != NULL)   /* its parts are gone already when a window goes */
    gtk_widget_set_visible (self->add_button, can_add);
}

void
coffer_vault_view_set_transfers (CofferVaultView *self,
                                 CofferTransfers *transfers)
{
  g_return_if_fail (COFFER_IS_VAULT_VIEW (self));

  coffer_status_bar_set_transfers (self->status_bar, transfers);
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
    g_signal_handlers_disconnect_by_func (self->list, list_cb, self);
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
  watch_section (self, NULL);
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
  g_signal_connect_swapped (self->list, "items-changed", G_CALLBACK (list_cb), self);
  g_signal_connect_swapped (self->list, "notify", G_CALLBACK (list_cb), self);
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
  update_page (self);
  update_title (self);
  show_content (self);
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
input_cb (CofferVaultView *self)
{
  coffer_status_bar_note_input (self->status_bar);
  return GDK_EVENT_PROPAGATE;
}

/* Where the keys are, people begin. */
static gboolean
coffer_vault_view_grab_focus (GtkWidget *widget)
{
  return focus_pane (COFFER_VAULT_VIEW (widget), 1);
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
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, add_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, list_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, grid_button);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, banner);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, incomplete);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, incomplete_why);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, search);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, widen_button);
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
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, show_as);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, show_as_label);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview_box);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, large_view);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, preview);
  gtk_widget_class_bind_template_child (widget_class, CofferVaultView, status_bar);
  gtk_widget_class_bind_template_callback (widget_class, clear_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, crumb_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, escape_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, leave_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, large_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, preview_title_cb);
  gtk_widget_class_bind_template_callback (widget_class, section_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, section_cb);
  gtk_widget_class_bind_template_callback (widget_class, update_folds);
  gtk_widget_class_bind_template_callback (widget_class, values_cb);
  gtk_widget_class_bind_template_callback (widget_class, widen_cb);

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
  update_folds (self);
}

GtkWidget *
coffer_vault_view_new (CofferRecent *recent)
{
  CofferVaultView *self = g_object_new (COFFER_TYPE_VAULT_VIEW, NULL);

  coffer_sidebar_set_recent (self->sidebar, recent);
  return GTK_WIDGET (self);
}
