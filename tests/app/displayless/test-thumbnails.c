/* SPDX-License-Identifier: MIT */
/*
 * Thumbnails: what each kind of value becomes, order, sharing, cancelling, what is kept and for how long it is trusted. What is kept
 * in files has its own test (test-thumb-disk.c).
 */
#include <coffer-thumbnails-private.h>
#include <glib/gstdio.h>
#include <string.h>

#include "coffer-vault-private.h"
#include "displayless.h"

#ifdef COFFER_HAVE_GST
#include <coffer-thumb-clip.h>
#include <gstkvaultsrc.h>
#endif

#define BOX 96
#define MEMORY (8 << 20)

typedef struct {
  char *folder;
  char *path;
  char *cache;
  CofferVault *vault;
  CofferThumbDisk *disk;
  CofferThumbnails *thumbnails;
} Fixture;

/* Nobody may have a thumbnail of the ones before. */
static void
renew_thumbnails (Fixture         *fixture,
                  CofferThumbDisk *disk,
                  gsize            memory)
{
  gpointer alive = fixture->thumbnails;

  if (alive != NULL)
    {
      g_object_add_weak_pointer (G_OBJECT (fixture->thumbnails), &alive);
      g_object_unref (fixture->thumbnails);
      test_wait_for (alive == NULL);
    }
  fixture->thumbnails = coffer_thumbnails_new_full (fixture->vault, disk, memory);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->folder = test_folder_new ();
  fixture->path = data != NULL ? test_copy (fixture->folder, data) : test_make_vault (fixture->folder, "test.db", 0);
  fixture->cache = g_build_filename (fixture->folder, "cache", NULL);
  fixture->disk = coffer_thumb_disk_new (fixture->cache, 1 << 20);
  coffer_thumb_disk_sweep (fixture->disk);
  fixture->vault = test_open (fixture->path);
  renew_thumbnails (fixture, NULL, MEMORY);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  gpointer alive = fixture->thumbnails;

  g_object_add_weak_pointer (G_OBJECT (fixture->thumbnails), &alive);
  g_object_unref (fixture->thumbnails);
  test_wait_for (alive == NULL);
  test_close (fixture->vault);
  coffer_thumb_disk_unref (fixture->disk);
  if (g_file_test (fixture->cache, G_FILE_TEST_EXISTS))
    test_folder_remove (g_steal_pointer (&fixture->cache));
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->cache);
}

/* ---- Values ---- */

static void
put (Fixture      *fixture,
     const char   *key,
     gconstpointer value,
     gsize         size)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.access = KVAULT_ACCESS_WRITE;
  g_assert_cmpint (kvault_open (fixture->path, &options, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_put (vault, key, strlen (key), value, size), ==, KVAULT_OK);
  kvault_close (vault);
}

static GBytes *
get (Fixture    *fixture,
     const char *key)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;
  GBytes *bytes;
  void *value;
  size_t size;

  options.access = KVAULT_ACCESS_VIEW;
  g_assert_cmpint (kvault_open (fixture->path, &options, &vault, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_get (vault, key, strlen (key), &value, &size), ==, KVAULT_OK);
  bytes = g_bytes_new (value, size);
  kvault_free (value);
  kvault_close (vault);

  return bytes;
}

/* A picture of one colour; as BMP all colours take the same bytes. */
static GBytes *
picture_of (guint32     rgba,
            int         side,
            const char *format)
{
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, side, side);
  char *data;
  gsize size;

  gdk_pixbuf_fill (pixbuf, rgba);
  g_assert_true (gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, format, NULL, NULL));

  return g_bytes_new_take (data, size);
}

static void
put_colour (Fixture    *fixture,
            const char *key,
            guint32     rgba)
{
  g_autoptr(GBytes) bytes = picture_of (rgba, 100, "bmp");

  put (fixture, key, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

/* ---- Requests ---- */

static CofferThumbnail *
request_sized (Fixture    *fixture,
               const char *name,
               guint64     value_size,
               int         box)
{
  g_autoptr(CofferKey) key = test_key (name);

  return coffer_thumbnails_request (fixture->thumbnails, key, value_size, NULL, box, box);
}

static CofferThumbnail *
request (Fixture    *fixture,
         const char *name)
{
  return request_sized (fixture, name, 1000, BOX);
}

static CofferThumbnailState
wait_for (CofferThumbnail *thumbnail)
{
  test_wait_for (coffer_thumbnail_get_state (thumbnail) != COFFER_THUMBNAIL_PENDING);

  return coffer_thumbnail_get_state (thumbnail);
}

static CofferThumbnailState
state_of (Fixture    *fixture,
          const char *name)
{
  g_autoptr(CofferThumbnail) thumbnail = request (fixture, name);

  return wait_for (thumbnail);
}

static guint32 *
pixels_of (CofferThumbnail *thumbnail)
{
  GdkTexture *texture = coffer_thumbnail_get_texture (thumbnail);
  gsize stride = gdk_texture_get_width (texture) * 4;
  guint32 *pixels = g_malloc (stride * gdk_texture_get_height (texture));

  gdk_texture_download (texture, (guchar *) pixels, stride);

  return pixels;
}

/* Files keep a picture as a JPEG, which is a little off. */
static gboolean
is_colour (CofferThumbnail *thumbnail,
           guint32          argb)
{
  g_autofree guint32 *pixels = pixels_of (thumbnail);

  for (int shift = 0; shift <= 24; shift += 8)
    if (ABS ((int) (pixels[0] >> shift & 0xff) - (int) (argb >> shift & 0xff)) > 6)
      return FALSE;

  return TRUE;
}

static guint
count_files (Fixture *fixture)
{
  g_autoptr(GDir) dir = g_dir_open (fixture->cache, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static void
test_hold (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_hold_async (vault, test_store_result, &result);
  test_wait_for (result != NULL);
  coffer_vault_hold_finish (vault, result);
}

/* ---- Kinds of values ---- */

static const struct { const char *key; CofferThumbnailState state; int width, height; } kinds[] = {
  { "img/photo.png", COFFER_THUMBNAIL_READY, 154, 96 },
  { "img/plain.jpg", COFFER_THUMBNAIL_READY, 128, 96 },
  { "img/anim.gif", COFFER_THUMBNAIL_READY, 128, 96 },
  { "img/alpha.png", COFFER_THUMBNAIL_READY, 64, 64 },             /* never enlarged */
  { "img/deep16.png", COFFER_THUMBNAIL_READY, 154, 96 },
  { "img/small.bmp", COFFER_THUMBNAIL_READY, 96, 96 },
  { "img/small.tiff", COFFER_THUMBNAIL_READY, 96, 96 },
  { "img/drawing.svg", COFFER_THUMBNAIL_READY, 160, 96 },
  { "img/drawing_no_prolog.svg", COFFER_THUMBNAIL_READY, 96, 96 },   /* enlarged: it loses nothing */
  { "img/svg_with_script.svg", COFFER_THUMBNAIL_READY, 96, 96 },
  { "img/exif_orientation_3.jpg", COFFER_THUMBNAIL_READY, 144, 96 },
  { "img/exif_orientation_6.jpg", COFFER_THUMBNAIL_READY, 96, 144 },
  { "img/exif_orientation_8.jpg", COFFER_THUMBNAIL_READY, 96, 144 },
  { "hash:sha256:no-extension", COFFER_THUMBNAIL_READY, 154, 96 },
  { "img/truncated.jpg", COFFER_THUMBNAIL_BROKEN, 0, 0 },
  { "img/corrupt_crc.png", COFFER_THUMBNAIL_BROKEN, 0, 0 },
  { "img/claims_60000x60000.png", COFFER_THUMBNAIL_BROKEN, 0, 0 },
  { "left/zero-filled-by-failed-put_file.png", COFFER_THUMBNAIL_NONE, 0, 0 },
  { "doc/note.txt", COFFER_THUMBNAIL_NONE, 0, 0 },
  { "doc/page.pdf", COFFER_THUMBNAIL_NONE, 0, 0 },
  { "header-like", COFFER_THUMBNAIL_NONE, 0, 0 },
  { "empty-value", COFFER_THUMBNAIL_NONE, 0, 0 },
};

static void
assert_kind (CofferThumbnail *thumbnail,
             guint            i)
{
  GdkTexture *texture = coffer_thumbnail_get_texture (thumbnail);

  g_test_message ("%s", kinds[i].key);
  g_assert_cmpint (coffer_thumbnail_get_state (thumbnail), ==, kinds[i].state);
  g_assert_cmpint (texture != NULL, ==, kinds[i].state == COFFER_THUMBNAIL_READY);
  g_assert_cmpint (coffer_thumbnail_get_duration (thumbnail), ==, -1);
  if (texture == NULL)
    return;

  g_assert_cmpint (gdk_texture_get_width (texture), ==, kinds[i].width);
  g_assert_cmpint (gdk_texture_get_height (texture), ==, kinds[i].height);
}

/* Drawn, from memory, and from files. */
static void
test_shows_each_kind (Fixture      *fixture,
                      gconstpointer data)
{
  for (int round = 0; round < 3; round++)
    {
      if (round != 1)
        renew_thumbnails (fixture, fixture->disk, MEMORY);
      for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
        {
          g_autoptr(CofferThumbnail) thumbnail = request (fixture, kinds[i].key);

          g_assert_cmpint (coffer_thumbnail_get_state (thumbnail), ==, round == 1 ? kinds[i].state : COFFER_THUMBNAIL_PENDING);
          wait_for (thumbnail);
          assert_kind (thumbnail, i);
        }
    }
}

static void
test_needs_no_look_at_other_kinds (Fixture      *fixture,
                                   gconstpointer data)
{
  static const char *const types[] = { "text/plain", "application/json", "application/x-zerosize", "audio/x-mpegurl" };
  g_autoptr(CofferKey) key = test_key ("img/photo.png");

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr(CofferThumbnail) thumbnail = coffer_thumbnails_request (fixture->thumbnails, key, 1, types[i], BOX, BOX);

      g_assert_cmpint (coffer_thumbnail_get_state (thumbnail), ==, COFFER_THUMBNAIL_NONE);
    }
}

/* Behind ten bytes that say "raw". */
static GBytes *
behind_header (GBytes *data)
{
  static const guint8 header[] = { 0x89, 'K', 1, 0, 0, 0, 0, 0, 'V', 'K' };
  GByteArray *value = g_byte_array_new ();

  g_byte_array_append (value, header, sizeof header);
  g_byte_array_append (value, g_bytes_get_data (data, NULL), g_bytes_get_size (data));

  return g_byte_array_free_to_bytes (value);
}

static void
test_skips_a_header (Fixture      *fixture,
                     gconstpointer data)
{
  g_autoptr(GBytes) picture = picture_of (0x2040c0ff, 100, "png");
  g_autoptr(GBytes) value = behind_header (picture);
  g_autoptr(CofferThumbnail) thumbnail = NULL;

  put (fixture, "png", g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  thumbnail = request (fixture, "png");
  g_assert_cmpint (wait_for (thumbnail), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (is_colour (thumbnail, 0xff2040c0));
}

static void
test_calls_a_cut_picture_broken (Fixture      *fixture,
                                 gconstpointer data)
{
  static const char *const keys[] = { "img/photo.png", "img/plain.jpg", "img/small.bmp", "img/small.tiff" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr(GBytes) whole = get (fixture, keys[i]);

      put (fixture, "cut", g_bytes_get_data (whole, NULL), g_bytes_get_size (whole) * 2 / 3);
      renew_thumbnails (fixture, NULL, MEMORY);
      g_test_message ("%s", keys[i]);
      g_assert_cmpint (state_of (fixture, "cut"), ==, COFFER_THUMBNAIL_BROKEN);
    }
}

/* One frame is all that is shown; what comes behind it may be anything. */
static void
test_shows_the_first_frame (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr(GBytes) whole = get (fixture, "img/anim.gif");
  gsize size = g_bytes_get_size (whole);

  put (fixture, "cut", g_bytes_get_data (whole, NULL), size / 2);
  g_assert_cmpint (state_of (fixture, "cut"), ==, COFFER_THUMBNAIL_READY);
  put (fixture, "cut early", g_bytes_get_data (whole, NULL), size / 32);
  g_assert_cmpint (state_of (fixture, "cut early"), ==, COFFER_THUMBNAIL_BROKEN);
}

static void
test_shows_cmyk (Fixture      *fixture,
                 gconstpointer data)
{
  /* 16 × 16 of 1/255 cyan, 215/255 magenta and yellow, 35/255 black */
  static const char text[] =
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwBQNzxGPDJQRkFGWlVQX3jIgnhubnj1r7mRyP////////////////////////////////////////////"
    "///////8AAFAgAEAAQBEMRAE0RAFkRAEsRAP/EABUAAQEAAAAAAAAAAAAAAAAAAAAE/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAA4EQwBNAFkA"
    "SwAAPwC1MmUgAAAP/9k=";
  gsize size;
  g_autofree guchar *jpeg = g_base64_decode (text, &size);
  g_autoptr(CofferThumbnail) thumbnail = NULL;

  put (fixture, "cmyk", jpeg, size);
  thumbnail = request (fixture, "cmyk");
  g_assert_cmpint (wait_for (thumbnail), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (is_colour (thumbnail, 0xffda2020));
}

/* ---- Drawings ---- */

static void
put_text (Fixture    *fixture,
          const char *key,
          const char *text)
{
  put (fixture, key, text, strlen (text));
}

/* None of what it refers to is shown: not by address, by entity, by style, by another drawing. */
static void
test_draws_nothing_from_elsewhere (Fixture      *fixture,
                                   gconstpointer data)
{
  static const char *const drawings[] = {
    "<image href='file://%s' width='10' height='10'/>",
    "<image xlink:href='%s' width='10' height='10'/>",
    "<style>@import url(file://%s.css);</style>",
    "<use xlink:href='file://%s.svg#r'/>",
    "<filter id='f'><feImage href='file://%s'/></filter><rect width='10' height='10' fill='none' filter='url(#f)'/>",
    "<script href='file://%s'/><script>document.documentElement.innerHTML = '&lt;rect/>'</script>",
  };
  g_autofree char *red = g_build_filename (fixture->folder, "red", NULL);
  g_autofree char *svg = g_strconcat (red, ".svg", NULL), *css = g_strconcat (red, ".css", NULL);
  g_autoptr(GBytes) png = picture_of (0xff0000ff, 10, "png");

  g_file_set_contents (red, g_bytes_get_data (png, NULL), g_bytes_get_size (png), NULL);
  g_file_set_contents (svg, "<svg xmlns='http://www.w3.org/2000/svg'><rect id='r' width='10' height='10' fill='red'/></svg>", -1, NULL);
  g_file_set_contents (css, "svg { background: red } * { fill: red }", -1, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (drawings); i++)
    {
      g_auto(GStrv) around = g_strsplit (drawings[i], "%s", 2);
      g_autofree char *text = g_strconcat ("<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
                                           "width='10' height='10'>", around[0], red, around[1], "</svg>", NULL);
      g_autofree char *key = g_strdup_printf ("%u", i);
      g_autoptr(CofferThumbnail) thumbnail = NULL;

      put_text (fixture, key, text);
      thumbnail = request (fixture, key);
      if (wait_for (thumbnail) == COFFER_THUMBNAIL_READY)
        {
          g_autofree guint32 *pixels = pixels_of (thumbnail);

          for (int k = 0; k < BOX * BOX; k++)
            g_assert_cmphex (pixels[k], ==, 0);
        }
    }
}

/* The most memory this process has had, in bytes. */
static gsize
peak_memory (void)
{
  g_autofree char *status = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));

  return g_ascii_strtoull (strstr (status, "VmHWM:") + strlen ("VmHWM:"), NULL, 10) * 1024;
}

/* A PNG of 137 bytes that claims to be 60000 × 60000, within a drawing: the loader of that asks nobody. */
static void
test_ends_drawings_that_take_too_much (Fixture      *fixture,
                                       gconstpointer data)
{
  g_autoptr(GBytes) claim = get (fixture, "img/claims_60000x60000.png");
  g_autofree char *base64 = g_base64_encode (g_bytes_get_data (claim, NULL), g_bytes_get_size (claim));
  g_autofree char *within = g_strdup_printf ("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'>"
                                             "<image width='9' height='9' href='data:image/png;base64,%s'/></svg>", base64);
  g_autoptr(GString) filter = g_string_new ("<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'>"
                                            "<filter id='f' x='-9' y='-9' width='20' height='20'>");
  gsize memory = peak_memory ();

  for (int i = 0; i < 200; i++)
    g_string_append (filter, "<feTurbulence baseFrequency='.01' numOctaves='9000'/><feMorphology radius='500'/>");
  g_string_append (filter, "</filter><rect width='99' height='99' filter='url(#f)'/></svg>");
  put_text (fixture, "memory", within);
  put_text (fixture, "time", filter->str);

  state_of (fixture, "memory");   /* drawn without it, or not at all */
  g_assert_cmpint (state_of (fixture, "time"), ==, COFFER_THUMBNAIL_BROKEN);
  g_assert_cmpint (state_of (fixture, "img/drawing.svg"), ==, COFFER_THUMBNAIL_READY);
  g_assert_cmpuint (peak_memory () - memory, <, 64 << 20);
}

/* ---- Clips ---- */

#ifdef COFFER_HAVE_GST
/* VP8 comes with a package that is recommended, no more. */
static gboolean
can_play_webm (void)
{
  g_autoptr(GstElementFactory) demuxer = NULL;
  g_autoptr(GstElementFactory) decoder = NULL;

  if (gst_init_check (NULL, NULL, NULL))
    {
      demuxer = gst_element_factory_find ("matroskademux");
      decoder = gst_element_factory_find ("vp9dec");
    }
  if (demuxer == NULL || decoder == NULL)
    g_test_skip ("GStreamer cannot play WebM here");

  return demuxer != NULL && decoder != NULL;
}

static void
test_shows_a_frame_of_a_clip (Fixture      *fixture,
                              gconstpointer data)
{
  g_autoptr(CofferThumbnail) plain = NULL, kept = NULL;

  if (!can_play_webm ())
    return;

  renew_thumbnails (fixture, fixture->disk, MEMORY);
  plain = request (fixture, "video/clip.webm");
  g_assert_cmpint (wait_for (plain), ==, COFFER_THUMBNAIL_READY);
  g_assert_cmpint (gdk_texture_get_height (coffer_thumbnail_get_texture (plain)), ==, BOX);
  g_assert_cmpint (coffer_thumbnail_get_duration (plain), >, 1900 * 1000000);
  g_assert_cmpint (coffer_thumbnail_get_duration (plain), <, 2100 * 1000000);
  g_assert_cmpuint (count_files (fixture), ==, 1);

  g_clear_object (&plain);
  renew_thumbnails (fixture, fixture->disk, MEMORY);
  kept = request (fixture, "video/clip.webm");
  g_assert_cmpint (wait_for (kept), ==, COFFER_THUMBNAIL_READY);
  g_assert_cmpint (coffer_thumbnail_get_duration (kept), >, 1900 * 1000000);
}

static void
test_skips_the_header_of_a_clip (Fixture      *fixture,
                                 gconstpointer data)
{
  Fixture media = { .folder = fixture->folder, .path = test_copy (fixture->folder, "v010_media.db") };
  g_autoptr(GBytes) clip = get (&media, "video/clip.webm");
  g_autoptr(GBytes) value = behind_header (clip);

  g_free (media.path);
  if (!can_play_webm ())
    return;

  put (fixture, "headed", g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  g_assert_cmpint (state_of (fixture, "headed"), ==, COFFER_THUMBNAIL_READY);
}

/* Not one byte that was read for a picture may be another one for it to be shown again. */
static void
test_never_shows_an_old_frame (Fixture      *fixture,
                               gconstpointer data)
{
  g_autoptr(GBytes) clip = get (fixture, "video/clip.webm");
  gsize size = g_bytes_get_size (clip);
  g_autofree guint8 *other = g_memdup2 (g_bytes_get_data (clip, NULL), size);
  g_autoptr(CofferThumbnail) before = NULL, after = NULL;
  g_autofree guint32 *old = NULL;

  if (!can_play_webm ())
    return;

  renew_thumbnails (fixture, fixture->disk, MEMORY);
  before = request (fixture, "video/clip.webm");
  g_assert_cmpint (wait_for (before), ==, COFFER_THUMBNAIL_READY);
  old = pixels_of (before);

  for (gsize i = 3000; i < 6000; i += 50)   /* in the first frame, and its head stays */
    other[i] ^= 0x55;
  put (fixture, "video/clip.webm", other, size);
  coffer_thumbnails_check (fixture->thumbnails);
  after = request (fixture, "video/clip.webm");
  if (wait_for (after) == COFFER_THUMBNAIL_READY)
    {
      g_autofree guint32 *new = pixels_of (after);

      g_assert_true (memcmp (old, new, BOX * BOX * 4) != 0);
    }
}

static void
test_knows_clips_without_a_picture (Fixture      *fixture,
                                    gconstpointer data)
{
  static const char playlist[] = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n"
                                 "#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n";
  CofferThumbnailState state;

  if (!can_play_webm ())
    return;

  g_assert_cmpint (state_of (fixture, "video/truncated_no_moov.mp4"), ==, COFFER_THUMBNAIL_BROKEN);
  g_assert_cmpint (state_of (fixture, "audio/tone.flac"), ==, COFFER_THUMBNAIL_NONE);
  g_assert_cmpint (state_of (fixture, "audio/tone.wav"), ==, COFFER_THUMBNAIL_NONE);
  state = state_of (fixture, "video/clip_faststart.mp4");   /* as there is a decoder */
  g_assert_true (state == COFFER_THUMBNAIL_NONE || state == COFFER_THUMBNAIL_READY);
  put_text (fixture, "list", playlist);
  g_assert_cmpint (state_of (fixture, "list"), ==, COFFER_THUMBNAIL_NONE);
}

typedef struct {
  CofferThumbClip clip;
  CofferThumbPicture *picture;
  gint done;   /* atomic */
} Drawing;

static gpointer
draw_worker (gpointer data)
{
  Drawing *drawing = data;

  if (coffer_thumb_clip_is_possible ())
    drawing->picture = coffer_thumb_clip_draw (&drawing->clip, NULL, NULL);
  g_atomic_int_set (&drawing->done, TRUE);

  return NULL;
}

/* What GIO takes for a clip and GStreamer for a list of addresses. */
static void
test_follows_no_address (Fixture      *fixture,
                         gconstpointer data)
{
  static const char playlist[] = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n"
                                 "#EXT-X-ENDLIST\n";
  g_autoptr(GBytes) key = g_bytes_new_static ("list", 4);
  Drawing drawing = { { fixture->path, "kv", key, sizeof playlist - 1, 0, BOX, BOX }, NULL, FALSE };
  GThread *thread;

  if (!can_play_webm ())
    return;

  put_text (fixture, "list", playlist);
  thread = g_thread_new ("draw", draw_worker, &drawing);
  test_wait_for (g_atomic_int_get (&drawing.done));
  g_thread_join (thread);
  g_assert_nonnull (drawing.picture);
  g_assert_null (drawing.picture->texture);
  coffer_thumb_picture_unref (drawing.picture);
}

/* An MP3 with a picture in a frame of ID3. */
static GBytes *
with_cover (GBytes *sound,
            GBytes *cover)
{
  static const guint8 mime[] = "\0image/jpeg\0\3";
  gsize cover_size, sound_size, frame_size, tag_size;
  const guint8 *cover_data = g_bytes_get_data (cover, &cover_size), *sound_data = g_bytes_get_data (sound, &sound_size);
  GByteArray *value = g_byte_array_new ();

  frame_size = sizeof mime + cover_size;
  tag_size = 10 + frame_size;
  g_byte_array_append (value, (const guint8 *) "ID3\3\0\0", 6);
  for (int shift = 21; shift >= 0; shift -= 7)
    g_byte_array_append (value, &(guint8) { tag_size >> shift & 0x7f }, 1);
  g_byte_array_append (value, (const guint8 *) "APIC", 4);
  for (int shift = 24; shift >= 0; shift -= 8)
    g_byte_array_append (value, &(guint8) { frame_size >> shift }, 1);
  g_byte_array_append (value, (const guint8 *) "\0\0", 2);
  g_byte_array_append (value, mime, sizeof mime);   /* its NUL ends an empty description */
  g_byte_array_append (value, cover_data, cover_size);
  g_byte_array_append (value, sound_data, sound_size);

  return g_byte_array_free_to_bytes (value);
}

static void
test_shows_the_cover_of_a_sound (Fixture      *fixture,
                                 gconstpointer data)
{
  g_autoptr(GBytes) sound = get (fixture, "audio/tone.mp3");
  g_autoptr(GBytes) cover = picture_of (0x20c040ff, 200, "jpeg");
  g_autoptr(GBytes) value = with_cover (sound, cover);
  g_autoptr(CofferThumbnail) thumbnail = NULL;
  g_autoptr(GstElementFactory) demuxer = NULL;

  if (!can_play_webm ())
    return;
  demuxer = gst_element_factory_find ("id3demux");
  if (demuxer == NULL)
    {
      g_test_skip ("GStreamer knows no ID3 here");
      return;
    }

  put (fixture, "song", g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  thumbnail = request (fixture, "song");
  g_assert_cmpint (wait_for (thumbnail), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (is_colour (thumbnail, 0xff20c040));
}

/* At whatever it is. */
static void
test_lets_go_of_a_clip (Fixture      *fixture,
                        gconstpointer data)
{
  static const char *const keys[] = { "video/clip.webm", "audio/tone.mp3", "video/truncated_no_moov.mp4" };

  if (!can_play_webm ())
    return;

  for (int i = 0; i < 24; i++)
    {
      g_autoptr(CofferThumbnail) thumbnail = NULL;
      gint64 began;

      renew_thumbnails (fixture, NULL, MEMORY);
      thumbnail = request (fixture, keys[i % 3]);
      test_run_for (i * 2);
      began = g_get_monotonic_time ();
      test_hold (fixture->vault);
      g_assert_cmpint (g_get_monotonic_time () - began, <, 5 * G_USEC_PER_SEC);   /* meant: some 10 ms */
      coffer_vault_resume (fixture->vault);
      if (i % 2 == 0)
        wait_for (thumbnail);
    }
}
#endif

/* ---- Order, sharing, cancelling ---- */

static void
test_shares_the_work (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr(CofferThumbnail) first = request (fixture, "img/plain.jpg");
  g_autoptr(CofferThumbnail) second = request (fixture, "img/plain.jpg");
  g_autoptr(CofferThumbnail) other_box = request_sized (fixture, "img/plain.jpg", 1000, 50);
  g_autoptr(CofferThumbnail) third = NULL;

  coffer_thumbnail_cancel (first);
  wait_for (second);
  wait_for (other_box);
  g_assert_cmpint (coffer_thumbnail_get_state (first), ==, COFFER_THUMBNAIL_PENDING);
  g_assert_cmpint (gdk_texture_get_height (coffer_thumbnail_get_texture (other_box)), ==, 50);

  third = request (fixture, "img/plain.jpg");
  g_assert_cmpint (coffer_thumbnail_get_state (third), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (coffer_thumbnail_get_texture (third) == coffer_thumbnail_get_texture (second));
}

static void
note_cb (CofferThumbnail *thumbnail,
         GParamSpec      *pspec,
         GPtrArray       *order)
{
  g_ptr_array_add (order, thumbnail);
}

static CofferThumbnail *
request_noted (Fixture   *fixture,
               guint      i,
               GPtrArray *order)
{
  g_autofree char *key = g_strdup_printf ("%u", i);
  CofferThumbnail *thumbnail = request (fixture, key);

  g_signal_connect (thumbnail, "notify::state", G_CALLBACK (note_cb), order);

  return thumbnail;
}

/* A page, and then the one that is scrolled to: that goes first, each from its top down. */
static void
test_makes_what_came_last_first (Fixture      *fixture,
                                 gconstpointer data)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GPtrArray) order = g_ptr_array_new ();
  guint n_lanes = coffer_vault_get_n_thumb_lanes ();

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      put_colour (fixture, key, i << 24 | 0xff);
    }
  test_hold (fixture->vault);
  for (guint i = 0; i < 20; i++)
    {
      if (i == 10)
        test_run_for (50);   /* another turn of the main loop */
      g_ptr_array_add (all, request_noted (fixture, i, order));
    }
  coffer_vault_resume (fixture->vault);

  test_wait_for (order->len == 20);
  for (guint i = 0; i < 10; i++)   /* lanes beside each other may overtake */
    g_assert_cmpuint (ABS ((int) i - (int) (g_ptr_array_index (order, i) == all->pdata[10 + i] ? i : 10)), <=, n_lanes > 1 ? 10 : 0);
  if (n_lanes == 1)
    for (guint i = 0; i < 20; i++)
      g_assert_true (g_ptr_array_index (order, i) == all->pdata[(i + 10) % 20]);
}

static void
test_reads_nothing_for_nobody (Fixture      *fixture,
                               gconstpointer data)
{
  g_autoptr(CofferThumbnail) kept = NULL;
  g_autoptr(CofferThumbnail) again = NULL;

  test_hold (fixture->vault);
  g_object_unref (request (fixture, "img/photo.png"));
  {
    g_autoptr(CofferThumbnail) cancelled = request (fixture, "img/small.bmp");

    coffer_thumbnail_cancel (cancelled);
    coffer_thumbnail_cancel (cancelled);
  }
  kept = request (fixture, "img/plain.jpg");
  coffer_vault_resume (fixture->vault);
  wait_for (kept);

  again = request (fixture, "img/photo.png");
  g_assert_cmpint (coffer_thumbnail_get_state (again), ==, COFFER_THUMBNAIL_PENDING);
  g_clear_object (&again);
  again = request (fixture, "img/small.bmp");
  g_assert_cmpint (coffer_thumbnail_get_state (again), ==, COFFER_THUMBNAIL_PENDING);
}

/* 36 megapixels of few bytes. */
static void
put_large (Fixture    *fixture,
           const char *key)
{
  g_autoptr(GBytes) bytes = picture_of (0x336699ff, 6000, "png");

  put (fixture, key, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
test_stops_what_nobody_waits_for (Fixture      *fixture,
                                  gconstpointer data)
{
  CofferThumbnail *large;
  g_autoptr(CofferThumbnail) small = NULL;
  g_autoptr(CofferThumbnail) again = NULL;

  put_large (fixture, "large");
  put_colour (fixture, "small", 0x00ff00ff);
  large = request (fixture, "large");
  test_run_for (30);
  g_object_unref (large);
  small = request (fixture, "small");
  g_assert_cmpint (wait_for (small), ==, COFFER_THUMBNAIL_READY);
  again = request (fixture, "large");
  g_assert_cmpint (coffer_thumbnail_get_state (again), ==, COFFER_THUMBNAIL_PENDING);
}

/* Work under way is put aside for whoever needs the file, and taken up again. */
static void
test_lets_go_of_the_file (Fixture      *fixture,
                          gconstpointer data)
{
  g_autoptr(CofferThumbnail) large = NULL;
  g_autoptr(CofferThumbnail) small = NULL;

  put_large (fixture, "large");
  put_colour (fixture, "small", 0x00ff00ff);
  large = request (fixture, "large");
  small = request (fixture, "small");
  for (int i = 0; i < 3; i++)
    {
      test_run_for (20);
      test_hold (fixture->vault);
      coffer_vault_resume (fixture->vault);
    }
  g_assert_cmpint (wait_for (large), ==, COFFER_THUMBNAIL_READY);
  g_assert_cmpint (wait_for (small), ==, COFFER_THUMBNAIL_READY);
}

static void
test_survives_the_end_of_the_vault (Fixture      *fixture,
                                    gconstpointer data)
{
  g_autoptr(CofferThumbnail) large = NULL;
  g_autoptr(CofferThumbnail) late = NULL;

  put_large (fixture, "large");
  large = request (fixture, "large");
  test_run_for (20);
  coffer_vault_close (fixture->vault);
  late = request (fixture, "large too");
  test_run_for (200);
  g_assert_cmpint (coffer_thumbnail_get_state (late), ==, COFFER_THUMBNAIL_PENDING);
}

static void
test_uses_the_table_of_the_request (Fixture      *fixture,
                                    gconstpointer data)
{
  g_autoptr(CofferVault) vault = NULL;
  g_autoptr(CofferThumbnails) thumbnails = NULL;
  g_autoptr(CofferKey) key = test_key ("k");
  g_autoptr(CofferThumbnail) in_kv = NULL, in_other = NULL, in_kv_too = NULL;
  g_autoptr(GBytes) blue = picture_of (0x0000ffff, 100, "bmp");
  g_autoptr(GString) sql = g_string_new ("CREATE TABLE other (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                                         "INSERT INTO other VALUES (CAST('k' AS BLOB), x'");

  for (gsize i = 0; i < g_bytes_get_size (blue); i++)
    g_string_append_printf (sql, "%02x", ((const guint8 *) g_bytes_get_data (blue, NULL))[i]);
  g_string_append (sql, "')");
  put_colour (fixture, "k", 0xff0000ff);
  test_sql (fixture->path, sql->str);

  vault = test_open (fixture->path);
  thumbnails = coffer_thumbnails_new_full (vault, NULL, MEMORY);
  coffer_vault_set_table (vault, "kv");
  in_kv = coffer_thumbnails_request (thumbnails, key, 1000, NULL, BOX, BOX);
  coffer_vault_set_table (vault, "other");
  in_other = coffer_thumbnails_request (thumbnails, key, 1000, NULL, BOX, BOX);
  coffer_vault_set_table (vault, "kv");
  in_kv_too = coffer_thumbnails_request (thumbnails, key, 1000, NULL, BOX, 2 * BOX);
  wait_for (in_kv);
  wait_for (in_other);
  wait_for (in_kv_too);
  g_assert_true (is_colour (in_kv, 0xffff0000));
  g_assert_true (is_colour (in_other, 0xff0000ff));
  g_assert_true (is_colour (in_kv_too, 0xffff0000));
  coffer_vault_close (vault);
}

/* ---- What is kept ---- */

static void
test_keeps_to_its_memory (Fixture      *fixture,
                          gconstpointer data)
{
  g_autoptr(CofferThumbnail) first = NULL;
  g_autoptr(CofferThumbnail) last = NULL;

  renew_thumbnails (fixture, NULL, 200000);   /* five pictures of 36 KB */
  for (guint i = 0; i < 12; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      put_colour (fixture, key, i << 24 | 0xff);
      state_of (fixture, key);
      g_assert_cmpuint (coffer_thumbnails_get_bytes (fixture->thumbnails), <=, 200000);
    }
  g_assert_cmpuint (coffer_thumbnails_get_bytes (fixture->thumbnails), >, 100000);
  first = request (fixture, "0");
  last = request (fixture, "11");
  g_assert_cmpint (coffer_thumbnail_get_state (first), ==, COFFER_THUMBNAIL_PENDING);
  g_assert_cmpint (coffer_thumbnail_get_state (last), ==, COFFER_THUMBNAIL_READY);
}

/* The same key, the same size, the same row: other bytes. */
static void
test_never_shows_an_old_picture (Fixture      *fixture,
                                 gconstpointer data)
{
  g_autoptr(CofferThumbnail) shown = NULL;
  g_autoptr(CofferThumbnail) again = NULL;

  renew_thumbnails (fixture, fixture->disk, MEMORY);
  put_colour (fixture, "k", 0xff0000ff);
  shown = request (fixture, "k");
  wait_for (shown);
  g_assert_true (is_colour (shown, 0xffff0000));

  put_colour (fixture, "k", 0x0000ffff);
  coffer_thumbnails_check (fixture->thumbnails);
  again = request (fixture, "k");
  g_assert_cmpint (coffer_thumbnail_get_state (again), ==, COFFER_THUMBNAIL_PENDING);
  wait_for (again);
  g_assert_true (is_colour (again, 0xff0000ff));
  test_wait_for (is_colour (shown, 0xff0000ff));   /* what is on show follows */
  g_assert_cmpuint (count_files (fixture), ==, 2);

  /* From the files, in either direction. */
  g_clear_object (&shown);
  g_clear_object (&again);
  renew_thumbnails (fixture, fixture->disk, MEMORY);
  again = request (fixture, "k");
  wait_for (again);
  g_assert_true (is_colour (again, 0xff0000ff));
  put_colour (fixture, "k", 0xff0000ff);
  coffer_thumbnails_check (fixture->thumbnails);
  test_wait_for (is_colour (again, 0xffff0000));
  g_assert_cmpuint (count_files (fixture), ==, 2);
}

static void
test_follows_another_program (Fixture      *fixture,
                              gconstpointer data)
{
  g_autoptr(CofferThumbnail) shown = NULL;

  put_colour (fixture, "k", 0xff0000ff);
  coffer_vault_set_watching (fixture->vault, TRUE);
  shown = request (fixture, "k");
  wait_for (shown);
  for (int i = 0; i < 2; i++)
    {
      put_colour (fixture, "k", 0x0000ffff);
      test_wait_for (is_colour (shown, 0xff0000ff));
      put_colour (fixture, "k", 0xff0000ff);
      test_wait_for (is_colour (shown, 0xffff0000));
    }
  coffer_vault_set_watching (fixture->vault, FALSE);
}

/* What is on show is not taken away to be compared, and not made anew if it is the same. */
static void
test_keeps_what_is_the_same (Fixture      *fixture,
                             gconstpointer data)
{
  g_autoptr(GPtrArray) changes = g_ptr_array_new ();
  g_autoptr(CofferThumbnail) shown = NULL;
  g_autoptr(CofferThumbnail) broken = NULL;
  g_autoptr(CofferThumbnail) later = NULL;
  GdkTexture *texture;

  shown = request (fixture, "img/plain.jpg");
  broken = request (fixture, "img/truncated.jpg");
  wait_for (shown);
  wait_for (broken);
  texture = coffer_thumbnail_get_texture (shown);
  g_signal_connect (shown, "notify", G_CALLBACK (note_cb), changes);
  g_signal_connect (broken, "notify", G_CALLBACK (note_cb), changes);

  coffer_thumbnails_check (fixture->thumbnails);
  later = request (fixture, "img/plain.jpg");
  wait_for (later);
  g_assert_true (coffer_thumbnail_get_texture (later) == texture);
  test_run_for (100);
  g_assert_cmpuint (changes->len, ==, 0);
  g_assert_cmpint (coffer_thumbnail_get_state (shown), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (coffer_thumbnail_get_texture (shown) == texture);
}

static void
test_follows_another_file (Fixture      *fixture,
                           gconstpointer data)
{
  g_autofree char *other = NULL;
  g_autofree char *path = g_strdup (fixture->path);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL), *shm = g_strconcat (path, "-shm", NULL);
  g_autoptr(CofferThumbnail) shown = NULL;
  g_autoptr(CofferThumbnail) next = NULL;

  put_colour (fixture, "k", 0xff0000ff);
  put_colour (fixture, "l", 0xff0000ff);
  shown = request (fixture, "k");
  wait_for (shown);
  g_assert_true (is_colour (shown, 0xffff0000));

  other = test_make_vault (fixture->folder, "other.db", 0);
  g_free (fixture->path);
  fixture->path = g_strdup (other);
  put_colour (fixture, "k", 0x0000ffff);
  put_colour (fixture, "l", 0x00ff00ff);
  g_free (fixture->path);
  fixture->path = g_strdup (path);
  g_remove (wal);   /* of the old file; it would be taken for the new one's */
  g_remove (shm);
  g_assert_no_errno (g_rename (other, path));

  next = request (fixture, "l");
  wait_for (next);
  g_assert_true (is_colour (next, 0xff00ff00));
  test_wait_for (is_colour (shown, 0xff0000ff));
}

static void
test_does_without_files (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr(CofferThumbDisk) disk = coffer_thumb_disk_new ("/proc/coffer/thumbnails", 1 << 20);

  coffer_thumb_disk_sweep (disk);
  for (int i = 0; i < 2; i++)
    {
      renew_thumbnails (fixture, disk, MEMORY);
      g_assert_cmpint (state_of (fixture, "img/plain.jpg"), ==, COFFER_THUMBNAIL_READY);
      g_assert_cmpint (state_of (fixture, "img/photo.png"), ==, COFFER_THUMBNAIL_READY);
    }
}

static void
test_reads_bad_values (Fixture      *fixture,
                       gconstpointer data)
{
  g_autoptr(CofferThumbnail) absent = request (fixture, "no such key");

  g_assert_cmpint (wait_for (absent), ==, COFFER_THUMBNAIL_BROKEN);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef COFFER_HAVE_GST
  coffer_thumbnails_set_source (gst_kvault_src_register);
#endif

#define MEDIA "v010_media.db"
#define ADD(name, vault, function) g_test_add ("/thumbnails/" name, Fixture, vault, set_up, function, tear_down)
  /* First: it looks at the most memory ever used. */
  ADD ("ends-drawings-that-take-too-much", MEDIA, test_ends_drawings_that_take_too_much);
  ADD ("shows-each-kind", MEDIA, test_shows_each_kind);
  ADD ("needs-no-look-at-other-kinds", MEDIA, test_needs_no_look_at_other_kinds);
  ADD ("skips-a-header", NULL, test_skips_a_header);
  ADD ("calls-a-cut-picture-broken", MEDIA, test_calls_a_cut_picture_broken);
  ADD ("shows-the-first-frame", MEDIA, test_shows_the_first_frame);
  ADD ("shows-cmyk", NULL, test_shows_cmyk);
  ADD ("draws-nothing-from-elsewhere", NULL, test_draws_nothing_from_elsewhere);
#ifdef COFFER_HAVE_GST
  ADD ("shows-a-frame-of-a-clip", MEDIA, test_shows_a_frame_of_a_clip);
  ADD ("skips-the-header-of-a-clip", NULL, test_skips_the_header_of_a_clip);
  ADD ("never-shows-an-old-frame", MEDIA, test_never_shows_an_old_frame);
  ADD ("knows-clips-without-a-picture", MEDIA, test_knows_clips_without_a_picture);
  ADD ("follows-no-address", NULL, test_follows_no_address);
  ADD ("shows-the-cover-of-a-sound", MEDIA, test_shows_the_cover_of_a_sound);
  ADD ("lets-go-of-a-clip", MEDIA, test_lets_go_of_a_clip);
#endif
  ADD ("shares-the-work", MEDIA, test_shares_the_work);
  ADD ("makes-what-came-last-first", NULL, test_makes_what_came_last_first);
  ADD ("reads-nothing-for-nobody", MEDIA, test_reads_nothing_for_nobody);
  ADD ("stops-what-nobody-waits-for", NULL, test_stops_what_nobody_waits_for);
  ADD ("lets-go-of-the-file", NULL, test_lets_go_of_the_file);
  ADD ("survives-the-end-of-the-vault", NULL, test_survives_the_end_of_the_vault);
  ADD ("uses-the-table-of-the-request", NULL, test_uses_the_table_of_the_request);
  ADD ("keeps-to-its-memory", NULL, test_keeps_to_its_memory);
  ADD ("never-shows-an-old-picture", NULL, test_never_shows_an_old_picture);
  ADD ("follows-another-program", NULL, test_follows_another_program);
  ADD ("keeps-what-is-the-same", MEDIA, test_keeps_what_is_the_same);
  ADD ("follows-another-file", NULL, test_follows_another_file);
  ADD ("does-without-files", MEDIA, test_does_without_files);
  ADD ("reads-bad-values", NULL, test_reads_bad_values);

  return g_test_run ();
}
