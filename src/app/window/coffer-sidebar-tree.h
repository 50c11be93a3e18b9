/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_SIDEBAR_ITEM (coffer_sidebar_item_get_type ())
G_DECLARE_FINAL_TYPE (CofferSidebarItem, coffer_sidebar_item, COFFER, SIDEBAR_ITEM, GObject)

/** A row of the tree. Property "expanded" gboolean (read-only, notify). */
gpointer    coffer_sidebar_item_get_item     (CofferSidebarItem *self);   /* (transfer none): of a model of the tree */
GListModel *coffer_sidebar_item_get_model    (CofferSidebarItem *self);   /* (transfer none): that one, as it was made */
guint       coffer_sidebar_item_get_depth    (CofferSidebarItem *self);   /* 0 at the top */
gboolean    coffer_sidebar_item_get_expanded (CofferSidebarItem *self);

#define COFFER_TYPE_SIDEBAR_TREE (coffer_sidebar_tree_get_type ())
G_DECLARE_FINAL_TYPE (CofferSidebarTree, coffer_sidebar_tree, COFFER, SIDEBAR_TREE, GObject)

/** The model of what lies below @item of @model. Returns: (transfer full) */
typedef GListModel *(*CofferSidebarTreeFunc)   (gpointer item, GListModel *model, gpointer data);
/** Whether @item of @model is the one that is chosen. */
typedef gboolean    (*CofferSidebarChosenFunc) (gpointer item, GListModel *model, gpointer data);

/**
 * A tree of models as one list of CofferSidebarItem, each below the row it belongs to. It does what a GtkTreeListModel does, but
 * has nothing of its own for a row nobody looks at, so that a level of a hundred thousand opens and closes in no time (GTK 4.8:
 * 15 to 80 ms). The same object stands for a row as long as somebody holds it.
 *
 * As a GtkSelectionModel, it has the row selected for which @chosen says so, and lets nobody else select: keys that go from row to
 * row choose nothing.
 */
CofferSidebarTree *coffer_sidebar_tree_new            (GListModel              *root,
                                                       CofferSidebarTreeFunc    func,
                                                       CofferSidebarChosenFunc  chosen,
                                                       gpointer                 data);
/** Show or hide what is below a row. */
void               coffer_sidebar_tree_set_expanded   (CofferSidebarTree       *self,
                                                       guint                    position,
                                                       gboolean                 expanded);
/** The row that a row lies below; FALSE if it lies at the top. */
gboolean           coffer_sidebar_tree_get_parent     (CofferSidebarTree       *self,
                                                       guint                    position,
                                                       guint                   *parent);
/** The row of the item at a place in a model; FALSE if that is not shown. */
gboolean           coffer_sidebar_tree_get_position   (CofferSidebarTree       *self,
                                                       GListModel              *model,
                                                       guint                    index,
                                                       guint                   *position);
/** Whether @model is part of what is shown. */
gboolean           coffer_sidebar_tree_has_model      (CofferSidebarTree       *self,
                                                       GListModel              *model);
/** What is chosen is another now. */
void               coffer_sidebar_tree_chosen_changed (CofferSidebarTree       *self);

G_END_DECLS
