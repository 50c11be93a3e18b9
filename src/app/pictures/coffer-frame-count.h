/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CofferFrameCount CofferFrameCount;

/**
 * How many frames a GIF or WebP animation has and how long they last, counted as its bytes go by; frames cut off before
 * their data are not counted. Other bytes count nothing. GdkPixbuf knows both but tells neither.
 */
struct _CofferFrameCount
{
  guint   n_frames;
  guint64 duration_ms;   /* of one round */

  /*< private >*/
  guint8  head[16];      /* of the block being read */
  gsize   have;
  gsize   want;
  guint64 skip;
  guint64 after;         /* what to skip once the head is read */
  guint   delay_ms;      /* of the GIF frame to come */
  void  (*step) (CofferFrameCount *self);   /* NULL at the end */
};

void coffer_frame_count_init (CofferFrameCount *self);

/** The next bytes, in pieces of any size. */
void coffer_frame_count_feed (CofferFrameCount *self,
                              const guint8     *data,
                              gsize             len);

G_END_DECLS
