/* SPDX-License-Identifier: MIT */
#pragma once

#include <gst/gst.h>
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define COFFER_TYPE_FRAMES (coffer_frames_get_type ())
G_DECLARE_FINAL_TYPE (CofferFrames, coffer_frames, COFFER, FRAMES, GObject)

/**
 * A GdkPaintable of the newest frame of a video, as GStreamer has it in memory; nothing is copied. Emits the signals of a
 * paintable on the main thread.
 *
 * Signal "frame": another frame is there.
 */
CofferFrames *coffer_frames_new        (void);

/** Take frames of BGRA from this appsink, and of no other. (nullable) @converter: has made them BGRA; NULL without a sink */
void          coffer_frames_set_sink   (CofferFrames *self,
                                        GstElement   *appsink,
                                        GstElement   *converter);

/** Forget the frame, and one that is on its way. */
void          coffer_frames_clear      (CofferFrames *self);

/** Whether they are drawn without a graphics card. */
void          coffer_frames_set_for_cairo (CofferFrames *self,
                                           gboolean      for_cairo);

gboolean      coffer_frames_has_frame  (CofferFrames *self);

/** When it is to be seen, in nanoseconds from the beginning; -1 if that is not known. */
gint64        coffer_frames_get_time   (CofferFrames *self);

/** Returns: (transfer none) (nullable) */
GdkTexture   *coffer_frames_get_texture (CofferFrames *self);

/** A texture of a sample of BGRA, without a copy. Any thread. @converter: has made it BGRA. Returns: (transfer full) (nullable) */
GdkTexture   *coffer_frames_texture_new (GstSample   *sample,
                                         GstElement  *converter);

G_END_DECLS
