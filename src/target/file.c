/* SPDX-License-Identifier: MIT */
/* file.c - a file on its way to a name.
 *
 * It is written without a name and linked to its name when it is whole; where the file system has no nameless files, under a
 * hidden one until then.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* How often the system is told to begin to write a large file, or it would lie in memory until it is flushed, and the disk be idle meanwhile. */
#define WRITE_BEHIND (8 * 1024 * 1024)

/* A name nobody has yet, as far as chance goes. */
static bool
make_hidden_name (target_file *self)
{
  uint64_t number;

  if (getrandom (&number, sizeof number, 0) != (ssize_t) sizeof number)
    return false;
  snprintf (self->hidden, sizeof self->hidden, ".kvault-%016llx", (unsigned long long) number);
  return true;
}

static int
begin_hidden (target_file *self,
              int           folder)
{
  int error = EEXIST;

  for (int tries = 0; error == EEXIST && tries < 100; tries++)
    {
      if (!make_hidden_name (self))
        error = errno;
      else if ((self->fd = openat (folder, self->hidden, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)) >= 0)
        return 0;
      else
        error = errno;
    }
  self->hidden[0] = '\0';
  return error;
}

/* A file without a name needs /proc to get one. It does not come or go, and asking for each of many small files shows. */
static bool
has_proc (void)
{
  static int known;   /* 1: yes, -1: no; every thread finds the same */
  int has = __atomic_load_n (&known, __ATOMIC_RELAXED);

  if (has == 0)
    __atomic_store_n (&known, has = access ("/proc/self/fd", X_OK) == 0 ? 1 : -1, __ATOMIC_RELAXED);
  return has > 0;
}

int
target_file_begin (target_file *self,
                    int           folder)
{
  *self = (target_file) { .fd = -1 };
  if (has_proc ())
    self->fd = openat (folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0666);
  return self->fd >= 0 ? 0 : begin_hidden (self, folder);
}

int
target_file_write (target_file *self,
                    const char   *data,
                    size_t        size)
{
  self->unpushed += size;
  while (size > 0)
    {
      ssize_t n = write (self->fd, data, size);

      if (n < 0 && errno != EINTR)
        return errno;
      data += n > 0 ? n : 0;
      size -= n > 0 ? (size_t) n : 0;
    }
  if (self->unpushed >= WRITE_BEHIND)
    {
      sync_file_range (self->fd, 0, 0, SYNC_FILE_RANGE_WRITE);   /* what fails is told by the flush */
      self->unpushed = 0;
    }
  return 0;
}

/* Give a hidden name to a nameless file, to be renamed over what is there. */
static int
link_hidden (target_file *self,
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
rename_hidden (target_file *self,
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
target_file_name (target_file *self,
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
target_file_end (target_file *self,
                  int           folder)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  if (self->hidden[0] != '\0')
    unlinkat (folder, self->hidden, 0);
}
