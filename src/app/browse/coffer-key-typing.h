/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/** What is typed into a list or grid of keys to find one: letters that come soon after each other are the beginning of a key. */
typedef struct _CofferKeyTyping CofferKeyTyping;

CofferKeyTyping *coffer_key_typing_new   (void);
void             coffer_key_typing_free  (CofferKeyTyping *self);

/**
 * A key was pressed, at the @time of its event in milliseconds.
 *
 * Returns: (transfer full) (nullable): all that is typed so far; NULL if this is no typing, as a space to begin with is not.
 */
GBytes          *coffer_key_typing_press (CofferKeyTyping *self,
                                          guint            keyval,
                                          GdkModifierType  state,
                                          guint32          time);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferKeyTyping, coffer_key_typing_free)

G_END_DECLS
