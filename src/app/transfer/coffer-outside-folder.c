/* SPDX-License-Identifier: MIT */
/*
 * Where values lie that other programs have open. Worker threads.
 *
 *   ~/.cache/coffer/opened/            0700
 *     XXXXXX/                          of one process, which holds XXXXXX/lock
 *       YYYYYY/name.ext                one value
 *       YYYYYY/.stamp                  as old as that was when it was whole
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-outside-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

static char *
dup_root (void)
{
  return g_build_filename (g_get_user_cache_dir (), "coffer", "opened", NULL);
}

static void
set_error (GError     **error,
           const char  *path)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", path, g_strerror (code));
}

/* Two levels, as they are made here; what else somebody put there stays. */
static void
remove_folder (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        remove_folder (path);
      else
        g_unlink (path);
    }
  g_rmdir (folder);
}

static gint64
get_time (const char *folder,
          const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  GStatBuf status;

  return g_lstat (path, &status) == 0 ? status.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + status.st_mtim.tv_nsec : 0;
}

/* Whether something in the folder of a value was written after it was made. */
static gboolean
is_written (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  gint64 stamp = get_time (folder, ".stamp");
  const char *name;

  while (dir != NULL && stamp != 0 && (name = g_dir_read_name (dir)) != NULL)
    if (get_time (folder, name) > stamp)
      return TRUE;

  return FALSE;
}

/* All of what a process left, or all but what is more than copies. */
static void
clean (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  gboolean keeps = FALSE;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (!g_file_test (path, G_FILE_TEST_IS_DIR))
        continue;
      if (is_written (path))
        keeps = TRUE;
      else
        remove_folder (path);
    }
  if (!keeps)
    remove_folder (folder);
}

/* -1 if another process has it. */
static int
lock_folder (const char *folder,
             int         flags)
{
  g_autofree char *path = g_build_filename (folder, "lock", NULL);
  int fd = g_open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      close (fd);
      return -1;
    }
  return fd;
}

static GMutex mutex;
static char *own = NULL;   /* locked for as long as the process lives */

static const char *
get_own (GError **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&mutex);
  g_autofree char *root = dup_root (), *folder = NULL;

  if (own != NULL && g_file_test (own, G_FILE_TEST_IS_DIR))
    return own;

  folder = g_build_filename (root, "XXXXXX", NULL);
  if (g_mkdir_with_parents (root, 0700) != 0 || g_mkdtemp (folder) == NULL || lock_folder (folder, O_CREAT) < 0)
    {
      set_error (error, root);
      return NULL;
    }
  g_free (own);
  own = g_steal_pointer (&folder);
  return own;
}

char *
coffer_outside_folder_make (GError **error)
{
  const char *parent = get_own (error);
  g_autofree char *folder = parent != NULL ? g_build_filename (parent, "XXXXXX", NULL) : NULL;

  if (parent == NULL)
    return NULL;
  if (g_mkdtemp (folder) == NULL)
    {
      set_error (error, folder);
      return NULL;
    }
  return g_steal_pointer (&folder);
}

void
coffer_outside_folder_stamp (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, ".stamp", NULL);

  g_file_set_contents (path, "", 0, NULL);
}

void
coffer_outside_folder_drop (const char *folder)
{
  g_autofree char *root = dup_root ();

  g_return_if_fail (g_str_has_prefix (folder, root));

  remove_folder (folder);
}

void
coffer_outside_folder_finish (void)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&mutex);

  if (own != NULL)
    remove_folder (own);
  g_clear_pointer (&own, g_free);
}

void
coffer_outside_folder_sweep (void)
{
  g_autofree char *root = dup_root ();
  g_autoptr(GDir) dir = g_dir_open (root, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = g_build_filename (root, name, NULL);
      int fd = lock_folder (folder, 0);

      if (fd < 0)
        continue;
      clean (folder);
      close (fd);
    }
}
