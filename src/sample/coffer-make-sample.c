/* SPDX-License-Identifier: MIT */
/* coffer-make-sample FILE: a vault to look at, of media that are drawn and synthesised here.
 *
 * The vault grows under another name in the same folder and takes its own in one step once it
 * is whole, so FILE is the complete sample or is not there; a FILE that is there already is
 * never touched. The same sources make the same values.
 */
#include "album.h"
#include "media.h"
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <kvault.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define N_FRAMES 12
#define THUMB_WIDTH 320

/* A value written out here; sizes leave the closing NUL away. */
typedef struct {
  const char *key;
  gsize key_size;
  const char *value;
  gsize value_size;
} Literal;

#define LITERAL(key, value) { key, sizeof (key) - 1, value, sizeof (value) - 1 }
/* What KohakuVault puts before a value that it encoded. */
#define HEADER(encoding) "\x89K\x01" encoding "\0\0\0\0VK"

static const Literal literals[] = {
  LITERAL ("notes/about.txt",
           "This vault is a sample.\n\n"
           "Its pictures were drawn, its clips rendered and its sounds synthesised by the program that\n"
           "made it; nothing in it is anybody's. Add, rename and delete as you like: once you remove the\n"
           "file, the next sample is made anew.\n"),
  LITERAL ("notes/haiku.txt", "Dusk over the dunes:\nthe wind puts back every grain\nthat our feet had moved.\n"),
  LITERAL ("notes/list.md",
           "# To see again\n\n- the aurora over the fjord\n- the dunes at dusk\n- *the pass by moonlight*\n"),
  LITERAL ("meta/album.json",
           "{\n  \"title\": \"Two Years Outside\",\n  \"years\": [2024, 2025],\n"
           "  \"cover\": \"img/2024/ridge-dawn.jpg\",\n  \"public\": false,\n"
           "  \"licence\": {\"name\": \"CC0-1.0\", \"note\": null}\n}\n"),
  LITERAL ("meta/places.csv",
           "place,latitude,longitude,height\nFjord,60.883,7.117,0\nRidge,46.558,7.892,2061\n"
           "Dunes,31.148,-4.015,702\nBay,43.551,7.017,0\nPass,45.869,7.171,2469\n"),
  LITERAL ("meta/view.json", HEADER ("\x03") "{\"sort\":\"key\",\"grid\":false,\"zoom\":1.5}"),
  LITERAL ("meta/caption", HEADER ("\x06") "First light on the ridge, \xe2\x88\x92" "4 °C"),
  LITERAL ("meta/place.msgpack",
           HEADER ("\x04") "\x83\xa5place\xa5" "Fjord\xa3lat\xcb\x40\x4e\x71\x06\x24\xdd\x2f\x1b\xa6height\x00"),
  LITERAL ("meta/mean-height", HEADER ("\x02") "\x9a\x99\x99\x99\x99\x59\x90\x40"),
  LITERAL ("user:1:name", "Aiko Mori"),
  LITERAL ("user:1:mail", "aiko@example.org"),
  LITERAL ("user:1:settings", "{\"theme\":\"dark\",\"language\":\"ja\",\"columns\":[\"key\",\"size\"]}"),
  LITERAL ("user:2:name", "Jürgen Weiß"),
  LITERAL ("user:2:mail", "juergen@example.org"),
  LITERAL ("user:2:settings", "{\"theme\":\"light\",\"language\":\"de\",\"columns\":[\"key\",\"size\",\"type\"]}"),
  LITERAL ("user:3:name", "نور الهدى"),
  LITERAL ("session:9f3a:opened", "2025-06-21T04:12:09Z"),
  LITERAL ("session:9f3a:closed", ""),
  LITERAL ("odd/new\nline", "a key may hold any byte"),
  LITERAL ("odd/nul\0and\xff\xfe", "this one is no UTF-8 and is shown escaped"),
  LITERAL ("odd/a key of which nobody would call short, since it goes on and on so that one sees how the "
           "middle of a long key gives way to its end.txt", "its end is what people read\n"),
};

typedef struct {
  kvault *vault;
  GError *error;
} Sample;

static gboolean
put (Sample     *self,
     const char *key,
     gsize       key_size,
     const void *value,
     gsize       value_size)
{
  if (kvault_put (self->vault, key, key_size, value, value_size) == KVAULT_OK)
    return TRUE;
  g_set_error_literal (&self->error, G_FILE_ERROR, G_FILE_ERROR_FAILED, kvault_errmsg (self->vault));
  return FALSE;
}

/* @value: (transfer full) (nullable): NULL if making it failed, with the error set. */
static gboolean
put_bytes (Sample     *self,
           const char *key,
           GBytes     *value)
{
  gboolean done;

  if (value == NULL)
    return FALSE;
  done = put (self, key, strlen (key), g_bytes_get_data (value, NULL), g_bytes_get_size (value));
  g_bytes_unref (value);
  return done;
}

static GBytes *
make_picture (const AlbumPicture *picture,
              int                 width)
{
  int height = picture->height * width / picture->width;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cairo_t *cr = cairo_create (surface);
  GBytes *bytes;

  scene_draw (&picture->scene, cr, width, height);
  bytes = picture->format == ALBUM_PNG ? picture_new_png (surface)
                                       : picture_new_jpeg (surface, picture->format == ALBUM_JPEG_TURNED);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return bytes;
}

static GBytes *
make_balloon (void)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 480, 640);
  cairo_t *cr = cairo_create (surface);
  GBytes *bytes;

  scene_draw_balloon (cr, 240, 225, 200, 0xd9483b);
  bytes = picture_new_png (surface);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return bytes;
}

static GBytes *
make_frame (int i)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 640, 360);
  cairo_t *cr = cairo_create (surface);
  GBytes *bytes;

  media_draw_day (cr, 640, 360, i / (N_FRAMES - 1.0));
  bytes = picture_new_jpeg (surface, FALSE);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  return bytes;
}

static gboolean
put_pictures (Sample *self)
{
  for (gsize i = 0; i < album_size; i++)
    if (!put_bytes (self, album[i].key, make_picture (&album[i], album[i].width)))
      return FALSE;
  for (int i = 0; i < N_FRAMES; i++)
    {
      g_autofree char *key = g_strdup_printf ("frame:day:%04d", i);

      if (!put_bytes (self, key, make_frame (i)))
        return FALSE;
    }
  return put_bytes (self, "art/balloon.png", make_balloon ()) &&
         put_bytes (self, "art/lighthouse.gif", picture_new_beacon ()) &&
         put_bytes (self, "写真/富士の夜明け.jpg", make_picture (&album[3], 900));
}

static gboolean
put_media (Sample *self)
{
  return put_bytes (self, "clip/a-day.webm", media_new_webm (&self->error)) &&
         put_bytes (self, "clip/evening.ogv", media_new_ogv (&self->error)) &&
         put_bytes (self, "sound/arpeggio.ogg", media_new_arpeggio (&self->error)) &&
         put_bytes (self, "sound/bell.wav", media_new_bell (&self->error)) &&
         put_bytes (self, "sound/chord.flac", media_new_chord (&self->error));
}

static gboolean
put_literals (Sample *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (literals); i++)
    if (!put (self, literals[i].key, literals[i].key_size, literals[i].value, literals[i].value_size))
      return FALSE;
  return TRUE;
}

static gboolean
put_thumbs (Sample *self)
{
  for (gsize i = 0; i < album_size; i++)
    if (!put_bytes (self, album[i].key, make_picture (&album[i], THUMB_WIDTH)))
      return FALSE;
  return TRUE;
}

/* Fill one table of the file at @path. */
static gboolean
fill (const char     *path,
      const char     *table,
      kvault_access   access_mode,
      gboolean      (*const *steps) (Sample *),
      GError        **error)
{
  Sample self = { NULL, NULL };
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_error problem;
  gboolean done = TRUE;

  options.access = access_mode;
  options.table = table;
  if (kvault_open (path, &options, &self.vault, &problem) != KVAULT_OK)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, problem.message);
      return FALSE;
    }
  while (done && *steps != NULL)
    done = (*steps++) (&self);
  kvault_close (self.vault);
  if (!done)
    g_propagate_error (error, self.error);
  return done;
}

/* Never over a file that is there; where the file system cannot promise that, a plain rename
 * after a look is what is left.
 */
static gboolean
take_name (const char  *from,
           const char  *to,
           GError     **error)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno == EINVAL && !g_file_test (to, G_FILE_TEST_EXISTS) && g_rename (from, to) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", to, g_strerror (errno));
  return FALSE;
}

static gboolean
make_sample (const char  *path,
             GError     **error)
{
  static gboolean (*const all[]) (Sample *) = { put_pictures, put_media, put_literals, NULL };
  static gboolean (*const thumbs[]) (Sample *) = { put_thumbs, NULL };
  g_autofree char *part = g_strdup_printf ("%s.%ld.part", path, (long) getpid ());
  g_autofree char *wal = g_strconcat (part, "-wal", NULL);
  g_autofree char *shm = g_strconcat (part, "-shm", NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s is there already", path);
      return FALSE;
    }
  if (fill (part, "kv", KVAULT_ACCESS_CREATE_NEW, all, error) &&
      fill (part, "thumbs", KVAULT_ACCESS_CREATE, thumbs, error) &&
      take_name (part, path, error))
    return TRUE;
  g_unlink (part);
  g_unlink (wal);
  g_unlink (shm);
  return FALSE;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GError) error = NULL;

  if (argc != 2 || argv[1][0] == '-')
    {
      fputs ("usage: coffer-make-sample FILE\n", stderr);
      return 2;
    }
  gst_init (NULL, NULL);
  /* Ogg's serial numbers and WebM's identifiers come from here. */
  g_random_set_seed (1);
  if (!make_sample (argv[1], &error))
    {
      fprintf (stderr, "coffer-make-sample: %s\n", error->message);
      return 1;
    }
  return 0;
}
