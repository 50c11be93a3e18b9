/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-key.h>

G_BEGIN_DECLS

/** Which value in which box: what pictures in memory and work under way are found by. */
typedef struct {
  char      *table;
  CofferKey *key;
  guint64    value_size;
  int        width;
  int        height;
} CofferThumbId;

void     coffer_thumb_id_copy  (CofferThumbId       *self,
                                const CofferThumbId *source);
void     coffer_thumb_id_clear (CofferThumbId       *self);

/** For a GHashTable. */
guint    coffer_thumb_id_hash  (gconstpointer        id);
gboolean coffer_thumb_id_equal (gconstpointer        a,
                                gconstpointer        b);

G_END_DECLS
