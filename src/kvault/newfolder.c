/* SPDX-License-Identifier: MIT */
/*
 * newfolder.c - the folder in which a new file is made: ".NAME.kvault-new" beside its name, locked, and cleared behind killed processes.
 *
 * It belongs to who made it, and nobody else may enter. What is removed is removed from the open folder, never through a link, and only if it is
 * known to be of this file. A file that is exchanged is called by the inodes of both: so whoever clears up knows whether what it finds is one
 * of those two, or a third file, which had come to the name in between and is nobody's to delete.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define FOLDER_SUFFIX ".kvault-new"
#define LOCK_NAME ".kvault-lock"
#define MAKING_TRIES 4
#define SWEEPER_MS 20     /* from locking what is to go to removing it */

static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
#define N_SUFFIXES (sizeof suffixes / sizeof suffixes[0])

static bool
is_same (const struct stat *a,
         const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* ---- what is in it ---- */

/* Whether @name is that of the file for which the folder @hidden is, or of what SQLite puts beside that. Of a long name the folder has a part. */
static bool
is_named (const char *name,
          const char *hidden)
{
  size_t length = strlen (name);
  bool found = false;

  for (size_t i = 0; i < N_SUFFIXES && !found; i++)
    {
      size_t suffix = strlen (suffixes[i]);
      char *path, *folder;

      if (length <= suffix || strcmp (name + length - suffix, suffixes[i]) != 0 ||
          asprintf (&path, "/%.*s", (int) (length - suffix), name) < 0)
        continue;
      folder = kvault__hidden_path (path, FOLDER_SUFFIX);
      found = folder != NULL && strcmp (folder + 1, hidden) == 0;
      free (folder);
      free (path);
    }
  return found;
}

/* A file that came to the name in the moment before the exchange, of whom a killed process could not say so any more, stays. */
static bool
keep_third (const char *folder,
            const char *name)
{
  const char *hidden = strrchr (folder, '/') + 1;
  char *path, *target, *kept = NULL;

  if (asprintf (&path, "%s/%s", folder, name) < 0)
    return false;
  if (asprintf (&target, "%.*s%.*s", (int) (hidden - folder), folder, (int) (strlen (hidden + 1) - strlen (FOLDER_SUFFIX)), hidden + 1) >= 0)
    {
      kept = kvault__keep_beside (path, target);
      free (target);
    }
  free (path);
  if (kept == NULL)
    return false;
  free (kept);
  return true;
}

static bool
is_third (int         folder,
          const char *name)
{
  uint64_t made, old;
  struct stat st;
  int end = 0;

  return sscanf (name, "%" SCNu64 ".%" SCNu64 KVAULT__RECORD_SUFFIX "%n", &made, &old, &end) == 2 && name[end] == '\0' && end > 0 &&
         fstatat (folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino != made && st.st_ino != old;
}

/* What SQLite, kvault_backup() and this file leave in such a folder, and nothing else. */
static bool
is_ours (const char *name,
         const char *hidden)
{
  size_t end = strlen (name), record = strlen (KVAULT__RECORD_SUFFIX);

  return is_named (name, hidden) || (name[0] == '.' && strstr (name, ".kvault-compact") != NULL) ||
         (end > record && strcmp (name + end - record, KVAULT__RECORD_SUFFIX) == 0);
}

static DIR *
list_folder (int folder_fd)
{
  int fd = openat (folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;

  if (fd >= 0 && directory == NULL)
    close (fd);
  return directory;
}

/* @folder: "F/.NAME.kvault-new", open as @folder_fd. With its lock. (false: something is there still) */
static bool
clear (const char *folder,
       int         folder_fd)
{
  const char *hidden = strrchr (folder, '/') + 1;
  DIR *directory = list_folder (folder_fd);
  struct dirent *entry;
  bool empty = directory != NULL;

  while (directory != NULL && (entry = readdir (directory)) != NULL)
    {
      const char *name = entry->d_name;

      if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0 || strcmp (name, LOCK_NAME) == 0)
        continue;
      if (is_third (folder_fd, name))
        empty = keep_third (folder, name) && empty;
      else
        empty = is_ours (name, hidden) && unlinkat (folder_fd, name, 0) == 0 && empty;
    }
  if (directory != NULL)
    closedir (directory);
  return empty;
}

/* Ends the lock, too; what cannot be removed keeps the file of it, and is found by that. */
static void
remove_folder (const char *folder,
               int         folder_fd,
               int         lock_fd)
{
  if (clear (folder, folder_fd))
    {
      unlinkat (folder_fd, LOCK_NAME, 0);
      rmdir (folder);   /* unless the next one has come to it */
    }
  close (lock_fd);
  close (folder_fd);
}

/* ---- whose it is ---- */

/* Never through a link, which anybody may put there to have files removed elsewhere. (-1 and errno) */
static int
open_folder (const char *folder)
{
  return open (folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Made by this user, or, where all that is made has another owner, like the lock that was made in it. */
static bool
is_own (int folder_fd,
        int lock_fd)
{
  struct stat st, lock;

  return fstat (folder_fd, &st) == 0 && (st.st_uid == geteuid () || (lock_fd >= 0 && fstat (lock_fd, &lock) == 0 && lock.st_uid == st.st_uid));
}

/* @made: the folder is new, and so must be the lock. (-1 and errno; EWOULDBLOCK: somebody has it, ENOENT: there is none) */
static int
take_lock (int  folder_fd,
           bool made)
{
  struct stat st, named;
  int fd, system_errno;

  if (!made && !is_own (folder_fd, -1))
    {
      errno = EACCES;
      return -1;
    }
  fd = openat (folder_fd, LOCK_NAME, O_RDWR | O_NOFOLLOW | O_CLOEXEC | (made ? O_CREAT | O_EXCL : 0), 0600);
  if (fd < 0)
    return -1;
  if (made && !is_own (folder_fd, fd))   /* somebody put it there meanwhile */
    system_errno = EACCES;
  else if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    system_errno = errno;
  else if (fstat (fd, &st) == 0 && fstatat (folder_fd, LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 && is_same (&st, &named))
    return fd;
  else   /* whoever had it has just removed it */
    system_errno = EEXIST;
  if (made && system_errno != EWOULDBLOCK && system_errno != EEXIST)   /* the file system has no locks: it would be in the way for ever */
    unlinkat (folder_fd, LOCK_NAME, 0);
  close (fd);
  errno = system_errno;
  return -1;
}

/* ---- sweeping ---- */

/* Removes what a killed process left. Somebody's work that is under way is locked, and stays. */
void
kvault__sweep_new_file (const char *folder,
                        const char *name)
{
  size_t length = strlen (name), suffix = strlen (FOLDER_SUFFIX);
  int folder_fd, fd;
  char *path;

  if (name[0] != '.' || length <= suffix + 1 || strcmp (name + length - suffix, FOLDER_SUFFIX) != 0 ||
      asprintf (&path, "%s/%s", folder, name) < 0)
    return;
  if ((folder_fd = open_folder (path)) >= 0)
    {
      if ((fd = take_lock (folder_fd, false)) >= 0)
        remove_folder (path, folder_fd, fd);
      else
        {
          if (errno == ENOENT)
            rmdir (path);   /* killed before there was a lock; whoever is about to make that begins again */
          close (folder_fd);
        }
    }
  free (path);
}

/* ---- making it ---- */

/* One try. (errno; 0: it is there, with its lock) @again: others came between, and may be gone by now */
static int
enter (kvault__new_folder *self,
       bool               *made,
       bool               *again)
{
  int system_errno;

  *again = false;
  *made = mkdir (self->path, 0700) == 0;
  if (!*made && errno != EEXIST)
    return errno;
  if ((self->fd = open_folder (self->path)) < 0)
    {
      *again = errno == ENOENT;
      return errno;
    }
  if ((self->lock_fd = take_lock (self->fd, *made)) >= 0)
    return 0;
  system_errno = errno;
  close (self->fd);
  self->fd = -1;
  if (!*made && system_errno == ENOENT && rmdir (self->path) != 0 && errno != ENOENT)
    return errno;   /* it is something else */
  *again = system_errno == ENOENT || system_errno == EEXIST || system_errno == EWOULDBLOCK;
  if (*made && !*again)
    rmdir (self->path);
  return system_errno;
}

/* Made, or taken over from a killed process, and empty but for what is somebody else's. (errno; EBUSY: somebody makes this file just now) */
int
kvault__new_folder_make (kvault__new_folder *self)
{
  bool made = false, again = true, mine = false;

  for (int i = 0; i < MAKING_TRIES && again; i++)
    {
      int system_errno = enter (self, &made, &again);

      if (system_errno == 0)
        clear (self->path, self->fd);
      if (!again)
        return system_errno;
      mine = mine || made;
      if (system_errno == EWOULDBLOCK)   /* a sweeper has locked what was just made, and is gone in a moment */
        {
          again = mine;
          nanosleep (&(struct timespec) { .tv_nsec = SWEEPER_MS * 1000000L }, NULL);
        }
    }
  return EBUSY;
}

/* @keep: with all that is in it. */
void
kvault__new_folder_leave (kvault__new_folder *self,
                          bool                keep)
{
  if (keep)
    {
      close (self->lock_fd);
      close (self->fd);
    }
  else
    remove_folder (self->path, self->fd, self->lock_fd);
  self->fd = self->lock_fd = -1;
}

/* For the file of that path. (NULL: no memory) */
char *
kvault__new_folder_path (const char *target)
{
  return kvault__hidden_path (target, FOLDER_SUFFIX);
}
