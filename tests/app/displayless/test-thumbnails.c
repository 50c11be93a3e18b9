/* SPDX-License-Identifier: MIT */
/* Thumbnails: what each kind of value becomes, and drawings, which may not do what they like. */
#include "thumbs.h"

#include <string.h>

#ifdef COFFER_HAVE_GST
#include <coffer-media.h>
#include <gstkvaultsrc.h>
#endif

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
shows_each_kind (Fixture      *fixture,
                 gconstpointer data)
{
  for (int round = 0; round < 3; round++)
    {
      if (round != 1)
        test_renew_thumbnails (fixture, fixture->disk, MEMORY);
      for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
        {
          g_autoptr(CofferThumbnail) thumbnail = test_request (fixture, kinds[i].key);

          g_assert_cmpint (coffer_thumbnail_get_state (thumbnail), ==, round == 1 ? kinds[i].state : COFFER_THUMBNAIL_PENDING);
          test_wait_made (thumbnail);
          assert_kind (thumbnail, i);
        }
    }
}

static void
needs_no_look_at_other_kinds (Fixture      *fixture,
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

static void
skips_a_header (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr(GBytes) picture = test_picture_of (0x2040c0ff, 100, "png");
  g_autoptr(GBytes) value = test_behind_header (picture);
  g_autoptr(CofferThumbnail) thumbnail = NULL;

  test_put (fixture, "png", g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  thumbnail = test_request (fixture, "png");
  g_assert_cmpint (test_wait_made (thumbnail), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (test_is_colour (thumbnail, 0xff2040c0));
}

static void
calls_a_cut_picture_broken (Fixture      *fixture,
                            gconstpointer data)
{
  static const char *const keys[] = { "img/photo.png", "img/plain.jpg", "img/small.bmp", "img/small.tiff" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr(GBytes) whole = test_get (fixture, keys[i]);

      test_put (fixture, "cut", g_bytes_get_data (whole, NULL), g_bytes_get_size (whole) * 2 / 3);
      test_renew_thumbnails (fixture, NULL, MEMORY);
      g_test_message ("%s", keys[i]);
      g_assert_cmpint (test_state_of (fixture, "cut"), ==, COFFER_THUMBNAIL_BROKEN);
    }
}

/* One frame is all that is shown; what comes behind it may be anything. */
static void
shows_the_first_frame (Fixture      *fixture,
                       gconstpointer data)
{
  g_autoptr(GBytes) whole = test_get (fixture, "img/anim.gif");
  gsize size = g_bytes_get_size (whole);

  test_put (fixture, "cut", g_bytes_get_data (whole, NULL), size / 2);
  g_assert_cmpint (test_state_of (fixture, "cut"), ==, COFFER_THUMBNAIL_READY);
  test_put (fixture, "cut early", g_bytes_get_data (whole, NULL), size / 32);
  g_assert_cmpint (test_state_of (fixture, "cut early"), ==, COFFER_THUMBNAIL_BROKEN);
}

static void
shows_cmyk (Fixture      *fixture,
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

  test_put (fixture, "cmyk", jpeg, size);
  thumbnail = test_request (fixture, "cmyk");
  g_assert_cmpint (test_wait_made (thumbnail), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (test_is_colour (thumbnail, 0xffda2020));
}

static void
reads_bad_values (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr(CofferThumbnail) wrecked = test_request (fixture, "row:00000");
  g_autoptr(CofferThumbnail) absent = test_request (fixture, "no such key");

  g_assert_cmpint (test_wait_made (wrecked), ==, COFFER_THUMBNAIL_BROKEN);
  g_assert_cmpint (test_wait_made (absent), ==, COFFER_THUMBNAIL_NONE);   /* which is no damage */
}

/* ---- Drawings ---- */

/* None of what it refers to is shown: not by address, by entity, by style, by another drawing. */
static void
draws_nothing_from_elsewhere (Fixture      *fixture,
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
  g_autoptr(GBytes) png = test_picture_of (0xff0000ff, 10, "png");

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

      test_put_text (fixture, key, text);
      thumbnail = test_request (fixture, key);
      if (test_wait_made (thumbnail) == COFFER_THUMBNAIL_READY)
        {
          g_autofree guint32 *pixels = test_pixels_of (thumbnail);

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
ends_drawings_that_take_too_much (Fixture      *fixture,
                                  gconstpointer data)
{
  g_autoptr(GBytes) claim = test_get (fixture, "img/claims_60000x60000.png");
  g_autofree char *base64 = g_base64_encode (g_bytes_get_data (claim, NULL), g_bytes_get_size (claim));
  g_autofree char *within = g_strdup_printf ("<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'>"
                                             "<image width='9' height='9' href='data:image/png;base64,%s'/></svg>", base64);
  g_autoptr(GString) filter = g_string_new ("<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'>"
                                            "<filter id='f' x='-9' y='-9' width='20' height='20'>");
  gsize memory = peak_memory ();

  for (int i = 0; i < 200; i++)
    g_string_append (filter, "<feTurbulence baseFrequency='.01' numOctaves='9000'/><feMorphology radius='500'/>");
  g_string_append (filter, "</filter><rect width='99' height='99' filter='url(#f)'/></svg>");
  test_put_text (fixture, "memory", within);
  test_put_text (fixture, "time", filter->str);

  test_state_of (fixture, "memory");   /* drawn without it, or not at all */
  g_assert_cmpint (test_state_of (fixture, "time"), ==, COFFER_THUMBNAIL_BROKEN);
  g_assert_cmpint (test_state_of (fixture, "img/drawing.svg"), ==, COFFER_THUMBNAIL_READY);
  g_assert_cmpuint (peak_memory () - memory, <, 64 << 20);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#ifdef COFFER_HAVE_GST
  coffer_media_set_source (gst_kvault_src_register);
#endif

#define MEDIA "v010_media.db"
#define ADD(name, vault, function) TEST_THUMBS_ADD ("/thumbnails/" name, vault, function)
  ADD ("ends-drawings-that-take-too-much", MEDIA, ends_drawings_that_take_too_much);
  ADD ("shows-each-kind", MEDIA, shows_each_kind);
  ADD ("needs-no-look-at-other-kinds", MEDIA, needs_no_look_at_other_kinds);
  ADD ("skips-a-header", NULL, skips_a_header);
  ADD ("calls-a-cut-picture-broken", MEDIA, calls_a_cut_picture_broken);
  ADD ("shows-the-first-frame", MEDIA, shows_the_first_frame);
  ADD ("shows-cmyk", NULL, shows_cmyk);
  ADD ("reads-bad-values", "damaged/table_leaf_wrecked.db", reads_bad_values);
  ADD ("draws-nothing-from-elsewhere", NULL, draws_nothing_from_elsewhere);

  return g_test_run ();
}
