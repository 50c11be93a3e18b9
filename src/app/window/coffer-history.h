/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Where somebody was in a vault, the last fifty places: a section by name, and a prefix of it or NULL. Main thread. */
typedef struct _CofferHistory CofferHistory;

CofferHistory *coffer_history_new     (void);
void           coffer_history_free    (CofferHistory  *self);
void           coffer_history_clear   (CofferHistory  *self);

/** One is there now; what was ahead is forgotten, unless one has just gone there. */
void           coffer_history_visit   (CofferHistory  *self,
                                       const char     *section,
                                       GBytes         *prefix);
/** Go back (@step -1) or forward (1). FALSE: there is nothing. @section and @prefix (nullable) are borrowed until the next call. */
gboolean       coffer_history_go      (CofferHistory  *self,
                                       int             step,
                                       const char    **section,
                                       GBytes        **prefix);

G_END_DECLS
