/* SPDX-License-Identifier: MIT */
#pragma once

#include <coffer-vault.h>
#include <gtk/gtk.h>

#include "coffer-content.h"

G_BEGIN_DECLS

#define COFFER_TYPE_VALUE_VIEW (coffer_value_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferValueView, coffer_value_view, COFFER, VALUE_VIEW, GtkWidget)

/**
 * What there is to show of a key, on the screen: a picture, the stage of its kind or a plate with words, the key below it,
 * then the facts. It always shows one key as a whole. An animation plays while the view is seen, unless the desktop wants none.
 */

/** @content (transfer full) */
void                 coffer_value_view_show         (CofferValueView *self,
                                                     CofferVault     *vault,
                                                     CofferKey       *key,
                                                     CofferContent   *content);

/** The value could not be read. */
void                 coffer_value_view_show_error   (CofferValueView *self,
                                                     CofferKey       *key,
                                                     const GError    *error);
/** @key (nullable): not known, or not worth saying yet */
void                 coffer_value_view_show_loading (CofferValueView *self,
                                                     CofferKey       *key);
gboolean             coffer_value_view_is_loading   (CofferValueView *self);

/** Another value is on its way: nothing plays on until it is shown. */
void                 coffer_value_view_leave        (CofferValueView *self);

/** Give the keyboard to the value, if it can do anything with it. */
void                 coffer_value_view_focus        (CofferValueView *self);

/** Play what is shown, or pause it, if it is something that plays. */
void                 coffer_value_view_play         (CofferValueView *self);

/** Lets go of what is shown; not meant to be seen then. */
void                 coffer_value_view_clear        (CofferValueView *self);

/** Returns: (transfer none) (nullable): what is shown, unless it is an error or still loading */
const CofferContent *coffer_value_view_get_content  (CofferValueView *self);

/** The room for a picture in a view of that size, in logical pixels; before there is a layout (0), in a likely one. */
void                 coffer_value_view_get_room     (CofferValueView *self,
                                                     int              width,
                                                     int              height,
                                                     int             *picture_width,
                                                     int             *picture_height);

/** The value alone, in the middle of all the room there is. */
void                 coffer_value_view_set_large    (CofferValueView *self,
                                                     gboolean         large);

/** Whether the key is told below the value; it is unless it is told elsewhere. */
void                 coffer_value_view_set_heading  (CofferValueView *self,
                                                     gboolean         heading);

/** What a key does that was typed elsewhere, to a picture or player that is alone. Returns: whether it does anything */
gboolean             coffer_value_view_key          (CofferValueView *self,
                                                     guint            keyval,
                                                     GdkModifierType  state);

G_END_DECLS
