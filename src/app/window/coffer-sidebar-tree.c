/* SPDX-License-Identifier: MIT */
/* The rows of the sidebar. A node stands for a model that is shown: the root, and what is below each expanded row.
 *
 *     rows of a node  =  the items of its model, and behind each that is expanded the rows of that one's node
 *
 * What is kept true: `open` is in the order of the items; n_rows is the sum over the node and all below it; every node is
 * shown, for a row that goes, or is closed, takes its node with it. Main thread.
 */
#define G_LOG_DOMAIN "coffer-sidebar-tree"

#include "coffer-sidebar-tree.h"

struct _CofferSidebarItem {
  GObject parent_instance;

  CofferSidebarTree *tree;   /* unowned; NULL once that is gone */
  gpointer item;             /* owned */
  GListModel *model;         /* owned */
  guint depth;
  gboolean expanded;
};

typedef struct _Node Node;
struct _Node {
  CofferSidebarTree *tree;   /* unowned */
  Node *parent;
  guint index;               /* of its item in the parent's model */
  gpointer item;             /* owned; NULL for the root */
  GListModel *model;         /* owned */
  GPtrArray *open;           /* of Node */
  guint n_rows;
  guint depth;               /* of its items */
};

struct _CofferSidebarTree {
  GObject parent_instance;

  Node *root;
  CofferSidebarTreeFunc func;
  CofferSidebarChosenFunc chosen;
  gpointer data;
  GHashTable *live;          /* item → CofferSidebarItem, unowned */
};

enum {
  PROP_EXPANDED = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void list_model_iface_init (GListModelInterface *iface);
static void selection_model_iface_init (GtkSelectionModelInterface *iface);

G_DEFINE_FINAL_TYPE (CofferSidebarItem, coffer_sidebar_item, G_TYPE_OBJECT)
G_DEFINE_FINAL_TYPE_WITH_CODE (CofferSidebarTree, coffer_sidebar_tree, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init)
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SELECTION_MODEL, selection_model_iface_init))

/* Rows */

static void
coffer_sidebar_item_dispose (GObject *object)
{
  CofferSidebarItem *self = COFFER_SIDEBAR_ITEM (object);

  if (self->tree != NULL)
    g_hash_table_remove (self->tree->live, self->item);
  self->tree = NULL;

  G_OBJECT_CLASS (coffer_sidebar_item_parent_class)->dispose (object);
}

static void
coffer_sidebar_item_finalize (GObject *object)
{
  CofferSidebarItem *self = COFFER_SIDEBAR_ITEM (object);

  g_object_unref (self->item);
  g_object_unref (self->model);

  G_OBJECT_CLASS (coffer_sidebar_item_parent_class)->finalize (object);
}

static void
coffer_sidebar_item_get_property (GObject    *object,
                                  guint       id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_EXPANDED:
      g_value_set_boolean (value, COFFER_SIDEBAR_ITEM (object)->expanded);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_sidebar_item_class_init (CofferSidebarItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = coffer_sidebar_item_dispose;
  object_class->finalize = coffer_sidebar_item_finalize;
  object_class->get_property = coffer_sidebar_item_get_property;

  properties[PROP_EXPANDED] = g_param_spec_boolean ("expanded", NULL, NULL, FALSE,
                                                    G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
coffer_sidebar_item_init (CofferSidebarItem *self)
{
}

gpointer
coffer_sidebar_item_get_item (CofferSidebarItem *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_ITEM (self), NULL);

  return self->item;
}

GListModel *
coffer_sidebar_item_get_model (CofferSidebarItem *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_ITEM (self), NULL);

  return self->model;
}

guint
coffer_sidebar_item_get_depth (CofferSidebarItem *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_ITEM (self), 0);

  return self->depth;
}

gboolean
coffer_sidebar_item_get_expanded (CofferSidebarItem *self)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_ITEM (self), FALSE);

  return self->expanded;
}

/* The row of an item, if somebody holds it. */
static void
tell_expanded (CofferSidebarTree *self,
               gpointer           item,
               gboolean           expanded)
{
  CofferSidebarItem *row = g_hash_table_lookup (self->live, item);

  if (row == NULL || row->expanded == expanded)
    return;
  row->expanded = expanded;
  g_object_notify_by_pspec (G_OBJECT (row), properties[PROP_EXPANDED]);
}

/* Nodes */

static Node *
get_open (Node  *node,
          guint  i)
{
  return g_ptr_array_index (node->open, i);
}

/* The first of those below a node that is not before an item. */
static guint
find_open (Node  *node,
           guint  index)
{
  guint low = 0, high = node->open->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (get_open (node, middle)->index < index)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static Node *
get_node (Node  *node,
          guint  index)
{
  guint i = find_open (node, index);

  return i < node->open->len && get_open (node, i)->index == index ? get_open (node, i) : NULL;
}

static guint
row_of (Node  *node,
        guint  index)
{
  guint row = index;
  guint n = find_open (node, index);

  for (guint i = 0; i < n; i++)
    row += get_open (node, i)->n_rows;
  return node->parent != NULL ? row_of (node->parent, node->index) + 1 + row : row;
}

/* The node and item of a row. */
static Node *
locate_below (Node  *node,
              guint  position,
              guint *index)
{
  for (guint i = 0; i < node->open->len && position > get_open (node, i)->index; i++)
    {
      Node *below = get_open (node, i);

      if (position - below->index <= below->n_rows)
        return locate_below (below, position - below->index - 1, index);
      position -= below->n_rows;
    }
  *index = position;
  return node;
}

static Node *
locate (CofferSidebarTree *self,
        guint              position,
        guint             *index)
{
  return locate_below (self->root, position, index);
}

static void
add_rows (Node *node,
          int   n)
{
  for (; node != NULL; node = node->parent)
    node->n_rows += n;
}

static void model_changed_cb (Node *node, guint position, guint removed, guint added);

static Node *
node_new (CofferSidebarTree *tree,
          Node              *parent,
          guint              index,
          gpointer           item,
          GListModel        *model)
{
  Node *node = g_new0 (Node, 1);

  node->tree = tree;
  node->parent = parent;
  node->index = index;
  node->item = item;
  node->model = model;
  node->open = g_ptr_array_new ();
  node->n_rows = g_list_model_get_n_items (model);
  node->depth = parent != NULL ? parent->depth + 1 : 0;
  g_signal_connect_swapped (model, "items-changed", G_CALLBACK (model_changed_cb), node);
  return node;
}

static void
node_free (Node *node)
{
  for (guint i = 0; i < node->open->len; i++)
    node_free (get_open (node, i));
  g_ptr_array_unref (node->open);
  g_signal_handlers_disconnect_by_func (node->model, model_changed_cb, node);
  g_object_unref (node->model);
  if (node->item != NULL)
    tell_expanded (node->tree, node->item, FALSE);
  g_clear_object (&node->item);
  g_free (node);
}

/* Closes what is below some items; returns how many rows that were. */
static guint
close_below (Node  *node,
             guint  index,
             guint  n)
{
  guint first = find_open (node, index);
  guint end = find_open (node, index + n);
  guint n_rows = 0;

  for (guint i = first; i < end; i++)
    {
      n_rows += get_open (node, i)->n_rows;
      node_free (get_open (node, i));
    }
  if (end > first)
    g_ptr_array_remove_range (node->open, first, end - first);
  return n_rows;
}

static void
model_changed_cb (Node  *node,
                  guint  position,
                  guint  removed,
                  guint  added)
{
  guint row = row_of (node, position);
  guint n_closed = close_below (node, position, removed);

  for (guint i = find_open (node, position); i < node->open->len; i++)
    get_open (node, i)->index += added - removed;
  add_rows (node, (int) added - (int) (removed + n_closed));
  g_list_model_items_changed (G_LIST_MODEL (node->tree), row, removed + n_closed, added);
}

static void
expand (CofferSidebarTree *self,
        Node              *node,
        guint              index,
        guint              position)
{
  gpointer item = g_list_model_get_item (node->model, index);
  Node *below = node_new (self, node, index, item, self->func (item, node->model, self->data));
  guint n_rows = below->n_rows;

  g_ptr_array_insert (node->open, find_open (node, index), below);
  add_rows (node, n_rows);
  if (n_rows > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), position + 1, 0, n_rows);
  tell_expanded (self, item, TRUE);
}

static void
collapse (CofferSidebarTree *self,
          Node              *node,
          guint              index,
          guint              position)
{
  guint n_rows = close_below (node, index, 1);

  add_rows (node, -(int) n_rows);
  if (n_rows > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), position + 1, n_rows, 0);
}

void
coffer_sidebar_tree_set_expanded (CofferSidebarTree *self,
                                  guint              position,
                                  gboolean           expanded)
{
  Node *node;
  guint index;

  g_return_if_fail (COFFER_IS_SIDEBAR_TREE (self));
  g_return_if_fail (position < self->root->n_rows);

  node = locate (self, position, &index);
  if ((get_node (node, index) != NULL) == !!expanded)
    return;
  if (expanded)
    expand (self, node, index, position);
  else
    collapse (self, node, index, position);
}

gboolean
coffer_sidebar_tree_get_parent (CofferSidebarTree *self,
                                guint              position,
                                guint             *parent)
{
  Node *node;
  guint index;

  g_return_val_if_fail (COFFER_IS_SIDEBAR_TREE (self), FALSE);
  g_return_val_if_fail (position < self->root->n_rows, FALSE);

  node = locate (self, position, &index);
  if (node->parent == NULL)
    return FALSE;
  *parent = row_of (node->parent, node->index);
  return TRUE;
}

static Node *
find_node (Node       *node,
           GListModel *model)
{
  Node *found = node->model == model ? node : NULL;

  for (guint i = 0; found == NULL && i < node->open->len; i++)
    found = find_node (get_open (node, i), model);
  return found;
}

gboolean
coffer_sidebar_tree_get_position (CofferSidebarTree *self,
                                  GListModel        *model,
                                  guint              index,
                                  guint             *position)
{
  Node *node;

  g_return_val_if_fail (COFFER_IS_SIDEBAR_TREE (self), FALSE);

  node = find_node (self->root, model);
  if (node == NULL || index >= g_list_model_get_n_items (model))
    return FALSE;
  *position = row_of (node, index);
  return TRUE;
}

gboolean
coffer_sidebar_tree_has_model (CofferSidebarTree *self,
                               GListModel        *model)
{
  g_return_val_if_fail (COFFER_IS_SIDEBAR_TREE (self), FALSE);

  return find_node (self->root, model) != NULL;
}

/* Selection */

void
coffer_sidebar_tree_chosen_changed (CofferSidebarTree *self)
{
  g_return_if_fail (COFFER_IS_SIDEBAR_TREE (self));

  if (self->root->n_rows > 0)
    gtk_selection_model_selection_changed (GTK_SELECTION_MODEL (self), 0, self->root->n_rows);
}

static gboolean
coffer_sidebar_tree_is_selected (GtkSelectionModel *model,
                                 guint              position)
{
  CofferSidebarTree *self = COFFER_SIDEBAR_TREE (model);
  g_autoptr(GObject) item = NULL;
  Node *node;
  guint index;

  if (position >= self->root->n_rows)
    return FALSE;
  node = locate (self, position, &index);
  item = g_list_model_get_item (node->model, index);
  return self->chosen (item, node->model, self->data);
}

/* For whom it is asked that does not look at some rows only, nothing is selected: the chosen row may be any. */
static GtkBitset *
coffer_sidebar_tree_get_selection_in_range (GtkSelectionModel *model,
                                            guint              position,
                                            guint              n_items)
{
  GtkBitset *selection = gtk_bitset_new_empty ();

  for (guint i = position; n_items < 1000 && i < position + n_items; i++)
    if (coffer_sidebar_tree_is_selected (model, i))
      gtk_bitset_add (selection, i);
  return selection;
}

static void
selection_model_iface_init (GtkSelectionModelInterface *iface)
{
  iface->is_selected = coffer_sidebar_tree_is_selected;
  iface->get_selection_in_range = coffer_sidebar_tree_get_selection_in_range;
}

/* The model */

static GType
coffer_sidebar_tree_get_item_type (GListModel *model)
{
  return COFFER_TYPE_SIDEBAR_ITEM;
}

static guint
coffer_sidebar_tree_get_n_items (GListModel *model)
{
  CofferSidebarTree *self = COFFER_SIDEBAR_TREE (model);

  return self->root != NULL ? self->root->n_rows : 0;
}

static gpointer
coffer_sidebar_tree_get_item (GListModel *model,
                              guint       position)
{
  CofferSidebarTree *self = COFFER_SIDEBAR_TREE (model);
  g_autoptr(GObject) item = NULL;
  CofferSidebarItem *row;
  Node *node;
  guint index;

  if (position >= coffer_sidebar_tree_get_n_items (model))
    return NULL;

  node = locate (self, position, &index);
  item = g_list_model_get_item (node->model, index);
  if ((row = g_hash_table_lookup (self->live, item)) != NULL)
    return g_object_ref (row);
  row = g_object_new (COFFER_TYPE_SIDEBAR_ITEM, NULL);
  row->tree = self;
  row->model = g_object_ref (node->model);
  row->depth = node->depth;
  row->expanded = get_node (node, index) != NULL;
  row->item = g_steal_pointer (&item);
  g_hash_table_insert (self->live, row->item, row);
  return row;
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = coffer_sidebar_tree_get_item_type;
  iface->get_n_items = coffer_sidebar_tree_get_n_items;
  iface->get_item = coffer_sidebar_tree_get_item;
}

static void
coffer_sidebar_tree_dispose (GObject *object)
{
  CofferSidebarTree *self = COFFER_SIDEBAR_TREE (object);
  GHashTableIter iter;
  CofferSidebarItem *row;

  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &row))
    row->tree = NULL;
  g_hash_table_remove_all (self->live);
  g_clear_pointer (&self->root, node_free);

  G_OBJECT_CLASS (coffer_sidebar_tree_parent_class)->dispose (object);
}

static void
coffer_sidebar_tree_finalize (GObject *object)
{
  g_hash_table_unref (COFFER_SIDEBAR_TREE (object)->live);

  G_OBJECT_CLASS (coffer_sidebar_tree_parent_class)->finalize (object);
}

static void
coffer_sidebar_tree_class_init (CofferSidebarTreeClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = coffer_sidebar_tree_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_sidebar_tree_finalize;
}

static void
coffer_sidebar_tree_init (CofferSidebarTree *self)
{
  self->live = g_hash_table_new (NULL, NULL);
}

CofferSidebarTree *
coffer_sidebar_tree_new (GListModel              *root,
                         CofferSidebarTreeFunc    func,
                         CofferSidebarChosenFunc  chosen,
                         gpointer                 data)
{
  CofferSidebarTree *self;

  g_return_val_if_fail (G_IS_LIST_MODEL (root), NULL);

  self = g_object_new (COFFER_TYPE_SIDEBAR_TREE, NULL);
  self->func = func;
  self->chosen = chosen;
  self->data = data;
  self->root = node_new (self, NULL, 0, NULL, g_object_ref (root));
  return self;
}
