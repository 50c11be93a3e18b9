/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>

#include "coffer-thumb-recorder.h"

G_BEGIN_DECLS

typedef enum {
  COFFER_PLAYED,            /* what was waited for came */
  COFFER_PLAYED_NOTHING,    /* there is nothing of this kind in it, or no decoder for it */
  COFFER_PLAYED_BROKEN,
  COFFER_PLAYED_UNREAD,     /* the vault did not give it */
  COFFER_PLAYED_TOO_LONG,   /* the time was up */
  COFFER_PLAYED_CANCELLED,
} CofferPlayed;

/** What was found in the value. */
typedef struct {
  GdkTexture *texture;    /* (nullable) */
  GBytes     *pixels;     /* see coffer_image_render() */
  gboolean    opaque;
  gint64      duration;   /* in nanoseconds, or -1 */
} CofferThumbFrame;

/**
 * A pipeline on a lane's thread: waits for it, with an eye on the cancellable and on the time, and takes down what it reads of
 * the value.
 */
typedef struct _CofferThumbPlayer CofferThumbPlayer;

/**
 * @pipeline     (transfer full)
 * @wants_video  a value without it has nothing to wait for
 */
CofferThumbPlayer  *coffer_thumb_player_new           (GstElement          *pipeline,
                                                       gboolean             wants_video,
                                                       guint                limit_ms,
                                                       GCancellable        *cancellable);
/** Stops the pipeline: when this returns the value is closed. */
void                coffer_thumb_player_free          (CofferThumbPlayer   *self);

/** The element that reads the value, once it is there. @data_offset: of what it gives, in the value */
void                coffer_thumb_player_watch_source  (CofferThumbPlayer   *self,
                                                       GstElement          *source,
                                                       gsize                data_offset);

/** Until the pipeline is paused, or has got to where it was sent. */
CofferPlayed        coffer_thumb_player_wait          (CofferThumbPlayer   *self);

gint64              coffer_thumb_player_get_duration  (CofferThumbPlayer   *self);
GstTagList         *coffer_thumb_player_get_tags      (CofferThumbPlayer   *self);   /* (transfer full) (nullable) */

/**
 * What came of it.
 *
 * @played  how the waiting ended
 * @frame   its members are taken over
 *
 * Returns: (transfer full) (nullable): NULL if cancelled, or another value than the one of @value_size was read, or
 *          none could be, with the code of COFFER_ERROR that tells why
 */
CofferThumbPicture *coffer_thumb_player_conclude      (CofferThumbPlayer   *self,
                                                       CofferPlayed         played,
                                                       CofferThumbFrame    *frame,
                                                       guint64              value_size,
                                                       GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferThumbPlayer, coffer_thumb_player_free)

G_END_DECLS
