/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-peaks.h"
#include "coffer-peek.h"
#include "coffer-player-view.h"
#include "coffer-screen.h"
#include "coffer-seek-bar.h"
#include "coffer-waveform.h"

G_BEGIN_DECLS

struct _CofferPlayerView
{
  GtkWidget parent_instance;

  CofferPlayer *player;
  GSettings *settings;
  GSimpleActionGroup *actions;   /* unowned; "player.…" */
  CofferPeek *peek;        /* of a video, once the pointer was over the bar */
  gint64 peek_position;    /* what the bubble tells the time of */
  CofferPeaks *peaks;      /* of a sound */
  GCancellable *loading_cover;
  double bubble_x;         /* along the bar */
  GtkWindow *window;       /* full screen, or NULL */
  GtkWidget *had_focus;    /* before that; unowned, cleared when it goes */
  guint fade_id;
  double pointer_x;
  double pointer_y;
  int height;              /* of the stage's place */
  gboolean plays_after;    /* the bar is let go of */

  GtkWidget *stage;        /* all of it; in the window while that is full */
  CofferScreen *screen;
  CofferWaveform *waveform;
  GtkWidget *play_sign;
  GtkWidget *spinner;
  GtkLabel *notice;
  GtkLabel *subtitle;
  GtkWidget *controls;
  CofferSeekBar *bar;
  GtkWidget *bubble;
  GtkPicture *bubble_frame;
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

/** The bubble over the bar. */
void     coffer_player_view_hover        (CofferPlayerView *self,
                                          double            x,
                                          gint64            position);
gboolean coffer_player_view_place_bubble (CofferPlayerView *self,
                                          GtkWidget        *child,
                                          GdkRectangle     *place);
void     coffer_player_view_forget_peek  (CofferPlayerView *self);

/** Of a sound without video. */
void     coffer_player_view_show_sound   (CofferPlayerView *self);
void     coffer_player_view_forget_sound (CofferPlayerView *self);

/** What a key does. Returns: whether it does anything */
gboolean coffer_player_view_key      (CofferPlayerView *self,
                                      guint             keyval,
                                      GdkModifierType   state);

void     coffer_player_view_change_volume (CofferPlayerView *self,
                                           double            steps);

/** Actions "player.…", and the menu "More" of what the clip has. */
void     coffer_player_view_add_actions  (CofferPlayerView *self);
void     coffer_player_view_update_menu  (CofferPlayerView *self);

G_END_DECLS
