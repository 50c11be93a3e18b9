/* SPDX-License-Identifier: MIT */
/* Thumbnails: what is kept in memory and for how long it is trusted. What is kept in files has its own test (test-thumb-disk.c). */
#include "thumbs.h"

#include "coffer-vault-private.h"

#include <glib/gstdio.h>

static void
keeps_to_its_memory (Fixture      *fixture,
                     gconstpointer data)
{
  g_autoptr(CofferThumbnail) first = NULL;
  g_autoptr(CofferThumbnail) last = NULL;

  test_renew_thumbnails (fixture, NULL, 200000);   /* five pictures of 36 KB */
  for (guint i = 0; i < 12; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);

      test_put_colour (fixture, key, i << 24 | 0xff);
      test_state_of (fixture, key);
      g_assert_cmpuint (coffer_thumbnails_get_bytes (fixture->thumbnails), <=, 200000);
    }
  g_assert_cmpuint (coffer_thumbnails_get_bytes (fixture->thumbnails), >, 100000);
  first = test_request (fixture, "0");
  last = test_request (fixture, "11");
  g_assert_cmpint (coffer_thumbnail_get_state (first), ==, COFFER_THUMBNAIL_PENDING);
  g_assert_cmpint (coffer_thumbnail_get_state (last), ==, COFFER_THUMBNAIL_READY);
}

/* The same key, the same size, the same row: other bytes. */
static void
never_shows_an_old_picture (Fixture      *fixture,
                            gconstpointer data)
{
  g_autoptr(CofferThumbnail) shown = NULL;
  g_autoptr(CofferThumbnail) again = NULL;

  test_renew_thumbnails (fixture, fixture->disk, MEMORY);
  test_put_colour (fixture, "k", 0xff0000ff);
  shown = test_request (fixture, "k");
  test_wait_made (shown);
  g_assert_true (test_is_colour (shown, 0xffff0000));

  test_put_colour (fixture, "k", 0x0000ffff);
  coffer_thumbnails_check (fixture->thumbnails);
  again = test_request (fixture, "k");
  g_assert_cmpint (coffer_thumbnail_get_state (again), ==, COFFER_THUMBNAIL_PENDING);
  test_wait_made (again);
  g_assert_true (test_is_colour (again, 0xff0000ff));
  test_wait_for (test_is_colour (shown, 0xff0000ff));   /* what is on show follows */
  g_assert_cmpuint (test_count_files (fixture), ==, 2);

  /* From the files, in either direction. */
  g_clear_object (&shown);
  g_clear_object (&again);
  test_renew_thumbnails (fixture, fixture->disk, MEMORY);
  again = test_request (fixture, "k");
  test_wait_made (again);
  g_assert_true (test_is_colour (again, 0xff0000ff));
  test_put_colour (fixture, "k", 0xff0000ff);
  coffer_thumbnails_check (fixture->thumbnails);
  test_wait_for (test_is_colour (again, 0xffff0000));
  g_assert_cmpuint (test_count_files (fixture), ==, 2);
}

static void
follows_another_program (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr(CofferThumbnail) shown = NULL;

  test_put_colour (fixture, "k", 0xff0000ff);
  coffer_vault_set_watching (fixture->vault, TRUE);
  shown = test_request (fixture, "k");
  test_wait_made (shown);
  for (int i = 0; i < 2; i++)
    {
      test_put_colour (fixture, "k", 0x0000ffff);
      test_wait_for (test_is_colour (shown, 0xff0000ff));
      test_put_colour (fixture, "k", 0xff0000ff);
      test_wait_for (test_is_colour (shown, 0xffff0000));
    }
  coffer_vault_set_watching (fixture->vault, FALSE);
}

static void
note_cb (CofferThumbnail *thumbnail,
         GParamSpec      *pspec,
         GPtrArray       *order)
{
  g_ptr_array_add (order, thumbnail);
}

/* What is on show is not taken away to be compared, and not made anew if it is the same. */
static void
keeps_what_is_the_same (Fixture      *fixture,
                        gconstpointer data)
{
  g_autoptr(GPtrArray) changes = g_ptr_array_new ();
  g_autoptr(CofferThumbnail) shown = NULL;
  g_autoptr(CofferThumbnail) broken = NULL;
  g_autoptr(CofferThumbnail) later = NULL;
  GdkTexture *texture;

  shown = test_request (fixture, "img/plain.jpg");
  broken = test_request (fixture, "img/truncated.jpg");
  test_wait_made (shown);
  test_wait_made (broken);
  texture = coffer_thumbnail_get_texture (shown);
  g_signal_connect (shown, "notify", G_CALLBACK (note_cb), changes);
  g_signal_connect (broken, "notify", G_CALLBACK (note_cb), changes);

  coffer_thumbnails_check (fixture->thumbnails);
  later = test_request (fixture, "img/plain.jpg");
  test_wait_made (later);
  g_assert_true (coffer_thumbnail_get_texture (later) == texture);
  test_run_for (100);
  g_assert_cmpuint (changes->len, ==, 0);
  g_assert_cmpint (coffer_thumbnail_get_state (shown), ==, COFFER_THUMBNAIL_READY);
  g_assert_true (coffer_thumbnail_get_texture (shown) == texture);
}

static void
follows_another_file (Fixture      *fixture,
                      gconstpointer data)
{
  g_autofree char *other = NULL;
  g_autofree char *path = g_strdup (fixture->path);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL), *shm = g_strconcat (path, "-shm", NULL);
  g_autoptr(CofferThumbnail) shown = NULL;
  g_autoptr(CofferThumbnail) next = NULL;

  test_put_colour (fixture, "k", 0xff0000ff);
  test_put_colour (fixture, "l", 0xff0000ff);
  shown = test_request (fixture, "k");
  test_wait_made (shown);
  g_assert_true (test_is_colour (shown, 0xffff0000));

  other = test_make_vault (fixture->folder, "other.db", 0);
  g_free (fixture->path);
  fixture->path = g_strdup (other);
  test_put_colour (fixture, "k", 0x0000ffff);
  test_put_colour (fixture, "l", 0x00ff00ff);
  g_free (fixture->path);
  fixture->path = g_strdup (path);
  g_remove (wal);   /* of the old file; it would be taken for the new one's */
  g_remove (shm);
  g_assert_no_errno (g_rename (other, path));

  next = test_request (fixture, "l");
  test_wait_made (next);
  g_assert_true (test_is_colour (next, 0xff00ff00));
  test_wait_for (test_is_colour (shown, 0xff0000ff));
}

static void
does_without_files (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr(CofferThumbDisk) disk = coffer_thumb_disk_new ("/proc/coffer/thumbnails", 1 << 20);

  coffer_thumb_disk_sweep (disk);
  for (int i = 0; i < 2; i++)
    {
      test_renew_thumbnails (fixture, disk, MEMORY);
      g_assert_cmpint (test_state_of (fixture, "img/plain.jpg"), ==, COFFER_THUMBNAIL_READY);
      g_assert_cmpint (test_state_of (fixture, "img/photo.png"), ==, COFFER_THUMBNAIL_READY);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define MEDIA "v010_media.db"
#define ADD(name, vault, function) TEST_THUMBS_ADD ("/thumb-kept/" name, vault, function)
  ADD ("keeps-to-its-memory", NULL, keeps_to_its_memory);
  ADD ("never-shows-an-old-picture", NULL, never_shows_an_old_picture);
  ADD ("follows-another-program", NULL, follows_another_program);
  ADD ("keeps-what-is-the-same", MEDIA, keeps_what_is_the_same);
  ADD ("follows-another-file", NULL, follows_another_file);
  ADD ("does-without-files", MEDIA, does_without_files);

  return g_test_run ();
}
