/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-import-plan.h"

G_BEGIN_DECLS

/**
 * A window with all files of a plan and the keys they get, however many.
 *
 * @additions (nullable): what the vault has of them, once that is known
 * @rule      copied
 */
GtkWindow *coffer_import_keys_new (GtkWindow              *parent,
                                   CofferImportPlan       *plan,
                                   CofferAdditions        *additions,
                                   const CofferImportRule *rule);

G_END_DECLS
