/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-tree.h"

G_BEGIN_DECLS

/** Of more siblings than this a thousand each make one row: GTK reserves something for each row of a list that is open. */
#define COFFER_TREE_MAX_ROWS 10000

#define COFFER_TYPE_TREE_ITEM (coffer_tree_item_get_type ())
G_DECLARE_FINAL_TYPE (CofferTreeItem, coffer_tree_item, COFFER, TREE_ITEM, GObject)

/** A row: a node, or a group of siblings. */
CofferTree *coffer_tree_item_get_tree       (CofferTreeItem *self);
/** The node, or the first one of the group. */
guint       coffer_tree_item_get_node       (CofferTreeItem *self);
/** How many it is of: 1 for a node. */
guint       coffer_tree_item_get_n_nodes    (CofferTreeItem *self);
/** What is below it. Returns: (transfer full) (nullable): NULL if nothing can be */
GListModel *coffer_tree_item_create_list    (CofferTreeItem *self);

/** As in the columns. Returns: (transfer full) */
char       *coffer_tree_item_dup_name       (CofferTreeItem *self);
char       *coffer_tree_item_dup_value      (CofferTreeItem *self,
                                             gboolean       *is_dim);
char       *coffer_tree_item_dup_type       (CofferTreeItem *self);

#define COFFER_TYPE_TREE_LIST (coffer_tree_list_get_type ())
G_DECLARE_FINAL_TYPE (CofferTreeList, coffer_tree_list, COFFER, TREE_LIST, GObject)

/** The children of a node as a GListModel of CofferTreeItem. Returns: (transfer full) */
GListModel *coffer_tree_list_new            (CofferTree     *tree,
                                             guint           node);
/** What a tree begins with: the children of its root, or the root where it has none. Returns: (transfer full) */
GListModel *coffer_tree_list_new_top        (CofferTree     *tree);
/** Returns: the position of the row that is @node, or that it is below; G_MAXUINT for none */
guint       coffer_tree_list_find           (CofferTreeList *self,
                                             guint           node);

G_END_DECLS
