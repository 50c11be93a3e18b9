/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-renames.h>

#include "coffer-run.h"

G_BEGIN_DECLS

#define COFFER_TYPE_CHANGE (coffer_change_get_type ())
G_DECLARE_FINAL_TYPE (CofferChange, coffer_change, COFFER, CHANGE, CofferRun)

/**
 * Values that are written anew in their vault, which takes long enough to be watched: a file takes the place of one, all of it or nothing,
 * which cannot pause; or keys get other names, of which a pause or a cancellation keeps those that have theirs.
 *
 * The arguments are those of coffer_vault_replace_async() and coffer_vault_rename_keys_async(); @n_bytes, about, are written.
 */
CofferChange  *coffer_change_new_value    (CofferVault *vault, const char *table, CofferKey *key, GFile *file, const char *expected,
                                           guint64 n_bytes);
/** @renames  nobody else's until it is over */
CofferChange  *coffer_change_new_renames  (CofferVault *vault, CofferRenames *renames, guint64 n_bytes);

CofferVault   *coffer_change_get_vault    (CofferChange *self);
/** (transfer none) (nullable) */
CofferRenames *coffer_change_get_renames  (CofferChange *self);
/** Of a value that was replaced: SHA-256 as it is stored, in hex; NULL: it was not. (transfer none) */
const char    *coffer_change_get_checksum (CofferChange *self);

G_END_DECLS
