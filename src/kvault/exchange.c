/* SPDX-License-Identifier: MIT */
/*
 * exchange.c - one file takes the name of another, which nobody has open, and the other is given up.
 *
 * That nobody has it open is proved by a write lease (fcntl(2), F_SETLEASE): it is not given while any other descriptor of the file exists on
 * this machine, and while it is held, open() waits. Who opens it in the last moment has found the old file already: so the names are
 * exchanged under leases on both, the folders written to the disk, openers given time to show, and if one did, the names are exchanged
 * back, and the opener, who has the old inode, never knows. One who at the same time had found the new inode waits for the lease on that one, and
 * then finds a file that is no database: an error instead of a lost write. The file that was given up is spoiled likewise.
 *
 * A kill before the exchange leaves the old file with its name, one after it the new, which was on the disk by then. The other one is at
 * the place where the new one was made, and whoever made it knows how to find it there.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define OPENERS_MS 20     /* from finding an inode to breaking its lease */

/* A broken lease is told by a signal, which by default is SIGIO and kills: SIGURG does nothing, and goes to nobody in the end. */
bool
kvault__take_lease (int fd)
{
  if (fcntl (fd, F_SETSIG, SIGURG) != 0 || fcntl (fd, F_SETLEASE, F_WRLCK) != 0)
    return false;
  fcntl (fd, F_SETOWN, 0);
  return true;
}

int
kvault__sync_folder (kvault     *vault,
                     const char *path)
{
  char *folder = kvault__folder_of (path);
  int fd = folder != NULL ? open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  int rc = KVAULT_OK;

  if (fd < 0 || fsync (fd) != 0)
    rc = kvault__fail_errno (vault, KVAULT_EIO, errno, "%s: its folder", vault->name);
  if (fd >= 0)
    close (fd);
  free (folder);
  return rc;
}

/* ---- owner, rights, attributes ---- */

static bool
is_refusal (int system_errno)
{
  return system_errno == EPERM || system_errno == EACCES || system_errno == EOPNOTSUPP;
}

static int
fail_attributes (kvault *vault)
{
  return kvault__fail_errno (vault, KVAULT_EPERM, errno, "%s: its owner, rights or attributes cannot be given to the new file", vault->name);
}

/* Security labels follow from the folder where they may not be set; all others are the person's. */
static int
copy_xattr (kvault     *vault,
            const char *name,
            int         fd,
            bool        strict)
{
  char value[65536];   /* the most there can be */
  ssize_t n = getxattr (vault->path, name, value, sizeof value);

  if (n >= 0 && fsetxattr (fd, name, value, (size_t) n, 0) == 0)
    return KVAULT_OK;
  if (strncmp (name, "security.", 9) == 0 || strncmp (name, "trusted.", 8) == 0 || (!strict && is_refusal (errno)))
    return KVAULT_OK;
  return fail_attributes (vault);
}

/* Owner, mode and extended attributes, to which access lists belong, of the vault's file. @strict: all of it, or it fails. Else a group that
 * may not be given leaves no other one its rights. */
int
kvault__copy_attributes (kvault *vault,
                         int     fd,
                         bool    strict)
{
  char names[65536];
  struct stat st, now;
  bool owned;
  ssize_t n;
  int rc = KVAULT_OK;

  if (stat (vault->path, &st) != 0 || fstat (fd, &now) != 0)
    return fail_attributes (vault);
  fremovexattr (fd, "system.posix_acl_access");   /* what the folder gives to new files */
  owned = (st.st_uid == now.st_uid && st.st_gid == now.st_gid) || fchown (fd, st.st_uid, st.st_gid) == 0;
  if ((!owned && (strict || !is_refusal (errno))) || fchmod (fd, st.st_mode & (owned ? 07777 : 0707)) != 0)
    return fail_attributes (vault);
  n = owned ? listxattr (vault->path, names, sizeof names) : 0;
  if (n < 0)
    return errno == EOPNOTSUPP ? KVAULT_OK : fail_attributes (vault);
  for (const char *name = names; rc == KVAULT_OK && name < names + n; name += strlen (name) + 1)
    rc = copy_xattr (vault, name, fd, strict);
  return rc;
}

/* ---- the names ---- */

static bool
exchange_paths (const char *a,
                const char *b)
{
  return renameat2 (AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0;
}

static bool
exchange (const kvault__exchange *self)
{
  return exchange_paths (self->made, self->target);
}

/* A lease keeps nobody from giving the name to a third file in the moment before the exchange, which would have that file's name now. */
static bool
took_the_old_name (const kvault__exchange *self)
{
  struct stat st;

  return lstat (self->made, &st) == 0 && st.st_dev == self->old.st_dev && st.st_ino == self->old.st_ino;
}

/* Whoever comes to open this inode, late, finds no database, rather than one whose name is gone. What has another name by now is somebody's: a
 * snapshot of links may have been made at any moment, and holds no lease back. */
static void
spoil (int fd)
{
  static const char words[] = "This file was a vault, and another one has taken its place.\n";
  struct stat st;

  if (fstat (fd, &st) != 0 || st.st_nlink > 1)
    return;
  if (pwrite (fd, words, sizeof words - 1, 0) != (ssize_t) sizeof words - 1)
    return;   /* on a disk so broken nobody will read it either */
}

static int
sync_folders (const kvault__exchange *self,
              kvault                 *vault)
{
  size_t folder = (size_t) (strrchr (self->target, '/') + 1 - self->target);
  bool same = strncmp (self->made, self->target, folder) == 0 && strchr (self->made + folder, '/') == NULL;
  int rc = kvault__sync_folder (vault, self->target);

  return rc == KVAULT_OK && !same ? kvault__sync_folder (vault, self->made) : rc;
}

static bool
has_name (const char *path,
          int         fd)
{
  struct stat named, open_file;

  return lstat (path, &named) == 0 && fstat (fd, &open_file) == 0 && named.st_dev == open_file.st_dev && named.st_ino == open_file.st_ino;
}

/* The new file may be the one of that name after a power cut, as long as that is not on the disk. Yet another file may have come to the name in
 * its place: that one is where the new one was made now, and nobody's to clear. */
static int
take_back (kvault__exchange *self,
           kvault           *vault)
{
  kvault_error error = vault->error;
  bool back = exchange (self);

  self->stuck = !back || !has_name (self->made, self->made_fd);
  if (back && sync_folders (self, vault) == KVAULT_OK)
    {
      spoil (self->made_fd);
      self->spoiled = true;
    }
  vault->error = error;
  return error.code;
}

/* Why two names were not exchanged: a file system that cannot do it is no disk that broke, nor a file that has gone. */
static int
fail_exchange (kvault *vault)
{
  if (errno == ENOENT)
    return kvault__fail_errno (vault, KVAULT_EMOVED, errno, "%s was replaced, renamed or deleted meanwhile", vault->name);
  if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)
    return kvault__fail_errno (vault, KVAULT_EPERM, errno, "%s: its file system cannot exchange two files", vault->name);
  return kvault__fail_errno (vault, KVAULT_EIO, errno, "%s: it cannot be exchanged", vault->name);
}

/* Whether two files can be exchanged where @a and @b are, which nobody else knows of: there and back. Hours of work should not end at a file system
 * that cannot. */
int
kvault__exchange_try (kvault     *vault,
                      const char *a,
                      const char *b)
{
  return exchange_paths (a, b) && exchange_paths (a, b) ? KVAULT_OK : fail_exchange (vault);
}

/* Under leases on both. The messages are about @vault's file, which is the one at self->target. */
int
kvault__exchange_names (kvault__exchange *self,
                        kvault           *vault)
{
  if (!exchange (self))
    return fail_exchange (vault);
  if (!took_the_old_name (self))
    {
      kvault__fail (vault, KVAULT_EMOVED, "%s was replaced, renamed or deleted meanwhile", vault->name);
      return take_back (self, vault);
    }
  if (sync_folders (self, vault) != KVAULT_OK)
    return take_back (self, vault);
  nanosleep (&(struct timespec) { .tv_nsec = OPENERS_MS * 1000000L }, NULL);
  if (fcntl (self->old_fd, F_GETLEASE) != F_WRLCK)
    {
      kvault__fail (vault, KVAULT_EBUSY, "%s: somebody opened it at the last moment", vault->name);
      return take_back (self, vault);
    }
  spoil (self->old_fd);
  return KVAULT_OK;
}

/* What could not get its name back is where the new file was made, and that is cleared: it gets a name that nothing removes, "NAME.kept-1" beside
 * @target, the name cut where that would be too long. (caller frees; NULL: it could not be given one) */
char *
kvault__keep_beside (const char *path,
                     const char *target)
{
  const char *name = strrchr (target, '/') + 1;
  int folder = (int) (name - target), length = (int) kvault__cut_name (name, KVAULT__LONGEST_NAME);
  char *kept = NULL;

  for (int i = 1; i < 100 && kept == NULL; i++)
    {
      if (asprintf (&kept, "%.*s%.*s.kept-%d", folder, target, length, name, i) < 0)
        return NULL;
      if (renameat2 (AT_FDCWD, path, AT_FDCWD, kept, RENAME_NOREPLACE) != 0)
        {
          free (kept);
          kept = NULL;
        }
    }
  return kept;
}

/* Says so, after a failure that is told already. (caller frees: where it is now; NULL: at self->made still, or no memory) */
char *
kvault__exchange_keep (const kvault__exchange *self,
                       kvault                 *vault)
{
  kvault_error error = vault->error;
  char *kept = kvault__keep_beside (self->made, self->target);

  kvault__fail (vault, error.code, "%s; the file that had the name is %s now", error.message, kept != NULL ? kept : self->made);
  vault->error.system_errno = error.system_errno;
  return kept;
}
