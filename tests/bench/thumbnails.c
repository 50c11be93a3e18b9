/* SPDX-License-Identifier: MIT */
/* 72 pictures of a vault as thumbnails of 256 × 192, nothing of them in the caches and each written into the one on the disk,
 * against gdk_pixbuf_new_from_file_at_scale() on the same pictures as files, on as many threads as there are lanes. JPEG and PNG,
 * and WebP where something reads and writes it, 4:3 as the box is. */
#include "bench.h"

#include <coffer-thumbnails-private.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 256
#define HEIGHT 192
#define N_PICTURES 72

static const struct { const char *format; int width; } kinds[] = {
  { "jpeg", 4000 }, { "jpeg", 1280 }, { "jpeg", 1920 }, { "png", 1600 }, { "jpeg", 2560 }, { "webp", 1600 },
};

typedef struct {
  char *folder;             /* of the pictures as files */
  char *cache;
  CofferVault *vault;
} Bench;

/* ---- The pictures ---- */

/* Hills under a sky, with the grain of a photo: something to decode, and the same each time. */
static GdkPixbuf *
draw (int      width,
      unsigned seed)
{
  int height = width * 3 / 4;
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  guint8 *pixels = gdk_pixbuf_get_pixels (pixbuf);
  int rowstride = gdk_pixbuf_get_rowstride (pixbuf);
  uint64_t state = seed;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        guint8 *p = pixels + (gsize) y * rowstride + x * 3;
        int hill = height / 2 + (int) ((x * (seed % 7 + 1) / 3 + seed * 37) % 400 - 200) * ((x >> 8) % 2 == 0 ? 1 : -1) / 2;
        unsigned grain = (unsigned) bench_random (&state) & 7;

        p[0] = (guint8) (y < hill ? 40 + y * 120 / height + grain : 30 + (x + y) % 50 + grain);
        p[1] = (guint8) (y < hill ? 90 + y * 100 / height + grain : 80 + (x - y) % 40 + grain);
        p[2] = (guint8) (y < hill ? 200 - y * 60 / height + grain : 40 + grain);
      }

  return pixbuf;
}

static char *
picture_path (Bench    *bench,
              unsigned  i)
{
  return g_strdup_printf ("%s/%03u", bench->folder, i);
}

static gboolean
can_save (const char *format)
{
  g_autoptr(GSList) formats = gdk_pixbuf_get_formats ();

  for (GSList *link = formats; link != NULL; link = link->next)
    {
      g_autofree char *name = gdk_pixbuf_format_get_name (link->data);

      if (g_str_equal (name, format))
        return gdk_pixbuf_format_is_writable (link->data);
    }

  return FALSE;
}

static void
make_pictures (Bench *bench)
{
  g_mkdir (bench->folder, 0755);
  for (unsigned i = 0; i < N_PICTURES; i++)
    {
      unsigned kind = i % G_N_ELEMENTS (kinds);
      const char *format = can_save (kinds[kind].format) ? kinds[kind].format : "jpeg";
      g_autofree char *path = picture_path (bench, i);
      g_autoptr(GdkPixbuf) pixbuf = NULL;

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        continue;
      pixbuf = draw (kinds[kind].width, i + 1);
      if (!gdk_pixbuf_save (pixbuf, path, format, NULL, NULL))
        bench_die ("%s: cannot be written", path);
    }
}

static void
make_vault (Bench      *bench,
            const char *path)
{
  kvault *vault;

  bench_remove (path);
  vault = bench_open (path, KVAULT_ACCESS_CREATE_NEW, 0);
  for (unsigned i = 0; i < N_PICTURES; i++)
    {
      g_autofree char *file = picture_path (bench, i);
      g_autofree char *data = NULL;
      char key[32];
      gsize size;

      if (!g_file_get_contents (file, &data, &size, NULL) ||
          kvault_put (vault, key, bench_key (key, i), data, size) != KVAULT_OK)
        bench_die ("%s: %s", file, kvault_errmsg (vault));
    }
  kvault_close (vault);
}

/* ---- The two sides ---- */

typedef struct {
  Bench *bench;
  unsigned first;
} Share;

static gpointer
bare_worker (gpointer data)
{
  Share *share = data;

  for (unsigned i = share->first; i < N_PICTURES; i += coffer_vault_get_n_thumb_lanes ())
    {
      g_autofree char *path = picture_path (share->bench, i);
      g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_file_at_scale (path, WIDTH, HEIGHT, TRUE, NULL);

      if (pixbuf == NULL)
        bench_die ("%s: cannot be read", path);
    }

  return NULL;
}

static void
bare (void *data)
{
  GThread *threads[COFFER_MAX_THUMB_LANES];
  Share shares[COFFER_MAX_THUMB_LANES];
  guint n = coffer_vault_get_n_thumb_lanes ();

  for (guint i = 0; i < n; i++)
    {
      shares[i] = (Share) { data, i };
      threads[i] = g_thread_new ("bare", bare_worker, &shares[i]);
    }
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
}

static CofferThumbnail *
request (CofferThumbnails *thumbnails,
         unsigned          number)
{
  char text[32];
  gsize len = bench_key (text, number);
  g_autoptr(GBytes) bytes = g_bytes_new (text, len);
  g_autoptr(CofferKey) key = coffer_key_new_written (bytes);

  return coffer_thumbnails_request (thumbnails, key, 0, NULL, WIDTH, HEIGHT);
}

static void
empty_cache (Bench *bench)
{
  g_autoptr(GDir) dir = g_dir_open (bench->cache, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (bench->cache, name, NULL);

      g_unlink (path);
    }
}

static void
show_all (Bench *bench)
{
  g_autoptr(CofferThumbDisk) disk = coffer_thumb_disk_new (bench->cache, COFFER_THUMB_DISK_MAX);
  g_autoptr(CofferThumbnails) thumbnails = coffer_thumbnails_new_full (bench->vault, disk, 0);
  g_autoptr(GPtrArray) requests = g_ptr_array_new_with_free_func (g_object_unref);

  for (unsigned i = 0; i < N_PICTURES; i++)
    g_ptr_array_add (requests, request (thumbnails, i));
  for (unsigned i = 0; i < N_PICTURES; i++)
    {
      CofferThumbnail *thumbnail = g_ptr_array_index (requests, i);

      while (coffer_thumbnail_get_state (thumbnail) == COFFER_THUMBNAIL_PENDING)
        g_main_context_iteration (NULL, TRUE);
      if (coffer_thumbnail_get_state (thumbnail) != COFFER_THUMBNAIL_READY)
        bench_die ("picture %u is not shown", i);
    }
}

static void
ours_cold (void *data)
{
  bench_pause ();
  empty_cache (data);
  bench_resume ();
  show_all (data);
}

static void
ours_cached (void *data)
{
  show_all (data);
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  CofferVault **vault = data;
  g_autoptr(GError) error = NULL;

  *vault = coffer_vault_open_finish (result, &error);
  if (*vault == NULL)
    bench_die ("%s", error->message);
}

int
main (void)
{
  Bench bench = { g_strdup (bench_path ("pictures")), g_strdup (bench_path ("thumbnails")), NULL };
  g_autofree char *path = g_strdup (bench_path ("pictures.db"));
  g_autoptr(GFile) file = g_file_new_for_path (path);
  const BenchSide sides[] = {
    { "gdk_pixbuf on files", bare, 0 },
    { "thumbnails, both caches empty", ours_cold, 0.9 },
    { "thumbnails, in the disk cache", ours_cached, 5 },
  };
  int slow;

  make_pictures (&bench);
  make_vault (&bench, path);
  coffer_vault_open_async (file, NULL, opened_cb, &bench.vault);
  while (bench.vault == NULL)
    g_main_context_iteration (NULL, TRUE);
  bare (&bench);
  ours_cold (&bench);
  slow = bench_compare_sides (sides, G_N_ELEMENTS (sides), 5, &bench);

  g_object_unref (bench.vault);
  coffer_vault_close_all ();
  empty_cache (&bench);
  g_free (bench.cache);
  g_free (bench.folder);

  return slow;
}
