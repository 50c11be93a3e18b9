/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-playback.h"
#include "coffer-player.h"

G_BEGIN_DECLS

struct _CofferPlayer
{
  GObject parent_instance;

  char *uri;
  CofferPlayback *playback;    /* NULL until GStreamer is there, and once it has failed */
  CofferFrames *frames;
  GCancellable *preparing;
  CofferPlayerState state;

  gboolean loaded;
  gboolean wants_play;
  gboolean at_end;
  gboolean gave_out;           /* it ended by an error: it can only begin anew */
  gboolean seeking;            /* one is on its way to `target` */
  gboolean has_next;           /* and the next is to go to `next` */
  gboolean stepping;
  gboolean stepped;            /* the sound is where it was before */
  guint steps;                 /* still to be done */
  gint64 target;
  gint64 next;
  gint64 position;
  gint64 duration;

  double volume;
  double rate;
  gboolean muted;
  gboolean loop;
  int room_width;
  int room_height;
  int tracks[COFFER_PLAYER_N_KINDS];

  GstTagList *tags;
  char *missing;
  char *no_sound;
  char *notice;
  char *subtitle;
  GError *error;

  gboolean walking;            /* the source is */
  gboolean late;
  gboolean busy;
  guint late_id;
  guint tick_id;
  guint watch_id;              /* while loading */
  guint renew_id;
};

/** Of the frames as they come out of the decoder; FALSE without video. @denominator may be 0 */
gboolean coffer_player_get_video_format (CofferPlayer *self,
                                         int          *width,
                                         int          *height,
                                         int          *numerator,
                                         int          *denominator);

G_END_DECLS
