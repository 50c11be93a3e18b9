/* SPDX-License-Identifier: MIT */
/* The tree of a vault's sections and prefixes.
 *
 *   sections, levels of prefixes -> CofferSidebarTree -> GtkGridView -> CofferSidebarRow
 *
 * A level is kept once it was shown, so that it is there at once when it is opened again, until the vault changes; those on show
 * follow that by themselves. The table that is in use at first is opened as soon as it is known to have few prefixes. A table of few
 * keys has an arrow only if it has prefixes; one of many is not read for that, and has one until it is opened.
 *
 * A GtkListView makes two hundred rows before it shows the first, and has no say in it. A GtkGridView makes thirty for each column
 * that it might have ("max-columns"); that it has one all the same comes of rows that would like to be wider than any sidebar (its
 * "hscroll-policy" is natural). Main thread.
 */
#define G_LOG_DOMAIN "coffer-sidebar-list"

#include "coffer-sidebar-list.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "coffer-place-menu.h"
#include "coffer-prefix.h"
#include "coffer-sidebar-row.h"
#include "coffer-sidebar-tree.h"

#define ROWS_A_COLUMN 30    /* GtkGridView's: rows it has for each of "max-columns" */
#define MIN_ROW_HEIGHT 36   /* as in style.css */
#define FEW_PREFIXES 30     /* that a table is opened for by itself */
#define FEW_KEYS 1000       /* of a table that is looked at for prefixes as soon as its row is there */

struct _CofferSidebarList {
  GtkWidget parent_instance;

  GtkWidget *scroller;
  GtkGridView *rows;
  GPtrArray *row_widgets;     /* unowned CofferSidebarRow: those alive */
  guint shape_idle;

  CofferVault *vault;
  CofferSidebarTree *tree;    /* unowned: the grid view's */
  CofferSeparators separators;
  GHashTable *levels;         /* name of the table and prefix → CofferPrefixLevel */
  CofferPrefixLevel *first;   /* unowned: to be opened by itself */

  CofferSection *section;     /* that is chosen */
  GBytes *prefix;             /* nullable */
  gboolean revealing;         /* the way to it is being opened */
};

static guint chosen_signal, pointed_signal;

G_DEFINE_FINAL_TYPE (CofferSidebarList, coffer_sidebar_list, GTK_TYPE_WIDGET)

/* Levels */

static GBytes *
make_level_key (const char *table,
                GBytes     *prefix)
{
  GByteArray *key = g_byte_array_new ();

  g_byte_array_append (key, (const guint8 *) table, strlen (table) + 1);
  if (prefix != NULL)
    g_byte_array_append (key, g_bytes_get_data (prefix, NULL), g_bytes_get_size (prefix));
  return g_byte_array_free_to_bytes (key);
}

/* The level below an item of a model, if it was made. */
static CofferPrefixLevel *
find_level (CofferSidebarList *self,
            gpointer           item,
            GListModel        *model)
{
  const char *table = COFFER_IS_PREFIX (item) ? coffer_prefix_level_get_table (COFFER_PREFIX_LEVEL (model)) : coffer_section_get_name (item);
  g_autoptr(GBytes) key = make_level_key (table, COFFER_IS_PREFIX (item) ? coffer_prefix_get_bytes (item) : NULL);

  return g_hash_table_lookup (self->levels, key);
}

static gboolean
is_expandable (CofferSidebarList *self,
               gpointer           item,
               GListModel        *model)
{
  CofferPrefixLevel *level;

  if (COFFER_IS_PREFIX (item) ? !coffer_prefix_get_has_children (item) : !coffer_section_is_vault (item))
    return FALSE;
  level = find_level (self, item, model);
  return level == NULL || coffer_prefix_level_get_loading (level) || g_list_model_get_n_items (G_LIST_MODEL (level)) > 0;
}

static void
update_expandable (CofferSidebarList *self,
                   CofferSidebarRow  *row)
{
  CofferSidebarItem *item = coffer_sidebar_row_get_item (row);

  if (item != NULL)
    coffer_sidebar_row_set_expandable (row, is_expandable (self, coffer_sidebar_item_get_item (item), coffer_sidebar_item_get_model (item)));
}

static void reveal (CofferSidebarList *self);
static CofferPrefixLevel *ensure_level (CofferSidebarList *self, const char *table, GBytes *prefix);

static void
look_below (CofferSidebarList *self,
            CofferSidebarRow  *row)
{
  CofferSidebarItem *item = coffer_sidebar_row_get_item (row);
  gpointer section = item != NULL ? coffer_sidebar_item_get_item (item) : NULL;

  if (COFFER_IS_SECTION (section) && coffer_section_is_vault (section) && coffer_section_get_count (section) <= FEW_KEYS)
    ensure_level (self, coffer_section_get_name (section), NULL);
}

/* Some table's keys were counted. */
static void
count_cb (CofferSidebarList *self)
{
  for (guint i = 0; i < self->row_widgets->len; i++)
    look_below (self, g_ptr_array_index (self->row_widgets, i));
}

/* Any level: whether there is anything in it. */
static void
level_cb (CofferSidebarList *self)
{
  for (guint i = 0; i < self->row_widgets->len; i++)
    update_expandable (self, g_ptr_array_index (self->row_widgets, i));
  if (self->revealing)
    reveal (self);
}

static CofferPrefixLevel *
ensure_level (CofferSidebarList *self,
              const char        *table,
              GBytes            *prefix)
{
  g_autoptr(GBytes) key = make_level_key (table, prefix);
  CofferPrefixLevel *level = g_hash_table_lookup (self->levels, key);

  if (level != NULL)
    return level;
  level = coffer_prefix_level_new (self->vault, table, prefix, &self->separators);
  g_signal_connect_object (level, "notify::loading", G_CALLBACK (level_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (level, "items-changed", G_CALLBACK (level_cb), self, G_CONNECT_SWAPPED);
  g_hash_table_insert (self->levels, g_steal_pointer (&key), level);
  return level;
}

/* CofferSidebarTreeFunc */
static GListModel *
make_level (gpointer    item,
            GListModel *model,
            gpointer    data)
{
  CofferSidebarList *self = data;
  CofferPrefixLevel *level;

  if (COFFER_IS_PREFIX (item))
    level = ensure_level (self, coffer_prefix_level_get_table (COFFER_PREFIX_LEVEL (model)), coffer_prefix_get_bytes (item));
  else
    level = ensure_level (self, coffer_section_get_name (item), NULL);
  return g_object_ref (G_LIST_MODEL (level));
}

static guint
find_section (CofferSidebarList *self,
              const char        *name)
{
  GListModel *sections = coffer_vault_get_sections (self->vault);
  guint n = g_list_model_get_n_items (sections);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (sections, i);

      if (g_strcmp0 (coffer_section_get_name (section), name) == 0)
        return i;
    }
  return GTK_INVALID_LIST_POSITION;
}

static void
first_cb (CofferSidebarList *self)
{
  CofferPrefixLevel *level = self->first;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (level));
  guint position;

  if (coffer_prefix_level_get_loading (level))
    return;
  g_signal_handlers_disconnect_by_func (level, first_cb, self);
  self->first = NULL;
  if (n > 0 && n <= FEW_PREFIXES &&
      coffer_sidebar_tree_get_position (self->tree, coffer_vault_get_sections (self->vault),
                                        find_section (self, coffer_prefix_level_get_table (level)), &position))
    coffer_sidebar_tree_set_expanded (self->tree, position, TRUE);
}

static void
drop_first (CofferSidebarList *self)
{
  if (self->first != NULL)
    g_signal_handlers_disconnect_by_func (self->first, first_cb, self);
  self->first = NULL;
}

static void
open_first (CofferSidebarList *self)
{
  if (coffer_vault_get_table (self->vault) == NULL)
    return;
  self->first = ensure_level (self, coffer_vault_get_table (self->vault), NULL);
  g_signal_connect_object (self->first, "notify::loading", G_CALLBACK (first_cb), self, G_CONNECT_SWAPPED);
}

/* Those that are shown, and the one that tells of the table in use whether it has prefixes, are loaded anew; the others would be
 * for nothing. */
static gboolean
is_wanted (CofferSidebarList *self,
           CofferPrefixLevel *level)
{
  return coffer_sidebar_tree_has_model (self->tree, G_LIST_MODEL (level)) ||
         (g_bytes_get_size (coffer_prefix_level_get_prefix (level)) == 0 &&
          g_strcmp0 (coffer_prefix_level_get_table (level), coffer_vault_get_table (self->vault)) == 0);
}

/* Those that tell which rows have an arrow. Unowned. */
static GHashTable *
find_levels_of_rows (CofferSidebarList *self)
{
  GHashTable *levels = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < self->row_widgets->len; i++)
    {
      CofferSidebarItem *item = coffer_sidebar_row_get_item (g_ptr_array_index (self->row_widgets, i));

      if (item != NULL && COFFER_IS_SECTION (coffer_sidebar_item_get_item (item)))
        g_hash_table_add (levels, find_level (self, coffer_sidebar_item_get_item (item), coffer_sidebar_item_get_model (item)));
    }
  return levels;
}

static void
changed_cb (CofferSidebarList *self)
{
  g_autoptr(GHashTable) of_rows = find_levels_of_rows (self);
  GHashTableIter iter;
  CofferPrefixLevel *level;

  g_hash_table_iter_init (&iter, self->levels);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &level))
    if (level != self->first && !is_wanted (self, level) && !g_hash_table_contains (of_rows, level))
      g_hash_table_iter_remove (&iter);
}

/* Choosing */

/* CofferSidebarChosenFunc */
static gboolean
is_chosen (gpointer    item,
           GListModel *model,
           gpointer    data)
{
  CofferSidebarList *self = data;
  const char *name = self->section != NULL ? coffer_section_get_name (self->section) : NULL;

  if (name == NULL || COFFER_IS_PREFIX (item) != (self->prefix != NULL))
    return FALSE;
  if (self->prefix == NULL)
    return g_str_equal (coffer_section_get_name (item), name);
  return g_bytes_equal (coffer_prefix_get_bytes (item), self->prefix) &&
         g_str_equal (coffer_prefix_level_get_table (COFFER_PREFIX_LEVEL (model)), name);
}

/* The row at a place in a model is opened, if it is not, and the level below it given. NULL: it is not there, or not yet. */
static CofferPrefixLevel *
open_row (CofferSidebarList *self,
          GListModel        *model,
          guint              index)
{
  g_autoptr(GObject) item = g_list_model_get_item (model, index);
  guint position;

  if (item == NULL || !coffer_sidebar_tree_get_position (self->tree, model, index, &position))
    return NULL;
  coffer_sidebar_tree_set_expanded (self->tree, position, TRUE);
  return find_level (self, item, model);
}

/* Where the chosen row is: its place in a model, which is shown with all above it. Opens what is closed on the way. FALSE: it is
 * not there, or, if @waits then says so, not yet. */
static gboolean
find_chosen (CofferSidebarList  *self,
             GListModel        **model,
             guint              *index,
             gboolean           *waits)
{
  gsize size = 0, end = 0;
  gconstpointer data = self->prefix != NULL ? g_bytes_get_data (self->prefix, &size) : NULL;

  *waits = FALSE;
  *model = coffer_vault_get_sections (self->vault);
  *index = find_section (self, coffer_section_get_name (self->section));
  while ((end = coffer_separators_find (&self->separators, data, size, end)) > 0)
    {
      g_autoptr(GBytes) prefix = g_bytes_new_from_bytes (self->prefix, 0, end);
      CofferPrefixLevel *level = open_row (self, *model, *index);

      if (level == NULL)
        return FALSE;
      *waits = coffer_prefix_level_get_loading (level);
      if (!coffer_prefix_level_find (level, prefix, index))
        return FALSE;
      *model = G_LIST_MODEL (level);
    }
  return TRUE;
}

/* Shows the chosen row, as soon as it is there; until then, or until somebody goes elsewhere, every level that loads comes here. */
static void
reveal (CofferSidebarList *self)
{
  GListModel *model;
  gboolean waits;
  guint index, position;

  self->revealing = FALSE;   /* what is opened here tells of it */
  if (self->section == NULL || self->tree == NULL)
    return;
  if (!find_chosen (self, &model, &index, &waits))
    self->revealing = waits;
  else if (coffer_sidebar_tree_get_position (self->tree, model, index, &position))
    gtk_widget_activate_action (GTK_WIDGET (self->rows), "list.scroll-to-item", "u", position);
}

void
coffer_sidebar_list_set_chosen (CofferSidebarList *self,
                                CofferSection     *section,
                                GBytes            *prefix)
{
  g_return_if_fail (COFFER_IS_SIDEBAR_LIST (self));

  g_set_object (&self->section, section);
  if (prefix != NULL)
    g_bytes_ref (prefix);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  self->prefix = prefix;
  if (self->tree == NULL)
    return;
  coffer_sidebar_tree_chosen_changed (self->tree);
  reveal (self);
}

/* Emits @signal with what is at @position. */
static void
emit_row (CofferSidebarList *self,
          guint              position,
          guint              signal)
{
  g_autoptr(CofferSidebarItem) row = g_list_model_get_item (G_LIST_MODEL (self->tree), position);
  g_autoptr(CofferSection) section = NULL;
  gpointer item;
  guint i;

  if (row == NULL)
    return;
  item = coffer_sidebar_item_get_item (row);
  if (!COFFER_IS_PREFIX (item))
    {
      g_signal_emit (self, signal, 0, item, NULL);
      return;
    }
  i = find_section (self, coffer_prefix_level_get_table (COFFER_PREFIX_LEVEL (coffer_sidebar_item_get_model (row))));
  section = g_list_model_get_item (coffer_vault_get_sections (self->vault), i);
  if (section != NULL)
    g_signal_emit (self, signal, 0, section, coffer_prefix_get_bytes (item));
}

static void
activate_cb (CofferSidebarList *self,
             guint              position)
{
  emit_row (self, position, chosen_signal);
}

/* The menu of a row. It offers what can be done with what is on show then, which people see before they say yes. */

static void
pop_up_menu (CofferSidebarList *self,
             CofferSidebarRow  *row,
             double             x,
             double             y)
{
  emit_row (self, coffer_sidebar_row_get_position (row), pointed_signal);
  coffer_place_menu_popup (GTK_WIDGET (self), x, y);
}

static void
pop_up_menu_at (CofferSidebarList *self,
                double             x,
                double             y)
{
  GtkWidget *at = gtk_widget_pick (GTK_WIDGET (self), x, y, GTK_PICK_DEFAULT);
  GtkWidget *row = at != NULL ? gtk_widget_get_ancestor (at, COFFER_TYPE_SIDEBAR_ROW) : NULL;

  if (row == NULL && at != NULL && COFFER_IS_SIDEBAR_ROW (gtk_widget_get_first_child (at)))   /* beside it */
    row = gtk_widget_get_first_child (at);
  if (row != NULL && coffer_sidebar_row_get_item (COFFER_SIDEBAR_ROW (row)) != NULL)
    pop_up_menu (self, COFFER_SIDEBAR_ROW (row), x, y);
}

static void
secondary_pressed_cb (CofferSidebarList *self,
                      int                n_press,
                      double             x,
                      double             y)
{
  pop_up_menu_at (self, x, y);
}

static void
long_pressed_cb (CofferSidebarList *self,
                 double             x,
                 double             y)
{
  pop_up_menu_at (self, x, y);
}

static void
add_menu (CofferSidebarList *self)
{
  GtkGesture *click = gtk_gesture_click_new (), *long_press = gtk_gesture_long_press_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (secondary_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (long_press), TRUE);
  g_signal_connect_swapped (long_press, "pressed", G_CALLBACK (long_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (long_press));
}

/* Keys */

static CofferSidebarRow *
get_row_at (CofferSidebarList *self,
            guint              position)
{
  for (guint i = 0; i < self->row_widgets->len; i++)
    {
      CofferSidebarRow *row = g_ptr_array_index (self->row_widgets, i);

      if (coffer_sidebar_row_get_item (row) != NULL && coffer_sidebar_row_get_position (row) == position)
        return row;
    }
  return NULL;
}

static CofferSidebarRow *
get_focus_row (CofferSidebarList *self)
{
  GtkWidget *around = gtk_widget_get_focus_child (GTK_WIDGET (self->rows));
  GtkWidget *row = around != NULL ? gtk_widget_get_first_child (around) : NULL;

  return row != NULL && coffer_sidebar_row_get_item (COFFER_SIDEBAR_ROW (row)) != NULL ? COFFER_SIDEBAR_ROW (row) : NULL;
}

static void
focus_position (CofferSidebarList *self,
                guint              position)
{
  CofferSidebarRow *row;

  gtk_widget_activate_action (GTK_WIDGET (self->rows), "list.scroll-to-item", "u", position);
  row = get_row_at (self, position);
  if (row != NULL)
    gtk_widget_grab_focus (gtk_widget_get_parent (GTK_WIDGET (row)));
}

static void
go_in (CofferSidebarList *self,
       CofferSidebarRow  *row)
{
  guint position = coffer_sidebar_row_get_position (row);
  g_autoptr(CofferSidebarItem) next = g_list_model_get_item (G_LIST_MODEL (self->tree), position + 1);
  CofferSidebarItem *item = coffer_sidebar_row_get_item (row);

  if (!coffer_sidebar_row_get_expandable (row))
    return;
  if (!coffer_sidebar_item_get_expanded (item))
    coffer_sidebar_tree_set_expanded (self->tree, position, TRUE);
  else if (next != NULL && coffer_sidebar_item_get_depth (next) > coffer_sidebar_item_get_depth (item))   /* or it is still to come */
    focus_position (self, position + 1);
}

static void
go_out (CofferSidebarList *self,
        CofferSidebarRow  *row)
{
  guint position = coffer_sidebar_row_get_position (row);
  guint parent;

  if (coffer_sidebar_item_get_expanded (coffer_sidebar_row_get_item (row)) && coffer_sidebar_row_get_expandable (row))
    coffer_sidebar_tree_set_expanded (self->tree, position, FALSE);
  else if (coffer_sidebar_tree_get_parent (self->tree, position, &parent))
    focus_position (self, parent);
}

static gboolean
is_menu_key (guint           keyval,
             GdkModifierType state)
{
  GdkModifierType modifiers = state & gtk_accelerator_get_default_mod_mask ();

  return (keyval == GDK_KEY_Menu && modifiers == 0) || (keyval == GDK_KEY_F10 && modifiers == GDK_SHIFT_MASK);
}

static void
pop_up_menu_of (CofferSidebarList *self,
                CofferSidebarRow  *row)
{
  double x, y;

  if (gtk_widget_translate_coordinates (GTK_WIDGET (row), GTK_WIDGET (self), gtk_widget_get_width (GTK_WIDGET (row)) / 3,
                                        gtk_widget_get_height (GTK_WIDGET (row)), &x, &y))
    pop_up_menu (self, row, x, y);
}

static gboolean
key_pressed_cb (CofferSidebarList *self,
                guint              keyval,
                guint              keycode,
                GdkModifierType    state)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  CofferSidebarRow *row = get_focus_row (self);

  self->revealing = FALSE;
  if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) != 0 || row == NULL)
    return GDK_EVENT_PROPAGATE;
  if (is_menu_key (keyval, state))
    {
      pop_up_menu_of (self, row);
      return GDK_EVENT_STOP;
    }

  switch (keyval)
    {
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      (rtl ? go_out : go_in) (self, row);
      return GDK_EVENT_STOP;
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      (rtl ? go_in : go_out) (self, row);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

/* Rows */

static void
toggled_cb (CofferSidebarList *self,
            CofferSidebarRow  *row)
{
  self->revealing = FALSE;
  coffer_sidebar_tree_set_expanded (self->tree, coffer_sidebar_row_get_position (row),
                                    !coffer_sidebar_item_get_expanded (coffer_sidebar_row_get_item (row)));
}

/*
 * What "single-click-activate" is for. With that GTK 4.8 also selects what the pointer comes to be over, and that may happen while
 * rows are given their places: a row under the pointer is hidden, the pointer is over another one, and the tree of rows that
 * GTK walks changes under it.
 */
static void
clicked_cb (CofferSidebarList *self,
            CofferSidebarRow  *row)
{
  activate_cb (self, coffer_sidebar_row_get_position (row));
}

static void
row_destroyed_cb (GtkWidget         *row,
                  CofferSidebarList *self)
{
  g_ptr_array_remove_fast (self->row_widgets, row);
}

static void
setup_cb (GtkListItemFactory *factory,
          GtkListItem        *list_item,
          CofferSidebarList  *self)
{
  GtkWidget *row = coffer_sidebar_row_new (list_item);

  g_ptr_array_add (self->row_widgets, row);
  g_signal_connect (row, "destroy", G_CALLBACK (row_destroyed_cb), self);
  g_signal_connect_swapped (row, "clicked", G_CALLBACK (clicked_cb), self);
  g_signal_connect_swapped (row, "toggled", G_CALLBACK (toggled_cb), self);
  gtk_list_item_set_child (list_item, row);
}

static gboolean
is_table (CofferSection *section)
{
  int kind = coffer_section_get_kind (section);

  return kind == COFFER_SECTION_V1 || kind == COFFER_SECTION_V2;
}

/* The heading over a row: the first of its group at the top has one. */
static const char *
get_heading (CofferSidebarList *self,
             CofferSidebarItem *item,
             guint              position)
{
  g_autoptr(CofferSidebarItem) above = NULL;
  gpointer section = coffer_sidebar_item_get_item (item);

  if (COFFER_IS_PREFIX (section))
    return NULL;
  if (is_table (section))
    return position == 0 ? _("Tables") : NULL;
  above = position > 0 ? g_list_model_get_item (G_LIST_MODEL (self->tree), position - 1) : NULL;
  if (above != NULL && COFFER_IS_SECTION (coffer_sidebar_item_get_item (above)) && !is_table (coffer_sidebar_item_get_item (above)))
    return NULL;
  return _("Other sections");
}

static void
update_heading (CofferSidebarList *self,
                CofferSidebarRow  *row)
{
  CofferSidebarItem *item = coffer_sidebar_row_get_item (row);

  coffer_sidebar_row_set_heading (row, item != NULL ? get_heading (self, item, coffer_sidebar_row_get_position (row)) : NULL);
}

/* A group may begin with another section now. */
static void
sections_cb (CofferSidebarList *self)
{
  for (guint i = 0; i < self->row_widgets->len; i++)
    update_heading (self, g_ptr_array_index (self->row_widgets, i));
}

/* To the grid it is a cell of a table. When it is bound first, nobody has been told yet. */
static void
make_list_item (GtkWidget *around)
{
  if (gtk_accessible_get_accessible_role (GTK_ACCESSIBLE (around)) != GTK_ACCESSIBLE_ROLE_LIST_ITEM)
    g_object_set (around, "accessible-role", GTK_ACCESSIBLE_ROLE_LIST_ITEM, NULL);
}

static void
bind_cb (GtkListItemFactory *factory,
         GtkListItem        *list_item,
         CofferSidebarList  *self)
{
  CofferSidebarRow *row = COFFER_SIDEBAR_ROW (gtk_list_item_get_child (list_item));
  CofferSidebarItem *item = gtk_list_item_get_item (list_item);
  gpointer followed = coffer_sidebar_item_get_item (item);

  make_list_item (gtk_widget_get_parent (GTK_WIDGET (row)));
  coffer_sidebar_row_set_item (row, item);
  update_heading (self, row);
  update_expandable (self, row);
  if (COFFER_IS_PREFIX (followed))
    g_signal_connect_swapped (followed, "notify::has-children", G_CALLBACK (level_cb), self);
  else
    g_signal_connect_swapped (followed, "notify::count", G_CALLBACK (count_cb), self);
  look_below (self, row);
}

static void
unbind_cb (GtkListItemFactory *factory,
           GtkListItem        *list_item,
           CofferSidebarList  *self)
{
  CofferSidebarRow *row = COFFER_SIDEBAR_ROW (gtk_list_item_get_child (list_item));
  gpointer followed = coffer_sidebar_item_get_item (coffer_sidebar_row_get_item (row));

  if (COFFER_IS_PREFIX (followed))
    g_signal_handlers_disconnect_by_func (followed, level_cb, self);
  else
    g_signal_handlers_disconnect_by_func (followed, count_cb, self);
  coffer_sidebar_row_set_item (row, NULL);
}

/* Room */

static guint
count_columns (CofferSidebarList *self)
{
  return gtk_widget_get_height (GTK_WIDGET (self)) / (MIN_ROW_HEIGHT * ROWS_A_COLUMN) + 1;
}

static gboolean
shape_idle_cb (gpointer user_data)
{
  CofferSidebarList *self = user_data;

  self->shape_idle = 0;
  gtk_grid_view_set_max_columns (self->rows, count_columns (self));
  return G_SOURCE_REMOVE;
}

static void
coffer_sidebar_list_size_allocate (GtkWidget *widget,
                                   int        width,
                                   int        height,
                                   int        baseline)
{
  CofferSidebarList *self = COFFER_SIDEBAR_LIST (widget);
  int minimum;

  gtk_widget_measure (self->scroller, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_allocate (self->scroller, MAX (width, minimum), height, baseline, NULL);
  if (count_columns (self) != gtk_grid_view_get_max_columns (self->rows) && self->shape_idle == 0)
    self->shape_idle = g_idle_add_full (GTK_PRIORITY_RESIZE - 1, shape_idle_cb, self, NULL);
}

/* The rows would like to be wider than any window. */
static void
coffer_sidebar_list_measure (GtkWidget      *widget,
                             GtkOrientation  orientation,
                             int             for_size,
                             int            *minimum,
                             int            *natural,
                             int            *minimum_baseline,
                             int            *natural_baseline)
{
  CofferSidebarList *self = COFFER_SIDEBAR_LIST (widget);

  gtk_widget_measure (self->scroller, orientation, -1, minimum, natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *natural = *minimum;
}

/* The chosen row has the focus, and so the arrows, not the one that had it last. */
static gboolean
coffer_sidebar_list_grab_focus (GtkWidget *widget)
{
  CofferSidebarList *self = COFFER_SIDEBAR_LIST (widget);

  for (guint i = 0; i < self->row_widgets->len; i++)
    {
      CofferSidebarRow *row = g_ptr_array_index (self->row_widgets, i);
      CofferSidebarItem *item = coffer_sidebar_row_get_item (row);

      if (item != NULL && is_chosen (coffer_sidebar_item_get_item (item), coffer_sidebar_item_get_model (item), self))
        return gtk_widget_grab_focus (gtk_widget_get_parent (GTK_WIDGET (row)));
    }
  return gtk_widget_grab_focus (GTK_WIDGET (self->rows));
}

/* Tab leaves the rows, which GTK 4.8 would walk one by one. */
static gboolean
coffer_sidebar_list_focus (GtkWidget        *widget,
                           GtkDirectionType  direction)
{
  if (direction != GTK_DIR_TAB_FORWARD && direction != GTK_DIR_TAB_BACKWARD)
    return GTK_WIDGET_CLASS (coffer_sidebar_list_parent_class)->focus (widget, direction);
  return gtk_widget_get_focus_child (widget) == NULL && gtk_widget_grab_focus (widget);
}

/* The vault */

static void
show_tree (CofferSidebarList *self)
{
  drop_first (self);
  gtk_grid_view_set_model (self->rows, NULL);
  self->tree = NULL;
  g_hash_table_remove_all (self->levels);
  if (self->vault == NULL)
    return;

  self->tree = coffer_sidebar_tree_new (coffer_vault_get_sections (self->vault), make_level, is_chosen, self);
  gtk_grid_view_set_model (self->rows, GTK_SELECTION_MODEL (self->tree));
  g_object_unref (self->tree);
  open_first (self);
}

void
coffer_sidebar_list_set_vault (CofferSidebarList *self,
                               CofferVault       *vault)
{
  g_return_if_fail (COFFER_IS_SIDEBAR_LIST (self));

  if (self->vault != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->vault, changed_cb, self);
      g_signal_handlers_disconnect_by_func (coffer_vault_get_sections (self->vault), sections_cb, self);
    }
  g_set_object (&self->vault, vault);
  coffer_sidebar_list_set_chosen (self, NULL, NULL);
  show_tree (self);
  if (vault == NULL)
    return;
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (coffer_vault_get_sections (vault), "items-changed", G_CALLBACK (sections_cb), self);
}

void
coffer_sidebar_list_set_separators (CofferSidebarList *self,
                                    const char        *characters)
{
  g_return_if_fail (COFFER_IS_SIDEBAR_LIST (self));

  coffer_separators_init (&self->separators, characters);
  show_tree (self);
}

const CofferSeparators *
coffer_sidebar_list_get_separators (CofferSidebarList *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_LIST (self), NULL);

  return &self->separators;
}

static void
coffer_sidebar_list_dispose (GObject *object)
{
  CofferSidebarList *self = COFFER_SIDEBAR_LIST (object);

  g_clear_handle_id (&self->shape_idle, g_source_remove);
  if (self->rows != NULL)
    coffer_sidebar_list_set_vault (self, NULL);
  self->rows = NULL;
  g_clear_pointer (&self->scroller, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_sidebar_list_parent_class)->dispose (object);
}

static void
coffer_sidebar_list_finalize (GObject *object)
{
  CofferSidebarList *self = COFFER_SIDEBAR_LIST (object);

  g_hash_table_unref (self->levels);
  g_ptr_array_unref (self->row_widgets);

  G_OBJECT_CLASS (coffer_sidebar_list_parent_class)->finalize (object);
}

static void
coffer_sidebar_list_class_init (CofferSidebarListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_sidebar_list_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_sidebar_list_finalize;
  widget_class->measure = coffer_sidebar_list_measure;
  widget_class->size_allocate = coffer_sidebar_list_size_allocate;
  widget_class->grab_focus = coffer_sidebar_list_grab_focus;
  widget_class->focus = coffer_sidebar_list_focus;

  chosen_signal = g_signal_new ("chosen", COFFER_TYPE_SIDEBAR_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                2, COFFER_TYPE_SECTION, G_TYPE_BYTES);
  pointed_signal = g_signal_new ("pointed-at", COFFER_TYPE_SIDEBAR_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 2, COFFER_TYPE_SECTION, G_TYPE_BYTES);
}

static GtkWidget *
make_rows (CofferSidebarList *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkWidget *rows;

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), self);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), self);
  rows = g_object_new (GTK_TYPE_GRID_VIEW,
                       "accessible-role", GTK_ACCESSIBLE_ROLE_LIST,
                       "factory", factory,
                       "hscroll-policy", GTK_SCROLL_NATURAL,
                       "min-columns", 1,
                       "max-columns", 1,
                       "css-classes", (const char *[]) { "sidebar-list", NULL },
                       NULL);
  g_object_unref (factory);
  gtk_accessible_update_property (GTK_ACCESSIBLE (rows), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Tables"), -1);
  g_signal_connect_swapped (rows, "activate", G_CALLBACK (activate_cb), self);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (rows, keys);
  return rows;
}

static void
coffer_sidebar_list_init (CofferSidebarList *self)
{
  self->row_widgets = g_ptr_array_new ();
  self->levels = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, g_object_unref);
  add_menu (self);
  coffer_separators_init (&self->separators, COFFER_SEPARATORS_DEFAULT);
  self->rows = GTK_GRID_VIEW (make_rows (self));
  self->scroller = g_object_new (GTK_TYPE_SCROLLED_WINDOW, "hscrollbar-policy", GTK_POLICY_NEVER, "child", self->rows, NULL);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}
