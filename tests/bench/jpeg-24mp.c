/* SPDX-License-Identifier: MIT */
/* A photo of 24 megapixels, a JPEG, out of a vault to the texture that the preview shows, against gdk_pixbuf_new_from_file_at_scale() on
 * the same photo as a file, to the same size. */
#include "bench.h"

#include <coffer-content.h>
#include <string.h>

#define KEY "photo.jpg"
#define WIDTH 6000
#define HEIGHT 4000
#define BUDGET (1 / 1.1)

typedef struct {
  char *photo;
  CofferVault *vault;
  CofferKey *key;
  int room;              /* of the picture, wide and high */
  CofferContent *content;
} Bench;

/* Blurred grain: as much to decode as in a photo of something, and the same each time. */
static void
make_photo (const char *path)
{
  int width = WIDTH / 16, height = HEIGHT / 16;
  g_autoptr(GdkPixbuf) small = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  g_autoptr(GdkPixbuf) photo = NULL;
  guint8 *pixels = gdk_pixbuf_get_pixels (small);
  uint64_t state = 1;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width * 3; x++)
      pixels[y * gdk_pixbuf_get_rowstride (small) + x] = (guint8) bench_random (&state);
  photo = gdk_pixbuf_scale_simple (small, WIDTH, HEIGHT, GDK_INTERP_BILINEAR);
  if (!gdk_pixbuf_save (photo, path, "jpeg", NULL, "quality", "90", NULL))
    bench_die ("%s: cannot be written", path);
}

static void
make_vault (const char *path,
            const char *photo)
{
  g_autofree char *data = NULL;
  kvault *vault;
  gsize size;

  bench_remove (path);
  vault = bench_open (path, KVAULT_ACCESS_CREATE_NEW, 0);
  if (!g_file_get_contents (photo, &data, &size, NULL) || kvault_put (vault, KEY, strlen (KEY), data, size) != KVAULT_OK)
    bench_die ("%s: %s", photo, kvault_errmsg (vault));
  kvault_close (vault);
}

static void
bare (void *data)
{
  Bench *bench = data;
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_file_at_scale (bench->photo, bench->room, bench->room, TRUE, NULL);

  if (pixbuf == NULL)
    bench_die ("%s: cannot be read", bench->photo);
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Bench *bench = data;
  g_autoptr(GError) error = NULL;

  bench->content = coffer_content_read_finish (result, &error);
  if (bench->content == NULL || bench->content->image.texture == NULL)
    bench_die ("the photo is not shown");
}

static void
ours (void *data)
{
  Bench *bench = data;
  CofferContentWish wish = { COFFER_SHOW_GUESS, bench->room, bench->room };

  coffer_content_read_async (bench->vault, bench->key, &wish, NULL, read_cb, bench);
  while (bench->content == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_pointer (&bench->content, coffer_content_free);
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
  g_autofree char *photo = g_strdup (bench_path ("24mp.jpg"));
  g_autofree char *path = g_strdup (bench_path ("24mp.db"));
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GBytes) key = g_bytes_new_static (KEY, strlen (KEY));
  Bench bench = { .photo = photo };
  int slow;

  make_photo (photo);
  make_vault (path, photo);
  coffer_vault_open_async (file, NULL, opened_cb, &bench.vault);
  while (bench.vault == NULL)
    g_main_context_iteration (NULL, TRUE);
  bench.key = coffer_key_new_written (key);

  bench.room = 336;
  slow = bench_compare ("a JPEG of 24 megapixels in the pane", ours, bare, &bench, BUDGET);
  bench.room = 1500;
  slow |= bench_compare ("a JPEG of 24 megapixels in a large view", ours, bare, &bench, BUDGET);

  coffer_key_unref (bench.key);
  g_object_unref (bench.vault);
  coffer_vault_close_all ();

  return slow;
}
