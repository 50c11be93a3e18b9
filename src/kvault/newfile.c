/* SPDX-License-Identifier: MIT */
/*
 * newfile.c - a whole file under a name that may be taken: made elsewhere, and given the name when it is done.
 *
 * It is made under its own name in a folder of its own, see newfolder.c: so two that make a file of one name do not meet, and what a killed
 * process left is told from what somebody works on. A name that is free is given without replacing (renameat2(RENAME_NOREPLACE), or link()); a file
 * that has it is replaced as exchange.c says. Nothing is ever deleted under the name itself.
 *
 * Closing a descriptor of a file drops the locks that this process has on it. So none is made of a file that this process has open: neither
 * by a handle, nor by any other descriptor.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define SCANNER_MS 40
#define SCANNER_TRIES 25

static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
#define N_SUFFIXES (sizeof suffixes / sizeof suffixes[0])

struct kvault_new_file {
  kvault *stub;            /* a handle that is never open: name and path of the target, the error, the claim */
  kvault__new_folder folder;
  char *made;              /* in it */
  struct stat old;
  bool old_listed;         /* it has an access list, and its group's bits are what that gives at most to anybody */
  bool replaces;
  bool keeps;              /* a file is in the folder that could get no name */
  bool given_up;           /* what was made is spoiled, see exchange.c */
  kvault_hindrance hindrance;
  kvault_holder holder;
};

static int
refuse (kvault_new_file  *self,
        kvault_hindrance  hindrance,
        int               code)
{
  self->hindrance = hindrance;
  return code;
}

static bool
is_same (const struct stat *a,
         const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int
fail_another (kvault_new_file *self)
{
  return refuse (self, KVAULT_HINDRANCE_ANOTHER,
                 kvault__fail (self->stub, KVAULT_EEXIST, "another file has come to the place of %s meanwhile", self->stub->name));
}

/* ---- the folder ---- */

static int
fail_folder (kvault_new_file *self)
{
  int code = errno == EACCES || errno == EPERM || errno == EROFS ? KVAULT_EREADONLY : KVAULT_EIO;

  return kvault__fail_errno (self->stub, code, errno, "%s cannot be made there", self->stub->name);
}

/* What is there when another one begins would be taken for what is made now. */
static int
check_empty (kvault_new_file *self)
{
  struct stat st;

  for (size_t i = 0; i < N_SUFFIXES; i++)
    {
      char *path = sqlite3_mprintf ("%s%s", self->made, suffixes[i]);
      bool there;

      if (path == NULL)
        return kvault__fail (self->stub, KVAULT_ENOMEM, "%s: no memory", self->stub->name);
      there = lstat (path, &st) == 0;
      sqlite3_free (path);
      if (there)
        return kvault__fail (self->stub, KVAULT_EIO, "%s cannot be made there: what was left of an earlier one cannot be removed", self->stub->name);
    }
  return KVAULT_OK;
}

static int
make_folder (kvault_new_file *self)
{
  int rc;

  errno = kvault__new_folder_make (&self->folder);
  if (errno == EBUSY)
    return refuse (self, KVAULT_HINDRANCE_IN_THE_MAKING,
                   kvault__fail (self->stub, KVAULT_EBUSY, "%s: somebody makes it just now", self->stub->name));
  if (errno != 0)
    return fail_folder (self);
  if ((rc = check_empty (self)) != KVAULT_OK)
    kvault__new_folder_leave (&self->folder, false);
  return rc;
}

/* ---- whether the name can be had ---- */

/* Whether SQLite would take a file of this name for what it keeps beside another: it deletes that, or reads it, when the other is opened. */
bool
kvault__is_companion (const char *path)
{
  const char *name = strrchr (path, '/') != NULL ? strrchr (path, '/') + 1 : path;
  size_t length = strlen (name);

  for (size_t i = 1; i < N_SUFFIXES; i++)
    {
      size_t suffix = strlen (suffixes[i]);

      if (length > suffix && sqlite3_stricmp (name + length - suffix, suffixes[i]) == 0)
        return true;
    }
  return false;
}

/* What another vault of this name would be read with: the log of the one would be taken for that of the other. */
static int
check_companions (kvault_new_file *self)
{
  kvault *stub = self->stub;
  struct stat st;

  for (size_t i = 1; i < N_SUFFIXES; i++)
    {
      char *path = sqlite3_mprintf ("%s%s", stub->path, suffixes[i]);
      bool there;

      if (path == NULL)
        return kvault__fail (stub, KVAULT_ENOMEM, "%s: no memory", stub->name);
      there = i != 2 && lstat (path, &st) == 0 && (st.st_size > 0 || !S_ISREG (st.st_mode));
      sqlite3_free (path);
      if (there)
        return refuse (self, KVAULT_HINDRANCE_LOG,
                       kvault__fail (stub, KVAULT_EEXIST, "%s%s is there, and would be read with the new file", stub->name, suffixes[i]));
    }
  return KVAULT_OK;
}

/* By whatever part of it. */
static bool
is_open_here (const struct stat *file)
{
  DIR *directory = opendir ("/proc/self/fd");
  struct dirent *entry;
  bool found = false;
  struct stat st;

  while (!found && directory != NULL && (entry = readdir (directory)) != NULL)
    found = entry->d_name[0] != '.' && fstat (atoi (entry->d_name), &st) == 0 && is_same (&st, file);
  if (directory != NULL)
    closedir (directory);
  return found;
}

static int
fail_open (kvault_new_file *self)
{
  kvault *stub = self->stub;
  kvault__who who;

  if (errno == EACCES || errno == EPERM || errno == EROFS)
    return kvault__fail_errno (stub, KVAULT_EREADONLY, errno, "%s", stub->name);
  if (errno != EAGAIN && errno != EBUSY && errno != ETXTBSY)
    return kvault__fail_errno (stub, KVAULT_EIO, errno, "%s", stub->name);
  kvault__who_has_open (stub, &who);
  self->holder.pid = who.pid;
  memcpy (self->holder.program, who.program, sizeof self->holder.program);
  return refuse (self, KVAULT_HINDRANCE_OPEN, kvault__swap_fail_others (stub, &who));
}

/* @fd: (out) of the old file, with a lease: nobody else has one. With the claim, which is the caller's to end. */
static int
take_lease (kvault_new_file *self,
            int             *fd)
{
  kvault *stub = self->stub;
  bool busy;

  *fd = open (stub->path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
  if (*fd < 0)
    return fail_open (self);
  if (kvault__take_lease (*fd))
    return KVAULT_OK;
  busy = errno == EAGAIN || errno == EBUSY;
  if (!busy)
    kvault__fail_errno (stub, KVAULT_EPERM, errno, "%s: the system cannot tell whether others have the file open", stub->name);
  close (*fd);
  *fd = -1;
  errno = EBUSY;
  return busy ? fail_open (self) : refuse (self, KVAULT_HINDRANCE_UNKNOWN, KVAULT_EPERM);
}

static int
claim (kvault_new_file *self)
{
  kvault *stub = self->stub;

  if (kvault__claim_unused (stub, &self->old) != KVAULT_OK)
    return refuse (self, KVAULT_HINDRANCE_OPEN, KVAULT_EBUSY);
  if (!is_open_here (&self->old))
    return KVAULT_OK;
  kvault__unclaim (stub);
  return refuse (self, KVAULT_HINDRANCE_OPEN, kvault__fail (stub, KVAULT_EBUSY, "%s: this program has it open itself", stub->name));
}

static int
check_names (kvault_new_file   *self,
             const struct stat *st)
{
  kvault *stub = self->stub;

  if (st->st_nlink <= 1)
    return KVAULT_OK;
  return refuse (self, KVAULT_HINDRANCE_NAMES,
                 kvault__fail (stub, KVAULT_EPERM, "%s: the file has more than one name (hard links), and only one could be given to the new file",
                               stub->name));
}

/* The file that is to be replaced, in self->old. @fd: see take_lease(). Nothing is claimed after a failure. */
static int
check_old (kvault_new_file *self,
           int             *fd)
{
  kvault *stub = self->stub;
  struct stat st;
  int rc;

  *fd = -1;
  if (!S_ISREG (self->old.st_mode))
    return refuse (self, KVAULT_HINDRANCE_NO_FILE, kvault__fail (stub, KVAULT_ENOTFILE, "%s is no file that could be replaced", stub->name));
  if ((rc = check_names (self, &self->old)) != KVAULT_OK || (rc = claim (self)) != KVAULT_OK)
    return rc;
  if ((rc = take_lease (self, fd)) == KVAULT_OK && (fstat (*fd, &st) != 0 || !is_same (&st, &self->old)))
    rc = fail_another (self);
  if (rc == KVAULT_OK && (rc = check_names (self, &st)) == KVAULT_OK)   /* a snapshot may have been made meanwhile */
    rc = check_companions (self);
  if (rc == KVAULT_OK)
    return KVAULT_OK;
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  kvault__unclaim (stub);
  return rc;
}

/* ---- whether it can be given ---- */

static bool
is_no_way (int system_errno)
{
  return system_errno == EINVAL || system_errno == ENOSYS || system_errno == EOPNOTSUPP;
}

static int
make_empty (kvault_new_file *self,
            const char      *name)
{
  int fd = openat (self->folder.fd, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    return fail_folder (self);
  close (fd);
  return KVAULT_OK;
}

/* The way by which it gets its name at the end is gone once, with empty files: some file systems do not have it, and the work may take hours. */
static int
try_way (kvault_new_file *self)
{
  static const char *const names[] = { "a" KVAULT__RECORD_SUFFIX, "b" KVAULT__RECORD_SUFFIX };
  int dir = self->folder.fd, rc = make_empty (self, names[0]), done = 0;

  if (rc == KVAULT_OK && self->replaces)
    rc = make_empty (self, names[1]);
  if (rc == KVAULT_OK)
    {
      done = renameat2 (dir, names[0], dir, names[1], self->replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE);
      if (done != 0 && is_no_way (errno) && !self->replaces)
        done = linkat (dir, names[0], dir, names[1], 0);
    }
  if (done != 0 && (is_no_way (errno) || errno == EPERM))
    rc = refuse (self, self->replaces ? KVAULT_HINDRANCE_NO_EXCHANGE : KVAULT_HINDRANCE_NONE,
                 kvault__fail_errno (self->stub, KVAULT_EPERM, errno, self->replaces ? "%s: its file system cannot exchange two files" :
                                     "%s: its file system cannot give a name that is free", self->stub->name));
  for (size_t i = 0; i < 2; i++)
    unlinkat (dir, names[i], 0);
  return rc;
}

/* ---- beginning ---- */

/* As SQLite would have it: absolute, without links. */
static int
resolve (kvault_new_file *self)
{
  const char *target = self->stub->location;
  const char *slash = strrchr (target, '/'), *base = slash != NULL ? slash + 1 : target;
  char *given, *folder;

  if ((self->stub->path = realpath (target, NULL)) != NULL)
    return KVAULT_OK;
  given = slash != NULL ? kvault__folder_of (target) : strdup (".");
  folder = given != NULL ? realpath (given, NULL) : NULL;
  free (given);
  if (folder == NULL || base[0] == '\0')
    {
      free (folder);
      return kvault__fail (self->stub, KVAULT_ENOENT, "%s: its folder does not exist", self->stub->name);
    }
  if (asprintf (&self->stub->path, "%s/%s", strcmp (folder, "/") == 0 ? "" : folder, base) < 0)
    self->stub->path = NULL;
  free (folder);
  return self->stub->path != NULL ? KVAULT_OK : kvault__fail (self->stub, KVAULT_ENOMEM, "%s: no memory", self->stub->name);
}

kvault_new_file *
kvault_new_file_new (const char *target)
{
  kvault_new_file *self = calloc (1, sizeof *self);
  kvault *stub = self != NULL ? calloc (1, sizeof *stub) : NULL;

  if (stub == NULL || (stub->location = strdup (target)) == NULL || (stub->name = kvault__describe_path (target)) == NULL)
    {
      if (stub != NULL)
        free (stub->location);
      free (stub);
      free (self);
      return NULL;
    }
  self->stub = stub;
  self->folder.fd = self->folder.lock_fd = -1;
  return self;
}

int
kvault_new_file_begin (kvault_new_file *self,
                       int              replace)
{
  kvault *stub = self->stub;
  int rc, fd = -1;

  if (self->folder.fd >= 0)
    return kvault__fail (stub, KVAULT_EINVAL, "%s: it was begun already", stub->name);
  if (stub->path == NULL && (rc = resolve (self)) != KVAULT_OK)
    return rc;
  if (kvault__is_companion (stub->path))
    return refuse (self, KVAULT_HINDRANCE_NAME,
                   kvault__fail (stub, KVAULT_EINVAL, "%s: SQLite would take a file of this name for the log of another one, and delete it",
                                 stub->name));
  if ((self->replaces = lstat (stub->path, &self->old) == 0) && !replace)
    return refuse (self, KVAULT_HINDRANCE_ANOTHER, kvault__fail (stub, KVAULT_EEXIST, "%s is there already", stub->name));
  if ((rc = self->replaces ? check_old (self, &fd) : check_companions (self)) != KVAULT_OK)
    return rc;
  if (fd >= 0)
    {
      self->old_listed = fgetxattr (fd, "system.posix_acl_access", NULL, 0) > 0;
      close (fd);
      kvault__unclaim (stub);
    }
  kvault__sweep_folder (stub->path, SIZE_MAX);
  if (self->folder.path == NULL && ((self->folder.path = kvault__new_folder_path (stub->path)) == NULL ||
      asprintf (&self->made, "%s/%s", self->folder.path, strrchr (stub->path, '/') + 1) < 0))
    {
      self->made = NULL;
      return kvault__fail (stub, KVAULT_ENOMEM, "%s: no memory", stub->name);
    }
  if ((rc = make_folder (self)) == KVAULT_OK && (rc = try_way (self)) != KVAULT_OK)
    kvault__new_folder_leave (&self->folder, false);
  return rc;
}

const char *
kvault_new_file_path (const kvault_new_file *self)
{
  return self->made;
}

const kvault_error *
kvault_new_file_error (const kvault_new_file *self)
{
  return &self->stub->error;
}

kvault_hindrance
kvault_new_file_hindrance (const kvault_new_file *self)
{
  return self->hindrance;
}

const kvault_holder *
kvault_new_file_holder (const kvault_new_file *self)
{
  return &self->holder;
}

/* ---- finishing ---- */

/* What could not be moved into the file as that was closed would stay behind. */
static int
check_made (kvault_new_file *self)
{
  kvault *stub = self->stub;
  struct stat st;

  for (size_t i = 1; i < N_SUFFIXES; i++)
    {
      char *path = sqlite3_mprintf ("%s%s", self->made, suffixes[i]);
      bool left;

      if (path == NULL)
        return kvault__fail (stub, KVAULT_ENOMEM, "%s: no memory", stub->name);
      left = i != 2 && stat (path, &st) == 0 && st.st_size > 0;
      sqlite3_free (path);
      if (left)
        return refuse (self, KVAULT_HINDRANCE_UNFINISHED,
                       kvault__fail (stub, KVAULT_EIO, "%s could not be written whole: a part of it stayed in its log", stub->name));
    }
  return KVAULT_OK;
}

static int
fail_made (kvault_new_file *self)
{
  return kvault__fail_errno (self->stub, KVAULT_EIO, errno, "%s: the new file", self->stub->name);
}

/* A file system without the one way may have the other. */
static int
take_free_name (kvault_new_file *self)
{
  kvault *stub = self->stub;
  int rc = renameat2 (AT_FDCWD, self->made, AT_FDCWD, stub->path, RENAME_NOREPLACE);

  if (rc != 0 && is_no_way (errno))
    rc = linkat (AT_FDCWD, self->made, AT_FDCWD, stub->path, 0);   /* the other name goes with its folder */
  if (rc != 0 && errno == EEXIST)
    return refuse (self, KVAULT_HINDRANCE_ANOTHER, kvault__fail (stub, KVAULT_EEXIST, "%s is there already", stub->name));
  if (rc != 0)
    return kvault__fail_errno (stub, KVAULT_EIO, errno, "cannot make %s", stub->name);
  if (kvault__sync_folder (stub, stub->path) != KVAULT_OK)
    {
      int system_errno = stub->error.system_errno;

      refuse (self, KVAULT_HINDRANCE_UNSYNCED,
              kvault__fail (stub, KVAULT_EIO, "%s is whole, but its folder could not be written to the disk: a power cut may lose its name",
                            stub->name));
      stub->error.system_errno = system_errno;
      return KVAULT_EIO;
    }
  return KVAULT_OK;
}

/* What had the name for a moment and lost it again is no database any more. */
static bool
is_spoiled (int fd)
{
  static const char magic[] = "SQLite format 3";
  char head[sizeof magic];

  return pread (fd, head, sizeof head, 0) != (ssize_t) sizeof head || memcmp (head, magic, sizeof magic) != 0;
}

/* Under the name that tells what is exchanged. */
static int
exchange (kvault_new_file *self,
          int              made_fd,
          int              old_fd)
{
  kvault__exchange names = { .target = self->stub->path, .made_fd = made_fd, .old_fd = old_fd, .old = self->old };
  kvault *stub = self->stub;
  struct stat st;
  char *record;
  int rc;

  if (fstat (made_fd, &st) != 0)
    return fail_made (self);
  if (asprintf (&record, "%s/%" PRIu64 ".%" PRIu64 KVAULT__RECORD_SUFFIX, self->folder.path, (uint64_t) st.st_ino, (uint64_t) self->old.st_ino) < 0)
    return kvault__fail (stub, KVAULT_ENOMEM, "%s: no memory", stub->name);
  if (rename (self->made, record) != 0)
    {
      rc = fail_made (self);
      free (record);
      return rc;
    }
  free (self->made);
  names.made = self->made = record;
  kvault__claim_second (stub, st.st_ino);
  if ((rc = kvault__exchange_names (&names, stub)) == KVAULT_OK)
    return KVAULT_OK;
  self->given_up = names.stuck || is_spoiled (made_fd);
  if (names.stuck)
    {
      char *kept = kvault__exchange_keep (&names, stub);

      self->keeps = kept == NULL;
      if (kept != NULL)
        {
          free (self->made);
          self->made = kept;
        }
    }
  return refuse (self, names.stuck ? KVAULT_HINDRANCE_STUCK : rc == KVAULT_EBUSY ? KVAULT_HINDRANCE_OPEN :
                 rc == KVAULT_EMOVED ? KVAULT_HINDRANCE_ANOTHER : rc == KVAULT_EPERM ? KVAULT_HINDRANCE_NO_EXCHANGE : KVAULT_HINDRANCE_NONE, rc);
}

/* Some programs look at whatever is new, for a moment. Before the lease on the old file, for which others wait. */
static int
lease_made (kvault_new_file *self,
            int              made_fd)
{
  kvault *stub = self->stub;

  for (int i = 0; !kvault__take_lease (made_fd); i++)
    {
      if (errno != EAGAIN && errno != EBUSY)
        return fail_made (self);
      if (i == SCANNER_TRIES)
        return refuse (self, KVAULT_HINDRANCE_IN_THE_MAKING,
                       kvault__fail (stub, KVAULT_EBUSY, "%s: another program looks at the new file", stub->name));
      nanosleep (&(struct timespec) { .tv_nsec = SCANNER_MS * 1000000L }, NULL);
    }
  return KVAULT_OK;
}

static int
replace_old (kvault_new_file *self,
             int              made_fd)
{
  kvault *stub = self->stub;
  int old_fd, rc;

  if ((rc = lease_made (self, made_fd)) != KVAULT_OK || (rc = check_old (self, &old_fd)) != KVAULT_OK)
    return rc;
  rc = exchange (self, made_fd, old_fd);
  close (old_fd);
  kvault__unclaim (stub);
  return rc;
}

/* As kvault__copy_attributes(), of a file that is gone: its rights are those it had, the rest went with it. */
static int
give_rights (kvault_new_file *self,
             int              made_fd)
{
  const struct stat *old = &self->old;
  struct stat now;
  bool owned;

  if (fstat (made_fd, &now) != 0)
    return fail_made (self);
  fremovexattr (made_fd, "system.posix_acl_access");   /* what the folder gives to new files */
  owned = (old->st_uid == now.st_uid && old->st_gid == now.st_gid) || fchown (made_fd, old->st_uid, old->st_gid) == 0;
  return fchmod (made_fd, old->st_mode & (owned && !self->old_listed ? 0777 : 0707)) == 0 ? KVAULT_OK : fail_made (self);
}

/* The old file may have been deleted meanwhile. */
static int
give_name (kvault_new_file *self,
           int              made_fd)
{
  kvault *stub = self->stub;
  struct stat now;
  bool there = self->replaces && lstat (stub->path, &now) == 0;
  int rc = KVAULT_OK;

  if (there && !is_same (&now, &self->old))
    return fail_another (self);
  if (there)
    rc = kvault__copy_attributes (stub, made_fd, false);
  else if (self->replaces)
    rc = give_rights (self, made_fd);
  if (rc == KVAULT_OK && fsync (made_fd) != 0)   /* before the leases, for which others wait */
    rc = fail_made (self);
  if (there)
    self->old = now;
  if (rc == KVAULT_OK && !there)
    rc = check_companions (self);
  if (rc != KVAULT_OK)
    return rc;
  return there ? replace_old (self, made_fd) : take_free_name (self);
}

int
kvault_new_file_finish (kvault_new_file *self)
{
  int fd, rc;

  self->hindrance = KVAULT_HINDRANCE_NONE;
  if (self->folder.fd < 0)
    return kvault__fail (self->stub, KVAULT_EINVAL, "%s: it was not begun", self->stub->name);
  if (self->given_up)
    return kvault__fail (self->stub, KVAULT_EINVAL, "%s: what was made is given up; begin anew", self->stub->name);
  if ((rc = check_made (self)) != KVAULT_OK)
    return rc;
  fd = open (self->made, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return fail_made (self);
  rc = give_name (self, fd);
  close (fd);
  return rc;
}

void
kvault_new_file_free (kvault_new_file *self)
{
  if (self == NULL)
    return;
  if (self->folder.fd >= 0)
    kvault__new_folder_leave (&self->folder, self->keeps);
  free (self->stub->path);
  free (self->stub->name);
  free (self->stub->location);
  free (self->stub);
  free (self->folder.path);
  free (self->made);
  free (self);
}
