/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-cue-tap.h"
#include "coffer-frames.h"

G_BEGIN_DECLS

/**
 * One address being played. Everything that may block, opening and stopping above all, is done on a thread: the functions only say
 * what is wanted, and of the same kind the last one holds. Main thread.
 *
 * Besides GStreamer's own, these application messages come:
 */
#define COFFER_PLAYBACK_NO_SEEK "coffer-no-seek"   /* where it was sent it cannot go */
#define COFFER_PLAYBACK_STEPPED "coffer-stepped"   /* or did not */
/* and COFFER_CUE_TAP_ADDED */

typedef struct _CofferPlayback CofferPlayback;

typedef void (*CofferPlaybackFunc) (GstMessage *message, gpointer data);

/**
 * Nothing happens before coffer_playback_set_state().
 *
 * @frames  (transfer none): looks at this one from now on
 * @func    called with each message until coffer_playback_close()
 *
 * Returns: (transfer full) (nullable): NULL if GStreamer lacks a part
 */
CofferPlayback *coffer_playback_new          (const char         *uri,
                                              CofferFrames       *frames,
                                              CofferPlaybackFunc  func,
                                              gpointer            data);

/** Silent from now on, and stopped as soon as can be. @self (transfer full) */
void            coffer_playback_close        (CofferPlayback     *self);

/** The playbin. */
GstElement     *coffer_playback_get_element  (CofferPlayback     *self);

void            coffer_playback_set_state    (CofferPlayback     *self,
                                              GstState            state);
void            coffer_playback_set_volume   (CofferPlayback     *self,
                                              double              linear,
                                              gboolean            muted);
/** @rate not 0; @position in nanoseconds; @seqnum comes again with the message of the end */
void            coffer_playback_seek         (CofferPlayback     *self,
                                              double              rate,
                                              gint64              position,
                                              guint32             seqnum);
/** One frame on; while it is paused. */
void            coffer_playback_step         (CofferPlayback     *self);

/** Frames are made no larger than this. */
void            coffer_playback_set_room     (CofferPlayback     *self,
                                              int                 width,
                                              int                 height);
/** @n  of the tracks of sound */
void            coffer_playback_set_audio    (CofferPlayback     *self,
                                              int                 n);

/** The words of a track of text to be seen then. Returns: (transfer full) (nullable): as markup */
char           *coffer_playback_dup_subtitle (CofferPlayback     *self,
                                              guint               track,
                                              gint64              position);

/** When the last words known of all tracks of text are over; 0 without. */
gint64          coffer_playback_get_last_words (CofferPlayback   *self);

/** Whether anything was seen or heard since the last seek. */
gboolean        coffer_playback_has_rendered (CofferPlayback     *self);

/** Of the frames as they come out of the decoder, upright. Returns: (transfer full) (nullable) */
GstCaps        *coffer_playback_dup_video_caps (CofferPlayback   *self);

/** Whether nothing will ever come of it, though no error told so. */
gboolean        coffer_playback_has_given_up (CofferPlayback     *self);

/** At the end of the program: wait until all that were closed have stopped, so that no vault is open any more. */
void            coffer_playback_wait_all     (void);
/** Something else that has to be waited for then; from any thread. */
void            coffer_playback_hold_all     (void);
void            coffer_playback_release_all  (void);

G_END_DECLS
