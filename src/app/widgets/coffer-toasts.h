/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define COFFER_TYPE_TOASTS (coffer_toasts_get_type ())
G_DECLARE_FINAL_TYPE (CofferToasts, coffer_toasts, COFFER, TOASTS, GObject)

/**
 * The toasts of a window, one at a time. The last ones count: a queue of them would lag behind what people do.
 *
 * @overlay  not owned: dispose of this before it goes
 */
CofferToasts *coffer_toasts_new        (AdwToastOverlay *overlay);

/** Show it, as soon as the one on show has been there for a moment; of several that wait the last one follows. @toast: (transfer full) */
void          coffer_toasts_show       (CofferToasts *self, AdwToast *toast);

/** What it says or offers is true no more: it goes as soon as it can, or does not come. One that is not among them is left alone. */
void          coffer_toasts_withdraw   (CofferToasts *self, AdwToast *toast);

/** How many milliseconds it has to be until another toast takes the place of the one on show. */
guint         coffer_toasts_get_delay  (CofferToasts *self);

/** Another toast is shown now, by who looked at the delay. */
void          coffer_toasts_note       (CofferToasts *self);

G_END_DECLS
