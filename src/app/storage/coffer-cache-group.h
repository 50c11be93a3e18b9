/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include <coffer-cache.h>

G_BEGIN_DECLS

#define COFFER_TYPE_CACHE_GROUP (coffer_cache_group_get_type ())
G_DECLARE_FINAL_TYPE (CofferCacheGroup, coffer_cache_group, COFFER, CACHE_GROUP, AdwPreferencesGroup)

/** What of a vault waits to be written, and when it is. @settings  of the program, which hold the options of all vaults */
void coffer_cache_group_set (CofferCacheGroup *self,
                             CofferVault      *vault,
                             GSettings        *settings);

G_END_DECLS
