/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-vault.h"

G_BEGIN_DECLS

#define COFFER_TYPE_BANNER (coffer_banner_get_type ())
G_DECLARE_FINAL_TYPE (CofferBanner, coffer_banner, COFFER, BANNER, AdwBin)

/** Says that a vault is open for viewing and why, who else has it open, and offers to edit. Gone while it is edited. */
void coffer_banner_set_vault    (CofferBanner *self,
                                 CofferVault  *vault);

/** Look again for other programs that have it open. */
void coffer_banner_find_holders (CofferBanner *self);

G_END_DECLS
