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
  gboolean cut;                /* it ended long before its time */
  gboolean seeking;            /* one is on its way to `target` */
  gboolean has_next;           /* and the next is to go to `next` */
  gboolean stepping;
  gboolean stepped;            /* the sound is where it was before */
  guint steps;                 /* still to be done */
  gboolean ended;              /* while seeking, by that seek or before it */
  guint32 ended_seqnum;
  guint32 seqnum;              /* of the last seek */
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

/* ---- What is known; each notifies what changes ---- */

void     coffer_player_update_busy      (CofferPlayer *self);
void     coffer_player_update_state     (CofferPlayer *self);
void     coffer_player_update_notice    (CofferPlayer *self);
void     coffer_player_update_subtitle  (CofferPlayer *self);
void     coffer_player_set_position     (CofferPlayer *self,
                                         gint64        position);
void     coffer_player_query_position   (CofferPlayer *self);
void     coffer_player_query_duration   (CofferPlayer *self);

/* ---- Going somewhere ---- */

/** No seek and no step is on its way any more. */
void     coffer_player_forget_motion    (CofferPlayer *self);

/** Even while another is on its way. */
void     coffer_player_begin_seek       (CofferPlayer *self,
                                         gint64        position);
/** @refused: it is where it was. Returns: whether that is the end */
gboolean coffer_player_end_seek         (CofferPlayer *self,
                                         gboolean      refused);
void     coffer_player_end_step         (CofferPlayer *self);

/** Nothing more comes. */
void     coffer_player_end              (CofferPlayer *self);

gint64   coffer_player_get_frame_duration (CofferPlayer *self);

/** Where it is, or will be. */
gint64   coffer_player_get_destination  (CofferPlayer *self);

/* ---- Tracks ---- */

/** Play the sound that was chosen. */
void     coffer_player_apply_track      (CofferPlayer *self);

/* ---- What GStreamer tells ---- */

/** A CofferPlaybackFunc. */
void     coffer_player_message_cb       (GstMessage   *message,
                                         gpointer      data);

/** While it loads: see whether it ever will. */
void     coffer_player_watch            (CofferPlayer *self);

/** Let go of the pipeline. */
void     coffer_player_stop             (CofferPlayer *self);

/** @error (transfer full) */
void     coffer_player_fail             (CofferPlayer *self,
                                         GError       *error);

G_END_DECLS
