/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum {
  COFFER_MEDIA_VIDEO,
  COFFER_MEDIA_AUDIO,
} CofferMediaKind;

/** An application message: there is nothing of that kind. */
#define COFFER_MEDIA_NOTHING "coffer-nothing"

/**
 * A pipeline that decodes the first stream of a kind, and nothing else, into a sink. Not playbin3, nor any other of its family: as
 * of GStreamer 1.22 it may block for good when it is stopped before it knows what it plays.
 *
 * @uri     of a value
 * @sink    (transfer full) (floating) (nullable): has a pad "sink"
 * @source  (out) (transfer none) (optional): what reads the value
 *
 * Returns: (transfer full) (nullable): NULL if a part is missing
 */
GstElement *coffer_media_decoder_new (const char       *uri,
                                      CofferMediaKind   kind,
                                      GstElement       *sink,
                                      GstElement      **source);

G_END_DECLS
