/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

#include "coffer-content.h"

G_BEGIN_DECLS

typedef struct _CofferPrefetch CofferPrefetch;

/** @content (transfer full) (nullable): or else @error */
typedef void (*CofferPrefetchFunc) (CofferContent *content,
                                    const GError  *error,
                                    gpointer       data);

/**
 * Pictures made ready before they are chosen: those of the keys beside the one that is. What is kept takes no
 * more than a budget. Main thread.
 */
/** @budget  the most that is kept, in bytes */
CofferPrefetch *coffer_prefetch_new       (gsize                    budget);
void            coffer_prefetch_free      (CofferPrefetch          *self);

/** Forget all, and make nothing. */
void            coffer_prefetch_clear     (CofferPrefetch          *self);

/** The most keys there can be. */
#define COFFER_PREFETCH_MAX 3

/**
 * Keep @n keys only, the likeliest first; work on any other is given up. Nothing is begun.
 *
 * @wishes  what is to be made of each
 */
void            coffer_prefetch_set_keys  (CofferPrefetch          *self,
                                           CofferVault             *vault,
                                           CofferKey              **keys,
                                           const CofferContentWish *wishes,
                                           guint                    n);

/** Begin with the first @n of them that are not there, @n_at_once: more than one takes both threads from what is chosen. */
void            coffer_prefetch_begin     (CofferPrefetch          *self,
                                           guint                    n,
                                           guint                    n_at_once);

/** What was made of a key, as @wish says; it is no longer kept then. Returns: (transfer full) (nullable) */
CofferContent  *coffer_prefetch_take      (CofferPrefetch          *self,
                                           CofferKey               *key,
                                           const CofferContentWish *wish);

/**
 * Have what is under way for a key handed to @func, which is called later; with G_IO_ERROR_NOT_SUPPORTED for what is no picture.
 *
 * Returns: (transfer full) (nullable): that stops it; NULL if nothing is under way
 */
GCancellable   *coffer_prefetch_take_over (CofferPrefetch          *self,
                                           CofferKey               *key,
                                           const CofferContentWish *wish,
                                           CofferPrefetchFunc       func,
                                           gpointer                 data);

/** What is kept, in bytes. */
gsize           coffer_prefetch_get_size  (CofferPrefetch          *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferPrefetch, coffer_prefetch_free)

G_END_DECLS
