/* SPDX-License-Identifier: MIT */
/*
 * Where values lie that other programs have open. Worker threads.
 *
 *   ~/.cache/coffer/opened/            0700
 *     XXXXXX/                          of one process, which holds XXXXXX/lock
 *       YYYYYY/name.ext                one value
 *       YYYYYY/.stamp                  as old as that was when it was whole, or began to be read for the vault
 */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-outside-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STAMP ".stamp"
#define NEXT_STAMP ".stamp-next"
#define LONGEST_STEP_MS 20   /* of that clock: 10 with 100 ticks a second */
#define NSEC_PER_SEC G_GINT64_CONSTANT (1000000000)

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

  return g_lstat (path, &status) == 0 ? status.st_mtim.tv_sec * NSEC_PER_SEC + status.st_mtim.tv_nsec : 0;
}

/* When something in the folder of a value was written last. */
static gint64
get_newest_time (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  gint64 newest = 0;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (!g_str_equal (name, STAMP) && !g_str_equal (name, NEXT_STAMP))
      newest = MAX (newest, get_time (folder, name));

  return newest;
}

/* Whether something in the folder of a value was written after what is known of it. */
static gboolean
is_written (const char *folder)
{
  gint64 stamp = get_time (folder, STAMP);

  return stamp != 0 && get_newest_time (folder) > stamp;
}

static gboolean
has_open (const char *process,
          const char *folder)
{
  g_autofree char *files = g_build_filename ("/proc", process, "fd", NULL);
  g_autoptr(GDir) dir = g_dir_open (files, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (files, name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      if (target != NULL && g_str_has_prefix (target, folder))
        return TRUE;
    }
  return FALSE;
}

static gboolean
was_given (const char *process,
           const char *folder)
{
  g_autofree char *path = g_build_filename ("/proc", process, "cmdline", NULL);
  g_autofree char *line = NULL;
  gsize size;

  return g_file_get_contents (path, &line, &size, NULL) && memmem (line, size, folder, strlen (folder)) != NULL;
}

/* Whether a program of this person's has something in the folder open, or was told to: it may still write there. */
static gboolean
is_used (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc", 0, NULL);
  g_autofree char *own_process = g_strdup_printf ("%d", getpid ());
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_ascii_isdigit (*name) && !g_str_equal (name, own_process) && (was_given (name, folder) || has_open (name, folder)))
      return TRUE;

  return FALSE;
}

static GMutex mutex;
static char *own = NULL;            /* locked for as long as the process lives, by */
static int own_lock = -1;
static GMutex doomed_mutex;         /* held for moments only */
static GHashTable *doomed = NULL;   /* folders of which nothing is to be kept */

static gboolean
is_doomed (const char *folder)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&doomed_mutex);

  return doomed != NULL && g_hash_table_contains (doomed, folder);
}

/* In this order: a program that writes and ends between the two was there at the first. */
static gboolean
is_kept (const char *folder)
{
  return !is_doomed (folder) && (is_used (folder) || is_written (folder));
}

/* The file that was written last. */
static char *
find_newest (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  g_autofree char *newest = NULL;
  gint64 newest_time = 0;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      gint64 time = get_time (folder, name);

      if (*name == '.' || time < newest_time)
        continue;
      newest_time = time;
      g_free (newest);
      newest = g_build_filename (folder, name, NULL);
    }
  return g_steal_pointer (&newest);
}

/* All of what a process left, or all but what is more than copies. @left: (nullable): takes the files that somebody wrote. */
static void
clean (const char *folder,
       GPtrArray  *left)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  gboolean keeps = FALSE;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      char *file;

      if (!g_file_test (path, G_FILE_TEST_IS_DIR))
        continue;
      if (!is_kept (path))
        {
          remove_folder (path);
          continue;
        }
      keeps = TRUE;
      if (left != NULL && is_written (path) && (file = find_newest (path)) != NULL)
        g_ptr_array_add (left, file);
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

static void
unlock (void)
{
  if (own_lock >= 0)
    close (own_lock);
  own_lock = -1;
}

static char *
dup_own (GError **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&mutex);
  g_autofree char *root = dup_root (), *folder = NULL;

  if (own != NULL && g_file_test (own, G_FILE_TEST_IS_DIR))
    return g_strdup (own);

  folder = g_build_filename (root, "XXXXXX", NULL);
  unlock ();
  if (g_mkdir_with_parents (root, 0700) != 0 || g_mkdtemp (folder) == NULL || (own_lock = lock_folder (folder, O_CREAT)) < 0)
    {
      set_error (error, root);
      return NULL;
    }
  g_free (own);
  own = g_steal_pointer (&folder);
  return g_strdup (own);
}

char *
coffer_outside_folder_make (GError **error)
{
  g_autofree char *parent = dup_own (error);
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

static void
set_time (const char *path,
          gint64      time)
{
  const struct timespec spec = { .tv_sec = time / NSEC_PER_SEC, .tv_nsec = time % NSEC_PER_SEC };

  utimensat (AT_FDCWD, path, (const struct timespec[]) { spec, spec }, AT_SYMLINK_NOFOLLOW);
}

/*
 * As old as what is in the folder, not as now: the kernel's clock for files goes in steps of up to 10 ms, and what is written in the
 * step of the stamp would pass for what was there before. Of nothing it is older than any file, but not 0, which is no stamp.
 */
static void
write_stamp (const char *folder,
             const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  if (g_file_set_contents (path, "", 0, NULL))
    set_time (path, MAX (get_newest_time (folder), NSEC_PER_SEC));
}

/* The copies become a second older than they are: a program may write in the very step of the clock in which they were made. */
void
coffer_outside_folder_stamp (const char *folder)
{
  gint64 time = get_newest_time (folder) - NSEC_PER_SEC;
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      set_time (path, time);
    }
  write_stamp (folder, STAMP);
}

/* What is written from now on is newer than @time, by the clock that the kernel has for files. */
static void
wait_out_step (gint64 time)
{
  struct timespec now;

  for (guint ms = 0; ms < LONGEST_STEP_MS && clock_gettime (CLOCK_REALTIME_COARSE, &now) == 0; ms++)
    {
      if (now.tv_sec * NSEC_PER_SEC + now.tv_nsec > time)
        break;
      g_usleep (1000);
    }
}

/* What comes between the stamp and the end of the step is read with the rest. */
void
coffer_outside_folder_begin_stamp (const char *folder)
{
  write_stamp (folder, NEXT_STAMP);
  wait_out_step (get_time (folder, NEXT_STAMP));
}

void
coffer_outside_folder_end_stamp (const char *folder)
{
  g_autofree char *from = g_build_filename (folder, NEXT_STAMP, NULL);
  g_autofree char *to = g_build_filename (folder, STAMP, NULL);

  g_rename (from, to);
}

void
coffer_outside_folder_doom (const char *folder)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&doomed_mutex);

  if (doomed == NULL)
    doomed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (doomed, g_strdup (folder));
}

void
coffer_outside_folder_drop (const char *folder)
{
  g_autofree char *root = dup_root ();

  g_return_if_fail (g_str_has_prefix (folder, root));

  remove_folder (folder);
}

void
coffer_outside_folder_leave (const char *folder)
{
  if (!is_kept (folder))
    coffer_outside_folder_drop (folder);
}

void
coffer_outside_folder_finish (void)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&mutex);

  if (own != NULL)
    clean (own, NULL);
  g_clear_pointer (&own, g_free);
  unlock ();
}

GPtrArray *
coffer_outside_folder_sweep (void)
{
  g_autofree char *root = dup_root ();
  g_autoptr(GDir) dir = g_dir_open (root, 0, NULL);
  GPtrArray *left = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *folder = g_build_filename (root, name, NULL);
      int fd = lock_folder (folder, 0);

      if (fd < 0)
        continue;
      clean (folder, left);
      close (fd);
    }
  return left;
}
