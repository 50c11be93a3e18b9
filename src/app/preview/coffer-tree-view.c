/* SPDX-License-Identifier: MIT */
/*
 * The rows of a tree. What is folded in has no rows and no objects: lists are made as they are opened. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-tree-view.h"

#include <coffer-clip.h>
#include <coffer-tree-list.h>
#include <glib/gi18n-lib.h>

/* A small tree is open from the start. */
#define MAX_OPEN 60
/* GtkListView makes widgets for 200 rows at once, which takes 70 ms, and 40 to let go of them: rows come in turns until it has as
 * many. Who only passes by gets what fits on a screen.
 */
#define FIRST_ROWS 16
#define MORE_ROWS 6
#define SCREEN_ROWS 64
#define ALL_ROWS 220
#define ROW_HEIGHT 30   /* as in the style sheet */
#define MIN_WIDTH 200
#define WIDTH 420
#define MIN_HEIGHT 110
#define NAME_WIDTH 150
#define TYPE_WIDTH 96
#define OFFSET_WIDTH 72
#define INDEX_WIDTH 96
#define NUMBER_WIDTH 76
#define OPCODE_WIDTH 172   /* SHORT_BINUNICODE */
#define LIST_ITEM "coffer-list-item"

typedef enum { NAME, VALUE, TYPE } Part;

struct _CofferTreeView
{
  GtkWidget parent_instance;

  GtkSingleSelection *selection;
  GSimpleActionGroup *actions;
  guint wanted;                 /* the node to choose, G_MAXUINT for none */
  guint wanted_id;
  guint n_trees;                /* that were shown */
  gboolean wants_all;           /* somebody looks closer: all rows are to come */
  GPtrArray *resting;           /* of GtkSliceListModel: lists that wait for that */
  gboolean is_flat;             /* nothing folds */

  GtkWidget *scroller;
  GtkColumnView *view;
  GtkColumnViewColumn *name_column;
  GtkColumnViewColumn *value_column;
  GtkColumnViewColumn *type_column;
  GMenuModel *menu;
  GtkPopover *popover;
};

enum { SELECTED, TOO_LARGE, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferTreeView, coffer_tree_view, GTK_TYPE_WIDGET)

typedef struct {
  CofferTreeView *view;
  GtkSliceListModel *slice;
  guint n_trees;   /* so far: that of another stays as it is */
} Growth;

static void
growth_free (gpointer data)
{
  Growth *growth = data;

  g_object_unref (growth->view);
  g_object_unref (growth->slice);
  g_free (growth);
}

static gboolean
grow_cb (gpointer data)
{
  Growth *growth = data;
  guint size = gtk_slice_list_model_get_size (growth->slice);

  if (growth->n_trees != growth->view->n_trees)
    return G_SOURCE_REMOVE;
  if (size >= SCREEN_ROWS && !growth->view->wants_all)
    {
      g_ptr_array_add (growth->view->resting, g_object_ref (growth->slice));
      return G_SOURCE_REMOVE;
    }
  gtk_slice_list_model_set_size (growth->slice, size < ALL_ROWS ? size + MORE_ROWS : G_MAXUINT);

  return size < ALL_ROWS ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
begin_growth (CofferTreeView    *self,
              GtkSliceListModel *slice)
{
  Growth *growth = g_new (Growth, 1);

  *growth = (Growth) { g_object_ref (self), g_object_ref (slice), self->n_trees };
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, grow_cb, growth, growth_free);
}

static void
want_all (CofferTreeView *self)
{
  self->wants_all = TRUE;
  for (guint i = 0; i < self->resting->len; i++)
    begin_growth (self, g_ptr_array_index (self->resting, i));
  g_ptr_array_set_size (self->resting, 0);
}

/* @list  (transfer full) */
static GListModel *
grow (CofferTreeView *self,
      GListModel     *list)
{
  GtkSliceListModel *slice;

  if (g_list_model_get_n_items (list) <= FIRST_ROWS)
    return list;

  slice = gtk_slice_list_model_new (list, 0, FIRST_ROWS);
  begin_growth (self, slice);

  return G_LIST_MODEL (slice);
}

static GListModel *
create_list (gpointer item,
             gpointer view)
{
  GListModel *list = coffer_tree_item_create_list (item);

  return list != NULL ? grow (view, list) : NULL;
}

/* (transfer full) (nullable) */
static CofferTreeItem *
ref_selected (CofferTreeView *self)
{
  GtkTreeListRow *row = self->selection != NULL ? gtk_single_selection_get_selected_item (self->selection) : NULL;

  return row != NULL ? gtk_tree_list_row_get_item (row) : NULL;
}

guint
coffer_tree_view_get_selected (CofferTreeView *self)
{
  g_autoptr(CofferTreeItem) item = NULL;

  g_return_val_if_fail (COFFER_IS_TREE_VIEW (self), G_MAXUINT);

  item = ref_selected (self);

  return item != NULL && coffer_tree_item_get_n_nodes (item) == 1 ? coffer_tree_item_get_node (item) : G_MAXUINT;
}

static void
selected_cb (CofferTreeView *self)
{
  gboolean has = coffer_tree_view_get_selected (self) != G_MAXUINT;

  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), "copy-value")), has);
  g_simple_action_set_enabled (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), "copy-path")), has);
  g_signal_emit (self, signals[SELECTED], 0);
}

static void
copied_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autofree char *text = g_task_propagate_pointer (G_TASK (result), NULL);

  if (text != NULL)
    coffer_clip_set_text (gtk_widget_get_clipboard (GTK_WIDGET (source)), text);
  else
    g_signal_emit (source, signals[TOO_LARGE], 0);
}

typedef char *(*CopyFunc) (const CofferTree *tree, guint node);

typedef struct {
  CofferTree *tree;
  guint node;
  CopyFunc copy;
} Place;

static void
place_free (gpointer data)
{
  coffer_tree_unref (((Place *) data)->tree);
  g_free (data);
}

static void
copy_worker (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Place *place = data;

  g_task_return_pointer (task, place->copy (place->tree, place->node), g_free);
}

/* It may be megabytes of text. */
static void
copy (CofferTreeView *self,
      CopyFunc        func)
{
  g_autoptr(CofferTreeItem) item = ref_selected (self);
  g_autoptr(GTask) task = NULL;
  Place *place;

  if (item == NULL)
    return;

  place = g_new (Place, 1);
  *place = (Place) { coffer_tree_ref (coffer_tree_item_get_tree (item)), coffer_tree_item_get_node (item), func };
  task = g_task_new (self, NULL, copied_cb, NULL);
  g_task_set_task_data (task, place, place_free);
  g_task_run_in_thread (task, copy_worker);
}

static void
copy_value_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       data)
{
  copy (data, coffer_tree_dup_copy);
}

static void
copy_path_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       data)
{
  copy (data, coffer_tree_dup_exact_path);
}

static Part
get_part (CofferTreeView    *self,
          GtkListItemFactory *factory)
{
  return GPOINTER_TO_INT (g_object_get_data (G_OBJECT (factory), "part"));
}

/* What the column has no room for. GtkInscription does not tell whether it cuts its text. */
static gboolean
query_tooltip_cb (GtkInscription *inscription,
                  int             x,
                  int             y,
                  gboolean        keyboard,
                  GtkTooltip     *tooltip)
{
  const char *text = gtk_inscription_get_text (inscription);
  g_autoptr(PangoLayout) layout = NULL;
  int width;

  if (text == NULL || *text == '\0')
    return FALSE;

  layout = gtk_widget_create_pango_layout (GTK_WIDGET (inscription), text);
  pango_layout_get_pixel_size (layout, &width, NULL);
  gtk_tooltip_set_text (tooltip, text);

  return width > gtk_widget_get_width (GTK_WIDGET (inscription));
}

static void
setup_cb (CofferTreeView     *self,
          GtkListItem        *list_item,
          GtkListItemFactory *factory)
{
  GtkWidget *label = gtk_inscription_new (NULL), *child = label;

  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (label), GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_valign (label, GTK_ALIGN_CENTER);
  gtk_widget_set_has_tooltip (label, TRUE);
  g_signal_connect (label, "query-tooltip", G_CALLBACK (query_tooltip_cb), NULL);
  if (get_part (self, factory) == NAME)
    {
      child = gtk_tree_expander_new ();
      gtk_tree_expander_set_child (GTK_TREE_EXPANDER (child), label);
    }
  else if (get_part (self, factory) == TYPE)
    {
      gtk_widget_add_css_class (label, "dim");
    }
  g_object_set_data (G_OBJECT (child), LIST_ITEM, list_item);
  gtk_list_item_set_child (list_item, child);
}

static void
set_text (GtkWidget  *inscription,
          const char *text)
{
  gtk_inscription_set_text (GTK_INSCRIPTION (inscription), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (inscription), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void
bind_name (CofferTreeView *self,
           GtkWidget      *expander,
           GtkTreeListRow *row,
           CofferTreeItem *item)
{
  g_autofree char *text = coffer_tree_item_dup_name (item);

  gtk_tree_expander_set_indent_for_icon (GTK_TREE_EXPANDER (expander), !self->is_flat);
  gtk_tree_expander_set_list_row (GTK_TREE_EXPANDER (expander), row);
  set_text (gtk_tree_expander_get_child (GTK_TREE_EXPANDER (expander)), text);
}

static void
bind_value (GtkWidget      *label,
            CofferTreeItem *item)
{
  gboolean is_dim;
  g_autofree char *text = coffer_tree_item_dup_value (item, &is_dim);

  set_text (label, text);
  if (is_dim)
    gtk_widget_add_css_class (label, "dim");
  else
    gtk_widget_remove_css_class (label, "dim");
}

static void
bind_cb (CofferTreeView     *self,
         GtkListItem        *list_item,
         GtkListItemFactory *factory)
{
  GtkTreeListRow *row = gtk_list_item_get_item (list_item);
  g_autoptr(CofferTreeItem) item = gtk_tree_list_row_get_item (row);
  GtkWidget *child = gtk_list_item_get_child (list_item);
  g_autofree char *type = NULL;

  switch (get_part (self, factory))
    {
    case NAME:
      bind_name (self, child, row, item);
      break;
    case VALUE:
      bind_value (child, item);
      break;
    case TYPE:
    default:
      type = coffer_tree_item_dup_type (item);
      set_text (child, type);
      break;
    }
}

static void
unbind_cb (CofferTreeView     *self,
           GtkListItem        *list_item,
           GtkListItemFactory *factory)
{
  if (get_part (self, factory) == NAME)
    gtk_tree_expander_set_list_row (GTK_TREE_EXPANDER (gtk_list_item_get_child (list_item)), NULL);
}

static void
set_factory (CofferTreeView      *self,
             GtkColumnViewColumn *column,
             Part                 part)
{
  g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  g_object_set_data (G_OBJECT (factory), "part", GINT_TO_POINTER (part));
  g_signal_connect_swapped (factory, "setup", G_CALLBACK (setup_cb), self);
  g_signal_connect_swapped (factory, "bind", G_CALLBACK (bind_cb), self);
  g_signal_connect_swapped (factory, "unbind", G_CALLBACK (unbind_cb), self);
  gtk_column_view_column_set_factory (column, factory);
}

/* A pickle's opcodes are names, and their arguments may be long; the numbers of an array are, too. */
static void
set_columns (CofferTreeView *self,
             CofferTree     *tree)
{
  const CofferArray *array = coffer_tree_get_array (tree);
  gboolean is_pickle = coffer_tree_get_format (tree) == COFFER_TREE_PICKLE;
  gboolean is_list = array != NULL && !array->is_number;

  gtk_column_view_column_set_title (self->name_column, is_pickle ? _("Offset") : _("Name"));
  gtk_column_view_column_set_title (self->value_column, is_pickle ? _("Argument") : _("Value"));
  gtk_column_view_column_set_title (self->type_column, is_pickle ? _("Opcode") : _("Type"));
  gtk_column_view_column_set_fixed_width (self->name_column, is_pickle ? OFFSET_WIDTH : is_list ? INDEX_WIDTH : NAME_WIDTH);
  gtk_column_view_column_set_fixed_width (self->type_column, is_pickle ? OPCODE_WIDTH : is_list ? NUMBER_WIDTH : TYPE_WIDTH);
  gtk_column_view_insert_column (self->view, is_pickle ? 1 : 2, self->type_column);
}

/* In GTK 4.8 a label that is given the focus of a row that goes looks at that row once more, when it is gone. */
static gboolean
release_focus (CofferTreeView *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  if (focus == NULL || !gtk_widget_is_ancestor (focus, GTK_WIDGET (self)))
    return FALSE;

  gtk_root_set_focus (root, NULL);
  return TRUE;
}

/* Behind the slice that lets rows come in turns. */
static CofferTreeList *
get_list (GListModel *model)
{
  return COFFER_TREE_LIST (GTK_IS_SLICE_LIST_MODEL (model) ? gtk_slice_list_model_get_model (GTK_SLICE_LIST_MODEL (model)) : model);
}

static gboolean
is_growing (GListModel *model)
{
  return GTK_IS_SLICE_LIST_MODEL (model) && gtk_slice_list_model_get_size (GTK_SLICE_LIST_MODEL (model)) != G_MAXUINT;
}

static void
choose_row (CofferTreeView *self,
            guint           position)
{
  GtkWidget *rows = gtk_widget_get_last_child (GTK_WIDGET (self->view));

  while (rows != NULL && !GTK_IS_LIST_VIEW (rows))
    rows = gtk_widget_get_prev_sibling (rows);
  gtk_single_selection_set_selected (self->selection, position);
  if (rows != NULL)
    gtk_widget_activate_action (rows, "list.scroll-to-item", "u", position);
}

/* A level further down each time, until its rows are all there. Returns: whether to come again */
static gboolean
go_down (CofferTreeView *self)
{
  GtkTreeListModel *model = GTK_TREE_LIST_MODEL (gtk_single_selection_get_model (self->selection));
  GListModel *list = gtk_tree_list_model_get_model (model);
  g_autoptr(GtkTreeListRow) row = NULL;

  while (!is_growing (list))
    {
      guint position = coffer_tree_list_find (get_list (list), self->wanted);
      GtkTreeListRow *child = position == G_MAXUINT ? NULL
                              : row == NULL         ? gtk_tree_list_model_get_child_row (model, position)
                                                    : gtk_tree_list_row_get_child_row (row, position);
      g_autoptr(CofferTreeItem) item = child != NULL ? gtk_tree_list_row_get_item (child) : NULL;

      if (item == NULL)
        return G_SOURCE_REMOVE;

      g_clear_object (&row);
      row = child;
      if (coffer_tree_item_get_n_nodes (item) == 1 && coffer_tree_item_get_node (item) == self->wanted)
        {
          choose_row (self, gtk_tree_list_row_get_position (row));
          return G_SOURCE_REMOVE;
        }
      gtk_tree_list_row_set_expanded (row, TRUE);
      if ((list = gtk_tree_list_row_get_children (row)) == NULL)
        return G_SOURCE_REMOVE;
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
wanted_cb (gpointer data)
{
  CofferTreeView *self = data;

  if (go_down (self) == G_SOURCE_CONTINUE)
    return G_SOURCE_CONTINUE;

  self->wanted_id = 0;
  return G_SOURCE_REMOVE;
}

void
coffer_tree_view_select (CofferTreeView *self,
                         guint           node)
{
  g_return_if_fail (COFFER_IS_TREE_VIEW (self));

  g_clear_handle_id (&self->wanted_id, g_source_remove);
  if (self->selection == NULL || coffer_tree_view_get_selected (self) == node)
    return;

  self->wanted = node;
  want_all (self);
  if (node == G_MAXUINT)
    gtk_single_selection_set_selected (self->selection, GTK_INVALID_LIST_POSITION);
  else if (go_down (self) == G_SOURCE_CONTINUE)
    self->wanted_id = g_idle_add_full (G_PRIORITY_LOW, wanted_cb, self, NULL);
}

void
coffer_tree_view_set_tree (CofferTreeView *self,
                           CofferTree     *tree)
{
  GtkTreeListModel *model;
  CofferTreeFormat format;
  gboolean had_focus;

  g_return_if_fail (COFFER_IS_TREE_VIEW (self));

  g_clear_handle_id (&self->wanted_id, g_source_remove);
  had_focus = release_focus (self);
  gtk_column_view_set_model (self->view, NULL);
  g_clear_object (&self->selection);
  g_ptr_array_set_size (self->resting, 0);
  self->n_trees++;
  self->wants_all = had_focus || gtk_widget_get_height (self->scroller) > SCREEN_ROWS * ROW_HEIGHT;
  if (tree == NULL)
    return;

  format = coffer_tree_get_format (tree);
  self->is_flat = format >= COFFER_TREE_PICKLE && coffer_tree_get_n_nodes (tree) < COFFER_TREE_MAX_ROWS;
  set_columns (self, tree);
  model = gtk_tree_list_model_new (grow (self, coffer_tree_list_new_top (tree)), FALSE, coffer_tree_get_n_nodes (tree) <= MAX_OPEN,
                                   create_list, self, NULL);
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (model));
  g_object_unref (model);
  g_signal_connect_swapped (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self);
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
  selected_cb (self);
  if (had_focus)
    gtk_widget_child_focus (GTK_WIDGET (self->view), GTK_DIR_TAB_FORWARD);
}

/* The cell at a point of the view, or one of its row. (nullable) */
static GtkListItem *
find_list_item (CofferTreeView *self,
                double          x,
                double          y)
{
  GtkWidget *at = gtk_widget_pick (GTK_WIDGET (self->view), x, y, GTK_PICK_DEFAULT);
  GtkListItem *found = NULL;

  for (; at != NULL && at != GTK_WIDGET (self->view) && found == NULL; at = gtk_widget_get_parent (at))
    {
      GtkWidget *child = gtk_widget_get_first_child (at);

      found = g_object_get_data (G_OBJECT (at), LIST_ITEM);
      if (found == NULL && child != NULL)
        found = g_object_get_data (G_OBJECT (child), LIST_ITEM);
    }

  return found;
}

static void
popup (CofferTreeView *self,
       double          x,
       double          y)
{
  if (coffer_tree_view_get_selected (self) == G_MAXUINT)
    return;

  gtk_popover_set_pointing_to (self->popover, &(GdkRectangle) { x, y, 1, 1 });
  gtk_popover_popup (self->popover);
}

static void
pressed_cb (CofferTreeView  *self,
            int              n,
            double           x,
            double           y,
            GtkGestureClick *gesture)
{
  GtkListItem *list_item = find_list_item (self, x, y);

  if (list_item == NULL)
    return;

  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_single_selection_set_selected (self->selection, gtk_list_item_get_position (list_item));
  popup (self, x, y);
}

static gboolean
menu_key_cb (GtkWidget *widget,
             GVariant  *args,
             gpointer   data)
{
  popup (COFFER_TREE_VIEW (widget), gtk_widget_get_width (widget) / 2., gtk_widget_get_height (widget) / 2.);

  return TRUE;
}

/* What the rows are has no say in it: with each that comes GtkListView would measure all of them, several times a frame. */
static void
coffer_tree_view_measure (GtkWidget      *widget,
                          GtkOrientation  orientation,
                          int             for_size,
                          int            *minimum,
                          int            *natural,
                          int            *minimum_baseline,
                          int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? MIN_WIDTH : MIN_HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? WIDTH : MIN_HEIGHT;
}

/* In another height GTK 4.8 keeps the row last clicked where it was in proportion, which hides half of the first one. */
static void
coffer_tree_view_size_allocate (GtkWidget *widget,
                                int        width,
                                int        height,
                                int        baseline)
{
  CofferTreeView *self = COFFER_TREE_VIEW (widget);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->scroller));
  double value = gtk_adjustment_get_value (adjustment);
  gboolean is_other_height = height != gtk_widget_get_height (self->scroller);

  if (height > SCREEN_ROWS * ROW_HEIGHT)
    want_all (self);
  gtk_widget_allocate (self->scroller, width, height, -1, NULL);
  if (!is_other_height || gtk_adjustment_get_value (adjustment) == value)
    return;

  gtk_adjustment_set_value (adjustment, value);
  gtk_widget_allocate (self->scroller, width, height, -1, NULL);
}

static void
coffer_tree_view_dispose (GObject *object)
{
  CofferTreeView *self = COFFER_TREE_VIEW (object);

  g_clear_handle_id (&self->wanted_id, g_source_remove);
  g_clear_pointer ((GtkWidget **) &self->popover, gtk_widget_unparent);
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->selection);
  g_clear_object (&self->menu);

  G_OBJECT_CLASS (coffer_tree_view_parent_class)->dispose (object);
}

static void
coffer_tree_view_finalize (GObject *object)
{
  g_object_unref (COFFER_TREE_VIEW (object)->actions);
  g_ptr_array_unref (COFFER_TREE_VIEW (object)->resting);

  G_OBJECT_CLASS (coffer_tree_view_parent_class)->finalize (object);
}

static void
coffer_tree_view_class_init (CofferTreeViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_tree_view_dispose;
  object_class->finalize = coffer_tree_view_finalize;

  widget_class->measure = coffer_tree_view_measure;
  widget_class->size_allocate = coffer_tree_view_size_allocate;

  signals[SELECTED] = g_signal_new ("selected", COFFER_TYPE_TREE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[TOO_LARGE] = g_signal_new ("too-large", COFFER_TYPE_TREE_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-tree-view.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferTreeView, scroller);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeView, view);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeView, name_column);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeView, value_column);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeView, type_column);
  gtk_widget_class_bind_template_child (widget_class, CofferTreeView, menu);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_c, GDK_CONTROL_MASK, "tree.copy-value", NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Menu, 0, menu_key_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, menu_key_cb, NULL);
}

static void
coffer_tree_view_init (CofferTreeView *self)
{
  static const GActionEntry entries[] = {
    { "copy-value", copy_value_action },
    { "copy-path", copy_path_action },
  };
  GtkGesture *click = gtk_gesture_click_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  self->resting = g_ptr_array_new_with_free_func (g_object_unref);
  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "tree", G_ACTION_GROUP (self->actions));
  gtk_widget_init_template (GTK_WIDGET (self));
  g_object_ref (self->menu);
  set_factory (self, self->name_column, NAME);
  set_factory (self, self->value_column, VALUE);
  set_factory (self, self->type_column, TYPE);

  self->popover = GTK_POPOVER (gtk_popover_menu_new_from_model (self->menu));
  gtk_widget_set_parent (GTK_WIDGET (self->popover), GTK_WIDGET (self->view));
  gtk_popover_set_has_arrow (self->popover, FALSE);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self->view), GTK_EVENT_CONTROLLER (click));
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (want_all), self);
  g_signal_connect_swapped (focus, "enter", G_CALLBACK (want_all), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
}
