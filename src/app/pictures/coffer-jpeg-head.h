/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CofferJpegHead CofferJpegHead;

/**
 * What the head of a JPEG says and GdkPixbuf does not tell in time: how it is turned, and whether all of it
 * must be kept until its end. Found as the bytes go by; of other formats nothing is. On the stack; no allocation.
 */
struct _CofferJpegHead {
  int      orientation;   /* as EXIF has it, 1 to 8; 0 until known */
  gboolean progressive;
  gboolean several_scans; /* its colours come one after the other */
  gboolean at_pixels;     /* the head was read to its end; before, the two above may still become TRUE */

  /*< private >*/
  guint8   head[16];      /* of what is being read */
  guint    have;
  guint    want;
  guint    skip;
  guint    left;          /* of the segment, behind the head */
  guint    n_entries;     /* of the directory that are to come */
  guint    n_components;
  gboolean little_endian;
  void   (*step) (CofferJpegHead *self);   /* NULL at the end */
};

void coffer_jpeg_head_init (CofferJpegHead *self);

/** The next bytes, in pieces of any size. */
void coffer_jpeg_head_feed (CofferJpegHead *self,
                            const guint8   *data,
                            gsize           len);

G_END_DECLS
