/* SPDX-License-Identifier: MIT */
/* Decoding pictures: sizes, turning, reducing, limits, damage, cancelling. No display needed. */
#include <coffer-image.h>
#include <coffer-image-render.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "fixture.h"

typedef struct {
  const char *key;
  const char *content_type;
  int width, height, orientation;
  gboolean opaque, cut_short;
  guint n_frames;
} Expected;

static const Expected pictures[] = {
  { "img/alpha.png", "image/png", 64, 64, 1, FALSE, FALSE, 0 },
  { "img/anim.gif", "image/gif", 160, 120, 1, TRUE, FALSE, 16 },
  { "img/deep16.png", "image/png", 320, 200, 1, TRUE, FALSE, 0 },
  { "img/drawing.svg", "image/svg+xml", 200, 120, 1, TRUE, FALSE, 0 },
  { "img/exif_orientation_3.jpg", "image/jpeg", 480, 320, 3, TRUE, FALSE, 0 },
  { "img/exif_orientation_6.jpg", "image/jpeg", 320, 480, 6, TRUE, FALSE, 0 },
  { "img/exif_orientation_8.jpg", "image/jpeg", 320, 480, 8, TRUE, FALSE, 0 },
  { "img/photo.png", "image/png", 640, 400, 1, TRUE, FALSE, 0 },
  { "img/plain.jpg", "image/jpeg", 800, 600, 1, TRUE, FALSE, 0 },
  { "img/small.bmp", "image/bmp", 96, 96, 1, TRUE, FALSE, 0 },
  { "img/small.tiff", "image/tiff", 96, 96, 1, TRUE, FALSE, 0 },
  { "img/truncated.jpg", "image/jpeg", 320, 480, 6, TRUE, TRUE, 0 },
};

static gboolean
decode_bytes (CofferImage  *image,
              GBytes       *bytes,
              const char   *content_type,
              int           room,
              GCancellable *cancellable,
              GError      **error)
{
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);

  return coffer_image_decode (image, content_type, stream, room, room, cancellable, error);
}

static void
decode_value (CofferImage *image,
              const char  *key,
              const char  *content_type,
              int          room)
{
  g_autoptr(GBytes) bytes = fixture_value (key);
  g_autoptr(GError) error = NULL;

  g_assert_true (decode_bytes (image, bytes, content_type, room, NULL, &error));
  g_assert_no_error (error);
}

static guint32 *
download (GdkTexture *texture)
{
  int width = gdk_texture_get_width (texture), height = gdk_texture_get_height (texture);
  guint32 *pixels = g_new (guint32, (gsize) width * height);

  gdk_texture_download (texture, (guchar *) pixels, (gsize) width * 4);

  return pixels;
}

static void
test_decodes_every_picture (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pictures); i++)
    {
      const Expected *expected = &pictures[i];
      CofferImage image;

      g_test_message ("%s", expected->key);
      decode_value (&image, expected->key, expected->content_type, 4000);
      g_assert_cmpint (image.width, ==, expected->width);
      g_assert_cmpint (image.height, ==, expected->height);
      g_assert_cmpint (image.orientation, ==, expected->orientation);
      g_assert_cmpint (image.opaque, ==, expected->opaque);
      g_assert_cmpint (image.cut_short, ==, expected->cut_short);
      g_assert_cmpuint (image.n_frames, ==, expected->n_frames);
      g_assert_cmpint (image.animation != NULL, ==, expected->n_frames > 0);
      g_assert_cmpint (gdk_texture_get_width (image.texture), ==, expected->width);
      g_assert_cmpint (gdk_texture_get_height (image.texture), ==, expected->height);
      coffer_image_clear (&image);
    }
}

static void
test_never_makes_more_than_the_room (void)
{
  static const int rooms[] = { 1, 7, 100, 319 };

  for (gsize i = 0; i < G_N_ELEMENTS (pictures); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (rooms); j++)
      {
        const Expected *expected = &pictures[i];
        CofferImage image;
        int width, height;

        decode_value (&image, expected->key, expected->content_type, rooms[j]);
        coffer_image_fit (expected->width, expected->height, rooms[j], rooms[j], &width, &height);
        g_assert_cmpint (image.width, ==, expected->width);
        g_assert_cmpint (gdk_texture_get_width (image.texture), ==, width);
        g_assert_cmpint (ABS (gdk_texture_get_height (image.texture) - height), <=, 1);
        coffer_image_clear (&image);
      }
}

/* Where the pixel on show at (x, y) lies in the picture as it is stored. */
static void
stored_position (int  orientation,
                 int  width,
                 int  height,
                 int  x,
                 int  y,
                 int *stored_x,
                 int *stored_y)
{
  *stored_x = orientation == 3 ? width - 1 - x : orientation == 6 ? y : height - 1 - y;
  *stored_y = orientation == 3 ? height - 1 - y : orientation == 6 ? width - 1 - x : x;
}

static GdkPixbuf *
stored_pixels (const char *key)
{
  g_autoptr(GBytes) bytes = fixture_value (key);
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);

  return gdk_pixbuf_new_from_stream (stream, NULL, NULL);
}

static void
test_turns_as_exif_says (void)
{
  for (int orientation = 3; orientation <= 8; orientation += orientation == 3 ? 3 : 2)
    {
      g_autofree char *key = g_strdup_printf ("img/exif_orientation_%d.jpg", orientation);
      g_autoptr(GdkPixbuf) stored = stored_pixels (key);
      g_autofree guint32 *pixels = NULL;
      CofferImage image;

      decode_value (&image, key, "image/jpeg", 4000);
      pixels = download (image.texture);
      for (int y = 0; y < image.height; y += 37)
        for (int x = 0; x < image.width; x += 37)
          {
            int stored_x, stored_y;
            const guint8 *p;

            stored_position (orientation, image.width, image.height, x, y, &stored_x, &stored_y);
            p = gdk_pixbuf_read_pixels (stored) + stored_y * gdk_pixbuf_get_rowstride (stored) + stored_x * 3;
            g_assert_cmphex (pixels[y * image.width + x], ==, 0xff000000u | p[0] << 16 | p[1] << 8 | p[2]);
          }
      coffer_image_clear (&image);
    }
}

static void
test_premultiplies (void)
{
  g_autofree guint32 *pixels = NULL;
  g_autoptr(GdkPixbuf) stored = stored_pixels ("img/alpha.png");
  const guint8 *p = gdk_pixbuf_read_pixels (stored);
  CofferImage image;

  decode_value (&image, "img/alpha.png", "image/png", 64);
  pixels = download (image.texture);
  for (int x = 0; x < 64; x++)
    for (int channel = 0; channel < 3; channel++)
      g_assert_cmpuint (pixels[x] >> (16 - 8 * channel) & 0xff, ==, (p[4 * x + channel] * p[4 * x + 3] + 127) / 255);
  coffer_image_clear (&image);
}

/* The most memory this process has had, in bytes. */
static gsize
peak_memory (void)
{
  g_autofree char *status = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));

  return g_ascii_strtoull (strstr (status, "VmHWM:") + strlen ("VmHWM:"), NULL, 10) * 1024;
}

static void
test_refuses_a_huge_claim (void)
{
  g_autoptr(GBytes) bytes = fixture_value ("img/claims_60000x60000.png");
  g_autoptr(GError) error = NULL;
  gsize memory = peak_memory ();
  gint64 began = g_get_monotonic_time ();
  CofferImage image;

  g_assert_false (decode_bytes (&image, bytes, "image/png", 400, NULL, &error));
  g_assert_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "too large to show"));
  g_assert_cmpint (image.width, ==, 60000);
  g_assert_cmpint (image.height, ==, 60000);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 5 * G_USEC_PER_SEC);   /* on a busy machine; else some ms */
  g_assert_cmpuint (peak_memory () - memory, <, 32 << 20);
  coffer_image_clear (&image);
}

/* A header of each format that says 60,000 × 60,000, and nothing behind it. */
static void
test_refuses_huge_claims_of_any_format (void)
{
  static const struct { const char *content_type; guint8 head[64]; gsize len; } claims[] = {
    { "image/gif", { 'G', 'I', 'F', '8', '9', 'a', 0x60, 0xea, 0x60, 0xea, 0xf0, 0, 0, 0, 0, 0, 255, 255, 255, ',', 0, 0, 0, 0,
                     0x60, 0xea, 0x60, 0xea, 0, 8, 4, 1, 2, 3, 4, 0, ';' }, 37 },
    { "image/bmp", { 'B', 'M', 0, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0,
                     0x60, 0xea, 0, 0, 0x60, 0xea, 0, 0, 1, 0, 24, 0 }, 64 },
    { "image/x-portable-pixmap", "P6\n# 1 1\n60000 #\n60000\n255\n", 64 },
    { "image/x-portable-bitmap", "P4\n120000000 1\n", 64 },   /* few enough pixels, in one row */
    { "image/jpeg", { 0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0xea, 0x60, 0xea, 0x60, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
                      0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0 }, 64 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (claims); i++)
    {
      g_autoptr(GBytes) bytes = g_bytes_new_static (claims[i].head, claims[i].len);
      g_autoptr(GError) error = NULL;
      gsize memory = peak_memory ();
      CofferImage image;

      g_test_message ("%s", claims[i].content_type);
      g_assert_false (decode_bytes (&image, bytes, claims[i].content_type, 400, NULL, &error));
      g_assert_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_TOO_LARGE);
      g_assert_cmpuint (peak_memory () - memory, <, 32 << 20);
      coffer_image_clear (&image);
    }
}

/* 100 megapixels, whose coefficients would be kept until the end; what libjpeg skips on its way there hides nothing. */
static void
test_refuses_a_vast_progressive_jpeg (void)
{
  static const struct { const char *stray; gsize len; } strays[] = { { "", 0 }, { "\0", 1 }, { "\xff\xd3", 2 }, { "\xff\0\xff\x01", 4 } };
  static const guint8 head[] = "\xff\xc2\0\x0b\x08\x27\x10\x27\x10\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\0\0";

  for (gsize i = 0; i < G_N_ELEMENTS (strays); i++)
    {
      g_autoptr(GByteArray) array = g_byte_array_new ();
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;
      gsize memory = peak_memory ();
      CofferImage image;

      g_byte_array_append (array, (const guint8 *) "\xff\xd8", 2);
      g_byte_array_append (array, (const guint8 *) strays[i].stray, strays[i].len);
      g_byte_array_append (array, head, sizeof head - 1);
      bytes = g_bytes_new (array->data, array->len);
      g_assert_false (decode_bytes (&image, bytes, "image/jpeg", 400, NULL, &error));
      g_assert_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_TOO_LARGE);
      g_assert_cmpint (image.width, ==, 10000);
      g_assert_cmpuint (peak_memory () - memory, <, 32 << 20);
      coffer_image_clear (&image);
    }
}

/* 400 megapixels, all but a corner made up by the loader: what counts is what is left at an eighth. */
static void
test_reduces_a_vast_jpeg (void)
{
  g_autoptr(GBytes) bytes = fixture_value ("img/plain.jpg");
  gsize len, memory = peak_memory ();
  g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, &len), g_bytes_get_size (bytes));
  g_autoptr(GBytes) vast = NULL;
  g_autoptr(GError) error = NULL;
  CofferImage image;
  gsize at = 2;

  while (data[at + 1] != 0xc0)
    at += 2 + (data[at + 2] << 8 | data[at + 3]);
  memcpy (data + at + 5, "\x4e\x20\x4e\x20", 4);   /* 20,000 × 20,000 */
  vast = g_bytes_new (data, len);
  g_assert_true (decode_bytes (&image, vast, "image/jpeg", 400, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (image.width, ==, 20000);
  g_assert_cmpint (gdk_texture_get_width (image.texture), ==, 400);
  g_assert_cmpuint (peak_memory () - memory, <, 64 << 20);
  coffer_image_clear (&image);
}

static void
test_shows_what_is_there_of_a_cut_picture (void)
{
  g_autofree guint32 *pixels = NULL;
  CofferImage image;

  decode_value (&image, "img/truncated.jpg", "image/jpeg", 4000);
  g_assert_true (image.cut_short);
  pixels = download (image.texture);
  /* Stored upside right, turned by 90°: the end that is missing is on the left. */
  g_assert_cmphex (pixels[240 * 320 + 10], ==, 0xff808080);
  g_assert_cmphex (pixels[240 * 320 + 310], !=, 0xff808080);
  coffer_image_clear (&image);
}

static void
test_tells_a_cut_picture_of_any_format (void)
{
  static const struct { const char *key, *content_type; } cut[] = {
    { "img/photo.png", "image/png" },  { "img/plain.jpg", "image/jpeg" },
    { "img/small.bmp", "image/bmp" },  { "img/anim.gif", "image/gif" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cut); i++)
    {
      g_autoptr(GBytes) whole = fixture_value (cut[i].key);
      g_autoptr(GBytes) half = g_bytes_new_from_bytes (whole, 0, g_bytes_get_size (whole) / 2);
      g_autoptr(GError) error = NULL;
      CofferImage image;

      g_test_message ("%s", cut[i].key);
      g_assert_true (decode_bytes (&image, half, cut[i].content_type, 400, NULL, &error));
      g_assert_true (image.cut_short);
      coffer_image_clear (&image);
    }
}

static void
test_reports_damage (void)
{
  g_autoptr(GBytes) bytes = fixture_value ("img/corrupt_crc.png");
  g_autoptr(GError) error = NULL;
  CofferImage image;

  g_assert_false (decode_bytes (&image, bytes, "image/png", 400, NULL, &error));
  g_assert_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_BROKEN);
  g_assert_cmpint (image.width, ==, 640);
  g_assert_null (image.texture);
  coffer_image_clear (&image);
}

static void
test_names_the_package_of_a_missing_loader (void)
{
  static const struct { const char *key, *content_type, *package; int width; } kinds[] = {
    { "img/still.webp", "image/webp", "webp-pixbuf-loader", 400 },
    { "img/still.avif", "image/avif", "libavif-gdk-pixbuf", 0 },
    /* It is of another kind, and whoever reads those says that it is damaged. */
    { "img/still.avif", "image/heif", "heif-gdk-pixbuf", -1 },
    { "img/still.avif", "image/jxl", "libjxl-gdk-pixbuf", -1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr(GBytes) bytes = fixture_value (kinds[i].key);
      g_autoptr(GError) error = NULL;
      CofferImage image;

      if (decode_bytes (&image, bytes, kinds[i].content_type, 4000, NULL, &error))
        {
          g_assert_true (kinds[i].width == 0 || kinds[i].width == image.width);
        }
      else if (kinds[i].width >= 0 || !g_error_matches (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_BROKEN))
        {
          g_assert_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_NO_LOADER);
          g_assert_nonnull (strstr (error->message, kinds[i].package));
        }
      coffer_image_clear (&image);
    }
}

static void
test_svg_reads_no_other_file (void)
{
  g_autoptr(GdkPixbuf) red = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, 10, 10);
  g_autofree char *folder = g_dir_make_tmp ("coffer-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "red.png", NULL);
  g_autofree char *svg = g_strdup_printf ("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'>"
                                          "<image href='file://%s' width='10' height='10'/></svg>", path);
  g_autoptr(GBytes) bytes = g_bytes_new (svg, strlen (svg));
  g_autofree guint32 *pixels = NULL;
  CofferImage image;

  gdk_pixbuf_fill (red, 0xff0000ff);
  g_assert_true (gdk_pixbuf_save (red, path, "png", NULL, NULL));
  g_assert_true (decode_bytes (&image, bytes, "image/svg+xml", 10, NULL, NULL));
  pixels = download (image.texture);
  g_assert_cmphex (pixels[55], ==, 0);
  coffer_image_clear (&image);
  g_remove (path);
  g_rmdir (folder);
}

/* 24 megapixels of few bytes: the least to read and the most to decode. */
static GBytes *
large_picture (const char *format)
{
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, 6000, 4000);
  gsize len;
  char *data;

  gdk_pixbuf_fill (pixbuf, 0x336699ff);
  g_assert_true (gdk_pixbuf_save_to_buffer (pixbuf, &data, &len, format, NULL, NULL));

  return g_bytes_new_take (data, len);
}

typedef struct {
  GCancellable *cancellable;
  gulong after_us;
  gint64 cancelled;
} Canceller;

static gpointer
cancel_worker (gpointer data)
{
  Canceller *canceller = data;

  g_usleep (canceller->after_us);
  canceller->cancelled = g_get_monotonic_time ();
  g_cancellable_cancel (canceller->cancellable);

  return NULL;
}

/* How long a decoder goes on after it was cancelled, in µs; 0 if it was done by then. */
static gint64
time_to_stop (GBytes     *bytes,
              const char *content_type,
              gulong      after_us)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Canceller canceller = { cancellable, after_us, 0 };
  GThread *thread = g_thread_new ("cancel", cancel_worker, &canceller);
  g_autoptr(GError) error = NULL;
  CofferImage image;
  gboolean ok = decode_bytes (&image, bytes, content_type, 400, cancellable, &error);
  gint64 ended = g_get_monotonic_time ();

  g_thread_join (thread);
  coffer_image_clear (&image);
  if (ok)
    return 0;

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  return ended - canceller.cancelled;
}

static void
test_stops_when_cancelled (gconstpointer data)
{
  const char *format = data;
  g_autofree char *content_type = g_strconcat ("image/", format, NULL);
  g_autoptr(GBytes) bytes = large_picture (format);
  gint64 times[8], worst = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      times[i] = time_to_stop (bytes, content_type, i * 20000);
      worst = MAX (worst, times[i]);
    }

  g_test_message ("stopped within %.1f ms", worst / 1000.);
  g_assert_cmpint (worst, >, 0);
  /* Meant: 20 ms, and what the system takes to clear 72 MB of a PNG; a busy machine takes longer. */
  g_assert_cmpint (worst, <, 3 * G_USEC_PER_SEC);
}

/* Nothing but an answer is asked for. */
static void
test_survives_damage_anywhere (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pictures); i++)
    {
      g_autoptr(GBytes) whole = fixture_value (pictures[i].key);
      gsize len = g_bytes_get_size (whole);
      g_autoptr(GRand) rand = g_rand_new_with_seed (i);

      for (int j = 0; j < 20; j++)
        {
          gsize part_len = j % 2 == 0 ? len : (gsize) g_rand_int_range (rand, 0, len);
          guint8 *part = g_memdup2 (g_bytes_get_data (whole, NULL), len);
          g_autoptr(GBytes) bytes = NULL;
          g_autoptr(GError) error = NULL;
          CofferImage image;

          part[g_rand_int_range (rand, 0, MIN (len, 200))] ^= 1 << g_rand_int_range (rand, 0, 8);
          part[g_rand_int_range (rand, 0, len)] ^= 0xff;
          bytes = g_bytes_new_take (part, part_len);
          if (decode_bytes (&image, bytes, pictures[i].content_type, 200, NULL, &error))
            g_assert_nonnull (image.texture);
          else
            g_assert_nonnull (error);
          coffer_image_clear (&image);
        }
    }
}

/* A stream that takes its time. */
typedef GMemoryInputStream SlowStream;
typedef GMemoryInputStreamClass SlowStreamClass;

static GType slow_stream_get_type (void);

G_DEFINE_TYPE (SlowStream, slow_stream, G_TYPE_MEMORY_INPUT_STREAM)

static gssize
slow_stream_read (GInputStream  *stream,
                  void          *buffer,
                  gsize          count,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_usleep (60 * 1000);

  return G_INPUT_STREAM_CLASS (slow_stream_parent_class)->read_fn (stream, buffer, MIN (count, 4096), cancellable, error);
}

static void
slow_stream_class_init (SlowStreamClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = slow_stream_read;
}

static void
slow_stream_init (SlowStream *self)
{
}

typedef struct {
  guint n;
  gsize n_pixels;   /* that were there, the last time */
} Progress;

static void
progress_cb (const CofferImage *so_far,
             gpointer           data)
{
  Progress *progress = data;
  int width = gdk_texture_get_width (so_far->texture), height = gdk_texture_get_height (so_far->texture);
  g_autofree guint32 *pixels = g_new (guint32, width * height);
  gsize n = 0;

  g_assert_cmpint (so_far->width, ==, 640);
  g_assert_cmpint (width, ==, 320);
  g_assert_cmpint (height, ==, 200);
  gdk_texture_download (so_far->texture, (guchar *) pixels, width * 4);
  for (int i = 0; i < width * height; i++)
    n += pixels[i] >> 24 == 0xff;
  g_assert_cmpuint (n, >, progress->n_pixels);
  progress->n_pixels = n;
  progress->n++;
}

static void
test_shows_how_far_it_is (void)
{
  g_autoptr(GBytes) bytes = fixture_value ("img/photo.png");
  g_autoptr(GInputStream) stream = g_object_new (slow_stream_get_type (), NULL);
  g_autoptr(GError) error = NULL;
  CofferImage image = { 0 };
  Progress progress = { 0 };

  g_memory_input_stream_add_bytes (G_MEMORY_INPUT_STREAM (stream), bytes);
  g_assert_true (coffer_image_decode_slowly (&image, "image/png", stream, 320, 320, progress_cb, &progress, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (progress.n, >=, 2);
  g_assert_cmpint (image.depth, ==, 8);
  g_assert_null (image.profile);
  coffer_image_clear (&image);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  /* First: it looks at the most memory ever used. */
  g_test_add_func ("/preview/image/refuses-a-huge-claim", test_refuses_a_huge_claim);
  g_test_add_func ("/preview/image/refuses-huge-claims-of-any-format", test_refuses_huge_claims_of_any_format);
  g_test_add_func ("/preview/image/refuses-a-vast-progressive-jpeg", test_refuses_a_vast_progressive_jpeg);
  g_test_add_func ("/preview/image/reduces-a-vast-jpeg", test_reduces_a_vast_jpeg);
  g_test_add_func ("/preview/image/decodes-every-picture", test_decodes_every_picture);
  g_test_add_func ("/preview/image/never-makes-more-than-the-room", test_never_makes_more_than_the_room);
  g_test_add_func ("/preview/image/turns-as-exif-says", test_turns_as_exif_says);
  g_test_add_func ("/preview/image/premultiplies", test_premultiplies);
  g_test_add_func ("/preview/image/shows-what-is-there-of-a-cut-picture", test_shows_what_is_there_of_a_cut_picture);
  g_test_add_func ("/preview/image/tells-a-cut-picture-of-any-format", test_tells_a_cut_picture_of_any_format);
  g_test_add_func ("/preview/image/reports-damage", test_reports_damage);
  g_test_add_func ("/preview/image/names-the-package-of-a-missing-loader", test_names_the_package_of_a_missing_loader);
  g_test_add_func ("/preview/image/svg-reads-no-other-file", test_svg_reads_no_other_file);
  g_test_add_data_func ("/preview/image/stops-when-cancelled/jpeg", "jpeg", test_stops_when_cancelled);
  g_test_add_data_func ("/preview/image/stops-when-cancelled/png", "png", test_stops_when_cancelled);
  g_test_add_func ("/preview/image/survives-damage-anywhere", test_survives_damage_anywhere);
  g_test_add_func ("/preview/image/shows-how-far-it-is", test_shows_how_far_it_is);

  result = g_test_run ();
  fixture_remove_all ();

  return result;
}
