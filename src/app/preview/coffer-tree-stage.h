/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-stage.h"

G_BEGIN_DECLS

#define COFFER_TYPE_TREE_STAGE (coffer_tree_stage_get_type ())
G_DECLARE_FINAL_TYPE (CofferTreeStage, coffer_tree_stage, COFFER, TREE_STAGE, GtkWidget)

/** Data with a shape of their own: JSON, MessagePack, CBOR, the opcodes of a pickle, packed numbers. */

/** Alone in the window: with the bytes beside the tree, if there is room. */
void coffer_tree_stage_set_large (CofferTreeStage *self,
                                  gboolean         large);

G_END_DECLS
