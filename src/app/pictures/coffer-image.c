/* SPDX-License-Identifier: MIT */
/*
 * From bytes to a texture through GdkPixbufLoader. The loader tells the picture's size before it allocates anything; here it
 * is refused or reduced. Loaders reduce only after decoding all of it, except those for SVG and for JPEG, which can leave
 * pixels out at once by 2, 4 or 8; so only these two are asked to, JPEG to exactly the size it makes by itself, so that its
 * rows come as they are read. The rest is coffer_image_render()'s. Any thread.
 */
#define G_LOG_DOMAIN "coffer-pictures"

#include "coffer-image.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <time.h>

#include "coffer-color-profile.h"
#include "coffer-frame-count.h"
#include "coffer-image-private.h"
#include "coffer-image-render.h"
#include "coffer-jpeg-head.h"

/* A piece should take about 4 ms: of a photo that is much, of a flat PNG, which unpacks to a thousand times its size, little. */
#define PIECE_MIN (2 << 10)
#define PIECE_MAX (64 << 10)
#define PIECE_US 4000

#define MAX_SIDE (1 << 20)   /* reducing keeps some bytes for each of a row */
/* One that is reduced while it is decoded: some seconds of it, and what is left of it then. */
#define MAX_JPEG_PIXELS (1000 * 1000 * 1000)
#define MAX_JPEG_PIXELS_LEFT (256 * 1000 * 1000)
/* All its coefficients are kept until the end, two bytes each, before anything can be left out. */
#define MAX_PROGRESSIVE_PIXELS (64 * 1000 * 1000)
#define MAX_MOVING_PIXELS (16 * 1000 * 1000)
#define PROGRESS_US (100 * 1000)

/* What shows where a cut picture has no pixels. */
#define MISSING_GREY 0x80

typedef struct {
  CofferImage *image;
  GdkPixbufLoader *loader;
  char *format;           /* the loader's name for it: "jpeg"; NULL until known */
  int max_width;
  int max_height;
  CofferImageFlags flags;
  gint64 n_rows;          /* decoded; some formats go over a picture several times */
  int first_row;          /* these were, the others not */
  int end_row;
  gboolean too_large;
  gboolean closing;       /* pixels made from now on are complete */
  gboolean satisfied;     /* nothing behind what was read is wanted */
  CofferImageFunc progress;
  gpointer progress_data;
  gint64 told_at;         /* monotonic µs: of the last progress, or of the beginning */
  CofferFrameCount count;
  CofferJpegHead head;
} Decoder;

G_DEFINE_QUARK (coffer-image-error-quark, coffer_image_error)

static gboolean
decoder_is (Decoder    *self,
            const char *format)
{
  return g_strcmp0 (self->format, format) == 0;
}

/* Formats that come row by row, each row at least once before the end of the bytes. */
static gboolean
decoder_has_rows (Decoder *self)
{
  return decoder_is (self, "jpeg") || decoder_is (self, "png") || decoder_is (self, "bmp") || decoder_is (self, "pnm");
}

/* Makes of a room that is to be covered the one that a picture of this size, upright, has to fit. */
static void
room_for (Decoder *self,
          int      width,
          int      height,
          int     *max_width,
          int     *max_height)
{
  *max_width = self->max_width;
  *max_height = self->max_height;
  if (self->flags & COFFER_IMAGE_COVER)
    coffer_image_cover (width, height, self->max_width, self->max_height, max_width, max_height);
}

/* The size to decode at so that it can be reduced to the room. */
static void
reduced_size (Decoder *self,
              int     *width,
              int     *height)
{
  int max_width, max_height;

  if (coffer_image_is_on_side (self->head.orientation))
    {
      room_for (self, *height, *width, &max_width, &max_height);
      coffer_image_fit (*width, *height, max_height, max_width, width, height);
    }
  else
    {
      room_for (self, *width, *height, &max_width, &max_height);
      coffer_image_fit (*width, *height, max_width, max_height, width, height);
    }
}

/* The loader makes 8 bits of any. In the first piece, which holds all of these heads. */
static void
note_depth (Decoder      *self,
            const guint8 *head,
            gsize         len)
{
  if (len > 24 && memcmp (head, "\x89PNG\r\n\x1a\n", 8) == 0)
    self->image->depth = head[24];
  else if (len > 2 && memcmp (head, "\xff\xd8", 2) == 0)
    self->image->depth = 8;   /* the only ones there is a decoder for */
}

/* In base64, as GdkPixbuf has it. */
static void
note_profile (Decoder   *self,
              GdkPixbuf *pixbuf)
{
  const char *text = gdk_pixbuf_get_option (pixbuf, "icc-profile");
  g_autofree guchar *profile = NULL;
  gsize len;

  if (text == NULL)
    return;

  profile = g_base64_decode (text, &len);
  self->image->profile = coffer_color_profile_dup_name (profile, len);
}

static int
jpeg_reduction (int width,
                int height,
                int least_width,
                int least_height)
{
  int by = 8;

  while (by > 1 && (width / by < least_width || height / by < least_height))
    by /= 2;

  return by;
}

static gboolean
is_too_long (int width,
             int height)
{
  return MAX (width, height) > MAX_SIDE;
}

/* @by: how much a JPEG is reduced while it is decoded */
static gboolean
is_too_large (Decoder *self,
              int      width,
              int      height,
              int      by)
{
  gint64 pixels = (gint64) width * height;

  if (is_too_long (width, height))
    return TRUE;
  if (!decoder_is (self, "jpeg"))
    return pixels > COFFER_IMAGE_MAX_PIXELS;
  if (!self->head.at_pixels || self->head.progressive || self->head.several_scans)
    return pixels > MAX_PROGRESSIVE_PIXELS;

  return pixels > MAX_JPEG_PIXELS || pixels / (by * by) > MAX_JPEG_PIXELS_LEFT;
}

static void
size_prepared_cb (GdkPixbufLoader *loader,
                  int              width,
                  int              height,
                  Decoder         *self)
{
  int least_width = width, least_height = height, max_width, max_height, by;

  if (self->format == NULL)
    self->format = gdk_pixbuf_format_get_name (gdk_pixbuf_loader_get_format (loader));
  self->image->width = width;
  self->image->height = height;
  self->image->vector = decoder_is (self, "svg");
  if (width <= 0 || height <= 0)
    return;

  reduced_size (self, &least_width, &least_height);
  by = decoder_is (self, "jpeg") ? jpeg_reduction (width, height, least_width, least_height) : 1;
  if (self->image->vector)
    {
      if (self->flags & COFFER_IMAGE_COVER)
        {
          room_for (self, width, height, &max_width, &max_height);
          coffer_image_enlarge (width, height, max_width, max_height, &least_width, &least_height);   /* it loses nothing */
        }
      gdk_pixbuf_loader_set_size (loader, least_width, least_height);
    }
  else if (is_too_large (self, width, height, by))
    {
      self->too_large = TRUE;
      /* Makes a loader give up before it allocates. */
      gdk_pixbuf_loader_set_size (loader, 0, 0);
    }
  else if (by > 1)
    {
      gdk_pixbuf_loader_set_size (loader, (width + by - 1) / by, (height + by - 1) / by);
    }
}

/* Every so many pixels one, of the rows there are: this is for the eye that waits, and must take no time. NULL without memory. */
static guint32 *
sample (Decoder   *self,
        GdkPixbuf *pixbuf,
        int        width,
        int        height)
{
  int source_width = gdk_pixbuf_get_width (pixbuf), source_height = gdk_pixbuf_get_height (pixbuf);
  int n_channels = gdk_pixbuf_get_n_channels (pixbuf);
  const guint8 *source = gdk_pixbuf_read_pixels (pixbuf);
  guint32 *pixels = g_try_new0 (guint32, (gsize) width * height);

  for (int y = 0; y < height && pixels != NULL; y++)
    {
      int row = (int) ((gint64) y * source_height / height);
      const guint8 *line = source + (gsize) row * gdk_pixbuf_get_rowstride (pixbuf);

      for (int x = 0; x < width && row >= self->first_row && row < self->end_row; x++)
        {
          const guint8 *pixel = line + (gsize) ((gint64) x * source_width / width) * n_channels;

          if (n_channels == 3 || pixel[3] == 0xff)   /* what lets through can wait */
            pixels[(gsize) y * width + x] = 0xff000000 | (guint32) pixel[0] << 16 | (guint32) pixel[1] << 8 | pixel[2];
        }
    }

  return pixels;
}

static void
tell_progress (Decoder   *self,
               GdkPixbuf *pixbuf)
{
  CofferImage so_far = { .width = self->image->width, .height = self->image->height, .orientation = 1,
                         .depth = self->image->depth };
  int orientation = CLAMP (self->head.orientation, 1, 8);
  int width = so_far.width, height = so_far.height;
  guint32 *pixels;

  reduced_size (self, &width, &height);
  if ((pixels = sample (self, pixbuf, width, height)) == NULL)
    return;
  if (coffer_image_is_on_side (orientation))
    {
      so_far.width = self->image->height;
      so_far.height = self->image->width;
    }
  so_far.texture = coffer_image_finish (pixels, width, height, orientation, &so_far.opaque, NULL);
  so_far.opaque = TRUE;   /* no checkerboard where there is nothing yet */
  if (so_far.texture != NULL)
    self->progress (&so_far, self->progress_data);
  coffer_image_clear (&so_far);
}

static void
area_updated_cb (GdkPixbufLoader *loader,
                 int              x,
                 int              y,
                 int              width,
                 int              height,
                 Decoder         *self)
{
  /* On closing, the JPEG loader makes up what is missing. */
  if (self->closing)
    return;

  self->first_row = self->n_rows == 0 ? y : MIN (self->first_row, y);
  self->end_row = MAX (self->end_row, y + height);
  self->n_rows += height;
  if (self->progress != NULL && decoder_has_rows (self) && g_get_monotonic_time () - self->told_at >= PROGRESS_US)
    {
      tell_progress (self, gdk_pixbuf_loader_get_pixbuf (loader));
      self->told_at = g_get_monotonic_time ();
    }
}

/* Loaders leave memory as they got it where rows did not come: it must not be seen. */
static void
blank_missing_rows (Decoder   *self,
                    GdkPixbuf *pixbuf)
{
  int fill = gdk_pixbuf_get_has_alpha (pixbuf) ? 0 : MISSING_GREY;
  gsize row_len = (gsize) gdk_pixbuf_get_width (pixbuf) * gdk_pixbuf_get_n_channels (pixbuf);
  guint8 *pixels = gdk_pixbuf_get_pixels (pixbuf);

  for (int y = 0; y < gdk_pixbuf_get_height (pixbuf); y++)
    if (y < self->first_row || y >= self->end_row)
      memset (pixels + (gsize) y * gdk_pixbuf_get_rowstride (pixbuf), fill, row_len);
}

/* A number in the header of a PNM, behind white space and comments. */
static int
pnm_number (const char **c,
            const char  *end)
{
  gint64 number = 0;

  while (*c < end && (g_ascii_isspace (**c) || **c == '#'))
    {
      const char *line = **c == '#' ? memchr (*c, '\n', end - *c) : *c;

      *c = line != NULL ? line + 1 : end;
    }
  for (; *c < end && g_ascii_isdigit (**c); (*c)++)
    number = MIN (number * 10 + **c - '0', G_MAXINT);

  return number;
}

/* The loader for PNM warns of itself when it has to give up, so its header, "P6 width height", is read ahead of it. */
static gboolean
pnm_is_too_large (Decoder      *self,
                  const guint8 *head,
                  gsize         len)
{
  const char *c = (const char *) head + MIN (len, 2), *end = (const char *) head + len;
  GdkPixbufFormat *format = gdk_pixbuf_loader_get_format (self->loader);
  g_autofree char *name = format != NULL ? gdk_pixbuf_format_get_name (format) : NULL;

  if (g_strcmp0 (name, "pnm") != 0)
    return FALSE;

  self->image->width = pnm_number (&c, end);
  self->image->height = pnm_number (&c, end);
  self->too_large = (gint64) self->image->width * self->image->height > COFFER_IMAGE_MAX_PIXELS ||
                    is_too_long (self->image->width, self->image->height);

  return self->too_large;
}

/* In µs; what other threads take does not count. */
static gint64
thread_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);

  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static gsize
next_size (gsize  size,
           gint64 took_us)
{
  return CLAMP (size * PIECE_US / (gsize) MAX (took_us, 1), MAX (size / 16, PIECE_MIN), MIN (size * 2, PIECE_MAX));
}

/* Feeds the loader. FALSE if stopped: cancelled, unreadable, or the loader will take no more; the latter in @loader_error. */
static gboolean
feed (Decoder       *self,
      GInputStream  *stream,
      GCancellable  *cancellable,
      GError       **loader_error,
      GError       **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE_MAX);
  gsize size = PIECE_MIN;
  gboolean first = TRUE;

  for (;; first = FALSE)
    {
      gssize len = g_input_stream_read (stream, piece, size, cancellable, error);
      gint64 began = thread_time ();

      if (len <= 0)
        return len == 0;
      if (g_cancellable_set_error_if_cancelled (cancellable, error))   /* bytes in memory are read without a look at it */
        return FALSE;

      if (first && pnm_is_too_large (self, piece, len))
        return FALSE;
      if (first)
        note_depth (self, piece, len);
      coffer_frame_count_feed (&self->count, piece, len);
      coffer_jpeg_head_feed (&self->head, piece, len);
      if (!gdk_pixbuf_loader_write (self->loader, piece, len, loader_error) || self->too_large)
        return FALSE;
      if (self->flags & COFFER_IMAGE_STILL && self->count.n_frames > 1 && decoder_is (self, "gif"))
        {
          self->satisfied = TRUE;   /* the first is whole: another has begun */
          return TRUE;
        }

      size = next_size (size, thread_time () - began);
    }
}

typedef struct {
  const char *content_type;
  const char *name;
  gboolean recent;   /* Debian 12 has none */
} Package;

static const Package *
package_for (const char *content_type)
{
  static const Package packages[] = {
    { "image/avif", "libavif-gdk-pixbuf" },
    { "image/heif", "heif-gdk-pixbuf" },
    { "image/heic", "heif-gdk-pixbuf" },
    { "image/jxl", "libjxl-gdk-pixbuf", TRUE },
    { "image/svg+xml", "librsvg2-common" },
    { "image/webp", "webp-pixbuf-loader" },
    { "image/wmf", "libwmf-0.2-7-gtk" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (packages); i++)
    if (g_content_type_is_a (content_type, packages[i].content_type))
      return &packages[i];

  return NULL;
}

void
coffer_image_set_no_loader (const char  *content_type,
                            GError     **error)
{
  const Package *package = package_for (content_type);
  g_autofree char *words = NULL;

  if (package == NULL)
    words = g_strdup (_("Nothing installed here reads pictures of this kind"));
  else if (package->recent)
    words = g_strdup_printf (_("Install the package “%s” to see pictures of this kind; Debian has it since version 13"), package->name);
  else
    words = g_strdup_printf (_("Install the package “%s” to see pictures of this kind"), package->name);
  g_set_error_literal (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_NO_LOADER, words);
}

void
coffer_image_set_too_large (int      width,
                            int      height,
                            GError **error)
{
  g_set_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_TOO_LARGE,
               _("It says it is %'d × %'d pixels; too large to show"), width, height);
}

void
coffer_image_set_no_memory (GError **error)
{
  g_set_error_literal (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_TOO_LARGE, _("There is not enough memory to show it"));
}

static void
set_loader_failure (Decoder     *self,
                    const char  *content_type,
                    GError      *loader_error,
                    GError     **error)
{
  if (self->too_large)
    coffer_image_set_too_large (self->image->width, self->image->height, error);
  else if (g_error_matches (loader_error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_UNKNOWN_TYPE))
    coffer_image_set_no_loader (content_type, error);
  else if (g_error_matches (loader_error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY))
    coffer_image_set_no_memory (error);
  else
    g_set_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_BROKEN,
                 _("The picture is damaged: %s"), loader_error != NULL ? loader_error->message : _("it ends too soon"));
}

/* A PNG that lacks its last chunk, told from its last bytes; interlaced ones have all rows long before. */
static gboolean
png_is_cut (GInputStream *stream,
            GCancellable *cancellable)
{
  guint8 tail[4096];
  gsize len = 0;

  if (!g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_END, cancellable, NULL))
    return FALSE;
  if (!g_seekable_seek (G_SEEKABLE (stream), MAX (0, g_seekable_tell (G_SEEKABLE (stream)) - (goffset) sizeof tail),
                        G_SEEK_SET, cancellable, NULL) ||
      !g_input_stream_read_all (stream, tail, sizeof tail, &len, cancellable, NULL))
    return FALSE;

  return memmem (tail, len, "IEND", 4) == NULL;
}

static gboolean
finish_moving (Decoder            *self,
               GdkPixbufAnimation *frames,
               GCancellable       *cancellable)
{
  CofferImage *image = self->image;

  image->animation = coffer_animation_new (frames, self->max_width, self->max_height, cancellable, &image->opaque);
  if (image->animation == NULL)
    return FALSE;

  g_set_object (&image->texture, coffer_animation_get_frame (image->animation));
  image->n_frames = self->count.n_frames;
  image->duration_ms = self->count.duration_ms;

  return TRUE;
}

static gboolean
finish_still (Decoder      *self,
              GdkPixbuf    *pixbuf,
              GCancellable *cancellable)
{
  CofferImage *image = self->image;
  const char *orientation = gdk_pixbuf_get_option (pixbuf, "orientation");
  int max_width, max_height;

  image->orientation = orientation != NULL ? CLAMP (atoi (orientation), 1, 8) : 1;
  if (coffer_image_is_on_side (image->orientation))
    {
      int width = image->width;

      image->width = image->height;
      image->height = width;
    }
  note_profile (self, pixbuf);
  room_for (self, image->width, image->height, &max_width, &max_height);
  image->texture = coffer_image_render (pixbuf, image->orientation, max_width, max_height, cancellable, &image->opaque,
                                        &image->pixels);

  return image->texture != NULL;
}

/* Pixels to texture. */
static gboolean
finish (Decoder       *self,
        GdkPixbuf     *pixbuf,
        GCancellable  *cancellable,
        GError       **error)
{
  GdkPixbufAnimation *frames = gdk_pixbuf_loader_get_animation (self->loader);
  gboolean moves = (self->flags & COFFER_IMAGE_STILL) == 0 && frames != NULL && !gdk_pixbuf_animation_is_static_image (frames) &&
                   (gint64) self->image->width * self->image->height <= MAX_MOVING_PIXELS;

  if (self->image->width <= 0 || self->image->height <= 0)
    {
      self->image->width = gdk_pixbuf_get_width (pixbuf);
      self->image->height = gdk_pixbuf_get_height (pixbuf);
    }

  if (moves ? finish_moving (self, frames, cancellable) : finish_still (self, pixbuf, cancellable))
    return TRUE;

  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    coffer_image_set_no_memory (error);

  return FALSE;
}

static gboolean
decode (Decoder       *self,
        const char    *content_type,
        GInputStream  *stream,
        GCancellable  *cancellable,
        GError       **error)
{
  g_autoptr(GError) loader_error = NULL;
  g_autoptr(GError) stream_error = NULL;
  gboolean fed, closed;
  GdkPixbuf *pixbuf;

  fed = feed (self, stream, cancellable, &loader_error, &stream_error);
  self->closing = TRUE;
  closed = gdk_pixbuf_loader_close (self->loader, loader_error == NULL ? &loader_error : NULL);

  if (stream_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&stream_error));
      return FALSE;
    }

  /* An end that is missing shows only when closing; the pixels before it are good. */
  pixbuf = gdk_pixbuf_loader_get_pixbuf (self->loader);
  if (!fed || pixbuf == NULL || (decoder_has_rows (self) && self->n_rows == 0))
    {
      set_loader_failure (self, content_type, loader_error, error);
      return FALSE;
    }

  self->image->cut_short = (!closed && !self->satisfied) ||
                           (decoder_has_rows (self) && self->n_rows < gdk_pixbuf_get_height (pixbuf)) ||
                           (decoder_is (self, "png") && png_is_cut (stream, cancellable));

  if (decoder_has_rows (self) && self->image->cut_short)
    blank_missing_rows (self, pixbuf);

  return finish (self, pixbuf, cancellable, error);
}

/* One that knows its format from the first byte on; else one that collects bytes until it can guess. */
static GdkPixbufLoader *
loader_new (const char *content_type)
{
  g_autofree char *media_type = g_content_type_get_mime_type (content_type);
  GdkPixbufLoader *loader = media_type != NULL ? gdk_pixbuf_loader_new_with_mime_type (media_type, NULL) : NULL;

  return loader != NULL ? loader : gdk_pixbuf_loader_new ();
}

static gboolean
run (Decoder       *self,
     const char    *content_type,
     GInputStream  *stream,
     GCancellable  *cancellable,
     GError       **error)
{
  g_autoptr(GdkPixbufLoader) loader = loader_new (content_type);
  gboolean ok;

  *self->image = (CofferImage) { .orientation = 1 };
  self->loader = loader;
  self->told_at = g_get_monotonic_time ();
  coffer_frame_count_init (&self->count);
  coffer_jpeg_head_init (&self->head);
  g_signal_connect (loader, "size-prepared", G_CALLBACK (size_prepared_cb), self);
  g_signal_connect (loader, "area-updated", G_CALLBACK (area_updated_cb), self);

  ok = decode (self, content_type, stream, cancellable, error);
  g_free (self->format);

  return ok;
}

gboolean
coffer_image_decode_full (CofferImage       *image,
                          const char        *content_type,
                          GInputStream      *stream,
                          int                max_width,
                          int                max_height,
                          CofferImageFlags   flags,
                          GCancellable      *cancellable,
                          GError           **error)
{
  Decoder self = { .image = image, .max_width = max_width, .max_height = max_height, .flags = flags };

  g_return_val_if_fail (max_width > 0 && max_height > 0, FALSE);

  return run (&self, content_type, stream, cancellable, error);
}

gboolean
coffer_image_decode_slowly (CofferImage      *image,
                            const char       *content_type,
                            GInputStream     *stream,
                            int               max_width,
                            int               max_height,
                            CofferImageFunc   progress,
                            gpointer          progress_data,
                            GCancellable     *cancellable,
                            GError          **error)
{
  Decoder self = { .image = image, .max_width = max_width, .max_height = max_height,
                   .progress = progress, .progress_data = progress_data };

  g_return_val_if_fail (max_width > 0 && max_height > 0, FALSE);

  return run (&self, content_type, stream, cancellable, error);
}

gboolean
coffer_image_decode (CofferImage   *image,
                     const char    *content_type,
                     GInputStream  *stream,
                     int            max_width,
                     int            max_height,
                     GCancellable  *cancellable,
                     GError       **error)
{
  return coffer_image_decode_full (image, content_type, stream, max_width, max_height, COFFER_IMAGE_DEFAULT, cancellable, error);
}

gboolean
coffer_image_is_incremental (const char *content_type)
{
  return g_content_type_is_a (content_type, "image/jpeg") ||
         g_content_type_is_a (content_type, "image/png") ||
         g_content_type_is_a (content_type, "image/gif") ||
         g_content_type_is_a (content_type, "image/bmp") ||
         g_content_type_is_a (content_type, "image/x-portable-anymap");
}

void
coffer_image_clear (CofferImage *image)
{
  g_clear_object (&image->texture);
  g_clear_pointer (&image->pixels, g_bytes_unref);
  g_clear_object (&image->animation);
  g_free (image->profile);
  *image = (CofferImage) { 0 };
}
