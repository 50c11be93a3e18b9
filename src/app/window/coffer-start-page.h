/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "coffer-recent.h"

G_BEGIN_DECLS

#define COFFER_TYPE_START_PAGE (coffer_start_page_get_type ())
G_DECLARE_FINAL_TYPE (CofferStartPage, coffer_start_page, COFFER, START_PAGE, AdwBin)

/** What a window without a vault shows: open one, make one, or take one of the last. */
void coffer_start_page_set_recent (CofferStartPage *self,
                                   CofferRecent    *recent);

G_END_DECLS
