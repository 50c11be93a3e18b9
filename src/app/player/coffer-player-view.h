/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "coffer-player.h"

G_BEGIN_DECLS

#define COFFER_TYPE_PLAYER_VIEW (coffer_player_view_get_type ())
G_DECLARE_FINAL_TYPE (CofferPlayerView, coffer_player_view, COFFER, PLAYER_VIEW, GtkWidget)

/**
 * A player on the screen, its controls over the picture; full screen on demand. Volume, mute and loop are remembered.
 *
 * Keys, with the focus in it: Space and K play and pause; J and L go 10 seconds, Left and Right 5, Home and End to the ends, 0 to 9 to
 * that tenth; comma and full stop go by frames, as do Shift and Left or Right while it is paused; Up and Down are
 * the volume, M mutes, R loops, F and F11 are full screen, Escape leaves it.
 */
GtkWidget    *coffer_player_view_new            (void);

/** Show the first frame of a clip, paused. @uri (nullable): stop, and let go of everything */
void          coffer_player_view_set_uri        (CofferPlayerView *self,
                                                 const char       *uri);

/** As when a row of the list is activated: plays, with the keyboard's focus. */
void          coffer_player_view_play           (CofferPlayerView *self);
void          coffer_player_view_toggle         (CofferPlayerView *self);

/** A key pressed in a list that this is shown over: those that go through it and that close what is over it are left alone. */
gboolean      coffer_player_view_key_in_list    (CofferPlayerView *self,
                                                 guint             keyval,
                                                 GdkModifierType   state);

gboolean      coffer_player_view_get_full_screen (CofferPlayerView *self);
void          coffer_player_view_set_full_screen (CofferPlayerView *self,
                                                  gboolean          full_screen);

/** In logical pixels; 0: no limit. */
void          coffer_player_view_set_max_height (CofferPlayerView *self,
                                                 int               max_height);

/** Returns: (transfer none) */
CofferPlayer *coffer_player_view_get_player     (CofferPlayerView *self);

G_END_DECLS
