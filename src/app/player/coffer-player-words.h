/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum {
  COFFER_PLAYER_ERROR_UNKNOWN,      /* no clip, or of a kind that is not known */
  COFFER_PLAYER_ERROR_NO_DECODER,
  COFFER_PLAYER_ERROR_BROKEN,
  COFFER_PLAYER_ERROR_REFUSED,      /* it would be read from elsewhere */
  COFFER_PLAYER_ERROR_FAILED,
} CofferPlayerError;

#define COFFER_PLAYER_ERROR (coffer_player_error_quark ())
GQuark  coffer_player_error_quark      (void);

/** What an error message means to people. @missing (nullable): what coffer_player_dup_missing() said before. Returns: (transfer full) */
GError *coffer_player_error_new        (GstMessage    *message,
                                        const char    *missing);

/** What is missing, and where it is found: "There is no decoder for …". Returns: (transfer full) (nullable) */
char   *coffer_player_dup_missing      (GstMessage    *message);

/** "H.264", "AAC": short, as people say. Returns: (transfer full) (nullable) */
char   *coffer_player_dup_codec        (const char    *description);

/** "1:33", "1:02:03" of a time in a clip, or of its duration. @duration of the clip, or 0. Returns: (transfer full) */
char   *coffer_player_dup_clock        (gint64         time,
                                        gint64         duration);

/** The same as it is said: "4 min 5 s". Returns: (transfer full) */
char   *coffer_player_dup_length       (gint64         time);

/** "29.97". Returns: (transfer full) */
char   *coffer_player_dup_frame_rate   (int            numerator,
                                        int            denominator);

/** "39.3 Mbit/s". Returns: (transfer full) */
char   *coffer_player_dup_bit_rate     (double         bits_per_second);

/** "English, AAC, 6 channels" of a track. @n is shown if nothing else is known. Returns: (transfer full) */
char   *coffer_player_dup_track        (GstTagList    *tags,
                                        int            n);

G_END_DECLS
