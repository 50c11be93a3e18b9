/* SPDX-License-Identifier: MIT */
#pragma once

#include "coffer-animation.h"

G_BEGIN_DECLS

#define COFFER_IMAGE_ERROR (coffer_image_error_quark ())

typedef enum {
  COFFER_IMAGE_ERROR_TOO_LARGE,   /* more pixels or bytes than are ever decoded */
  COFFER_IMAGE_ERROR_NO_LOADER,   /* GdkPixbuf here cannot read this kind; the message may name a package */
  COFFER_IMAGE_ERROR_BROKEN,
  COFFER_IMAGE_ERROR_TOO_SLOW,    /* it was given up */
} CofferImageError;

GQuark coffer_image_error_quark (void);

/** A picture of more is not decoded as a whole. */
#define COFFER_IMAGE_MAX_PIXELS (128 * 1000 * 1000)

/** What is decoded of one picture. Zero-filled at first; cleared by coffer_image_clear(). */
typedef struct {
  int              width;        /* of the picture itself, in pixels, upright; 0 until known */
  int              height;
  int              orientation;  /* as EXIF has it, 1 to 8; it is applied to texture, width and height */
  int              depth;        /* bits of a channel; 0 unless known */
  char            *profile;      /* (nullable) the name of its colour profile */
  gboolean         vector;       /* it has no pixels of its own */
  gboolean         opaque;
  gboolean         cut_short;    /* its end is missing: the rest is shown */
  guint            n_frames;     /* 0 unless it moves */
  guint64          duration_ms;
  GdkTexture      *texture;      /* no larger than asked for */
  GBytes          *pixels;       /* (nullable) the texture's, GDK_MEMORY_DEFAULT without gaps */
  CofferAnimation *animation;    /* (nullable) */
} CofferImage;

typedef enum {
  COFFER_IMAGE_DEFAULT = 0,
  COFFER_IMAGE_STILL = 1 << 0,   /* of what moves the first frame; of a GIF no more than that is read */
  COFFER_IMAGE_COVER = 1 << 1,   /* large enough to cover the room, but no side over twice as long as the room's */
  /* Of coffer_draw(): */
  COFFER_IMAGE_PATIENT = 1 << 2, /* somebody waits for it: it may take the processor for long */
  COFFER_IMAGE_ENLARGE = 1 << 3, /* a drawing may become larger than it says it is, to fit the room */
} CofferImageFlags;

/**
 * A picture that takes long, as far as it is decoded, ten times a second at most; on the thread that decodes.
 *
 * @so_far  (transfer none): a coarse one, with its size; clear where there is nothing yet
 */
typedef void (*CofferImageFunc) (const CofferImage *so_far,
                                 gpointer           data);

/**
 * Decode a picture in pieces, reduced to @max_width × @max_height pixels where it is larger; either way round for a
 * picture that EXIF turns. Any thread, no display needed.
 *
 * Nothing is allocated for a picture that says it is larger than can be shown (128 megapixels; 1,000 for a JPEG,
 * which is reduced while decoding, to 256 at most, but 64 for a progressive one, of which everything is kept until then). What
 * a loader keeps of it, 4 bytes a pixel, is the most it takes, apart from the bytes of formats that are not decoded in pieces.
 *
 * @image         (out caller-allocates) filled as far as it became known, also on failure
 * @content_type  of the data, "image/png"
 * @stream        from where the picture begins to its end; seekable; read in pieces of 2 to 64 KiB that take some
 *                milliseconds each, with a look at @cancellable between them
 *
 * Returns: whether there is something to show; else an error of COFFER_IMAGE_ERROR (translated), G_IO_ERROR_CANCELLED or
 *          what @stream failed with
 */
gboolean coffer_image_decode        (CofferImage   *image,
                                     const char    *content_type,
                                     GInputStream  *stream,
                                     int            max_width,
                                     int            max_height,
                                     GCancellable  *cancellable,
                                     GError       **error);

gboolean coffer_image_decode_full   (CofferImage      *image,
                                     const char       *content_type,
                                     GInputStream     *stream,
                                     int               max_width,
                                     int               max_height,
                                     CofferImageFlags  flags,
                                     GCancellable     *cancellable,
                                     GError          **error);

/** @progress  (nullable) */
gboolean coffer_image_decode_slowly (CofferImage      *image,
                                     const char       *content_type,
                                     GInputStream     *stream,
                                     int               max_width,
                                     int               max_height,
                                     CofferImageFunc   progress,
                                     gpointer          progress_data,
                                     GCancellable     *cancellable,
                                     GError          **error);

/** Whether pictures of this type are decoded as their bytes come; others once all are there, and not to be stopped. */
gboolean coffer_image_is_incremental (const char *content_type);

void     coffer_image_clear         (CofferImage   *image);

G_END_DECLS
