/* SPDX-License-Identifier: MIT */
/* Thumbnails: states, order, sharing, cancelling, what is kept and what is trusted. */
#include <coffer-thumbnails.h>

#include <gstkvaultsrc.h>

#include "displayless.h"

#define BOX 96

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferThumbnails *thumbnails;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_copy (fixture->folder, "v010_media.db");
  fixture->vault = test_open (fixture->path);
  fixture->thumbnails = coffer_thumbnails_new (fixture->vault);
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
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

static CofferThumbnail *
request (Fixture    *fixture,
         const char *name,
         const char *content_type)
{
  g_autoptr(CofferKey) key = test_key (name);

  return coffer_thumbnails_request (fixture->thumbnails, key, 1000, content_type, BOX, BOX);
}

static void
wait_for (CofferThumbnail *thumbnail)
{
  test_wait_for (coffer_thumbnail_get_state (thumbnail) != COFFER_THUMBNAIL_PENDING);
}

static void
test_shows_pictures (Fixture      *fixture,
                     gconstpointer data)
{
  static const char *const names[] = { "img/photo.png", "img/plain.jpg", "img/anim.gif", "img/drawing.svg", "img/small.bmp" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(CofferThumbnail) thumbnail = request (fixture, names[i], NULL);
      GdkTexture *texture;

      g_test_message ("%s", names[i]);
      g_assert_cmpint (coffer_thumbnail_get_state (thumbnail), ==, COFFER_THUMBNAIL_PENDING);
      wait_for (thumbnail);
      g_assert_cmpint (coffer_thumbnail_get_state (thumbnail), ==, COFFER_THUMBNAIL_READY);
      texture = coffer_thumbnail_get_texture (thumbnail);
      g_assert_cmpint (MIN (gdk_texture_get_width (texture), gdk_texture_get_height (texture)), ==, BOX);
      g_assert_cmpint (MAX (gdk_texture_get_width (texture), gdk_texture_get_height (texture)), <=, 2 * BOX);
    }
}

static void
test_is_ready_at_once_in_memory (Fixture      *fixture,
                                 gconstpointer data)
{
  g_autoptr(CofferThumbnail) first = request (fixture, "img/plain.jpg", "image/jpeg");
  g_autoptr(CofferThumbnail) second = NULL;

  wait_for (first);
  second = request (fixture, "img/plain.jpg", "image/jpeg");
  g_assert_cmpint (coffer_thumbnail_get_state (second), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (coffer_thumbnail_get_texture (first) == coffer_thumbnail_get_texture (second));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/thumbnails/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("shows-pictures", test_shows_pictures);
  ADD ("is-ready-at-once-in-memory", test_is_ready_at_once_in_memory);

  coffer_thumbnails_set_source (gst_kvault_src_register);

  return g_test_run ();
}
