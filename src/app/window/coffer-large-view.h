/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>
#include <coffer-key.h>

G_BEGIN_DECLS

#define COFFER_TYPE_LARGE_VIEW (coffer_large_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferLargeView, coffer_large_view, COFFER, LARGE_VIEW, AdwBin)

/**
 * One value as large as the window, lying over the keys, which keep the keyboard. Escape, and Space where nothing else wants
 * it, ask to leave by "win.large-preview".
 */

/** @content (transfer none) (nullable): what is shown */
void coffer_large_view_set_content (CofferLargeView *self,
                                    GtkWidget       *content);

/** @key (transfer none) (nullable): whose value that is */
void coffer_large_view_set_key     (CofferLargeView *self,
                                    CofferKey       *key);

G_END_DECLS
