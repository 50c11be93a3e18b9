/* SPDX-License-Identifier: MIT */
/*
 * Files from outside that are to be read: opened by descriptors, folder by folder, so that nobody can put a link in the way; and
 * never one that is a vault of this process. Any thread but the main one.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-source.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define FILE_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

typedef struct {
  dev_t device;
  ino_t inode;
} Known;

struct _CofferGuard {
  GArray *files;   /* of Known */
};

CofferGuard *
coffer_guard_new (const char *const *paths)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
  CofferGuard *self = g_new0 (CofferGuard, 1);

  self->files = g_array_new (FALSE, FALSE, sizeof (Known));
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    {
      g_autofree char *real = realpath (paths[i], NULL);   /* the others lie beside the file, not beside a link to it */

      for (guint j = 0; j < G_N_ELEMENTS (suffixes); j++)
        {
          g_autofree char *path = g_strconcat (real != NULL ? real : paths[i], suffixes[j], NULL);
          struct stat file;

          if (stat (path, &file) == 0)
            g_array_append_val (self->files, ((Known) { file.st_dev, file.st_ino }));
        }
    }
  return self;
}

void
coffer_guard_free (CofferGuard *self)
{
  g_array_unref (self->files);
  g_free (self);
}

gboolean
coffer_guard_has (const CofferGuard *self,
                  const struct stat *file)
{
  for (guint i = 0; self != NULL && i < self->files->len; i++)
    {
      const Known *known = &g_array_index (self->files, Known, i);

      if (known->device == file->st_dev && known->inode == file->st_ino)
        return TRUE;
    }
  return FALSE;
}

char *
coffer_source_describe_errno (int error)
{
  switch (error)
    {
    case EACCES:
    case EPERM:
      return g_strdup (_("You have no right to read it"));
    case ENOENT:
    case ENOTDIR:
      return g_strdup (_("It is not there any more"));
    case ELOOP:
      return g_strdup (_("It is a link, which is not followed"));
    default:
      return g_strdup (g_strerror (error));
    }
}

/* Says what errno is, and gives -1. */
static int
fail (int      error,
      GError **error_out)
{
  g_autofree char *words = coffer_source_describe_errno (error);

  g_set_error_literal (error_out, G_IO_ERROR, g_io_error_from_errno (error), words);
  return -1;
}

/* A descriptor of the folder that @path, in @root, lies in; *@name becomes its last part. -1 with errno. */
static int
open_parent (const char  *root,
             const char  *path,
             const char **name)
{
  int folder = open (root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const char *slash;

  for (*name = path; folder >= 0 && (slash = strchr (*name, '/')) != NULL; *name = slash + 1)
    {
      g_autofree char *part = g_strndup (*name, slash - *name);
      int next = openat (folder, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      int error = errno;

      close (folder);
      folder = next;
      errno = error;
    }
  return folder;
}

/* The file by the folder it is in (AT_FDCWD: by @name alone). Looks before it opens. */
static int
open_at (int                 folder,
         const char         *name,
         int                 flags,
         const CofferGuard  *guard,
         struct stat        *before,
         GError            **error)
{
  int fd;

  if (fstatat (folder, name, before, flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0) != 0)
    return fail (errno, error);
  if (S_ISLNK (before->st_mode))
    return fail (ELOOP, error);
  if (!S_ISREG (before->st_mode))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _("It is neither a file nor a folder"));
      return -1;
    }
  if (coffer_guard_has (guard, before))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, _("It is part of a vault that is open here"));
      return -1;
    }
  if ((fd = openat (folder, name, FILE_FLAGS | flags)) < 0)
    return fail (errno, error);
  if (fstat (fd, before) == 0 && S_ISREG (before->st_mode))
    {
      if (!coffer_guard_has (guard, before))
        return fd;
      fd = -1;   /* put there a moment ago; it stays open, for the sake of the locks */
    }
  if (fd >= 0)
    close (fd);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, _("It changed while it was opened"));
  return -1;
}

int
coffer_source_open (const char         *root,
                    const char         *path,
                    const CofferGuard  *guard,
                    struct stat        *before,
                    GError            **error)
{
  const char *name;
  int folder, fd;

  if (path == NULL)
    return open_at (AT_FDCWD, root, 0, guard, before, error);
  if ((folder = open_parent (root, path, &name)) < 0)
    return fail (errno, error);
  fd = open_at (folder, name, O_NOFOLLOW, guard, before, error);
  close (folder);
  return fd;
}

gboolean
coffer_source_changed (int                fd,
                       const struct stat *before)
{
  struct stat now;

  return fstat (fd, &now) != 0 || now.st_size != before->st_size || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
         now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}
