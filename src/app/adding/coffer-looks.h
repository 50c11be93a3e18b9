/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-additions.h>
#include <coffer-image.h>
#include <coffer-value.h>

#include "coffer-bundle.h"

G_BEGIN_DECLS

/** What something is that is in a vault, or is to come into one: its size, its type, and a picture if it is one. */
typedef struct {
  guint64 size;
  char *type_label;        /* (nullable) */
  char *content_type;      /* (nullable) */
  CofferImage image;
} CofferLooks;

/** Any thread. What is not a picture has none. */
CofferLooks *coffer_looks_new             (GInputStream *stream, const CofferValueFacts *facts, int max_width, int max_height,
                                           GCancellable *cancellable);
void         coffer_looks_free            (gpointer looks);

/** Of the file of @addition, or of a value of the vault of @bundle; on another thread. Finish: (transfer full) */
void         coffer_looks_at_file_async   (gpointer source, const CofferAddition *addition, int max_width, int max_height,
                                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
void         coffer_looks_at_value_async  (gpointer source, CofferBundle *bundle, GBytes *key, int max_width, int max_height,
                                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
CofferLooks *coffer_looks_finish          (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferLooks, coffer_looks_free)

G_END_DECLS
