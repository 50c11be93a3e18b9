/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-upright.h>

G_BEGIN_DECLS

#define COFFER_TYPE_LONG_PAGE (coffer_long_page_get_type ())
G_DECLARE_FINAL_TYPE (CofferLongPage, coffer_long_page, COFFER, LONG_PAGE, CofferUpright)

G_END_DECLS
