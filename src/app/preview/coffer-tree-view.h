/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-tree.h>
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_TREE_VIEW (coffer_tree_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferTreeView, coffer_tree_view, COFFER, TREE_VIEW, GtkWidget)

/**
 * A value taken apart, to be folded in and out: name, value and type in columns; of a pickle offset, opcode and argument. Its actions
 * "tree.copy-value" and "tree.copy-path" copy what is selected.
 *
 * Signal "selected": another row is.
 */

/** @tree  (nullable) */
void coffer_tree_view_set_tree     (CofferTreeView *self,
                                    CofferTree     *tree);

/** Returns: the node of the row that is selected; G_MAXUINT for none */
guint coffer_tree_view_get_selected (CofferTreeView *self);

/** Choose a node, once the rows until there are made; those above it open. G_MAXUINT chooses none. */
void       coffer_tree_view_select       (CofferTreeView *self,
                                          guint           node);

G_END_DECLS
