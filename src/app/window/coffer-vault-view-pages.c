/* SPDX-License-Identifier: MIT */
/* What the middle shows: rows, a page in their place, or the facts of a section that is no table. Main thread. */
#define G_LOG_DOMAIN "coffer-vault-view"

#include "coffer-vault-view-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-sidebar-row.h"

#define PATIENCE_MS 300
#define SCOPE_BYTES 128     /* of a prefix, beside what is searched for */
#define COUNTING_UP_MS 250  /* between numbers that go on growing */

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
    {
      self->keys_awaited |= focus == self->empty_add_button;   /* it has done what it is for */
      gtk_root_set_focus (root, NULL);
    }
  gtk_stack_set_visible_child_name (self->pages, name);
  /* Where nothing has it, the rows had it when they went. */
  self->keys_awaited |= focus == NULL && root != NULL && gtk_widget_get_mapped (GTK_WIDGET (self->pages));
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

void
coffer_vault_view_update_page (CofferVaultView *self)
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

void
coffer_vault_view_update_title (CofferVaultView *self)
{
  CofferSection *section = coffer_sidebar_get_section (self->sidebar);
  g_autofree char *keys = NULL;
  guint64 n_keys = 0;

  if (self->list != NULL)
    n_keys = MAX (coffer_entry_list_get_n_scope (self->list), coffer_entry_list_get_n_expected (self->list));
  coffer_place_title_set_place (self->content_title, section != NULL ? coffer_section_get_display_name (section) : "",
                                coffer_sidebar_get_prefix (self->sidebar), coffer_sidebar_get_separators (self->sidebar));
  if (self->watched != NULL)
    coffer_place_title_set_subtitle (self->content_title, name_kind (section));
  else if (self->list != NULL && coffer_entry_list_get_filter (self->list) != NULL && coffer_entry_list_get_loading (self->list))
    return;   /* how many there are is known already; a search looks at them all once more */
  else if (n_keys > 0)
    {
      keys = coffer_status_bar_format_keys (n_keys);
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
  coffer_vault_view_update_title (self);
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
void
coffer_vault_view_update_scope (CofferVaultView *self)
{
  g_autofree char *prefix = describe_prefix (self);

  coffer_search_bar_set_scope (self->search, prefix);
  gtk_widget_set_visible (self->widen_button, prefix != NULL);
}

/* Any change of the list. */
void
coffer_vault_view_list_changed (CofferVaultView *self)
{
  gboolean growing = coffer_entry_list_get_loading (self->list) && g_list_model_get_n_items (G_LIST_MODEL (self->list)) > 0;

  coffer_vault_view_update_page (self);
  if (!growing)
    {
      g_clear_handle_id (&self->title_id, g_source_remove);
      coffer_vault_view_update_title (self);
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

void
coffer_vault_view_watch_section (CofferVaultView *self,
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

void
coffer_vault_view_bind_pages (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_callback (widget_class, values_cb);
}
