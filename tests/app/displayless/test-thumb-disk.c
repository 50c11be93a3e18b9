/* SPDX-License-Identifier: MIT */
/* Cached pictures: whole or not there, under a ceiling, with other processes, and nothing worse than slow when they cannot be kept. */
#include <coffer-thumb-disk.h>
#include <coffer-thumb-file.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include "displayless.h"

#define SIDE 64

static CofferDigest
name_of (guint i)
{
  return coffer_digest_of (&i, sizeof i);
}

/* Its pixels tell the number. Noise, so that each takes some kilobytes. */
static CofferThumbPicture *
picture_new (guint    i,
             gboolean opaque)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (i);
  guint32 *pixels = g_new (guint32, SIDE * SIDE);
  GBytes *bytes = g_bytes_new_take (pixels, SIDE * SIDE * 4);
  GArray *parts = coffer_thumb_parts_new ();
  CofferThumbPart part = { i, 2 * i, name_of (i) };

  for (int k = 0; k < SIDE * SIDE; k++)
    pixels[k] = opaque ? 0xff000000 | g_rand_int (rand) : (g_rand_int (rand) & 0x3f3f3f3f) | 0x40000000;
  g_array_append_val (parts, part);

  return coffer_thumb_picture_new_drawn (gdk_memory_texture_new (SIDE, SIDE, GDK_MEMORY_DEFAULT, bytes, SIDE * 4), bytes, opaque,
                                         i * 1000, 77, parts);
}

static void
save (CofferThumbDisk *disk,
      guint            i)
{
  g_autoptr(CofferThumbPicture) picture = picture_new (i, TRUE);
  CofferDigest name = name_of (i);

  coffer_thumb_disk_save (disk, &name, picture);
}

static CofferThumbPicture *
load (CofferThumbDisk *disk,
      guint            i)
{
  CofferDigest name = name_of (i);

  return coffer_thumb_disk_load (disk, &name);
}

static gboolean
has (CofferThumbDisk *disk,
     guint            i)
{
  g_autoptr(CofferThumbPicture) picture = load (disk, i);

  return picture != NULL;
}

static guint64
room_of_folder (const char *folder,
                guint      *n_files)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint64 bytes = 0;

  *n_files = 0;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      struct stat st;

      if (stat (path, &st) == 0)   /* another process may have taken it away */
        {
          bytes += (guint64) st.st_blocks * 512;
          ++*n_files;
        }
    }

  return bytes;
}

/* The thread that looks at the folder at first must not be at it when a test ends. */
static CofferThumbDisk *
disk_new (const char *folder,
          guint64     max_bytes)
{
  CofferThumbDisk *disk = coffer_thumb_disk_new (folder, max_bytes);

  coffer_thumb_disk_sweep (disk);

  return disk;
}

static void
test_gives_back_what_it_got (void)
{
  char *folder = test_folder_new ();
  g_autoptr(CofferThumbDisk) disk = disk_new (folder, 1 << 20);

  for (int opaque = 0; opaque < 2; opaque++)
    {
      guint i = 5 + opaque;
      g_autoptr(CofferThumbPicture) picture = picture_new (i, opaque);
      g_autoptr(CofferThumbPicture) back = NULL;
      g_autofree guint32 *pixels = g_new (guint32, SIDE * SIDE);
      CofferDigest name = name_of (i);

      coffer_thumb_disk_save (disk, &name, picture);
      back = load (disk, i);
      g_assert_nonnull (back);
      g_assert_cmpint (back->state, ==, COFFER_THUMBNAIL_READY);
      g_assert_cmpint (back->duration, ==, i * 1000);
      g_assert_cmpuint (back->value_size, ==, 77);
      g_assert_cmpuint (back->parts->len, ==, 1);
      g_assert_cmpmem (back->parts->data, sizeof (CofferThumbPart), picture->parts->data, sizeof (CofferThumbPart));
      g_assert_cmpint (gdk_texture_get_width (back->texture), ==, SIDE);
      gdk_texture_download (back->texture, (guchar *) pixels, SIDE * 4);
      if (!opaque)
        g_assert_cmpmem (pixels, SIDE * SIDE * 4, g_bytes_get_data (picture->pixels, NULL), SIDE * SIDE * 4);
    }
  test_folder_remove (folder);
}

/* Cut anywhere, any byte another, another's file under the name: none of them is shown. */
static void
test_takes_no_damaged_file (void)
{
  g_autoptr(CofferThumbPicture) picture = picture_new (1, TRUE);
  CofferDigest name = name_of (1), other = name_of (2);
  g_autoptr(GBytes) file = coffer_thumb_file_write (&name, picture);
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  g_autoptr(CofferThumbPicture) whole = coffer_thumb_file_read (&name, data, size);

  g_assert_nonnull (whole);
  g_assert_null (coffer_thumb_file_read (&other, data, size));
  for (gsize i = 0; i < size; i += i < 200 ? 1 : 97)
    {
      g_autofree guint8 *copy = g_memdup2 (data, size);

      g_assert_null (coffer_thumb_file_read (&name, copy, i));
      copy[i] ^= 0x10;
      g_assert_null (coffer_thumb_file_read (&name, copy, size));
    }
}

static void
test_misses_a_truncated_file (void)
{
  char *folder = test_folder_new ();
  g_autoptr(CofferThumbDisk) disk = disk_new (folder, 1 << 20);
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;

  save (disk, 1);
  name = test_folder_list (folder);
  path = g_build_filename (folder, name, NULL);
  g_assert_true (has (disk, 1));
  g_assert_no_errno (truncate (path, 1000));
  g_assert_false (has (disk, 1));
  g_assert_no_errno (truncate (path, 0));
  g_assert_false (has (disk, 1));
  save (disk, 1);
  g_assert_true (has (disk, 1));
  test_folder_remove (folder);
}

static void
age (const char *folder,
     guint       i,
     int         seconds)
{
  CofferDigest digest = name_of (i);
  g_autofree char *path = g_strdup_printf ("%s/%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", folder, digest.high, digest.low);
  struct utimbuf times = { time (NULL) - seconds, time (NULL) - seconds };

  g_assert_no_errno (utime (path, &times));
}

static void
test_takes_away_what_was_not_used (void)
{
  char *folder = test_folder_new ();
  g_autoptr(CofferThumbDisk) large = disk_new (folder, 1 << 30);
  g_autoptr(CofferThumbDisk) small = NULL;
  guint n_files;
  guint64 bytes;

  for (guint i = 0; i < 40; i++)
    {
      save (large, i);
      age (folder, i, 100000 - 1000 * i);
    }
  g_assert_true (has (large, 3));   /* which is a use */

  bytes = room_of_folder (folder, &n_files);
  g_assert_cmpuint (n_files, ==, 40);
  small = disk_new (folder, bytes / 2);
  g_assert_cmpuint (room_of_folder (folder, &n_files), <=, bytes / 2);
  g_assert_cmpuint (n_files, >, 10);
  g_assert_cmpuint (coffer_thumb_disk_get_bytes (small), ==, room_of_folder (folder, &n_files));
  g_assert_true (has (small, 3));
  g_assert_true (has (small, 39));
  g_assert_false (has (small, 0));
  g_assert_false (has (small, 4));
  test_folder_remove (folder);
}

static void
test_stays_under_the_ceiling (void)
{
  char *folder = test_folder_new ();
  g_autoptr(CofferThumbDisk) disk = disk_new (folder, 256 << 10);
  guint n_files;

  for (guint i = 0; i < 300; i++)
    {
      save (disk, i);
      g_assert_cmpuint (room_of_folder (folder, &n_files), <=, 256 << 10);
      if (i % 10 == 0)
        coffer_thumb_disk_sweep (disk);   /* what is under way on a thread of its own ends some time */
    }
  g_assert_cmpuint (n_files, >, 10);
  do   /* a sweep on the thread may still count what is gone */
    {
      coffer_thumb_disk_sweep (disk);
      save (disk, 300);
    }
  while (!has (disk, 300));
  test_folder_remove (folder);
}

static void
test_leaves_other_files_alone (void)
{
  char *folder = test_folder_new ();
  g_autofree char *other = g_build_filename (folder, "holiday.jpg", NULL);
  g_autofree char *young = g_build_filename (folder, "1-1.new", NULL);
  g_autofree char *old = g_build_filename (folder, "1-2.new", NULL);
  struct utimbuf times = { time (NULL) - 100000, time (NULL) - 100000 };
  g_autoptr(CofferThumbDisk) disk = NULL;
  g_autofree char *names = NULL;

  g_file_set_contents (other, "x", 1, NULL);
  g_file_set_contents (young, "x", 1, NULL);
  g_file_set_contents (old, "x", 1, NULL);
  g_assert_no_errno (utime (other, &times));
  g_assert_no_errno (utime (old, &times));
  disk = disk_new (folder, 1);
  names = test_folder_list (folder);
  g_assert_cmpstr (names, ==, "1-1.new holiday.jpg");
  test_folder_remove (folder);
}

static void
test_does_without_a_folder (void)
{
  char *folder = test_folder_new ();
  g_autofree char *file = g_build_filename (folder, "file", NULL);
  g_autofree char *in_file = g_build_filename (file, "thumbnails", NULL);
  g_autofree char *new_one = g_build_filename (folder, "a", "b", NULL);
  const char *const bad[] = { in_file, "/proc/coffer", "/dev/full" };

  g_file_set_contents (file, "x", 1, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(CofferThumbDisk) disk = disk_new (bad[i], 1 << 20);

      save (disk, 1);
      save (disk, 2);
      g_assert_false (has (disk, 1));
    }

  {
    g_autoptr(CofferThumbDisk) disk = disk_new (new_one, 1 << 20);
    g_autofree char *a = g_path_get_dirname (new_one);

    save (disk, 1);
    g_assert_true (has (disk, 1));
    test_folder_remove (g_steal_pointer (&new_one));
    g_assert_no_errno (g_rmdir (a));
    save (disk, 1);   /* somebody took the folder away: it is made again */
    g_assert_true (has (disk, 1));
    test_folder_remove (g_build_filename (a, "b", NULL));
    g_assert_no_errno (g_rmdir (a));
  }
  test_folder_remove (folder);
}

/* One of several at once: writes and reads the same names and its own. */
static void
test_one_of_several (void)
{
  const char *folder = g_getenv ("COFFER_TEST_FOLDER");
  g_autoptr(CofferThumbDisk) disk = NULL;

  if (folder == NULL)
    {
      g_test_skip ("runs only for shares-the-folder");
      return;
    }

  disk = disk_new (folder, 512 << 10);
  for (guint i = 0; i < 400; i++)
    {
      guint number = i % 2 == 0 ? i : i * 1000 + getpid () % 1000;
      g_autoptr(CofferThumbPicture) picture = NULL;

      save (disk, number);
      picture = load (disk, number);
      if (picture != NULL)   /* the other may have taken it away */
        g_assert_cmpint (picture->duration, ==, number * 1000);
    }
  coffer_thumb_disk_sweep (disk);
}

static gpointer
process_worker (gpointer data)
{
  const char *argv[] = { g_get_prgname (), "--tap", "-p", "/thumb-disk/one-of-several", NULL };
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr(GError) error = NULL;
  int status;

  argv[0] = self;
  g_spawn_sync (NULL, (char **) argv, data, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);

  return GINT_TO_POINTER (status);
}

static void
test_shares_the_folder (void)
{
  char *folder = test_folder_new ();
  char **environment = g_environ_setenv (g_get_environ (), "COFFER_TEST_FOLDER", folder, TRUE);
  GThread *others[2];
  guint n_files;

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    others[i] = g_thread_new ("other", process_worker, environment);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (others[i])), ==, 0);

  g_assert_cmpuint (room_of_folder (folder, &n_files), <=, 512 << 10);
  g_assert_cmpuint (n_files, >, 10);
  g_strfreev (environment);
  test_folder_remove (folder);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/thumb-disk/gives-back-what-it-got", test_gives_back_what_it_got);
  g_test_add_func ("/thumb-disk/takes-no-damaged-file", test_takes_no_damaged_file);
  g_test_add_func ("/thumb-disk/misses-a-truncated-file", test_misses_a_truncated_file);
  g_test_add_func ("/thumb-disk/takes-away-what-was-not-used", test_takes_away_what_was_not_used);
  g_test_add_func ("/thumb-disk/stays-under-the-ceiling", test_stays_under_the_ceiling);
  g_test_add_func ("/thumb-disk/leaves-other-files-alone", test_leaves_other_files_alone);
  g_test_add_func ("/thumb-disk/does-without-a-folder", test_does_without_a_folder);
  g_test_add_func ("/thumb-disk/shares-the-folder", test_shares_the_folder);
  g_test_add_func ("/thumb-disk/one-of-several", test_one_of_several);

  return g_test_run ();
}
