/* SPDX-License-Identifier: MIT */
/*
 * Packed numbers as rows: those that the bytes have. Eight bytes alone are two: either reading. Any thread.
 */
#define G_LOG_DOMAIN "coffer-tree"

#include "coffer-tree-private.h"

static guint
add_value (CofferTree *self,
           guint       root,
           gsize       offset,
           gsize       length)
{
  guint node = coffer_tree_add (self, COFFER_TREE_SCALAR, root, offset, 0, 0);

  coffer_tree_node (self, node)->length = length;
  coffer_tree_node (self, node)->next = node + 1;

  return node;
}

gboolean
coffer_tree_parse_array (CofferTree   *self,
                         GCancellable *cancellable)
{
  const CofferArray *array = &self->array;
  guint root = coffer_tree_add (self, COFFER_TREE_LIST, COFFER_TREE_NONE, 0, 0, 0);
  gsize at = array->data_offset;

  if (array->is_number)
    {
      add_value (self, root, 0, 8);
      add_value (self, root, 0, 8);
    }
  else
    for (guint64 i = 0; i < array->n_values && at + array->item_size <= self->len && i < COFFER_TREE_MAX_NODES - 1; i++)
      {
        add_value (self, root, at, array->item_size);
        at += array->item_size;
      }
  coffer_tree_node (self, root)->length = self->len;
  coffer_tree_node (self, root)->next = self->nodes->len;

  return !g_cancellable_is_cancelled (cancellable);
}
