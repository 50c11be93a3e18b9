/* SPDX-License-Identifier: MIT */
/*
 * Nodes of a tree as lists, four bytes a node; the objects are made when a row is. The same position has the same object while one
 * is alive, as list models promise. Main thread.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-list.h"

#include <glib/gi18n-lib.h>

#define GROUP_SIZE 1000

struct _CofferTreeItem
{
  GObject parent_instance;

  CofferTreeList *list;   /* that knows of it */
  guint position;         /* in the list */
  guint first, n;         /* of the list's nodes */
};

struct _CofferTreeList
{
  GObject parent_instance;

  CofferTree *tree;
  GArray *nodes;          /* all siblings */
  guint first, n;         /* those on show */
  guint group_size;       /* of them in one row */
  GHashTable *live;       /* position: CofferTreeItem, unowned */
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE (CofferTreeItem, coffer_tree_item, G_TYPE_OBJECT)
G_DEFINE_FINAL_TYPE_WITH_CODE (CofferTreeList, coffer_tree_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
coffer_tree_item_finalize (GObject *object)
{
  CofferTreeItem *self = COFFER_TREE_ITEM (object);

  g_hash_table_remove (self->list->live, GUINT_TO_POINTER (self->position));
  g_object_unref (self->list);

  G_OBJECT_CLASS (coffer_tree_item_parent_class)->finalize (object);
}

static void
coffer_tree_item_class_init (CofferTreeItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_tree_item_finalize;
}

static void
coffer_tree_item_init (CofferTreeItem *self)
{
}

CofferTree *
coffer_tree_item_get_tree (CofferTreeItem *self)
{
  g_return_val_if_fail (COFFER_IS_TREE_ITEM (self), NULL);

  return self->list->tree;
}

guint
coffer_tree_item_get_node (CofferTreeItem *self)
{
  g_return_val_if_fail (COFFER_IS_TREE_ITEM (self), 0);

  return g_array_index (self->list->nodes, guint, self->first);
}

guint
coffer_tree_item_get_n_nodes (CofferTreeItem *self)
{
  g_return_val_if_fail (COFFER_IS_TREE_ITEM (self), 0);

  return self->n;
}

char *
coffer_tree_item_dup_name (CofferTreeItem *self)
{
  g_return_val_if_fail (COFFER_IS_TREE_ITEM (self), NULL);

  if (self->n > 1)
    return g_strdup_printf (_("%'u to %'u"), self->first, self->first + self->n - 1);

  return coffer_tree_dup_name (self->list->tree, coffer_tree_item_get_node (self), self->first);
}

char *
coffer_tree_item_dup_value (CofferTreeItem *self,
                            gboolean       *is_dim)
{
  g_return_val_if_fail (COFFER_IS_TREE_ITEM (self), NULL);

  if (self->n > 1)
    {
      *is_dim = TRUE;
      return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%'u item", "%'u items", self->n), self->n);
    }

  return coffer_tree_dup_value (self->list->tree, coffer_tree_item_get_node (self), is_dim);
}

char *
coffer_tree_item_dup_type (CofferTreeItem *self)
{
  g_return_val_if_fail (COFFER_IS_TREE_ITEM (self), NULL);

  return self->n > 1 ? g_strdup ("") : coffer_tree_dup_type (self->list->tree, coffer_tree_item_get_node (self));
}

static GType
coffer_tree_list_get_item_type (GListModel *model)
{
  return COFFER_TYPE_TREE_ITEM;
}

static guint
coffer_tree_list_get_n_items (GListModel *model)
{
  CofferTreeList *self = COFFER_TREE_LIST (model);

  return (self->n + self->group_size - 1) / self->group_size;
}

static gpointer
coffer_tree_list_get_item (GListModel *model,
                           guint       position)
{
  CofferTreeList *self = COFFER_TREE_LIST (model);
  CofferTreeItem *item;

  if (position >= coffer_tree_list_get_n_items (model))
    return NULL;
  if ((item = g_hash_table_lookup (self->live, GUINT_TO_POINTER (position))) != NULL)
    return g_object_ref (item);

  item = g_object_new (COFFER_TYPE_TREE_ITEM, NULL);
  item->list = g_object_ref (self);
  item->position = position;
  item->first = self->first + position * self->group_size;
  item->n = MIN (self->group_size, self->first + self->n - item->first);
  g_hash_table_insert (self->live, GUINT_TO_POINTER (position), item);

  return item;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = coffer_tree_list_get_item_type;
  iface->get_n_items = coffer_tree_list_get_n_items;
  iface->get_item = coffer_tree_list_get_item;
}

static void
coffer_tree_list_finalize (GObject *object)
{
  CofferTreeList *self = COFFER_TREE_LIST (object);

  g_hash_table_unref (self->live);
  g_array_unref (self->nodes);
  coffer_tree_unref (self->tree);

  G_OBJECT_CLASS (coffer_tree_list_parent_class)->finalize (object);
}

static void
coffer_tree_list_class_init (CofferTreeListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = coffer_tree_list_finalize;
}

static void
coffer_tree_list_init (CofferTreeList *self)
{
  self->live = g_hash_table_new (NULL, NULL);
}

/* @nodes  (transfer full) */
static GListModel *
list_new (CofferTree *tree,
          GArray     *nodes,
          guint       first,
          guint       n)
{
  CofferTreeList *self = g_object_new (COFFER_TYPE_TREE_LIST, NULL);

  self->tree = coffer_tree_ref (tree);
  self->nodes = nodes;
  self->first = first;
  self->n = n;
  self->group_size = n > COFFER_TREE_MAX_ROWS ? GROUP_SIZE : 1;

  return G_LIST_MODEL (self);
}

GListModel *
coffer_tree_list_new (CofferTree *tree,
                      guint       node)
{
  GArray *nodes = coffer_tree_dup_children (tree, node);

  return list_new (tree, nodes, 0, nodes->len);
}

GListModel *
coffer_tree_list_new_top (CofferTree *tree)
{
  GArray *nodes;
  guint root = COFFER_TREE_ROOT;

  if (coffer_tree_get_n_nodes (tree) > 0 && coffer_tree_get_n_children (tree, root) > 0)
    return coffer_tree_list_new (tree, root);

  nodes = g_array_new (FALSE, FALSE, sizeof (guint));
  if (coffer_tree_get_n_nodes (tree) > 0 && coffer_tree_get_format (tree) < COFFER_TREE_PICKLE)
    g_array_append_val (nodes, root);

  return list_new (tree, nodes, 0, nodes->len);
}

/* Nodes are in the order of their numbers. */
guint
coffer_tree_list_find (CofferTreeList *self,
                       guint           node)
{
  guint low, high;

  g_return_val_if_fail (COFFER_IS_TREE_LIST (self), G_MAXUINT);

  low = self->first;
  high = self->first + self->n;
  if (self->n == 0 || node < g_array_index (self->nodes, guint, low))
    return G_MAXUINT;

  while (high - low > 1)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->nodes, guint, middle) <= node)
        low = middle;
      else
        high = middle;
    }

  return (low - self->first) / self->group_size;
}

GListModel *
coffer_tree_item_create_list (CofferTreeItem *self)
{
  guint node;

  g_return_val_if_fail (COFFER_IS_TREE_ITEM (self), NULL);

  if (self->n > 1)
    return list_new (self->list->tree, g_array_ref (self->list->nodes), self->first, self->n);

  node = coffer_tree_item_get_node (self);

  return coffer_tree_get_n_children (self->list->tree, node) > 0 ? coffer_tree_list_new (self->list->tree, node) : NULL;
}
