/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-player-view.h"
#include "coffer-screen.h"
#include "coffer-seek-bar.h"

G_BEGIN_DECLS

struct _CofferPlayerView
{
  GtkWidget parent_instance;

  CofferPlayer *player;
  GSettings *settings;
  GtkWindow *window;       /* full screen, or NULL */
  guint fade_id;
  double pointer_x;
  double pointer_y;
  gboolean plays_after;    /* the bar is let go of */

  GtkWidget *stage;        /* all of it; in the window while that is full */
  CofferScreen *screen;
  GtkWidget *play_sign;
  GtkWidget *spinner;
  GtkLabel *notice;
  GtkWidget *controls;
  CofferSeekBar *bar;
  GtkWidget *bubble;
  GtkLabel *bubble_time;
  GtkButton *play;
  GtkLabel *time;
  GtkButton *mute;
  GtkWidget *volume_room;
  GtkAdjustment *volume;
  GtkToggleButton *loop;
  GtkMenuButton *more;
  GtkButton *full;
};

/** Controls are there, for a while. */
void     coffer_player_view_wake     (CofferPlayerView *self);

/** What a key does. Returns: whether it does anything */
gboolean coffer_player_view_key      (CofferPlayerView *self,
                                      guint             keyval,
                                      GdkModifierType   state);

/** Actions "player.…", and the menu "More" of what the clip has. */
void     coffer_player_view_add_actions  (CofferPlayerView *self);
void     coffer_player_view_update_menu  (CofferPlayerView *self);

G_END_DECLS
