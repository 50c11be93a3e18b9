/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define COFFER_TYPE_YIELDING (coffer_yielding_get_type ())
G_DECLARE_FINAL_TYPE (CofferYielding, coffer_yielding, COFFER, YIELDING, GtkWidget)

/**
 * What a dialog holds, where that may be higher than the screen: as high as @child where there is room, else lower, and scrolled.
 *
 * @child (transfer floating) what asks for its height at a width
 */
GtkWidget *coffer_yielding_new (GtkWidget *child);

G_END_DECLS
