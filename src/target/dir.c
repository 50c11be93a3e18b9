/* SPDX-License-Identifier: MIT */
/* dir.c - the folder an export writes into.
 *
 * The folders of a path are opened one by one without following links, so nothing is ever written outside the folder
 * given.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int
target_dir_open (target_dir *self)
{
  if (!self->dry && mkdir (self->path, 0777) != 0 && errno != EEXIST)
    return errno;
  self->root = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return self->root >= 0 || (self->dry && errno == ENOENT) ? 0 : errno;
}

/* The flush at the end is one of the root's file system; another may be mounted below it. */
static int
leave_folder (target_dir *self)
{
  struct stat here, root;
  int error = 0;

  if (self->folder >= 0)
    {
      if (!self->dry && (fstat (self->folder, &here) != 0 || fstat (self->root, &root) != 0 || here.st_dev != root.st_dev)
          && syncfs (self->folder) != 0)
        error = errno;
      close (self->folder);
    }
  self->folder = -1;
  self->folder_path.size = 0;
  return error;
}

/* One step down, making the folder if it is not there. -1 with errno. */
static int
enter_part (target_dir *self,
            int         parent,
            const char *part)
{
  int fd = openat (parent, part, FOLDER_FLAGS);

  if (fd >= 0 || errno != ENOENT || self->dry)
    return fd;
  if (mkdirat (parent, part, 0777) != 0 && errno != EEXIST)
    return -1;
  return openat (parent, part, FOLDER_FLAGS);
}

int
target_dir_enter (target_dir *self,
                  const char *path,
                  size_t      length)
{
  int parent = self->root, fd = -1, error;
  char part[NAMES_PART_MAX + 32];

  if (self->root < 0)
    return ENOENT;
  if (length == self->folder_path.size
      && (length == 0 || memcmp (path, self->folder_path.data, length) == 0))
    return 0;
  if ((error = leave_folder (self)) != 0)
    return error;
  for (size_t start = 0; start < length;)
    {
      const char *slash = memchr (path + start, '/', length - start);
      size_t size = (size_t) (slash - path) - start;

      memcpy (part, path + start, size);
      part[size] = '\0';
      fd = enter_part (self, parent, part);
      error = errno;
      if (parent != self->root)
        close (parent);
      if (fd < 0)
        return error;
      parent = fd;
      start += size + 1;
    }
  self->folder = fd;
  return names_text_add (&self->folder_path, path, length) ? 0 : ENOMEM;
}

int
target_dir_folder (const target_dir *self)
{
  return self->folder >= 0 ? self->folder : self->root;
}

int
target_dir_sync (target_dir *self)
{
  int error = leave_folder (self);

  if (self->root >= 0 && !self->dry && syncfs (self->root) != 0)
    error = errno;
  return error;
}

void
target_dir_close (target_dir *self)
{
  if (self->folder >= 0)
    close (self->folder);
  if (self->root >= 0)
    close (self->root);
  names_text_clear (&self->folder_path);
}
