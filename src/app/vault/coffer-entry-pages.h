/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-entry-walk.h"

G_BEGIN_DECLS

/** What is known of rows looked at lately: a few pages of keys and facts, the oldest leave first. Main thread. */
typedef struct _CofferPages CofferPages;

typedef struct {
  CofferKey *key;
  CofferRowFacts facts;
} CofferPageRow;

CofferPages   *coffer_pages_new    (void);
void           coffer_pages_free   (CofferPages *self);
void           coffer_pages_clear  (CofferPages *self);
/** Keep the keys alone. */
void           coffer_pages_forget_facts (CofferPages *self);

/** Keep the keys of a page, taking the place of what was known of it. */
void           coffer_pages_put    (CofferPages *self, guint page, GPtrArray *keys);

/** What is known of the row at a position; NULL if nothing. Borrowed until the next put or clear. */
CofferPageRow *coffer_pages_peek   (CofferPages *self, guint position);

G_END_DECLS
