/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-frames.h"
#include "coffer-player-words.h"

G_BEGIN_DECLS

typedef enum {
  COFFER_PLAYER_EMPTY,
  COFFER_PLAYER_LOADING,   /* until the first frame, or the first sound, is there */
  COFFER_PLAYER_PAUSED,
  COFFER_PLAYER_PLAYING,
  COFFER_PLAYER_ENDED,
  COFFER_PLAYER_FAILED,
} CofferPlayerState;

typedef enum {
  COFFER_PLAYER_AUDIO,
  COFFER_PLAYER_TEXT,      /* subtitles */
  COFFER_PLAYER_N_KINDS,
} CofferPlayerKind;

#define COFFER_PLAYER_RATE_MIN .25
#define COFFER_PLAYER_RATE_MAX 2.

#define COFFER_TYPE_PLAYER (coffer_player_get_type ())
G_DECLARE_FINAL_TYPE (CofferPlayer, coffer_player, COFFER, PLAYER, GObject)

/**
 * Plays one clip or sound at a time by its URI. Main thread, which never waits for it. GStreamer is started by the first URI.
 *
 * Properties, all with notify; those from "volume" on can be set:
 *   "state" int, a CofferPlayerState
 *   "position", "duration" int64 in nanoseconds; the duration is 0 until it is known
 *   "busy" boolean: what is asked for is long in coming
 *   "notice" string: what is amiss while it plays all the same, or NULL
 *   "subtitle" string: the words to be seen now, as Pango markup, or NULL
 *   "volume" double, 0 to 1 as it is heard (cubic)
 *   "muted", "loop" boolean
 *   "rate" double
 *
 * Signal "loaded": the facts and tracks are known; comes again with what tags bring later.
 */
CofferPlayer      *coffer_player_new           (void);

/** Stop what plays, silent and blank at once, and go to the first frame of another, paused. @uri (nullable) */
void               coffer_player_set_uri       (CofferPlayer     *self,
                                                const char       *uri);
const char        *coffer_player_get_uri       (CofferPlayer     *self);

/** At the end: from the beginning. While loading: as soon as can be. */
void               coffer_player_play          (CofferPlayer     *self);
void               coffer_player_pause         (CofferPlayer     *self);
void               coffer_player_toggle        (CofferPlayer     *self);

/** Exactly there. While one is on its way only the last of those that follow is kept. */
void               coffer_player_seek          (CofferPlayer     *self,
                                                gint64            position);
/** From where it is, or will be when it has got there. */
void               coffer_player_seek_by       (CofferPlayer     *self,
                                                gint64            by);
/** Pause, and go a frame on or back. @direction 1 or -1 */
void               coffer_player_step          (CofferPlayer     *self,
                                                int               direction);

/** In pixels of the screen: no larger frames are made. */
void               coffer_player_set_room      (CofferPlayer     *self,
                                                int               width,
                                                int               height);

CofferPlayerState  coffer_player_get_state     (CofferPlayer     *self);
const GError      *coffer_player_get_error     (CofferPlayer     *self);   /* (nullable) why it FAILED */
const char        *coffer_player_get_notice    (CofferPlayer     *self);   /* (nullable) */
const char        *coffer_player_get_subtitle  (CofferPlayer     *self);   /* (nullable) */
gboolean           coffer_player_get_busy      (CofferPlayer     *self);
gint64             coffer_player_get_position  (CofferPlayer     *self);
gint64             coffer_player_get_duration  (CofferPlayer     *self);
double             coffer_player_get_volume    (CofferPlayer     *self);
void               coffer_player_set_volume    (CofferPlayer     *self,
                                                double            volume);
gboolean           coffer_player_get_muted     (CofferPlayer     *self);
void               coffer_player_set_muted     (CofferPlayer     *self,
                                                gboolean          muted);
gboolean           coffer_player_get_loop      (CofferPlayer     *self);
void               coffer_player_set_loop      (CofferPlayer     *self,
                                                gboolean          loop);
double             coffer_player_get_rate      (CofferPlayer     *self);
void               coffer_player_set_rate      (CofferPlayer     *self,
                                                double            rate);

/** Once loaded. */
gboolean           coffer_player_has_video     (CofferPlayer     *self);
gboolean           coffer_player_has_audio     (CofferPlayer     *self);

/** The clip's own size, upright and in square pixels; 0 without video. */
void               coffer_player_get_size      (CofferPlayer     *self,
                                                int              *width,
                                                int              *height);

/** Returns: (transfer none) */
CofferFrames      *coffer_player_get_frames    (CofferPlayer     *self);
GstTagList        *coffer_player_get_tags      (CofferPlayer     *self);   /* (nullable) of the whole */

/** Name, value, name, value …, for people. @size of the value, in bytes; 0: not known. Returns: (transfer full) */
GStrv              coffer_player_dup_facts     (CofferPlayer     *self,
                                                guint64           size);

int                coffer_player_get_n_tracks  (CofferPlayer     *self,
                                                CofferPlayerKind  kind);
char              *coffer_player_dup_track_name (CofferPlayer    *self,    /* (transfer full) */
                                                CofferPlayerKind  kind,
                                                int               n);
/** -1: none, of TEXT only. */
int                coffer_player_get_track     (CofferPlayer     *self,
                                                CofferPlayerKind  kind);
void               coffer_player_set_track     (CofferPlayer     *self,
                                                CofferPlayerKind  kind,
                                                int               n);

G_END_DECLS
