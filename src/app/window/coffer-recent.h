/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "coffer-recent-file.h"

G_BEGIN_DECLS

#define COFFER_TYPE_RECENT (coffer_recent_get_type ())
G_DECLARE_FINAL_TYPE (CofferRecent, coffer_recent, COFFER, RECENT, GObject)

/** The vaults opened last, newest first, as a GListModel of CofferRecentFile: those that are still there. */
CofferRecent *coffer_recent_new (void);

/** Remember a vault that was opened. Its content is not looked at. */
void          coffer_recent_add (CofferRecent *self,
                                 GFile        *file);

G_END_DECLS
