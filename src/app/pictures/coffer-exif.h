/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** What a camera wrote into a photo, each UTF-8 of a line or NULL; numbers are 0 where there is none. */
typedef struct {
  char   *camera;          /* "Canon EOS 5D Mark IV" */
  char   *lens;
  char   *taken;           /* as EXIF has it: "2023:05:01 12:34:56" */
  double  exposure;        /* seconds */
  double  aperture;        /* the f-number */
  double  focal_length;    /* mm */
  int     iso;
  gboolean has_place;
  double  latitude;        /* degrees, north and east */
  double  longitude;
} CofferExif;

/**
 * Read it out of the bytes of a JPEG, PNG or WebP, or those it begins with, if this build has GExiv2. Any thread; takes some
 * microseconds where there is none.
 *
 * Returns: (transfer full) (nullable)
 */
CofferExif *coffer_exif_read (const guint8 *data,
                              gsize         len);

void        coffer_exif_free (CofferExif   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CofferExif, coffer_exif_free)

G_END_DECLS
