/* SPDX-License-Identifier: MIT */
/* target.c - the folder an export writes into, and a file on its way to a name there.
 *
 * The folders of a path are opened one by one without following links, so nothing is ever written outside the folder
 * given. A file is written without a name and linked to its name when it is whole; where the file system has no
 * nameless files, under a hidden one until then.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* --- folders ----------------------------------------------------------------------------- */

int
cli_target_open (cli_target *self)
{
  if (!self->dry && mkdir (self->path, 0777) != 0 && errno != EEXIST)
    return errno;
  self->root = open (self->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return self->root >= 0 || (self->dry && errno == ENOENT) ? 0 : errno;
}

/* The flush at the end is one of the root's file system; another may be mounted below it. */
static int
leave_folder (cli_target *self)
{
  struct stat here, root;
  int error = 0;

  if (self->folder >= 0)
    {
      if ((fstat (self->folder, &here) != 0 || fstat (self->root, &root) != 0 || here.st_dev != root.st_dev)
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
enter_part (cli_target *self,
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
cli_target_enter (cli_target *self,
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
cli_target_folder (const cli_target *self)
{
  return self->folder >= 0 ? self->folder : self->root;
}

int
cli_target_sync (cli_target *self)
{
  int error = leave_folder (self);

  if (self->root >= 0 && !self->dry && syncfs (self->root) != 0)
    error = errno;
  return error;
}

void
cli_target_close (cli_target *self)
{
  if (self->folder >= 0)
    close (self->folder);
  if (self->root >= 0)
    close (self->root);
  names_text_clear (&self->folder_path);
}

/* --- files ------------------------------------------------------------------------------- */

/* A name nobody has yet, as far as chance goes. */
static bool
make_hidden_name (cli_new_file *self)
{
  uint64_t number;

  if (getrandom (&number, sizeof number, 0) != (ssize_t) sizeof number)
    return false;
  snprintf (self->hidden, sizeof self->hidden, ".kvault-%016llx", (unsigned long long) number);
  return true;
}

static int
begin_hidden (cli_new_file *self,
              int           folder)
{
  int error = EEXIST;

  for (int tries = 0; error == EEXIST && tries < 100; tries++)
    {
      if (!make_hidden_name (self))
        error = errno;
      else if ((self->fd = openat (folder, self->hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)) >= 0)
        return 0;
      else
        error = errno;
    }
  self->hidden[0] = '\0';
  return error;
}

/* A file without a name needs /proc to get one. */
int
cli_new_file_begin (cli_new_file *self,
                    int           folder)
{
  *self = (cli_new_file) { .fd = -1 };
  if (access ("/proc/self/fd", X_OK) == 0)
    self->fd = openat (folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
  return self->fd >= 0 ? 0 : begin_hidden (self, folder);
}

int
cli_new_file_write (cli_new_file *self,
                    const char   *data,
                    size_t        size)
{
  while (size > 0)
    {
      ssize_t n = write (self->fd, data, size);

      if (n < 0 && errno != EINTR)
        return errno;
      data += n > 0 ? n : 0;
      size -= n > 0 ? (size_t) n : 0;
    }
  return 0;
}

/* Give a hidden name to a nameless file, to be renamed over what is there. */
static int
link_hidden (cli_new_file *self,
             int           folder,
             const char   *proc_path)
{
  int error;

  do
    {
      if (!make_hidden_name (self))
        error = errno;
      else if (linkat (AT_FDCWD, proc_path, folder, self->hidden, AT_SYMLINK_FOLLOW) == 0)
        return 0;
      else
        error = errno;
    }
  while (error == EEXIST);
  self->hidden[0] = '\0';
  return error;
}

static int
rename_hidden (cli_new_file *self,
               int           folder,
               const char   *name,
               bool          overwrite)
{
  int done = overwrite ? renameat (folder, self->hidden, folder, name)
                       : renameat2 (folder, self->hidden, folder, name, RENAME_NOREPLACE);

  if (done != 0 && !overwrite && (errno == EINVAL || errno == ENOSYS))
    {
      /* Not every file system can; two names for a moment do it too. */
      if ((done = linkat (folder, self->hidden, folder, name, 0)) == 0)
        unlinkat (folder, self->hidden, 0);
    }
  if (done != 0)
    return errno;
  self->hidden[0] = '\0';
  return 0;
}

int
cli_new_file_name (cli_new_file *self,
                   int           folder,
                   const char   *name,
                   bool          overwrite)
{
  char proc_path[64];
  int error;

  if (self->hidden[0] != '\0')
    return rename_hidden (self, folder, name, overwrite);
  snprintf (proc_path, sizeof proc_path, "/proc/self/fd/%d", self->fd);
  if (linkat (AT_FDCWD, proc_path, folder, name, AT_SYMLINK_FOLLOW) == 0)
    return 0;
  if (errno != EEXIST || !overwrite)
    return errno;
  if ((error = link_hidden (self, folder, proc_path)) != 0)
    return error;
  return rename_hidden (self, folder, name, true);
}

void
cli_new_file_end (cli_new_file *self,
                  int           folder)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  if (self->hidden[0] != '\0')
    unlinkat (folder, self->hidden, 0);
}
