/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>

G_BEGIN_DECLS

typedef struct {
  CofferKey *key;        /* owned */
  guint64 size;
  char *words;           /* owned: what is wrong */
} CofferDamage;

typedef struct {
  GPtrArray *found;      /* owned: of CofferDamage, in the order of the keys */
  guint64 n_looked_at;
} CofferDamages;

typedef struct {
  guint64 n_looked_at;
  guint n_found;
} CofferDamagesProgress;

/** That are told of at the most. */
#define COFFER_DAMAGES_MOST 100000

/**
 * Look at every value of a table, or of a prefix (nullable), on the lane for scans: see coffer_damage_check(). Values that cannot be read
 * for damage of the file are among what is found.
 *
 * @progress  (nullable) is told a CofferDamagesProgress, to be freed with g_free()
 */
void           coffer_damages_find_async  (CofferVault *vault, const char *table, GBytes *prefix, CofferProgress *progress,
                                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
CofferDamages *coffer_damages_find_finish (CofferVault *vault, GAsyncResult *result, GError **error);   /* (transfer full) */

void           coffer_damages_free        (CofferDamages *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferDamages, coffer_damages_free)

G_END_DECLS
